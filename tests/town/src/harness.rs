//! A town at work: a server on a free port with the town imported, and devices that sign in to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use bytes::Bytes;
use kapprum_client::clock::{Boot, Clock};
use kapprum_client::error::{Error, Result};
use kapprum_client::kapprum::{Kapprum, Surroundings};
use kapprum_client::key_store::{KeyStore, PlainFileKeyStore, Secret};
use kapprum_client::profile::{ProfileId, SignedIn};
use kapprum_client::sync::machine::Failure;
use kapprum_client::sync::wire::{Answer, Http, Pending, Pieces, Wire};
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::grant::Grant;
use kapprum_domain::id::{DeviceId, GroupId};
use kapprum_domain::organisation::Municipality;
use kapprum_domain::record::{Change, Record};
use kapprum_domain::screen::{Ask, Missing, Screen};
use kapprum_domain::time::{HOUR, Timestamp};
use kapprum_protocol::session::Activated;
use kapprum_server::config::Config;
use kapprum_server::http::Server;
use kapprum_server::import::{self, Folder, Report};
use kapprum_server::open;
use kapprum_words::Language;
use tokio::sync::watch;

use super::Town;

/// Time as a test tells it.
pub struct ToldClock {
    now: AtomicI64,
    /// Since the machine was started, which no setting of the clock changes.
    elapsed: AtomicI64,
    boots: AtomicU64,
}

impl ToldClock {
    /// A clock that stands at a moment.
    pub fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self { now: AtomicI64::new(now.0), elapsed: AtomicI64::new(HOUR), boots: AtomicU64::new(1) })
    }

    /// Moves it on.
    pub fn pass(&self, milliseconds: i64) {
        self.now.fetch_add(milliseconds, Ordering::Relaxed);
        self.elapsed.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Somebody sets it, so much on or back.
    pub fn set(&self, milliseconds: i64) {
        self.now.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// The machine is started again.
    pub fn reboot(&self) {
        self.boots.fetch_add(1, Ordering::Relaxed);
        self.elapsed.store(0, Ordering::Relaxed);
    }
}

impl kapprum_server::clock::Clock for ToldClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Relaxed))
    }
}

impl Clock for ToldClock {
    fn wall(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Relaxed))
    }

    fn boot(&self) -> Boot {
        Boot { id: self.boots.load(Ordering::Relaxed), elapsed: self.elapsed.load(Ordering::Relaxed) }
    }
}

/// The machine's own clocks.
pub struct OwnClock;

impl Clock for OwnClock {
    fn wall(&self) -> Timestamp {
        kapprum_server::clock::Clock::now(&kapprum_server::clock::SystemClock)
    }

    fn boot(&self) -> Boot {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        // Linux tells the boot and the time since it, sleep included.
        let id = text("/proc/sys/kernel/random/boot_id")
            .bytes()
            .fold(7, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
        let seconds: f64 = text("/proc/uptime").split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
        Boot { id, elapsed: (seconds * 1000.0) as i64 }
    }
}

/// A town with its server.
pub struct Running {
    /// Where everything lies.
    pub folder: PathBuf,
    /// The town as it was last imported.
    pub town: Town,
    /// The server's configuration.
    pub config: Config,
    clock: Arc<dyn kapprum_server::clock::Clock>,
    server: Option<Server>,
}

impl Running {
    /// Imports the town by the real import and serves it on a free port.
    pub async fn start(town: Town, folder: &Path, clock: Arc<dyn kapprum_server::clock::Clock>) -> Self {
        let config = Config {
            data: folder.join("data"),
            keys: folder.join("keys"),
            listen: ([127, 0, 0, 1], 0).into(),
            metrics: Some(([127, 0, 0, 1], 0).into()),
            ..Config::default()
        };
        let mut running = Self { folder: folder.to_owned(), town, config, clock, server: None };
        let municipality = Municipality {
            tenant: running.town.tenant,
            name: running.town.name.clone(),
            phone: "0521-72 10 00".to_owned(),
            switches: running.town.switches.clone(),
        };
        open::add_tenant(&running.config, &municipality, running.clock.now()).unwrap();
        running.import();
        running.serve().await;
        running
    }

    /// Imports the town as it is now, beside the serving process as an operator would.
    pub fn import(&self) -> Report {
        let source = self.folder.join("source");
        let _ = std::fs::remove_dir_all(&source);
        self.town.write(&source).unwrap();
        let (store, sign_in) = open::tenant(&self.config, self.town.tenant).unwrap();
        let keys = open::keys(&self.config).unwrap();
        let source = Folder::open(&source).unwrap();
        let report = import::run(&source, &store, &sign_in, &keys, self.clock.now(), &mut |_, _| {}).unwrap();
        open::import_done(&open::folder(&self.config, self.town.tenant).unwrap()).unwrap();
        report
    }

    /// Serves, after a stop on the same port as before.
    pub async fn serve(&mut self) {
        let server = Server::start(&self.config, open::all(&self.config).unwrap(), self.clock.clone()).await.unwrap();
        (self.config.listen, self.config.metrics) = (server.address, server.metrics);
        self.server = Some(server);
    }

    /// Stops serving.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// The server's address for phones.
    pub fn url(&self) -> String {
        format!("http://{}", self.config.listen)
    }

    /// The server's address for whoever watches it.
    pub fn metrics_url(&self) -> String {
        format!("http://{}/metrics", self.config.metrics.unwrap())
    }

    /// Invites a person; the token.
    pub fn invite(&self, holder: impl Into<kapprum_domain::id::HolderId>, role: Role) -> String {
        let account = Account { tenant: self.town.tenant, holder: holder.into(), role };
        self.sign_in().invite(&account, None, self.clock.now()).unwrap()
    }

    /// Invites a tablet or a board of a group; the token.
    pub fn pair(&self, device: DeviceId, role: Role, group: GroupId) -> String {
        let change = match role {
            Role::Tablet => self.town.tablet(device, group),
            _ => self.town.board(device, group),
        };
        let Change::Put(Record { body, .. }) = change else { unreachable!() };
        let grant: Grant = serde_json::from_str(&body).unwrap();
        let account = Account { tenant: self.town.tenant, holder: device.into(), role };
        self.sign_in().invite(&account, Some(&grant), self.clock.now()).unwrap()
    }

    /// The sign-in data, as an operator's verb opens it.
    pub fn sign_in(&self) -> kapprum_server::sign_in::SignIn {
        open::tenant(&self.config, self.town.tenant).unwrap().1
    }
}

/// A cable with its fault.
#[derive(Clone, Default)]
pub struct Cable {
    fault: Arc<watch::Sender<Fault>>,
}

/// What is wrong with a cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// What is under way is cut, nothing new gets through.
    Pulled,
    /// Requests arrive, answers get lost.
    AnswerLost,
    /// Of an answer the first piece arrives: all but the scopes that it asked for, and the end.
    AnswerCut,
}

impl Cable {
    /// Pulls it, or puts it back.
    pub fn pull(&self, pulled: bool) {
        self.set(if pulled { Fault::Pulled } else { Fault::None });
    }

    /// Gives it a fault, or none.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// What comes through, unless the cable is pulled before or meanwhile.
    async fn carry<T>(&self, through: impl Future<Output = T>) -> Option<T> {
        let mut fault = self.fault.subscribe();
        tokio::select! {
            biased;
            _ = fault.wait_for(|fault| *fault == Fault::Pulled) => None,
            carried = through => Some(carried),
        }
    }
}

struct Cabled<T> {
    end: T,
    cable: Cable,
}

impl Wire for Cabled<Http> {
    fn sync<'a>(&'a self, bearer: &'a Secret, request: Vec<u8>) -> Pending<'a, std::result::Result<Answer, Failure>> {
        Box::pin(async move {
            let (fault, cable) = (*self.cable.fault.borrow(), self.cable.clone());
            match (self.cable.carry(self.end.sync(bearer, request)).await.unwrap_or(Err(Failure::Lost))?, fault) {
                (_, Fault::AnswerLost) => Err(Failure::Lost),
                (Answer::Pieces(end, lines), Fault::AnswerCut) => Ok(Answer::Pieces(Box::new(Cut(Some(end))), lines)),
                (Answer::Pieces(end, lines), _) => Ok(Answer::Pieces(Box::new(Cabled { end, cable }), lines)),
                (nothing, _) => Ok(nothing),
            }
        })
    }

    fn activate<'a>(&'a self, token: &'a str) -> Pending<'a, Result<Activated>> {
        Box::pin(async move { self.cable.carry(self.end.activate(token)).await.unwrap_or(Err(Error::Offline)) })
    }

    fn sign_out<'a>(&'a self, bearer: &'a Secret) -> Pending<'a, std::result::Result<(), Failure>> {
        Box::pin(async move { self.cable.carry(self.end.sign_out(bearer)).await.unwrap_or(Err(Failure::Lost)) })
    }
}

/// The first piece of an answer, and nothing after it.
struct Cut(Option<Box<dyn Pieces>>);

impl Pieces for Cut {
    fn next(&mut self) -> Pending<'_, std::result::Result<Option<Bytes>, Failure>> {
        let whole = self.0.take();
        Box::pin(async { whole.ok_or(Failure::Lost)?.next().await })
    }
}

impl Pieces for Cabled<Box<dyn Pieces>> {
    fn next(&mut self) -> Pending<'_, std::result::Result<Option<Bytes>, Failure>> {
        Box::pin(async move { self.cable.carry(self.end.next()).await.unwrap_or(Err(Failure::Lost)) })
    }
}

/// A device: the real core with its own encrypted files, on a cable that can be pulled.
pub struct Device {
    /// Its folder.
    pub home: PathBuf,
    /// Its cable.
    pub cable: Cable,
    /// The core.
    pub kapprum: Kapprum,
    clock: Arc<dyn Clock>,
    language: Language,
}

impl Device {
    /// A device with this folder.
    pub fn open(home: &Path, clock: Arc<dyn Clock>, language: Language) -> Result<Self> {
        Self::open_on(Cable::default(), home, clock, language)
    }

    /// A device on a cable that may be pulled already.
    pub fn open_on(cable: Cable, home: &Path, clock: Arc<dyn Clock>, language: Language) -> Result<Self> {
        let kapprum = core(home, &cable, clock.clone(), language)?;
        Ok(Self { home: home.to_owned(), cable, kapprum, clock, language })
    }

    /// Signs in with an invitation and fetches everything.
    pub async fn sign_in(&self, server: &str, token: &str) -> Result<SignedIn> {
        let signed_in = self.kapprum.sign_in(server, token, None).await?;
        self.kapprum.sync(signed_in.profile).await?;
        Ok(signed_in)
    }

    /// Dies without warning and starts again.
    pub fn die(self) -> Result<Self> {
        let Self { home, cable, kapprum, clock, language } = self;
        drop(kapprum);
        // What ran when it died lets go of the folder within moments.
        let mut last = core(&home, &cable, clock.clone(), language);
        for _ in 0..200 {
            if !matches!(last, Err(Error::InUse)) {
                break;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(10));
            last = core(&home, &cable, clock.clone(), language);
        }
        Ok(Self { home, cable, kapprum: last?, clock, language })
    }

    /// What a view shows now.
    pub async fn sees(&self, ask: Ask) -> Screen {
        self.kapprum.feed(ProfileId(0), ask).next().await.unwrap()
    }

    /// Waits until a view shows what is looked for, for at most some seconds.
    pub async fn sees_soon(&self, ask: Ask, what: impl Fn(&Screen) -> bool) -> std::result::Result<Screen, Screen> {
        let mut feed = self.kapprum.feed(ProfileId(0), ask);
        let mut last = Screen::Nothing { why: Missing::Loading, text: String::new() };
        let looking = async {
            loop {
                last = feed.next().await.unwrap();
                if what(&last) {
                    return;
                }
            }
        };
        match tokio::time::timeout(std::time::Duration::from_secs(10), looking).await {
            Ok(()) => Ok(last),
            Err(_) => Err(last),
        }
    }
}

fn core(home: &Path, cable: &Cable, clock: Arc<dyn Clock>, language: Language) -> Result<Kapprum> {
    let keys: Arc<dyn KeyStore> = Arc::new(PlainFileKeyStore::new(&home.join("keys"))?);
    let cable = cable.clone();
    Kapprum::open(Surroundings {
        home: home.join("data"),
        keys,
        clock,
        wires: Box::new(move |server| {
            Ok(Arc::new(Cabled { end: Http::new(server, None)?, cable: cable.clone() }) as Arc<dyn Wire>)
        }),
        language,
    })
}
