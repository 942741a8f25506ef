//! What a school system says: a page as it comes, and an import of whatever its rows hold.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use kapprum_domain::id::{PersonId, RecordId, TenantId};
use kapprum_domain::record::{Change, Record};
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Day;
use kapprum_domain::world::{self, Unread, World};
use kapprum_server::identity::IdentityNumber;
use kapprum_server::import::apply::{Chunk, Outcome};
use kapprum_server::import::source::{self, Extent, Source};
use kapprum_server::import::{Broken, IdentitySink, Resource, Target, import as run};
use serde_json::Value;

/// A page: rows, and what asks for the next.
pub fn page(bytes: &[u8]) {
    let mut rows = 0;
    let told = source::page(bytes, &mut |_| rows += 1);
    let told = told.err().unwrap_or_default();
    assert!(told.len() < 100, "what is wrong with a page is told in a few words");
}

/// An object with a list of rows for each resource: imported twice, and the second time nothing is new.
pub fn import(bytes: &[u8]) {
    let Ok(Value::Object(told)) = serde_json::from_slice(bytes) else { return };
    let rows = |resource: Resource| {
        let name = resource.names().first().copied().unwrap_or_default();
        Some((resource, told.get(name)?.as_array()?.clone()))
    };
    let source = Rows(Resource::ALL.into_iter().filter_map(rows).collect());
    let (tenant, mut store) = (TenantId(uuid::Uuid::from_u128(1)), Kept::default());
    let Ok(today) = "2026-11-24".parse::<Day>() else { return };
    let mut import = || run(tenant, today, &source, &mut store, &mut Nowhere);
    let Ok(first) = import() else { panic!("the store never fails") };
    let Ok(second) = import() else { panic!("the store never fails") };
    assert!(second.is_unchanged(), "the same twice is not the same:\n{first}\n{second}");
}

/// Rows from memory.
struct Rows(BTreeMap<Resource, Vec<Value>>);

impl Source for Rows {
    fn rows(&self, resource: Resource, visit: &mut dyn FnMut(Value)) -> Extent {
        let Some(rows) = self.0.get(&resource) else { return Extent::Missing };
        rows.iter().cloned().for_each(visit);
        Extent::Whole
    }
}

/// Records in memory, without what follows from them.
#[derive(Default)]
struct Kept(BTreeMap<(Scope, String, RecordId), Record>);

impl Target for Kept {
    fn each(&mut self, kind: &'static str, visit: &mut dyn FnMut(&str)) -> Result<(), Broken> {
        self.0.iter().filter(|((_, of, _), _)| of == kind).for_each(|(_, record)| visit(&record.body));
        Ok(())
    }

    fn apply(&mut self, chunk: &Chunk) -> Result<Outcome, Broken> {
        let mut outcome = Outcome::default();
        for wanted in &chunk.wanted {
            let decided = chunk.decide(wanted, &World::new(self)).map_err(|_| Broken("the world".to_owned()))?;
            for change in &decided.changes {
                match change.clone() {
                    Change::Put(record) => {
                        self.0.insert((record.scope, record.kind.clone(), record.id), record);
                    }
                    Change::Remove(scope, kind, id) => {
                        self.0.remove(&(scope, kind, id));
                    }
                }
            }
            outcome.add(decided);
        }
        Ok(outcome)
    }
}

impl world::Source for Kept {
    fn get(&self, scope: &Scope, kind: &'static str, id: RecordId) -> Result<Option<String>, Unread> {
        Ok(self.0.get(&(*scope, kind.to_owned(), id)).map(|record| record.body.clone()))
    }

    fn scan(
        &self,
        kind: &'static str,
        scopes: &[Scope],
        range: RangeInclusive<i64>,
        visit: &mut dyn FnMut(&str),
    ) -> Result<(), Unread> {
        let inside =
            |record: &&Record| record.kind == kind && scopes.contains(&record.scope) && range.contains(&record.at);
        self.0.values().filter(inside).for_each(|record| visit(&record.body));
        Ok(())
    }
}

/// Identity numbers go nowhere.
struct Nowhere;

impl IdentitySink for Nowhere {
    fn people(&mut self) -> Result<Vec<PersonId>, Broken> {
        Ok(Vec::new())
    }

    fn put(&mut self, _: Vec<(PersonId, Option<IdentityNumber>)>) -> Result<(), Broken> {
        Ok(())
    }
}
