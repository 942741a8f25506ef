//! What the checks need besides Rust itself: found, or installed into `target/tools`, or named with the line to run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The tools of `check`.
pub(crate) struct Tools {
    pub(crate) deny: PathBuf,
    pub(crate) typos: PathBuf,
}

const DENY: (&str, &str) = ("cargo-deny", "0.20.2");
const TYPOS: (&str, &str) = ("typos", "1.52.0");

/// Finds the tools, installs them if allowed, or says what to run.
pub(crate) fn ready(install: bool) -> Result<Tools, String> {
    let folder = super::root().join("target/tools");
    let missing: Vec<&str> = ["rustfmt", "clippy"].into_iter().filter(|one| !has_component(one)).collect();
    if !missing.is_empty() {
        let mut arguments = vec!["component", "add"];
        arguments.extend(&missing);
        obtain(install, &format!("rustup {}", arguments.join(" ")), Command::new("rustup").args(arguments))?;
    }
    let deny = match found(&folder, DENY.0) {
        Some(path) => path,
        None => {
            let version = format!("{}@{}", DENY.0, DENY.1);
            let folder = folder.to_string_lossy().into_owned();
            let mut command = Command::new("cargo");
            command.args(["install", "--locked", "--quiet", "--root", &folder, &version]);
            obtain(install, &format!("cargo install --locked --root target/tools {version}"), &mut command)?;
            Path::new(&folder).join("bin").join(DENY.0)
        }
    };
    let typos = match found(&folder, TYPOS.0) {
        Some(path) => path,
        None => {
            // Python's packages carry it ready-made; elsewhere it is built.
            let wheel = format!("{}=={}", TYPOS.0, TYPOS.1);
            let target = folder.join("typos").to_string_lossy().into_owned();
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target", &target, &wheel]);
            if !install || !succeeds(&mut pip) {
                let folder = folder.to_string_lossy().into_owned();
                let version = format!("typos-cli@{}", TYPOS.1);
                let mut command = Command::new("cargo");
                command.args(["install", "--locked", "--quiet", "--root", &folder, &version]);
                obtain(install, &format!("cargo install --locked --root target/tools {version}"), &mut command)?;
            }
            found(&folder, TYPOS.0).ok_or("typos was installed but is not there")?
        }
    };
    Ok(Tools { deny, typos })
}

fn found(folder: &Path, name: &str) -> Option<PathBuf> {
    let own = [folder.join("bin").join(name), folder.join(name).join("bin").join(name)];
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).map(|folder| folder.join(name)).collect::<Vec<_>>();
    own.into_iter().chain(on_path).find(|path| path.is_file())
}

fn has_component(name: &str) -> bool {
    succeeds(Command::new("cargo").args([if name == "rustfmt" { "fmt" } else { name }, "--version"]))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn obtain(install: bool, line: &str, command: &mut Command) -> Result<(), String> {
    if !install {
        return Err(format!("A tool is missing. Run this, or the same command with --install:\n\n  {line}"));
    }
    println!("── installing: {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("could not be installed: {line}")),
    }
}
