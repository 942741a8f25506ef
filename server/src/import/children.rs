//! Children and students: card, register entry and placements, as wanted against as stored.

use std::collections::BTreeSet;

use kapprum_domain::grant::Place;
use kapprum_domain::id::{GroupId, PersonId, RecordId};
use kapprum_domain::record::Body;
use kapprum_domain::register::{Child, Enrolled, Guardianship, Imported, Placement};
use kapprum_domain::scope::Scope;
use kapprum_domain::world::Unread;

use super::Resource;
use super::apply::{Decision, Known};
use super::merge::{end, merge};
use super::ss12000::group::MEMBERS;
use super::ss12000::person::{ENROLMENTS, RESPONSIBLES};
use super::ss12000::placement::{GROUP, OWNERS};
use super::wanted::WantedChild;

/// The resource that tells of a place.
pub(super) fn telling(place: &Place) -> Resource {
    match (place.placement, place.group) {
        (Some(_), _) => Resource::Placements,
        (None, Some(_)) => Resource::Groups,
        (None, None) => Resource::Persons,
    }
}

impl Decision<'_> {
    /// The child's card, register entry and placements.
    pub(super) fn child(
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
            // What can't be read was still said before.
            enrolled.birthday = wanted.birthday.or(enrolled.birthday);
            enrolled.school_year = wanted.school_year.or(enrolled.school_year);
            enrolled.marked = marked;
            let live = |guardian: &PersonId| Guardianship { guardian: *guardian, threat: false, until: None };
            guardians = wanted.guardians.iter().map(live).collect();
            places = wanted.places.iter().map(|place| self.in_group(*place, person, imported)).collect();
        }
        let (silence, yesterday) = (&self.chunk.silence, self.chunk.today.plus(-1));
        let may_end = |one: &Guardianship| silence.ends_in(Resource::Persons, person.0, RESPONSIBLES, one.guardian.0);
        let guardians = merge(&mut enrolled.guardians, &mut imported.guardians, guardians, yesterday, may_end);
        self.ended_relations(guardians.len());
        let may_end = |place: &Place| {
            let silent = match (place.placement, place.group) {
                (Some(placement), _) => silence.ends(Resource::Placements, placement.0),
                (None, Some(group)) => silence.ends_in(Resource::Groups, group.0, MEMBERS, person.0),
                (None, None) => silence.ends_in(Resource::Persons, person.0, ENROLMENTS, place.unit.0),
            };
            silent && silence.is_whole(Resource::Organisations)
        };
        let wanted_places = places.clone();
        let ended = merge(&mut enrolled.places, &mut imported.places, places, yesterday, may_end);
        for place in &ended {
            self.ended(telling(place), 1);
        }
        for placement in wanted.map(|wanted| wanted.placements.as_slice()).unwrap_or_default() {
            let place = wanted_places.iter().find(|place| place.placement == Some(placement.placement));
            let group = place.and_then(|place| place.group);
            let owners = self.owners(placement, &enrolled)?;
            let placed = self.put(&Placement { group, owners, ..placement.clone() })?;
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

    /// A place in the group it was in before, where the source may have said so and can't be read.
    fn in_group(&self, place: Place, child: PersonId, imported: &Imported) -> Place {
        let Some(placement) = place.placement.filter(|_| place.group.is_none()) else { return place };
        let same = |one: &&Place| one.placement == place.placement && one.unit == place.unit && one.from == place.from;
        let silence = &self.chunk.silence;
        let may_be_in = |group: &GroupId| {
            silence.is_doubted(Resource::Placements, placement.0, GROUP, group.0)
                || !silence.ends_in(Resource::Groups, group.0, MEMBERS, child.0)
        };
        let group = imported.places.iter().filter(same).find_map(|one| one.group.filter(may_be_in));
        Place { group, ..place }
    }

    /// Who lays the times. Owners are optional in the standard: without any, every guardian is one, less threats.
    fn owners(&self, wanted: &Placement, enrolled: &Enrolled) -> Result<Vec<PersonId>, Unread> {
        let mut owners = Vec::new();
        if self.chunk.silence.is_doubted(Resource::Placements, wanted.placement.0, OWNERS, wanted.placement.0) {
            let stored =
                self.world.get::<Placement>(Scope::Placement(wanted.placement), RecordId(wanted.placement.0))?;
            owners = stored.map(|stored| stored.owners).unwrap_or_default();
        }
        let more: Vec<_> = wanted.owners.iter().copied().filter(|owner| !owners.contains(owner)).collect();
        owners.extend(more);
        if owners.is_empty() {
            let live = |one: &&Guardianship| !one.threat && one.until.is_none_or(|until| until >= self.chunk.today);
            owners = enrolled.guardians.iter().filter(live).map(|one| one.guardian).collect();
        }
        Ok(owners)
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
}
