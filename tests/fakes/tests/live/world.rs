//! What these tests share: the town of the stories behind a source, and a municipality that imports it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
pub(crate) use std::time::Duration;

use kapprum_domain::contact::Contact;
pub(crate) use kapprum_domain::id::PersonId;
use kapprum_domain::organisation::{Municipality, Switches};
use kapprum_domain::record::Body;
use kapprum_domain::register::Imported;
use kapprum_domain::time::{Day, HOUR, MINUTE, Timestamp};
pub(crate) use kapprum_fakes::ss12000::{CLIENT, Manners, Mishap, Source};
use kapprum_server::clock::Clock;
pub(crate) use kapprum_server::config::{Config, Secret, SourceConfig};
pub(crate) use kapprum_server::import::live::{self, Limits, Outcome, Run, RunError, Surroundings, Wait};
pub(crate) use kapprum_server::import::{Report, Resource};
use kapprum_server::open;
use kapprum_server::store::Store;
pub(crate) use kapprum_town::{Town, story};
pub(crate) use serde_json::Value;

pub(crate) fn today() -> Day {
    "2026-11-24".parse().unwrap()
}

/// A clock that is set, and waits that only move it.
pub(crate) struct Time {
    now: AtomicI64,
    pub(crate) waited: Mutex<Vec<Duration>>,
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Acquire))
    }
}

impl Wait for Time {
    fn wait(&self, pause: Duration) -> bool {
        self.waited.lock().unwrap().push(pause);
        self.now.fetch_add(pause.as_millis().try_into().unwrap(), Ordering::AcqRel);
        true
    }
}

/// A municipality, its source, and the time.
pub(crate) struct World {
    pub(crate) source: Source,
    pub(crate) config: Config,
    pub(crate) settings: SourceConfig,
    pub(crate) time: Arc<Time>,
    pub(crate) limits: Limits,
    _folder: tempfile::TempDir,
}

impl World {
    /// The town of the stories behind a source of these manners.
    pub(crate) async fn with(manners: Manners) -> Self {
        Self::of(&Town::small(today()), manners).await
    }

    pub(crate) async fn of(town: &Town, manners: Manners) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, keys) = (folder.path().join("data"), folder.path().join("keys"));
        let config = Config { data, keys, ..Config::default() };
        let tenant = story::tenant();
        let (name, phone) = ("Vänersborg".to_owned(), String::new());
        let start = today().start().plus(10 * HOUR);
        open::add_tenant(&config, &Municipality { tenant, name, phone, switches: Switches::default() }, start).unwrap();
        let source = Source::start(town.resources(), manners).await;
        let settings = SourceConfig::new("sis", tenant, &source.url());
        let time = Arc::new(Time { now: AtomicI64::new(start.0), waited: Mutex::default() });
        let limits =
            Limits { silence: Duration::from_millis(300), tries: 3, stale: 3, row: 1 << 20, ..Limits::default() };
        let world = Self { source, config, settings, time, limits, _folder: folder };
        world.minutes_later(0);
        world
    }

    /// As the source wants it.
    pub(crate) fn with_tokens(mut self) -> Self {
        self.settings.entry.token_url = Some(self.source.token_url());
        CLIENT.0.clone_into(&mut self.settings.entry.client);
        self.settings.entry.secret = Some(Secret::new(CLIENT.1.to_owned()));
        self
    }

    pub(crate) fn minutes_later(&self, minutes: i64) {
        self.time.now.fetch_add(minutes * MINUTE, Ordering::AcqRel);
        let now = jiff::Timestamp::from_millisecond(self.time.now().0).unwrap();
        self.source.inside().date = Some(now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    }

    /// The source's own time, as its rows tell it.
    pub(crate) fn moment(&self) -> String {
        jiff::Timestamp::from_millisecond(self.time.now().0).unwrap().to_string()
    }

    pub(crate) async fn run(&self) -> Run {
        self.try_run(false).await.unwrap()
    }

    pub(crate) async fn try_run(&self, accept_ending: bool) -> Result<Run, RunError> {
        let around = Surroundings {
            by: "operator 0".to_owned(),
            clock: self.time.clone(),
            wait: self.time.clone(),
            limits: self.limits,
        };
        let (config, settings) = (self.config.clone(), self.settings.clone());
        // On a thread of its own, as in the server: there it meets no other runtime.
        let run = move || live::run(&config, &settings, &around, accept_ending, &mut |_| {});
        tokio::task::spawn_blocking(|| std::thread::spawn(run).join().unwrap()).await.unwrap()
    }

    /// The people whom the store has from the source.
    pub(crate) fn people(&self) -> Vec<PersonId> {
        let (store, _) = open::tenant(&self.config, story::tenant()).unwrap();
        let mut people = Vec::new();
        let read = store.read(&mut |snapshot| {
            snapshot
                .kind(Imported::KIND, &mut |body| people.push(serde_json::from_str::<Imported>(body).unwrap().person))
        });
        read.unwrap();
        people.sort();
        people
    }

    /// Somebody's contact card, if there is one.
    pub(crate) fn contact(&self, person: PersonId) -> Option<Contact> {
        let (store, _) = open::tenant(&self.config, story::tenant()).unwrap();
        let mut found = None;
        let read = store.read(&mut |snapshot| {
            snapshot.kind(Contact::KIND, &mut |body| {
                let one: Contact = serde_json::from_str(body).unwrap();
                found = Some(one).filter(|one| one.person == person).or(found.take());
            })
        });
        read.unwrap();
        found
    }

    /// A row of the source, to be changed: it counts as modified now.
    pub(crate) fn change(&self, resource: &'static str, id: impl ToString, change: impl FnOnce(&mut Value)) {
        let (id, now) = (id.to_string(), self.moment());
        let mut inside = self.source.inside();
        let rows = inside.rows.get_mut(resource).unwrap();
        let row = rows.iter_mut().find(|row| row["id"] == id.as_str()).unwrap();
        change(row);
        row["meta"]["modified"] = now.into();
    }

    /// Deletes a row of the source.
    pub(crate) fn delete(&self, resource: &'static str, id: impl ToString) {
        let (id, now) = (id.to_string(), self.moment());
        let mut inside = self.source.inside();
        inside.rows.get_mut(resource).unwrap().retain(|row| row["id"] != id.as_str());
        inside.deleted.push((now, resource, id.into()));
    }
}

/// What an import reported.
pub(crate) fn imported(run: &Run) -> &Report {
    match &run.outcome {
        Outcome::Imported(report) => report,
        other => panic!("not imported: {other:?}"),
    }
}

/// The trouble with a resource.
pub(crate) fn trouble(run: &Run, resource: Resource) -> String {
    run.fetched[&resource].trouble.clone().unwrap_or_default()
}
