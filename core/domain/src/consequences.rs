//! What follows from a change: derived records, made in the same transaction.
//!
//! Runs after `decide` and after each import chunk, over a world that already has the changes. What a phone does not
//! hold is left out there; on the server nothing is.

use std::collections::BTreeSet;

use crate::attendance::board_card::{self, BoardCard};
use crate::grant::{Grant, Place, Right};
use crate::id::{ChildId, PersonId, PlacementId, RecordId, UnitId};
use crate::membership::Membership;
use crate::organisation::{Group, KnownUnit, Municipality, StaffCard, Unit};
use crate::record::{Body, Change};
use crate::register::{CarePlaces, Employed, Enrolled};
use crate::scope::Scope;
use crate::time::{Day, Timestamp};
use crate::world::{Unread, World};

/// The derived changes that these changes bring, without those that would change nothing.
///
/// The caller writes them and asks again with them, until nothing follows: a card follows from a membership that
/// follows from the register.
pub fn consequences(world: &World<'_>, changes: &[Change], now: Timestamp) -> Result<Vec<Change>, Unread> {
    let mut derived = Vec::new();
    let touched = Touched::by(world, changes)?;
    for child in &touched.enrolled {
        left_out(child_rights(world, *child, now, &mut derived))?;
    }
    for person in &touched.employed {
        left_out(staff_rights(world, *person, &mut derived))?;
    }
    for unit in &touched.units {
        left_out(put(world, &KnownUnit { unit: *unit }, &mut derived))?;
        left_out(principals(world, *unit, &mut derived))?;
        left_out(board_card::derive_settings(world, *unit, &mut derived))?;
    }
    for placement in &touched.placements {
        left_out(board_card::derive(world, *placement, now, &mut derived))?;
    }
    Ok(derived)
}

/// What the changes touch that something is derived from.
#[derive(Default)]
struct Touched {
    enrolled: BTreeSet<ChildId>,
    employed: BTreeSet<PersonId>,
    units: BTreeSet<UnitId>,
    placements: BTreeSet<PlacementId>,
}

impl Touched {
    fn by(world: &World<'_>, changes: &[Change]) -> Result<Self, Unread> {
        let mut touched = Self::default();
        let (mut children, mut switched) = (BTreeSet::new(), false);
        for change in changes {
            let (scope, kind, id) = change.key();
            match scope {
                Scope::Register(person) if kind == Enrolled::KIND => drop(touched.enrolled.insert(person.as_child())),
                Scope::Register(person) if kind == Employed::KIND => drop(touched.employed.insert(person)),
                Scope::Unit(unit) if kind == Group::KIND || kind == Unit::KIND => drop(touched.units.insert(unit)),
                Scope::Tenant if kind == Municipality::KIND => switched = true,
                Scope::Placement(placement) => drop(touched.placements.insert(placement)),
                Scope::Absence(child) | Scope::Child(child) => drop(children.insert(child)),
                Scope::Care(child) if kind == CarePlaces::KIND => drop(children.insert(child)),
                Scope::Group(group) if kind == Membership::KIND => {
                    let membership = world.get::<Membership>(Scope::Group(group), id)?;
                    touched.placements.extend(membership.map(|one| one.placements).unwrap_or_default());
                }
                _ => {}
            }
        }
        if switched {
            // The municipality's switches hold in every unit without its own.
            match world.all::<KnownUnit>(KnownUnit::SCOPE) {
                Ok(units) => touched.units.extend(units.into_iter().map(|known| known.unit)),
                Err(Unread::NotHeld(_)) => {}
                Err(broken) => return Err(broken),
            }
        }
        for child in children {
            match world.get::<CarePlaces>(Scope::Care(child), RecordId(child.0)) {
                Ok(places) => touched.placements.extend(places.map(|places| places.placements).unwrap_or_default()),
                Err(Unread::NotHeld(_)) => {}
                Err(broken) => return Err(broken),
            }
        }
        Ok(touched)
    }
}

/// A phone derives only from what it holds.
fn left_out(result: Result<(), Unread>) -> Result<(), Unread> {
    match result {
        Err(Unread::NotHeld(_)) => Ok(()),
        other => other,
    }
}

/// Puts a derived record unless it stands there already.
pub(crate) fn put<T: Body + PartialEq>(world: &World<'_>, body: &T, derived: &mut Vec<Change>) -> Result<(), Unread> {
    if world.get::<T>(body.scope(), body.id())?.as_ref() != Some(body) {
        derived.push(Change::put(body));
    }
    Ok(())
}

/// The grants of a child's guardians and of the student, and its memberships.
fn child_rights(world: &World<'_>, child: ChildId, now: Timestamp, derived: &mut Vec<Change>) -> Result<(), Unread> {
    let id = RecordId(child.0);
    let Some(enrolled) = world.get::<Enrolled>(Scope::Register(child.as_person()), id)? else { return Ok(()) };
    for guardianship in &enrolled.guardians {
        let right = Right::Guardian {
            child,
            birthday: enrolled.birthday,
            threat: guardianship.threat,
            protected: enrolled.marked,
            places: if guardianship.threat { days_alone(&enrolled.places) } else { enrolled.places.clone() },
        };
        let grant = Grant { holder: guardianship.guardian.into(), right, from: None, until: guardianship.until };
        put(world, &grant, derived)?;
    }
    let right = Right::Student {
        child,
        school_year: enrolled.school_year,
        birthday: enrolled.birthday,
        protected: enrolled.marked,
        places: enrolled.places.clone(),
    };
    let own = Grant { holder: child.as_person().into(), right, from: None, until: None };
    no_more(world, &own, now.day(), derived)?;
    put(world, &own, derived)?;
    let goes_on = |day: Option<Day>| day.is_none_or(|day| day >= now.day());
    let mut placements: Vec<PlacementId> =
        enrolled.places.iter().filter(|place| goes_on(place.until)).filter_map(|place| place.placement).collect();
    placements.sort();
    placements.dedup();
    let known = world.get::<CarePlaces>(Scope::Care(child), RecordId(child.0))?;
    if known.is_some() || !placements.is_empty() {
        put(world, &CarePlaces { child, placements }, derived)?;
    }
    let groups: BTreeSet<_> = enrolled.places.iter().filter_map(|place| place.group).collect();
    for group in groups {
        let mine = || enrolled.places.iter().filter(|place| place.group == Some(group));
        let Some(from) = mine().map(|place| place.from).min() else { continue };
        let until = mine().map(|place| place.until).reduce(|a, b| Some(a?.max(b?))).flatten();
        let membership = Membership {
            group,
            child,
            from,
            until,
            guardians: enrolled.guardians.iter().filter(|one| goes_on(one.until)).map(|one| one.guardian).collect(),
            placements: mine().filter(|place| goes_on(place.until)).filter_map(|place| place.placement).collect(),
            protected: enrolled.marked,
        };
        put(world, &membership, derived)?;
    }
    Ok(())
}

/// Across a threat a place tells its days and nothing else (ruling j).
fn days_alone(places: &[Place]) -> Vec<Place> {
    let nowhere = UnitId(uuid::Uuid::nil());
    places.iter().map(|place| Place { unit: nowhere, group: None, placement: None, ..*place }).collect()
}

/// Takes away cards of places that ended and memberships that the register no longer knows; what it knew is in the old
/// grant.
fn no_more(world: &World<'_>, own: &Grant, today: Day, derived: &mut Vec<Change>) -> Result<(), Unread> {
    let Right::Student { child, places, .. } = &own.right else { return Ok(()) };
    let old = world.get::<Grant>(own.scope(), own.id())?;
    let Some(Right::Student { places: old, .. }) = old.map(|grant| grant.right) else { return Ok(()) };
    for place in old {
        let Some(group) = place.group else { continue };
        if !places.iter().any(|one| one.group == Some(group)) {
            let membership = RecordId::state(Membership::KIND, &[&group, child]);
            remove::<Membership>(world, Scope::Group(group), membership, derived)?;
        }
        if let Some(placement) = place.placement
            && !places.iter().any(|one| {
                (one.group, one.placement) == (Some(group), Some(placement))
                    && one.until.is_none_or(|until| until >= today)
            })
        {
            remove::<BoardCard>(world, Scope::Board(group), RecordId(placement.0), derived)?;
        }
    }
    Ok(())
}

fn remove<T: Body>(world: &World<'_>, scope: Scope, id: RecordId, derived: &mut Vec<Change>) -> Result<(), Unread> {
    derived.extend(world.get::<T>(scope, id)?.map(|body| Change::remove(&body)));
    Ok(())
}

/// The grants of a member of staff.
fn staff_rights(world: &World<'_>, person: PersonId, derived: &mut Vec<Change>) -> Result<(), Unread> {
    let id = RecordId(person.0);
    let Some(employed) = world.get::<Employed>(Scope::Register(person), id)? else { return Ok(()) };
    for assignment in &employed.assignments {
        let right = Right::Assigned { group: assignment.group, unit: assignment.unit, kind: assignment.kind };
        let grant = Grant { holder: person.into(), right, from: assignment.from, until: assignment.until };
        put(world, &grant, derived)?;
    }
    for duty in &employed.duties {
        let groups = if duty.principal { unit_groups(world, duty.unit)? } else { Vec::new() };
        let right = Right::Duty { unit: duty.unit, principal: duty.principal, groups };
        put(world, &Grant { holder: person.into(), right, from: duty.from, until: duty.until }, derived)?;
    }
    Ok(())
}

/// A unit's groups changed: its principals reach them all.
fn principals(world: &World<'_>, unit: UnitId, derived: &mut Vec<Change>) -> Result<(), Unread> {
    for card in world.all::<StaffCard>(Scope::Unit(unit))? {
        if card.principal {
            staff_rights(world, card.person, derived)?;
        }
    }
    Ok(())
}

fn unit_groups(world: &World<'_>, unit: UnitId) -> Result<Vec<crate::id::GroupId>, Unread> {
    Ok(world.all::<Group>(Scope::Unit(unit))?.into_iter().map(|group| group.group).collect())
}
