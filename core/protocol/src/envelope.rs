//! The envelope of a command: its bytes are written once, and its hash is over these bytes for ever.

use kapprum_domain::id::{CommandId, PersonId};
use kapprum_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::Malformed;
use crate::limits::COMMAND_BYTES;

/// A command as it travels. Without a body it *settles*: a known id answers its receipt, an unknown one can never
/// take effect any more (`protocol.md` §2).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope<'a> {
    /// The command's one id for ever.
    pub id: CommandId,
    /// When the person asked, in estimated server time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The phone was not sure of the time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
    /// On a shared device: who tapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tapped: Option<PersonId>,
    /// The command; opaque here.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a RawValue>,
}

/// Hash over a command's bytes as first written.
pub type Hash = [u8; 32];

impl<'a> Envelope<'a> {
    /// An envelope that settles an id.
    pub fn settling(id: CommandId) -> Self {
        Self { id, created: None, uncertain: false, tapped: None, body: None }
    }

    /// Reads an envelope.
    pub fn read(text: &'a str) -> Result<Self, Malformed> {
        if text.len() > COMMAND_BYTES {
            return Err(Malformed("command: too large"));
        }
        serde_json::from_str(text).map_err(|_| Malformed("command"))
    }

    /// Writes the bytes that travel and are hashed.
    pub fn write(&self) -> Box<RawValue> {
        // Plain data without maps: it always has a JSON form.
        serde_json::value::to_raw_value(self).unwrap_or_default()
    }

    /// When the id was made, in milliseconds since 1970: a UUIDv7 tells it.
    pub fn made(&self) -> Option<Timestamp> {
        let (seconds, nanos) = self.id.0.get_timestamp()?.to_unix();
        let milliseconds = i64::try_from(seconds).ok()?.checked_mul(1000)?.checked_add(i64::from(nanos / 1_000_000))?;
        (self.id.0.get_version_num() == 7).then_some(Timestamp(milliseconds))
    }
}

/// The hash by which a repeated id is known to carry the same command.
pub fn hash(bytes: &str) -> Hash {
    Sha256::digest(bytes.as_bytes()).into()
}
