//! What lies in the server's files, read past the product's own code.

use std::path::Path;

use kapprum_domain::id::{CommandId, RecordId};
use kapprum_domain::outbox::Mark;
use kapprum_domain::refusal::Refusal;
use kapprum_domain::time::Timestamp;
use kapprum_protocol::receipt::{Outcome, Receipt};
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::Value;
use uuid::Uuid;

use crate::healing::Spoil;

/// What a server did.
#[derive(Debug, Default, Clone)]
pub(crate) struct Evidence {
    pub(crate) receipts: Vec<Answered>,
    pub(crate) records: Vec<Written>,
}

/// A receipt.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) account: String,
    pub(crate) id: CommandId,
    pub(crate) outcome: Mark,
    /// Refused because a newer command had written the same record before a restored backup brought this one.
    pub(crate) superseded: bool,
    pub(crate) received: Timestamp,
    pub(crate) seq: u64,
}

/// A record, or where one was.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) scope: String,
    pub(crate) kind: String,
    pub(crate) id: RecordId,
    /// The last command that wrote it; none: an import.
    pub(crate) command: Option<CommandId>,
    pub(crate) seq: u64,
    pub(crate) body: Option<Value>,
}

impl Evidence {
    /// Reads a tenant's store.
    pub(crate) fn read(store: &Path) -> Result<Self, String> {
        let connection = open(store).map_err(|error| error.to_string())?;
        let all = || -> rusqlite::Result<Self> {
            let mut receipts = connection.prepare("SELECT account, id, seq, body, received FROM receipt")?;
            let mut records = connection.prepare(
                "SELECT s.name, r.kind, r.id, r.command, r.seq, r.body FROM record r JOIN scope s ON s.number = r.scope
                 WHERE r.kind IN ('absence', 'day_change', 'attendance_event', 'contact') OR r.command IS NOT NULL",
            )?;
            Ok(Self {
                receipts: receipts.query_map([], answered)?.collect::<rusqlite::Result<_>>()?,
                records: records.query_map([], written)?.collect::<rusqlite::Result<_>>()?,
            })
        };
        all().map_err(|error| error.to_string())
    }
}

/// What SQLite finds damaged in the files of a folder; nothing: sound.
pub(crate) fn damage(folder: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())?.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "db") {
            continue;
        }
        let check = |connection: Connection| connection.query_row("PRAGMA integrity_check", [], |row| row.get(0));
        let said: String = open(&path).and_then(check).unwrap_or_else(|error| error.to_string());
        if said != "ok" {
            found.push(format!("{}: {said}", path.display()));
        }
    }
    Ok(found)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    #[expect(clippy::disallowed_methods, reason = "looks at a file from outside, and writes nothing")]
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    Ok(connection)
}

fn answered(row: &Row<'_>) -> rusqlite::Result<Answered> {
    let body: String = row.get(3)?;
    let (outcome, superseded) = match serde_json::from_str::<Receipt>(&body).map(|receipt| receipt.outcome) {
        Ok(Outcome::Ok) => (Mark::Done, false),
        Ok(Outcome::Refused(why)) => match serde_json::from_str(why.get()) {
            Ok(Refusal::Withdrawn) => (Mark::Withdrawn, false),
            why => (Mark::Refused, why.ok() == Some(Refusal::Superseded)),
        },
        _ => (Mark::Waiting, false),
    };
    let (id, received) = (CommandId(uuid(row, 1)?), Timestamp(row.get(4)?));
    Ok(Answered { account: row.get(0)?, id, outcome, superseded, received, seq: row.get::<_, i64>(2)?.unsigned_abs() })
}

fn written(row: &Row<'_>) -> rusqlite::Result<Written> {
    let command = row.get::<_, Option<[u8; 16]>>(3)?.map(|bytes| CommandId(Uuid::from_bytes(bytes)));
    let body = row.get::<_, Option<String>>(5)?.and_then(|body| serde_json::from_str(&body).ok());
    let (scope, kind, id) = (row.get(0)?, row.get(1)?, RecordId(uuid(row, 2)?));
    Ok(Written { scope, kind, id, command, seq: row.get::<_, i64>(4)?.unsigned_abs(), body })
}

fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(column)?))
}

/// Spoils a store, to see that it is told.
pub(crate) fn spoil(store: &Path, spoil: Spoil) -> Result<(), String> {
    let sql = match spoil {
        Spoil::Lost => "DELETE FROM receipt WHERE id = (SELECT id FROM receipt WHERE refused = 0 LIMIT 1)",
        Spoil::Doubled => {
            "INSERT INTO record (scope, kind, id, at, seq, command, changed, body)
             SELECT scope, kind, randomblob(16), at, seq, command, changed, body FROM record
             WHERE kind = 'absence' AND body IS NOT NULL LIMIT 1"
        }
    };
    #[expect(clippy::disallowed_methods, reason = "does damage from outside")]
    let spoilt = Connection::open(store).and_then(|connection| connection.execute(sql, []));
    match spoilt {
        Ok(1) => Ok(()),
        Ok(_) => Err("there was nothing to spoil".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
