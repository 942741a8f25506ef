//! A property counts only once its wrong variant is caught.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use kapprum_simulation::variant::WRONG;
use kapprum_simulation::{Variant, run};

/// Most seeds that a wrong variant may survive.
const SEEDS: u64 = 1000;

#[test]
fn every_wrong_variant_is_caught() {
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
    (1..=SEEDS).find_map(|seed| match catch_unwind(|| run(seed, variant)) {
        Ok(Ok(_)) => None,
        Ok(Err(broken)) => Some(broken.lines().next().unwrap_or_default().chars().take(140).collect()),
        Err(_) => Some(format!("seed {seed}: panicked")),
    })
}

#[test]
fn a_seed_replays_identically() {
    for seed in [3, 17, 92] {
        let (one, two) = (run(seed, Variant::Product).unwrap(), run(seed, Variant::Product).unwrap());
        assert_eq!((one.trace, one.steps, one.sometimes), (two.trace, two.steps, two.sometimes));
    }
}
