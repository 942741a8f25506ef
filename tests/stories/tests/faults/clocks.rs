//! Clocks that somebody set back by days: on the phone, with and without a restart, and on the server.

use std::sync::Arc;

use kapprum_domain::actor::Role;
use kapprum_domain::screen::Ask;
use kapprum_domain::time::{DAY, HOUR, MINUTE};
use kapprum_stories::*;
use kapprum_town::harness::{Device, ToldClock};
use kapprum_town::story;
use kapprum_words::Language;

/// Anna's phone with a clock of its own.
async fn anna(story: &Story) -> (Device, Arc<ToldClock>) {
    let clock = ToldClock::at(morning());
    let anna = Device::open(&story.folder.path().join("anna"), clock.clone(), Language::English).unwrap();
    anna.sign_in(&story.running.url(), &story.running.invite(story::anna(), Role::Guardian)).await.unwrap();
    story.weeks(&anna).await;
    (anna, clock)
}

#[tokio::test]
async fn on_a_phone_what_is_saved_is_done_and_dated_by_the_server() {
    for (what, days, restarted) in [
        ("set back", -5, false),
        ("set on", 5, false),
        ("set back, and restarted without network", -5, true),
        ("set on, and restarted without network", 5, true),
    ] {
        let story = Story::begin().await;
        let (mut anna, clock) = anna(&story).await;
        anna.cable.pull(true);
        send(&anna, absent(story::ebba(), tuesday().plus(7))).await;
        clock.set(days * DAY);
        if restarted {
            clock.reboot();
            anna = anna.die().unwrap();
        }
        send(&anna, absent(story::love(), tuesday().plus(7))).await;
        let waiting = shows(&anna, Ask::Outbox).await;
        println!("phone's clock {what}: {:?} waits", &waiting[..2]);
        assert!(waiting[..2].iter().all(|line| line.ends_with("Waiting for the network")), "{what}: {waiting:?}");
        for passed in [&clock, &story.clock] {
            passed.pass(20 * MINUTE);
        }
        anna.cable.pull(false);
        story.sync(&anna).await.unwrap();
        let outbox = shows(&anna, Ask::Outbox).await;
        println!("  then {:?}", &outbox[..2]);
        // A command of a clock that nobody could know to be days ahead is not believed.
        let refused = restarted && days > 0;
        let of = |name: &str| outbox.iter().find(|line| line.starts_with(name)).unwrap();
        assert!(of("Ebba").ends_with("Received 07:20"), "{what}: {outbox:?}");
        let told =
            if refused { "Refused: This phone's clock is wrong. Set it and try again." } else { "Received 07:20" };
        assert!(of("Love").ends_with(told), "{what}: {outbox:?}");
        // With the contact the phone knows better, whatever its own clock says.
        send(&anna, absent(story::love(), tuesday().plus(8))).await;
        story.sync(&anna).await.unwrap();
        let outbox = shows(&anna, Ask::Outbox).await;
        assert!(outbox.contains(&"Love away Wednesday 2 December: Received 07:20".to_owned()), "{what}: {outbox:?}");
    }
}

#[tokio::test]
async fn on_the_server_nothing_is_lost_or_done_twice_and_what_is_too_far_ahead_is_told() {
    let story = Story::begin().await;
    let ((anna, clock), bo) = (anna(&story).await, story.bo().await);
    let done = shows(&anna, Ask::Outbox).await;
    let waits = Ask::Outbox;
    anna.cable.pull(true);
    send(&anna, absent(story::ebba(), tuesday().plus(7))).await;
    story.clock.set(-3 * DAY);
    anna.cable.pull(false);
    story.sync(&anna).await.unwrap();
    let outbox = shows(&anna, waits).await;
    println!("server's clock set back three days: {:?}", outbox[0]);
    // Its id is of three days from now: typed and shown, never lost in silence.
    assert!(!outbox[0].contains("Waiting") && !outbox[0].contains("Received"), "{outbox:?}");
    let day = |line: &String| line.replace("Received 07:00", "Received Tuesday 24 November 07:00");
    assert_eq!(outbox[1..], done.iter().map(day).collect::<Vec<_>>(), "what was done stays");
    // From that contact on both go by the server's time.
    clock.pass(HOUR);
    story.clock.pass(HOUR);
    story.sync(&bo).await.unwrap();
    for device in [&anna, &bo] {
        send(device, absent(story::love(), tuesday().plus(7))).await;
        story.sync(device).await.unwrap();
        let outbox = shows(device, waits).await;
        let line = outbox.iter().find(|line| line.starts_with("Love away")).unwrap();
        println!("  afterwards: {line:?}");
        assert!(line.contains(": Received"), "{outbox:?}");
    }
    // And set right again.
    story.clock.set(3 * DAY);
    send(&anna, absent(story::ebba(), tuesday().plus(8))).await;
    story.sync(&anna).await.unwrap();
    let outbox = shows(&anna, waits).await;
    println!("  set right again: {outbox:?}");
    assert_eq!(outbox.iter().filter(|line| line.starts_with("Ebba away") && line.contains(": Received")).count(), 1);
    assert!(!outbox.iter().any(|line| line.contains("Waiting")));
    story.sync(&bo).await.unwrap();
    assert_eq!(shows(&bo, Ask::Home).await, shows(&anna, Ask::Home).await);
}
