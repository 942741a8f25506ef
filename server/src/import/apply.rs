//! Writes what differs between a source and the store, in chunks, and ends what the source has no more.

use std::collections::BTreeSet;

use kapprum_domain::contact::Contact;
use kapprum_domain::id::{PersonId, RecordId};
use kapprum_domain::record::{Body, Change};
use kapprum_domain::register::{Child, Employed, Enrolled, Placement};
use kapprum_domain::scope::Scope;
use kapprum_domain::time::{Day, Timestamp};
use kapprum_domain::world::World;
use serde::{Deserialize, Serialize};

use super::mapping::Facts;
use super::report::Report;
use crate::keys::Keys;
use crate::sign_in::SignIn;
use crate::store::{Result, Store, StoreError};
use crate::writer;

/// Changes in one transaction.
const CHUNK: usize = 400;

/// What the source said of a person's contact details the last time, so that one's own changes are told from its.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ImportedContact(Contact);

impl Body for ImportedContact {
    const KIND: &'static str = "imported_contact";
    fn scope(&self) -> Scope {
        Scope::Register(self.0.person)
    }
    fn id(&self) -> RecordId {
        RecordId(self.0.person.0)
    }
}

struct Import<'a> {
    store: &'a dyn Store,
    now: Timestamp,
    chunk: Vec<Change>,
    report: &'a mut Report,
    progress: &'a mut dyn FnMut(&str, usize),
    written: usize,
}

/// Writes facts into a store.
pub(crate) fn apply(
    facts: Facts,
    store: &dyn Store,
    sign_in: &SignIn,
    keys: &Keys,
    now: Timestamp,
    report: &mut Report,
    progress: &mut dyn FnMut(&str, usize),
) -> Result<()> {
    let missing: BTreeSet<&str> = report.missing.iter().copied().collect();
    let mut import = Import { store, now, chunk: Vec::new(), report, progress, written: 0 };
    for unit in facts.units.values() {
        // Hours and switches are the unit's own, not the source's.
        import.merge(unit, |stands, new| {
            new.hours = stands.hours;
            new.switches.clone_from(&stands.switches);
        })?;
    }
    for group in facts.groups.values() {
        import.merge(group, |_, _| {})?;
    }
    for (_, cards) in facts.staff.values() {
        for card in cards {
            import.merge(card, |_, _| {})?;
        }
    }
    for contact in facts.contacts.values() {
        import.contact(contact)?;
    }
    for placement in facts.placements.values() {
        import.merge(placement, |_, _| {})?;
    }
    let yesterday = now.day().plus(-1);
    for (card, enrolled) in facts.children.values() {
        import.merge(card, |_, _| {})?;
        import.merge(enrolled, |stands, new| keep_ended(stands, new, yesterday))?;
    }
    for (employed, _) in facts.staff.values() {
        import.merge(employed, |stands, new| keep_posts(stands, new, yesterday))?;
    }
    if !missing.contains("persons") {
        import.end::<Enrolled>(
            |one| !facts.children.contains_key(&one.child),
            |one| {
                one.guardians.iter_mut().for_each(|of| end(&mut of.until, yesterday));
                one.places.iter_mut().for_each(|place| end(&mut place.until, yesterday));
            },
        )?;
    }
    if !missing.contains("placements") {
        import.end::<Placement>(
            |one| !facts.placements.contains_key(&one.placement),
            |one| end(&mut one.until, yesterday),
        )?;
    }
    if !missing.contains("duties") {
        import.end::<Employed>(
            |one| !facts.staff.contains_key(&one.person),
            |one| {
                one.duties.iter_mut().for_each(|duty| end(&mut duty.until, yesterday));
                one.assignments.iter_mut().for_each(|assignment| end(&mut assignment.until, yesterday));
            },
        )?;
    }
    import.flush()?;
    for (person, number) in &facts.numbers {
        sign_in.keep_identity(keys, *person, number)?;
    }
    Ok(())
}

/// What a child had and the source names no more has ended; what a principal decided stays (ruling f).
fn keep_ended(stands: &Enrolled, new: &mut Enrolled, yesterday: Day) {
    for old in &stands.guardians {
        match new.guardians.iter_mut().find(|one| one.guardian == old.guardian) {
            Some(one) => one.threat |= old.threat,
            None => {
                let mut ended = old.clone();
                end(&mut ended.until, yesterday);
                new.guardians.push(ended);
            }
        }
    }
    for old in &stands.places {
        let same = |one: &&mut kapprum_domain::grant::Place| {
            (one.unit, one.group, one.placement) == (old.unit, old.group, old.placement)
        };
        if new.places.iter_mut().find(same).is_none() {
            let mut ended = *old;
            end(&mut ended.until, yesterday);
            new.places.push(ended);
        }
    }
    new.guardians
        .sort_by_key(|one| stands.guardians.iter().position(|old| old.guardian == one.guardian).unwrap_or(usize::MAX));
    new.places.sort();
}

fn keep_posts(stands: &Employed, new: &mut Employed, yesterday: Day) {
    for old in &stands.duties {
        if !new.duties.iter().any(|one| one.unit == old.unit) {
            let mut ended = old.clone();
            end(&mut ended.until, yesterday);
            new.duties.push(ended);
        }
    }
    for old in &stands.assignments {
        if !new.assignments.iter().any(|one| one.group == old.group) {
            let mut ended = old.clone();
            end(&mut ended.until, yesterday);
            new.assignments.push(ended);
        }
    }
}

fn end(until: &mut Option<Day>, yesterday: Day) {
    *until = Some(until.map_or(yesterday, |until| until.min(yesterday)));
}

impl Import<'_> {
    /// Puts a body, after what stands was merged into it; counts what became of it.
    fn merge<T: Body + Clone + PartialEq>(&mut self, body: &T, merge: impl Fn(&T, &mut T)) -> Result<()> {
        let stands = self.stands::<T>(body.scope(), body.id())?;
        let mut new = body.clone();
        if let Some(stands) = &stands {
            merge(stands, &mut new);
        }
        let counts = self.report.records.entry(T::KIND).or_default();
        match &stands {
            Some(stands) if *stands == new => counts.unchanged += 1,
            Some(_) => counts.changed += 1,
            None => counts.new += 1,
        }
        self.put(stands.as_ref() != Some(&new), &new)
    }

    /// One's own phone and mail stay until the source's own value changes (rule 102).
    fn contact(&mut self, contact: &Contact) -> Result<()> {
        let id = RecordId(contact.person.0);
        let before = self.stands::<ImportedContact>(Scope::Register(contact.person), id)?;
        if let Some(before) = before {
            self.merge(contact, |stands, new| {
                if before.0.phone == new.phone {
                    new.phone.clone_from(&stands.phone);
                }
                if before.0.mail == new.mail {
                    new.mail.clone_from(&stands.mail);
                }
            })?;
        } else {
            self.merge(contact, |_, _| {})?;
        }
        let imported = ImportedContact(contact.clone());
        let same = self.stands::<ImportedContact>(imported.scope(), id)?.as_ref() == Some(&imported);
        self.put(!same, &imported)
    }

    /// Ends the stored records that the source has no more.
    fn end<T: Body + Clone + PartialEq>(&mut self, gone: impl Fn(&T) -> bool, end: impl Fn(&mut T)) -> Result<()> {
        let mut ended = Vec::new();
        self.store.read(&mut |snapshot| {
            snapshot.kind(T::KIND, &mut |body| {
                if let Ok(one) = serde_json::from_str::<T>(body) {
                    let mut new = one.clone();
                    end(&mut new);
                    if gone(&one) && new != one {
                        ended.push(new);
                    }
                }
            })
        })?;
        for one in ended {
            self.report.records.entry(T::KIND).or_default().ended += 1;
            self.put(true, &one)?;
        }
        Ok(())
    }

    fn stands<T: Body>(&self, scope: Scope, id: RecordId) -> Result<Option<T>> {
        let mut found = None;
        self.store.read(&mut |snapshot| {
            let world = World::new(snapshot);
            found = world.get::<T>(scope, id).map_err(|error| StoreError::Failed(error.to_string()))?;
            Ok(())
        })?;
        Ok(found)
    }

    fn put(&mut self, differs: bool, body: &impl Body) -> Result<()> {
        if differs {
            self.chunk.push(Change::put(body));
        }
        if self.chunk.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        self.written += chunk.len();
        if !chunk.is_empty() {
            writer::import(self.store, &chunk, self.now)?;
            (self.progress)("written", self.written);
        }
        Ok(())
    }
}

/// The people whose name contains a text, for the operator: id, name, what they are.
pub fn find(store: &dyn Store, text: &str) -> Result<Vec<(PersonId, String, &'static str)>> {
    let wanted = text.to_lowercase();
    let mut found = Vec::new();
    store.read(&mut |snapshot| {
        let mut note = |person, name: String, what| {
            if name.to_lowercase().contains(&wanted) {
                found.push((person, name, what));
            }
        };
        snapshot.kind(Contact::KIND, &mut |body| {
            if let Ok(one) = serde_json::from_str::<Contact>(body) {
                note(one.person, format!("{} {}", one.given_name, one.family_name), "adult");
            }
        })?;
        snapshot.kind(Child::KIND, &mut |body| {
            if let Ok(one) = serde_json::from_str::<Child>(body) {
                note(one.child.as_person(), format!("{} {}", one.call_name, one.family_name), "child or student");
            }
        })
    })?;
    found.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(found)
}
