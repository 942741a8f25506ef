//! What follows from a change: derived records, made in the same transaction.
//!
//! Runs after `decide` and after each import chunk, over a world that already has the changes. What a phone does not
//! hold is left out there; on the server nothing is.

use std::collections::BTreeSet;

use crate::absence::Absence;
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
        if let Some(enrolled) = enrolled(world, *child)? {
            child_rights(world, &enrolled, now.day(), &mut derived)?;
        }
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

/// Whether a record that a command changes itself is derived from others' commands as well: a board decides over its
/// card, which tells of everybody's checks.
pub fn is_derived(change: &Change) -> bool {
    change.key().1 == BoardCard::KIND
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
                    let places = membership.map(|one| one.places).unwrap_or_default();
                    touched.placements.extend(places.iter().filter_map(|place| place.placement));
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

/// What turns with the day: places and guardianships begin and end, children come of age, a wall shows the days ahead.
///
/// Asked of every child when a day has begun; where nothing turned, nothing follows.
pub fn turn_of_day(world: &World<'_>, child: ChildId, now: Timestamp) -> Result<Vec<Change>, Unread> {
    let mut derived = Vec::new();
    let Some(enrolled) = enrolled(world, child)? else { return Ok(derived) };
    child_rights(world, &enrolled, now.day(), &mut derived)?;
    let placements: BTreeSet<_> = enrolled.places.iter().filter_map(|place| place.placement).collect();
    for placement in placements {
        board_card::derive(world, placement, now, &mut derived)?;
    }
    Ok(derived)
}

fn enrolled(world: &World<'_>, child: ChildId) -> Result<Option<Enrolled>, Unread> {
    world.get(Scope::Register(child.as_person()), RecordId(child.0))
}

/// The grants of a child's guardians and of the student, where it is in care, its memberships.
fn child_rights(world: &World<'_>, enrolled: &Enrolled, today: Day, derived: &mut Vec<Change>) -> Result<(), Unread> {
    let Enrolled { child, birthday, school_year, marked: protected, ref places, .. } = *enrolled;
    for one in enrolled.guardians() {
        let places = if one.threat { days_alone(places) } else { places.clone() };
        let right = Right::Guardian { child, threat: one.threat, protected, places };
        let grant = Grant { holder: one.guardian.into(), right, from: None, until: one.until };
        put_while(one.holds_on(today), world, &grant, derived)?;
    }
    let right = Right::Student { child, school_year, birthday, protected, places: places.clone() };
    let own = Grant { holder: child.as_person().into(), right, from: None, until: None };
    let before = world.get::<Grant>(own.scope(), own.id())?;
    put(world, &own, derived)?;
    memberships(world, enrolled, before, today, derived)?;
    let live = |place: &&Place| place.until.is_none_or(|until| today <= until);
    let in_care: BTreeSet<PlacementId> = places.iter().filter(live).filter_map(|place| place.placement).collect();
    let known = world.get::<CarePlaces>(Scope::Care(child), RecordId(child.0))?;
    if known.is_some() || !in_care.is_empty() {
        put(world, &CarePlaces { child, placements: in_care.into_iter().collect() }, derived)?;
    }
    if protected { unnamed(world, child, derived) } else { Ok(()) }
}

/// Across a threat a place tells its days and nothing else (ruling j).
fn days_alone(places: &[Place]) -> Vec<Place> {
    let nowhere = UnitId(uuid::Uuid::nil());
    places.iter().map(|place| Place { unit: nowhere, group: None, placement: None, ..*place }).collect()
}

/// The child in its groups, also in those that the register no longer knows: what it knew is in the student's old grant.
fn memberships(
    world: &World<'_>,
    enrolled: &Enrolled,
    before: Option<Grant>,
    today: Day,
    derived: &mut Vec<Change>,
) -> Result<(), Unread> {
    let child = enrolled.child;
    let mut known = enrolled.places.clone();
    if let Some(Right::Student { places, .. }) = before.map(|grant| grant.right) {
        known.extend(places);
    }
    let guardians: Vec<_> = enrolled.guardians().filter(|one| one.threat || one.holds_on(today)).collect();
    for group in known.iter().filter_map(|place| place.group).collect::<BTreeSet<_>>() {
        let live = |place: &&Place| place.group == Some(group) && place.until.is_none_or(|until| today <= until);
        let places: Vec<Place> = enrolled.places.iter().filter(live).copied().collect();
        let of_group = known.iter().filter(|place| place.group == Some(group));
        for placement in of_group.filter_map(|place| place.placement).collect::<BTreeSet<_>>() {
            if !places.iter().any(|place| place.placement == Some(placement)) {
                remove::<BoardCard>(world, Scope::Board(group), RecordId(placement.0), derived)?;
            }
        }
        let protected = enrolled.marked;
        let membership = Membership { group, child, places, guardians: guardians.clone(), protected };
        put_while(!membership.places.is_empty(), world, &membership, derived)?;
    }
    Ok(())
}

/// The family of a marked child is named to nobody, not in what was reported before the mark either (ruling i).
fn unnamed(world: &World<'_>, child: ChildId, derived: &mut Vec<Change>) -> Result<(), Unread> {
    for absence in world.all::<Absence>(Scope::Absence(child))?.into_iter().filter(|one| !one.name.is_empty()) {
        derived.push(Change::put(&Absence { name: String::new(), ..absence }));
    }
    Ok(())
}

/// Puts a derived record, or takes it away where it must not be.
fn put_while<T: Body + PartialEq>(
    holds: bool,
    world: &World<'_>,
    body: &T,
    derived: &mut Vec<Change>,
) -> Result<(), Unread> {
    if holds { put(world, body, derived) } else { remove::<T>(world, body.scope(), body.id(), derived) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::absence::Days;
    use crate::command::Command;
    use crate::small_world::*;

    /// What turns on a day is what an import on that day would make of the same register.
    #[test]
    fn when_a_day_has_begun_everything_is_as_if_made_on_it() {
        for (what, change, ahead) in [
            ("a place begins", (|one| one.places[0].from = today().plus(3)) as fn(&mut Enrolled), 3),
            ("a place ends", |one| one.places[0].until = Some(today().plus(2)), 3),
            ("a guardianship ends", |one| one.guardians[1].until = Some(today().plus(2)), 3),
            ("the child comes of age", |one| one.birthday = Some(today().plus(3).birthday(-18)), 3),
        ] {
            let now = later(ahead, "00:00");
            let mut world = SmallWorld::with_times();
            world.placed(LOVE, change);
            assert_eq!(world.turn(later(ahead - 1, "23:59")), 0, "{what}: not yet");
            assert!(world.turn(now) > 0, "{what}");
            assert_eq!(world.turn(now), 0, "{what}: once");
            let enrolled: Enrolled = world.all(Scope::Register(LOVE.as_person())).remove(0);
            let follows = consequences(&world.world(), &[Change::put(&enrolled)], now).unwrap();
            assert_eq!(follows, [], "{what}: nothing follows any more");
        }
        assert_eq!(SmallWorld::with_times().turn(later(1, "00:00")), 0, "nothing turns on an ordinary day");
    }

    #[test]
    fn what_ended_leaves_neither_grant_nor_membership() {
        let mut world = SmallWorld::new();
        world.enrolled(LOVE, |one| (one.guardians[1].until, one.places[0].until) = (Some(today()), Some(today())));
        world.turn(later(1, "00:00"));
        let bos: Vec<Grant> = world.all(Scope::Person(BO.into()));
        assert!(bos.iter().all(|grant| matches!(grant.right, Right::Guardian { child: EBBA, .. })));
        assert!(world.all::<Membership>(Scope::Group(DEPARTMENT)).is_empty());
        assert_eq!(world.all::<CarePlaces>(Scope::Care(LOVE))[0].placements, []);
    }

    #[test]
    fn a_mark_takes_the_family_s_names_out_of_what_was_reported_before() {
        let mut world = SmallWorld::new();
        let days = Days { from: today(), until: None, part: None };
        world.send(guardian(BO), at("07:00"), &Command::ReportAbsence { child: LOVE, days }).unwrap();
        let name = |world: &SmallWorld| world.all::<Absence>(Scope::Absence(LOVE)).remove(0).name;
        assert_eq!(name(&world), "Bo");
        world.enrolled(LOVE, |one| one.marked = true);
        assert_eq!(name(&world), "");
    }
}
