//! Damaged files of a phone: cut off at any size, with single bits turned, under another key.
//!
//! A phone either shows what it has, or says what it lost and begins anew, or says that it can't start. It never falls
//! over, and it shows nobody else's data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kapprum_client::error::Error;
use kapprum_domain::screen::Ask;
use kapprum_stories::*;
use kapprum_town::harness::{Cable, Device};
use kapprum_words::Language;

use crate::copied::copy;

/// Numbers that repeat (xorshift).
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most.max(1)
    }
}

/// What befalls a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Damage {
    /// It ends after so many bytes.
    CutAt(u64),
    /// One bit of this byte is turned.
    Flipped(u64, u8),
    /// Everything in it is something else, of the same length.
    Replaced,
    /// It is gone.
    Gone,
}

impl Damage {
    /// Some of each, for a file of this length.
    pub(crate) fn of(length: u64, flips: u64, seeded: &mut Seeded) -> Vec<Self> {
        let cuts = [0, 1, 15, 16, 100, length / 2, length.saturating_sub(1)];
        let mut all: Vec<Self> = cuts.into_iter().filter(|cut| *cut < length).map(Self::CutAt).collect();
        // The head of a file is where much stands in few bytes.
        let heads = (0..flips / 3).map(|_| seeded.below(length.min(100))).collect::<Vec<_>>();
        let others = (0..flips - flips / 3).map(|_| seeded.below(length)).collect::<Vec<_>>();
        let mut flipped = |at| Self::Flipped(at, 1 << seeded.below(8));
        all.extend(heads.into_iter().chain(others).map(&mut flipped));
        all.extend([Self::Replaced, Self::Gone]);
        all
    }

    pub(crate) fn befalls(self, file: &Path) {
        let mut bytes = std::fs::read(file).unwrap();
        match self {
            Self::CutAt(length) => bytes.truncate(length as usize),
            Self::Flipped(at, bit) => bytes[at as usize] ^= bit,
            Self::Replaced => bytes.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1)),
            Self::Gone => return std::fs::remove_file(file).unwrap(),
        }
        std::fs::write(file, bytes).unwrap();
    }
}

/// What happened how often, with what.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<(String, String), Vec<String>>);

impl Table {
    pub(crate) fn note(&mut self, file: &str, damage: Damage, outcome: String) {
        self.0.entry((file.to_owned(), outcome)).or_default().push(format!("{damage:?}"));
    }

    pub(crate) fn print(&self) {
        for ((file, outcome), tried) in &self.0 {
            println!("{file:<14} {:>3} × {outcome}: {}", tried.len(), tried.join(" "));
        }
    }
}

/// Who is not Anna's.
pub(crate) const OTHERS: [&str; 4] = ["Sixten", "Elin", "Karin", "Kim"];

async fn look(device: &Device) -> Result<Vec<String>, Error> {
    let mut shown = Vec::new();
    for ask in [Ask::Home, Ask::Outbox] {
        shown.extend(lines(&device.kapprum.feed(OWN, ask).next().await?));
    }
    Ok(shown)
}

/// A phone with one thing unsent, as its folder lay when it lost its power, and after it was closed: then nothing is in
/// the log; and what it showed.
async fn left(story: &Story) -> ([PathBuf; 2], Vec<String>) {
    let anna = story.anna().await;
    story.weeks(&anna).await;
    anna.cable.pull(true);
    send(&anna, absent(kapprum_town::story::ebba(), tuesday().plus(1))).await;
    let shown = look(&anna).await.unwrap();
    let places = ["without power", "closed"].map(|name| story.folder.path().join(name));
    copy(&anna.home, &places[0]);
    anna.kapprum.suspend().await;
    copy(&anna.home, &places[1]);
    (places, shown)
}

async fn outcome(story: &Story, place: &Path, shown: &[String]) -> String {
    let cable = Cable::default();
    cable.pull(true);
    let device = match Device::open_on(cable, place, story.clock.clone(), Language::English) {
        Ok(device) => device,
        Err(error) => return format!("{NOT_STARTED}{error:?}"),
    };
    let looked = look(&device).await;
    // Whoever meets what can't be read gives the account up, as soon as nothing else comes or goes.
    let unreadable = matches!(looked, Err(Error::Unreadable | Error::Broken(_)));
    let given_up = || device.kapprum.accounts().is_empty() && place.join("data/accounts.json").exists();
    while (unreadable || given_up()) && device.kapprum.lost().is_empty() {
        tokio::task::yield_now().await;
    }
    match (device.kapprum.lost().as_slice(), looked) {
        ([lost], _) => format!("{ANEW}{} unsent told", lost.unsent.count),
        ([], Ok(seen)) if seen == shown => AS_IT_WAS.to_owned(),
        ([], Ok(seen)) => {
            assert!(!OTHERS.iter().any(|name| seen.iter().any(|line| line.contains(name))), "{seen:?}");
            let own = seen.iter().filter(|line| shown.contains(line)).count();
            format!("{OLDER}{own} of {} lines", shown.len())
        }
        (lost, looked) => panic!("{lost:?} {looked:?}"),
    }
}

const AS_IT_WAS: &str = "as it was";
const ANEW: &str = "begins anew, ";
const NOT_STARTED: &str = "does not start: ";
const OLDER: &str = "an older state: ";

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_damaged_a_phone_shows_its_own_data_or_says_what_it_lost() {
    let story = Story::begin().await;
    let ([without_power, closed], shown) = left(&story).await;
    let account = std::fs::read_dir(closed.join("data")).unwrap().map(|entry| entry.unwrap());
    let account =
        account.filter(|entry| entry.file_type().unwrap().is_dir()).map(|entry| entry.file_name()).next().unwrap();
    let account = account.to_str().unwrap();
    let files = [
        ("store.db", format!("data/{account}/store.db"), 36),
        ("store.db-wal", format!("data/{account}/store.db-wal"), 24),
        ("store.unsent", format!("data/{account}/store.unsent"), 6),
        ("accounts.json", "data/accounts.json".to_owned(), 60),
        ("database key", format!("keys/database-{account}"), 6),
        ("session", format!("keys/session-{account}"), 6),
    ];
    let (mut seeded, mut table) = (Seeded(0x6b61_7070_7275_6d31), Table::default());
    for (name, file, flips) in files {
        let left = if name == "store.db-wal" { &without_power } else { &closed };
        let length = std::fs::metadata(left.join(&file)).unwrap().len();
        assert!(length > 0, "{name}");
        for damage in Damage::of(length, flips, &mut seeded) {
            let place = tempfile::tempdir_in(story.folder.path()).unwrap();
            copy(left, place.path());
            damage.befalls(&place.path().join(&file));
            let outcome = outcome(&story, place.path(), &shown).await;
            // What was unsent is told by the file beside, and lost in silence only with the end of the log itself, or
            // with the list of who was here.
            let defined = outcome == AS_IT_WAS
                || outcome.starts_with(NOT_STARTED)
                || outcome == format!("{ANEW}1 unsent told")
                || outcome.starts_with(OLDER)
                    && (name == "store.db-wal" || name == "accounts.json" && matches!(damage, Damage::Gone));
            assert!(defined, "{name} {damage:?}: {outcome}");
            table.note(name, damage, outcome);
        }
    }
    table.print();
}
