//! Where rows come from: a folder of JSON answers, one or more pages per resource.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::report::Report;

/// A folder with pages such as `persons.json`, `persons.2.json` or `persons/1.json`.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A source in this folder.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Visits the rows of a resource, page by page. Whether the source has the resource at all.
    pub(crate) fn rows(&self, resource: &'static str, report: &mut Report, visit: &mut dyn FnMut(&Row, &mut Report)) {
        let pages = self.pages(resource);
        if pages.is_empty() {
            report.missing.push(resource);
        }
        for page in pages {
            let name = page.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let parsed = std::fs::read(&page).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
            let rows = match parsed {
                Some(Value::Array(rows)) => rows,
                Some(Value::Object(mut answer)) => match answer.remove("data") {
                    Some(Value::Array(rows)) => rows,
                    _ => {
                        report.refuse(resource, &name, "data", "the page has no list");
                        continue;
                    }
                },
                _ => {
                    report.refuse(resource, &name, "", "the page is no JSON");
                    continue;
                }
            };
            for value in rows {
                visit(&Row { resource, value }, report);
            }
        }
    }

    /// Whether the folder is there.
    pub fn is_there(&self) -> bool {
        self.path.is_dir()
    }

    fn pages(&self, resource: &str) -> Vec<PathBuf> {
        let list = |folder: &Path| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let json = |path: &Path| path.extension().is_some_and(|extension| extension == "json");
        let named = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            name.strip_prefix(resource).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('-'))
        };
        let mut pages: Vec<PathBuf> = list(&self.path).into_iter().filter(named).collect();
        pages.extend(list(&self.path.join(resource)));
        pages.retain(|path| json(path) && path.is_file());
        pages.sort();
        pages
    }
}

/// A row of a resource, read leniently.
pub(crate) struct Row {
    pub(crate) resource: &'static str,
    value: Value,
}

impl Row {
    pub(crate) fn id(&self) -> &str {
        text(&self.value, "id").unwrap_or_default()
    }

    /// A text; null and empty are none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        text(&self.value, name)
    }

    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.value.get(name).and_then(Value::as_array).into_iter().flatten()
    }

    pub(crate) fn value(&self) -> &Value {
        &self.value
    }
}

/// A text field of a value; null and empty are none.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The id that a reference names: `{"person": {"id": …}}`, or leniently the id itself.
pub(crate) fn reference<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    let field = value.get(name)?;
    text(field, "id").or_else(|| field.as_str().filter(|text| !text.is_empty()))
}
