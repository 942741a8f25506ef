//! The second pass over persons: what each asks for, with all that other rows say of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use kapprum_domain::grant::Place;
use kapprum_domain::id::ChildId;
use kapprum_domain::organisation::{GroupKind, SchoolForm};
use kapprum_domain::register::{Assignment, Child, ContactDetails};
use kapprum_domain::time::Day;
use uuid::Uuid;

use super::Resource;
use super::apply::{Wanted, WantedChild, WantedPerson, WantedStaff};
use super::mapping::{NOWHERE, Register, Standing, goes_on};
use super::ss12000::Reading;
use super::ss12000::person::{Enrolment, Person};

impl Register {
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
        let placements = self.placements.get(&person.id).cloned().unwrap_or_default();
        let mut places = self.places.get(&person.id).cloned().unwrap_or_default();
        let mut enrolments: Vec<&Enrolment> = Vec::new();
        for enrolment in &person.enrolments {
            let unit = self.unit(enrolment.unit, Resource::Persons, person.id.0, "enrolments.enroledAt", reading);
            let broken_off = enrolment.cancelled && goes_on(enrolment.until, self.today);
            if let Some(unit) = unit.filter(|_| !broken_off) {
                let (from, until) = (enrolment.from, enrolment.until);
                places.push(Place { unit, group: None, placement: None, from, until });
                enrolments.push(enrolment);
            }
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
                None => reading.refuse(Resource::Persons, person.id.0, "responsibles.person", NOWHERE),
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

/// Given and family name; an alias if they are to be hidden (ruling i).
fn shown(person: &Person, hidden: bool) -> (String, String) {
    if hidden {
        (alias(person.id.0, &person.given_name).to_owned(), String::new())
    } else {
        (person.given_name.clone(), person.family_name.clone())
    }
}

/// An ordinary given name that is not one's own, always the same for one person (rulings i, k).
pub fn alias(id: Uuid, own: &str) -> &'static str {
    let first = id.as_bytes().iter().fold(0u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(u16::from(*byte)));
    let own = own.to_lowercase();
    let mut names = ALIASES.iter().cycle().skip(usize::from(first) % ALIASES.len()).take(ALIASES.len());
    names.find(|name| !own.contains(&name.to_lowercase())).copied().unwrap_or("Kim")
}

/// Names that any child may have.
const ALIASES: [&str; 24] = [
    "Kim", "Robin", "Alex", "Charlie", "Mika", "Sam", "Noa", "Juno", "Ariel", "Billie", "Eli", "Jamie", "Kaj", "Lo",
    "Mio", "Nikki", "Andrea", "Sasha", "Tintin", "Vanja", "Dana", "Marion", "Michele", "Rene",
];

#[cfg(test)]
mod tests {
    use super::*;
    use kapprum_domain::id::{GroupId, UnitId};

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
