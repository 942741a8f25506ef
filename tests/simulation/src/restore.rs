//! A server that is restored from a backup: of now, of long ago, of the same one twice. What it lacks, devices bring back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kapprum_domain::actor::Account;
use kapprum_domain::id::CommandId;
use kapprum_domain::refusal::Refusal;
use kapprum_protocol::cursor::Epoch;
use kapprum_protocol::receipt::{Outcome as Received, Receipt};
use kapprum_protocol::request::Earlier;
use kapprum_protocol::sum::Sum;
use kapprum_server::store::Kept;

use crate::fates::refusal;
use crate::history::{History, Outcome};
use crate::properties::{self, all};
use crate::server::Done;

/// Most backups that are kept; the oldest stays.
const KEPT: usize = 3;

/// A copy of the server's files, with what it had committed.
pub struct Backup {
    path: PathBuf,
    done: Done,
    /// How often it was restored.
    times: u32,
}

impl History {
    /// A backup is made while the server serves.
    pub fn backed_up(&mut self) {
        let path = self.path();
        let done = self.server.back_up(&path);
        let at = self.backups.len().min(KEPT - 1);
        self.backups.truncate(at);
        self.backups.push(Backup { path, done, times: 0 });
        self.say(|_| "a backup is made".to_owned());
    }

    /// The server's files are lost, and one of the backups takes their place.
    pub fn restored(&mut self) -> Outcome {
        if self.backups.is_empty() {
            self.backed_up();
            return Ok(());
        }
        let at = self.below(self.backups.len());
        let (path, epoch, now) = (self.path(), Epoch(u128::from(self.random())), self.now());
        let backup = &mut self.backups[at];
        backup.times += 1;
        let (times, done) = (backup.times, backup.done.clone());
        self.fates.restored(|key| done.receipts.contains_key(key));
        let from = backup.path.clone();
        self.server_loses(|server| server.restore(&from, &path, done, epoch, now));
        // Scopes stand again as they stood then; those that came later are empty.
        let heads = self.server.read(|snapshot| {
            let scopes: Vec<_> = self.states.keys().copied().collect();
            let heads = snapshot.heads(&scopes)?.into_iter();
            heads.map(|head| Ok((head.scope, (head.head, snapshot.sum(head.number)?)))).collect::<Result<Vec<_>, _>>()
        });
        let nothing = self.server.read(|snapshot| Ok((snapshot.meta()?.head, Sum::default())));
        self.states.values_mut().for_each(|states| states.push(nothing));
        for (scope, state) in heads {
            self.states.entry(scope).or_default().push(state);
        }
        self.sometimes("restored from a backup");
        self.sometimes_if("the same backup restored twice", times > 1);
        self.sometimes_if("an older backup restored", at + 1 < self.backups.len());
        self.say(|_| format!("the server is restored from backup {at}"));
        Ok(())
    }

    /// (c) What a device shows as done the server knows as done, also after it was restored.
    pub fn done_is_known(&self, index: usize) -> Outcome {
        let device = &self.devices[index];
        let sql = "SELECT id FROM outbox WHERE state = 'answered' AND receipt ->> '$.outcome' = 'ok'";
        let done = self.server.done();
        for id in all(&device.file, sql, |row| Ok(CommandId(uuid::Uuid::from_bytes(row.get(0)?)))) {
            let known = done.receipts.get(&(device.account, id));
            if !self.forgotten && known.is_none_or(|kept| kept.receipt.outcome != Received::Ok) {
                return Err(format!("(c) {}: {id} is shown as done, and the server does not know it", device.name));
            }
        }
        Ok(())
    }

    /// (c) What a device brings back is judged as when it was first received.
    pub fn brought_back(
        &mut self,
        account: Account,
        earlier: &[Earlier],
        receipts: &[Receipt],
        known: &BTreeMap<(Account, CommandId), Kept>,
    ) -> Outcome {
        for earlier in earlier.iter().filter(|earlier| !known.contains_key(&(account, earlier.id))) {
            let Some(receipt) = receipts.iter().find(|receipt| receipt.id == earlier.id) else { continue };
            match (&receipt.outcome, refusal(&receipt.outcome)) {
                (Received::Ok, _) => self.sometimes("brought back by a device"),
                (_, Some(Refusal::Superseded)) => self.sometimes("an older command yielded to a newer one"),
                (_, Some(_)) => self.sometimes("done, then undone by a restored backup"),
                _ => continue,
            }
            if receipt.received != earlier.received {
                return Err(format!("(c) {} was received twice: {:?}, {:?}", receipt.id, earlier, receipt.received));
            }
        }
        Ok(())
    }

    /// Whether a device counts under the server's epoch: before that it shows what another life of the server said.
    pub fn counts_alike(&self, index: usize) -> bool {
        let epoch = self.server.read(|snapshot| Ok(snapshot.meta()?.epoch));
        properties::epoch(&self.devices[index]) == Some(epoch)
    }
}
