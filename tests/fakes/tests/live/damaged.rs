//! The copy of the source is damaged: a run asks for everything anew, and nobody ends by it.

use kapprum_server::open;

use super::world::*;

/// Numbers that repeat (xorshift).
fn seeded(state: &mut u64, most: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % most as u64) as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_asked_for_anew_and_nobody_ends_by_it() {
    let world = World::with(Manners::default()).await;
    world.run().await;
    let people = world.people();
    let copy = open::folder(&world.config, story::tenant()).unwrap().join("source.db");
    let whole = std::fs::read(&copy).unwrap();
    let mut state = 0x6b61_7070_7275_6d33;
    let cuts = [0, 1, 15, 100, whole.len() / 2, whole.len() - 1].map(|length| whole[..length].to_vec());
    let flips = (0..40).map(|number| {
        let at = seeded(&mut state, if number < 12 { 100 } else { whole.len() });
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << seeded(&mut state, 8);
        bytes
    });
    for (number, damaged) in cuts.into_iter().chain(flips).enumerate() {
        let place = |end: &str| copy.with_file_name(format!("source.db{end}"));
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(place(end));
        }
        std::fs::write(&copy, damaged).unwrap();
        world.minutes_later(24 * 60);
        if let Err(error) = world.try_run(false).await {
            panic!("{number}: {error}");
        }
        assert_eq!(world.people(), people, "{number}");
    }
}
