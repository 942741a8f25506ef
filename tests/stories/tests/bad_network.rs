//! Two devices and a server on a bad network: however it was, once it is well again everybody has everything, and
//! nothing was lost or done twice.
//!
//! Devices run by the machine's own clock here, since what is tried is when they try again. The deadline is that of the
//! requirement: who is on a network that works has everything within a minute.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that prints what it tried"
)]

use std::time::Duration;

use kapprum_client::sync::driver::Status;
use kapprum_domain::actor::Role;
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::screen::Ask;
use kapprum_domain::time::{Day, MINUTE};
use kapprum_fakes::link::{Fault, Link, Shape};
use kapprum_stories::*;
use kapprum_town::harness::{Device, OwnClock};
use kapprum_town::story;
use kapprum_words::Language;

/// Whoever is on a network that works has everything by then.
const WELL: Duration = Duration::from_secs(60);

/// Anna's phone and the hall board, each on a link of its own.
struct Devices {
    story: Story,
    links: [Link; 2],
    anna: Device,
    board: Device,
    /// What was saved so far.
    saved: i64,
}

impl Devices {
    async fn begin() -> Self {
        let story = Story::begin().await;
        let listen = story.running.config.listen;
        let links = [Link::to(listen).await, Link::to(listen).await];
        let device = async |name: &str, link: &Link, token: &str| {
            let home = story.folder.path().join(name);
            let device = Device::open(&home, std::sync::Arc::new(OwnClock), Language::English).unwrap();
            device.sign_in(&link.url(), token).await.unwrap();
            device.kapprum.foreground(OWN, true);
            device
        };
        let anna = device("anna", &links[0], &story.running.invite(story::anna(), Role::Guardian)).await;
        let token = story.running.pair(story::board(), Role::Board, story::department());
        let board = device("board", &links[1], &token).await;
        Self { story, links, anna, board, saved: 0 }
    }

    fn shape(&self, shape: Shape) {
        self.links.iter().for_each(|link| link.set(shape));
    }

    /// Anna reports Ebba absent on a day that nobody spoke of, and changes another; Love comes or goes in the hall.
    async fn save(&mut self, day: Day, comes: bool) {
        assert_eq!(comes, self.saved / 3 % 2 == 0, "in turn");
        send(&self.anna, absent(story::ebba(), day)).await;
        send(&self.anna, pick_up(day, "15:00", "Mormor hämtar")).await;
        let at =
            AtPlacement { child: story::love(), placement: story::loves_placement(), group: Some(story::department()) };
        send(&self.board, if comes { Command::CheckIn(at) } else { Command::CheckOut(at) }).await;
        self.saved += 3;
    }

    /// Some minutes later, as both devices hear.
    async fn later(&self) {
        self.story.clock.pass(10 * MINUTE);
        for device in [&self.anna, &self.board] {
            device.kapprum.sync(OWN).await.unwrap();
        }
    }

    fn status(&self) -> [Status; 2] {
        [&self.anna, &self.board].map(|device| device.kapprum.status(OWN)[0])
    }

    /// Waits until both devices, or their links, stand so.
    async fn until(&self, what: &str, stands: impl Fn(&Status, &Link) -> bool) {
        let standing = async {
            while !self.status().iter().zip(&self.links).all(|(status, link)| stands(status, link)) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let stood = tokio::time::timeout(WELL, standing).await;
        assert!(stood.is_ok(), "{what}: {:?}", self.status());
    }

    /// Everybody has everything, each thing once.
    async fn everything_is_well(&self, what: &str, comes: bool) {
        let well = async {
            let mut outbox = self.anna.kapprum.feed(OWN, Ask::Outbox);
            while !lines(&outbox.next().await.unwrap()).iter().all(|line| line.contains(": Received")) {}
            let shown = if comes { "Love L: Here since" } else { "Love L: Went home" };
            let mut hall = self.board.kapprum.feed(OWN, hall_board());
            while !lines(&hall.next().await.unwrap()).iter().any(|line| line.starts_with(shown)) {}
            let shown = if comes { "Love: Here since" } else { "Love: Went home" };
            let mut home = self.anna.kapprum.feed(OWN, Ask::Home);
            let told = |line: &String| line.starts_with(shown) && !line.contains("Waiting");
            while !lines(&home.next().await.unwrap()).iter().any(told) {}
        };
        if tokio::time::timeout(WELL, well).await.is_err() {
            let outbox = shows(&self.anna, Ask::Outbox).await;
            let boards = (shows(&self.board, hall_board()).await, shows(&self.anna, Ask::Home).await);
            panic!("{what}: {:?} {outbox:?} {boards:?}", self.status());
        }
        self.until(what, |status, _| status.synced && status.failure.is_none()).await;
        assert!(self.status().iter().all(|status| status.wrong_sums == 0), "{what}");
        let server =
            open(&self.story.running.config.data.join(self.story.running.town.tenant.to_string()).join("store.db"));
        let count = |sql: &str| server.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM receipt WHERE NOT refused"), self.saved, "{what}: one receipt each");
        // What has a record of its own for each time it is done.
        assert_eq!(count("SELECT count(*) FROM record WHERE kind = 'attendance_event'"), self.saved / 3, "{what}");
        assert_eq!(count("SELECT count(*) FROM record WHERE kind = 'absence'"), self.saved / 3, "{what}");
        assert_eq!(count("SELECT count(*) FROM dead_letter"), 0, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_stalls_resets_two_seconds_and_flapping_everybody_has_everything_once() {
    let mut town = Devices::begin().await;
    let slow = Shape { round_trip: Duration::from_secs(2), ..Shape::default() };
    let moments = (Duration::from_millis(400), Duration::from_millis(300));
    let flapping = Fault::Flapping { up: moments.0, down: moments.1 };
    for (number, what) in
        ["stalls", "resets", "no network", "flapping", "two seconds", "all of it"].into_iter().enumerate()
    {
        let (day, comes) = (tuesday().plus(1 + number as i32), number % 2 == 0);
        town.later().await;
        let before: Vec<u64> = town.links.iter().map(Link::connections).collect();
        let reconnected = |times: u64| {
            let before = before.clone();
            let first = town.links[0].address;
            move |link: &Link| link.connections() >= before[usize::from(link.address != first)] + times
        };
        let (once, twice) = (reconnected(1), reconnected(2));
        match what {
            "stalls" => {
                town.shape(Shape { fault: Fault::Stalled, ..Shape::default() });
                let asked = town.status().map(|status| status.round_trips);
                town.save(day, comes).await;
                // What was saved is under way, and hangs.
                town.until(what, |status, _| asked.iter().all(|asked| status.round_trips > *asked)).await;
            }
            "resets" => {
                town.save(day, comes).await;
                town.links.iter().for_each(Link::reset);
                town.until(what, |_, link| once(link)).await;
                town.links.iter().for_each(Link::reset);
            }
            "no network" => {
                town.shape(Shape { fault: Fault::Down, ..Shape::default() });
                town.save(day, comes).await;
                town.until(what, |status, link| status.failure.is_some() && twice(link)).await;
            }
            "flapping" => {
                town.shape(Shape { fault: flapping, ..Shape::default() });
                town.save(day, comes).await;
                town.until(what, |_, link| twice(link)).await;
            }
            "two seconds" => {
                // Nothing heals here: this is slow, and goes on so.
                town.shape(slow);
                town.save(day, comes).await;
                town.everything_is_well(what, comes).await;
            }
            _ => {
                town.shape(Shape { fault: flapping, ..slow });
                town.save(day, comes).await;
                town.until(what, |_, link| once(link)).await;
                town.shape(Shape { fault: Fault::Stalled, ..slow });
                town.links.iter().for_each(Link::reset);
                town.until(what, |status, _| status.failure.is_some()).await;
            }
        }
        town.shape(Shape::default());
        town.everything_is_well(what, comes).await;
        println!(
            "{what}: well again, {} connections each or more",
            town.links.iter().map(Link::connections).min().unwrap()
        );
    }
}

/// What happens when a router was switched off and on, or a phone went from one network to the next: nobody tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_died_without_a_word_is_given_up() {
    let mut town = Devices::begin().await;
    town.save(tuesday().plus(1), true).await;
    town.everything_is_well("before", true).await;
    town.later().await;
    town.links.iter().for_each(Link::abandon);
    town.save(tuesday().plus(2), false).await;
    town.everything_is_well("abandoned", false).await;
}
