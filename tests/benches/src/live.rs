//! From device to device: a change on its way to another screen, an idle exchange, a first screen, a right's end.

use std::time::{Duration, Instant};

use kapprum_client::profile::ProfileId;
use kapprum_domain::actor::Role;
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_town::harness::Device;

use crate::figures::{Figures, percentile};
use crate::network::Relay;
use crate::taps::device;
use crate::world::{World, child, group, guardian, placement, teacher, weekday};

pub(crate) const PROFILE: ProfileId = ProfileId(0);
/// Changes that are timed.
const CHANGES: u64 = 300;
/// Between two changes, so that the other device waits for news again.
const PAUSE: Duration = Duration::from_millis(15);

pub(crate) async fn measure(world: &World, figures: &mut Figures) {
    first_screen(world, figures).await;
    idle(world, figures).await;
    delta(world, figures).await;
    revoked(world, figures).await;
    day(world, figures).await;
}

async fn guardian_of(world: &World, one: u128, url: &str) -> Device {
    let device = device(&world.place("guardian"));
    let token = world.invite(guardian(2, one), Role::Guardian);
    device.sign_in(url, &token).await.unwrap();
    device
}

fn round_trips(device: &Device) -> u64 {
    device.kapprum.status(PROFILE).iter().map(|status| status.round_trips).sum()
}

/// Round trips after signing in, until home shows both children.
async fn first_screen(world: &World, figures: &mut Figures) {
    let device = device(&world.place("new"));
    let token = world.invite(guardian(2, 0), Role::Guardian);
    device.kapprum.sign_in(&world.server.url, &token, None).await.unwrap();
    let both = |screen: &Screen| matches!(screen, Screen::Home(home) if home.children.len() == 2);
    device.sees_soon(Ask::Home, both).await.unwrap();
    let whole = |screen: &Screen| matches!(screen, Screen::Frame(frame) if frame.notice.is_none());
    device.sees_soon(Ask::Frame, whole).await.unwrap();
    figures.put("first_screen_round_trips", round_trips(&device) as f64, "two children, 1 500 changed days");
}

/// An exchange with nothing new, on a connection that is open.
async fn idle(world: &World, figures: &mut Figures) {
    const TIMES: u64 = 20;
    let relay = Relay::to(&world.server.url).await;
    let device = guardian_of(world, 0, &relay.url).await;
    device.kapprum.sync(PROFILE).await.unwrap();
    let (bytes, trips) = (relay.bytes(), round_trips(&device));
    for _ in 0..TIMES {
        device.kapprum.sync(PROFILE).await.unwrap();
    }
    // The last answer's bytes are counted by the time it is taken; window updates may follow.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let per = |sum: u64| sum as f64 / TIMES as f64;
    figures.put("idle_bytes", per(relay.bytes() - bytes), "both ways, without proof of possession");
    figures.put("idle_round_trips", per(round_trips(&device) - trips), "");
}

/// A guardian changes a day, a teacher's board shows it.
async fn delta(world: &World, figures: &mut Figures) {
    let relay = Relay::to(&world.server.url).await;
    let staff = device(&world.place("delta"));
    let token = world.invite(teacher(2), Role::Staff);
    staff.sign_in(&relay.url, &token).await.unwrap();
    staff.kapprum.foreground(PROFILE, true);
    let home = guardian_of(world, 5, &world.server.url).await;
    let day = weekday(7);
    let mut feed = staff.kapprum.feed(PROFILE, Ask::GroupBoard { group: group(2), day: Some(day) });
    feed.next().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = relay.bytes();
    let mut times = Vec::new();
    for change in 0..CHANGES {
        let comment = format!("Mormor hämtar vid grinden, gång {change}");
        let (child, placement) = (child(2, 5), placement(2, 5));
        let command = Command::ChangeDay { child, placement, day, times: None, comment: comment.clone() };
        let started = Instant::now();
        home.kapprum.send(PROFILE, vec![command], None).await.unwrap();
        loop {
            let Screen::GroupBoard(board) = feed.next().await.unwrap() else { panic!("no board") };
            if board.rows.iter().any(|row| row.comment.as_deref() == Some(&comment)) {
                break;
            }
        }
        times.push(started.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    tokio::time::sleep(PAUSE * 4).await;
    let bytes = (relay.bytes() - before) as f64 / CHANGES as f64;
    figures.put("delta_p50_ms", percentile(&mut times, 50), "from the tap to the other's screen");
    figures.put("delta_p99_ms", percentile(&mut times, 99), "");
    figures.put("delta_bytes", bytes, "of the other device: the answer and its next request");
}

/// An ordinary day of a guardian: six looks at the app; the child comes and goes, and one day is changed.
async fn day(world: &World, figures: &mut Figures) {
    let staff = device(&world.place("day-staff"));
    staff.sign_in(&world.server.url, &world.invite(teacher(2), Role::Staff)).await.unwrap();
    let relay = Relay::to(&world.server.url).await;
    let home = guardian_of(world, 30, &relay.url).await;
    home.kapprum.sync(PROFILE).await.unwrap();
    let before = relay.bytes();
    let (child, placement) = (child(2, 30), placement(2, 30));
    let at = AtPlacement { child, placement, group: None };
    let comment = "Mormor hämtar vid grinden".to_owned();
    let changed = Command::ChangeDay { child, placement, day: weekday(7), times: None, comment };
    let between = [
        Some((&staff, Command::CheckIn(at))),
        None,
        Some((&home, changed)),
        None,
        Some((&staff, Command::CheckOut(at))),
        None,
    ];
    for happens in between {
        if let Some((device, command)) = happens {
            device.kapprum.send(PROFILE, vec![command], None).await.unwrap();
            device.kapprum.sync(PROFILE).await.unwrap();
        }
        home.kapprum.sync(PROFILE).await.unwrap();
    }
    tokio::time::sleep(PAUSE * 4).await;
    let note = "six looks, two checks, one changed day; without TLS and without pushes";
    figures.put("guardian_day_kb", (relay.bytes() - before) as f64 / 1000.0, note);
}

/// The register ends a guardian; the device that waits purges.
async fn revoked(world: &World, figures: &mut Figures) {
    let mut times = Vec::new();
    for one in 10..20 {
        let device = guardian_of(world, one, &world.server.url).await;
        device.kapprum.foreground(PROFILE, true);
        device
            .sees_soon(Ask::Home, |screen| matches!(screen, Screen::Home(home) if home.children.len() == 1))
            .await
            .unwrap();
        tokio::time::sleep(PAUSE * 4).await;
        let mut town = world.town.clone();
        town.end_guardian(guardian(2, one), child(2, one));
        let changes = town.child(&town.enrolled[&child(2, one)]);
        let started = Instant::now();
        tokio::task::block_in_place(|| world.import(&changes));
        let gone = |screen: &Screen| !matches!(screen, Screen::Home(home) if !home.children.is_empty());
        device.sees_soon(Ask::Home, gone).await.unwrap();
        times.push(started.elapsed());
    }
    figures.put("revoke_to_purged_ms", percentile(&mut times, 99), "the slowest of 10, from the import's begin");
}
