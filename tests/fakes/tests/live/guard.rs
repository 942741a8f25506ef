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
        let Outcome::Asks { ending, .. } = &run.outcome else { panic!("{run}") };
        assert!(ending[&Resource::Persons].ended > 100, "{run}");
        assert!(run.to_string().contains("--accept-ending"), "{run}");
        assert_eq!(world.people(), people, "nobody ended");
        world.minutes_later(60);
    }

    // It was a mishap: the next run finds everybody where they were.
    world.source.inside().rows = before;
    let run = world.run().await;
    assert!(imported(&run).is_unchanged(), "{run}");
    assert_eq!(world.people(), people);
}

/// A mark does not wait for the operator: a family in hiding must not be found because other rows are missing.
#[tokio::test(flavor = "multi_thread")]
async fn while_it_asks_new_marks_hide_people_and_what_is_new_comes_in() {
    let world = World::of(&town(), Manners { page: 50, ..Manners::default() }).await;
    world.run().await;
    let people = world.people();
    // Given the source lost half of its people, on the day on which a child gets a mark and another moves in; and it lost
    // the mark of one who has had it for long.
    world.minutes_later(8 * 24 * 60);
    let (guardian, newcomer) = {
        let mut inside = world.source.inside();
        let persons = inside.rows.get_mut("persons").unwrap();
        let has_guardian = |row: &Value| row["responsibles"].as_array().is_some_and(|all| !all.is_empty());
        let at = persons.iter().position(has_guardian).unwrap();
        let mut child = persons.remove(at);
        child["securityMarking"] = "Skyddad folkbokföring".into();
        let guardian = child["responsibles"][0]["person"]["id"].as_str().unwrap().to_owned();
        let own = persons.iter().position(|row| row["id"] == guardian.as_str()).unwrap();
        let own = persons.remove(own);
        let mut newcomer = persons.iter().find(|row| has_guardian(row)).unwrap().clone();
        newcomer["id"] = "7a000000-0000-4000-8000-00000000abcd".into();
        newcomer["civicNo"] = Value::Null;
        let mut take = |id: PersonId| {
            let at = persons.iter().position(|row| row["id"] == id.to_string().as_str()).unwrap();
            persons.remove(at)
        };
        let (mut sixten, vera) = (take(story::marked().as_person()), take(story::vera()));
        assert!(sixten["securityMarking"].is_string());
        sixten["securityMarking"] = Value::Null;
        persons.truncate(persons.len() / 2);
        persons.extend([child, own, newcomer, sixten, vera]);
        (guardian.parse().unwrap(), "7a000000-0000-4000-8000-00000000abcd".parse().unwrap())
    };
    assert!(!world.contact(guardian).unwrap().phone.is_empty());
    let vera = world.contact(story::vera()).unwrap();
    assert!(vera.hidden);

    // When the source is run, then it asks and ends nothing, and yet the family is hidden and the newcomer is here.
    let run = world.run().await;
    let Outcome::Asks { ending, taken } = &run.outcome else { panic!("{run}") };
    assert!(ending[&Resource::Persons].ended > 50, "{run}");
    assert!(taken.resources.values().all(|counts| counts.ended == 0), "{run}");
    assert!(people.iter().all(|person| world.people().contains(person)), "nobody ended");
    let hidden = world.contact(guardian).unwrap();
    assert_eq!((hidden.phone.as_str(), hidden.address.as_str(), hidden.hidden), ("", "", true));
    assert!(world.people().contains(&newcomer));
    assert_eq!(world.contact(story::vera()), Some(vera.clone()), "and who is hidden stays so");
    // When the next run gets nobody at all, so that nothing would end, what was taken is not believed either.
    world.minutes_later(60);
    world.source.inside().fails_after = Some(("persons", 0));
    let run = world.run().await;
    assert!(matches!(run.outcome, Outcome::Imported(_) | Outcome::Nothing), "{run}");
    assert_eq!(world.contact(story::vera()), Some(vera), "who is hidden stays so");
    world.source.inside().fails_after = None;
    // Again it asks, and has nothing more to take.
    world.minutes_later(60);
    let run = world.run().await;
    let Outcome::Asks { taken, .. } = &run.outcome else { panic!("{run}") };
    assert!(taken.is_unchanged(), "{run}");
}

/// Among all persons they would be too few to be noticed.
#[tokio::test(flavor = "multi_thread")]
async fn guardianships_are_counted_among_guardianships() {
    let world = World::of(&town(), Manners { page: 50, ..Manners::default() }).await;
    world.run().await;
    world.minutes_later(8 * 24 * 60);
    let (lost, all) = {
        let mut inside = world.source.inside();
        let persons = inside.rows.get_mut("persons").unwrap();
        let count = |row: &Value| row["responsibles"].as_array().map_or(0, Vec::len);
        let all: usize = persons.iter().map(count).sum();
        let mut lost = 0;
        for row in persons.iter_mut().filter(|row| count(row) > 0).take(8) {
            lost += count(row);
            row["responsibles"] = serde_json::json!([]);
        }
        (lost, all)
    };
    let people = world.people().len() + all;
    assert!(lost * 100 > all * 10 && lost * 100 < people * 10, "{lost} of {all}, {people}");
    let run = world.run().await;
    let Outcome::Asks { ending, .. } = &run.outcome else { panic!("{run}") };
    assert_eq!((ending[&Resource::Persons].ended, ending[&Resource::Persons].of), (lost, all), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_looked_can_have_it_all_the_same() {
    let world = World::of(&town(), Manners { page: 50, ..Manners::default() }).await;
    world.run().await;
    world.minutes_later(8 * 24 * 60);
    for resource in ["persons", "placements", "duties"] {
        world.source.inside().rows.insert(resource, Vec::new());
    }
    assert!(matches!(world.run().await.outcome, Outcome::Asks { .. }));
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
