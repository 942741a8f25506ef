//! A town with its server for the shells' tests: a morning at Blåklinten, 24 November 2026, five to eight.
//!
//! Prints one line of JSON with the server's address and invitations' links, then obeys the lines it is given, each
//! answered by one line of JSON. Ends with its input. Clocks are told, so that every picture is the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a tool of the tests that fails loudly"
)]

use std::io::BufRead;
use std::sync::Arc;

use clap::Parser;
use kapprum_client::profile::ProfileId;
use kapprum_domain::absence::Days;
use kapprum_domain::actor::Role;
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::board::{BoardRow, GroupBoard};
use kapprum_domain::command::Command;
use kapprum_domain::id::{ChildId, PlacementId};
use kapprum_domain::screen::{Ask, Screen};
use kapprum_domain::time::{Day, Span, TimeOfDay, Timestamp};
use kapprum_town::harness::{Device, Running, ToldClock};
use kapprum_town::{Town, story};
use kapprum_words::Language;
use serde_json::{Value, json};
use uuid::Uuid;

/// A town with its server, obeying lines: `offline`, `online`, `time HH:MM`, `day YYYY-MM-DDTHH:MM`, `invite WHO`.
#[derive(Parser)]
struct Arguments {
    /// About how many pupils besides those of the stories.
    #[arg(long, default_value_t = 600)]
    pupils: usize,
    /// So many more children at Blåklinten.
    #[arg(long, default_value_t = 0)]
    crowd: u16,
    /// Nothing has happened yet that day.
    #[arg(long)]
    quiet: bool,
}

/// The children of a crowd; no two lengths have a factor in common, so that a name comes again late.
const GIVEN: [&str; 20] = [
    "Alma", "Vidar", "Nora", "Otis", "Freja", "Malte", "Ines", "Sixten", "Tyra", "Hugo", "Majken", "Yusuf", "Edith",
    "Leo", "Siri", "Ebbe", "Juni", "Tage", "Lova", "Folke",
];
const FAMILY: [&str; 11] =
    ["Almgren", "Björk", "Dahlin", "Ek", "Falk", "Grahn", "Hedin", "Isaksson", "Kowalska", "Lind", "Nyström"];

const OWN: ProfileId = ProfileId(0);

fn main() {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let today: Day = "2026-11-24".parse().unwrap();
    let clock = ToldClock::at(today.at(time("06:00")));
    let mut town = Town::sample(arguments.pupils, 1, today);
    for number in 0..arguments.crowd {
        let child = ChildId(Uuid::from_u128(0x7a10_0000_0000_4000_8000_0000_0000_0000 + u128::from(number)));
        let (given, family) = (GIVEN[usize::from(number) % GIVEN.len()], FAMILY[usize::from(number) % FAMILY.len()]);
        town.add_child(child, given, family, 4, &[story::anna()]);
        let placement = PlacementId(Uuid::from_u128(0x7a20_0000_0000_4000_8000_0000_0000_0000 + u128::from(number)));
        town.place(child, placement, story::department());
        town.end_guardian(story::anna(), child);
    }
    let mut running = runtime.block_on(Running::start(town, folder.path(), clock.clone()));
    if !arguments.quiet {
        runtime.block_on(morning(&running, &clock, today));
    }
    tell(&json!({ "server": running.url(), "invites": invites(&running) }));
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let answer = match line.split_once(' ').unwrap_or((line.trim(), "")) {
            ("offline", _) => {
                runtime.block_on(running.stop());
                json!({ "done": "offline" })
            }
            ("online", _) => {
                runtime.block_on(running.serve());
                json!({ "done": "online" })
            }
            ("time", at) => {
                to(&clock, clock_now(&clock).day().at(time(at)));
                json!({ "done": "time" })
            }
            ("day", at) => {
                let (day, at) = at.split_once('T').expect("a moment like 2026-11-25T07:55");
                to(&clock, day.parse::<Day>().unwrap().at(time(at)));
                json!({ "done": "day" })
            }
            ("invite", who) => json!({ "invite": invite(&running, who) }),
            ("end", _) => break,
            (other, _) => json!({ "error": format!("there is no {other}") }),
        };
        tell(&answer);
    }
    runtime.block_on(running.stop());
}

fn tell(value: &Value) {
    println!("{value}");
}

fn time(text: &str) -> TimeOfDay {
    text.parse().expect("a time like 07:55")
}

fn clock_now(clock: &ToldClock) -> Timestamp {
    kapprum_server::clock::Clock::now(clock)
}

fn to(clock: &ToldClock, moment: Timestamp) {
    clock.pass(moment.0 - clock_now(clock).0);
}

fn invites(running: &Running) -> Value {
    let all = ["anna", "bo", "maja", "karin", "elin", "petra", "tablet", "board"];
    all.into_iter().map(|who| (who.to_owned(), invite(running, who))).collect()
}

/// An invitation's link, good for one sign-in.
fn invite(running: &Running, who: &str) -> Value {
    let token = match who {
        "anna" => running.invite(story::anna(), Role::Guardian),
        "bo" => running.invite(story::bo(), Role::Guardian),
        "karin" => running.invite(story::karin(), Role::Guardian),
        "maja" => running.invite(story::maja(), Role::Staff),
        "petra" => running.invite(story::petra(), Role::Staff),
        "elin" => running.invite(story::elin(), Role::Student),
        "tablet" => running.pair(story::tablet(), Role::Tablet, story::department()),
        "board" => running.pair(story::board(), Role::Board, story::department()),
        _ => return Value::Null,
    };
    Value::String(format!("{}/#invite={token}", running.url()))
}

/// What happens from six to five to eight: times are laid, some came, some stay at home.
async fn morning(running: &Running, clock: &Arc<ToldClock>, today: Day) {
    let open = async |who: &str, role| {
        let device = Device::open(&running.folder.join(who), clock.clone(), Language::Swedish).unwrap();
        let person = if who == "anna" { story::anna() } else { story::maja() };
        device.sign_in(&running.url(), &running.invite(person, role)).await.unwrap();
        device
    };
    let (anna, maja) = (open("anna", Role::Guardian).await, open("maja", Role::Staff).await);
    let send = async |device: &Device, commands: Vec<Command>| {
        for some in commands.chunks(50) {
            device.kapprum.send(OWN, some.to_vec(), None).await.unwrap();
        }
        device.kapprum.sync(OWN).await.unwrap();
    };
    let week = |start, end| {
        std::array::from_fn(|day| if day < 5 { vec![Span::new(time(start), time(end)).unwrap()] } else { Vec::new() })
    };
    let laid = [
        (story::love(), story::loves_placement(), week("07:30", "16:00")),
        (story::ebba(), story::ebbas_placement(), week("08:00", "15:30")),
    ];
    let laid = laid.into_iter();
    send(
        &anna,
        laid.map(|(child, placement, days)| Command::SetWeek { child, placement, from: today, days }).collect(),
    )
    .await;
    maja.kapprum.sync(OWN).await.unwrap();
    let rows = board(&maja).await.rows;
    let others = || rows.iter().filter(|row| ![story::love(), story::ebba()].contains(&row.child)).enumerate();
    let at = |row: &BoardRow| AtPlacement { child: row.child, placement: row.placement.unwrap(), group: None };
    let times = others().map(|(number, row)| {
        let (start, end) = [("06:30", "15:00"), ("07:30", "16:30"), ("08:15", "14:30"), ("07:00", "17:00")][number % 4];
        let comment = match number % 7 {
            2 => "Mormor hämtar. Hon heter Gunilla.",
            5 => "Har nya skor på hyllan",
            _ => "",
        };
        let times = Some(vec![Span::new(time(start), time(end)).unwrap()]);
        let comment = comment.to_owned();
        Command::ChangeDay { child: row.child, placement: at(row).placement, day: today, times, comment }
    });
    send(&maja, times.collect()).await;
    let away = others().filter(|(number, _)| number % 6 == 4);
    let days = Days { from: today, until: Some(today), part: None };
    send(&maja, away.map(|(_, row)| Command::ReportAbsence { child: row.child, days }).collect()).await;
    for (hour, remainder) in [("06:34", 0), ("06:58", 3), ("07:41", 1)] {
        to(clock, today.at(time(hour)));
        let come = others().filter(|(number, _)| number % 4 == remainder && number % 6 != 4);
        send(&maja, come.map(|(_, row)| Command::CheckIn(at(row))).collect()).await;
    }
    to(clock, today.at(time("07:55")));
    for device in [anna, maja] {
        device.kapprum.suspend().await;
    }
}

async fn board(maja: &Device) -> GroupBoard {
    match maja.sees(Ask::GroupBoard { group: story::department(), day: None }).await {
        Screen::GroupBoard(board) => board,
        other => panic!("{other:?}"),
    }
}
