//! The lines of an answer: rows are JSON arrays, everything else is an object with one name.

use kapprum_domain::access::Class;
use kapprum_domain::id::RecordId;
use kapprum_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Malformed;
use crate::cursor::Seq;
use crate::limits::KIND_BYTES;
use crate::receipt::Receipt;
use crate::sum::Sum;

/// A scope's number on the wire, per tenant and epoch.
pub type ScopeNumber = u32;

/// One line of an answer.
#[derive(Debug, Clone)]
pub enum Frame<'a> {
    /// 1. What the account holds now.
    Rights(RightsFrame),
    /// 2. What became of a command.
    Receipt(Receipt),
    /// 3. and 6. A record of a scope.
    Row(Row<'a>),
    /// 3. A record is no more.
    Gone(Gone<'a>),
    /// 4. What a touched scope must sum to.
    Sum(SumFrame),
    /// 5. The first transaction is complete: the cursor to store with it.
    Applied(Applied),
    /// 6. A wanted scope follows, whole.
    Snap(Snap),
    /// 7. The answer is complete.
    End(End),
}

/// The complete set of scopes, with a cursor of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightsFrame {
    /// Start over: another epoch, or no cursor. Only then entries have names.
    pub all: bool,
    /// Cursor with the old seq and the new rights.
    pub cursor: String,
    /// The scopes.
    pub scopes: Vec<Entry>,
    /// The server was restored from a backup since the phone's cursor: so much of the cursor's epoch it still knows.
    /// What was answered below this seq need not come again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub knows: Option<Seq>,
}

/// One scope of the rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry(
    /// Its number.
    pub ScopeNumber,
    /// Its generation: another than the phone's means fetch afresh.
    pub u32,
    /// How long it may be shown without contact.
    pub Freshness,
    /// Its name, with `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub Option<String>,
);

/// [`Class`] as a number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub struct Freshness(pub Class);

impl From<u8> for Freshness {
    fn from(number: u8) -> Self {
        Self(match number {
            0 => Class::Normal,
            2 => Class::Device,
            // A class that this build does not know is guarded like the strictest.
            _ => Class::Protected,
        })
    }
}

impl From<Freshness> for u8 {
    fn from(freshness: Freshness) -> Self {
        match freshness.0 {
            Class::Normal => 0,
            Class::Protected => 1,
            Class::Device => 2,
        }
    }
}

/// A record with the seq of its last change; borrows from the line.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Its scope.
    pub scope: ScopeNumber,
    /// Its kind.
    pub kind: &'a str,
    /// Its id.
    pub id: RecordId,
    /// Its key for ranges.
    pub at: i64,
    /// Its last change.
    pub seq: Seq,
    /// JSON.
    pub body: &'a str,
}

/// A record that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone<'a>(
    /// Its scope.
    pub ScopeNumber,
    /// Its kind.
    pub &'a str,
    /// Its id.
    pub RecordId,
    /// When it went.
    pub Seq,
);

/// What a scope's live rows must sum to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumFrame(
    /// The scope.
    pub ScopeNumber,
    /// How many rows.
    pub u64,
    /// Their sum.
    pub u64,
);

impl SumFrame {
    /// Count and sum as one.
    pub fn sum(self) -> Sum {
        Sum { count: self.1, sum: self.2 }
    }
}

/// The cursor after sections 1–5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// To be stored with them.
    pub cursor: String,
}

/// Header of a whole scope; its rows follow, ordered by kind and id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snap {
    /// Its number.
    pub scope: ScopeNumber,
    /// Its name.
    pub name: String,
    /// Its generation.
    #[serde(rename = "gen")]
    pub generation: u32,
    /// The state it was read at.
    pub seq: Seq,
    /// How many rows follow.
    pub count: u64,
    /// What they sum to.
    pub sum: u64,
}

impl Snap {
    /// Count and sum as one.
    pub fn sums(&self) -> Sum {
        Sum { count: self.count, sum: self.sum }
    }
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The server's clock.
    pub now: Timestamp,
    /// How long ordinary and protected scopes may be shown without contact, in seconds.
    pub fresh: (u32, u32),
    /// The least version of the protocol that is still served.
    pub least: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named<'a> {
    Rights(RightsFrame),
    Receipt(Receipt),
    #[serde(borrow)]
    Gone(Gone<'a>),
    Sum(SumFrame),
    Applied(Applied),
    Snap(Snap),
    End(End),
}

#[derive(Serialize, Deserialize)]
struct Array<'a>(ScopeNumber, &'a str, RecordId, i64, Seq, #[serde(borrow)] &'a RawValue);

impl<'a> Frame<'a> {
    /// Reads one line, without its end.
    pub fn read(line: &'a str) -> Result<Self, Malformed> {
        if line.starts_with('[') {
            let Array(scope, kind, id, at, seq, body) = serde_json::from_str(line).map_err(|_| Malformed("row"))?;
            check_kind(kind)?;
            return Ok(Self::Row(Row { scope, kind, id, at, seq, body: body.get() }));
        }
        Ok(match serde_json::from_str(line).map_err(|_| Malformed("line"))? {
            Named::Rights(rights) => Self::Rights(rights),
            Named::Receipt(receipt) => Self::Receipt(receipt),
            Named::Gone(gone) => {
                check_kind(gone.1)?;
                Self::Gone(gone)
            }
            Named::Sum(sum) => Self::Sum(sum),
            Named::Applied(applied) => Self::Applied(applied),
            Named::Snap(snap) => Self::Snap(snap),
            Named::End(end) => Self::End(end),
        })
    }

    /// Appends the line and its end.
    pub fn write(self, to: &mut Vec<u8>) {
        let named = match self {
            Self::Row(row) => return row.write(to),
            Self::Rights(rights) => Named::Rights(rights),
            Self::Receipt(receipt) => Named::Receipt(receipt),
            Self::Gone(gone) => Named::Gone(gone),
            Self::Sum(sum) => Named::Sum(sum),
            Self::Applied(applied) => Named::Applied(applied),
            Self::Snap(snap) => Named::Snap(snap),
            Self::End(end) => Named::End(end),
        };
        // Plain data with string keys: writing to memory can't fail.
        let _ = serde_json::to_writer(&mut *to, &named);
        to.push(b'\n');
    }
}

impl Row<'_> {
    /// Appends the row's line and its end. Kind and body come from the store, where both were checked.
    pub fn write(&self, to: &mut Vec<u8>) {
        use std::io::Write;
        let mut id = uuid::Uuid::encode_buffer();
        let id = self.id.0.hyphenated().encode_lower(&mut id);
        // Writing to memory can't fail.
        let _ = write!(to, "[{},\"{}\",\"{id}\",{},{},", self.scope, self.kind, self.at, self.seq);
        to.extend_from_slice(self.body.as_bytes());
        to.extend_from_slice(b"]\n");
    }
}

fn check_kind(kind: &str) -> Result<(), Malformed> {
    let plain = kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if plain && !kind.is_empty() && kind.len() <= KIND_BYTES { Ok(()) } else { Err(Malformed("kind")) }
}
