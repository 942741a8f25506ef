//! What goes wrong, on devices and on the server, and what simply happens: rights end, time passes.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use kapprum_client::clock::Clock;
use kapprum_client::error::Error;
use kapprum_client::store::Durability;
use kapprum_client::sync::apply;
use kapprum_client::sync::machine::Failure;
use kapprum_domain::id::CommandId;
use kapprum_domain::record::Change;
use kapprum_domain::time::{DAY, HOUR, MINUTE};
use kapprum_town::story;
use rusqlite::Connection;

use crate::cases::{Case, Shown};
use crate::device::{Clocks, Device, remove_files};
use crate::history::{History, Outcome};
use crate::properties::{self, all};
use crate::server::Server;
use crate::variant::Variant;

impl History {
    /// Bo's right to a child ends or comes back, or Love leaves the department or comes back to it.
    pub fn rights_change(&mut self) -> Outcome {
        let child = if self.chance(2) { story::love() } else { story::ebba() };
        let mut changes = Vec::new();
        if self.chance(3) {
            let here = self.town.placements[&story::loves_placement()].until.is_none();
            self.town.end_place(story::love(), story::loves_placement(), here);
            changes.push(Change::put(&self.town.placements[&story::loves_placement()].clone()));
            changes.extend(self.town.child(&self.town.enrolled[&story::love()].clone()));
            self.say(|_| format!("love {} Blåklinten", if here { "leaves" } else { "comes back to" }));
        } else {
            let guardians = &self.town.enrolled[&child].guardians;
            let ended = guardians.iter().any(|one| one.guardian == story::bo() && one.until.is_some());
            if ended {
                self.town.restore_guardian(story::bo(), child);
                self.sometimes("a right came back");
            } else {
                self.town.end_guardian(story::bo(), child);
                if self.answers.iter().any(|flight| flight.device == 1 && flight.answer.is_some()) {
                    self.sometimes("a right ended in mid-answer");
                }
            }
            self.say(|_| format!("bo's right to {child} {}", if ended { "comes back" } else { "ends" }));
            changes.extend(self.town.child(&self.town.enrolled[&child].clone()));
        }
        self.import(&changes);
        Ok(())
    }

    /// Minutes, hours, a month, more than a year.
    pub fn time_passes(&mut self) -> Outcome {
        let step = match self.below(100) {
            0..=69 => self.below(40) as i64 * MINUTE,
            70..=94 => self.below(24) as i64 * HOUR,
            95..=98 => 31 * DAY,
            _ => {
                self.forgotten = true;
                401 * DAY
            }
        };
        self.time.fetch_add(step, Ordering::Relaxed);
        let now = self.now();
        // Bodies of receipts, receipts and tombstones past their days go; then the floor rises.
        while step >= 31 * DAY && self.server.store.write(&mut |transaction| transaction.prune(now)).is_err() {
            self.revived();
        }
        self.say(|_| format!("{} minutes pass", step / MINUTE));
        Ok(())
    }

    /// The app dies, or the device loses its power in the middle of a write.
    pub fn device_dies(&mut self, index: usize) -> Outcome {
        let power = self.chance(2);
        self.dies(index, power)
    }

    /// As [`History::device_dies`], told which.
    pub fn dies(&mut self, index: usize, power: bool) -> Outcome {
        self.befall_waiting(index, if power { Case::PowerCut } else { Case::PhoneDied });
        let (path, point) = (self.path(), self.random());
        let device = &self.devices[index];
        if power {
            device.copy_after_power_cut(&path, point);
        } else {
            device.copy_as_it_lies(&path);
        }
        let skew = self.skew();
        if power || self.chance(3) {
            self.devices[index].clocks.restart(skew);
        }
        self.reopen(index, &path)?;
        self.say(|history| format!("{} {}", history.devices[index].name, if power { "loses power" } else { "dies" }));
        // What was erased stays erased, and what was shown may have to be found again.
        properties::nothing_outside(&self.devices[index])?;
        self.starts(index)
    }

    /// Other files in a device's place.
    fn reopen(&mut self, index: usize, path: &std::path::Path) -> Outcome {
        let old = self.devices[index].path.clone();
        self.devices[index].reopen(path);
        if old != path {
            remove_files(&old);
        }
        self.forget_flights(index);
        let device = &mut self.devices[index];
        device.answered = properties::unanswered(&device.file).into_iter().collect();
        let answered = all(&device.file, "SELECT id FROM outbox WHERE state IN ('answered', 'refused')", |row| {
            Ok(CommandId(uuid::Uuid::from_bytes(row.get(0)?)))
        });
        device.answered = answered.into_iter().collect();
        properties::saved_is_there(device, self.time.load(Ordering::Relaxed))
    }

    /// What the product does at a start.
    fn starts(&mut self, index: usize) -> Outcome {
        self.housekeeping(index, true)
    }

    /// What the product does now and then.
    pub fn housekeeping(&mut self, index: usize, start: bool) -> Outcome {
        let busy = self.answers.iter().any(|flight| flight.device == index);
        if self.devices[index].suspended || busy {
            return Ok(());
        }
        let waiting = self.waiting(index);
        let device = &self.devices[index];
        let compared = start || properties::replayed_now(device)?;
        let (locked, not_here) = (properties::locked(device), properties::not_here(device));
        if self.variant == Variant::ExpiresByAGuess {
            let guess = device.now()?.now;
            device.store.write(Durability::Fetched, |transaction| transaction.expire(guess)).ok();
        }
        match apply::housekeep(&device.store, &device.loading, device.clocks.as_ref(), start) {
            Ok(_) => drop(device.store.empty_log().map_err(|error| error.to_string())?),
            Err(Error::Full) => return Ok(()),
            Err(Error::Unreadable) => {
                self.sometimes("a purge failed");
                self.destroyed(index);
                return Ok(());
            }
            Err(error) => return Err(format!("housekeeping failed: {error}")),
        }
        let device = &self.devices[index];
        let (locks, purges) = (!locked && properties::locked(device), properties::not_here(device) > not_here);
        self.sometimes_if("locked for want of contact", locks);
        self.sometimes_if("purged for want of contact", purges);
        self.settled_now(index, &waiting, Case::ExpiredUnsent, Case::ExpiredSent);
        if compared {
            self.replayed(index)?;
        }
        self.read_everything(index)
    }

    /// The server dies; its file is changed before it is opened again.
    pub fn server_dies(&mut self, change: impl FnOnce(&Connection)) {
        let path = self.path();
        self.server_loses(|server| server.die(&path, change));
    }

    /// As [`History::server_dies`]; where it goes on from is told by `start`.
    pub fn server_loses(&mut self, start: impl FnOnce(&mut Server)) {
        let old = self.server.path.clone();
        start(&mut self.server);
        self.holdings.clear();
        remove_files(&old);
        for flight in std::mem::take(&mut self.answers) {
            let device = &mut self.devices[flight.device];
            device.machine.failed(flight.exchange, device.clocks.boot().elapsed, Failure::Lost);
        }
        self.say(|_| "the server dies".to_owned());
    }

    /// A server that died in a transaction is started again.
    pub fn revived(&mut self) {
        if self.server.watched.died.lock().unwrap().is_some() {
            self.server_dies(|_| {});
        }
    }

    /// A copy is taken; later the device is restored from it, or a clone made of it.
    pub fn copied(&mut self, index: usize) -> Outcome {
        let path = self.path();
        let Some((copy, saved)) = self.devices[index].copy.take() else {
            self.devices[index].copy_as_it_lies(&path);
            self.devices[index].copy = Some((path, self.devices[index].saved.clone()));
            return Ok(());
        };
        let account = self.devices[index].account;
        let waiting = properties::unanswered(&Connection::open(&copy).unwrap());
        if self.chance(3) && self.devices.len() < 6 {
            let skew = self.skew();
            let clocks = Clocks::new(&self.time, skew);
            let name = format!("{}'s clone", self.devices[index].name);
            let mut clone = Device::open(&name, account, &copy, clocks);
            (clone.saved, clone.altered) = (saved, self.devices[index].altered.clone());
            self.devices.push(clone);
            waiting.into_iter().for_each(|id| self.fates.befall_again((account, id), Case::Cloned));
            self.say(|_| name);
            let last = self.devices.len() - 1;
            self.reopen(last, &copy)?;
            return self.starts(last);
        }
        waiting.into_iter().for_each(|id| self.fates.befall_again((account, id), Case::Restored));
        let newer: Vec<_> = self.devices[index].saved.keys().filter(|id| !saved.contains_key(id)).copied().collect();
        newer.iter().for_each(|_| self.fates.count(Case::Restored, Shown::NotHere));
        (self.devices[index].saved, self.devices[index].rights) = (saved, None);
        self.say(|history| format!("{} is restored from a copy", history.devices[index].name));
        self.reopen(index, &copy)?;
        self.starts(index)
    }

    /// The key was destroyed because a purge failed: a new file, and nothing was said to be here any more.
    pub fn destroyed(&mut self, index: usize) {
        let path = self.path();
        let device = &mut self.devices[index];
        device.disk.fill(false, false);
        let old = std::mem::replace(&mut device.path, path.clone());
        device.reopen(&path);
        remove_files(&old);
        device.saved.clear();
        device.answered.clear();
        device.rights = None;
        self.forget_flights(index);
    }

    pub fn suspended(&mut self, index: usize) {
        self.befall_waiting(index, Case::Suspended);
        let device = &mut self.devices[index];
        if device.suspended {
            device.store.resume().unwrap();
        } else {
            device.store.suspend();
        }
        device.suspended = !device.suspended;
    }

    /// The disk fills up, with or without the reserve, or has room again.
    pub fn disk(&mut self, index: usize) -> Outcome {
        let path = self.path();
        let (full, reserve) = (self.chance(3), self.chance(2));
        if full {
            self.befall_waiting(index, Case::DiskFull);
        }
        self.devices[index].copy_as_it_lies(&path);
        self.devices[index].disk.fill(!full, reserve);
        self.reopen(index, &path)?;
        self.say(|history| format!("{}: disk {}", history.devices[index].name, if full { "has room" } else { "full" }));
        self.starts(index)
    }

    /// The server begins another epoch, raises its floor or a scope's generation, or is replaced by another release.
    pub fn server_changes(&mut self) -> Outcome {
        let what = self.below(5);
        let from = 100 + self.below(900);
        for index in 0..self.devices.len() {
            match what {
                0 => self.befall_waiting(index, Case::OtherEpoch),
                1 | 2 => self.befall_waiting(index, Case::FloorRose),
                _ => {}
            }
        }
        if what == 4 {
            self.server.old = !self.server.old;
        }
        let epoch = u128::from(self.random());
        self.server_dies(|file| match what {
            0 => {
                // Scopes are numbered anew.
                let renumber = format!(
                    "UPDATE scope SET number = -number; UPDATE scope SET number = {from} - number;
                     UPDATE record SET scope = {from} + scope;"
                );
                file.execute_batch(&renumber).unwrap();
                file.execute("UPDATE meta SET value = ?1 WHERE name = 'epoch'", [&epoch.to_be_bytes()[..]]).unwrap();
            }
            1 | 2 => file
                .execute_batch(
                    "UPDATE meta SET value = (SELECT value FROM meta WHERE name = 'head') WHERE name = 'floor';
                     DELETE FROM record WHERE body IS NULL",
                )
                .unwrap(),
            3 => file.execute_batch("UPDATE scope SET generation = generation + 1 WHERE number % 3 = 0").unwrap(),
            _ => {}
        });
        self.say(|_| format!("the server: {}", ["other epoch", "floor", "floor", "generation", "release"][what]));
        self.sometimes(["other epoch", "floor rose", "floor rose", "generation raised", "other release"][what]);
        Ok(())
    }

    // --- what befalls commands ---

    pub fn befall_waiting(&mut self, index: usize, case: Case) {
        let account = self.devices[index].account;
        for id in properties::unanswered(&self.devices[index].file) {
            self.fates.befall((account, id), case);
        }
    }

    pub fn befall_all(&mut self, account: kapprum_domain::actor::Account, ids: &[CommandId], case: Case) {
        ids.iter().for_each(|id| self.fates.befall((account, *id), case));
    }

    /// The commands of a device that could still be sent.
    pub fn waiting(&self, index: usize) -> BTreeSet<CommandId> {
        let sql = "SELECT id FROM outbox WHERE state IN ('waiting', 'parked')";
        let ids = all(&self.devices[index].file, sql, |row| Ok(CommandId(uuid::Uuid::from_bytes(row.get(0)?))));
        ids.into_iter().collect()
    }

    /// Commands that waited before and are only to be settled now.
    pub fn settled_now(&mut self, index: usize, before: &BTreeSet<CommandId>, unsent: Case, sent: Case) {
        let sql = "SELECT id FROM outbox WHERE state = 'settling'";
        let ids = all(&self.devices[index].file, sql, |row| Ok(CommandId(uuid::Uuid::from_bytes(row.get(0)?))));
        let account = self.devices[index].account;
        for id in ids.into_iter().filter(|id| before.contains(id)) {
            let was = self.fates.get(&(account, id)).is_some_and(|fate| fate.sent);
            self.fates.befall((account, id), if was { sent } else { unsent });
        }
    }
}
