//! A new phone on a slow network: from opening the app to home with every child's card as it stays.

use std::time::{Duration, Instant};

use kapprum_client::profile::ProfileId;
use kapprum_domain::actor::Role;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_fakes::link::{Link, Shape};
use kapprum_town::harness::Device;

use crate::figures::{Figures, median};
use crate::taps::device;
use crate::world::{World, guardian};

const PROFILE: ProfileId = ProfileId(0);
const TIMES: usize = 3;

pub(crate) async fn measure(world: &World, figures: &mut Figures) {
    let token = || world.invite(guardian(2, 0), Role::Guardian);
    let near = device(&world.place("near"));
    near.sign_in(&world.server.url, &token()).await.unwrap();
    let cards = near.sees(Ask::Home).await;
    assert!(matches!(&cards, Screen::Home(home) if home.children.len() == 2), "{cards:?}");

    let server = world.server.url.trim_start_matches("http://").parse().unwrap();
    let (mut times, mut signed_in, mut note) = (Vec::new(), Vec::new(), String::new());
    for _ in 0..TIMES {
        let link = Link::to(server).await;
        link.set(Shape { round_trip: Duration::from_millis(400), rate: Some(1_000_000), ..Shape::default() });
        let (place, token) = (world.place("far"), token());
        let started = Instant::now();
        let far = device(&place);
        far.kapprum.sign_in(&link.url(), &token, None).await.unwrap();
        signed_in.push(started.elapsed().as_secs_f64());
        shows(&far, &cards).await;
        times.push(started.elapsed().as_secs_f64());
        let (there, back) = link.bytes();
        note = format!(
            "{} connections, {} exchanges, {:.1} kB",
            link.connections(),
            exchanges(&far),
            (there + back) as f64 / 1e3
        );
    }
    let note = format!("signed in after {:.2} s; {note}; two children", median(signed_in));
    figures.put("first_screen_s", median(times), note);
}

async fn shows(device: &Device, cards: &Screen) {
    let mut home = device.kapprum.feed(PROFILE, Ask::Home);
    while home.next().await.unwrap() != *cards {}
}

/// Signing in is one, besides what the driver counts.
fn exchanges(device: &Device) -> u64 {
    1 + device.kapprum.status(PROFILE).iter().map(|status| status.round_trips).sum::<u64>()
}
