//! A server that is brought back from a backup: what phones bring back, what holds, and what is told instead.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

use kapprum_client::error::Error;
use kapprum_domain::absence::Days;
use kapprum_domain::actor::Role;
use kapprum_domain::command::Command;
use kapprum_domain::id::RecordId;
use kapprum_domain::screen::Ask;
use kapprum_domain::time::{DAY, HOUR, MINUTE};
use kapprum_server::audit::Event;
use kapprum_server::backup::{self, BackupError, Restored};
use kapprum_server::clock::Clock;
use kapprum_server::open;
use kapprum_stories::*;
use kapprum_town::story;

fn back_up(told: &Story) -> PathBuf {
    let to = told.folder.path().join("backups");
    backup::back_up(&told.running.config, told.running.town.tenant, &to, told.clock.now(), &mut |_, _| {}).unwrap()
}

fn try_to_restore(told: &Story, from: &Path) -> Result<Restored, BackupError> {
    let _lock = open::lock(&told.running.config).unwrap();
    backup::restore(&told.running.config, from, "operator 0", told.clock.now(), &mut |_, _| {})
}

/// The server stops, is restored with the newest school data, and serves again.
async fn restore(told: &mut Story, from: &Path) -> Restored {
    told.running.stop().await;
    let restored = try_to_restore(told, from).unwrap();
    told.running.import();
    told.running.serve().await;
    restored
}

#[tokio::test]
async fn phones_bring_back_what_a_backup_lacks_and_each_thing_is_done_once() {
    // Given a backup of the morning, and after it a day on which everybody does something.
    let mut told = Story::begin().await;
    let (anna, bo, tablet) = (told.anna().await, told.bo().await, told.tablet().await);
    told.weeks(&anna).await;
    told.sync(&tablet).await.unwrap();
    let morning = back_up(&told);
    told.clock.pass(10 * MINUTE);
    send(&anna, absent(story::ebba(), tuesday())).await;
    told.sync(&anna).await.unwrap();
    let here = kapprum_domain::attendance::AtPlacement {
        child: story::love(),
        placement: story::loves_placement(),
        group: None,
    };
    tablet.kapprum.send(OWN, vec![Command::CheckIn(here)], Some(story::maja())).await.unwrap();
    told.sync(&tablet).await.unwrap();
    send(&bo, pick_up(tuesday(), "15:00", "farfar hämtar")).await;
    told.sync(&bo).await.unwrap();
    for phone in [&anna, &bo, &tablet] {
        told.sync(phone).await.unwrap();
    }
    let asks = [Ask::Home, Ask::ChildDay { child: story::love(), day: None }, Ask::Outbox];
    let mut before = Vec::new();
    for phone in [&anna, &bo] {
        for ask in asks {
            before.push(shows(phone, ask).await);
        }
    }
    let board = shows(&tablet, group_board(tuesday())).await;

    // When the server is restored from it, long after the day's cut-off, and once more from the same.
    for _ in 0..2 {
        told.clock.pass(3 * HOUR);
        restore(&mut told, &morning).await;
        // Then nobody sees anything go, and in the end all is as it was, also for who signs in afterwards.
        for phone in [&anna, &bo, &tablet, &anna, &bo] {
            told.sync(phone).await.unwrap();
        }
        let mut after = Vec::new();
        for phone in [&anna, &bo] {
            for ask in asks {
                after.push(shows(phone, ask).await);
            }
        }
        assert_eq!(after, before);
        assert_eq!(shows(&tablet, group_board(tuesday())).await, board);
    }
    let again = told.person("again", story::anna(), Role::Guardian).await;
    assert_eq!(shows(&again, Ask::Home).await, before[0]);
}

#[tokio::test]
async fn what_an_older_command_said_yields_to_a_newer_one_and_is_told() {
    // Given Bo's change of a day, and over it Anna's, both after the backup.
    let mut told = Story::begin().await;
    let (anna, bo) = (told.anna().await, told.bo().await);
    told.weeks(&anna).await;
    let morning = back_up(&told);
    told.clock.pass(MINUTE);
    send(&bo, pick_up(tuesday(), "15:00", "farfar hämtar")).await;
    told.sync(&bo).await.unwrap();
    told.clock.pass(MINUTE);
    send(&anna, pick_up(tuesday(), "15:30", "mormor hämtar")).await;
    told.sync(&anna).await.unwrap();
    // When the server is restored, and Anna's phone comes first.
    restore(&mut told, &morning).await;
    told.sync(&anna).await.unwrap();
    told.sync(&bo).await.unwrap();
    // Then hers holds, and he is told what became of his.
    let outbox = shows(&bo, Ask::Outbox).await;
    let expected = "It was done, but the server has been restored and did not do it again. \
                    Refused: Someone changed the same thing later. That is what holds now.";
    assert!(outbox.iter().any(|line| line.ends_with(expected)), "{outbox:?}");
    let day = shows(&bo, Ask::ChildDay { child: story::love(), day: None }).await;
    assert!(day.iter().any(|line| line.contains("mormor hämtar")), "{day:?}");
}

#[tokio::test]
async fn what_was_taken_back_while_the_server_was_away_stays_taken_back() {
    // Given Anna's report and its prolongation, both after the backup, and her change of mind while the server was down.
    let mut told = Story::begin().await;
    let (anna, maja) = (told.anna().await, told.tablet().await);
    let morning = back_up(&told);
    told.clock.pass(MINUTE);
    let report = send(&anna, absent(story::ebba(), tuesday())).await;
    told.sync(&anna).await.unwrap();
    told.clock.pass(MINUTE);
    let days = Days { from: tuesday(), until: Some(tuesday().plus(2)), part: None };
    send(&anna, Command::ReportAbsence { child: story::ebba(), days }).await;
    told.sync(&anna).await.unwrap();
    told.running.stop().await;
    let absence = RecordId::event(report, "absence", &[&story::ebba(), &tuesday()]);
    send(&anna, Command::WithdrawAbsence { child: story::ebba(), absence }).await;
    // When the server is restored, and her phone brings back what it lacks.
    try_to_restore(&told, &morning).unwrap();
    told.running.import();
    told.running.serve().await;
    for phone in [&anna, &anna, &maja] {
        told.sync(phone).await.unwrap();
    }
    // Then Ebba comes.
    assert_eq!(shows(&anna, Ask::Home).await[0], "Ebba: No times laid");
    assert!(shows(&anna, Ask::Outbox).await.iter().all(|line| line.contains("Received")));
}

#[tokio::test]
async fn what_was_said_again_holds_over_what_came_between() {
    // Given three changes of one day: Anna's before the backup, Bo's after it, and Anna's again.
    let mut told = Story::begin().await;
    let (anna, bo) = (told.anna().await, told.bo().await);
    told.weeks(&anna).await;
    send(&anna, pick_up(tuesday(), "15:30", "mormor hämtar")).await;
    told.sync(&anna).await.unwrap();
    told.clock.pass(MINUTE);
    let morning = back_up(&told);
    send(&bo, pick_up(tuesday(), "15:00", "farfar hämtar")).await;
    told.sync(&bo).await.unwrap();
    told.clock.pass(MINUTE);
    let last = send(&anna, pick_up(tuesday(), "15:30", "mormor hämtar")).await;
    told.sync(&anna).await.unwrap();
    // And Anna has long hidden the line.
    assert!(anna.kapprum.dismiss(OWN, last).await.unwrap());
    // When the server is restored, and Anna's phone, for which nothing changes, comes first.
    restore(&mut told, &morning).await;
    told.sync(&anna).await.unwrap();
    told.sync(&bo).await.unwrap();
    // Then what she said last holds.
    let day = shows(&bo, Ask::ChildDay { child: story::love(), day: None }).await;
    assert!(day.iter().any(|line| line.contains("mormor hämtar")), "{day:?}");
}

#[tokio::test]
async fn a_restored_server_serves_nobody_before_the_newest_school_data_is_imported() {
    let mut told = Story::begin().await;
    let anna = told.anna().await;
    let morning = back_up(&told);
    send(&anna, absent(story::ebba(), tuesday())).await;
    told.sync(&anna).await.unwrap();
    let home = shows(&anna, Ask::Home).await;
    told.running.stop().await;
    assert!(!try_to_restore(&told, &morning).unwrap().imported);
    // It may be served, and still nobody gets anything, and nobody lets anything go.
    told.running.serve().await;
    assert!(matches!(told.sync(&anna).await, Err(Error::Offline)));
    assert_eq!(shows(&anna, Ask::Home).await, home);
    assert_eq!(anna.kapprum.accounts().len(), 1);
    // When the import is done beside it, it begins by itself.
    told.running.import();
    for _ in 0..100 {
        if told.sync(&anna).await.is_ok() {
            break;
        }
    }
    assert_eq!(shows(&anna, Ask::Home).await, home);
    assert!(shows(&anna, Ask::Outbox).await[0].contains("Received"));
}

#[tokio::test]
async fn a_restore_that_was_cut_off_is_told_and_run_again() {
    let mut told = Story::begin().await;
    let (anna, bo) = (told.anna().await, told.bo().await);
    let morning = back_up(&told);
    told.clock.pass(MINUTE);
    revoke(&told, &bo);
    told.running.stop().await;
    // Given that the machine died when what stood there was put aside, and nothing was put in its place.
    let tenant = told.running.town.tenant;
    let place = told.running.config.data.join(tenant.to_string());
    fs::rename(&place, place.with_file_name(format!(".replaced-{tenant}-1795500000000"))).unwrap();
    assert!(matches!(open::all(&told.running.config), Err(open::OpenError::HalfRestored(id)) if id == tenant));
    // When it is run again, what was put aside is still known: Bo's phone stays out.
    assert!(!try_to_restore(&told, &morning).unwrap().sign_in_of_backup);
    told.running.import();
    told.running.serve().await;
    told.sync(&anna).await.unwrap();
    assert!(told.sync(&bo).await.is_err());
}

#[tokio::test]
async fn what_was_paired_or_revoked_since_stays_so() {
    let mut told = Story::begin().await;
    let (anna, bo) = (told.anna().await, told.bo().await);
    let morning = back_up(&told);
    told.clock.pass(MINUTE);
    // Given a board that was paired after the backup, and Bo's phone that was lost and revoked.
    let board = told.board().await;
    let sees = shows(&board, hall_board()).await;
    revoke(&told, &bo);
    for sign_in_is_lost in [false, true] {
        told.clock.pass(MINUTE);
        told.running.stop().await;
        if sign_in_is_lost {
            fs::remove_file(told.running.config.data.join(told.running.town.tenant.to_string()).join("sign_in.db"))
                .unwrap();
        }
        let restored = try_to_restore(&told, &morning).unwrap();
        assert_eq!((restored.sign_in_of_backup, restored.revoked), (sign_in_is_lost, 1));
        told.running.import();
        told.running.serve().await;
        // Then Bo's phone stays out, also where the sign-in data are the backup's.
        assert!(told.sync(&bo).await.is_err());
        told.sync(&anna).await.unwrap();
        if !sign_in_is_lost {
            told.sync(&board).await.unwrap();
            assert_eq!(shows(&board, hall_board()).await, sees);
        }
    }
}

#[tokio::test]
async fn a_backup_that_is_damaged_or_another_servers_is_told_and_changes_nothing() {
    let mut told = Story::begin().await;
    let anna = told.anna().await;
    let backup = back_up(&told);
    told.running.stop().await;
    let tenant = told.running.config.data.join(told.running.town.tenant.to_string());
    for name in ["store.db", "sign_in.db", "backup.json"] {
        let path = backup.join(name);
        let sound = fs::read(&path).unwrap();
        let mut damaged = sound.clone();
        damaged[sound.len() / 2] ^= 1;
        for (what, bytes) in [("flipped", damaged), ("cut", sound[..sound.len() / 2].to_vec())] {
            fs::write(&path, bytes).unwrap();
            let wrong = try_to_restore(&told, &backup).unwrap_err();
            let is_told = matches!(wrong, BackupError::Damaged(_) | BackupError::Foreign(_));
            assert!(is_told, "{name} {what}: {wrong}");
        }
        fs::write(&path, sound).unwrap();
    }
    assert!(matches!(try_to_restore(&told, &tenant), Err(BackupError::None(_))));
    // Under other keys it is a stranger's.
    let key = told.running.config.keys.join("identities.key");
    let own = fs::read(&key).unwrap();
    fs::write(&key, [7; 32]).unwrap();
    assert!(matches!(try_to_restore(&told, &backup), Err(BackupError::Foreign(_))));
    fs::write(&key, own).unwrap();
    // What stood there stands, and serves.
    let home = shows(&anna, Ask::Home).await;
    told.running.serve().await;
    told.sync(&anna).await.unwrap();
    assert_eq!(shows(&anna, Ask::Home).await, home);
    told.running.stop().await;
    // And sound it is brought back also where everything but the keys is lost.
    fs::remove_dir_all(&tenant).unwrap();
    let restored = try_to_restore(&told, &backup).unwrap();
    assert!(restored.sign_in_of_backup && restored.replaced.is_none());
    told.running.import();
    told.running.serve().await;
    told.sync(&anna).await.unwrap();
}

#[tokio::test]
async fn a_phone_that_comes_back_days_later_is_still_judged_as_then() {
    // Given an absence that Anna reported for a day which is over when the server is restored.
    let mut told = Story::begin().await;
    let anna = told.anna().await;
    let morning = back_up(&told);
    send(&anna, absent(story::ebba(), tuesday())).await;
    told.sync(&anna).await.unwrap();
    told.clock.pass(5 * DAY);
    restore(&mut told, &morning).await;
    told.sync(&anna).await.unwrap();
    assert_eq!(shows(&anna, Ask::Outbox).await, ["Ebba away Tuesday 24 November: Received Tuesday 24 November 07:00"]);
}

/// The operator revokes the one device of a person.
fn revoke(told: &Story, device: &kapprum_town::harness::Device) {
    let config = &told.running.config;
    let log = fs::read_to_string(config.data.join(told.running.town.tenant.to_string()).join("audit.log")).unwrap();
    let holder = device.kapprum.accounts()[0].account.holder.to_string();
    let signed_in = log.lines().rfind(|line| line.contains("signed_in") && line.contains(&holder)).unwrap();
    let line: serde_json::Value = serde_json::from_str(signed_in).unwrap();
    let id = line["device"].as_str().unwrap().parse().unwrap();
    told.running.sign_in().revoke(id, told.clock.now()).unwrap();
    let audit = open::audit(config, told.running.town.tenant).unwrap();
    audit.trace(Event::Revoked { device: id }, "operator 0", told.clock.now()).unwrap();
}
