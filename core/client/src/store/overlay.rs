//! The overlay: what unanswered commands will make of the records, by the same rules as the server's.
//!
//! It is never patched: whatever changes records or scopes replays all unanswered commands in the same transaction.

use kapprum_domain::access::Rights;
use kapprum_domain::actor::Sending;
use kapprum_domain::command::{Command, decide};
use kapprum_domain::consequences::consequences;
use kapprum_domain::record::Change;
use kapprum_domain::refusal::Refusal;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::{Undecided, Unread};
use kapprum_protocol::envelope::Envelope;
use rusqlite::{OptionalExtension, params};

use super::transaction::Transaction;
use crate::error::{Error, Result};

/// What a replay did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Unanswered commands that were decided.
    pub commands: usize,
    /// Of them, those that a rule refuses now.
    pub doubtful: usize,
}

/// What a command will do, as far as the phone can tell.
pub(super) enum Prediction {
    /// Its changes lie in the overlay.
    Overlaid,
    /// It names what is not here: sent, nothing is predicted.
    Unknown,
    /// A rule refuses it.
    Refused(Refusal),
}

impl Transaction<'_> {
    /// Makes the overlay afresh from the unanswered commands, in their order.
    pub fn replay(&self, now: Timestamp) -> Result<Replayed> {
        self.connection().prepare_cached("DELETE FROM overlay")?.execute([])?;
        let mut statement = self.connection().prepare_cached(
            "SELECT n, bytes, doubt FROM outbox
             WHERE state IN ('waiting', 'parked') AND bytes IS NOT NULL ORDER BY n",
        )?;
        let mut rows = statement.query([])?;
        let mut replayed = Replayed::default();
        let mut rights = None;
        while let Some(row) = rows.next()? {
            let rights = match &rights {
                Some(rights) => rights,
                None => rights.insert(self.rights()?),
            };
            replayed.commands += 1;
            let bytes = row.get_ref(1)?.as_str().unwrap_or_default();
            let doubt = match self.predict(bytes, rights, now)? {
                Prediction::Refused(refusal) => {
                    replayed.doubtful += 1;
                    Some(serde_json::to_string(&refusal).unwrap_or_default())
                }
                Prediction::Overlaid | Prediction::Unknown => None,
            };
            if doubt.as_deref() != row.get_ref(2)?.as_str_or_null().unwrap_or_default() {
                let n: i64 = row.get(0)?;
                self.connection()
                    .prepare_cached("UPDATE outbox SET doubt = ?2 WHERE n = ?1")?
                    .execute(params![n, doubt])?;
            }
        }
        Ok(replayed)
    }

    /// Decides one command over record ⊕ overlay and lays its changes over. What this build can't read is the server's
    /// to judge: it must not stand in the way of the transaction that replays it.
    pub(super) fn predict(&self, bytes: &str, rights: &Rights, now: Timestamp) -> Result<Prediction> {
        let Ok(envelope) = Envelope::read(bytes) else { return Ok(Prediction::Unknown) };
        let Some(command) = envelope.body.and_then(|body| serde_json::from_str::<Command>(body.get()).ok()) else {
            return Ok(Prediction::Unknown);
        };
        let actor = self.actor();
        let sending = Sending {
            id: envelope.id,
            command: &command,
            actor: &actor,
            rights,
            tapped: envelope.tapped,
            now,
            created: envelope.created.unwrap_or(now),
        };
        self.predict_sending(&sending)
    }

    fn predict_sending(&self, sending: &Sending<'_>) -> Result<Prediction> {
        let changes = match decide(sending, &self.world()) {
            Ok(changes) => changes,
            Err(Undecided::Refused(refusal)) => return Ok(Prediction::Refused(refusal)),
            Err(Undecided::NotHeld(_)) => return Ok(Prediction::Unknown),
            Err(Undecided::Broken(why)) => return Err(Error::from(Unread::Broken(why))),
        };
        let mut step = changes;
        while !step.is_empty() {
            self.lay(&step)?;
            step = consequences(&self.world(), &step, sending.now)?;
        }
        Ok(Prediction::Overlaid)
    }

    /// Lays changes over, as far as their scopes are held.
    fn lay(&self, changes: &[Change]) -> Result<()> {
        for change in changes {
            let Some(scope) = self.held(change.scope())? else { continue };
            let (_, kind, id) = change.key();
            let (at, body) = match change {
                Change::Put(record) => (record.at, Some(record.body.as_str())),
                Change::Remove(..) => (0, None),
            };
            self.connection()
                .prepare_cached(
                    "INSERT INTO overlay (scope, kind, id, at, body) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (scope, kind, id) DO UPDATE SET at = ?4, body = ?5",
                )?
                .execute(params![scope, kind, id.0.as_bytes(), at, body])?;
        }
        Ok(())
    }

    fn held(&self, scope: Scope) -> Result<Option<i64>> {
        let mut statement =
            self.connection().prepare_cached("SELECT id FROM scope WHERE name = ?1 AND part IS NOT NULL")?;
        Ok(statement.query_row([scope.to_string()], |row| row.get(0)).optional()?)
    }
}
