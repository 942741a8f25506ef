//! The corpus in `libfuzzer/corpus`: what the project itself writes, and what was found. It is replayed, and bent.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kapprum_domain::absence::Days;
use kapprum_domain::access::Class;
use kapprum_domain::actor::Role;
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::id::{CommandId, RecordId};
use kapprum_domain::refusal::Refusal;
use kapprum_domain::time::{Day, HOUR, Span, Timestamp};
use kapprum_fuzz::TARGETS;
use kapprum_protocol::VERSION;
use kapprum_protocol::cursor::{Cursor, Epoch};
use kapprum_protocol::envelope::Envelope;
use kapprum_protocol::frame::{Applied, End, Entry, Frame, Freshness, Gone, RightsFrame, Row, Snap, SumFrame};
use kapprum_protocol::lines::Compressor;
use kapprum_protocol::receipt::{Outcome, Receipt};
use kapprum_protocol::request::{Earlier, Request};
use kapprum_server::store::Store;
use kapprum_server::store::sqlite::Sqlite;
use kapprum_server::sync::{Answered, answer};
use kapprum_server::writer;
use kapprum_town::{Town, story};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

/// Files by target and name.
type Corpus = BTreeMap<(&'static str, String), Vec<u8>>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("libfuzzer/corpus")
}

fn read() -> Corpus {
    let mut corpus = Corpus::new();
    for (target, _) in TARGETS {
        for file in std::fs::read_dir(folder().join(target)).into_iter().flatten().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            corpus.insert((target, name), std::fs::read(file.path()).unwrap());
        }
    }
    corpus
}

#[test]
fn the_corpus_is_what_the_project_writes_today_and_what_was_found() {
    let (seeds, mut corpus) = (seeds(), read());
    if std::env::var_os("KAPPRUM_CORPUS").is_some_and(|wish| wish == "write") {
        for ((target, name), bytes) in &seeds {
            std::fs::create_dir_all(folder().join(target)).unwrap();
            std::fs::write(folder().join(target).join(name), bytes).unwrap();
        }
        corpus = read();
    }
    let mut stale: BTreeSet<_> = seeds.iter().filter(|(at, bytes)| corpus.get(at) != Some(bytes)).collect();
    let found = |at: &(&str, String)| at.1.starts_with("found_");
    stale.extend(corpus.iter().filter(|(at, _)| !seeds.contains_key(at) && !found(at)));
    let stale: Vec<String> = stale.iter().map(|((target, name), _)| format!("{target}/{name}")).collect();
    assert!(stale.is_empty(), "stale; KAPPRUM_CORPUS=write writes it anew, others are to be deleted: {stale:?}");
}

#[test]
fn what_the_project_writes_can_be_read() {
    for ((target, name), bytes) in seeds() {
        let good = match target {
            "request" => Request::read(&bytes).is_ok(),
            "frame" => Frame::read(std::str::from_utf8(&bytes).unwrap()).is_ok(),
            "page" => kapprum_server::import::source::page(bytes.as_slice(), &mut |_| {}).is_ok(),
            _ => !bytes.is_empty(),
        };
        assert!(good, "{target}/{name}");
    }
}

/// How often each file is bent: an import takes longer than a line.
fn times(target: &str, bytes: usize) -> u64 {
    match target {
        "import" => 400,
        _ if bytes > 10_000 => 200,
        _ => 3_000,
    }
}

#[test]
fn bent_in_thousands_of_ways_it_breaks_nothing() {
    let corpus = read();
    let all: Vec<&Vec<u8>> = corpus.values().collect();
    for ((target, name), bytes) in &corpus {
        let (_, run) = TARGETS.iter().find(|(known, _)| known == target).unwrap();
        run(bytes);
        for seed in 0..times(target, bytes.len()) {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let other = all[below(&mut random, all.len())];
            let bent = bend(bytes, other, &mut random);
            if catch_unwind(AssertUnwindSafe(|| run(&bent))).is_err() {
                let path = std::env::temp_dir().join(format!("found_{target}_{seed}"));
                std::fs::write(&path, &bent).unwrap();
                panic!("{target}/{name}, bent with seed {seed}: see {}", path.display());
            }
        }
    }
}

fn below(random: &mut ChaCha8Rng, bound: usize) -> usize {
    (random.next_u64() % bound.max(1) as u64) as usize
}

/// Words that readers stumble over.
const WORDS: [&[u8]; 16] = [
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\"\"",
    b"[]",
    b"{}",
    b"[[[[[[[[",
    b"\\u0000",
    b"\xff\xfe",
    b"\"2026-02-30\"",
    b"\"0000-01-01\"",
    b"\"9999-12-31\"",
    b"true",
    b"\n",
    b"\xf0\x9f\x92\xa9",
];

/// The bytes with some faults: flipped, cut, doubled, with a word or a piece of another file in them.
fn bend(bytes: &[u8], other: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bent = bytes.to_vec();
    for _ in 0..=below(random, 3) {
        let at = below(random, bent.len() + 1);
        let end = bent.len().min(at + below(random, 40));
        match below(random, 7) {
            0 => {
                let bit = 1 << below(random, 8);
                bent.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bit);
            }
            1 => drop(bent.drain(at..end)),
            2 => {
                let again = bent[at..end].to_vec();
                bent.splice(at..at, again);
            }
            3 => {
                let from = below(random, other.len() + 1);
                let piece = &other[from..other.len().min(from + below(random, 200))];
                bent.splice(at..at, piece.iter().copied());
            }
            4 => bent.truncate(at),
            // In place of a whole value, where the text is JSON.
            5 => {
                let stops = |byte: &u8| b",}]".contains(byte);
                let colon = bent[at..].iter().position(|byte| b":[,".contains(byte)).map(|found| at + found + 1);
                if let Some(from) = colon {
                    let to = bent[from..].iter().position(stops).map_or(bent.len(), |found| from + found);
                    bent.splice(from..to, WORDS[below(random, WORDS.len())].iter().copied());
                }
            }
            _ => drop(bent.splice(at..end, WORDS[below(random, WORDS.len())].iter().copied())),
        }
    }
    bent
}

fn tuesday() -> Day {
    Day::new(2026, 11, 24).unwrap()
}

fn morning() -> Timestamp {
    tuesday().start().plus(7 * HOUR)
}

fn id(number: u8) -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(morning().0.unsigned_abs(), &[number; 10]).into_uuid()
}

/// What the project writes itself.
fn seeds() -> Corpus {
    let mut seeds = Corpus::new();
    let mut add = |target, name: &str, bytes: Vec<u8>| {
        assert!(seeds.insert((target, name.to_owned()), bytes).is_none(), "{target}/{name} twice");
    };
    let cursor = Cursor { epoch: Epoch(7), seq: 41, rights: 9 }.to_string();
    for command in commands() {
        let body = to_raw_value(&command).unwrap();
        let name = serde_json::to_value(&command).unwrap().as_object().unwrap().keys().next().unwrap().clone();
        let envelope = Envelope {
            id: CommandId(id(1)),
            created: Some(morning()),
            uncertain: true,
            tapped: Some(story::maja()),
            body: Some(&body),
        };
        let commands = vec![envelope.write()];
        add(
            "request",
            &name,
            Request { v: VERSION, cursor: Some(cursor.clone()), commands, ..Request::default() }.write(),
        );
    }
    add("request", "a_new_phone", Request { v: VERSION, ..Request::default() }.write());
    let waits = Request { v: VERSION, cursor: Some(cursor.clone()), wait: Some(25), ..Request::default() };
    add("request", "who_waits", waits.write());
    let wants = Request { v: VERSION, cursor: Some(cursor.clone()), want: vec![1, 7, 3], ..Request::default() };
    add("request", "who_wants", wants.write());
    let settles = vec![Envelope::settling(CommandId(id(2))).write()];
    add("request", "who_settles", Request { v: VERSION, commands: settles.clone(), ..Request::default() }.write());
    let earlier = vec![Earlier { id: CommandId(id(2)), received: morning(), mac: "q83vEjRWeJA".to_owned() }];
    let brings = Request { v: VERSION, commands: settles, earlier, ..Request::default() };
    add("request", "who_brings_back", brings.write());

    for (name, frame) in frames(&cursor) {
        let mut line = Vec::new();
        frame.write(&mut line);
        line.pop();
        add("frame", name, line);
    }
    for (name, holder, role) in
        [("a_guardian", story::anna(), Role::Guardian), ("a_teacher", story::maja(), Role::Staff)]
    {
        let pieces = answers(holder, role);
        let mut compressor = Compressor::new().unwrap();
        let mut stream: Vec<u8> = pieces.iter().flat_map(|piece| compressor.piece(piece).unwrap()).collect();
        stream.extend(compressor.last(&[]).unwrap());
        add("stream", name, stream);
        add("answer", name, pieces.concat());
    }

    let town: Map<String, Value> =
        Town::small(tuesday()).resources().into_iter().map(|(name, rows)| (name.to_owned(), rows.into())).collect();
    for (name, rows) in &town {
        let first = &rows.as_array().unwrap()[..2.min(rows.as_array().unwrap().len())];
        add("page", name, json!({ "data": first, "pageToken": "next" }).to_string().into_bytes());
    }
    add("page", "a_list", b"\xef\xbb\xbf[{},7]".to_vec());
    add("import", "the_town", Value::from(town.clone()).to_string().into_bytes());
    let mut without = town.clone();
    without.remove("persons");
    add("import", "without_persons", Value::from(without).to_string().into_bytes());
    let mut marked = town;
    for row in marked["persons"].as_array_mut().unwrap() {
        row["securityMarking"] = "Skyddad folkbokföring".into();
    }
    add("import", "everybody_marked", Value::from(marked).to_string().into_bytes());
    seeds
}

/// One of each: a new one does not compile until it is here.
fn commands() -> Vec<Command> {
    let (child, placement, absence) = (story::love(), story::loves_placement(), RecordId(id(3)));
    let days = Days { from: tuesday(), until: Some(tuesday().plus(2)), part: None };
    let span = Span::new("07:30".parse().unwrap(), "16:00".parse().unwrap()).unwrap();
    let at = AtPlacement { child, placement, group: Some(story::department()) };
    let all = vec![
        Command::ReportAbsence { child, days },
        Command::ChangeAbsence { child, absence, days },
        Command::WithdrawAbsence { child, absence },
        Command::SetWeek { child, placement, from: tuesday(), days: std::array::from_fn(|_| vec![span]) },
        Command::ChangeDay { child, placement, day: tuesday(), times: Some(vec![span]), comment: "Mormor".to_owned() },
        Command::CheckIn(at),
        Command::CheckOut(at),
        Command::UndoCheck { at, event: absence },
        Command::SetContact { person: story::anna(), phone: "070-1740605".to_owned(), mail: "a@example.se".to_owned() },
    ];
    for command in &all {
        match command {
            Command::ReportAbsence { .. }
            | Command::ChangeAbsence { .. }
            | Command::WithdrawAbsence { .. }
            | Command::SetWeek { .. }
            | Command::ChangeDay { .. }
            | Command::CheckIn(_)
            | Command::CheckOut(_)
            | Command::UndoCheck { .. }
            | Command::SetContact { .. } => {}
        }
    }
    all
}

/// One of each: a new one does not compile until it is here.
fn frames(cursor: &str) -> Vec<(&'static str, Frame<'static>)> {
    let receipt = |outcome| {
        Frame::Receipt(Receipt {
            id: CommandId(id(1)),
            outcome,
            seq: 41,
            received: morning(),
            mac: "q83vEjRWeJA".to_owned(),
        })
    };
    let refused: Box<RawValue> = to_raw_value(&Refusal::NoRight).unwrap();
    let entry = |number, class| Entry(number, 1, Freshness(class), Some(format!("absence/{}", story::love())));
    let rights = RightsFrame {
        all: true,
        cursor: cursor.to_owned(),
        scopes: vec![entry(1, Class::Normal), entry(2, Class::Protected), entry(3, Class::Device)],
        knows: Some(40),
    };
    let row = Row {
        scope: 1,
        kind: "absence",
        id: RecordId(id(4)),
        at: 20_781,
        seq: 40,
        body: r#"{"child":"x","n":[1,2.5,null]}"#,
    };
    let snap = Snap { scope: 1, name: "tenant".to_owned(), generation: 1, seq: 41, count: 1, sum: 17 };
    let all = vec![
        ("rights", Frame::Rights(rights)),
        ("receipt_ok", receipt(Outcome::Ok)),
        ("receipt_refused", receipt(Outcome::Refused(refused))),
        ("receipt_retry", receipt(Outcome::Retry)),
        ("receipt_upgrade", receipt(Outcome::Upgrade)),
        ("row", Frame::Row(row)),
        ("gone", Frame::Gone(Gone(1, "absence", RecordId(id(5)), 41))),
        ("sum", Frame::Sum(SumFrame(1, 3, u64::MAX))),
        ("applied", Frame::Applied(Applied { cursor: cursor.to_owned() })),
        ("snap", Frame::Snap(snap)),
        ("end", Frame::End(End { now: morning(), fresh: (2_592_000, 43_200), least: VERSION })),
    ];
    for (_, frame) in &all {
        match frame {
            Frame::Rights(_) | Frame::Receipt(_) | Frame::Row(_) | Frame::Gone(_) | Frame::Sum(_) => {}
            Frame::Applied(_) | Frame::Snap(_) | Frame::End(_) => {}
        }
    }
    all
}

/// What the server answers a new phone, and then what it wants.
fn answers(holder: kapprum_domain::id::PersonId, role: Role) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open_in_memory_file(&folder.path().join("store.db"), Epoch(7)).unwrap();
    writer::import(&store, &Town::small(tuesday()).changes(), morning()).unwrap();
    let (store, cache): (Arc<dyn Store>, _) = (Arc::new(store), Arc::default());
    let account = story::account(holder, role);
    let mut pieces = Vec::new();
    let mut ask = |request: &Request| {
        let Ok(Answered::Lines(mut lines)) = answer(&store, &cache, &account, request, &[], (morning(), (1, 1))) else {
            panic!("no lines")
        };
        let mut all = Vec::new();
        while let Some(piece) = lines.next_piece(morning()).unwrap() {
            all.extend_from_slice(&piece);
            pieces.push(piece);
        }
        String::from_utf8(all).unwrap()
    };
    let first = ask(&Request { v: VERSION, ..Request::default() });
    let (mut cursor, mut want) = (None, Vec::new());
    for line in first.lines() {
        match Frame::read(line).unwrap() {
            Frame::Rights(rights) => want = rights.scopes.iter().take(6).map(|entry| entry.0).collect(),
            Frame::Applied(applied) => cursor = Some(applied.cursor),
            _ => {}
        }
    }
    ask(&Request { v: VERSION, cursor, want, ..Request::default() });
    pieces
}
