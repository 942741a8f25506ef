//! What travels between phone and server: encode and decode, no I/O (`protocol.md`).
//!
//! A command's body and a refusal's reason are opaque JSON here.

pub mod cursor;
pub mod envelope;
pub mod frame;
pub mod limits;
pub mod lines;
pub mod problem;
pub mod receipt;
pub mod request;
pub mod session;
pub mod sum;

/// The one version of the protocol that this build speaks.
pub const VERSION: u32 = 1;

/// The header of a 204 that tells the server's time, in milliseconds since 1970: an answer without news is contact too.
pub const NOW_HEADER: &str = "x-kapprum-now";

/// A text that is not what it should be. It says which part, never what stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed {0}")]
pub struct Malformed(pub &'static str);
