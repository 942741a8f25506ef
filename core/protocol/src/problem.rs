//! Typed answers to requests that can't be served. None says anything about data.

use serde::{Deserialize, Serialize};

/// The JSON body of every answer that is not 2xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong.
    pub error: ProblemKind,
    /// What exactly, for an engineer; never data.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// 400: not a request of this protocol.
    Malformed,
    /// 401: no session, or an ended one.
    SignedOut,
    /// 404: nothing here.
    NotFound,
    /// 405: not in this way.
    Method,
    /// 408: the request did not come in time.
    TooSlow,
    /// 413: larger than the limit.
    TooLarge,
    /// 426: another version of the protocol; nothing is lost, nothing is purged.
    Upgrade,
    /// 503: come back later.
    Busy,
    /// 410: an invitation that was used or is past its days.
    Expired,
}

impl ProblemKind {
    /// The HTTP status it travels with.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::SignedOut => 401,
            Self::NotFound => 404,
            Self::Method => 405,
            Self::TooSlow => 408,
            Self::Expired => 410,
            Self::TooLarge => 413,
            Self::Upgrade => 426,
            Self::Busy => 503,
        }
    }
}
