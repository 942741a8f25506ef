//! The file beside the store that counts what is unsent, so that a store that can't be read any more can tell what was
//! lost. Count and oldest time, nothing else: it is not encrypted.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Store, lock};
use crate::error::Result;
use kapprum_domain::time::Timestamp;

/// How much the server has not answered, what is to be settled included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// How many commands.
    pub count: u64,
    /// When the oldest was asked.
    pub oldest: Option<Timestamp>,
}

impl Unsent {
    /// What was noted beside this store when it could still be read.
    pub fn beside(store: &Path) -> Self {
        let text = std::fs::read(path(store)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

impl Store {
    /// Notes what is unsent now. One at a time: who reads last writes last.
    pub fn note_unsent(&self) -> Result<()> {
        let mut noted = lock(&self.noted);
        let unsent = self.read(|reader| reader.unsent())?;
        if *noted == Some(unsent) {
            return Ok(());
        }
        let path = path(&self.options.path);
        let new = path.with_extension("unsent-new");
        std::fs::write(&new, serde_json::to_vec(&unsent).unwrap_or_default())?;
        std::fs::rename(new, path)?;
        *noted = Some(unsent);
        Ok(())
    }
}

fn path(store: &Path) -> PathBuf {
    store.with_extension("unsent")
}
