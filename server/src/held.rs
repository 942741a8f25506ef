//! What accounts hold, found once and kept while it is exact (`protocol.md` §1).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kapprum_domain::access::{self, Class, Rights};
use kapprum_domain::actor::Account;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::World;
use kapprum_protocol::cursor::Seq;
use kapprum_protocol::frame::{Freshness, ScopeNumber};
use sha2::{Digest, Sha256};

use crate::store::{Head, Result, Snapshot};
use crate::writer::unread;

/// What an account holds, by the scopes' numbers: many accounts' are kept, and some hold thousands.
#[derive(Debug)]
pub struct Held {
    /// In order of their numbers.
    pub(crate) scopes: Box<[HeldScope]>,
    /// The scopes that were read to find it, with their heads.
    read: Box<[(Scope, Seq)]>,
    /// The numbers of those of them that are not held.
    beside: Box<[ScopeNumber]>,
    until: Option<Timestamp>,
    /// Over the scopes with their generations and classes: what a cursor keeps of them.
    pub(crate) hash: u64,
}

/// One held scope, in eight bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldScope {
    pub(crate) number: ScopeNumber,
    /// Raised by repairs alone: never so often that it would not fit.
    pub(crate) generation: u16,
    pub(crate) class: Class,
}

/// What accounts hold, kept while it is exact (`protocol.md` §1), and of those who came last.
#[derive(Default)]
pub struct RightsCache {
    kept: Mutex<Kept>,
}

/// When there is no room, what was not asked for since the last time there was none is let go.
#[derive(Default)]
struct Kept {
    young: HashMap<Account, Arc<Held>>,
    old: HashMap<Account, Arc<Held>>,
    /// Scopes of the young ones.
    scopes: usize,
}

/// Scopes that the young ones of a cache may have, each counted with [`EACH`] for itself: some 30 MB in all.
const ROOM: usize = 2_000_000;
/// What an account itself takes, in scopes.
const EACH: usize = 30;

impl RightsCache {
    /// What an account holds in this state; or the scopes that must get a number first.
    pub(crate) fn held(
        &self,
        snapshot: &dyn Snapshot,
        account: &Account,
        now: Timestamp,
    ) -> Result<std::result::Result<Arc<Held>, Vec<Scope>>> {
        if let Some(held) = self.kept().get(account)
            && held.until.is_none_or(|until| now < until)
            && heads(snapshot, &held.read)?.as_slice() == held.read.as_ref()
        {
            return Ok(Ok(held));
        }
        let rights = access::scopes(account, now, &World::new(snapshot)).map_err(unread)?;
        let held = match Held::number(snapshot, &rights)? {
            Ok(held) => Arc::new(held),
            Err(missing) => return Ok(Err(missing)),
        };
        self.kept().put(*account, held.clone());
        Ok(Ok(held))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn get(&mut self, account: &Account) -> Option<Arc<Held>> {
        if let Some(held) = self.young.get(account) {
            return Some(held.clone());
        }
        let held = self.old.remove(account)?;
        self.put(*account, held.clone());
        Some(held)
    }

    fn put(&mut self, account: Account, held: Arc<Held>) {
        self.scopes += held.scopes.len() + EACH;
        if let Some(before) = self.young.insert(account, held) {
            self.scopes -= before.scopes.len() + EACH;
        }
        if self.scopes > ROOM {
            (self.old, self.scopes) = (std::mem::take(&mut self.young), 0);
        }
    }
}

impl Held {
    fn number(snapshot: &dyn Snapshot, rights: &Rights) -> Result<std::result::Result<Self, Vec<Scope>>> {
        let mut wanted: Vec<Scope> = rights.iter().map(|(scope, _)| scope).collect();
        // What was read is waited for too: what is held follows from it.
        wanted.extend(rights.read.iter().filter(|scope| !rights.holds(**scope)));
        let heads: BTreeMap<Scope, _> = snapshot.heads(&wanted)?.into_iter().map(|head| (head.scope, head)).collect();
        let missing: Vec<Scope> = wanted.into_iter().filter(|scope| !heads.contains_key(scope)).collect();
        if !missing.is_empty() {
            return Ok(Err(missing));
        }
        let mut scopes = Vec::with_capacity(rights.len());
        for (scope, class) in rights.iter() {
            if let Some(Head { number, generation, .. }) = heads.get(&scope) {
                let generation = u16::try_from(*generation).unwrap_or(u16::MAX);
                scopes.push(HeldScope { number: *number, generation, class });
            }
        }
        scopes.sort_unstable_by_key(|one| one.number);
        let mut digest = Sha256::new();
        for HeldScope { number, generation, class } in &scopes {
            digest.update(number.to_be_bytes());
            digest.update(u32::from(*generation).to_be_bytes());
            digest.update([u8::from(Freshness(*class))]);
        }
        let hash = u64::from_be_bytes(digest.finalize().first_chunk().copied().unwrap_or_default());
        let head = |scope: &Scope| heads.get(scope);
        let read = rights.read.iter().map(|scope| (*scope, head(scope).map_or(0, |head| head.head))).collect();
        let beside = rights.read.iter().filter(|scope| !rights.holds(**scope));
        let beside = beside.filter_map(head).map(|head| head.number).collect();
        Ok(Ok(Self { scopes: scopes.into(), read, beside, until: rights.until, hash }))
    }

    /// A scope by its number, if it is held.
    pub(crate) fn get(&self, number: ScopeNumber) -> Option<HeldScope> {
        let at = self.scopes.binary_search_by_key(&number, |one| one.number).ok()?;
        self.scopes.get(at).copied()
    }

    /// The scopes in which a change may be news to who holds this.
    pub fn watched(&self) -> impl Iterator<Item = ScopeNumber> + '_ {
        self.scopes.iter().map(|one| one.number).chain(self.beside.iter().copied())
    }

    /// When it changes by itself.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    #[cfg(test)]
    pub(crate) fn of(numbers: &[ScopeNumber]) -> Arc<Self> {
        let one = |number: &ScopeNumber| HeldScope { number: *number, generation: 1, class: Class::Normal };
        let (scopes, read, beside) = (numbers.iter().map(one).collect(), Box::default(), Box::default());
        Arc::new(Self { scopes, read, beside, until: None, hash: 0 })
    }
}

/// The heads of scopes now, in the order given; a scope without rows has none.
fn heads(snapshot: &dyn Snapshot, scopes: &[(Scope, Seq)]) -> Result<Vec<(Scope, Seq)>> {
    let names: Vec<Scope> = scopes.iter().map(|(scope, _)| *scope).collect();
    let heads: BTreeMap<Scope, Seq> = snapshot.heads(&names)?.into_iter().map(|head| (head.scope, head.head)).collect();
    Ok(names.into_iter().map(|scope| (scope, heads.get(&scope).copied().unwrap_or(0))).collect())
}
