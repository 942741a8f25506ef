//! The cut at every byte: one recorded answer of the real server, with everything in it that an answer can have.
//!
//! The store sees whole lines, so each byte is cut on the wire and each number of whole lines is tried on a store: once
//! as a connection that breaks, once as a phone that dies.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "looks into the file as it lies, past the store")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kapprum_client::key_store::Secret;
use kapprum_client::store::{FileBallast, Options, Protection, Saving, Store};
use kapprum_client::sync::apply::{Loading, Step, apply, nothing_new};
use kapprum_client::sync::machine::{Action, Exchange, Failure, Machine, Sizes, Wishes};
use kapprum_client::sync::wire::{Answer, Http, Wire};
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::command::Command;
use kapprum_domain::id::CommandId;
use kapprum_protocol::Malformed;
use kapprum_protocol::lines::Lines;
use kapprum_stories::{OWN, Story, absent, ordinary_week, tuesday};
use kapprum_town::harness::ToldClock;
use kapprum_town::story;
use rusqlite::Connection;
use tokio::sync::watch;

/// Every scope is large and loads in parts; some are; none is.
const SIZES: [Sizes; 3] =
    [Sizes { load: 1, whole: 1 }, Sizes { load: 400, whole: 1000 }, Sizes { load: usize::MAX, whole: usize::MAX }];

/// A phone's store and machine without the rest of the phone.
struct Phone {
    path: PathBuf,
    store: Store,
    machine: Machine,
    loading: Loading,
    clock: Arc<ToldClock>,
}

impl Phone {
    fn open(path: &Path, account: Account, clock: &Arc<ToldClock>, sizes: Sizes) -> Self {
        let store = Store::open(Options {
            path: path.to_owned(),
            protection: Protection::Unkeyed,
            account,
            ballast: Arc::new(FileBallast::beside(path)),
            pulse: watch::Sender::new(0),
            last_resort: Arc::new(|| panic!("nothing refuses to be erased")),
        })
        .unwrap();
        let (machine, loading) = (Machine::new(7, sizes), Loading::default());
        Self { path: path.to_owned(), store, machine, loading, clock: clock.clone() }
    }

    fn asks(&mut self) -> Option<(Exchange, Vec<u8>)> {
        self.machine.try_now();
        match self.machine.poll(0, Wishes { foreground: false, ask: true }, || self.store.read(|one| one.plan()).ok()) {
            Action::Send(exchange, request) => Some((exchange, request.write())),
            _ => None,
        }
    }

    fn does(&mut self, steps: Vec<Step>) {
        for step in steps {
            apply(&self.store, &mut self.loading, &step, self.clock.as_ref()).unwrap();
        }
    }

    fn hears(&mut self, exchange: Exchange, line: &str) {
        let steps = self.machine.line(exchange, line).unwrap();
        self.does(steps);
    }

    /// Asks until there is nothing new.
    async fn rests(&mut self, wire: &Http, bearer: &Secret) {
        while let Some((exchange, request)) = self.asks() {
            let Some(bytes) = answer(wire, bearer, request).await else {
                nothing_new(&self.store, None, self.clock.as_ref()).unwrap();
                return;
            };
            lines(&bytes).iter().for_each(|line| self.hears(exchange, line));
            let steps = self.machine.ended(exchange, 0, false);
            self.does(steps);
        }
    }

    fn saves(&self, number: u128, command: Command) {
        let time = kapprum_client::clock::estimate(self.clock.as_ref(), self.store.read(|one| one.offset()).unwrap());
        let milliseconds = time.now.0.unsigned_abs();
        let id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &[number as u8; 10]).into_uuid();
        self.store.save(&[Saving { id: CommandId(id), command: &command, tapped: None, time }]).unwrap();
    }
}

/// An answer's bytes as they come; none: nothing new.
async fn answer(wire: &Http, bearer: &Secret, request: Vec<u8>) -> Option<Vec<u8>> {
    let Answer::Pieces(mut pieces, _) = wire.sync(bearer, request).await.unwrap() else { return None };
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    Some(bytes)
}

/// The lines that are whole with these bytes.
fn lines(bytes: &[u8]) -> Vec<String> {
    let mut whole = Vec::new();
    let fed = Lines::new().unwrap().feed(bytes, |line| {
        whole.push(line.to_owned());
        Ok::<(), Malformed>(())
    });
    fed.unwrap();
    whole
}

/// What a file shows: each scope's rows; besides, its outbox, its overlay and its cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    scopes: BTreeMap<String, Option<BTreeSet<String>>>,
    outbox: Vec<String>,
    overlay: BTreeSet<String>,
    cursor: String,
}

fn shown(path: &Path) -> Shown {
    let file = Connection::open(path).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = file.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(|row| row.unwrap()).collect()
    };
    let name = "coalesce(name, '?' || number)";
    let mut scopes: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for scope in texts(&format!("SELECT {name} || CASE WHEN part IS NULL THEN ' -' ELSE '' END FROM scope")) {
        match scope.strip_suffix(" -") {
            Some(scope) => scopes.insert(scope.to_owned(), None),
            None => scopes.insert(scope, Some(BTreeSet::new())),
        };
    }
    let row =
        format!("SELECT {name} || ' ' || kind || hex(r.id) || seq || body FROM record r JOIN scope s USING (part)");
    for row in texts(&row) {
        let scope = scopes.get_mut(row.split(' ').next().unwrap()).unwrap();
        scope.as_mut().unwrap().insert(row);
    }
    let overlay = format!(
        "SELECT {name} || kind || hex(o.id) || coalesce(body, '') FROM overlay o JOIN scope s ON s.id = o.scope"
    );
    Shown {
        scopes,
        outbox: texts("SELECT hex(id) || state || coalesce(bytes, '') || coalesce(receipt, '') FROM outbox ORDER BY n"),
        overlay: texts(&overlay).into_iter().collect(),
        cursor: texts("SELECT value FROM meta WHERE name = 'cursor'").concat(),
    }
}

fn copy(from: &Path, to: &Path) {
    for end in ["", "-wal"] {
        let path = |base: &Path| PathBuf::from(format!("{}{end}", base.display()));
        if std::fs::copy(path(from), path(to)).is_err() {
            let _ = std::fs::remove_file(path(to));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_at_any_byte_leaves_a_sound_store_and_the_next_one_makes_it_whole() {
    let mut story = Story::begin().await;
    let bo = story.person("bo", story::bo(), Role::Guardian).await;
    let wire = Http::new(&story.running.url(), None).unwrap();
    let activated = wire.activate(&story.running.invite(story::anna(), Role::Guardian)).await.unwrap();
    let (account, bearer) = (activated.account, Secret::new(activated.bearer));
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let given = folder.path().join("given");

    // Anna has everything, and two things to send. Then she loses Ebba, Bo lays Love's week, and a sum was wrong.
    let mut anna = Phone::open(&given, account, &story.clock, SIZES[0]);
    anna.rests(&wire, &bearer).await;
    anna.saves(1, absent(story::love(), tuesday().plus(1)));
    anna.saves(2, absent(story::ebba(), tuesday().plus(1)));
    let file = Connection::open(&given).unwrap();
    for name in [format!("child/{}", story::love()), format!("placement/{}", story::loves_placement())] {
        file.execute("UPDATE scope SET wanted = 1, doubt = 1 WHERE name = ?1", [name]).unwrap();
    }
    drop(file);
    anna.store.suspend();
    let changed = |days| Command::ChangeDay {
        child: story::love(),
        placement: story::loves_placement(),
        day: tuesday().plus(days),
        times: None,
        comment: format!("farfar hämtar {days}"),
    };
    let away = absent(story::love(), tuesday().plus(20));
    let lays = [ordinary_week(), away].into_iter().chain((1..8).map(changed)).collect();
    bo.kapprum.send(OWN, lays, None).await.unwrap();
    bo.kapprum.sync(OWN).await.unwrap();
    story.running.town.end_guardian(story::anna(), story::ebba());
    story.running.import();

    let asking = folder.path().join("asking");
    copy(&given, &asking);
    let (_, request) = Phone::open(&asking, account, &story.clock, SIZES[0]).asks().unwrap();
    let bytes = answer(&wire, &bearer, request).await.unwrap();
    let all = lines(&bytes);
    for section in ["{\"rights\"", "{\"receipt\"", "[", "{\"sum\"", "{\"applied\"", "{\"snap\"", "{\"end\""] {
        assert!(all.iter().any(|line| line.starts_with(section)), "no {section} in {all:#?}");
    }
    // On the wire: what is whole at each byte is a beginning of the answer.
    let mut cuts = BTreeSet::new();
    for length in 0..=bytes.len() {
        let whole = lines(&bytes[..length]);
        assert_eq!(whole, all[..whole.len()], "cut at byte {length}");
        cuts.insert(whole.len());
    }
    // Between two lines too, wherever the server's pieces end.
    cuts.extend(0..all.len());

    let before = shown(&given);
    let lost: Vec<String> = {
        let mut uncut = Phone::open(&asking, account, &story.clock, SIZES[2]);
        let (exchange, _) = uncut.asks().unwrap();
        all.iter().for_each(|line| uncut.hears(exchange, line));
        uncut.rests(&wire, &bearer).await;
        let after = shown(&uncut.path);
        before.scopes.keys().filter(|name| !after.scopes.contains_key(*name)).cloned().collect()
    };
    let after = shown(&asking);
    assert!(lost.contains(&format!("child/{}", story::ebba())), "{lost:?}");
    let at = |start: &str| all.iter().position(|line| line.starts_with(start)).unwrap();
    let (rights, applied) = (at("{\"rights\""), at("{\"applied\""));

    let path = folder.path().join("cut");
    for sizes in SIZES {
        for (whole, dies) in cuts.iter().flat_map(|whole| [(*whole, false), (*whole, true)]) {
            let case = format!("after {whole} of {} lines, {sizes:?}, {dies}", all.len());
            copy(&given, &path);
            let mut phone = Phone::open(&path, account, &story.clock, sizes);
            let (exchange, _) = phone.asks().unwrap();
            all[..whole].iter().for_each(|line| phone.hears(exchange, line));
            if dies {
                let died = folder.path().join("died");
                copy(&path, &died);
                phone = Phone::open(&died, account, &story.clock, sizes);
            } else {
                let steps = phone.machine.failed(exchange, 0, Failure::Lost);
                phone.does(steps);
            }
            let now = shown(&phone.path);
            // What is lost goes with the rights, at once; nothing else ever does.
            for name in before.scopes.keys() {
                let gone = whole > rights && lost.contains(name);
                assert_eq!(now.scopes.contains_key(name), !gone, "{name} {case}");
            }
            assert_eq!(now.cursor != before.cursor, whole > rights, "{case}");
            assert_eq!(now.cursor == after.cursor, whole > applied, "{case}");
            assert_eq!(now.outbox.len(), before.outbox.len(), "{case}");
            let names_ebba = now.outbox.iter().chain(&now.overlay).any(|row| row.contains(&story::ebba().to_string()));
            assert_eq!(names_ebba, whole <= rights, "{case}");
            // Nobody reads half a scope: what is shown is what was, or what will be.
            for (name, rows) in &now.scopes {
                let (was, will) = (before.scopes.get(name), after.scopes.get(name));
                let arrives = was.is_none() && rows.is_none();
                assert!(Some(rows) == was || Some(rows) == will || arrives, "half of {name} {case}");
            }
            phone.rests(&wire, &bearer).await;
            assert_eq!(shown(&phone.path), after, "{case}");
        }
    }
}
