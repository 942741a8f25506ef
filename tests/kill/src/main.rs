//! Real processes of server and devices, killed at random moments under load: what a device showed as saved is not lost,
//! nothing is done twice, every file is sound, and everybody comes to see the same.
//!
//! A seed repeats who does what and who is killed after how long; the machine decides where in their work that meets them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

mod check;
mod device;
mod dice;
mod evidence;
mod healing;
mod journal;
mod newcomer;
mod process;
mod story;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use kapprum_server::clock::{Clock, SystemClock};

/// Kills server and devices at random moments under load.
#[derive(Parser)]
struct Arguments {
    /// How many kills.
    #[arg(long, default_value_t = 200)]
    times: usize,
    /// The seed of all choices; else one is drawn.
    #[arg(long)]
    seed: Option<u64>,
    /// Spoils the server's files before the last look, to see that it is told.
    #[arg(long, hide = true)]
    spoil: Option<healing::Spoil>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| SystemClock.now().0.unsigned_abs() % 1_000_000);
    println!("{} kills, seed {seed}", arguments.times);
    let folder = match tempfile::Builder::new().prefix("kapprum-kill-").tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("no folder to work in: {error}");
            return ExitCode::FAILURE;
        }
    };
    match story::tell(folder.path(), &binaries(), seed, arguments.times, arguments.spoil) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            let kept = folder.keep();
            eprintln!("WRONG, with seed {seed}:");
            wrong.iter().take(40).for_each(|line| eprintln!("  {line}"));
            if wrong.len() > 40 {
                eprintln!("  and {} more", wrong.len() - 40);
            }
            eprintln!("All files are kept in {}", kept.display());
            ExitCode::FAILURE
        }
    }
}

/// Where the product's binaries lie: beside this one.
fn binaries() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.parent().map(PathBuf::from).unwrap_or_default()
}
