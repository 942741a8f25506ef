//! What must hold, read from the files themselves (`protocol.md` §6).

use std::collections::{BTreeMap, BTreeSet};

use kapprum_client::store::{Durability, RowState};
use kapprum_domain::access;
use kapprum_domain::id::{CommandId, RecordId};
use kapprum_domain::refusal::Refusal;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::{DAY, Timestamp};
use kapprum_domain::world::World;
use kapprum_protocol::cursor::{Cursor, Seq};
use kapprum_protocol::envelope::hash;
use kapprum_protocol::frame::RightsFrame;
use kapprum_protocol::receipt::{Outcome, Receipt};
use kapprum_protocol::sum::Sum;
use kapprum_server::store::Kept;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::device::{Device, log_of};
use crate::fates::refusal;
use crate::server::Server;

type Held = Result<(), String>;

/// A row as both sides must have it.
type RowText = (String, String, String, i64, i64, String);

/// The states that a scope ever had, each with the seq from which it held. Before the first it was empty.
pub type States = BTreeMap<Scope, Vec<(Seq, Sum)>>;

/// (a) A quiescent device equals an oracle query of its rights, byte for byte.
pub fn equals_oracle(device: &Device, server: &Server, now: Timestamp) -> Held {
    let oracle = oracle(device, server, now);
    let own: BTreeSet<RowText> = all(
        &device.file,
        "SELECT coalesce(s.name, '?'), r.kind, hex(r.id), r.at, r.seq, r.body
         FROM record r JOIN scope s ON s.part = r.part",
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )
    .into_iter()
    .collect();
    if own == oracle {
        return Ok(());
    }
    let lacks: Vec<_> = oracle.difference(&own).take(3).collect();
    let extra: Vec<_> = own.difference(&oracle).take(3).collect();
    Err(format!("(a) {}: lacks {lacks:?}, has besides {extra:?}", device.name))
}

fn oracle(device: &Device, server: &Server, now: Timestamp) -> BTreeSet<RowText> {
    server.read(|snapshot| {
        let rights = access::scopes(&device.account, now, &World::new(snapshot)).unwrap();
        let scopes: Vec<Scope> = rights.iter().map(|(scope, _)| scope).collect();
        let mut found = BTreeSet::new();
        for head in snapshot.heads(&scopes)? {
            snapshot.rows(head.number, &mut |row| {
                let id = row.id.0.simple().to_string().to_uppercase();
                let seq = i64::try_from(row.seq).unwrap();
                found.insert((head.scope.to_string(), row.kind.to_owned(), id, row.at, seq, row.body.to_owned()));
            })?;
        }
        Ok(found)
    })
}

/// One look at a device's file for several properties; until it is dropped.
pub fn look_once(device: &Device) -> rusqlite::Transaction<'_> {
    device.file.unchecked_transaction().unwrap()
}

/// (b) Nothing is left that lies outside the rights that came last.
pub fn nothing_outside(device: &Device) -> Held {
    let Some(held) = &device.rights else { return Ok(()) };
    let _looking = look_once(device);
    let scopes: BTreeSet<u32> = numbers(device);
    if !scopes.is_subset(held) {
        let kept: Vec<_> = scopes.difference(held).collect();
        return Err(format!("(b) {}: scopes {kept:?} are kept", device.name));
    }
    for (what, sql) in [
        (
            "records",
            "SELECT count(*) FROM record WHERE part NOT IN (SELECT part FROM scope WHERE part IS NOT NULL)
                AND part NOT IN (SELECT part FROM garbage)",
        ),
        ("overlay", "SELECT count(*) FROM overlay WHERE scope NOT IN (SELECT id FROM scope)"),
        (
            "bodies in the outbox",
            "SELECT count(*) FROM outbox o WHERE bytes IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM scope WHERE name IS NULL)
                AND EXISTS (SELECT 1 FROM outbox_scope x WHERE x.n = o.n AND x.name NOT IN (SELECT name FROM scope))",
        ),
    ] {
        let count: i64 = one(&device.file, sql);
        if count > 0 {
            return Err(format!("(b) {}: {count} {what} outside the rights", device.name));
        }
    }
    Ok(())
}

/// (b) Right after rights: nothing that was loading or lay swapped out either.
pub fn nothing_staged(device: &Device) -> Held {
    let count: i64 = one(&device.file, "SELECT count(*) FROM garbage");
    if count > 0 { Err(format!("(b) {}: {count} parts outside the rights", device.name)) } else { Ok(()) }
}

/// (b) After a purge a text that was lost is not in the files' bytes.
pub fn not_in_bytes(device: &Device, text: &str) -> Held {
    let shown: i64 = one(
        &device.file,
        "SELECT (SELECT count(*) FROM record WHERE body LIKE '%mormor%')
            + (SELECT count(*) FROM overlay WHERE body LIKE '%mormor%')
            + (SELECT count(*) FROM outbox WHERE bytes LIKE '%mormor%')",
    );
    if shown > 0 {
        return Ok(());
    }
    for path in [device.path.clone(), log_of(&device.path)] {
        let bytes = std::fs::read(path).unwrap_or_default();
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            return Err(format!("(b) {}: erased text is still in its files", device.name));
        }
    }
    Ok(())
}

/// (c) "Done" is said of the bytes that were done.
pub fn done_is_what_was_sent(device: &Device, server: &Server) -> Held {
    let rows: Vec<([u8; 16], String)> =
        all(&device.file, "SELECT id, bytes FROM outbox WHERE state = 'answered' AND bytes IS NOT NULL", |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
    for (id, bytes) in rows {
        let id = CommandId(Uuid::from_bytes(id));
        // After 400 days the id may have been refused as too old for whatever else it carried.
        let kept = server.done().receipts.get(&(device.account, id)).cloned();
        let kept =
            kept.filter(|kept| refusal(&kept.receipt.outcome) != Some(Refusal::TooOld)).and_then(|kept| kept.hash);
        if kept.is_some_and(|kept| kept != hash(&bytes)) {
            return Err(format!("(c) {}: {id} is shown as done, and something else was", device.name));
        }
    }
    Ok(())
}

/// (d) What a person was told is saved is in the outbox, waiting or with its outcome; done ones rest 30 days. Its body
/// is there too, unless its person took it back, a right to it ended, or its time passed: its true time, not the one
/// that a clock tells which was set wrong.
pub fn saved_is_there(device: &Device, now: i64) -> Held {
    let sql = "SELECT bytes IS NOT NULL OR coalesce(valid_until <= ?2, 0) FROM outbox WHERE id = ?1";
    let mut statement = device.file.prepare_cached(sql).unwrap();
    for (id, saved) in &device.saved {
        let whole: Option<bool> =
            statement.query_row(params![id.0.as_bytes(), now], |row| row.get(0)).optional().unwrap();
        match whole {
            None if now - saved.at < 27 * DAY => {
                return Err(format!("(d) {}: saved command {id} is lost", device.name));
            }
            Some(false) if !saved.let_go => {
                return Err(format!("(d) {}: the body of saved command {id} is lost", device.name));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The commands that name a scope which these rights, new on this device, do not give any more.
pub fn lost_with(device: &Device, rights: &RightsFrame) -> Vec<CommandId> {
    let kept = |number: u32, name: &str| match rights.all {
        true => rights.scopes.iter().any(|entry| entry.3.as_deref() == Some(name)),
        false => rights.scopes.iter().any(|entry| entry.0 == number),
    };
    let sql =
        "SELECT s.number, s.name, o.id FROM outbox o JOIN outbox_scope x ON x.n = o.n JOIN scope s ON s.name = x.name";
    let named = all(&device.file, sql, |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)));
    let lost = named.into_iter().filter(|(number, name, _)| !kept(*number, name));
    lost.map(|(_, _, id)| CommandId(Uuid::from_bytes(id))).collect()
}

/// (c), (d) Nothing that the server committed, and so may have told, is lost or comes twice; what was refused did nothing.
/// After 400 days receipts are `forgotten`.
pub fn committed_is_there(server: &Server, forgotten: bool) -> Held {
    let done = server.done();
    let live = "SELECT s.name, r.kind, r.id, r.body FROM record r JOIN scope s ON s.number = r.scope
                WHERE r.body IS NOT NULL";
    let stands: BTreeMap<(String, String, [u8; 16]), String> =
        all(&server.file, live, |row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?))).into_iter().collect();
    let committed = done.records.iter().filter_map(|((scope, kind, id), body)| {
        Some(((scope.to_string(), kind.clone(), id.0.into_bytes()), body.clone()?))
    });
    if stands != committed.collect() {
        return Err("(d) the server's rows are not what it committed".to_owned());
    }
    for ((account, id), kept) in done.receipts.iter().filter(|_| !forgotten) {
        // After 30 days the reason of a refusal is gone.
        let found = server.read(|snapshot| snapshot.receipt(account, *id));
        if found.map(|kept| kept.receipt.outcome == Outcome::Ok) != Some(kept.receipt.outcome == Outcome::Ok) {
            return Err(format!("(d) the server lost the receipt of {id}"));
        }
    }
    if let Some((older, newer)) = done.overwritten {
        return Err(format!("(c) after a restored backup {older} overwrote what {newer} had made"));
    }
    if let Some((id, count)) = done.effects.iter().find(|(_, count)| **count > 1) {
        return Err(format!("(c) {id} took effect {count} times"));
    }
    let idle = |kept: &Kept| !matches!(refusal(&kept.receipt.outcome), None | Some(Refusal::TooOld));
    match done.receipts.iter().find(|((_, id), kept)| idle(kept) && done.effects.contains_key(id)) {
        Some(((_, id), _)) => Err(format!("(c) {id} was refused and took effect")),
        None => Ok(()),
    }
}

/// (e) Nobody reads half a scope: what is shown is a state that the scope once had.
pub fn whole_states(device: &Device, states: &States) -> Result<BTreeMap<String, Seq>, String> {
    let mut until = BTreeMap::new();
    // A scope whose sum was wrong shows what it has until it is fetched again.
    let sound = "SELECT name, part FROM scope WHERE part IS NOT NULL AND doubt < 2 AND NOT (doubt = 1 AND wanted)";
    let scopes: Vec<(Option<String>, i64)> = all(&device.file, sound, |row| Ok((row.get(0)?, row.get(1)?)));
    for (name, part) in scopes {
        let name = name.ok_or(format!("(e) {}: a scope without a name is shown", device.name))?;
        let scope: Scope = name.parse().map_err(|_| format!("(e) {}: scope {name}", device.name))?;
        let sum = sum(device, part);
        let of = states.get(&scope).map_or(&[][..], Vec::as_slice);
        let last = of.iter().rposition(|(_, state)| *state == sum);
        let last = match last {
            Some(at) => of.get(at + 1).map_or(Seq::MAX, |(next, _)| next - 1),
            None if sum.count == 0 => of.first().map_or(Seq::MAX, |(next, _)| next - 1),
            None => {
                return Err(format!("(e) {}: {name} shows a state that never was: {} rows", device.name, sum.count));
            }
        };
        until.insert(name, last);
    }
    Ok(until)
}

/// (e) An outcome comes with its effect: every held scope of a command is whole at its receipt's seq. Told of the
/// commands that are newly answered; gives those that are.
pub fn outcome_with_effect(
    device: &Device,
    until: &BTreeMap<String, Seq>,
    number_of: impl Fn(&str) -> Option<u32>,
) -> Result<BTreeSet<CommandId>, String> {
    let rows: Vec<(i64, [u8; 16], String)> = all(
        &device.file,
        "SELECT n, id, receipt FROM outbox WHERE state IN ('answered', 'refused') AND receipt IS NOT NULL",
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    );
    let mut answered = BTreeSet::new();
    for (n, id, receipt) in rows {
        let id = CommandId(Uuid::from_bytes(id));
        answered.insert(id);
        if device.answered.contains(&id) {
            continue;
        }
        let receipt: Receipt = serde_json::from_str(&receipt).unwrap();
        let mut names = device.file.prepare_cached("SELECT name FROM outbox_scope WHERE n = ?1").unwrap();
        for name in names.query_map([n], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap) {
            let held = "SELECT part IS NULL OR wanted FROM scope WHERE name = ?1 OR (name IS NULL AND number = ?2)";
            let mut statement = device.file.prepare_cached(held).unwrap();
            let unfinished: Vec<bool> = statement
                .query_map(params![name, number_of(&name)], |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let behind = until.get(&name).is_some_and(|until| *until < receipt.seq);
            if unfinished.contains(&true) || behind {
                return Err(format!("(e) {}: {id} is answered before {name} is at {}", device.name, receipt.seq));
            }
        }
    }
    Ok(answered)
}

/// (g) The overlay is what a replay from scratch makes.
pub fn overlay_is_replay(device: &Device, now: Timestamp) -> Held {
    let before = overlay(device);
    match device.store.write(Durability::Fetched, |transaction| transaction.replay(now)) {
        Err(kapprum_client::error::Error::Full) => return Ok(()),
        Err(error) => return Err(format!("(g) {}: {error}", device.name)),
        Ok(_) => {}
    }
    let after = overlay(device);
    if before == after {
        return Ok(());
    }
    let extra: Vec<_> = before.difference(&after).take(2).collect();
    let lacks: Vec<_> = after.difference(&before).take(2).collect();
    Err(format!("(g) {}: the overlay is no replay: besides {extra:?}, lacks {lacks:?}", device.name))
}

/// Replays at this moment, so that what follows can be compared: seen from the same moment, whatever a transaction does
/// to the overlay is what a replay would do. Whether there was room.
pub fn replayed_now(device: &Device) -> Result<bool, String> {
    let now = device.now()?.now;
    match device.store.write(Durability::Fetched, |transaction| transaction.replay(now)) {
        Ok(_) => Ok(true),
        Err(kapprum_client::error::Error::Full) => Ok(false),
        Err(error) => Err(format!("(g) {}: {error}", device.name)),
    }
}

/// Whether a device shows less for want of contact.
pub fn locked(device: &Device) -> bool {
    one(&device.file, "SELECT EXISTS (SELECT 1 FROM scope WHERE locked)") > 0
}

/// Whether a rule fails over a command that waits here.
pub fn rule_fails(device: &Device) -> bool {
    one(&device.file, r#"SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'waiting' AND doubt LIKE '%"internal"%')"#)
        > 0
}

/// How many scopes are held and not here.
pub fn not_here(device: &Device) -> i64 {
    one(&device.file, "SELECT count(*) FROM scope WHERE part IS NULL")
}

/// Whether a scope was taken as it came, although its sum was wrong.
pub fn doubted(device: &Device) -> bool {
    one(&device.file, "SELECT EXISTS (SELECT 1 FROM scope WHERE doubt = 2)") > 0
}

/// (j) Between two lines nothing holds the phone's file: saving would not wait.
pub fn nothing_held(device: &Device) -> Held {
    let run = |sql: &str| device.file.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    run("BEGIN IMMEDIATE")
        .and_then(|_| run("ROLLBACK"))
        .map(drop)
        .map_err(|_| format!("(j) {}: a transaction is open between two lines", device.name))
}

/// (j) Between two pieces nothing holds the server's file: its log can be emptied.
pub fn nothing_held_on(server: &Server) -> Held {
    let busy = one(&server.file, "PRAGMA wal_checkpoint(TRUNCATE)");
    if busy == 0 { Ok(()) } else { Err("(j) a snapshot is open between two pieces".to_owned()) }
}

/// The epoch under which a device counts.
pub fn epoch(device: &Device) -> Option<kapprum_protocol::cursor::Epoch> {
    let cursor = device.store.read(|reader| reader.plan()).ok()?.cursor?;
    Cursor::read(&cursor).map(|cursor| cursor.epoch)
}

/// The commands of an outbox with what a person sees of them.
pub fn outbox(device: &Device) -> Result<Vec<(CommandId, RowState)>, String> {
    let rows = device.store.read(|reader| reader.outbox()).map_err(|error| error.to_string())?;
    // What another epoch refused is shown as refused while this one is told; it is not settled yet.
    let settling = all(&device.file, "SELECT id FROM outbox WHERE state = 'settling'", |row| row.get::<_, [u8; 16]>(0));
    let state = |id: &CommandId, state| if settling.contains(id.0.as_bytes()) { RowState::Settling } else { state };
    Ok(rows.into_iter().map(|row| (row.id, state(&row.id, row.state))).collect())
}

/// The commands of a device that are not answered.
pub fn unanswered(file: &Connection) -> Vec<CommandId> {
    all(file, "SELECT id FROM outbox WHERE state IN ('waiting', 'parked', 'settling') ORDER BY n", |row| {
        Ok(CommandId(Uuid::from_bytes(row.get(0)?)))
    })
}

/// The numbers of the scopes that a device holds.
pub fn numbers(device: &Device) -> BTreeSet<u32> {
    all(&device.file, "SELECT number FROM scope", |row| row.get(0)).into_iter().collect()
}

fn sum(device: &Device, part: i64) -> Sum {
    let mut statement = device.file.prepare_cached("SELECT kind, id, seq FROM record WHERE part = ?1").unwrap();
    let mut rows = statement.query([part]).unwrap();
    let mut sum = Sum::default();
    while let Some(row) = rows.next().unwrap() {
        let seq: i64 = row.get(2).unwrap();
        let id = RecordId(Uuid::from_bytes(row.get(1).unwrap()));
        sum.add(row.get_ref(0).unwrap().as_str().unwrap(), id, seq.unsigned_abs());
    }
    sum
}

fn overlay(device: &Device) -> BTreeSet<(i64, String, String, i64, Option<String>)> {
    let rows = all(&device.file, "SELECT scope, kind, hex(id), at, body FROM overlay", |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    });
    rows.into_iter().collect()
}

fn one(file: &Connection, sql: &str) -> i64 {
    file.prepare_cached(sql).unwrap().query_row([], |row| row.get(0)).unwrap()
}

/// All rows of a query.
pub fn all<T>(file: &Connection, sql: &str, mut read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
    let mut statement = file.prepare_cached(sql).unwrap();
    let rows = statement.query_map([], |row| read(row)).unwrap();
    rows.map(Result::unwrap).collect()
}
