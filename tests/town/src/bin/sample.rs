//! Writes a sample municipality in the format of SS 12000: `sample --out DIR --pupils N --seed S`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use kapprum_domain::time::Day;
use kapprum_town::{Districts, check};

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
    let Arguments { out, pupils, seed, today, check } = Arguments::parse();
    let progress = &mut |counts: &BTreeMap<&str, usize>| {
        eprintln!("  {} persons written", counts.get("persons").unwrap_or(&0));
    };
    match kapprum_town::write(&out, Districts::new(pupils, seed, today), progress) {
        Ok(counts) => counts.iter().for_each(|(resource, rows)| println!("{resource:<14} {rows:>7}")),
        Err(error) => {
            eprintln!("{}: {error}", out.display());
            return ExitCode::FAILURE;
        }
    }
    let Some(folder) = check else { return ExitCode::SUCCESS };
    let (mut rows, mut wrong) = (0, Vec::new());
    for district in Districts::new(pupils, seed, today) {
        match check::against(&folder, &district) {
            Ok((more, told)) => {
                rows += more;
                wrong.extend(told);
            }
            Err(why) => {
                eprintln!("{why}");
                return ExitCode::FAILURE;
            }
        }
    }
    if wrong.is_empty() {
        println!("{rows} rows are valid against {}", folder.display());
        return ExitCode::SUCCESS;
    }
    wrong.iter().take(20).for_each(|line| eprintln!("{line}"));
    eprintln!("{} of {rows} rows are not valid", wrong.len());
    ExitCode::FAILURE
}
