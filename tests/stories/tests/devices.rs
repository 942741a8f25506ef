//! Devices: signing in and out, several accounts, another language, being put aside.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use kapprum_client::error::Error;
use kapprum_domain::actor::Role;
use kapprum_domain::id::{ChildId, PlacementId, TenantId};
use kapprum_domain::screen::{Ask, Screen};
use kapprum_domain::time::DAY;
use kapprum_stories::*;
use kapprum_town::harness::Running;
use kapprum_town::{Town, story};
use kapprum_words::Language;
use uuid::Uuid;

#[tokio::test]
async fn an_invitation_is_good_once_and_for_fourteen_days() {
    let story = Story::begin().await;
    let (running, phone) = (&story.running, story.unpacked("phone"));
    let invite = |person| running.invite(person, Role::Guardian);
    let (used, old, last) = (invite(story::anna()), invite(story::karin()), invite(story::bo()));
    phone.kapprum.sign_in(&running.url(), &used, None).await.unwrap();
    story.clock.pass(14 * DAY - 1000);
    phone.kapprum.sign_in(&running.url(), &last, None).await.unwrap();
    story.clock.pass(1000);
    let other = format!("{}.{}", Uuid::nil().simple(), "A".repeat(43));
    for (what, token) in [("used", &used), ("old", &old), ("of nobody", &other), ("nonsense", &"kapprum".to_owned())] {
        let signed_in = phone.kapprum.sign_in(&running.url(), token, None).await;
        assert!(matches!(signed_in, Err(Error::Expired)), "{what}");
    }
    assert_eq!(phone.kapprum.accounts().len(), 2, "nothing is left of what failed");
}

/// Another municipality, in which Anna has another child.
fn elsewhere(signe: ChildId) -> Town {
    let mut town = Town::small(tuesday());
    town.tenant = TenantId(Uuid::from_u128(0x7b00_0000_0000_4000_8000_0000_0000_0001));
    for (child, placement) in [(story::ebba(), story::ebbas_placement()), (story::love(), story::loves_placement())] {
        town.enrolled.remove(&child);
        town.people.remove(&child.as_person());
        town.placements.remove(&placement);
    }
    town.add_child(signe, "Signe", "Lindqvist", 3, &[story::anna()]);
    town.place(signe, PlacementId(Uuid::from_u128(0x7b00_0000_0000_4000_8000_0000_0000_0002)), story::department());
    town
}

#[tokio::test]
async fn over_two_accounts_one_home_and_a_sending_that_is_split_says_so() {
    // Given Anna with a child in each of two municipalities, both in one profile.
    let story = Story::begin().await;
    let signe = ChildId(Uuid::from_u128(0x7b00_0000_0000_4000_8000_0000_0000_0003));
    let folder = story.folder.path().join("elsewhere");
    let mut other = Running::start(elsewhere(signe), &folder, story.clock.clone()).await;
    let anna = story.anna().await;
    let token = other.invite(story::anna(), Role::Guardian);
    let second = anna.kapprum.sign_in(&other.url(), &token, Some(OWN)).await.unwrap();
    assert_eq!(second.profile, OWN);
    story.sync(&anna).await.unwrap();
    let home = ["Ebba: No times laid", "Love: No times laid", "Signe: No times laid"];
    assert_eq!(shows(&anna, Ask::Home).await, home);
    // When she reports several absent at once, while one of the servers is down.
    other.stop().await;
    let all = vec![absent(story::ebba(), tuesday()), absent(signe, tuesday()), absent(story::love(), tuesday())];
    let sent = anna.kapprum.send(OWN, all, None).await.unwrap();
    // Then it says that it was split, and each account answers for itself.
    assert!(sent.is_split());
    let parts: Vec<usize> = sent.parts.iter().map(|(_, ids)| ids.as_ref().unwrap().len()).collect();
    assert_eq!(parts, [2, 1]);
    assert!(matches!(story.sync(&anna).await, Err(Error::Offline)));
    let outbox = [
        "Love away today: Received 07:00",
        "Signe away today: Waiting for the network",
        "Ebba away today: Received 07:00",
    ];
    let mut shown = shows(&anna, Ask::Outbox).await;
    shown.sort();
    assert_eq!(shown, sorted(&outbox));
    other.serve().await;
    story.sync(&anna).await.unwrap();
    assert!(shows(&anna, Ask::Outbox).await.iter().all(|line| line.ends_with("Received 07:00")));
    let one = anna.kapprum.send(OWN, vec![absent(story::love(), tuesday().plus(1))], None).await.unwrap();
    assert!(!one.is_split());
    // Staff never join a guardian's profile.
    let token = story.running.invite(story::maja(), Role::Staff);
    let staff = anna.kapprum.sign_in(&story.running.url(), &token, Some(OWN)).await.unwrap();
    assert_ne!(staff.profile, OWN);
}

fn sorted(lines: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn another_language_shows_at_once() {
    let story = Story::begin().await;
    let anna = story.anna().await;
    let mut feed = anna.kapprum.feed(OWN, Ask::Home);
    let title = |screen| match screen {
        Screen::Home(home) => home.title,
        other => panic!("{other:?}"),
    };
    assert_eq!(title(feed.next().await.unwrap()), "Home");
    anna.kapprum.speak(Language::Swedish);
    assert_eq!(title(feed.next().await.unwrap()), "Hem");
}

#[tokio::test]
async fn signing_out_asks_before_it_drops_what_was_not_sent_and_leaves_nothing() {
    let story = Story::begin().await;
    let anna = story.anna().await;
    let account = anna.kapprum.accounts()[0].clone();
    let (data, keys) = (anna.home.join(format!("data/{}", account.id)), anna.home.join("keys"));
    let bearer = std::fs::read_to_string(keys.join(format!("session-{}", account.id))).unwrap();
    anna.cable.pull(true);
    send(&anna, absent(story::ebba(), tuesday())).await;
    // When she signs out, she is asked; nothing is lost until she says so.
    assert!(matches!(anna.kapprum.sign_out(account.id, false).await, Err(Error::Unsent(1))));
    assert_eq!(shows(&anna, Ask::Outbox).await, ["Ebba away today: Waiting for the network"]);
    assert!(story.running.sign_in().session(&bearer).unwrap().is_some());
    anna.cable.pull(false);
    story.sync(&anna).await.unwrap();
    anna.cable.pull(true);
    send(&anna, absent(story::love(), tuesday())).await;
    anna.cable.pull(false);
    anna.kapprum.sign_out(account.id, true).await.unwrap();
    // Then neither files nor keys are left, and the session has ended.
    assert!(anna.kapprum.accounts().is_empty() && !data.exists());
    let left: Vec<_> = std::fs::read_dir(keys).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["NOT-SECURE.txt"]);
    assert!(story.running.sign_in().session(&bearer).unwrap().is_none());
    assert_eq!(anna.die().unwrap().kapprum.accounts(), []);
}

#[tokio::test]
async fn put_aside_a_phone_keeps_what_it_has_and_catches_up() {
    let story = Story::begin().await;
    let (anna, bo) = (story.anna().await, story.bo().await);
    let mut feed = anna.kapprum.feed(OWN, Ask::Home);
    assert_eq!(lines(&feed.next().await.unwrap())[1], "Love: No times laid");
    anna.cable.pull(true);
    send(&anna, absent(story::ebba(), tuesday())).await;
    assert_eq!(lines(&feed.next().await.unwrap())[0], "Ebba: Not coming today · Waiting for the network");
    // When it is suspended, it takes nothing.
    anna.kapprum.suspend().await;
    let sent = anna.kapprum.send(OWN, vec![absent(story::love(), tuesday())], None).await;
    assert!(matches!(sent, Err(Error::Closed)));
    send(&bo, absent(story::love(), tuesday())).await;
    story.sync(&bo).await.unwrap();
    // Then it goes on where it was, and fetches what happened.
    anna.cable.pull(false);
    anna.kapprum.resume().await.unwrap();
    story.sync(&anna).await.unwrap();
    let now = ["Ebba: Not coming today", "Love: Not coming today"];
    while lines(&feed.next().await.unwrap()) != now {}
}
