//! A device's folder on a second machine: both go on, and nothing is done twice.

use std::path::Path;

use kapprum_client::error::Error;
use kapprum_domain::actor::Role;
use kapprum_domain::screen::Ask;
use kapprum_stories::*;
use kapprum_town::harness::{Cable, Device};
use kapprum_town::story;
use kapprum_words::Language;

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// A second machine with what is in the first one's folder.
fn second(story: &Story, home: &Path, name: &str, keys: bool) -> Device {
    let place = story.folder.path().join(name);
    copy(&home.join("data"), &place.join("data"));
    if keys {
        copy(&home.join("keys"), &place.join("keys"));
    }
    let cable = Cable::default();
    cable.pull(true);
    Device::open_on(cable, &place, story.clock.clone(), Language::English).unwrap()
}

#[tokio::test]
async fn with_its_keys_both_go_on_and_nothing_is_done_twice() {
    // Given a phone with something unsent, and a copy of it, keys and all.
    let story = Story::begin().await;
    let first = story.anna().await;
    first.cable.pull(true);
    send(&first, pick_up(tuesday(), "15:00", "Mormor hämtar")).await;
    first.kapprum.suspend().await;
    let other = second(&story, &first.home, "second", true);
    first.kapprum.resume().await.unwrap();
    // When both send it, and each something of its own; one of them in several halves.
    send(&first, absent(story::ebba(), tuesday().plus(1))).await;
    send(&other, absent(story::love(), tuesday().plus(2))).await;
    for device in [&first, &other, &first] {
        device.cable.pull(false);
        story.sync(device).await.unwrap();
    }
    // Then what both had is done once, and both show everything that is.
    let homes = [shows(&first, Ask::Home).await, shows(&other, Ask::Home).await];
    println!("folder and keys copied, both go on: {homes:?}");
    assert_eq!(homes[0], homes[1]);
    for (device, own) in
        [(&first, "Ebba away tomorrow: Received 07:00"), (&other, "Love away Thu 26 Nov: Received 07:00")]
    {
        let outbox = shows(device, Ask::Outbox).await;
        println!("  its outbox: {outbox:?}");
        assert_eq!(outbox[1], "Changed day for Love today: Received 07:00");
        assert!(outbox.len() == 2 && outbox[0].ends_with(own.split_once(": ").unwrap().1), "{outbox:?}");
    }
    let folder = story.running.config.data.join(story.running.town.tenant.to_string());
    let server = open(&folder.join("store.db"));
    let count = |sql: &str| server.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM receipt"), 3);
    assert_eq!(count("SELECT count(*) FROM record WHERE kind = 'day_change'"), 1);
    // They share one session. When one signs out, the other is told, and shows nothing more than that something waited;
    // when somebody signs in there again, it is told what became of that.
    first.kapprum.sign_out(first.kapprum.accounts()[0].id, false).await.unwrap();
    send(&other, absent(story::ebba(), tuesday().plus(3))).await;
    assert!(matches!(story.sync(&other).await, Err(Error::SignedOut)));
    assert!(!held(&other).contains("Ebba"));
    println!("  one signs out: the other is told, and shows {:?}", shows(&other, Ask::Outbox).await);
    other.sign_in(&story.running.url(), &story.running.invite(story::anna(), Role::Guardian)).await.unwrap();
    let outbox = shows(&other, Ask::Outbox).await;
    println!("  after signing in again: {outbox:?}");
    assert_eq!(outbox[0], "Removed from this phone: Taken back");
    assert_eq!(count("SELECT count(*) FROM receipt WHERE NOT refused"), 3, "it never took effect");
    assert_eq!(shows(&other, Ask::Home).await, homes[0]);
}

#[tokio::test]
async fn without_its_keys_it_shows_nothing_and_tells_what_was_unsent() {
    let story = Story::begin().await;
    let first = story.anna().await;
    first.cable.pull(true);
    send(&first, absent(story::ebba(), tuesday().plus(1))).await;
    first.kapprum.suspend().await;
    let other = second(&story, &first.home, "second", false);
    let lost = other.kapprum.lost();
    println!("folder copied without keys: {} unsent is told", lost[0].unsent.count);
    assert_eq!((other.kapprum.accounts().len(), lost.len(), lost[0].unsent.count), (0, 1, 1));
    assert!(!other.home.join(format!("data/{}", first.kapprum.accounts()[0].id)).exists(), "nothing is left of it");
    // The first goes on.
    first.kapprum.resume().await.unwrap();
    first.cable.pull(false);
    story.sync(&first).await.unwrap();
    assert_eq!(shows(&first, Ask::Outbox).await, ["Ebba away tomorrow: Received 07:00"]);
}
