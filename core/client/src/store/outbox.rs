//! The outbox: commands from "saved" to their one outcome (`protocol.md` §2).

use kapprum_domain::command::Command;
use kapprum_domain::id::{CommandId, PersonId};
use kapprum_domain::refusal::Refusal;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::{HOUR, Timestamp};
use kapprum_protocol::cursor::Seq;
use kapprum_protocol::envelope::Envelope;
use kapprum_protocol::limits::{COMMAND_BYTES, COMMANDS, RECEIPT_BODY};
use kapprum_protocol::receipt::{Outcome, Receipt};
use kapprum_protocol::request::Earlier;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::value::RawValue;

use super::overlay::Prediction;
use super::reading::Reader;
use super::transaction::{Transaction, number, signed};
use super::{Durability, Store, Unsent};
use crate::clock::Estimate;
use crate::error::{Error, Result};

/// A command about to be saved.
#[derive(Debug, Clone, Copy)]
pub struct Saving<'a> {
    /// Its one id for ever.
    pub id: CommandId,
    /// What is asked for.
    pub command: &'a Command,
    /// On a shared device: who tapped.
    pub tapped: Option<PersonId>,
    /// Estimated server time.
    pub time: Estimate,
}

impl Saving<'_> {
    /// The command's bytes, as they stay.
    fn write(&self) -> Result<Box<RawValue>> {
        let body = serde_json::value::to_raw_value(self.command).map_err(|_| Error::TooLarge)?;
        let envelope = Envelope {
            id: self.id,
            created: Some(self.time.now),
            uncertain: self.time.uncertain,
            tapped: self.tapped,
            body: Some(&body),
        };
        let bytes = envelope.write();
        if bytes.get().len() > COMMAND_BYTES { Err(Error::TooLarge) } else { Ok(bytes) }
    }
}

/// Where a command stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowState {
    /// Not answered.
    Waiting,
    /// The server could not read it; tried again later.
    Parked,
    /// Taken back or cut off; its id is being settled.
    Settling,
    /// Done.
    Done,
    /// Taken back before it was done.
    Withdrawn,
    /// Refused.
    Refused(Refusal),
}

/// A row of the outbox, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The command's id.
    pub id: CommandId,
    /// The command, while its body is here.
    pub command: Option<Command>,
    /// Where it stands.
    pub state: RowState,
    /// When it was asked, in estimated server time.
    pub created: Timestamp,
    /// The phone was not sure of the time.
    pub uncertain: bool,
    /// When the server received it.
    pub received: Option<Timestamp>,
    /// The refusal that a replay foresees.
    pub doubt: Option<Refusal>,
    /// It was done; then the server was restored from a backup without it, and refused it.
    pub undone: bool,
}

/// What the next request carries.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The cursor stored last.
    pub cursor: Option<String>,
    /// Scopes to fetch, most needed first.
    pub want: Vec<u32>,
    /// Commands to send or to settle, in order of insertion.
    pub commands: Vec<Box<RawValue>>,
    /// What an earlier epoch answered to commands that are sent again.
    pub earlier: Vec<Earlier>,
}

/// A parked command is tried again after so long.
const PARKED: i64 = 6 * HOUR;

impl Store {
    /// Saves commands with their overlay, all or none, for ever. A rule that says no to one stores nothing.
    pub fn save(&self, savings: &[Saving<'_>]) -> Result<()> {
        let written = savings.iter().map(Saving::write).collect::<Result<Vec<_>>>()?;
        self.write(Durability::Saved, |transaction| {
            let rights = transaction.rights()?;
            for (saving, bytes) in savings.iter().zip(&written) {
                match transaction.predict(bytes.get(), &rights, saving.time.now)? {
                    Prediction::Refused(refusal) => return Err(Error::Refused(refusal)),
                    prediction => transaction.insert(saving, bytes.get(), prediction.doubt())?,
                }
            }
            Ok(())
        })
    }

    /// Takes back a command that is not answered: its body goes at once, the id is settled. Whether there was one.
    pub fn undo(&self, id: CommandId, now: Timestamp) -> Result<bool> {
        self.write(Durability::Saved, |transaction| {
            let undone = transaction.connection().execute(
                "UPDATE outbox SET state = 'settling', bytes = NULL, doubt = NULL
                 WHERE id = ?1 AND state IN ('waiting', 'parked')",
                [id.0.as_bytes()],
            )?;
            transaction.replay(now)?;
            Ok(undone > 0)
        })
    }

    /// Shows a refused or answered command no more; its person has seen it. It rests on: after a restored backup of the
    /// server it may be needed again. Whether there was one.
    pub fn dismiss(&self, id: CommandId) -> Result<bool> {
        self.write(Durability::Fetched, |transaction| {
            let hidden = transaction.connection().execute(
                "UPDATE outbox SET hidden = 1 WHERE id = ?1 AND NOT hidden AND state IN ('answered', 'refused')",
                [id.0.as_bytes()],
            )?;
            Ok(hidden > 0)
        })
    }
}

impl Transaction<'_> {
    fn insert(&self, saving: &Saving<'_>, bytes: &str, doubt: Option<Refusal>) -> Result<()> {
        let valid_until = saving.command.valid_until().map(|moment| moment.0);
        let doubt = doubt.map(|refusal| serde_json::to_string(&refusal).unwrap_or_default());
        let Estimate { now, uncertain } = saving.time;
        self.connection()
            .prepare_cached(
                "INSERT INTO outbox (id, bytes, created, uncertain, valid_until, state, doubt)
             VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6)",
            )?
            .execute(params![saving.id.0.as_bytes(), bytes, now.0, uncertain, valid_until, doubt])?;
        let n = self.connection().last_insert_rowid();
        for scope in saving.command.scopes() {
            self.connection()
                .prepare_cached("INSERT OR IGNORE INTO outbox_scope (n, name) VALUES (?1, ?2)")?
                .execute(params![n, scope.to_string()])?;
        }
        Ok(())
    }

    /// Keeps what the server said; it takes effect in [`Transaction::settle`]. Whether the server asks to try later.
    pub fn take_receipts(&self, receipts: &[Receipt], now: Timestamp) -> Result<bool> {
        let mut retry = false;
        for receipt in receipts {
            let id = receipt.id.0.as_bytes();
            match receipt.outcome {
                Outcome::Retry => retry = true,
                Outcome::Upgrade => {
                    self.connection()
                        .prepare_cached(
                            "UPDATE outbox SET state = 'parked', parked = ?2 WHERE id = ?1 AND state = 'waiting'",
                        )?
                        .execute(params![id, now.0])?;
                }
                Outcome::Ok | Outcome::Refused(_) => {
                    let text = serde_json::to_string(receipt).unwrap_or_default();
                    self.connection()
                        .prepare_cached(
                            "UPDATE outbox SET receipt = ?2
                             WHERE id = ?1 AND receipt IS NULL AND state IN ('waiting', 'parked', 'settling')",
                        )?
                        .execute(params![id, text])?;
                }
            }
        }
        Ok(retry)
    }

    /// Lets receipts take effect whose scopes, as far as still held, are whole at or above their seq. How many did.
    pub fn settle(&self) -> Result<usize> {
        let mut settled = 0;
        for (n, receipt) in self.pending()? {
            if self.is_whole_for(n, receipt.seq)? {
                self.take_effect(n, &receipt)?;
                settled += 1;
            }
        }
        Ok(settled)
    }

    /// The receipts that came and have not taken effect, with their rows' numbers.
    pub fn pending(&self) -> Result<Vec<(i64, Receipt)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT n, receipt FROM outbox
             WHERE receipt IS NOT NULL AND state IN ('waiting', 'parked', 'settling') ORDER BY n",
        )?;
        let mut rows = statement.query([])?;
        let mut pending = Vec::new();
        while let Some(row) = rows.next()? {
            if let Ok(receipt) = serde_json::from_str(row.get_ref(1)?.as_str().unwrap_or_default()) {
                pending.push((row.get(0)?, receipt));
            }
        }
        Ok(pending)
    }

    /// Whether every still-held scope of a command is whole at or above this seq. A scope that came back is held again
    /// before its name is known: until all names are, a scope that is not found may be one of these.
    pub fn is_whole_for(&self, n: i64, seq: u64) -> Result<bool> {
        let applied = number(self.connection(), "seq")?.unwrap_or(0);
        let mut statement = self.connection().prepare_cached(
            "SELECT NOT EXISTS (
                SELECT 1 FROM outbox_scope o LEFT JOIN scope s ON s.name = o.name
                WHERE o.n = ?1 AND CASE WHEN s.id IS NULL
                    THEN EXISTS (SELECT 1 FROM scope WHERE name IS NULL)
                    ELSE s.wanted OR max(s.whole, ?2) < ?3 END)",
        )?;
        Ok(statement.query_row(params![n, applied, signed(seq)], |row| row.get(0))?)
    }

    /// Shows a receipt's outcome and ends the command's overlay. A refusal that was shown in an earlier epoch stays as it
    /// was told: this one only says that the id is settled.
    pub fn take_effect(&self, n: i64, receipt: &Receipt) -> Result<()> {
        let stays = if refused(receipt) == Some(Refusal::Withdrawn) { self.refused_before(n)? } else { None };
        let stays = stays.map(|stays| Receipt { outcome: stays.outcome, ..receipt.clone() });
        // Another outcome than its person had seen is shown again.
        let same = receipt.outcome == Outcome::Ok || stays.is_some();
        let why = refused(stays.as_ref().unwrap_or(receipt));
        let state = if why.is_some_and(|why| why != Refusal::Withdrawn) { "refused" } else { "answered" };
        let text = stays.map(|stays| serde_json::to_string(&stays).unwrap_or_default());
        self.connection()
            .prepare_cached(
                "UPDATE outbox SET state = ?2, doubt = NULL, receipt = coalesce(?3, receipt), hidden = hidden AND ?4
                 WHERE n = ?1",
            )?
            .execute(params![n, state, text, same])?;
        Ok(())
    }

    /// What a person was told in an earlier epoch, if that was a refusal.
    fn refused_before(&self, n: i64) -> Result<Option<Receipt>> {
        let mut statement = self.connection().prepare_cached("SELECT earlier FROM outbox WHERE n = ?1 AND shown")?;
        let earlier = statement.query_row([n], |row| receipt(row, 0)).optional()?.flatten();
        Ok(earlier.filter(|earlier| refused(earlier).is_some()))
    }

    /// If this cursor begins another epoch, that may lack what the last one answered: what was done waits again, in order,
    /// to be judged as then; what was refused or taken back is only settled, so that no copy of it can be done. Below
    /// `knows` the server still has everything.
    pub fn wait_again(&self, cursor: &str, knows: Option<Seq>) -> Result<()> {
        if !self.is_other_epoch(cursor)? {
            return Ok(());
        }
        self.connection().execute(
            "UPDATE outbox SET
                earlier = CASE WHEN state IN ('answered', 'refused') THEN receipt ELSE coalesce(earlier, receipt) END,
                shown = shown OR state IN ('answered', 'refused'), receipt = NULL, rests = NULL,
                state = CASE
                    WHEN state IN ('answered', 'refused') AND receipt ->> '$.outcome' = 'ok' AND bytes IS NOT NULL
                        THEN 'waiting'
                    WHEN state IN ('answered', 'refused') THEN 'settling'
                    ELSE state END
             WHERE receipt IS NOT NULL
                AND NOT (state IN ('answered', 'refused') AND receipt ->> '$.seq' < coalesce(?1, 0))",
            [knows.map(signed)],
        )?;
        Ok(())
    }

    /// The right to these scopes ended: every command that names one loses its body, an unanswered one is settled, a
    /// draft goes.
    pub fn lose(&self, names: &[String]) -> Result<()> {
        self.drop_drafts(|command| command.scopes().iter().any(|scope| names.contains(&scope.to_string())))?;
        let names = serde_json::to_string(names).unwrap_or_default();
        self.connection().execute(
            "UPDATE outbox SET bytes = NULL, doubt = NULL,
                state = CASE WHEN state IN ('waiting', 'parked') THEN 'settling' ELSE state END
             WHERE n IN (SELECT n FROM outbox_scope WHERE name IN (SELECT value FROM json_each(?1)))",
            [names],
        )?;
        Ok(())
    }

    /// Lets commands and drafts go whose time has passed: for a time that is certain.
    pub fn expire(&self, now: Timestamp) -> Result<()> {
        self.drop_drafts(|command| command.draft_until().is_some_and(|until| until <= now))?;
        let expired = self.connection().execute(
            "UPDATE outbox SET state = 'settling', bytes = NULL, doubt = NULL
             WHERE valid_until <= ?1 AND state IN ('waiting', 'parked') AND receipt IS NULL AND earlier IS NULL",
            [now.0],
        )?;
        if expired > 0 {
            self.replay(now)?;
        }
        Ok(())
    }

    /// Forgets what was done 30 days ago. Counted in the server's time, told in this moment: the device's own clock may
    /// have been anywhere when the command was made or the answer came.
    pub fn rest(&self, server: Timestamp) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE outbox SET rests = ?1
                 WHERE (state = 'answered' OR state = 'refused' AND hidden) AND rests IS NULL",
            )?
            .execute([server.0])?;
        self.forget("(state = 'answered' OR hidden) AND rests < ?1", params![server.plus(-RECEIPT_BODY).0])?;
        Ok(())
    }

    /// Tries parked commands again: all at a start, else those parked long enough.
    pub fn unpark(&self, now: Timestamp, start: bool) -> Result<usize> {
        let before = if start { i64::MAX } else { now.plus(-PARKED).0 };
        Ok(self
            .connection()
            .execute("UPDATE outbox SET state = 'waiting' WHERE state = 'parked' AND parked <= ?1", [before])?)
    }

    fn forget(&self, which: &str, values: &[&dyn rusqlite::ToSql]) -> Result<bool> {
        self.connection()
            .prepare_cached(&format!("DELETE FROM outbox_scope WHERE n IN (SELECT n FROM outbox WHERE {which})"))?
            .execute(values)?;
        Ok(self.connection().prepare_cached(&format!("DELETE FROM outbox WHERE {which}"))?.execute(values)? > 0)
    }
}

impl Reader<'_> {
    /// What the next request carries.
    pub fn plan(&self) -> Result<Plan> {
        let cursor: Option<String> = self
            .connection()
            .prepare_cached("SELECT value FROM meta WHERE name = 'cursor'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let mut statement = self.connection().prepare_cached("SELECT number, name FROM scope WHERE wanted")?;
        let mut rows = statement.query([])?;
        let mut wanted: Vec<(u8, u32)> = Vec::new();
        while let Some(row) = rows.next()? {
            let scope = row.get::<_, Option<String>>(1)?.and_then(|name| name.parse::<Scope>().ok());
            wanted.push((scope.map_or(u8::MAX, |scope| scope.need()), row.get(0)?));
        }
        wanted.sort_unstable();
        let want = wanted.into_iter().map(|(_, number)| number).collect();
        let mut statement = self.connection().prepare_cached(
            "SELECT id, CASE state WHEN 'waiting' THEN bytes END, earlier FROM outbox
             WHERE state IN ('waiting', 'settling') AND receipt IS NULL ORDER BY n LIMIT ?1",
        )?;
        let mut rows = statement.query([i64::try_from(COMMANDS).unwrap_or(0)])?;
        let (mut commands, mut earlier) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let id = CommandId(uuid::Uuid::from_bytes(row.get(0)?));
            if let Some(bytes) = row.get::<_, Option<String>>(1)?.and_then(|text| RawValue::from_string(text).ok()) {
                commands.push(bytes);
                // An id that was only settled was never received with this body.
                let told = receipt(row, 2)?.filter(|told| refused(told) != Some(Refusal::Withdrawn));
                let told = told.filter(|told| !told.mac.is_empty());
                earlier.extend(told.map(|told| Earlier { id, received: told.received, mac: told.mac }));
            } else {
                commands.push(Envelope::settling(id).write());
            }
        }
        Ok(Plan { cursor, want, commands, earlier })
    }

    /// The outbox as people see it, oldest first.
    pub fn outbox(&self) -> Result<Vec<OutboxRow>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, bytes, created, uncertain, state, receipt, doubt, earlier, shown FROM outbox
             WHERE NOT hidden ORDER BY n",
        )?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(outbox_row(row)?);
        }
        Ok(found)
    }

    /// How much is not answered yet.
    pub fn unsent(&self) -> Result<Unsent> {
        let mut statement = self.connection().prepare_cached(
            "SELECT count(*), min(created) FROM outbox
             WHERE state IN ('waiting', 'parked', 'settling') AND receipt IS NULL",
        )?;
        let (count, oldest): (i64, Option<i64>) = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Unsent { count: count.unsigned_abs(), oldest: oldest.map(Timestamp) })
    }
}

fn outbox_row(row: &Row<'_>) -> Result<OutboxRow> {
    let bytes: Option<String> = row.get(1)?;
    let command = bytes.as_deref().and_then(|bytes| {
        let body = Envelope::read(bytes).ok()?.body?;
        serde_json::from_str(body.get()).ok()
    });
    let shown: bool = row.get(8)?;
    let (answer, earlier) = (receipt(row, 5)?, receipt(row, 7)?.filter(|_| shown));
    let told = |receipt: &Option<Receipt>| match receipt.as_ref().and_then(refused) {
        Some(Refusal::Withdrawn) => RowState::Withdrawn,
        Some(refusal) => RowState::Refused(refusal),
        None => RowState::Done,
    };
    let state = match row.get_ref(4)?.as_str().unwrap_or_default() {
        "waiting" => RowState::Waiting,
        "parked" => RowState::Parked,
        // What another epoch refused stays refused while this one is told.
        "settling" if earlier.as_ref().and_then(refused).is_some() => told(&earlier),
        "settling" => RowState::Settling,
        _ => told(&answer),
    };
    let undone = matches!(state, RowState::Refused(_) | RowState::Withdrawn)
        && earlier.is_some_and(|earlier| earlier.outcome == Outcome::Ok);
    // What has not taken effect is not shown as received either: outcome and effect come together.
    let received = answer.filter(|_| !matches!(state, RowState::Waiting | RowState::Parked | RowState::Settling));
    Ok(OutboxRow {
        id: CommandId(uuid::Uuid::from_bytes(row.get(0)?)),
        command,
        state,
        created: Timestamp(row.get(2)?),
        uncertain: row.get(3)?,
        received: received.map(|receipt| receipt.received),
        doubt: row.get::<_, Option<String>>(6)?.map(|text| refusal(&text)),
        undone,
    })
}

fn receipt(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Receipt>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.and_then(|text| serde_json::from_str(text).ok()))
}

fn refused(receipt: &Receipt) -> Option<Refusal> {
    match &receipt.outcome {
        Outcome::Refused(why) => Some(refusal(why.get())),
        _ => None,
    }
}

/// A refusal of a newer server that this build has no words for is an internal one.
fn refusal(text: &str) -> Refusal {
    serde_json::from_str(text).unwrap_or(Refusal::Internal)
}
