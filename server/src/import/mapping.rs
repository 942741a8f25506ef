//! From the standard's rows to the domain's facts. Pure but for the report: what is not sound is left out and said.

use std::collections::{BTreeMap, BTreeSet};

use kapprum_domain::contact::Contact;
use kapprum_domain::grant::Place;
use kapprum_domain::id::{ChildId, GroupId, PersonId, PlacementId, UnitId};
use kapprum_domain::organisation::{Group, GroupKind, SchoolForm, StaffCard, Unit};
use kapprum_domain::register::{Assignment, Child, Duty, Employed, Enrolled, Guardianship, Placement};
use kapprum_domain::time::{Day, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::report::Report;
use super::source::{Folder, Row, reference, text};
use crate::sign_in::IdentityNumber;

/// What a source says, as far as it is sound.
#[derive(Default)]
pub struct Facts {
    pub(crate) units: BTreeMap<UnitId, Unit>,
    pub(crate) groups: BTreeMap<GroupId, Group>,
    pub(crate) children: BTreeMap<ChildId, (Child, Enrolled)>,
    pub(crate) placements: BTreeMap<PlacementId, Placement>,
    pub(crate) staff: BTreeMap<PersonId, (Employed, Vec<StaffCard>)>,
    pub(crate) contacts: BTreeMap<PersonId, Contact>,
    pub(crate) numbers: Vec<(PersonId, IdentityNumber)>,
}

/// A person as far as others refer to it.
struct Known {
    name: (String, String),
    hidden: bool,
}

/// Reads a source.
pub(crate) fn read(source: &Folder, now: Timestamp, report: &mut Report) -> Facts {
    let mut facts = Facts::default();
    source.rows("organisations", report, &mut |row, report| facts.organisation(row, report));
    source.rows("groups", report, &mut |row, report| facts.group(row, report));
    let mut people = People::default();
    source.rows("persons", report, &mut |row, report| people.person(row, report, &mut facts));
    people.hide(&facts);
    let mut memberships = Vec::new();
    source.rows("groups", &mut Report::default(), &mut |row, _| memberships.extend(members(row, &facts)));
    source.rows("placements", report, &mut |row, report| facts.placement(row, &people, report));
    for (child, place) in memberships {
        facts.join(child, place);
    }
    let mut duties = BTreeMap::new();
    source.rows("duties", report, &mut |row, report| facts.duty(row, &people, &mut duties, report));
    source.rows("activities", report, &mut |row, report| facts.activity(row, &duties, now, report));
    facts.finish(&people, report);
    facts
}

/// An ordinary name that stands in for a protected person's until it is decided what to show (ruling i).
pub fn alias(id: Uuid) -> &'static str {
    let names = ["Kim", "Robin", "Charlie", "Mika", "Noel", "Sasha"];
    let at = usize::try_from(id.as_u128() % 6).unwrap_or(0);
    names.get(at).copied().unwrap_or("Kim")
}

#[derive(Default)]
struct People {
    known: BTreeMap<PersonId, Known>,
}

impl People {
    fn person(&mut self, row: &Row, report: &mut Report, facts: &mut Facts) {
        let Some(id) = id(row, report).map(PersonId) else { return };
        let status = row.text("personStatus").unwrap_or("Aktiv");
        if ["Utvandrad", "Avliden"].contains(&status) {
            // As if the source had them no more: what they had ends.
            return;
        }
        let hidden = match row.text("securityMarking") {
            None | Some("Ingen") => false,
            Some("Sekretessmarkering" | "Skyddad folkbokföring") => true,
            Some(_) => {
                report.skip(row.resource, row.id(), "securityMarking", "unknown: taken as a mark");
                true
            }
        };
        let Some(given) = row.text("givenName") else {
            return report.refuse(row.resource, row.id(), "givenName", "missing");
        };
        let family = row.text("familyName").unwrap_or_default().to_owned();
        if let Some(number) = row.value().get("civicNo").and_then(|number| text(number, "value")) {
            match identity_number(number) {
                Some(number) => facts.numbers.push((id, number)),
                None => report.skip(row.resource, row.id(), "civicNo", "not an identity number"),
            }
        }
        self.contact(id, row, given, &family, facts);
        let mut guardians = Vec::new();
        for one in row.list("responsibles") {
            match (text(one, "relationType"), reference(one, "person").and_then(|id| Uuid::parse_str(id).ok())) {
                (Some("Vårdnadshavare"), Some(guardian)) => {
                    let until = day(one, "endDate", row, report);
                    guardians.push(Guardianship { guardian: PersonId(guardian), threat: false, until });
                }
                (Some("Vårdnadshavare"), None) => {
                    report.skip(row.resource, row.id(), "responsibles.person", "not an id");
                }
                (Some("Annan ansvarig" | "Annan behörig" | "God man" | "Förälder"), _) => {}
                _ => report.skip(row.resource, row.id(), "responsibles.relationType", "unknown"),
            }
        }
        let mut enrolled = Enrolled {
            child: id.as_child(),
            birthday: day(row.value(), "birthDate", row, report),
            school_year: None,
            marked: hidden,
            guardians,
            places: Vec::new(),
        };
        let mut forms = Vec::new();
        for one in row.list("enrolments") {
            self.enrolment(one, row, &mut enrolled, &mut forms, facts, report);
        }
        self.known.insert(id, Known { name: (given.to_owned(), family.clone()), hidden });
        let child = Child { child: id.as_child(), call_name: given.to_owned(), family_name: family, forms };
        facts.children.insert(id.as_child(), (child, enrolled));
    }

    fn enrolment(
        &self,
        one: &Value,
        row: &Row,
        enrolled: &mut Enrolled,
        forms: &mut Vec<SchoolForm>,
        facts: &Facts,
        report: &mut Report,
    ) {
        if one.get("cancelled").and_then(Value::as_bool) == Some(true) {
            return;
        }
        let unit = reference(one, "enroledAt").and_then(|id| Uuid::parse_str(id).ok()).map(UnitId);
        let Some(unit) = unit.filter(|unit| facts.units.contains_key(unit)) else {
            return report.skip(row.resource, row.id(), "enrolments.enroledAt", "not a unit of the source");
        };
        let Some(from) = day(one, "startDate", row, report) else {
            return report.skip(row.resource, row.id(), "enrolments.startDate", "missing");
        };
        let form = form(text(one, "schoolType").unwrap_or_default());
        if form == SchoolForm::Preschool {
            // Preschool is a placement; being enrolled besides adds nothing.
            return;
        }
        if let Some(year) = one.get("schoolYear").and_then(Value::as_u64).and_then(|year| u8::try_from(year).ok()) {
            let year = if form == SchoolForm::UpperSecondary { year.saturating_add(9) } else { year };
            enrolled.school_year = enrolled.school_year.max(Some(year));
        }
        forms.push(form);
        let until = day(one, "endDate", row, report);
        enrolled.places.push(Place { unit, group: None, placement: None, from, until });
    }

    fn contact(&self, id: PersonId, row: &Row, given: &str, family: &str, facts: &mut Facts) {
        let first = |name: &str, fields: &[&str]| {
            let values = row.list(name).filter_map(|one| fields.iter().find_map(|field| text(one, field)));
            values.map(str::to_owned).next().unwrap_or_default()
        };
        // The standard asks for `number` and defines `value`.
        let contact = Contact {
            person: id,
            given_name: given.to_owned(),
            family_name: family.to_owned(),
            phone: first("phoneNumbers", &["value", "number"]),
            mail: first("emails", &["value"]),
            address: first("addresses", &["streetAddress"]),
        };
        facts.contacts.insert(id, contact);
    }

    /// Who lives with a marked child is not to be found either.
    fn hide(&mut self, facts: &Facts) {
        let marked = facts.children.values().filter(|(_, enrolled)| enrolled.marked);
        for guardian in marked.flat_map(|(_, enrolled)| &enrolled.guardians) {
            if let Some(known) = self.known.get_mut(&guardian.guardian) {
                known.hidden = true;
            }
        }
    }
}

impl Facts {
    fn organisation(&mut self, row: &Row, report: &mut Report) {
        let Some(id) = id(row, report).map(UnitId) else { return };
        match row.text("organisationType") {
            Some("Skolenhet") => {}
            Some(_) => return,
            None => return report.refuse(row.resource, row.id(), "organisationType", "missing"),
        }
        let Some(name) = row.text("displayName") else {
            return report.refuse(row.resource, row.id(), "displayName", "missing");
        };
        let forms: BTreeSet<SchoolForm> = row.list("schoolTypes").filter_map(Value::as_str).map(form).collect();
        let phone = row.text("phoneNumber").unwrap_or_default().to_owned();
        let forms = forms.into_iter().collect();
        let unit = Unit { unit: id, name: name.to_owned(), forms, phone, hours: [None; 7], switches: None };
        self.units.insert(id, unit);
    }

    fn group(&mut self, row: &Row, report: &mut Report) {
        let Some(id) = id(row, report).map(GroupId) else { return };
        let unit = reference(row.value(), "organisation").and_then(|id| Uuid::parse_str(id).ok()).map(UnitId);
        let Some(unit) = unit.filter(|unit| self.units.contains_key(unit)) else {
            return report.refuse(row.resource, row.id(), "organisation", "not a unit of the source");
        };
        let after_school = matches!(row.text("schoolType"), Some("FTH" | "OPPFTH"));
        let kind = match row.text("groupType") {
            Some("Avdelning") if after_school => GroupKind::AfterSchool,
            Some("Avdelning") => GroupKind::Department,
            Some("Klass") => GroupKind::Class,
            Some("Mentor") => GroupKind::Mentor,
            Some("Undervisning") => GroupKind::Teaching,
            Some("Provgrupp" | "Schema" | "Personalgrupp" | "Övrigt") => return,
            _ => return report.refuse(row.resource, row.id(), "groupType", "unknown"),
        };
        let name = row.text("displayName").unwrap_or("–").to_owned();
        self.groups.insert(id, Group { group: id, unit, name, kind });
    }

    fn placement(&mut self, row: &Row, people: &People, report: &mut Report) {
        let Some(id) = id(row, report).map(PlacementId) else { return };
        let named = |name: &str| reference(row.value(), name).and_then(|id| Uuid::parse_str(id).ok());
        let child = named("child").map(ChildId).filter(|child| self.children.contains_key(child));
        let Some(child) = child else {
            return report.refuse(row.resource, row.id(), "child", "not a person of the source");
        };
        let Some(unit) = named("placedAt").map(UnitId).filter(|unit| self.units.contains_key(unit)) else {
            return report.refuse(row.resource, row.id(), "placedAt", "not a unit of the source");
        };
        let Some(from) = day(row.value(), "startDate", row, report) else {
            return report.refuse(row.resource, row.id(), "startDate", "missing");
        };
        let group = named("group").map(GroupId);
        let known = group.filter(|group| self.groups.get(group).is_some_and(|one| one.kind.is_care()));
        if group.is_some() && known.is_none() {
            report.skip(row.resource, row.id(), "group", "not a department of the source");
        }
        let mut owners = Vec::new();
        for one in row.list("owners") {
            match text(one, "id").and_then(|id| Uuid::parse_str(id).ok()).map(PersonId) {
                Some(owner) if people.known.contains_key(&owner) => owners.push(owner),
                _ => report.skip(row.resource, row.id(), "owners", "not a person of the source"),
            }
        }
        let form = match row.text("schoolType") {
            Some("FTH") => SchoolForm::AfterSchool,
            Some("OPPFTH") => SchoolForm::OpenAfterSchool,
            _ => SchoolForm::Preschool,
        };
        let until = day(row.value(), "endDate", row, report);
        let placement = Placement { placement: id, child, unit, group: known, form, owners, from, until };
        self.placements.insert(id, placement);
        if let Some((card, enrolled)) = self.children.get_mut(&child) {
            card.forms.push(form);
            enrolled.places.push(Place { unit, group: known, placement: Some(id), from, until });
        }
    }

    /// Puts a child's membership on its enrolment at the unit, or beside it.
    fn join(&mut self, child: ChildId, place: Place) {
        let Some((_, enrolled)) = self.children.get_mut(&child) else { return };
        let same = |one: &Place| one.group == place.group;
        if enrolled.places.iter().any(same) {
            return;
        }
        let free = |one: &&mut Place| one.unit == place.unit && one.group.is_none() && one.placement.is_none();
        match enrolled.places.iter_mut().find(free) {
            Some(enrolment) => {
                enrolment.group = place.group;
                enrolment.from = enrolment.from.max(place.from);
                enrolment.until = match (enrolment.until, place.until) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
            None => enrolled.places.push(place),
        }
    }

    fn duty(
        &mut self,
        row: &Row,
        people: &People,
        duties: &mut BTreeMap<Uuid, (PersonId, UnitId)>,
        report: &mut Report,
    ) {
        let Some(id) = id(row, report) else { return };
        let named = |name: &str| reference(row.value(), name).and_then(|id| Uuid::parse_str(id).ok());
        let Some(person) = named("person").map(PersonId).filter(|person| people.known.contains_key(person)) else {
            return report.refuse(row.resource, row.id(), "person", "not a person of the source");
        };
        let Some(unit) = named("dutyAt").map(UnitId).filter(|unit| self.units.contains_key(unit)) else {
            return report.refuse(row.resource, row.id(), "dutyAt", "not a unit of the source");
        };
        duties.insert(id, (person, unit));
        let principal = matches!(row.text("dutyRole"), Some("Rektor" | "Förskolechef"));
        let (from, until) = (day(row.value(), "startDate", row, report), day(row.value(), "endDate", row, report));
        let mut assignments = Vec::new();
        for one in row.list("assignmentRole") {
            let group = reference(one, "group").and_then(|id| Uuid::parse_str(id).ok()).map(GroupId);
            match group.and_then(|group| self.groups.get(&group)) {
                Some(group) => {
                    // A mentor of a class is its mentor, whatever the group is called.
                    let mentor = text(one, "assignmentRoleType") == Some("Mentor") && group.kind == GroupKind::Class;
                    let kind = if mentor { GroupKind::Mentor } else { group.kind };
                    let from = day(one, "startDate", row, report).or(from);
                    let until = day(one, "endDate", row, report).or(until);
                    assignments.push(Assignment { group: group.group, unit: group.unit, kind, from, until });
                }
                None => report.skip(row.resource, row.id(), "assignmentRole.group", "not a group of the source"),
            }
        }
        let (employed, _) = self.employed(person);
        employed.duties.push(Duty { unit, principal, from, until });
        employed.assignments.extend(assignments);
    }

    /// Who teaches a group sees the child and its absence, no more (`protocol.md` §1).
    fn activity(
        &mut self,
        row: &Row,
        duties: &BTreeMap<Uuid, (PersonId, UnitId)>,
        now: Timestamp,
        report: &mut Report,
    ) {
        if day(row.value(), "endDate", row, report).is_some_and(|end| end < now.day()) {
            return;
        }
        let groups: Vec<(GroupId, UnitId)> = row
            .list("groups")
            .filter_map(|one| text(one, "id").and_then(|id| Uuid::parse_str(id).ok()).map(GroupId))
            .filter_map(|group| self.groups.get(&group).map(|one| (group, one.unit)))
            .collect();
        if groups.is_empty() {
            report.skip(row.resource, row.id(), "groups", "no group of the source");
        }
        for one in row.list("teachers") {
            let duty = reference(one, "duty").and_then(|id| Uuid::parse_str(id).ok());
            let Some((teacher, _)) = duty.and_then(|duty| duties.get(&duty)).copied() else {
                report.skip(row.resource, row.id(), "teachers.duty", "not a duty of the source");
                continue;
            };
            let (from, until) = (day(one, "startDate", row, report), day(one, "endDate", row, report));
            let (employed, _) = self.employed(teacher);
            for (group, unit) in &groups {
                if !employed.assignments.iter().any(|assignment| assignment.group == *group) {
                    let kind = GroupKind::Teaching;
                    employed.assignments.push(Assignment { group: *group, unit: *unit, kind, from, until });
                }
            }
        }
    }

    fn employed(&mut self, person: PersonId) -> &mut (Employed, Vec<StaffCard>) {
        let none = || (Employed { person, duties: Vec::new(), assignments: Vec::new() }, Vec::new());
        self.staff.entry(person).or_insert_with(none)
    }

    /// Names for staff cards, aliases for the protected, and no child's card for those who are no children.
    fn finish(&mut self, people: &People, report: &mut Report) {
        for (person, (employed, cards)) in &mut self.staff {
            let Some(known) = people.known.get(person) else { continue };
            let name =
                if known.hidden { alias(person.0).to_owned() } else { format!("{} {}", known.name.0, known.name.1) };
            for duty in &employed.duties {
                let card = StaffCard {
                    person: *person,
                    unit: duty.unit,
                    name: name.trim().to_owned(),
                    principal: duty.principal,
                };
                if !cards.iter().any(|one| one.unit == card.unit) {
                    cards.push(card);
                }
            }
        }
        self.children.retain(|_, (_, enrolled)| !enrolled.places.is_empty());
        let guardians: BTreeSet<PersonId> =
            self.children.values().flat_map(|(_, one)| &one.guardians).map(|one| one.guardian).collect();
        let staff: BTreeSet<PersonId> = self.staff.keys().copied().collect();
        self.contacts.retain(|person, _| guardians.contains(person) || staff.contains(person));
        for (person, contact) in &mut self.contacts {
            if people.known.get(person).is_some_and(|known| known.hidden) {
                let given_name = alias(person.0).to_owned();
                *contact = Contact { person: *person, given_name, ..empty(*person) };
            }
        }
        for (child, (card, enrolled)) in &mut self.children {
            card.forms.sort();
            card.forms.dedup();
            enrolled.places.sort();
            let dangling = |one: &Guardianship| !people.known.contains_key(&one.guardian);
            if enrolled.guardians.iter().any(dangling) {
                report.skip("persons", &child.to_string(), "responsibles.person", "not a person of the source");
            }
            enrolled.guardians.retain(|one| !dangling(one));
            if enrolled.marked {
                card.call_name = alias(child.0).to_owned();
                card.family_name = String::new();
                report.protected.push(child.to_string());
            }
        }
    }
}

fn empty(person: PersonId) -> Contact {
    Contact {
        person,
        given_name: String::new(),
        family_name: String::new(),
        phone: String::new(),
        mail: String::new(),
        address: String::new(),
    }
}

fn members(row: &Row, facts: &Facts) -> Vec<(ChildId, Place)> {
    let Some(group) = Uuid::parse_str(row.id()).ok().and_then(|id| facts.groups.get(&GroupId(id))) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for one in row.list("groupMemberships") {
        let child = reference(one, "person").and_then(|id| Uuid::parse_str(id).ok()).map(ChildId);
        let from = text(one, "startDate").or(row.text("startDate")).and_then(parse_day);
        if let (Some(child), Some(from)) = (child, from) {
            let until = text(one, "endDate").and_then(parse_day);
            found.push((child, Place { unit: group.unit, group: Some(group.group), placement: None, from, until }));
        }
    }
    found
}

fn id(row: &Row, report: &mut Report) -> Option<Uuid> {
    let id = Uuid::parse_str(row.id()).ok();
    if id.is_none() {
        report.refuse(row.resource, row.id().get(..36).unwrap_or_default(), "id", "missing or not a UUID");
    }
    id
}

fn form(code: &str) -> SchoolForm {
    match code {
        "FS" => SchoolForm::Preschool,
        "FTH" => SchoolForm::AfterSchool,
        "OPPFTH" => SchoolForm::OpenAfterSchool,
        "FKLASS" => SchoolForm::PreschoolClass,
        "GR" | "SAM" => SchoolForm::Compulsory,
        "GRS" | "GRSÄR" | "SP" | "TR" | "GYS" => SchoolForm::Special,
        "GY" => SchoolForm::UpperSecondary,
        _ => SchoolForm::Other,
    }
}

/// A day field; a time behind it, with or without a zone, is left off.
fn day(value: &Value, name: &str, row: &Row, report: &mut Report) -> Option<Day> {
    let given = text(value, name)?;
    let parsed = parse_day(given);
    if parsed.is_none() {
        report.skip(row.resource, row.id(), name, "not a date");
    }
    parsed
}

fn parse_day(text: &str) -> Option<Day> {
    text.get(..10).and_then(|day| day.parse().ok())
}

/// A personal identity, coordination or temporary number of twelve characters (`domain.md` §3.4).
fn identity_number(text: &str) -> Option<IdentityNumber> {
    let plain: String = text.chars().filter(|one| !matches!(one, '-' | '+' | ' ')).collect();
    let digits: Vec<u32> = plain.chars().filter_map(|one| one.to_digit(10)).collect();
    let temporary = plain.len() == 12 && plain.get(8..10) == Some("TF") && digits.len() == 10;
    // Luhn over the last ten digits; the day may be 60 to 91, the month 00.
    let sum: u32 = digits
        .iter()
        .skip(2)
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    let month = plain.get(4..6).and_then(|month| month.parse::<u8>().ok());
    let ordinary =
        plain.len() == 12 && digits.len() == 12 && sum.is_multiple_of(10) && month.is_some_and(|month| month <= 12);
    (temporary || ordinary).then(|| IdentityNumber::new(plain))
}
