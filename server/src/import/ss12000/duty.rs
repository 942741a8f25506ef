//! Duties: a person's post, with the groups it is assigned to.

use serde_json::Value;
use uuid::Uuid;

use super::{Period, Reading, Row};
use crate::import::Resource;

/// Where a post's role stands.
pub const ROLE: &str = "dutyRole";
/// The list of a post's work with groups.
pub const ROLES: &str = "assignmentRole";

/// One post.
#[derive(Debug, Clone)]
pub struct Duty {
    /// Its id.
    pub id: Uuid,
    /// Who has it.
    pub person: Uuid,
    /// A unit, or an organisation above units.
    pub at: Uuid,
    /// Leads what it is at.
    pub principal: bool,
    /// When.
    pub period: Period,
    /// Work with groups.
    pub roles: Vec<Role>,
}

/// Work of a post with a group.
#[derive(Debug, Clone)]
pub struct Role {
    /// The group.
    pub group: Uuid,
    /// As its mentor.
    pub mentor: bool,
    /// When.
    pub period: Period,
}

impl Duty {
    /// Reads a row; `None` if it was refused.
    pub fn read(value: &Value, reading: &mut Reading) -> Option<Self> {
        let mut row = Row::open(value, reading)?;
        row.is_about(&[]);
        let person = row.needed("person", Resource::Persons)?;
        row.is_about(&[person]);
        let at = row.needed("dutyAt", Resource::Organisations)?;
        let period = row.period().ok()?;
        let principal = match row.text(&[ROLE]).as_deref() {
            Some("Rektor" | "Förskolechef") => true,
            Some("Lärare" | "Förskollärare" | "Övrig pedagogisk personal" | "Annan personal") => false,
            Some(_) => {
                row.note(ROLE, "is unknown; counts as other staff");
                false
            }
            None => {
                row.doubt_field(ROLE, "is missing; counts as before, or as other staff");
                false
            }
        };
        let roles = row.each(ROLES, |row| {
            let group = row.needed("group", Resource::Groups)?;
            row.names(group);
            let period = row.period().ok()?;
            let mentor = match row.text(&["assignmentRoleType"]).as_deref() {
                Some("Mentor") => true,
                Some(
                    "Förskollärare" | "Barnskötare" | "Fritidspedagog" | "Specialpedagog" | "Elevhälsopersonal"
                    | "Pedagogisk ledare",
                ) => false,
                // Who lays timetables needs no child's data.
                Some("Schemaläggare") => return None,
                _ => {
                    row.refuse("assignmentRoleType", "is missing or unknown");
                    return None;
                }
            };
            Some(Role { group, mentor, period })
        });
        Some(Self { id: row.id, person, at, principal, period, roles })
    }
}
