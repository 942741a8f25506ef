//! Wrong variants: each breaks one sentence of the protocol by wrapping a seam, and must be caught.
//!
//! Those of the phone compose the store's small operations wrongly or mislead the machine, here; those of the server
//! wrap its store, in [`crate::server`]; those of the person and the network stand where these act.

use kapprum_client::clock::Clock;
use kapprum_client::error::Result;
use kapprum_client::store::{Durability, Store, Transaction};
use kapprum_client::sync::apply::{Done, First, Loading, Step, apply, now, take_first};
use kapprum_client::sync::rows::{RowOrGone, Rows};
use kapprum_protocol::frame::{Entry, Freshness, RightsFrame, Snap};
use kapprum_protocol::sum::Sum;

macro_rules! variants {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The product, or one sentence of it wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Variant {
            /// As it is.
            Product,
            $($(#[$doc])* $name,)*
        }

        /// All wrong ones.
        pub const WRONG: &[Variant] = &[$(Variant::$name,)*];
    };
}

variants! {
    /// While commands wait, what is not held any more stays.
    PurgeAfterOutbox,
    /// Rights are taken when the answer is complete.
    PurgeAtTheEnd,
    /// A purge that a power cut undoes.
    PurgeNotDurable,
    /// The body of a command stays when the right to it ends.
    BodyKeptWhenRightEnds,
    /// Rights stored under the cursor before them.
    RightsWithoutOwnCursor,
    /// Erasing leaves the predictions.
    EraseWithoutReplay,
    /// A scope is shown before its last rows are here.
    SwapBeforeLastRow,
    /// A scope is shown without the predictions over it.
    SwapWithoutReplay,
    /// Rows are taken without the predictions over them.
    FirstWithoutReplay,
    /// The cursor in a transaction before its rows.
    CursorBeforeRows,
    /// An outcome is shown before its effect.
    ReceiptRegardlessOfSeq,
    /// Rows of a scope that has not arrived are shown.
    RowsOfWantedScopes,
    /// Rows of a scope that is not held are kept.
    RowsOfScopesNotHeld,
    /// Removals are left out.
    RemovalsIgnored,
    /// The answer to a request that was given up is taken.
    CancelledAnswerTaken,
    /// What is loading is swept away as garbage.
    LoadingSweptAway,
    /// Taking back only forgets.
    UndoWithoutSettling,
    /// "Saved" is said before it is.
    SavedBeforeCommit,
    /// "Saved" without waiting for the disk.
    SavedWithoutSync,
    /// A transaction stays open from one line to the next.
    LockHeldBetweenLines,
    /// Nothing to do is asked again.
    AsksWithoutNeed,
    /// Receipts in a transaction after the effects.
    ReceiptOutsideTransaction,
    /// No receipt is ever kept.
    ReceiptsForgotten,
    /// Outcomes are told of a transaction that is not committed.
    AnsweredBeforeCommit,
    /// A known id answers its receipt whatever it carries.
    ContentNotCompared,
    /// What a refused command had begun stays.
    RefusedHalfDone,
    /// A seq is seen before its row.
    SeqOutsideLock,
    /// Rows of one read under the head of another.
    SectionsOfSeveralReads,
    /// Removals are not sent.
    TombstonesLeftOut,
    /// Rights are kept for ever once found.
    RightsNeverFoundAnew,
    /// A snapshot stays open from one piece to the next.
    SnapshotHeldBetweenPieces,
}

/// Does a step as the product does, or wrongly composed of the same small operations.
pub fn apply_variant(
    variant: Variant,
    store: &Store,
    loading: &mut Loading,
    step: &Step,
    clock: &dyn Clock,
) -> Result<Done> {
    let fetched = Durability::Fetched;
    let saved = Durability::Saved;
    match (variant, step) {
        (Variant::PurgeAfterOutbox, Step::Rights(rights)) if store.read(|reader| reader.unsent())?.count > 0 => {
            store.write(saved, |transaction| transaction.set_cursor(&rights.cursor)).map(|()| Done::default())
        }
        (Variant::PurgeNotDurable, Step::Rights(rights)) => {
            loading.part = None;
            store.write(fetched, |transaction| {
                kapprum_client::sync::apply::take_rights(transaction, rights, now(transaction, clock)?)
                    .map(|done| Done { purged: false, ..done })
            })
        }
        (Variant::RightsWithoutOwnCursor, Step::Rights(rights)) => {
            let before = store.read(|reader| reader.plan())?.cursor;
            let rights = RightsFrame { cursor: before.unwrap_or_else(|| rights.cursor.clone()), ..rights.clone() };
            apply(store, loading, &Step::Rights(rights), clock)
        }
        (Variant::EraseWithoutReplay, Step::Rights(rights)) => {
            loading.part = None;
            store.write(saved, |transaction| {
                let lost = transaction.set_rights(rights.all, &rights.scopes)?;
                transaction.lose(&lost)?;
                transaction.settle()?;
                transaction.set_cursor(&rights.cursor)?;
                Ok(Done { purged: true, ..Done::default() })
            })
        }
        (Variant::BodyKeptWhenRightEnds, Step::Rights(rights)) => {
            loading.part = None;
            store.write(saved, |transaction| {
                transaction.set_rights(rights.all, &rights.scopes)?;
                transaction.settle()?;
                transaction.replay(now(transaction, clock)?)?;
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
            apply(store, loading, step, clock)
        }
        (Variant::FirstWithoutReplay, Step::First(first)) => store.write(fetched, |transaction| {
            take_rows(transaction, &first.rows)?;
            let retry = transaction.take_receipts(&first.receipts, now(transaction, clock)?)?;
            transaction.set_cursor(&first.cursor)?;
            transaction.settle()?;
            Ok(Done { retry, ..Done::default() })
        }),
        (Variant::ReceiptRegardlessOfSeq, Step::First(first)) => store.write(fetched, |transaction| {
            let done = take_first(transaction, first, now(transaction, clock)?)?;
            for (n, receipt) in transaction.pending()? {
                transaction.take_effect(n, &receipt)?;
            }
            transaction.replay(now(transaction, clock)?)?;
            Ok(done)
        }),
        (Variant::RowsOfWantedScopes, Step::First(first)) => {
            // A scope that was just granted shows the few rows that changed since.
            store.write(fetched, |transaction| {
                for row in first.rows.iter() {
                    let RowOrGone::Row(row) = row else { continue };
                    let Some(scope) = transaction.scope(row.scope)?.filter(|one| one.wanted && one.part.is_none())
                    else {
                        continue;
                    };
                    show_rows(transaction, &first.rows, scope.number, scope.generation)?;
                }
                Ok(())
            })?;
            apply(store, loading, step, clock)
        }
        (Variant::RowsOfScopesNotHeld, Step::First(first)) => {
            store.write(fetched, |transaction| {
                for row in first.rows.iter() {
                    let RowOrGone::Row(row) = row else { continue };
                    if transaction.scope(row.scope)?.is_none() {
                        hold_besides(transaction, row.scope)?;
                        show_rows(transaction, &first.rows, row.scope, 1)?;
                    }
                }
                Ok(())
            })?;
            apply(store, loading, step, clock)
        }
        (Variant::RemovalsIgnored, Step::First(first)) => {
            let mut rows = Rows::default();
            for row in first.rows.iter() {
                if let RowOrGone::Row(row) = row {
                    rows.push(&row);
                }
            }
            apply(store, loading, &Step::First(First { rows, ..first.clone() }), clock)
        }
        _ => apply(store, loading, step, clock),
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
            RowOrGone::Gone(scope, kind, id, seq) => {
                transaction.remove(&kapprum_protocol::frame::Gone(scope, kind, id, seq))?
            }
        };
    }
    Ok(())
}

/// Shows the rows of one scope among these as if they were all of it.
fn show_rows(transaction: &Transaction<'_>, rows: &Rows, scope: u32, generation: u32) -> Result<()> {
    let part = transaction.begin_part()?;
    let of = rows.iter().filter_map(|row| match row {
        RowOrGone::Row(row) if row.scope == scope => Some(row),
        _ => None,
    });
    transaction.load(part, of)?;
    let name = format!("child/{}", uuid::Uuid::from_u128(scope.into()));
    let snap = Snap { scope, name, generation, seq: 0, count: 0, sum: 0 };
    transaction.swap(&snap, part, Sum::default()).map(drop)
}

/// Adds a scope to those that are held.
fn hold_besides(transaction: &Transaction<'_>, scope: u32) -> Result<()> {
    let mut entries = Vec::new();
    for number in (0..10_000).filter(|number| *number != scope) {
        if let Some(row) = transaction.scope(number)? {
            entries.push(Entry(number, row.generation, Freshness::from(0), None));
        }
    }
    entries.push(Entry(scope, 1, Freshness::from(0), None));
    transaction.set_rights(false, &entries).map(drop)
}
