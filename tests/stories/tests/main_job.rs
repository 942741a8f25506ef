//! The opening story, and what may befall a command between tap and outcome, with the real server over HTTP.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use kapprum_client::error::Error;
use kapprum_domain::organisation::{CutOff, Switches};
use kapprum_domain::outbox::{Mark, OutboxLine};
use kapprum_domain::refusal::Refusal;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_domain::time::{HOUR, MINUTE};
use kapprum_stories::*;
use kapprum_town::harness::{Device, Fault};
use kapprum_town::story;

/// The newest line of the outbox.
async fn newest(device: &Device) -> OutboxLine {
    match device.sees(Ask::Outbox).await {
        Screen::Outbox(outbox) => outbox.lines.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_anna_asks_for_in_the_cellar_is_at_the_preschool_within_a_second_of_the_network() {
    // Given Anna in a cellar without network, and the preschool's tablet on the wall.
    let story = Story::begin().await;
    let (anna, tablet) = (story.anna().await, story.tablet().await);
    story.weeks(&anna).await;
    shows_soon(
        &tablet,
        group_board(tuesday()),
        &["Ebba L: Expected 07:30–16:00", "Kim: No times laid", "Love L: Expected 07:30–16:00"],
    )
    .await;
    anna.cable.pull(true);
    // When she reports Ebba absent tomorrow and changes Love's pick-up.
    story.clock.pass(10 * MINUTE);
    send(&anna, absent(story::ebba(), tuesday().plus(1))).await;
    send(&anna, pick_up(tuesday(), "15:00", "Mormor hämtar")).await;
    // Then her phone shows both at once, marked as waiting.
    let waiting = [
        "Ebba: Expected 07:30–16:00. Away tomorrow · Waiting for the network",
        "Love: Expected 07:30–15:00 · Waiting for the network",
    ];
    assert_eq!(shows(&anna, Ask::Home).await, waiting);
    assert_eq!(shows(&anna, Ask::Frame).await.last().map(String::as_str), Some("2 waiting"));
    let sent = ["Changed day for Love today: Waiting for the network", "Ebba away tomorrow: Waiting for the network"];
    assert_eq!(shows(&anna, Ask::Outbox).await[..2], sent);
    // When the network comes back, then the tablet shows both, and Anna reads when they were received.
    story.clock.pass(2 * MINUTE);
    anna.cable.pull(false);
    story.sync(&anna).await.unwrap();
    let today = ["Ebba L: Expected 07:30–16:00", "Kim: No times laid", "Love L: Expected 07:30–15:00 · Mormor hämtar"];
    shows_soon(&tablet, group_board(tuesday()), &today).await;
    let tomorrow = ["Kim: No times laid", "Love L: Expected 07:30–16:00", "Ebba L: Not coming tomorrow"];
    shows_soon(&tablet, group_board(tuesday().plus(1)), &tomorrow).await;
    let sent = ["Changed day for Love today: Received 07:12", "Ebba away tomorrow: Received 07:12"];
    assert_eq!(shows(&anna, Ask::Outbox).await[..2], sent);
    let done = ["Ebba: Expected 07:30–16:00. Away tomorrow", "Love: Expected 07:30–15:00"];
    assert_eq!(shows(&anna, Ask::Home).await, done);
}

#[tokio::test]
async fn killed_in_the_middle_with_the_answer_lost_nothing_is_lost_and_nothing_happens_twice() {
    let story = Story::begin().await;
    let (anna, tablet) = (story.anna().await, story.tablet().await);
    // Given a report that arrived, whose answer did not, on a phone that dies right then.
    anna.cable.set(Fault::AnswerLost);
    let id = send(&anna, absent(story::ebba(), tuesday())).await;
    assert!(matches!(story.sync(&anna).await, Err(Error::Offline)));
    shows_soon(
        &tablet,
        group_board(tuesday()),
        &["Kim: No times laid", "Love L: No times laid", "Ebba L: Not coming today"],
    )
    .await;
    let anna = anna.die().unwrap();
    assert_eq!(shows(&anna, Ask::Outbox).await, ["Ebba away today: Waiting for the network"]);
    assert_eq!(shows(&anna, Ask::Home).await[0], "Ebba: Not coming today · Waiting for the network");
    // When it is sent again with what was asked meanwhile, then each is done once, the first at the time it first came.
    story.clock.pass(20 * MINUTE);
    send(&anna, absent(story::love(), tuesday())).await;
    anna.cable.set(Fault::None);
    story.sync(&anna).await.unwrap();
    assert_eq!(shows(&anna, Ask::Outbox).await, ["Love away today: Received 07:20", "Ebba away today: Received 07:00"]);
    let day = Ask::ChildDay { child: story::ebba(), day: None };
    assert_eq!(
        shows(&anna, day).await,
        ["Ebba: Not coming today", "No times laid", "Away today · Reported by you 07:00"]
    );
    assert_eq!(newest(&anna).await.mark, Mark::Done);
    assert!(anna.kapprum.undo(OWN, id, None).await.unwrap(), "what is done is undone by another command");
    story.sync(&anna).await.unwrap();
    assert_eq!(shows(&anna, Ask::Home).await[0], "Ebba: No times laid");
    assert!(!anna.kapprum.undo(OWN, id, None).await.unwrap(), "and that once");
}

#[tokio::test]
async fn taken_back_before_it_was_sent_it_never_happened_after_it_was_done_it_stays_done() {
    let story = Story::begin().await;
    let (anna, tablet) = (story.anna().await, story.tablet().await);
    for (fault, ends, board) in [
        (Fault::Pulled, "Removed from this phone: Taken back", "Ebba L: No times laid"),
        (Fault::AnswerLost, "Removed from this phone: Received 07:00", "Ebba L: Not coming today"),
    ] {
        anna.cable.set(fault);
        let id = send(&anna, absent(story::ebba(), tuesday())).await;
        assert!(story.sync(&anna).await.is_err());
        assert!(newest(&anna).await.undo);
        assert!(anna.kapprum.undo(OWN, id, None).await.unwrap());
        assert_eq!(shows(&anna, Ask::Outbox).await[0], "Removed from this phone: Being taken back", "{fault:?}");
        assert_eq!(shows(&anna, Ask::Home).await[0], "Ebba: No times laid", "{fault:?}");
        anna.cable.set(Fault::None);
        story.sync(&anna).await.unwrap();
        assert_eq!(shows(&anna, Ask::Outbox).await[0], ends, "{fault:?}");
        story.sync(&tablet).await.unwrap();
        assert!(shows(&tablet, group_board(tuesday())).await.contains(&board.to_owned()), "{fault:?}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_facts_and_stays_until_it_is_dismissed() {
    // Given a preschool whose times of a day are closed the evening before.
    let switches = Switches { same_day_change: false, cut_off: CutOff::default(), ..Switches::default() };
    let story = Story::begin_with(|town| town.switches = switches).await;
    let anna = story.anna().await;
    // When Anna changes tomorrow in time, but her phone has network only after the cut-off.
    anna.cable.pull(true);
    send(&anna, pick_up(tuesday().plus(1), "15:00", "")).await;
    assert_eq!(newest(&anna).await.state, "Waiting for the network");
    story.clock.pass(23 * HOUR);
    anna.cable.pull(false);
    story.sync(&anna).await.unwrap();
    // Then she reads why, and what to do, also after a restart, until she has dismissed it.
    let why = "Refused: The last time to change was yesterday at 23:59. Ring 0521-72 10 00.";
    let anna = anna.die().unwrap();
    let line = newest(&anna).await;
    assert_eq!((line.what.as_str(), line.state.as_str(), line.dismiss), ("Changed day for Love today", why, true));
    assert_eq!(shows(&anna, Ask::Home).await[1], "Love: No times laid", "what was foretold is gone");
    assert!(anna.kapprum.dismiss(OWN, line.id).await.unwrap());
    assert_eq!(shows(&anna, Ask::Outbox).await, ["Nothing is waiting to be sent."]);
    // And what the phone knows to be too late is refused at the tap.
    match anna.kapprum.send(OWN, vec![pick_up(tuesday().plus(1), "14:00", "")], None).await {
        Err(Error::Refused(Refusal::CutOff { phone, .. })) => assert_eq!(phone, "0521-72 10 00"),
        other => panic!("{other:?}"),
    }
    assert_eq!(shows(&anna, Ask::Outbox).await, ["Nothing is waiting to be sent."]);
}

#[tokio::test]
async fn a_tablet_says_who_tapped_and_takes_nothing_from_a_stranger() {
    let story = Story::begin().await;
    let (tablet, anna) = (story.tablet().await, story.anna().await);
    let asks = vec![absent(story::love(), tuesday())];
    for (who, refused) in [(None, true), (Some(story::karin()), true), (Some(story::maja()), false)] {
        let sent = tablet.kapprum.send(OWN, asks.clone(), who).await;
        assert_eq!(matches!(sent, Err(Error::Refused(Refusal::WhoTapped))), refused, "{who:?}");
    }
    story.sync(&tablet).await.unwrap();
    story.sync(&anna).await.unwrap();
    let day = Ask::ChildDay { child: story::love(), day: None };
    let by = shows(&anna, day).await.pop().unwrap();
    assert_eq!(by, "Away today · Reported by Maja Norberg 07:00");
}
