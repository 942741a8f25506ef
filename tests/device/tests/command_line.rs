//! The command line as a person or a script meets it: JSON out, one clear line of JSON when something is wrong.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use kapprum_domain::actor::Role;
use kapprum_server::clock::{Clock, SystemClock};
use kapprum_town::harness::Running;
use kapprum_town::{Town, story};
use serde_json::Value;

/// What it says on stdout, or on stderr.
fn device(home: &Path, arguments: &[&str]) -> Result<Value, Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kapprum-device"));
    let done = command.arg("--home").arg(home).args(["--language", "en"]).args(arguments).output().unwrap();
    let (told, silent) = if done.status.success() { (done.stdout, done.stderr) } else { (done.stderr, done.stdout) };
    assert!(silent.is_empty(), "{arguments:?}");
    let text = String::from_utf8(told).unwrap();
    assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}");
    let value = serde_json::from_str(&text).unwrap();
    if done.status.success() { Ok(value) } else { Err(value) }
}

fn wrong(home: &Path, arguments: &[&str]) -> (String, String) {
    let said = device(home, arguments).unwrap_err();
    let text = |name: &str| said[name].as_str().unwrap().to_owned();
    (text("error"), text("text"))
}

#[test]
fn wrong_usage_is_one_line_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    for (arguments, text) in [
        (&["fetch"][..], "unrecognized subcommand 'fetch'"),
        (&[], "'kapprum-device' requires a subcommand but one was not provided"),
        (&["--now", "7", "sync"], "invalid value '7' for '--now <NOW>': a moment looks like 2026-11-24T07:12"),
        (&["sign-in", "--invite", "x"], "the following required arguments were not provided: --server <SERVER>"),
    ] {
        let said = wrong(home, arguments);
        assert!(said.0 == "usage" && said.1.starts_with(text), "{said:?}");
    }
    assert_eq!(wrong(home, &["view", "home"]).0, "signed_out");
    assert_eq!(wrong(&home.join("nowhere"), &["view", "home"]).0, "usage");
}

#[test]
fn offline_means_that_nobody_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    for how in [&["--offline"][..], &["--now", "2026-11-24T07:12"]] {
        let arguments = [how, &["sign-in", "--server", &url, "--invite", "x"]].concat();
        assert_eq!(wrong(folder.path(), &arguments).0, "offline");
        assert!(server.accept().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_on_one_device() {
    let folder = tempfile::tempdir().unwrap();
    let town = Town::small(SystemClock.now().day());
    let mut running = Running::start(town, folder.path(), Arc::new(SystemClock)).await;
    let home = folder.path().join("device");
    let invites = [story::anna(), story::bo()].map(|person| running.invite(person, Role::Guardian));
    for (invite, profile) in invites.iter().zip([0, 1]) {
        let signed_in = device(&home, &["sign-in", "--server", &running.url(), "--invite", invite]).unwrap();
        assert_eq!(signed_in["profile"], profile, "each has a profile, unless it is asked for");
    }
    running.stop().await;
    assert_eq!(
        wrong(&home, &["--profile", "7", "view", "home"]),
        ("usage".to_owned(), "no account has this profile".to_owned())
    );
    let absent = format!(
        r#"{{"report_absence":{{"child":"{}","days":{{"from":"{}"}}}}}}"#,
        story::love(),
        SystemClock.now().day().plus(2)
    );
    assert_eq!(
        device(&home, &["--offline", "--profile", "1", "send", &absent]).unwrap()["saved"].as_array().unwrap().len(),
        1
    );
    let lines = |arguments: &[&str]| device(&home, arguments).unwrap()["outbox"]["lines"].as_array().unwrap().len();
    assert_eq!((lines(&["outbox"]), lines(&["--profile", "1", "outbox"])), (0, 1));
    // Another time is believed by that run alone.
    let tomorrow = format!("{}T07:12", SystemClock.now().day().plus(1));
    let heading = |arguments: &[&str]| {
        let child = story::love().to_string();
        device(&home, &[arguments, &["view", "child-day", "--child", &child]].concat()).unwrap()["child_day"]["day"]
            .clone()
    };
    assert_eq!(heading(&["--now", &tomorrow]), SystemClock.now().day().plus(1).to_string());
    assert_eq!(heading(&["--offline"]), SystemClock.now().day().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_stays_on_answers_each_line_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let town = Town::small(SystemClock.now().day());
    let mut running = Running::start(town, folder.path(), Arc::new(SystemClock)).await;
    let home = folder.path().join("device");
    let invite = running.invite(story::anna(), Role::Guardian);
    device(&home, &["sign-in", "--server", &running.url(), "--invite", &invite]).unwrap();
    let day = SystemClock.now().day().plus(2);
    let report = format!(r#"{{"report_absence":{{"child":"{}","days":{{"from":"{day}"}}}}}}"#, story::love());
    let lines = [
        format!(r#"{{"send":{{"command":{report}}}}}"#),
        "\"sync\"".to_owned(),
        r#"{"view":"outbox"}"#.to_owned(),
        "\"check\"".to_owned(),
        "\"fly\"".to_owned(),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_kapprum-device"));
    command.args(["--language", "en", "--home"]).arg(&home).arg("live").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut live = command.spawn().unwrap();
    live.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let done = live.wait_with_output().unwrap();
    assert!(done.status.success());
    let answers = String::from_utf8(done.stdout).unwrap();
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [ready, sent, synced, outbox, check, unknown] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((ready["ready"].clone(), synced["synced"].clone()), (true.into(), true.into()));
    assert_eq!(outbox["outbox"]["lines"][0]["id"], sent["saved"][0]);
    assert_eq!(outbox["outbox"]["lines"][0]["mark"], "done");
    assert_eq!(*check, serde_json::json!({ "damage": [], "wrong_sums": 0 }));
    assert_eq!(unknown["error"], "usage");
    running.stop().await;
}
