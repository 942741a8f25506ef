//! Checks rows against the schemas of an OpenAPI folder: types, required fields, enums, formats and references.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Town;

/// Rows checked, and what is wrong, one line each.
pub fn against(folder: &Path, town: &Town) -> Result<(usize, Vec<String>), String> {
    let mut schemas = Schemas { folder: folder.to_owned(), files: BTreeMap::new() };
    let kinds = [
        ("organisations", "Organisation.yaml#/Organisation"),
        ("persons", "Person.yaml#/Person"),
        ("groups", "Group.yaml#/Group"),
        ("placements", "Placement.yaml#/Placement"),
        ("duties", "Duty.yaml#/Duty"),
        ("activities", "Activity.yaml#/Activity"),
    ];
    let (mut rows, mut wrong) = (0, Vec::new());
    for (resource, list) in town.resources() {
        let reference = kinds.iter().find(|(name, _)| *name == resource).map(|(_, at)| *at).unwrap_or_default();
        let (file, schema) = schemas.resolve("", reference)?;
        for row in &list {
            rows += 1;
            schemas.check(&file, &schema, row, resource, &mut wrong)?;
        }
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
        let file = if named.is_empty() { file } else { named }.to_owned();
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

fn format_fits(schema: &Value, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match schema.get("format").and_then(Value::as_str) {
        Some("uuid") => uuid::Uuid::parse_str(text).is_ok(),
        Some("date") => text.parse::<kapprum_domain::time::Day>().is_ok(),
        Some("email") => text.contains('@'),
        _ => true,
    }
}
