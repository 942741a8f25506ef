//! Disks and files that can only be read: what is there stays, and whoever wants to write is told.

use kapprum_client::error::Error;
use kapprum_domain::actor::Role;
use kapprum_domain::screen::Ask;
use kapprum_server::{http::Server, open};
use kapprum_stories::*;
use kapprum_town::harness::Device;
use kapprum_town::story;
use kapprum_words::Language;

use crate::disk::{Disk, ReadOnlyFile, where_mounting_is_allowed};

const UNSENT: &str = "Love away tomorrow: Waiting for the network";

/// Anna's folder with everything fetched and one thing unsent, and nobody in it.
async fn left_by_anna(story: &Story) -> (std::path::PathBuf, uuid::Uuid) {
    let anna = story.anna().await;
    anna.cable.pull(true);
    send(&anna, absent(story::love(), tuesday().plus(1))).await;
    anna.kapprum.suspend().await;
    (anna.home.clone(), anna.kapprum.accounts()[0].id)
}

fn opened(story: &Story, home: &std::path::Path) -> Result<Device, Error> {
    // Who was there before lets go of the folder within moments.
    loop {
        match Device::open(home, story.clock.clone(), Language::English) {
            Err(Error::InUse) => std::thread::yield_now(),
            opened => return opened,
        }
    }
}

#[test]
fn a_phone_on_a_read_only_disk_says_so_and_goes_on_where_it_was_later() {
    let test = "read_only::a_phone_on_a_read_only_disk_says_so_and_goes_on_where_it_was_later";
    where_mounting_is_allowed(test, async {
        let mut story = Story::begin().await;
        let disk = Disk::at(&story.folder.path().join("anna/data"), 8 * 1024);
        let (home, _) = left_by_anna(&story).await;
        story.running.stop().await;
        while opened(&story, &home).is_err() {}
        disk.read_only(true);
        let error = opened(&story, &home).err();
        println!("phone on a read-only disk: {error:?}");
        assert!(matches!(&error, Some(Error::File(_))), "{error:?}");
        disk.read_only(false);
        let anna = opened(&story, &home).unwrap();
        assert_eq!(shows(&anna, Ask::Outbox).await, [UNSENT]);
        story.running.serve().await;
        story.sync(&anna).await.unwrap();
        assert_eq!(shows(&anna, Ask::Outbox).await, ["Love away tomorrow: Received 07:00"]);
    });
}

#[test]
fn a_phone_whose_file_is_read_only_shows_what_it_has_saves_nothing_and_shows_nothing_that_must_go() {
    let test =
        "read_only::a_phone_whose_file_is_read_only_shows_what_it_has_saves_nothing_and_shows_nothing_that_must_go";
    where_mounting_is_allowed(test, async {
        let mut story = Story::begin().await;
        let (home, account) = left_by_anna(&story).await;
        story.running.stop().await;
        while opened(&story, &home).is_err() {}
        let file = ReadOnlyFile::at(&home.join(format!("data/{account}/store.db")));
        let anna = opened(&story, &home).unwrap();
        assert_eq!(shows(&anna, Ask::Outbox).await, [UNSENT]);
        let sent = anna.kapprum.send(OWN, vec![absent(story::ebba(), tuesday())], None).await;
        println!("phone with a read-only file: it shows everything; sending: {:?}", sent.as_ref().err());
        assert!(matches!(sent, Err(Error::Store(_))));
        assert_eq!(shows(&anna, Ask::Outbox).await, [UNSENT], "nothing is half saved");
        // When a right ends, what can't be erased can't be read any more; what was unsent is told.
        story.running.serve().await;
        story.running.town.end_guardian(story::anna(), story::ebba());
        story.running.import();
        // What waits is sent, though its receipt can't be stored.
        let synced = story.sync(&anna).await;
        while anna.kapprum.lost().is_empty() {
            tokio::task::yield_now().await;
        }
        let lost = anna.kapprum.lost();
        println!(
            "  a right ends: the key is destroyed, {} unsent is told; the sync said {synced:?}",
            lost[0].unsent.count
        );
        assert!(!home.join(format!("keys/database-{account}")).exists());
        assert_eq!(lost[0].unsent.count, 1);
        drop(file);
        anna.sign_in(&story.running.url(), &story.running.invite(story::anna(), Role::Guardian)).await.unwrap();
        assert_eq!(shows(&anna, Ask::Home).await, ["Love: No times laid. Away tomorrow"], "it had been sent");
    });
}

#[test]
fn a_server_on_a_read_only_disk_says_so_and_serves_everything_later() {
    let test = "read_only::a_server_on_a_read_only_disk_says_so_and_serves_everything_later";
    where_mounting_is_allowed(test, async {
        let elsewhere = tempfile::tempdir().unwrap();
        let disk = Disk::at(&elsewhere.path().join("server"), 16 * 1024);
        let folder = tempfile::tempdir_in(elsewhere.path().join("server")).unwrap();
        let mut story = Story::begin_in(folder, |_| {}).await;
        let anna = Device::open(&elsewhere.path().join("anna"), story.clock.clone(), Language::English).unwrap();
        anna.sign_in(&story.running.url(), &story.running.invite(story::anna(), Role::Guardian)).await.unwrap();
        story.running.stop().await;
        let config = story.running.config.clone();
        // The writer's thread ends within moments.
        let read_only = || {
            std::process::Command::new("mount")
                .args(["-o", "remount,ro"])
                .arg(elsewhere.path().join("server"))
                .output()
                .unwrap()
        };
        while !read_only().status.success() {
            std::thread::yield_now();
        }
        let locked = open::lock(&config).err().map(|error| error.to_string());
        println!("server on a read-only disk, `serve`: {locked:?}");
        assert!(locked.is_some_and(|told| told.ends_with("read-only filesystem or storage medium")));
        match open::all(&config) {
            Err(error) => println!("  its files: {error}"),
            // Read they can be: then everybody is served what there is, and told to come again with what is new.
            Ok(tenants) => {
                let server = Server::start(&config, tenants, story.clock.clone()).await.unwrap();
                send(&anna, absent(story::ebba(), tuesday())).await;
                let synced = story.sync(&anna).await;
                println!("  served all the same, a command: {synced:?}");
                assert!(synced.is_err());
                server.stop().await;
            }
        }
        disk.read_only(false);
        story.running.serve().await;
        send(&anna, absent(story::love(), tuesday())).await;
        story.sync(&anna).await.unwrap();
        assert!(shows(&anna, Ask::Outbox).await.iter().all(|line| line.ends_with("Received 07:00")));
        story.running.stop().await;
    });
}
