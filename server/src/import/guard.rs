//! The guard: a run that would end much of what there is stops and asks. A source that fails may answer with a list that
//! is empty, or half; nobody's rights end for that before a person has looked. What ends nothing is taken meanwhile: a
//! security mark waits for nobody.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use kapprum_domain::contact::Contact;
use kapprum_domain::id::{PersonId, TenantId};
use kapprum_domain::organisation::{Group, Unit};
use kapprum_domain::record::Body;
use kapprum_domain::register::{Enrolled, Imported};
use kapprum_domain::time::{Day, Timestamp};
use kapprum_domain::world::World;
use serde::Serialize;
use serde_json::Value;

use super::apply::{Chunk, Outcome};
use super::children::telling;
use super::mapping::goes_on;
use super::source::{Extent, Source};
use super::ss12000::Reading;
use super::ss12000::person::Person;
use super::target::{Sealed, StoreTarget, SystemPace};
use super::{Broken, IdentitySink, Report, Resource, Target, import, stored};
use crate::identity::IdentityNumber;
use crate::keys::Keys;
use crate::sign_in::SignIn;
use crate::store::Store;
use crate::writer::unread;

/// So few things may end in every resource: a share of a small one is less than one.
const FEW: usize = 3;

/// How much of a resource would end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// Things that would end: relations, places, posts, groups, units.
    pub ended: usize,
    /// Of so many.
    pub of: usize,
}

/// What a guarded import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guarded {
    /// It was done.
    Done(Report),
    /// Nothing was ended: more than the share would end in these resources.
    Asks {
        /// So much.
        ending: BTreeMap<Resource, Ending>,
        /// What was taken all the same.
        taken: Report,
    },
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} would end", self.ended, self.of)
    }
}

/// Imports everything that a source has, if no more than `share` per cent of a resource would end by it; none: whatever
/// ends.
///
/// # Errors
/// As [`super::run`].
pub fn guarded(
    source: &dyn Source,
    store: &dyn Store,
    sign_in: &SignIn,
    keys: &Keys,
    now: Timestamp,
    share: Option<u8>,
    progress: &mut dyn FnMut(&str, usize),
) -> Result<Guarded, Broken> {
    if let Some(share) = share {
        let (ending, knows_people) = much(source, store, sign_in, now, share)?;
        let careful = |ends| {
            let (tenant, today) = (sign_in.tenant(), now.day());
            Ok(Careful { source, tenant, today, hidden: hidden(store)?, ends })
        };
        if !ending.is_empty() {
            let source = careful(false)?;
            // What rows themselves call ended may be too much as well.
            if !much(&source, store, sign_in, now, share)?.0.is_empty() {
                return Ok(Guarded::Asks { ending, taken: Report::new(now.day()) });
            }
            let taken = take(&source, store, sign_in, keys, now, progress)?;
            return Ok(Guarded::Asks { ending, taken });
        }
        if !knows_people {
            return take(&careful(true)?, store, sign_in, keys, now, progress).map(Guarded::Done);
        }
    }
    take(source, store, sign_in, keys, now, progress).map(Guarded::Done)
}

fn take(
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

/// A source that is not believed where it would show somebody who is hidden; nor, unless it `ends`, that anything is whole,
/// so that nothing ends by its silence.
struct Careful<'a> {
    source: &'a dyn Source,
    tenant: TenantId,
    today: Day,
    hidden: HashSet<PersonId>,
    ends: bool,
}

impl Careful<'_> {
    /// Whether a row would show somebody who is hidden: a source that lost people may have lost marks.
    fn shows(&self, row: &Value) -> bool {
        let mut reading = Reading::new(self.tenant, Report::new(self.today));
        let person = Person::read(row, &mut reading);
        person.is_some_and(|person| !person.marked && self.hidden.contains(&person.id))
    }
}

impl Source for Careful<'_> {
    fn rows(&self, resource: Resource, visit: &mut dyn FnMut(Value)) -> Extent {
        let told = self.source.rows(resource, &mut |row| {
            if resource != Resource::Persons || !self.shows(&row) {
                visit(row);
            }
        });
        match told {
            Extent::Whole if !self.ends => Extent::Broken(vec!["too much would end".to_owned()]),
            other => other,
        }
    }
}

/// Everybody who is hidden here, for a mark or for being near one.
fn hidden(store: &dyn Store) -> Result<HashSet<PersonId>, Broken> {
    let (mut rehearsal, mut hidden) = (Rehearsal { store }, HashSet::new());
    rehearsal.each(Enrolled::KIND, &mut |body| {
        let child = serde_json::from_str::<Enrolled>(body).ok().filter(|one| one.marked);
        hidden.extend(child.map(|one| one.child.as_person()));
    })?;
    rehearsal.each(Contact::KIND, &mut |body| {
        let contact = serde_json::from_str::<Contact>(body).ok().filter(|one| one.hidden);
        hidden.extend(contact.map(|one| one.person));
    })?;
    Ok(hidden)
}

/// The resources of which more than the share would end, and whether everybody came whole.
fn much(
    source: &dyn Source,
    store: &dyn Store,
    sign_in: &SignIn,
    now: Timestamp,
    share: u8,
) -> Result<(BTreeMap<Resource, Ending>, bool), Broken> {
    let mut rehearsal = Rehearsal { store };
    let known = known(&mut rehearsal, now.day())?;
    if known.values().all(|(things, relations)| things + relations == 0) {
        return Ok((BTreeMap::new(), true));
    }
    let report = import(sign_in.tenant(), now.day(), source, &mut rehearsal, &mut Nowhere)?;
    let of = |resource| known.get(resource).copied().unwrap_or_default();
    let mut much = BTreeMap::new();
    for (resource, counts) in &report.resources {
        let (things, relations) = of(resource);
        let endings = [
            Ending { ended: counts.ended - counts.ended_relations, of: things },
            Ending { ended: counts.ended_relations, of: relations },
        ];
        for ending in endings.into_iter().filter(|ending| is_much(*ending, share)) {
            let sum = much.entry(*resource).or_insert(Ending { ended: 0, of: 0 });
            (sum.ended, sum.of) = (sum.ended + ending.ended, sum.of + ending.of);
        }
    }
    Ok((much, report.knows_people()))
}

fn is_much(ending: Ending, share: u8) -> bool {
    ending.ended > FEW && ending.ended.saturating_mul(100) > ending.of.saturating_mul(usize::from(share))
}

/// What there is that a source may end: things, and relations of guardians, which are counted by themselves.
fn known(target: &mut dyn Target, today: Day) -> Result<BTreeMap<Resource, (usize, usize)>, Broken> {
    let mut known: BTreeMap<Resource, (usize, usize)> = BTreeMap::new();
    let mut count = |resource, things: usize| known.entry(resource).or_default().0 += things;
    for one in stored::<Unit>(target)? {
        count(Resource::Organisations, usize::from(!one.forms.is_empty()));
    }
    count(Resource::Groups, stored::<Group>(target)?.len());
    let mut relations = 0;
    target.each(Imported::KIND, &mut |body| {
        let Ok(one) = serde_json::from_str::<Imported>(body) else { return };
        count(Resource::Persons, 1);
        relations += one.guardians.len();
        let duties = one.duties.iter().filter(|duty| goes_on(duty.until, today)).count();
        count(Resource::Duties, duties + one.assignments.iter().filter(|one| goes_on(one.until, today)).count());
        for place in one.places.iter().filter(|place| goes_on(place.until, today)) {
            count(telling(place), 1);
        }
    })?;
    known.entry(Resource::Persons).or_default().1 = relations;
    Ok(known)
}

/// Decides and writes nothing.
struct Rehearsal<'a> {
    store: &'a dyn Store,
}

impl Target for Rehearsal<'_> {
    fn each(&mut self, kind: &'static str, visit: &mut dyn FnMut(&str)) -> Result<(), Broken> {
        self.store.read(&mut |snapshot| snapshot.kind(kind, visit)).map_err(|error| Broken(error.to_string()))
    }

    fn apply(&mut self, chunk: &Chunk) -> Result<Outcome, Broken> {
        let mut outcome = Outcome::default();
        let read = self.store.read(&mut |snapshot| {
            for wanted in &chunk.wanted {
                outcome.add(chunk.decide(wanted, &World::new(snapshot)).map_err(unread)?);
            }
            Ok(())
        });
        read.map_err(|error| Broken(error.to_string()))?;
        Ok(outcome)
    }
}

/// Identity numbers of a rehearsal go nowhere.
struct Nowhere;

impl IdentitySink for Nowhere {
    fn people(&mut self) -> Result<Vec<PersonId>, Broken> {
        Ok(Vec::new())
    }

    fn put(&mut self, _: Vec<(PersonId, Option<IdentityNumber>)>) -> Result<(), Broken> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_is_more_than_the_share_and_more_than_a_few() {
        for (ended, of, share, much) in [
            (0, 600, 10, false),
            (60, 600, 10, false),
            (61, 600, 10, true),
            (3, 3, 10, false),
            (4, 4, 10, true),
            (4, 40, 10, false),
            (4, 40, 0, true),
            (600, 600, 100, false),
            (4, 0, 10, true),
        ] {
            assert_eq!(is_much(Ending { ended, of }, share), much, "{ended} of {of} at {share} per cent");
        }
    }
}
