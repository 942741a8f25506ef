//! What the shells are built with: the core's bindings in each language, tokens, icons and texts.
//!
//! All of it is generated and none of it committed. Kotlin goes to `android/generated`, Swift to `ios/Generated`, Python
//! to `target/bindings/python`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::build::{self, Cargo, Profile};

/// What was built.
pub(crate) struct Built {
    /// The folder of the library and of the binaries beside it.
    pub(crate) folder: PathBuf,
    /// The folder of the Python bindings.
    pub(crate) python: PathBuf,
}

/// How the library is called on this system.
const LIBRARY: &str = if cfg!(target_vendor = "apple") { "libkapprum.dylib" } else { "libkapprum.so" };

/// Swift on Linux finds the library by this; on Apple's systems the framework brings its own.
const MODULE_MAP: &str = "\
module KapprumCoreFFI {
    header \"KapprumCoreFFI.h\"
    link \"kapprum\"
    export *
}
";

/// Builds the library and all that the shells' tests need, and writes what is generated.
///
/// # Errors
///
/// What could not be built or written, or the name in generated code that a compiler would stumble on.
pub(crate) fn generate(cargo: &Cargo) -> Result<Built, String> {
    let mut library = cargo.workspace("build");
    build::with_progress(library.args(["--lib", "--bins"]))?;
    let folder = Cargo::folder(Profile::Dev)?;
    let root = build::root();
    let written = folder.join("..").join("bindings");
    let bindgen = |language: &str, into: &Path| {
        fs::create_dir_all(into).map_err(|error| format!("{}: {error}", into.display()))?;
        let mut command = Command::new(folder.join("kapprum-bindgen"));
        command.arg("generate").arg(folder.join(LIBRARY)).args(["-l", language, "--no-format", "--out-dir"]).arg(into);
        build::quietly(&mut command)
    };
    let (kotlin, swift, python) =
        (root.join("android/generated/kotlin"), written.join("swift"), written.join("python"));
    bindgen("kotlin", &kotlin)?;
    bindgen("swift", &swift)?;
    bindgen("python", &python)?;
    fs::copy(folder.join(LIBRARY), python.join(LIBRARY)).map_err(|error| format!("{LIBRARY}: {error}"))?;
    let ios = root.join("ios/Generated");
    place(&swift.join("KapprumCore.swift"), &ios.join("KapprumCore/KapprumCore.swift"))?;
    place(&swift.join("KapprumCoreFFI.h"), &ios.join("KapprumCoreFFI/KapprumCoreFFI.h"))?;
    write(&ios.join("KapprumCoreFFI/module.modulemap"), MODULE_MAP.as_bytes())?;
    let design =
        |verb: &str, into: &Path| build::quietly(Command::new(folder.join("kapprum-design")).arg(verb).arg(into));
    design("kotlin", &kotlin)?;
    let (android, drawn) = (written.join("android"), written.join("design"));
    design("android-resources", &android)?;
    place_all(&android.join("res"), &root.join("android/generated/res"))?;
    place_all(&android.join("kotlin"), &root.join("android/generated/app"))?;
    design("swift", &drawn)?;
    let catalog = "Localizable.xcstrings";
    place(&drawn.join(catalog), &ios.join("Resources").join(catalog))?;
    for name in ["Tokens.swift", "Icons.swift", "Phrase.swift"] {
        place(&drawn.join(name), &ios.join("Design").join(name))?;
    }
    let traps =
        [traps(&kotlin.join("se/kapprum/core/kapprum.kt"), KOTLIN)?, traps(&swift.join("KapprumCore.swift"), SWIFT)?]
            .concat();
    if traps.is_empty() { Ok(Built { folder, python }) } else { Err(traps.join("\n")) }
}

/// Objects in Kotlin have a `close` and a `destroy` already, its exceptions a `message` and a `cause`. UniFFI quotes our
/// names and not its own.
const KOTLIN: &[&str] = &["fun `close`(", "fun `destroy`(", "val `message`:", "val `cause`:"];

/// What SwiftUI and Foundation call by these names.
const SWIFT: &[&str] = &[
    "public struct State ",
    "public enum State ",
    "public struct View ",
    "public struct Text ",
    "public struct Data ",
    "public struct Date ",
    "public enum Task ",
    "public struct Task ",
    "public enum Result ",
    "public struct Notification ",
    "public struct Label ",
    "public struct Section ",
    "public struct Group ",
];

/// The names of ours that the other language has another meaning for.
fn traps(file: &Path, names: &[&str]) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let found = find(&text, names).into_iter();
    Ok(found.map(|name| format!("{}: `{name}` means something else there", file.display())).collect())
}

fn find<'a>(text: &str, names: &[&'a str]) -> Vec<&'a str> {
    names.iter().copied().filter(|name| text.lines().any(|line| line.trim_start().starts_with(name))).collect()
}

/// As [`place`], a whole folder; what is there no more goes.
fn place_all(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    let mut here = Vec::new();
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let place = if from.is_dir() { place_all } else { place };
        place(&from, &to)?;
        here.push(entry.file_name());
    }
    for entry in fs::read_dir(to).map_err(failed)?.flatten().filter(|entry| !here.contains(&entry.file_name())) {
        let gone = if entry.path().is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        gone.map_err(failed)?;
    }
    Ok(())
}

/// Copies a file if its content changed, so that nothing is built again without need.
fn place(from: &Path, to: &Path) -> Result<(), String> {
    let content = fs::read(from).map_err(|error| format!("{}: {error}", from.display()))?;
    write(to, &content)
}

fn write(to: &Path, content: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", to.display());
    if fs::read(to).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(to, content).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_another_language_takes_is_found_and_its_own_is_not() {
        let own = "    override fun close() {\n    fun destroy()\n    fun `end`()\npublic struct Home {\npublic struct Statement {";
        assert!(find(own, KOTLIN).is_empty() && find(own, SWIFT).is_empty());
        assert_eq!(
            find("    fun `close`() {\n    val `message`: String\n", KOTLIN),
            ["fun `close`(", "val `message`:"]
        );
        assert_eq!(find("public struct View {", SWIFT), ["public struct View "]);
    }
}
