//! One account's encrypted file: the server's truth, what waits to be sent, and what that will make of it.
//!
//! One writer behind a lock and a stack of readers (last used first, so its pages are warm). Every change is one
//! [`Transaction`]; its small operations are composed in [`crate::sync::apply`] and [`crate::store::Store::save`].

mod connection;
mod freshness;
mod outbox;
mod overlay;
mod reading;
mod schema;
mod transaction;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use kapprum_domain::actor::Account;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::watch;

pub use connection::{Key, Protection};
pub use outbox::{OutboxRow, Plan, RowState, Saving, Unsent};
pub use overlay::Replayed;
pub use reading::Reader;
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
}

/// Room kept for bad days: freed when the disk is full, so that purge and outbox can still write.
pub trait Ballast: Send + Sync {
    /// Frees the reserve; whether there was any.
    fn release(&self, connection: &Connection) -> bool;
    /// Takes the reserve again if there is room.
    fn restore(&self);
    /// Told of the writer's connection when it is opened.
    fn opened(&self, _connection: &mut Connection) {}
}

/// The store of one account.
pub struct Store {
    options: Options,
    writer: Mutex<Option<Connection>>,
    readers: Mutex<Vec<Connection>>,
    /// Whether the files are open; held shared while one is read, so that suspending waits for it.
    open: RwLock<bool>,
    unreadable: AtomicU64,
}

/// Readers kept open.
const READERS: usize = 2;

impl Store {
    /// Opens the file, making it if it is not there.
    pub fn open(options: Options) -> Result<Self> {
        let writer = prepare(&options)?;
        let store = Self {
            options,
            writer: Mutex::new(Some(writer)),
            readers: Mutex::new(Vec::new()),
            open: RwLock::new(true),
            unreadable: AtomicU64::new(0),
        };
        Ok(store)
    }

    /// Whose store it is.
    pub fn account(&self) -> &Account {
        &self.options.account
    }

    /// How many times a record was skipped because this build can't read it.
    pub fn unreadable(&self) -> u64 {
        self.unreadable.load(Ordering::Relaxed)
    }

    /// Reads one snapshot of record ⊕ overlay. Never waits for the writer.
    pub fn read<T>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if !*open {
            return Err(Error::Closed);
        }
        let idle = lock(&self.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::open(&self.options.path, &self.options.protection, true)?,
        };
        let result = {
            let snapshot = rusqlite::Transaction::new_unchecked(&connection, TransactionBehavior::Deferred)?;
            work(&Reader::new(&snapshot, &self.options.account, &self.unreadable))
        };
        let mut readers = lock(&self.readers);
        if readers.len() < READERS {
            readers.push(connection);
        }
        result
    }

    /// One transaction; all or nothing. On a full disk the ballast is freed and the work is done once more.
    pub fn write<T>(&self, durability: Durability, mut work: impl FnMut(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut guard = lock(&self.writer);
        let connection = guard.as_mut().ok_or(Error::Closed)?;
        let mut result = self.attempt(connection, durability, &mut work);
        if matches!(result, Err(Error::Full)) && self.options.ballast.release(connection) {
            result = self.attempt(connection, durability, &mut work);
        }
        drop(guard);
        if result.is_ok() {
            self.options.pulse.send_modify(|count| *count += 1);
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
        let transaction = Transaction::new(&inner, &self.options.account, &self.unreadable);
        let done = work(&transaction)?;
        inner.commit()?;
        Ok(done)
    }

    /// Empties the write-ahead log, so that purged bytes are gone from it too; takes the ballast back if it was used.
    pub fn checkpoint(&self) -> Result<()> {
        if let Some(connection) = lock(&self.writer).as_ref() {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        self.options.ballast.restore();
        Ok(())
    }

    /// Finishes what is being written and closes the files; the app may be frozen now.
    pub fn suspend(&self) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = false;
        lock(&self.readers).clear();
        *lock(&self.writer) = None;
    }

    /// Opens the files again.
    pub fn resume(&self) -> Result<()> {
        let mut writer = lock(&self.writer);
        if writer.is_none() {
            *writer = Some(prepare(&self.options)?);
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
    /// Survives the process; lost at power loss, it is fetched again.
    Fetched,
}

impl Durability {
    fn pragma(self) -> &'static str {
        match self {
            Self::Saved => "FULL",
            Self::Fetched => "NORMAL",
        }
    }
}

/// A panic while a lock was held rolled its transaction back; the connection itself is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn prepare(options: &Options) -> Result<Connection> {
    let mut connection = connection::open(&options.path, &options.protection, false)?;
    options.ballast.opened(&mut connection);
    let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > schema::VERSION {
        return Err(Error::Newer);
    }
    let account = transaction::account_text(&options.account);
    if version == 0 {
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

/// Ballast as a file beside the store.
pub struct FileBallast {
    path: PathBuf,
}

/// Size of the reserve.
const BALLAST_BYTES: usize = 2 * 1024 * 1024;

impl FileBallast {
    /// Takes the reserve beside this store, if there is room.
    pub fn beside(store: &Path) -> Self {
        let ballast = Self { path: store.with_extension("ballast") };
        ballast.restore();
        ballast
    }
}

impl Ballast for FileBallast {
    fn release(&self, _: &Connection) -> bool {
        std::fs::remove_file(&self.path).is_ok()
    }

    fn restore(&self) {
        if !self.path.exists() && std::fs::write(&self.path, vec![0x5a; BALLAST_BYTES]).is_err() {
            // No room: half a reserve would only take what the outbox needs.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
