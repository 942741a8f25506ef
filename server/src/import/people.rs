//! Persons, in two passes: first who is there and who is near whom, then what each asks for, with all that other rows
//! say of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::BuildHasher;

use kapprum_domain::grant::Place;
use kapprum_domain::id::{ChildId, GroupId, PersonId, UnitId};
use kapprum_domain::organisation::{GroupKind, SchoolForm};
use kapprum_domain::register::{Assignment, Child, ContactDetails, Enrolled, Placement};
use kapprum_domain::time::Day;
use serde_json::Value;

use super::Resource;
use super::alias::alias;
use super::mapping::{NOWHERE, Register, goes_on};
use super::silence::Doubt;
use super::ss12000::person::{ENROLMENTS, Enrolment, Person, RESPONSIBLES};
use super::ss12000::{Reading, Row};
use super::wanted::{Wanted, WantedChild, WantedPerson, WantedStaff};
use crate::identity::IdentityNumber;

/// What the first pass over persons keeps of each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Sound,
    Gone,
    Refused,
}

impl Register {
    /// First pass: who is there, who is guardian of whom, and which numbers stand on two people.
    pub(super) fn add_person(&mut self, row: &Value, reading: &mut Reading) {
        let Some(person) = Person::read(row, reading) else {
            if let Some(id) = reading.quietly(|reading| Row::open(row, reading).map(|row| row.id)) {
                self.people.entry(PersonId(id)).or_insert(Standing::Refused);
            }
            return;
        };
        if !self.first(Resource::Persons, person.id.0, &[person.id.0], reading) {
            return;
        }
        self.people.insert(person.id, if person.gone { Standing::Gone } else { Standing::Sound });
        let schools = self.schools(&person, reading);
        let placed = schools.iter().any(|(_, _, school)| *school)
            || self.places.contains_key(&person.id)
            || self.placements.contains_key(&person.id);
        if placed && !person.gone {
            self.responsible.extend(&person.guardians);
        }
        if !person.guardians.is_empty() {
            self.guardians.insert(person.id, person.guardians);
        }
        if let Some(number) = &person.number {
            let hash = self.hasher.hash_one(number.expose());
            if self.numbers.insert(hash, person.id).is_some_and(|other| other != person.id) {
                self.shared_numbers.insert(hash);
                let problem = "is also another person's; neither can sign in with it";
                reading.note(Resource::Persons, person.id.0, "civicNo.value", problem);
            }
        }
    }

    /// The first pass over persons is done. If no page is missing, reports whom rows name that the source
    /// doesn't have.
    pub fn settle_people(&mut self, reading: &mut Reading) {
        self.whole = reading.silence.is_whole(Resource::Persons);
        if !self.whole {
            return;
        }
        let unknown = |person: &PersonId| !self.people.contains_key(person);
        for (_, placements) in self.placements.iter().filter(|(person, _)| unknown(person)) {
            for placement in placements {
                reading.refuse(Resource::Placements, placement.placement.0, "child", NOWHERE, &[]);
            }
        }
        for (_, places) in self.places.iter().chain(&self.departments).filter(|(person, _)| unknown(person)) {
            for group in places.iter().filter_map(|place| place.group) {
                reading.refuse(Resource::Groups, group.0, "groupMemberships.person", NOWHERE, &[]);
            }
        }
        for (duty, _) in self.duties.iter().filter(|(person, _)| unknown(person)).flat_map(|(_, duties)| duties) {
            reading.refuse(Resource::Duties, *duty, "person", NOWHERE, &[]);
        }
    }

    /// All marks are known: settles who is near somebody marked, also by what is stored of those who are or were, where
    /// this source can't tell. Gives whom to hide who has no sound row, and whether for a mark of their own.
    pub fn settle_marked(&mut self, stored: &[Enrolled], reading: &Reading) -> Vec<(PersonId, bool)> {
        let sound = |person: &PersonId| self.people.get(person) == Some(&Standing::Sound);
        let marked = || reading.marked.iter().map(|person| PersonId(*person));
        let mut near: Vec<PersonId> =
            marked().filter_map(|child| self.guardians.get(&child)).flatten().copied().collect();
        for child in stored {
            let person = child.child.as_person();
            let unread = !sound(&person) && !reading.silence.ends(Resource::Persons, person.0);
            let protected = reading.marked.contains(&person.0) || child.marked && unread;
            let stays = |guardian: &PersonId| {
                !sound(&person) || !reading.silence.ends_in(Resource::Persons, person.0, RESPONSIBLES, guardian.0)
            };
            if protected {
                near.extend(child.guardians.iter().map(|one| one.guardian).filter(stays));
            }
        }
        let mut hidden: BTreeMap<_, _> = near.iter().map(|person| (*person, false)).collect();
        hidden.extend(marked().map(|person| (person, true)));
        hidden.retain(|person, _| !sound(person));
        self.near_marked.extend(near);
        hidden.into_iter().collect()
    }

    /// Whether a number stands on two people: then neither may sign in with it.
    pub fn shared(&self, number: &IdentityNumber) -> bool {
        self.shared_numbers.contains(&self.hasher.hash_one(number.expose()))
    }

    /// Whether the source has a row for this person, sound or not.
    pub fn names(&self, person: PersonId) -> bool {
        self.people.contains_key(&person)
    }

    /// What a person's row asks for.
    pub fn person(&self, person: &Person, reading: &mut Reading) -> Wanted {
        if person.gone {
            return Wanted::Gone(person.id);
        }
        let child = self.child(person, reading);
        let staff = self.staff(person);
        let of_age = person.birthday.is_some_and(|day| day.birthday(18) <= self.today) && !person.enrolments.is_empty();
        let reached = of_age || self.responsible.contains(&person.id);
        // Staff and students have a card for what they enter themselves. What would lead to a marked person stays out.
        let near_marked = person.marked || self.near_marked.contains(&person.id);
        let contact = match (reached && !near_marked, staff.is_some() || !person.enrolments.is_empty()) {
            (true, _) => Some(person.contact.clone()),
            (false, true) => Some(ContactDetails::default()),
            (false, false) => reached.then(ContactDetails::default),
        };
        let (given_name, family_name) = shown(person, near_marked);
        Wanted::Person(Box::new(WantedPerson {
            person: person.id,
            given_name,
            family_name,
            marked: person.marked,
            hidden: near_marked,
            contact,
            child,
            staff,
        }))
    }

    fn child(&self, person: &Person, reading: &mut Reading) -> Option<WantedChild> {
        let mut placements = self.placements.get(&person.id).cloned().unwrap_or_default();
        let mut places = self.places.get(&person.id).cloned().unwrap_or_default();
        for placement in &mut placements {
            placement.group = placement.group.or_else(|| self.department(placement));
            let Placement { unit, group, placement, from, until, .. } = *placement;
            places.push(Place { unit, group, placement: Some(placement), from, until });
        }
        let mut enrolments: Vec<&Enrolment> = Vec::new();
        for (enrolment, unit, school) in reading.quietly(|reading| self.schools(person, reading)) {
            if school {
                let (from, until) = (enrolment.from, enrolment.until);
                places.push(Place { unit, group: None, placement: None, from, until });
            }
            enrolments.push(enrolment);
        }
        if places.is_empty() && person.guardians.is_empty() {
            return None;
        }
        places.sort_by_key(|place| {
            (place.unit, place.group, place.placement, place.from, Reverse(place.until.is_none()), Reverse(place.until))
        });
        places.dedup_by_key(|place| (place.unit, place.group, place.placement, place.from));
        enrolments.retain(|enrolment| goes_on(enrolment.until, self.today));
        enrolments.sort_by_key(|enrolment| enrolment.from);
        let placed = placements.iter().filter(|placement| goes_on(placement.until, self.today)).map(|one| one.form);
        let mut forms: Vec<_> = enrolments.iter().filter_map(|enrolment| enrolment.form).chain(placed).collect();
        forms.sort();
        forms.dedup();
        let mut guardians = Vec::new();
        for guardian in &person.guardians {
            match self.people.get(guardian) {
                Some(Standing::Gone) => {}
                _ if guardians.contains(guardian) => {}
                // On a missing page there may be more people.
                None if !self.whole => guardians.push(*guardian),
                Some(_) => guardians.push(*guardian),
                None => reading.refuse(Resource::Persons, person.id.0, "responsibles.person", NOWHERE, &[]),
            }
        }
        let (call_name, family_name) = shown(person, person.marked);
        let child: ChildId = person.id.as_child();
        Some(WantedChild {
            card: Child { child, call_name, family_name, forms },
            birthday: person.birthday,
            school_year: enrolments.iter().find_map(|enrolment| school_year(enrolment)),
            guardians,
            places,
            placements,
        })
    }

    /// A person's enrolments that were not broken off, each with its unit and whether it is school: childcare is where
    /// the placement is, whatever is enrolled.
    fn schools<'p>(&self, person: &'p Person, reading: &mut Reading) -> Vec<(&'p Enrolment, UnitId, bool)> {
        let (resource, about) = (Resource::Persons, person.id.0);
        let doubt = Doubt { resource, about, list: Some(ENROLMENTS), item: None };
        let mut found = Vec::new();
        for enrolment in &person.enrolments {
            let unit = self.unit(enrolment.unit, "enrolments.enroledAt", doubt, reading);
            let broken_off = enrolment.cancelled && goes_on(enrolment.until, self.today);
            if let Some(unit) = unit.filter(|_| !broken_off) {
                let forms = self.units.get(&unit).map(|unit| unit.forms.as_slice()).unwrap_or_default();
                let forms = enrolment.form.as_ref().map_or(forms, std::slice::from_ref);
                let school = forms.is_empty() || !forms.iter().all(|form| is_care(*form));
                found.push((enrolment, unit, school));
            }
        }
        found
    }

    /// The department of the placement's unit in which the child is today, on its first day or was on its last.
    fn department(&self, placement: &Placement) -> Option<GroupId> {
        let day = placement.from.max(self.today);
        let day = placement.until.map_or(day, |until| until.min(day));
        let departments = self.departments.get(&placement.child.as_person())?;
        let here = departments.iter().filter(|place| place.unit == placement.unit && place.holds_on(day));
        here.max_by_key(|place| (place.from, place.group))?.group
    }

    fn staff(&self, person: &Person) -> Option<WantedStaff> {
        let duties = self.duties.get(&person.id)?.iter().map(|(_, duty)| duty.clone());
        let duties =
            strongest(duties, self.today, |duty| (duty.unit, duty.principal), |duty| (&mut duty.from, &mut duty.until));
        let assignments = self.assignments.get(&person.id).into_iter().flatten().cloned();
        let strength = |kind| match kind {
            GroupKind::Teaching => 0,
            GroupKind::Class => 1,
            GroupKind::Mentor => 2,
            GroupKind::Department | GroupKind::AfterSchool => 3,
        };
        let key = |one: &Assignment| (one.group, strength(one.kind));
        Some(WantedStaff {
            duties,
            assignments: strongest(assignments, self.today, key, |one| (&mut one.from, &mut one.until)),
        })
    }
}

/// One entry per thing: of those that have not ended the strongest, over all days on which one as strong holds.
fn strongest<T: Clone, K: Ord + Copy, S: Ord + Copy>(
    entries: impl Iterator<Item = T>,
    today: Day,
    key: impl Fn(&T) -> (K, S),
    mut period: impl FnMut(&mut T) -> (&mut Option<Day>, &mut Option<Day>),
) -> Vec<T> {
    let mut best: BTreeMap<K, ((bool, S), T)> = BTreeMap::new();
    for mut entry in entries {
        let (of, strength) = key(&entry);
        let (from, until) = {
            let (from, until) = period(&mut entry);
            (*from, *until)
        };
        let rank = (goes_on(until, today), strength);
        match best.get_mut(&of) {
            Some((held, _)) if *held > rank => {}
            Some((held, stands)) if *held == rank => {
                let (first, last) = period(stands);
                *first = first.zip(from).map(|(a, b)| a.min(b));
                *last = last.zip(until).map(|(a, b)| a.max(b));
            }
            _ => drop(best.insert(of, (rank, entry))),
        }
    }
    best.into_values().map(|(_, entry)| entry).collect()
}

/// The school year counted from the first; upper secondary schools mostly count their own three or four.
fn school_year(enrolment: &Enrolment) -> Option<u8> {
    match (enrolment.form, enrolment.year) {
        (Some(SchoolForm::UpperSecondary), Some(year)) if year < 5 => Some(9 + year.max(1)),
        (Some(SchoolForm::UpperSecondary), None) => Some(10),
        (Some(SchoolForm::PreschoolClass), None) => Some(0),
        (_, year) => year,
    }
}

fn is_care(form: SchoolForm) -> bool {
    matches!(form, SchoolForm::Preschool | SchoolForm::AfterSchool | SchoolForm::OpenAfterSchool)
}

/// Given and family name; an alias if they are to be hidden (ruling i), which the store gives if the source has no name.
fn shown(person: &Person, hidden: bool) -> (String, String) {
    match (hidden, person.given_name.is_empty()) {
        (true, true) => (String::new(), String::new()),
        (true, false) => (alias(person.id.0, &person.given_name).to_owned(), String::new()),
        (false, _) => (person.given_name.clone(), person.family_name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn upper_secondary_years_follow_the_ninth() {
        let year = |form, year| {
            school_year(&Enrolment {
                unit: Uuid::nil(),
                form,
                year,
                from: day("2026-08-17"),
                until: None,
                cancelled: false,
            })
        };
        for (form, given, expected) in [
            (SchoolForm::PreschoolClass, None, Some(0)),
            (SchoolForm::Compulsory, Some(3), Some(3)),
            (SchoolForm::Compulsory, None, None),
            (SchoolForm::UpperSecondary, Some(1), Some(10)),
            (SchoolForm::UpperSecondary, Some(3), Some(12)),
            (SchoolForm::UpperSecondary, Some(10), Some(10)),
            (SchoolForm::UpperSecondary, None, Some(10)),
        ] {
            assert_eq!(year(Some(form), given), expected, "{form:?} {given:?}");
        }
    }

    #[test]
    fn of_two_assignments_the_live_one_counts_then_the_stronger_then_both_periods() {
        let one = |kind, from: &str, until: Option<&str>| Assignment {
            group: GroupId(Uuid::nil()),
            unit: UnitId(Uuid::nil()),
            kind,
            from: Some(day(from)),
            until: until.map(day),
        };
        let best = |entries: &[Assignment]| {
            let key = |one: &Assignment| (one.group, one.kind == GroupKind::Mentor);
            strongest(entries.iter().cloned(), day("2026-11-24"), key, |one| (&mut one.from, &mut one.until))
        };
        let teacher = one(GroupKind::Teaching, "2026-08-17", None);
        let mentor_once = one(GroupKind::Mentor, "2025-08-17", Some("2026-06-10"));
        let mentor = one(GroupKind::Mentor, "2026-10-01", Some("2027-06-10"));
        assert_eq!(best(&[teacher.clone(), mentor_once.clone()]), vec![teacher.clone()]);
        assert_eq!(best(&[mentor.clone(), teacher.clone(), mentor_once]), [mentor]);
        let later = one(GroupKind::Teaching, "2026-10-01", Some("2027-01-10"));
        assert_eq!(best(&[later, teacher.clone()]), [teacher]);
    }
}
