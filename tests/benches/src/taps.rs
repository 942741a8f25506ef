//! What a person waits for at their own device: saving, also while much is fetched or the server stalls; what waits
//! replayed, a right's end purged, the core opened, a large board after a commit.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kapprum_client::error::Error;
use kapprum_client::store::{Durability, Saving, Store};
use kapprum_client::sync::apply::{Loading, Step, apply};
use kapprum_domain::access::Class;
use kapprum_domain::actor::Role;
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::id::CommandId;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_protocol::frame::{Entry, Freshness, RightsFrame};
use kapprum_town::harness::{Device, OwnClock};
use kapprum_words::Language;
use rusqlite::Connection;
use uuid::Uuid;

use crate::figures::{Figures, median, percentile};
use crate::network::Relay;
use crate::store;
use crate::world::{A, B, World, child, group, placement, teacher};

/// Taps that are timed.
const TAPS: u128 = 400;
/// Answers stall after so many bytes: in the middle of the first large scopes.
const STALL: u64 = 300_000;

pub(crate) async fn measure(world: &World, figures: &mut Figures) {
    // The device with 100 000 records.
    let home = world.place("staff");
    let device = device(&home);
    let token = world.invite(teacher(1), Role::Staff);
    device.sign_in(&world.server.url, &token).await.unwrap();
    device.kapprum.foreground(PROFILE, true);
    let mut times = Vec::new();
    for tap in 0..TAPS {
        times.push(time_send(&device, 1, A, tap).await.unwrap());
    }
    figures.put("tap_to_saved_p99_ms", percentile(&mut times, 99), "100 000 records, syncing");
    open_again(device, figures).await;

    let mut times = Vec::new();
    while times.len() < 200 {
        times.append(&mut first_sync(world).await);
    }
    let note = format!("{} taps while 100 000 records arrive", times.len());
    figures.put("tap_to_saved_first_sync_p99_ms", percentile(&mut times, 99), note);

    let mut times = stalled(world).await;
    figures.put("tap_to_saved_stalled_p99_ms", percentile(&mut times, 99), "the answer stalls in mid-line");

    on_the_store(world, figures).await;
    board(world, figures).await;
}

const PROFILE: kapprum_client::profile::ProfileId = kapprum_client::profile::ProfileId(0);

pub(crate) fn device(home: &Path) -> Device {
    Device::open(home, Arc::new(OwnClock), Language::Swedish).unwrap()
}

/// Children come and go in turn.
pub(crate) fn check(number: u128, children: u128, tap: u128) -> Command {
    let one = tap % children;
    let at = AtPlacement { child: child(number, one), placement: placement(number, one), group: None };
    if (tap / children).is_multiple_of(2) { Command::CheckIn(at) } else { Command::CheckOut(at) }
}

/// How long until the person sees that it is saved.
async fn time_send(device: &Device, number: u128, children: u128, tap: u128) -> Result<Duration, Error> {
    let started = Instant::now();
    device.kapprum.send(PROFILE, vec![check(number, children, tap)], None).await?;
    Ok(started.elapsed())
}

/// From opening the core to the first view, on the file with 100 000 records.
async fn open_again(mut device: Device, figures: &mut Figures) {
    let mut times = Vec::new();
    for _ in 0..5 {
        let home = device.home.clone();
        device.kapprum.suspend().await;
        drop(device);
        device = loop {
            let started = Instant::now();
            match Device::open(&home, Arc::new(OwnClock), Language::Swedish) {
                Ok(opened) => {
                    let screen = opened.sees(Ask::GroupBoard { group: group(1), day: None }).await;
                    assert!(matches!(screen, Screen::GroupBoard(board) if board.rows.len() == A as usize));
                    times.push(started.elapsed().as_secs_f64() * 1000.0);
                    break opened;
                }
                // What ran before lets go of the folder within moments.
                Err(Error::InUse) => tokio::time::sleep(Duration::from_millis(5)).await,
                Err(error) => panic!("{error}"),
            }
        };
    }
    figures.put("open_ms", median(times), format!("the board of {A} children"));
}

/// Times of taps while a first sync runs.
async fn first_sync(world: &World) -> Vec<Duration> {
    let device = device(&world.place("first"));
    let token = world.invite(teacher(1), Role::Staff);
    device.kapprum.sign_in(&world.server.url, &token, None).await.unwrap();
    let mut times = Vec::new();
    for tap in 0.. {
        match time_send(&device, 1, A, tap).await {
            Ok(time) => times.push(time),
            // Before the rights are here.
            Err(Error::NotHeld) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => panic!("{error}"),
        }
        let board = device.sees(Ask::GroupBoard { group: group(1), day: None }).await;
        let whole = device.kapprum.status(PROFILE).iter().all(|status| status.synced);
        if whole && matches!(board, Screen::GroupBoard(_)) {
            break;
        }
    }
    times
}

/// Times of taps while the first answer hangs.
async fn stalled(world: &World) -> Vec<Duration> {
    let relay = Relay::to(&world.server.url).await;
    relay.stall_after(STALL);
    let device = device(&world.place("stalled"));
    let token = world.invite(teacher(1), Role::Staff);
    device.kapprum.sign_in(&relay.url, &token, None).await.unwrap();
    while relay.bytes() < STALL / 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut times = Vec::new();
    for tap in 0..TAPS / 2 {
        times.push(time_send(&device, 1, A, tap).await.unwrap());
    }
    times
}

/// What happens inside one transaction, on the encrypted store alone.
async fn on_the_store(world: &World, figures: &mut Figures) {
    let token = world.invite(teacher(1), Role::Staff);
    let folder = world.place("store");
    let (store, _) = store::fetch(&world.server.url, &token, &folder, false, || ()).await;
    tokio::task::block_in_place(|| {
        let scopes = scopes(&folder);
        replay(&store, figures);
        purge(&store, &scopes, figures);
    });
}

/// The scopes of a store as rights, the largest first.
fn scopes(folder: &Path) -> Vec<Entry> {
    let file = Connection::open(store::path(folder)).unwrap();
    store::unlock(&file, false);
    let mut statement = file
        .prepare(
            "SELECT number, generation, class FROM scope
             ORDER BY (SELECT count(*) FROM record WHERE record.part = scope.part) DESC",
        )
        .unwrap();
    let entry =
        |row: &rusqlite::Row<'_>| Ok(Entry(row.get(0)?, row.get(1)?, Freshness::from(row.get::<_, u8>(2)?), None));
    statement.query_map([], entry).unwrap().map(Result::unwrap).collect()
}

/// Three children leave: 2 538 changed days and what lies with them.
fn purge(store: &Store, scopes: &[Entry], figures: &mut Figures) {
    let mut times = Vec::new();
    for round in 1..=5 {
        let rest: Vec<Entry> = scopes[3 * round..].to_vec();
        assert!(rest.iter().all(|entry| entry.2 == Freshness(Class::Normal)));
        let rights = Step::Rights(RightsFrame { all: false, cursor: String::new(), scopes: rest, knows: None });
        let started = Instant::now();
        let done = apply(store, &mut Loading::default(), &rights, &OwnClock).unwrap();
        assert!(store.empty_log().unwrap());
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        assert!(done.purged);
    }
    figures.put("purge_2500_ms", median(times), "erased, and the write-ahead log emptied");
}

/// 500 commands wait: the overlay is made afresh.
fn replay(store: &Store, figures: &mut Figures) {
    for tap in 0..500 {
        let command = check(1, A, tap);
        let time = kapprum_client::clock::estimate(&OwnClock, store.read(|reader| reader.offset()).unwrap());
        let id = CommandId(Uuid::now_v7());
        store.save(&[Saving { id, command: &command, tapped: None, time }]).unwrap();
    }
    let mut times = Vec::new();
    let mut predicted = 0;
    for _ in 0..11 {
        let started = Instant::now();
        let replayed = store.write(Durability::Fetched, |transaction| transaction.replay(crate::world::now())).unwrap();
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(replayed.commands, 500);
        predicted = replayed.commands - replayed.doubtful;
    }
    figures.put("replay_500_ms", median(times), format!("{predicted} of them foreseen as done"));
}

/// From a commit to the board of 150 children that shows it.
async fn board(world: &World, figures: &mut Figures) {
    let device = device(&world.place("board"));
    let token = world.invite(teacher(2), Role::Staff);
    device.sign_in(&world.server.url, &token).await.unwrap();
    device.cable.pull(true);
    let mut feed = device.kapprum.feed(PROFILE, Ask::GroupBoard { group: group(2), day: None });
    feed.next().await.unwrap();
    let mut times = Vec::new();
    for tap in 0..B {
        device.kapprum.send(PROFILE, vec![check(2, B, tap)], None).await.unwrap();
        let started = Instant::now();
        let Screen::GroupBoard(board) = feed.next().await.unwrap() else { panic!("no board") };
        times.push(started.elapsed());
        assert_eq!(board.rows.len(), B as usize);
    }
    figures.put("board_p99_ms", percentile(&mut times, 99), format!("{B} children"));
}
