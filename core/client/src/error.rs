//! What can go wrong in the phone's core. Texts name no person and no data.

use kapprum_domain::refusal::Refusal;
use kapprum_domain::world::Unread;
use kapprum_protocol::Malformed;

/// The core's rich error; the edge of the bindings has fewer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no; nothing was stored.
    #[error("refused")]
    Refused(Refusal),
    /// The command is larger than 64 kB; nothing was stored.
    #[error("the command is too large")]
    TooLarge,
    /// No account here holds what this names.
    #[error("no account holds this")]
    NotHeld,
    /// The disk is full, the reserve is used up; nothing was stored.
    #[error("the disk is full")]
    Full,
    /// The file is damaged, or its key is not this one.
    #[error("the file can't be read with this key")]
    Unreadable,
    /// The file was written by a newer version.
    #[error("the file is of a newer version")]
    Newer,
    /// The SQLite that was linked has no SQLCipher: it would write plain text.
    #[error("the linked SQLite can't encrypt")]
    NoCipher,
    /// Suspended or shut down.
    #[error("closed")]
    Closed,
    /// Another process has the folder open.
    #[error("the folder is in use by another process")]
    InUse,
    /// The key store refused.
    #[error("the key store failed: {0}")]
    Key(String),
    /// So many commands are not sent: asked before they are dropped.
    #[error("{0} commands are not sent")]
    Unsent(u64),
    /// The session has ended; sign in again.
    #[error("signed out")]
    SignedOut,
    /// The invitation was used or is past its days.
    #[error("the invitation is used up or too old")]
    Expired,
    /// The server can't be reached, or is busy.
    #[error("no contact with the server")]
    Offline,
    /// The server speaks another version.
    #[error("the app must be updated")]
    Outdated,
    /// The server said something that is not the protocol.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] rusqlite::Error),
    /// The store failed under a rule or a view; the text names the kind of failure, never data.
    #[error("the store could not be read: {0}")]
    Broken(String),
    /// A file beside the store failed.
    #[error("a file failed")]
    File(#[from] std::io::Error),
}

impl Error {
    /// The disk does not take what is written, or give what is read.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        use rusqlite::ErrorCode::{CannotOpen, ReadOnly, SystemIoFailure};
        match self {
            Self::Full | Self::Broken(_) => true,
            Self::Store(error) => {
                matches!(error.sqlite_error_code(), Some(CannotOpen | ReadOnly | SystemIoFailure))
            }
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Unreadable,
            _ => Self::Store(error),
        }
    }
}

impl From<Unread> for Error {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::NotHeld(_) => Self::NotHeld,
            Unread::Broken(why) => Self::Broken(why),
        }
    }
}

/// The core's result.
pub type Result<T> = std::result::Result<T, Error>;
