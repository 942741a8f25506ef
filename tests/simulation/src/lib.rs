//! The simulation: some devices, one server, a network that loses, repeats, delays and cuts, and things that go wrong.
//!
//! Real store code on both sides over files in memory, the product's machine, `apply`, writer and answer; no twin of
//! any of them, no thread, no clock but the history's. One seed is one history; it replays identically. What can befall
//! a command stands in [`cases`] (`CASES.md`), what must hold in [`properties`], what breaks it in [`variant`].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a broken property must fail loudly")]
#![allow(clippy::disallowed_methods, reason = "looks into files as they lie, past the stores")]
#![allow(missing_docs, reason = "read beside protocol.md; the names are its words")]

pub mod altered;
pub mod cases;
pub mod device;
pub mod fates;
pub mod healing;
pub mod history;
pub mod mishaps;
pub mod network;
pub mod people;
pub mod properties;
pub mod restore;
pub mod server;
pub mod steps;
pub mod variant;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

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
    "restored from a backup",
    "the same backup restored twice",
    "an older backup restored",
    "brought back by a device",
    "an older command yielded to a newer one",
    "done, then undone by a restored backup",
    "several scopes in one transaction",
    "a cut between two parts of a scope",
    "a sum wrong twice",
    "locked for want of contact",
    "purged for want of contact",
    "a purge failed",
    "a power cut between purge and checkpoint",
    "devices moved by themselves",
    "erased beside a rule that fails",
];

/// So many seeds must reach every cell of the table and every rare path.
pub const ENOUGH: u64 = 2000;

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

    /// Whether so many seeds told enough.
    pub fn verdict(&self, seeds: u64) -> Result<(), String> {
        let missing = self.missing();
        if seeds < ENOUGH || missing.is_empty() {
            Ok(())
        } else {
            Err(format!("never reached: {}", missing.join(", ")))
        }
    }
}

/// A seed in which a property broke.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// The seed.
    pub seed: u64,
    /// The property's letter (`protocol.md` §6); none: something failed that no property names, or the simulation did.
    pub property: Option<char>,
    /// The property and what was found.
    pub what: String,
    /// What happened until then.
    pub trace: String,
}

/// Runs one seed. A panic of the product breaks (i); one of the simulation breaks nothing but itself.
pub fn run(seed: u64, variant: Variant) -> Result<Told, Broken> {
    hear_panics();
    RUNS.set(true);
    let mut history = History::new(seed, variant);
    let ended = catch_unwind(AssertUnwindSafe(|| history.run()));
    RUNS.set(false);
    let what = match ended {
        Ok(Ok(())) => return Ok(history.told()),
        Ok(Err(what)) => what,
        Err(_) => PANIC.take(),
    };
    let mut letters = what.strip_prefix('(').into_iter().flat_map(str::chars);
    let property = letters.next().filter(|_| letters.next() == Some(')'));
    Err(Broken { seed, property, what, trace: history.trace() })
}

thread_local! {
    /// A history runs on this thread.
    static RUNS: Cell<bool> = const { Cell::new(false) };
    /// How it panicked last.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps what panics say of histories for [`run`]; all others are told as ever.
fn hear_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if RUNS.get() {
                PANIC.replace(said(panic));
            } else {
                usual(panic);
            }
        }));
    });
}

fn said(panic: &PanicHookInfo<'_>) -> String {
    let at = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
    let text = panic.payload_as_str().unwrap_or_default();
    // A rule that fails on purpose is the product's to catch.
    let own = at.starts_with("tests/") && text != server::BUG;
    format!("{} at {at}: {text}", if own { "the simulation panics" } else { "(i) a panic" })
}
