//! The phone's disk is full: what a person asks for is saved or they are told, and what must go goes.

use kapprum_client::error::Error;
use kapprum_domain::screen::Ask;
use kapprum_stories::*;
use kapprum_town::harness::Device;
use kapprum_town::story;

use crate::disk::{Disk, where_mounting_is_allowed};

/// Room for the reserve of 2 MB, the store and its log.
const KIB: u32 = 6 * 1024;

/// Anna's phone with everything fetched, whose data lies on a small disk; its keys lie elsewhere, as on a phone.
async fn anna_on_a_small_disk(story: &Story) -> (Device, Disk) {
    let disk = Disk::at(&story.folder.path().join("anna/data"), KIB);
    let anna = story.anna().await;
    story.weeks(&anna).await;
    (anna, disk)
}

/// Reports Ebba absent on one day after the other until that can't be saved; others take at once what room there is.
/// How many were saved.
async fn saves_until_it_is_told_no(anna: &Device, disk: &Disk) -> usize {
    for saved in 0..400 {
        disk.fill();
        let day = tuesday().plus(1 + saved as i32);
        match anna.kapprum.send(OWN, vec![pick_up(day, "15:00", &"Mormor hämtar. ".repeat(12))], None).await {
            Ok(_) => {}
            Err(Error::Full) => return saved,
            Err(error) => panic!("after {saved}: {error:?}"),
        }
    }
    panic!("a full disk takes everything");
}

async fn waiting(anna: &Device) -> usize {
    shows(anna, Ask::Outbox).await.iter().filter(|line| line.ends_with("Waiting for the network")).count()
}

#[test]
fn what_a_person_asks_for_is_saved_from_the_reserve_or_refused_whole() {
    let test = "full_phone::what_a_person_asks_for_is_saved_from_the_reserve_or_refused_whole";
    where_mounting_is_allowed(test, async {
        let story = Story::begin().await;
        let (anna, disk) = anna_on_a_small_disk(&story).await;
        let reserve = anna.home.join(format!("data/{}/store.ballast", anna.kapprum.accounts()[0].id));
        assert!(reserve.exists());
        anna.cable.pull(true);
        let saved = saves_until_it_is_told_no(&anna, &disk).await;
        assert!(saved > 0 && !reserve.exists(), "the reserve was used");
        assert_eq!(waiting(&anna).await, saved, "nothing is half saved");
        // A phone that dies on a full disk starts again on it, and shows everything.
        let anna = anna.die().unwrap();
        assert_eq!(waiting(&anna).await, saved);
        disk.make_room();
        send(&anna, absent(story::love(), tuesday().plus(1))).await;
        anna.cable.pull(false);
        story.sync(&anna).await.unwrap();
        assert_eq!(waiting(&anna).await, 0);
        let done = shows(&anna, Ask::Outbox).await.iter().filter(|line| line.contains(": Received")).count();
        assert_eq!(done, saved + 3, "each once, besides two weeks and the one after there was room");
        println!("full phone, sending: {saved} saved from the reserve, then told that the disk is full; all received");
    });
}

#[test]
fn a_right_that_ends_is_purged_or_the_key_is_destroyed() {
    let test = "full_phone::a_right_that_ends_is_purged_or_the_key_is_destroyed";
    where_mounting_is_allowed(test, async {
        for reserve in [true, false] {
            let mut story = Story::begin().await;
            let (anna, disk) = anna_on_a_small_disk(&story).await;
            let account = anna.kapprum.accounts()[0].clone();
            if !reserve {
                anna.cable.pull(true);
                saves_until_it_is_told_no(&anna, &disk).await;
                anna.cable.pull(false);
            }
            disk.fill();
            assert!(held(&anna).contains("Ebba"));
            story.running.town.end_guardian(story::anna(), story::ebba());
            story.running.import();
            let synced = story.sync(&anna).await;
            let key = anna.home.join(format!("keys/database-{}", account.id));
            let gone = async {
                while key.exists() && held(&anna).contains("Ebba") || !key.exists() && anna.kapprum.lost().is_empty() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.unwrap();
            let outcome = match anna.kapprum.lost().as_slice() {
                [] => "purged".to_owned(),
                [lost] => {
                    assert!(!key.exists(), "what can't be erased can't be read any more");
                    format!("the key is destroyed, {} unsent are told", lost.unsent.count)
                }
                more => panic!("{more:?}"),
            };
            println!("full phone, a right ends, reserve {reserve}: {outcome}; the sync said {synced:?}");
            // With room again everything that she still holds is there, or comes back when she signs in.
            disk.make_room();
            if !key.exists() {
                anna.sign_in(
                    &story.running.url(),
                    &story.running.invite(story::anna(), kapprum_domain::actor::Role::Guardian),
                )
                .await
                .unwrap();
            }
            story.sync(&anna).await.unwrap();
            let home = shows(&anna, Ask::Home).await;
            assert!(home.len() == 1 && home[0].starts_with("Love: "), "{home:?}");
            assert!(!held(&anna).contains("Ebba"));
        }
    });
}

#[test]
fn who_signs_in_on_a_full_phone_is_told_and_leaves_nothing_behind() {
    let test = "full_phone::who_signs_in_on_a_full_phone_is_told_and_leaves_nothing_behind";
    where_mounting_is_allowed(test, async {
        let story = Story::begin().await;
        let disk = Disk::at(&story.folder.path().join("new/data"), 256);
        let phone = story.unpacked("new");
        disk.fill();
        let token = story.running.invite(story::anna(), kapprum_domain::actor::Role::Guardian);
        let signed_in = phone.kapprum.sign_in(&story.running.url(), &token, None).await;
        println!("full phone, signing in: {:?}", signed_in.as_ref().err());
        assert!(signed_in.is_err() && phone.kapprum.accounts().is_empty());
        let left = std::fs::read_dir(phone.home.join("keys")).unwrap().map(|file| file.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["NOT-SECURE.txt"], "no key of nothing");
    });
}
