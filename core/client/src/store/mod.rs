//! One account's encrypted file: the server's truth, what waits to be sent, and what that will make of it.
//!
//! One writer behind a lock and a stack of readers (last used first, so its pages are warm). Every change is one
//! [`Transaction`]; its small operations are composed in [`crate::sync::apply`] and [`crate::store::Store::save`].

mod ballast;
mod check;
mod connection;
mod draft;
mod freshness;
mod outbox;
mod overlay;
mod reading;
mod schema;
mod side_file;
mod transaction;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use kapprum_domain::access::Rights;
use kapprum_domain::actor::{Account, Sending};
use kapprum_domain::command::decide;
use kapprum_domain::record::Change;
use kapprum_domain::world::{Undecided, World};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::watch;

pub use ballast::{Ballast, FileBallast};
pub use connection::{Key, Protection};
pub use outbox::{OutboxRow, Plan, RowState, Saving};
pub use overlay::Replayed;
pub use reading::Reader;
pub use side_file::Unsent;
pub use transaction::{ScopeRow, Swapped, Transaction};

use crate::error::{Error, Result};

/// Where and how a store is kept.
#[derive(Clone)]
pub struct Options {
    /// The database file.
    pub path: PathBuf,
    /// Its protection.
    pub protection: Protection,
    /// Whose file it is; checked against an existing one.
    pub account: Account,
    /// The reserve that is freed on a full disk.
    pub ballast: Arc<dyn Ballast>,
    /// Raised at each commit; feeds wake by it.
    pub pulse: watch::Sender<u64>,
    /// Destroys the key: what is left when the disk refuses to erase what must go.
    pub last_resort: Arc<dyn Fn() + Send + Sync>,
}

/// How commands are decided.
pub type Rules = fn(&Sending<'_>, &World<'_>) -> std::result::Result<Vec<Change>, Undecided>;

/// The store of one account.
pub struct Store {
    options: Options,
    rules: Rules,
    writer: Mutex<Option<Connection>>,
    readers: Mutex<Vec<Connection>>,
    /// Whether the files are open; held shared while one is read, so that suspending waits for it.
    open: RwLock<bool>,
    /// What the side file says.
    noted: Mutex<Option<Unsent>>,
    known: Known,
}

/// What is known of the file without reading it again.
#[derive(Default)]
struct Known {
    /// How many records this build could not read.
    unreadable: AtomicU64,
    /// Nothing here can be read any more.
    lost: AtomicBool,
    /// The rights, with the number that the file gives them. Hundreds of scopes, and every command asks for them.
    rights: Mutex<Option<(Option<i64>, Arc<Rights>)>>,
}

impl Known {
    fn note(&self, error: &Error) {
        if matches!(error, Error::Unreadable) {
            self.lost.store(true, Ordering::Relaxed);
        }
    }
}

/// Readers kept open.
const READERS: usize = 2;
/// How long a connection waits for another.
const BUSY: Duration = Duration::from_secs(5);
/// How long emptying the log waits for readers: whoever saves something waits as long.
const EMPTYING: Duration = Duration::from_millis(20);

impl Store {
    /// Opens the file, making it if it is not there.
    pub fn open(options: Options) -> Result<Self> {
        Self::with(options, true)
    }

    /// Opens the file of an account that was here before. One that is gone or empty is [`Error::Unreadable`]: made
    /// anew, it would hide what was lost with it.
    pub fn open_known(options: Options) -> Result<Self> {
        Self::with(options, false)
    }

    fn with(options: Options, new: bool) -> Result<Self> {
        let writer = prepare(&options, new)?;
        let store = Self {
            options,
            rules: decide,
            writer: Mutex::new(Some(writer)),
            readers: Mutex::new(Vec::new()),
            open: RwLock::new(true),
            noted: Mutex::default(),
            known: Known::default(),
        };
        Ok(store)
    }

    /// Decides by other rules: by one that fails, to see that it is in nobody's way.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// Whose store it is.
    pub fn account(&self) -> &Account {
        &self.options.account
    }

    /// How many times a record was skipped because this build can't read it.
    pub fn unreadable(&self) -> u64 {
        self.known.unreadable.load(Ordering::Relaxed)
    }

    /// Whether nothing here can be read any more: the file is damaged, or its key was destroyed.
    pub fn is_lost(&self) -> bool {
        self.known.lost.load(Ordering::Relaxed)
    }

    /// Reads one snapshot of record ⊕ overlay. Never waits for the writer.
    pub fn read<T>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if self.is_lost() {
            return Err(Error::Unreadable);
        }
        if !*open {
            return Err(Error::Closed);
        }
        self.look(work).inspect_err(|error| self.known.note(error))
    }

    fn look<T>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let idle = lock(&self.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::open(&self.options.path, &self.options.protection, true)?,
        };
        let result = {
            let snapshot = rusqlite::Transaction::new_unchecked(&connection, TransactionBehavior::Deferred)?;
            work(&Reader::committed(&snapshot, &self.options.account, &self.known))
        };
        let mut readers = lock(&self.readers);
        if readers.len() < READERS {
            readers.push(connection);
        }
        result
    }

    /// One transaction; all or nothing. What a person saves and what must be erased may use the reserve of a full disk;
    /// if the disk still refuses to erase, the key is destroyed, and nothing here can be read any more.
    pub fn write<T>(&self, durability: Durability, mut work: impl FnMut(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut guard = lock(&self.writer);
        if self.is_lost() {
            return Err(Error::Unreadable);
        }
        let connection = guard.as_mut().ok_or(Error::Closed)?;
        let mut result = self.attempt(connection, durability, &mut work);
        let spare = durability != Durability::Fetched;
        if spare && matches!(result, Err(Error::Full)) && self.options.ballast.release(connection) {
            result = self.attempt(connection, durability, &mut work);
        }
        if durability == Durability::Erased && result.as_ref().is_err_and(Error::is_of_the_disk) {
            (self.options.last_resort)();
            *guard = None;
            lock(&self.readers).clear();
            result = Err(Error::Unreadable);
        }
        drop(guard);
        match &result {
            Ok(_) => self.options.pulse.send_modify(|count| *count += 1),
            Err(error) => self.known.note(error),
        }
        result
    }

    fn attempt<T>(
        &self,
        connection: &mut Connection,
        durability: Durability,
        work: &mut impl FnMut(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        // SQLite takes the setting only between transactions.
        connection.pragma_update(None, "synchronous", durability.pragma())?;
        let inner = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let transaction = Transaction::new(&inner, &self.options.account, &self.known, self.rules);
        let done = work(&transaction)?;
        inner.commit()?;
        Ok(done)
    }

    /// Empties the write-ahead log if something was erased that may still lie in it; whether nothing does. Hardly waits
    /// for readers: what they hold up is to be tried again.
    pub fn empty_log(&self) -> Result<bool> {
        let guard = lock(&self.writer);
        let Some(connection) = guard.as_ref() else { return Ok(false) };
        if transaction::number(connection, "erased")?.is_none() {
            return Ok(true);
        }
        connection.busy_timeout(EMPTYING)?;
        let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        connection.busy_timeout(BUSY)?;
        if busy? {
            return Ok(false);
        }
        self.options.ballast.emptied();
        connection.execute("DELETE FROM meta WHERE name = 'erased'", [])?;
        Ok(true)
    }

    /// Whoever looks is to look again, though no row changed.
    pub(crate) fn wake(&self) {
        self.options.pulse.send_modify(|count| *count += 1);
    }

    /// Takes the reserve again if it was used and there is room.
    pub fn restore_ballast(&self) {
        self.options.ballast.restore();
    }

    /// Finishes what is being written and closes the files; the app may be frozen now.
    pub fn suspend(&self) {
        self.shut(&mut lock(&self.writer));
    }

    /// Closes the files if `agreed` over what is saved: nothing is, between its look and the end.
    pub fn close_if(&self, agreed: impl FnOnce(&Reader<'_>) -> Result<()>) -> Result<()> {
        let mut writer = lock(&self.writer);
        if let Some(connection) = writer.as_ref() {
            agreed(&Reader::committed(connection, &self.options.account, &self.known))?;
        }
        self.shut(&mut writer);
        Ok(())
    }

    fn shut(&self, writer: &mut Option<Connection>) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = false;
        lock(&self.readers).clear();
        *lock(&self.known.rights) = None;
        *writer = None;
    }

    /// Opens the files again.
    pub fn resume(&self) -> Result<()> {
        let mut writer = lock(&self.writer);
        if writer.is_none() {
            *writer = Some(prepare(&self.options, false).inspect_err(|error| self.known.note(error))?);
        }
        drop(writer);
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = true;
        self.options.pulse.send_modify(|count| *count += 1);
        Ok(())
    }
}

/// How sure a commit must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What a person was told is saved survives power loss.
    Saved,
    /// What must go is gone, whatever it costs.
    Erased,
    /// Survives the process; lost at power loss, it is fetched again.
    Fetched,
}

impl Durability {
    fn pragma(self) -> &'static str {
        match self {
            Self::Saved | Self::Erased => "FULL",
            Self::Fetched => "NORMAL",
        }
    }
}

/// A panic while a lock was held rolled its transaction back; the connection itself is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn prepare(options: &Options, new: bool) -> Result<Connection> {
    let mut connection = connection::open(&options.path, &options.protection, false)?;
    options.ballast.opened(&mut connection);
    let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > schema::VERSION {
        return Err(Error::Newer);
    }
    let account = transaction::account_text(&options.account);
    if version == 0 {
        if !new {
            return Err(Error::Unreadable);
        }
        connection.pragma_update(None, "synchronous", "FULL")?;
        let making = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        making.execute_batch(schema::TABLES)?;
        making.execute("INSERT INTO meta (name, value) VALUES ('account', ?1)", [&account])?;
        making.pragma_update(None, "user_version", schema::VERSION)?;
        making.commit()?;
    }
    let found: String = connection.query_row("SELECT value FROM meta WHERE name = 'account'", [], |row| row.get(0))?;
    if found != account {
        return Err(Error::Unreadable);
    }
    Ok(connection)
}
