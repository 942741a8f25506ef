//! What reaches a device: lines become steps of its machine, each one transaction, and after each what must hold.

use std::collections::BTreeSet;

use kapprum_client::error::Error;
use kapprum_client::sync::apply::Step;
use kapprum_client::sync::machine::{Exchange, Failure};
use kapprum_domain::id::CommandId;
use kapprum_protocol::frame::{Frame, RightsFrame};

use crate::cases::Case;
use crate::history::{History, Outcome};
use crate::network::NOBODY;
use crate::properties;
use crate::variant::{self, Variant, apply_variant};

impl History {
    /// A line reaches the machine, and what follows from it the store. Whether the answer goes on.
    pub fn take(&mut self, index: usize, exchange: Exchange, ids: &[CommandId], line: &str) -> Result<bool, String> {
        let device = &mut self.devices[index];
        let account = device.account;
        let current = device.machine.current();
        let wrong = self.variant == Variant::CancelledAnswerTaken;
        let taken = device.machine.line(current.filter(|_| wrong).unwrap_or(exchange), line);
        if current != Some(exchange) {
            self.befall_all(account, ids, Case::OldAnswer);
        }
        let Ok(steps) = taken else {
            self.answers.retain(|flight| flight.device != index || flight.exchange != exchange);
            return self.fail(index, exchange, Failure::Lost).map(|()| false);
        };
        let steps = variant::steps(self.variant, steps, &mut self.late_steps);
        self.devices[index].held = None;
        for step in steps {
            if self.faults && self.chance(50) {
                self.device_dies(index)?;
                return Ok(false);
            }
            if !self.step_done(index, &step)? {
                self.answers.retain(|flight| flight.device != index || flight.exchange != exchange);
                return self.fail(index, exchange, Failure::Lost).map(|()| false);
            }
        }
        if let (true, Ok(Frame::Rights(rights))) = (current == Some(exchange), Frame::read(line)) {
            self.devices[index].rights = Some(numbers(&rights));
            properties::nothing_outside(&self.devices[index])?;
            properties::nothing_staged(&self.devices[index])?;
        }
        if self.variant == Variant::LockHeldBetweenLines && self.devices[index].loading.part.is_some() {
            let open = rusqlite::Connection::open(&self.devices[index].path).unwrap();
            open.execute_batch("BEGIN IMMEDIATE").unwrap();
            self.devices[index].held = Some(open);
        }
        if self.chance(4) {
            properties::nothing_held(&self.devices[index])?;
        }
        Ok(true)
    }

    /// One step in one transaction, and what must hold after it. Whether it was done.
    pub fn step_done(&mut self, index: usize, step: &Step) -> Result<bool, String> {
        self.steps += 1;
        if let (Variant::CursorBeforeRows, Step::First(first), true) = (self.variant, step, self.chance(4)) {
            // The wrong phone has stored the cursor and dies before it stores the rows.
            let store = &self.devices[index].store;
            store.write(kapprum_client::store::Durability::Saved, |one| one.set_cursor(&first.cursor)).ok();
            self.device_dies(index)?;
            return Ok(false);
        }
        let watched = matches!(step, Step::Rights(_) | Step::End(_));
        let waiting = if watched { self.waiting(index) } else { BTreeSet::new() };
        let locked = watched && properties::locked(&self.devices[index]);
        let lost = match step {
            Step::Rights(rights) => properties::lost_with(&self.devices[index], rights),
            _ => Vec::new(),
        };
        // Erasing hardly ever needs more room: here the log itself has none, and the key was destroyed.
        let no_room = matches!(step, Step::Rights(_)) && self.devices[index].disk.has_nothing() && self.chance(4);
        let failing = matches!(step, Step::Rights(_)) && properties::rule_fails(&self.devices[index]);
        let device = &mut self.devices[index];
        let result = if failing && self.variant == Variant::FailingRuleInTheWay {
            Err(Error::Closed)
        } else if no_room {
            Err(Error::Unreadable)
        } else {
            apply_variant(self.variant, device, step, &|number| self.server.name(number))
        };
        let name = device.name.clone();
        self.say(|_| format!("{name}: {}{}", called(step), if result.is_err() { ": failed" } else { "" }));
        let done = match result {
            Ok(done) => done,
            Err(Error::Unreadable) => {
                self.sometimes("a purge failed");
                self.destroyed(index);
                return Ok(false);
            }
            Err(Error::Full) => {
                self.sometimes("disk full in a step");
                self.befall_waiting(index, Case::DiskFull);
                return Ok(false);
            }
            Err(error) if matches!(step, Step::Rights(_)) => return Err(format!("(b) {name}: rights failed: {error}")),
            Err(error) => return Err(format!("{name}: {} failed: {error}", called(step))),
        };
        let device = &mut self.devices[index];
        if done.retry {
            device.machine.retry_later(device.elapsed());
        }
        if self.new {
            return Ok(true);
        }
        if done.wrong_sums > 0 && device.altered.is_empty() {
            return Err(format!("(e) {name}: a sum was wrong that nobody made wrong"));
        }
        device.let_go(lost);
        self.sometimes_if("erased beside a rule that fails", failing && done.purged);
        let device = &self.devices[index];
        let doubted = done.wrong_sums > 0 && properties::doubted(device);
        let fewer = device.rights.as_ref().map_or(0, BTreeSet::len);
        self.sometimes_if("a sum wrong twice", doubted);
        self.sometimes_if("several scopes in one transaction", matches!(step, Step::Whole(scopes) if scopes.len() > 1));
        if let Step::Rights(rights) = step {
            self.sometimes_if("a device lost a right", !rights.all && fewer > rights.scopes.len());
            self.settled_now(index, &waiting, Case::RightEndedUnsent, Case::RightEndedSent);
            if done.purged && self.faults && self.chance(10) {
                // What was lost stays lost, and at the next start it leaves the files' bytes too.
                self.sometimes("a power cut between purge and checkpoint");
                self.devices[index].rights = Some(numbers(rights));
                self.dies(index, true)?;
                if !self.devices[index].disk.is_full() {
                    properties::not_in_bytes(&self.devices[index], "mormor")?;
                }
                return Ok(false);
            }
        }
        let device = &self.devices[index];
        if done.purged && device.store.empty_log().map_err(|error| error.to_string())? {
            properties::not_in_bytes(device, "mormor")?;
        }
        if matches!(step, Step::First(_)) {
            properties::nothing_outside(device)?;
        }
        if let Step::End(_) = step {
            self.settled_now(index, &waiting, Case::ExpiredUnsent, Case::ExpiredSent);
        }
        if !matches!(step, Step::Begin | Step::Load(_)) && (locked || !matches!(step, Step::End(_))) {
            self.replayed(index)?;
            self.read_everything(index)?;
        }
        Ok(true)
    }

    pub fn fail(&mut self, index: usize, exchange: Exchange, failure: Failure) -> Outcome {
        let device = &mut self.devices[index];
        let loads = device.loading.part.is_some() && device.machine.current() == Some(exchange);
        let steps = device.machine.failed(exchange, device.elapsed(), failure);
        self.sometimes_if("a cut between two parts of a scope", loads);
        for step in steps {
            self.step_done(index, &step)?;
        }
        Ok(())
    }

    /// The phone dies or loses its connections: what is on its way to it goes nowhere, what comes from it may arrive.
    pub fn forget_flights(&mut self, index: usize) {
        self.requests.iter_mut().filter(|one| one.device == index).for_each(|one| one.exchange = NOBODY);
        self.answers.retain(|flight| flight.device != index);
        self.late_steps.clear();
    }
}

fn numbers(rights: &RightsFrame) -> BTreeSet<u32> {
    rights.scopes.iter().map(|entry| entry.0).collect()
}

fn called(step: &Step) -> String {
    match step {
        Step::Rights(rights) => {
            format!("rights to {} scopes{}", rights.scopes.len(), if rights.all { ", all" } else { "" })
        }
        Step::First(first) => format!("first: {} rows, {} receipts", first.rows.len(), first.receipts.len()),
        Step::Whole(scopes) => {
            let each = scopes.iter().map(|whole| format!("{} of {}", whole.rows.len(), whole.snap.name));
            format!("whole: {}", each.collect::<Vec<_>>().join(", "))
        }
        Step::Begin => "begin".to_owned(),
        Step::Load(rows) => format!("load {}", rows.len()),
        Step::Swap(snap, _) => format!("swap {}", snap.name),
        Step::End(_) => "end".to_owned(),
        Step::SignedOut => "signed out".to_owned(),
    }
}
