//! A device and its server without anything between them: clocks that are told, keys in memory, a server of one scope.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use kapprum_client::clock::{Boot, Clock};
use kapprum_client::error::{Error, Result};
use kapprum_client::kapprum::{Kapprum, Surroundings};
use kapprum_client::key_store::{KeyStore, MemoryKeyStore, Secret};
use kapprum_client::sync::machine::Failure;
use kapprum_client::sync::wire::{Answer, Pending, Pieces, Wire};
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::command::Command;
use kapprum_domain::contact::Contact;
use kapprum_domain::id::{DeviceId, HolderId, PersonId, RecordId, TenantId};
use kapprum_domain::time::Timestamp;
use kapprum_protocol::cursor::{Cursor, Epoch};
use kapprum_protocol::envelope::Envelope;
use kapprum_protocol::frame::{Applied, End, Entry, Frame, Freshness, RightsFrame, Row, Snap};
use kapprum_protocol::lines::{Compressor, Lines};
use kapprum_protocol::receipt::{Outcome, Receipt};
use kapprum_protocol::request::Request;
use kapprum_protocol::session::Activated;
use kapprum_protocol::sum::Sum;
use kapprum_words::Language;
use uuid::Uuid;

/// Tuesday, 24 November 2026, 07:00.
pub(crate) const MORNING: i64 = 1_795_500_000_000;

/// Clocks that stand where they are told to.
pub(crate) struct Told {
    wall: AtomicI64,
    boot: AtomicU64,
    elapsed: AtomicI64,
}

impl Told {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { wall: AtomicI64::new(MORNING), boot: AtomicU64::new(1), elapsed: AtomicI64::new(1_000_000) })
    }

    pub(crate) fn pass(&self, milliseconds: i64) {
        self.wall.fetch_add(milliseconds, Ordering::Relaxed);
        self.elapsed.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Restarts after so long; the wall clock is set to be off by `wrong` from now on.
    pub(crate) fn restart(&self, after: i64, up: i64, wrong: i64) {
        self.wall.fetch_add(after + wrong, Ordering::Relaxed);
        self.boot.fetch_add(1, Ordering::Relaxed);
        self.elapsed.store(up, Ordering::Relaxed);
    }
}

impl Clock for Told {
    fn wall(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::Relaxed))
    }

    fn boot(&self) -> Boot {
        Boot { id: self.boot.load(Ordering::Relaxed), elapsed: self.elapsed.load(Ordering::Relaxed) }
    }
}

/// Keys in memory that can't be read for a while.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) secrets: MemoryKeyStore,
    pub(crate) failing: AtomicBool,
}

impl KeyStore for Keys {
    fn get(&self, name: &str) -> Result<Option<Secret>> {
        let failing = self.failing.load(Ordering::Relaxed);
        if failing { Err(Error::Key("locked".to_owned())) } else { self.secrets.get(name) }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<()> {
        self.secrets.set(name, secret)
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.secrets.delete(name)
    }
}

/// What a server says to the next request.
pub(crate) enum Said {
    Nothing(Option<Timestamp>),
    Failed(Failure),
    Lines(Vec<u8>),
    /// Nothing ever comes.
    Hangs,
}

/// A server at which everybody holds `contact/P` and `person/P`; each request not told otherwise is served.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) says: Mutex<VecDeque<Said>>,
    pub(crate) requests: Mutex<Vec<Request>>,
    /// Instead of every other answer.
    pub(crate) silent: AtomicBool,
    pub(crate) time: AtomicI64,
    pub(crate) sessions_ended: AtomicU64,
}

impl Server {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { time: AtomicI64::new(MORNING), ..Self::default() })
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.time.load(Ordering::Relaxed))
    }

    pub(crate) fn say(&self, said: Said) {
        self.says.lock().unwrap().push_back(said);
    }

    fn serve(&self, account: Account, request: &Request) -> Said {
        if request.cursor.is_some() && request.want.is_empty() && request.commands.is_empty() {
            return if request.wait.is_some() { Said::Hangs } else { Said::Nothing(Some(self.now())) };
        }
        let mut lines = Vec::new();
        if request.cursor.is_none() {
            rights(&scopes(account), true).write(&mut lines);
        }
        for command in &request.commands {
            let id = Envelope::read(command.get()).unwrap().id;
            receipt(id, Outcome::Ok, self.now()).write(&mut lines);
        }
        applied().write(&mut lines);
        for number in &request.want {
            snap(*number, account, &mut lines);
        }
        end(self.now(), (3600, 600)).write(&mut lines);
        Said::Lines(lines)
    }
}

pub(crate) fn scopes(account: Account) -> Vec<(u32, u8, String)> {
    vec![(1, 0, format!("contact/{}", account.holder)), (2, 1, format!("person/{}", account.holder))]
}

pub(crate) fn cursor() -> String {
    Cursor { epoch: Epoch(7), seq: 10, rights: 1 }.to_string()
}

/// Rights to scopes: number, class, name.
pub(crate) fn rights(scopes: &[(u32, u8, String)], all: bool) -> Frame<'static> {
    let entry = |(number, class, name): &(u32, u8, String)| {
        Entry(*number, 1, Freshness::from(*class), all.then(|| name.clone()))
    };
    Frame::Rights(RightsFrame { all, cursor: cursor(), scopes: scopes.iter().map(entry).collect(), knows: None })
}

pub(crate) fn receipt(id: kapprum_domain::id::CommandId, outcome: Outcome, received: Timestamp) -> Frame<'static> {
    Frame::Receipt(Receipt { id, outcome, seq: 10, received, mac: String::new() })
}

pub(crate) fn applied() -> Frame<'static> {
    Frame::Applied(Applied { cursor: cursor() })
}

pub(crate) fn end(now: Timestamp, fresh: (u32, u32)) -> Frame<'static> {
    Frame::End(End { now, fresh, least: 1 })
}

/// A whole scope: the contact's record, or none.
pub(crate) fn snap(number: u32, account: Account, lines: &mut Vec<u8>) {
    let (_, _, name) = scopes(account).remove(number as usize - 1);
    let body = serde_json::to_string(&contact(account)).unwrap();
    let row = Row { scope: 1, kind: "contact", id: RecordId(account.holder.0), at: 0, seq: 5, body: &body };
    let mut sum = Sum::default();
    if number == 1 {
        sum.add(row.kind, row.id, row.seq);
    }
    Frame::Snap(Snap { scope: number, name, generation: 1, seq: 10, count: sum.count, sum: sum.sum }).write(lines);
    if number == 1 {
        Frame::Row(row).write(lines);
    }
}

pub(crate) fn contact(account: Account) -> Contact {
    Contact {
        person: account.holder.as_person(),
        given_name: "Anna".to_owned(),
        family_name: "Lind".to_owned(),
        phone: "070-174 06 35".to_owned(),
        mail: String::new(),
        address: String::new(),
        hidden: false,
    }
}

struct Rest(VecDeque<Bytes>);

impl Pieces for Rest {
    fn next(&mut self) -> Pending<'_, std::result::Result<Option<Bytes>, Failure>> {
        Box::pin(async move { Ok(self.0.pop_front()) })
    }
}

impl Wire for Server {
    fn sync<'a>(&'a self, bearer: &'a Secret, request: Vec<u8>) -> Pending<'a, std::result::Result<Answer, Failure>> {
        let account: Account = serde_json::from_str(bearer).unwrap();
        let request = Request::read(&request).unwrap();
        let told = self.says.lock().unwrap().pop_front();
        let said = match told {
            _ if self.silent.load(Ordering::Relaxed) => Said::Hangs,
            Some(said) => said,
            None => self.serve(account, &request),
        };
        self.requests.lock().unwrap().push(request);
        Box::pin(async move {
            match said {
                Said::Nothing(told) => Ok(Answer::Nothing(told)),
                Said::Failed(failure) => Err(failure),
                Said::Hangs => std::future::pending().await,
                Said::Lines(lines) => {
                    let bytes = Compressor::new().unwrap().last(&lines).unwrap();
                    Ok(Answer::Pieces(Box::new(Rest(VecDeque::from([bytes.into()]))), Lines::new().unwrap()))
                }
            }
        })
    }

    /// The token is the account; so is the session.
    fn activate<'a>(&'a self, token: &'a str) -> Pending<'a, Result<Activated>> {
        let device = DeviceId(Uuid::from_u128(self.requests.lock().unwrap().len() as u128));
        let account = serde_json::from_str(token).unwrap();
        Box::pin(async move { Ok(Activated { device, account, bearer: token.to_owned() }) })
    }

    fn sign_out<'a>(&'a self, _: &'a Secret) -> Pending<'a, std::result::Result<(), Failure>> {
        self.sessions_ended.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    }
}

struct Shared(Arc<Server>);

impl Wire for Shared {
    fn sync<'a>(&'a self, bearer: &'a Secret, request: Vec<u8>) -> Pending<'a, std::result::Result<Answer, Failure>> {
        self.0.sync(bearer, request)
    }

    fn activate<'a>(&'a self, token: &'a str) -> Pending<'a, Result<Activated>> {
        self.0.activate(token)
    }

    fn sign_out<'a>(&'a self, bearer: &'a Secret) -> Pending<'a, std::result::Result<(), Failure>> {
        self.0.sign_out(bearer)
    }
}

/// What a device lives in, whatever becomes of the core.
pub(crate) struct Device {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: Arc<Told>,
    pub(crate) server: Arc<Server>,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), keys: Arc::default(), clock: Told::new(), server: Server::new() }
    }

    pub(crate) fn open(&self) -> Result<Kapprum> {
        let server = self.server.clone();
        Kapprum::open(Surroundings {
            home: self.folder.path().to_owned(),
            keys: self.keys.clone(),
            clock: self.clock.clone(),
            wires: Box::new(move |_| Ok(Arc::new(Shared(server.clone())))),
            language: Language::English,
        })
    }

    /// Opens as soon as what ran before has let go of the folder.
    pub(crate) async fn open_again(&self) -> Result<Kapprum> {
        loop {
            match self.open() {
                Err(Error::InUse) => tokio::task::yield_now().await,
                opened => return opened,
            }
        }
    }
}

pub(crate) fn account(tenant: u128, holder: u128) -> Account {
    let (tenant, holder) = (TenantId(Uuid::from_u128(tenant)), HolderId(Uuid::from_u128(holder)));
    Account { tenant, holder, role: Role::Guardian }
}

pub(crate) fn anna() -> Account {
    account(1, 10)
}

/// The invitation's token of an account.
pub(crate) fn token(account: Account) -> String {
    serde_json::to_string(&account).unwrap()
}

/// Another phone number for an account's person.
pub(crate) fn phone(account: Account, last: u32) -> Command {
    let person: PersonId = account.holder.as_person();
    Command::SetContact { person, phone: format!("070-174 06 {last:02}"), mail: String::new() }
}

/// Whether a text lies in any file of a folder.
pub(crate) fn in_files(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}
