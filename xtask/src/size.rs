//! How large the library is that comes with the app, as this machine builds it: stripped, with its own OpenSSL.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::build::{self, Cargo};

/// Most bytes of the library, gzipped.
const MOST: u64 = 4 << 20;
/// Where earlier sizes stand.
const HISTORY: &str = "bindings/SIZE.md";

/// C is built small too, each function apart so that the linker drops what nobody calls; nothing unwinds through it.
const C_FLAGS: &str = "-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables";
/// Addresses that the loader fills in are packed, and functions that are the same are there once.
const LINKER: [&str; 4] = ["-C", "link-arg=-Wl,-z,pack-relative-relocs", "-C", "link-arg=-Wl,--icf=all"];

/// Builds the library as phones get it, measures it, and looks that it exports no SQLite of its own.
///
/// # Errors
///
/// That it can't be built, is too large, or exports what another library might take.
pub(crate) fn measure(note: Option<&str>) -> Result<String, String> {
    let mut library = Cargo::command("rustc");
    // Alone, not with the workspace: what the server needs must not come along.
    library.args(["--profile", "mobile", "-p", "kapprum-bindings", "--lib"]);
    library.args(["--features", "kapprum-client/vendored-openssl"]);
    library.env("CFLAGS", C_FLAGS).arg("--").args(LINKER);
    build::with_progress(&mut library)?;
    let path = Cargo::folder(build::Profile::Dev)?.join("..").join("mobile").join("libkapprum.so");
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let gzipped = gzip(&bytes)?;
    let exported = exports(&path)?;
    if let Some(name) = exported.lines().find(|line| line.contains("sqlite3_") || line.contains("SSL_")) {
        return Err(format!("the library exports {name}: another one might be bound to it"));
    }
    let mib = |bytes: u64| format!("{:.2} MiB", bytes as f64 / f64::from(1 << 20));
    let said = format!("{} stripped, {} gzipped (at most {})", mib(bytes.len() as u64), mib(gzipped), mib(MOST));
    if let Some(note) = note {
        let history = build::root().join(HISTORY);
        let mut text = fs::read_to_string(&history).map_err(|error| format!("{HISTORY}: {error}"))?;
        text.push_str(&format!("| {note} | {} | {gzipped} |\n", bytes.len()));
        fs::write(&history, text).map_err(|error| format!("{HISTORY}: {error}"))?;
    }
    if gzipped > MOST { Err(said) } else { Ok(said) }
}

fn gzip(bytes: &[u8]) -> Result<u64, String> {
    let failed = |error: std::io::Error| format!("gzip: {error}");
    let mut gzip =
        Command::new("gzip").args(["-9", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut input = gzip.stdin.take().ok_or("gzip takes nothing")?;
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(move || input.write_all(bytes));
        let output = gzip.wait_with_output().map_err(failed)?;
        writer.join().map_err(|_| "gzip: its input failed".to_owned())?.map_err(failed)?;
        Ok::<usize, String>(output.stdout.len())
    })?;
    Ok(written as u64)
}

fn exports(path: &Path) -> Result<String, String> {
    let nm = Command::new("nm").args(["-D", "--defined-only"]).arg(path).output();
    let nm = nm.map_err(|error| format!("nm can't be started: {error}"))?;
    Ok(String::from_utf8_lossy(&nm.stdout).into_owned())
}
