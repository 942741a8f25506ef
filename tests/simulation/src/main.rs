//! Runs many seeds on all cores: `kapprum-simulation --seeds N [--from S] [--seed S]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]
#![allow(clippy::disallowed_methods, reason = "measures itself")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use kapprum_simulation::cases::TABLE;
use kapprum_simulation::{Broken, SOMETIMES, Told, Variant, run};

/// Seeded histories of some devices and one server; every property of the sync must hold in each.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 2000)]
    seeds: u64,
    /// The first.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Print the table of cases and outcomes, and nothing else.
    #[arg(long)]
    cases: bool,
    /// Only this one.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.cases {
        print!("{}", kapprum_simulation::cases::page());
        return ExitCode::SUCCESS;
    }
    let (from, seeds) = arguments.seed.map_or((arguments.from, arguments.seeds), |seed| (seed, 1));
    let started = Instant::now();
    let all: Mutex<Told> = Mutex::default();
    let next = AtomicU64::new(from);
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        break;
                    }
                    match run(seed, Variant::Product) {
                        Ok(told) => all.lock().unwrap().add(told),
                        Err(broken) => {
                            failed.store(true, Ordering::Relaxed);
                            tell(&broken);
                        }
                    }
                    if (seed + 1 - from).is_multiple_of(500) {
                        println!("  {} of {seeds} seeds, {:.0} s", seed + 1 - from, started.elapsed().as_secs_f64());
                    }
                }
            });
        }
    });
    let told = all.into_inner().unwrap();
    summary(&told);
    println!("{seeds} seeds, {} steps, {:.1} s", told.steps, started.elapsed().as_secs_f64());
    if failed.load(Ordering::Relaxed) {
        return ExitCode::FAILURE;
    }
    if let Err(missing) = told.verdict(seeds) {
        eprintln!("{missing}");
        return ExitCode::FAILURE;
    }
    println!("properties (a) to (e) and (g) to (j) held in every seed");
    ExitCode::SUCCESS
}

fn tell(broken: &Broken) {
    eprintln!("{}\n\nseed {}: {}", broken.trace, broken.seed, broken.what);
    eprintln!("replay: cargo xtask simulate --seeds 1 --from {}", broken.seed);
}

fn summary(told: &Told) {
    for (case, text, _) in TABLE {
        let cells = told.cells.iter().filter(|((of, _), _)| of == case);
        let cells: Vec<String> = cells.map(|((_, shown), count)| format!("{count} {shown:?}")).collect();
        println!("  {text}: {}", if cells.is_empty() { "never".to_owned() } else { cells.join(", ") });
    }
    for what in SOMETIMES {
        println!("  {what}: {}", told.sometimes.get(what).copied().unwrap_or(0));
    }
}
