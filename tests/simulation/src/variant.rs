//! Wrong variants: each breaks one sentence of the protocol by wrapping a seam, and must be caught.

use kapprum_client::clock::Clock;
use kapprum_client::error::Result;
use kapprum_client::store::{Durability, Store};
use kapprum_client::sync::apply::{Done, First, Loading, Step, apply, now, take_first};
use kapprum_protocol::frame::RightsFrame;

/// The product, or one sentence of it wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Product,
    // The phone's side.
    PurgeAfterOutbox,
    SwapBeforeLastRow,
    SwapWithoutReplay,
    EraseWithoutReplay,
    FirstWithoutReplay,
    RightsWithoutOwnCursor,
    CursorBeforeRows,
    ReceiptRegardlessOfSeq,
    RowsOfWantedScopes,
    CancelledAnswerTaken,
    BodyKeptWhenRightEnds,
    UndoWithoutSettling,
    SavedBeforeCommit,
    OverlayKeptAtReceipt,
    RemovalsIgnored,
    // The server's side.
    ReceiptOutsideTransaction,
    ReceiptsForgotten,
    SeqOutsideLock,
    SectionsOfSeveralReads,
    LostRightsStillSent,
    TombstonesLeftOut,
}

/// All wrong ones.
pub const WRONG: [Variant; 21] = [
    Variant::PurgeAfterOutbox,
    Variant::SwapBeforeLastRow,
    Variant::SwapWithoutReplay,
    Variant::EraseWithoutReplay,
    Variant::FirstWithoutReplay,
    Variant::RightsWithoutOwnCursor,
    Variant::CursorBeforeRows,
    Variant::ReceiptRegardlessOfSeq,
    Variant::RowsOfWantedScopes,
    Variant::CancelledAnswerTaken,
    Variant::BodyKeptWhenRightEnds,
    Variant::UndoWithoutSettling,
    Variant::SavedBeforeCommit,
    Variant::OverlayKeptAtReceipt,
    Variant::RemovalsIgnored,
    Variant::ReceiptOutsideTransaction,
    Variant::ReceiptsForgotten,
    Variant::SeqOutsideLock,
    Variant::SectionsOfSeveralReads,
    Variant::LostRightsStillSent,
    Variant::TombstonesLeftOut,
];

/// Does a step as the product does, or wrongly composed of the same small operations.
pub fn apply_variant(
    variant: Variant,
    store: &Store,
    loading: &mut Loading,
    step: &Step,
    clock: &dyn Clock,
    file: &rusqlite::Connection,
) -> Result<Vec<Done>> {
    let saved = Durability::Saved;
    match (variant, step) {
        (Variant::PurgeAfterOutbox, Step::Rights(rights)) if store.read(|reader| reader.unsent())?.count > 0 => {
            // Keeps everything until the outbox is empty, but stores the cursor.
            store.write(saved, |transaction| transaction.set_cursor(&rights.cursor))?;
            Ok(Vec::new())
        }
        (Variant::RightsWithoutOwnCursor, Step::Rights(rights)) => {
            let before = store.read(|reader| reader.plan())?.cursor;
            let rights = RightsFrame { cursor: before.unwrap_or_else(|| rights.cursor.clone()), ..rights.clone() };
            apply(store, loading, &Step::Rights(rights), clock).map(|done| vec![done])
        }
        (Variant::EraseWithoutReplay, Step::Rights(rights)) => store.write(saved, |transaction| {
            let lost = transaction.set_rights(rights.all, &rights.scopes)?;
            transaction.lose(&lost)?;
            transaction.settle()?;
            transaction.set_cursor(&rights.cursor)?;
            Ok(vec![Done { purged: true, ..Done::default() }])
        }),
        (Variant::BodyKeptWhenRightEnds, Step::Rights(rights)) => store.write(saved, |transaction| {
            transaction.set_rights(rights.all, &rights.scopes)?;
            transaction.settle()?;
            transaction.replay(now(transaction, clock)?)?;
            transaction.set_cursor(&rights.cursor)?;
            Ok(vec![Done { purged: true, ..Done::default() }])
        }),
        (Variant::SwapWithoutReplay, Step::Swap(snap, sum)) => {
            let stale: Vec<(i64, String)> = overlay_ids(file)?;
            let done = apply(store, loading, &Step::Swap(snap.clone(), *sum), clock)?;
            restore_overlay(file, &stale)?;
            Ok(vec![done])
        }
        (Variant::FirstWithoutReplay, Step::First(first)) => {
            store
                .write(saved, |transaction| {
                    let kept = First { receipts: Vec::new(), ..first.clone() };
                    let stale = overlay_ids(file)?;
                    take_first(transaction, &kept, now(transaction, clock)?)?;
                    transaction.take_receipts(&first.receipts, now(transaction, clock)?)?;
                    transaction.settle()?;
                    Ok(stale)
                })
                .and_then(|stale| restore_overlay(file, &stale))?;
            Ok(Vec::new())
        }
        (Variant::OverlayKeptAtReceipt, Step::First(first)) if !first.receipts.is_empty() => {
            let stale = overlay_ids(file)?;
            let done = apply(store, loading, step, clock)?;
            restore_overlay(file, &stale)?;
            Ok(vec![done])
        }
        (Variant::ReceiptRegardlessOfSeq, Step::First(first)) => store.write(saved, |transaction| {
            let done = take_first(transaction, first, now(transaction, clock)?)?;
            for (n, receipt) in transaction.pending()? {
                transaction.take_effect(n, &receipt)?;
            }
            transaction.replay(now(transaction, clock)?)?;
            Ok(vec![done])
        }),
        (Variant::RowsOfWantedScopes, Step::First(first)) => {
            // A scope that was just granted shows the few rows that changed since.
            store.write(saved, |transaction| {
                for scope in wanted_without_part(file)? {
                    let part = transaction.begin_part()?;
                    let rows = first.rows.iter().filter_map(|row| match row {
                        kapprum_client::sync::rows::RowOrGone::Row(row) if row.scope == scope => Some(row),
                        _ => None,
                    });
                    transaction.load(part, rows)?;
                    let snap = kapprum_protocol::frame::Snap {
                        scope,
                        name: name_of(file, scope)?,
                        generation: 1,
                        seq: 0,
                        count: 0,
                        sum: 0,
                    };
                    transaction.swap(&snap, part, kapprum_protocol::sum::Sum::default())?;
                }
                Ok(())
            })?;
            apply(store, loading, step, clock).map(|done| vec![done])
        }
        (Variant::RemovalsIgnored, Step::First(first)) => {
            let mut rows = kapprum_client::sync::rows::Rows::default();
            for row in first.rows.iter() {
                if let kapprum_client::sync::rows::RowOrGone::Row(row) = row {
                    rows.push(&row);
                }
            }
            let first = First { rows, ..first.clone() };
            store
                .write(saved, |transaction| take_first(transaction, &first, now(transaction, clock)?))
                .map(|done| vec![done])
        }
        _ => apply(store, loading, step, clock).map(|done| vec![done]),
    }
}

/// The steps as the machine made them, or in a wrong order.
pub fn steps(variant: Variant, mut steps: Vec<Step>) -> Vec<Step> {
    if variant == Variant::SwapBeforeLastRow
        && let Some(at) = steps.iter().position(|step| matches!(step, Step::Swap(..)))
        && at > 0
    {
        steps.swap(at - 1, at);
    }
    steps
}

fn overlay_ids(file: &rusqlite::Connection) -> Result<Vec<(i64, String)>> {
    let mut statement = file.prepare("SELECT scope, json_array(kind, hex(id), at, body) FROM overlay")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn restore_overlay(file: &rusqlite::Connection, rows: &[(i64, String)]) -> Result<()> {
    file.execute("DELETE FROM overlay", [])?;
    for (scope, text) in rows {
        file.execute(
            "INSERT OR REPLACE INTO overlay SELECT ?1, json_extract(?2, '$[0]'), unhex(json_extract(?2, '$[1]')),
                json_extract(?2, '$[2]'), json_extract(?2, '$[3]')",
            rusqlite::params![scope, text],
        )?;
    }
    Ok(())
}

fn wanted_without_part(file: &rusqlite::Connection) -> Result<Vec<u32>> {
    let mut statement = file.prepare("SELECT number FROM scope WHERE wanted AND part IS NULL")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn name_of(file: &rusqlite::Connection, number: u32) -> Result<String> {
    let name: Option<String> =
        file.query_row("SELECT name FROM scope WHERE number = ?1", [number], |row| row.get(0))?;
    Ok(name.unwrap_or_else(|| format!("unknown/{number}")))
}
