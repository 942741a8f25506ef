//! Commands beside an import: a whole town comes into the tenant of a small one, whose families go on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kapprum_domain::actor::Role;
use kapprum_town::story;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::town::{imports, source};
use crate::figures::{Figures, percentile};
use crate::load::Guardian;
use crate::world::World;

/// Commands a second.
const PACE: u32 = 100;
/// Devices that send them.
const DEVICES: usize = 8;

pub(super) async fn measure(small: World, large: World, figures: &mut Figures) {
    // Only its source is needed any more.
    drop(large.server);
    let mut guardians = Vec::new();
    for turn in 0..DEVICES {
        let holder = [story::anna(), story::bo()][turn % 2];
        let (child, placement) =
            [(story::ebba(), story::ebbas_placement()), (story::love(), story::loves_placement())][turn / 2 % 2];
        let token = small.invite(holder, Role::Guardian);
        guardians.push(Arc::new(Mutex::new(Guardian::sign_in(&small.server.url, &token, child, placement).await)));
    }
    let mut importing = imports(small.folder.path(), &source(&large.folder), true);
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / PACE);
    let mut tasks = JoinSet::new();
    let mut times: Vec<Duration> = Vec::new();
    for turn in 0.. {
        ticks.tick().await;
        if turn % PACE as usize == 0 && importing.is_over() {
            break;
        }
        let (due, guardian) = (Instant::now(), guardians[turn % guardians.len()].clone());
        tasks.spawn(async move {
            assert_eq!(guardian.lock().await.send(1).await, 1);
            due.elapsed()
        });
        while let Some(done) = tasks.try_join_next() {
            times.push(done.unwrap());
        }
    }
    times.extend(tasks.join_all().await);
    let import = importing.wait();
    let note = format!("{} commands while {} records came in {:.0} s", times.len(), import.head, import.seconds);
    figures.put("receipt_importing_p99_ms", percentile(&mut times, 99), note);
    figures.put("receipt_importing_max_ms", percentile(&mut times, 100), "the slowest of them");
}
