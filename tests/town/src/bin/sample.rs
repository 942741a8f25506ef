//! Writes a sample municipality in the format of SS 12000: `sample --out DIR --pupils N --seed S`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use kapprum_domain::time::Day;
use kapprum_town::{Town, check};

/// A lifelike, invented municipality; the same seed gives the same files.
#[derive(Parser)]
struct Arguments {
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// About how many children and students besides those of the stories.
    #[arg(long, default_value_t = 600)]
    pupils: usize,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The day on which it is looked at.
    #[arg(long, default_value = "2026-11-24")]
    today: Day,
    /// Check every row against the schemas in this folder of OpenAPI files.
    #[arg(long)]
    check: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let town = Town::sample(arguments.pupils, arguments.seed, arguments.today);
    if let Err(error) = town.write(&arguments.out) {
        eprintln!("{}: {error}", arguments.out.display());
        return ExitCode::FAILURE;
    }
    for (resource, rows) in town.resources() {
        println!("{resource:<14} {:>7}", rows.len());
    }
    let Some(folder) = arguments.check else { return ExitCode::SUCCESS };
    match check::against(&folder, &town) {
        Ok((rows, wrong)) if wrong.is_empty() => {
            println!("{rows} rows are valid against {}", folder.display());
            ExitCode::SUCCESS
        }
        Ok((rows, wrong)) => {
            wrong.iter().take(20).for_each(|line| eprintln!("{line}"));
            eprintln!("{} of {rows} rows are not valid", wrong.len());
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
