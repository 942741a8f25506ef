//! What the checks need besides Rust itself: found, or installed, or named with the line to run.
//!
//! Versions are pinned: another version finds other faults. Installed tools lie in the person's cache folder, so that
//! every clone finds them.

use std::env;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const DENY_VERSION: &str = "0.20.2";
const TYPOS_VERSION: &str = "1.52.0";

/// The programs that `check` calls beside cargo.
pub(crate) struct Tools {
    pub(crate) deny: PathBuf,
    pub(crate) typos: PathBuf,
}

impl Tools {
    /// Finds all tools before anything starts.
    ///
    /// # Errors
    ///
    /// What is missing, with the lines that install it; or that installing failed.
    pub(crate) fn ready(install: bool) -> Result<Self, String> {
        let (deny, typos) = (deny(), typos());
        let needed = [component("rustfmt", "fmt"), component("clippy", "clippy"), deny, typos];
        let missing: Vec<&Needed> = needed.iter().filter(|tool| !tool.is_there()).collect();
        if install {
            for tool in missing {
                tool.install()?;
            }
        } else if !missing.is_empty() {
            let mut message = "Missing for the checks; run this, or the same command with --install:\n".to_owned();
            for tool in missing {
                // Writing to a string can't fail.
                let _ = write!(message, "\n  {}", tool.lines.first().map(Line::to_string).unwrap_or_default());
            }
            return Err(message);
        }
        let [_, _, deny, typos] = needed;
        Ok(Self { deny: deny.program, typos: typos.program })
    }
}

fn component(name: &'static str, subcommand: &'static str) -> Needed {
    let program = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let line = Line::new("rustup", &["component", "add", name]);
    Needed { name, program, asked: vec![subcommand, "--version"], version: "", lines: vec![line] }
}

fn deny() -> Needed {
    let folder = cache("cargo-deny", DENY_VERSION);
    let program = folder.join("bin/cargo-deny");
    let package = format!("cargo-deny@{DENY_VERSION}");
    let line = Line::new("cargo", &["install", "--locked", "--root", &folder.to_string_lossy(), &package]);
    Needed { name: "cargo-deny", program, asked: vec!["--version"], version: DENY_VERSION, lines: vec![line] }
}

fn typos() -> Needed {
    let folder = cache("typos", TYPOS_VERSION);
    let program = folder.join("bin/typos");
    let folder = folder.to_string_lossy();
    // Python's registry has it ready-made, in seconds; where there is no pip, it is built, in minutes.
    let wheel = format!("typos=={TYPOS_VERSION}");
    let ready_made = Line::new("python3", &["-m", "pip", "install", "--no-deps", "--target", &folder, &wheel]);
    let package = format!("typos-cli@{TYPOS_VERSION}");
    let built = Line::new("cargo", &["install", "--locked", "--root", &folder, &package]);
    let lines = if starts("python3", &["-m", "pip", "--version"]) { vec![ready_made, built] } else { vec![built] };
    Needed { name: "typos", program, asked: vec!["--version"], version: TYPOS_VERSION, lines }
}

/// A tool, how it tells its version, and the lines that install it, best first.
struct Needed {
    name: &'static str,
    program: PathBuf,
    asked: Vec<&'static str>,
    version: &'static str,
    lines: Vec<Line>,
}

impl Needed {
    fn is_there(&self) -> bool {
        let said = Command::new(&self.program).args(&self.asked).output();
        said.is_ok_and(|said| said.status.success() && String::from_utf8_lossy(&said.stdout).contains(self.version))
    }

    fn install(&self) -> Result<(), String> {
        for line in &self.lines {
            eprintln!("── installing {}: {line}", self.name);
            // Both optimised less than their authors do: a check runs for a second, a build for minutes.
            let ended = Command::new(line.program)
                .args(&line.arguments)
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .status();
            if ended.is_ok_and(|status| status.success()) && self.is_there() {
                return Ok(());
            }
        }
        Err(format!("{} couldn't be installed; the lines above say why.", self.name))
    }
}

/// A line that a person could type.
struct Line {
    program: &'static str,
    arguments: Vec<String>,
}

impl Line {
    fn new(program: &'static str, arguments: &[&str]) -> Self {
        Self { program, arguments: arguments.iter().map(|&argument| argument.to_owned()).collect() }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.program, self.arguments.join(" "))
    }
}

/// Where a version of a tool is installed.
fn cache(name: &str, version: &str) -> PathBuf {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir);
    base.join("kapprum").join(format!("{name}-{version}"))
}

fn starts(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
