//! Who may decide about a child in care: checked the same way by every command.

use crate::access;
use crate::actor::{Role, Sending};
use crate::grant::{Grant, Right};
use crate::id::{ChildId, GroupId, PersonId, PlacementId, RecordId};
use crate::membership::Membership;
use crate::organisation::{GroupKind, StaffCard};
use crate::record::Body;
use crate::refusal::Refusal;
use crate::register::Placement;
use crate::scope::Scope;
use crate::world::{Undecided, World};

/// The person who answers for a command: the actor, or on a shared device who tapped.
pub(crate) fn who(sending: &Sending<'_>, world: &World<'_>) -> Result<PersonId, Undecided> {
    match sending.actor.account.role {
        Role::Student if !access::of_age(sending.actor, sending.now, world)? => Err(Refusal::NotOfAge.into()),
        Role::Tablet => tapped(sending, world),
        Role::Board => Err(Refusal::NoRight.into()),
        _ => sending.actor.person().ok_or(Undecided::Refused(Refusal::NoRight)),
    }
}

/// Whether the actor decides about the child's absence, and does not only read of it: a guardian, the student, staff of
/// its department, class, mentor or after-school group, its principal. Neither a parent with consent (rule 36) nor
/// teaching staff.
pub(crate) fn absence(sending: &Sending<'_>, world: &World<'_>, child: ChildId) -> Result<bool, Undecided> {
    let (role, rights, today) = (sending.actor.account.role, sending.rights, sending.now.day());
    if !rights.holds(Scope::Absence(child)) || role == Role::Board {
        return Ok(false);
    }
    // Only a live guardianship without threat, oneself, care staff and their tablet hold the care scope.
    if rights.holds(Scope::Care(child)) || role == Role::Tablet {
        return Ok(true);
    }
    let grants: Vec<Grant> = world.all(Scope::Person(sending.actor.account.holder))?;
    for grant in grants.iter().filter(|grant| role == Role::Staff && grant.holds_on(today)) {
        let groups: &[GroupId] = match &grant.right {
            Right::Assigned { group, kind: GroupKind::Class | GroupKind::Mentor, .. } => std::slice::from_ref(group),
            Right::Duty { principal: true, groups, .. } => groups,
            _ => &[],
        };
        for group in groups {
            let id = RecordId::state(Membership::KIND, &[group, &child]);
            let membership: Option<Membership> = world.get(Scope::Group(*group), id)?;
            if membership.is_some_and(|membership| membership.holds_on(today)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Evidence, not a right: who tapped must be staff of the tablet's unit (ruling e).
fn tapped(sending: &Sending<'_>, world: &World<'_>) -> Result<PersonId, Undecided> {
    let person = sending.tapped.ok_or(Refusal::WhoTapped)?;
    let units = sending.rights.iter().filter(|(scope, _)| matches!(scope, Scope::Unit(_)));
    for (unit, _) in units {
        if world.get::<StaffCard>(unit, RecordId(person.0))?.is_some() {
            return Ok(person);
        }
    }
    Err(Refusal::WhoTapped.into())
}

/// The placement that a command names, if the actor holds it and it is this child's.
pub(crate) fn placement(
    sending: &Sending<'_>,
    world: &World<'_>,
    child: ChildId,
    placement: PlacementId,
) -> Result<(PersonId, Placement), Undecided> {
    if !sending.rights.holds(Scope::Placement(placement)) {
        return Err(Refusal::NoRight.into());
    }
    let place = world.get::<Placement>(Scope::Placement(placement), RecordId(placement.0))?;
    match place.filter(|place| place.child == child) {
        Some(place) => Ok((who(sending, world)?, place)),
        None => Err(Refusal::NotThere.into()),
    }
}
