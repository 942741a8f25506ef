//! How accounts come, sleep and go: nothing is lost silently, nothing is left behind.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kapprum_client::error::Error;
use kapprum_client::kapprum::Kapprum;
use kapprum_client::key_store::KeyStore;
use kapprum_client::profile::{ProfileId, SignedIn};
use kapprum_client::sync::machine::Failure;
use kapprum_domain::outbox::Outbox;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_domain::time::HOUR;

use crate::world::{Device, MORNING, account, anna, in_files, phone, token};

const OWN: ProfileId = ProfileId(0);

async fn sign_in(core: &Kapprum) -> SignedIn {
    let signed_in = core.sign_in("http://server", &token(anna()), None).await.unwrap();
    core.sync(OWN).await.unwrap();
    signed_in
}

/// A device on which Anna has signed in, and one command waits, since the server does not answer any more.
async fn waiting() -> (Device, SignedIn) {
    let device = Device::new();
    let core = device.open().unwrap();
    let signed_in = sign_in(&core).await;
    device.server.silent.store(true, Ordering::Relaxed);
    core.send(OWN, vec![phone(anna(), 1)], None).await.unwrap();
    core.suspend().await;
    (device, signed_in)
}

async fn outbox(core: &Kapprum) -> Outbox {
    match core.feed(OWN, Ask::Outbox).next().await.unwrap() {
        Screen::Outbox(outbox) => outbox,
        other => panic!("{other:?}"),
    }
}

async fn notice(core: &Kapprum) -> Option<String> {
    match core.feed(OWN, Ask::Frame).next().await.unwrap() {
        Screen::Frame(frame) => frame.notice.map(|notice| notice.text),
        other => panic!("{other:?}"),
    }
}

const TOLD: &str =
    "The data on this phone could not be read. One thing that was not sent is gone. Sign in again and redo it.";

#[tokio::test]
async fn a_failing_key_store_is_an_error_and_deletes_nothing() {
    let (device, signed_in) = waiting().await;
    device.keys.failing.store(true, Ordering::Relaxed);
    assert!(matches!(device.open_again().await, Err(Error::Key(_))));
    device.keys.failing.store(false, Ordering::Relaxed);
    let core = device.open_again().await.unwrap();
    assert_eq!((core.accounts(), core.lost()), (vec![signed_in], vec![]));
    assert_eq!(outbox(&core).await.lines.len(), 1);
}

#[tokio::test]
async fn a_list_of_accounts_that_can_not_be_read_is_an_error_and_deletes_nothing() {
    let (device, signed_in) = waiting().await;
    let list = device.folder.path().join("accounts.json");
    let whole = std::fs::read(&list).unwrap();
    let cut = whole[..whole.len() / 2].to_vec();
    // Still a list: the account would be another's, or in another's profile.
    let text = String::from_utf8(whole.clone()).unwrap();
    let another = text.replace(&signed_in.id.to_string(), &uuid::Uuid::nil().to_string()).into_bytes();
    let elsewhere = text.replace("\"profile\":0", "\"profile\":1").into_bytes();
    for damaged in [cut, another, elsewhere] {
        assert_ne!(damaged, whole);
        std::fs::write(&list, damaged).unwrap();
        assert!(matches!(device.open_again().await, Err(Error::Unreadable)));
    }
    std::fs::write(&list, whole).unwrap();
    let core = device.open_again().await.unwrap();
    assert_eq!(core.accounts(), [signed_in]);
    assert_eq!(outbox(&core).await.lines.len(), 1);
}

#[tokio::test]
async fn without_its_session_an_account_is_signed_out_and_still_there() {
    let (device, signed_in) = waiting().await;
    device.keys.secrets.delete(&format!("session-{}", signed_in.id)).unwrap();
    let core = device.open_again().await.unwrap();
    assert!(matches!(core.sync(OWN).await, Err(Error::SignedOut)));
    assert_eq!(core.status(OWN)[0].failure, Some(Failure::SignedOut));
    assert_eq!(outbox(&core).await.lines.len(), 1);
    // Signing in again sends what waited: the same account goes on where it was.
    device.server.silent.store(false, Ordering::Relaxed);
    let again = core.sign_in("http://server", &token(anna()), Some(ProfileId(7))).await.unwrap();
    assert_eq!((again.id, again.profile), (signed_in.id, OWN));
    core.sync(OWN).await.unwrap();
    assert_eq!(core.accounts(), [again]);
    assert_eq!(outbox(&core).await.lines[0].mark, kapprum_domain::outbox::Mark::Done);
}

#[tokio::test]
async fn what_can_not_be_read_is_told_until_it_is_dismissed() {
    for damage in ["no key", "no file", "an empty file", "damaged at the start", "damaged asleep", "damaged in use"] {
        let (device, signed_in) = waiting().await;
        let file = device.folder.path().join(signed_in.id.to_string()).join("store.db");
        let spoil = || std::fs::write(&file, vec![7; std::fs::metadata(&file).unwrap().len() as usize]).unwrap();
        let spoil_rows = || {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[3 * 4096..].fill(7);
            std::fs::write(&file, bytes).unwrap();
        };
        let name = format!("database-{}", signed_in.id);
        match damage {
            "no key" => device.keys.secrets.delete(&name).unwrap(),
            "no file" => std::fs::remove_file(&file).unwrap(),
            "an empty file" => std::fs::write(&file, "").unwrap(),
            "damaged at the start" => spoil(),
            _ => {}
        }
        let mut core = device.open_again().await.unwrap();
        core.suspend().await;
        match damage {
            "damaged asleep" => spoil(),
            "damaged in use" => spoil_rows(),
            _ => {}
        }
        core.resume().await.unwrap();
        core.feed(OWN, Ask::Home).next().await.unwrap();
        for _ in 0..2 {
            while core.lost().is_empty() || file.exists() {
                tokio::task::yield_now().await;
            }
            assert_eq!(notice(&core).await.as_deref(), Some(TOLD), "{damage}");
            assert_eq!(core.accounts(), [], "{damage}");
            assert!(device.keys.secrets.get(&name).unwrap().is_none(), "{damage}");
            // Told after the next start too.
            drop(core);
            core = device.open_again().await.unwrap();
        }
        device.server.silent.store(false, Ordering::Relaxed);
        let again = sign_in(&core).await;
        assert_eq!((again.profile, notice(&core).await.as_deref()), (OWN, Some(TOLD)), "{damage}");
        core.dismiss_lost(OWN).await.unwrap();
        assert_eq!((core.lost(), notice(&core).await), (vec![], None), "{damage}");
    }
}

#[tokio::test]
async fn signing_out_asks_before_it_drops_what_is_not_sent() {
    let (device, signed_in) = waiting().await;
    let core = device.open_again().await.unwrap();
    let id = outbox(&core).await.lines[0].id;
    assert!(matches!(core.sign_out(signed_in.id, false).await, Err(Error::Unsent(1))));
    core.undo(OWN, id, None).await.unwrap();
    assert!(matches!(core.sign_out(signed_in.id, false).await, Err(Error::Unsent(1))), "the server may have done it");
    assert_eq!(core.accounts()[0], signed_in);
    core.sign_out(signed_in.id, true).await.unwrap();
    assert_eq!((core.accounts(), core.lost()), (vec![], vec![]));
    assert_eq!(device.server.sessions_ended.load(Ordering::Relaxed), 1);
    assert!(!device.folder.path().join(signed_in.id.to_string()).exists());
    assert!(!in_files(device.folder.path(), &signed_in.id.to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_saved_while_signing_out_is_never_dropped() {
    for _ in 0..10 {
        let device = Device::new();
        let core = Arc::new(device.open().unwrap());
        let signed_in = sign_in(&core).await;
        device.server.silent.store(true, Ordering::Relaxed);
        let sending = tokio::spawn({
            let core = core.clone();
            async move {
                let mut saved = 0;
                while core.send(OWN, vec![phone(anna(), saved)], None).await.is_ok() && saved < 5 {
                    saved += 1;
                }
                saved
            }
        });
        let signed_out = core.sign_out(signed_in.id, false).await;
        let saved = sending.await.unwrap();
        match signed_out {
            Ok(()) => assert_eq!(saved, 0, "saved, and gone with the account"),
            Err(Error::Unsent(_)) => assert!(outbox(&core).await.lines.len() >= saved as usize),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn accounts_that_come_and_go_at_once_are_all_remembered() {
    let device = Device::new();
    let core = device.open().unwrap();
    let first = sign_in(&core).await;
    let (one, two, three) = (account(2, 20), account(3, 30), account(4, 40));
    let sign_in = |token: String| {
        let core = &core;
        async move { core.sign_in("http://server", &token, Some(OWN)).await.unwrap() }
    };
    let (out, one, two, three, same) = tokio::join!(
        core.sign_out(first.id, true),
        sign_in(token(one)),
        sign_in(token(two)),
        sign_in(token(three)),
        sign_in(token(three))
    );
    out.unwrap();
    assert_eq!(three.id, same.id);
    let sorted = |mut accounts: Vec<SignedIn>| {
        accounts.sort_by_key(|one| one.id);
        accounts
    };
    let here = sorted(core.accounts());
    assert_eq!(here.iter().map(|one| one.id).collect::<Vec<_>>(), {
        let mut ids = vec![one.id, two.id, three.id];
        ids.sort();
        ids
    });
    drop(core);
    assert_eq!(sorted(device.open_again().await.unwrap().accounts()), here);
}

#[tokio::test]
async fn home_tells_of_the_server_that_was_silent_for_longest() {
    let device = Device::new();
    let core = device.open().unwrap();
    sign_in(&core).await;
    assert_eq!(notice(&core).await, None);
    device.clock.pass(2 * HOUR);
    device.server.time.store(MORNING + 2 * HOUR, Ordering::Relaxed);
    let other = core.sign_in("http://another", &token(account(2, 20)), Some(OWN)).await.unwrap();
    while !core.status(other.profile)[1].synced {
        tokio::task::yield_now().await;
    }
    assert_eq!((other.profile, notice(&core).await.as_deref()), (OWN, Some("Last fetched today 07:00")));
    core.sync(OWN).await.unwrap();
    assert_eq!(notice(&core).await, None);
}

#[tokio::test]
async fn whoever_waits_for_a_sync_is_told_of_the_sign_out() {
    let (device, signed_in) = waiting().await;
    let core = device.open_again().await.unwrap();
    let (synced, out) = tokio::join!(core.sync(OWN), async {
        while core.status(OWN)[0].round_trips == 0 {
            tokio::task::yield_now().await;
        }
        core.sign_out(signed_in.id, true).await
    });
    assert!(matches!(synced, Err(Error::SignedOut)) && out.is_ok());
}

#[tokio::test]
async fn a_suspended_core_opens_all_it_can_and_then_tells() {
    let device = Device::new();
    let core = device.open().unwrap();
    sign_in(&core).await;
    core.sign_in("http://server", &token(account(2, 20)), None).await.unwrap();
    let (_, _, first, second) = tokio::join!(core.suspend(), core.suspend(), core.resume(), core.resume());
    assert!(first.is_ok() && second.is_ok());
    core.suspend().await;
    assert!(matches!(core.send(OWN, vec![phone(anna(), 1)], None).await, Err(Error::Closed)));
    // Who signs in meanwhile sleeps too.
    let third = core.sign_in("http://server", &token(account(3, 30)), None).await.unwrap();
    assert!(matches!(core.feed(third.profile, Ask::Home).next().await, Err(Error::Closed)));
    device.keys.failing.store(true, Ordering::Relaxed);
    assert!(matches!(core.resume().await, Err(Error::Key(_))));
    device.keys.failing.store(false, Ordering::Relaxed);
    core.resume().await.unwrap();
    for profile in [0, 1, 2] {
        core.sync(ProfileId(profile)).await.unwrap();
    }
}

#[test]
fn a_living_feed_neither_keeps_the_folder_nor_falls_with_the_core() {
    let device = Device::new();
    let here = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..20 {
        let core = here().block_on(device.open_again()).unwrap();
        let mut feed = core.feed(OWN, Ask::Home);
        let ready = Arc::new(std::sync::Barrier::new(2));
        let own = ready.clone();
        let watching = std::thread::spawn(move || {
            here().block_on(async {
                feed.next().await.unwrap();
                own.wait();
                let ended = feed.next().await;
                assert!(matches!(ended, Err(Error::Closed)), "{ended:?}");
                feed
            })
        });
        ready.wait();
        drop(core);
        let mut feed = watching.join().unwrap();
        let reopened = here().block_on(device.open_again());
        assert!(reopened.is_ok(), "while a feed lives");
        assert!(matches!(here().block_on(feed.next()), Err(Error::Closed)));
    }
}
