//! Damaged files of a server: it says what is wrong and does not start, or serves, and tells people to come again with
//! what it can't do. It never falls over, and it gives nobody what is another's.

use std::path::Path;

use kapprum_domain::actor::Role;
use kapprum_protocol::lines::Lines;
use kapprum_server::audit::Verdict;
use kapprum_server::{http::Server, open};
use kapprum_stories::*;
use kapprum_town::story;
use serde_json::json;

use crate::copied::copy;
use crate::damaged_phone::{Damage, OTHERS, Seeded, Table};

/// What Anna is answered who has nothing yet: rights, then all that she wants.
async fn answered(url: &str, bearer: &str) -> Result<Vec<String>, String> {
    let ask = async |body: serde_json::Value| {
        let request = plain_client().post(format!("{url}/v1/sync")).bearer_auth(bearer).body(body.to_string());
        let answer = request.send().await.map_err(|_| "no answer".to_owned())?;
        if answer.status() != 200 {
            return Err(format!("{} {}", answer.status().as_u16(), answer.text().await.unwrap_or_default()));
        }
        let mut lines = Vec::new();
        let mut reader = Lines::new().unwrap();
        let bytes = answer.bytes().await.map_err(|_| "an answer that was cut".to_owned())?;
        let read = reader.feed(&bytes, |line| {
            lines.push(line.to_owned());
            Ok::<(), kapprum_protocol::Malformed>(())
        });
        read.map_err(|_| "an answer that was cut".to_owned())?;
        Ok(lines)
    };
    let lines = ask(json!({ "v": 1 })).await?;
    if !lines.iter().any(|line| line.contains("\"end\"")) {
        return Err("an answer that was cut".to_owned());
    }
    Ok(lines)
}

/// Everything of a server as it lay when its machine lost power, served again.
async fn outcome(story: &Story, place: &Path, bearer: &str, whole: &[String]) -> String {
    let config = kapprum_server::config::Config {
        data: place.join("data"),
        keys: place.join("keys"),
        listen: ([127, 0, 0, 1], 0).into(),
        ..story.running.config.clone()
    };
    let tenants = match open::all(&config) {
        Ok(tenants) => tenants,
        Err(error) => {
            let told = error.to_string();
            return format!("does not start: {}", told.rsplit_once(": ").map_or(told.as_str(), |(_, why)| why));
        }
    };
    let verdict = match open::audit(&config, story.running.town.tenant).unwrap().verify().unwrap() {
        Verdict::Sound(_) => String::new(),
        broken => format!(", the audit log is {broken:?}").split('(').next().unwrap().to_owned(),
    };
    let server = Server::start(&config, tenants, story.clock.clone()).await.unwrap();
    let answered = answered(&format!("http://{}", server.address), bearer).await;
    server.stop().await;
    let damaged = open::tenant(&config, story.running.town.tenant).map(|(store, sign_in)| {
        store.damage().map_or(true, |found| !found.is_empty()) || !sign_in.is_sound().unwrap_or(false)
    });
    let found = if damaged.unwrap_or(true) { "`check` finds it" } else { "`check` finds nothing" };
    let served = match answered {
        Ok(lines) => {
            assert!(!OTHERS.iter().any(|name| lines.iter().any(|line| line.contains(name))), "{lines:?}");
            let rows =
                |lines: &[String]| lines.iter().filter(|line| line.starts_with('[')).cloned().collect::<Vec<_>>();
            if rows(&lines) == rows(whole) { "serves all" } else { "serves, not all as it was" }.to_owned()
        }
        Err(told) => format!("answers {told}"),
    };
    format!("{served}, {found}{verdict}")
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_damaged_a_server_says_so_or_serves_and_gives_nobody_what_another_holds() {
    let mut story = Story::begin().await;
    let anna = story.anna().await;
    story.weeks(&anna).await;
    // A handful of lines that are traced.
    let tenant = story.running.town.tenant;
    let bearer =
        std::fs::read_to_string(anna.home.join(format!("keys/session-{}", anna.kapprum.accounts()[0].id))).unwrap();
    let whole = answered(&story.running.url(), &bearer).await.unwrap();
    assert!(story.running.invite(story::maja(), Role::Staff).contains('.'));
    let [without_power, stopped] = ["without power", "stopped"].map(|name| story.folder.path().join(name));
    let copied = |story: &Story, place: &Path| {
        copy(&story.running.config.data, &place.join("data"));
        copy(&story.running.config.keys, &place.join("keys"));
    };
    copied(&story, &without_power);

    story.running.stop().await;
    // The last to close a file empties its log.
    let log = story.running.config.data.join(format!("{tenant}/store.db-wal"));
    while log.exists() {
        tokio::task::yield_now().await;
    }
    copied(&story, &stopped);
    let files = [
        ("store.db", format!("data/{tenant}/store.db"), 36),
        ("store.db-wal", format!("data/{tenant}/store.db-wal"), 18),
        ("sign_in.db", format!("data/{tenant}/sign_in.db"), 18),
        ("audit.log", format!("data/{tenant}/audit.log"), 6),
        ("receipts.key", "keys/receipts.key".to_owned(), 2),
        ("identities.key", "keys/identities.key".to_owned(), 2),
    ];
    let (mut seeded, mut table) = (Seeded(0x6b61_7070_7275_6d32), Table::default());
    for (name, file, flips) in files {
        let left = if name == "store.db-wal" { &without_power } else { &stopped };
        let length = std::fs::metadata(left.join(&file)).unwrap().len();
        assert!(length > 0, "{name}");
        for damage in Damage::of(length, flips, &mut seeded) {
            let place = tempfile::tempdir_in(story.folder.path()).unwrap();
            copy(left, place.path());
            damage.befalls(&place.path().join(&file));
            let outcome = outcome(&story, place.path(), &bearer, &whole).await;
            let defined =
                ["does not start: ", "serves", "answers 401 ", "answers 503 ", "answers an answer that was cut"];
            assert!(defined.iter().any(|begin| outcome.starts_with(begin)), "{name}, {damage:?}: {outcome}");
            table.note(name, damage, outcome);
        }
    }
    table.print();
}
