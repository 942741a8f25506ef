//! The small operations of one transaction on scopes and records. What belongs together is composed in
//! [`crate::sync::apply`].

use std::collections::BTreeSet;
use std::ops::Deref;

use kapprum_domain::actor::Account;
use kapprum_domain::time::Timestamp;
use kapprum_protocol::cursor::{Cursor, Seq};
use kapprum_protocol::frame::{Entry, Gone, Row, ScopeNumber, Snap};
use kapprum_protocol::sum::Sum;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::reading::Reader;
use super::{Known, Rules};
use crate::clock::Offset;
use crate::error::Result;

/// One transaction. Reads as a [`Reader`] does.
pub struct Transaction<'a> {
    reader: Reader<'a>,
    connection: &'a Connection,
    pub(super) rules: Rules,
}

/// A scope as the phone has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRow {
    /// Its local number, stable while it is held.
    pub id: i64,
    /// Its number on the wire.
    pub number: ScopeNumber,
    /// Its generation.
    pub generation: u32,
    /// Whose rows are shown.
    pub part: Option<i64>,
    /// To be fetched.
    pub wanted: bool,
    /// How often its sum was wrong.
    pub doubt: u8,
}

/// What a swap found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swapped {
    /// The scope is whole.
    Whole,
    /// The sum was wrong: fetched once more.
    Again,
    /// The sum was wrong again: taken as it is and marked.
    Doubted,
    /// The scope is not held any more; dropped.
    Dropped,
}

impl<'a> Deref for Transaction<'a> {
    type Target = Reader<'a>;
    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl<'a> Transaction<'a> {
    pub(super) fn new(connection: &'a Connection, account: &'a Account, known: &'a Known, rules: Rules) -> Self {
        Self { reader: Reader::within(connection, account, known), connection, rules }
    }

    /// The cursor stored last, as text for the server.
    pub fn cursor(&self) -> Result<Option<String>> {
        text(self.connection, "cursor")
    }

    /// Stores a cursor; opaque, but its seq is kept beside it for receipts, and its epoch, also when it is forgotten.
    pub fn set_cursor(&self, cursor: &str) -> Result<()> {
        let read = Cursor::read(cursor);
        self.set("cursor", cursor)?;
        self.set("seq", signed(read.map_or(0, |cursor| cursor.seq)))?;
        read.map_or(Ok(()), |cursor| self.set("epoch", &cursor.epoch.0.to_be_bytes()[..]))
    }

    /// Whether a cursor is of another epoch than the last one stored: the server was restored from a backup.
    pub(super) fn is_other_epoch(&self, cursor: &str) -> Result<bool> {
        let last: Option<[u8; 16]> = value(self.connection, "epoch")?;
        Ok(last.zip(Cursor::read(cursor)).is_some_and(|(last, new)| last != new.epoch.0.to_be_bytes()))
    }

    /// Forgets the cursor: the next request starts over.
    pub fn forget_cursor(&self) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM meta WHERE name = 'cursor'")?.execute([])?;
        Ok(())
    }

    /// Notes a contact: the server's time, and how it stands to the device's clocks.
    pub fn set_contact(&self, offset: Offset) -> Result<()> {
        self.set("contact", offset.contact.0)?;
        self.set("offset_boot", i64::from_ne_bytes(offset.boot.to_ne_bytes()))?;
        self.set("offset_by_boot", offset.by_boot)?;
        self.set("offset_by_wall", offset.by_wall)
    }

    /// The scope with this number on the wire.
    pub fn scope(&self, number: ScopeNumber) -> Result<Option<ScopeRow>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, number, generation, part, wanted, doubt FROM scope WHERE number = ?1")?;
        Ok(statement.query_row([number], scope_row).optional()?)
    }

    /// Takes the complete set of scopes: everything else is erased, records, overlay and what was loading; new scopes
    /// become wanted, with `all` every scope. What is shown of a scope whose sum was wrong stays doubted until it is
    /// fetched anew. The names of the scopes that were lost are returned.
    pub fn set_rights(&self, all: bool, entries: &[Entry]) -> Result<Vec<String>> {
        if all {
            // Another epoch numbers the scopes anew: names are what stays.
            self.connection.execute("UPDATE scope SET number = -id", [])?;
        }
        let mut kept = BTreeSet::new();
        for Entry(number, generation, class, name) in entries {
            let id: i64 = match name {
                Some(name) => self
                    .connection
                    .prepare_cached(
                        "INSERT INTO scope (number, name, generation, class, wanted) VALUES (?1, ?2, ?3, ?4, 1)
                     ON CONFLICT (name) DO UPDATE SET number = ?1, generation = ?3, class = ?4, wanted = 1,
                        doubt = wanted AND doubt = 1
                     RETURNING id",
                    )?
                    .query_row(params![number, name, generation, u8::from(*class)], |row| row.get(0))?,
                None => self
                    .connection
                    .prepare_cached(
                        "INSERT INTO scope (number, generation, class, wanted) VALUES (?1, ?2, ?3, 1)
                     ON CONFLICT (number) DO UPDATE SET class = ?3,
                        wanted = wanted OR generation <> ?2,
                        doubt = CASE WHEN generation <> ?2 THEN wanted AND doubt = 1 ELSE doubt END,
                        generation = ?2
                     RETURNING id",
                    )?
                    .query_row(params![number, generation, u8::from(*class)], |row| row.get(0))?,
            };
            kept.insert(id);
        }
        let mut statement = self.connection.prepare_cached("SELECT id, part, name FROM scope")?;
        let held: Vec<(i64, Option<i64>, Option<String>)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut lost = Vec::new();
        let mut erased = 0;
        for (id, part, name) in held.into_iter().filter(|(id, ..)| !kept.contains(id)) {
            erased += 1;
            self.connection.prepare_cached("DELETE FROM record WHERE part = ?1")?.execute([part])?;
            self.connection.prepare_cached("DELETE FROM overlay WHERE scope = ?1")?.execute([id])?;
            self.connection.prepare_cached("DELETE FROM scope WHERE id = ?1")?.execute([id])?;
            lost.extend(name);
        }
        // Whatever was loading or waits for deletion may belong to what was lost.
        self.connection.execute("DELETE FROM record WHERE part IN (SELECT part FROM garbage)", [])?;
        erased += self.connection.execute("DELETE FROM garbage", [])?;
        if erased > 0 {
            self.note_erased()?;
        }
        Ok(lost)
    }

    /// Something was erased: its bytes stay in the write-ahead log until that was emptied ([`super::Store::empty_log`]).
    pub(super) fn note_erased(&self) -> Result<()> {
        self.set("erased", true)
    }

    /// Writes a row of a scope that is here; an older one than what stands is left out. Whether the scope is here.
    pub fn put(&self, row: &Row<'_>) -> Result<bool> {
        let Some(part) = self.part(row.scope)? else { return Ok(false) };
        self.connection
            .prepare_cached(
                "INSERT INTO record (part, kind, id, at, seq, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (part, kind, id) DO UPDATE SET at = ?4, seq = ?5, body = ?6 WHERE seq <= ?5",
            )?
            .execute(params![part, row.kind, row.id.0.as_bytes(), row.at, signed(row.seq), row.body])?;
        Ok(true)
    }

    /// Removes a row of a scope that is here, unless what stands is newer.
    pub fn remove(&self, gone: &Gone<'_>) -> Result<bool> {
        let Some(part) = self.part(gone.0)? else { return Ok(false) };
        self.connection
            .prepare_cached("DELETE FROM record WHERE part = ?1 AND kind = ?2 AND id = ?3 AND seq <= ?4")?
            .execute(params![part, gone.1, gone.2.0.as_bytes(), signed(gone.3)])?;
        Ok(true)
    }

    /// The part that takes rows of this scope: none while it is wanted, so that nobody reads half a scope.
    fn part(&self, number: ScopeNumber) -> Result<Option<i64>> {
        let mut statement =
            self.connection.prepare_cached("SELECT part FROM scope WHERE number = ?1 AND NOT wanted")?;
        Ok(statement.query_row([number], |row| row.get(0)).optional()?.flatten())
    }

    /// Count and sum over the rows of a scope that is here and not doubted.
    pub fn sum(&self, number: ScopeNumber) -> Result<Option<Sum>> {
        let Some(row) = self.scope(number)?.filter(|row| !row.wanted && row.doubt < 2) else { return Ok(None) };
        row.part.map(|part| self.sum_of(part)).transpose()
    }

    fn sum_of(&self, part: i64) -> Result<Sum> {
        let mut statement = self.connection.prepare_cached("SELECT kind, id, seq FROM record WHERE part = ?1")?;
        let mut rows = statement.query([part])?;
        let mut sum = Sum::default();
        while let Some(row) = rows.next()? {
            let id = uuid::Uuid::from_bytes(row.get(1)?);
            sum.add(
                row.get_ref(0)?.as_str().unwrap_or_default(),
                kapprum_domain::id::RecordId(id),
                unsigned(row.get(2)?),
            );
        }
        Ok(sum)
    }

    /// The sum of a scope is wrong: fetched once, the second time taken as it is. Whether it became wanted.
    pub fn doubt(&self, number: ScopeNumber) -> Result<bool> {
        Ok(self
            .connection
            .prepare_cached(
                "UPDATE scope SET wanted = doubt = 0, doubt = min(doubt + 1, 2) WHERE number = ?1 RETURNING wanted",
            )?
            .query_row([number], |row| row.get(0))
            .optional()?
            .unwrap_or(false))
    }

    /// A fresh part for a scope that starts to load. Until it is swapped in it is garbage, so a crash leaves no trace.
    pub fn begin_part(&self) -> Result<i64> {
        let part = number(self.connection, "part")?.unwrap_or(0) + 1;
        self.set("part", part)?;
        self.connection.prepare_cached("INSERT INTO garbage (part) VALUES (?1)")?.execute([part])?;
        Ok(part)
    }

    /// Loads rows into a part; they arrive in key order. Whether the part still is to be loaded.
    pub fn load<'r>(&self, part: i64, rows: impl Iterator<Item = Row<'r>>) -> Result<bool> {
        let mut known = self.connection.prepare_cached("SELECT 1 FROM garbage WHERE part = ?1")?;
        if !known.exists([part])? {
            return Ok(false);
        }
        let mut statement = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO record (part, kind, id, at, seq, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for row in rows {
            statement.execute(params![part, row.kind, row.id.0.as_bytes(), row.at, signed(row.seq), row.body])?;
        }
        Ok(true)
    }

    /// Shows a loaded part instead of what stood there. `sum` is what was counted while it arrived.
    pub fn swap(&self, snap: &Snap, part: i64, sum: Sum) -> Result<Swapped> {
        let Some(scope) = self.scope(snap.scope)? else { return Ok(Swapped::Dropped) };
        let wrong = sum != snap.sums();
        if wrong && self.doubt(snap.scope)? {
            return Ok(Swapped::Again);
        }
        self.connection.prepare_cached("DELETE FROM garbage WHERE part = ?1")?.execute([part])?;
        if let Some(old) = scope.part {
            self.connection.prepare_cached("INSERT INTO garbage (part) VALUES (?1)")?.execute([old])?;
        }
        let renamed = self.connection.prepare_cached(
            "UPDATE scope SET part = ?2, name = ?3, generation = ?4, whole = ?5, wanted = 0, locked = 0 WHERE id = ?1",
        )?.execute(params![scope.id, part, snap.name, snap.generation, signed(snap.seq)]);
        renamed?;
        Ok(if wrong { Swapped::Doubted } else { Swapped::Whole })
    }

    /// Deletes a piece of what was swapped out or never finished; whether there is more. `keep` is loading now.
    pub fn sweep(&self, keep: Option<i64>) -> Result<bool> {
        let mut statement = self.connection.prepare_cached("SELECT part FROM garbage WHERE part IS NOT ?1 LIMIT 1")?;
        let Some(part) = statement.query_row([keep], |row| row.get::<_, i64>(0)).optional()? else { return Ok(false) };
        let deleted = self
            .connection
            .prepare_cached(
                "DELETE FROM record WHERE part = ?1 AND (kind, id) IN
                (SELECT kind, id FROM record WHERE part = ?1 ORDER BY kind, id LIMIT 500)",
            )?
            .execute([part])?;
        if deleted == 0 {
            self.connection.prepare_cached("DELETE FROM garbage WHERE part = ?1")?.execute([part])?;
        }
        Ok(true)
    }

    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }

    pub(super) fn set(&self, name: &str, value: impl ToSql) -> Result<()> {
        self.connection
            .prepare_cached("INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")?
            .execute(params![name, value])?;
        Ok(())
    }
}

pub(super) fn account_text(account: &Account) -> String {
    serde_json::to_string(account).unwrap_or_default()
}

pub(super) fn number(connection: &Connection, name: &str) -> Result<Option<i64>> {
    value(connection, name)
}

fn text(connection: &Connection, name: &str) -> Result<Option<String>> {
    value(connection, name)
}

fn value<T: FromSql>(connection: &Connection, name: &str) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn offset(connection: &Connection) -> Result<Option<Offset>> {
    let Some(boot) = number(connection, "offset_boot")? else { return Ok(None) };
    let by_boot = number(connection, "offset_by_boot")?.unwrap_or(0);
    let by_wall = number(connection, "offset_by_wall")?.unwrap_or(0);
    let contact = Timestamp(number(connection, "contact")?.unwrap_or(0));
    Ok(Some(Offset { boot: u64::from_ne_bytes(boot.to_ne_bytes()), by_boot, by_wall, contact }))
}

fn scope_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ScopeRow> {
    Ok(ScopeRow {
        id: row.get(0)?,
        number: row.get(1)?,
        generation: row.get(2)?,
        part: row.get(3)?,
        wanted: row.get(4)?,
        doubt: row.get(5)?,
    })
}

/// SQLite's integers are signed; a seq never comes near the border.
pub(super) fn signed(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> Seq {
    u64::try_from(number).unwrap_or(0)
}
