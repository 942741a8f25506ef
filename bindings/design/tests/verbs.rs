//! The tool as one calls it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output};

fn design(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kapprum-design")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn each_verb_writes_its_files_once() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verbs");
    let _ = std::fs::remove_dir_all(&folder);
    for (verb, count, file) in [
        ("kotlin", 3, "Tokens.kt"),
        ("android-resources", 11, "res/values-ar/strings.xml"),
        ("swift", 4, "Localizable.xcstrings"),
        ("preview", 1, "index.html"),
    ] {
        let folder = folder.join(verb);
        let (first, second) = (design(&[verb, folder.to_str().unwrap()]), design(&[verb, folder.to_str().unwrap()]));
        assert!(first.status.success() && second.status.success(), "{}", text(&first.stderr));
        assert!(text(&first.stdout).starts_with(&format!("{count} files changed")), "{}", text(&first.stdout));
        assert!(text(&second.stdout).starts_with("0 files changed"), "{}", text(&second.stdout));
        assert!(folder.join(file).is_file(), "{file}");
    }
}

#[test]
fn a_wrong_call_says_what_there_is() {
    for arguments in [&[] as &[&str], &["kotlin"], &["compose", "out"], &["kotlin", "out", "more"]] {
        let output = design(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("usage: kapprum-design kotlin DIR"), "{arguments:?}");
    }
    let output = design(&["kotlin", "/dev/null/out"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("could not be written"));
}
