//! Memberships: a child in a group, with what the group's staff need to reach.

use serde::{Deserialize, Serialize};

use crate::grant::Place;
use crate::id::{ChildId, GroupId, RecordId};
use crate::record::Body;
use crate::register::Guardianship;
use crate::scope::Scope;
use crate::time::Day;

/// A child in a group. Derived from the register, each day anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The group.
    pub group: GroupId,
    /// The child.
    pub child: ChildId,
    /// The child's places in this group that have not ended.
    pub places: Vec<Place>,
    /// The child's guardians, whose contact details care staff and mentors see until the last day. Threats are named
    /// for ever: to them as staff the child stays closed.
    pub guardians: Vec<Guardianship>,
    /// The child has a security mark.
    #[serde(default)]
    pub protected: bool,
}

impl Membership {
    /// Whether the child is in the group on this day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.places.iter().any(|place| place.holds_on(day))
    }
}

impl Body for Membership {
    const KIND: &'static str = "membership";
    fn scope(&self) -> Scope {
        Scope::Group(self.group)
    }
    fn id(&self) -> RecordId {
        RecordId::state(Self::KIND, &[&self.group, &self.child])
    }
    /// Apart from the others lie the few that no wall shows, for boards to read them alone.
    fn at(&self) -> i64 {
        i64::from(self.protected)
    }
}
