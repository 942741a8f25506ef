//! Organisations: the municipality, its areas and schools, and the units that matter here.

use kapprum_domain::organisation::SchoolForm;
use kapprum_domain::time::Day;
use serde_json::Value;
use uuid::Uuid;

use super::{Reading, Row};
use crate::import::Resource;

/// What an organisation belongs to.
pub const PARENT: &str = "parentOrganisation";

/// One organisation.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Its id.
    pub id: Uuid,
    /// Its name; none: refused as a unit.
    pub name: Option<String>,
    /// A school unit; else something above one.
    pub unit: bool,
    /// What it belongs to.
    pub parent: Option<Uuid>,
    /// What a unit offers.
    pub forms: Vec<SchoolForm>,
    /// Where to ring; empty if unknown.
    pub phone: String,
    /// Last day.
    pub until: Option<Day>,
}

impl Organisation {
    /// Reads a row; `None` if it was refused.
    pub fn read(value: &Value, reading: &mut Reading) -> Option<Self> {
        let mut row = Row::open(value, reading)?;
        let kind = row.text(&["organisationType"]);
        let forms: Vec<SchoolForm> = match value.get("schoolTypes") {
            Some(Value::Array(codes)) => {
                let known: Vec<_> = codes.iter().filter_map(|code| super::school_form(code.as_str()?)).collect();
                if known.len() < codes.len() {
                    row.note("schoolTypes", "has an unknown value");
                }
                known
            }
            None | Some(Value::Null) => Vec::new(),
            Some(_) => {
                row.note("schoolTypes", "is no list");
                Vec::new()
            }
        };
        let unit = match kind.as_deref() {
            Some("Skolenhet") => true,
            Some("Huvudman" | "Stadsdel" | "Rektorsområde" | "Skola" | "Övrigt") => false,
            _ if forms.is_empty() => {
                row.refuse("organisationType", "is missing or unknown, and there are no school types");
                false
            }
            _ => {
                row.note("organisationType", "is missing or unknown; what has school types counts as a unit");
                true
            }
        };
        let name = row.text(&["displayName"]);
        if unit && name.is_none() {
            row.refuse("displayName", "is missing");
        }
        Some(Self {
            id: row.id,
            name,
            unit,
            parent: row.reference(PARENT, Resource::Organisations).unwrap_or_default(),
            forms,
            phone: row.text(&["phoneNumber"]).unwrap_or_default(),
            until: row.last_day().unwrap_or_default(),
        })
    }
}
