//! What one connection to a tenant's file reads and writes: a snapshot, or a transaction.

use std::cell::Cell;
use std::ops::RangeInclusive;

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
use rusqlite::{Connection, OptionalExtension, params};

use super::{Entry, Head, Kept, Meta, Result, Snapshot, StoreError, Transaction};

/// In this order, whatever else the planner finds: it must not begin with all records of a kind.
pub(super) const SCAN: &str = "
SELECT r.body FROM json_each(?1) j CROSS JOIN scope s ON s.name = j.value
CROSS JOIN record r ON r.scope = s.number AND r.kind = ?2 AND r.at BETWEEN ?3 AND ?4
WHERE r.body IS NOT NULL";

/// One state: a snapshot, or a transaction with the seq it has come to.
pub(super) struct State<'a> {
    connection: &'a Connection,
    head: Cell<Seq>,
}

impl Source for State<'_> {
    fn get(&self, scope: &Scope, kind: &'static str, id: RecordId) -> std::result::Result<Option<String>, Unread> {
        let found = self.connection.prepare_cached(
            "SELECT r.body FROM scope s CROSS JOIN record r ON r.scope = s.number AND r.kind = ?2 AND r.id = ?3 WHERE s.name = ?1",
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
        let visited = self.connection.prepare_cached(SCAN).and_then(|mut statement| {
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
        let mut statement = self.connection.prepare_cached("SELECT name, value FROM meta")?;
        let mut rows = statement.query([])?;
        let (mut epoch, mut floor, mut head, mut restored) = (None, 0, self.head.get(), None);
        while let Some(row) = rows.next()? {
            match row.get_ref(0)?.as_str().unwrap_or_default() {
                "epoch" => epoch = Some(Epoch(u128::from_be_bytes(row.get(1)?))),
                "floor" => floor = unsigned(row.get(1)?),
                "head" => head = head.max(unsigned(row.get(1)?)),
                "restored" => restored = Some(Timestamp(row.get(1)?)),
                _ => {}
            }
        }
        Ok(Meta { epoch: epoch.ok_or(StoreError::Empty)?, floor, head, restored })
    }

    fn heads(&self, scopes: &[Scope]) -> Result<Vec<Head>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT s.name, s.number, s.generation, s.head FROM json_each(?1) j CROSS JOIN scope s ON s.name = j.value",
        )?;
        let mut rows = statement.query([names(scopes)])?;
        let mut heads = Vec::with_capacity(scopes.len());
        while let Some(row) = rows.next()? {
            let Ok(scope) = row.get_ref(0)?.as_str().unwrap_or_default().parse() else { continue };
            heads.push(Head { scope, number: row.get(1)?, generation: row.get(2)?, head: unsigned(row.get(3)?) });
        }
        Ok(heads)
    }

    fn names(&self, numbers: &[ScopeNumber]) -> Result<Vec<(ScopeNumber, Scope)>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT s.number, s.name FROM json_each(?1) j CROSS JOIN scope s ON s.number = j.value")?;
        let mut rows = statement.query([serde_json::to_string(numbers).unwrap_or_default()])?;
        let mut names = Vec::with_capacity(numbers.len());
        while let Some(row) = rows.next()? {
            let Ok(scope) = row.get_ref(1)?.as_str().unwrap_or_default().parse() else { continue };
            names.push((row.get(0)?, scope));
        }
        Ok(names)
    }

    fn changed(&self, seq: Seq) -> Result<Vec<ScopeNumber>> {
        let mut statement = self.connection.prepare_cached("SELECT number FROM scope WHERE head > ?1")?;
        let numbers = statement.query_map([signed(seq)], |row| row.get(0))?;
        Ok(numbers.collect::<rusqlite::Result<_>>()?)
    }

    fn since(&self, scopes: &[ScopeNumber], seq: Seq, visit: &mut dyn FnMut(Entry<'_>)) -> Result<()> {
        let scopes = serde_json::to_string(scopes).unwrap_or_default();
        let mut statement = self.connection.prepare_cached(
            "SELECT r.scope, r.kind, r.id, r.at, r.seq, r.body FROM json_each(?1) j
             CROSS JOIN record r ON r.scope = j.value AND r.seq > ?2",
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
        let sql = "SELECT body FROM record WHERE kind = ?1 AND body IS NOT NULL";
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

    fn knows(&self, epoch: Epoch) -> Result<Option<Seq>> {
        let mut statement = self.connection.prepare_cached("SELECT head FROM earlier_epoch WHERE epoch = ?1")?;
        Ok(statement.query_row([&epoch.0.to_be_bytes()[..]], |row| row.get(0)).optional()?.map(unsigned))
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
            None => body.is_none() && command.is_none(),
        };
        if same {
            if let Some(command) = command {
                self.connection
                    .prepare_cached(
                        "UPDATE record SET command = ?4 WHERE scope = ?1 AND kind = ?2 AND id = ?3
                            AND (command IS NULL OR command < ?4)",
                    )?
                    .execute(params![number, kind, id.0.as_bytes(), command.0.as_bytes()])?;
            }
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

    fn last_command(&self, change: &Change) -> Result<Option<CommandId>> {
        let (scope, kind, id) = change.key();
        let mut statement = self.connection.prepare_cached(
            "SELECT r.command FROM scope s JOIN record r ON r.scope = s.number AND r.kind = ?2 AND r.id = ?3
             WHERE s.name = ?1",
        )?;
        let found = statement
            .query_row(params![scope.to_string(), kind, id.0.as_bytes()], |row| row.get::<_, Option<[u8; 16]>>(0))
            .optional()?;
        Ok(found.flatten().map(|id| CommandId(uuid::Uuid::from_bytes(id))))
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

impl<'a> State<'a> {
    pub(super) fn new(connection: &'a Connection, head: Seq) -> Self {
        Self { connection, head: Cell::new(head) }
    }

    /// The seq it has come to.
    pub(super) fn head(&self) -> Seq {
        self.head.get()
    }

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

pub(super) fn number(connection: &Connection, name: &str) -> Result<Seq> {
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

pub(super) fn signed(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> Seq {
    u64::try_from(number).unwrap_or(0)
}

fn unread(error: rusqlite::Error) -> Unread {
    Unread::Broken(StoreError::from(error).to_string())
}
