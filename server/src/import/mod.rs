//! Import of the school register: what a municipality's systems know of units, people and groups becomes records.
//!
//! `source` gives rows, `ss12000` reads them leniently, `mapping` and `people` say which records they ask for, `apply`
//! compares that with what is stored and changes only what differs, chunk by chunk through a [`Target`]. What a row gets
//! wrong goes into the [`Report`]; sound rows come in all the same, and what may hang on others stands (`silence`). The
//! same input twice writes nothing.

pub mod alias;
pub mod apply;
mod children;
mod find;
pub mod guard;
mod hiding;
pub mod live;
pub mod mapping;
mod merge;
mod people;
pub mod report;
mod show;
pub mod silence;
pub mod source;
pub mod ss12000;
pub mod target;
pub mod wanted;

use std::collections::{HashMap, HashSet};
use std::fmt;

use kapprum_domain::id::{PersonId, TenantId};
use kapprum_domain::record::Body;
use kapprum_domain::register::{Enrolled, Imported, Placement};
use kapprum_domain::time::{Day, Timestamp};
use serde::Serialize;

pub use find::find;
pub use report::Report;
pub use show::show;
pub use source::Folder;

use crate::identity::IdentityNumber;
use crate::keys::Keys;
use crate::sign_in::SignIn;
use crate::store::Store;
use apply::Chunk;
use mapping::Register;
use source::{Extent, Source};
use ss12000::Reading;
use ss12000::person::Person;
use target::{Sealed, StoreTarget, SystemPace};
use wanted::Wanted;

/// A resource of SS 12000 that an import reads, in the order in which it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Municipality, schools and their units.
    Organisations,
    /// Departments, classes, teaching groups, with their members.
    Groups,
    /// Places in childcare and after-school.
    Placements,
    /// Posts, with what they are assigned to.
    Duties,
    /// Teaching: which posts teach which groups.
    Activities,
    /// Everybody, with responsibles and enrolments.
    Persons,
}

impl Resource {
    /// All, in the order in which they are read.
    pub const ALL: [Self; 6] =
        [Self::Organisations, Self::Groups, Self::Placements, Self::Duties, Self::Activities, Self::Persons];

    /// Its name in the standard, then spellings that are met too (the standard's own text has one).
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Organisations => &["organisations", "organizations"],
            Self::Groups => &["groups"],
            Self::Placements => &["placements"],
            Self::Duties => &["duties"],
            Self::Activities => &["activities", "activitites"],
            Self::Persons => &["persons"],
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.names().first().copied().unwrap_or_default())
    }
}

/// Where an import writes: the tenant's store behind its writer.
pub trait Target {
    /// Visits the bodies of all records of a kind, in whatever scope, in any order.
    ///
    /// # Errors
    /// If the store can't be read.
    fn each(&mut self, kind: &'static str, visit: &mut dyn FnMut(&str)) -> Result<(), Broken>;

    /// Makes a chunk true: [`Chunk::decide`] for each thing wanted, over the world with all before it, its changes, their
    /// consequences. What changes nothing must leave nothing behind, and no lock may be held longer than others can wait.
    ///
    /// # Errors
    /// If the store can't be read or written; the import stops, what came before stands.
    fn apply(&mut self, chunk: &Chunk) -> Result<apply::Outcome, Broken>;
}

/// Where identity numbers go: the sign-in file, sealed by a key outside it.
pub trait IdentitySink {
    /// The people of whom there is a number.
    ///
    /// # Errors
    /// If they can't be read; the import stops.
    fn people(&mut self) -> Result<Vec<PersonId>, Broken>;

    /// Takes each person's number in place of an earlier one; none: takes the earlier one out.
    ///
    /// # Errors
    /// If they could not be kept; the import stops.
    fn put(&mut self, numbers: Vec<(PersonId, Option<IdentityNumber>)>) -> Result<(), Broken>;
}

/// The store or the sign-in file failed. Trying the whole import again is safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the import stopped, what came before stands: {0}")]
pub struct Broken(pub String);

/// Wanted things that are held in memory and compared with what is stored at one time.
const CHUNK: usize = 64;

/// Imports everything that a source has into a tenant's store and sign-in file. `progress` hears how many changes are
/// written so far.
///
/// # Errors
/// Only if store or sign-in file fails. What the source gets wrong is in the report.
pub fn run(
    source: &dyn Source,
    store: &dyn Store,
    sign_in: &SignIn,
    keys: &Keys,
    now: Timestamp,
    progress: &mut dyn FnMut(&str, usize),
) -> Result<Report, Broken> {
    let mut pace = SystemPace::default();
    let mut target = StoreTarget::new(store, now, &mut pace, progress);
    import(sign_in.tenant(), now.day(), source, &mut target, &mut Sealed { sign_in, keys })
}

/// Imports everything that a source has, with `today` in Stockholm as the day by which things have ended.
///
/// # Errors
/// Only if the target or the sink fails. What the source gets wrong is in the report.
pub fn import(
    tenant: TenantId,
    today: Day,
    source: &dyn Source,
    target: &mut dyn Target,
    identities: &mut dyn IdentitySink,
) -> Result<Report, Broken> {
    let mut reading = Reading::new(tenant, Report::new(today));
    let mut placed = HashMap::new();
    target.each(Placement::KIND, &mut |body| {
        let placement: Result<Placement, _> = serde_json::from_str(body);
        placed.extend(placement.map(|one| (one.placement, one.child.as_person())));
    })?;
    let mut register = Register::new(today, placed);
    for resource in Resource::ALL {
        reading.begin(resource);
        let extent = source.rows(resource, &mut |row| {
            reading.report.counts(resource).rows += 1;
            register.add(resource, &row, &mut reading);
        });
        let incomplete = &mut reading.report.counts(resource).incomplete;
        match extent {
            Extent::Whole => reading.silence.whole(resource),
            Extent::Missing => incomplete.push("not in the source".to_owned()),
            Extent::Broken(pages) => incomplete.extend(pages),
        }
        if reading.silence.is_lost(resource) {
            incomplete.push("a row does not say whom or what it is about".to_owned());
        }
        match resource {
            Resource::Organisations => register.settle_units(stored(target)?, &reading),
            Resource::Groups => register.settle_groups(stored(target)?, &reading),
            Resource::Persons => register.settle_people(&mut reading),
            Resource::Placements | Resource::Duties | Resource::Activities => {}
        }
    }
    let mut protected = Vec::new();
    target.each(Enrolled::KIND, &mut |body| {
        let enrolled: Result<Enrolled, _> = serde_json::from_str(body);
        protected.extend(enrolled.ok().filter(|one| one.marked || reading.marked.contains(&one.child.0)));
    })?;
    let hidden = register.settle_marked(&protected, &reading);
    drop(protected);
    let mut gone: HashSet<PersonId> = identities.people()?.into_iter().filter(|one| !register.names(*one)).collect();
    target.each(Imported::KIND, &mut |body| {
        let imported: Result<Imported, _> = serde_json::from_str(body);
        gone.extend(imported.map(|imported| imported.person).ok().filter(|one| !register.names(*one)));
    })?;
    let persons_whole = reading.silence.is_whole(Resource::Persons);
    let chunk = Chunk { today, silence: std::mem::take(&mut reading.silence), wanted: Vec::new() };
    let mut writing = Writing { target, identities, chunk, numbers: Vec::new() };
    for (person, marked) in hidden {
        writing.push(Wanted::Hidden { person, marked }, &mut reading.report)?;
    }
    for wanted in register.organisation() {
        writing.push(wanted, &mut reading.report)?;
    }
    let mut seen = HashSet::new();
    let mut result = Ok(());
    source.rows(Resource::Persons, &mut |row| {
        // The first pass told what is wrong with the row itself.
        let person = reading.quietly(|reading| Person::read(&row, reading));
        let Some(mut person) = person.filter(|person| result.is_ok() && seen.insert(person.id)) else { return };
        let number = person.number.take().filter(|number| !person.gone && !register.shared(number));
        // Where not everybody came, a number that is not told may be one that got lost.
        if number.is_some() || persons_whole {
            writing.numbers.push((person.id, number));
        }
        let wanted = register.person(&person, &mut reading);
        result = writing.push(wanted, &mut reading.report);
    });
    result?;
    for person in gone.into_iter().filter(|_| persons_whole) {
        writing.numbers.push((person, None));
        writing.push(Wanted::Gone(person), &mut reading.report)?;
    }
    writing.flush(&mut reading.report)?;
    reading.report.protected = reading.marked.iter().map(|person| PersonId(*person)).collect();
    Ok(reading.report)
}

/// All stored records of a kind.
fn stored<T: Body>(target: &mut dyn Target) -> Result<Vec<T>, Broken> {
    let mut found = Vec::new();
    target.each(T::KIND, &mut |body| found.extend(serde_json::from_str::<T>(body)))?;
    Ok(found)
}

/// What waits to be written.
struct Writing<'a> {
    target: &'a mut dyn Target,
    identities: &'a mut dyn IdentitySink,
    chunk: Chunk,
    numbers: Vec<(PersonId, Option<IdentityNumber>)>,
}

impl Writing<'_> {
    fn push(&mut self, wanted: Wanted, report: &mut Report) -> Result<(), Broken> {
        self.chunk.wanted.push(wanted);
        if self.chunk.wanted.len() < CHUNK { Ok(()) } else { self.flush(report) }
    }

    fn flush(&mut self, report: &mut Report) -> Result<(), Broken> {
        let outcome = self.target.apply(&self.chunk)?;
        for (resource, counts) in outcome.counts {
            report.counts(resource).add(&counts);
        }
        self.chunk.wanted.clear();
        let mut numbers = std::mem::take(&mut self.numbers);
        for (_, number) in numbers.iter_mut().filter(|(person, _)| !outcome.stored.contains(person)) {
            *number = None;
        }
        self.identities.put(numbers)
    }
}
