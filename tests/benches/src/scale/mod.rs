//! Whole towns: the same figures at 600, 20 000 and 170 000 pupils, and what only a large one can show.
//!
//! Each town is written once as a folder of SS 12000 and imported by a process of its own. The families of the stories
//! live in every one of them: what they wait for in the largest is compared with what they wait for in the smallest.

mod august;
mod crowd;
mod growth;
mod importing;
mod phone;
mod staff;
mod town;

use crate::figures::Figures;
use crate::world::World;

pub(crate) use crowd::client as crowd;
pub(crate) use town::import;

/// The smallest town, with which the largest is compared.
const SMALL: usize = 600;
/// The others.
const LARGER: [usize; 2] = [20_000, 170_000];

/// Measures the towns up to so many pupils, or one of exactly so many beside the smallest.
pub(crate) async fn measure(only: &[String], pupils: Option<usize>, figures: &mut Figures) {
    let wanted = |group: &str| only.is_empty() || only.iter().any(|one| one == group);
    let small = town::make(SMALL, figures);
    let sizes = pupils.map_or(LARGER.to_vec(), |pupils| vec![pupils]);
    let mut largest: Option<World> = None;
    for pupils in sizes {
        // The one before goes first: its files and its server.
        drop(largest.take());
        largest = Some(town::make(pupils, figures));
    }
    let Some(large) = largest else { return };
    if wanted("growth") {
        eprintln!("growth: the same families in a small and in a large town …");
        growth::measure(&small, &large, figures).await;
    }
    if wanted("crowd") {
        eprintln!("crowd: thousands wait for news …");
        // For a try a short one does.
        crowd::measure(&large, if pupils.is_some() { 30 } else { 300 }, figures);
    }
    if wanted("staff") {
        eprintln!("staff: devices that hold much …");
        staff::measure(&large, figures).await;
    }
    if wanted("august") {
        eprintln!("august: first syncs …");
        august::measure(&large, figures).await;
    }
    if wanted("importing") {
        eprintln!("importing: commands beside an import …");
        importing::measure(small, large, figures).await;
    }
}
