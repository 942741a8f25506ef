//! Who may decide about a child in care: checked the same way by every command.

use crate::access::{self, Rights};
use crate::actor::{Account, Actor, Role, Sending};
use crate::contact::Contact;
use crate::grant::{Grant, Right};
use crate::id::{ChildId, PersonId, PlacementId, RecordId};
use crate::membership::Membership;
use crate::organisation::{GroupKind, StaffCard};
use crate::record::Body;
use crate::refusal::Refusal;
use crate::register::Placement;
use crate::scope::Scope;
use crate::time::Day;
use crate::world::{Undecided, Unread, World, arrived};

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
pub(crate) fn absence(
    actor: &Actor,
    rights: &Rights,
    world: &World<'_>,
    child: ChildId,
    today: Day,
) -> Result<bool, Unread> {
    let Account { role, holder, .. } = actor.account;
    if !rights.holds(Scope::Absence(child)) || role == Role::Board {
        return Ok(false);
    }
    // Only a live guardianship without threat, oneself, care staff and their tablet hold the care scope.
    if rights.holds(Scope::Care(child)) || role == Role::Tablet {
        return Ok(true);
    }
    let grants: Vec<Grant> = world.all(Scope::Person(holder))?;
    for grant in grants.iter().filter(|grant| role == Role::Staff && grant.holds_on(today)) {
        if matches!(grant.right, Right::Assigned { kind: GroupKind::Teaching, .. }) {
            continue;
        }
        for group in grant.right.works_with() {
            let id = RecordId::state(Membership::KIND, &[group, &child]);
            let membership: Option<Membership> = world.get(Scope::Group(*group), id)?;
            if membership.is_some_and(|membership| membership.holds_on(today)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The name under which the others of a child see who did something: a guardian's given name, the name on a staff card.
/// A protected child's family gives none (ruling i).
pub(crate) fn name(sending: &Sending<'_>, world: &World<'_>, child: ChildId) -> Result<String, Undecided> {
    let holder = sending.actor.account.holder;
    let person = match sending.actor.account.role {
        Role::Guardian | Role::Student => {
            let grants: Vec<Grant> = world.all(Scope::Person(holder))?;
            if grants.iter().any(|grant| grant.right.protects(child)) {
                return Ok(String::new());
            }
            let contact = world.get::<Contact>(Scope::Contact(holder.as_person()), RecordId(holder.0));
            // A name is an extra: while it is on its way, the act is foretold without.
            return Ok(arrived(contact)?.flatten().map(|contact| contact.given_name).unwrap_or_default());
        }
        Role::Staff => holder.as_person(),
        Role::Tablet => sending.tapped.ok_or(Refusal::WhoTapped)?,
        Role::Board => return Ok(String::new()),
    };
    Ok(arrived(staff_card(sending, world, person))?.flatten().map(|card| card.name).unwrap_or_default())
}

fn staff_card(sending: &Sending<'_>, world: &World<'_>, person: PersonId) -> Result<Option<StaffCard>, Unread> {
    for (unit, _) in sending.rights.iter().filter(|(scope, _)| matches!(scope, Scope::Unit(_))) {
        if let Some(card) = world.get::<StaffCard>(unit, RecordId(person.0))? {
            return Ok(Some(card));
        }
    }
    Ok(None)
}

/// Evidence, not a right: who tapped must be staff of the tablet's unit (ruling e).
fn tapped(sending: &Sending<'_>, world: &World<'_>) -> Result<PersonId, Undecided> {
    let person = sending.tapped.ok_or(Refusal::WhoTapped)?;
    match staff_card(sending, world, person)? {
        Some(_) => Ok(person),
        None => Err(Refusal::WhoTapped.into()),
    }
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
