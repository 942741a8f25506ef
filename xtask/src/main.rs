//! The project's own commands: `cargo xtask VERB`, and `cargo demo` for the main job.
//!
//! Nothing but the standard library, so that they start at once; what is heavy, they build with progress and then run.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "talks to a person at a terminal")]

mod bindings;
mod build;
mod openssl;
mod shells;
mod size;
mod steps;
mod tools;

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use build::{Cargo, Profile};
use shells::{Shell, Unready};
use steps::Steps;
use tools::Tools;

const HELP: &str = "\
Kapprum's own commands.

Usage: cargo xtask VERB [OPTIONS]
       cargo demo [-- OPTIONS]

  demo      the main job in the terminal, on a sample municipality
              --once             end after the walk; exit 0 only if every expectation held
  test      everything: check, then tests, the simulation with 2 000 seeds, 200 kills, the demo
              --install          install missing tools (as with CI set)
  check     formatting, lints, documentation, licences and sources, typos
              --install          as above
  simulate  devices and server under faults, from seeds
              --seeds N          how many seeds
              --from S           the first one
  kill      real processes of server and devices, killed at random moments under load
              --times N          how many kills; 200 if not told
              --seed S           the seed of all choices
  bench     the figures against their goals, as a release build
              --json FILE        write them as {key: value}
              --scale            whole towns instead: 600, 20 000 and 170 000 pupils; takes most of an hour
              --pupils N         with --scale: one town of N pupils beside that of 600
  bindings  the library, and what the shells are built with: Kotlin, Swift, Python, texts
  android   the Android shell's proof
              --bench            its figures through JNA instead
  ios       the iOS shell's proof
              --sanitize         under the thread sanitizer
              --bench            its figures instead
  pictures  [DIR]  every screen of the Android shell as a picture, with a page of all
  size      the library as phones get it, against its goal
              --note TEXT        adds a line to bindings/SIZE.md
  sample    an invented municipality in the format of SS 12000
              --out DIR --pupils N --seed S [--check OPENAPI_DIR]

demo, simulate, kill, bench and sample hand their options on: `cargo xtask simulate --help` lists them all.

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
        "kill" => kill(&arguments),
        "bench" => run("kapprum-benches", Profile::Release, &arguments),
        "sample" => run("sample", Profile::Dev, &arguments),
        "bindings" => bindings(),
        "android" => shell(&shells::ANDROID, &arguments),
        "ios" => shell(&shells::IOS, &arguments),
        "pictures" => pictures(&arguments),
        "size" => size(&arguments),
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

/// Kills real processes of the product, which lie beside the killer.
fn kill(arguments: &[String]) -> Result<ExitCode, Failure> {
    build_killed(&Cargo::found()?)?;
    run("kapprum-kill", Profile::Dev, arguments)
}

/// Builds whom `kapprum-kill` kills.
fn build_killed(cargo: &Cargo) -> Result<(), String> {
    ["kapprum-server", "kapprum-device"].iter().try_for_each(|binary| cargo.binary(binary, Profile::Dev).map(drop))
}

/// Writes what the shells are built with.
fn bindings() -> Result<ExitCode, Failure> {
    let built = bindings::generate(&Cargo::found()?)?;
    println!("android/generated, ios/Generated and {} are up to date.", built.python.display());
    Ok(ExitCode::SUCCESS)
}

/// One of the shells' proofs, or another mode of its script.
fn shell(shell: &Shell, mode: &[String]) -> Result<ExitCode, Failure> {
    match shell.ready(std::env::var_os("CI").is_some()) {
        Ok(()) => {}
        Err(Unready::Elsewhere(why)) => return Err(why.to_owned().into()),
        Err(Unready::Missing(line)) => return Err(format!("Something is missing:\n\n  {line}").into()),
    }
    let built = bindings::generate(&Cargo::found()?)?;
    shell.run(&built.folder, mode)?;
    Ok(ExitCode::SUCCESS)
}

/// Every screen as a picture, with a page to look at them all.
fn pictures(arguments: &[String]) -> Result<ExitCode, Failure> {
    let folder = match arguments {
        [] => build::root().join("target/pictures"),
        [folder] if !folder.starts_with('-') => std::path::absolute(folder).map_err(|error| error.to_string())?,
        _ => return Err(wrong_usage("`pictures` takes a folder or nothing.")),
    };
    let mode = ["--pictures".to_owned(), folder.to_string_lossy().into_owned()];
    let done = shell(&shells::ANDROID, &mode)?;
    println!("{}", folder.join("index.html").display());
    Ok(done)
}

fn size(arguments: &[String]) -> Result<ExitCode, Failure> {
    let note = match arguments {
        [] => None,
        [option, note] if option == "--note" => Some(note.as_str()),
        _ => return Err(wrong_usage("`size` takes --note WHAT_CHANGED or nothing.")),
    };
    println!("{}", size::measure(note)?);
    Ok(ExitCode::SUCCESS)
}

/// Builds a binary of the workspace and becomes it, so that signals and exit code are its own.
fn run(binary: &str, profile: Profile, arguments: &[String]) -> Result<ExitCode, Failure> {
    let path = Cargo::found()?.binary(binary, profile)?;
    let error = Command::new(&path).args(arguments).exec();
    Err(format!("{} can't be started: {error}", path.display()).into())
}

/// What the steps work with.
struct Ready {
    cargo: Cargo,
    tools: Tools,
    /// What is missing may be installed.
    install: bool,
}

/// Makes the tools ready, walks the steps of `verb` and sums up.
fn verify(arguments: &[String], verb: fn(&Ready, &mut Steps)) -> Result<ExitCode, Failure> {
    let mut install = std::env::var_os("CI").is_some();
    for argument in arguments {
        match argument.as_str() {
            "--install" => install = true,
            "--help" | "-h" => return help(),
            unknown => return Err(wrong_usage(&format!("There is no option `{unknown}` here."))),
        }
    }
    let ready = Ready { cargo: Cargo::found()?, tools: Tools::ready(install)?, install };
    let mut steps = Steps::begin();
    verb(&ready, &mut steps);
    Ok(if steps.sum_up() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(Ready { cargo, tools, .. }: &Ready, steps: &mut Steps) {
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

fn test(ready: &Ready, steps: &mut Steps) {
    let Ready { cargo, install, .. } = ready;
    check(ready, steps);
    steps.stop_if_failed();
    steps.run("tests", || {
        build::with_progress(cargo.workspace("test").arg("--no-run"))?;
        build::succeed(cargo.workspace("test").arg("--no-fail-fast"))
    });
    steps.run("simulation, 2 000 seeds", || {
        let simulation = cargo.binary("kapprum-simulation", Profile::Dev)?;
        build::succeed(Command::new(simulation).args(["--seeds", "2000"]))
    });
    steps.run("200 kills", || {
        build_killed(cargo)?;
        build::succeed(Command::new(cargo.binary("kapprum-kill", Profile::Dev)?).args(["--times", "200"]))
    });
    steps.run("demo", || {
        let demo = cargo.binary("kapprum-demo", Profile::Dev)?;
        build::succeed(Command::new(demo).arg("--once"))
    });
    let mut built = None;
    steps.run("bindings", || {
        built = Some(bindings::generate(cargo)?);
        Ok(())
    });
    let Some(built) = built else { return };
    steps.run("the border, from Python", || {
        let smoke = build::root().join("bindings/tests/smoke.py");
        build::quietly(Command::new("python3").arg(smoke).arg(built.folder.join("kapprum-world")).arg(&built.python))
    });
    for shell in [&shells::ANDROID, &shells::IOS] {
        match shell.ready(*install) {
            Ok(()) => steps.run(shell.name, || shell.run(&built.folder, &[])),
            Err(Unready::Elsewhere(why)) => steps.skip(shell.name, why.to_owned()),
            Err(Unready::Missing(line)) => steps.skip(shell.name, format!("run: {line}")),
        }
    }
}
