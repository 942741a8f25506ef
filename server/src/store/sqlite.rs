//! The store on SQLite: one file per tenant, one writer, a stack of readers.

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kapprum_domain::actor::Account;
use kapprum_domain::id::{CommandId, RecordId};
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::{Source, Unread};
use kapprum_protocol::cursor::{Epoch, Seq};
use kapprum_protocol::frame::{Gone, Row, ScopeNumber};
use kapprum_protocol::limits::{RECEIPT, RECEIPT_BODY};
use kapprum_protocol::receipt::Receipt;
use kapprum_protocol::sum::Sum;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{Entry, Head, Kept, Meta, Reading, Result, Snapshot, Store, StoreError, Transaction, Writing};

const VERSION: i32 = 1;

const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE scope (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL DEFAULT 1,
    head INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE record (
    scope INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    command BLOB,              -- the last command that wrote it
    changed INTEGER NOT NULL,  -- when, for the tombstones' 400 days
    body TEXT,                 -- none: a tombstone
    PRIMARY KEY (scope, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_seq ON record (scope, seq);
CREATE INDEX record_at ON record (scope, kind, at);

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
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

/// Readers kept open.
const READERS: usize = 8;

impl Sqlite {
    /// Opens the file; a new one begins a new epoch. Commits survive power loss.
    pub fn open(path: &Path, epoch: Epoch) -> Result<Self> {
        Self::with(path, epoch, true)
    }

    /// As [`Sqlite::open`], without waiting for the disk: for files in memory, where there is none.
    pub fn open_in_memory_file(path: &Path, epoch: Epoch) -> Result<Self> {
        Self::with(path, epoch, false)
    }

    fn with(path: &Path, epoch: Epoch, durable: bool) -> Result<Self> {
        let mut writer = connect(path, durable)?;
        let version: i32 = writer.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version > VERSION {
            return Err(StoreError::Newer);
        }
        if version == 0 {
            let making = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            making.execute_batch(TABLES)?;
            making.execute("INSERT INTO meta VALUES ('epoch', ?1)", [&epoch.0.to_be_bytes()[..]])?;
            making.execute("INSERT INTO meta VALUES ('head', 0), ('floor', 0)", [])?;
            making.pragma_update(None, "user_version", VERSION)?;
            making.commit()?;
        }
        Ok(Self { path: path.to_owned(), durable, writer: Mutex::new(writer), readers: Mutex::new(Vec::new()) })
    }

    /// What is damaged, one line each; nothing: sound.
    pub fn damage(&self) -> Result<Vec<String>> {
        let connection = lock(&self.writer);
        let mut found = Vec::new();
        let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if integrity != "ok" {
            found.push(format!("integrity_check: {integrity}"));
        }
        let checks = [
            (
                "rows above the store's head",
                "SELECT count(*) FROM record WHERE seq > (SELECT value FROM meta WHERE name = 'head')",
            ),
            (
                "rows of scopes without a number",
                "SELECT count(*) FROM record WHERE scope NOT IN (SELECT number FROM scope)",
            ),
            (
                "scopes whose head is not their last row's seq",
                "SELECT count(*) FROM scope s WHERE head < (SELECT coalesce(max(seq), 0) FROM record r WHERE r.scope = s.number)",
            ),
            ("rows with the same seq", "SELECT count(*) - count(DISTINCT seq) FROM record"),
            (
                "rows whose body is no JSON",
                "SELECT count(*) FROM record WHERE body IS NOT NULL AND NOT json_valid(body)",
            ),
            (
                "receipts above the store's head",
                "SELECT count(*) FROM receipt WHERE seq > (SELECT value FROM meta WHERE name = 'head')",
            ),
        ];
        for (what, sql) in checks {
            let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
            if count > 0 {
                found.push(format!("{count} {what}"));
            }
        }
        Ok(found)
    }
}

impl Store for Sqlite {
    fn read(&self, work: &mut Reading<'_>) -> Result<()> {
        let idle = lock(&self.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = connect(&self.path, self.durable)?;
                connection.execute_batch("PRAGMA query_only = ON")?;
                connection
            }
        };
        let result = {
            let snapshot = rusqlite::Transaction::new_unchecked(&connection, TransactionBehavior::Deferred)?;
            work(&State { connection: &snapshot, head: Cell::new(0) })
        };
        let mut readers = lock(&self.readers);
        if readers.len() < READERS {
            readers.push(connection);
        }
        result
    }

    fn write(&self, work: &mut Writing<'_>) -> Result<()> {
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = number(&transaction, "head")?;
        let state = State { connection: &transaction, head: Cell::new(before) };
        work(&state)?;
        let after = state.head.get();
        if after != before {
            transaction.prepare_cached("UPDATE meta SET value = ?1 WHERE name = 'head'")?.execute([signed(after)])?;
        }
        Ok(transaction.commit()?)
    }
}

/// One state: a snapshot, or a transaction with the seq it has come to.
struct State<'a> {
    connection: &'a Connection,
    head: Cell<Seq>,
}

impl Source for State<'_> {
    fn get(&self, scope: &Scope, kind: &'static str, id: RecordId) -> std::result::Result<Option<String>, Unread> {
        let found = self.connection.prepare_cached(
            "SELECT r.body FROM scope s JOIN record r ON r.scope = s.number AND r.kind = ?2 AND r.id = ?3 WHERE s.name = ?1",
        ).and_then(|mut statement| {
            statement.query_row(params![scope.to_string(), kind, id.0.as_bytes()], |row| row.get::<_, Option<String>>(0)).optional()
        });
        Ok(found.map_err(unread)?.flatten())
    }

    fn scan(
        &self,
        kind: &'static str,
        scopes: &[Scope],
        range: RangeInclusive<i64>,
        visit: &mut dyn FnMut(&str),
    ) -> std::result::Result<(), Unread> {
        let visited = self
            .connection
            .prepare_cached(
                "SELECT r.body FROM json_each(?1) j JOIN scope s ON s.name = j.value
             JOIN record r ON r.scope = s.number AND r.kind = ?2 AND r.at BETWEEN ?3 AND ?4
             WHERE r.body IS NOT NULL",
            )
            .and_then(|mut statement| {
                let mut rows = statement.query(params![names(scopes), kind, range.start(), range.end()])?;
                while let Some(row) = rows.next()? {
                    visit(row.get_ref(0)?.as_str()?);
                }
                Ok(())
            });
        visited.map_err(unread)
    }
}

impl Snapshot for State<'_> {
    fn meta(&self) -> Result<Meta> {
        let epoch: [u8; 16] = self
            .connection
            .prepare_cached("SELECT value FROM meta WHERE name = 'epoch'")?
            .query_row([], |row| row.get(0))?;
        let head = number(self.connection, "head")?.max(self.head.get());
        Ok(Meta { epoch: Epoch(u128::from_be_bytes(epoch)), floor: number(self.connection, "floor")?, head })
    }

    fn heads(&self, scopes: &[Scope]) -> Result<Vec<Head>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT s.name, s.number, s.generation, s.head FROM json_each(?1) j JOIN scope s ON s.name = j.value",
        )?;
        let mut rows = statement.query([names(scopes)])?;
        let mut heads = Vec::with_capacity(scopes.len());
        while let Some(row) = rows.next()? {
            let Ok(scope) = row.get_ref(0)?.as_str().unwrap_or_default().parse() else { continue };
            heads.push(Head { scope, number: row.get(1)?, generation: row.get(2)?, head: unsigned(row.get(3)?) });
        }
        Ok(heads)
    }

    fn since(&self, scopes: &[ScopeNumber], seq: Seq, visit: &mut dyn FnMut(Entry<'_>)) -> Result<()> {
        let scopes = serde_json::to_string(scopes).unwrap_or_default();
        let mut statement = self.connection.prepare_cached(
            "SELECT r.scope, r.kind, r.id, r.at, r.seq, r.body FROM json_each(?1) j
             JOIN record r ON r.scope = j.value AND r.seq > ?2 ORDER BY r.seq",
        )?;
        let mut rows = statement.query(params![scopes, signed(seq)])?;
        while let Some(row) = rows.next()? {
            let (scope, kind) = (row.get(0)?, row.get_ref(1)?.as_str().unwrap_or_default());
            let (id, seq) = (RecordId(uuid::Uuid::from_bytes(row.get(2)?)), unsigned(row.get(4)?));
            match row.get_ref(5)?.as_str_or_null().unwrap_or_default() {
                Some(body) => visit(Entry::Row(Row { scope, kind, id, at: row.get(3)?, seq, body })),
                None => visit(Entry::Gone(Gone(scope, kind, id, seq))),
            }
        }
        Ok(())
    }

    fn rows(&self, scope: ScopeNumber, visit: &mut dyn FnMut(Row<'_>)) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT kind, id, at, seq, body FROM record WHERE scope = ?1 AND body IS NOT NULL ORDER BY kind, id",
        )?;
        let mut rows = statement.query([scope])?;
        while let Some(row) = rows.next()? {
            visit(Row {
                scope,
                kind: row.get_ref(0)?.as_str().unwrap_or_default(),
                id: RecordId(uuid::Uuid::from_bytes(row.get(1)?)),
                at: row.get(2)?,
                seq: unsigned(row.get(3)?),
                body: row.get_ref(4)?.as_str().unwrap_or_default(),
            });
        }
        Ok(())
    }

    fn kind(&self, kind: &str, visit: &mut dyn FnMut(&str)) -> Result<()> {
        let sql = "SELECT body FROM record WHERE kind = ?1 AND body IS NOT NULL ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([kind])?;
        while let Some(row) = rows.next()? {
            visit(row.get_ref(0)?.as_str().unwrap_or_default());
        }
        Ok(())
    }

    fn sum(&self, scope: ScopeNumber) -> Result<Sum> {
        let mut sum = Sum::default();
        let mut statement =
            self.connection.prepare_cached("SELECT kind, id, seq FROM record WHERE scope = ?1 AND body IS NOT NULL")?;
        let mut rows = statement.query([scope])?;
        while let Some(row) = rows.next()? {
            let id = RecordId(uuid::Uuid::from_bytes(row.get(1)?));
            sum.add(row.get_ref(0)?.as_str().unwrap_or_default(), id, unsigned(row.get(2)?));
        }
        Ok(sum)
    }

    fn receipt(&self, account: &Account, id: CommandId) -> Result<Option<Kept>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT hash, received, seq, refused, body FROM receipt WHERE account = ?1 AND id = ?2")?;
        let found = statement.query_row(params![account_name(account), id.0.as_bytes()], |row| {
            let hash: Option<[u8; 32]> = row.get(0)?;
            let body = row.get_ref(4)?.as_str_or_null()?.and_then(|body| serde_json::from_str::<Receipt>(body).ok());
            let receipt = match body {
                Some(receipt) => receipt,
                None => super::super::writer::bodiless(id, Timestamp(row.get(1)?), unsigned(row.get(2)?), row.get(3)?),
            };
            Ok(Kept { hash, receipt })
        });
        Ok(found.optional()?)
    }
}

impl Transaction for State<'_> {
    fn put(&self, change: &Change, command: Option<CommandId>, now: Timestamp) -> Result<bool> {
        let (scope, kind, id) = change.key();
        let number = self.numbered(scope)?;
        let mut statement =
            self.connection.prepare_cached("SELECT at, body FROM record WHERE scope = ?1 AND kind = ?2 AND id = ?3")?;
        let stands = statement
            .query_row(params![number, kind, id.0.as_bytes()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?))
            })
            .optional()?;
        let (at, body) = match change {
            Change::Put(record) => (record.at, Some(record.body.as_str())),
            Change::Remove(..) => (stands.as_ref().map_or(0, |(at, _)| *at), None),
        };
        let same = match &stands {
            Some((stood, text)) => *stood == at && text.as_deref() == body,
            None => body.is_none(),
        };
        if same {
            return Ok(false);
        }
        let seq = self.head.get() + 1;
        self.head.set(seq);
        self.connection
            .prepare_cached(
                "INSERT INTO record (scope, kind, id, at, seq, command, changed, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?8, ?7)
             ON CONFLICT DO UPDATE SET at = ?4, seq = ?5, command = ?6, changed = ?8, body = ?7",
            )?
            .execute(params![
                number,
                kind,
                id.0.as_bytes(),
                at,
                signed(seq),
                command.map(|id| id.0.into_bytes()),
                body,
                now.0
            ])?;
        self.connection
            .prepare_cached("UPDATE scope SET head = ?2 WHERE number = ?1")?
            .execute(params![number, signed(seq)])?;
        Ok(true)
    }

    fn number(&self, scopes: &[Scope]) -> Result<()> {
        for scope in scopes {
            self.connection
                .prepare_cached("INSERT OR IGNORE INTO scope (name) VALUES (?1)")?
                .execute([scope.to_string()])?;
        }
        Ok(())
    }

    fn keep(&self, account: &Account, kept: &Kept) -> Result<()> {
        let receipt = &kept.receipt;
        let refused = !matches!(receipt.outcome, kapprum_protocol::receipt::Outcome::Ok);
        self.connection.prepare_cached(
            "INSERT INTO receipt (account, id, hash, received, seq, refused, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?.execute(params![
            account_name(account),
            receipt.id.0.as_bytes(),
            kept.hash,
            receipt.received.0,
            signed(receipt.seq),
            refused,
            serde_json::to_string(receipt).unwrap_or_default()
        ])?;
        Ok(())
    }

    fn savepoint(&self, work: &mut dyn FnMut() -> Result<bool>) -> Result<()> {
        let head = self.head.get();
        self.connection.execute_batch("SAVEPOINT command")?;
        let result = work();
        if matches!(result, Ok(true)) {
            self.connection.execute_batch("RELEASE command")?;
        } else {
            self.head.set(head);
            self.connection.execute_batch("ROLLBACK TO command; RELEASE command")?;
        }
        result.map(|_| ())
    }

    fn dead_letter(&self, account: &Account, id: CommandId, bytes: &str, received: Timestamp) -> Result<()> {
        self.connection
            .prepare_cached("INSERT INTO dead_letter (account, id, bytes, received) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![account_name(account), id.0.as_bytes(), bytes, received.0])?;
        Ok(())
    }

    fn prune(&self, now: Timestamp) -> Result<()> {
        let old = now.plus(-RECEIPT).0;
        self.connection.execute(
            "UPDATE receipt SET body = NULL WHERE body IS NOT NULL AND received < ?1",
            [now.plus(-RECEIPT_BODY).0],
        )?;
        // An id may be made ahead of when it was received; until the id itself is too old, its receipt answers for it.
        let oldest = uuid::Builder::from_unix_timestamp_millis(u64::try_from(old).unwrap_or(0), &[0; 10]).into_uuid();
        self.connection
            .execute("DELETE FROM receipt WHERE received < ?1 AND id < ?2", params![old, oldest.as_bytes()])?;
        let floor: Option<i64> = self.connection.query_row(
            "SELECT max(seq) FROM record WHERE body IS NULL AND changed < ?1",
            [old],
            |row| row.get(0),
        )?;
        if let Some(floor) = floor {
            self.connection.execute("DELETE FROM record WHERE body IS NULL AND changed < ?1", [old])?;
            self.connection.execute("UPDATE meta SET value = max(value, ?1) WHERE name = 'floor'", [floor])?;
        }
        Ok(())
    }
}

impl State<'_> {
    fn numbered(&self, scope: Scope) -> Result<ScopeNumber> {
        let mut statement = self.connection.prepare_cached("SELECT number FROM scope WHERE name = ?1")?;
        let name = scope.to_string();
        if let Some(number) = statement.query_row([&name], |row| row.get(0)).optional()? {
            return Ok(number);
        }
        self.number(&[scope])?;
        Ok(statement.query_row([&name], |row| row.get(0))?)
    }
}

fn connect(path: &Path, durable: bool) -> Result<Connection> {
    #[expect(clippy::disallowed_methods, reason = "the one place that opens a tenant's file")]
    let connection = Connection::open(path)?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;
         PRAGMA busy_timeout = 10000; PRAGMA trusted_schema = OFF;",
        if durable { "FULL" } else { "OFF" }
    ))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn number(connection: &Connection, name: &str) -> Result<Seq> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(unsigned(statement.query_row([name], |row| row.get(0))?))
}

fn names(scopes: &[Scope]) -> String {
    let names: Vec<String> = scopes.iter().map(Scope::to_string).collect();
    serde_json::to_string(&names).unwrap_or_default()
}

fn account_name(account: &Account) -> String {
    format!("{}/{:?}", account.holder, account.role)
}

fn signed(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> Seq {
    u64::try_from(number).unwrap_or(0)
}

fn unread(error: rusqlite::Error) -> Unread {
    Unread::Broken(StoreError::from(error).to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        Self::Failed(code.map_or_else(|| "unexpected data".to_owned(), |code| format!("{code:?}")))
    }
}
