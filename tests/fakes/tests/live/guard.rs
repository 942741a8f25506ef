//! A run that would end much stops and asks.

use super::world::*;

fn town() -> Town {
    Town::sample(60, 1, today())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_where_yesterday_were_hundreds_ends_nobody() {
    let world = World::of(&town(), Manners { page: 50, ..Manners::default() }).await;
    world.run().await;
    let people = world.people();
    let before = world.source.inside().rows.clone();

    world.minutes_later(8 * 24 * 60);
    world.source.inside().rows.insert("persons", Vec::new());
    for _ in 0..2 {
        let run = world.run().await;
        let Outcome::Asks(ending) = &run.outcome else { panic!("{run}") };
        assert!(ending[&Resource::Persons].ended > 100, "{run}");
        assert!(run.to_string().contains("--accept-ending"), "{run}");
        assert_eq!(world.people(), people, "nothing was written");
        world.minutes_later(60);
    }

    // It was a mishap: the next run finds everybody where they were.
    world.source.inside().rows = before;
    let run = world.run().await;
    assert!(imported(&run).is_unchanged(), "{run}");
    assert_eq!(world.people(), people);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_looked_can_have_it_all_the_same() {
    let world = World::of(&town(), Manners { page: 50, ..Manners::default() }).await;
    world.run().await;
    world.minutes_later(8 * 24 * 60);
    for resource in ["persons", "placements", "duties"] {
        world.source.inside().rows.insert(resource, Vec::new());
    }
    assert!(matches!(world.run().await.outcome, Outcome::Asks(_)));
    let run = world.try_run(true).await.unwrap();
    assert!(imported(&run).resources[&Resource::Persons].ended > 100, "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_may_end_without_being_asked_for() {
    let world = World::of(&town(), Manners { page: 50, ..Manners::default() }).await;
    world.run().await;
    world.minutes_later(8 * 24 * 60);
    let placements = {
        let mut inside = world.source.inside();
        let rows = inside.rows.get_mut("placements").unwrap();
        rows.truncate(rows.len() - 2);
        rows.len()
    };
    let run = world.run().await;
    assert!(placements > 10);
    assert_eq!(imported(&run).resources[&Resource::Placements].ended, 2, "{run}");
}
