//! The server of a history: the product's store, writer and answer over a file in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kapprum_domain::actor::Account;
use kapprum_domain::id::{CommandId, RecordId};
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::{Source, Unread};
use kapprum_protocol::cursor::{Epoch, Seq};
use kapprum_protocol::frame::{Row, ScopeNumber};
use kapprum_protocol::sum::Sum;
use kapprum_server::keys::Keys;
use kapprum_server::store::sqlite::Sqlite;
use kapprum_server::store::{
    Entry, Head, Kept, Meta, Reading, Result, Snapshot, Store, StoreError, Transaction, Writing,
};
use kapprum_server::sync::RightsCache;

use crate::variant::Variant;

/// The record on whose sight a rule panics.
pub type Poison = Option<RecordId>;

pub struct Server {
    pub store: Arc<dyn Store>,
    pub watched: Arc<Watched>,
    pub cache: Arc<RightsCache>,
    pub keys: Keys,
    pub path: PathBuf,
    pub epoch: u128,
    poison: Poison,
    variant: Variant,
    effects: Arc<Mutex<BTreeMap<CommandId, u32>>>,
}

impl Server {
    pub fn open(path: &Path, epoch: u128, variant: Variant, poison: Poison) -> Self {
        let effects = Arc::default();
        let (store, watched) = store(path, epoch, variant, poison, &effects);
        let keys = Keys::new([7; 32], [8; 32]);
        Self { store, watched, cache: Arc::default(), keys, path: path.to_owned(), epoch, poison, variant, effects }
    }

    /// Dies: connections dropped, files copied as they lie, opened again.
    pub fn die(&mut self, copy: &Path) {
        copy_files(&self.path, copy);
        self.path = copy.to_owned();
        (self.store, self.watched) = store(copy, self.epoch, self.variant, self.poison, &self.effects);
        self.cache = Arc::default();
    }

    /// How often each command took effect.
    pub fn effects(&self) -> BTreeMap<CommandId, u32> {
        self.effects.lock().unwrap().clone()
    }

    /// Reads with the store.
    pub fn read<T>(&self, mut work: impl FnMut(&dyn Snapshot) -> Result<T>) -> T {
        let mut found = None;
        self.store
            .read(&mut |snapshot| {
                found = Some(work(snapshot)?);
                Ok(())
            })
            .unwrap();
        found.unwrap()
    }
}

fn store(
    path: &Path,
    epoch: u128,
    variant: Variant,
    poison: Poison,
    effects: &Arc<Mutex<BTreeMap<CommandId, u32>>>,
) -> (Arc<dyn Store>, Arc<Watched>) {
    let inner = Sqlite::open_in_memory_file(path, Epoch(epoch)).unwrap();
    let watched = Arc::new(Watched {
        inner,
        variant,
        poison,
        fail: AtomicBool::new(false),
        effects: effects.clone(),
        late: Mutex::default(),
        ahead: AtomicU64::new(0),
    });
    (watched.clone(), watched)
}

/// Copies a database as it lies, without closing it.
pub fn copy_files(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
    let wal = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
    if wal(from).exists() {
        std::fs::copy(wal(from), wal(to)).unwrap();
    }
}

/// The product's store, watched: counts effects, fails when told to, and for the wrong variants breaks one sentence.
pub struct Watched {
    inner: Sqlite,
    variant: Variant,
    poison: Poison,
    /// The next transaction fails at its commit.
    pub fail: AtomicBool,
    effects: Arc<Mutex<BTreeMap<CommandId, u32>>>,
    late: Mutex<Vec<(Account, Kept)>>,
    ahead: AtomicU64,
}

impl Watched {
    /// Keeps the receipts that a wrong variant held back.
    pub fn keep_late(&self) {
        let late = std::mem::take(&mut *self.late.lock().unwrap());
        for (account, kept) in late {
            let _ = self.inner.write(&mut |transaction| transaction.keep(&account, &kept));
        }
    }
}

impl Store for Watched {
    fn read(&self, work: &mut Reading<'_>) -> Result<()> {
        self.inner.read(&mut |snapshot| work(&Seen { store: self, inner: snapshot }))
    }

    fn write(&self, work: &mut Writing<'_>) -> Result<()> {
        let mut wrote = BTreeSet::new();
        let result = self.inner.write(&mut |transaction| {
            let within =
                Within { seen: Seen { store: self, inner: transaction }, inner: transaction, wrote: Mutex::default() };
            work(&within)?;
            wrote = std::mem::take(&mut *within.wrote.lock().unwrap());
            if self.fail.swap(false, Ordering::Relaxed) {
                return Err(StoreError::Failed("the disk".to_owned()));
            }
            Ok(())
        });
        if result.is_ok() {
            let mut effects = self.effects.lock().unwrap();
            wrote.into_iter().for_each(|id| *effects.entry(id).or_default() += 1);
        }
        result
    }
}

struct Seen<'a, S: ?Sized> {
    store: &'a Watched,
    inner: &'a S,
}

struct Within<'a> {
    seen: Seen<'a, dyn Transaction + 'a>,
    inner: &'a dyn Transaction,
    wrote: Mutex<BTreeSet<CommandId>>,
}

impl<S: Snapshot + ?Sized> Source for Seen<'_, S> {
    fn get(&self, scope: &Scope, kind: &'static str, id: RecordId) -> std::result::Result<Option<String>, Unread> {
        assert!(self.store.poison != Some(id), "the rule's bug");
        self.inner.get(scope, kind, id)
    }

    fn scan(
        &self,
        kind: &'static str,
        scopes: &[Scope],
        range: std::ops::RangeInclusive<i64>,
        visit: &mut dyn FnMut(&str),
    ) -> std::result::Result<(), Unread> {
        self.inner.scan(kind, scopes, range, visit)
    }
}

impl<S: Snapshot + ?Sized> Snapshot for Seen<'_, S> {
    fn meta(&self) -> Result<Meta> {
        let mut meta = self.inner.meta()?;
        if self.store.variant == Variant::SeqOutsideLock {
            // A seq that a paused transaction holds is seen before its row is.
            meta.head += u64::from(self.store.ahead.fetch_add(1, Ordering::Relaxed).is_multiple_of(3));
        }
        Ok(meta)
    }

    fn heads(&self, scopes: &[Scope]) -> Result<Vec<Head>> {
        let mut heads = self.inner.heads(scopes)?;
        if self.store.variant == Variant::LostRightsStillSent {
            // What rights were found from seems never to change.
            heads.iter_mut().for_each(|head| head.head = 0);
        }
        Ok(heads)
    }

    fn since(&self, scopes: &[ScopeNumber], seq: Seq, visit: &mut dyn FnMut(Entry<'_>)) -> Result<()> {
        match self.store.variant {
            // The rows of one read, the head of another: what came between is skipped.
            Variant::SectionsOfSeveralReads => {
                let head = self.inner.meta()?.head;
                self.inner.since(scopes, seq, &mut |entry| {
                    let own = match &entry {
                        Entry::Row(row) => row.seq,
                        Entry::Gone(gone) => gone.3,
                    };
                    if own < head || head == seq + 1 && own % 2 == 0 {
                        visit(entry);
                    }
                })
            }
            Variant::TombstonesLeftOut => self.inner.since(scopes, seq, &mut |entry| {
                if let Entry::Row(_) = entry {
                    visit(entry);
                }
            }),
            _ => self.inner.since(scopes, seq, visit),
        }
    }

    fn rows(&self, scope: ScopeNumber, visit: &mut dyn FnMut(Row<'_>)) -> Result<()> {
        self.inner.rows(scope, visit)
    }

    fn kind(&self, kind: &str, visit: &mut dyn FnMut(&str)) -> Result<()> {
        self.inner.kind(kind, visit)
    }

    fn sum(&self, scope: ScopeNumber) -> Result<Sum> {
        self.inner.sum(scope)
    }

    fn receipt(&self, account: &Account, id: CommandId) -> Result<Option<Kept>> {
        if self.store.variant == Variant::ReceiptsForgotten {
            return Ok(None);
        }
        self.inner.receipt(account, id)
    }
}

impl Source for Within<'_> {
    fn get(&self, scope: &Scope, kind: &'static str, id: RecordId) -> std::result::Result<Option<String>, Unread> {
        self.seen.get(scope, kind, id)
    }

    fn scan(
        &self,
        kind: &'static str,
        scopes: &[Scope],
        range: std::ops::RangeInclusive<i64>,
        visit: &mut dyn FnMut(&str),
    ) -> std::result::Result<(), Unread> {
        self.seen.scan(kind, scopes, range, visit)
    }
}

impl Snapshot for Within<'_> {
    fn meta(&self) -> Result<Meta> {
        self.inner.meta()
    }
    fn heads(&self, scopes: &[Scope]) -> Result<Vec<Head>> {
        self.inner.heads(scopes)
    }
    fn since(&self, scopes: &[ScopeNumber], seq: Seq, visit: &mut dyn FnMut(Entry<'_>)) -> Result<()> {
        self.inner.since(scopes, seq, visit)
    }
    fn rows(&self, scope: ScopeNumber, visit: &mut dyn FnMut(Row<'_>)) -> Result<()> {
        self.inner.rows(scope, visit)
    }
    fn kind(&self, kind: &str, visit: &mut dyn FnMut(&str)) -> Result<()> {
        self.inner.kind(kind, visit)
    }

    fn sum(&self, scope: ScopeNumber) -> Result<Sum> {
        self.inner.sum(scope)
    }
    fn receipt(&self, account: &Account, id: CommandId) -> Result<Option<Kept>> {
        self.seen.receipt(account, id)
    }
}

impl Transaction for Within<'_> {
    fn put(&self, change: &Change, command: Option<CommandId>, now: Timestamp) -> Result<bool> {
        let changed = self.inner.put(change, command, now)?;
        if changed && let Some(id) = command {
            self.wrote.lock().unwrap().insert(id);
        }
        Ok(changed)
    }

    fn number(&self, scopes: &[Scope]) -> Result<()> {
        self.inner.number(scopes)
    }

    fn keep(&self, account: &Account, kept: &Kept) -> Result<()> {
        match self.seen.store.variant {
            Variant::ReceiptsForgotten => Ok(()),
            Variant::ReceiptOutsideTransaction => {
                self.seen.store.late.lock().unwrap().push((*account, kept.clone()));
                Ok(())
            }
            _ => self.inner.keep(account, kept),
        }
    }

    fn savepoint(&self, work: &mut dyn FnMut() -> Result<bool>) -> Result<()> {
        let before = self.wrote.lock().unwrap().clone();
        let mut kept = false;
        self.inner.savepoint(&mut || {
            let result = work();
            kept = matches!(result, Ok(true));
            result
        })?;
        if !kept {
            *self.wrote.lock().unwrap() = before;
        }
        Ok(())
    }

    fn dead_letter(&self, account: &Account, id: CommandId, bytes: &str, received: Timestamp) -> Result<()> {
        self.inner.dead_letter(account, id, bytes, received)
    }

    fn prune(&self, now: Timestamp) -> Result<()> {
        self.inner.prune(now)
    }
}
