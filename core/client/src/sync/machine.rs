//! The sans-IO machine: from answers, time and wishes to requests and steps.
//!
//! One request is in flight. An answer's lines become [`Step`]s in order; each step is done before the next request is
//! made, so the machine itself remembers nothing that the store does not: a crash at any point starts it afresh.

use kapprum_domain::frame::Trouble;
use kapprum_protocol::frame::{Applied, Frame, Row};
use kapprum_protocol::limits::WAIT_SECONDS;
use kapprum_protocol::request::Request;
use kapprum_protocol::sum::Sum;
use kapprum_protocol::{Malformed, VERSION};

use super::apply::{First, Step, Whole};
use super::rows::Rows;
use crate::store::Plan;

/// How much is held in memory before it goes to the store; injected, so that small worlds see every path.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// A scope larger than this many bytes is loaded in commits of that size, and swapped in.
    pub load: usize,
    /// Smaller scopes go to the store together, when they make so many bytes.
    pub whole: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { load: 512 * 1024, whole: 256 * 1024 }
    }
}

/// The first transaction may be so large; a larger one comes in pages.
const FIRST_BYTES: usize = 64 * 1024 * 1024;
/// Back-off after a failure, in milliseconds: from the first to the longest.
const BACK_OFF: (i64, i64) = (500, 60_000);

/// A request in flight; an answer to an older one is dropped.
pub type Exchange = u64;

/// What the machine wants done now.
#[derive(Debug)]
pub enum Action {
    /// Send this. An older exchange, if any, is to be cut.
    Send(Exchange, Request),
    /// An answer is under way.
    Busy,
    /// Nothing before this boot-time in milliseconds, unless there is a wish.
    Sleep(i64),
    /// Nothing to do.
    Idle,
}

/// Why an exchange ended without a complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No contact, or cut.
    Lost,
    /// The server asks to come back after so many milliseconds.
    Busy(i64),
    /// The session has ended.
    SignedOut,
    /// The server speaks another version.
    Outdated,
    /// The phone's disk is full.
    Full,
    /// The phone's own store failed.
    Broken,
}

impl Failure {
    /// As people are told.
    pub fn trouble(self) -> Trouble {
        match self {
            Self::Lost | Self::Busy(_) => Trouble::Offline,
            Self::SignedOut => Trouble::SignedOut,
            Self::Outdated => Trouble::Outdated,
            Self::Full => Trouble::Full,
            Self::Broken => Trouble::Broken,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Machine {
    exchange: Exchange,
    flight: Option<Flight>,
    failures: u32,
    not_before: i64,
    stopped: Option<Failure>,
    jitter: u64,
    complete: bool,
    /// The last exchange told of another epoch, and what it did not take is sent again at once, under that.
    goes_on: bool,
    sizes: Sizes,
}

#[derive(Debug, Default)]
struct Flight {
    waiting: bool,
    /// Something was sent or wanted.
    asked: bool,
    first: First,
    applied: bool,
    sizes: Sizes,
    arriving: Option<Whole>,
    /// The scope that is arriving is large and loads already.
    loading: bool,
    /// Scopes that have arrived and wait to be taken together, and their bytes.
    whole: Vec<Whole>,
    bytes: usize,
    progress: bool,
    /// The server asked to try commands again later.
    retry: bool,
    /// It brought rights with `all`.
    afresh: bool,
    ended: bool,
}

/// What the one who runs the machine wishes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Someone is looking: wait for news when everything is fetched.
    pub foreground: bool,
    /// Ask the server even if nothing is known to be missing.
    pub ask: bool,
}

impl Machine {
    /// A machine at the start; `seed` spreads its back-offs.
    pub fn new(seed: u64, sizes: Sizes) -> Self {
        let (exchange, flight, failures, not_before, stopped) = (0, None, 0, 0, None);
        let (complete, goes_on) = (false, false);
        Self { exchange, flight, failures, not_before, stopped, jitter: seed, complete, goes_on, sizes }
    }

    /// Why it does not try any more, if so.
    pub fn stopped(&self) -> Option<Failure> {
        self.stopped
    }

    /// The exchange in flight, if any: what comes of others is not heard.
    pub fn current(&self) -> Option<Exchange> {
        self.flight.as_ref().map(|_| self.exchange)
    }

    /// Whether the last exchange was complete: nothing was left to fetch or send. Waiting for news changes nothing.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether the last exchange did all it could and the next one follows at once.
    pub fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// What to do now. `now` is boot-time in milliseconds.
    pub fn poll(&mut self, now: i64, wishes: Wishes, plan: impl FnOnce() -> Option<Plan>) -> Action {
        if self.stopped.is_some() {
            return Action::Idle;
        }
        let waiting = match &self.flight {
            Some(flight) if !flight.waiting => return Action::Busy,
            Some(_) => true,
            None => false,
        };
        if !waiting && now < self.not_before {
            return Action::Sleep(self.not_before);
        }
        let Some(plan) = plan() else { return Action::Idle };
        let needed = plan.cursor.is_none() || !plan.want.is_empty() || !plan.commands.is_empty();
        if waiting && !needed && !wishes.ask {
            return Action::Busy;
        }
        if !needed && !wishes.ask && !wishes.foreground {
            return Action::Idle;
        }
        // What is wanted is known only under the cursor's rights.
        let wait = (!needed && !wishes.ask).then_some(WAIT_SECONDS);
        let request = Request {
            v: VERSION,
            want: if plan.cursor.is_some() { plan.want } else { Vec::new() },
            cursor: plan.cursor,
            commands: plan.commands,
            earlier: plan.earlier,
            wait,
        };
        self.exchange += 1;
        self.flight = Some(Flight { waiting: wait.is_some(), asked: needed, sizes: self.sizes, ..Flight::default() });
        self.complete &= wait.is_some();
        Action::Send(self.exchange, request)
    }

    /// A line of an answer. The steps are to be done in order before the next call.
    pub fn line(&mut self, exchange: Exchange, line: &str) -> Result<Vec<Step>, Malformed> {
        if exchange != self.exchange {
            return Ok(Vec::new());
        }
        let Some(flight) = self.flight.as_mut() else { return Ok(Vec::new()) };
        flight.take(Frame::read(line)?)
    }

    /// The answer is over: complete if its `end` came or there was nothing to say (204). If it was cut, what had come
    /// whole is still to be taken.
    pub fn ended(&mut self, exchange: Exchange, now: i64, nothing_new: bool) -> Vec<Step> {
        if exchange != self.exchange {
            return Vec::new();
        }
        let Some(mut flight) = self.flight.take() else { return Vec::new() };
        self.complete = (nothing_new || flight.ended) && !flight.retry;
        // Once: a server that says so each time is not hurried.
        self.goes_on = !self.complete && !self.goes_on && flight.ended && flight.afresh;
        if self.goes_on {
            return flight.flush();
        }
        if !self.complete {
            self.back_off(now, None);
            return flight.flush();
        }
        self.failures = 0;
        // An answer that brought nothing although something was asked for: do not ask again at once.
        if !flight.progress && (flight.asked || !flight.waiting && !nothing_new) {
            self.not_before = now + BACK_OFF.0;
        }
        Vec::new()
    }

    /// The exchange failed.
    pub fn failed(&mut self, exchange: Exchange, now: i64, failure: Failure) -> Vec<Step> {
        if exchange != self.exchange {
            return Vec::new();
        }
        let Some(mut flight) = self.flight.take() else { return Vec::new() };
        self.complete = false;
        match failure {
            Failure::Lost | Failure::Full | Failure::Broken => self.back_off(now, None),
            Failure::Busy(milliseconds) => self.back_off(now, Some(milliseconds)),
            Failure::SignedOut => {
                self.stopped = Some(failure);
                return vec![Step::SignedOut];
            }
            Failure::Outdated => self.stopped = Some(failure),
        }
        flight.flush()
    }

    /// The server asked to try the commands again later: after the exchange, and later each time.
    pub fn retry_later(&mut self, now: i64) {
        match &mut self.flight {
            Some(flight) => flight.retry = true,
            None => self.back_off(now, None),
        }
    }

    /// There is no session: nothing is tried.
    pub fn sign_out(&mut self) {
        self.stopped = Some(Failure::SignedOut);
    }

    /// The network came back or someone is looking: try at once.
    pub fn try_now(&mut self) {
        self.not_before = 0;
        if self.stopped == Some(Failure::Outdated) {
            self.stopped = None;
        }
    }

    /// Drops what is in flight; its answer will be ignored.
    pub fn cut(&mut self) {
        self.flight = None;
        self.exchange += 1;
    }

    fn back_off(&mut self, now: i64, asked: Option<i64>) {
        let doubled = BACK_OFF.0.saturating_mul(1 << self.failures.min(7)).min(BACK_OFF.1);
        self.failures = self.failures.saturating_add(1);
        // xorshift: spread, not secret.
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        let half = doubled / 2;
        let spread = i64::try_from(self.jitter % half.unsigned_abs().max(1)).unwrap_or(0);
        self.not_before = now + asked.unwrap_or(half) + spread;
    }
}

impl Flight {
    fn take(&mut self, frame: Frame<'_>) -> Result<Vec<Step>, Malformed> {
        // A large section of rows comes as pages, each with its own `applied`.
        let opening = self.arriving.is_none();
        match frame {
            Frame::Rights(rights) if !self.applied => {
                self.progress = true;
                self.afresh |= rights.all;
                Ok(vec![Step::Rights(rights)])
            }
            Frame::Receipt(receipt) if !self.applied => {
                self.first.receipts.push(receipt);
                Ok(Vec::new())
            }
            Frame::Row(row) if opening => {
                self.first.rows.push(&row);
                self.within()
            }
            Frame::Gone(gone) if opening => {
                self.first.rows.push_gone(&gone);
                self.within()
            }
            Frame::Sum(sum) if opening => {
                self.first.sums.push(sum);
                Ok(Vec::new())
            }
            Frame::Applied(Applied { cursor }) if opening => {
                let first = First { cursor, ..std::mem::take(&mut self.first) };
                self.progress |= !first.receipts.is_empty() || !first.rows.is_empty();
                self.applied = true;
                Ok(vec![Step::First(first)])
            }
            Frame::Snap(snap) if self.applied && self.first.is_empty() => {
                let steps = self.close();
                self.arriving = Some(Whole { snap, sum: Sum::default(), rows: Rows::default() });
                Ok(steps)
            }
            Frame::Row(row) => self.arrive(&row),
            Frame::End(end) if self.applied && self.first.is_empty() => {
                let mut steps = self.close();
                steps.append(&mut self.flush());
                self.ended = true;
                steps.push(Step::End(end));
                Ok(steps)
            }
            _ => Err(Malformed("answer: a line out of place")),
        }
    }

    fn within(&self) -> Result<Vec<Step>, Malformed> {
        if self.first.rows.bytes() > FIRST_BYTES { Err(Malformed("answer: too large")) } else { Ok(Vec::new()) }
    }

    fn arrive(&mut self, row: &Row<'_>) -> Result<Vec<Step>, Malformed> {
        let arriving = self.arriving.as_mut().filter(|whole| whole.snap.scope == row.scope);
        let Some(whole) = arriving else { return Err(Malformed("answer: a row out of place")) };
        whole.sum.add(row.kind, row.id, row.seq);
        whole.rows.push(row);
        if whole.rows.bytes() < self.sizes.load {
            return Ok(Vec::new());
        }
        let rows = std::mem::take(&mut whole.rows);
        // Steps are in the order of the lines.
        let mut steps = self.flush();
        if !std::mem::replace(&mut self.loading, true) {
            steps.push(Step::Begin);
        }
        steps.push(Step::Load(rows));
        Ok(steps)
    }

    /// The scope that was arriving is complete.
    fn close(&mut self) -> Vec<Step> {
        let Some(whole) = self.arriving.take() else { return Vec::new() };
        self.progress = true;
        if std::mem::take(&mut self.loading) {
            let load = (!whole.rows.is_empty()).then_some(Step::Load(whole.rows));
            return load.into_iter().chain([Step::Swap(whole.snap, whole.sum)]).collect();
        }
        self.bytes += whole.rows.bytes();
        self.whole.push(whole);
        if self.bytes < self.sizes.whole { Vec::new() } else { self.flush() }
    }

    /// What has come whole is taken.
    fn flush(&mut self) -> Vec<Step> {
        self.bytes = 0;
        let whole = std::mem::take(&mut self.whole);
        if whole.is_empty() { Vec::new() } else { vec![Step::Whole(whole)] }
    }
}
