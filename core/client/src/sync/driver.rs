//! Runs the machine over a real wire: the only task that uses the network.
//!
//! Steps run on the blocking pool, one after the other; between two steps no lock is held, so that saving a command
//! never waits for the network.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kapprum_domain::time::MINUTE;
use tokio::sync::watch;

use super::apply::{Loading, Step, apply, housekeep, nothing_new};
use super::machine::{Action, Exchange, Failure, Machine, Sizes, Wishes};
use super::wire::{Answer, Wire};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::key_store::Secret;
use crate::store::Store;

/// What the rest of the core asks of the driver; each change is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Orders {
    /// Someone is looking.
    pub foreground: bool,
    /// Raised to ask the server once more, even if nothing is known to be missing.
    pub asked: u64,
    /// Raised when something was saved.
    pub saved: u64,
}

/// What the driver tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status {
    /// The highest `asked` that was answered, well or not.
    pub answered: u64,
    /// The last exchange was complete and nothing was left to fetch or send.
    pub synced: bool,
    /// Why the last exchange failed, if it did.
    pub failure: Option<Failure>,
    /// Round trips so far.
    pub round_trips: u64,
    /// Scopes whose sum was wrong, so far.
    pub wrong_sums: u64,
}

/// See the module.
pub struct Driver {
    /// The account's store.
    pub store: Arc<Store>,
    /// The way to its server.
    pub wire: Arc<dyn Wire>,
    /// The device's clocks.
    pub clock: Arc<dyn Clock>,
    /// The session.
    pub bearer: Secret,
    /// The side file that counts what is unsent.
    pub unsent: PathBuf,
    /// Where it tells.
    pub status: watch::Sender<Status>,
    /// Spreads back-offs.
    pub seed: u64,
}

enum Event {
    Opened(std::result::Result<Answer, Failure>),
    Piece(std::result::Result<Option<bytes::Bytes>, Failure>),
}

impl Driver {
    /// Runs until the orders' sender is dropped.
    pub async fn run(self, mut orders: watch::Receiver<Orders>) {
        let mut machine = Machine::new(self.seed | 1, Sizes::default());
        let mut loading = Loading::default();
        let (mut done, mut forced) = (0, 0);
        if self.work(|driver| driver.housekeeping(true)).await.is_err() {
            tracing::warn!("housekeeping failed at the start");
        }
        let mut current: Option<(Exchange, Flight<'_>)> = None;
        loop {
            let order = *orders.borrow_and_update();
            if order.asked > forced {
                forced = order.asked;
                machine.try_now();
            }
            let wishes = Wishes { foreground: order.foreground, ask: order.asked > done };
            let plan = self.work(|driver| driver.store.read(|reader| reader.plan())).await;
            let now = self.clock.boot().elapsed;
            let action = machine.poll(now, wishes, || plan.ok());
            let mut pause = Duration::from_millis(MINUTE.unsigned_abs());
            match action {
                Action::Send(exchange, request) => {
                    self.status.send_modify(|status| status.round_trips += 1);
                    // Waiting for news means that everything was fetched.
                    self.tell(done, request.wait.is_some(), None);
                    // Dropping what was in flight resets its stream.
                    current =
                        Some((exchange, Flight::Opening(self.wire.sync(&self.bearer, request.write()), order.asked)));
                }
                Action::Sleep(until) => {
                    pause = pause.min(Duration::from_millis((until - now).max(0).unsigned_abs()));
                }
                Action::Busy => {}
                Action::Idle => {
                    done = done.max(order.asked);
                    self.tell(done, machine.stopped().is_none(), machine.stopped());
                }
            }
            let event = tokio::select! {
                event = next(&mut current) => Some(event),
                changed = orders.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    None
                }
                () = tokio::time::sleep(pause) => {
                    if current.is_none() && self.work(|driver| driver.housekeeping(false)).await.is_err() {
                        tracing::warn!("housekeeping failed");
                    }
                    None
                }
            };
            // Only what told something is taken; what is still under way stays.
            let Some(event) = event else { continue };
            if let Some((exchange, flight)) = current.take() {
                let asked = flight.asked();
                let (rest, failure) = self.take(&mut machine, &mut loading, exchange, flight, event).await;
                current = rest.map(|flight| (exchange, flight));
                if current.is_none() {
                    // A wish counts as answered by the exchange that began after it.
                    done = done.max(asked);
                    self.tell(done, false, failure);
                    if self.work(Worker::note_unsent).await.is_err() {
                        tracing::warn!("what is unsent could not be noted");
                    }
                }
            }
        }
    }

    fn tell(&self, answered: u64, synced: bool, failure: Option<Failure>) {
        let now = Status { answered, synced, failure, ..*self.status.borrow() };
        self.status.send_if_modified(|status| std::mem::replace(status, now) != now);
    }

    /// Takes an event of the exchange in flight; gives back what goes on of it, and why it failed if it did.
    async fn take<'a>(
        &self,
        machine: &mut Machine,
        loading: &mut Loading,
        exchange: Exchange,
        flight: Flight<'a>,
        event: Event,
    ) -> (Option<Flight<'a>>, Option<Failure>) {
        let asked = flight.asked();
        let outcome = match (event, flight) {
            (Event::Opened(Ok(Answer::Nothing)), _) => {
                let _ = machine.ended(exchange, self.clock.boot().elapsed, true);
                let refreshed = self.work(|driver| nothing_new(&driver.store, driver.clock.as_ref())).await;
                return (None, refreshed.err().map(|_| Failure::Lost));
            }
            (Event::Opened(Ok(Answer::Pieces(pieces, lines))), _) => {
                return (Some(Flight::Arriving(pieces, lines, asked)), None);
            }
            (Event::Piece(Ok(Some(bytes))), Flight::Arriving(pieces, mut lines, _)) => {
                let mut steps = Vec::new();
                let read = lines.feed(&bytes, |line| {
                    steps.extend(machine.line(exchange, line)?);
                    Ok::<(), Error>(())
                });
                match self.steps(machine, loading, steps).await.and(read) {
                    Ok(()) => return (Some(Flight::Arriving(pieces, lines, asked)), None),
                    Err(error) => {
                        tracing::warn!(%error, "an answer could not be taken");
                        Err(Failure::Lost)
                    }
                }
            }
            (Event::Piece(Ok(None)), _) => Ok(()),
            (Event::Opened(Err(failure)) | Event::Piece(Err(failure)), _) => Err(failure),
            (Event::Piece(Ok(Some(_))), Flight::Opening(..)) => Err(Failure::Lost),
        };
        let now = self.clock.boot().elapsed;
        let (steps, failure) = match outcome {
            Ok(()) => {
                let steps = machine.ended(exchange, now, false);
                (steps, (!machine.is_complete()).then_some(Failure::Lost))
            }
            Err(failure) => (machine.failed(exchange, now, failure), Some(failure)),
        };
        if self.steps(machine, loading, steps).await.is_err() {
            tracing::warn!("what came last could not be stored");
        }
        (None, failure)
    }

    async fn steps(&self, machine: &mut Machine, loading: &mut Loading, steps: Vec<Step>) -> Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let before = *loading;
        let (after, retry) = self
            .work(move |driver| {
                let mut loading = before;
                let mut retry = false;
                for step in &steps {
                    let done = apply(&driver.store, &mut loading, step, driver.clock.as_ref())?;
                    retry |= done.retry;
                    if done.purged {
                        driver.store.checkpoint()?;
                    }
                    if done.wrong_sums > 0 {
                        tracing::warn!(scopes = done.wrong_sums, "a sum was wrong");
                        driver.status.send_modify(|status| status.wrong_sums += u64::from(done.wrong_sums));
                    }
                }
                Ok((loading, retry))
            })
            .await?;
        *loading = after;
        if retry {
            machine.retry_later(self.clock.boot().elapsed);
        }
        Ok(())
    }

    /// Runs blocking work on the pool.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce(&Worker) -> Result<T> + Send + 'static) -> Result<T> {
        let worker = Worker {
            unsent: self.unsent.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            status: self.status.clone(),
        };
        tokio::task::spawn_blocking(move || work(&worker)).await.map_err(|_| Error::Closed)?
    }
}

/// Keeps count and oldest time of what is unsent beside the store, so that a lost file can tell what was lost.
pub(crate) fn note_unsent(store: &Store, file: &Path) -> Result<()> {
    let unsent = store.read(|reader| reader.unsent())?;
    Ok(std::fs::write(file, serde_json::to_vec(&unsent).unwrap_or_default())?)
}

/// What blocking work needs of the driver.
struct Worker {
    unsent: PathBuf,
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    status: watch::Sender<Status>,
}

impl Worker {
    fn note_unsent(&self) -> Result<()> {
        note_unsent(&self.store, &self.unsent)
    }

    /// See [`housekeep`]; what was purged leaves the write-ahead log too.
    fn housekeeping(&self, start: bool) -> Result<()> {
        let done = housekeep(&self.store, self.clock.as_ref(), start)?;
        if done.purged { self.store.checkpoint() } else { Ok(()) }
    }
}

enum Flight<'a> {
    Opening(super::wire::Pending<'a, std::result::Result<Answer, Failure>>, u64),
    Arriving(Box<dyn super::wire::Pieces>, kapprum_protocol::lines::Lines, u64),
}

impl Flight<'_> {
    /// The wish that this exchange answers.
    fn asked(&self) -> u64 {
        match self {
            Self::Opening(_, asked) | Self::Arriving(_, _, asked) => *asked,
        }
    }
}

/// The next event of what is in flight; never, if nothing is. Dropping the future loses nothing.
async fn next(current: &mut Option<(Exchange, Flight<'_>)>) -> Event {
    match current {
        Some((_, Flight::Opening(opening, _))) => Event::Opened(opening.await),
        Some((_, Flight::Arriving(pieces, ..))) => Event::Piece(pieces.next().await),
        None => std::future::pending().await,
    }
}
