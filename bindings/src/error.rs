//! The few errors that reach a shell, each with a finished sentence that says what to do.

use kapprum_client::error::Error;
use kapprum_domain::saying;
use kapprum_domain::time::Timestamp;
use kapprum_words::Words;

/// Why something could not be done. `reason` is a finished sentence in the core's language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KapprumError {
    /// A rule says no; nothing was stored.
    #[error("refused")]
    Refused { reason: String },
    /// So many commands are not sent: asked before they are dropped.
    #[error("{count} commands are not sent")]
    Unsent { count: u64, reason: String },
    /// No contact with the server.
    #[error("offline")]
    Offline { reason: String },
    /// The session or the invitation is of no use any more.
    #[error("signed out")]
    SignedOut { reason: String },
    /// The app is older than its server or its files.
    #[error("the app must be updated")]
    Outdated { reason: String },
    /// The device can't keep or read the data.
    #[error("storage: {code:?}")]
    Storage { code: StorageCode, reason: String },
    /// The core was closed, or was asked for something that is nothing.
    #[error("closed")]
    Closed { reason: String },
}

/// What is wrong with the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum StorageCode {
    /// Another process uses it.
    InUse,
    /// The device is full.
    Full,
    /// What was kept can't be read.
    Unreadable,
    /// The key store is locked or gone.
    Key,
    /// Anything else.
    Other,
}

impl KapprumError {
    /// The core's rich error as a shell gets it.
    pub(crate) fn told(error: &Error, words: &Words, now: Timestamp) -> Self {
        let storage = |code, reason| Self::Storage { code, reason };
        match error {
            Error::Refused(refusal) => Self::Refused { reason: saying::refusal(words, refusal, now) },
            Error::NotHeld => Self::Refused { reason: words.why_no_right() },
            Error::TooLarge => Self::Refused { reason: words.fault_too_large() },
            Error::Unsent(count) => {
                let reason = words.fault_unsent(i64::try_from(*count).unwrap_or(i64::MAX));
                Self::Unsent { count: *count, reason }
            }
            Error::Offline => Self::Offline { reason: words.fault_offline() },
            Error::SignedOut => Self::SignedOut { reason: words.signed_out() },
            Error::Expired => Self::SignedOut { reason: words.fault_link_used() },
            Error::Outdated | Error::Newer => Self::Outdated { reason: words.fault_outdated() },
            Error::Malformed(_) => Self::Offline { reason: words.fault_server() },
            Error::InUse => storage(StorageCode::InUse, words.fault_in_use()),
            Error::Full => storage(StorageCode::Full, words.phone_full()),
            Error::Unreadable => storage(StorageCode::Unreadable, words.fault_unreadable()),
            Error::Key(_) => storage(StorageCode::Key, words.fault_key()),
            Error::NoCipher | Error::Store(_) | Error::Broken(_) | Error::File(_) => {
                storage(StorageCode::Other, words.phone_broken())
            }
            Error::Closed => Self::Closed { reason: words.fault_closed() },
        }
    }

    /// The sentence.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Refused { reason }
            | Self::Unsent { reason, .. }
            | Self::Offline { reason }
            | Self::SignedOut { reason }
            | Self::Outdated { reason }
            | Self::Storage { reason, .. }
            | Self::Closed { reason } => reason,
        }
    }

    /// What a shell handed over is no id, no day, no link: a mistake of the shell, not of a person.
    pub(crate) fn malformed() -> uniffi::deps::anyhow::Error {
        Self::Closed { reason: "malformed".to_owned() }.into()
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KapprumError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        // The text may hold anything a platform's exception holds.
        tracing::error!("the platform failed: {} characters", error.reason.len());
        Self::Closed { reason: "platform".to_owned() }
    }
}
