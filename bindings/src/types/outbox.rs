//! What was sent, and where it stands.

use kapprum_domain::id::CommandId;
use kapprum_domain::outbox::{Mark, Outbox, OutboxLine};

/// The outbox.
#[uniffi::remote(Record)]
pub struct Outbox {
    /// The heading.
    pub title: String,
    /// Newest first.
    pub lines: Vec<OutboxLine>,
    /// Instead of lines, if there are none.
    pub empty: Option<String>,
}

/// A command in words.
#[uniffi::remote(Record)]
pub struct OutboxLine {
    /// The command's id.
    pub id: CommandId,
    /// What was asked.
    pub what: String,
    /// Where it stands.
    pub state: String,
    /// Colour and icon.
    pub mark: Mark,
    /// It can be taken back.
    pub undo: bool,
    /// It can be dismissed.
    pub dismiss: bool,
}

/// How a line stands; a shell gives each a colour and an icon.
#[uniffi::remote(Enum)]
pub enum Mark {
    /// Waits.
    Waiting,
    /// Done.
    Done,
    /// Taken back.
    Withdrawn,
    /// Refused.
    Refused,
}
