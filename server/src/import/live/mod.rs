//! A live source of the standard SS 12000: fetched into our sealed copy (`mirror`), imported from there.
//!
//! Fetching and importing never mix: whatever a source does in the middle of a page, the store sees whole pages only,
//! and what could not be fetched ends nothing.

mod api;
mod asking;
mod fetch;
mod fields;
pub mod hook;
pub mod mirror;
pub mod schedule;
mod trouble;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kapprum_domain::time::Timestamp;
use serde::Serialize;

pub use api::{Surroundings, Wait};
pub use fetch::{Fetched, Progress};
pub use trouble::Trouble;
pub use wire::Limits;

use self::api::Api;
use self::fetch::Fetch;
use self::mirror::{IMPORTED_ON, Mirror, OWED};
use super::guard::{self, Guarded, guarded};
use super::{Broken, Report, Resource};
use crate::audit::{AuditError, Event};
use crate::config::{Config, SourceConfig};
use crate::keys::Keys;
use crate::open::{self, OpenError};
use crate::sign_in::SignIn;
use crate::store::StoreError;
use crate::store::sqlite::Sqlite;

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// What was fetched.
    pub fetched: BTreeMap<Resource, Fetched>,
    /// What was made of it.
    pub outcome: Outcome,
    /// Why the source will not call us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsubscribed: Option<String>,
}

/// What became of what was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was imported.
    Imported(Report),
    /// Nothing was ended: too much would. An operator has to look.
    Asks {
        /// So much.
        ending: BTreeMap<Resource, guard::Ending>,
        /// What was taken all the same: what is new, and security marks.
        taken: Report,
    },
    /// Nothing had changed since an import of today.
    Unchanged,
    /// Nothing came at all.
    Nothing,
}

/// Why a run did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The tenant's files.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy of the source.
    #[error("our copy of the source: {0}")]
    Mirror(#[from] StoreError),
    /// The source can't be asked with this configuration.
    #[error("source {0}: {1}")]
    Source(String, Trouble),
    /// The store.
    #[error(transparent)]
    Import(#[from] Broken),
    /// The audit log.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Two at once would only be in each other's way.
    #[error("another import of this tenant is running")]
    Running,
}

/// What a run tells on its way.
pub type Telling<'t> = dyn FnMut(Told<'_>) + 't;

/// One thing told.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    /// How far the fetching is.
    Fetching(Progress),
    /// How many records are written.
    Writing(&'a str, usize),
}

/// The numbers that our copy keeps beside its rows: when the last run ended, what it came to, and when the last ended
/// that took everything.
const ENDED_AT: &str = "ended_at";
const ENDING: &str = "ending";
pub(crate) const SUCCEEDED_AT: &str = "succeeded_at";

/// What a run came to, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was imported, or nothing was new.
    Imported = 1,
    /// Too much would end.
    Asks,
    /// Nothing came.
    Nothing,
    /// It could not be run.
    Failed,
}

impl Ending {
    /// All; its number stands for each.
    pub const ALL: [Self; 4] = [Self::Imported, Self::Asks, Self::Nothing, Self::Failed];

    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Asks => "asks",
            Self::Nothing => "nothing",
            Self::Failed => "failed",
        }
    }

    fn of(done: &Result<Run, RunError>) -> Self {
        match done.as_ref().map(|run| &run.outcome) {
            Ok(Outcome::Imported(_) | Outcome::Unchanged) => Self::Imported,
            Ok(Outcome::Asks { .. }) => Self::Asks,
            Ok(Outcome::Nothing) => Self::Nothing,
            Err(_) => Self::Failed,
        }
    }
}

/// How a source's last run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    /// When it ended.
    pub ended: Timestamp,
    /// What it came to.
    pub ending: Ending,
    /// When the last ended that took everything.
    pub succeeded: Timestamp,
}

/// How the last run of a tenant's source ended, in whatever process; none: there was none.
///
/// # Errors
/// If our copy of the source can't be read.
pub fn last(folder: &Path) -> Result<Option<Last>, RunError> {
    let [ended, succeeded, ending] = mirror::noted(&path(folder), [ENDED_AT, SUCCEEDED_AT, ENDING])?;
    let ending = Ending::ALL.into_iter().find(|one| *one as i64 == ending);
    Ok(ending.map(|ending| Last { ended: Timestamp(ended), ending, succeeded: Timestamp(succeeded) }))
}

/// Runs a source: fetches what is new, and imports it unless too much would end. `accept_ending`: also then.
///
/// # Errors
/// If files of ours fail, or another import runs. What the source gets wrong is in what is given.
pub fn run(
    config: &Config,
    source: &SourceConfig,
    around: &Surroundings,
    accept_ending: bool,
    tell: &mut Telling<'_>,
) -> Result<Run, RunError> {
    let folder = open::folder(config, source.tenant)?;
    let _alone = alone(&folder)?;
    let (store, sign_in) = open::tenant(config, source.tenant)?;
    let keys = open::keys(config)?;
    let mirror = Mirror::open_or_renew(&path(&folder), source.tenant, &keys)?;
    let done = run_into(&mirror, (&store, &sign_in, &keys), config, source, around, accept_ending, tell);
    let (now, ending) = (around.clock.now(), Ending::of(&done));
    mirror.tell(ENDED_AT, now.0)?;
    mirror.tell(ENDING, ending as i64)?;
    if ending == Ending::Imported && mirror.is_whole()? {
        mirror.tell(SUCCEEDED_AT, now.0)?;
    }
    done
}

fn run_into(
    mirror: &Mirror,
    (store, sign_in, keys): (&Sqlite, &SignIn, &Keys),
    config: &Config,
    source: &SourceConfig,
    around: &Surroundings,
    accept_ending: bool,
    tell: &mut Telling<'_>,
) -> Result<Run, RunError> {
    let mut api = Api::new(source, around.clone()).map_err(|trouble| RunError::Source(source.name.clone(), trouble))?;
    let fetched = {
        let progress = &mut |progress| tell(Told::Fetching(progress));
        Fetch { api: &mut api, mirror, source, progress }.all()?
    };
    let mut unsubscribed = None;
    if source.subscribe && fetched.values().any(|one| one.pages > 0) {
        let target = format!("{}/v1/hooks/{}/{}", config.public_url, source.tenant, hook::code(keys, source.tenant));
        unsubscribed = hook::subscribe(&mut api, mirror, &target)?.err().map(|trouble| trouble.to_string());
    }
    let now = around.clock.now();
    let imported = mirror.told(IMPORTED_ON)?;
    let outcome = if imported != OWED && fetched.values().all(|one| one.pages == 0) {
        Outcome::Nothing
    } else if imported == now.day().number() {
        Outcome::Unchanged
    } else {
        // A source may bring back tomorrow what it lost today: it is written down first that this has to be done.
        mirror.tell(IMPORTED_ON, OWED)?;
        let share = Some(source.ending_share).filter(|_| !accept_ending);
        let writing = &mut |what: &str, count| tell(Told::Writing(what, count));
        match guarded(mirror, store, sign_in, keys, now, share, writing)? {
            Guarded::Done(report) => {
                // What did not come may end something when it does.
                if mirror.is_whole()? {
                    mirror.tell(IMPORTED_ON, now.day().number())?;
                }
                open::audit(config, source.tenant)?.trace(Event::imported(&report), &around.by, now)?;
                if report.knows_people() {
                    open::import_done(&open::folder(config, source.tenant)?)?;
                }
                Outcome::Imported(report)
            }
            Guarded::Asks { ending, taken } => {
                mirror.doubt()?;
                if !taken.is_unchanged() {
                    open::audit(config, source.tenant)?.trace(Event::imported(&taken), &around.by, now)?;
                }
                Outcome::Asks { ending, taken }
            }
        }
    };
    Ok(Run { fetched, outcome, unsubscribed })
}

/// Whether a source could be asked with its configuration. Nobody is asked.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn can_ask(source: &SourceConfig) -> Result<(), Trouble> {
    wire::client(&source.entry, &Limits::default()).map(drop)
}

/// Where a tenant's copy of its source lies.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("source.db")
}

/// Keeps other imports of this tenant out, also those of other processes, as long as the file is held.
///
/// # Errors
/// If another runs.
pub fn alone(folder: &Path) -> Result<File, RunError> {
    let path = folder.join("source.lock");
    let wrong = |error: &std::io::Error| OpenError::File(path.clone(), error.kind());
    let file = File::create(&path).map_err(|error| wrong(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RunError::Running),
        Err(TryLockError::Error(error)) => Err(wrong(&error).into()),
    }
}

/// Waits by the machine's own time.
pub struct SystemWait;

impl Wait for SystemWait {
    fn wait(&self, pause: Duration) -> bool {
        #[expect(clippy::disallowed_methods, reason = "this is the waiting that is injected elsewhere")]
        std::thread::sleep(pause);
        true
    }
}

/// When a source ended its last run; the beginning of time if it never did.
pub(super) fn ended_at(config: &Config, source: &SourceConfig) -> Result<Timestamp, RunError> {
    let [ended] = mirror::noted(&path(&open::folder(config, source.tenant)?), [ENDED_AT])?;
    Ok(Timestamp(ended))
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<14}{:>8}{:>10}{:>9}{:>7}", "Fetched", "pages", "rows", "changed", "gone")?;
        for (resource, one) in &self.fetched {
            let Fetched { whole, resumed, pages, rows, changed, gone, .. } = one;
            write!(f, "{resource:<14}{pages:>8}{rows:>10}{changed:>9}{gone:>7}")?;
            match (whole, resumed) {
                (_, true) => writeln!(f, "  gone on with")?,
                (true, _) => writeln!(f, "  everything")?,
                (false, _) => writeln!(f, "  what changed")?,
            }
        }
        for (resource, one) in &self.fetched {
            if let Some(trouble) = &one.trouble {
                writeln!(f, "! {resource}: {trouble}")?;
            }
        }
        if let Some(why) = &self.unsubscribed {
            writeln!(f, "! subscriptions: {why}; the source is asked by the clock only")?;
        }
        match &self.outcome {
            Outcome::Imported(report) => write!(f, "{report}"),
            Outcome::Unchanged => writeln!(f, "Nothing was new: no record was written."),
            Outcome::Nothing => writeln!(f, "Nothing came: no record was written."),
            Outcome::Asks { ending, taken } => {
                writeln!(f, "Nothing was ended, for too much would be:")?;
                for (resource, ending) in ending {
                    writeln!(f, "! {resource}: {ending}")?;
                }
                writeln!(f, "If that is right, run the import with --accept-ending. What ends nothing was taken:")?;
                write!(f, "{taken}")
            }
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, pages, rows, of, left } = self;
        write!(f, "{resource}: {rows} rows on {pages} pages")?;
        if let Some(of) = of {
            write!(f, " of about {of}")?;
        }
        match left.map(|left| left.as_secs()) {
            None => Ok(()),
            Some(seconds @ ..90) => write!(f, ", about {seconds} s left"),
            Some(seconds) => write!(f, ", about {} min left", seconds.div_ceil(60)),
        }
    }
}
