//! From data to files: what every writer shares. Each writer gives the files; only [`save`] touches a disk.

pub mod android;
mod catalog;
pub mod kotlin;
pub mod preview;
pub mod swift;

use std::fs;
use std::path::Path;

use kapprum_words::{Label, Language, Text};

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where, from the folder that was asked for.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl File {
    fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

/// Writes what differs from what is there, so that nothing is built anew without need; tells how many did.
pub fn save(folder: &Path, files: &[File]) -> Result<usize, String> {
    let mut changed = 0;
    for file in files {
        let path = folder.join(&file.path);
        if fs::read_to_string(&path).is_ok_and(|there| there == file.text) {
            continue;
        }
        let fault = |why: std::io::Error| format!("{} could not be written: {why}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(fault)?;
        fs::write(&path, &file.text).map_err(fault)?;
        changed += 1;
    }
    Ok(changed)
}

/// The labels in every language; Swedish first.
pub struct Labels(Vec<(Language, Vec<Label>)>);

impl Labels {
    /// Reads them, or tells which is wrong.
    pub fn read() -> Result<Self, String> {
        let read = |language: Language| {
            let labels = kapprum_words::labels(language).map_err(|why| format!("{}: {why}", language.tag()))?;
            Ok((language, labels))
        };
        Language::ALL.into_iter().map(read).collect::<Result<_, String>>().map(Self)
    }

    fn languages(&self) -> &[(Language, Vec<Label>)] {
        &self.0
    }

    fn plain(&self) -> impl Iterator<Item = &Label> {
        self.source().iter().filter(|label| !is_counted(label))
    }

    fn counted(&self) -> impl Iterator<Item = &Label> {
        self.source().iter().filter(|label| is_counted(label))
    }

    fn source(&self) -> &[Label] {
        self.0.first().map_or(&[], |(_, labels)| labels)
    }
}

fn is_counted(label: &Label) -> bool {
    matches!(label.text, Text::Counted { .. })
}

/// `sign_in_title` as `SignInTitle`.
fn pascal(name: &str) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    name.split('_').map(capital).collect()
}

/// `sign_in_title` as `signInTitle`.
fn camel(name: &str) -> String {
    let whole = pascal(name);
    let mut letters = whole.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

/// A number without needless zeros.
fn number(value: f32) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A letter; the marks of direction, which nobody sees, as an escape that both formats know.
fn visible(letter: char) -> String {
    match letter {
        '\u{200E}' | '\u{200F}' | '\u{2066}'..='\u{2069}' => format!("\\u{:04x}", u32::from(letter)),
        _ => letter.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_written_as_each_language_has_them() {
        assert_eq!(
            (pascal("sign_in_title"), camel("sign_in_title")),
            ("SignInTitle".to_owned(), "signInTitle".to_owned())
        );
        assert_eq!(
            (number(12.0), number(0.5), number(10.345_43)),
            ("12".to_owned(), "0.5".to_owned(), "10.345".to_owned())
        );
    }

    #[test]
    fn only_what_changed_is_written() {
        let folder = std::env::temp_dir().join(format!("kapprum-design-{}", std::process::id()));
        let files = [File::new("a/one", "1"), File::new("two", "2")];
        assert_eq!(save(&folder, &files), Ok(2));
        let other = [File::new("a/one", "1"), File::new("two", "3")];
        assert_eq!(save(&folder, &other), Ok(1));
        assert_eq!(fs::read_to_string(folder.join("two")).unwrap(), "3");
        assert!(save(&folder, &[File::new("two/three", "")]).unwrap_err().contains("could not be written"));
        fs::remove_dir_all(folder).unwrap();
    }
}
