//! What must hold, read from the files themselves (`protocol.md` §6).

use std::collections::{BTreeMap, BTreeSet};

use kapprum_domain::access;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::World;
use kapprum_protocol::receipt::{Outcome, Receipt};
use kapprum_protocol::sum::Sum;
use kapprum_server::store::Snapshot;

use crate::device::Device;
use crate::server::Server;

/// A row as both sides must have it.
type RowText = (String, String, String, i64, i64, String);

/// For each scope the sums it ever had, with the last seq at which each held.
pub type Sums = BTreeMap<Scope, BTreeMap<(u64, u64), u64>>;

/// (a) A quiescent device equals an oracle query of its rights, byte for byte.
pub fn equals_oracle(device: &Device, server: &Server, now: Timestamp) -> Result<(), String> {
    let oracle = server.read(|snapshot| Ok(oracle(snapshot, device, now)));
    let own = rows(device);
    if own == oracle {
        return Ok(());
    }
    let lacks: Vec<_> = oracle.difference(&own).take(3).collect();
    let extra: Vec<_> = own.difference(&oracle).take(3).collect();
    Err(format!("(a) {}: lacks {lacks:?}, has besides {extra:?}", device.name))
}

fn oracle(snapshot: &dyn Snapshot, device: &Device, now: Timestamp) -> BTreeSet<RowText> {
    let rights = access::scopes(&device.account, now, &World::new(snapshot)).unwrap();
    let scopes: Vec<Scope> = rights.iter().map(|(scope, _)| scope).collect();
    let mut found = BTreeSet::new();
    for head in snapshot.heads(&scopes).unwrap() {
        snapshot
            .rows(head.number, &mut |row| {
                let id = row.id.0.simple().to_string().to_uppercase();
                let seq = i64::try_from(row.seq).unwrap();
                found.insert((head.scope.to_string(), row.kind.to_owned(), id, row.at, seq, row.body.to_owned()));
            })
            .unwrap();
    }
    found
}

fn rows(device: &Device) -> BTreeSet<RowText> {
    let mut statement = device
        .file
        .prepare_cached(
            "SELECT coalesce(s.name, '?'), r.kind, hex(r.id), r.at, r.seq, r.body
             FROM record r JOIN scope s ON s.part = r.part",
        )
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// (b) After the answer's first step nothing is left that lies outside the rights it brought.
pub fn nothing_outside(device: &Device, held: &BTreeSet<u32>) -> Result<(), String> {
    let scopes = self::held(device);
    if !scopes.is_subset(held) {
        return Err(format!("(b) {}: scopes {:?} are kept", device.name, scopes.difference(held)));
    }
    for (what, sql) in [
        ("records", "SELECT count(*) FROM record WHERE part NOT IN (SELECT part FROM scope WHERE part IS NOT NULL)"),
        ("overlay", "SELECT count(*) FROM overlay WHERE scope NOT IN (SELECT id FROM scope)"),
        (
            "bodies in the outbox",
            "SELECT count(*) FROM outbox o WHERE bytes IS NOT NULL AND EXISTS
                (SELECT 1 FROM outbox_scope x WHERE x.n = o.n AND x.name NOT IN (SELECT name FROM scope WHERE name IS NOT NULL))",
        ),
    ] {
        let count: i64 = device.file.query_row(sql, [], |row| row.get(0)).unwrap();
        if count > 0 {
            return Err(format!("(b) {}: {count} {what} outside the rights", device.name));
        }
    }
    Ok(())
}

/// (d) What a person was told is saved is in the outbox, waiting or with its outcome.
pub fn saved_is_there(device: &Device) -> Result<(), String> {
    for id in &device.saved {
        let there: bool = device
            .file
            .query_row("SELECT EXISTS (SELECT 1 FROM outbox WHERE id = ?1)", [id.0.as_bytes()], |row| row.get(0))
            .unwrap();
        if !there {
            return Err(format!("(d) {}: saved command {id} is lost", device.name));
        }
    }
    Ok(())
}

/// (e) Nobody reads half a scope: what is shown is a state that the scope once had; and an outcome is shown only
/// where its effect is.
pub fn whole_states(device: &Device, sums: &Sums) -> Result<(), String> {
    let mut statement =
        device.file.prepare_cached("SELECT name, part FROM scope WHERE part IS NOT NULL AND doubt < 2").unwrap();
    let scopes: Vec<(String, i64)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    let mut states = BTreeMap::new();
    for (name, part) in scopes {
        let sum = sum(device, part);
        let scope: Scope = name.parse().map_err(|_| format!("(e) {}: scope {name}", device.name))?;
        let Some(of) = sums.get(&scope) else {
            // A scope that never had a row.
            if sum.count == 0 {
                continue;
            }
            return Err(format!("(e) {}: {name} shows rows that never were", device.name));
        };
        match of.get(&(sum.count, sum.sum)) {
            Some(last) => drop(states.insert(name, *last)),
            None => {
                return Err(format!("(e) {}: {name} shows a state that never was: {} rows", device.name, sum.count));
            }
        }
    }
    let mut statement = device
        .file
        .prepare_cached(
            "SELECT o.receipt, x.name, s.part FROM outbox o JOIN outbox_scope x ON x.n = o.n
             JOIN scope s ON s.name = x.name WHERE o.state IN ('answered', 'refused') AND o.receipt IS NOT NULL",
        )
        .unwrap();
    let shown: Vec<(String, String, Option<i64>)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (receipt, name, part) in shown {
        let receipt: Receipt = serde_json::from_str(&receipt).unwrap();
        let Some(seq) = states.get(&name).copied() else { continue };
        if part.is_some() && seq < receipt.seq && receipt.outcome == Outcome::Ok {
            return Err(format!("(e) {}: outcome of seq {} over {name} at {seq}", device.name, receipt.seq));
        }
    }
    Ok(())
}

fn sum(device: &Device, part: i64) -> Sum {
    let mut statement = device.file.prepare_cached("SELECT kind, id, seq FROM record WHERE part = ?1").unwrap();
    let mut rows = statement.query([part]).unwrap();
    let mut sum = Sum::default();
    while let Some(row) = rows.next().unwrap() {
        let id = kapprum_domain::id::RecordId(uuid::Uuid::from_bytes(row.get(1).unwrap()));
        let seq: i64 = row.get(2).unwrap();
        sum.add(&row.get::<_, String>(0).unwrap(), id, seq.unsigned_abs());
    }
    sum
}

/// (g) The overlay is what a replay from scratch makes.
pub fn overlay_is_replay(device: &Device, now: Timestamp) -> Result<(), String> {
    let before = overlay(device);
    device
        .store
        .write(kapprum_client::store::Durability::Fetched, |transaction| transaction.replay(now))
        .map_err(|error| format!("(g) {}: {error}", device.name))?;
    let after = overlay(device);
    if before == after {
        return Ok(());
    }
    let extra: Vec<_> = before.difference(&after).take(2).collect();
    let lacks: Vec<_> = after.difference(&before).take(2).collect();
    Err(format!("(g) {}: the overlay is no replay: besides {extra:?}, lacks {lacks:?}", device.name))
}

fn overlay(device: &Device) -> BTreeSet<(i64, String, String, i64, Option<String>)> {
    let mut statement = device.file.prepare_cached("SELECT scope, kind, hex(id), at, body FROM overlay").unwrap();
    let rows =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))).unwrap();
    // What a prediction says of its own moment follows the phone's clock, not the records.
    let timeless = |text: String| {
        let parts: Vec<&str> = text.split(|one: char| !one.is_ascii_digit()).filter(|part| part.len() == 13).collect();
        parts.iter().fold(text.clone(), |text, moment| text.replace(moment, "moment"))
    };
    let rows = rows.map(Result::unwrap);
    rows.map(|(scope, kind, id, at, body): (_, _, _, _, Option<String>)| (scope, kind, id, at, body.map(timeless)))
        .collect()
}

/// The numbers of the scopes that a device holds.
pub fn held(device: &Device) -> BTreeSet<u32> {
    numbers(device, "SELECT number FROM scope")
}

fn numbers(device: &Device, sql: &str) -> BTreeSet<u32> {
    let mut statement = device.file.prepare_cached(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}
