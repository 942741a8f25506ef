//! A phone's store without the rest of the phone: fetched by the product's driver, then at hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kapprum_client::key_store::Secret;
use kapprum_client::store::{FileBallast, Key, Options, Protection, Store};
use kapprum_client::sync::driver::{Driver, Orders, Status};
use kapprum_client::sync::wire::{Http, Wire};
use kapprum_domain::actor::Account;
use kapprum_town::harness::OwnClock;
use rusqlite::Connection;
use tokio::sync::watch;

const KEY: [u8; 32] = [7; 32];

/// How a measured file is protected: with one key for all, or plain.
pub(crate) fn protection(plain: bool) -> Protection {
    if plain { Protection::Unkeyed } else { Protection::Key(Key::new(KEY)) }
}

/// What unlocks such a file beside the store.
pub(crate) fn unlock(file: &Connection, plain: bool) {
    if !plain {
        let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        file.execute_batch(&format!("PRAGMA key = \"x'{key}'\"; PRAGMA cipher_memory_security = OFF;")).unwrap();
    }
}

/// Opens the store in a folder.
pub(crate) fn open(folder: &Path, account: Account, plain: bool) -> Arc<Store> {
    let path = path(folder);
    let ballast = Arc::new(FileBallast::beside(&path));
    let pulse = watch::Sender::new(0);
    let options =
        Options { path, protection: protection(plain), account, ballast, pulse, last_resort: Arc::new(|| ()) };
    Arc::new(Store::open(options).unwrap())
}

pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("store.db")
}

/// Signs in and fetches everything; `ready` is called between the two. Tells how long the fetching took.
pub(crate) async fn fetch(
    server: &str,
    token: &str,
    folder: &Path,
    plain: bool,
    ready: impl FnOnce(),
) -> (Arc<Store>, Duration) {
    std::fs::create_dir_all(folder).unwrap();
    let wire = Arc::new(Http::new(server, None).unwrap());
    let activated = wire.activate(token).await.unwrap();
    let store = open(folder, activated.account, plain);
    ready();
    let (status, mut told) = watch::channel(Status::default());
    let driver = Driver {
        store: store.clone(),
        wire,
        clock: Arc::new(OwnClock),
        bearer: Some(Secret::new(activated.bearer)),
        status,
        seed: 1,
    };
    let started = Instant::now();
    let (orders, receiver) = watch::channel(Orders { asked: 1, ..Orders::default() });
    let task = tokio::spawn(driver.run(receiver));
    told.wait_for(|status| status.answered >= 1 && status.synced).await.unwrap();
    let took = started.elapsed();
    drop(orders);
    task.await.unwrap();
    (store, took)
}
