//! One history: a seed decides every step; in the end everything heals and all properties must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use kapprum_client::store::RowState;
use kapprum_client::sync::apply::Step;
use kapprum_client::sync::machine::Wishes;
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::id::RecordId;
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::{DAY, HOUR, Timestamp};
use kapprum_server::writer;
use kapprum_town::{Town, story};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::device::{Clocks, Device, Time};
use crate::fates::Fates;
use crate::healing::ASKING;
use crate::network::{Flight, Holding, Packet};
use crate::people::first_day;
use crate::properties::{self, States};
use crate::restore::Backup;
use crate::server::Server;
use crate::variant::Variant;
use crate::{SOMETIMES, Told};

/// Nothing, or the property that broke.
pub type Outcome = Result<(), String>;

/// Steps with faults, before everything heals.
const STEPS: usize = 150;
static FOLDERS: AtomicU64 = AtomicU64::new(0);

/// See the module.
pub struct History {
    pub(crate) random: ChaCha8Rng,
    pub(crate) variant: Variant,
    pub(crate) time: Time,
    pub(crate) town: Town,
    pub(crate) server: Server,
    pub(crate) devices: Vec<Device>,
    pub(crate) requests: Vec<Packet>,
    pub(crate) answers: Vec<Flight>,
    pub(crate) fates: Fates,
    pub(crate) commands: u64,
    /// Steps of machines, to see rest.
    pub(crate) steps: u64,
    /// Things go wrong.
    pub(crate) faults: bool,
    /// People use it for the first time, and nothing goes wrong: there is nothing to look for.
    pub(crate) new: bool,
    /// More than 400 days passed: receipts are gone.
    pub(crate) forgotten: bool,
    /// What a wrong variant puts off.
    pub(crate) late_steps: Vec<Step>,
    /// What accounts hold, as found last.
    pub(crate) holdings: BTreeMap<Account, Holding>,
    pub(crate) states: States,
    pub(crate) backups: Vec<Backup>,
    folder: PathBuf,
    files: u32,
    told: Told,
    lines: Vec<String>,
    hasher: DefaultHasher,
}

impl Drop for History {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl History {
    /// A town, a server and two to four devices.
    pub fn new(seed: u64, variant: Variant) -> Self {
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = base.join(format!("kapprum-{}-{}", std::process::id(), FOLDERS.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&folder).unwrap();
        let start = first_day().start().plus(7 * HOUR);
        let town = Town::small(first_day());
        // The rule fails over changes of this day.
        let poison = RecordId::state("day_change", &[&story::loves_placement(), &first_day().plus(3)]);
        let mut changes = town.changes();
        changes.push(town.tablet(story::tablet(), story::department()));
        changes.push(town.board(story::board(), story::department()));
        let server = Server::open(&folder.join("server"), variant, poison, &changes, start);
        let mut history = Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            variant,
            time: Arc::new(AtomicI64::new(start.0)),
            town,
            server,
            devices: Vec::new(),
            requests: Vec::new(),
            answers: Vec::new(),
            fates: Fates::default(),
            commands: seed << 24,
            steps: 0,
            faults: true,
            new: false,
            forgotten: false,
            late_steps: Vec::new(),
            holdings: BTreeMap::new(),
            states: States::new(),
            backups: Vec::new(),
            folder,
            files: 0,
            told: Told::default(),
            lines: Vec::new(),
            hasher: DefaultHasher::new(),
        };
        let scopes: BTreeSet<Scope> = history.server.done().records.keys().map(|(scope, ..)| *scope).collect();
        history.committed(&scopes);
        history.people_sign_in();
        history
    }

    fn people_sign_in(&mut self) {
        let third = if self.chance(2) {
            ("the tablet", story::tablet().into(), Role::Tablet)
        } else {
            ("maja", story::maja().into(), Role::Staff)
        };
        let mut people =
            vec![("anna", story::anna().into(), Role::Guardian), ("bo", story::bo().into(), Role::Guardian), third];
        people.push(("the board", story::board().into(), Role::Board));
        people.truncate(2 + self.below(3));
        for (name, holder, role) in people {
            let (path, skew) = (self.path(), self.skew());
            let clocks = Clocks::new(&self.time, skew);
            self.devices.push(Device::open(name, story::account_of(holder, role), &path, clocks));
        }
    }

    /// Faults for a while, then healing, then everything must be equal.
    pub fn run(&mut self) -> Outcome {
        if !self.chance(4) {
            // Mostly people have used it before.
            (self.faults, self.new) = (false, true);
            self.rests(ASKING)?;
            (self.faults, self.new) = (true, false);
        }
        self.backed_up();
        for _ in 0..STEPS {
            self.told.steps += 1;
            self.step()?;
        }
        self.heals()?;
        let parked = self.parked()?;
        self.fates.agree()?;
        self.told.cells = self.fates.cells(&parked)?;
        Ok(())
    }

    /// What was reached.
    pub fn told(&self) -> Told {
        Told { trace: self.hasher.finish(), ..self.told.clone() }
    }

    /// What happened, line by line.
    pub fn trace(&self) -> String {
        self.lines.join("\n")
    }

    fn step(&mut self) -> Outcome {
        let index = self.below(self.devices.len());
        let moment = self.below(300) as i64;
        self.time.fetch_add(moment, Ordering::Relaxed);
        match self.below(100) {
            0..=17 => self.person(index),
            18..=37 => {
                let wishes = Wishes { ask: self.chance(6), foreground: !self.chance(4) };
                self.poll(index, wishes)
            }
            38..=52 => self.deliver_requests(),
            53..=80 => self.deliver_lines(),
            81..=84 => self.rights_change(),
            85..=86 => self.time_passes(),
            87 => self.device_dies(index),
            88 => {
                let path = self.path();
                *self.server.watched.die.lock().unwrap() = Some(path);
                Ok(())
            }
            89..=90 => self.copied(index),
            91 => {
                self.suspended(index);
                Ok(())
            }
            92..=93 => self.disk(index),
            94 => self.undone(index),
            95 => self.odd_command(index),
            96 => match self.below(4) {
                0 => {
                    self.backed_up();
                    Ok(())
                }
                1 => self.restored(),
                _ => self.server_changes(),
            },
            97 => {
                self.server.watched.fail.store(true, Ordering::Relaxed);
                Ok(())
            }
            98 => self.dismissed(index),
            _ => self.housekeeping(index, false),
        }
    }

    fn parked(&self) -> Result<BTreeSet<crate::fates::Key>, String> {
        let mut parked = BTreeSet::new();
        for device in &self.devices {
            let rows = properties::outbox(device)?.into_iter().filter(|(_, state)| *state == RowState::Parked);
            parked.extend(rows.map(|(id, _)| (device.account, id)));
        }
        Ok(parked)
    }

    // --- what must hold between steps ---

    /// (g), seen from the moment of the change; it costs as much as the change, so not each time.
    pub(crate) fn replayed(&mut self, index: usize) -> Outcome {
        if !self.chance(3) {
            return Ok(());
        }
        let now = self.devices[index].now()?.now;
        properties::overlay_is_replay(&self.devices[index], now)
    }

    /// (c), (d), (e): what a reader sees now.
    pub(crate) fn read_everything(&mut self, index: usize) -> Outcome {
        let device = &self.devices[index];
        let looking = properties::look_once(device);
        let until = properties::whole_states(device, &self.states)?;
        let answered = properties::outcome_with_effect(device, &until, |name| self.number(index, name))?;
        properties::saved_is_there(device, self.now().0)?;
        drop(looking);
        if answered == device.answered || !self.counts_alike(index) {
            return Ok(());
        }
        properties::done_is_what_was_sent(device, &self.server)?;
        for (id, state) in properties::outbox(device)? {
            self.fates.shown((self.devices[index].account, id), &state)?;
        }
        self.devices[index].answered = answered;
        Ok(())
    }

    /// A scope's number, if the device counts under the server's epoch.
    fn number(&self, index: usize, name: &str) -> Option<u32> {
        let scope: Scope = name.parse().ok()?;
        let epoch = properties::epoch(&self.devices[index]);
        self.server.read(|snapshot| {
            let same = epoch == Some(snapshot.meta()?.epoch);
            Ok(snapshot.heads(&[scope])?.first().filter(|_| same).map(|head| head.number))
        })
    }

    // --- the server's side ---

    pub(crate) fn import(&mut self, changes: &[Change]) {
        let touched = loop {
            // A server whose commit fails is asked again.
            match writer::import(self.server.store.as_ref(), changes, self.now()) {
                Ok(touched) => break touched,
                Err(_) => self.revived(),
            }
        };
        self.committed(&touched);
    }

    /// Remembers the states that scopes have now.
    pub(crate) fn committed(&mut self, touched: &BTreeSet<Scope>) {
        if self.variant == Variant::ReceiptOutsideTransaction {
            if self.faults && self.chance(3) {
                self.server_dies(|_| {});
            } else {
                self.server.watched.keep_late();
            }
        }
        let scopes: Vec<Scope> = touched.iter().copied().collect();
        let heads = self.server.read(|snapshot| {
            let heads = snapshot.heads(&scopes)?.into_iter();
            heads.map(|head| Ok((head.scope, head.head, snapshot.sum(head.number)?))).collect::<Result<Vec<_>, _>>()
        });
        for (scope, head, sum) in heads {
            self.states.entry(scope).or_default().push((head, sum));
        }
    }

    // --- small things ---

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.time.load(Ordering::Relaxed))
    }

    pub(crate) fn skew(&mut self) -> i64 {
        self.below(2 * DAY as usize) as i64 - DAY
    }

    pub(crate) fn path(&mut self) -> PathBuf {
        self.files += 1;
        self.folder.join(format!("file-{}", self.files))
    }

    pub(crate) fn random(&mut self) -> u64 {
        self.random.next_u64()
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        (self.random.next_u64() % most.max(1) as u64) as usize
    }

    /// Once in so many times.
    pub(crate) fn chance(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn sometimes(&mut self, what: &'static str) {
        assert!(SOMETIMES.contains(&what), "{what}: not in the list");
        *self.told.sometimes.entry(what).or_default() += 1;
    }

    pub(crate) fn sometimes_if(&mut self, what: &'static str, so: bool) {
        if so {
            self.sometimes(what);
        }
    }

    pub(crate) fn say(&mut self, line: impl FnOnce(&Self) -> String) {
        let line = line(self);
        line.hash(&mut self.hasher);
        self.lines.push(line);
    }
}
