//! What is wanted against what is stored: only the difference is written.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kapprum_domain::contact::Contact;
use kapprum_domain::grant::Place;
use kapprum_domain::id::{PersonId, RecordId, UnitId};
use kapprum_domain::organisation::{Group, GroupKind, StaffCard, Unit};
use kapprum_domain::record::{Body, Change};
use kapprum_domain::register::{
    Assignment, Child, ContactDetails, Duty, Employed, Enrolled, Guardianship, Imported, Placement,
};
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Day;
use kapprum_domain::world::{Unread, World};

use super::Resource;
use super::merge::{end, merge, take};
use super::report::Counts;

/// Something that the source asks for.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A unit.
    Unit(Unit),
    /// A unit that is in the source no more.
    UnitGone(UnitId),
    /// A group.
    Group(Group),
    /// A group that is in the source no more, or has ended.
    GroupGone(Group),
    /// Somebody in whatever parts.
    Person(Box<WantedPerson>),
    /// Somebody who is in the source no more, has moved abroad or died.
    Gone(PersonId),
}

/// A person as the source has it now.
#[derive(Debug, Clone)]
pub struct WantedPerson {
    /// Who.
    pub person: PersonId,
    /// Given name as it stands (rule 101); an alias if marked.
    pub given_name: String,
    /// Family name; empty if hidden.
    pub family_name: String,
    /// Has a security mark (ruling i).
    pub marked: bool,
    /// Marked, or guardian of somebody marked: no way to find them may be stored.
    pub hidden: bool,
    /// A contact card, for those who sign in or whom others reach; without details if hidden or nobody's business.
    pub contact: Option<ContactDetails>,
    /// As a child or student.
    pub child: Option<WantedChild>,
    /// As staff.
    pub staff: Option<WantedStaff>,
}

impl WantedPerson {
    /// The whole name, as staff show it.
    pub fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name).trim().to_owned()
    }
}

/// A person as a child or student.
#[derive(Debug, Clone)]
pub struct WantedChild {
    /// The card.
    pub card: Child,
    /// Birthday.
    pub birthday: Option<Day>,
    /// School year, counted on through upper secondary school.
    pub school_year: Option<u8>,
    /// Guardians that there are.
    pub guardians: Vec<PersonId>,
    /// Where the child is, was or will be.
    pub places: Vec<Place>,
    /// Its placements.
    pub placements: Vec<Placement>,
}

/// A person as staff.
#[derive(Debug, Clone)]
pub struct WantedStaff {
    /// Posts, one per unit.
    pub duties: Vec<Duty>,
    /// Work with groups, one per group.
    pub assignments: Vec<Assignment>,
}

/// Some wanted things, to be made true in one transaction.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The day by which things have ended.
    pub today: Day,
    /// The resources of which the source gave every page. In others nothing is seen to end.
    pub whole: HashSet<Resource>,
    /// What is wanted.
    pub wanted: Vec<Wanted>,
}

/// What a chunk does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The changes, without consequences.
    pub changes: Vec<Change>,
    /// New, changed, unchanged and ended, per resource.
    pub counts: BTreeMap<Resource, Counts>,
}

impl Chunk {
    /// The changes that make it true. Over a world in which it is true already there are none.
    ///
    /// # Errors
    /// If the world can't be read.
    pub fn decide(&self, world: &World<'_>) -> Result<Outcome, Unread> {
        let mut decision = Decision { chunk: self, world, outcome: Outcome::default() };
        for wanted in &self.wanted {
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
                Wanted::Person(person) => decision.person(person)?,
                Wanted::Gone(person) => decision.gone(*person)?,
            }
        }
        Ok(decision.outcome)
    }
}

/// How a wanted record stood before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Same,
    Differed,
    Not,
}

struct Decision<'a> {
    chunk: &'a Chunk,
    world: &'a World<'a>,
    outcome: Outcome,
}

impl Decision<'_> {
    fn put<T: Body + PartialEq>(&mut self, body: &T) -> Result<Known, Unread> {
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

    fn count(&mut self, resource: Resource, known: Known) {
        let counts = self.outcome.counts.entry(resource).or_default();
        match known {
            Known::Not => counts.new += 1,
            Known::Differed => counts.changed += 1,
            Known::Same => counts.unchanged += 1,
        }
    }

    fn ended(&mut self, resource: Resource, things: usize) {
        self.outcome.counts.entry(resource).or_default().ended += things;
    }

    fn whole(&self, resources: &[Resource]) -> bool {
        resources.iter().all(|resource| self.chunk.whole.contains(resource))
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

    fn person(&mut self, wanted: &WantedPerson) -> Result<(), Unread> {
        let last = self.world.get::<Imported>(Scope::Register(wanted.person), RecordId(wanted.person.0))?;
        let new = last.is_none();
        let placed = wanted.child.as_ref().is_some_and(|child| !child.places.is_empty());
        if new && wanted.contact.is_none() && !placed && wanted.staff.is_none() {
            return Ok(());
        }
        let mut imported = last.unwrap_or_else(|| nothing(wanted.person));
        let mut known = self.child(wanted.person, wanted.child.as_ref(), wanted.marked, &mut imported)?;
        if wanted.marked && wanted.child.is_none() {
            known = known.max(self.hide(wanted)?);
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

    /// The child's card, register entry and placements.
    fn child(
        &mut self,
        person: PersonId,
        wanted: Option<&WantedChild>,
        marked: bool,
        imported: &mut Imported,
    ) -> Result<Known, Unread> {
        let child = person.as_child();
        let stored = self.world.get::<Enrolled>(Scope::Register(person), RecordId(person.0))?;
        if stored.is_none() && wanted.is_none_or(|wanted| wanted.places.is_empty()) {
            return Ok(Known::Same);
        }
        let mut enrolled = stored.unwrap_or_else(|| Enrolled {
            child,
            birthday: None,
            school_year: None,
            marked: false,
            guardians: Vec::new(),
            places: Vec::new(),
        });
        let mut known = Known::Same;
        let (mut guardians, mut places) = (Vec::new(), Vec::new());
        if let Some(wanted) = wanted {
            known = self.card(&wanted.card)?;
            enrolled.birthday = wanted.birthday;
            enrolled.school_year = wanted.school_year;
            enrolled.marked = marked;
            let live = |guardian: &PersonId| Guardianship { guardian: *guardian, threat: false, until: None };
            guardians = wanted.guardians.iter().map(live).collect();
            places = wanted.places.clone();
        }
        let yesterday = self.chunk.today.plus(-1);
        let persons = self.whole(&[Resource::Persons]);
        let guardians = merge(&mut enrolled.guardians, &mut imported.guardians, guardians, yesterday, |_| persons);
        self.ended(Resource::Persons, guardians.len());
        let resource = |place: &Place| match (place.placement, place.group) {
            (Some(_), _) => Resource::Placements,
            (None, Some(_)) => Resource::Groups,
            (None, None) => Resource::Persons,
        };
        let may_end = |place: &Place| self.whole(&[Resource::Organisations, resource(place)]);
        let ended = merge(&mut enrolled.places, &mut imported.places, places, yesterday, may_end);
        for place in &ended {
            self.ended(resource(place), 1);
        }
        let wanted_placements = wanted.map(|wanted| wanted.placements.as_slice()).unwrap_or_default();
        for placement in wanted_placements {
            let placed = self.put(placement)?;
            self.count(Resource::Placements, placed);
        }
        let live: BTreeSet<_> = enrolled
            .places
            .iter()
            .filter(|place| place.until.is_none_or(|until| until > yesterday))
            .filter_map(|place| place.placement)
            .collect();
        for id in ended.iter().filter_map(|place| place.placement).filter(|id| !live.contains(id)) {
            let stored = self.world.get::<Placement>(Scope::Placement(id), RecordId(id.0))?;
            if let Some(mut placement) = stored.filter(|stored| stored.child == child)
                && end(&mut placement.until, yesterday)
            {
                self.put(&placement)?;
            }
        }
        Ok(known.max(self.put(&enrolled)?))
    }

    fn card(&mut self, wanted: &Child) -> Result<Known, Unread> {
        let mut card = wanted.clone();
        // On a missing page there may be more places, and with them forms.
        if !self.whole(&[Resource::Organisations, Resource::Placements])
            && let Some(stored) = self.world.get::<Child>(card.scope(), card.id())?
        {
            card.forms.extend(stored.forms);
            card.forms.sort();
            card.forms.dedup();
        }
        self.put(&card)
    }

    /// Takes the name from the card of somebody who was a child here and has a mark now.
    fn hide(&mut self, wanted: &WantedPerson) -> Result<Known, Unread> {
        let child = wanted.person.as_child();
        let Some(card) = self.world.get::<Child>(Scope::Child(child), RecordId(child.0))? else {
            return Ok(Known::Same);
        };
        self.put(&Child { call_name: wanted.given_name.clone(), family_name: String::new(), ..card })
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
        let (duties, assignments) =
            wanted.map(|wanted| (wanted.duties.clone(), wanted.assignments.clone())).unwrap_or_default();
        let yesterday = self.chunk.today.plus(-1);
        let posts = self.whole(&[Resource::Organisations, Resource::Duties]);
        let roles = self.whole(&[Resource::Organisations, Resource::Groups, Resource::Duties]);
        let teaching = roles && self.whole(&[Resource::Activities]);
        let ended = merge(&mut employed.duties, &mut imported.duties, duties, yesterday, |_| posts).len();
        self.ended(Resource::Duties, ended);
        let may_end = |one: &Assignment| if one.kind == GroupKind::Teaching { teaching } else { roles };
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
        let blank = Contact {
            person: wanted.person,
            given_name: String::new(),
            family_name: String::new(),
            phone: String::new(),
            mail: String::new(),
            address: String::new(),
            hidden: wanted.hidden,
        };
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

/// The same person without anything that can end.
fn nothing_of(imported: &Imported) -> Imported {
    Imported { contact: imported.contact.clone(), ..nothing(imported.person) }
}
