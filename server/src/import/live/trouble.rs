//! What can be wrong with a source. Nothing here quotes it.

use std::path::PathBuf;
use std::time::Duration;

/// Why something could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// A certificate or key of ours.
    #[error("{0}: not a certificate or key that can be used")]
    File(PathBuf),
    /// The configured address.
    #[error("the address of the source is no address")]
    Address,
    /// No connection.
    #[error("it can't be reached")]
    Unreachable,
    /// An answer that ended too early or never.
    #[error("an answer broke off or took too long")]
    Cut,
    /// More bytes than anyone needs.
    #[error("an answer is larger than the limit")]
    TooLarge,
    /// No token for our credentials.
    #[error("it gives us no token (answer {0})")]
    NoToken(u16),
    /// An answer that is not 200.
    #[error("it answers {status}")]
    Status {
        /// The status.
        status: u16,
        /// For how long it asks us to stay away.
        after: Option<Duration>,
        /// The start of its text, to look for names of filters in; never shown.
        text: Quiet,
    },
    /// An answer that is no page.
    #[error("a page: {0}")]
    Page(String),
    /// Pages without an end.
    #[error("its pages go in a circle or bring nothing new")]
    Endless,
    /// The run has taken as long as it may.
    #[error("the time of this run is over; the next goes on")]
    Late,
    /// We were asked to stop.
    #[error("the run was stopped; the next goes on")]
    Stopped,
}

/// A text that shows itself to nobody.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Quiet(pub(super) String);

impl std::fmt::Debug for Quiet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Trouble {
    /// Whether it may be over soon.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Unreachable | Self::Cut | Self::Page(_) => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502..=599),
            Self::NoToken(status) => matches!(status, 408 | 425 | 429 | 500..=599),
            _ => false,
        }
    }

    /// Whether the next resource would meet it too.
    pub(super) fn is_everywhere(&self) -> bool {
        match self {
            Self::Unreachable | Self::NoToken(_) | Self::File(_) | Self::Address | Self::Late | Self::Stopped => true,
            Self::Status { status, after, .. } => *status == 401 || after.is_some(),
            _ => false,
        }
    }

    /// The status, if it is one.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_what_is_everywhere_ends_the_run() {
        let status = |status| Trouble::Status { status, after: None, text: Quiet::default() };
        for (trouble, passes, everywhere) in [
            (Trouble::Unreachable, true, true),
            (Trouble::Cut, true, false),
            (Trouble::Page("is no list of rows".to_owned()), true, false),
            (Trouble::TooLarge, false, false),
            (Trouble::NoToken(401), false, true),
            (Trouble::NoToken(503), true, true),
            (Trouble::Endless, false, false),
            (status(400), false, false),
            (status(401), false, true),
            (status(404), false, false),
            (status(429), true, false),
            (status(501), false, false),
            (status(502), true, false),
        ] {
            assert_eq!((trouble.passes(), trouble.is_everywhere()), (passes, everywhere), "{trouble}");
        }
    }
}
