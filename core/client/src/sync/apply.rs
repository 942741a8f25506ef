//! From a step of the machine to one transaction of the store.
//!
//! The order inside a transaction is the contract of `protocol.md` §2 and §3: what each function composes here is what
//! the simulation's wrong variants compose wrongly.

use kapprum_domain::time::Timestamp;
use kapprum_protocol::frame::{End, RightsFrame, Snap, SumFrame};
use kapprum_protocol::receipt::Receipt;
use kapprum_protocol::sum::Sum;

use super::rows::{RowOrGone, Rows};
use crate::clock::{Clock, Estimate, Offset, estimate};
use crate::error::Result;
use crate::store::{Durability, Store, Swapped, Transaction};

/// One transaction of the store, as the machine asks for it.
#[derive(Debug, Clone)]
pub enum Step {
    /// New rights: erase everything else, at once, whatever follows.
    Rights(RightsFrame),
    /// Sections 2 to 5: rows, receipts that take effect, overlay, cursor.
    First(First),
    /// Wanted scopes that have arrived, all at once.
    Whole(Vec<Whole>),
    /// A large wanted scope starts to arrive.
    Begin,
    /// Rows of the large scope that is arriving; commits of at most about 1 MB.
    Load(Rows),
    /// The large scope has arrived: show it instead of what stood there.
    Swap(Snap, Sum),
    /// The answer is complete.
    End(End),
    /// The session has ended: nothing is held any more.
    SignedOut,
}

/// What the first transaction takes.
#[derive(Debug, Clone, Default)]
pub struct First {
    /// What became of commands.
    pub receipts: Vec<Receipt>,
    /// Rows and removals since the cursor.
    pub rows: Rows,
    /// What the touched scopes must sum to.
    pub sums: Vec<SumFrame>,
    /// The new cursor.
    pub cursor: String,
}

/// A scope that has arrived.
#[derive(Debug, Clone)]
pub struct Whole {
    /// What was announced.
    pub snap: Snap,
    /// What was counted.
    pub sum: Sum,
    /// Its rows.
    pub rows: Rows,
}

impl First {
    /// Whether nothing was taken yet.
    pub fn is_empty(&self) -> bool {
        self.receipts.is_empty() && self.rows.is_empty() && self.sums.is_empty()
    }
}

/// What a step did that is worth knowing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Scopes whose sum was wrong.
    pub wrong_sums: u32,
    /// Bytes of what was erased may lie in the write-ahead log: it is to be emptied.
    pub purged: bool,
    /// The server asks to try again later.
    pub retry: bool,
}

/// Pieces of garbage that are deleted at once.
const SWEEPS: usize = 20;

/// Where a loading scope stands between two steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loading {
    /// The part that is being loaded.
    pub part: Option<i64>,
}

/// Does one step in one transaction.
pub fn apply(store: &Store, loading: &mut Loading, step: &Step, clock: &dyn Clock) -> Result<Done> {
    match step {
        Step::Rights(rights) => {
            loading.part = None;
            store.write(Durability::Erased, |transaction| take_rights(transaction, rights, now(transaction, clock)?))
        }
        Step::SignedOut => {
            loading.part = None;
            store.write(Durability::Erased, |transaction| {
                let none = RightsFrame { all: true, cursor: String::new(), scopes: Vec::new(), knows: None };
                let done = take_rights(transaction, &none, now(transaction, clock)?)?;
                transaction.forget_cursor()?;
                Ok(done)
            })
        }
        Step::First(first) => {
            store.write(Durability::Fetched, |transaction| take_first(transaction, first, now(transaction, clock)?))
        }
        Step::Whole(scopes) => {
            store.write(Durability::Fetched, |transaction| take_whole(transaction, scopes, now(transaction, clock)?))
        }
        Step::Begin => {
            loading.part = Some(store.write(Durability::Fetched, |transaction| transaction.begin_part())?);
            Ok(Done::default())
        }
        Step::Load(rows) => {
            let Some(part) = loading.part else { return Ok(Done::default()) };
            store.write(Durability::Fetched, |transaction| transaction.load(part, rows.rows()))?;
            Ok(Done::default())
        }
        Step::Swap(snap, sum) => {
            let Some(part) = loading.part.take() else { return Ok(Done::default()) };
            store.write(Durability::Fetched, |transaction| {
                take_snap(transaction, snap, part, *sum, now(transaction, clock)?)
            })
        }
        Step::End(end) => store.write(Durability::Fetched, |transaction| take_end(transaction, end, clock)),
    }
}

/// Erases what is not held any more and stores the rights' own cursor, in one transaction. Under another epoch the server
/// may lack what it had answered: that waits again.
pub fn take_rights(transaction: &Transaction<'_>, rights: &RightsFrame, now: Timestamp) -> Result<Done> {
    let lost = transaction.set_rights(rights.all, &rights.scopes)?;
    transaction.lose(&lost)?;
    transaction.wait_again(&rights.cursor, rights.knows)?;
    transaction.settle()?;
    transaction.replay(now)?;
    transaction.set_cursor(&rights.cursor)?;
    Ok(Done { purged: transaction.has_erased()?, ..Done::default() })
}

/// Rows, receipts that take effect, overlay and cursor, in one transaction.
pub fn take_first(transaction: &Transaction<'_>, first: &First, now: Timestamp) -> Result<Done> {
    for row in first.rows.iter() {
        match row {
            RowOrGone::Row(row) => transaction.put(&row)?,
            RowOrGone::Gone(scope, kind, id, seq) => {
                transaction.remove(&kapprum_protocol::frame::Gone(scope, kind, id, seq))?
            }
        };
    }
    let mut wrong_sums = 0;
    for sum in &first.sums {
        if transaction.sum(sum.0)?.is_some_and(|found| found != sum.sum()) {
            transaction.doubt(sum.0)?;
            wrong_sums += 1;
        }
    }
    let retry = transaction.take_receipts(&first.receipts, now)?;
    transaction.set_cursor(&first.cursor)?;
    transaction.settle()?;
    transaction.replay(now)?;
    Ok(Done { wrong_sums, purged: false, retry })
}

/// Shows a scope that has arrived, with the receipts that waited for it and the overlay over it.
pub fn take_snap(transaction: &Transaction<'_>, snap: &Snap, part: i64, sum: Sum, now: Timestamp) -> Result<Done> {
    let swapped = transaction.swap(snap, part, sum)?;
    transaction.settle()?;
    transaction.replay(now)?;
    let wrong_sums = u32::from(matches!(swapped, Swapped::Again | Swapped::Doubted));
    Ok(Done { wrong_sums, ..Done::default() })
}

/// Shows scopes that have arrived, with the receipts that waited for them and the overlay over them.
pub fn take_whole(transaction: &Transaction<'_>, scopes: &[Whole], now: Timestamp) -> Result<Done> {
    let mut done = Done::default();
    for Whole { snap, sum, rows } in scopes {
        let part = transaction.begin_part()?;
        transaction.load(part, rows.rows())?;
        let swapped = transaction.swap(snap, part, *sum)?;
        done.wrong_sums += u32::from(matches!(swapped, Swapped::Again | Swapped::Doubted));
    }
    transaction.settle()?;
    transaction.replay(now)?;
    Ok(done)
}

/// Notes the contact, with the limits of freshness.
pub fn take_end(transaction: &Transaction<'_>, end: &End, clock: &dyn Clock) -> Result<Done> {
    take_contact(transaction, end.now, Some(end.fresh), clock)?;
    Ok(Done::default())
}

/// Notes the server's clock, runs freshness anew, and lets go what has passed by that clock.
fn take_contact(
    transaction: &Transaction<'_>,
    now: Timestamp,
    fresh: Option<(u32, u32)>,
    clock: &dyn Clock,
) -> Result<()> {
    transaction.set_contact(Offset::measure(clock, now))?;
    let unlocked = match fresh {
        Some(seconds) => transaction.refresh(seconds, clock)?,
        None => transaction.refresh_again(clock)?,
    };
    transaction.expire(now)?;
    transaction.rest(now)?;
    if unlocked {
        transaction.replay(now)?;
    }
    Ok(())
}

/// An answer without news is contact too, by the limits of the last full answer; `told` is the server's time, if it
/// was.
pub fn nothing_new(store: &Store, told: Option<Timestamp>, clock: &dyn Clock) -> Result<()> {
    store.write(Durability::Fetched, |transaction| {
        if let Some(now) = told {
            return take_contact(transaction, now, None, clock);
        }
        if transaction.refresh_again(clock)? {
            transaction.replay(now(transaction, clock)?)?;
        }
        Ok(())
    })
}

/// What is due now and then, and at a `start`: counts freshness down, lets go what has passed, tries parked commands
/// again, deletes a few pieces of garbage.
pub fn housekeep(store: &Store, loading: &Loading, clock: &dyn Clock, start: bool) -> Result<Done> {
    let due = store.read(|reader| reader.has_run_out(clock))?;
    let durability = if due { Durability::Erased } else { Durability::Fetched };
    let purged = store.write(durability, |transaction| {
        let Estimate { now, uncertain } = estimate(clock, transaction.offset()?);
        // A clock that may be days ahead lets nothing go that a person saved: the next contact does.
        if !uncertain {
            transaction.expire(now)?;
        }
        transaction.unpark(now, start)?;
        let changed = transaction.count_down(clock)?;
        // At a start the clock may tell another time than when these were predicted.
        if start || changed {
            transaction.replay(now)?;
        }
        transaction.has_erased()
    })?;
    store.restore_ballast();
    for _ in 0..SWEEPS {
        if !store.write(Durability::Fetched, |transaction| transaction.sweep(loading.part))? {
            break;
        }
    }
    Ok(Done { purged, ..Done::default() })
}

/// The estimated server time.
pub fn now(transaction: &Transaction<'_>, clock: &dyn Clock) -> Result<Timestamp> {
    Ok(estimate(clock, transaction.offset()?).now)
}
