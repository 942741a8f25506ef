//! Cargo, called so that all verbs share one build, and shown as one line of progress instead of hundreds.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::openssl;
use crate::steps::{Stopwatch, human};

/// Without a terminal, a line of progress comes this often.
const PAUSE: Duration = Duration::from_secs(20);

/// What a binary is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Fast to build; dependencies are optimised all the same.
    Dev,
    /// Fast to run.
    Release,
}

/// Cargo with the features that this machine needs.
pub(crate) struct Cargo {
    flags: &'static [&'static str],
}

impl Cargo {
    /// Looks once at what the machine has.
    ///
    /// # Errors
    ///
    /// What is missing, and the line that installs it.
    pub(crate) fn found() -> Result<Self, String> {
        Ok(Self { flags: openssl::flags()? })
    }

    /// A subcommand in the project's folder, as it is.
    pub(crate) fn command(subcommand: &str) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
        command.arg(subcommand).current_dir(root());
        command
    }

    /// A subcommand over all packages.
    pub(crate) fn workspace(&self, subcommand: &str) -> Command {
        let mut command = Self::command(subcommand);
        command.arg("--workspace").args(self.flags);
        command
    }

    /// Builds one binary and says where it lies.
    ///
    /// # Errors
    ///
    /// The build's failure; its messages are on the terminal by then.
    pub(crate) fn binary(&self, name: &str, profile: Profile) -> Result<PathBuf, String> {
        // Among all packages, not with `-p`: else dependencies would get fewer features and be built once more.
        let mut command = self.workspace("build");
        command.args(["--bin", name]);
        if profile == Profile::Release {
            command.arg("--release");
        }
        with_progress(&mut command)?;
        Ok(Self::folder(profile)?.join(name))
    }

    /// Where what is built lies.
    ///
    /// # Errors
    ///
    /// That this program can't tell where it lies itself.
    pub(crate) fn folder(profile: Profile) -> Result<PathBuf, String> {
        let own = env::current_exe().map_err(|error| format!("own path: {error}"))?;
        // This program lies in `debug` of the target folder, wherever that is.
        let debug = own.parent().unwrap_or(Path::new(".")).to_owned();
        Ok(match profile {
            Profile::Dev => debug,
            Profile::Release => debug.join("..").join("release"),
        })
    }
}

/// Runs a command that speaks for itself.
///
/// # Errors
///
/// That it didn't start, or how it ended.
pub(crate) fn succeed(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.current_dir(root()).status().map_err(|error| format!("{name} can't be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

/// Runs cargo: one line tells how far it is, warnings and errors stay.
///
/// # Errors
///
/// That it didn't start, or how it ended.
pub(crate) fn with_progress(command: &mut Command) -> Result<(), String> {
    let terminal = std::io::stderr().is_terminal();
    if terminal {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child =
        command.stderr(Stdio::piped()).spawn().map_err(|error| format!("cargo can't be started: {error}"))?;
    let mut progress = Progress { crates: 0, watch: Stopwatch::start(), shown: Duration::ZERO, terminal };
    if let Some(messages) = child.stderr.take() {
        for line in BufReader::new(messages).lines().map_while(Result::ok) {
            progress.take(&line);
        }
    }
    progress.clear();
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

struct Progress {
    crates: usize,
    watch: Stopwatch,
    shown: Duration,
    terminal: bool,
}

impl Progress {
    fn take(&mut self, line: &str) {
        let plain = without_colours(line);
        let mut words = plain.split_whitespace();
        match words.next() {
            Some("Compiling" | "Checking" | "Documenting" | "Downloaded") => {
                self.crates += 1;
                self.show(words.next().unwrap_or_default());
            }
            Some("Downloading" | "Updating" | "Locking" | "Finished" | "Executable" | "Generated") => {}
            _ => {
                self.clear();
                eprintln!("{line}");
            }
        }
    }

    fn show(&mut self, latest: &str) {
        let now = self.watch.elapsed();
        if self.terminal {
            eprint!("\r\x1b[2K   {} crates · {} · {latest}", self.crates, human(now));
        } else if now >= self.shown + PAUSE {
            self.shown = now;
            eprintln!("   {} crates · {}", self.crates, human(now));
        }
    }

    fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[2K");
        }
    }
}

/// The text without the terminal's colour codes (`ESC [ … m`).
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// Runs a command that speaks only when it fails.
///
/// # Errors
///
/// That it didn't start, or what it said.
pub(crate) fn quietly(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.current_dir(root()).output().map_err(|error| format!("{name} can't be started: {error}"))?;
    match done.status.success() {
        true => Ok(()),
        false => {
            let said = [done.stdout, done.stderr].concat();
            Err(format!("{name}:\n{}", String::from_utf8_lossy(&said)))
        }
    }
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_fall_away() {
        assert_eq!(without_colours("\x1b[1m\x1b[32m   Compiling\x1b[0m serde v1.0"), "   Compiling serde v1.0");
        assert_eq!(without_colours("plain"), "plain");
    }
}
