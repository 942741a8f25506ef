//! What the stories share: a town at work at a told time, who signs in to it, and what their devices show.
#![allow(clippy::unwrap_used, reason = "a story that can't be set up must fail loudly")]

mod shown;

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use kapprum_client::error::Error;
use kapprum_client::profile::ProfileId;
use kapprum_domain::absence::Days;
use kapprum_domain::actor::Role;
use kapprum_domain::care_schedule::Week;
use kapprum_domain::command::Command;
use kapprum_domain::id::{ChildId, CommandId, DeviceId, GroupId, HolderId};
use kapprum_domain::screen::Ask;
use kapprum_domain::time::{Day, HOUR, Span, Timestamp};
use kapprum_town::harness::{Device, Running, ToldClock};
use kapprum_town::{Town, story};
use kapprum_words::Language;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
pub use shown::lines;

/// The first profile of a device; the stories have one each.
pub const OWN: ProfileId = ProfileId(0);

/// A client of HTTP/2 without TLS that is none of ours: it says what it likes.
pub fn plain_client() -> reqwest::Client {
    // It asks for a provider of ciphers also where it uses none; a second time is no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap()
}

/// A small town at work on a Tuesday morning.
pub struct Story {
    /// Everything lies here.
    pub folder: tempfile::TempDir,
    /// The server.
    pub running: Running,
    /// The time that server and devices are told.
    pub clock: Arc<ToldClock>,
}

impl Story {
    /// Begins at 07:00 on Tuesday, 24 November 2026.
    pub async fn begin() -> Self {
        Self::begin_with(|_| {}).await
    }

    /// As [`Story::begin`], with something else about the town.
    pub async fn begin_with(change: impl FnOnce(&mut Town)) -> Self {
        Self::begin_in(tempfile::tempdir().unwrap(), change).await
    }

    /// As [`Story::begin_with`], in this folder.
    pub async fn begin_in(folder: tempfile::TempDir, change: impl FnOnce(&mut Town)) -> Self {
        let clock = ToldClock::at(morning());
        let mut town = Town::small(tuesday());
        change(&mut town);
        let running = Running::start(town, folder.path(), clock.clone()).await;
        Self { folder, running, clock }
    }

    /// A person signs in on an own device.
    pub async fn person(&self, name: &str, holder: impl Into<HolderId>, role: Role) -> Device {
        let token = self.running.invite(holder, role);
        self.device(name, &token).await
    }

    /// A shared device is paired.
    pub async fn paired(&self, name: &str, device: DeviceId, role: Role, group: GroupId) -> Device {
        let token = self.running.pair(device, role, group);
        self.device(name, &token).await
    }

    async fn device(&self, name: &str, token: &str) -> Device {
        let device = self.unpacked(name);
        device.sign_in(&self.running.url(), token).await.unwrap();
        device
    }

    /// A new device on which nobody has signed in.
    pub fn unpacked(&self, name: &str) -> Device {
        Device::open(&self.folder.path().join(name), self.clock.clone(), Language::English).unwrap()
    }

    /// Anna's own phone.
    pub async fn anna(&self) -> Device {
        self.person("anna", story::anna(), Role::Guardian).await
    }

    /// Bo's own phone.
    pub async fn bo(&self) -> Device {
        self.person("bo", story::bo(), Role::Guardian).await
    }

    /// The tablet of Blåklinten; somebody is looking at it.
    pub async fn tablet(&self) -> Device {
        let tablet = self.paired("tablet", story::tablet(), Role::Tablet, story::department()).await;
        tablet.kapprum.foreground(OWN, true);
        tablet
    }

    /// The hall board of Blåklinten; somebody is looking at it.
    pub async fn board(&self) -> Device {
        let board = self.paired("board", story::board(), Role::Board, story::department()).await;
        board.kapprum.foreground(OWN, true);
        board
    }

    /// A device asks its server until everything is exchanged or can't be; meanwhile the told time goes on, a second at
    /// a time, as back-offs do not end by themselves.
    pub async fn sync(&self, device: &Device) -> Result<(), Error> {
        let mut asking = pin!(device.kapprum.sync(OWN));
        loop {
            match tokio::time::timeout(Duration::from_millis(100), &mut asking).await {
                Ok(done) => return done,
                Err(_) => self.clock.pass(1000),
            }
        }
    }

    /// Anna has laid Love's and Ebba's ordinary weeks.
    pub async fn weeks(&self, anna: &Device) {
        let ebbas = Command::SetWeek {
            child: story::ebba(),
            placement: story::ebbas_placement(),
            from: tuesday(),
            days: week(),
        };
        anna.kapprum.send(OWN, vec![ordinary_week(), ebbas], None).await.unwrap();
        self.sync(anna).await.unwrap();
    }
}

/// Sends what one person asks for; it is saved.
pub async fn send(device: &Device, command: Command) -> CommandId {
    let sent = device.kapprum.send(OWN, vec![command], None).await.unwrap();
    let (_, ids) = sent.parts.into_iter().next().unwrap();
    ids.unwrap().pop().unwrap()
}

/// The lines that a view shows now.
pub async fn shows(device: &Device, ask: Ask) -> Vec<String> {
    lines(&device.sees(ask).await)
}

/// Waits until a view shows these lines.
pub async fn shows_soon(device: &Device, ask: Ask, wanted: &[&str]) {
    let seen = device.sees_soon(ask, |screen| lines(screen) == wanted).await;
    assert_eq!(lines(&seen.unwrap_or_else(|last| last)), wanted);
}

/// The group board of Blåklinten on a day.
pub fn group_board(day: Day) -> Ask {
    Ask::GroupBoard { group: story::department(), day: Some(day) }
}

/// The hall board of Blåklinten.
pub fn hall_board() -> Ask {
    Ask::HallBoard { group: story::department() }
}

/// All that a device holds, decrypted with its own keys: every text of every table.
pub fn held(device: &Device) -> String {
    let mut found = String::new();
    for account in device.kapprum.accounts() {
        let key = std::fs::read_to_string(device.home.join(format!("keys/database-{}", account.id))).unwrap();
        let file = open(&device.home.join(format!("data/{}/store.db", account.id)));
        file.pragma_update(None, "key", format!("x'{key}'")).unwrap();
        read_all(&file, &mut found);
    }
    found
}

/// A database seen from outside.
#[expect(clippy::disallowed_methods, reason = "looks into files as they lie, past the stores")]
pub fn open(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

fn read_all(file: &Connection, found: &mut String) {
    let mut tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for table in tables {
        let mut rows = file.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if let Ok(ValueRef::Text(text)) = row.get_ref(column) {
                    found.push_str(&String::from_utf8_lossy(text));
                    found.push('\n');
                }
            }
        }
    }
}

/// The day of the stories.
pub fn tuesday() -> Day {
    Day::new(2026, 11, 24).unwrap()
}

/// Its morning.
pub fn morning() -> Timestamp {
    tuesday().start().plus(7 * HOUR)
}

/// A span by its ends.
pub fn span(start: &str, end: &str) -> Span {
    Span::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

/// A child will not come on one day.
pub fn absent(child: ChildId, day: Day) -> Command {
    Command::ReportAbsence { child, days: Days { from: day, until: Some(day), part: None } }
}

/// Love's ordinary week.
pub fn ordinary_week() -> Command {
    Command::SetWeek { child: story::love(), placement: story::loves_placement(), from: tuesday(), days: week() }
}

/// Monday to Friday, half past seven to four.
pub fn week() -> Week {
    std::array::from_fn(|day| if day < 5 { vec![span("07:30", "16:00")] } else { Vec::new() })
}

/// Love is fetched at another time than in the week.
pub fn pick_up(day: Day, end: &str, comment: &str) -> Command {
    Command::ChangeDay {
        child: story::love(),
        placement: story::loves_placement(),
        day,
        times: Some(vec![span("07:30", end)]),
        comment: comment.to_owned(),
    }
}
