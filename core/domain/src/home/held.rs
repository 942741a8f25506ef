//! The children that an actor has, and where: as family from its own grants, at work from its groups' memberships.

use crate::actor::Role;
use crate::grant::{Grant, Place, Right};
use crate::id::{ChildId, RecordId};
use crate::membership::Membership;
use crate::record::Body;
use crate::scope::Scope;
use crate::world::{Seen, Unread, arrived};

/// A child that an actor holds.
pub(crate) struct Held {
    pub(crate) child: ChildId,
    /// Where it is, as far as the actor's right tells.
    pub(crate) places: Vec<Place>,
    /// An adult student's absence and nothing else (rule 36).
    pub(crate) absence_alone: bool,
}

/// The children that an actor has as guardian, as oneself or by consent.
pub(crate) fn children_of(seen: &Seen<'_>) -> Result<Vec<Held>, Unread> {
    let of_family = |right: Right| match right {
        Right::Guardian { child, places, .. } | Right::Student { child, places, .. } => {
            Some(Held { child, places, absence_alone: false })
        }
        Right::AbsenceConsent { child } => Some(Held { child, places: Vec::new(), absence_alone: true }),
        _ => None,
    };
    let found = grants(seen)?.into_iter().filter_map(|grant| of_family(grant.right));
    Ok(found.filter(|held| seen.holds(Scope::Child(held.child))).collect())
}

/// One child, if the actor holds it as family or at work.
pub(super) fn held(seen: &Seen<'_>, child: ChildId) -> Result<Option<Held>, Unread> {
    if !matches!(seen.actor().account.role, Role::Staff | Role::Tablet) {
        return Ok(children_of(seen)?.into_iter().find(|held| held.child == child));
    }
    let mut places = Vec::new();
    for grant in grants(seen)? {
        let groups = grant.right.works_with().iter().filter(|group| seen.holds(Scope::Group(**group)));
        for group in groups {
            let id = RecordId::state(Membership::KIND, &[group, &child]);
            let membership: Option<Membership> = seen.get(Scope::Group(*group), id)?;
            places.extend(membership.into_iter().flat_map(|membership| membership.places));
        }
    }
    places.sort();
    places.dedup();
    Ok(seen.holds(Scope::Child(child)).then_some(Held { child, places, absence_alone: false }))
}

/// One's own grants, as far as they count in one's role.
pub(crate) fn grants(seen: &Seen<'_>) -> Result<Vec<Grant>, Unread> {
    let account = seen.actor().account;
    let mut grants: Vec<Grant> = arrived(seen.all(Scope::Person(account.holder)))?.unwrap_or_default();
    grants.retain(|grant| grant.right.belongs_to(account.role));
    Ok(grants)
}
