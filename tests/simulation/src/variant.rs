//! Wrong variants: each breaks one sentence of the protocol by wrapping a seam, and must be caught by the property that
//! it breaks.
//!
//! Those of the phone compose the store's small operations wrongly or mislead the machine, here; those of the server
//! wrap its store, in [`crate::server`]; those of the person and the network stand where these act.

use std::collections::BTreeMap;

use kapprum_client::error::Result;
use kapprum_client::store::{Durability, Transaction};
use kapprum_client::sync::apply::{self, Done, First, Step, Whole, take_first, take_rights};
use kapprum_client::sync::rows::{RowOrGone, Rows};
use kapprum_protocol::frame::{Entry, Freshness, Gone, RightsFrame, ScopeNumber, Snap};
use kapprum_protocol::sum::Sum;

use crate::device::Device;
use crate::properties::all;

macro_rules! variants {
    ($($(#[$doc:meta])* $name:ident: $letters:literal,)*) => {
        /// The product, or one sentence of it wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Variant {
            /// As it is.
            Product,
            $($(#[$doc])* $name,)*
        }

        /// All wrong ones, each with the property that catches it, and others that may notice it before.
        pub const WRONG: &[(Variant, &str)] = &[$((Variant::$name, $letters),)*];
    };
}

variants! {
    /// While commands wait, what is not held any more stays.
    PurgeAfterOutbox: "b",
    /// Rights are taken when the answer is complete.
    PurgeAtTheEnd: "b",
    /// A rule that fails over a command that waits fails the whole transaction.
    FailingRuleInTheWay: "b",
    /// A purge that a power cut undoes.
    PurgeNotDurable: "b",
    /// The body of a command stays when the right to it ends.
    BodyKeptWhenRightEnds: "b",
    /// Rights stored under the cursor before them.
    RightsWithoutOwnCursor: "ac",
    /// Erasing leaves the predictions.
    EraseWithoutReplay: "g",
    /// A large scope is shown before its last rows are here.
    SwapBeforeLastRow: "ea",
    /// A large scope is shown without the predictions over it.
    SwapWithoutReplay: "g",
    /// What is loading is swept away as garbage.
    LoadingSweptAway: "ea",
    /// Small scopes are shown without their last rows.
    WholeBeforeLastRow: "ea",
    /// Small scopes are shown without the predictions over them.
    WholeWithoutReplay: "g",
    /// Small scopes are swept away as garbage before they are shown.
    WholeSweptAway: "ea",
    /// Rows are taken without the predictions over them.
    FirstWithoutReplay: "g",
    /// The cursor in a transaction before its rows.
    CursorBeforeRows: "ea",
    /// An outcome is shown before its effect.
    ReceiptRegardlessOfSeq: "ea",
    /// Rows of a scope that has not arrived are shown.
    RowsOfWantedScopes: "ea",
    /// Rows of a scope that is not held are kept.
    RowsOfScopesNotHeld: "b",
    /// Removals are left out.
    RemovalsIgnored: "ea",
    /// The answer to a request that was given up is taken.
    CancelledAnswerTaken: "bae",
    /// Taking back only forgets.
    UndoWithoutSettling: "c",
    /// "Saved" is said before it is.
    SavedBeforeCommit: "d",
    /// "Saved" without waiting for the disk.
    SavedWithoutSync: "d",
    /// Bodies are dropped as soon as they are sent.
    BodyDroppedWhenSent: "d",
    /// Commands are let go by a clock that may be wrong.
    ExpiresByAGuess: "d",
    /// A device that moves only when someone asks it to.
    MovesOnlyWhenAsked: "c",
    /// A transaction stays open from one line to the next.
    LockHeldBetweenLines: "j",
    /// Nothing to do is asked again.
    AsksWithoutNeed: "h",
    /// Receipts in a transaction after the effects.
    ReceiptOutsideTransaction: "c",
    /// Under another epoch what was answered stays answered.
    AnsweredStaysAnswered: "c",
    /// A restored server says that it knows more than its backup held.
    KnowsTooMuch: "c",
    /// What an earlier epoch received is judged as if it came now.
    JudgedAnew: "c",
    /// After a restored backup the last one to come wins.
    OlderOverwritesNewer: "c",
    /// No receipt is ever kept.
    ReceiptsForgotten: "c",
    /// Outcomes are told of a transaction that is not committed.
    AnsweredBeforeCommit: "dc",
    /// A known id answers its receipt whatever it carries.
    ContentNotCompared: "c",
    /// What a refused command had begun stays.
    RefusedHalfDone: "ce",
    /// A seq is seen before its row.
    SeqOutsideLock: "ae",
    /// Rows of one read under the head of another.
    SectionsOfSeveralReads: "ea",
    /// Removals are not sent.
    TombstonesLeftOut: "ea",
    /// Rights are kept for ever once found.
    RightsNeverFoundAnew: "ia",
    /// A snapshot stays open from one piece to the next.
    SnapshotHeldBetweenPieces: "j",
}

/// Does a step as the product does, or wrongly composed of the same small operations. A wrong phone may know the name
/// of any scope.
pub fn apply_variant(
    variant: Variant,
    device: &mut Device,
    step: &Step,
    name_of: &dyn Fn(ScopeNumber) -> Option<String>,
) -> Result<Done> {
    let (fetched, saved) = (Durability::Fetched, Durability::Saved);
    let (store, loading, clock) = (&device.store, &mut device.loading, device.clocks.as_ref());
    let now = |transaction: &Transaction<'_>| apply::now(transaction, clock);
    match (variant, step) {
        (Variant::PurgeAfterOutbox, Step::Rights(rights))
            if !rights.all && store.read(|reader| reader.unsent())?.count > 0 =>
        {
            let mut rights = rights.clone();
            let held = "SELECT number, generation, class FROM scope";
            for (number, generation, class) in
                all(&device.file, held, |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, u8>(2)?)))
            {
                if rights.scopes.iter().all(|entry| entry.0 != number) {
                    rights.scopes.push(Entry(number, generation, Freshness::from(class), None));
                }
            }
            apply::apply(store, loading, &Step::Rights(rights), clock)
        }
        (Variant::PurgeNotDurable, Step::Rights(rights)) => {
            loading.part = None;
            let done = store.write(fetched, |one| take_rights(one, rights, now(one)?))?;
            Ok(Done { purged: false, ..done })
        }
        (Variant::RightsWithoutOwnCursor, Step::Rights(rights)) => {
            let before = store.read(|reader| reader.plan())?.cursor;
            let rights = RightsFrame { cursor: before.unwrap_or_else(|| rights.cursor.clone()), ..rights.clone() };
            apply::apply(store, loading, &Step::Rights(rights), clock)
        }
        (Variant::EraseWithoutReplay, Step::Rights(rights)) => {
            loading.part = None;
            store.write(saved, |transaction| {
                let lost = transaction.set_rights(rights.all, &rights.scopes)?;
                transaction.lose(&lost)?;
                transaction.wait_again(&rights.cursor, rights.knows)?;
                transaction.settle()?;
                transaction.set_cursor(&rights.cursor)?;
                Ok(Done { purged: true, ..Done::default() })
            })
        }
        (Variant::BodyKeptWhenRightEnds, Step::Rights(rights)) => {
            loading.part = None;
            store.write(saved, |transaction| {
                transaction.set_rights(rights.all, &rights.scopes)?;
                transaction.wait_again(&rights.cursor, rights.knows)?;
                transaction.settle()?;
                transaction.replay(now(transaction)?)?;
                transaction.set_cursor(&rights.cursor)?;
                Ok(Done { purged: true, ..Done::default() })
            })
        }
        (Variant::AnsweredStaysAnswered, Step::Rights(rights)) => {
            loading.part = None;
            store.write(Durability::Erased, |transaction| {
                let lost = transaction.set_rights(rights.all, &rights.scopes)?;
                transaction.lose(&lost)?;
                transaction.settle()?;
                transaction.replay(now(transaction)?)?;
                transaction.set_cursor(&rights.cursor)?;
                Ok(Done { purged: true, ..Done::default() })
            })
        }
        (Variant::SwapWithoutReplay, Step::Swap(snap, sum)) => {
            let Some(part) = loading.part.take() else { return Ok(Done::default()) };
            store.write(fetched, |transaction| {
                transaction.swap(snap, part, *sum)?;
                transaction.settle()?;
                Ok(Done::default())
            })
        }
        (Variant::LoadingSweptAway, Step::Swap(..)) => {
            while store.write(fetched, |transaction| transaction.sweep(None))? {}
            apply::apply(store, loading, step, clock)
        }
        (Variant::WholeBeforeLastRow, Step::Whole(scopes)) => {
            let scopes = scopes.iter().map(without_last_row).collect();
            apply::apply(store, loading, &Step::Whole(scopes), clock)
        }
        (Variant::WholeWithoutReplay, Step::Whole(scopes)) => store.write(fetched, |transaction| {
            for whole in scopes {
                show(transaction, whole.snap.clone(), whole.sum, &whole.rows)?;
            }
            transaction.settle()?;
            Ok(Done::default())
        }),
        (Variant::WholeSweptAway, Step::Whole(scopes)) => store.write(fetched, |transaction| {
            for whole in scopes {
                let part = transaction.begin_part()?;
                transaction.load(part, whole.rows.rows())?;
                while transaction.sweep(None)? {}
                transaction.swap(&whole.snap, part, whole.sum)?;
            }
            transaction.settle()?;
            transaction.replay(now(transaction)?)?;
            Ok(Done::default())
        }),
        (Variant::FirstWithoutReplay, Step::First(first)) => store.write(fetched, |transaction| {
            take_rows(transaction, &first.rows)?;
            let retry = transaction.take_receipts(&first.receipts, now(transaction)?)?;
            transaction.set_cursor(&first.cursor)?;
            transaction.settle()?;
            Ok(Done { retry, ..Done::default() })
        }),
        (Variant::ReceiptRegardlessOfSeq, Step::First(first)) => store.write(fetched, |transaction| {
            let done = take_first(transaction, first, now(transaction)?)?;
            for (n, receipt) in transaction.pending()? {
                transaction.take_effect(n, &receipt)?;
            }
            transaction.replay(now(transaction)?)?;
            Ok(done)
        }),
        (Variant::RowsOfWantedScopes, Step::First(first)) => {
            let done = apply::apply(store, loading, step, clock)?;
            for (number, rows) in by_scope(&first.rows) {
                store.write(fetched, |transaction| {
                    let wanted = transaction.scope(number)?.filter(|scope| scope.wanted && scope.part.is_none());
                    let (Some(scope), Some(name)) = (wanted, name_of(number)) else { return Ok(()) };
                    show(transaction, snap(number, name, scope.generation), Sum::default(), &rows)
                })?;
            }
            Ok(done)
        }
        (Variant::RowsOfScopesNotHeld, Step::First(first)) => {
            for (number, rows) in by_scope(&first.rows) {
                let held = store.write(fetched, |transaction| transaction.scope(number))?.is_some();
                let Some(name) = name_of(number).filter(|_| !held) else { continue };
                let keep =
                    "INSERT OR IGNORE INTO scope (number, name, generation, class, wanted) VALUES (?1, ?2, 1, 0, 0)";
                device.file.execute(keep, rusqlite::params![number, name])?;
                store.write(fetched, |transaction| {
                    show(transaction, snap(number, name.clone(), 1), Sum::default(), &rows)
                })?;
            }
            apply::apply(store, loading, step, clock)
        }
        (Variant::RemovalsIgnored, Step::First(first)) => {
            let mut rows = Rows::default();
            first.rows.rows().for_each(|row| rows.push(&row));
            apply::apply(store, loading, &Step::First(First { rows, ..first.clone() }), clock)
        }
        _ => apply::apply(store, loading, step, clock),
    }
}

/// The steps as the machine made them, or in a wrong order. `late` holds what a wrong variant puts off.
pub fn steps(variant: Variant, mut steps: Vec<Step>, late: &mut Vec<Step>) -> Vec<Step> {
    match variant {
        Variant::SwapBeforeLastRow => {
            if let Some(at) = steps.iter().position(|step| matches!(step, Step::Swap(..)))
                && at > 0
            {
                steps.swap(at - 1, at);
            }
        }
        Variant::PurgeAtTheEnd => {
            let ends = steps.iter().any(|step| matches!(step, Step::End(_)));
            let rights = |step: &Step| matches!(step, Step::Rights(frame) if !frame.all);
            late.extend(steps.extract_if(.., |step| rights(step)));
            if ends {
                steps.append(late);
            }
        }
        _ => {}
    }
    steps
}

fn take_rows(transaction: &Transaction<'_>, rows: &Rows) -> Result<()> {
    for row in rows.iter() {
        match row {
            RowOrGone::Row(row) => transaction.put(&row)?,
            RowOrGone::Gone(scope, kind, id, seq) => transaction.remove(&Gone(scope, kind, id, seq))?,
        };
    }
    Ok(())
}

/// The rows, scope by scope.
fn by_scope(rows: &Rows) -> BTreeMap<ScopeNumber, Rows> {
    let mut found: BTreeMap<ScopeNumber, Rows> = BTreeMap::new();
    rows.rows().for_each(|row| found.entry(row.scope).or_default().push(&row));
    found
}

fn without_last_row(whole: &Whole) -> Whole {
    let mut rows = Rows::default();
    whole.rows.rows().take(whole.rows.len().saturating_sub(1)).for_each(|row| rows.push(&row));
    Whole { rows, ..whole.clone() }
}

/// What a wrong phone takes for a whole scope.
fn snap(scope: ScopeNumber, name: String, generation: u32) -> Snap {
    Snap { scope, name, generation, seq: 0, count: 0, sum: 0 }
}

/// Shows these rows as if they were all of a scope.
fn show(transaction: &Transaction<'_>, snap: Snap, sum: Sum, rows: &Rows) -> Result<()> {
    let part = transaction.begin_part()?;
    transaction.load(part, rows.rows())?;
    transaction.swap(&snap, part, sum).map(drop)
}
