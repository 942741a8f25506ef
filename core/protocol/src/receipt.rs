//! Receipts: the one outcome of a command. Only the server gives outcomes.

use kapprum_domain::id::CommandId;
use kapprum_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cursor::Seq;

/// What became of a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// The command.
    pub id: CommandId,
    /// Its outcome.
    pub outcome: Outcome,
    /// The state that has the effect: the receipt takes effect when the phone is there.
    pub seq: Seq,
    /// When the server received the command.
    pub received: Timestamp,
    /// Over account, id, hash and received, by a key outside the database; base64url.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mac: String,
}

/// The outcome of a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Ok,
    /// A rule said no; the reason is a refusal of the domain, opaque here.
    Refused(Box<RawValue>),
    /// Something passing; nothing of the whole batch was consumed.
    Retry,
    /// This server can't read the command; others pass.
    Upgrade,
}

impl Outcome {
    /// Whether the id is settled for ever.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Ok | Self::Refused(_))
    }
}

impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ok, Self::Ok) | (Self::Retry, Self::Retry) | (Self::Upgrade, Self::Upgrade) => true,
            (Self::Refused(one), Self::Refused(two)) => one.get() == two.get(),
            _ => false,
        }
    }
}
