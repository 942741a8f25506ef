//! Refusals: a typed reason with the facts that a person needs. The words for them are in `core/words`.

use serde::{Deserialize, Serialize};

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Refusal {
    /// The actor has no right to this. Never says more than the actor already sees.
    NoRight,
    /// A rule failed by a bug; someone looks at it.
    Internal,
    /// Taken back before the server had done it.
    Withdrawn,
    /// The same id came before with other content.
    IdReused,
    /// Older than receipts are kept; it may have been done.
    TooOld,
    /// The device's clock is more than a day ahead.
    Clock,
}
