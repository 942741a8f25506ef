//! The store on SQLite: one file per tenant, one writer, a few readers.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use kapprum_domain::time::Timestamp;
use kapprum_protocol::cursor::Epoch;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::state::{State, number, signed, unsigned};
use super::{Reading, Result, Store, StoreError, Writing};

const VERSION: i32 = 1;

const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

-- Lives of this store that ended when a backup of them was restored: what they did is known up to here.
CREATE TABLE earlier_epoch (epoch BLOB PRIMARY KEY, head INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE scope (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL DEFAULT 1,
    head INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX scope_head ON scope (head);

CREATE TABLE record (
    scope INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    command BLOB,              -- the last command that wrote it; what follows from a command has none
    changed INTEGER NOT NULL,  -- when, for the tombstones' 400 days
    body TEXT,                 -- none: a tombstone
    PRIMARY KEY (scope, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_seq ON record (scope, seq);
CREATE INDEX record_at ON record (scope, kind, at);
CREATE INDEX record_kind ON record (kind);

-- Tombstones by their age: how many there are, not how much there is, is what pruning reads.
CREATE INDEX record_gone ON record (changed) WHERE body IS NULL;

CREATE TABLE receipt (
    account TEXT NOT NULL,
    id BLOB NOT NULL,
    hash BLOB,
    received INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    body TEXT,                 -- 30 days
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_received ON receipt (received);

CREATE TABLE dead_letter (
    account TEXT NOT NULL, id BLOB NOT NULL, bytes TEXT NOT NULL, received INTEGER NOT NULL
) STRICT;
";

/// One tenant's file.
pub struct Sqlite {
    path: PathBuf,
    durable: bool,
    pub(super) writer: Mutex<Connection>,
    /// Places for readers, those with an open connection last.
    readers: Mutex<Vec<Option<Connection>>>,
    returned: Condvar,
}

/// Most readers at once; who comes later waits for one, which takes as long as a short read does.
pub const READERS: usize = 8;

impl Sqlite {
    /// Opens a file that is there. Commits survive power loss.
    pub fn open(path: &Path) -> Result<Self> {
        Self::with(path, None, true)
    }

    /// Makes a file, which begins an epoch. Nothing else makes one: a lost file is told, not replaced by an empty one.
    pub fn create(path: &Path, epoch: Epoch) -> Result<Self> {
        Self::with(path, Some(epoch), true)
    }

    /// Makes a file or opens it, without waiting for the disk: for files in memory, where there is none.
    pub fn open_in_memory_file(path: &Path, epoch: Epoch) -> Result<Self> {
        Self::with(path, Some(epoch), false)
    }

    fn with(path: &Path, new: Option<Epoch>, durable: bool) -> Result<Self> {
        let mut writer = connect(path, new.is_some(), durable)?;
        let version: i32 = writer.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match (version, new) {
            (VERSION, _) => {}
            (0, Some(epoch)) => {
                let making = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
                making.execute_batch(TABLES)?;
                making.execute("INSERT INTO meta VALUES ('epoch', ?1)", [&epoch.0.to_be_bytes()[..]])?;
                making.execute("INSERT INTO meta VALUES ('head', 0), ('floor', 0)", [])?;
                making.pragma_update(None, "user_version", VERSION)?;
                making.commit()?;
            }
            (0, None) => return Err(StoreError::Empty),
            _ => return Err(StoreError::Newer),
        }
        let (path, writer) = (path.to_owned(), Mutex::new(writer));
        let readers = Mutex::new((0..READERS).map(|_| None).collect());
        Ok(Self { path, durable, writer, readers, returned: Condvar::new() })
    }

    /// Begins another epoch over what a backup held: phones bring back what it lacks (`protocol.md` §2).
    pub fn begin_epoch(&self, epoch: Epoch, now: Timestamp) -> Result<()> {
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT OR REPLACE INTO earlier_epoch (epoch, head)
             SELECT e.value, h.value FROM meta e, meta h WHERE e.name = 'epoch' AND h.name = 'head'",
            [],
        )?;
        transaction.execute("UPDATE meta SET value = ?1 WHERE name = 'epoch'", [&epoch.0.to_be_bytes()[..]])?;
        transaction.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('restored', ?1)", [now.0])?;
        Ok(transaction.commit()?)
    }

    /// A place to read, as soon as one is free.
    fn reader(&self) -> Reader<'_> {
        let mut readers = lock(&self.readers);
        loop {
            if let Some(connection) = readers.pop() {
                return Reader { store: self, connection };
            }
            readers = self.returned.wait(readers).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Copies a database while others use it: one state of it, whole, in a file of its own. Another writes on meanwhile.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    // Whoever is the last to close a file writes its log home, and must wait for the disk.
    let source = connect(from, false, true)?;
    source.execute("VACUUM INTO ?1", [to.to_str().ok_or_else(|| StoreError::Failed("a path".to_owned()))?])?;
    Ok(())
}

/// A place to read; dropping it gives it back.
struct Reader<'a> {
    store: &'a Sqlite,
    connection: Option<Connection>,
}

impl Reader<'_> {
    fn connection(&mut self) -> Result<&Connection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = connect(&self.store.path, false, self.store.durable)?;
                connection.execute_batch("PRAGMA query_only = ON")?;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let connection = self.connection.take();
        let mut readers = lock(&self.store.readers);
        let at = if connection.is_some() { readers.len() } else { 0 };
        readers.insert(at, connection);
        self.store.returned.notify_one();
    }
}

impl Store for Sqlite {
    fn read(&self, work: &mut Reading<'_>) -> Result<()> {
        let mut reader = self.reader();
        let snapshot = rusqlite::Transaction::new_unchecked(reader.connection()?, TransactionBehavior::Deferred)?;
        work(&State::new(&snapshot, 0))
    }

    fn write(&self, work: &mut Writing<'_>) -> Result<()> {
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = number(&transaction, "head")?;
        let state = State::new(&transaction, before);
        work(&state)?;
        let after = state.head();
        if after != before {
            transaction.prepare_cached("UPDATE meta SET value = ?1 WHERE name = 'head'")?.execute([signed(after)])?;
        }
        Ok(transaction.commit()?)
    }

    fn elsewhere(&self) -> Result<u64> {
        // The writer's own commits do not move it.
        Ok(unsigned(lock(&self.writer).query_row("PRAGMA data_version", [], |row| row.get(0))?))
    }
}

fn connect(path: &Path, create: bool, durable: bool) -> Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    #[expect(clippy::disallowed_methods, reason = "the one place that opens a tenant's file")]
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;
         PRAGMA busy_timeout = 10000; PRAGMA trusted_schema = OFF;",
        if durable { "FULL" } else { "OFF" }
    ))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        if matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) {
            return Self::Damaged;
        }
        Self::Failed(code.map_or_else(|| "unexpected data".to_owned(), |code| format!("{code:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There may be hundreds of thousands of a kind, and most scopes have one.
    #[test]
    fn a_scan_looks_into_its_scopes_and_not_at_all_records_of_a_kind() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::create(&folder.path().join("store.db"), Epoch(1)).unwrap();
        let connection = lock(&store.writer);
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", super::super::state::SCAN)).unwrap();
        let steps = plan.query_map([None::<i64>; 4], |row| row.get::<_, String>(3)).unwrap();
        let steps = steps.collect::<rusqlite::Result<Vec<String>>>().unwrap();
        let [scopes, numbers, records] = steps.as_slice() else { panic!("{steps:?}") };
        assert!(scopes.starts_with("SCAN j") && numbers.contains("name=?"), "{steps:?}");
        assert!(records.contains("(scope=? AND kind=?"), "{steps:?}");
    }

    #[test]
    fn however_many_read_at_once_all_do_and_one_that_fails_gives_its_place_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::create(&folder.path().join("store.db"), Epoch(1)).unwrap();
        for _ in 0..=READERS {
            assert!(store.read(&mut |_| Err(StoreError::Empty)).is_err());
        }
        let at_once = std::sync::Barrier::new(READERS);
        std::thread::scope(|scope| {
            for _ in 0..4 * READERS {
                scope.spawn(|| {
                    // Only as many as there are places can meet here, and each time so many do.
                    let read = store.read(&mut |snapshot| {
                        at_once.wait();
                        snapshot.meta().map(drop)
                    });
                    read.unwrap();
                });
            }
        });
        assert_eq!(lock(&store.readers).len(), READERS);
    }
}
