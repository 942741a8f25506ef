//! From sound rows to the records they ask for: what is gathered of all rows but persons. Pure.
//!
//! The rows of small resources are gathered by the person they are about, so that the many persons can then pass one by
//! one: memory grows with ids and days, not with names and addresses.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::RandomState;

use kapprum_domain::grant::Place;
use kapprum_domain::id::{GroupId, PersonId, PlacementId, UnitId};
use kapprum_domain::organisation::{Group, GroupKind, SchoolForm, Unit};
use kapprum_domain::register::{Assignment, Duty, Placement};
use kapprum_domain::time::Day;
use serde_json::Value;
use uuid::Uuid;

use super::Resource;
use super::people::Standing;
use super::silence::Doubt;
use super::ss12000::group::MEMBERS;
use super::ss12000::organisation::{Organisation, PARENT};
use super::ss12000::{self, Period, Reading};
use super::wanted::Wanted;

/// What the source says, gathered.
pub struct Register {
    pub(super) today: Day,
    pub(super) whole: bool,
    seen: HashSet<(Resource, Uuid)>,
    organisations: Vec<Organisation>,
    pub(super) units: BTreeMap<UnitId, Unit>,
    below: HashMap<Uuid, Vec<UnitId>>,
    pub(super) groups: HashMap<GroupId, Group>,
    unused_groups: HashSet<Uuid>,
    wanted: Vec<Wanted>,
    /// Members of classes and other groups of a school.
    pub(super) places: HashMap<PersonId, Vec<Place>>,
    /// Members of departments: where their placement is, if its own row doesn't say.
    pub(super) departments: HashMap<PersonId, Vec<Place>>,
    pub(super) placements: HashMap<PersonId, Vec<Placement>>,
    /// Whose a placement is, as stored.
    placed: HashMap<PlacementId, PersonId>,
    posts: HashMap<Uuid, (PersonId, Period)>,
    pub(super) duties: HashMap<PersonId, Vec<(Uuid, Duty)>>,
    pub(super) assignments: HashMap<PersonId, Vec<Assignment>>,
    pub(super) people: HashMap<PersonId, Standing>,
    pub(super) guardians: HashMap<PersonId, Vec<PersonId>>,
    pub(super) responsible: HashSet<PersonId>,
    pub(super) near_marked: HashSet<PersonId>,
    pub(super) numbers: HashMap<u64, PersonId>,
    pub(super) shared_numbers: HashSet<u64>,
    pub(super) hasher: RandomState,
}

impl Register {
    /// An empty register on a day, where these placements are known, with whose they are.
    pub fn new(today: Day, placed: HashMap<PlacementId, PersonId>) -> Self {
        Self {
            today,
            whole: false,
            seen: HashSet::new(),
            organisations: Vec::new(),
            units: BTreeMap::new(),
            below: HashMap::new(),
            groups: HashMap::new(),
            unused_groups: HashSet::new(),
            wanted: Vec::new(),
            places: HashMap::new(),
            departments: HashMap::new(),
            placements: HashMap::new(),
            placed,
            posts: HashMap::new(),
            duties: HashMap::new(),
            assignments: HashMap::new(),
            people: HashMap::new(),
            guardians: HashMap::new(),
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
            Resource::Organisations => self.add_organisation(row, reading),
            Resource::Groups => self.add_group(row, reading),
            Resource::Placements => self.add_placement(row, reading),
            Resource::Duties => self.add_duty(row, reading),
            Resource::Activities => self.add_activity(row, reading),
            Resource::Persons => self.add_person(row, reading),
        }
    }

    /// All organisations have come. A stored unit that has not ended counts as there, also if its row can't be read.
    pub fn settle_units(&mut self, stored: Vec<Unit>, reading: &Reading) {
        let parents: HashMap<Uuid, Option<Uuid>> = self.organisations.iter().map(|one| (one.id, one.parent)).collect();
        for one in self.organisations.drain(..).filter(|one| one.unit && goes_on(one.until, self.today)) {
            let (unit, forms, phone) = (UnitId(one.id), one.forms, one.phone);
            if let Some(name) = one.name {
                // Opening hours are in no source.
                self.units.insert(unit, Unit { unit, name, forms, phone, hours: [None; 7], switches: None });
            }
        }
        self.wanted.extend(self.units.values().cloned().map(Wanted::Unit));
        for unit in stored {
            if self.units.contains_key(&unit.unit) {
                continue;
            }
            if reading.silence.ends(Resource::Organisations, unit.unit.0) {
                self.wanted.push(Wanted::UnitGone(unit.unit));
            } else {
                self.units.insert(unit.unit, unit);
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

    /// All groups have come. A stored group that has not ended counts as there, also if its row can't be read.
    pub fn settle_groups(&mut self, stored: Vec<Group>, reading: &Reading) {
        for group in stored.into_iter() {
            if self.groups.contains_key(&group.group) {
                continue;
            }
            if reading.silence.ends(Resource::Groups, group.group.0) {
                self.wanted.push(Wanted::GroupGone(group));
            } else {
                self.groups.insert(group.group, group);
            }
        }
    }

    /// The units and groups that the source asks for, and those that ended.
    pub fn organisation(&mut self) -> Vec<Wanted> {
        std::mem::take(&mut self.wanted)
    }

    fn add_organisation(&mut self, row: &Value, reading: &mut Reading) {
        let Some(organisation) = Organisation::read(row, reading) else { return };
        if self.first(Resource::Organisations, organisation.id, &[organisation.id], reading) {
            self.organisations.push(organisation);
        }
    }

    fn add_group(&mut self, row: &Value, reading: &mut Reading) {
        let Some(group) = ss12000::group::Group::read(row, reading) else { return };
        let doubt = Doubt { resource: Resource::Groups, about: group.id, list: None, item: None };
        if !self.first(Resource::Groups, group.id, &[group.id], reading) {
            return;
        }
        let Some(mut kind) = group.kind else {
            self.unused_groups.insert(group.id);
            return;
        };
        let Some(unit) = self.unit(group.organisation, "organisation", doubt, reading) else { return };
        if let Some(unit) = self.units.get(&unit).filter(|_| kind == GroupKind::Department && group.form.is_none())
            && unit.forms.contains(&SchoolForm::AfterSchool)
            && !unit.forms.contains(&SchoolForm::Preschool)
        {
            kind = GroupKind::AfterSchool;
        }
        let ours = Group { group: GroupId(group.id), unit, name: group.name, kind };
        let members = if kind.is_care() { &mut self.departments } else { &mut self.places };
        for (person, period) in group.members {
            let (from, until) = within(period, group.period);
            let Some(from) = from else {
                let doubt = Doubt { list: Some(MEMBERS), item: Some(person), ..doubt };
                reading.refuse(Resource::Groups, group.id, "groupMemberships.startDate", "is missing", &[doubt]);
                continue;
            };
            let place = Place { unit, group: Some(ours.group), placement: None, from, until };
            members.entry(PersonId(person)).or_insert_with(one).push(place);
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
        let (id, child) = (placement.id, PersonId(placement.child));
        let doubt = Doubt { resource: Resource::Placements, about: id, list: None, item: None };
        let Some(unit) = self.unit(placement.unit, "placedAt", doubt, reading) else { return };
        if self.placed.get(&PlacementId(id)).is_some_and(|known| *known != child) {
            // With it would pass the other child's times, comments and attendance.
            return reading.refuse(Resource::Placements, id, "child", "another child has this placement", &[doubt]);
        }
        if !self.first(Resource::Placements, id, &[id], reading) {
            return;
        }
        let group = placement.group.and_then(|group| self.group(group, Resource::Placements, id, "group", reading));
        let after_school = group.is_some_and(|group| group.kind == GroupKind::AfterSchool);
        let otherwise = if after_school { SchoolForm::AfterSchool } else { SchoolForm::Preschool };
        let group = group.map(|group| group.group);
        let owners: Vec<_> = placement.owners.into_iter().map(PersonId).collect();
        self.responsible.extend(&owners);
        self.placements.entry(child).or_insert_with(one).push(Placement {
            placement: PlacementId(id),
            child: child.as_child(),
            unit,
            group,
            form: placement.form.unwrap_or(otherwise),
            owners,
            from: placement.from,
            until: placement.until,
        });
    }

    fn add_duty(&mut self, row: &Value, reading: &mut Reading) {
        let Some(duty) = ss12000::duty::Duty::read(row, reading) else { return };
        let (id, person) = (duty.id, PersonId(duty.person));
        if !self.first(Resource::Duties, id, &[person.0], reading) {
            return;
        }
        self.posts.insert(id, (person, duty.period));
        let units = self.below.get(&duty.at).cloned().unwrap_or_default();
        if units.is_empty() {
            reading.refuse(Resource::Duties, id, "dutyAt", NOWHERE, &[]);
        }
        let (from, until) = duty.period;
        for unit in units {
            let duty = Duty { unit, principal: duty.principal, from, until };
            self.duties.entry(person).or_insert_with(one).push((id, duty));
        }
        for role in duty.roles {
            let group = self.group(role.group, Resource::Duties, id, "assignmentRole.group", reading);
            let Some((group, unit, kind)) = group.map(|group| (group.group, group.unit, group.kind)) else { continue };
            let kind = if role.mentor && !kind.is_care() { GroupKind::Mentor } else { kind };
            let (from, until) = within(role.period, duty.period);
            let assignment = Assignment { group, unit, kind, from, until };
            self.assignments.entry(person).or_insert_with(one).push(assignment);
        }
    }

    fn add_activity(&mut self, row: &Value, reading: &mut Reading) {
        let Some(activity) = ss12000::activity::Activity::read(row, reading) else { return };
        if !self.first(Resource::Activities, activity.id, &activity.groups, reading) {
            return;
        }
        for group in activity.groups {
            let group = self.group(group, Resource::Activities, activity.id, "groups", reading);
            let Some((group, unit)) = group.map(|group| (group.group, group.unit)) else { continue };
            for (duty, period) in &activity.teachers {
                let Some((person, post)) = self.posts.get(duty) else {
                    reading.refuse(Resource::Activities, activity.id, "teachers.duty", NOWHERE, &[]);
                    continue;
                };
                let (from, until) = within(within(*period, activity.period), *post);
                let assignment = Assignment { group, unit, kind: GroupKind::Teaching, from, until };
                self.assignments.entry(*person).or_insert_with(one).push(assignment);
            }
        }
    }

    /// Whether no sound row with this id came before; the first counts.
    pub(super) fn first(&mut self, resource: Resource, id: Uuid, about: &[Uuid], reading: &mut Reading) -> bool {
        let first = self.seen.insert((resource, id));
        if !first {
            let doubt = |about: &Uuid| Doubt { resource, about: *about, list: None, item: None };
            let doubts: Vec<_> = about.iter().map(doubt).collect();
            reading.refuse(resource, id, "id", "came before; the first one counts", &doubts);
        }
        first
    }

    /// The one unit that an organisation is or has. If there is none, what the doubt names stands where the source may
    /// have said one that can't be read.
    pub(super) fn unit(&self, at: Uuid, field: &str, doubt: Doubt, reading: &mut Reading) -> Option<UnitId> {
        let below = self.below.get(&at).map(Vec::as_slice).unwrap_or_default();
        if let [unit] = below {
            return Some(*unit);
        }
        let known = below.is_empty() && reading.silence.is_whole_in(Resource::Organisations, PARENT);
        let problem = if below.is_empty() { NOWHERE } else { "has several units" };
        let doubts = if known { &[][..] } else { &[doubt][..] };
        reading.refuse(doubt.resource, doubt.about, field, problem, doubts);
        None
    }

    fn group(&self, id: Uuid, resource: Resource, row: Uuid, field: &str, reading: &mut Reading) -> Option<&Group> {
        let group = self.groups.get(&GroupId(id));
        if group.is_none() && !self.unused_groups.contains(&id) {
            reading.refuse(resource, row, field, NOWHERE, &[]);
        }
        group
    }
}

/// A list with room for the one thing that most people have: a whole town's lists are in memory at once.
fn one<T>() -> Vec<T> {
    Vec::with_capacity(1)
}

pub(super) const NOWHERE: &str = "refers to nothing sound in the source";

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
