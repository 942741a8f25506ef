//! The driver over a server that is silent, slow or wrong: what it tells of itself is true.

use std::sync::atomic::Ordering;

use kapprum_client::error::Error;
use kapprum_client::kapprum::Kapprum;
use kapprum_client::profile::ProfileId;
use kapprum_client::sync::driver::Status;
use kapprum_client::sync::machine::{Action, Failure, Machine, Sizes, Wishes};
use kapprum_domain::screen::{Ask, Screen};
use kapprum_domain::time::{HOUR, MINUTE, Timestamp};
use kapprum_protocol::receipt::Outcome;

use crate::world::{Device, MORNING, Said, anna, applied, end, phone, receipt, token};

const OWN: ProfileId = ProfileId(0);

async fn fetched() -> (Device, Kapprum) {
    let device = Device::new();
    let core = device.open().unwrap();
    core.sign_in("http://server", &token(anna()), None).await.unwrap();
    core.sync(OWN).await.unwrap();
    (device, core)
}

/// Waits until the sync stands so.
async fn until(core: &Kapprum, stands: impl Fn(&Status) -> bool) -> Status {
    loop {
        let status = core.status(OWN)[0];
        if stands(&status) {
            return status;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn house_is_kept_while_someone_looks_and_an_answer_is_awaited() {
    let (device, core) = fetched().await;
    core.foreground(OWN, true);
    while device.server.requests.lock().unwrap().last().unwrap().wait.is_none() {
        tokio::task::yield_now().await;
    }
    assert!(core.status(OWN)[0].synced, "everything is here, and news is awaited");
    let mut feed = core.feed(OWN, Ask::Frame);
    assert_eq!(notice(feed.next().await.unwrap()), None);
    device.clock.pass(HOUR);
    core.foreground(OWN, true);
    while notice(feed.next().await.unwrap()).is_none_or(|notice| !notice.starts_with("Locked")) {}
}

fn notice(screen: Screen) -> Option<String> {
    let Screen::Frame(frame) = screen else { panic!("{screen:?}") };
    frame.notice.map(|notice| notice.text)
}

#[tokio::test]
async fn an_answer_without_news_is_contact() {
    let (device, core) = fetched().await;
    let told = async || notice(core.feed(OWN, Ask::Frame).next().await.unwrap());
    assert_eq!(told().await, None);
    // The device's clock is hours ahead of the server's, which the next contact tells.
    device.clock.restart(0, 1, 3 * HOUR);
    assert!(told().await.is_some_and(|notice| notice.starts_with("Last fetched")));
    device.server.time.store(MORNING + MINUTE, Ordering::Relaxed);
    core.sync(OWN).await.unwrap();
    assert_eq!(told().await, None);
}

#[tokio::test]
async fn what_failed_is_told_as_what_it_is() {
    for (said, failure) in [
        (Said::Failed(Failure::Lost), Failure::Lost),
        (Said::Failed(Failure::Outdated), Failure::Outdated),
        (Said::Lines(b"no line of this protocol\n".to_vec()), Failure::Lost),
        (Said::Lines(Vec::new()), Failure::Lost),
    ] {
        let (device, core) = fetched().await;
        assert!(core.status(OWN)[0].synced);
        device.server.silent.store(true, Ordering::Relaxed);
        device.server.say(said);
        device.server.silent.store(false, Ordering::Relaxed);
        let synced = core.sync(OWN).await;
        assert!(matches!(synced, Err(Error::Offline | Error::Outdated)), "{synced:?}");
        let status = core.status(OWN)[0];
        assert_eq!((status.synced, status.failure), (false, Some(failure)));
        core.sync(OWN).await.unwrap();
        assert_eq!(core.status(OWN)[0].failure, None);
    }
}

#[tokio::test]
async fn whoever_waits_for_a_server_that_asks_to_try_later_is_told() {
    let (device, core) = fetched().await;
    device.server.silent.store(true, Ordering::Relaxed);
    let sent = core.send(OWN, vec![phone(anna(), 1)], None).await.unwrap();
    let id = sent.parts[0].1.as_ref().unwrap()[0];
    let mut lines = Vec::new();
    receipt(id, Outcome::Retry, Timestamp(MORNING)).write(&mut lines);
    applied().write(&mut lines);
    end(Timestamp(MORNING), (3600, 600)).write(&mut lines);
    core.suspend().await;
    device.server.say(Said::Lines(lines));
    device.server.silent.store(false, Ordering::Relaxed);
    core.resume().await.unwrap();
    let status = until(&core, |status| status.failure.is_some()).await;
    assert!(!status.synced, "a command waits");
    core.sync(OWN).await.unwrap();
}

#[test]
fn a_server_that_asks_to_try_later_is_asked_less_and_less_often() {
    let mut machine = Machine::new(7, Sizes::default());
    let wishes = Wishes { ask: true, ..Wishes::default() };
    let (mut now, mut pauses) = (0, Vec::new());
    for _ in 0..6 {
        let Action::Send(exchange, _) = machine.poll(now, wishes, || Some(Default::default())) else { panic!() };
        let mut lines = Vec::new();
        applied().write(&mut lines);
        end(Timestamp(MORNING), (3600, 600)).write(&mut lines);
        for line in std::str::from_utf8(&lines).unwrap().lines() {
            machine.line(exchange, line).unwrap();
        }
        machine.retry_later(now);
        machine.ended(exchange, now, false);
        let Action::Sleep(until) = machine.poll(now, wishes, || Some(Default::default())) else { panic!() };
        pauses.push(until - now);
        now = until;
    }
    assert!(pauses[0] < 1_000 && pauses[5] >= 8_000, "{pauses:?}");
}

#[test]
fn however_long_there_was_no_contact_it_is_tried_again_within_a_minute() {
    for seed in 1..50 {
        let mut machine = Machine::new(seed, Sizes::default());
        let wishes = Wishes { ask: true, ..Wishes::default() };
        let (mut now, mut last) = (0, 0);
        for failed in 0..30 {
            let Action::Send(exchange, _) = machine.poll(now, wishes, || Some(Default::default())) else { panic!() };
            machine.failed(exchange, now, Failure::Lost);
            let Action::Sleep(until) = machine.poll(now, wishes, || Some(Default::default())) else { panic!() };
            assert!(until - now <= MINUTE, "{} ms after {failed} failures", until - now);
            (last, now) = (until - now, until);
        }
        assert!(last >= MINUTE / 2, "{last} ms: less and less often all the same");
    }
}
