//! Profiles: the accounts that one person uses together, as the device remembers them.
//!
//! Guardian accounts of one person join, also over municipalities; two people never do, nor staff with guardian
//! (ruling h).

use std::path::{Path, PathBuf};

use kapprum_domain::actor::{Account, Role};
use kapprum_domain::id::DeviceId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// Which accounts belong together on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProfileId(pub u32);

/// One signed-in account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Names its folder and its keys.
    pub id: Uuid,
    /// The account.
    pub account: Account,
    /// With which others it belongs together.
    pub profile: ProfileId,
    /// Its server.
    pub server: String,
    /// This device, as that server knows it.
    pub device: DeviceId,
}

impl SignedIn {
    /// The account's folder.
    pub(crate) fn folder(&self, home: &Path) -> PathBuf {
        home.join(self.id.to_string())
    }

    /// The name of its database key in the key store.
    pub(crate) fn database_key(&self) -> String {
        format!("database-{}", self.id)
    }

    /// The name of its session in the key store.
    pub(crate) fn session_key(&self) -> String {
        format!("session-{}", self.id)
    }
}

/// Reads the accounts of a device.
pub(crate) fn read(home: &Path) -> Result<Vec<SignedIn>> {
    match std::fs::read(home.join("accounts.json")) {
        Ok(text) => serde_json::from_slice(&text).map_err(|_| Error::Unreadable),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Writes the accounts of a device; whole or not at all.
pub(crate) fn write(home: &Path, accounts: &[SignedIn]) -> Result<()> {
    let (new, path) = (home.join("accounts.new"), home.join("accounts.json"));
    std::fs::write(&new, serde_json::to_vec_pretty(accounts).unwrap_or_default())?;
    std::fs::File::open(&new)?.sync_all()?;
    Ok(std::fs::rename(new, path)?)
}

/// The profile for a new account: the given one, if it may join it, else one of its own.
pub(crate) fn choose(accounts: &[SignedIn], account: &Account, join: Option<ProfileId>) -> ProfileId {
    let fits = |profile: &ProfileId| {
        let mut others = accounts.iter().filter(|one| one.profile == *profile).peekable();
        others.peek().is_some()
            && account.role == Role::Guardian
            && others.all(|one| one.account.role == Role::Guardian)
    };
    let own = || ProfileId(accounts.iter().map(|one| one.profile.0 + 1).max().unwrap_or(0));
    join.filter(fits).unwrap_or_else(own)
}
