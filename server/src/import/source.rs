//! Where answers come from: rows of JSON per resource. Here from a folder of pages; `live` keeps a server's.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use super::Resource;

/// Gives the rows of a resource, as often as asked for.
pub trait Source {
    /// Visits each row once, in the source's order, and says how much of the resource there was.
    fn rows(&self, resource: Resource, visit: &mut dyn FnMut(Value)) -> Extent;
}

/// How much of a resource could be read. Only a whole one shows that something has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// Every page.
    Whole,
    /// The source doesn't have this resource.
    Missing,
    /// Some pages broke off; the rows before that were given. One line per page says where.
    Broken(Vec<String>),
}

/// A folder with one or more pages per resource: `persons.json`, `persons.1.json`, `persons/1.json`; each page a list
/// of rows, or an object with the list in `data` and in `pageToken` what asks for the next page.
#[derive(Debug, Clone)]
pub struct Folder {
    pages: Vec<(Resource, PathBuf)>,
}

impl Folder {
    /// Looks for pages in a folder.
    ///
    /// # Errors
    /// If the folder, or one for a resource in it, can't be listed.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let mut pages = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(resource) = path.file_name().and_then(|name| named(&name.to_string_lossy())) else { continue };
            if path.is_dir() {
                for page in std::fs::read_dir(&path)? {
                    let page = page?.path();
                    if page.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
                        pages.push((resource, page));
                    }
                }
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
                pages.push((resource, path));
            }
        }
        pages.sort_by_cached_key(|(resource, path)| (*resource, path.as_os_str().len(), path.as_os_str().to_owned()));
        Ok(Self { pages })
    }
}

/// The resource that a file is named after: letters up to the first other sign, so that `persons-2` is `persons`.
fn named(file: &str) -> Option<Resource> {
    let stem: String = file.chars().take_while(char::is_ascii_alphabetic).collect();
    Resource::ALL.into_iter().find(|resource| resource.names().iter().any(|name| stem.eq_ignore_ascii_case(name)))
}

impl Source for Folder {
    fn rows(&self, resource: Resource, visit: &mut dyn FnMut(Value)) -> Extent {
        let mut broken = Vec::new();
        let mut last = None;
        for (_, path) in self.pages.iter().filter(|(of, _)| *of == resource) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            match file(path, visit) {
                Ok(more) => last = more.then(|| format!("{name}: names a next page that is not here")),
                Err(why) => {
                    broken.push(format!("{name}: {why}"));
                    last = None;
                }
            }
        }
        broken.extend(last);
        match (self.pages.iter().any(|(of, _)| *of == resource), broken.is_empty()) {
            (false, _) => Extent::Missing,
            (true, true) => Extent::Whole,
            (true, false) => Extent::Broken(broken),
        }
    }
}

/// Visits a file's rows; whether it names a next page.
fn file(path: &Path, visit: &mut dyn FnMut(Value)) -> Result<bool, String> {
    let reader = BufReader::new(File::open(path).map_err(|why| why.kind().to_string())?);
    Ok(page(reader, visit)?.is_some())
}

/// Visits a page's rows; gives what asks for the next page.
///
/// # Errors
/// If it is no page, or breaks off; the rows before that were visited.
pub fn page(mut reader: impl Read, visit: &mut dyn FnMut(Value)) -> Result<Option<String>, String> {
    let mut start = Vec::new();
    reader.by_ref().take(3).read_to_end(&mut start).map_err(|why| why.kind().to_string())?;
    if start == b"\xef\xbb\xbf" {
        start.clear();
    }
    let mut json = serde_json::Deserializer::from_reader(start.as_slice().chain(reader));
    // The parser's own message may quote what it read: only the place is told.
    let told = |why: serde_json::Error| match why.classify() {
        Category::Data => "is no list of rows".to_owned(),
        _ => format!("no JSON from line {}, column {}", why.line(), why.column()),
    };
    let next = json.deserialize_any(Page(visit)).map_err(told)?;
    json.end().map_err(told)?;
    Ok(next)
}

/// A page: rows, or an object with the rows in `data`. Anything else, such as the answer of an API that failed, is none.
struct Page<'a>(&'a mut dyn FnMut(Value));

impl<'de> Visitor<'de> for Page<'_> {
    /// What asks for the next page.
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows, or an object with the list in data")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, rows: A) -> Result<Self::Value, A::Error> {
        Rows(self.0).visit_seq(rows).map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut page: A) -> Result<Self::Value, A::Error> {
        let (mut data, mut next) = (false, Value::Null);
        while let Some(name) = page.next_key::<String>()? {
            match name.to_ascii_lowercase().as_str() {
                "data" => {
                    page.next_value_seed(Rows(self.0))?;
                    data = true;
                }
                "pagetoken" => next = page.next_value()?,
                _ => drop(page.next_value::<IgnoredAny>()?),
            }
        }
        if !data {
            return Err(Error::missing_field("data"));
        }
        Ok(match next {
            Value::Null => None,
            Value::String(token) => Some(token).filter(|token| !token.is_empty()),
            other => Some(other.to_string()),
        })
    }
}

/// Reads a list row by row, so that neither a long one nor a broken one costs more than a row.
struct Rows<'a>(&'a mut dyn FnMut(Value));

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element()? {
            (self.0)(row);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> (Vec<Value>, Extent) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut rows = Vec::new();
        let extent = Folder::open(folder.path()).unwrap().rows(Resource::Persons, &mut |row| rows.push(row));
        (rows, extent)
    }

    #[test]
    fn pages_come_in_order_whatever_they_are_called() {
        let (rows, extent) = read(&[
            ("Persons.json", r#"{"data":[1,2],"pageToken":"x"}"#),
            ("persons.2.json", "\u{feff}[3]"),
            ("persons.10.json", r#"{"pageToken":null,"data":[4]}"#),
            ("persons/11.json", "[5]"),
            ("placements.json", "[9]"),
            ("readme.txt", "no page"),
        ]);
        assert_eq!(rows, [1, 2, 3, 4, 5]);
        assert_eq!(extent, Extent::Whole);
    }

    #[test]
    fn a_broken_page_gives_the_rows_before_the_break_and_never_quotes_itself() {
        let (rows, extent) = read(&[("persons.json", r#"[1,2,{"givenName":"Ebb"#), ("persons.1.json", "[3]")]);
        assert_eq!(rows, [1, 2, 3]);
        assert_eq!(extent, Extent::Broken(vec!["persons.json: no JSON from line 1, column 22".to_owned()]));
        assert_eq!(read(&[("groups.json", "[]")]).1, Extent::Missing);
    }

    /// What an API answers when it fails is not an empty municipality.
    #[test]
    fn only_a_list_of_rows_is_a_page_and_only_a_page_without_a_next_is_the_last() {
        for (page, rows, broken) in [
            ("[]", 0, false),
            (r#"{"data":[]}"#, 0, false),
            (r#"{"Data":[1],"pageToken":""}"#, 1, false),
            (r#"{"code":"UNAUTHORISED","message":"no"}"#, 0, true),
            (r#"{"data":null}"#, 0, true),
            (r#"{"data":{}}"#, 0, true),
            (r#"{"data":{"data":[1]}}"#, 0, true),
            (r#"{"data":[1],"pageToken":"next"}"#, 1, true),
            (r#"{"pageToken":7,"data":[1]}"#, 1, true),
            ("null", 0, true),
            ("7", 0, true),
            ("\"persons\"", 0, true),
            ("", 0, true),
        ] {
            let (found, extent) = read(&[("persons.json", page)]);
            assert_eq!(found.len(), rows, "{page}");
            assert_eq!(matches!(extent, Extent::Broken(_)), broken, "{page} {extent:?}");
        }
        let (_, extent) = read(&[("persons.1.json", r#"{"data":[1],"pageToken":"x"}"#), ("persons.2.json", "null")]);
        assert_eq!(extent, Extent::Broken(vec!["persons.2.json: is no list of rows".to_owned()]));
    }
}
