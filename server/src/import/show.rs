//! What the import made of a person, for the operator: from which resource, since when. No identity number, no way to
//! reach anybody.

use std::fmt;

use kapprum_domain::contact::Contact;
use kapprum_domain::grant::Place;
use kapprum_domain::id::{PersonId, RecordId, TenantId};
use kapprum_domain::record::Body;
use kapprum_domain::register::{Child, Employed, Enrolled};
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Day;
use kapprum_domain::world::World;
use uuid::Uuid;

use super::Resource;
use super::children::telling;
use super::live::mirror::{Known, Mirror};
use crate::config::Config;
use crate::open::{self, OpenError};
use crate::store::{Snapshot, Store, StoreError};
use crate::writer::unread;

/// Why nobody can be shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// The tenant's files.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store or the copy of the source.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody by that id.
    #[error("no such person; `people find` finds ids")]
    Nobody,
}

/// What is known of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    person: PersonId,
    name: String,
    protected: bool,
    numbered: bool,
    facts: Vec<Fact>,
    rows: Vec<(Resource, Uuid, Known)>,
}

/// One thing, the resource that told it, and its days.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fact {
    what: String,
    told_by: Resource,
    from: Option<Day>,
    until: Option<Day>,
}

/// Looks up a person.
///
/// # Errors
/// If there is no such person, or files can't be read.
pub fn show(config: &Config, tenant: TenantId, person: PersonId) -> Result<Shown, ShowError> {
    let (store, sign_in) = open::tenant(config, tenant)?;
    let mut shown =
        Shown { person, name: String::new(), protected: false, numbered: false, facts: Vec::new(), rows: Vec::new() };
    store.read(&mut |snapshot| shown.read(snapshot))?;
    shown.numbered = sign_in.identified()?.contains(&person);
    let copy = super::live::path(&open::folder(config, tenant)?);
    if copy.exists() {
        shown.rows = rows(&Mirror::open(&copy, tenant, &open::keys(config)?)?, person)?;
    }
    if shown.name.is_empty() && shown.facts.is_empty() && shown.rows.is_empty() {
        return Err(ShowError::Nobody);
    }
    Ok(shown)
}

impl Shown {
    fn read(&mut self, snapshot: &dyn Snapshot) -> Result<(), StoreError> {
        let (world, person) = (World::new(snapshot), self.person);
        let (scope, id, child) = (Scope::Register(person), RecordId(person.0), person.as_child());
        self.facts.clear();
        if let Some(contact) = world.get::<Contact>(Scope::Contact(person), id).map_err(unread)? {
            self.name = format!("{} {}", contact.given_name, contact.family_name).trim().to_owned();
            self.protected = contact.hidden;
        }
        if let Some(card) = world.get::<Child>(Scope::Child(child), id).map_err(unread)? {
            self.name = format!("{} {}", card.call_name, card.family_name).trim().to_owned();
        }
        if let Some(enrolled) = world.get::<Enrolled>(scope, id).map_err(unread)? {
            self.protected |= enrolled.marked;
            for one in &enrolled.guardians {
                self.fact(format!("guardian {}", one.guardian), Resource::Persons, None, one.until);
            }
            for place in &enrolled.places {
                self.fact(placed(place), telling(place), Some(place.from), place.until);
            }
        }
        if let Some(employed) = world.get::<Employed>(scope, id).map_err(unread)? {
            for duty in &employed.duties {
                let what = if duty.principal { "principal" } else { "staff" };
                self.fact(format!("{what} at unit {}", duty.unit), Resource::Duties, duty.from, duty.until);
            }
            for one in &employed.assignments {
                let (what, told_by) = (format!("works with group {}", one.group), assigned(one.kind));
                self.fact(what, told_by, one.from, one.until);
            }
        }
        snapshot.kind(Enrolled::KIND, &mut |body| {
            let Ok(enrolled) = serde_json::from_str::<Enrolled>(body) else { return };
            for one in enrolled.guardians.iter().filter(|one| one.guardian == person) {
                self.fact(format!("guardian of {}", enrolled.child), Resource::Persons, None, one.until);
            }
        })
    }

    fn fact(&mut self, what: String, told_by: Resource, from: Option<Day>, until: Option<Day>) {
        self.facts.push(Fact { what, told_by, from, until });
    }
}

fn placed(place: &Place) -> String {
    let mut what = format!("at unit {}", place.unit);
    if let Some(group) = place.group {
        what.push_str(&format!(", group {group}"));
    }
    if let Some(placement) = place.placement {
        what.push_str(&format!(", placement {placement}"));
    }
    what
}

fn assigned(kind: kapprum_domain::organisation::GroupKind) -> Resource {
    match kind {
        kapprum_domain::organisation::GroupKind::Teaching => Resource::Activities,
        _ => Resource::Duties,
    }
}

/// The source's rows about a person, and those of other resources that name them.
fn rows(mirror: &Mirror, person: PersonId) -> Result<Vec<(Resource, Uuid, Known)>, StoreError> {
    let (mut found, mut own) = (Vec::new(), None);
    if let Some(known) = mirror.known(Resource::Persons, person.0)? {
        found.push((Resource::Persons, person.0, known));
        own = mirror.row(Resource::Persons, person.0)?;
    }
    // Other rows name a person as the source does.
    let id = own.and_then(|row| row.get("id").map(ToString::to_string)).unwrap_or_else(|| format!("\"{person}\""));
    for resource in Resource::ALL.into_iter().filter(|resource| *resource != Resource::Persons) {
        let mut naming = Vec::new();
        mirror.each(resource, &mut |row, value| naming.extend(value.to_string().contains(&id).then_some(row)))?;
        for row in naming {
            found.extend(mirror.known(resource, row)?.map(|known| (resource, row, known)));
        }
    }
    Ok(found)
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}", self.person, self.name)?;
        if self.protected {
            writeln!(f, "protected: stored with an alias and without contact details")?;
        }
        writeln!(f, "identity number: {}", if self.numbered { "known" } else { "none" })?;
        for Fact { what, told_by, from, until } in &self.facts {
            write!(f, "- {what} ({told_by})")?;
            if let Some(from) = from {
                write!(f, " from {from}")?;
            }
            match until {
                Some(until) => writeln!(f, " until {until}")?,
                None => writeln!(f)?,
            }
        }
        for (resource, id, known) in &self.rows {
            writeln!(f, "{resource} {id}: here since {}, as it is since {}", known.first.day(), known.changed.day())?;
        }
        Ok(())
    }
}
