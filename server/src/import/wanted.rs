//! What a source asks for, as records.

use kapprum_domain::grant::Place;
use kapprum_domain::id::{PersonId, UnitId};
use kapprum_domain::organisation::{Group, Unit};
use kapprum_domain::register::{Assignment, Child, ContactDetails, Duty, Placement};
use kapprum_domain::time::Day;

/// Something that the source asks for.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A unit.
    Unit(Unit),
    /// A unit that is in the source no more.
    UnitGone(UnitId),
    /// A group.
    Group(Group),
    /// A group that is in the source no more, or has ended.
    GroupGone(Group),
    /// Somebody in whatever parts.
    Person(Box<WantedPerson>),
    /// Somebody who is in the source no more, has moved abroad or died.
    Gone(PersonId),
    /// Somebody without a sound row, who is to be hidden.
    Hidden {
        /// Who.
        person: PersonId,
        /// For a security mark of their own; else for being near somebody marked.
        marked: bool,
    },
}

/// A person as the source has it now.
#[derive(Debug, Clone)]
pub struct WantedPerson {
    /// Who.
    pub person: PersonId,
    /// Given name as it stands (rule 101); an alias if hidden; empty if hidden and the source has none.
    pub given_name: String,
    /// Family name; empty if hidden.
    pub family_name: String,
    /// Has a security mark (ruling i).
    pub marked: bool,
    /// Marked, or guardian of somebody marked: no way to find them may be stored.
    pub hidden: bool,
    /// A contact card, for those who sign in or whom others reach; without details if hidden or nobody's business.
    pub contact: Option<ContactDetails>,
    /// As a child or student.
    pub child: Option<WantedChild>,
    /// As staff.
    pub staff: Option<WantedStaff>,
}

impl WantedPerson {
    /// The whole name, as staff show it.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name).trim().to_owned()
    }
}

/// A person as a child or student.
#[derive(Debug, Clone)]
pub struct WantedChild {
    /// The card.
    pub card: Child,
    /// Birthday.
    pub birthday: Option<Day>,
    /// School year, counted on through upper secondary school.
    pub school_year: Option<u8>,
    /// Guardians that there are.
    pub guardians: Vec<PersonId>,
    /// Where the child is, was or will be.
    pub places: Vec<Place>,
    /// Its placements.
    pub placements: Vec<Placement>,
}

/// A person as staff.
#[derive(Debug, Clone)]
pub struct WantedStaff {
    /// Posts, one per unit.
    pub duties: Vec<Duty>,
    /// Work with groups, one per group.
    pub assignments: Vec<Assignment>,
}
