//! Checks pages against an OpenAPI folder: the envelope, types, required fields, enums, limits, formats and references.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::Town;

/// Rows checked, and what is wrong, one line each.
pub fn against(folder: &Path, town: &Town) -> Result<(usize, Vec<String>), String> {
    let mut schemas = Schemas { folder: folder.to_owned(), files: BTreeMap::new() };
    let (mut rows, mut wrong) = (0, Vec::new());
    for page in town.pages() {
        let path = schemas.resolve("", &format!("openapi.yaml#/paths/~1{}", page.resource))?;
        let (file, path) = match path.1.get("$ref").and_then(Value::as_str) {
            Some(reference) => schemas.resolve(&path.0, reference)?,
            None => path,
        };
        let answer = path.pointer("/get/responses/200/content/application~1json/schema");
        let answer = answer.ok_or_else(|| format!("{}: no answer is described", page.resource))?;
        schemas.check(&file, answer, &page.content, page.resource, &mut wrong)?;
        rows += page.content["data"].as_array().map_or(0, Vec::len);
    }
    Ok((rows, wrong))
}

struct Schemas {
    folder: PathBuf,
    files: BTreeMap<String, Value>,
}

impl Schemas {
    /// The schema that a reference in a file names, with the file it lies in.
    fn resolve(&mut self, file: &str, reference: &str) -> Result<(String, Value), String> {
        let (named, path) = reference.split_once('#').unwrap_or((reference, ""));
        let file = if named.is_empty() { file.to_owned() } else { beside(file, named) };
        if !self.files.contains_key(&file) {
            let text = std::fs::read_to_string(self.folder.join(&file)).map_err(|error| format!("{file}: {error}"))?;
            let value = serde_norway::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
            self.files.insert(file.clone(), value);
        }
        let schema = self.files.get(&file).and_then(|root| root.pointer(path)).cloned();
        schema.map(|schema| (file, schema)).ok_or_else(|| format!("{reference}: no such schema"))
    }

    fn check(
        &mut self,
        file: &str,
        schema: &Value,
        value: &Value,
        at: &str,
        wrong: &mut Vec<String>,
    ) -> Result<(), String> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let (file, schema) = self.resolve(file, reference)?;
            return self.check(&file, &schema, value, at, wrong);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.check(file, part, value, at, wrong)?;
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            wrong.push(format!("{at}: {value} is not one of the values allowed"));
        }
        if value.is_null() && schema.get("nullable") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        let within = |limit: &str, fits: fn(f64, f64) -> bool| {
            let limit = schema.get(limit).and_then(Value::as_f64).zip(value.as_f64());
            limit.is_none_or(|(limit, value)| fits(value, limit))
        };
        if !within("minimum", |value, least| value >= least) || !within("maximum", |value, most| value <= most) {
            wrong.push(format!("{at}: {value} is out of its limits"));
        }
        let fits = match schema.get("type").and_then(Value::as_str) {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string() && format_fits(schema, value),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("boolean") => value.is_boolean(),
            _ => true,
        };
        if !fits {
            wrong.push(format!("{at}: {value} has not the type or format required"));
        }
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                wrong.push(format!("{at}: `{name}` is missing"));
            }
        }
        if let (Some(properties), Some(fields)) =
            (schema.get("properties").and_then(Value::as_object), value.as_object())
        {
            for (name, field) in fields {
                if let Some(schema) = properties.get(name) {
                    self.check(file, schema, field, &format!("{at}.{name}"), wrong)?;
                }
            }
        }
        if let (Some(schema), Some(items)) = (schema.get("items"), value.as_array()) {
            for item in items {
                self.check(file, schema, item, &format!("{at}[]"), wrong)?;
            }
        }
        Ok(())
    }
}

/// A file that another one names.
fn beside(file: &str, named: &str) -> String {
    let mut path = PathBuf::from(file);
    path.pop();
    for part in Path::new(named).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path.to_string_lossy().into_owned()
}

fn format_fits(schema: &Value, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match schema.get("format").and_then(Value::as_str) {
        Some("uuid") => uuid::Uuid::parse_str(text).is_ok(),
        Some("date") => text.parse::<kapprum_domain::time::Day>().is_ok(),
        Some("date-time") => text.contains('T') && text.parse::<jiff::Timestamp>().is_ok(),
        Some("email") => text.contains('@'),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_schemas_forbid_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let resources = ["organisations", "persons", "groups", "placements", "duties", "activities"];
        let paths: String = resources.iter().map(|one| format!("  /{one}:\n    $ref: paths/all.yaml#/all\n")).collect();
        write("openapi.yaml", &format!("paths:\n{paths}"));
        write(
            "paths/all.yaml",
            "all: { get: { responses: { 200: { content: { application/json: { schema: { $ref: '../all.yaml#/Page' } } } } } } }",
        );
        let page = |token: &str, item: &str| {
            let page = "Page: { type: object, required: [data], properties: { pageToken: { type: string";
            format!("{page}{token} }}, data: {{ type: array, items: {item} }} }} }}")
        };
        let town = Town::small("2026-11-24".parse().unwrap());
        let wrong = |token: &str, item: &str| {
            write("all.yaml", &page(token, item));
            against(folder.path(), &town).unwrap().1.len()
        };
        let row = |field: &str| format!("{{ type: object, properties: {{ {field} }} }}");
        assert_eq!(wrong(", nullable: true", "{}"), 0);
        assert_eq!(wrong("", "{}"), resources.len());
        let rows = wrong(", nullable: true", "{ type: object, required: [nothing] }");
        assert!(rows > 20, "{rows}");
        for (field, found) in [
            ("meta: { properties: { created: { type: string, format: date-time } } }", 0),
            ("meta: { properties: { created: { type: string, format: date } } }", rows),
            ("startDate: { type: string, format: date-time }", 13),
            ("enrolments: { items: { properties: { schoolYear: { type: integer, minimum: 0, maximum: 10 } } } }", 0),
            ("enrolments: { items: { properties: { schoolYear: { type: integer, maximum: 3 } } } }", 1),
            ("enrolments: { items: { properties: { schoolYear: { type: integer, minimum: 2 } } } }", 1),
        ] {
            assert_eq!(wrong(", nullable: true", &row(field)), found, "{field}");
        }
    }
}
