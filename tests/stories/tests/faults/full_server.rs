//! The server's disk is full: everybody is told to come back, and when there is room everything is done once.

use kapprum_client::error::Error;
use kapprum_domain::actor::Role;
use kapprum_domain::id::{ChildId, PlacementId};
use kapprum_domain::screen::Ask;
use kapprum_protocol::problem::{Problem, ProblemKind};
use kapprum_server::{import, open};
use kapprum_stories::*;
use kapprum_town::harness::Device;
use kapprum_town::{Town, story};
use kapprum_words::Language;
use serde_json::json;
use uuid::Uuid;

use crate::disk::{Disk, where_mounting_is_allowed};

/// A story whose server lies on a small disk, and a folder elsewhere for its devices.
async fn on_a_small_disk(kib: u32) -> (Disk, Story, tempfile::TempDir) {
    let elsewhere = tempfile::tempdir().unwrap();
    let disk = Disk::at(&elsewhere.path().join("server"), kib);
    let folder = tempfile::tempdir_in(elsewhere.path().join("server")).unwrap();
    (disk, Story::begin_in(folder, |_| {}).await, elsewhere)
}

fn device(story: &Story, elsewhere: &tempfile::TempDir, name: &str) -> Device {
    Device::open(&elsewhere.path().join(name), story.clock.clone(), Language::English).unwrap()
}

fn count(story: &Story, sql: &str) -> i64 {
    let folder = open::folder(&story.running.config, story.running.town.tenant).unwrap();
    open(&folder.join("store.db")).query_row(sql, [], |row| row.get(0)).unwrap()
}

fn damage(story: &Story) -> Vec<String> {
    open::tenant(&story.running.config, story.running.town.tenant).unwrap().0.damage().unwrap()
}

#[test]
fn commands_are_told_to_come_again_and_are_done_once_when_there_is_room() {
    let test = "full_server::commands_are_told_to_come_again_and_are_done_once_when_there_is_room";
    where_mounting_is_allowed(test, async {
        let (disk, mut story, elsewhere) = on_a_small_disk(8 * 1024).await;
        let anna = device(&story, &elsewhere, "anna");
        anna.sign_in(&story.running.url(), &story.running.invite(story::anna(), Role::Guardian)).await.unwrap();
        let invitation = story.running.invite(story::bo(), Role::Guardian);
        let before = count(&story, "SELECT value FROM meta WHERE name = 'head'");
        // Until a command finds no room: the log may have some left at first.
        let (mut saved, mut tried) = (0, None);
        while tried.is_none() && saved < 200 {
            disk.fill();
            send(&anna, pick_up(tuesday().plus(1 + saved), "15:00", &"Mormor hämtar. ".repeat(12))).await;
            saved += 1;
            tried = story.sync(&anna).await.err();
        }
        assert!(matches!(tried, Some(Error::Offline)), "{tried:?}");
        let waiting = shows(&anna, Ask::Outbox).await.iter().filter(|line| line.contains("Waiting")).count();
        assert_eq!(waiting, 1, "the last one, and nothing is lost");
        println!("full server, commands: {} done before, then {tried:?}", saved - 1);

        // As it is said on the wire.
        let bearer = std::fs::read_to_string(anna.home.join(format!("keys/session-{}", anna.kapprum.accounts()[0].id)));
        let post = async |path: &str, body: serde_json::Value| {
            let request = plain_client().post(format!("{}{path}", story.running.url()));
            let answer = request.bearer_auth(bearer.as_ref().unwrap()).body(body.to_string()).send().await.unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap())
        };
        let id = uuid::Builder::from_unix_timestamp_millis(morning().0 as u64, &[9; 10]).into_uuid();
        let body = json!({ "report_absence": { "child": story::love(), "days": { "from": tuesday().plus(1), "until": tuesday().plus(1) } } });
        let (status, told) = post("/v1/sync", json!({ "v": 1, "commands": [{ "id": id, "body": body }] })).await;
        match status {
            200 => {
                let mut retried = false;
                let read = kapprum_protocol::lines::Lines::new().unwrap().feed(&told, |line| {
                    retried |= line.contains("\"retry\"");
                    Ok::<(), kapprum_protocol::Malformed>(())
                });
                read.unwrap();
                assert!(retried, "200 with a receipt that says so");
            }
            _ => assert_eq!(serde_json::from_slice::<Problem>(&told).unwrap().error, ProblemKind::Busy),
        }
        println!("full server, a command on the wire: {status} with `retry` or `busy`");
        let bo = device(&story, &elsewhere, "bo");
        let signed_in = bo.kapprum.sign_in(&story.running.url(), &invitation, None).await;
        assert!(matches!(signed_in, Err(Error::Offline)), "{signed_in:?}");
        println!("full server, signing in: {:?}", signed_in.err());

        // It is started again, with the disk as full as it was.
        story.running.stop().await;
        match open::all(&story.running.config) {
            Ok(_) => println!("full server, started again: it serves what there is"),
            Err(error) => println!("full server, started again: {error}"),
        }

        // Then there is room.
        disk.make_room();
        story.running.serve().await;
        story.sync(&anna).await.unwrap();
        let outbox = shows(&anna, Ask::Outbox).await;
        assert!(outbox.len() == saved as usize && outbox.iter().all(|line| line.contains(": Received")), "{outbox:?}");
        assert_eq!(count(&story, "SELECT count(*) FROM record WHERE kind = 'day_change'"), i64::from(saved));
        assert_eq!(
            count(&story, "SELECT count(*) FROM receipt"),
            i64::from(saved),
            "none of what was told to come again"
        );
        bo.kapprum.sign_in(&story.running.url(), &invitation, None).await.unwrap();
        assert!(count(&story, "SELECT value FROM meta WHERE name = 'head'") > before);
        assert_eq!(damage(&story), [""; 0]);
    });
}

fn child(number: u128) -> ChildId {
    ChildId(Uuid::from_u128(0x7c00_0000_0000_4000_8000_0000_0000_0000 + number))
}

/// The small town with many more children.
fn larger() -> Town {
    let mut town = Town::small(tuesday());
    for number in 0..400 {
        let placement = PlacementId(Uuid::from_u128(0x7d00_0000_0000_4000_8000_0000_0000_0000 + number));
        town.add_child(child(number), &format!("Barn {number}"), "Skog", 4, &[story::bo()]);
        town.place(child(number), placement, story::department());
    }
    town
}

#[test]
fn an_import_fails_with_a_word_and_the_next_one_makes_it_whole() {
    let test = "full_server::an_import_fails_with_a_word_and_the_next_one_makes_it_whole";
    where_mounting_is_allowed(test, async {
        let (disk, mut story, elsewhere) = on_a_small_disk(24 * 1024).await;
        let source = elsewhere.path().join("source");
        larger().write(&source).unwrap();
        let run = |story: &Story| {
            let (store, sign_in) = open::tenant(&story.running.config, story.running.town.tenant).unwrap();
            let keys = open::keys(&story.running.config).unwrap();
            import::run(&import::Folder::open(&source).unwrap(), &store, &sign_in, &keys, morning(), &mut |_, _| {})
        };
        let all = "SELECT count(*) FROM record WHERE kind IN ('child', 'placement', 'grant') AND body IS NOT NULL";
        let before = count(&story, all);
        for kib in [0, 300, 1500] {
            disk.leave(kib);
            let imported = run(&story);
            assert!(imported.is_err(), "{kib} KiB are no room for 400 children");
            println!("full server, import with {kib} KiB left: {}", imported.err().unwrap());
            assert_eq!(damage(&story), [""; 0], "{kib}");
            println!("  {} of its records are there, each whole", count(&story, all) - before);
        }
        disk.make_room();
        run(&story).unwrap();
        // As it is where there was always room.
        let fresh = Story::begin_with(|town| *town = larger()).await;
        let rows =
            "SELECT count(*) || ' ' || count(DISTINCT id) FROM record WHERE body IS NOT NULL AND kind <> 'imported'";
        let told = |story: &Story| -> String {
            let folder = open::folder(&story.running.config, story.running.town.tenant).unwrap();
            open(&folder.join("store.db")).query_row(rows, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(told(&story), told(&fresh));
        let again = run(&story).unwrap();
        assert!(again.resources.values().all(|one| one.new + one.changed + one.ended == 0), "nothing is left to do");
        assert_eq!(damage(&story), [""; 0]);
        story.running.stop().await;
    });
}
