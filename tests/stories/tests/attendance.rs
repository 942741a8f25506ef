//! Children come and go: with the staff on their board, and on the board in the hall.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use kapprum_client::error::Error;
use kapprum_domain::actor::Role;
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::id::RecordId;
use kapprum_domain::organisation::CheckInBy;
use kapprum_domain::refusal::Refusal;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_domain::time::MINUTE;
use kapprum_stories::*;
use kapprum_town::harness::Device;
use kapprum_town::story;

/// Love, with the staff.
const fn with_staff(at: AtPlacement) -> AtPlacement {
    AtPlacement { group: None, ..at }
}

/// Love, on the wall.
fn on_the_wall() -> AtPlacement {
    AtPlacement { child: story::love(), placement: story::loves_placement(), group: Some(story::department()) }
}

/// The check of Love that can be undone.
async fn to_undo(device: &Device, ask: Ask) -> RecordId {
    let undo = match device.sees(ask).await {
        Screen::GroupBoard(board) => board.rows.iter().find(|row| row.child == story::love()).unwrap().undo,
        Screen::HallBoard(board) => board.tiles.iter().find(|tile| tile.child == story::love()).unwrap().undo,
        other => panic!("{other:?}"),
    };
    undo.unwrap()
}

/// The line that begins with this.
async fn line(device: &Device, ask: Ask, begins: &str) -> String {
    shows(device, ask).await.into_iter().find(|line| line.starts_with(begins)).unwrap()
}

#[tokio::test]
async fn maja_checks_in_and_out_and_undoes_and_the_guardians_see_it() {
    let story = Story::begin().await;
    let anna = story.anna().await;
    let maja = story.person("maja", story::maja(), Role::Staff).await;
    story.weeks(&anna).await;
    story.sync(&maja).await.unwrap();
    let (board, at) = (group_board(tuesday()), with_staff(on_the_wall()));
    for (minutes, act, offline, shown) in [
        (40, "in", false, "Here since 07:40"),
        // Without network at once too; and what is sent late shows when it was tapped.
        (20, "out", true, "Went home 08:00"),
        (5, "undo", false, "Here since 07:40"),
        (5, "undo", false, "Expected 07:30–16:00"),
        (5, "in", false, "Here since 08:20"),
    ] {
        story.clock.pass(minutes * MINUTE);
        maja.cable.pull(offline);
        let command = match act {
            "in" => Command::CheckIn(at),
            "out" => Command::CheckOut(at),
            _ => Command::UndoCheck { at, event: to_undo(&maja, board).await },
        };
        send(&maja, command).await;
        let waiting = format!("Love L: {shown} · Waiting for the network");
        let at_once = line(&maja, board, "Love").await;
        assert!(at_once == waiting || !offline && at_once == format!("Love L: {shown}"), "{at_once}");
        if offline {
            story.clock.pass(5 * MINUTE);
            maja.cable.pull(false);
        }
        story.sync(&maja).await.unwrap();
        assert_eq!(line(&maja, board, "Love").await, format!("Love L: {shown}"));
        story.sync(&anna).await.unwrap();
        assert_eq!(line(&anna, Ask::Home, "Love").await, format!("Love: {shown}"));
    }
}

#[tokio::test]
async fn in_the_hall_a_tap_checks_in_at_once_even_with_the_server_down_and_can_be_undone() {
    let mut story = Story::begin().await;
    let (anna, board) = (story.anna().await, story.board().await);
    story.weeks(&anna).await;
    let love = |line: &str| format!("Love L: {line}");
    shows_soon(
        &board,
        hall_board(),
        &["Ebba L: Expected 07:30–16:00 · [Came]", "Love L: Expected 07:30–16:00 · [Came]"],
    )
    .await;
    // When the server is down.
    story.running.stop().await;
    story.clock.pass(40 * MINUTE);
    send(&board, Command::CheckIn(on_the_wall())).await;
    assert_eq!(line(&board, hall_board(), "Love").await, love("Here since 07:40 · [Went home]"));
    // Then it is told when the server is back, and shows at home.
    story.clock.pass(5 * MINUTE);
    story.running.serve().await;
    story.sync(&board).await.unwrap();
    story.sync(&anna).await.unwrap();
    assert_eq!(line(&anna, Ask::Home, "Love").await, "Love: Here since 07:40");
    // And a wrong tap is undone, on the wall as at home.
    let undo = Command::UndoCheck { at: on_the_wall(), event: to_undo(&board, hall_board()).await };
    send(&board, undo).await;
    assert_eq!(line(&board, hall_board(), "Love").await, love("Expected 07:30–16:00 · [Came]"));
    story.sync(&board).await.unwrap();
    story.sync(&anna).await.unwrap();
    assert_eq!(line(&anna, Ask::Home, "Love").await, "Love: Expected 07:30–16:00");
    // As by the button that stands there for a moment after a tap, once.
    let tap = send(&board, Command::CheckIn(on_the_wall())).await;
    story.sync(&board).await.unwrap();
    assert!(board.kapprum.undo(OWN, tap, None).await.unwrap());
    assert_eq!(line(&board, hall_board(), "Love").await, love("Expected 07:30–16:00 · [Came]"));
    story.sync(&board).await.unwrap();
    assert!(!board.kapprum.undo(OWN, tap, None).await.unwrap());
}

#[tokio::test]
async fn where_only_staff_check_in_the_wall_offers_no_tap() {
    let story = Story::begin_with(|town| town.switches.check_in_by = CheckInBy::Staff).await;
    let board = story.board().await;
    assert_eq!(shows(&board, hall_board()).await, ["Ebba L: No times laid", "Love L: No times laid"]);
    let tapped = board.kapprum.send(OWN, vec![Command::CheckIn(on_the_wall())], None).await;
    assert!(matches!(tapped, Err(Error::Refused(Refusal::CheckedByStaff))));
}
