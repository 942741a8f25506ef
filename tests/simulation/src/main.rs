//! Runs many seeds on all cores: `kapprum-simulation --seeds N [--from S] [--seed S]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]
#![allow(clippy::disallowed_methods, reason = "measures itself")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use kapprum_simulation::{SOMETIMES, Variant, run};

/// Seeded histories of some devices and one server; every property of the sync must hold in each.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 2000)]
    seeds: u64,
    /// The first.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Only this one.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The rule that fails on purpose says nothing; every other panic is a finding.
    std::panic::set_hook(Box::new(|panic| {
        if !panic.payload_as_str().unwrap_or_default().contains("the rule's bug") {
            eprintln!("{panic}");
        }
    }));
    let (from, seeds) = arguments.seed.map_or((arguments.from, arguments.seeds), |seed| (seed, 1));
    let started = Instant::now();
    let next = AtomicU64::new(from);
    let steps = AtomicU64::new(0);
    let failed = AtomicBool::new(false);
    let sometimes: Mutex<BTreeMap<&'static str, u64>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        break;
                    }
                    match std::panic::catch_unwind(|| run(seed, Variant::Product)) {
                        Ok(Ok(told)) => {
                            steps.fetch_add(told.steps, Ordering::Relaxed);
                            let mut all = sometimes.lock().unwrap();
                            told.sometimes.into_iter().for_each(|(what, count)| *all.entry(what).or_default() += count);
                        }
                        Ok(Err(broken)) => {
                            failed.store(true, Ordering::Relaxed);
                            eprintln!("{broken}\nReplay: cargo xtask simulate --seed {seed}");
                        }
                        Err(_) => {
                            failed.store(true, Ordering::Relaxed);
                            eprintln!("seed {seed}: panicked\nReplay: cargo xtask simulate --seed {seed}");
                        }
                    }
                    if (seed - from + 1).is_multiple_of(500) {
                        println!("  {} of {seeds} seeds, {:.0} s", seed - from + 1, started.elapsed().as_secs_f64());
                    }
                }
            });
        }
    });
    let all = sometimes.into_inner().unwrap();
    for what in SOMETIMES {
        println!("  {:>8} × {what}", all.get(what).copied().unwrap_or(0));
    }
    let never: Vec<_> = SOMETIMES.iter().filter(|what| !all.contains_key(*what)).collect();
    let seconds = started.elapsed().as_secs_f64();
    println!("{seeds} seeds, {} steps, {seconds:.1} s", steps.load(Ordering::Relaxed));
    if failed.load(Ordering::Relaxed) {
        return ExitCode::FAILURE;
    }
    if seeds >= 500 && !never.is_empty() {
        eprintln!("never reached: {never:?}");
        return ExitCode::FAILURE;
    }
    println!("all properties held");
    ExitCode::SUCCESS
}
