//! One account at work: its store, and the task that syncs it.

use std::sync::{Arc, Mutex};

use kapprum_domain::time::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::clock::estimate;
use crate::error::{Error, Result};
use crate::kapprum::{Inner, lock};
use crate::profile::SignedIn;
use crate::store::{FileBallast, Key, Options, Protection, Store};
use crate::sync::driver::{Driver, Ended, Orders, Status};
use crate::sync::machine::Failure;
use crate::sync::wire::Wire;

/// See the module.
pub(crate) struct Seat {
    signed_in: Mutex<SignedIn>,
    pub(crate) store: Arc<Store>,
    pub(crate) status: watch::Sender<Status>,
    at_work: Mutex<Option<(watch::Sender<Orders>, JoinHandle<()>)>>,
    orders: Mutex<Orders>,
}

impl Seat {
    /// The account.
    pub(crate) fn signed_in(&self) -> SignedIn {
        lock(&self.signed_in).clone()
    }

    /// The account has another session.
    pub(crate) fn signed_in_again(&self, signed_in: SignedIn) {
        *lock(&self.signed_in) = signed_in;
    }

    /// Tells the sync task what is wanted of it, now or when it is started.
    pub(crate) fn order(&self, change: impl FnOnce(&mut Orders)) -> Orders {
        let mut orders = lock(&self.orders);
        change(&mut orders);
        if let Some((sender, _)) = lock(&self.at_work).as_ref() {
            sender.send_replace(*orders);
        }
        *orders
    }

    /// Something was saved: it is noted beside the store and sent.
    pub(crate) fn changed(&self) {
        if let Err(error) = self.store.note_unsent() {
            tracing::warn!(%error, "what is unsent could not be noted");
        }
        self.order(|orders| orders.saved += 1);
    }

    pub(crate) fn is_at_work(&self) -> bool {
        lock(&self.at_work).is_some()
    }

    /// Ends the sync task, and waits until it has.
    pub(crate) async fn stop(&self) {
        let at_work = lock(&self.at_work).take();
        if let Some((sender, task)) = at_work {
            drop(sender);
            if task.await.is_err() {
                tracing::error!("the sync task failed");
            }
        }
    }

    /// Whoever waits for this account waits no longer.
    pub(crate) fn end(&self) {
        let failure = Some(Failure::SignedOut);
        self.status.send_modify(|status| *status = Status { answered: u64::MAX, synced: false, failure, ..*status });
    }
}

impl Inner {
    /// Opens the store of an account that was here before, or of a `new` one. Without its key it is
    /// [`Error::Unreadable`], as a damaged file is.
    pub(crate) fn open_seat(&self, signed_in: SignedIn, new: bool) -> Result<Arc<Seat>> {
        let keys = self.surroundings.keys.clone();
        let name = signed_in.database_key();
        let key = keys.get(&name)?.and_then(|text| unhex(&text)).ok_or(Error::Unreadable)?;
        std::fs::create_dir_all(signed_in.folder(&self.surroundings.home))?;
        let path = signed_in.store(&self.surroundings.home);
        let open = if new { Store::open } else { Store::open_known };
        let store = open(Options {
            protection: Protection::Key(key),
            account: signed_in.account,
            ballast: Arc::new(FileBallast::beside(&path)),
            pulse: self.pulse.clone(),
            last_resort: Arc::new(move || {
                if keys.delete(&name).is_err() {
                    tracing::error!("the key of what could not be erased could not be destroyed");
                }
            }),
            path,
        })?;
        Ok(Arc::new(Seat {
            signed_in: Mutex::new(signed_in),
            store: Arc::new(store),
            status: watch::Sender::default(),
            at_work: Mutex::default(),
            orders: Mutex::default(),
        }))
    }

    /// Begins to sync. Without a session only housekeeping is done.
    pub(crate) fn start(self: &Arc<Self>, seat: &Seat) -> Result<()> {
        self.start_over((self.surroundings.wires)(&seat.signed_in().server)?, seat)
    }

    /// As [`Inner::start`], over a wire that may be connected already.
    pub(crate) fn start_over(self: &Arc<Self>, wire: Arc<dyn Wire>, seat: &Seat) -> Result<()> {
        let signed_in = seat.signed_in();
        let driver = Driver {
            store: seat.store.clone(),
            wire,
            clock: self.surroundings.clock.clone(),
            bearer: self.surroundings.keys.get(&signed_in.session_key())?,
            status: seat.status.clone(),
            seed: u64::from_ne_bytes(random()?),
        };
        let orders = lock(&seat.orders);
        let (sender, receiver) = watch::channel(*orders);
        let inner = Arc::downgrade(self);
        let task = self.handle.spawn(async move {
            if driver.run(receiver).await == Ended::Lost
                && let Some(inner) = inner.upgrade()
            {
                inner.give_up_lost();
            }
        });
        *lock(&seat.at_work) = Some((sender, task));
        Ok(())
    }

    /// The server's time as an account estimates it.
    pub(crate) fn now(&self, store: &Store) -> Result<Timestamp> {
        Ok(estimate(self.surroundings.clock.as_ref(), store.read(|reader| reader.offset())?).now)
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::Key("no random numbers".to_owned()))?;
    Ok(bytes)
}

/// A new database key, as it is kept.
pub(crate) fn new_key() -> Result<Zeroizing<String>> {
    use std::fmt::Write;
    let bytes = Zeroizing::new(random::<32>()?);
    Ok(bytes.iter().fold(Zeroizing::new(String::with_capacity(64)), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn unhex(text: &str) -> Option<Key> {
    let mut bytes = Zeroizing::new([0; 32]);
    if text.len() != 64 {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(Key::new(*bytes))
}
