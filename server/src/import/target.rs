//! An import into a tenant's store, through the writer.

use kapprum_domain::id::PersonId;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::{Unread, World};

use super::apply::{Chunk, Outcome};
use super::{Broken, IdentitySink, Target};
use crate::identity::IdentityNumber;
use crate::keys::Keys;
use crate::sign_in::SignIn;
use crate::store::{Store, StoreError};
use crate::writer;

/// A store as target. Between two chunks whoever else waits for the store comes first.
pub struct StoreTarget<'a> {
    store: &'a dyn Store,
    now: Timestamp,
    progress: &'a mut dyn FnMut(&str, usize),
    written: usize,
}

impl<'a> StoreTarget<'a> {
    /// A target; `progress` hears after each transaction how many changes are written so far.
    pub fn new(store: &'a dyn Store, now: Timestamp, progress: &'a mut dyn FnMut(&str, usize)) -> Self {
        Self { store, now, progress, written: 0 }
    }
}

impl Target for StoreTarget<'_> {
    fn each(&mut self, kind: &'static str, visit: &mut dyn FnMut(&str)) -> Result<(), Broken> {
        self.store.read(&mut |snapshot| snapshot.kind(kind, visit)).map_err(broken)
    }

    fn apply(&mut self, chunk: &Chunk) -> Result<Outcome, Broken> {
        let mut outcome = Outcome::default();
        let mut decide = |world: &World<'_>| {
            outcome = chunk.decide(world)?;
            Ok(outcome.changes.clone())
        };
        let mut news = false;
        self.store
            .read(&mut |snapshot| {
                news = !decide(&World::new(snapshot))
                    .map_err(|unread: Unread| StoreError::Failed(unread.to_string()))?
                    .is_empty();
                Ok(())
            })
            .map_err(broken)?;
        if news {
            writer::import_decided(self.store, self.now, &mut decide).map_err(broken)?;
            self.written += outcome.changes.len();
            (self.progress)("written", self.written);
        }
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
    fn put(&mut self, numbers: Vec<(PersonId, IdentityNumber)>) -> Result<(), Broken> {
        for (person, number) in &numbers {
            self.sign_in.keep_identity(self.keys, *person, number).map_err(broken)?;
        }
        Ok(())
    }
}

fn broken(error: StoreError) -> Broken {
    Broken(error.to_string())
}
