//! Whose OpenSSL SQLCipher is built with: the system's where its headers are, else one built along from source.

use std::io::Write;
use std::process::{Command, Stdio};

/// The cargo feature that builds OpenSSL along; it reaches every package through the one SQLite of the build graph.
const VENDORED: &[&str] = &["--features", "kapprum-client/vendored-openssl"];

/// The flags that cargo needs on this machine.
///
/// # Errors
///
/// One line to run, if the compiler or what builds OpenSSL is missing.
pub(crate) fn flags() -> Result<&'static [&'static str], String> {
    let vendored = match std::env::var("KAPPRUM_OPENSSL").as_deref() {
        Ok("vendored") => true,
        Ok("system") => false,
        Ok(other) => return Err(format!("KAPPRUM_OPENSSL is `{other}`; it can be `vendored` or `system`.")),
        Err(_) => !has_headers()?,
    };
    if !vendored {
        return Ok(&[]);
    }
    match ["perl", "make"].into_iter().find(|tool| !starts(tool)) {
        Some(tool) => Err(format!(
            "OpenSSL's headers are not here, and {tool}, which builds it, isn't either. Either will do:\n  \
             apt-get install libssl-dev\n  apt-get install {tool}"
        )),
        None => Ok(VENDORED),
    }
}

/// Asks the compiler itself, as SQLCipher's build will.
fn has_headers() -> Result<bool, String> {
    // Apple's systems bring their own cryptography, and a folder that is named is used.
    if cfg!(target_vendor = "apple") || std::env::var_os("OPENSSL_DIR").is_some() {
        return Ok(true);
    }
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut words = compiler.split_whitespace();
    let mut asked = Command::new(words.next().unwrap_or("cc"))
        .args(words)
        .args(["-fsyntax-only", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("No C compiler ({compiler}: {error}):\n  apt-get install build-essential"))?;
    if let Some(mut source) = asked.stdin.take() {
        // A compiler that doesn't listen answers by its exit code.
        let _ = source.write_all(b"#include <openssl/crypto.h>\n");
    }
    asked.wait().map(|status| status.success()).map_err(|error| format!("{compiler}: {error}"))
}

fn starts(tool: &str) -> bool {
    Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
