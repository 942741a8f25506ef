//! Later runs ask for what changed and what was deleted, where the source can tell.

use super::world::*;

fn asked(world: &World, part: &str) -> usize {
    world.source.inside().asked.iter().filter(|asked| asked.contains(part)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn later_runs_fetch_what_changed_and_let_go_what_was_deleted() {
    let world = World::with(Manners::default()).await;
    world.run().await;
    world.source.asked();

    world.minutes_later(120);
    let run = world.run().await;
    assert_eq!(run.outcome, Outcome::Unchanged, "{run}");
    assert_eq!((asked(&world, "meta.modified.after"), asked(&world, "deletedEntities")), (6, 6));
    assert_eq!(run.fetched.values().map(|one| one.rows).sum::<usize>(), 0, "{run}");

    world.minutes_later(120);
    world.change("persons", story::anna(), |row| row["emails"][0]["value"] = "anna@example.se".into());
    world.delete("persons", story::maja());
    world
        .source
        .inside()
        .rows
        .get_mut("duties")
        .unwrap()
        .retain(|row| row["person"]["id"] != story::maja().to_string().as_str());
    let run = world.run().await;
    let persons = &run.fetched[&Resource::Persons];
    assert_eq!((persons.rows, persons.changed, persons.gone, persons.whole), (1, 1, 1, false), "{run}");
    assert_eq!(world.contact(story::anna()).unwrap().mail, "anna@example.se");
    // Her post was taken out without a word: that shows when everything is asked for again.
    world.minutes_later(8 * 24 * 60);
    let run = world.run().await;
    assert!(run.fetched.values().all(|one| one.whole), "{run}");
    assert!(!world.people().contains(&story::maja()), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_tell_what_was_deleted_is_asked_for_everything() {
    let world = World::with(Manners { tells_deleted: false, ..Manners::default() }).await;
    world.run().await;
    world.minutes_later(120);
    world
        .source
        .inside()
        .rows
        .get_mut("persons")
        .unwrap()
        .retain(|row| row["id"] != story::nils().to_string().as_str());
    let run = world.run().await;
    let persons = &run.fetched[&Resource::Persons];
    assert_eq!((persons.whole, persons.gone), (true, 1), "{run}");
    assert_eq!(asked(&world, "deletedEntities"), 1, "one refusal is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_not_tell_what_changed_is_asked_for_everything() {
    let world = World::with(Manners { tells_modified: false, ..Manners::default() }).await;
    world.run().await;
    world.minutes_later(120);
    let run = world.run().await;
    assert!(run.fetched.values().all(|one| one.whole && one.trouble.is_none()), "{run}");
    assert_eq!(run.outcome, Outcome::Unchanged, "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_day_is_imported_also_without_news() {
    let world = World::with(Manners::default()).await;
    world.run().await;
    world.minutes_later(24 * 60);
    let run = world.run().await;
    assert!(imported(&run).is_unchanged(), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_while_it_told_the_news_is_told_again() {
    let world = World::with(Manners::default()).await;
    world.run().await;
    world.minutes_later(120);
    world.change("persons", story::anna(), |row| row["emails"][0]["value"] = "anna@example.se".into());
    world.source.mishap("persons", Mishap::Status(500, None), 3);
    let run = world.run().await;
    assert_eq!(trouble(&run, Resource::Persons), "it answers 500", "{run}");
    assert_ne!(world.contact(story::anna()).unwrap().mail, "anna@example.se");
    world.minutes_later(120);
    let run = world.run().await;
    assert_eq!(run.fetched[&Resource::Persons].changed, 1, "{run}");
    assert_eq!(world.contact(story::anna()).unwrap().mail, "anna@example.se");
}

/// What lies beside the store is sealed, and has nothing that would lead to somebody with a mark.
#[tokio::test(flavor = "multi_thread")]
async fn our_copy_shows_nobody_to_who_has_the_file_alone() {
    let world = World::with(Manners::default()).await;
    world.run().await;
    let folder = world.config.data.join(story::tenant().to_string());
    for file in ["source.db", "source.db-wal"] {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
        for text in ["Anna", "givenName", "Sekretessmarkering", "civicNo"] {
            assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{file}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_offers_it_is_asked_once_to_tell_of_news() {
    let mut world = World::with(Manners::default()).await;
    world.settings.subscribe = true;
    let run = world.run().await;
    assert!(run.to_string().contains("! subscriptions: it answers 501"), "{run}");
    // Days later it has learned to.
    world.source.inside().subscriptions = Some(Vec::new());
    world.minutes_later(5 * 24 * 60);
    for _ in 0..2 {
        assert_eq!(world.run().await.unsubscribed, None);
    }
    let subscriptions = world.source.inside().subscriptions.clone().unwrap();
    let [one] = subscriptions.as_slice() else { panic!("{subscriptions:?}") };
    let target = one["target"].as_str().unwrap();
    let begin = format!("{}/v1/hooks/{}/", world.config.public_url, story::tenant());
    assert!(target.starts_with(&begin) && target.len() > begin.len() + 40, "{target}");
    // Before it ends, another takes its place.
    world.minutes_later(89 * 24 * 60);
    world.run().await;
    assert_eq!(world.source.inside().subscriptions.as_ref().unwrap().len(), 1);
}
