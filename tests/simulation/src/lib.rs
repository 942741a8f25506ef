//! The simulation: some devices, one server, a network that loses, repeats, delays and cuts, and things that go wrong.
//!
//! Real store code on both sides over files in memory, the product's machine, `apply`, writer and answer; no twin of
//! any of them, no thread, no clock but the history's. One seed is one history; it replays identically. What can befall
//! a command stands in [`cases`] (`CASES.md`), what must hold in [`properties`], what breaks it in [`variant`].
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a broken property must fail loudly"
)]
#![allow(clippy::disallowed_methods, reason = "looks into files as they lie, past the stores")]
#![allow(missing_docs, reason = "read beside protocol.md; the names are its words")]

pub mod cases;
pub mod device;
pub mod fates;
pub mod history;
pub mod mishaps;
pub mod network;
pub mod people;
pub mod properties;
pub mod server;
pub mod variant;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cases::{Case, Shown, TABLE};
pub use history::History;
pub use variant::Variant;

/// What one or more seeds told.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Told {
    /// Steps taken.
    pub steps: u64,
    /// How often each cell of the table was reached.
    pub cells: BTreeMap<(Case, Shown), u64>,
    /// How often each other rare path was reached.
    pub sometimes: BTreeMap<&'static str, u64>,
    /// Hash over everything that happened.
    pub trace: u64,
}

/// Rare paths that a long enough run must reach besides the cells of the table.
pub const SOMETIMES: &[&str] = &[
    "cut at a byte",
    "wanted what is others'",
    "altered on its way",
    "disk full in a step",
    "a device lost a right",
    "a right came back",
    "a right ended in mid-answer",
    "other epoch",
    "floor rose",
    "generation raised",
    "other release",
];

impl Told {
    /// Adds what another seed told.
    pub fn add(&mut self, other: Self) {
        self.steps += other.steps;
        other.cells.into_iter().for_each(|(cell, count)| *self.cells.entry(cell).or_default() += count);
        other.sometimes.into_iter().for_each(|(what, count)| *self.sometimes.entry(what).or_default() += count);
    }

    /// What was never reached.
    pub fn missing(&self) -> Vec<String> {
        let cells = TABLE.iter().flat_map(|(case, _, row)| row.iter().map(|shown| (*case, *shown)));
        let cells = cells.filter(|cell| !self.cells.contains_key(cell)).map(|cell| format!("{cell:?}"));
        let paths = SOMETIMES.iter().filter(|what| !self.sometimes.contains_key(**what)).map(|what| (*what).to_owned());
        cells.chain(paths).collect()
    }
}

/// A seed in which a property broke.
#[derive(Debug)]
pub struct Broken {
    /// The seed.
    pub seed: u64,
    /// The property and what was found.
    pub what: String,
    /// What happened until then.
    pub trace: String,
}

/// Runs one seed. A panic breaks (i).
pub fn run(seed: u64, variant: Variant) -> Result<Told, Broken> {
    let mut history = History::new(seed, variant);
    match catch_unwind(AssertUnwindSafe(|| history.run())) {
        Ok(Ok(())) => Ok(history.told()),
        Ok(Err(what)) => Err(Broken { seed, what, trace: history.trace() }),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let what = format!("(i) a panic: {}", text.unwrap_or_default());
            Err(Broken { seed, what, trace: history.trace() })
        }
    }
}

/// The rule that fails on purpose says nothing; every other panic is told.
pub fn quiet() {
    std::panic::set_hook(Box::new(|panic| {
        if !panic.payload_as_str().unwrap_or_default().contains(server::BUG) {
            eprintln!("{panic}");
        }
    }));
}
