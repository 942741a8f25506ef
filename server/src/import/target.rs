//! An import into a tenant's store, through the writer.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use kapprum_domain::id::PersonId;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::World;

use super::apply::{Chunk, Outcome};
use super::wanted::Wanted;
use super::{Broken, IdentitySink, Target};
use crate::identity::IdentityNumber;
use crate::keys::Keys;
use crate::sign_in::SignIn;
use crate::store::{Store, StoreError};
use crate::writer::{self, unread};

/// For how long an import holds the writer's lock at a time (`protocol.md` §4).
const LOCK: Duration = Duration::from_millis(10);

/// How time passes for an import.
pub trait Pace {
    /// The time since some moment.
    fn elapsed(&mut self) -> Duration;
    /// Does nothing for a while.
    fn rest(&mut self, pause: Duration);
}

/// The machine's own time.
pub struct SystemPace(Instant);

impl Default for SystemPace {
    fn default() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the time that is injected elsewhere")]
        Self(Instant::now())
    }
}

impl Pace for SystemPace {
    fn elapsed(&mut self) -> Duration {
        self.0.elapsed()
    }

    fn rest(&mut self, pause: Duration) {
        #[expect(clippy::disallowed_methods, reason = "an import may run in a process of its own: nothing wakes it")]
        std::thread::sleep(pause);
    }
}

/// A store as target. The lock between two processes has no queue: whoever else waits gets it while the import rests.
pub struct StoreTarget<'a> {
    store: &'a dyn Store,
    now: Timestamp,
    pace: &'a mut dyn Pace,
    progress: &'a mut dyn FnMut(&str, usize),
    written: usize,
}

impl<'a> StoreTarget<'a> {
    /// A target; `progress` hears after each transaction how many changes are written so far.
    pub fn new(
        store: &'a dyn Store,
        now: Timestamp,
        pace: &'a mut dyn Pace,
        progress: &'a mut dyn FnMut(&str, usize),
    ) -> Self {
        Self { store, now, pace, progress, written: 0 }
    }

    /// Writes as much as there is time for, in one transaction.
    fn write(&mut self, chunk: &Chunk, news: &mut VecDeque<&Wanted>, outcome: &mut Outcome) -> Result<(), Broken> {
        let mut locked: Option<Duration> = None;
        let pace = &mut *self.pace;
        let mut next = |world: &World<'_>| {
            let late = locked.is_some_and(|began| pace.elapsed() >= began + LOCK);
            locked = locked.or_else(|| Some(pace.elapsed()));
            let Some(wanted) = news.front().filter(|_| !late) else { return Ok(None) };
            let decided = chunk.decide(wanted, world)?;
            news.pop_front();
            let changes = decided.changes.clone();
            outcome.add(decided);
            Ok(Some(changes))
        };
        writer::import_decided(self.store, self.now, &mut next).map_err(broken)?;
        if let Some(began) = locked {
            let held = self.pace.elapsed().saturating_sub(began);
            self.pace.rest(held);
        }
        Ok(())
    }
}

impl Target for StoreTarget<'_> {
    fn each(&mut self, kind: &'static str, visit: &mut dyn FnMut(&str)) -> Result<(), Broken> {
        self.store.read(&mut |snapshot| snapshot.kind(kind, visit)).map_err(broken)
    }

    fn apply(&mut self, chunk: &Chunk) -> Result<Outcome, Broken> {
        let (mut outcome, mut news) = (Outcome::default(), VecDeque::new());
        // What is true already, mostly everything, needs no lock.
        self.store
            .read(&mut |snapshot| {
                for wanted in &chunk.wanted {
                    let decided = chunk.decide(wanted, &World::new(snapshot)).map_err(unread)?;
                    match decided.changes.is_empty() {
                        true => outcome.add(decided),
                        false => news.push_back(wanted),
                    }
                }
                Ok(())
            })
            .map_err(broken)?;
        while !news.is_empty() {
            self.write(chunk, &mut news, &mut outcome)?;
            (self.progress)("written", self.written + outcome.changes.len());
        }
        self.written += outcome.changes.len();
        Ok(outcome)
    }
}

/// A sign-in file as sink: each number sealed by a key that is not in it.
pub struct Sealed<'a> {
    /// The file.
    pub sign_in: &'a SignIn,
    /// The keys.
    pub keys: &'a Keys,
}

impl IdentitySink for Sealed<'_> {
    fn people(&mut self) -> Result<Vec<PersonId>, Broken> {
        self.sign_in.identified().map_err(broken)
    }

    fn put(&mut self, numbers: Vec<(PersonId, Option<IdentityNumber>)>) -> Result<(), Broken> {
        self.sign_in.keep_identities(self.keys, &numbers).map_err(broken)
    }
}

fn broken(error: StoreError) -> Broken {
    Broken(error.to_string())
}
