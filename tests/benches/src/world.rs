//! The town that is measured, and its server as a process of its own.
//!
//! Department A has 118 children with one guardian each, so that its staff hold about 600 scopes; 846 changed days a
//! child, of about 300 bytes each, make 100 000 records. Department B has 150 children, for its board.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use kapprum_domain::actor::{Account, Role};
use kapprum_domain::care_schedule::{CareWeek, DayChange};
use kapprum_domain::id::{ChildId, DeviceId, GroupId, HolderId, PersonId, PlacementId};
use kapprum_domain::organisation::{GroupKind, Municipality};
use kapprum_domain::record::Change;
use kapprum_domain::time::{Day, Span, Timestamp};
use kapprum_server::clock::SystemClock;
use kapprum_server::config::Config;
use kapprum_server::http::Server;
use kapprum_server::sign_in::SignIn;
use kapprum_server::store::sqlite::Sqlite;
use kapprum_server::{open, writer};
use kapprum_town::{Person, Town, story};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use uuid::Uuid;

/// Children of department A and B.
pub(crate) const A: u128 = 118;
pub(crate) const B: u128 = 150;
/// Changed days of each child of A, and of the two children of the guardian with 1 500 rows.
const DAYS: i32 = 846;
const GUARDIANS_DAYS: i32 = 750;

pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) config: Config,
    pub(crate) town: Town,
    pub(crate) server: Process,
}

/// The server's process; ends with the world.
pub(crate) struct Process {
    child: Child,
    /// Its address.
    pub(crate) url: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x8b00_0000_0000_4000_8000_0000_0000_0000 + number)
}

/// Departments A and B.
pub(crate) fn group(number: u128) -> GroupId {
    GroupId(id(number))
}

pub(crate) fn child(group: u128, number: u128) -> ChildId {
    ChildId(id(group * 10_000 + number))
}

pub(crate) fn placement(group: u128, number: u128) -> PlacementId {
    PlacementId(id(group * 10_000 + 3_000 + number))
}

/// The guardian of a child of A or B.
pub(crate) fn guardian(group: u128, number: u128) -> PersonId {
    PersonId(id(group * 10_000 + 6_000 + number))
}

/// Who works in a department.
pub(crate) fn teacher(group: u128) -> PersonId {
    PersonId(id(group * 10_000 + 9_000))
}

pub(crate) const TABLET: DeviceId = DeviceId(Uuid::from_u128(0x8b99));

pub(crate) fn now() -> Timestamp {
    kapprum_server::clock::Clock::now(&SystemClock)
}

pub(crate) fn today() -> Day {
    now().day()
}

pub(crate) fn span(end: &str) -> Span {
    Span::new("07:30".parse().unwrap(), end.parse().unwrap()).unwrap()
}

/// The next weekday on or after so many days from today.
pub(crate) fn weekday(ahead: i32) -> Day {
    let day = today().plus(ahead);
    (0..3).map(|more| day.plus(more)).find(|day| day.weekday() < 5).unwrap()
}

fn town() -> Town {
    let mut town = Town::small(today());
    for (number, children) in [(1, A), (2, B)] {
        town.add_group(group(number), story::preschool(), ["", "Alfa", "Beta"][number as usize], GroupKind::Department);
        town.people.insert(teacher(number), Person::named("Lo", "Mätning"));
        town.employ(teacher(number), story::preschool(), false, &[group(number)]);
        for one in 0..children {
            let guardian = guardian(number, one);
            town.people.insert(guardian, Person::named(&format!("Vuxen {one}"), "Mätning"));
            town.add_child(child(number, one), &format!("Barn {one}"), "Mätning", 4, &[guardian]);
            town.place(child(number, one), placement(number, one), group(number));
        }
    }
    // One guardian has two children: about 15 scopes.
    let both = town.enrolled[&child(2, 0)].guardians.clone();
    town.enrolled.get_mut(&child(2, 1)).unwrap().guardians.extend(both);
    town
}

const WORDS: &[&str] = &[
    "mormor",
    "hämtar",
    "vid",
    "grinden",
    "galonbyxor",
    "extra",
    "kläder",
    "tandläkare",
    "klockan",
    "elva",
    "vilar",
    "länge",
    "simning",
    "matsäck",
    "farfar",
    "cykelhjälm",
    "efter",
    "mellanmål",
    "utflykt",
    "skogen",
    "varm",
    "mössa",
];

fn changed_days(number: u128, one: u128, days: i32) -> impl Iterator<Item = Change> {
    (1..=days).map(move |ago| {
        let pick =
            |at: i32| WORDS[(one as usize * 7 + ago as usize * 13 + at as usize * 5 + ago as usize / 9) % WORDS.len()];
        let comment: Vec<&str> = (0..14).map(pick).collect();
        let (placement, by) = (placement(number, one), guardian(number, one));
        let times = Some(vec![span(["15:00", "15:30", "16:15", "16:45"][ago as usize % 4])]);
        let at = today().plus(-ago).start();
        Change::put(&DayChange { placement, day: today().plus(-ago), times, comment: comment.join(" "), by, at })
    })
}

impl World {
    /// Makes it on disk and starts its server.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let town = town();
        open::add_tenant(&config, &municipality(&town), now()).unwrap();
        let (store, _) = open::tenant(&config, town.tenant).unwrap();
        let put = |changes: &[Change]| drop(writer::import(&store, changes, now()).unwrap());
        put(&town.changes());
        put(&[town.tablet(TABLET, group(2))]);
        let week = |number: u128, one: u128| {
            let days = std::array::from_fn(|day| if day < 5 { vec![span("16:00")] } else { Vec::new() });
            let (placement, by) = (placement(number, one), guardian(number, one));
            Change::put(&CareWeek { placement, from: today().plus(-30), days, by })
        };
        put(&(0..A).map(|one| week(1, one)).chain((0..B).map(|one| week(2, one))).collect::<Vec<_>>());
        for one in 0..A {
            put(&changed_days(1, one, DAYS).collect::<Vec<_>>());
        }
        for one in 0..2 {
            put(&changed_days(2, one, GUARDIANS_DAYS).collect::<Vec<_>>());
        }
        let server = Process::start(folder.path());
        Self { folder, config, town, server }
    }

    /// The server's store, opened beside it as an operator's verb does.
    pub(crate) fn store(&self) -> Sqlite {
        open::tenant(&self.config, self.town.tenant).unwrap().0
    }

    /// A token for an account.
    pub(crate) fn invite(&self, holder: impl Into<HolderId>, role: Role) -> String {
        self.sign_in().invite(&self.account(holder, role), None, now()).unwrap()
    }

    /// The sign-in data, opened beside the server.
    pub(crate) fn sign_in(&self) -> SignIn {
        open::tenant(&self.config, self.town.tenant).unwrap().1
    }

    pub(crate) fn account(&self, holder: impl Into<HolderId>, role: Role) -> Account {
        Account { tenant: self.town.tenant, holder: holder.into(), role }
    }

    /// A new folder.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}-{}", Uuid::now_v7()))
    }

    /// Writes changes that no command made, beside the server.
    pub(crate) fn import(&self, changes: &[Change]) {
        writer::import(&self.store(), changes, now()).unwrap();
    }
}

impl Process {
    pub(crate) fn start(folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.arg("serve").arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }

    /// KiB of its memory.
    pub(crate) fn memory(&self, what: &str) -> f64 {
        memory(&self.child.id().to_string(), what)
    }

    /// Seconds of processor time so far, of all threads.
    pub(crate) fn processor(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        // utime and stime, in hundredths.
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }
}

/// KiB of a process, as the system counts them.
pub(crate) fn memory(process: &str, what: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Lets this process open as many files as it may: a crowd has a connection each.
pub(crate) fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

/// What is told of the municipality when it is added.
pub(crate) fn municipality(town: &Town) -> Municipality {
    Municipality {
        tenant: town.tenant,
        name: town.name.clone(),
        phone: "0521-72 10 00".to_owned(),
        switches: town.switches.clone(),
    }
}

pub(crate) fn config(folder: &Path) -> Config {
    Config {
        data: folder.join("data"),
        keys: folder.join("keys"),
        listen: ([127, 0, 0, 1], 0).into(),
        ..Config::default()
    }
}

/// Serves until killed; says its address.
pub(crate) async fn serve(folder: &Path) {
    let config = config(folder);
    let server = Server::start(&config, open::all(&config).unwrap(), Arc::new(SystemClock)).await.unwrap();
    println!("http://{}", server.address);
    std::future::pending::<()>().await;
}
