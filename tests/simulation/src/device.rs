//! A device of a history: the product's store and machine, with clocks that lie, a disk that fills and power that goes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use kapprum_client::clock::{Boot, Clock, Estimate, estimate};
use kapprum_client::store::{Ballast, Options, Protection, Store};
use kapprum_client::sync::apply::Loading;
use kapprum_client::sync::machine::{Exchange, Machine, Sizes};
use kapprum_domain::actor::{Account, Sending};
use kapprum_domain::command::{Command, decide};
use kapprum_domain::id::CommandId;
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::{Undecided, World};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, Authorization};
use tokio::sync::watch;

use crate::people::first_day;
use crate::server::BUG;

/// The history's true time, in milliseconds since 1970.
pub type Time = Arc<AtomicI64>;

/// A device's clocks: a wall clock off by as much as a day, a boot clock that starts over.
pub struct Clocks {
    time: Time,
    skew: AtomicI64,
    booted: AtomicI64,
}

impl Clocks {
    pub fn new(time: &Time, skew: i64) -> Arc<Self> {
        let booted = AtomicI64::new(time.load(Ordering::Relaxed) - 1_000);
        Arc::new(Self { time: time.clone(), skew: AtomicI64::new(skew), booted })
    }

    pub fn restart(&self, skew: i64) {
        self.booted.store(self.time.load(Ordering::Relaxed) - 1_000, Ordering::Relaxed);
        self.skew.store(skew, Ordering::Relaxed);
    }
}

impl Clock for Clocks {
    fn wall(&self) -> Timestamp {
        Timestamp(self.time.load(Ordering::Relaxed) + self.skew.load(Ordering::Relaxed))
    }

    fn boot(&self) -> Boot {
        let booted = self.booted.load(Ordering::Relaxed);
        Boot { id: booted.unsigned_abs(), elapsed: self.time.load(Ordering::Relaxed) - booted }
    }
}

/// A disk that can be nearly full, with or without a reserve, and that knows what of the log would survive a power cut.
#[derive(Default)]
pub struct Disk {
    full: AtomicBool,
    reserve: AtomicBool,
    pages: AtomicI64,
    pub released: AtomicBool,
    log: Arc<Log>,
}

/// Frames of the write-ahead log: how many there are, how many were synced.
#[derive(Default)]
struct Log {
    durable: AtomicBool,
    synced: AtomicU64,
}

/// Bytes of the log's header, and of a frame with its page.
const LOG: (u64, u64) = (32, 24 + 4096);
/// Pages that the reserve frees.
const RESERVE: i64 = 2;

impl Disk {
    /// Full from the next opening on, with or without the reserve.
    pub fn fill(&self, full: bool, reserve: bool) {
        self.full.store(full, Ordering::Relaxed);
        self.reserve.store(reserve, Ordering::Relaxed);
        self.released.store(false, Ordering::Relaxed);
    }

    /// Whether it is nearly full.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Whether there is no reserve either.
    pub fn has_nothing(&self) -> bool {
        self.is_full() && !self.reserve.load(Ordering::Relaxed)
    }

    /// A disk that says "synced" and is not: nothing of the log is sure.
    pub fn lie(&self) {
        self.log.synced.store(0, Ordering::Relaxed);
    }

    fn synced(&self) -> u64 {
        LOG.0 + self.log.synced.load(Ordering::Relaxed) * LOG.1
    }
}

impl Ballast for Disk {
    fn release(&self, connection: &Connection) -> bool {
        if !self.reserve.load(Ordering::Relaxed) || self.released.swap(true, Ordering::Relaxed) {
            return false;
        }
        let pages = self.pages.load(Ordering::Relaxed) + RESERVE;
        connection.pragma_update(None, "max_page_count", pages).is_ok()
    }

    fn restore(&self) {}

    fn emptied(&self) {
        // The log starts over.
        self.log.synced.store(0, Ordering::Relaxed);
    }

    fn opened(&self, connection: &mut Connection) {
        if self.full.load(Ordering::Relaxed) {
            let used: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
            self.pages.store(used, Ordering::Relaxed);
            connection.pragma_update(None, "max_page_count", used).unwrap();
        }
        let log = self.log.clone();
        let hook = move |context: rusqlite::hooks::AuthContext<'_>| {
            if let AuthAction::Pragma { pragma_name: "synchronous", pragma_value: Some(value) } = context.action {
                log.durable.store(value == "FULL", Ordering::Relaxed);
            }
            Authorization::Allow
        };
        connection.authorizer(Some(hook)).unwrap();
        let log = self.log.clone();
        let committed = move |_: &mut rusqlite::hooks::Wal, frames: i32| {
            if log.durable.load(Ordering::Relaxed) {
                log.synced.store(u64::from(frames.unsigned_abs()), Ordering::Relaxed);
            }
            Ok(())
        };
        connection.wal_hook(Some(committed)).unwrap();
    }
}

/// What a person was told of a command that is saved.
#[derive(Clone)]
pub struct Saved {
    /// The true time at which it was said.
    pub at: i64,
    /// Its body may be gone: its person took it back, or a right to it ended.
    pub let_go: bool,
}

pub struct Device {
    pub name: String,
    pub account: Account,
    pub path: PathBuf,
    pub store: Store,
    pub disk: Arc<Disk>,
    pub machine: Machine,
    pub loading: Loading,
    pub clocks: Arc<Clocks>,
    /// Commands of which a person was told "saved".
    pub saved: BTreeMap<CommandId, Saved>,
    /// An older copy of its files, with what was saved then.
    pub copy: Option<(PathBuf, BTreeMap<CommandId, Saved>)>,
    pub suspended: bool,
    /// The file seen from outside.
    pub file: Connection,
    /// Requests made, and answers that said nothing new, since someone counts.
    pub requests: u32,
    pub quiet: u32,
    /// The numbers of the scopes that the last rights brought.
    pub rights: Option<BTreeSet<u32>>,
    /// The commands whose outcome is shown.
    pub answered: BTreeSet<CommandId>,
    /// The last exchange of which a request arrived.
    pub arrived: Exchange,
    /// Scopes of which an answer was altered on its way.
    pub altered: BTreeSet<u32>,
    /// A wrong variant's transaction that stays open.
    pub held: Option<Connection>,
    /// A wrong variant's command that was called saved and is not yet.
    pub promised: Vec<(CommandId, Command)>,
    lives: u64,
}

impl Device {
    pub fn open(name: &str, account: Account, path: &Path, clocks: Arc<Clocks>) -> Self {
        let disk = Arc::new(Disk::default());
        let store = open(path, account, &disk);
        Self {
            name: name.to_owned(),
            account,
            path: path.to_owned(),
            store,
            disk,
            machine: Machine::new(77, sizes(0)),
            loading: Loading::default(),
            clocks,
            saved: BTreeMap::new(),
            copy: None,
            suspended: false,
            file: look(path),
            requests: 0,
            quiet: 0,
            rights: None,
            answered: BTreeSet::new(),
            arrived: 0,
            altered: BTreeSet::new(),
            held: None,
            promised: Vec::new(),
            lives: 0,
        }
    }

    /// Opens other files in the place of its own.
    pub fn reopen(&mut self, path: &Path) {
        self.held = None;
        self.promised.clear();
        self.lives += 1;
        self.store = open(path, self.account, &self.disk);
        self.path = path.to_owned();
        self.file = look(path);
        self.machine = Machine::new(99 + self.lives, sizes(self.lives));
        self.loading = Loading::default();
        self.suspended = false;
        self.arrived = 0;
    }

    /// Its files as they lie now.
    pub fn copy_as_it_lies(&self, to: &Path) {
        copy_files(&self.path, to, |log| log);
    }

    /// Its files after a power cut: what of the log was not synced is gone from somewhere on. `point` chooses where.
    pub fn copy_after_power_cut(&self, to: &Path, point: u64) {
        copy_files(&self.path, to, |mut log| {
            let sure = self.disk.synced();
            let unsure = (log.len() as u64).saturating_sub(sure);
            if unsure > 0 {
                log.truncate((sure + point % (unsure + 1)) as usize);
            }
            log
        });
    }

    /// The bodies of these commands may be gone from now on.
    pub fn let_go(&mut self, ids: impl IntoIterator<Item = CommandId>) {
        for id in ids {
            if let Some(saved) = self.saved.get_mut(&id) {
                saved.let_go = true;
            }
        }
    }

    /// The server's time as the device estimates it.
    pub fn now(&self) -> Result<Estimate, String> {
        let offset = self.store.read(|reader| reader.offset()).map_err(|error| error.to_string())?;
        Ok(estimate(self.clocks.as_ref(), offset))
    }

    /// Milliseconds since it was started.
    pub fn elapsed(&self) -> i64 {
        self.clocks.boot().elapsed
    }
}

/// Copies a database as it lies, without closing it; its log as `change` makes it.
pub fn copy_files(from: &Path, to: &Path, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    std::fs::copy(from, to).unwrap();
    if let Ok(log) = std::fs::read(log_of(from)) {
        std::fs::write(log_of(to), change(log)).unwrap();
    }
}

/// Removes a database that nobody has open any more.
pub fn remove_files(path: &Path) {
    for file in [path.to_owned(), log_of(path), PathBuf::from(format!("{}-shm", path.display()))] {
        let _ = std::fs::remove_file(file);
    }
}

/// From life to life every scope is a large one, or goes to the store with others, or as in the product.
fn sizes(life: u64) -> Sizes {
    match life % 3 {
        0 => Sizes { load: 1, whole: 1 },
        1 => Sizes { load: 400, whole: 1000 },
        _ => Sizes::default(),
    }
}

/// Where a database's write-ahead log lies.
pub fn log_of(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", path.display()))
}

fn open(path: &Path, account: Account, disk: &Arc<Disk>) -> Store {
    // What lies there when it is opened is sure.
    let frames = std::fs::metadata(log_of(path)).map_or(0, |log| log.len() / LOG.1);
    disk.log.synced.store(frames, Ordering::Relaxed);
    let options = Options {
        path: path.to_owned(),
        protection: Protection::Unkeyed,
        account,
        ballast: disk.clone(),
        pulse: watch::Sender::new(0),
        last_resort: Arc::new(|| ()),
    };
    Store::open(options).unwrap().with_rules(rules)
}

/// The product's rules, with a bug that shows on phones: in some changes of one day.
fn rules(sending: &Sending<'_>, world: &World<'_>) -> Result<Vec<Change>, Undecided> {
    if let Command::ChangeDay { day, placement, .. } = sending.command
        && sending.rights.holds(Scope::Placement(*placement))
    {
        let fails = *day == first_day().plus(2) && sending.id.0.as_bytes()[15] % 4 == 1;
        assert!(!fails, "{BUG}");
    }
    decide(sending, world)
}

/// A database seen from outside.
pub fn look(path: &Path) -> Connection {
    let file = Connection::open(path).unwrap();
    file.execute_batch("PRAGMA synchronous = OFF; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 0").unwrap();
    file.set_prepared_statement_cache_capacity(64);
    file
}
