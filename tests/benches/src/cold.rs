//! A client that has nothing fetches 100 000 records: against raw inserts of the same rows, as they arrive, into the
//! same table with its index made after the load, with the same cache and key.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use kapprum_domain::access;
use kapprum_domain::actor::Role;
use kapprum_domain::world::World as Everything;
use kapprum_protocol::frame::Row;
use kapprum_server::store::{Snapshot, Store as _};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::figures::{Figures, median};
use crate::network::Relay;
use crate::store;
use crate::world::{World, memory, now, teacher};

/// Each is measured so often, in turn; the middle one counts.
const ROUNDS: usize = 5;

/// What a cold client tells.
#[derive(Serialize, Deserialize)]
struct Told {
    seconds: f64,
    growth_mib: f64,
    rows: i64,
    scopes: i64,
    /// Of the file, when everything is in it.
    bytes: u64,
}

struct Raw {
    part: u32,
    kind: String,
    id: [u8; 16],
    at: i64,
    seq: i64,
    body: String,
}

pub(crate) fn measure(world: &World, figures: &mut Figures) {
    let (rows, raw_bytes) = rows(world);
    let (mut floors, mut ratios, mut growths, mut processors) = ([vec![], vec![]], [vec![], vec![]], vec![], vec![]);
    let mut told = None;
    for _ in 0..ROUNDS {
        for (kind, plain) in [true, false].into_iter().enumerate() {
            let floor = floor(&world.place("floor"), &rows, plain);
            let before = world.server.processor();
            let client = spawn(world, &world.server.url, plain);
            processors.push(world.server.processor() - before);
            floors[kind].push(floor);
            ratios[kind].push(client.seconds / floor);
            growths.push(client.growth_mib);
            told = Some(client);
        }
    }
    let told = told.unwrap();
    let note = format!("{:.1} MB, encrypted", told.bytes as f64 / 1e6);
    figures.put("file_ratio", told.bytes as f64 / raw_bytes as f64, note);
    let of = |kind: usize, floors: &[Vec<f64>; 2]| {
        format!("floor {:.2} s, {} rows in {} scopes", median(floors[kind].clone()), told.rows, told.scopes)
    };
    figures.put("cold_plain_ratio", median(ratios[0].clone()), of(0, &floors));
    figures.put("cold_cipher_ratio", median(ratios[1].clone()), of(1, &floors));
    figures.put("client_memory_growth_mib", median(growths), "");
    figures.put("server_cpu_s", median(processors), "hundredths of a second are the finest");
    let bytes = tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(async {
            let relay = Relay::to(&world.server.url).await;
            let url = relay.url.clone();
            tokio::task::block_in_place(|| spawn(world, &url, false));
            relay.bytes()
        })
    });
    let note = format!("{:.2} of {:.2} MB", bytes as f64 / 1e6, raw_bytes as f64 / 1e6);
    figures.put("wire_ratio", bytes as f64 / raw_bytes as f64, note);
}

/// The rows of the account's scopes in the order in which they come, and their bytes as lines.
fn rows(world: &World) -> (Vec<Raw>, usize) {
    let account = world.account(teacher(1), Role::Staff);
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    world
        .store()
        .read(&mut |snapshot: &dyn Snapshot| {
            let rights = access::scopes(&account, now(), &Everything::new(snapshot)).unwrap();
            let scopes: Vec<_> = rights.iter().map(|(scope, _)| scope).collect();
            for head in snapshot.heads(&scopes)? {
                snapshot.rows(head.number, &mut |row: Row<'_>| {
                    row.write(&mut lines);
                    rows.push(Raw {
                        part: row.scope,
                        kind: row.kind.to_owned(),
                        id: row.id.0.into_bytes(),
                        at: row.at,
                        seq: row.seq as i64,
                        body: row.body.to_owned(),
                    });
                })?;
            }
            Ok(())
        })
        .unwrap();
    (rows, lines.len())
}

/// Seconds that raw inserts take.
fn floor(path: &Path, rows: &[Raw], plain: bool) -> f64 {
    let started = Instant::now();
    let mut file = Connection::open(path).unwrap();
    store::unlock(&file, plain);
    file.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;
         CREATE TABLE record (part INTEGER NOT NULL, kind TEXT NOT NULL, id BLOB NOT NULL, at INTEGER NOT NULL,
            seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (part, kind, id)) STRICT, WITHOUT ROWID;",
    )
    .unwrap();
    let transaction = file.transaction().unwrap();
    let mut insert = transaction.prepare("INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6)").unwrap();
    for row in rows {
        insert.execute(params![row.part, row.kind, row.id, row.at, row.seq, row.body]).unwrap();
    }
    drop(insert);
    transaction.execute_batch("CREATE INDEX record_at ON record (part, kind, at)").unwrap();
    transaction.commit().unwrap();
    drop(file);
    started.elapsed().as_secs_f64()
}

fn spawn(world: &World, server: &str, plain: bool) -> Told {
    let token = world.invite(teacher(1), Role::Staff);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("cold").args([server, &token]).arg(world.place("cold")).args(plain.then_some("--plain"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A client with nothing, in a process of its own.
pub(crate) async fn client(server: &str, token: &str, folder: &Path, plain: bool) {
    let mut before = 0.0;
    let (store, took) = store::fetch(server, token, folder, plain, || {
        before = memory("self", "VmRSS");
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
    })
    .await;
    let growth_mib = (memory("self", "VmHWM") - before) / 1024.0;
    store.suspend();
    let file = Connection::open(store::path(folder)).unwrap();
    store::unlock(&file, plain);
    let count = |sql: &str| file.query_row(sql, [], |row| row.get(0)).unwrap();
    let (rows, scopes) = (count("SELECT count(*) FROM record"), count("SELECT count(*) FROM scope"));
    let (seconds, bytes) = (took.as_secs_f64(), std::fs::metadata(store::path(folder)).unwrap().len());
    println!("{}", serde_json::to_string(&Told { seconds, growth_mib, rows, scopes, bytes }).unwrap());
}
