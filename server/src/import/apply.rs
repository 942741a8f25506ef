//! What is wanted against what is stored: only the difference is written.

use std::collections::{BTreeMap, BTreeSet};

use kapprum_domain::contact::Contact;
use kapprum_domain::id::{PersonId, RecordId, UnitId};
use kapprum_domain::organisation::{GroupKind, StaffCard, Unit};
use kapprum_domain::record::{Body, Change};
use kapprum_domain::register::{Assignment, ContactDetails, Duty, Employed, Imported};
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Day;
use kapprum_domain::world::{Unread, World};

use super::Resource;
use super::merge::{merge, take};
use super::report::Counts;
use super::silence::Silence;
use super::ss12000::activity::{GROUPS, TEACHERS};
use super::ss12000::duty::{ROLE, ROLES};
use super::ss12000::organisation::PARENT;
use super::wanted::{Wanted, WantedPerson, WantedStaff};

/// Some wanted things, and what makes others end.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The day by which things have ended.
    pub today: Day,
    /// What may end that is not wanted.
    pub silence: Silence,
    /// What is wanted.
    pub wanted: Vec<Wanted>,
}

/// What was done for something wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The changes, without consequences.
    pub changes: Vec<Change>,
    /// New, changed, unchanged and ended, per resource.
    pub counts: BTreeMap<Resource, Counts>,
    /// The people of sound rows who are stored. Others are nobody's business.
    pub stored: BTreeSet<PersonId>,
}

impl Outcome {
    /// Adds what was done for something else.
    pub fn add(&mut self, other: Self) {
        self.changes.extend(other.changes);
        self.stored.extend(other.stored);
        for (resource, counts) in other.counts {
            self.counts.entry(resource).or_default().add(&counts);
        }
    }
}

impl Chunk {
    /// The changes that make something wanted true. Over a world in which it is true already there are none.
    ///
    /// # Errors
    /// If the world can't be read.
    pub fn decide(&self, wanted: &Wanted, world: &World<'_>) -> Result<Outcome, Unread> {
        let mut decision = Decision { chunk: self, world, outcome: Outcome::default() };
        match wanted {
            Wanted::Unit(unit) => decision.unit(unit)?,
            Wanted::UnitGone(unit) => decision.unit_gone(*unit)?,
            Wanted::Group(group) => {
                let known = decision.put(group)?;
                decision.count(Resource::Groups, known);
            }
            Wanted::GroupGone(group) => {
                if decision.remove(group)? {
                    decision.ended(Resource::Groups, 1);
                }
            }
            Wanted::Person(person) if person.given_name.is_empty() => decision.nameless(person)?,
            Wanted::Person(person) => decision.person(person)?,
            Wanted::Gone(person) => decision.gone(*person)?,
            Wanted::Hidden { person, marked } => decision.hidden(*person, *marked)?,
        }
        Ok(decision.outcome)
    }
}

/// How a wanted record stood before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    Same,
    Differed,
    Not,
}

/// One decision on its way.
pub(super) struct Decision<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) world: &'a World<'a>,
    outcome: Outcome,
}

impl Decision<'_> {
    pub(super) fn put<T: Body + PartialEq>(&mut self, body: &T) -> Result<Known, Unread> {
        let known = match self.world.get::<T>(body.scope(), body.id())? {
            Some(stored) if stored == *body => return Ok(Known::Same),
            Some(_) => Known::Differed,
            None => Known::Not,
        };
        self.outcome.changes.push(Change::put(body));
        Ok(known)
    }

    fn remove<T: Body>(&mut self, body: &T) -> Result<bool, Unread> {
        let there = self.world.get::<T>(body.scope(), body.id())?.is_some();
        if there {
            self.outcome.changes.push(Change::remove(body));
        }
        Ok(there)
    }

    pub(super) fn count(&mut self, resource: Resource, known: Known) {
        let counts = self.outcome.counts.entry(resource).or_default();
        match known {
            Known::Not => counts.new += 1,
            Known::Differed => counts.changed += 1,
            Known::Same => counts.unchanged += 1,
        }
    }

    pub(super) fn ended(&mut self, resource: Resource, things: usize) {
        self.outcome.counts.entry(resource).or_default().ended += things;
    }

    /// Relations of guardians: the guard counts them among their like.
    pub(super) fn ended_relations(&mut self, relations: usize) {
        self.ended(Resource::Persons, relations);
        self.outcome.counts.entry(Resource::Persons).or_default().ended_relations += relations;
    }

    pub(super) fn whole(&self, resources: &[Resource]) -> bool {
        resources.iter().all(|resource| self.chunk.silence.is_whole(*resource))
    }

    /// Hours and switches are the municipality's own: they stay.
    fn unit(&mut self, wanted: &Unit) -> Result<(), Unread> {
        let mut unit = wanted.clone();
        if let Some(stored) = self.world.get::<Unit>(unit.scope(), unit.id())? {
            unit.hours = stored.hours;
            unit.switches = stored.switches;
        }
        let known = self.put(&unit)?;
        self.count(Resource::Organisations, known);
        Ok(())
    }

    /// A unit stays with its hours and switches, should it come back, and offers nothing.
    fn unit_gone(&mut self, unit: UnitId) -> Result<(), Unread> {
        if let Some(mut stored) = self.world.get::<Unit>(Scope::Unit(unit), RecordId(unit.0))?
            && !stored.forms.is_empty()
        {
            stored.forms.clear();
            self.put(&stored)?;
            self.ended(Resource::Organisations, 1);
        }
        Ok(())
    }

    pub(super) fn person(&mut self, wanted: &WantedPerson) -> Result<(), Unread> {
        let last = self.world.get::<Imported>(Scope::Register(wanted.person), RecordId(wanted.person.0))?;
        let new = last.is_none();
        let placed = wanted.child.as_ref().is_some_and(|child| !child.places.is_empty());
        if new && wanted.contact.is_none() && !placed && wanted.staff.is_none() {
            return Ok(());
        }
        self.outcome.stored.insert(wanted.person);
        let mut imported = last.unwrap_or_else(|| nothing(wanted.person));
        let mut known = self.child(wanted.person, wanted.child.as_ref(), wanted.marked, &mut imported)?;
        if wanted.marked && wanted.child.is_none() {
            known = known.max(self.hide_card(wanted.person, &wanted.given_name)?);
        }
        let staff = self.staff(wanted.person, &wanted.name(), wanted.staff.as_ref(), &mut imported)?;
        if wanted.staff.is_some() {
            self.count(Resource::Duties, staff);
        }
        known = known.max(self.contact(wanted, &mut imported)?);
        known = known.max(self.put(&imported)?);
        self.count(Resource::Persons, if new { Known::Not } else { known.min(Known::Differed) });
        Ok(())
    }

    fn gone(&mut self, person: PersonId) -> Result<(), Unread> {
        let Some(mut imported) = self.world.get::<Imported>(Scope::Register(person), RecordId(person.0))? else {
            return Ok(());
        };
        self.child(person, None, false, &mut imported)?;
        self.staff(person, "", None, &mut imported)?;
        // Pages may be missing in which a place or post of the person would have gone on: then there is more to end.
        if imported == nothing_of(&imported) {
            self.outcome.changes.push(Change::remove(&imported));
            self.ended(Resource::Persons, 1);
        } else {
            self.put(&imported)?;
        }
        Ok(())
    }

    /// The posts, assignments and cards of a member of staff.
    fn staff(
        &mut self,
        person: PersonId,
        name: &str,
        wanted: Option<&WantedStaff>,
        imported: &mut Imported,
    ) -> Result<Known, Unread> {
        let stored = self.world.get::<Employed>(Scope::Register(person), RecordId(person.0))?;
        if wanted.is_none() && stored.is_none() {
            return Ok(Known::Same);
        }
        let mut employed = stored.unwrap_or_else(|| Employed { person, duties: Vec::new(), assignments: Vec::new() });
        let (mut duties, mut assignments) =
            wanted.map(|wanted| (wanted.duties.clone(), wanted.assignments.clone())).unwrap_or_default();
        let (silence, yesterday) = (&self.chunk.silence, self.chunk.today.plus(-1));
        if silence.is_doubted(Resource::Duties, person.0, ROLE, person.0) {
            for duty in &mut duties {
                duty.principal |= imported.duties.iter().any(|last| last.unit == duty.unit && last.principal);
            }
        }
        for one in &mut assignments {
            if silence.is_doubted(Resource::Duties, person.0, ROLES, one.group.0) {
                let last = imported.assignments.iter().find(|last| last.group == one.group);
                one.kind = last.map_or(one.kind, |last| last.kind);
            }
        }
        let may_end =
            |_: &Duty| silence.is_whole_in(Resource::Organisations, PARENT) && silence.ends(Resource::Duties, person.0);
        let ended = merge(&mut employed.duties, &mut imported.duties, duties, yesterday, may_end).len();
        self.ended(Resource::Duties, ended);
        let may_end = |one: &Assignment| {
            let group = one.group.0;
            let taught = |list| silence.ends_in(Resource::Activities, group, list, group);
            silence.is_whole(Resource::Organisations)
                && silence.is_whole(Resource::Groups)
                && match one.kind {
                    GroupKind::Teaching => {
                        silence.ends(Resource::Duties, person.0) && taught(GROUPS) && taught(TEACHERS)
                    }
                    _ => silence.ends_in(Resource::Duties, person.0, ROLES, group),
                }
        };
        let ended = merge(&mut employed.assignments, &mut imported.assignments, assignments, yesterday, may_end).len();
        self.ended(Resource::Duties, ended);
        let mut known = Known::Same;
        for duty in &employed.duties {
            let card = StaffCard { person, unit: duty.unit, name: name.to_owned(), principal: duty.principal };
            if duty.until.is_some_and(|until| until <= yesterday) {
                self.remove(&card)?;
            } else if !name.is_empty() {
                known = known.max(self.put(&card)?);
            }
        }
        Ok(known.max(self.put(&employed)?))
    }

    /// A marked person is reached by nobody through the app until the principal has decided (ruling i).
    fn contact(&mut self, wanted: &WantedPerson, imported: &mut Imported) -> Result<Known, Unread> {
        let blank = Contact { hidden: wanted.hidden, ..no_contact(wanted.person) };
        let stored = self.world.get::<Contact>(blank.scope(), blank.id())?;
        let source = match &wanted.contact {
            Some(source) => source.clone(),
            None if wanted.hidden && stored.is_some() => ContactDetails::default(),
            None => return Ok(Known::Same),
        };
        let last = std::mem::replace(&mut imported.contact, source.clone());
        let mut contact = stored.unwrap_or_else(|| blank.clone());
        if wanted.hidden {
            contact = blank;
        } else {
            take(&mut contact.phone, &last.phone, &source.phone);
            take(&mut contact.mail, &last.mail, &source.mail);
            take(&mut contact.address, &last.address, &source.address);
        }
        contact.hidden = wanted.hidden;
        contact.given_name.clone_from(&wanted.given_name);
        contact.family_name.clone_from(&wanted.family_name);
        self.put(&contact)
    }
}

fn nothing(person: PersonId) -> Imported {
    Imported {
        person,
        contact: ContactDetails::default(),
        guardians: Vec::new(),
        places: Vec::new(),
        duties: Vec::new(),
        assignments: Vec::new(),
    }
}

pub(super) fn no_contact(person: PersonId) -> Contact {
    Contact {
        person,
        given_name: String::new(),
        family_name: String::new(),
        phone: String::new(),
        mail: String::new(),
        address: String::new(),
        hidden: false,
    }
}

/// The same person without anything that can end.
fn nothing_of(imported: &Imported) -> Imported {
    Imported { contact: imported.contact.clone(), ..nothing(imported.person) }
}
