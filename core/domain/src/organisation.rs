//! The municipality and its units, groups and staff cards.

use serde::{Deserialize, Serialize};

use crate::id::{GroupId, PersonId, RecordId, TenantId, UnitId};
use crate::record::Body;
use crate::scope::Scope;
use crate::time::{Span, TimeOfDay};

/// The municipality as everybody of it knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Municipality {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name, for example `Vänersborg`.
    pub name: String,
    /// Where to ring when nothing else is said.
    #[serde(default)]
    pub phone: String,
    /// What it switched on and off.
    #[serde(default)]
    pub switches: Switches,
}

impl Default for Municipality {
    fn default() -> Self {
        Self {
            tenant: TenantId(uuid::Uuid::nil()),
            name: String::new(),
            phone: String::new(),
            switches: Switches::default(),
        }
    }
}

impl Municipality {
    /// Where to ring about a unit.
    pub fn phone_of(&self, unit: Option<&Unit>) -> String {
        let own = unit.map(|unit| &unit.phone).filter(|phone| !phone.is_empty());
        own.unwrap_or(&self.phone).clone()
    }
}

/// The switches of `domain.md` §1.2 that the first slice needs. Defaults are the rulings'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Switches {
    /// Least school year for a student's own account (rule 2).
    pub student_account_from_year: u8,
    /// Absence may be reported here for preschool (rule 48).
    pub absence_preschool: bool,
    /// Absence may be reported here for school (rule 49).
    pub absence_school: bool,
    /// A guardian may change today's times (rule 63).
    pub same_day_change: bool,
    /// A guardian may comment today's times (rule 64).
    pub same_day_comment: bool,
    /// Until when times of a day may be changed where `same_day_change` is off (ruling q).
    pub cut_off: CutOff,
    /// So many days ahead the ordinary week is locked; 0: not at all.
    pub schedule_lock_days: u16,
    /// Who checks children in and out.
    pub check_in_by: CheckInBy,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            student_account_from_year: 3,
            absence_preschool: true,
            absence_school: true,
            same_day_change: true,
            same_day_comment: true,
            cut_off: CutOff::default(),
            schedule_lock_days: 0,
            check_in_by: CheckInBy::GuardianBoard,
        }
    }
}

/// A cut-off: so many calendar days before, at a clock time (ruling q).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOff {
    /// Calendar days before the day.
    pub days: u16,
    /// The last minute in which a change is taken.
    pub time: TimeOfDay,
}

impl Default for CutOff {
    fn default() -> Self {
        Self { days: 1, time: TimeOfDay::LAST_MINUTE }
    }
}

/// Who checks children in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckInBy {
    /// Guardians on the hall board, and staff (rule 73).
    GuardianBoard,
    /// Staff only.
    Staff,
}

/// A school form as SS 12000 names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchoolForm {
    /// Preschool (FS).
    Preschool,
    /// After-school care (FTH).
    AfterSchool,
    /// Open after-school activity (OPPFTH).
    OpenAfterSchool,
    /// Preschool class (FKLASS).
    PreschoolClass,
    /// Compulsory school (GR and its kin).
    Compulsory,
    /// Special school (GRS and its kin).
    Special,
    /// Upper secondary school (GY and its kin).
    UpperSecondary,
    /// Adult education and whatever else the source knows.
    Other,
}

impl SchoolForm {
    /// Whether it is school, where nobody checks in, and not childcare or after-school.
    pub fn is_school(&self) -> bool {
        !matches!(self, Self::Preschool | Self::AfterSchool | Self::OpenAfterSchool)
    }
}

/// A preschool or school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// What it offers.
    pub forms: Vec<SchoolForm>,
    /// Where to ring; empty: ring the municipality.
    #[serde(default)]
    pub phone: String,
    /// Opening hours, Monday first; none: closed.
    #[serde(default)]
    pub hours: [Option<Span>; 7],
    /// Switches of its own; none: the municipality's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switches: Option<Switches>,
}

impl Unit {
    /// Whether it is open on a weekday, Monday being 0; Monday to Friday where no hours are told.
    pub fn opens_on(&self, weekday: usize) -> bool {
        match self.hours.iter().any(Option::is_some) {
            true => self.hours.get(weekday).is_some_and(Option::is_some),
            false => weekday < 5,
        }
    }
}

/// A group of children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The group.
    pub group: GroupId,
    /// Its unit.
    pub unit: UnitId,
    /// Its name, for example `Blåklinten` or `4B`.
    pub name: String,
    /// What it is for.
    pub kind: GroupKind,
}

/// What a group is for; decides how much of a child its staff see (`protocol.md` §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// A preschool's department (avdelning).
    Department,
    /// A class.
    Class,
    /// A mentor's students.
    Mentor,
    /// An after-school department.
    AfterSchool,
    /// A teaching group.
    Teaching,
}

impl GroupKind {
    /// Whether its staff care for children: departments and after-school.
    pub fn is_care(self) -> bool {
        matches!(self, Self::Department | Self::AfterSchool)
    }
}

/// A member of staff as everybody of the unit knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffCard {
    /// The person.
    pub person: PersonId,
    /// The unit.
    pub unit: UnitId,
    /// The name shown.
    pub name: String,
    /// Leads the unit.
    pub principal: bool,
}

/// A unit of the municipality, where rules find them all. Derived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownUnit {
    /// The unit.
    pub unit: UnitId,
}

impl KnownUnit {
    /// Where they lie: the register of nobody in particular, so that no device ever gets it.
    pub const SCOPE: Scope = Scope::Register(PersonId(uuid::Uuid::nil()));
}

impl Body for KnownUnit {
    const KIND: &'static str = "known_unit";
    fn scope(&self) -> Scope {
        Self::SCOPE
    }
    fn id(&self) -> RecordId {
        RecordId(self.unit.0)
    }
}

impl Body for Municipality {
    const KIND: &'static str = "municipality";
    fn scope(&self) -> Scope {
        Scope::Tenant
    }
    fn id(&self) -> RecordId {
        RecordId(self.tenant.0)
    }
}

impl Body for Unit {
    const KIND: &'static str = "unit";
    fn scope(&self) -> Scope {
        Scope::Unit(self.unit)
    }
    fn id(&self) -> RecordId {
        RecordId(self.unit.0)
    }
}

impl Body for Group {
    const KIND: &'static str = "group";
    fn scope(&self) -> Scope {
        Scope::Unit(self.unit)
    }
    fn id(&self) -> RecordId {
        RecordId(self.group.0)
    }
}

impl Body for StaffCard {
    const KIND: &'static str = "staff";
    fn scope(&self) -> Scope {
        Scope::Unit(self.unit)
    }
    fn id(&self) -> RecordId {
        RecordId(self.person.0)
    }
}
