//! One tenant at work: its store, its one writer, its sign-in data, and who waits for news.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread::JoinHandle;

use kapprum_domain::id::TenantId;
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::{HOUR, Timestamp};
use kapprum_protocol::cursor::Seq;
use kapprum_protocol::frame::ScopeNumber;
use kapprum_protocol::limits::COMMANDS;
use kapprum_protocol::receipt::Receipt;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::audit::{Audit, Event};
use crate::clock::{OnceAMinute, Stopwatch};
use crate::held::RightsCache;
use crate::keys::Keys;
use crate::sign_in::SignIn;
use crate::store::{Result, Store, StoreError};
use crate::waiters::Waiters;
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
    /// What is traced of it.
    pub audit: Audit,
    /// Who waits for news.
    pub waiters: Arc<Waiters>,
    /// What its writer did.
    pub(crate) written: WriterCounts,
    jobs: mpsc::Sender<Job>,
    /// What [`Store::elsewhere`] said last.
    elsewhere: AtomicU64,
    /// The seq up to which everybody was woken by then.
    seen: AtomicU64,
    /// When housekeeping last began; zero: never.
    kept: AtomicI64,
    /// Invitations refused since that was traced.
    refused: (AtomicU64, OnceAMinute),
}

/// What a writer has done since the start.
#[derive(Clone, Default)]
pub(crate) struct WriterCounts {
    /// Its transactions, each with the commands of one or more requests, or with an import's changes.
    pub(crate) batches: Counter,
    /// The commands in them.
    pub(crate) commands: Counter,
    /// How long it was at work.
    pub(crate) seconds: Counter<f64, AtomicU64>,
}

enum Job {
    Commands(Batch, oneshot::Sender<Vec<Receipt>>),
    Import(Vec<Change>, Timestamp, oneshot::Sender<Result<()>>),
}

impl Tenant {
    /// Starts the writer of a tenant.
    pub fn start(
        id: TenantId,
        store: impl Store + 'static,
        sign_in: SignIn,
        audit: Audit,
        keys: &Keys,
    ) -> Result<Self> {
        let store: Arc<dyn Store> = Arc::new(store);
        let (elsewhere, seen) = (store.elsewhere()?.into(), head(store.as_ref())?.into());
        let waiters = Arc::new(Waiters::default());
        let (jobs, queue) = mpsc::channel(QUEUE);
        let written = WriterCounts::default();
        let (own, woken, sealed, counts) = (store.clone(), waiters.clone(), keys.clone(), written.clone());
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || write(own.as_ref(), &woken, &sealed, &counts, queue))
            .map_err(|_| StoreError::Failed("no thread for the writer".to_owned()))?;
        Ok(Self {
            id,
            store,
            cache: Arc::default(),
            sign_in,
            audit,
            waiters,
            written,
            jobs,
            elsewhere,
            seen,
            kept: AtomicI64::new(0),
            refused: Default::default(),
        })
    }

    /// How many requests wait for the writer.
    pub(crate) fn queue(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Does a request's commands. If the queue is full nothing of them is done, and each is answered `retry`.
    pub async fn commands(&self, batch: Batch) -> Option<Vec<Receipt>> {
        let (reply, answer) = oneshot::channel();
        match self.jobs.try_send(Job::Commands(batch, reply)) {
            Err(TrySendError::Full(Job::Commands(batch, _))) => Some(writer::retry(&batch)),
            Err(_) => None,
            Ok(()) => answer.await.ok(),
        }
    }

    /// Writes changes that no command made.
    pub async fn import(&self, changes: Vec<Change>, now: Timestamp) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let closed = || StoreError::Failed("the writer has ended".to_owned());
        self.jobs.send(Job::Import(changes, now, reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Wakes who waits for what others wrote. An import writes many times a second, and most of it concerns few.
    fn look_elsewhere(&self) -> Result<()> {
        // Before it is asked who wrote: up to here all was written by us, if nobody else has.
        let own = head(self.store.as_ref())?;
        let elsewhere = self.store.elsewhere()?;
        if self.elsewhere.load(Ordering::Acquire) == elsewhere {
            self.seen.store(own, Ordering::Release);
            return Ok(());
        }
        let seen = self.seen.load(Ordering::Acquire);
        self.store.read(&mut |snapshot| {
            let head = snapshot.meta()?.head;
            if head < seen {
                // Another store lies in its place.
                self.waiters.wake_all();
            } else {
                self.waiters.wake(&snapshot.changed(seen)?);
            }
            self.seen.store(head, Ordering::Release);
            // Only now: if it could not be read, it is read again.
            self.elsewhere.store(elsewhere, Ordering::Release);
            Ok(())
        })
    }

    /// Wakes who waits for one of these scopes.
    pub fn wake(&self, scopes: &[Scope]) -> Result<()> {
        wake(self.store.as_ref(), &self.waiters, scopes)
    }

    /// An invitation was refused. Traced once a minute at most, with how many they were. What to trace, if it is time.
    pub fn refuses(&self, now: Timestamp) -> Option<Event> {
        let (times, told) = &self.refused;
        times.fetch_add(1, Ordering::Relaxed);
        told.is_due(now).then(|| Event::SignInRefused { times: times.swap(0, Ordering::Relaxed) })
    }

    /// What is to be done now and then: wakes who waits for what another process has written (an import beside the
    /// server), everybody if one has ended a session, and begins housekeeping when that is due. The housekeeping that
    /// began.
    pub fn look(&self, now: Timestamp) -> Result<Option<JoinHandle<()>>> {
        self.look_elsewhere()?;
        if self.sign_in.ended_elsewhere()? {
            self.waiters.wake_all();
        }
        let kept = Timestamp(self.kept.load(Ordering::Acquire));
        if !is_due(kept, now) {
            return Ok(None);
        }
        self.kept.store(now.0, Ordering::Release);
        self.sign_in.prune(now)?;
        // Beside the writer, whose commands go between: it may look at every child.
        let (store, waiters) = (self.store.clone(), self.waiters.clone());
        let housekeeping = std::thread::Builder::new()
            .name("housekeeping".to_owned())
            .spawn(move || housekeep(store.as_ref(), &waiters, now))
            .map_err(|_| StoreError::Failed("no thread for housekeeping".to_owned()))?;
        Ok(Some(housekeeping))
    }
}

/// The last seq.
fn head(store: &dyn Store) -> Result<Seq> {
    let mut head = 0;
    store.read(&mut |snapshot| {
        head = snapshot.meta()?.head;
        Ok(())
    })?;
    Ok(head)
}

/// Whether housekeeping is due: at the start, each hour, when a day turns in Stockholm, and if the clock was set back.
fn is_due(kept: Timestamp, now: Timestamp) -> bool {
    !(kept..kept.plus(HOUR)).contains(&now) || now.day() != kept.day()
}

/// What is due with time: what is past its days goes, what holds for a day is derived anew.
fn housekeep(store: &dyn Store, waiters: &Waiters, now: Timestamp) {
    let pruned = store.write(&mut |transaction| transaction.prune(now));
    let turned = writer::turn_of_day(store, now).and_then(|touched| wake(store, waiters, &touched));
    if let Err(error) = pruned.and(turned) {
        tracing::error!(%error, "housekeeping failed; it is tried again within the hour");
    }
}

/// The writer's thread: commits at once when idle; what arrives meanwhile is the next batch.
fn write(store: &dyn Store, waiters: &Waiters, keys: &Keys, counts: &WriterCounts, mut queue: mpsc::Receiver<Job>) {
    let mut next = queue.blocking_recv();
    while let Some(job) = next.take() {
        let begun = Stopwatch::start();
        match job {
            Job::Import(changes, now, reply) => {
                let written = writer::import(store, &changes, now);
                let woken = written.and_then(|touched| wake(store, waiters, &touched));
                // Whoever asked may have gone.
                let _ = reply.send(woken);
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
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                counts.commands.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
                let written = writer::write(store, keys, &batches);
                for (receipts, reply) in written.receipts.into_iter().zip(replies) {
                    let _ = reply.send(receipts);
                }
                if let Err(error) = wake(store, waiters, &written.touched) {
                    tracing::error!(%error, "who waits could not be woken; they ask again within their wait");
                }
            }
        }
        counts.batches.inc();
        counts.seconds.inc_by(begun.seconds());
        if next.is_none() {
            next = queue.blocking_recv();
        }
    }
}

/// Wakes who waits for one of these scopes.
fn wake<'s>(store: &dyn Store, waiters: &Waiters, scopes: impl IntoIterator<Item = &'s Scope>) -> Result<()> {
    let scopes: Vec<Scope> = scopes.into_iter().copied().collect();
    if scopes.is_empty() || waiters.is_empty() {
        return Ok(());
    }
    store.read(&mut |snapshot| {
        let numbers: Vec<ScopeNumber> = snapshot.heads(&scopes)?.into_iter().map(|head| head.number).collect();
        waiters.wake(&numbers);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kapprum_domain::actor::{Account, Role};
    use kapprum_domain::id::{ChildId, HolderId, RecordId};
    use kapprum_domain::record::Record;
    use kapprum_domain::time::{DAY, Day, MINUTE};
    use kapprum_protocol::cursor::Epoch;

    use super::*;
    use crate::held::Held;
    use crate::store::sqlite::Sqlite;
    use crate::waiters::tests::woken;

    #[test]
    fn housekeeping_is_due_at_the_start_each_hour_and_when_the_day_turns_in_stockholm() {
        let midnight = midnight();
        let cases = [
            ("never", Timestamp(0), midnight, true),
            ("a minute", midnight, midnight.plus(MINUTE), false),
            ("an hour less a moment", midnight, midnight.plus(HOUR - 1), false),
            ("an hour", midnight, midnight.plus(HOUR), true),
            ("before midnight", midnight.plus(-MINUTE), midnight.plus(-1), false),
            ("midnight", midnight.plus(-MINUTE), midnight, true),
            ("the clock was set back", midnight, midnight.plus(-1), true),
        ];
        for (what, kept, now, due) in cases {
            assert_eq!(is_due(kept, now), due, "{what}");
        }
    }

    fn scope(number: u128) -> Scope {
        Scope::Child(ChildId(uuid::Uuid::from_u128(number)))
    }

    fn change(number: u128) -> Change {
        let id = RecordId(uuid::Uuid::from_u128(number));
        Change::Put(Record { scope: scope(number), kind: "note".to_owned(), id, at: 0, body: number.to_string() })
    }

    /// A tenant at work in a folder.
    fn at_work(folder: &Path) -> Tenant {
        let (store, sign_in, id) = (folder.join("store.db"), folder.join("sign_in.db"), TenantId(uuid::Uuid::nil()));
        Sqlite::create(&store, Epoch(1)).unwrap();
        SignIn::create(&sign_in, id).unwrap();
        let (store, sign_in) = (Sqlite::open(&store).unwrap(), SignIn::open(&sign_in, id).unwrap());
        let keys = Keys::new([1; 32], [2; 32]);
        Tenant::start(id, store, sign_in, Audit::new(id, folder, None, &keys), &keys).unwrap()
    }

    #[test]
    fn who_tries_invitations_all_day_fills_no_log() {
        let folder = tempfile::tempdir().unwrap();
        let tenant = at_work(folder.path());
        let morning = Timestamp(1_795_500_000_000);
        let told: Vec<Event> = (0..600).filter_map(|tries| tenant.refuses(morning.plus(tries * 200))).collect();
        assert_eq!(told, [Event::SignInRefused { times: 1 }, Event::SignInRefused { times: 300 }]);
        assert_eq!(tenant.refuses(morning.plus(-HOUR)), Some(Event::SignInRefused { times: 300 }), "a clock set back");
    }

    fn midnight() -> Timestamp {
        Day::new(2026, 11, 24).unwrap().start()
    }

    #[tokio::test]
    async fn what_is_past_its_days_goes_while_the_server_runs() {
        let folder = tempfile::tempdir().unwrap();
        let tenant = at_work(folder.path());
        let account = Account { tenant: tenant.id, holder: HolderId(uuid::Uuid::nil()), role: Role::Staff };
        let long_ago = midnight().plus(-401 * DAY);
        let remove = Change::Remove(scope(1), "note".to_owned(), RecordId(uuid::Uuid::from_u128(1)));
        tenant.import(vec![change(1)], long_ago).await.unwrap();
        tenant.import(vec![remove], long_ago).await.unwrap();
        let token = tenant.sign_in.invite(&account, None, long_ago).unwrap();
        let device = tenant.sign_in.activate(&token, long_ago).unwrap().unwrap().device;
        tenant.sign_in.revoke(device, long_ago).unwrap();

        tenant.look(midnight()).unwrap().unwrap().join().unwrap();
        let mut floor = 0;
        let read = tenant.store.read(&mut |snapshot| {
            floor = snapshot.meta()?.floor;
            Ok(())
        });
        assert_eq!((read.is_ok(), floor), (true, 2), "the tombstone");
        assert!(tenant.sign_in.revoke(device, midnight()).unwrap().is_none(), "the device");
    }

    #[tokio::test]
    async fn commits_here_and_elsewhere_wake_who_waits_for_what_they_touch_and_an_ended_session_all() {
        let (folder, now) = (tempfile::tempdir().unwrap(), midnight());
        let (store, sign_in) = (folder.path().join("store.db"), folder.path().join("sign_in.db"));
        let tenant = at_work(folder.path());
        let id = tenant.id;
        let account = Account { tenant: id, holder: HolderId(uuid::Uuid::nil()), role: Role::Staff };
        tenant.look(now).unwrap();
        // They get the numbers 1 and 2.
        tenant.import(vec![change(1), change(2)], now).await.unwrap();
        let remove = Change::Remove(scope(1), "note".to_owned(), RecordId(uuid::Uuid::from_u128(1)));
        let (one, two) = (tenant.waiters.join(Held::of(&[1])), tenant.waiters.join(Held::of(&[2])));

        tenant.import(vec![remove], now).await.unwrap();
        tenant.look(now).unwrap();
        assert_eq!((woken(&one).await, woken(&two).await), (true, false), "an own commit");

        let beside = Sqlite::open(&store).unwrap();
        let change_again = |text: &str| match change(2) {
            Change::Put(record) => Change::Put(Record { body: text.to_owned(), ..record }),
            remove => remove,
        };
        writer::import(&beside, &[change_again("\"more\"")], now).unwrap();
        tenant.import(vec![change(4)], now).await.unwrap();
        tenant.look(now).unwrap();
        assert_eq!((woken(&one).await, woken(&two).await), (false, true), "another's commit, and an own one over it");
        tenant.look(now).unwrap();
        assert_eq!((woken(&one).await, woken(&two).await), (false, false), "once");

        let beside = SignIn::open(&sign_in, id).unwrap();
        let token = beside.invite(&account, None, now).unwrap();
        let device = beside.activate(&token, now).unwrap().unwrap().device;
        tenant.look(now).unwrap();
        assert_eq!((woken(&one).await, woken(&two).await), (false, false), "an invitation and a new device");

        beside.revoke(device, now).unwrap();
        tenant.look(now).unwrap();
        assert_eq!((woken(&one).await, woken(&two).await), (true, true), "a revocation");
    }
}
