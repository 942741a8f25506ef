//! Grants: one right of one holder, with what the right depends on.
//!
//! A grant lies in `person/HOLDER`. The first reason for it is in the register or in a pairing;
//! [`crate::consequences`] keeps it true.

use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::id::{ChildId, GroupId, HolderId, PlacementId, RecordId, UnitId};
use crate::organisation::GroupKind;
use crate::record::Body;
use crate::scope::Scope;
use crate::time::Day;

/// One right of one holder, from its first to its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who holds it.
    pub holder: HolderId,
    /// What it allows.
    pub right: Right,
    /// First day; none: already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Last day, inclusive; none: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
}

/// What a grant allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Right {
    /// Guardian of a child; the grant's last day comes with the child's eighteenth birthday if not before (rule 35).
    Guardian {
        /// The child.
        child: ChildId,
        /// This guardian is marked as a threat to the child (ruling j).
        threat: bool,
        /// The child has a security mark (ruling i).
        protected: bool,
        /// Where the child is.
        places: Vec<Place>,
    },
    /// The student's own account.
    Student {
        /// Oneself.
        child: ChildId,
        /// School year 0–10 or later; an account needs the tenant's least year (rule 2).
        school_year: Option<u8>,
        /// One's birthday: an adult student from the eighteenth on.
        birthday: Option<Day>,
        /// See the guardian's.
        protected: bool,
        /// Where one is.
        places: Vec<Place>,
    },
    /// An adult student's consent: this holder may read the student's absence (rule 36).
    AbsenceConsent {
        /// The student.
        child: ChildId,
    },
    /// Staff of a group.
    Assigned {
        /// The group.
        group: GroupId,
        /// Its unit.
        unit: UnitId,
        /// Decides how much of a child it shows.
        kind: GroupKind,
    },
    /// A post at a unit.
    Duty {
        /// The unit.
        unit: UnitId,
        /// Its principal is staff of all its children.
        principal: bool,
        /// The unit's groups.
        groups: Vec<GroupId>,
    },
    /// A department tablet.
    Tablet {
        /// Its group.
        group: GroupId,
        /// The group's unit.
        unit: UnitId,
        /// The group's kind.
        kind: GroupKind,
    },
    /// A hall board.
    Board {
        /// Its group.
        group: GroupId,
    },
}

impl Grant {
    /// Whether it holds on this day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// Where a child is for a while: a unit, mostly in a group, in care by a placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The unit.
    pub unit: UnitId,
    /// The group, if the place is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// The placement, if it is childcare or after-school.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementId>,
    /// First day.
    pub from: Day,
    /// Last day, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
}

impl Place {
    /// Whether the child is there on this day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

impl Right {
    /// The role in which it counts.
    pub fn belongs_to(&self, role: Role) -> bool {
        match self {
            Self::Guardian { .. } | Self::AbsenceConsent { .. } => role == Role::Guardian,
            Self::Student { .. } => role == Role::Student,
            Self::Assigned { .. } | Self::Duty { .. } => role == Role::Staff,
            Self::Tablet { .. } => role == Role::Tablet,
            Self::Board { .. } => role == Role::Board,
        }
    }

    /// Whether it is about this child, and the child has a security mark.
    pub fn protects(&self, child: ChildId) -> bool {
        match self {
            Self::Guardian { child: of, protected, .. } | Self::Student { child: of, protected, .. } => {
                *of == child && *protected
            }
            _ => false,
        }
    }

    /// The units where a family's right shows the child on this day.
    pub fn units_of(&self, child: ChildId, day: Day) -> Vec<UnitId> {
        let places = match self {
            Self::Guardian { child: of, places, .. } | Self::Student { child: of, places, .. } if *of == child => {
                places
            }
            _ => return Vec::new(),
        };
        places.iter().filter(|place| place.holds_on(day)).map(|place| place.unit).collect()
    }

    /// The groups whose children it is work with.
    pub fn works_with(&self) -> &[GroupId] {
        match self {
            Self::Assigned { group, .. } | Self::Tablet { group, .. } => std::slice::from_ref(group),
            Self::Duty { principal: true, groups, .. } => groups,
            _ => &[],
        }
    }

    fn name(&self) -> (&'static str, uuid::Uuid) {
        match self {
            Self::Guardian { child, .. } => ("guardian", child.0),
            Self::Student { child, .. } => ("student", child.0),
            Self::AbsenceConsent { child } => ("absence_consent", child.0),
            Self::Assigned { group, .. } => ("assigned", group.0),
            Self::Duty { unit, .. } => ("duty", unit.0),
            Self::Tablet { group, .. } => ("tablet", group.0),
            Self::Board { group } => ("board", group.0),
        }
    }
}

impl Body for Grant {
    const KIND: &'static str = "grant";
    fn scope(&self) -> Scope {
        Scope::Person(self.holder)
    }
    fn id(&self) -> RecordId {
        let (name, of) = self.right.name();
        RecordId::state(Self::KIND, &[&self.holder, &name, &of])
    }
}
