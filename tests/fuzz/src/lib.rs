//! What strangers' bytes are put to: each target takes any bytes, and panics if they bring to light what must not be.
//!
//! libFuzzer calls them by the entries in `libfuzzer/`; the tests here replay the corpus beside those, and bend it.
#![allow(clippy::panic, clippy::missing_panics_doc, reason = "a finding is a panic")]

mod import;
mod protocol;

pub use import::{import, page};
pub use protocol::{answer, frame, request, stream};

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// All, by the names of their folders in the corpus.
pub const TARGETS: [(&str, Target); 6] = [
    ("request", request),
    ("frame", frame),
    ("answer", answer),
    ("stream", stream),
    ("page", page),
    ("import", import),
];
