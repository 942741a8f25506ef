//! What the school register says of people: the base from which grants and memberships are derived.
//!
//! It lies in `register/P`, held by nobody: rules and imports read it, no device ever gets it.

use serde::{Deserialize, Serialize};

use crate::grant::Place;
use crate::id::{ChildId, GroupId, PersonId, PlacementId, RecordId, UnitId};
use crate::organisation::{GroupKind, SchoolForm};
use crate::record::Body;
use crate::scope::Scope;
use crate::time::Day;

/// A child's card: what everybody who holds the child sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// The child.
    pub child: ChildId,
    /// The name it goes by; several first names if no call name is registered (rule 101); an alias if protected.
    pub call_name: String,
    /// Family name; empty if protected and undecided.
    pub family_name: String,
    /// School forms it is in, for what to show (rule 108).
    pub forms: Vec<SchoolForm>,
}

impl Child {
    /// First name and initial, as boards show it.
    pub fn board_name(&self) -> String {
        match self.family_name.chars().next() {
            Some(initial) => format!("{} {initial}", self.call_name),
            None => self.call_name.clone(),
        }
    }
}

/// A child in the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The child.
    pub child: ChildId,
    /// Birthday, if known.
    pub birthday: Option<Day>,
    /// School year 0–10 or later.
    pub school_year: Option<u8>,
    /// The mark of the population register; anything but `Ingen` protects (ruling i).
    pub marked: bool,
    /// Its guardians, ended ones too.
    pub guardians: Vec<Guardianship>,
    /// Where it is, ended ones too.
    pub places: Vec<Place>,
}

impl Enrolled {
    /// The guardians, each with the last day: that before the child's eighteenth birthday, if there is none before
    /// (rule 35).
    pub(crate) fn guardians(&self) -> impl Iterator<Item = Guardianship> + '_ {
        let minor = self.birthday.map(|day| day.birthday(18).plus(-1));
        let last = move |until: Option<Day>| until.into_iter().chain(minor).min();
        self.guardians.iter().map(move |one| Guardianship { until: last(one.until), ..one.clone() })
    }
}

/// A guardian of a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardianship {
    /// The guardian.
    pub guardian: PersonId,
    /// Marked as a threat to the child (ruling j).
    #[serde(default)]
    pub threat: bool,
    /// Last day, inclusive; none: goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
}

impl Guardianship {
    /// Whether it goes on on this day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.until.is_none_or(|until| day <= until)
    }
}

/// A member of staff in the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employed {
    /// The person.
    pub person: PersonId,
    /// Posts at units.
    pub duties: Vec<Duty>,
    /// Groups they work with.
    pub assignments: Vec<Assignment>,
}

/// A post at a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// The unit.
    pub unit: UnitId,
    /// Leads it.
    pub principal: bool,
    /// First day.
    pub from: Option<Day>,
    /// Last day, inclusive.
    pub until: Option<Day>,
}

/// Work with a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The group.
    pub group: GroupId,
    /// Its unit.
    pub unit: UnitId,
    /// Its kind.
    pub kind: GroupKind,
    /// First day.
    pub from: Option<Day>,
    /// Last day, inclusive.
    pub until: Option<Day>,
}

/// A child's place in childcare or after-school, with who may lay its times (`domain.md` §0.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The placement.
    pub placement: PlacementId,
    /// The child.
    pub child: ChildId,
    /// The unit.
    pub unit: UnitId,
    /// The department or after-school group, if it is decided.
    pub group: Option<GroupId>,
    /// Preschool or after-school.
    pub form: SchoolForm,
    /// Who lays the times (ruling n).
    pub owners: Vec<PersonId>,
    /// First day.
    pub from: Day,
    /// Last day, inclusive.
    pub until: Option<Day>,
}

impl Placement {
    /// Whether the child has it on this day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// The placements of a child that have not ended, where those who care for it can find them. Derived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarePlaces {
    /// The child.
    pub child: ChildId,
    /// Its placements.
    pub placements: Vec<PlacementId>,
}

impl Body for CarePlaces {
    const KIND: &'static str = "care_places";
    fn scope(&self) -> Scope {
        Scope::Care(self.child)
    }
    fn id(&self) -> RecordId {
        RecordId(self.child.0)
    }
}

/// What the source of the register last said of a person. An import changes only what the source itself changed since:
/// an own phone number, a relation that a principal closed (ruling f) or a substitute's assignment (ruling e) stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The person.
    pub person: PersonId,
    /// Contact details; empty if protected.
    #[serde(default)]
    pub contact: ContactDetails,
    /// The person's guardians.
    #[serde(default)]
    pub guardians: Vec<Guardianship>,
    /// Where the person is as a child.
    #[serde(default)]
    pub places: Vec<Place>,
    /// Posts.
    #[serde(default)]
    pub duties: Vec<Duty>,
    /// Work with groups.
    #[serde(default)]
    pub assignments: Vec<Assignment>,
}

/// Phone, mail and address as the source has them; empty if it has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactDetails {
    /// Phone, as written.
    pub phone: String,
    /// Mail address.
    pub mail: String,
    /// Street, postal code and town in one line.
    pub address: String,
}

impl Body for Child {
    const KIND: &'static str = "child";
    fn scope(&self) -> Scope {
        Scope::Child(self.child)
    }
    fn id(&self) -> RecordId {
        RecordId(self.child.0)
    }
}

impl Body for Enrolled {
    const KIND: &'static str = "enrolled";
    fn scope(&self) -> Scope {
        Scope::Register(self.child.as_person())
    }
    fn id(&self) -> RecordId {
        RecordId(self.child.0)
    }
}

impl Body for Employed {
    const KIND: &'static str = "employed";
    fn scope(&self) -> Scope {
        Scope::Register(self.person)
    }
    fn id(&self) -> RecordId {
        RecordId(self.person.0)
    }
}

impl Body for Placement {
    const KIND: &'static str = "placement";
    fn scope(&self) -> Scope {
        Scope::Placement(self.placement)
    }
    fn id(&self) -> RecordId {
        RecordId(self.placement.0)
    }
}

impl Body for Imported {
    const KIND: &'static str = "imported";
    fn scope(&self) -> Scope {
        Scope::Register(self.person)
    }
    fn id(&self) -> RecordId {
        RecordId(self.person.0)
    }
}
