//! One history: a seed decides every step; in the end everything heals and all properties must hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use kapprum_client::clock::{Clock, Estimate, estimate};
use kapprum_client::error::Error;
use kapprum_client::store::{Durability, Saving};
use kapprum_client::sync::apply::Step;
use kapprum_client::sync::machine::{Action, Exchange, Failure, Wishes};
use kapprum_domain::absence::Days;
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::id::{CommandId, RecordId};
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::{DAY, Day, HOUR, Span, Timestamp};
use kapprum_protocol::receipt::{Outcome, Receipt};
use kapprum_protocol::request::Request;
use kapprum_server::sync::{Answer, Answered, answer};
use kapprum_server::writer::{self, Batch};
use kapprum_town::{Town, story};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

use crate::device::{Clocks, Device, Time};
use crate::properties::{self, Sums};
use crate::server::{Server, copy_files};
use crate::variant::{self, Variant, apply_variant};
use crate::{Told, Variant as Wrong};

const FRESH: (u32, u32) = (30 * 24 * 3600, 12 * 3600);
const STEPS: usize = 140;
static FOLDERS: AtomicU64 = AtomicU64::new(0);

pub struct History {
    random: ChaCha8Rng,
    variant: Variant,
    folder: PathBuf,
    files: u32,
    time: Time,
    town: Town,
    server: Server,
    devices: Vec<Device>,
    requests: Vec<(usize, Exchange, Vec<u8>)>,
    answers: Vec<Flight>,
    sums: Sums,
    outcomes: BTreeMap<(Account, CommandId), Outcome>,
    told: Told,
    lines: Vec<String>,
    hasher: DefaultHasher,
    faults: bool,
    wrong_sums_injected: bool,
    commands: u64,
    steps_done: u64,
    head: u64,
}

struct Flight {
    device: usize,
    exchange: Exchange,
    answer: Option<Answer>,
    lines: VecDeque<String>,
    nothing: bool,
    /// Held until there is news: the request as it came.
    held: Option<Vec<u8>>,
}

impl Drop for History {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn day(time: i64) -> Day {
    Timestamp(time).day()
}

impl History {
    pub fn new(seed: u64, variant: Variant) -> Self {
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = base.join(format!("kapprum-{}-{}", std::process::id(), FOLDERS.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&folder).unwrap();
        let start = Day::new(2026, 11, 24).unwrap().start().0 + 7 * HOUR;
        let time: Time = Arc::new(AtomicI64::new(start));
        let town = Town::small(day(start));
        let poison = RecordId::state("day_change", &[&story::loves_placement(), &day(start).plus(3)]);
        let server = Server::open(&folder.join("server"), 1, variant, Some(poison));
        let mut history = Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            variant,
            folder,
            files: 0,
            time,
            town,
            server,
            devices: Vec::new(),
            requests: Vec::new(),
            answers: Vec::new(),
            sums: Sums::new(),
            outcomes: BTreeMap::new(),
            told: Told::default(),
            lines: Vec::new(),
            hasher: DefaultHasher::new(),
            faults: true,
            wrong_sums_injected: false,
            commands: seed << 20,
            steps_done: 0,
            head: 0,
        };
        let mut changes = history.town.changes();
        changes.push(history.town.tablet(story::tablet(), story::department()));
        changes.push(history.town.board(story::board(), story::department()));
        history.import(&changes);
        for (name, holder, role) in [
            ("anna", story::anna().into(), Role::Guardian),
            ("bo", story::bo().into(), Role::Guardian),
            ("tablet", story::tablet().into(), Role::Tablet),
            ("board", story::board().into(), Role::Board),
        ] {
            let path = history.path();
            let skew = history.skew();
            let clocks = Clocks::new(&history.time, skew);
            history.devices.push(Device::open(name, story::account_of(holder, role), &path, clocks));
        }
        history
    }

    pub fn told(&self) -> Told {
        Told { trace: self.hasher.finish(), ..self.told.clone() }
    }

    pub fn last_lines(&self) -> String {
        let from = self.lines.len().saturating_sub(400);
        self.lines[from..].join("\n")
    }

    /// Faults for a while, then healing, then everything must be equal.
    pub fn run(&mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            self.told.steps += 1;
            self.step()?;
        }
        self.heal()
    }

    fn step(&mut self) -> Result<(), String> {
        let device = self.below(self.devices.len());
        match self.below(100) {
            0..=17 => self.person(device)?,
            18..=39 => self.poll(device)?,
            40..=54 => self.deliver_request()?,
            55..=82 => self.deliver_lines()?,
            83..=85 => self.change_rights()?,
            86 => self.time_passes(),
            87 => self.device_dies(device)?,
            88 => self.server_dies(),
            89..=90 => self.copied(device)?,
            91 => self.suspended(device),
            92..=93 => self.disk(device),
            94..=95 => self.undone(device)?,
            96 => self.odd_command(device)?,
            97 => self.other_epoch_or_floor(),
            98 => self.server.watched.fail.store(true, Ordering::Relaxed),
            _ => self.dismissed(device)?,
        }
        self.check(device)
    }

    // --- what people do ---

    fn person(&mut self, index: usize) -> Result<(), String> {
        if self.devices[index].suspended {
            return Ok(());
        }
        let today = day(self.now());
        let role = self.devices[index].account.role;
        let child = if self.below(3) == 0 { story::ebba() } else { story::love() };
        let from = today.plus(self.below(4) as i32);
        let at = AtPlacement { child: story::love(), placement: story::loves_placement(), group: None };
        let span = Span::new("07:30".parse().unwrap(), "15:00".parse().unwrap()).unwrap();
        let until = Some(from.plus(self.below(3) as i32));
        let command = match (role, self.below(6)) {
            (Role::Board, 0..=2) => Command::CheckIn(AtPlacement { group: Some(story::department()), ..at }),
            (Role::Board, _) => Command::CheckOut(AtPlacement { group: Some(story::department()), ..at }),
            (Role::Tablet, 0 | 1) => Command::CheckIn(at),
            (Role::Tablet, 2 | 3) => Command::CheckOut(at),
            (_, 4) => match self.some_absence(index) {
                Some(absence) => Command::WithdrawAbsence { child: story::love(), absence },
                None => return Ok(()),
            },
            (Role::Guardian, 0) => Command::ChangeDay {
                child: story::love(),
                placement: story::loves_placement(),
                // The third day is the one on which a rule fails.
                day: today.plus(self.below(6) as i32),
                times: Some(vec![span]),
                comment: format!("mormor hämtar {}", self.below(100)),
            },
            (Role::Guardian, 1) => Command::SetContact {
                person: self.devices[index].account.holder.as_person(),
                phone: format!("070-174 06 {:02}", self.below(100)),
                mail: String::new(),
            },
            _ => Command::ReportAbsence { child, days: Days { from, until, part: None } },
        };
        self.save(index, &command)
    }

    fn save(&mut self, index: usize, command: &Command) -> Result<(), String> {
        let id = self.command_id();
        let device = &mut self.devices[index];
        let offset = device.store.read(|reader| reader.offset()).map_err(|error| error.to_string())?;
        let time: Estimate = estimate(device.clocks.as_ref(), offset);
        let tapped = (device.account.role == Role::Tablet).then(story::maja);
        let saving = Saving { id, command, tapped, time };
        if self.variant == Wrong::SavedBeforeCommit && self.random.next_u64().is_multiple_of(3) {
            device.saved.push(id);
            return Ok(());
        }
        // Seen from the same moment, laying one command over is the same as replaying all.
        let compared = self.random.next_u64().is_multiple_of(2)
            && device.store.write(Durability::Fetched, |transaction| transaction.replay(time.now)).is_ok();
        let result = device.store.save(&saving);
        let released = device.disk.released.load(Ordering::Relaxed);
        let told = match &result {
            Ok(()) => {
                device.saved.push(id);
                "saved"
            }
            Err(Error::Refused(_)) => "refused at once",
            Err(Error::Full) => "full",
            Err(Error::NotHeld) => "not held",
            Err(error) => return Err(format!("saving failed: {error}")),
        };
        if released {
            self.sometimes("reserve freed");
        }
        if told == "full" {
            self.sometimes("disk full");
        }
        let name = self.devices[index].name.clone();
        self.say(format!("{name} {command:?} {told}"));
        if told == "saved" && compared {
            properties::overlay_is_replay(&self.devices[index], time.now)?;
        }
        Ok(())
    }

    fn some_absence(&mut self, index: usize) -> Option<RecordId> {
        let device = &self.devices[index];
        let mut statement = device
            .file
            .prepare_cached(
                "SELECT id FROM overlay WHERE kind = 'absence' AND body IS NOT NULL
                 UNION SELECT id FROM record WHERE kind = 'absence' ORDER BY id",
            )
            .unwrap();
        let ids: Vec<[u8; 16]> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        drop(statement);
        if ids.is_empty() {
            return None;
        }
        let at = self.below(ids.len());
        Some(RecordId(Uuid::from_bytes(ids[at])))
    }

    fn undone(&mut self, index: usize) -> Result<(), String> {
        let Some(id) = self.waiting(index) else { return Ok(()) };
        let now = self.now();
        let wrong = self.variant == Wrong::UndoWithoutSettling;
        let device = &mut self.devices[index];
        if wrong {
            device.file.execute("DELETE FROM outbox WHERE id = ?1", [id.0.as_bytes()]).unwrap();
        } else {
            match device.store.undo(id, Timestamp(now)) {
                Ok(_) => {}
                Err(Error::Full) => return Ok(()),
                Err(error) => return Err(error.to_string()),
            }
        }
        self.sometimes("undone");
        self.say(format!("undo {id}"));
        Ok(())
    }

    fn dismissed(&mut self, index: usize) -> Result<(), String> {
        if self.devices[index].suspended {
            return Ok(());
        }
        let Some(id) = self.devices[index].saved.first().copied() else { return Ok(()) };
        match self.devices[index].store.dismiss(id) {
            Ok(true) => self.devices[index].saved.retain(|one| *one != id),
            Ok(false) | Err(Error::Full) => {}
            Err(error) => return Err(error.to_string()),
        }
        Ok(())
    }

    fn waiting(&self, index: usize) -> Option<CommandId> {
        if self.devices[index].suspended {
            return None;
        }
        let file = &self.devices[index].file;
        let sql = "SELECT id FROM outbox WHERE state IN ('waiting', 'parked') ORDER BY n DESC LIMIT 1";
        file.query_row(sql, [], |row| row.get::<_, [u8; 16]>(0)).ok().map(|id| CommandId(Uuid::from_bytes(id)))
    }

    /// A command from a newer app, or an id that came before with other content.
    fn odd_command(&mut self, index: usize) -> Result<(), String> {
        if self.devices[index].suspended || self.devices[index].account.role != Role::Guardian {
            return Ok(());
        }
        let account = self.devices[index].account;
        let own = self.outcomes.keys().find(|(of, _)| *of == account).map(|(_, id)| *id);
        let used = own.filter(|_| self.below(2) == 0);
        let id = used.unwrap_or_else(|| self.command_id());
        let body = match used {
            Some(_) => format!(
                r#"{{"id":"{id}","body":{{"withdraw_absence":{{"child":"{0}","absence":"{0}"}}}}}}"#,
                story::love()
            ),
            None => format!(r#"{{"id":"{id}","body":{{"from_the_future":{{}}}}}}"#),
        };
        let device = &mut self.devices[index];
        // The outbox it once was in was another's, or is damaged.
        device.saved.retain(|one| *one != id);
        device.file.execute("DELETE FROM outbox WHERE id = ?1", [id.0.as_bytes()]).unwrap();
        let done = device.file.execute(
            "INSERT OR IGNORE INTO outbox (id, bytes, created, uncertain, state) VALUES (?1, ?2, ?3, 0, 'waiting')",
            rusqlite::params![id.0.as_bytes(), body, self.time.load(Ordering::Relaxed)],
        );
        if done.is_ok_and(|rows| rows > 0) {
            self.say(format!("odd command {id}"));
        }
        Ok(())
    }

    // --- network ---

    fn poll(&mut self, index: usize) -> Result<(), String> {
        let ask = self.below(6) == 0;
        let foreground = self.below(4) > 0;
        self.poll_with(index, Wishes { foreground, ask })
    }

    fn poll_with(&mut self, index: usize, wishes: Wishes) -> Result<(), String> {
        let device = &mut self.devices[index];
        if device.suspended {
            return Ok(());
        }
        let now = device.clocks.boot().elapsed;
        let store = &device.store;
        let action = device.machine.poll(now, wishes, || store.read(|reader| reader.plan()).ok());
        if let Action::Send(exchange, request) = action {
            device.requests += 1;
            let text = request.write();
            let told = format!(
                "{} sends {}: {}",
                device.name,
                exchange,
                String::from_utf8_lossy(&text[..text.len().min(160)])
            );
            self.say(told);
            self.requests.push((index, exchange, text));
        }
        Ok(())
    }

    fn deliver_request(&mut self) -> Result<(), String> {
        if self.requests.is_empty() {
            return Ok(());
        }
        let at = self.below(self.requests.len());
        let (index, exchange, text) = self.requests.remove(at);
        if self.faults && self.below(10) == 0 {
            self.sometimes("request lost");
            self.fail(index, exchange, Failure::Lost)?;
            // Or only given up, and answered after all.
            return if self.below(2) == 0 { self.serve(index, exchange, &text) } else { Ok(()) };
        }
        if self.faults && self.below(12) == 0 {
            self.sometimes("request twice");
            self.serve(index, u64::MAX, &text)?;
            self.answers.pop();
        }
        self.serve(index, exchange, &text)
    }

    fn serve(&mut self, index: usize, exchange: Exchange, text: &[u8]) -> Result<(), String> {
        let mut request = Request::read(text).map_err(|error| format!("(i) the device sent {error}"))?;
        let now = Timestamp(self.now());
        let account = self.devices[index].account;
        let mut receipts = Vec::new();
        if !request.commands.is_empty() {
            let batch = Batch { account, commands: request.commands.clone(), received: now };
            let written = writer::write(self.server.store.as_ref(), &self.server.keys, &[batch]);
            receipts = written.receipts.into_iter().next().unwrap_or_default();
            self.committed(&written.touched);
            for receipt in &receipts {
                self.received(account, receipt)?;
            }
        }
        if self.faults && self.below(20) == 0 {
            // Numbers of scopes that are others', or nobody's.
            let own = properties::held(&self.devices[index]);
            request.want.extend((0..70).filter(|number| !own.contains(number)));
        }
        let nothing = |held: Option<Vec<u8>>| Flight {
            device: index,
            exchange,
            answer: None,
            lines: VecDeque::new(),
            nothing: true,
            held,
        };
        let answered = answer(&self.server.store, &self.server.cache, &account, &request, &receipts, (now, FRESH));
        match answered {
            Err(_) => return self.fail(index, exchange, Failure::Busy(1000)),
            Ok(Answered::Nothing { .. }) => {
                let held = request.wait.map(|_| text.to_vec());
                self.answers.push(nothing(held));
            }
            Ok(Answered::Lines(answer)) => {
                self.answers.push(Flight { answer: Some(answer), nothing: false, ..nothing(None) });
            }
        }
        Ok(())
    }

    /// (c) A command has one outcome for ever.
    fn received(&mut self, account: Account, receipt: &Receipt) -> Result<(), String> {
        if let Outcome::Refused(why) = &receipt.outcome {
            self.sometimes("refused");
            if why.get().contains("internal") {
                self.sometimes("rule failed");
            }
            if why.get().contains("withdrawn") {
                self.sometimes("withdrawn");
            }
            if why.get().contains("id_reused") {
                self.sometimes("id used again");
                return Ok(());
            }
        }
        if receipt.outcome == Outcome::Upgrade {
            self.sometimes("parked");
        }
        if !receipt.outcome.is_final() {
            return Ok(());
        }
        if receipt.outcome == Outcome::Ok {
            self.sometimes("done");
        }
        self.say(format!("receipt {} {:?} at {}", receipt.id, receipt.outcome, receipt.seq));
        match self.outcomes.get(&(account, receipt.id)) {
            Some(first) if *first != receipt.outcome => {
                Err(format!("(c) {}: first {first:?}, then {:?}", receipt.id, receipt.outcome))
            }
            _ => {
                self.outcomes.insert((account, receipt.id), receipt.outcome.clone());
                Ok(())
            }
        }
    }

    fn deliver_lines(&mut self) -> Result<(), String> {
        if self.answers.is_empty() {
            return Ok(());
        }
        let at = self.below(self.answers.len());
        let index = self.answers[at].device;
        if self.devices[index].suspended {
            return Ok(());
        }
        if self.faults && self.below(14) == 0 {
            let flight = self.answers.remove(at);
            self.sometimes("answer cut");
            return self.fail(index, flight.exchange, Failure::Lost);
        }
        for _ in 0..=self.below(12) {
            if !self.line(at)? {
                break;
            }
        }
        Ok(())
    }

    /// Brings one line; whether there is more of the answer.
    fn line(&mut self, at: usize) -> Result<bool, String> {
        let index = self.answers[at].device;
        let exchange = self.answers[at].exchange;
        if self.answers[at].nothing {
            let flight = self.answers.remove(at);
            if let Some(held) = flight.held {
                // The wait is over: there is news, or it has been long enough.
                let request = Request { wait: None, ..Request::read(&held).unwrap() };
                self.serve(index, exchange, &request.write())?;
                return Ok(false);
            }
            let now = self.devices[index].clocks.boot().elapsed;
            self.devices[index].machine.ended(exchange, now, true);
            return Ok(false);
        }
        if self.answers[at].lines.is_empty() {
            let now = Timestamp(self.now());
            let piece = self.answers[at].answer.as_mut().unwrap().next_piece(now);
            match piece {
                Ok(Some(piece)) => {
                    let mut lines = String::from_utf8(piece).unwrap();
                    if self.faults && self.below(60) == 0 && lines.contains(r#"{"sum":"#) {
                        lines = wrong_sum(&lines);
                        self.wrong_sums_injected = true;
                        self.sometimes("wrong sum");
                    }
                    self.answers[at].lines = lines.lines().map(str::to_owned).collect();
                }
                Ok(None) => {
                    self.answers.remove(at);
                    let now = self.devices[index].clocks.boot().elapsed;
                    self.devices[index].machine.ended(exchange, now, false);
                    return Ok(false);
                }
                Err(_) => {
                    self.answers.remove(at);
                    self.fail(index, exchange, Failure::Lost)?;
                    return Ok(false);
                }
            }
        }
        let Some(line) = self.answers[at].lines.pop_front() else { return Ok(true) };
        self.take(index, exchange, &line)
    }

    fn take(&mut self, index: usize, exchange: Exchange, line: &str) -> Result<bool, String> {
        let device = &mut self.devices[index];
        let mut broken = line.to_owned();
        if self.faults && self.random.next_u64().is_multiple_of(400) {
            // (i) A broken line is an error, never a panic.
            let at = (self.random.next_u64() % broken.len().max(1) as u64) as usize;
            if broken.is_char_boundary(at) {
                broken.truncate(at);
            }
        }
        let current = device.machine.current();
        let taken = match self.variant {
            Wrong::CancelledAnswerTaken => device.machine.line(current, &broken),
            _ => device.machine.line(exchange, &broken),
        };
        if current != exchange {
            self.sometimes("answer of an older exchange");
        }
        let steps = match taken {
            Ok(steps) => variant::steps(self.variant, steps),
            Err(_) => {
                self.answers.retain(|flight| flight.device != index || flight.exchange != exchange);
                self.fail(index, exchange, Failure::Lost)?;
                return Ok(false);
            }
        };
        for step in steps {
            if self.faults && self.below(60) == 0 {
                self.device_dies(index)?;
                return Ok(false);
            }
            if !self.do_step(index, &step)? {
                self.answers.retain(|flight| flight.device != index || flight.exchange != exchange);
                self.fail(index, exchange, Failure::Lost)?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn do_step(&mut self, index: usize, step: &Step) -> Result<bool, String> {
        self.steps_done += 1;
        let variant = self.variant;
        if let (Wrong::CursorBeforeRows, Step::First(first), 0) = (variant, step, self.below(4)) {
            // The wrong phone has stored the cursor and dies before it stores the rows.
            let store = &self.devices[index].store;
            store.write(Durability::Saved, |transaction| transaction.set_cursor(&first.cursor)).ok();
            self.device_dies(index)?;
            return Ok(false);
        }
        let device = &mut self.devices[index];
        let clock = device.clocks.clone();
        let result = apply_variant(variant, &device.store, &mut device.loading, step, clock.as_ref(), &device.file);
        let name = device.name.clone();
        let done = match result {
            Ok(done) => done,
            Err(Error::Full) => {
                self.sometimes("disk full");
                self.say(format!("{name}: disk full in {}", called(step)));
                return Ok(false);
            }
            Err(error) => return Err(format!("{name}: {} failed: {error}", called(step))),
        };
        let wrong: u32 = done.iter().map(|done| done.wrong_sums).sum();
        self.say(format!("{name}: {}{}", called(step), if wrong > 0 { ", wrong sum" } else { "" }));
        if wrong > 0 && !self.wrong_sums_injected {
            return Err(format!("{name}: a sum was wrong that nobody made wrong"));
        }
        let device = &self.devices[index];
        if let Step::Rights(rights) = step {
            let held = rights.scopes.iter().map(|entry| entry.0).collect();
            properties::nothing_outside(device, &held)?;
            if self.answers.iter().any(|flight| flight.device == index && flight.answer.is_some()) && !rights.all {
                self.sometimes("right ended in mid-answer");
            }
        }
        if !matches!(step, Step::Begin | Step::End(_)) {
            let offset = self.devices[index].store.read(|reader| reader.offset()).map_err(|error| error.to_string())?;
            let now = estimate(self.devices[index].clocks.as_ref(), offset).now;
            if !matches!(step, Step::Load(_)) {
                match properties::overlay_is_replay(&self.devices[index], now) {
                    Err(broken) if !broken.contains("disk") => return Err(broken),
                    _ => {}
                }
            }
        }
        self.check(index)?;
        Ok(true)
    }

    fn fail(&mut self, index: usize, exchange: Exchange, failure: Failure) -> Result<(), String> {
        let now = self.devices[index].clocks.boot().elapsed;
        let steps = self.devices[index].machine.failed(exchange, now, failure);
        for step in steps {
            self.do_step(index, &step)?;
        }
        Ok(())
    }

    // --- what goes wrong ---

    fn change_rights(&mut self) -> Result<(), String> {
        if self.below(3) == 0 {
            // Love leaves the department and comes back: what its staff hold changes.
            let here = self.town.placements[&story::loves_placement()].until.is_none();
            self.town.end_place(story::love(), story::loves_placement(), here);
            self.say(format!("love {} Blåklinten", if here { "left" } else { "came back to" }));
            let mut changes = vec![Change::put(&self.town.placements[&story::loves_placement()].clone())];
            changes.extend(self.town.child(&self.town.enrolled[&story::love()].clone()));
            self.import(&changes);
            return Ok(());
        }
        let child = if self.below(2) == 0 { story::love() } else { story::ebba() };
        let ended =
            self.town.enrolled[&child].guardians.iter().any(|one| one.guardian == story::bo() && one.until.is_some());
        if ended {
            self.town.restore_guardian(story::bo(), child);
            self.sometimes("right came back");
        } else {
            if self.waiting(1).is_some() {
                self.sometimes("right ended with commands waiting");
            }
            self.town.end_guardian(story::bo(), child);
            self.sometimes("right ended");
        }
        self.say(format!("bo's right to {child} {}", if ended { "came back" } else { "ended" }));
        let changes = self.town.child(&self.town.enrolled[&child].clone());
        self.import(&changes);
        Ok(())
    }

    fn time_passes(&mut self) {
        let minutes = self.below(40) as i64 * 60_000;
        self.time.fetch_add(minutes, Ordering::Relaxed);
    }

    fn device_dies(&mut self, index: usize) -> Result<(), String> {
        self.sometimes("device died");
        let path = self.path();
        copy_files(&self.devices[index].path, &path);
        let skew = self.skew();
        if self.below(3) == 0 {
            self.devices[index].clocks.restart(skew);
        }
        self.devices[index].reopen(&path);
        self.forget_flights(index);
        let name = self.devices[index].name.clone();
        self.say(format!("{name} died"));
        self.start(index);
        Ok(())
    }

    /// What an app does when it starts.
    fn start(&self, index: usize) {
        let device = &self.devices[index];
        let started = device.store.write(Durability::Fetched, |transaction| {
            let now = estimate(device.clocks.as_ref(), transaction.offset()?).now;
            transaction.unpark(now, true)?;
            transaction.replay(now)
        });
        // On a full disk it goes on with what it has.
        drop(started);
    }

    fn server_dies(&mut self) {
        self.sometimes("server died");
        let path = self.path();
        self.server.die(&path);
        let flights: Vec<(usize, Exchange)> =
            self.answers.drain(..).map(|flight| (flight.device, flight.exchange)).collect();
        for (index, exchange) in flights {
            let _ = self.fail(index, exchange, Failure::Lost);
        }
        self.say("the server died".to_owned());
    }

    /// A copy is taken, restored, or becomes a clone.
    fn copied(&mut self, index: usize) -> Result<(), String> {
        let path = self.path();
        match (self.devices[index].copy.take(), self.below(3)) {
            (None, _) => {
                copy_files(&self.devices[index].path, &path);
                self.devices[index].copy = Some((path, self.devices[index].saved.clone()));
            }
            (Some((copy, saved)), 0) if self.devices.len() < 6 => {
                copy_files(&copy, &path);
                let skew = self.skew();
                let clocks = Clocks::new(&self.time, skew);
                let name = format!("{}'s clone", self.devices[index].name);
                let mut clone = Device::open(&name, self.devices[index].account, &path, clocks);
                clone.saved = saved;
                self.devices.push(clone);
                self.start(self.devices.len() - 1);
                self.sometimes("cloned");
            }
            (Some((copy, saved)), _) => {
                self.sometimes("restored from a copy");
                copy_files(&copy, &path);
                self.devices[index].reopen(&path);
                self.devices[index].saved = saved;
                self.forget_flights(index);
                self.start(index);
            }
        }
        Ok(())
    }

    fn suspended(&mut self, index: usize) {
        let device = &mut self.devices[index];
        if device.suspended {
            device.store.resume().unwrap();
        } else {
            device.store.suspend();
        }
        device.suspended = !device.suspended;
        self.sometimes("suspended");
    }

    fn disk(&mut self, index: usize) {
        let path = self.path();
        let (full, reserve) = (self.below(3) > 0, self.below(2) == 0);
        copy_files(&self.devices[index].path, &path);
        self.devices[index].disk.fill(full, reserve);
        self.devices[index].reopen(&path);
        self.forget_flights(index);
        self.start(index);
        self.say(format!("{} disk {}", self.devices[index].name.clone(), if full { "full" } else { "has room" }));
    }

    fn other_epoch_or_floor(&mut self) {
        let file = rusqlite::Connection::open(&self.server.path).unwrap();
        if self.below(3) > 0 {
            file.execute(
                "UPDATE meta SET value = (SELECT value FROM meta WHERE name = 'head') WHERE name = 'floor'",
                [],
            )
            .unwrap();
            self.sometimes("floor rose");
        } else {
            self.server.epoch += 1;
            file.execute("UPDATE meta SET value = ?1 WHERE name = 'epoch'", [&self.server.epoch.to_be_bytes()[..]])
                .unwrap();
            self.sometimes("other epoch");
        }
        self.say("the server's epoch or floor changed".to_owned());
    }

    // --- in the end ---

    fn heal(&mut self) -> Result<(), String> {
        self.faults = false;
        self.say("healing".to_owned());
        for index in 0..self.devices.len() {
            if self.devices[index].suspended {
                self.suspended(index);
            }
            self.devices[index].disk.fill(false, false);
            self.device_dies(index)?;
        }
        let mut rounds = 0;
        loop {
            rounds += 1;
            if rounds > 60 {
                return Err("the devices do not come to rest".to_owned());
            }
            self.time.fetch_add(61_000, Ordering::Relaxed);
            let before = self.steps_done;
            for index in 0..self.devices.len() {
                self.poll_with(index, Wishes { foreground: false, ask: true })?;
            }
            self.drain()?;
            if before == self.steps_done {
                break;
            }
        }
        self.check_all()
    }

    fn drain(&mut self) -> Result<(), String> {
        while !self.requests.is_empty() {
            self.deliver_request()?;
        }
        while !self.answers.is_empty() {
            self.line(0)?;
        }
        Ok(())
    }

    fn check_all(&mut self) -> Result<(), String> {
        let now = Timestamp(self.now());
        for device in &self.devices {
            properties::equals_oracle(device, &self.server, now)?;
            properties::saved_is_there(device)?;
            let open: i64 = device
                .file
                .query_row("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'settling')", [], |row| row.get(0))
                .unwrap();
            if open > 0 {
                return Err(format!("(c) {}: {open} commands without an outcome", device.name));
            }
        }
        if let Some((id, count)) = self.server.effects().into_iter().find(|(_, count)| *count > 1) {
            return Err(format!("(c) {id} took effect {count} times"));
        }
        self.refused_had_no_effect()?;
        // (h) Nothing to do costs one round trip.
        for index in 0..self.devices.len() {
            self.devices[index].requests = 0;
            self.devices[index].machine.try_now();
            self.poll_with(index, Wishes { foreground: false, ask: true })?;
            self.drain()?;
            self.poll_with(index, Wishes::default())?;
            if self.devices[index].requests != 1 {
                return Err(format!("(h) {}: {} round trips", self.devices[index].name, self.devices[index].requests));
            }
        }
        Ok(())
    }

    /// (c) What was refused or withdrawn did nothing.
    fn refused_had_no_effect(&self) -> Result<(), String> {
        let effects = self.server.effects();
        for ((_, id), outcome) in &self.outcomes {
            if matches!(outcome, Outcome::Refused(_)) && effects.contains_key(id) {
                return Err(format!("(c) {id} was refused and took effect"));
            }
        }
        Ok(())
    }

    fn check(&mut self, index: usize) -> Result<(), String> {
        let device = &self.devices[index];
        properties::saved_is_there(device)?;
        properties::whole_states(device, &self.sums)
    }

    // --- small things ---

    fn import(&mut self, changes: &[Change]) {
        let now = Timestamp(self.now());
        let touched = loop {
            // A server whose commit fails is asked again.
            if let Ok(touched) = writer::import(self.server.store.as_ref(), changes, now) {
                break touched;
            }
        };
        self.committed(&touched);
        if self.sums.is_empty() {
            self.remember_all();
        }
    }

    fn remember_all(&mut self) {
        let changes = self.town.changes();
        let scopes: BTreeSet<Scope> = changes.iter().map(Change::scope).collect();
        self.committed(&scopes);
    }

    /// The states that scopes have now, and until which seq they held.
    fn committed(&mut self, touched: &BTreeSet<Scope>) {
        if self.variant == Wrong::ReceiptOutsideTransaction {
            if self.below(3) > 0 {
                self.server.watched.keep_late();
            } else {
                self.server_dies();
            }
        }
        let scopes: Vec<Scope> = touched.iter().copied().collect();
        let (sums, head) = self.server.read(|snapshot| {
            let mut found = Vec::new();
            for one in snapshot.heads(&scopes)? {
                found.push((one.scope, snapshot.sum(one.number)?));
            }
            Ok((found, snapshot.meta()?.head))
        });
        for (scope, sum) in sums {
            // Until its first row a scope was empty; a state holds until the next.
            let of = self.sums.entry(scope).or_insert_with(|| BTreeMap::from([((0, 0), u64::MAX)]));
            of.values_mut().filter(|last| **last == u64::MAX).for_each(|last| *last = self.head);
            of.insert((sum.count, sum.sum), u64::MAX);
        }
        self.head = head;
    }

    fn forget_flights(&mut self, index: usize) {
        self.requests.retain(|(device, ..)| *device != index);
        self.answers.retain(|flight| flight.device != index);
    }

    fn now(&self) -> i64 {
        self.time.load(Ordering::Relaxed)
    }

    fn skew(&mut self) -> i64 {
        self.below(2 * DAY as usize) as i64 - DAY
    }

    fn path(&mut self) -> PathBuf {
        self.files += 1;
        self.folder.join(format!("file-{}", self.files))
    }

    fn command_id(&mut self) -> CommandId {
        self.commands += 1;
        let bytes = (u128::from(self.commands) << 16).to_be_bytes();
        let random: [u8; 10] = bytes[6..].try_into().unwrap();
        CommandId(uuid::Builder::from_unix_timestamp_millis(self.now().unsigned_abs(), &random).into_uuid())
    }

    fn below(&mut self, most: usize) -> usize {
        (self.random.next_u64() % most.max(1) as u64) as usize
    }

    fn sometimes(&mut self, what: &'static str) {
        *self.told.sometimes.entry(what).or_default() += 1;
    }

    fn say(&mut self, line: String) {
        line.hash(&mut self.hasher);
        self.lines.push(line);
    }
}

fn called(step: &Step) -> String {
    match step {
        Step::Rights(rights) => {
            format!("rights to {} scopes{}", rights.scopes.len(), if rights.all { ", all" } else { "" })
        }
        Step::First(first) => format!("first: {} rows, {} receipts", first.rows.len(), first.receipts.len()),
        Step::Begin => "begin".to_owned(),
        Step::Load(rows) => format!("load {}", rows.len()),
        Step::Swap(snap, _) => format!("swap {}", snap.name),
        Step::End(_) => "end".to_owned(),
        Step::SignedOut => "signed out".to_owned(),
    }
}

fn wrong_sum(lines: &str) -> String {
    lines
        .lines()
        .map(|line| match line.strip_prefix(r#"{"sum":["#) {
            Some(rest) => {
                let number = rest.split(',').next().unwrap_or_default();
                format!(r#"{{"sum":[{number},1,2]}}"#)
            }
            None => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}
