//! Everything works again: devices come to rest, and then what must hold in the end.

use std::sync::atomic::Ordering;

use kapprum_client::store::RowState;
use kapprum_client::sync::machine::Wishes;
use kapprum_domain::time::HOUR;

use crate::cases::Case;
use crate::history::{History, Outcome};
use crate::properties;

/// Rounds in which devices must come to rest.
const ROUNDS: usize = 60;
/// Somebody wants to know what is new.
pub const ASKING: Wishes = Wishes { foreground: false, ask: true };

impl History {
    /// Everything works again: devices come to rest, and then all is equal.
    pub fn heals(&mut self) -> Outcome {
        self.faults = false;
        self.say(|_| "healing".to_owned());
        self.server.watched.fail.store(false, Ordering::Relaxed);
        *self.server.watched.die.lock().unwrap() = None;
        self.server.old &= self.chance(2);
        let by_themselves = self.chance(3);
        for index in 0..self.devices.len() {
            if self.devices[index].suspended {
                self.suspended(index);
            }
            // Room is seen when the files are opened again.
            let full = self.devices[index].disk.is_full();
            self.devices[index].disk.fill(false, false);
            if full || !by_themselves {
                self.device_dies(index)?;
            }
        }
        if by_themselves {
            // Nobody starts anything again, nobody asks: what waits goes, what is missing comes, what is parked is tried
            // again in its time. Then somebody looks, and news comes too.
            self.sometimes("devices moved by themselves");
            self.rests(Wishes::default())?;
            self.time.fetch_add(7 * HOUR, Ordering::Relaxed);
            for index in 0..self.devices.len() {
                self.housekeeping(index, false)?;
            }
            self.rests(Wishes::default())?;
            (0..self.devices.len()).try_for_each(|index| self.nothing_open(index))?;
            self.rests(Wishes { foreground: true, ask: false })?;
        } else {
            self.rests(ASKING)?;
        }
        self.at_rest()
    }

    /// Devices move, as far as such wishes let them, until nothing happens any more.
    pub fn rests(&mut self, wishes: Wishes) -> Outcome {
        for _ in 0..ROUNDS {
            // Longer than any back-off.
            self.time.fetch_add(121_000, Ordering::Relaxed);
            let before = self.steps;
            for index in 0..self.devices.len() {
                self.poll(index, wishes)?;
            }
            self.drain()?;
            if before == self.steps {
                return Ok(());
            }
        }
        Err("(h) the devices do not come to rest".to_owned())
    }

    /// (c) Every command has its outcome, everything that is held is here. What is parked no server can read.
    fn nothing_open(&self, index: usize) -> Outcome {
        let device = &self.devices[index];
        let plan = device.store.read(|reader| reader.plan()).map_err(|error| error.to_string())?;
        if !plan.want.is_empty() {
            return Err(format!("(c) {}: scopes {:?} do not come", device.name, plan.want));
        }
        for (id, state) in properties::outbox(device)? {
            let never = self.server.old || self.fates.befell((device.account, id), Case::NewerCommand);
            if matches!(state, RowState::Waiting | RowState::Settling) || state == RowState::Parked && !never {
                return Err(format!("(c) {}: {id} has no outcome: {state:?}", device.name));
            }
        }
        Ok(())
    }

    fn drain(&mut self) -> Outcome {
        while !self.requests.is_empty() {
            self.deliver_requests()?;
        }
        while !self.answers.is_empty() {
            self.line(0)?;
        }
        Ok(())
    }

    fn at_rest(&mut self) -> Outcome {
        let now = self.now();
        properties::committed_is_there(&self.server, self.forgotten)?;
        for index in 0..self.devices.len() {
            let device = &self.devices[index];
            properties::equals_oracle(device, &self.server, now)?;
            properties::saved_is_there(device, now.0)?;
            properties::nothing_outside(device)?;
            self.read_everything(index)?;
            self.nothing_open(index)?;
            self.done_is_known(index)?;
        }
        // (h) Nothing to do costs one round trip, and nothing after it.
        for index in 0..self.devices.len() {
            (self.devices[index].requests, self.devices[index].quiet) = (0, 0);
            self.devices[index].machine.try_now();
            self.poll(index, ASKING)?;
            self.drain()?;
            self.poll(index, Wishes::default())?;
            self.drain()?;
            let (requests, quiet) = (self.devices[index].requests, self.devices[index].quiet);
            if (requests, quiet) != (1, 1) {
                return Err(format!("(h) {}: {requests} requests, {quiet} quiet", self.devices[index].name));
            }
        }
        Ok(())
    }
}
