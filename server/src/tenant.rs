//! One tenant at work: its store, its one writer, its sign-in data, and who waits for news.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kapprum_domain::id::TenantId;
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_protocol::cursor::Epoch;
use kapprum_protocol::limits::COMMANDS;
use kapprum_protocol::receipt::Receipt;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::keys::Keys;
use crate::sign_in::SignIn;
use crate::store::sqlite::Sqlite;
use crate::store::{Result, Store, StoreError};
use crate::sync::RightsCache;
use crate::writer::{self, Batch};

/// Requests that may wait for the writer; more are told to come back.
const QUEUE: usize = 512;

/// See the module.
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its records.
    pub store: Arc<dyn Store>,
    /// What accounts hold.
    pub cache: Arc<RightsCache>,
    /// Its sessions.
    pub sign_in: SignIn,
    /// Who waits for news.
    pub waiters: Arc<Waiters>,
    /// The server's keys.
    pub keys: Keys,
    jobs: mpsc::Sender<Job>,
}

enum Job {
    Commands(Batch, oneshot::Sender<Vec<Receipt>>),
    Import(Vec<Change>, Timestamp, oneshot::Sender<Result<()>>),
}

impl Tenant {
    /// Opens a tenant's files in its folder and starts its writer.
    pub fn open(folder: &Path, id: TenantId, keys: &Keys) -> Result<Self> {
        let mut epoch = [0; 16];
        getrandom::fill(&mut epoch).map_err(|_| StoreError::Failed("no random numbers".to_owned()))?;
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&folder.join("store.db"), Epoch(u128::from_be_bytes(epoch)))?);
        let waiters = Arc::new(Waiters::default());
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (own, woken, sealed) = (store.clone(), waiters.clone(), keys.clone());
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || write(own.as_ref(), &woken, &sealed, queue))
            .map_err(|_| StoreError::Failed("no thread for the writer".to_owned()))?;
        let sign_in = SignIn::open(&folder.join("sign_in.db"), id)?;
        Ok(Self { id, store, cache: Arc::default(), sign_in, waiters, keys: keys.clone(), jobs })
    }

    /// Does a request's commands; none: the queue is full.
    pub async fn commands(&self, batch: Batch) -> Option<Vec<Receipt>> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job::Commands(batch, reply)).ok()?;
        answer.await.ok()
    }

    /// Writes changes that no command made.
    pub async fn import(&self, changes: Vec<Change>, now: Timestamp) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let closed = || StoreError::Failed("the writer has ended".to_owned());
        self.jobs.send(Job::Import(changes, now, reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Wakes everybody if another process has written: an import or an invitation beside the server.
    pub fn look(&self) -> Result<()> {
        let mut head = 0;
        self.store.read(&mut |snapshot| {
            head = snapshot.meta()?.head;
            Ok(())
        })?;
        if self.waiters.head.swap(head, Ordering::AcqRel) < head {
            self.waiters.wake_all();
        }
        Ok(())
    }
}

/// The writer's thread: commits at once when idle; what arrives meanwhile is the next batch.
fn write(store: &dyn Store, waiters: &Waiters, keys: &Keys, mut queue: mpsc::Receiver<Job>) {
    let mut next = queue.blocking_recv();
    while let Some(job) = next.take() {
        match job {
            Job::Import(changes, now, reply) => {
                let written = writer::import(store, &changes, now);
                if let Ok(touched) = &written {
                    waiters.wake(touched);
                }
                // Whoever asked may have gone.
                let _ = reply.send(written.map(|_| ()));
            }
            Job::Commands(batch, reply) => {
                let mut count = batch.commands.len();
                let (mut batches, mut replies) = (vec![batch], vec![reply]);
                while count < COMMANDS {
                    match queue.try_recv() {
                        Ok(Job::Commands(batch, reply)) => {
                            count += batch.commands.len();
                            batches.push(batch);
                            replies.push(reply);
                        }
                        Ok(import) => {
                            next = Some(import);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                let written = writer::write(store, keys, &batches);
                for (receipts, reply) in written.receipts.into_iter().zip(replies) {
                    let _ = reply.send(receipts);
                }
                waiters.wake(&written.touched);
            }
        }
        if next.is_none() {
            next = queue.blocking_recv();
        }
    }
}

/// Who waits for news, by scope.
#[derive(Default)]
pub struct Waiters {
    waiting: Mutex<HashMap<Scope, Vec<Arc<Notify>>>>,
    count: AtomicU64,
    head: AtomicU64,
}

/// A place among the waiters; dropping it leaves.
pub struct Waiter<'a> {
    waiters: &'a Waiters,
    scopes: Vec<Scope>,
    notify: Arc<Notify>,
}

impl Waiters {
    /// Waits for a change in one of these scopes from now on.
    pub fn join(&self, scopes: Vec<Scope>) -> Waiter<'_> {
        let notify = Arc::new(Notify::new());
        let mut waiting = self.waiting();
        for scope in &scopes {
            waiting.entry(*scope).or_default().push(notify.clone());
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        Waiter { waiters: self, scopes, notify }
    }

    /// How many wait.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn wake(&self, touched: &BTreeSet<Scope>) {
        let waiting = self.waiting();
        for notify in touched.iter().filter_map(|scope| waiting.get(scope)).flatten() {
            notify.notify_one();
        }
    }

    fn wake_all(&self) {
        self.waiting().values().flatten().for_each(|notify| notify.notify_one());
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Scope, Vec<Arc<Notify>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter<'_> {
    /// Returns at the first change since joining.
    pub async fn news(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waiters.waiting();
        for scope in &self.scopes {
            if let Some(others) = waiting.get_mut(scope) {
                others.retain(|one| !Arc::ptr_eq(one, &self.notify));
                if others.is_empty() {
                    waiting.remove(scope);
                }
            }
        }
        self.waiters.count.fetch_sub(1, Ordering::Relaxed);
    }
}
