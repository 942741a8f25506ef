//! What goes along while a source is read: problems, doubts, marks.

use std::collections::BTreeSet;

use kapprum_domain::id::TenantId;
use serde_json::Value;
use uuid::Uuid;

use crate::import::Resource;
use crate::import::report::{Problem, Report};
use crate::import::silence::{Doubt, Silence};

/// See the module.
pub struct Reading {
    tenant: TenantId,
    resource: Resource,
    quiet: bool,
    /// Where problems are told.
    pub report: Report,
    /// What may not end for them.
    pub silence: Silence,
    /// People whom any row or reference says to have a security mark.
    pub marked: BTreeSet<Uuid>,
}

impl Reading {
    /// A reading for a tenant.
    pub fn new(tenant: TenantId, report: Report) -> Self {
        let (resource, silence, marked) = (Resource::Organisations, Silence::default(), BTreeSet::new());
        Self { tenant, resource, quiet: false, report, silence, marked }
    }

    /// The resource whose rows come now.
    pub fn begin(&mut self, resource: Resource) {
        self.resource = resource;
    }

    /// The resource whose rows come now.
    pub(super) fn resource(&self) -> Resource {
        self.resource
    }

    /// Reads again what was read and reported before.
    pub fn quietly<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.quiet = true;
        let read = read(self);
        self.quiet = false;
        read
    }

    /// Refuses a row, or a part of it. What the doubts name may go on all the same.
    pub fn refuse(&mut self, resource: Resource, id: Uuid, field: &str, problem: &'static str, doubts: &[Doubt]) {
        let (field, held) = (field.to_owned(), !doubts.is_empty());
        self.tell(Problem { resource, id: Some(id), field, problem, refused: true, held });
        doubts.iter().for_each(|doubt| self.silence.doubt(*doubt));
    }

    /// Reports a field that is left out.
    pub fn note(&mut self, resource: Resource, id: Uuid, field: &str, problem: &'static str) {
        let field = field.to_owned();
        self.tell(Problem { resource, id: Some(id), field, problem, refused: false, held: false });
    }

    pub(super) fn tell(&mut self, problem: Problem) {
        if !self.quiet {
            self.report.problem(problem);
        }
    }

    /// Our id for an id of the source.
    pub(super) fn id(&self, resource: Resource, value: &Value) -> Option<Uuid> {
        own_id(self.tenant, resource, value)
    }
}

/// Our id for an id of the source: the same where it is a UUID, else derived from it, so that it stays the same.
pub(crate) fn own_id(tenant: TenantId, resource: Resource, value: &Value) -> Option<Uuid> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if text.is_empty() {
        return None;
    }
    Some(Uuid::parse_str(&text).unwrap_or_else(|_| Uuid::new_v5(&tenant.0, format!("{resource}/{text}").as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kapprum_domain::time::Day;

    #[test]
    fn an_id_that_is_no_uuid_is_derived_from_tenant_resource_and_text() {
        let reading = Reading::new(TenantId(Uuid::from_u128(1)), Report::new(Day::new(2026, 11, 24).unwrap()));
        let other = Reading::new(TenantId(Uuid::from_u128(2)), Report::new(Day::new(2026, 11, 24).unwrap()));
        let id = |reading: &Reading, resource, text: &str| reading.id(resource, &Value::from(text)).unwrap();
        let uuid = "6ad9c1f0-8d9e-4a51-9a67-0f5d8e6f0a11";
        assert_eq!(id(&reading, Resource::Persons, uuid).to_string(), uuid);
        assert_eq!(id(&reading, Resource::Persons, "p7"), id(&reading, Resource::Persons, " p7 "));
        assert_ne!(id(&reading, Resource::Persons, "p7"), id(&reading, Resource::Groups, "p7"));
        assert_ne!(id(&reading, Resource::Persons, "p7"), id(&other, Resource::Persons, "p7"));
    }
}
