//! Bad input over HTTP, to a real server: each gets a typed answer, changes nothing and tells nothing that is another's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::{Read, Write};
use std::time::Duration;

use kapprum_domain::actor::{Account, Role};
use kapprum_domain::id::{ChildId, DeviceId, TenantId};
use kapprum_domain::organisation::Municipality;
use kapprum_domain::time::{DAY, Timestamp};
use kapprum_protocol::cursor::{Cursor, Epoch, Seq};
use kapprum_protocol::frame::{Frame, RightsFrame};
use kapprum_protocol::limits::{COMMAND_BYTES, COMMANDS, REQUEST_BYTES, WANTED};
use kapprum_protocol::lines::Lines;
use kapprum_protocol::problem::{Problem, ProblemKind};
use kapprum_protocol::receipt::{Outcome, Receipt};
use kapprum_protocol::session::Activated;
use kapprum_protocol::{Malformed, NOW_HEADER};
use kapprum_server::config::Patience;
use kapprum_server::open;
use kapprum_server::store::Store;
use kapprum_stories::{Story, morning, plain_client, tuesday};
use kapprum_town::story;
use serde_json::{Value, json};

/// An answer as it came over the wire.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// What is wrong, as the server says it; the status must be the one it travels with.
    fn problem(&self) -> ProblemKind {
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(self.status, problem.error.status());
        problem.error
    }

    fn lines(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        let mut lines = Vec::new();
        let visited = Lines::new().unwrap().feed(&self.body, |line| {
            lines.push(line.to_owned());
            Ok::<(), Malformed>(())
        });
        visited.unwrap();
        lines
    }

    fn receipts(&self) -> Vec<Receipt> {
        let receipt = |line: &String| match Frame::read(line) {
            Ok(Frame::Receipt(receipt)) => Some(receipt),
            _ => None,
        };
        self.lines().iter().filter_map(receipt).collect()
    }

    fn rights(&self) -> Option<RightsFrame> {
        self.lines().iter().find_map(|line| match Frame::read(line) {
            Ok(Frame::Rights(rights)) => Some(rights),
            _ => None,
        })
    }
}

/// What someone with a keyboard can do to the server of a story.
struct Peer {
    client: reqwest::Client,
    url: String,
    bearer: String,
    device: DeviceId,
}

impl Peer {
    async fn activate(story: &Story, token: &str) -> Result<Self, ProblemKind> {
        let client = plain_client();
        let peer =
            Self { client, url: story.running.url(), bearer: String::new(), device: DeviceId(uuid::Uuid::nil()) };
        let answer = peer.post("/v1/activate", &[], json!({ "token": token }).to_string()).await;
        if answer.status != 200 {
            return Err(answer.problem());
        }
        let Activated { device, bearer, .. } = serde_json::from_slice(&answer.body).unwrap();
        Ok(Self { device, bearer, ..peer })
    }

    async fn anna(story: &Story) -> Self {
        Self::activate(story, &story.running.invite(story::anna(), Role::Guardian)).await.unwrap()
    }

    fn with(&self, bearer: &str) -> Self {
        Self { client: self.client.clone(), url: self.url.clone(), bearer: bearer.to_owned(), device: self.device }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.url)).body(body.into());
        if !self.bearer.is_empty() {
            request = request.bearer_auth(&self.bearer);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.send("POST", path, headers, body).await
    }

    async fn sync(&self, request: &Value) -> Answer {
        self.post("/v1/sync", &[], request.to_string()).await
    }

    /// Everything, as a new phone gets it: its rights and the last cursor.
    async fn cursor(&self) -> String {
        let answer = self.sync(&json!({ "v": 1 })).await;
        let applied = answer.lines().into_iter().find_map(|line| match Frame::read(&line) {
            Ok(Frame::Applied(applied)) => Some(applied.cursor),
            _ => None,
        });
        applied.unwrap()
    }

    /// A request that waits; it has been waiting for a while when this returns.
    async fn waiting(&self) -> tokio::task::JoinHandle<Answer> {
        let request = json!({ "v": 1, "cursor": self.cursor().await, "wait": 25 });
        let peer = self.with(&self.bearer);
        let mut waiting = tokio::spawn(async move { peer.sync(&request).await });
        assert!(tokio::time::timeout(Duration::from_millis(300), &mut waiting).await.is_err(), "it does not wait");
        waiting
    }
}

/// Head of the tenant's store, and how many commands a rule failed on.
fn state(story: &Story) -> (Seq, u32) {
    let (store, _) = open::tenant(&story.running.config, story.running.town.tenant).unwrap();
    let mut head = 0;
    let read = store.read(&mut |snapshot| {
        head = snapshot.meta()?.head;
        Ok(())
    });
    read.unwrap();
    (head, store.dead_letters().unwrap())
}

/// Another municipality.
fn vara() -> Municipality {
    let tenant = TenantId(uuid::Uuid::from_u128(0x7a00_0000_0000_4000_8000_0000_0000_0099));
    Municipality { tenant, name: "Vara".to_owned(), ..Municipality::default() }
}

fn packed(plain: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(plain, 3).unwrap()
}

type Headers = &'static [(&'static str, &'static str)];
const PLAIN: Headers = &[];
const ZSTD: Headers = &[("content-encoding", "zstd")];
const GZIP: Headers = &[("content-encoding", "gzip")];

/// A good request in a frame that asks for a window of 128 MiB.
const WIDE_WINDOW: &[u8] = b"\x28\xb5\x2f\xfd\x00\x88\x39\x00\x00{\"v\":1}";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_gets_a_typed_answer_and_changes_nothing() {
    let story = Story::begin().await;
    let anna = Peer::anna(&story).await;
    let before = state(&story);
    let deep = format!(r#"{{"v":1,"cursor":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    let commands = format!(r#"{{"v":1,"commands":[{}]}}"#, vec!["{}"; COMMANDS + 1].join(","));
    let wants = format!(r#"{{"v":1,"want":[{}]}}"#, vec!["1"; WANTED + 1].join(","));
    let sync = "/v1/sync";
    let cases: Vec<(&str, &str, Headers, Vec<u8>, ProblemKind)> = vec![
        ("another version", sync, PLAIN, r#"{"v":2,"new":1}"#.into(), ProblemKind::Upgrade),
        ("an unknown field", sync, PLAIN, r#"{"v":1,"new":1}"#.into(), ProblemKind::Malformed),
        ("nothing", sync, PLAIN, Vec::new(), ProblemKind::Malformed),
        ("no JSON", sync, PLAIN, vec![0xff; 100], ProblemKind::Malformed),
        ("depth", sync, PLAIN, "[".repeat(100_000).into(), ProblemKind::Malformed),
        ("depth in a field", sync, PLAIN, deep.into(), ProblemKind::Malformed),
        ("a field of another type", sync, PLAIN, r#"{"v":1,"cursor":7}"#.into(), ProblemKind::Malformed),
        ("a negative scope", sync, PLAIN, r#"{"v":1,"want":[-1]}"#.into(), ProblemKind::Malformed),
        ("a large scope", sync, PLAIN, r#"{"v":1,"want":[4294967296]}"#.into(), ProblemKind::Malformed),
        ("a long wait", sync, PLAIN, r#"{"v":1,"wait":26}"#.into(), ProblemKind::Malformed),
        ("many commands", sync, PLAIN, commands.into(), ProblemKind::Malformed),
        ("many scopes", sync, PLAIN, wants.into(), ProblemKind::Malformed),
        ("a large body", sync, PLAIN, vec![b' '; REQUEST_BYTES + 1], ProblemKind::TooLarge),
        ("another encoding", sync, GZIP, r#"{"v":1}"#.into(), ProblemKind::Malformed),
        ("not what it says", sync, ZSTD, r#"{"v":1}"#.into(), ProblemKind::Malformed),
        ("a bomb", sync, ZSTD, packed(&vec![b' '; 64 << 20]), ProblemKind::TooLarge),
        ("a wide window", sync, ZSTD, WIDE_WINDOW.into(), ProblemKind::Malformed),
        ("no activation", "/v1/activate", PLAIN, "{}".into(), ProblemKind::Malformed),
        ("an unknown token", "/v1/activate", PLAIN, r#"{"token":"å"}"#.into(), ProblemKind::Expired),
        ("more than a token", "/v1/activate", PLAIN, r#"{"token":"","new":1}"#.into(), ProblemKind::Malformed),
        ("a large activation", "/v1/activate", PLAIN, vec![b' '; 4097], ProblemKind::TooLarge),
        ("a packed activation", "/v1/activate", ZSTD, packed(br#"{"token":""}"#), ProblemKind::Malformed),
        ("an unknown place", "/v1/other", PLAIN, Vec::new(), ProblemKind::NotFound),
        ("another way", "/healthz", PLAIN, Vec::new(), ProblemKind::Method),
    ];
    for (what, path, headers, body, problem) in cases {
        let answer = anna.post(path, headers, body).await;
        assert_eq!(answer.problem(), problem, "{what}");
    }
    assert_eq!(state(&story), before);
    assert_eq!(anna.sync(&json!({ "v": 1 })).await.status, 200, "her session goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_session_here_is_signed_out_and_told_so() {
    let story = Story::begin().await;
    let anna = Peer::anna(&story).await;
    let vara = vara();
    open::add_tenant(&story.running.config, &vara, morning()).unwrap();
    let (_, secret) = anna.bearer.split_once('.').unwrap();
    let (elsewhere, nowhere) =
        (format!("{}.{secret}", vara.tenant.0.simple()), format!("{}.{secret}", uuid::Uuid::nil().simple()));
    let mut flipped = anna.bearer.clone();
    let last = flipped.pop();
    flipped.push(if last == Some('A') { 'E' } else { 'A' });
    for bearer in ["", "x", "å", ".", &elsewhere, &nowhere, &flipped, &"a".repeat(8_000)] {
        for path in ["/v1/sync", "/v1/sign-out"] {
            let header = format!("Bearer {bearer}");
            let headers: &[_] = if bearer.is_empty() { &[] } else { &[("authorization", header.as_str())] };
            let problem = anna.with("").post(path, headers, r#"{"v":1}"#).await.problem();
            // A tenant that is not here may be on its way back: its phones are to wait, not to let go what they hold.
            let away = problem == ProblemKind::Busy && [&elsewhere, &nowhere].contains(&&bearer.to_owned());
            assert!(problem == ProblemKind::SignedOut || away, "{path} {bearer}: {problem:?}");
            assert!(away || bearer != nowhere, "{path}");
        }
    }
    assert_eq!(anna.post("/v1/sign-out", &[], "").await.status, 204);
    assert_eq!(anna.sync(&json!({ "v": 1 })).await.problem(), ProblemKind::SignedOut);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_works_once_and_for_fourteen_days() {
    let story = Story::begin().await;
    let (once, late) =
        (story.running.invite(story::anna(), Role::Guardian), story.running.invite(story::bo(), Role::Guardian));
    assert!(Peer::activate(&story, &once).await.is_ok());
    assert_eq!(Peer::activate(&story, &once).await.err(), Some(ProblemKind::Expired));
    story.clock.pass(14 * DAY);
    assert_eq!(Peer::activate(&story, &late).await.err(), Some(ProblemKind::Expired));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_damaged_or_forged_starts_over_with_the_own_rights() {
    let story = Story::begin().await;
    let anna = Peer::anna(&story).await;
    let all = anna.sync(&json!({ "v": 1 })).await.rights().unwrap();
    let good = anna.cursor().await;
    assert!(anna.sync(&json!({ "v": 1, "cursor": good })).await.status == 204, "nothing is new");
    let read = Cursor::read(&good).unwrap();
    let mut cursors: Vec<String> = [
        Cursor { seq: read.seq + 1, ..read },
        Cursor { seq: Seq::MAX, ..read },
        Cursor { epoch: Epoch(read.epoch.0 ^ 1), ..read },
    ]
    .iter()
    .map(Cursor::to_string)
    .collect();
    for at in 0..good.len() {
        let mut flipped = good.clone().into_bytes();
        flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
        cursors.push(String::from_utf8(flipped).unwrap());
    }
    cursors.extend([String::new(), "å".repeat(10_000)]);
    for cursor in cursors {
        let rights = anna.sync(&json!({ "v": 1, "cursor": cursor, "want": [1, 2, 3] })).await.rights().unwrap();
        assert_eq!((rights.all, rights.scopes), (true, all.scopes.clone()), "{cursor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_scopes_that_are_others_bring_nothing_and_own_ones_come_once() {
    let story = Story::begin().await;
    let anna = Peer::anna(&story).await;
    let own: Vec<u32> = anna.sync(&json!({ "v": 1 })).await.rights().unwrap().scopes.iter().map(|one| one.0).collect();
    let mut want: Vec<u32> = (0..300).chain([u32::MAX]).collect();
    want.extend(own.iter().rev());
    let answer = anna.sync(&json!({ "v": 1, "cursor": anna.cursor().await, "want": want })).await;
    let mut came = Vec::new();
    for line in answer.lines() {
        match Frame::read(&line).unwrap() {
            Frame::Snap(snap) => came.push(snap.scope),
            Frame::Row(row) => assert!(own.contains(&row.scope), "{line}"),
            _ => {}
        }
        assert!(!["Sixten", "Elin", "Karin"].iter().any(|name| line.contains(name)), "{line}");
    }
    let mut once = own.clone();
    once.sort_unstable();
    assert_eq!(came, once, "each of hers once, in the order in which they were first wanted");
}

/// A command by a guardian, with an id made at a moment.
fn command(number: u8, made: Timestamp, body: &Value) -> Value {
    let milliseconds = u64::try_from(made.0).unwrap();
    let id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &[number; 10]).into_uuid();
    json!({ "id": id, "body": body })
}

fn absence(child: ChildId) -> Value {
    json!({ "report_absence": { "child": child, "days": { "from": tuesday().plus(1), "until": tuesday().plus(1) } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_are_unreadable_or_of_others_get_one_outcome_each_and_change_nothing() {
    let story = Story::begin().await;
    let anna = Peer::anna(&story).await;
    let before = state(&story);
    let now = morning();
    let ok = |number, body: &Value| command(number, now, body);
    let mut unknown_field = ok(3, &absence(story::love()));
    unknown_field["new"] = json!(1);
    let mut random_id = ok(4, &absence(story::love()));
    random_id["id"] = json!(uuid::Uuid::from_u128(0x7a00_0000_0000_4000_8000_0000_0000_0001));
    let raw = |value: &Value| value.to_string();
    let deep = format!(
        r#"{{"id":"01932c07-209d-7b5f-8a3e-000000000001","body":{}{}}}"#,
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let large = ok(5, &json!({ "report_absence": "x".repeat(COMMAND_BYTES) }));
    let cases = [
        ("an unknown command", raw(&ok(1, &json!({ "fly": {} }))), "upgrade"),
        ("an unknown field", raw(&unknown_field), "upgrade"),
        ("a field of another type", raw(&ok(2, &json!({ "report_absence": 7 }))), "upgrade"),
        ("no id", r#"{"body":{}}"#.to_owned(), "upgrade"),
        ("no object", "7".to_owned(), "upgrade"),
        ("an id without a time", raw(&random_id), "upgrade"),
        ("depth", deep, "upgrade"),
        ("size", raw(&large), "upgrade"),
        ("another's child", raw(&ok(6, &absence(story::marked()))), "no_right"),
        ("a child that is not", raw(&ok(7, &absence(ChildId(uuid::Uuid::nil())))), "no_right"),
        ("a year ago", raw(&command(8, now.plus(-401 * DAY), &absence(story::love()))), "too_old"),
        ("the day after tomorrow", raw(&command(9, now.plus(2 * DAY), &absence(story::love()))), "clock"),
    ];
    for (what, bytes, outcome) in cases {
        let answer = anna.post("/v1/sync", &[], format!(r#"{{"v":1,"commands":[{bytes}]}}"#)).await;
        let receipts = answer.receipts();
        let [receipt] = receipts.as_slice() else { panic!("{what}: {} receipts", receipts.len()) };
        let given = match &receipt.outcome {
            Outcome::Refused(why) => {
                serde_json::from_str::<Value>(why.get()).unwrap()["why"].as_str().unwrap().to_owned()
            }
            Outcome::Upgrade => "upgrade".to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(given, outcome, "{what}");
    }
    assert_eq!(state(&story), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commands_id_used_again_with_other_content_is_refused_and_what_was_done_stands() {
    let story = Story::begin().await;
    let anna = Peer::anna(&story).await;
    let first = json!({ "v": 1, "commands": [command(1, morning(), &absence(story::love()))] });
    let other = json!({ "v": 1, "commands": [command(1, morning(), &absence(story::ebba()))] });
    assert_eq!(anna.sync(&first).await.receipts()[0].outcome, Outcome::Ok);
    let done = state(&story);
    let again = anna.sync(&other).await.receipts();
    let Outcome::Refused(why) = &again[0].outcome else { panic!("{again:?}") };
    assert!(why.get().contains("id_reused"));
    assert_eq!(anna.sync(&first).await.receipts()[0].outcome, Outcome::Ok, "its own outcome is told again");
    assert_eq!(state(&story), done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_at_once_when_its_session_does() {
    let story = Story::begin().await;
    let anna = Peer::anna(&story).await;
    for beside in [true, false] {
        let phone = Peer::anna(&story).await;
        let waiting = phone.waiting().await;
        if beside {
            // As the operator's verb does, in another process.
            assert!(story.running.sign_in().revoke(phone.device, morning()).unwrap().is_some());
        } else {
            assert_eq!(phone.post("/v1/sign-out", &[], "").await.status, 204);
        }
        let answer = tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
        assert_eq!(answer.problem(), ProblemKind::SignedOut);
    }
    assert_eq!(anna.sync(&json!({ "v": 1 })).await.status, 200, "her other phone goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_tells_the_time_when_it_ends_and_a_stop_ends_it_at_once() {
    let mut story = Story::begin().await;
    let anna = Peer::anna(&story).await;
    let cursor = anna.cursor().await;
    let told = |answer: &Answer| answer.headers[NOW_HEADER].to_str().unwrap().parse::<i64>().unwrap();
    let answer = anna.sync(&json!({ "v": 1, "cursor": cursor, "wait": 0 })).await;
    assert_eq!((answer.status, told(&answer)), (204, morning().0));

    let waiting = anna.waiting().await;
    let in_time = tokio::time::timeout(story.running.config.patience.stop, story.running.stop()).await;
    assert!(in_time.is_ok(), "the stop waited for the wait");
    let answer = waiting.await.unwrap();
    assert_eq!((answer.status, told(&answer)), (204, morning().0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_can_not_wait_is_told_when_to_come_back() {
    let mut story = Story::begin().await;
    story.running.stop().await;
    story.running.config.waits = 1;
    story.running.serve().await;
    let anna = Peer::anna(&story).await;
    let waiting = anna.waiting().await;
    let answer = anna.sync(&json!({ "v": 1, "cursor": anna.cursor().await, "wait": 25 })).await;
    assert_eq!(answer.problem(), ProblemKind::Busy);
    assert!((1..=8).contains(&answer.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap()));
    let command = json!({ "v": 1, "commands": [command(1, morning(), &absence(story::love()))] });
    assert_eq!(anna.sync(&command).await.receipts()[0].outcome, Outcome::Ok);
    assert_eq!(waiting.await.unwrap().status, 200, "who waits hears of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_municipality_that_is_added_while_the_server_runs_is_served() {
    let story = Story::begin().await;
    let vara = vara();
    open::add_tenant(&story.running.config, &vara, morning()).unwrap();
    let account = Account { tenant: vara.tenant, holder: story::anna().into(), role: Role::Guardian };
    let (_, sign_in) = open::tenant(&story.running.config, vara.tenant).unwrap();
    let token = sign_in.invite(&account, None, morning()).unwrap();
    let activated = async {
        loop {
            // Until it is found the token is unknown, which uses nothing up.
            match Peer::activate(&story, &token).await {
                Err(problem) => assert_eq!(problem, ProblemKind::Expired),
                Ok(peer) => return peer,
            }
        }
    };
    let peer = tokio::time::timeout(Duration::from_secs(10), activated).await.unwrap();
    let rights = peer.sync(&json!({ "v": 1 })).await.rights().unwrap();
    let anna = Peer::anna(&story).await.sync(&json!({ "v": 1 })).await.rights().unwrap();
    assert!(rights.scopes.len() < 5 && anna.scopes.len() > 10, "the same person holds nothing there");
}

/// Writes something over a connection of its own, and reads until the server closes it.
fn said(story: &Story, bytes: &[u8]) -> Vec<u8> {
    let mut stream = std::net::TcpStream::connect(story.running.config.listen).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        // What was not read of the request makes the close a reset.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        read => drop(read.unwrap()),
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_is_hung_up_on_before_headers_and_told_so_within_a_body() {
    let mut story = Story::begin().await;
    let anna = Peer::anna(&story).await;
    story.running.stop().await;
    let soon = Duration::from_secs(1);
    story.running.config.patience = Patience { headers: soon, body: soon, ..Patience::default() };
    story.running.serve().await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let silent: [&[u8]; 8] = [
        b"",
        b"P",
        b"POS",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
        preface,
        &[preface.as_slice(), &settings].concat(),
        b"POST /v1/sync HTTP/1.1\r\nhost: x\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ];
    std::thread::scope(|scope| {
        for bytes in silent {
            let story = &story;
            scope.spawn(move || {
                let answer = said(story, bytes);
                assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
            });
        }
    });
    let (bearer, length) = (&anna.bearer, 7);
    let slow = format!(
        "POST /v1/sync HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bearer}\r\ncontent-length: {length}\r\n\r\n{{"
    );
    let answer = String::from_utf8(said(&story, slow.as_bytes())).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains(r#"{"error":"too_slow"}"#), "{answer}");
    assert_eq!(anna.sync(&json!({ "v": 1 })).await.status, 200, "others are served");
}
