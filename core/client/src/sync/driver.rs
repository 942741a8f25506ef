//! Runs the machine over a real wire: the only task that uses the network.
//!
//! Steps run on the blocking pool, one after the other; between two steps no lock is held, so that saving a command
//! never waits for the network.

use std::sync::Arc;
use std::time::Duration;

use kapprum_domain::time::MINUTE;
use kapprum_protocol::lines::Lines;
use tokio::sync::watch;

use super::apply::{Loading, Step, apply, housekeep, nothing_new};
use super::machine::{Action, Exchange, Failure, Machine, Sizes, Wishes};
use super::wire::{Answer, Pending, Pieces, Wire};
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
    /// The session; none: signed out, and only housekeeping is left.
    pub bearer: Option<Secret>,
    /// Where it tells.
    pub status: watch::Sender<Status>,
    /// Spreads back-offs.
    pub seed: u64,
}

/// Why a driver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The orders' sender was dropped.
    Ordered,
    /// Nothing in the store can be read any more.
    Lost,
}

enum Event {
    Opened(std::result::Result<Answer, Failure>),
    Piece(std::result::Result<Option<bytes::Bytes>, Failure>),
}

impl Driver {
    /// Runs until the orders' sender is dropped, or the store is lost.
    pub async fn run(self, mut orders: watch::Receiver<Orders>) -> Ended {
        let mut machine = Machine::new(self.seed | 1, Sizes::default());
        if self.bearer.is_none() {
            machine.sign_out();
        }
        let mut loading = Loading::default();
        let (mut done, mut forced, mut failure) = (0, 0, None);
        let mut kept_house: Option<i64> = None;
        let mut current: Option<(Exchange, Flight<'_>)> = None;
        loop {
            let now = self.clock.boot().elapsed;
            // Its own deadline: also while someone looks and an answer is always awaited.
            let mut pause = kept_house.map_or(0, |at| at + MINUTE - now);
            if !(1..=MINUTE).contains(&pause) {
                self.housekeeping(loading, kept_house.is_none()).await;
                kept_house = Some(now);
                pause = MINUTE;
            }
            let order = *orders.borrow_and_update();
            if order.asked > forced {
                forced = order.asked;
                machine.try_now();
            }
            let wishes = Wishes { foreground: order.foreground, ask: order.asked > done };
            let plan = self.work(|worker| worker.store.read(|reader| reader.plan())).await;
            if self.store.is_lost() {
                return Ended::Lost;
            }
            let unread = plan.as_ref().err().map(own_failure);
            let action = machine.poll(now, wishes, || plan.ok());
            match (action, &self.bearer) {
                (Action::Send(exchange, request), Some(bearer)) => {
                    self.status.send_modify(|status| status.round_trips += 1);
                    // Waiting for news means that everything was fetched.
                    self.tell(done, machine.is_complete(), failure);
                    // Dropping what was in flight resets its stream.
                    let opening = self.wire.sync(bearer, request.write());
                    current = Some((exchange, Flight::Opening(opening, order.asked)));
                }
                (Action::Sleep(until), _) => pause = pause.min(until - now),
                (Action::Busy, _) => {}
                (Action::Idle | Action::Send(..), _) => {
                    done = done.max(order.asked);
                    failure = unread.or(machine.stopped()).or(failure);
                    self.tell(done, machine.is_complete() && unread.is_none(), failure);
                }
            }
            let event = tokio::select! {
                event = next(&mut current) => Some(event),
                changed = orders.changed() => {
                    if changed.is_err() {
                        return Ended::Ordered;
                    }
                    None
                }
                () = tokio::time::sleep(Duration::from_millis(pause.max(0).unsigned_abs())) => None,
            };
            // Only what told something is taken; what is still under way stays.
            let Some(event) = event else { continue };
            if let Some((exchange, flight)) = current.take() {
                let asked = flight.asked();
                match self.take(&mut machine, &mut loading, exchange, flight, event).await {
                    Taken::GoesOn(flight) => current = Some((exchange, flight)),
                    Taken::Ended(why) => {
                        failure = why;
                        // A wish counts as answered by the exchange that began after it.
                        done = done.max(asked);
                        self.tell(done, false, failure);
                        self.note_unsent().await;
                    }
                }
            }
        }
    }

    fn tell(&self, answered: u64, synced: bool, failure: Option<Failure>) {
        let now = Status { answered, synced, failure, ..*self.status.borrow() };
        let before = self.status.borrow().failure;
        self.status.send_if_modified(|status| std::mem::replace(status, now) != now);
        if before.map(Failure::trouble) != failure.map(Failure::trouble) {
            self.store.wake();
        }
    }

    /// Takes an event of the exchange in flight.
    async fn take<'a>(
        &self,
        machine: &mut Machine,
        loading: &mut Loading,
        exchange: Exchange,
        flight: Flight<'a>,
        event: Event,
    ) -> Taken<'a> {
        let asked = flight.asked();
        let outcome = match (event, flight) {
            (Event::Opened(Ok(Answer::Nothing(told))), _) => {
                let _ = machine.ended(exchange, self.clock.boot().elapsed, true);
                let taken = self.work(move |worker| nothing_new(&worker.store, told, worker.clock.as_ref())).await;
                return Taken::Ended(taken.err().map(|error| own_failure(&error)));
            }
            (Event::Opened(Ok(Answer::Pieces(pieces, lines))), _) => {
                return Taken::GoesOn(Flight::Arriving(pieces, lines, asked));
            }
            (Event::Piece(Ok(Some(bytes))), Flight::Arriving(pieces, mut lines, _)) => {
                let mut steps = Vec::new();
                let read = lines.feed(&bytes, |line| {
                    steps.extend(machine.line(exchange, line)?);
                    Ok::<(), Error>(())
                });
                match self.steps(machine, loading, steps).await.and(read) {
                    Ok(()) => return Taken::GoesOn(Flight::Arriving(pieces, lines, asked)),
                    Err(error) => {
                        tracing::warn!(%error, "an answer could not be taken");
                        Err(own_failure(&error))
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
                (steps, (!machine.is_complete() && !machine.goes_on()).then_some(Failure::Lost))
            }
            Err(failure) => (machine.failed(exchange, now, failure), Some(failure)),
        };
        match self.steps(machine, loading, steps).await {
            Ok(()) => Taken::Ended(failure),
            Err(error) => {
                tracing::warn!(%error, "what came last could not be stored");
                Taken::Ended(Some(own_failure(&error)))
            }
        }
    }

    async fn steps(&self, machine: &mut Machine, loading: &mut Loading, steps: Vec<Step>) -> Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let before = *loading;
        let (after, retry) = self
            .work(move |worker| {
                let mut loading = before;
                let mut retry = false;
                for step in &steps {
                    let done = apply(&worker.store, &mut loading, step, worker.clock.as_ref())?;
                    retry |= done.retry;
                    if done.purged {
                        worker.empty_log();
                    }
                    if done.wrong_sums > 0 {
                        tracing::warn!(scopes = done.wrong_sums, "a sum was wrong");
                        worker.status.send_modify(|status| status.wrong_sums += u64::from(done.wrong_sums));
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

    /// See [`housekeep`]; what was erased leaves the write-ahead log too, as soon as no reader holds it up.
    async fn housekeeping(&self, loading: Loading, start: bool) {
        let kept = self.work(move |worker| {
            let kept = housekeep(&worker.store, &loading, worker.clock.as_ref(), start);
            worker.empty_log();
            kept
        });
        if let Err(error) = kept.await {
            tracing::warn!(%error, "housekeeping failed");
        }
        self.note_unsent().await;
    }

    async fn note_unsent(&self) {
        if let Err(error) = self.work(|worker| worker.store.note_unsent()).await {
            tracing::warn!(%error, "what is unsent could not be noted");
        }
    }

    /// Runs blocking work on the pool.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce(&Worker) -> Result<T> + Send + 'static) -> Result<T> {
        let worker = Worker { store: self.store.clone(), clock: self.clock.clone(), status: self.status.clone() };
        tokio::task::spawn_blocking(move || work(&worker)).await.map_err(|_| Error::Closed)?
    }
}

/// What blocking work needs of the driver.
struct Worker {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    status: watch::Sender<Status>,
}

impl Worker {
    fn empty_log(&self) {
        if let Err(error) = self.store.empty_log() {
            tracing::warn!(%error, "the write-ahead log could not be emptied");
        }
    }
}

/// Why an exchange failed when this error met it: the network's fault, or the phone's own.
fn own_failure(error: &Error) -> Failure {
    match error {
        Error::Malformed(_) => Failure::Lost,
        Error::Full => Failure::Full,
        _ => Failure::Broken,
    }
}

enum Flight<'a> {
    Opening(Pending<'a, std::result::Result<Answer, Failure>>, u64),
    Arriving(Box<dyn Pieces>, Lines, u64),
}

/// What became of an exchange with an event.
enum Taken<'a> {
    GoesOn(Flight<'a>),
    Ended(Option<Failure>),
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
