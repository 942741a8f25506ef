//! The families of the stories in a small and in a large town, in turn: a change on its way to another screen, an idle
//! exchange, a check on the wall, a first screen.

use std::time::{Duration, Instant};

use kapprum_client::feed::Feed;
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::grant::Grant;
use kapprum_domain::id::DeviceId;
use kapprum_domain::record::{Change, Record};
use kapprum_domain::screen::{Ask, Screen};
use kapprum_domain::time::Day;
use kapprum_town::harness::Device;
use kapprum_town::story;
use uuid::Uuid;

use crate::figures::{Figures, percentile};
use crate::live::PROFILE;
use crate::taps::device;
use crate::world::{World, now, weekday};

/// Turns, and how often each thing is done in one.
const TURNS: usize = 10;
const TIMES: usize = 20;
const PAUSE: Duration = Duration::from_millis(15);

/// The devices of one town.
struct Devices {
    home: Device,
    staff: Device,
    wall: Device,
    changes: usize,
}

/// Times of each thing.
#[derive(Default)]
struct Times {
    delta: Vec<Duration>,
    idle: Vec<Duration>,
    board: Vec<Duration>,
    first_screen: Vec<Duration>,
}

pub(super) async fn measure(small: &World, large: &World, figures: &mut Figures) {
    let worlds = [small, large];
    let mut devices = [Devices::of(small).await, Devices::of(large).await];
    let mut times = [Times::default(), Times::default()];
    for _ in 0..TURNS {
        for (at, world) in worlds.into_iter().enumerate() {
            let (devices, times) = (&mut devices[at], &mut times[at]);
            devices.deltas(&mut times.delta).await;
            devices.idle(&mut times.idle).await;
            devices.boards(&mut times.board).await;
            first_screen(world, &mut times.first_screen).await;
        }
    }
    let [mut few, mut many] = times;
    let mut put = |key, few: &mut Vec<Duration>, many: &mut Vec<Duration>| {
        let (few, many) = (percentile(few, 50), percentile(many, 50));
        figures.put(key, many / few, format!("{many:.2} ms against {few:.2} ms, the middle of each"));
    };
    put("growth_delta", &mut few.delta, &mut many.delta);
    put("growth_idle", &mut few.idle, &mut many.idle);
    put("growth_board", &mut few.board, &mut many.board);
    put("growth_first_screen", &mut few.first_screen, &mut many.first_screen);
}

impl Devices {
    async fn of(world: &World) -> Self {
        let wall = DeviceId(Uuid::now_v7());
        let Change::Put(Record { body, .. }) = world.town.board(wall, story::department()) else { unreachable!() };
        let grant: Grant = serde_json::from_str(&body).unwrap();
        let account = Account { tenant: world.town.tenant, holder: wall.into(), role: Role::Board };
        let paired = world.sign_in().invite(&account, Some(&grant), now()).unwrap();
        let own = [
            ("home", world.invite(story::anna(), Role::Guardian)),
            ("staff", world.invite(story::maja(), Role::Staff)),
            ("wall", paired),
        ];
        let mut devices = Vec::new();
        for (name, token) in own {
            let device = device(&world.place(name));
            device.sign_in(&world.server.url, &token).await.unwrap();
            devices.push(device);
        }
        let [home, staff, wall] = devices.try_into().ok().unwrap();
        staff.kapprum.foreground(PROFILE, true);
        wall.kapprum.foreground(PROFILE, true);
        Self { home, staff, wall, changes: 0 }
    }

    /// A guardian changes a day, a teacher's screen shows it.
    async fn deltas(&mut self, times: &mut Vec<Duration>) {
        let day = weekday(7);
        let mut feed = self.staff.kapprum.feed(PROFILE, Ask::GroupBoard { group: story::department(), day: Some(day) });
        for _ in 0..TIMES {
            self.changes += 1;
            let comment = format!("Mormor hämtar vid grinden, gång {}", self.changes);
            let started = Instant::now();
            self.home.kapprum.send(PROFILE, vec![change(day, &comment)], None).await.unwrap();
            shows(&mut feed, |screen| match screen {
                Screen::GroupBoard(board) => board.rows.iter().any(|row| row.comment.as_deref() == Some(&comment)),
                _ => false,
            })
            .await;
            times.push(started.elapsed());
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// An exchange with nothing new.
    async fn idle(&mut self, times: &mut Vec<Duration>) {
        self.home.kapprum.sync(PROFILE).await.unwrap();
        for _ in 0..TIMES {
            let started = Instant::now();
            self.home.kapprum.sync(PROFILE).await.unwrap();
            times.push(started.elapsed());
        }
    }

    /// A teacher checks a child in or out, the wall shows it.
    async fn boards(&mut self, times: &mut Vec<Duration>) {
        let mut feed = self.wall.kapprum.feed(PROFILE, Ask::HallBoard { group: story::department() });
        let tile = |screen: &Screen| match screen {
            Screen::HallBoard(board) => board.tiles.iter().find(|tile| tile.child == story::ebba()).cloned(),
            _ => None,
        };
        let mut before = tile(&feed.next().await.unwrap());
        for turn in 0..TIMES {
            let at = AtPlacement { child: story::ebba(), placement: story::ebbas_placement(), group: None };
            let check = if turn % 2 == 0 { Command::CheckIn(at) } else { Command::CheckOut(at) };
            let started = Instant::now();
            self.staff.kapprum.send(PROFILE, vec![check], None).await.unwrap();
            let screen = shows(&mut feed, |screen| tile(screen) != before).await;
            before = tile(&screen);
            times.push(started.elapsed());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn change(day: Day, comment: &str) -> Command {
    let (child, placement) = (story::ebba(), story::ebbas_placement());
    Command::ChangeDay { child, placement, day, times: None, comment: comment.to_owned() }
}

/// Waits until a feed shows something.
async fn shows(feed: &mut Feed, what: impl Fn(&Screen) -> bool) -> Screen {
    loop {
        let screen = feed.next().await.unwrap();
        if what(&screen) {
            return screen;
        }
    }
}

/// From signing in to home with both children.
async fn first_screen(world: &World, times: &mut Vec<Duration>) {
    let device = device(&world.place("new"));
    let token = world.invite(story::anna(), Role::Guardian);
    let started = Instant::now();
    device.kapprum.sign_in(&world.server.url, &token, None).await.unwrap();
    let both = |screen: &Screen| matches!(screen, Screen::Home(home) if home.children.len() == 2);
    device.sees_soon(Ask::Home, both).await.unwrap();
    times.push(started.elapsed());
}
