//! One row of JSON, read field by field: null and missing are the same, a wrong type or value is reported.

use std::collections::HashSet;

use jiff::civil::{Date, DateTime};
use kapprum_domain::id::TenantId;
use kapprum_domain::organisation::SchoolForm;
use kapprum_domain::time::{Day, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Period;
use crate::import::Resource;
use crate::import::report::{Problem, Report};

/// What goes along while a source is read.
pub struct Reading {
    tenant: TenantId,
    resource: Resource,
    quiet: bool,
    /// Where problems are told.
    pub report: Report,
    /// People whom any row or reference says to have a security mark.
    pub marked: HashSet<Uuid>,
}

impl Reading {
    /// A reading for a tenant.
    pub fn new(tenant: TenantId, report: Report) -> Self {
        Self { tenant, resource: Resource::Organisations, quiet: false, report, marked: HashSet::new() }
    }

    /// The resource whose rows come now.
    pub fn begin(&mut self, resource: Resource) {
        self.resource = resource;
    }

    /// Reads again what was read and reported before.
    pub fn quietly<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.quiet = true;
        let read = read(self);
        self.quiet = false;
        read
    }

    /// Refuses a row or a part of it.
    pub fn refuse(&mut self, resource: Resource, id: Uuid, field: &str, problem: &'static str) {
        self.tell(resource, Some(id), field, problem, true);
    }

    /// Reports a field that is left out.
    pub fn note(&mut self, resource: Resource, id: Uuid, field: &str, problem: &'static str) {
        self.tell(resource, Some(id), field, problem, false);
    }

    fn tell(&mut self, resource: Resource, id: Option<Uuid>, field: &str, problem: &'static str, refused: bool) {
        if !self.quiet {
            self.report.problem(Problem { resource, id, field: field.to_owned(), problem, refused });
        }
    }

    /// Our id for an id of the source: the same where it is a UUID, else derived from it, so that it stays the same.
    fn id(&self, resource: Resource, value: &Value) -> Option<Uuid> {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        if text.is_empty() {
            return None;
        }
        Some(
            Uuid::parse_str(&text)
                .unwrap_or_else(|_| Uuid::new_v5(&self.tenant.0, format!("{resource}/{text}").as_bytes())),
        )
    }
}

/// A field is not as it should be; it has been reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsound;

/// A row, or an object within one.
pub struct Row<'a> {
    /// The row's id.
    pub id: Uuid,
    fields: &'a Map<String, Value>,
    path: String,
    reading: &'a mut Reading,
}

impl<'a> Row<'a> {
    /// Opens a row; `None`, and reported, unless it is an object with an id.
    pub fn open(value: &'a Value, reading: &'a mut Reading) -> Option<Self> {
        let resource = reading.resource;
        let Some(fields) = value.as_object() else {
            reading.tell(resource, None, "row", "is no object", true);
            return None;
        };
        let Some(id) = fields.get("id").and_then(|id| reading.id(resource, id)) else {
            reading.tell(resource, None, "id", "is missing or no text", true);
            return None;
        };
        Some(Self { id, fields, path: String::new(), reading })
    }

    /// Reports a field that is left out.
    pub fn note(&mut self, field: &str, problem: &'static str) {
        self.tell(field, problem, false);
    }

    /// Reports that this row, or this part of it, is refused for a field.
    pub fn refuse(&mut self, field: &str, problem: &'static str) {
        self.tell(field, problem, true);
    }

    fn tell(&mut self, field: &str, problem: &'static str, refused: bool) {
        let field = format!("{}{field}", self.path);
        self.reading.tell(self.reading.resource, Some(self.id), &field, problem, refused);
    }

    /// The first of these fields that is there and not null. Names differ in case, and the standard itself misspells.
    fn value(&self, names: &[&str]) -> Option<&'a Value> {
        let exact = names.iter().find_map(|name| self.fields.get(*name).filter(|value| !value.is_null()));
        exact.or_else(|| {
            let same = |name: &str| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
            self.fields.iter().find(|(name, value)| same(name) && !value.is_null()).map(|(_, value)| value)
        })
    }

    /// A text without blanks around it; an empty one is none.
    pub fn text(&mut self, names: &[&str]) -> Option<String> {
        match self.value(names)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                self.note(names.first().copied().unwrap_or_default(), "is no text");
                None
            }
        }
    }

    /// A number of 0–255.
    pub fn small(&mut self, name: &str) -> Option<u8> {
        let value = self.value(&[name])?;
        let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        let small = number.and_then(|number| u8::try_from(number).ok());
        if small.is_none() {
            self.note(name, "is no small number");
        }
        small
    }

    /// Whether a field is true.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.value(&[name]) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text.trim().eq_ignore_ascii_case("true"),
            Some(_) => {
                self.note(name, "is neither true nor false");
                false
            }
        }
    }

    /// A day: `2026-11-24`, or a date and time, with or without a zone (without one it is Stockholm's).
    ///
    /// # Errors
    /// If something stands there that is no day.
    pub fn day(&mut self, name: &str) -> Result<Option<Day>, Unsound> {
        let Some(value) = self.value(&[name]) else { return Ok(None) };
        let text = value.as_str().map(str::trim).unwrap_or_default();
        if text.is_empty() && value.is_string() {
            return Ok(None);
        }
        match day(text) {
            Some(day) => Ok(Some(day)),
            None => {
                self.refuse(name, "is no day");
                Err(Unsound)
            }
        }
    }

    /// `startDate` and `endDate`.
    ///
    /// # Errors
    /// If one of them can't be read, or the end comes before the start.
    pub fn period(&mut self) -> Result<Period, Unsound> {
        let (from, until) = (self.day("startDate")?, self.day("endDate")?);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.refuse("endDate", "comes before startDate");
            return Err(Unsound);
        }
        Ok((from, until))
    }

    /// A school form.
    pub fn form(&mut self, name: &str) -> Option<SchoolForm> {
        let code = self.text(&[name])?;
        let form = super::school_form(&code.to_ascii_uppercase());
        if form.is_none() {
            self.note(name, "has an unknown value");
        }
        form
    }

    /// The id in a reference: `{"id": …}`, or the id itself. `None` if there is none.
    ///
    /// # Errors
    /// If something stands there that refers to nothing.
    pub fn reference(&mut self, name: &str, to: Resource) -> Result<Option<Uuid>, Unsound> {
        let Some(value) = self.value(&[name]) else { return Ok(None) };
        let id = value.get("id").or(Some(value)).and_then(|id| self.reading.id(to, id));
        let Some(id) = id else {
            self.refuse(name, "is no reference");
            return Err(Unsound);
        };
        if to == Resource::Persons && value.get("securityMarking").is_some_and(marks) {
            self.reading.marked.insert(id);
        }
        Ok(Some(id))
    }

    /// A reference without which this row, or this part of it, means nothing: refused if it is missing.
    pub fn needed(&mut self, name: &str, to: Resource) -> Option<Uuid> {
        let found = self.reference(name, to).ok()?;
        if found.is_none() {
            self.refuse(name, "is missing");
        }
        found
    }

    /// Whether this row's own person has a security mark: anything but `Ingen`, also what nobody knows.
    pub fn marked(&mut self) -> bool {
        let marked = self.value(&["securityMarking"]).is_some_and(marks);
        if marked {
            self.reading.marked.insert(self.id);
        }
        marked || self.reading.marked.contains(&self.id)
    }

    /// What is read of each object in a list; one object alone counts as a list.
    pub fn each<T>(&mut self, name: &str, mut read: impl FnMut(&mut Row<'_>) -> Option<T>) -> Vec<T> {
        let items = match self.value(&[name]) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            Some(_) => {
                self.refuse(name, "is no list");
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for item in items {
            let Some(fields) = item.as_object() else {
                self.refuse(name, "has an item that is no object");
                continue;
            };
            let path = format!("{}{name}.", self.path);
            let mut inner = Row { id: self.id, fields, path, reading: &mut *self.reading };
            found.extend(read(&mut inner));
        }
        found
    }

    /// The ids in a list of references.
    pub fn references(&mut self, name: &str, to: Resource) -> Vec<Uuid> {
        self.each(name, |row| {
            let id = row.fields.get("id").and_then(|id| row.reading.id(to, id));
            if id.is_none() {
                row.refuse("id", "is missing or no text");
            }
            if let Some(id) =
                id.filter(|_| to == Resource::Persons && row.value(&["securityMarking"]).is_some_and(marks))
            {
                row.reading.marked.insert(id);
            }
            id
        })
    }
}

fn marks(value: &Value) -> bool {
    !value.is_null() && !value.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("Ingen"))
}

fn day(text: &str) -> Option<Day> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp(moment.as_millisecond()).day());
    }
    let date = text.parse::<DateTime>().map(DateTime::date).or_else(|_| text.parse::<Date>()).ok()?;
    Day::new(date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_taken_with_and_without_time_and_zone() {
        for (text, expected) in [
            ("2026-11-24", Some("2026-11-24")),
            ("2026-11-24T07:40", Some("2026-11-24")),
            ("2026-11-24T23:30:00", Some("2026-11-24")),
            ("2026-11-24T23:30:00Z", Some("2026-11-25")),
            ("2026-11-25T00:00:00+01:00", Some("2026-11-25")),
            ("2026-11-31", None),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_ingen_is_a_mark() {
        for (value, marked) in
            [("null", false), ("\"Ingen\"", false), ("\"Sekretessmarkering\"", true), ("\"?\"", true), ("7", true)]
        {
            assert_eq!(marks(&serde_json::from_str(value).unwrap()), marked, "{value}");
        }
    }

    #[test]
    fn an_id_that_is_no_uuid_is_derived_from_tenant_resource_and_text() {
        let reading = Reading::new(TenantId(Uuid::from_u128(1)), Report::new(Day::new(2026, 11, 24).unwrap()));
        let other = Reading::new(TenantId(Uuid::from_u128(2)), Report::new(Day::new(2026, 11, 24).unwrap()));
        let id = |reading: &Reading, resource, text: &str| reading.id(resource, &Value::from(text)).unwrap();
        let uuid = "6ad9c1f0-8d9e-4a51-9a67-0f5d8e6f0a11";
        assert_eq!(id(&reading, Resource::Persons, uuid).to_string(), uuid);
        assert_eq!(id(&reading, Resource::Persons, "p7"), id(&reading, Resource::Persons, " p7 "));
        assert_ne!(id(&reading, Resource::Persons, "p7"), id(&reading, Resource::Groups, "p7"));
        assert_ne!(id(&reading, Resource::Persons, "p7"), id(&other, Resource::Persons, "p7"));
    }
}
