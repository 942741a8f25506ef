//! The handle to the whole core: accounts, one `send`, one `feed`, sync, suspend and resume.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use kapprum_domain::command::Command;
use kapprum_domain::id::{CommandId, PersonId};
use kapprum_domain::outbox::{Entry, EntryState};
use kapprum_domain::screen::{Around, Ask, View, screen};
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::Unread;
use kapprum_words::{Language, Words};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::clock::{Clock, estimate};
use crate::error::{Error, Result};
use crate::feed::Feed;
use crate::key_store::KeyStore;
use crate::profile::{self, ProfileId, SignedIn};
use crate::store::{FileBallast, Key, Options, OutboxRow, Protection, Reader, RowState, Saving, Store, Unsent};
use crate::sync::driver::{Driver, Orders, Status, note_unsent};
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

/// What all feeds and tasks share.
pub(crate) struct Inner {
    surroundings: Surroundings,
    pub(crate) handle: Handle,
    pub(crate) pulse: watch::Sender<u64>,
    words: RwLock<Words>,
    seats: RwLock<Vec<Arc<Seat>>>,
    lost: Mutex<Vec<Unsent>>,
    /// Held as long as the folder is open.
    _lock: File,
}

/// One account at work.
struct Seat {
    signed_in: SignedIn,
    store: Arc<Store>,
    unsent: PathBuf,
    wire: Arc<dyn Wire>,
    status: watch::Sender<Status>,
    at_work: Mutex<Option<(watch::Sender<Orders>, JoinHandle<()>)>>,
    orders: Mutex<Orders>,
}

/// Where a sending went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The commands by account, in the order given.
    pub parts: Vec<(Uuid, Vec<CommandId>)>,
}

impl Sent {
    /// Whether it went to several accounts, each of which answers for itself.
    pub fn is_split(&self) -> bool {
        self.parts.len() > 1
    }
}

impl Kapprum {
    /// Opens the folder with all accounts and begins to sync. One process at a time.
    pub fn open(surroundings: Surroundings) -> Result<Self> {
        std::fs::create_dir_all(&surroundings.home)?;
        let lock = File::create(surroundings.home.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("kapprum")
            .enable_all()
            .build()?;
        let accounts = profile::read(&surroundings.home)?;
        let words = RwLock::new(Words::new(surroundings.language));
        let inner = Arc::new(Inner {
            surroundings,
            handle: runtime.handle().clone(),
            pulse: watch::Sender::new(0),
            words,
            seats: RwLock::default(),
            lost: Mutex::default(),
            _lock: lock,
        });
        for signed_in in accounts {
            match inner.seat(signed_in.clone()) {
                Ok(seat) => inner.write_seats().push(seat),
                // A lost key or a damaged file: the data is fetched again after signing in; what was unsent is told.
                Err(Error::Unreadable | Error::Key(_)) => inner.lose(&signed_in)?,
                Err(error) => return Err(error),
            }
        }
        Ok(Self { inner, runtime: Some(runtime) })
    }

    /// The signed-in accounts.
    pub fn accounts(&self) -> Vec<SignedIn> {
        self.inner.seats().iter().map(|seat| seat.signed_in.clone()).collect()
    }

    /// What was unsent in files that could not be read any more.
    pub fn lost(&self) -> Vec<Unsent> {
        self.inner.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Signs in with an invitation's token. `join` puts a guardian account beside another of the same person.
    pub async fn sign_in(&self, server: &str, token: &str, join: Option<ProfileId>) -> Result<SignedIn> {
        let (inner, server, token) = (self.inner.clone(), server.to_owned(), token.to_owned());
        let work = self.inner.handle.spawn(async move {
            let wire = (inner.surroundings.wires)(&server)?;
            let activated = wire.activate(&token).await?;
            let mut accounts: Vec<SignedIn> = inner.seats().iter().map(|seat| seat.signed_in.clone()).collect();
            let profile = profile::choose(&accounts, &activated.account, join);
            let id = Uuid::from_bytes(random()?);
            let signed_in = SignedIn { id, account: activated.account, profile, server, device: activated.device };
            let keys = &inner.surroundings.keys;
            keys.set(&signed_in.database_key(), &Zeroizing::new(hex(&random::<32>()?)))?;
            keys.set(&signed_in.session_key(), &Zeroizing::new(activated.bearer))?;
            accounts.push(signed_in.clone());
            profile::write(&inner.surroundings.home, &accounts)?;
            let seat = inner.seat(signed_in.clone())?;
            inner.write_seats().push(seat);
            Ok(signed_in)
        });
        work.await.map_err(|_| Error::Closed)?
    }

    /// Signs an account out and destroys its data. With unsent commands it refuses, unless they are to be dropped.
    pub async fn sign_out(&self, account: Uuid, drop_unsent: bool) -> Result<()> {
        let inner = self.inner.clone();
        let work = self.inner.handle.spawn(async move {
            let seat =
                inner.seats().iter().find(|seat| seat.signed_in.id == account).cloned().ok_or(Error::SignedOut)?;
            let unsent = seat.store.read(|reader| reader.unsent())?;
            if unsent.count > 0 && !drop_unsent {
                return Err(Error::Unsent(unsent.count));
            }
            let bearer = inner.surroundings.keys.get(&seat.signed_in.session_key())?;
            seat.stop().await;
            if let Some(bearer) = bearer
                && seat.wire.sign_out(&bearer).await.is_err()
            {
                tracing::warn!("the server could not be told of the sign-out");
            }
            inner.destroy(&seat.signed_in)
        });
        work.await.map_err(|_| Error::Closed)?
    }

    /// Sends what a person asks for: each command goes to the account that holds what it names. Saved when it returns.
    pub async fn send(&self, profile: ProfileId, commands: Vec<Command>, tapped: Option<PersonId>) -> Result<Sent> {
        let inner = self.inner.clone();
        // Detached: the row is stored or not, whoever waits.
        let work = self.inner.handle.spawn_blocking(move || inner.send(profile, &commands, tapped));
        work.await.map_err(|_| Error::Closed)?
    }

    /// Takes back a command that is not answered. Whether there was one.
    pub async fn undo(&self, profile: ProfileId, id: CommandId) -> Result<bool> {
        self.each(profile, move |inner, seat| seat.store.undo(id, inner.now(&seat.store)?)).await
    }

    /// Forgets the outcome of a command. Whether there was one.
    pub async fn dismiss(&self, profile: ProfileId, id: CommandId) -> Result<bool> {
        self.each(profile, move |_, seat| seat.store.dismiss(id)).await
    }

    /// A stream of snapshots of one view.
    pub fn feed(&self, profile: ProfileId, ask: Ask) -> Feed {
        Feed::new(self.inner.clone(), profile, ask)
    }

    /// Asks the servers of a profile now, and waits until everything is exchanged or can't be.
    pub async fn sync(&self, profile: ProfileId) -> Result<()> {
        let seats = self.inner.seats_of(profile);
        let mut result = Ok(());
        for seat in seats {
            let asked = seat.order(|orders| orders.asked += 1).asked;
            let mut status = seat.status.subscribe();
            let settled = |status: &Status| status.answered >= asked && (status.synced || status.failure.is_some());
            let status = *status.wait_for(settled).await.map_err(|_| Error::Closed)?;
            match status.failure {
                Some(Failure::SignedOut) => result = Err(Error::SignedOut),
                Some(Failure::Outdated) => result = Err(Error::Outdated),
                Some(Failure::Lost | Failure::Busy(_)) => result = Err(Error::Offline),
                None => {}
            }
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
        self.inner.pulse.send_modify(|count| *count += 1);
    }

    /// Finishes what is being written, stops syncing and closes all files: the app may be frozen now.
    pub async fn suspend(&self) {
        let seats: Vec<Arc<Seat>> = self.inner.seats().clone();
        for seat in seats {
            seat.stop().await;
            let store = seat.store.clone();
            let closed = self.inner.handle.spawn_blocking(move || store.suspend()).await;
            if closed.is_err() {
                tracing::error!("a store could not be closed");
            }
        }
    }

    /// Opens the files again and syncs.
    pub fn resume(&self) -> Result<()> {
        let seats: Vec<Arc<Seat>> = self.inner.seats().clone();
        for seat in seats {
            seat.store.resume()?;
            self.inner.start(&seat)?;
        }
        Ok(())
    }

    async fn each(
        &self,
        profile: ProfileId,
        work: impl Fn(&Inner, &Seat) -> Result<bool> + Send + 'static,
    ) -> Result<bool> {
        let inner = self.inner.clone();
        let done = self.inner.handle.spawn_blocking(move || {
            for seat in inner.seats_of(profile) {
                if work(&inner, &seat)? {
                    note_unsent(&seat.store, &seat.unsent)?;
                    seat.order(|orders| orders.saved += 1);
                    return Ok(true);
                }
            }
            Ok(false)
        });
        done.await.map_err(|_| Error::Closed)?
    }
}

impl Drop for Kapprum {
    fn drop(&mut self) {
        self.inner.write_seats().clear();
        if let Some(runtime) = self.runtime.take() {
            // A runtime must not be dropped where it may block.
            runtime.shutdown_background();
        }
    }
}

impl Seat {
    fn order(&self, change: impl FnOnce(&mut Orders)) -> Orders {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut orders);
        if let Some((sender, _)) = lock(&self.at_work).as_ref() {
            sender.send_replace(*orders);
        }
        *orders
    }

    /// Ends the sync task, and waits until it has.
    async fn stop(&self) {
        let at_work = lock(&self.at_work).take();
        if let Some((sender, task)) = at_work {
            drop(sender);
            if task.await.is_err() {
                tracing::error!("the sync task failed");
            }
        }
    }
}

impl Inner {
    fn seats(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Seat>>> {
        self.seats.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_seats(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Arc<Seat>>> {
        self.seats.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn seats_of(&self, profile: ProfileId) -> Vec<Arc<Seat>> {
        self.seats().iter().filter(|seat| seat.signed_in.profile == profile).cloned().collect()
    }

    /// Opens an account's store and begins to sync it.
    fn seat(&self, signed_in: SignedIn) -> Result<Arc<Seat>> {
        let folder = signed_in.folder(&self.surroundings.home);
        std::fs::create_dir_all(&folder)?;
        let path = folder.join("store.db");
        let key =
            self.surroundings.keys.get(&signed_in.database_key())?.ok_or_else(|| Error::Key("no key".to_owned()))?;
        let store = Store::open(Options {
            protection: Protection::Key(Key::new(unhex(&key).ok_or_else(|| Error::Key("not a key".to_owned()))?)),
            account: signed_in.account,
            ballast: Arc::new(FileBallast::beside(&path)),
            pulse: self.pulse.clone(),
            path,
        })?;
        let seat = Arc::new(Seat {
            unsent: folder.join("unsent.json"),
            store: Arc::new(store),
            wire: (self.surroundings.wires)(&signed_in.server)?,
            signed_in,
            status: watch::Sender::default(),
            at_work: Mutex::default(),
            orders: Mutex::default(),
        });
        self.start(&seat)?;
        Ok(seat)
    }

    fn start(&self, seat: &Arc<Seat>) -> Result<()> {
        let name = seat.signed_in.session_key();
        let bearer = self.surroundings.keys.get(&name)?.ok_or_else(|| Error::Key("no session".to_owned()))?;
        let driver = Driver {
            store: seat.store.clone(),
            wire: seat.wire.clone(),
            clock: self.surroundings.clock.clone(),
            bearer,
            unsent: seat.unsent.clone(),
            status: seat.status.clone(),
            seed: u64::from_ne_bytes(random()?),
        };
        let orders = *lock(&seat.orders);
        let (sender, receiver) = watch::channel(orders);
        let task = self.handle.spawn(driver.run(receiver));
        *lock(&seat.at_work) = Some((sender, task));
        Ok(())
    }

    fn send(&self, profile: ProfileId, commands: &[Command], tapped: Option<PersonId>) -> Result<Sent> {
        let mut parts: Vec<(Uuid, Vec<CommandId>)> = Vec::new();
        for command in commands {
            let seat = self.holder(profile, command)?;
            let time = estimate(self.surroundings.clock.as_ref(), seat.store.read(|reader| reader.offset())?);
            let id = uuid::Builder::from_unix_timestamp_millis(time.now.0.unsigned_abs(), &random()?).into_uuid();
            let id = CommandId(id);
            seat.store.save(&Saving { id, command, tapped, time })?;
            note_unsent(&seat.store, &seat.unsent)?;
            seat.order(|orders| orders.saved += 1);
            match parts.iter_mut().find(|(account, _)| *account == seat.signed_in.id) {
                Some((_, ids)) => ids.push(id),
                None => parts.push((seat.signed_in.id, vec![id])),
            }
        }
        Ok(Sent { parts })
    }

    /// The account that holds what a command names.
    fn holder(&self, profile: ProfileId, command: &Command) -> Result<Arc<Seat>> {
        for seat in self.seats_of(profile) {
            let rights = seat.store.read(|reader| reader.rights())?;
            if command.scopes().iter().all(|scope| rights.holds(*scope)) {
                return Ok(seat);
            }
        }
        Err(Error::NotHeld)
    }

    /// One view over the accounts of a profile, with the time it was made for.
    pub(crate) fn view(&self, profile: ProfileId, ask: &Ask) -> Result<(View, Timestamp)> {
        let seats = self.seats_of(profile);
        let words = self.words.read().unwrap_or_else(PoisonError::into_inner).clone();
        read_all(&seats, &[], &mut |readers| {
            let now = match readers.first() {
                Some(reader) => estimate(self.surroundings.clock.as_ref(), reader.offset()?).now,
                None => self.surroundings.clock.wall(),
            };
            let around = around(readers)?;
            let mut held = Vec::with_capacity(readers.len());
            for reader in readers {
                held.push((reader.actor(), reader.rights()?));
            }
            let worlds: Vec<_> = readers.iter().map(|reader| reader.world()).collect();
            let seen: Vec<_> =
                worlds.iter().zip(&held).map(|(world, (actor, rights))| world.seen(actor, rights)).collect();
            let view = screen(ask, &seen, &around, &words, now).map_err(|unread| match unread {
                Unread::NotHeld(_) => Error::NotHeld,
                Unread::Broken(why) => Error::Key(why),
            })?;
            Ok((view, now))
        })
    }

    fn now(&self, store: &Store) -> Result<Timestamp> {
        Ok(estimate(self.surroundings.clock.as_ref(), store.read(|reader| reader.offset())?).now)
    }

    /// Remembers what was unsent in an account that can't be read, and lets it go.
    fn lose(&self, signed_in: &SignedIn) -> Result<()> {
        let file = signed_in.folder(&self.surroundings.home).join("unsent.json");
        let unsent = std::fs::read(file).ok().and_then(|text| serde_json::from_slice::<Unsent>(&text).ok());
        lock(&self.lost).push(unsent.unwrap_or_default());
        self.destroy(signed_in)
    }

    /// The key first: without it the files are noise.
    fn destroy(&self, signed_in: &SignedIn) -> Result<()> {
        let keys = &self.surroundings.keys;
        keys.delete(&signed_in.database_key())?;
        keys.delete(&signed_in.session_key())?;
        let home = &self.surroundings.home;
        let others = profile::read(home)?.into_iter().filter(|one| one.id != signed_in.id).collect::<Vec<_>>();
        profile::write(home, &others)?;
        let gone = {
            let mut seats = self.write_seats();
            let at = seats.iter().position(|seat| seat.signed_in.id == signed_in.id);
            at.map(|at| seats.remove(at))
        };
        if let Some(seat) = gone {
            seat.store.suspend();
        }
        self.pulse.send_modify(|count| *count += 1);
        match std::fs::remove_dir_all(signed_in.folder(home)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Reads one snapshot of each account, all open at once.
fn read_all<T>(
    seats: &[Arc<Seat>],
    readers: &[&Reader<'_>],
    work: &mut dyn FnMut(&[&Reader<'_>]) -> Result<T>,
) -> Result<T> {
    let Some((first, rest)) = seats.split_first() else { return work(readers) };
    first.store.read(|reader| {
        let mut all: Vec<&Reader<'_>> = readers.to_vec();
        all.push(reader);
        read_all(rest, &all, work)
    })
}

/// What is known around the records of some accounts.
fn around(readers: &[&Reader<'_>]) -> Result<Around> {
    let mut around = Around { whole: true, ..Around::default() };
    for reader in readers {
        around.outbox.extend(reader.outbox()?.into_iter().map(entry));
        around.whole &= reader.whole()?;
        around.locked |= reader.any_locked()?;
        around.contact = around.contact.max(reader.contact()?);
    }
    around.outbox.sort_by_key(|entry| entry.created);
    Ok(around)
}

fn entry(row: OutboxRow) -> Entry {
    let state = match row.state {
        RowState::Waiting => EntryState::Waiting(row.doubt),
        RowState::Parked => EntryState::Parked,
        RowState::Settling => EntryState::Settling,
        RowState::Done => EntryState::Done(row.received.unwrap_or(row.created)),
        RowState::Withdrawn => EntryState::Withdrawn,
        RowState::Refused(refusal) => EntryState::Refused(refusal),
    };
    Entry { id: row.id, command: row.command, state, created: row.created }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::Key("no random numbers".to_owned()))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
