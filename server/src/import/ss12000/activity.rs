//! Activities: which posts teach which groups (`domain.md` §3.3: teaching is never an assignment).

use serde_json::Value;
use uuid::Uuid;

use super::{Period, Reading, Row};
use crate::import::Resource;

/// The list of what an activity teaches.
pub const GROUPS: &str = "groups";
/// The list of who teaches it.
pub const TEACHERS: &str = "teachers";

/// One activity.
#[derive(Debug, Clone)]
pub struct Activity {
    /// Its id.
    pub id: Uuid,
    /// The groups taught.
    pub groups: Vec<Uuid>,
    /// The posts that teach, when.
    pub teachers: Vec<(Uuid, Period)>,
    /// When it is.
    pub period: Period,
}

impl Activity {
    /// Reads a row; `None` if it was refused.
    pub fn read(value: &Value, reading: &mut Reading) -> Option<Self> {
        let mut row = Row::open(value, reading)?;
        row.is_about(&[]);
        let groups = row.references(GROUPS, Resource::Groups);
        row.is_about(&groups);
        let period = row.period().ok()?;
        let teachers = row.each(TEACHERS, |row| Some((row.needed("duty", Resource::Duties)?, row.period().ok()?)));
        Some(Self { id: row.id, groups, teachers, period })
    }
}
