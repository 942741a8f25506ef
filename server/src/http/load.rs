//! What the server takes on at once, and what it leaves out when that is too much (`protocol.md` §3): waits first,
//! snapshots second, commands last, rights never.

use std::sync::Arc;
use std::time::Duration;

use kapprum_protocol::problem::ProblemKind;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Refused;

/// Requests at work at once.
const AT_WORK: usize = 512;
/// How long a request may stand in line for a place at work.
const IN_LINE: Duration = Duration::from_secs(10);
/// What is done beside that, however much of it there is: waits that were woken, and pieces of snapshots.
const TURNS: usize = 16;
/// What request bodies may hold in memory at once, in bytes.
const MEMORY: usize = 256 * 1024 * 1024;

/// A share of what there is; dropping it gives it back.
pub(crate) type Share = OwnedSemaphorePermit;

/// See the module.
pub(crate) struct Load {
    pub(super) work: Arc<Semaphore>,
    waits: Arc<Semaphore>,
    pub(super) memory: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    most_waits: usize,
    /// What was left out since the start.
    pub(super) sheds: Family<[(&'static str, &'static str); 1], Counter>,
}

/// What is left out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shed {
    /// A whole request.
    Request,
    /// Waiting for news.
    Wait,
    /// The scopes that a phone wanted.
    Snapshots,
    /// A request's commands.
    Commands,
}

/// How hard it is, and so what is left out: each also what those before it leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strain {
    /// Nothing.
    Calm,
    /// Nobody waits for news.
    NoWaits,
    /// Wanted scopes stay out of the answer.
    NoSnapshots,
    /// Commands are to be sent again later.
    NoCommands,
}

impl Load {
    pub(crate) fn new(waits_at_once: usize) -> Self {
        let [work, waits, turns, memory] =
            [AT_WORK, waits_at_once, TURNS, MEMORY].map(|places| Arc::new(Semaphore::new(places)));
        Self { work, memory, waits, turns, most_waits: waits_at_once, sheds: Family::default() }
    }

    /// Counts what was left out.
    pub(super) fn shed(&self, what: Shed) {
        let what = match what {
            Shed::Request => "request",
            Shed::Wait => "wait",
            Shed::Snapshots => "snapshots",
            Shed::Commands => "commands",
        };
        self.sheds.get_or_create(&[("what", what)]).inc();
    }

    /// Requests that wait for news now.
    pub(super) fn waiting(&self) -> usize {
        self.most_waits - self.waits.available_permits()
    }

    /// A place at work; who finds none stands in line, since rights are never left out.
    pub(crate) async fn work(&self) -> Result<(Share, Strain), Refused> {
        if let Ok(share) = self.work.clone().try_acquire_owned() {
            return Ok((share, strain(self.work.available_permits())));
        }
        match tokio::time::timeout(IN_LINE, self.work.clone().acquire_owned()).await {
            Ok(Ok(share)) => Ok((share, Strain::NoCommands)),
            _ => Err(self.busy(Shed::Request)),
        }
    }

    /// A place to wait for news, if there is one.
    pub(crate) fn wait(&self) -> Result<Share, Refused> {
        self.waits.clone().try_acquire_owned().map_err(|_| self.busy(Shed::Wait))
    }

    /// One's turn among those who have time.
    pub(crate) async fn turn(&self) -> Result<Share, Refused> {
        self.turns.clone().acquire_owned().await.map_err(|_| self.busy(Shed::Request))
    }

    /// Memory for a request's body, if there is so much.
    pub(crate) fn memory(&self, bytes: usize) -> Result<Share, Refused> {
        let bytes = u32::try_from(bytes).map_err(|_| self.busy(Shed::Request))?;
        self.memory.clone().try_acquire_many_owned(bytes).map_err(|_| self.busy(Shed::Request))
    }

    /// Counts what is left out, and says so.
    pub(super) fn busy(&self, what: Shed) -> Refused {
        self.shed(what);
        Refused(ProblemKind::Busy, "")
    }
}

fn strain(free: usize) -> Strain {
    match free {
        free if free >= AT_WORK / 2 => Strain::Calm,
        free if free >= AT_WORK / 4 => Strain::NoWaits,
        _ => Strain::NoSnapshots,
    }
}
