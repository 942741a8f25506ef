//! Placements: a child's place in childcare or after-school.

use kapprum_domain::organisation::SchoolForm;
use kapprum_domain::time::Day;
use serde_json::Value;
use uuid::Uuid;

use super::{Reading, Row};
use crate::import::Resource;

/// Where a placement's group stands.
pub const GROUP: &str = "group";
/// The list of a placement's owners.
pub const OWNERS: &str = "owners";

/// One placement.
#[derive(Debug, Clone)]
pub struct Placement {
    /// Its id.
    pub id: Uuid,
    /// The unit.
    pub unit: Uuid,
    /// The department, if it is decided.
    pub group: Option<Uuid>,
    /// The child.
    pub child: Uuid,
    /// Who lays its times.
    pub owners: Vec<Uuid>,
    /// Preschool or after-school, if the source says.
    pub form: Option<SchoolForm>,
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Option<Day>,
}

impl Placement {
    /// Reads a row; `None` if it was refused.
    pub fn read(value: &Value, reading: &mut Reading) -> Option<Self> {
        let mut row = Row::open(value, reading)?;
        let unit = row.needed("placedAt", Resource::Organisations)?;
        let child = row.needed("child", Resource::Persons)?;
        let (from, until) = row.period().ok()?;
        let Some(from) = from else {
            row.refuse("startDate", "is missing");
            return None;
        };
        Some(Self {
            id: row.id,
            unit,
            group: row.reference(GROUP, Resource::Groups).unwrap_or_default(),
            child,
            owners: row.references(OWNERS, Resource::Persons),
            form: row.form("schoolType"),
            from,
            until,
        })
    }
}
