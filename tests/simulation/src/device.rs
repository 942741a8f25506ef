//! A device of a history: the product's store and machine, with clocks that lie and a disk that fills.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use kapprum_client::clock::{Boot, Clock};
use kapprum_client::store::{Ballast, Options, Protection, Store};
use kapprum_client::sync::apply::Loading;
use kapprum_client::sync::machine::Machine;
use kapprum_domain::actor::Account;
use kapprum_domain::id::CommandId;
use kapprum_domain::time::Timestamp;
use tokio::sync::watch;

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

/// A disk that can be nearly full: a few pages more than what is used, and a reserve.
#[derive(Default)]
pub struct Disk {
    full: AtomicBool,
    reserve: AtomicBool,
    pages: AtomicI64,
    pub released: AtomicBool,
}

impl Disk {
    /// Full from the next opening on, with or without the reserve.
    pub fn fill(&self, full: bool, reserve: bool) {
        self.full.store(full, Ordering::Relaxed);
        self.reserve.store(reserve, Ordering::Relaxed);
        self.released.store(false, Ordering::Relaxed);
    }
}

impl Ballast for Disk {
    fn release(&self, connection: &rusqlite::Connection) -> bool {
        if !self.reserve.load(Ordering::Relaxed) || self.released.swap(true, Ordering::Relaxed) {
            return false;
        }
        let pages = self.pages.load(Ordering::Relaxed) + 2;
        connection.pragma_update(None, "max_page_count", pages).is_ok()
    }

    fn restore(&self) {}

    fn opened(&self, connection: &mut rusqlite::Connection) {
        if self.full.load(Ordering::Relaxed) {
            let used: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
            self.pages.store(used, Ordering::Relaxed);
            connection.pragma_update(None, "max_page_count", used).unwrap();
        }
    }
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
    pub saved: Vec<CommandId>,
    /// An older copy of its files, with what was saved then.
    pub copy: Option<(PathBuf, Vec<CommandId>)>,
    pub suspended: bool,
    /// The file seen from outside.
    pub file: rusqlite::Connection,
    /// Requests made since someone counts.
    pub requests: u32,
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
            machine: Machine::new(path.as_os_str().len() as u64 + 77),
            loading: Loading::default(),
            clocks,
            saved: Vec::new(),
            copy: None,
            suspended: false,
            file: look(path),
            requests: 0,
        }
    }

    /// Opens other files in the place of its own.
    pub fn reopen(&mut self, path: &Path) {
        self.store = open(path, self.account, &self.disk);
        self.path = path.to_owned();
        self.file = look(path);
        self.machine = Machine::new(path.as_os_str().len() as u64 + 99);
        self.loading = Loading::default();
        self.suspended = false;
    }
}

fn open(path: &Path, account: Account, disk: &Arc<Disk>) -> Store {
    let options = Options {
        path: path.to_owned(),
        protection: Protection::Unkeyed,
        account,
        ballast: disk.clone(),
        pulse: watch::Sender::new(0),
    };
    Store::open(options).unwrap()
}

fn look(path: &Path) -> rusqlite::Connection {
    let file = rusqlite::Connection::open(path).unwrap();
    file.execute_batch("PRAGMA synchronous = OFF; PRAGMA busy_timeout = 1000").unwrap();
    file
}
