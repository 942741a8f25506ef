//! `kapprum-design`: writes tokens, icons and labels for a shell, or a page to look at them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

use std::path::Path;
use std::process::ExitCode;

use kapprum_design::write::{self, Labels};

const USAGE: &str = "usage: kapprum-design kotlin DIR             tokens, icons and labels as Kotlin sources
       kapprum-design android-resources DIR  res/ with texts, colours, drawables; kotlin/ with their ids
       kapprum-design swift DIR              tokens, icons and phrases as Swift sources, and a String Catalog
       kapprum-design preview DIR            a page with palette, contrast, icons and type";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [verb, folder] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(verb, Path::new(folder)) {
        Ok(Some(changed)) => {
            println!("{changed} files changed in {folder}");
            ExitCode::SUCCESS
        }
        Ok(None) => {
            eprintln!("kapprum-design: there is no verb {verb}\n{USAGE}");
            ExitCode::from(2)
        }
        Err(why) => {
            eprintln!("kapprum-design: {why}");
            ExitCode::FAILURE
        }
    }
}

/// How many files changed; none: there is no such verb.
fn run(verb: &str, folder: &Path) -> Result<Option<usize>, String> {
    let files = match verb {
        "kotlin" => write::kotlin::files(&Labels::read()?),
        "android-resources" => write::android::files(&Labels::read()?),
        "swift" => write::swift::files(&Labels::read()?),
        "preview" => write::preview::files(),
        _ => return Ok(None),
    };
    write::save(folder, &files).map(Some)
}
