//! Profiles: the accounts that one person uses together, as the device remembers them.
//!
//! Guardian accounts of one person join, also over municipalities; two people never do, nor staff with guardian
//! (ruling h). That two accounts are one person's is told by who asks for it; within a municipality it is known.

use std::fs::File;
use std::path::{Path, PathBuf};

use kapprum_domain::actor::{Account, Role};
use kapprum_domain::id::DeviceId;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::store::Unsent;

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

    /// The account's store.
    pub(crate) fn store(&self, home: &Path) -> PathBuf {
        self.folder(home).join("store.db")
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

/// An account whose data can't be read any more: told until it is dismissed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The account.
    pub account: Account,
    /// To whom it is told; the account comes back here.
    pub profile: ProfileId,
    /// What was unsent.
    pub unsent: Unsent,
}

/// What the device remembers of its accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Accounts {
    pub(crate) signed_in: Vec<SignedIn>,
    pub(crate) lost: Vec<Loss>,
}

/// As they lie on the disk. A single bit that turned could give an account to another's profile, or make its data seem
/// lost: what does not fit its sum is not believed.
#[derive(Serialize, Deserialize)]
struct Summed {
    accounts: Box<RawValue>,
    sum: [u8; 32],
}

impl Accounts {
    /// Reads them.
    pub(crate) fn read(home: &Path) -> Result<Self> {
        let text = match std::fs::read(home.join("accounts.json")) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        let summed: Summed = serde_json::from_slice(&text).map_err(|_| Error::Unreadable)?;
        if summed.sum != sum(&summed.accounts) {
            return Err(Error::Unreadable);
        }
        serde_json::from_str(summed.accounts.get()).map_err(|_| Error::Unreadable)
    }

    /// Writes them; whole or not at all.
    pub(crate) fn write(&self, home: &Path) -> Result<()> {
        let (new, path) = (home.join("accounts.new"), home.join("accounts.json"));
        let accounts = to_raw_value(self).map_err(std::io::Error::from)?;
        let summed = Summed { sum: sum(&accounts), accounts };
        std::fs::write(&new, serde_json::to_vec(&summed).map_err(std::io::Error::from)?)?;
        File::open(&new)?.sync_all()?;
        std::fs::rename(new, path)?;
        Ok(File::open(home)?.sync_all()?)
    }

    /// An account is signed in: as it was, if it is here already or was lost, else in the given profile, if it may join
    /// it, else in one of its own.
    pub(crate) fn sign_in(&mut self, new: SignedIn, join: Option<ProfileId>) -> SignedIn {
        if let Some(known) = self.signed_in.iter_mut().find(|one| one.account == new.account) {
            *known = SignedIn { id: known.id, profile: known.profile, ..new };
            return known.clone();
        }
        let lost = self.lost.iter().find(|loss| loss.account == new.account).map(|loss| loss.profile);
        // With nothing unsent there is nothing more to tell once the data comes back.
        self.lost.retain(|loss| loss.account != new.account || loss.unsent.count > 0);
        let join = lost.or(join).filter(|profile| self.fits(*profile, &new.account, lost.is_some()));
        let signed_in = SignedIn { profile: join.unwrap_or_else(|| self.free()), ..new };
        self.signed_in.push(signed_in.clone());
        signed_in
    }

    /// Whether an account may be in a profile beside those who are; `back` in its own, where nobody need be.
    fn fits(&self, profile: ProfileId, account: &Account, back: bool) -> bool {
        let others: Vec<&Account> =
            self.signed_in.iter().filter(|one| one.profile == profile).map(|one| &one.account).collect();
        let guardians = account.role == Role::Guardian && others.iter().all(|one| one.role == Role::Guardian);
        let stranger = |one: &&Account| one.tenant == account.tenant && one.holder != account.holder;
        if others.is_empty() { back } else { guardians && !others.iter().any(stranger) }
    }

    fn free(&self) -> ProfileId {
        let taken = self.signed_in.iter().map(|one| one.profile).chain(self.lost.iter().map(|loss| loss.profile));
        ProfileId(taken.max().map_or(0, |last| last.0 + 1))
    }
}

fn sum(accounts: &RawValue) -> [u8; 32] {
    Sha256::digest(accounts.get().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use kapprum_domain::id::{HolderId, TenantId};

    use super::*;

    fn account(tenant: u128, holder: u128, role: Role) -> Account {
        let (tenant, holder) = (TenantId(Uuid::from_u128(tenant)), HolderId(Uuid::from_u128(holder)));
        Account { tenant, holder, role }
    }

    fn new(account: Account) -> SignedIn {
        let (id, device) = (Uuid::new_v5(&Uuid::nil(), format!("{account:?}").as_bytes()), DeviceId(Uuid::nil()));
        SignedIn { id, account, profile: ProfileId(99), server: String::new(), device }
    }

    #[test]
    fn only_one_persons_guardian_accounts_join() {
        let anna = account(1, 10, Role::Guardian);
        for (other, join, profile, why) in [
            (account(2, 20, Role::Guardian), Some(0), 0, "another municipality, asked for"),
            (account(2, 20, Role::Guardian), None, 1, "not asked for"),
            (account(1, 11, Role::Guardian), Some(0), 1, "two people of one municipality"),
            (account(2, 20, Role::Staff), Some(0), 1, "staff with guardian"),
            (account(1, 10, Role::Staff), Some(0), 1, "the same person as staff"),
            (account(2, 20, Role::Guardian), Some(7), 1, "nobody is there"),
            (anna, Some(7), 0, "already here"),
        ] {
            let mut accounts = Accounts::default();
            accounts.sign_in(new(anna), None);
            let signed_in = accounts.sign_in(new(other), join.map(ProfileId));
            assert_eq!(signed_in.profile, ProfileId(profile), "{why}");
            assert_eq!(accounts.signed_in.len(), if other == anna { 1 } else { 2 }, "{why}");
        }
    }

    #[test]
    fn a_lost_account_comes_back_to_its_profile() {
        let (anna, bo) = (account(1, 10, Role::Guardian), account(1, 11, Role::Guardian));
        for (count, told) in [(0, 0), (2, 1)] {
            let unsent = Unsent { count, oldest: None };
            let mut accounts = Accounts::default();
            accounts.lost.push(Loss { account: anna, profile: ProfileId(0), unsent });
            assert_eq!(
                accounts.sign_in(new(bo), Some(ProfileId(0))).profile,
                ProfileId(1),
                "Bo does not take its place"
            );
            assert_eq!(accounts.sign_in(new(anna), None).profile, ProfileId(0));
            assert_eq!(accounts.lost.len(), told, "what was unsent is told until it is dismissed");
        }
    }
}
