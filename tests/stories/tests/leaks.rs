//! The canary: nothing of a person in logs, error texts and request lines, nor in the bytes of a device's folder, and
//! no identity number in the bytes of the server's files. Each search is shown to find what lies there in the open.
//!
//! One test in a process of its own: it listens to everything that server and devices log.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use kapprum_client::error::Error;
use kapprum_domain::actor::Role;
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::time::{HOUR, MINUTE};
use kapprum_server::config::LogForm;
use kapprum_server::log;
use kapprum_stories::*;
use kapprum_town::harness::{Device, Fault};
use kapprum_town::{Town, story};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// A comment, a phone number and a mail address that people write themselves.
const WRITTEN: [&str; 3] = ["Gråsiskan hämtar", "073-198 70 61", "anna@stjartmes.example"];

/// What was said, by whomever.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn hear(&self, text: &str) {
        self.0.lock().unwrap().extend_from_slice(format!("{text}\n").as_bytes());
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl ::log::Log for Heard {
    fn enabled(&self, _: &::log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &::log::Record<'_>) {
        self.hear(&format!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// Everybody goes by a name that stands nowhere by chance.
fn unmistakable(town: &mut Town) {
    for (number, person) in town.people.values_mut().enumerate() {
        person.given = format!("{}kanariefågel", person.given);
        person.call = Some(person.given.clone());
        person.family = format!("{}sidensvans", person.family);
        person.mail = format!("bofink{number}@example.se");
        person.address = format!("Gulärlegränd {number}");
    }
}

/// An identity number as people and machines write it.
fn spellings(number: &str) -> Vec<String> {
    let (date, serial) = number.split_at(8);
    let short = date.split_at(2).1;
    let signs = ["", "-", "+", " "];
    signs.iter().flat_map(|sign| [format!("{date}{sign}{serial}"), format!("{short}{sign}{serial}")]).collect()
}

fn numbers(town: &Town) -> Vec<String> {
    town.people.values().filter_map(|person| person.number.as_deref()).flat_map(spellings).collect()
}

/// All that must be nowhere.
fn canaries(town: &Town) -> Vec<String> {
    let mut all = numbers(town);
    all.extend(WRITTEN.map(str::to_owned));
    for person in town.people.values() {
        let digits = person.phone.replace(['-', ' '], "");
        let texts = [&person.given, &person.family, &person.mail, &person.address, &person.phone, &digits];
        all.extend(texts.into_iter().filter(|text| !text.is_empty()).cloned());
    }
    all
}

/// Those that lie in these bytes.
fn found<'a>(bytes: &[u8], canaries: &'a [String]) -> Vec<&'a str> {
    // What is no text turns into other signs; a text between stays as it is.
    let bytes = String::from_utf8_lossy(bytes);
    canaries.iter().map(String::as_str).filter(|text| bytes.contains(text)).collect()
}

/// All files of a folder as they lie, also those that are open and the logs beside them.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => all.extend(files(&entry.path())),
            false => all.push((entry.path(), std::fs::read(entry.path()).unwrap())),
        }
    }
    all
}

fn bytes(folder: &Path) -> Vec<u8> {
    files(folder).into_iter().flat_map(|(_, bytes)| bytes).collect()
}

/// Passes requests on to a server and tells their lines and headers; where it listens.
async fn listener(server: String, heard: Heard) -> String {
    let client = plain_client();
    let passed = move |request: Request| {
        let (client, server, heard) = (client.clone(), server.clone(), heard.clone());
        async move {
            let (parts, body) = request.into_parts();
            heard.hear(&format!("{} {}", parts.method, parts.uri));
            let told = parts.headers.iter().filter(|(name, _)| *name != "authorization");
            told.for_each(|(name, value)| heard.hear(&format!("{name}: {value:?}")));
            let url = format!("{server}{}", parts.uri.path_and_query().unwrap());
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let answer = client.request(parts.method, url).headers(parts.headers).body(body).send().await.unwrap();
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut response = Response::new(Body::from(answer.bytes().await.unwrap()));
            (*response.status_mut(), *response.headers_mut()) = (status, headers);
            response
        }
    };
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(socket, axum::Router::new().fallback(passed)).await });
    format!("http://{address}")
}

fn secret(device: &Device, kind: &str) -> String {
    let account = device.kapprum.accounts()[0].id;
    std::fs::read_to_string(device.home.join(format!("keys/{kind}-{account}"))).unwrap()
}

#[tokio::test]
async fn nothing_of_a_person_is_in_logs_errors_request_lines_or_in_the_bytes_of_a_device() {
    let logs = Heard::default();
    let (lines, errors, as_json) = (Heard::default(), Heard::default(), Heard::default());
    let (text, json) = (logs.clone(), as_json.clone());
    tracing_subscriber::registry()
        .with(log::lines(LogForm::Text, move || text.clone()))
        .with(log::lines(LogForm::Json, move || json.clone()))
        .with(log::Counting)
        .init();
    ::log::set_logger(Box::leak(Box::new(logs.clone()))).unwrap();
    ::log::set_max_level(::log::LevelFilter::Trace);
    let failed = |error: Error| errors.hear(&format!("{error} {error:?}"));

    // Given a town with its people, devices that sign in, and one whose requests are listened to.
    let mut story = Story::begin_with(unmistakable).await;
    let canaries = canaries(&story.running.town);
    let bo = story.bo().await;
    let url = listener(story.running.url(), lines.clone()).await;
    let anna = story.unpacked("anna");
    let invitation = story.running.invite(story::anna(), Role::Guardian);
    anna.sign_in(&url, &invitation).await.unwrap();
    let vera = story.person("vera", story::vera(), Role::Guardian).await;
    let (tablet, board) = (story.tablet().await, story.board().await);
    let maja = story.person("maja", story::maja(), Role::Staff).await;
    let mut secrets = vec![invitation];
    secrets.extend([&anna, &bo, &maja].iter().flat_map(|one| ["session", "database"].map(|kind| secret(one, kind))));

    // When a whole day goes by, with what goes wrong on such a day.
    story.weeks(&anna).await;
    let [comment, phone, mail] = WRITTEN.map(str::to_owned);
    anna.cable.set(Fault::AnswerLost);
    send(&anna, pick_up(tuesday(), "15:00", &comment)).await;
    send(&anna, Command::SetContact { person: story::anna(), phone, mail }).await;
    failed(story.sync(&anna).await.unwrap_err());
    let anna = anna.die().unwrap();
    anna.cable.set(Fault::None);
    story.sync(&anna).await.unwrap();
    let taken_back = send(&anna, absent(story::love(), tuesday())).await;
    anna.kapprum.undo(OWN, taken_back, None).await.unwrap();
    send(&vera, absent(story::marked(), tuesday())).await;
    let at = AtPlacement { child: story::love(), placement: story::loves_placement(), group: None };
    send(&maja, Command::CheckIn(at)).await;
    send(&board, Command::CheckOut(AtPlacement { group: Some(story::department()), ..at })).await;
    failed(tablet.kapprum.send(OWN, vec![Command::CheckIn(at)], None).await.unwrap_err());
    failed(anna.kapprum.send(OWN, vec![pick_up(tuesday().plus(-7), "15:00", &comment)], None).await.unwrap_err());
    failed(anna.kapprum.send(OWN, vec![pick_up(tuesday(), "15:00", &comment.repeat(40))], None).await.unwrap_err());
    let wrong = Command::SetContact { person: story::anna(), phone: WRITTEN[2].to_owned(), mail: String::new() };
    failed(anna.kapprum.send(OWN, vec![wrong], None).await.unwrap_err());
    failed(vera.kapprum.send(OWN, vec![pick_up(tuesday(), "15:00", &comment)], None).await.unwrap_err());
    for device in [&anna, &bo, &vera, &tablet, &board, &maja] {
        story.clock.pass(MINUTE);
        story.sync(device).await.unwrap();
    }
    // Bo loses his rights with something unsent; Vera's phone is revoked; Maja signs out.
    bo.cable.pull(true);
    send(&bo, pick_up(tuesday().plus(1), "14:00", &comment)).await;
    story.running.town.end_guardian(story::bo(), story::love());
    let report = story.running.import();
    bo.cable.pull(false);
    story.sync(&bo).await.unwrap();
    story.running.sign_in().revoke(vera.kapprum.accounts()[0].device, morning()).unwrap();
    failed(story.sync(&vera).await.unwrap_err());
    maja.kapprum.sign_out(maja.kapprum.accounts()[0].id, true).await.unwrap();
    story.clock.pass(HOUR);
    story.running.stop().await;
    failed(story.sync(&tablet).await.unwrap_err());
    story.running.serve().await;
    // And somebody sends nonsense that is full of names.
    let client = plain_client();
    let nonsense = format!(r#"{{"v":1,"cursor":"{0}","want":["{0}"],"{0}":"{0}"}}"#, canaries.join(" "));
    for (path, body) in [("sync", nonsense.clone()), ("activate", nonsense.clone()), ("sync", "ü".repeat(9))] {
        let post = client.post(format!("{}/v1/{path}", story.running.url())).bearer_auth(secret(&anna, "session"));
        let answer = post.body(body).send().await.unwrap();
        errors.hear(&format!("{} {:?} {}", answer.status(), answer.headers().clone(), answer.text().await.unwrap()));
    }

    // Then every search finds what lies in the open.
    let data = story.running.config.data.clone();
    assert!(found(&bytes(&data), &canaries).contains(&"Lovekanariefågel"), "the server's records are plain");
    assert!(found(held(&anna).as_bytes(), &canaries).contains(&"Lovekanariefågel"), "and Anna's, with her key");
    assert!(found(held(&anna).as_bytes(), &canaries).contains(&WRITTEN[0]));
    let numbers = numbers(&story.running.town);
    assert!(!found(&bytes(&story.folder.path().join("source")), &numbers).is_empty(), "the source tells numbers");
    let (told, heard_errors, heard_lines) = (logs.bytes(), errors.bytes(), lines.bytes());
    assert!(told.len() > 100_000 && heard_errors.len() > 500, "both are heard");
    let told_as_json = String::from_utf8(as_json.bytes()).unwrap();
    for line in told_as_json.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }

    // And the searches find nothing where nothing may be.
    assert_eq!(found(&told, &canaries), [""; 0], "in the logs");
    assert_eq!(found(&told, &secrets), [""; 0], "in the logs");
    assert_eq!(found(told_as_json.as_bytes(), &[canaries.clone(), secrets.clone()].concat()), [""; 0], "as JSON");
    assert_eq!(found(&heard_errors, &canaries), [""; 0], "in error texts");
    assert_eq!(found(&heard_lines, &[canaries.clone(), secrets.clone()].concat()), [""; 0], "in requests' heads");
    let heard_lines = String::from_utf8(heard_lines).unwrap();
    let mut posts: Vec<&str> = heard_lines.lines().filter(|line| !line.contains(": ")).collect();
    posts.sort();
    posts.dedup();
    let ends = |line: &&str, path: &str| line.starts_with("POST ") && line.ends_with(path);
    assert!(posts.iter().all(|line| ends(line, "/v1/sync") || ends(line, "/v1/activate")), "{posts:?}");
    for device in [&anna, &bo, &vera, &tablet, &board, &maja] {
        assert!(files(&device.home).iter().any(|(path, _)| path.ends_with("accounts.json")));
        assert_eq!(found(&bytes(&device.home), &canaries), [""; 0], "in the bytes of {}", device.home.display());
    }
    let wal = files(&anna.home).into_iter().any(|(path, bytes)| path.ends_with("store.db-wal") && !bytes.is_empty());
    assert!(wal, "the log that is not written back yet was looked at too");
    assert_eq!(found(&bytes(&data), &numbers), [""; 0], "in the server's files");
    assert_eq!(found(format!("{report:?}").as_bytes(), &numbers), [""; 0], "in the report of an import");
    let sealed = data.join(format!("{}/sign_in.db", story::tenant()));
    let sealed: i64 = open(&sealed).query_row("SELECT count(*) FROM identity", [], |row| row.get(0)).unwrap();
    assert!(sealed > 0, "sealed, they are there");

    // And had anybody said a name, it would have been heard.
    let errors = log::LOGGED.errors.load(Ordering::Relaxed);
    tracing::error!("{}", WRITTEN[0]);
    assert_eq!(log::LOGGED.errors.load(Ordering::Relaxed), errors + 1, "errors are counted");
    ::log::trace!("{}", WRITTEN[1]);
    assert_eq!(found(&logs.bytes(), &canaries), WRITTEN[..2]);
    std::fs::write(anna.home.join("data/plain"), WRITTEN[2]).unwrap();
    assert_eq!(found(&bytes(&anna.home), &canaries), WRITTEN[2..]);
}
