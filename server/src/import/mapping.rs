//! From sound rows to the records they ask for. Pure: knows nothing of what is stored.
//!
//! The rows of small resources are gathered by the person they are about, so that the many persons can then pass one by
//! one: memory grows with ids and days, not with names and addresses.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use kapprum_domain::grant::Place;
use kapprum_domain::id::{GroupId, PersonId, PlacementId, UnitId};
use kapprum_domain::organisation::{Group, GroupKind, SchoolForm, Unit};
use kapprum_domain::register::{Assignment, Duty, Placement};
use kapprum_domain::time::{Day, Span, TimeOfDay};
use serde_json::Value;
use uuid::Uuid;

use super::Resource;
use super::apply::Wanted;
use super::ss12000::organisation::Organisation;
use super::ss12000::person::Person;
use super::ss12000::{self, Period, Reading, Row};
use crate::identity::IdentityNumber;

/// What the source says, gathered.
pub struct Register {
    pub(super) today: Day,
    pub(super) whole: bool,
    organisations: Vec<Organisation>,
    units: BTreeMap<UnitId, Unit>,
    below: HashMap<Uuid, Vec<UnitId>>,
    pub(super) groups: HashMap<GroupId, Group>,
    unused_groups: HashSet<Uuid>,
    wanted: Vec<Wanted>,
    pub(super) places: HashMap<PersonId, Vec<Place>>,
    pub(super) placements: HashMap<PersonId, Vec<Placement>>,
    posts: HashMap<Uuid, (PersonId, Period)>,
    pub(super) duties: HashMap<PersonId, Vec<(Uuid, Duty)>>,
    pub(super) assignments: HashMap<PersonId, Vec<Assignment>>,
    pub(super) people: HashMap<PersonId, Standing>,
    pub(super) responsible: HashSet<PersonId>,
    pub(super) near_marked: HashSet<PersonId>,
    numbers: HashMap<u64, PersonId>,
    shared_numbers: HashSet<u64>,
    hasher: RandomState,
}

/// What the first pass over persons keeps of each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Sound,
    Gone,
    Refused,
}

impl Register {
    /// An empty register on a day.
    pub fn new(today: Day) -> Self {
        Self {
            today,
            whole: false,
            organisations: Vec::new(),
            units: BTreeMap::new(),
            below: HashMap::new(),
            groups: HashMap::new(),
            unused_groups: HashSet::new(),
            wanted: Vec::new(),
            places: HashMap::new(),
            placements: HashMap::new(),
            posts: HashMap::new(),
            duties: HashMap::new(),
            assignments: HashMap::new(),
            people: HashMap::new(),
            responsible: HashSet::new(),
            near_marked: HashSet::new(),
            numbers: HashMap::new(),
            shared_numbers: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    /// Gathers a row. Organisations come first and are settled before groups, groups before what names them.
    pub fn add(&mut self, resource: Resource, row: &Value, reading: &mut Reading) {
        match resource {
            Resource::Organisations => self.organisations.extend(Organisation::read(row, reading)),
            Resource::Groups => self.add_group(row, reading),
            Resource::Placements => self.add_placement(row, reading),
            Resource::Duties => self.add_duty(row, reading),
            Resource::Activities => self.add_activity(row, reading),
            Resource::Persons => self.add_person(row, reading),
        }
    }

    /// All organisations have come. If pages of them are missing, the stored units count as there.
    pub fn settle_units(&mut self, stored: Vec<Unit>, whole: bool) {
        let parents: HashMap<Uuid, Option<Uuid>> = self.organisations.iter().map(|one| (one.id, one.parent)).collect();
        for one in self.organisations.drain(..).filter(|one| one.unit && goes_on(one.until, self.today)) {
            let unit = UnitId(one.id);
            let (name, forms, phone) = (one.name, one.forms, one.phone);
            self.units.insert(unit, Unit { unit, name, forms, phone, hours: usual_hours(), switches: None });
        }
        self.wanted.extend(self.units.values().cloned().map(Wanted::Unit));
        for unit in stored {
            if whole && !self.units.contains_key(&unit.unit) {
                self.wanted.push(Wanted::UnitGone(unit.unit));
            } else if !whole {
                self.units.entry(unit.unit).or_insert(unit);
            }
        }
        for unit in self.units.keys() {
            let mut at = Some(unit.0);
            // More levels than any municipality has, so that a circle ends.
            for _ in 0..16 {
                let Some(organisation) = at else { break };
                let below = self.below.entry(organisation).or_default();
                if !below.contains(unit) {
                    below.push(*unit);
                }
                at = parents.get(&organisation).copied().flatten();
            }
        }
    }

    /// All groups have come. If pages of them are missing, the stored groups count as there.
    pub fn settle_groups(&mut self, stored: Vec<Group>, whole: bool) {
        for group in stored {
            if whole && !self.groups.contains_key(&group.group) {
                self.wanted.push(Wanted::GroupGone(group));
            } else if !whole {
                self.groups.entry(group.group).or_insert(group);
            }
        }
    }

    /// The first pass over persons is done. If no page is missing, reports whom rows name that the source
    /// doesn't have.
    pub fn settle_people(&mut self, whole: bool, reading: &mut Reading) {
        self.whole = whole;
        if !whole {
            return;
        }
        let unknown = |person: &PersonId| !self.people.contains_key(person);
        for place in self.places.iter().filter(|(person, _)| unknown(person)).flat_map(|(_, places)| places) {
            match (place.placement, place.group) {
                (Some(placement), _) => reading.refuse(Resource::Placements, placement.0, "child", NOWHERE),
                (None, Some(group)) => reading.refuse(Resource::Groups, group.0, "groupMemberships.person", NOWHERE),
                (None, None) => {}
            }
        }
        for (duty, _) in self.duties.iter().filter(|(person, _)| unknown(person)).flat_map(|(_, duties)| duties) {
            reading.refuse(Resource::Duties, *duty, "person", NOWHERE);
        }
    }

    /// The units and groups that the source asks for, and those that ended.
    pub fn organisation(&mut self) -> Vec<Wanted> {
        std::mem::take(&mut self.wanted)
    }

    /// Whether a number stands on two people: then neither may sign in with it.
    pub fn shared(&self, number: &IdentityNumber) -> bool {
        self.shared_numbers.contains(&self.hasher.hash_one(number.expose()))
    }

    /// Whether the source has a row for this person, sound or not.
    pub fn names(&self, person: PersonId) -> bool {
        self.people.contains_key(&person)
    }

    fn add_group(&mut self, row: &Value, reading: &mut Reading) {
        let Some(group) = ss12000::group::Group::read(row, reading) else { return };
        let Some(mut kind) = group.kind else {
            self.unused_groups.insert(group.id);
            return;
        };
        let Some(unit) = self.unit(group.organisation, Resource::Groups, group.id, "organisation", reading) else {
            return;
        };
        if let Some(unit) = self.units.get(&unit).filter(|_| kind == GroupKind::Department && group.form.is_none())
            && unit.forms.contains(&SchoolForm::AfterSchool)
            && !unit.forms.contains(&SchoolForm::Preschool)
        {
            kind = GroupKind::AfterSchool;
        }
        let ours = Group { group: GroupId(group.id), unit, name: group.name, kind };
        if self.groups.contains_key(&ours.group) {
            return reading.refuse(Resource::Groups, group.id, "id", TWICE);
        }
        for (person, period) in group.members {
            let (from, until) = within(period, group.period);
            let Some(from) = from else {
                reading.refuse(Resource::Groups, group.id, "groupMemberships.startDate", "is missing");
                continue;
            };
            let place = Place { unit, group: Some(ours.group), placement: None, from, until };
            self.places.entry(PersonId(person)).or_default().push(place);
        }
        if goes_on(group.period.1, self.today) {
            self.wanted.push(Wanted::Group(ours.clone()));
            self.groups.insert(ours.group, ours);
        } else {
            self.unused_groups.insert(group.id);
        }
    }

    fn add_placement(&mut self, row: &Value, reading: &mut Reading) {
        let Some(placement) = ss12000::placement::Placement::read(row, reading) else { return };
        let id = placement.id;
        let Some(unit) = self.unit(placement.unit, Resource::Placements, id, "placedAt", reading) else { return };
        let group = placement.group.and_then(|group| self.group(group, Resource::Placements, id, "group", reading));
        let after_school = group.is_some_and(|group| group.kind == GroupKind::AfterSchool);
        let otherwise = if after_school { SchoolForm::AfterSchool } else { SchoolForm::Preschool };
        let group = group.map(|group| group.group);
        let (from, until, child) = (placement.from, placement.until, PersonId(placement.child));
        let owners: Vec<_> = placement.owners.into_iter().map(PersonId).collect();
        self.responsible.extend(&owners);
        let placements = self.placements.entry(child).or_default();
        if placements.iter().any(|one| one.placement.0 == id) {
            return reading.refuse(Resource::Placements, id, "id", TWICE);
        }
        placements.push(Placement {
            placement: PlacementId(id),
            child: child.as_child(),
            unit,
            group,
            form: placement.form.unwrap_or(otherwise),
            owners,
            from,
            until,
        });
        let place = Place { unit, group, placement: Some(PlacementId(id)), from, until };
        self.places.entry(child).or_default().push(place);
    }

    fn add_duty(&mut self, row: &Value, reading: &mut Reading) {
        let Some(duty) = ss12000::duty::Duty::read(row, reading) else { return };
        let (id, person) = (duty.id, PersonId(duty.person));
        if self.posts.insert(id, (person, duty.period)).is_some() {
            return reading.refuse(Resource::Duties, id, "id", TWICE);
        }
        let units = self.below.get(&duty.at).cloned().unwrap_or_default();
        if units.is_empty() {
            reading.refuse(Resource::Duties, id, "dutyAt", NOWHERE);
        }
        let (from, until) = duty.period;
        for unit in units {
            let duty = Duty { unit, principal: duty.principal, from, until };
            self.duties.entry(person).or_default().push((id, duty));
        }
        for role in duty.roles {
            let group = self.group(role.group, Resource::Duties, id, "assignmentRole.group", reading);
            let Some((group, unit, kind)) = group.map(|group| (group.group, group.unit, group.kind)) else { continue };
            let kind = if role.mentor && !kind.is_care() { GroupKind::Mentor } else { kind };
            let (from, until) = within(role.period, duty.period);
            self.assignments.entry(person).or_default().push(Assignment { group, unit, kind, from, until });
        }
    }

    fn add_activity(&mut self, row: &Value, reading: &mut Reading) {
        let Some(activity) = ss12000::activity::Activity::read(row, reading) else { return };
        for group in activity.groups {
            let group = self.group(group, Resource::Activities, activity.id, "groups", reading);
            let Some((group, unit)) = group.map(|group| (group.group, group.unit)) else { continue };
            for (duty, period) in &activity.teachers {
                let Some((person, post)) = self.posts.get(duty) else {
                    reading.refuse(Resource::Activities, activity.id, "teachers.duty", NOWHERE);
                    continue;
                };
                let (from, until) = within(within(*period, activity.period), *post);
                let assignment = Assignment { group, unit, kind: GroupKind::Teaching, from, until };
                self.assignments.entry(*person).or_default().push(assignment);
            }
        }
    }

    /// First pass: who is there, who is guardian of whom, and which numbers stand on two people.
    fn add_person(&mut self, row: &Value, reading: &mut Reading) {
        let Some(person) = Person::read(row, reading) else {
            if let Some(id) = reading.quietly(|reading| Row::open(row, reading).map(|row| row.id)) {
                self.people.entry(PersonId(id)).or_insert(Standing::Refused);
            }
            return;
        };
        let standing = if person.gone { Standing::Gone } else { Standing::Sound };
        if self.people.insert(person.id, standing).is_some_and(|standing| standing != Standing::Refused) {
            return reading.refuse(Resource::Persons, person.id.0, "id", TWICE);
        }
        let placed = !person.enrolments.is_empty() || self.places.contains_key(&person.id);
        if placed && !person.gone {
            self.responsible.extend(&person.guardians);
            if person.marked {
                self.near_marked.extend(&person.guardians);
            }
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

    /// The one unit that an organisation is or has.
    pub(super) fn unit(
        &self,
        at: Uuid,
        resource: Resource,
        row: Uuid,
        field: &str,
        reading: &mut Reading,
    ) -> Option<UnitId> {
        match self.below.get(&at).map(Vec::as_slice) {
            Some([unit]) => Some(*unit),
            Some([_, ..]) => {
                reading.refuse(resource, row, field, "has several units");
                None
            }
            _ => {
                reading.refuse(resource, row, field, NOWHERE);
                None
            }
        }
    }

    fn group(&self, id: Uuid, resource: Resource, row: Uuid, field: &str, reading: &mut Reading) -> Option<&Group> {
        let group = self.groups.get(&GroupId(id));
        if group.is_none() && !self.unused_groups.contains(&id) {
            reading.refuse(resource, row, field, NOWHERE);
        }
        group
    }
}

pub(super) const NOWHERE: &str = "refers to nothing sound in the source";
const TWICE: &str = "came before; the first one counts";

/// Monday to Friday, half past six to six: what a new unit has until the municipality says otherwise, as no source does.
fn usual_hours() -> [Option<Span>; 7] {
    let usual = TimeOfDay::new(6, 30).zip(TimeOfDay::new(18, 0)).and_then(|(start, end)| Span::new(start, end));
    [usual, usual, usual, usual, usual, None, None]
}

pub(super) fn goes_on(until: Option<Day>, today: Day) -> bool {
    until.is_none_or(|until| until >= today)
}

/// A period within another.
fn within(inner: Period, outer: Period) -> Period {
    let from = inner.0.into_iter().chain(outer.0).max();
    let until = inner.1.into_iter().chain(outer.1).min();
    (from, until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_within_another_is_the_days_of_both() {
        let term = (Some(day("2026-08-17")), Some(day("2026-12-20")));
        assert_eq!(within((None, None), term), term);
        assert_eq!(within((Some(day("2026-09-01")), None), term), (Some(day("2026-09-01")), term.1));
    }
}
