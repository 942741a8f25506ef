//! The main job in the terminal: a municipality, a server, some devices, cables that are pulled.
//!
//! Everything is the product's: import, server, core, encrypted files. `--once` ends after the walk, with exit code 0
//! only if each step's expectation held.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a demonstration that fails loudly, in the terminal")]

mod told;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use kapprum_client::profile::ProfileId;
use kapprum_domain::absence::Days;
use kapprum_domain::actor::Role;
use kapprum_domain::command::Command;
use kapprum_domain::home::ChildState;
use kapprum_domain::outbox::Mark;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_domain::time::Span;
use kapprum_server::clock::{Clock, SystemClock};
use kapprum_server::import::Resource;
use kapprum_town::harness::{Device, OwnClock, Running};
use kapprum_town::{Town, story};
use kapprum_words::Language;
use told::Telling;

/// The main job in the terminal.
#[derive(Parser)]
struct Arguments {
    /// End after the walk.
    #[arg(long)]
    once: bool,
    /// sv or en.
    #[arg(long, default_value = "sv")]
    language: String,
    /// About how many pupils the municipality has.
    #[arg(long, default_value_t = 600)]
    pupils: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let held = runtime.block_on(walk(&arguments));
    runtime.shutdown_background();
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Mostly it takes a fraction of a second; a busy machine may take a few, in milliseconds.
const PATIENCE: i64 = 5_000;

/// A span of a day.
fn span(start: &str, end: &str) -> Span {
    Span::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

async fn walk(arguments: &Arguments) -> bool {
    let mut tell = Telling::default();
    let folder = tempfile::tempdir().unwrap();
    let today = SystemClock.now().day();
    let language = Language::of(&arguments.language);

    tell.title("Kapprum: a day in the cloakroom");
    let town = tell.long("a sample municipality is made", || Town::sample(arguments.pupils, 1, today));
    tell.fact(&format!(
        "{} children and students, {} units, {} staff",
        town.enrolled.len(),
        town.units.len(),
        town.employed.len()
    ));
    let mut running = tell
        .long_async("it is imported by the standard SS 12000 into an embedded database, and served", async {
            Running::start(town, folder.path(), Arc::new(SystemClock)).await
        })
        .await;
    tell.fact(&format!("the server listens on {}", running.url()));

    tell.title("Devices sign in, each with its own encrypted file");
    let open = |name: &str| Device::open(&folder.path().join(name), Arc::new(OwnClock), language).unwrap();
    let (anna, bo, tablet, board) = (open("anna"), open("bo"), open("tablet"), open("board"));
    let tokens = [
        (&anna, "Anna, guardian of Ebba and Love", running.invite(story::anna(), Role::Guardian)),
        (&bo, "Bo, their other guardian", running.invite(story::bo(), Role::Guardian)),
        (&tablet, "the tablet of Blåklinten", running.pair(story::tablet(), Role::Tablet, story::department())),
        (&board, "the hall board of Blåklinten", running.pair(story::board(), Role::Board, story::department())),
    ];
    for (device, name, token) in &tokens {
        let signed_in = device.sign_in(&running.url(), token).await.is_ok();
        tell.expect(signed_in, &format!("{name} is signed in"));
        device.kapprum.foreground(ProfileId(0), true);
    }
    // Each day of the week, so that the walk is the same on whichever it is tried.
    let week = || std::array::from_fn(|_| vec![span("07:30", "16:00")]);
    for (child, placement) in [(story::love(), story::loves_placement()), (story::ebba(), story::ebbas_placement())] {
        let command = Command::SetWeek { child, placement, from: today, days: week() };
        anna.kapprum.send(ProfileId(0), vec![command], None).await.unwrap();
    }
    anna.kapprum.sync(ProfileId(0)).await.unwrap();
    tell.says("Anna", &anna.sees(Ask::Home).await);

    tell.title("Anna goes into the cellar: her cable is pulled");
    anna.cable.pull(true);
    let tomorrow = today.plus(1);
    let absence = Command::ReportAbsence {
        child: story::ebba(),
        days: Days { from: tomorrow, until: Some(tomorrow), part: None },
    };
    let change = Command::ChangeDay {
        child: story::love(),
        placement: story::loves_placement(),
        day: today,
        times: Some(vec![span("07:30", "15:00")]),
        comment: "Mormor hämtar".to_owned(),
    };
    tell.does("Anna", "reports Ebba absent and changes Love's pick-up to 15:00");
    let sent = anna.kapprum.send(ProfileId(0), vec![absence, change], None).await;
    tell.expect(sent.is_ok(), "both are saved at once, without network");
    let home = anna.sees(Ask::Home).await;
    tell.says("Anna", &home);
    tell.expect(waits(&home) == 2, "both children show as waiting");

    tell.title("Her phone dies without warning and starts again");
    let anna = anna.die().unwrap();
    anna.kapprum.foreground(ProfileId(0), true);
    let home = anna.sees(Ask::Home).await;
    tell.says("Anna", &home);
    tell.expect(waits(&home) == 2, "nothing that was shown as saved is lost");

    tell.title("The network comes back");
    let board_of = |day| Ask::GroupBoard { group: story::department(), day: Some(day) };
    let plugged_in = moment();
    anna.cable.pull(false);
    anna.kapprum.sync(ProfileId(0)).await.unwrap();
    let pick_up = |screen: &Screen| row(screen, "Love").is_some_and(|row| row.1.contains("15") && row.2);
    let seen = tablet.sees_soon(board_of(today), pick_up).await;
    tell.says("The tablet", seen.as_ref().unwrap_or_else(|last| last));
    let took = moment() - plugged_in;
    let after = format!("{}.{:02} s", took / 1000, took % 1000 / 10);
    tell.expect(
        seen.is_ok() && took <= PATIENCE,
        &format!("after {after} the preschool's tablet shows Love's new pick-up and the comment"),
    );
    let away = |screen: &Screen| row(screen, "Ebba").is_some_and(|row| row.0 == ChildState::Absent);
    let seen = tablet.sees_soon(board_of(tomorrow), away).await;
    tell.expect(seen.is_ok(), "and Ebba as absent on her day");
    let outbox = anna.sees(Ask::Outbox).await;
    tell.says("Anna", &outbox);
    let done = matches!(&outbox, Screen::Outbox(outbox) if outbox.lines.iter().all(|line| line.mark == Mark::Done));
    tell.expect(done, "Anna reads when each was received");

    tell.title("At the preschool's door, the server is down for a moment");
    running.stop().await;
    let tap = kapprum_domain::attendance::AtPlacement {
        child: story::love(),
        placement: story::loves_placement(),
        group: Some(story::department()),
    };
    tell.does("Love", "is checked in on the hall board");
    tell.expect(
        board.kapprum.send(ProfileId(0), vec![Command::CheckIn(tap)], None).await.is_ok(),
        "the board takes it at once",
    );
    tell.says("The hall board", &board.sees(Ask::HallBoard { group: story::department() }).await);
    running.serve().await;
    board.kapprum.sync(ProfileId(0)).await.ok();
    anna.kapprum.sync(ProfileId(0)).await.ok();
    let here = |screen: &Screen| matches!(screen, Screen::Home(home) if home.children.iter().any(|child| child.name == "Love" && child.state == ChildState::Here));
    let seen = anna.sees_soon(Ask::Home, here).await;
    tell.says("Anna", seen.as_ref().unwrap_or_else(|last| last));
    tell.expect(seen.is_ok(), "when the server is back, Anna sees that Love is there");

    tell.title("Bo is no longer a guardian");
    tell.says("Bo", &bo.sees(Ask::Home).await);
    running.town.end_guardian(story::bo(), story::love());
    running.town.end_guardian(story::bo(), story::ebba());
    let report = running.import();
    tell.does("The operator", "imports the register again");
    tell.expect(
        report.resources.get(&Resource::Persons).is_some_and(|counts| counts.changed == 2),
        "two children changed, nothing else did",
    );
    bo.kapprum.sync(ProfileId(0)).await.ok();
    let empty = |screen: &Screen| matches!(screen, Screen::Home(home) if home.children.is_empty());
    let seen = bo.sees_soon(Ask::Home, empty).await;
    tell.says("Bo", seen.as_ref().unwrap_or_else(|last| last));
    tell.expect(seen.is_ok(), "at the next contact the children's data has left his phone");
    tell.expect(running.import().is_unchanged(), "the same register once more writes nothing");

    let held = tell.end();
    if !arguments.once {
        let token = running.invite(story::anna(), Role::Guardian);
        tell.go_on(&running.url(), &token, story::ebba());
        let _ = tokio::signal::ctrl_c().await;
    }
    for device in [&anna, &bo, &tablet, &board] {
        device.kapprum.suspend().await;
    }
    running.stop().await;
    held
}

/// Milliseconds on the machine's boot-time clock.
fn moment() -> i64 {
    kapprum_client::clock::Clock::boot(&OwnClock).elapsed
}

fn waits(screen: &Screen) -> usize {
    match screen {
        Screen::Home(home) => home.children.iter().filter(|child| child.waiting.is_some()).count(),
        _ => 0,
    }
}

/// A child's row on the group board: state, line, and whether there is a word from home.
fn row(screen: &Screen, name: &str) -> Option<(ChildState, String, bool)> {
    let Screen::GroupBoard(board) = screen else { return None };
    let row = board.rows.iter().find(|row| row.name.starts_with(name))?;
    Some((row.state, row.line.clone(), row.comment.is_some()))
}
