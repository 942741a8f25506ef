//! Instructions, which repeat where times do not: of saving a command, of taking one changed record, of home, and of a
//! board. Counted by callgrind over a process that does a thing few times and one that does it often; the difference
//! is the thing's own.

use std::path::Path;
use std::process::Command as Process;

use kapprum_client::clock::estimate;
use kapprum_client::store::{Saving, Store};
use kapprum_client::sync::apply::{First, Loading, Step, apply};
use kapprum_client::sync::rows::Rows;
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::care_schedule::DayChange;
use kapprum_domain::id::CommandId;
use kapprum_domain::record::Change;
use kapprum_domain::screen::{Around, Ask, Screen, screen};
use kapprum_protocol::frame::Row;
use kapprum_town::harness::OwnClock;
use kapprum_words::{Language, Words};
use rusqlite::Connection;
use uuid::Uuid;

use crate::figures::Figures;
use crate::store;
use crate::taps::check;
use crate::world::{B, World, group, guardian, now, placement, teacher, today};

const FEW: u32 = 10;
const OFTEN: u32 = 60;
/// What is counted, as key and name.
const COUNTED: [(&str, &str); 4] = [
    ("send_instructions", "send"),
    ("delta_instructions", "delta"),
    ("home_instructions", "home"),
    ("board_instructions", "board"),
];

pub(crate) async fn measure(world: &World, figures: &mut Figures) {
    if Process::new("valgrind").arg("--version").output().is_err() {
        eprintln!("counts: valgrind is not here (apt-get install valgrind)");
        return;
    }
    let (staff, home) = (world.place("count-staff"), world.place("count-home"));
    for (folder, holder, role) in [(&staff, teacher(2), Role::Staff), (&home, guardian(2, 0), Role::Guardian)] {
        let token = world.invite(holder, role);
        let (store, _) = store::fetch(&world.server.url, &token, folder, true, || ()).await;
        store.suspend();
        std::fs::write(folder.join("account"), serde_json::to_vec(&world.account(holder, role)).unwrap()).unwrap();
    }
    for (key, what) in COUNTED {
        let folder = if what == "home" { &home } else { &staff };
        let [few, often] = [FEW, OFTEN].map(|times| tokio::task::block_in_place(|| count(what, times, folder)));
        figures.put(key, (often - few) as f64 / f64::from(OFTEN - FEW), "instructions, without encryption");
    }
}

/// The instructions of a process that does a thing so many times.
fn count(what: &str, times: u32, folder: &Path) -> u64 {
    // Each count begins with the same file.
    let copy = folder.with_extension(format!("{what}-{times}"));
    std::fs::create_dir_all(&copy).unwrap();
    for file in ["store.db", "account"] {
        std::fs::copy(folder.join(file), copy.join(file)).unwrap();
    }
    let output = Process::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["count", what, &times.to_string()])
        .arg(&copy)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let collected = told.lines().find_map(|line| line.split_once("Collected :")).unwrap().1;
    collected.trim().parse().unwrap()
}

/// Does a thing so many times.
pub(crate) fn work(what: &str, times: u32, folder: &Path) {
    let account: Account = serde_json::from_slice(&std::fs::read(folder.join("account")).unwrap()).unwrap();
    let store = store::open(folder, account, true);
    match what {
        "send" => (0..times).for_each(|tap| send(&store, tap)),
        "delta" => deltas(&store, folder, times),
        "home" => (0..times).for_each(|_| view(&store, &Ask::Home)),
        _ => (0..times).for_each(|_| view(&store, &Ask::GroupBoard { group: group(2), day: None })),
    }
}

fn send(store: &Store, tap: u32) {
    let command = check(2, B, u128::from(tap));
    // As the core does: first it looks which account holds what the command names.
    assert!(command.scopes().iter().all(|scope| store.read(|reader| reader.rights()).unwrap().holds(*scope)));
    let time = estimate(&OwnClock, store.read(|reader| reader.offset()).unwrap());
    store.save(&[Saving { id: CommandId(Uuid::now_v7()), command: &command, tapped: None, time }]).unwrap();
}

/// A changed day arrives, each time of another placement.
fn deltas(store: &Store, folder: &Path, times: u32) {
    let file = Connection::open(store::path(folder)).unwrap();
    for one in 0..u128::from(times) {
        let (placement, by, comment) = (placement(2, one), guardian(2, one), "Mormor hämtar".to_owned());
        let change = DayChange { placement, day: today().plus(1), times: None, comment, by, at: now() };
        let Change::Put(record) = Change::put(&change) else { unreachable!() };
        let sql = "SELECT number FROM scope WHERE name = ?1";
        let scope = file.query_row(sql, [record.scope.to_string()], |row| row.get(0)).unwrap();
        let mut rows = Rows::default();
        let (kind, id, at, body) = (&record.kind, record.id, record.at, &record.body);
        rows.push(&Row { scope, kind, id, at, seq: 1_000_000 + one as u64, body });
        let first = First { rows, ..First::default() };
        apply(store, &mut Loading::default(), &Step::First(first), &OwnClock).unwrap();
    }
}

fn view(store: &Store, ask: &Ask) {
    let words = Words::new(Language::Swedish);
    store
        .read(|reader| {
            let (actor, rights) = (reader.actor(), reader.rights()?);
            let world = reader.world();
            let around = Around { whole: true, ..Around::default() };
            let view = screen(ask, &[world.seen(&actor, &rights)], &around, &words, now()).unwrap();
            assert!(!matches!(view.screen, Screen::Nothing { .. }));
            Ok(())
        })
        .unwrap();
}
