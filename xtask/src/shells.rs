//! The shells' own proofs: each a script in its folder, which tells in its head what it needs of the system.

use std::path::Path;
use std::process::{Command, Stdio};

use super::build;

/// A shell with the script that proves it.
pub(crate) struct Shell {
    /// How its step is called.
    pub(crate) name: &'static str,
    script: &'static str,
}

/// Android's.
pub(crate) const ANDROID: Shell = Shell { name: "Android shell", script: "android/verify.sh" };
/// The iPhone's and iPad's.
pub(crate) const IOS: Shell = Shell { name: "iOS shell", script: "ios/verify.sh" };

/// Why a shell can't be proven here.
pub(crate) enum Unready {
    /// On no machine of this kind.
    Elsewhere(&'static str),
    /// Something could be installed, by this line.
    Missing(String),
}

impl Shell {
    /// Looks whether this machine has what the proof needs; installs it if it may.
    pub(crate) fn ready(&self, install: bool) -> Result<(), Unready> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err(Unready::Elsewhere("it is proven on Linux on x86_64"));
        }
        let missing = |packages: &[String]| -> Vec<String> {
            packages.iter().filter(|package| !is_installed(package)).cloned().collect()
        };
        if !starts(Command::new("dpkg-query").arg("--version")) {
            return Err(Unready::Elsewhere("it is proven on Debian, whose packages it takes"));
        }
        let script = std::fs::read_to_string(build::root().join(self.script)).unwrap_or_default();
        let wanted = missing(&packages(&script));
        if wanted.is_empty() {
            return Ok(());
        }
        if install {
            eprintln!("── installing {}", wanted.join(" "));
            let apt = |arguments: &[&str]| {
                let mut command = Command::new("apt-get");
                command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
                starts(&mut command)
            };
            let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
            arguments.extend(wanted.iter().map(String::as_str));
            let _ = apt(&["update", "-qq"]) && apt(&arguments);
        }
        let wanted = missing(&wanted);
        if wanted.is_empty() { Ok(()) } else { Err(Unready::Missing(format!("apt-get install {}", wanted.join(" ")))) }
    }

    /// Runs the proof, or another of the script's modes, with what was built in `library`.
    ///
    /// # Errors
    ///
    /// How it ended.
    pub(crate) fn run(&self, library: &Path, mode: &[String]) -> Result<(), String> {
        build::succeed(Command::new(build::root().join(self.script)).arg(library).args(mode))
    }
}

/// The packages that a script names in its line `# packages:`.
fn packages(script: &str) -> Vec<String> {
    let line = script.lines().find_map(|line| line.strip_prefix("# packages:"));
    line.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn is_installed(package: &str) -> bool {
    let asked = Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status}", package]).output();
    asked.is_ok_and(|said| said.stdout == b"installed")
}

fn starts(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_tells_what_it_needs() {
        assert_eq!(packages("#!/bin/sh\n# packages: git  tar\nset -e\n"), ["git", "tar"]);
        assert!(packages("#!/bin/sh\n").is_empty());
    }
}
