//! The handle to the whole core: accounts, one `send`, one `feed`, sync, suspend and resume.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kapprum_domain::command::Command;
use kapprum_domain::id::{CommandId, PersonId};
use kapprum_domain::screen::Ask;
use kapprum_words::{Language, Words};
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::feed::Feed;
use crate::key_store::KeyStore;
use crate::profile::{Accounts, Loss, ProfileId, SignedIn};
use crate::seat::Seat;
pub use crate::sending::Sent;
use crate::sync::driver::Status;
use crate::sync::machine::Failure;
use crate::sync::wire::Wire;

/// Makes the way to a server by its address.
pub type Wires = Box<dyn Fn(&str) -> Result<Arc<dyn Wire>> + Send + Sync>;

/// What the core needs of its surroundings.
pub struct Surroundings {
    /// The folder of all accounts' files; left out of backups.
    pub home: PathBuf,
    /// Where keys are kept.
    pub keys: Arc<dyn KeyStore>,
    /// The device's clocks.
    pub clock: Arc<dyn Clock>,
    /// The ways to servers.
    pub wires: Wires,
    /// The first language.
    pub language: Language,
}

/// The core.
pub struct Kapprum {
    inner: Arc<Inner>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// What all feeds and tasks share. Only [`Kapprum`] holds it for long: the folder is free soon after that is dropped.
pub(crate) struct Inner {
    pub(crate) surroundings: Surroundings,
    pub(crate) handle: Handle,
    pub(crate) pulse: watch::Sender<u64>,
    words: RwLock<Words>,
    seats: RwLock<Vec<Arc<Seat>>>,
    accounts: RwLock<Accounts>,
    /// Held by whoever opens, closes, adds or removes a seat; whether all are suspended.
    pub(crate) lifecycle: tokio::sync::Mutex<bool>,
    closed: AtomicBool,
    _lock: File,
}

impl Kapprum {
    /// Opens the folder with all accounts and begins to sync. One process at a time. Blocks while files are opened.
    pub fn open(surroundings: Surroundings) -> Result<Self> {
        std::fs::create_dir_all(&surroundings.home)?;
        let lock = File::create(surroundings.home.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        // Before there is a runtime: one must not be dropped by whoever opens this from a task, as an error would.
        let accounts = Accounts::read(&surroundings.home)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("kapprum")
            .enable_all()
            .build()?;
        let words = RwLock::new(Words::new(surroundings.language));
        let inner = Arc::new(Inner {
            surroundings,
            handle: runtime.handle().clone(),
            pulse: watch::Sender::new(0),
            words,
            seats: RwLock::default(),
            accounts: RwLock::new(accounts.clone()),
            lifecycle: tokio::sync::Mutex::default(),
            closed: AtomicBool::new(false),
            _lock: lock,
        });
        let core = Self { inner, runtime: Some(runtime) };
        for signed_in in accounts.signed_in {
            match core.inner.open_seat(signed_in.clone(), false) {
                Ok(seat) => {
                    core.inner.write_seats().push(seat.clone());
                    core.inner.start(&seat)?;
                }
                // The data is fetched again after signing in; what was unsent is told.
                Err(Error::Unreadable) => core.inner.lose(&signed_in)?,
                Err(error) => return Err(error),
            }
        }
        Ok(core)
    }

    /// The runtime that all its work is done on.
    pub fn handle(&self) -> &Handle {
        &self.inner.handle
    }

    /// The signed-in accounts.
    pub fn accounts(&self) -> Vec<SignedIn> {
        self.inner.seats().iter().map(|seat| seat.signed_in()).collect()
    }

    /// The accounts whose data could not be read any more.
    pub fn lost(&self) -> Vec<Loss> {
        self.inner.accounts().lost.clone()
    }

    /// Forgets what a profile was told to have lost.
    pub async fn dismiss_lost(&self, profile: ProfileId) -> Result<()> {
        let inner = self.inner.clone();
        self.detached(async move { inner.dismiss_lost(profile).await }).await
    }

    /// Signs in with an invitation's token. `join` puts a guardian account beside another of the same person. An
    /// account that is here already goes on with the new session.
    pub async fn sign_in(&self, server: &str, token: &str, join: Option<ProfileId>) -> Result<SignedIn> {
        let (inner, server, token) = (self.inner.clone(), server.to_owned(), token.to_owned());
        self.detached(async move { inner.sign_in(server, token, join).await }).await
    }

    /// Signs an account out and destroys its data. With unsent commands it refuses, unless they are to be dropped.
    pub async fn sign_out(&self, account: Uuid, drop_unsent: bool) -> Result<()> {
        let inner = self.inner.clone();
        self.detached(async move { inner.sign_out(account, drop_unsent).await }).await
    }

    /// Sends what a person asks for: each command goes to the account that holds what it names. Saved when it returns.
    pub async fn send(&self, profile: ProfileId, commands: Vec<Command>, tapped: Option<PersonId>) -> Result<Sent> {
        let inner = self.inner.clone();
        self.inner.blocking(move || inner.send(profile, &commands, tapped)).await
    }

    /// Takes back a command: one that is not answered as if it had never been, one that is done by its reverse, where
    /// there is one. Whether it is taken back.
    pub async fn undo(&self, profile: ProfileId, id: CommandId, tapped: Option<PersonId>) -> Result<bool> {
        self.each(profile, move |inner, seat| inner.undo(seat, id, tapped)).await
    }

    /// What the form of a view had when it was left, unless its day is over.
    pub async fn draft(&self, profile: ProfileId, ask: Ask) -> Result<Option<Command>> {
        let inner = self.inner.clone();
        let look = move || {
            for seat in inner.seats_of(profile) {
                let now = inner.now(&seat.store)?;
                if let Some(command) = inner.noticing(seat.store.read(|reader| reader.draft(&ask, now)))? {
                    return Ok(Some(command));
                }
            }
            Ok(None)
        };
        self.inner.blocking(look).await
    }

    /// Keeps what the form of a view has; none: it was sent or thrown away.
    pub async fn keep_draft(&self, profile: ProfileId, ask: Ask, command: Option<Command>) -> Result<()> {
        let inner = self.inner.clone();
        self.inner.blocking(move || inner.keep_draft(profile, &ask, command.as_ref())).await
    }

    /// Forgets the outcome of a command. Whether there was one.
    pub async fn dismiss(&self, profile: ProfileId, id: CommandId) -> Result<bool> {
        self.each(profile, move |_, seat| seat.store.dismiss(id)).await
    }

    /// A stream of snapshots of one view.
    pub fn feed(&self, profile: ProfileId, ask: Ask) -> Feed {
        Feed::new(&self.inner, profile, ask)
    }

    /// Asks the servers of a profile now, and waits until everything is exchanged or can't be.
    pub async fn sync(&self, profile: ProfileId) -> Result<()> {
        let ask = |seat: &Arc<Seat>| (seat.status.subscribe(), seat.order(|orders| orders.asked += 1).asked);
        let asked: Vec<_> = self.inner.seats_of(profile).iter().map(ask).collect();
        let mut result = Ok(());
        for (mut status, asked) in asked {
            let settled = |status: &Status| status.answered >= asked && (status.synced || status.failure.is_some());
            let status = *status.wait_for(settled).await.map_err(|_| Error::Closed)?;
            let this = match status.failure {
                None => Ok(()),
                Some(Failure::SignedOut) => Err(Error::SignedOut),
                Some(Failure::Outdated) => Err(Error::Outdated),
                Some(Failure::Lost | Failure::Busy(_)) => Err(Error::Offline),
                Some(Failure::Full) => Err(Error::Full),
                Some(Failure::Broken) => Err(Error::Broken("sync".to_owned())),
            };
            result = result.and(this);
        }
        result
    }

    /// Someone is looking, or nobody is any more: news is waited for only in the foreground.
    pub fn foreground(&self, profile: ProfileId, looking: bool) {
        for seat in self.inner.seats_of(profile) {
            seat.order(|orders| orders.foreground = looking);
        }
    }

    /// How the sync of each account stands.
    pub fn status(&self, profile: ProfileId) -> Vec<Status> {
        self.inner.seats_of(profile).iter().map(|seat| *seat.status.borrow()).collect()
    }

    /// The language of all views from now on; wakes the feeds.
    pub fn speak(&self, language: Language) {
        *self.inner.words.write().unwrap_or_else(PoisonError::into_inner) = Words::new(language);
        self.inner.wake_feeds();
    }

    /// What is damaged in a profile's files, one line each; nothing: sound. Reads them whole.
    pub async fn damage(&self, profile: ProfileId) -> Result<Vec<String>> {
        let inner = self.inner.clone();
        let look = move || {
            let mut found = Vec::new();
            for seat in inner.seats_of(profile) {
                found.extend(seat.store.damage()?);
            }
            Ok(found)
        };
        self.inner.blocking(look).await
    }

    /// Finishes what is being written, stops syncing and closes all files: the app may be frozen now.
    pub async fn suspend(&self) {
        let inner = self.inner.clone();
        if self.detached(async move { inner.suspend().await }).await.is_err() {
            tracing::error!("the stores could not be closed");
        }
    }

    /// Opens the files again and syncs. What can't be opened is told when all others are; resuming again tries it again.
    pub async fn resume(&self) -> Result<()> {
        let inner = self.inner.clone();
        self.detached(async move { inner.resume().await }).await
    }

    async fn each(
        &self,
        profile: ProfileId,
        work: impl Fn(&Inner, &Seat) -> Result<bool> + Send + 'static,
    ) -> Result<bool> {
        let inner = self.inner.clone();
        let done = move || {
            for seat in inner.seats_of(profile) {
                if inner.noticing(work(&inner, &seat))? {
                    seat.changed();
                    return Ok(true);
                }
            }
            Ok(false)
        };
        self.inner.blocking(done).await
    }

    /// Work that goes on whoever waits for it.
    async fn detached<T: Send + 'static>(&self, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        self.inner.handle.spawn(work).await.map_err(|_| Error::Closed)?
    }
}

/// How long the core's threads may take to end.
const ENDING: std::time::Duration = std::time::Duration::from_secs(2);

impl Drop for Kapprum {
    fn drop(&mut self) {
        self.inner.closed.store(true, Ordering::Relaxed);
        let seats = std::mem::take(&mut *self.inner.write_seats());
        self.inner.wake_feeds();
        // Waits for the transaction under way: if the process ends next, SQLCipher's own end must find nobody at work.
        seats.iter().for_each(|seat| seat.store.suspend());
        if let Some(runtime) = self.runtime.take() {
            // OpenSSL keeps something for each thread: they end before the process may. On a thread of its own, since a
            // runtime must not be shut down where others wait.
            let ending = std::thread::spawn(move || runtime.shutdown_timeout(ENDING));
            if ending.join().is_err() {
                tracing::error!("the core's threads could not be ended");
            }
        }
    }
}

impl Inner {
    pub(crate) fn seats(&self) -> RwLockReadGuard<'_, Vec<Arc<Seat>>> {
        self.seats.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write_seats(&self) -> RwLockWriteGuard<'_, Vec<Arc<Seat>>> {
        self.seats.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn seats_of(&self, profile: ProfileId) -> Vec<Arc<Seat>> {
        self.seats().iter().filter(|seat| seat.signed_in().profile == profile).cloned().collect()
    }

    pub(crate) fn accounts(&self) -> RwLockReadGuard<'_, Accounts> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write_accounts(&self) -> RwLockWriteGuard<'_, Accounts> {
        self.accounts.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn words(&self) -> Words {
        self.words.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn wake_feeds(&self) {
        self.pulse.send_modify(|count| *count += 1);
    }

    /// Whether [`Kapprum`] was dropped.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Files, keys and SQLCipher: on the pool, never on the workers that the network runs on. Goes on whoever waits for it.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.handle.spawn_blocking(work).await.map_err(|_| Error::Closed)?
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
