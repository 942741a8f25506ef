//! The town as a source of the standard SS 12000 would tell it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use kapprum_domain::grant::Place;
use kapprum_domain::id::ChildId;
use kapprum_domain::organisation::{GroupKind, SchoolForm};
use kapprum_domain::time::Day;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Person, Town};

/// Rows on a page.
const PAGE: usize = 500;
const ORGANISATIONS: &str = "organisations";
const RESOURCES: [&str; 6] = [ORGANISATIONS, "persons", "groups", "placements", "duties", "activities"];

/// One page of a resource.
pub struct Page {
    /// The resource.
    pub resource: &'static str,
    /// The file's name.
    pub name: String,
    /// The answer.
    pub content: Value,
}

/// Writes a town, part by part, as pages of JSON answers, resource by resource, in place of an earlier town's. How many
/// rows each resource has; `progress` hears of it after each part.
pub fn write(
    folder: &Path,
    parts: impl IntoIterator<Item = Town>,
    progress: &mut dyn FnMut(&BTreeMap<&'static str, usize>),
) -> std::io::Result<BTreeMap<&'static str, usize>> {
    std::fs::create_dir_all(folder)?;
    clear(folder)?;
    let mut put = |page: Page| {
        let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join(page.name))?);
        serde_json::to_writer_pretty(&mut file, &page.content)?;
        file.flush()
    };
    let mut pages = Pages { open: BTreeMap::new(), put: &mut put };
    for (part, town) in parts.into_iter().enumerate() {
        for (resource, mut rows) in town.resources() {
            // The municipality itself is in every part.
            if part > 0 && resource == ORGANISATIONS {
                rows.remove(0);
            }
            pages.add(resource, rows)?;
        }
        progress(&pages.counts());
    }
    pages.finish()
}

/// Takes away the pages of an earlier town, and nothing else.
fn clear(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (resource, rest) = name.split_once('.').unwrap_or_default();
        let number = rest.strip_suffix("json").map(|number| number.trim_end_matches('.'));
        let numbered = number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        if numbered && RESOURCES.contains(&resource) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Rows on their way to pages: of each resource the last page waits until it is known whether another follows.
struct Pages<'a> {
    open: BTreeMap<&'static str, (usize, Vec<Value>)>,
    put: &'a mut dyn FnMut(Page) -> std::io::Result<()>,
}

impl Pages<'_> {
    fn add(&mut self, resource: &'static str, rows: Vec<Value>) -> std::io::Result<()> {
        let (full, open) = self.open.entry(resource).or_default();
        for row in rows {
            if open.len() == PAGE {
                *full += 1;
                let (name, next) = (format!("{resource}.{full:03}.json"), format!("page-{}", *full + 1));
                let content = json!({ "data": std::mem::take(open), "pageToken": next });
                (self.put)(Page { resource, name, content })?;
            }
            open.push(row);
        }
        Ok(())
    }

    fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.open.iter().map(|(resource, (full, open))| (*resource, full * PAGE + open.len())).collect()
    }

    fn finish(self) -> std::io::Result<BTreeMap<&'static str, usize>> {
        let counts = self.counts();
        for (resource, (full, data)) in self.open {
            let name = if full == 0 { format!("{resource}.json") } else { format!("{resource}.{:03}.json", full + 1) };
            (self.put)(Page { resource, name, content: json!({ "data": data, "pageToken": null }) })?;
        }
        Ok(counts)
    }
}

impl Town {
    /// Writes the whole town, see [`write()`].
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        write(folder, [self.clone()], &mut |_| ()).map(drop)
    }

    /// Every page of every resource, in order.
    pub fn pages(&self) -> Vec<Page> {
        let mut made = Vec::new();
        let mut put = |page| {
            made.push(page);
            Ok(())
        };
        let mut pages = Pages { open: BTreeMap::new(), put: &mut put };
        for (resource, rows) in self.resources() {
            pages.add(resource, rows).unwrap();
        }
        pages.finish().unwrap();
        made
    }

    /// Every resource with its rows.
    pub fn resources(&self) -> Vec<(&'static str, Vec<Value>)> {
        vec![
            (ORGANISATIONS, self.organisations()),
            ("persons", self.persons()),
            ("groups", self.group_rows()),
            ("placements", self.placement_rows()),
            ("duties", self.duties()),
            ("activities", self.activities()),
        ]
    }

    fn meta(&self) -> Value {
        let moment = format!("{}T06:00:00Z", self.today);
        json!({ "created": moment, "modified": moment })
    }

    fn organisations(&self) -> Vec<Value> {
        let tenant = json!({
            "id": self.tenant, "meta": self.meta(), "displayName": self.name, "organisationType": "Huvudman",
            "organisationNumber": "212000-1538", "municipalityCode": "1487",
        });
        let unit = |unit: &kapprum_domain::organisation::Unit| {
            let forms: Vec<&str> = unit.forms.iter().map(|form| code(*form)).collect();
            json!({
                "id": unit.unit, "meta": self.meta(), "displayName": unit.name, "organisationType": "Skolenhet",
                "parentOrganisation": { "id": self.tenant }, "schoolTypes": forms, "phoneNumber": unit.phone,
            })
        };
        std::iter::once(tenant).chain(self.units.iter().map(unit)).collect()
    }

    fn persons(&self) -> Vec<Value> {
        self.people.iter().map(|(id, person)| self.person(id.0, person)).collect()
    }

    fn person(&self, id: Uuid, person: &Person) -> Value {
        let mut row = json!({
            "id": id, "meta": self.meta(), "givenName": person.shown(), "familyName": person.family,
            "personStatus": "Aktiv", "securityMarking": "Ingen",
        });
        let child = self.enrolled.get(&ChildId(id));
        let fields = row.as_object_mut().unwrap();
        if let Some(number) = &person.number {
            fields.insert("civicNo".to_owned(), json!({ "value": number }));
        }
        if let Some(birthday) = person.birthday {
            fields.insert("birthDate".to_owned(), json!(birthday));
        }
        if !person.mail.is_empty() {
            fields.insert("emails".to_owned(), json!([{ "value": person.mail, "type": "Privat" }]));
        }
        if !person.phone.is_empty() {
            // The standard's text and its schema do not agree on the name: sources give both.
            let phone = json!([{ "value": person.phone, "number": person.phone, "type": "Hem", "mobile": true }]);
            fields.insert("phoneNumbers".to_owned(), phone);
        }
        if !person.address.is_empty() {
            let address = json!([{ "type": "Folkbokföring", "streetAddress": person.address, "locality": self.name }]);
            fields.insert("addresses".to_owned(), address);
        }
        let Some(child) = child else { return row };
        if child.marked {
            fields.insert("securityMarking".to_owned(), json!("Sekretessmarkering"));
        }
        let responsible = |one: &kapprum_domain::register::Guardianship| json!({ "person": { "id": one.guardian }, "relationType": "Vårdnadshavare" });
        let live = |one: &&kapprum_domain::register::Guardianship| one.until.is_none();
        let responsibles: Vec<Value> = child.guardians.iter().filter(live).map(responsible).collect();
        fields.insert("responsibles".to_owned(), json!(responsibles));
        let preschool =
            |place: &&Place| place.placement.is_some_and(|one| self.placements[&one].form == SchoolForm::Preschool);
        let preschools = child.places.iter().filter(|_| told_twice(child.child)).filter(preschool).map(|place| {
            let mut enrolment =
                json!({ "enroledAt": { "id": place.unit }, "schoolType": "FS", "startDate": place.from });
            end(&mut enrolment, place.until);
            enrolment
        });
        let enrolments: Vec<Value> = child
            .places
            .iter()
            .filter(|place| place.placement.is_none() && !self.is_teaching(place.group))
            .map(|place| {
                let year = child.school_year.unwrap_or(0);
                let (form, year) = if year > 9 {
                    ("GY", year - 9)
                } else if year == 0 {
                    ("FKLASS", 0)
                } else {
                    ("GR", year)
                };
                let mut enrolment = json!({
                    "enroledAt": { "id": place.unit }, "schoolYear": year, "schoolType": form, "startDate": place.from,
                });
                end(&mut enrolment, place.until);
                enrolment
            })
            .chain(preschools)
            .collect();
        fields.insert("enrolments".to_owned(), json!(enrolments));
        row
    }

    fn is_teaching(&self, group: Option<kapprum_domain::id::GroupId>) -> bool {
        self.groups.iter().any(|one| Some(one.group) == group && one.kind == GroupKind::Teaching)
    }

    fn group_rows(&self) -> Vec<Value> {
        let row = |group: &kapprum_domain::organisation::Group| {
            let unit = self.units.iter().find(|unit| unit.unit == group.unit).unwrap();
            let school = if unit.forms.contains(&SchoolForm::UpperSecondary) { "GY" } else { "GR" };
            let (kind, form) = match group.kind {
                GroupKind::Department => ("Avdelning", "FS"),
                GroupKind::AfterSchool => ("Avdelning", "FTH"),
                GroupKind::Class => ("Klass", school),
                GroupKind::Mentor => ("Mentor", school),
                GroupKind::Teaching => ("Undervisning", school),
            };
            let members: Vec<Value> = self
                .enrolled
                .values()
                .flat_map(|one| one.places.iter().map(move |place| (one.child, place)))
                .filter(|(_, place)| place.group == Some(group.group))
                .filter(|(child, place)| place.placement.is_none() || told_twice(*child))
                .map(|(child, place)| {
                    let mut member = json!({ "person": { "id": child }, "startDate": place.from });
                    end(&mut member, place.until);
                    member
                })
                .collect();
            json!({
                "id": group.group, "meta": self.meta(), "displayName": group.name, "groupType": kind, "schoolType": form,
                "startDate": self.today.plus(-400), "organisation": { "id": group.unit }, "groupMemberships": members,
            })
        };
        self.groups.iter().map(row).collect()
    }

    fn placement_rows(&self) -> Vec<Value> {
        let row = |one: &kapprum_domain::register::Placement| {
            let owners: Vec<Value> = one.owners.iter().map(|owner| json!({ "id": owner })).collect();
            let mut row = json!({
                "id": one.placement, "meta": self.meta(), "placedAt": { "id": one.unit }, "child": { "id": one.child },
                "owners": owners, "schoolType": code(one.form), "startDate": one.from, "reason": "Omsorg",
            });
            if let Some(group) = one.group.filter(|_| !told_twice(one.child)) {
                row.as_object_mut().unwrap().insert("group".to_owned(), json!({ "id": group }));
            }
            end(&mut row, one.until);
            row
        };
        self.placements.values().map(row).collect()
    }

    fn duties(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for (person, employed) in &self.employed {
            for duty in &employed.duties {
                let roles: Vec<Value> = employed
                    .assignments
                    .iter()
                    .filter(|one| one.unit == duty.unit && one.kind != GroupKind::Teaching)
                    .map(|one| {
                        let role = match one.kind {
                            GroupKind::Department => "Förskollärare",
                            GroupKind::AfterSchool => "Fritidspedagog",
                            GroupKind::Mentor => "Mentor",
                            GroupKind::Class | GroupKind::Teaching => "Pedagogisk ledare",
                        };
                        json!({ "group": { "id": one.group }, "assignmentRoleType": role, "startDate": self.today.plus(-400) })
                    })
                    .collect();
                rows.push(json!({
                    "id": duty_id(person.0, duty.unit.0), "meta": self.meta(), "person": { "id": person },
                    "dutyAt": { "id": duty.unit }, "dutyRole": if duty.principal { "Rektor" } else { "Lärare" },
                    "startDate": self.today.plus(-400), "assignmentRole": roles,
                }));
            }
        }
        rows
    }

    fn activities(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for (person, employed) in &self.employed {
            for one in employed.assignments.iter().filter(|one| one.kind == GroupKind::Teaching) {
                rows.push(json!({
                    "id": duty_id(person.0, one.group.0), "meta": self.meta(), "displayName": "Engelska",
                    "calendarEventsRequired": true, "startDate": self.today.plus(-90), "activityType": "Undervisning",
                    "organisation": { "id": one.unit }, "groups": [{ "id": one.group }],
                    "teachers": [{ "duty": { "id": duty_id(person.0, one.unit.0) }, "startDate": self.today.plus(-90) }],
                }));
            }
        }
        rows
    }
}

fn end(row: &mut Value, until: Option<Day>) {
    if let Some(until) = until {
        row.as_object_mut().unwrap().insert("endDate".to_owned(), json!(until));
    }
}

/// Some sources tell preschool as an enrolment too, and a department by its members instead of the placement. Here for
/// one child in three.
fn told_twice(child: ChildId) -> bool {
    child.0.as_u128().is_multiple_of(3)
}

fn duty_id(person: Uuid, at: Uuid) -> Uuid {
    Uuid::new_v5(&person, at.as_bytes())
}

fn code(form: SchoolForm) -> &'static str {
    match form {
        SchoolForm::Preschool => "FS",
        SchoolForm::AfterSchool => "FTH",
        SchoolForm::OpenAfterSchool => "OPPFTH",
        SchoolForm::PreschoolClass => "FKLASS",
        SchoolForm::Compulsory | SchoolForm::Other => "GR",
        SchoolForm::Special => "GRS",
        SchoolForm::UpperSecondary => "GY",
    }
}
