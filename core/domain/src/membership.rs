//! Memberships: a child in a group, with what the group's staff need to reach.

use serde::{Deserialize, Serialize};

use crate::id::{ChildId, GroupId, PersonId, PlacementId, RecordId};
use crate::record::Body;
use crate::scope::Scope;
use crate::time::Day;

/// A child in a group from its first to its last day. Derived from the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The group.
    pub group: GroupId,
    /// The child.
    pub child: ChildId,
    /// First day.
    pub from: Day,
    /// Last day, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// The child's guardians, whose contact details care staff and mentors see.
    pub guardians: Vec<PersonId>,
    /// The child's placements in this group.
    pub placements: Vec<PlacementId>,
    /// The child has a security mark.
    #[serde(default)]
    pub protected: bool,
}

impl Membership {
    /// Whether the child is in the group on this day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
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
}
