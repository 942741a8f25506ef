//! The simulation: some devices, one server, a network that loses, repeats, delays and cuts, and things that go wrong.
//!
//! Real store code on both sides over files in memory, the product's machine, `apply`, writer and answer. One seed is
//! one history; it replays identically. Cases and outcomes:
//!
//! | case | what a person sees in the end |
//! |---|---|
//! | request lost, answer cut anywhere, answer late or twice | one outcome, one effect |
//! | device or server dies between any two commits | "saved" stays saved; one outcome |
//! | device restored from an older copy | what the copy has; a command sent since has its one outcome |
//! | device cloned | both show the same one outcome |
//! | undone before it was answered | withdrawn, or done if it was |
//! | right ended with commands waiting | their bodies gone, their ids settled |
//! | rule fails by a bug | refused, the queue moves |
//! | command unknown to the server | parked, others pass |
//! | id used again with other content | refused |
//! | disk full | saved with the reserve, or refused at once and nothing stored |
//! | another epoch, floor above the cursor | everything fetched afresh |
//! | wrong sum | the scope fetched once more |
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a broken property must fail loudly")]
#![allow(clippy::disallowed_methods, reason = "looks into files as they lie, past the stores")]
#![allow(missing_docs, reason = "read beside protocol.md; the names are its words")]

pub mod device;
pub mod history;
pub mod properties;
pub mod server;
pub mod variant;

use std::collections::BTreeMap;

pub use history::History;
pub use variant::Variant;

/// What one seed told.
#[derive(Debug, Default, Clone)]
pub struct Told {
    /// Steps taken.
    pub steps: u64,
    /// How often each rare path was reached.
    pub sometimes: BTreeMap<&'static str, u64>,
    /// Hash over everything that happened.
    pub trace: u64,
}

/// Rare paths that a long enough run must reach.
pub const SOMETIMES: [&str; 25] = [
    "request lost",
    "answer cut",
    "request twice",
    "answer of an older exchange",
    "device died",
    "server died",
    "restored from a copy",
    "cloned",
    "undone",
    "withdrawn",
    "right ended",
    "right came back",
    "right ended in mid-answer",
    "right ended with commands waiting",
    "rule failed",
    "parked",
    "id used again",
    "disk full",
    "reserve freed",
    "other epoch",
    "floor rose",
    "wrong sum",
    "refused",
    "done",
    "suspended",
];

/// Runs one seed; the error is the property that broke and how it came there.
pub fn run(seed: u64, variant: Variant) -> Result<Told, String> {
    let mut history = History::new(seed, variant);
    match history.run() {
        Ok(()) => Ok(history.told()),
        Err(broken) => Err(format!("seed {seed}: {broken}\n{}", history.last_lines())),
    }
}
