//! A property counts only once its wrong variant is caught.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::panic::catch_unwind;

use kapprum_simulation::variant::WRONG;
use kapprum_simulation::{Variant, run};

/// Most seeds that a wrong variant may survive.
const SEEDS: u64 = 400;

#[test]
fn every_wrong_variant_is_caught() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut survived = Vec::new();
    for variant in WRONG {
        let caught = (1..=SEEDS).find_map(|seed| match catch_unwind(|| run(seed, variant)) {
            Ok(Ok(_)) => None,
            Ok(Err(broken)) => Some((seed, broken.lines().next().unwrap_or_default().to_owned())),
            Err(_) => Some((seed, "panicked".to_owned())),
        });
        match caught {
            Some((seed, by)) => eprintln!("{variant:?}: seed {seed}: {}", by.chars().take(140).collect::<String>()),
            None => survived.push(variant),
        }
    }
    assert!(survived.is_empty(), "not caught in {SEEDS} seeds: {survived:?}");
}

#[test]
fn a_seed_replays_identically() {
    for seed in [3, 17, 92] {
        let (one, two) = (run(seed, Variant::Product).unwrap(), run(seed, Variant::Product).unwrap());
        assert_eq!((one.trace, one.steps, one.sometimes), (two.trace, two.steps, two.sometimes));
    }
}
