//! Groups with their members.

use kapprum_domain::organisation::{GroupKind, SchoolForm};
use serde_json::Value;
use uuid::Uuid;

use super::{Period, Reading, Row};
use crate::import::Resource;

/// The list of a group's members.
pub const MEMBERS: &str = "groupMemberships";

/// One group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is for; none: nothing that the app needs (tests, staff, other).
    pub kind: Option<GroupKind>,
    /// Its school form: tells a preschool's department from an after-school one.
    pub form: Option<SchoolForm>,
    /// Where it belongs.
    pub organisation: Uuid,
    /// When it is.
    pub period: Period,
    /// Who is in it, when.
    pub members: Vec<(Uuid, Period)>,
}

impl Group {
    /// Reads a row; `None` if it was refused.
    pub fn read(value: &Value, reading: &mut Reading) -> Option<Self> {
        let mut row = Row::open(value, reading)?;
        let form = row.form("schoolType");
        let kind = match row.text(&["groupType"]).as_deref() {
            Some("Avdelning") if matches!(form, Some(SchoolForm::AfterSchool | SchoolForm::OpenAfterSchool)) => {
                Some(GroupKind::AfterSchool)
            }
            Some("Avdelning") => Some(GroupKind::Department),
            Some("Klass") => Some(GroupKind::Class),
            Some("Mentor") => Some(GroupKind::Mentor),
            Some("Undervisning" | "Schema") => Some(GroupKind::Teaching),
            Some("Provgrupp" | "Personalgrupp" | "Övrigt") => None,
            _ => {
                row.refuse("groupType", "is missing or unknown");
                return None;
            }
        };
        let Some(name) = row.text(&["displayName"]) else {
            row.refuse("displayName", "is missing");
            return None;
        };
        let organisation = row.needed("organisation", Resource::Organisations)?;
        let period = row.period().ok()?;
        let members = row.each(MEMBERS, |row| {
            let person = row.needed("person", Resource::Persons)?;
            row.names(person);
            Some((person, row.period().ok()?))
        });
        Some(Self { id: row.id, name, kind, form, organisation, period, members })
    }
}
