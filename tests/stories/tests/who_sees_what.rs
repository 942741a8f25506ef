//! Who sees what, and what leaves a device when a right ends: real server, real phones, their files decrypted.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::time::Duration;

use kapprum_client::error::Error;
use kapprum_domain::actor::Role;
use kapprum_domain::command::Command;
use kapprum_domain::id::ChildId;
use kapprum_domain::refusal::Refusal;
use kapprum_domain::screen::Ask;
use kapprum_domain::time::{Day, HOUR};
use kapprum_stories::*;
use kapprum_town::harness::{Device, Fault};
use kapprum_town::{Town, story};

const NO_CHILDREN: &str = "Your children show here once they have a place in preschool or school.";

/// None of these texts is anywhere in what a device holds.
fn holds_nothing_of(device: &Device, texts: &[&str]) {
    let held = held(device);
    let found: Vec<_> = texts.iter().filter(|text| held.contains(**text)).collect();
    assert!(found.is_empty(), "{found:?}");
}

fn holds(device: &Device, texts: &[&str]) {
    let held = held(device);
    let missing: Vec<_> = texts.iter().filter(|text| !held.contains(**text)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn when_bo_is_no_longer_a_guardian_the_children_leave_his_phone_before_anything_else() {
    // Given Bo's phone with both children on it, and a command that waits.
    let mut story = Story::begin().await;
    let (anna, bo, tablet) = (story.anna().await, story.bo().await, story.tablet().await);
    story.weeks(&anna).await;
    story.sync(&bo).await.unwrap();
    bo.cable.pull(true);
    send(&bo, pick_up(tuesday(), "14:00", "Farfar hämtar")).await;
    holds(&bo, &["Love", "Ebba", "Farfar", "care_week"]);
    // When he ceases to be their guardian, and his phone meets the server for no more than the beginning of an answer.
    story.running.town.end_guardian(story::bo(), story::love());
    story.running.town.end_guardian(story::bo(), story::ebba());
    assert!(!story.running.import().is_unchanged());
    bo.cable.set(Fault::AnswerCut);
    assert!(matches!(story.sync(&bo).await, Err(Error::Offline)));
    // Then nothing of them is left, neither what was fetched nor what he had written, and he reads what became of it.
    holds_nothing_of(&bo, &["Love", "Ebba", "Lindqvist", "Farfar", "Solrosen"]);
    assert_eq!(shows(&bo, Ask::Home).await, [NO_CHILDREN]);
    let refused = ["Removed from this phone: Refused: You have no right to this."];
    assert_eq!(shows(&bo, Ask::Outbox).await, refused);
    bo.cable.set(Fault::None);
    story.sync(&bo).await.unwrap();
    assert_eq!(shows(&bo, Ask::Outbox).await, refused);
    // And at the preschool his words never came; Anna's phone is as it was.
    story.sync(&tablet).await.unwrap();
    let rows = ["Ebba L: Expected 07:30–16:00", "Kim: No times laid", "Love L: Expected 07:30–16:00"];
    assert_eq!(shows(&tablet, group_board(tuesday())).await, rows);
    story.sync(&anna).await.unwrap();
    assert_eq!(shows(&anna, Ask::Home).await, ["Ebba: Expected 07:30–16:00", "Love: Expected 07:30–16:00"]);
}

#[tokio::test]
async fn separated_guardians_each_see_the_child_and_never_how_to_find_the_other() {
    let story = Story::begin().await;
    let (anna, bo) = (story.anna().await, story.bo().await);
    let maja = story.person("maja", story::maja(), Role::Staff).await;
    let (phone, mail) = ("070-174 06 36".to_owned(), "anna@arbetet.example".to_owned());
    send(&anna, Command::SetContact { person: story::anna(), phone, mail }).await;
    send(&anna, absent(story::ebba(), tuesday())).await;
    for device in [&anna, &bo, &maja] {
        story.sync(device).await.unwrap();
    }
    // Each sees both children and who reported what; the staff, who must reach them, see both contacts.
    for (device, by) in [(&anna, "Reported by you 07:00"), (&bo, "Reported by Anna 07:00")] {
        assert_eq!(shows(device, Ask::Home).await, ["Ebba: Not coming today", "Love: No times laid"]);
        let day = shows(device, Ask::ChildDay { child: story::ebba(), day: None }).await;
        assert_eq!(day.last().unwrap(), &format!("Away today · {by}"));
    }
    let address = |person| story.running.town.people[&person].address.clone();
    let (annas, bos) = (address(story::anna()), address(story::bo()));
    let of_anna = ["070-174 06 36", "anna@arbetet.example", &annas];
    let of_bo = ["070-174 06 51", "bo.ekstrom@example.se", &bos];
    holds(&maja, &[of_anna, of_bo].concat());
    holds(&anna, &of_anna);
    holds(&bo, &of_bo);
    holds_nothing_of(&anna, &of_bo);
    holds_nothing_of(&bo, &of_anna);
    // Nor can one write for the other.
    let other = Command::SetContact { person: story::anna(), phone: "0".repeat(9), mail: String::new() };
    assert!(matches!(bo.kapprum.send(OWN, vec![other], None).await, Err(Error::NotHeld)));
}

#[tokio::test]
async fn a_student_sees_the_own_data_from_the_year_that_the_municipality_says() {
    for (year, tovas) in [(3, NO_CHILDREN), (1, "Tova: No times laid")] {
        let story = Story::begin_with(|town| town.switches.student_account_from_year = year).await;
        let elin = story.person("elin", story::elin(), Role::Student).await;
        let tova = story.person("tova", story::tova().as_person(), Role::Student).await;
        assert_eq!(shows(&elin, Ask::Home).await, ["Elin: At school today"]);
        assert_eq!(shows(&tova, Ask::Home).await, [tovas]);
        holds(&elin, &["Elin"]);
        holds_nothing_of(&elin, &["Tova", "Ebba", "070-174 06 77", "Anna"]);
        // Under eighteen one decides nothing about oneself; the form says so before.
        let form = ["Elin · Ask your guardian. You can do it yourself once you are 18."];
        assert_eq!(shows(&elin, Ask::ReportAbsence).await, form);
        let own = absent(story::elin().as_child(), tuesday());
        let sent = elin.kapprum.send(OWN, vec![own], None).await;
        assert!(matches!(sent, Err(Error::Refused(Refusal::NotOfAge))));
    }
}

fn born(town: &mut Town, child: ChildId, day: Day) {
    town.enrolled.get_mut(&child).unwrap().birthday = Some(day);
    town.people.get_mut(&child.as_person()).unwrap().birthday = Some(day);
}

#[tokio::test]
async fn at_eighteen_the_student_decides_and_the_guardian_sees_no_more() {
    // Given Elin on the day before her eighteenth birthday.
    let child = story::elin().as_child();
    let eve = Day::new(2008, 11, 25).unwrap();
    let story = Story::begin_with(|town| born(town, child, eve)).await;
    let karin = story.person("karin", story::karin(), Role::Guardian).await;
    let elin = story.person("elin", story::elin(), Role::Student).await;
    let own = absent(child, tuesday().plus(1));
    assert_eq!(shows(&karin, Ask::Home).await, ["Elin: At school today", "Tova: No times laid"]);
    let sent = elin.kapprum.send(OWN, vec![own.clone()], None).await;
    assert!(matches!(sent, Err(Error::Refused(Refusal::NotOfAge))));
    // When the clock strikes twelve, nobody signs in again.
    story.clock.pass(17 * HOUR);
    story.sync(&karin).await.unwrap();
    story.sync(&elin).await.unwrap();
    // Then Elin leaves her mother's phone, and Elin decides.
    assert_eq!(shows(&karin, Ask::Home).await, ["Tova: No times laid"]);
    holds_nothing_of(&karin, &["Elin"]);
    send(&elin, own).await;
    story.sync(&elin).await.unwrap();
    assert_eq!(shows(&elin, Ask::Home).await, ["Elin: Not coming today"]);
    let refused = karin.kapprum.send(OWN, vec![absent(child, tuesday().plus(2))], None).await;
    assert!(matches!(refused, Err(Error::NotHeld)));
}

#[tokio::test]
async fn a_protected_child_goes_by_another_name_on_the_tablet_and_is_not_on_the_wall() {
    let story = Story::begin().await;
    let vera = story.person("vera", story::vera(), Role::Guardian).await;
    let (tablet, board) = (story.tablet().await, story.board().await);
    let maja = story.person("maja", story::maja(), Role::Staff).await;
    send(&vera, absent(story::marked(), tuesday())).await;
    story.sync(&vera).await.unwrap();
    let rows = ["Ebba L: No times laid", "Love L: No times laid", "Kim: Not coming today"];
    shows_soon(&tablet, group_board(tuesday()), &rows).await;
    story.sync(&board).await.unwrap();
    let tiles = ["Ebba L: No times laid · [Came]", "Love L: No times laid · [Came]"];
    assert_eq!(shows(&board, hall_board()).await, tiles);
    story.sync(&maja).await.unwrap();
    for device in [&tablet, &maja, &board, &vera] {
        holds_nothing_of(device, &["Sixten", "Hemlig", "Vera", "070-174 06 99", "vera.hemlig"]);
    }
    holds_nothing_of(&board, &["Kim", &story::marked().to_string()]);
    assert_eq!(shows(&vera, Ask::Home).await, ["Kim: Not coming today"]);
    // Who reported it is not told either.
    let day = shows(&maja, Ask::ChildDay { child: story::marked(), day: None }).await;
    assert_eq!(day.last().unwrap(), "Away today · Reported by someone else 07:00");
}

#[tokio::test]
async fn a_revoked_device_loses_everything_and_others_go_on() {
    let story = Story::begin().await;
    let (anna, bo) = (story.anna().await, story.bo().await);
    anna.cable.pull(true);
    send(&anna, pick_up(tuesday(), "14:00", "Farmor hämtar")).await;
    holds(&anna, &["Love", "Farmor"]);
    // When the operator ends the session of her lost phone.
    let device = anna.kapprum.accounts()[0].device;
    assert!(story.running.sign_in().revoke(device, morning()).unwrap().is_some());
    anna.cable.pull(false);
    assert!(matches!(story.sync(&anna).await, Err(Error::SignedOut)));
    // Then nothing is left on it, and nothing comes any more; it says so each time.
    holds_nothing_of(&anna, &["Love", "Ebba", "Lindqvist", "Farmor"]);
    assert!(matches!(story.sync(&anna).await, Err(Error::SignedOut)));
    story.sync(&bo).await.unwrap();
    assert_eq!(shows(&bo, Ask::Home).await, ["Ebba: No times laid", "Love: No times laid"]);
}

#[tokio::test]
async fn a_device_that_waits_for_news_is_revoked_at_once() {
    let story = Story::begin().await;
    let tablet = story.tablet().await;
    holds(&tablet, &["Love"]);
    // Nothing is new for a while: it waits.
    let mut feed = tablet.kapprum.feed(OWN, group_board(tuesday()));
    feed.next().await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(500), feed.next()).await.is_err());
    let device = tablet.kapprum.accounts()[0].device;
    assert!(story.running.sign_in().revoke(device, morning()).unwrap().is_some());
    let gone = tablet.sees_soon(group_board(tuesday()), |screen| !lines(screen).join("").contains("Love")).await;
    assert!(gone.is_ok());
    holds_nothing_of(&tablet, &["Love", "Ebba"]);
}
