//! The project's own commands: `cargo xtask VERB` and `cargo demo`. Nothing but the standard library, so that it is
//! there at once.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]
#![allow(clippy::disallowed_methods, reason = "measures how long its steps take")]

mod tools;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

const HELP: &str = "\
cargo xtask VERB [OPTIONS]

  demo      [--once]                 the main job, in the terminal
  test      [--install]              everything: check, tests, simulation, demo
  check     [--install]              fmt, clippy, docs, licences, typos
  simulate  [--seeds N] [--from S] [--seed S]
  bench     [--json FILE]            release build; prints a table
  sample    --out DIR --pupils N --seed S [--check OPENAPI_DIR]

With CI set, or with --install, missing tools are installed into target/tools.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (verb, rest) = match arguments.split_first() {
        Some((verb, rest)) => (verb.as_str(), rest),
        None => ("--help", arguments.as_slice()),
    };
    let install = std::env::var_os("CI").is_some() || rest.iter().any(|one| one == "--install");
    let done = match verb {
        "demo" => run("kapprum-demo", &[], rest),
        "simulate" => run("kapprum-simulation", &[], rest),
        "bench" => run("kapprum-benches", &["--release"], rest),
        "sample" => run("kapprum-town", &["--bin", "sample"], rest),
        "check" => check(install),
        "test" => test(install),
        "--help" | "-h" | "help" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("unknown verb `{other}`\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Everything that must hold before a change lands.
fn test(install: bool) -> Result<(), String> {
    let started = Instant::now();
    check(install)?;
    step("tests", cargo(&["test", "--workspace", "--all-targets"]))?;
    step(
        "simulation, 2 000 seeds",
        with(cargo(&["run", "--quiet", "-p", "kapprum-simulation"]), &["--seeds", "2000"]),
    )?;
    step("demo", with(cargo(&["run", "--quiet", "-p", "kapprum-demo"]), &["--once"]))?;
    println!("\nAll green in {:.0} s.", started.elapsed().as_secs_f64());
    Ok(())
}

fn check(install: bool) -> Result<(), String> {
    let tools = tools::ready(install)?;
    let mut docs = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    let mut licences = Command::new(&tools.deny);
    licences.args(["--log-level", "error", "check", "bans", "licenses", "sources"]);
    step("formatting", without_features(&["fmt", "--all", "--check"]))?;
    step(
        "lints",
        with_flags(cargo(&["clippy", "--workspace", "--all-targets", "--quiet"]), &["--", "-D", "warnings"]),
    )?;
    step("documentation", docs)?;
    step("licences and bans", licences)?;
    step("typos", Command::new(&tools.typos))
}

fn run(package: &str, flags: &[&str], arguments: &[String]) -> Result<(), String> {
    let mut command = cargo(&["run", "--quiet", "-p", package]);
    command.args(flags).arg("--").args(arguments.iter().filter(|one| *one != "--"));
    let status = command.status().map_err(|error| format!("cargo can't be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(String::new()) }
}

/// Cargo with the features that this machine needs: OpenSSL is built along where its headers are missing.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = without_features(arguments);
    if !has_openssl() {
        command.args(["--features", "kapprum-client/vendored-openssl"]);
    }
    command
}

fn without_features(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.arg("--").args(arguments);
    command
}

fn with_flags(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

fn step(name: &str, mut command: Command) -> Result<(), String> {
    println!("── {name}");
    let started = Instant::now();
    let status = command.status().map_err(|error| format!("{name}: can't be started: {error}"))?;
    let seconds = started.elapsed().as_secs_f64();
    if status.success() {
        println!("   {name}: {seconds:.1} s");
        Ok(())
    } else {
        Err(format!("{name}: failed after {seconds:.1} s"))
    }
}

/// Whether OpenSSL's headers are where the compiler looks for them.
fn has_openssl() -> bool {
    if std::env::var_os("KAPPRUM_VENDORED_OPENSSL").is_some() {
        return false;
    }
    let named = std::env::var_os("OPENSSL_DIR").is_some();
    let usual = ["/usr/include", "/usr/local/include", "/opt/homebrew/opt/openssl@3/include"];
    named || usual.iter().any(|folder| Path::new(folder).join("openssl/ssl.h").exists())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
