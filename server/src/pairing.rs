//! What the pairing of a shared device gave it: grants of its own, beside those that follow from the register.

use kapprum_domain::actor::Account;
use kapprum_domain::grant::Grant;
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::World;

use crate::store::{Result, Store};
use crate::writer::{self, unread};

/// The grants of an account.
pub fn grants(store: &dyn Store, account: &Account) -> Result<Vec<Grant>> {
    let mut grants = Ok(Vec::new());
    store.read(&mut |snapshot| {
        grants = World::new(snapshot).all::<Grant>(Scope::Person(account.holder));
        Ok(())
    })?;
    grants.map_err(unread)
}

/// Takes back what a pairing gave.
pub fn end(store: &dyn Store, account: &Account, now: Timestamp) -> Result<()> {
    let changes: Vec<Change> = grants(store, account)?.iter().map(Change::remove).collect();
    writer::import(store, &changes, now).map(drop)
}
