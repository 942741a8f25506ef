//! The first days of August: everybody's first sync at once.

use std::sync::Arc;
use std::time::Instant;

use kapprum_domain::actor::Role;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::crowd::families;
use super::phone::Phone;
use crate::figures::Figures;
use crate::world::World;

/// First syncs, and how many at once.
const SYNCS: usize = 2_000;
const AT_ONCE: usize = 32;

pub(super) async fn measure(world: &World, figures: &mut Figures) {
    let guardians: Vec<_> = families(world).guardians.into_iter().take(SYNCS).collect();
    let sign_in = world.sign_in();
    let account = |person| world.account(person, Role::Guardian);
    let bearers: Vec<String> = tokio::task::block_in_place(|| {
        guardians.iter().map(|(person, _)| super::crowd::device(&sign_in, &account(*person))).collect()
    });
    let (count, places, started) = (bearers.len(), Arc::new(Semaphore::new(AT_ONCE)), Instant::now());
    let before = world.server.processor();
    let mut tasks = JoinSet::new();
    for bearer in bearers {
        let (places, server) = (places.clone(), world.server.url.clone());
        tasks.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            Phone::new(&server, bearer).whole().await
        });
    }
    let rows: usize = tasks.join_all().await.into_iter().sum();
    let (took, processor) = (started.elapsed().as_secs_f64(), world.server.processor() - before);
    let note =
        format!("{count} guardians, {rows} rows, in {took:.1} s of this machine, the phones' share of it included");
    figures.put("first_syncs_per_core_s", count as f64 / processor, note);
}
