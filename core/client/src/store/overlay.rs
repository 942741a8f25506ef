//! The overlay: what unanswered commands will make of the records, by the same rules as the server's.
//!
//! It is never patched: whatever changes records or scopes replays all unanswered commands in the same transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kapprum_domain::access::Rights;
use kapprum_domain::actor::{Role, Sending};
use kapprum_domain::command::Command;
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
    /// A rule fails by a bug: the server may find better.
    Failed,
}

impl Prediction {
    /// The refusal that is to be expected.
    pub(super) fn doubt(self) -> Option<Refusal> {
        match self {
            Self::Overlaid | Self::Unknown => None,
            Self::Refused(refusal) => Some(refusal),
            Self::Failed => Some(Refusal::Internal),
        }
    }
}

impl Transaction<'_> {
    /// Makes the overlay afresh from the unanswered commands, in their order.
    pub fn replay(&self, now: Timestamp) -> Result<Replayed> {
        self.connection().prepare_cached("DELETE FROM overlay")?.execute([])?;
        let mut statement = self.connection().prepare_cached(
            "SELECT n, bytes, doubt, earlier ->> '$.received' FROM outbox
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
            // What an earlier epoch of the server received is judged as then.
            let received = row.get::<_, Option<i64>>(3)?.map_or(now, Timestamp);
            if received.day() != now.day() && self.actor().account.role == Role::Board {
                // A wall shows today; what comes again of another day would push it aside.
                continue;
            }
            let doubt = self.predict(bytes, rights, received)?.doubt();
            replayed.doubtful += usize::from(doubt.is_some());
            let doubt = doubt.map(|refusal| serde_json::to_string(&refusal).unwrap_or_default());
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
        self.guarded(|| self.predict_sending(&sending))
    }

    /// A rule that fails by a bug must not stand in the way of the transaction either: nothing that it began stays.
    fn guarded(&self, predict: impl FnOnce() -> Result<Prediction>) -> Result<Prediction> {
        let run = |sql| self.connection().prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        run("SAVEPOINT prediction")?;
        // What the store itself fails with ends the whole transaction, which may be rolled back already.
        let predicted = catch_unwind(AssertUnwindSafe(predict)).unwrap_or(Ok(Prediction::Failed))?;
        if !matches!(predicted, Prediction::Overlaid) {
            run("ROLLBACK TO prediction")?;
        }
        run("RELEASE prediction")?;
        Ok(predicted)
    }

    fn predict_sending(&self, sending: &Sending<'_>) -> Result<Prediction> {
        let changes = match (self.rules)(sending, &self.world()) {
            Ok(changes) => changes,
            Err(Undecided::Refused(refusal)) => return Ok(Prediction::Refused(refusal)),
            Err(Undecided::NotHeld(_)) => return Ok(Prediction::Unknown),
            Err(Undecided::Broken(why)) => return Err(Error::from(Unread::Broken(why))),
        };
        let mut step = changes;
        while !step.is_empty() {
            self.lay(&step)?;
            step = match consequences(&self.world(), &step, sending.now) {
                Err(Unread::NotHeld(_)) => return Ok(Prediction::Unknown),
                step => step?,
            };
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

#[cfg(test)]
mod tests {
    use kapprum_domain::command::decide;
    use kapprum_domain::record::Change;
    use kapprum_domain::scope::Scope;
    use rusqlite::Connection;

    use super::*;
    use crate::store::{Known, schema};

    #[test]
    fn a_rule_that_panics_is_doubted_and_leaves_nothing_behind() {
        #[expect(clippy::disallowed_methods, reason = "a file in memory")]
        let file = Connection::open(":memory:").unwrap();
        file.execute_batch(schema::TABLES).unwrap();
        file.execute(
            "INSERT INTO scope (number, name, generation, class, part, wanted) VALUES (1, 'tenant', 1, 0, 1, 0)",
            [],
        )
        .unwrap();
        let account = serde_json::from_str(
            r#"{"tenant":"00000000-0000-0000-0000-000000000001","holder":"00000000-0000-0000-0000-000000000002","role":"guardian"}"#,
        );
        let (account, known) = (account.unwrap(), Known::default());
        let transaction = Transaction::new(&file, &account, &known, decide);
        let lays = |body: &str| {
            let record = kapprum_domain::record::Record {
                scope: Scope::Tenant,
                kind: "municipality".to_owned(),
                id: kapprum_domain::id::RecordId(uuid::Uuid::nil()),
                at: 0,
                body: body.to_owned(),
            };
            transaction.lay(&[Change::Put(record)])
        };
        let sound = transaction.guarded(|| lays("sound").map(|()| Prediction::Overlaid));
        assert_eq!(sound.unwrap().doubt(), None);
        let failed = transaction.guarded(|| {
            lays("half done")?;
            panic!("a rule with a bug")
        });
        assert_eq!(failed.unwrap().doubt(), Some(Refusal::Internal));
        let overlaid: String = file.query_row("SELECT group_concat(body) FROM overlay", [], |row| row.get(0)).unwrap();
        assert_eq!(overlaid, "sound");
    }
}
