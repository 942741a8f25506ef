//! What the operator's monitoring reads: what happened, counted; in the format's own grammar; and nothing of a person.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_server::clock::Clock;
use kapprum_stories::{Story, absent, plain_client, send, tuesday};
use kapprum_town::harness::Device;
use kapprum_town::story;
use serde_json::json;

/// What was read: each sample by its name with its labels.
struct Read {
    text: String,
    samples: BTreeMap<String, f64>,
    kinds: BTreeMap<String, String>,
}

impl Read {
    async fn from(story: &Story) -> Self {
        let client = watcher();
        let answer = client.get(story.running.metrics_url()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        parse(answer.text().await.unwrap())
    }

    fn at(&self, sample: &str) -> f64 {
        *self.samples.get(sample).unwrap_or_else(|| panic!("no {sample} in\n{}", self.text))
    }

    /// All samples of a name together.
    fn sum(&self, name: &str) -> f64 {
        let of = |sample: &str| sample.split('{').next() == Some(name);
        self.samples.iter().filter(|(sample, _)| of(sample)).map(|(_, value)| value).sum()
    }
}

/// Reads the text by the grammar of the exposition format, version 0.0.4: any line that breaks it fails.
fn parse(text: String) -> Read {
    assert!(text.ends_with('\n'));
    let (mut samples, mut kinds, mut helped) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, _) = help.split_once(' ').unwrap();
            assert!(is_name(name) && helped.insert(name.to_owned()), "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram", "summary", "untyped"].contains(&kind), "{line}");
            assert!(helped.contains(name) && kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = sample.split_once('{').unwrap_or((sample, "}"));
            assert!(is_name(name), "{line}");
            let of = |suffix: &&str| name.strip_suffix(*suffix).is_some_and(|base| kinds.contains_key(base));
            assert!(["", "_bucket", "_sum", "_count"].iter().any(of), "a sample without its type: {line}");
            let mut rest = labels.strip_suffix('}').unwrap();
            while !rest.is_empty() {
                let (label, value) = rest.split_once("=\"").unwrap();
                assert!(is_name(label) && !label.contains(':'), "{line}");
                // None of our values needs a quotation mark within.
                let (value, after) = value.split_once('"').unwrap();
                assert!(!value.contains(['\\', '\n']), "{line}");
                rest = after
                    .strip_prefix(',')
                    .unwrap_or_else(|| after.strip_prefix("").filter(|_| after.is_empty()).unwrap());
            }
            let number: f64 = value.replace("+Inf", "inf").parse().unwrap();
            assert!(samples.insert(sample.to_owned(), number).is_none(), "twice: {line}");
        }
    }
    Read { text, samples, kinds }
}

/// A client of HTTP/1, as monitoring is.
fn watcher() -> reqwest::Client {
    // It sees to the ciphers' provider.
    drop(plain_client());
    reqwest::Client::builder().http1_only().no_proxy().build().unwrap()
}

fn is_name(text: &str) -> bool {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || sign == '_' || sign == ':';
    !text.is_empty() && text.chars().all(plain) && !text.starts_with(|sign: char| sign.is_ascii_digit())
}

fn bearer(device: &Device) -> String {
    let account = device.kapprum.accounts()[0].id;
    std::fs::read_to_string(device.home.join(format!("keys/session-{account}"))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_the_server_reads_what_happened_and_nothing_of_a_person() {
    // Given a morning: Anna reports Love absent, Maja checks in Ebba.
    let story = Story::begin().await;
    let tenant = story::tenant();
    let nothing = Read::from(&story).await;
    assert_eq!((nothing.sum("kapprum_commands_total"), nothing.at("kapprum_waits")), (0.0, 0.0));
    let anna = story.anna().await;
    story.weeks(&anna).await;
    send(&anna, absent(story::love(), tuesday())).await;
    story.sync(&anna).await.unwrap();

    // When a stranger knocks, an old invitation comes, and Anna's bearer asks for another's child.
    let (client, url) = (plain_client(), story.running.url());
    let post = |path: &str, body: String| client.post(format!("{url}{path}")).body(body);
    let id = uuid::Builder::from_unix_timestamp_millis(story.clock.now().0.unsigned_abs(), &[7; 10]).into_uuid();
    let days = json!({ "from": tuesday(), "until": tuesday() });
    let command = json!({ "id": id, "body": { "report_absence": { "child": story::marked(), "days": days } } });
    let commands = json!({ "v": 1, "commands": [command, { "id": story::love(), "body": {} }] }).to_string();
    let statuses = [
        post("/v1/sync", commands.clone()).bearer_auth(bearer(&anna)).send().await.unwrap().status().as_u16(),
        post("/v1/sync", commands).bearer_auth("kanariefågel").send().await.unwrap().status().as_u16(),
        post("/v1/activate", json!({ "token": format!("{tenant}.x") }).to_string())
            .send()
            .await
            .unwrap()
            .status()
            .as_u16(),
        post("/kanariefågel", String::new()).send().await.unwrap().status().as_u16(),
    ];
    assert_eq!(statuses, [200, 401, 410, 404]);
    // And a tablet waits for news, and gets some.
    let tablet = story.tablet().await;
    let waiting = loop {
        let read = Read::from(&story).await;
        if read.at("kapprum_waits") == 1.0 {
            break read;
        }
        tokio::task::yield_now().await;
    };
    assert!(waiting.at("kapprum_connections") >= 2.0, "{}", waiting.text);
    let at = AtPlacement { child: story::ebba(), placement: story::ebbas_placement(), group: None };
    let maja = story.person("maja", story::maja(), kapprum_domain::actor::Role::Staff).await;
    send(&maja, Command::CheckIn(at)).await;
    story.sync(&maja).await.unwrap();
    let read = loop {
        let read = Read::from(&story).await;
        if read.samples.contains_key("kapprum_sync_seconds_count{part=\"woken\"}") {
            break read;
        }
        tokio::task::yield_now().await;
    };
    drop(tablet);

    // Then the counts are what happened.
    assert_eq!(read.at("kapprum_commands_total{outcome=\"ok\"}"), 4.0, "two weeks, an absence, a check-in");
    assert_eq!(read.at("kapprum_commands_total{outcome=\"refused\"}"), 1.0);
    assert_eq!(read.at("kapprum_commands_total{outcome=\"upgrade\"}"), 1.0);
    let own = format!("{{tenant=\"{tenant}\"}}");
    assert_eq!(read.at(&format!("kapprum_writer_commands_total{own}")), 6.0);
    // Three requests of Anna's, one of Maja's, and what pairing the tablet wrote.
    assert_eq!(read.at(&format!("kapprum_writer_batches_total{own}")), 5.0);
    assert!(read.at(&format!("kapprum_writer_seconds_total{own}")) > 0.0);
    assert_eq!(read.at(&format!("kapprum_writer_queue{own}")), 0.0);
    assert_eq!(read.at("kapprum_requests_total{route=\"/v1/activate\",status=\"2xx\"}"), 3.0);
    assert_eq!(read.at("kapprum_requests_total{route=\"/v1/activate\",status=\"4xx\"}"), 1.0);
    assert_eq!(read.at("kapprum_requests_total{route=\"/v1/sync\",status=\"4xx\"}"), 1.0);
    assert_eq!(read.at("kapprum_requests_total{route=\"other\",status=\"4xx\"}"), 1.0);
    assert_eq!(read.at("kapprum_sessions_refused_total"), 1.0);
    assert_eq!(read.at("kapprum_invitations_refused_total"), 1.0);
    assert!(read.at(&format!("kapprum_store_bytes{{tenant=\"{tenant}\",file=\"store\"}}")) > 10_000.0);
    assert_eq!(read.at(&format!("kapprum_audit_lines_not_copied_total{own}")), 0.0);
    assert_eq!(read.at(&format!("kapprum_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    let asked = read.at("kapprum_sync_seconds_count{part=\"asked\"}");
    assert_eq!(read.at("kapprum_sync_seconds_bucket{part=\"asked\",le=\"+Inf\"}"), asked);
    assert!(asked >= 6.0);
    assert_eq!(read.kinds["kapprum_sync_seconds"], "histogram");

    // And nothing else names anybody: labels are words of ours and the tenant.
    let ids = uuid_like(&read.text);
    assert_eq!(ids, BTreeSet::from([tenant.to_string()]));
    for person in story.running.town.people.values() {
        for text in [&person.given, &person.family, &person.phone, &person.mail] {
            assert!(text.is_empty() || !read.text.contains(text.as_str()), "{text}");
        }
    }
    assert!(!read.text.contains("kanariefågel") && !read.text.contains(&bearer(&anna)));
}

fn uuid_like(text: &str) -> BTreeSet<String> {
    text.split('"').filter(|part| part.parse::<uuid::Uuid>().is_ok()).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_port_has_no_metrics_and_the_other_has_nothing_else() {
    let story = Story::begin().await;
    let public = plain_client().get(format!("{}/metrics", story.running.url())).send().await.unwrap();
    assert_eq!(public.status(), 404);
    let client = watcher();
    let base = story.running.metrics_url();
    let base = base.strip_suffix("/metrics").unwrap();
    for path in ["/", "/healthz", "/v1/sync", "/metrics/x"] {
        assert_eq!(client.get(format!("{base}{path}")).send().await.unwrap().status(), 404, "{path}");
    }
    assert_eq!(client.post(format!("{base}/metrics")).send().await.unwrap().status(), 405);
}

/// A table or an alert that names what there is not would never tell anything.
#[test]
fn what_the_operators_page_watches_is_there() {
    let page = include_str!("../../../docs/operate.md");
    let watched = page.split("## What to watch").nth(1).unwrap().split("\n## ").next().unwrap();
    let name = |text: &str| text.split(|one: char| !one.is_ascii_lowercase() && one != '_').next().unwrap().to_owned();
    let in_alerts = watched.split("kapprum_").skip(1).map(name);
    let rows = watched.lines().filter(|line| line.starts_with("| `"));
    let in_table = rows.flat_map(|row| row.split(" | ").next().unwrap().split('`').skip(1).step_by(2)).map(name);
    let names: BTreeSet<String> = in_alerts.chain(in_table).filter(|name| !name.is_empty()).collect();
    assert!(names.len() > 15, "{names:?}");
    let registered = include_str!("../../../server/src/http/metrics.rs");
    for name in names {
        let plain = ["_total", "_bucket", "_info"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        assert!(registered.contains(&format!("register(\"{plain}\"")), "{name}");
    }
}
