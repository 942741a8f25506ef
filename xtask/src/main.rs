//! The project's own commands: `cargo xtask VERB`, and `cargo demo` for the main job.
//!
//! Nothing but the standard library, so that they start at once; what is heavy, they build with progress and then run.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "talks to a person at a terminal")]

mod bindings;
mod build;
mod openssl;
mod steps;
mod tools;

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use build::{Cargo, Profile};
use steps::Steps;
use tools::Tools;

const HELP: &str = "\
Kapprum's own commands.

Usage: cargo xtask VERB [OPTIONS]
       cargo demo [-- OPTIONS]

  demo      the main job in the terminal, on a sample municipality
              --once             end after the walk; exit 0 only if every expectation held
  test      everything: check, then tests, the simulation with 2 000 seeds, the demo
              --install          install missing tools (as with CI set)
  check     formatting, lints, documentation, licences and sources, typos
              --install          as above
  simulate  devices and server under faults, from seeds
              --seeds N          how many seeds
              --from S           the first one
  bench     the figures against their goals, as a release build
              --json FILE        write them as {key: value}
  bindings  the library, and what the shells are built with: Kotlin, Swift, Python, texts
  sample    an invented municipality in the format of SS 12000
              --out DIR --pupils N --seed S [--check OPENAPI_DIR]

demo, simulate, bench and sample hand their options on: `cargo xtask simulate --help` lists them all.

Environment:
  CI                             set: missing tools are installed
  KAPPRUM_OPENSSL=vendored       build OpenSSL even where the system's headers are; `system` never does
  XDG_CACHE_HOME                 where tools are installed (kapprum/ below it; else ~/.cache)";

/// Why a verb ended without doing its work; `code` is what the process exits with.
struct Failure {
    message: String,
    code: u8,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, code: 1 }
    }
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let verb = if arguments.is_empty() { "--help".to_owned() } else { arguments.remove(0) };
    // `cargo demo -- --once` and `cargo demo --once` are the same.
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    let done = match verb.as_str() {
        "demo" => demo(&arguments),
        "simulate" => run("kapprum-simulation", Profile::Dev, &arguments),
        "bench" => run("kapprum-benches", Profile::Release, &arguments),
        "sample" => run("sample", Profile::Dev, &arguments),
        "bindings" => bindings(),
        "check" => verify(&arguments, check),
        "test" => verify(&arguments, test),
        "help" | "--help" | "-h" => help(),
        unknown => Err(wrong_usage(&format!("There is no verb `{unknown}`."))),
    };
    done.unwrap_or_else(|failure| {
        eprintln!("{}", failure.message);
        ExitCode::from(failure.code)
    })
}

fn help() -> Result<ExitCode, Failure> {
    println!("{HELP}");
    Ok(ExitCode::SUCCESS)
}

fn wrong_usage(what: &str) -> Failure {
    Failure { message: format!("{what} `cargo xtask --help` lists what there is."), code: 2 }
}

/// The demo, with the device beside it by which its last lines go on.
fn demo(arguments: &[String]) -> Result<ExitCode, Failure> {
    Cargo::found()?.binary("kapprum-device", Profile::Dev)?;
    run("kapprum-demo", Profile::Dev, arguments)
}

/// Writes what the shells are built with.
fn bindings() -> Result<ExitCode, Failure> {
    let built = bindings::generate(&Cargo::found()?)?;
    println!("android/generated, ios/Generated and {} are up to date.", built.python.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds a binary of the workspace and becomes it, so that signals and exit code are its own.
fn run(binary: &str, profile: Profile, arguments: &[String]) -> Result<ExitCode, Failure> {
    let path = Cargo::found()?.binary(binary, profile)?;
    let error = Command::new(&path).args(arguments).exec();
    Err(format!("{} can't be started: {error}", path.display()).into())
}

/// Makes the tools ready, walks the steps of `verb` and sums up.
fn verify(arguments: &[String], verb: fn(&Cargo, &Tools, &mut Steps)) -> Result<ExitCode, Failure> {
    let mut install = std::env::var_os("CI").is_some();
    for argument in arguments {
        match argument.as_str() {
            "--install" => install = true,
            "--help" | "-h" => return help(),
            unknown => return Err(wrong_usage(&format!("There is no option `{unknown}` here."))),
        }
    }
    let cargo = Cargo::found()?;
    let tools = Tools::ready(install)?;
    let mut steps = Steps::begin();
    verb(&cargo, &tools, &mut steps);
    Ok(if steps.sum_up() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(cargo: &Cargo, tools: &Tools, steps: &mut Steps) {
    steps.run("formatting", || build::succeed(Cargo::command("fmt").args(["--all", "--check"])));
    steps.run("lints", || {
        let mut clippy = cargo.workspace("clippy");
        build::with_progress(clippy.args(["--all-targets", "--", "-D", "warnings"]))
    });
    steps.run("documentation", || {
        let mut doc = cargo.workspace("doc");
        build::with_progress(doc.arg("--no-deps").env("RUSTDOCFLAGS", "-D warnings"))
    });
    steps.run("licences and sources", || {
        build::succeed(Command::new(&tools.deny).args(["check", "bans", "licenses", "sources"]))
    });
    steps.run("typos", || build::succeed(&mut Command::new(&tools.typos)));
}

fn test(cargo: &Cargo, tools: &Tools, steps: &mut Steps) {
    check(cargo, tools, steps);
    steps.stop_if_failed();
    steps.run("tests", || {
        build::with_progress(cargo.workspace("test").arg("--no-run"))?;
        build::succeed(cargo.workspace("test").arg("--no-fail-fast"))
    });
    steps.run("simulation, 2 000 seeds", || {
        let simulation = cargo.binary("kapprum-simulation", Profile::Dev)?;
        build::succeed(Command::new(simulation).args(["--seeds", "2000"]))
    });
    steps.run("demo", || {
        let demo = cargo.binary("kapprum-demo", Profile::Dev)?;
        build::succeed(Command::new(demo).arg("--once"))
    });
}
