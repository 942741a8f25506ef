//! A property counts only once its wrong variant is caught.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use kapprum_simulation::cases::page;
use kapprum_simulation::variant::WRONG;
use kapprum_simulation::{Variant, quiet, run};

/// Most seeds that a wrong variant may survive.
const SEEDS: u64 = 1000;

#[test]
fn every_wrong_variant_is_caught() {
    // A wrong variant may fail by a panic too; that is caught and told like the rest.
    std::panic::set_hook(Box::new(|_| {}));
    let next = AtomicUsize::new(0);
    let survived = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(variant) = WRONG.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
                    match caught(variant) {
                        Some(by) => eprintln!("{variant:?}: {by}"),
                        None => survived.lock().unwrap().push(variant),
                    }
                }
            });
        }
    });
    let survived = survived.into_inner().unwrap();
    assert!(survived.is_empty(), "not caught in {SEEDS} seeds: {survived:?}");
}

/// The seed and the property that caught it.
fn caught(variant: Variant) -> Option<String> {
    (1..=SEEDS).find_map(|seed| {
        let broken = run(seed, variant).err()?;
        let what: String = broken.what.chars().take(120).collect();
        Some(format!("seed {}: {what}", broken.seed))
    })
}

#[test]
fn a_seed_replays_identically() {
    quiet();
    for seed in [3, 17, 92] {
        assert_eq!(run(seed, Variant::Product).unwrap(), run(seed, Variant::Product).unwrap());
    }
}

#[test]
fn the_page_of_cases_is_the_table() {
    assert_eq!(include_str!("../CASES.md"), page());
}
