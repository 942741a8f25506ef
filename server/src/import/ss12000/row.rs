//! One row of JSON, read field by field: null and missing are the same, a wrong type or value is reported.

use jiff::civil::{Date, DateTime};
use kapprum_domain::organisation::SchoolForm;
use kapprum_domain::time::{Day, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Period, Reading};
use crate::import::Resource;
use crate::import::report::Problem;
use crate::import::silence::Doubt;

/// A field is not as it should be; it has been reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsound;

/// A row, or an object in a list of it.
pub struct Row<'a> {
    /// The row's id.
    pub id: Uuid,
    fields: &'a Map<String, Value>,
    /// Whom or what it is about, mostly what its id names; none: that is not read yet.
    about: Vec<Uuid>,
    list: Option<&'static str>,
    item: Option<Uuid>,
    reading: &'a mut Reading,
}

impl<'a> Row<'a> {
    /// Opens a row; `None`, and reported, unless it is an object with an id.
    pub fn open(value: &'a Value, reading: &'a mut Reading) -> Option<Self> {
        let fields = value.as_object().ok_or(("row", "is no object"));
        let opened = fields.and_then(|fields| {
            let id = fields.get("id").and_then(|id| reading.id(reading.resource(), id));
            id.map(|id| (id, fields)).ok_or(("id", "is missing or no text"))
        });
        match opened {
            Ok((id, fields)) => {
                reading.silence.row(reading.resource());
                Some(Self { id, fields, about: vec![id], list: None, item: None, reading })
            }
            Err((field, problem)) => {
                let (resource, field) = (reading.resource(), field.to_owned());
                reading.tell(Problem { resource, id: None, field, problem, refused: true, held: true });
                reading.silence.lose(resource);
                None
            }
        }
    }

    /// Says whom or what the row is about, if not what its id names: until that is known, a refusal loses the row.
    pub fn is_about(&mut self, about: &[Uuid]) {
        self.about = about.to_vec();
    }

    /// Says whom or what this item of a list names: what is refused of it from here on touches nothing else.
    pub fn names(&mut self, item: Uuid) {
        self.item = Some(item);
    }

    /// Reports a field that is left out.
    pub fn note(&mut self, field: &str, problem: &'static str) {
        self.tell(field, problem, false);
    }

    /// Reports that this row, or this item of a list, is refused for a field.
    pub fn refuse(&mut self, field: &str, problem: &'static str) {
        self.tell(field, problem, true);
        self.doubt(self.list);
    }

    /// Reports that a field is refused, of which the rest of the row says nothing.
    fn refuse_field(&mut self, field: &'static str, problem: &'static str) {
        self.tell(field, problem, true);
        self.doubt(self.list.or(Some(field)));
    }

    /// Reports a field that is left out, without which what it said before stands.
    pub fn doubt_field(&mut self, field: &'static str, problem: &'static str) {
        self.note(field, problem);
        self.doubt(self.list.or(Some(field)));
    }

    /// Says that someone blanked this row: a list that it doesn't have may have been taken out.
    pub fn is_blanked(&mut self, lists: &[&'static str]) {
        for list in lists {
            if self.value(&[list]).is_none() {
                self.doubt(Some(list));
            }
        }
    }

    fn doubt(&mut self, list: Option<&'static str>) {
        let resource = self.reading.resource();
        if self.about.is_empty() {
            self.reading.silence.lose(resource);
        }
        for about in &self.about {
            self.reading.silence.doubt(Doubt { resource, about: *about, list, item: self.item });
        }
    }

    fn tell(&mut self, field: &str, problem: &'static str, refused: bool) {
        let field = self.list.map_or_else(|| field.to_owned(), |list| format!("{list}.{field}"));
        let (resource, id) = (self.reading.resource(), Some(self.id));
        self.reading.tell(Problem { resource, id, field, problem, refused, held: refused });
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
    /// If something stands there that is no day; not reported yet.
    fn day(&self, name: &str) -> Result<Option<Day>, Unsound> {
        match self.value(&[name]) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(value) => value.as_str().and_then(|text| day(text.trim())).map(Some).ok_or(Unsound),
        }
    }

    /// A day that the row can do without.
    pub fn noted_day(&mut self, name: &str) -> Option<Day> {
        let day = self.day(name);
        if day.is_err() {
            self.note(name, "is no day");
        }
        day.unwrap_or_default()
    }

    /// `endDate`; none if it stands for no end.
    ///
    /// # Errors
    /// If something stands there that is no day.
    pub fn last_day(&mut self) -> Result<Option<Day>, Unsound> {
        let value = self.value(&["endDate"]).and_then(Value::as_str).map(str::trim);
        let open = value.is_some_and(|text| {
            text.get(..10).unwrap_or(text).parse::<Date>().is_ok_and(|date| date.year() >= OPEN_END)
        });
        if open {
            return Ok(None);
        }
        self.day("endDate").inspect_err(|_| self.refuse("endDate", "is no day"))
    }

    /// `startDate` and `endDate`.
    ///
    /// # Errors
    /// If one of them can't be read, or the end comes before the start.
    pub fn period(&mut self) -> Result<Period, Unsound> {
        let from = self.day("startDate").inspect_err(|_| self.refuse("startDate", "is no day"))?;
        let until = self.last_day()?;
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
    pub fn reference(&mut self, name: &'static str, to: Resource) -> Result<Option<Uuid>, Unsound> {
        let Some(value) = self.value(&[name]) else { return Ok(None) };
        let id = value.get("id").or(Some(value)).and_then(|id| self.reading.id(to, id));
        let Some(id) = id else {
            self.refuse_field(name, "is no reference");
            return Err(Unsound);
        };
        if to == Resource::Persons && value.get("securityMarking").is_some_and(marks) {
            self.reading.marked.insert(id);
        }
        Ok(Some(id))
    }

    /// A reference without which this row, or this item of a list, means nothing: refused if it is missing.
    pub fn needed(&mut self, name: &'static str, to: Resource) -> Option<Uuid> {
        let found = self.reference(name, to).inspect_err(|_| self.doubt(self.list)).ok()?;
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
    pub fn each<T>(&mut self, name: &'static str, mut read: impl FnMut(&mut Row<'_>) -> Option<T>) -> Vec<T> {
        let Some(value) = self.value(&[name]) else { return Vec::new() };
        self.reading.silence.tell(self.reading.resource(), name);
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one @ Value::Object(_) => std::slice::from_ref(one),
            _ => {
                self.refuse_field(name, "is no list");
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for item in items {
            let Some(fields) = item.as_object() else {
                self.refuse_field(name, "has an item that is no object");
                continue;
            };
            let (about, list) = (self.about.clone(), Some(name));
            found.extend(read(&mut Row { id: self.id, fields, about, list, item: None, reading: &mut *self.reading }));
        }
        found
    }

    /// The ids in a list of references.
    pub fn references(&mut self, name: &'static str, to: Resource) -> Vec<Uuid> {
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

/// Sources write `9999-12-31` and the like where they can't leave an end out.
const OPEN_END: i16 = 9000;

/// Whether a value of `securityMarking` protects.
pub(crate) fn marks(value: &Value) -> bool {
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
}
