//! The server of a history: the product's store, writer and answer over a file in memory, with the store watched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use kapprum_domain::actor::Account;
use kapprum_domain::consequences::is_derived;
use kapprum_domain::id::{CommandId, RecordId};
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::{Source, Unread};
use kapprum_protocol::cursor::{Epoch, Seq};
use kapprum_protocol::envelope::Envelope;
use kapprum_protocol::frame::{Row, ScopeNumber};
use kapprum_protocol::sum::Sum;
use kapprum_server::held::RightsCache;
use kapprum_server::keys::Keys;
use kapprum_server::store::sqlite::Sqlite;
use kapprum_server::store::{
    Entry, Head, Kept, Meta, Reading, Result, Snapshot, Store, StoreError, Transaction, Writing,
};
use rusqlite::{Connection, OptionalExtension};

use crate::device::{copy_files, look};
use crate::variant::Variant;

/// Said by a rule that fails on purpose.
pub const BUG: &str = "the rule's bug";

pub struct Server {
    pub store: Arc<dyn Store>,
    pub watched: Arc<Watched>,
    pub cache: Arc<RightsCache>,
    pub keys: Keys,
    pub path: PathBuf,
    /// The file seen from outside.
    pub file: Connection,
    /// An older release, which does not know every command.
    pub old: bool,
    poison: Option<RecordId>,
    variant: Variant,
    done: Arc<Mutex<Done>>,
}

/// What was committed, as the store was told: the truth that no crash may change.
#[derive(Default, Clone)]
pub struct Done {
    /// Every record as last put; none: removed.
    pub records: BTreeMap<(Scope, String, RecordId), Option<String>>,
    /// How often each command was decided to an effect.
    pub effects: BTreeMap<CommandId, u32>,
    /// Every receipt.
    pub receipts: BTreeMap<(Account, CommandId), Kept>,
    /// Two commands of which the older one overwrote the newer one's record after a restored backup.
    pub overwritten: Option<(CommandId, CommandId)>,
}

impl Server {
    /// A server over a town that was imported before; made once for all histories.
    pub fn open(path: &Path, variant: Variant, poison: RecordId, changes: &[Change], now: Timestamp) -> Self {
        static TOWN: OnceLock<(Vec<u8>, Done)> = OnceLock::new();
        let keys = || Keys::new([7; 32], [8; 32]);
        let (file, done) = TOWN.get_or_init(|| {
            let made = path.with_extension("town");
            let server = Self::with(&made, Variant::Product, None, keys(), Arc::default());
            kapprum_server::writer::import(server.store.as_ref(), changes, now).unwrap();
            Connection::open(&made).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            let done = server.done.lock().unwrap().clone();
            (std::fs::read(&made).unwrap(), done)
        });
        std::fs::write(path, file).unwrap();
        Self::with(path, variant, Some(poison), keys(), Arc::new(Mutex::new(done.clone())))
    }

    fn with(path: &Path, variant: Variant, poison: Option<RecordId>, keys: Keys, done: Arc<Mutex<Done>>) -> Self {
        let watched = Watched::open(path, variant, poison, &done);
        let cache = Arc::default();
        let (store, path, file) = (watched.clone(), path.to_owned(), look(path));
        Self { store, watched, cache, keys, path, file, old: false, poison, variant, done }
    }

    /// Dies: connections dropped, files copied as they lie, changed, opened again.
    pub fn die(&mut self, copy: &Path, change: impl FnOnce(&Connection)) {
        // Where it died within a transaction, the files were copied there.
        let within = self.watched.died.lock().unwrap().take();
        if let Some(within) = within {
            copy_files(&within, copy, |log| log);
        } else {
            copy_files(&self.path, copy, |log| log);
        }
        self.path = copy.to_owned();
        self.file = look(copy);
        change(&self.file);
        self.watched = Watched::open(copy, self.variant, self.poison, &self.done);
        self.store = self.watched.clone();
        self.cache = Arc::default();
    }

    /// A backup, as it is made beside the serving process, and what had been committed by then.
    pub fn back_up(&self, to: &Path) -> Done {
        kapprum_server::store::sqlite::copy(&self.path, to).unwrap();
        self.done().clone()
    }

    /// Goes on from a backup, under another epoch.
    pub fn restore(&mut self, backup: &Path, path: &Path, done: Done, epoch: Epoch, now: Timestamp) {
        std::fs::copy(backup, path).unwrap();
        self.path = path.to_owned();
        *self.done() = done;
        self.watched = Watched::open(path, self.variant, self.poison, &self.done);
        self.watched.inner.begin_epoch(epoch, now).unwrap();
        self.file = look(path);
        self.store = self.watched.clone();
        self.cache = Arc::default();
    }

    /// The scope that has this number.
    pub fn name(&self, number: ScopeNumber) -> Option<String> {
        let mut statement = self.file.prepare_cached("SELECT name FROM scope WHERE number = ?1").unwrap();
        statement.query_row([number], |row| row.get(0)).optional().unwrap()
    }

    /// What was committed so far.
    pub fn done(&self) -> std::sync::MutexGuard<'_, Done> {
        self.done.lock().unwrap()
    }

    /// Reads with the store.
    pub fn read<T>(&self, mut work: impl FnMut(&dyn Snapshot) -> Result<T>) -> T {
        let mut found = None;
        self.watched
            .inner
            .read(&mut |snapshot| {
                found = Some(work(snapshot)?);
                Ok(())
            })
            .unwrap();
        found.unwrap()
    }
}

/// The product's store, watched: knows what was committed, fails or dies when told to, and for the wrong variants
/// breaks one sentence.
pub struct Watched {
    inner: Sqlite,
    path: PathBuf,
    variant: Variant,
    poison: Option<RecordId>,
    /// The next transaction fails at its commit.
    pub fail: AtomicBool,
    /// The process dies in the next transaction: where its files go.
    pub die: Mutex<Option<PathBuf>>,
    /// It died: where its files lie.
    pub died: Mutex<Option<PathBuf>>,
    done: Arc<Mutex<Done>>,
    late: Mutex<Vec<(Account, Kept)>>,
    count: AtomicU64,
    /// Seqs that a wrong variant's paused transaction holds.
    paused: AtomicU64,
    /// A wrong variant's snapshot that stays open.
    open: Mutex<Option<Connection>>,
}

impl Watched {
    fn open(path: &Path, variant: Variant, poison: Option<RecordId>, done: &Arc<Mutex<Done>>) -> Arc<Self> {
        Arc::new(Self {
            inner: Sqlite::open_in_memory_file(path, Epoch(1)).unwrap(),
            path: path.to_owned(),
            variant,
            poison,
            fail: AtomicBool::default(),
            die: Mutex::default(),
            died: Mutex::default(),
            done: done.clone(),
            late: Mutex::default(),
            count: AtomicU64::default(),
            paused: AtomicU64::default(),
            open: Mutex::default(),
        })
    }

    /// Keeps the receipts that a wrong variant held back.
    pub fn keep_late(&self) {
        let late = std::mem::take(&mut *self.late.lock().unwrap());
        for (account, kept) in late {
            let _ = self.inner.write(&mut |transaction| transaction.keep(&account, &kept));
        }
    }

    /// One of `most`, in turn.
    fn turn(&self, most: u64) -> bool {
        self.count.fetch_add(1, Ordering::Relaxed).is_multiple_of(most)
    }
}

impl Store for Watched {
    fn read(&self, work: &mut Reading<'_>) -> Result<()> {
        if self.variant == Variant::SnapshotHeldBetweenPieces {
            let open = Connection::open(&self.path).unwrap();
            open.execute_batch("BEGIN").unwrap();
            open.query_row("SELECT count(*) FROM meta", [], |_| Ok(())).unwrap();
            *self.open.lock().unwrap() = Some(open);
        }
        self.inner.read(&mut |snapshot| work(&Within::new(self, snapshot, None)))
    }

    fn write(&self, work: &mut Writing<'_>) -> Result<()> {
        let mut told = Told::default();
        let mut lost = false;
        let result = self.inner.write(&mut |transaction| {
            let within = Within::new(self, transaction, Some(transaction));
            work(&within)?;
            told = within.told.into_inner().unwrap();
            if let Some(copy) = self.die.lock().unwrap().take() {
                copy_files(&self.path, &copy, |log| log);
                *self.died.lock().unwrap() = Some(copy);
                return Err(StoreError::Failed("dead".to_owned()));
            }
            if self.fail.swap(false, Ordering::Relaxed) {
                return Err(StoreError::Failed("the disk".to_owned()));
            }
            lost = self.variant == Variant::AnsweredBeforeCommit && !told.effects.is_empty() && self.turn(5);
            if lost { Err(StoreError::Failed("lost".to_owned())) } else { Ok(()) }
        });
        if result.is_err() && !lost {
            return result;
        }
        self.paused.store(self.turn(3).into(), Ordering::Relaxed);
        let mut done = self.done.lock().unwrap();
        told.effects.into_iter().for_each(|id| *done.effects.entry(id).or_default() += 1);
        done.records.extend(told.records);
        done.overwritten = done.overwritten.or(told.overwritten);
        done.receipts.extend(told.receipts);
        Ok(())
    }

    fn elsewhere(&self) -> Result<u64> {
        self.inner.elsewhere()
    }
}

/// What one transaction was told.
#[derive(Default, Clone)]
struct Told {
    records: Vec<((Scope, String, RecordId), Option<String>)>,
    effects: BTreeSet<CommandId>,
    receipts: Vec<((Account, CommandId), Kept)>,
    /// The command being decided.
    command: Option<CommandId>,
    deciding: bool,
    overwritten: Option<(CommandId, CommandId)>,
}

/// A snapshot or a transaction of the product's store, watched.
struct Within<'a> {
    store: &'a Watched,
    snapshot: &'a dyn Snapshot,
    transaction: Option<&'a dyn Transaction>,
    told: Mutex<Told>,
}

impl<'a> Within<'a> {
    fn new(store: &'a Watched, snapshot: &'a dyn Snapshot, transaction: Option<&'a dyn Transaction>) -> Self {
        Self { store, snapshot, transaction, told: Mutex::default() }
    }

    fn transaction(&self) -> Result<&'a dyn Transaction> {
        self.transaction.ok_or_else(|| StoreError::Failed("only read".to_owned()))
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    fn is(&self, variant: Variant) -> bool {
        self.store.variant == variant
    }
}

impl Source for Within<'_> {
    fn get(&self, scope: &Scope, kind: &'static str, id: RecordId) -> std::result::Result<Option<String>, Unread> {
        let bug = {
            let told = self.told();
            // One bug shows before the command has changed anything, one in what follows from its changes.
            let follows = kind == "board_card" && told.command.is_some_and(|id| id.0.as_bytes()[15] % 16 == 0);
            told.deciding && (self.store.poison == Some(id) || follows)
        };
        assert!(!bug, "{BUG}");
        self.snapshot.get(scope, kind, id)
    }

    fn scan(
        &self,
        kind: &'static str,
        scopes: &[Scope],
        range: std::ops::RangeInclusive<i64>,
        visit: &mut dyn FnMut(&str),
    ) -> std::result::Result<(), Unread> {
        self.snapshot.scan(kind, scopes, range, visit)
    }
}

impl Snapshot for Within<'_> {
    fn meta(&self) -> Result<Meta> {
        let mut meta = self.snapshot.meta()?;
        if self.is(Variant::SeqOutsideLock) && self.transaction.is_none() {
            // A seq that a paused transaction holds is seen before its row is.
            meta.head += self.store.paused.load(Ordering::Relaxed);
        }
        Ok(meta)
    }

    fn heads(&self, scopes: &[Scope]) -> Result<Vec<Head>> {
        let mut heads = self.snapshot.heads(scopes)?;
        if self.is(Variant::RightsNeverFoundAnew) {
            heads.iter_mut().for_each(|head| head.head = 0);
        }
        Ok(heads)
    }

    fn names(&self, numbers: &[ScopeNumber]) -> Result<Vec<(ScopeNumber, Scope)>> {
        self.snapshot.names(numbers)
    }

    fn changed(&self, seq: Seq) -> Result<Vec<ScopeNumber>> {
        self.snapshot.changed(seq)
    }

    fn since(&self, scopes: &[ScopeNumber], seq: Seq, visit: &mut dyn FnMut(Entry<'_>)) -> Result<()> {
        // The rows of one read, the head of a later one: what came between is skipped.
        let before = if self.is(Variant::SectionsOfSeveralReads) && self.store.turn(3) {
            self.snapshot.meta()?.head
        } else {
            Seq::MAX
        };
        self.snapshot.since(scopes, seq, &mut |entry| match &entry {
            Entry::Row(row) if row.seq < before => visit(entry),
            Entry::Gone(gone) if gone.3 < before && !self.is(Variant::TombstonesLeftOut) => visit(entry),
            _ => {}
        })
    }

    fn rows(&self, scope: ScopeNumber, visit: &mut dyn FnMut(Row<'_>)) -> Result<()> {
        self.snapshot.rows(scope, visit)
    }

    fn kind(&self, kind: &str, visit: &mut dyn FnMut(&str)) -> Result<()> {
        self.snapshot.kind(kind, visit)
    }

    fn sum(&self, scope: ScopeNumber) -> Result<Sum> {
        self.snapshot.sum(scope)
    }

    fn knows(&self, epoch: Epoch) -> Result<Option<Seq>> {
        if self.is(Variant::KnowsTooMuch) {
            return Ok(self.snapshot.knows(epoch)?.map(|_| Seq::from(u32::MAX)));
        }
        self.snapshot.knows(epoch)
    }

    fn receipt(&self, account: &Account, id: CommandId) -> Result<Option<Kept>> {
        if self.is(Variant::ReceiptsForgotten) {
            return Ok(None);
        }
        let kept = self.snapshot.receipt(account, id)?;
        if self.is(Variant::ContentNotCompared) {
            return Ok(kept.map(|kept| Kept { hash: None, ..kept }));
        }
        Ok(kept)
    }
}

impl Transaction for Within<'_> {
    fn put(&self, change: &Change, command: Option<CommandId>, now: Timestamp) -> Result<bool> {
        let restored = if command.is_some() { self.snapshot.meta()?.restored } else { None };
        let last = if restored.is_some() { self.transaction()?.last_command(change)? } else { None };
        let changed = self.transaction()?.put(change, command, now)?;
        let mut told = self.told();
        if let Some(id) = command {
            told.command = command;
            told.effects.insert(id);
            let older = restored.is_some_and(|restored| Envelope::settling(id).made() < Some(restored));
            let newer = last.filter(|last| changed && older && !is_derived(change) && *last > id);
            told.overwritten = told.overwritten.or(newer.map(|newer| (id, newer)));
        }
        if changed {
            let (scope, kind, id) = change.key();
            let body = match change {
                Change::Put(record) => Some(record.body.clone()),
                Change::Remove(..) => None,
            };
            told.records.push(((scope, kind.to_owned(), id), body));
        }
        Ok(changed)
    }

    fn last_command(&self, change: &Change) -> Result<Option<CommandId>> {
        if self.is(Variant::OlderOverwritesNewer) { Ok(None) } else { self.transaction()?.last_command(change) }
    }

    fn number(&self, scopes: &[Scope]) -> Result<()> {
        self.transaction()?.number(scopes)
    }

    fn keep(&self, account: &Account, kept: &Kept) -> Result<()> {
        if self.is(Variant::ReceiptsForgotten) {
            return Ok(());
        }
        if self.is(Variant::ReceiptOutsideTransaction) {
            self.store.late.lock().unwrap().push((*account, kept.clone()));
            return Ok(());
        }
        self.told().receipts.push(((*account, kept.receipt.id), kept.clone()));
        self.transaction()?.keep(account, kept)
    }

    fn savepoint(&self, work: &mut dyn FnMut() -> Result<bool>) -> Result<()> {
        let before = self.told().clone();
        self.told().deciding = true;
        let mut kept = false;
        let result = self.transaction()?.savepoint(&mut || {
            let result = work();
            kept = matches!(result, Ok(true));
            // A wrong server keeps what a refused command had begun.
            if self.is(Variant::RefusedHalfDone) { result.map(|_| true) } else { result }
        });
        if !kept && !self.is(Variant::RefusedHalfDone) {
            *self.told() = before;
        }
        let mut told = self.told();
        (told.deciding, told.command) = (false, None);
        result
    }

    fn dead_letter(&self, account: &Account, id: CommandId, bytes: &str, received: Timestamp) -> Result<()> {
        self.transaction()?.dead_letter(account, id, bytes, received)
    }

    fn prune(&self, now: Timestamp) -> Result<()> {
        self.transaction()?.prune(now)
    }
}
