//! Persons: everybody, with responsibles and enrolments.

use kapprum_domain::id::PersonId;
use kapprum_domain::organisation::SchoolForm;
use kapprum_domain::register::ContactDetails;
use kapprum_domain::time::Day;
use serde_json::Value;
use uuid::Uuid;

use super::{Reading, Row};
use crate::identity::IdentityNumber;
use crate::import::Resource;

/// The list of a person's guardians and others responsible.
pub const RESPONSIBLES: &str = "responsibles";
/// The list of where a person goes to school.
pub const ENROLMENTS: &str = "enrolments";

/// One person. No `Debug`: it may hold an identity number.
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// First names as the population register has them; the call name, if it is registered (rule 101). Empty only of
    /// those with a security mark, whose names sources blank.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Identity number, on its way to the sign-in file.
    pub number: Option<IdentityNumber>,
    /// Birthday; from the number if the row has none.
    pub birthday: Option<Day>,
    /// Has a security mark (ruling i).
    pub marked: bool,
    /// Emigrated or dead.
    pub gone: bool,
    /// Phone, mail and address.
    pub contact: ContactDetails,
    /// Where the person goes to school.
    pub enrolments: Vec<Enrolment>,
    /// Guardians.
    pub guardians: Vec<PersonId>,
}

/// One enrolment at a unit.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The unit.
    pub unit: Uuid,
    /// Its form, if the source says.
    pub form: Option<SchoolForm>,
    /// School year 0–10, of upper secondary school mostly 1–3.
    pub year: Option<u8>,
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Option<Day>,
    /// Broken off; with its last day, if the source says.
    pub cancelled: bool,
}

impl Person {
    /// Reads a row; `None` if it was refused.
    pub fn read(value: &Value, reading: &mut Reading) -> Option<Self> {
        let mut row = Row::open(value, reading)?;
        let marked = row.marked();
        let given_name = row.text(&["givenName"]).unwrap_or_default();
        let family_name = row.text(&["familyName"]).unwrap_or_default();
        match (given_name.is_empty(), marked) {
            (false, _) => {}
            (true, true) => row.is_blanked(&[RESPONSIBLES, ENROLMENTS]),
            (true, false) => {
                row.refuse("givenName", "is missing");
                return None;
            }
        }
        let gone = match row.text(&["personStatus"]).as_deref() {
            None | Some("Aktiv") => false,
            Some("Utvandrad" | "Avliden") => true,
            Some(_) => {
                row.note("personStatus", "has an unknown value; counts as active");
                false
            }
        };
        let number = number(&mut row, value);
        let birthday = row.noted_day("birthDate");
        let birthday = birthday.or_else(|| number.as_ref().and_then(IdentityNumber::birthday));
        let contact = ContactDetails { phone: phone(&mut row), mail: mail(&mut row), address: address(&mut row) };
        let enrolments = row.each(ENROLMENTS, enrolment);
        let guardians = row.each(RESPONSIBLES, |row| {
            let person = row.needed("person", Resource::Persons)?;
            row.names(person);
            match row.text(&["relationType"]).as_deref() {
                Some("Vårdnadshavare") => Some(PersonId(person)),
                // They get access another way (rule 34); the register alone gives them none.
                Some("Annan ansvarig" | "Annan behörig" | "God man" | "Förälder") => None,
                _ => {
                    row.refuse("relationType", "is missing or unknown");
                    None
                }
            }
        });
        let id = PersonId(row.id);
        Some(Self { id, given_name, family_name, number, birthday, marked, gone, contact, enrolments, guardians })
    }
}

fn number(row: &mut Row<'_>, value: &Value) -> Option<IdentityNumber> {
    let field = value.get("civicNo").filter(|field| !field.is_null())?;
    let text = field.get("value").unwrap_or(field).as_str();
    let number = IdentityNumber::parse(text.unwrap_or_default()).ok();
    if number.is_none() && text.is_none_or(|text| !text.is_empty()) {
        row.note("civicNo.value", "is no identity number");
    }
    number
}

fn enrolment(row: &mut Row<'_>) -> Option<Enrolment> {
    let unit = row.needed("enroledAt", Resource::Organisations)?;
    let (from, until) = row.period().ok()?;
    let Some(from) = from else {
        row.refuse("startDate", "is missing");
        return None;
    };
    let (form, year) = (row.form("schoolType"), row.small("schoolYear"));
    Some(Enrolment { unit, form, year, from, until, cancelled: row.flag("cancelled") })
}

/// A mobile number before others; the standard requires `number` and defines `value`.
fn phone(row: &mut Row<'_>) -> String {
    let mut numbers = row.each("phoneNumbers", |row| {
        let text = row.text(&["value", "number"])?;
        let plain = text.chars().all(|sign| sign.is_ascii_digit() || " +-()/".contains(sign));
        if !plain || text.chars().filter(char::is_ascii_digit).count() < 5 {
            row.note("value", "is no phone number");
            return None;
        }
        Some((!row.flag("mobile"), text))
    });
    numbers.sort_by_key(|(fixed, _)| *fixed);
    numbers.into_iter().map(|(_, text)| text).next().unwrap_or_default()
}

/// A private mail address before others.
fn mail(row: &mut Row<'_>) -> String {
    let mut mails = row.each("emails", |row| {
        let text = row.text(&["value"])?;
        let plain = !text.contains(char::is_whitespace)
            && text.split_once('@').is_some_and(|(name, at)| !name.is_empty() && at.contains('.'));
        if !plain {
            row.note("value", "is no mail address");
            return None;
        }
        Some((row.text(&["type"]).is_none_or(|kind| kind != "Privat"), text))
    });
    mails.sort_by_key(|(other, _)| *other);
    mails.into_iter().map(|(_, text)| text).next().unwrap_or_default()
}

/// The registered address before others, in one line.
fn address(row: &mut Row<'_>) -> String {
    let mut addresses = row.each("addresses", |row| {
        let street = row.text(&["streetAddress"])?;
        let place =
            [row.text(&["postalCode"]), row.text(&["locality"])].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let line = if place.is_empty() { street } else { format!("{street}, {place}") };
        Some((row.text(&["type"]).is_some_and(|kind| kind != "Folkbokföring"), line))
    });
    addresses.sort_by_key(|(other, _)| *other);
    addresses.into_iter().map(|(_, line)| line).next().unwrap_or_default()
}
