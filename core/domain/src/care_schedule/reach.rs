//! Who may decide about a child in care: checked the same way by every command.

use crate::access;
use crate::actor::{Role, Sending};
use crate::id::{ChildId, PersonId, PlacementId, RecordId};
use crate::organisation::StaffCard;
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
