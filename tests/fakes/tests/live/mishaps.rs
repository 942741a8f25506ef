//! Whatever a source does, whole pages come in, nothing ends for what did not come, and the next run goes on.

use super::world::*;

/// What a sound source makes of the town.
async fn sound() -> (Vec<PersonId>, Run) {
    let world = World::with(Manners::default()).await;
    let run = world.run().await;
    (world.people(), run)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_takes_everything_page_by_page() {
    let world = World::with(Manners::default()).await;
    let run = world.run().await;
    let rows = world.source.inside().rows["persons"].len();
    let persons = &run.fetched[&Resource::Persons];
    assert_eq!((persons.rows, persons.pages, persons.whole), (rows, rows.div_ceil(5), true), "{run}");
    assert_eq!(imported(&run).problems, [], "{run}");
    assert!(imported(&run).resources.values().all(|counts| counts.incomplete.is_empty()), "{run}");
    assert!(world.people().contains(&story::anna()) && world.people().contains(&story::maja()));
    assert_eq!(world.contact(story::anna()).unwrap().given_name, "Anna");
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_that_differ_give_the_same_town() {
    let (people, _) = sound().await;
    let cases = [
        ("refuses limit", Manners { no_limit: true, ..Manners::default() }),
        ("refuses limit without a word", Manners { no_limit: true, explains: false, ..Manners::default() }),
        ("gives everything at once", Manners { no_pages: true, no_limit: true, ..Manners::default() }),
        ("demands a filter", Manners { demands: [("placements", "startDate.onOrAfter")].into(), ..Manners::default() }),
        (
            "demands a filter and does not say which",
            Manners { demands: [("persons", "meta.modified.after")].into(), explains: false, ..Manners::default() },
        ),
        ("misspells", Manners { spelt: [("activities", "activitites")].into(), ..Manners::default() }),
        ("overlaps", Manners { overlap: 3, ..Manners::default() }),
        ("tokens end in mid-run", Manners { token_lasts: Some(3), ..Manners::default() }),
        ("secret in the body", Manners { token_lasts: Some(99), secret_in_body: true, ..Manners::default() }),
    ];
    for (what, manners) in cases {
        let tokens = manners.token_lasts.is_some();
        let mut world = World::with(manners).await;
        if tokens {
            world = world.with_tokens();
        }
        let run = world.run().await;
        assert_eq!(imported(&run).problems, [], "{what}\n{run}");
        let whole = imported(&run).resources.values().all(|counts| counts.incomplete.is_empty());
        assert!(whole && run.fetched.values().all(|one| one.trouble.is_none()), "{what}\n{run}");
        assert_eq!(world.people(), people, "{what}\n{run}");
        assert!(world.time.waited.lock().unwrap().is_empty(), "{what}: nothing to wait for");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_is_waited_for_and_costs_nothing() {
    let (people, _) = sound().await;
    let cases = [
        (Mishap::Status(503, None), vec![2]),
        (Mishap::Status(500, None), vec![2]),
        (Mishap::Status(429, Some(42)), vec![42]),
        (Mishap::Status(429, None), vec![2]),
        (Mishap::Status(503, Some(7)), vec![7]),
        (Mishap::Hang, vec![2]),
        (Mishap::Stall, vec![2]),
        (Mishap::Cut, vec![2]),
        (Mishap::Closed, vec![2]),
        (Mishap::Garbage, vec![2]),
        (Mishap::Error200, vec![2]),
    ];
    for (mishap, waits) in cases {
        let world = World::with(Manners::default()).await;
        world.source.mishap("persons", mishap, 1);
        let run = world.run().await;
        let waited: Vec<u64> = world.time.waited.lock().unwrap().iter().map(Duration::as_secs).collect();
        assert_eq!(waited, waits, "{mishap:?}");
        assert_eq!(imported(&run).problems, [], "{mishap:?}: half of a page came in\n{run}");
        assert_eq!(world.people(), people, "{mishap:?}\n{run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_leaves_the_resource_out_ends_nothing_and_is_told() {
    let (people, _) = sound().await;
    let cases = [
        (Mishap::Status(500, None), 3, "it answers 500"),
        (Mishap::Status(403, None), 1, "it answers 403"),
        (Mishap::Status(302, None), 1, "it answers 302"),
        (Mishap::Garbage, 3, "a page: no JSON from line 1, column 1"),
        (Mishap::Error200, 3, "a page: is no list of rows"),
        (Mishap::Cut, 3, "an answer broke off or took too long"),
        (Mishap::Flood, 1, "an answer is larger than the limit"),
    ];
    for (mishap, times, why) in cases {
        let world = World::with(Manners::default()).await;
        world.run().await;
        world.minutes_later(8 * 24 * 60);
        world.source.mishap("persons", mishap, times);
        let run = world.run().await;
        assert_eq!(trouble(&run, Resource::Persons), why, "{run}");
        assert!(imported(&run).resources.values().all(|counts| counts.ended == 0), "{mishap:?}\n{run}");
        assert!(run.to_string().contains(&format!("! persons: {why}")), "{run}");
        assert_eq!(world.people(), people);
        // When it is well again, so are we.
        let run = world.run().await;
        assert_eq!(trouble(&run, Resource::Persons), "", "{run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_need_not_have_everything() {
    for status in [404, 501] {
        let manners = Manners { without: [("activities", status), ("duties", status)].into(), ..Manners::default() };
        let world = World::with(manners).await;
        let run = world.run().await;
        assert_eq!(trouble(&run, Resource::Duties), "it does not have it", "{run}");
        assert!(run.to_string().contains("! duties: not in the source; nothing of it was ended"), "{run}");
        assert!(world.people().contains(&story::anna()));
    }
}

/// It had them yesterday: that they are not there today says nothing of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_is_there_no_more_ends_nothing() {
    let world = World::with(Manners::default()).await;
    world.run().await;
    let people = world.people();
    world.minutes_later(8 * 24 * 60);
    world.source.inside().manners.without = [("persons", 404), ("placements", 501)].into();
    let run = world.run().await;
    assert!(imported(&run).is_unchanged(), "{run}");
    assert_eq!(trouble(&run, Resource::Persons), "it answers 404");
    assert_eq!(world.people(), people);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_without_an_end_are_left() {
    for manners in [Manners { circle: true, ..Manners::default() }, Manners { endless: true, ..Manners::default() }] {
        let world = World::with(manners).await;
        let run = world.run().await;
        assert_eq!(trouble(&run, Resource::Persons), "its pages go in a circle or bring nothing new", "{run}");
        assert!(world.people().contains(&story::anna()), "what came is taken");
        assert!(world.source.asked().len() < 100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cut_is_gone_on_with_where_it_stopped() {
    let (people, _) = sound().await;
    let world = World::with(Manners::default()).await;
    // After its first page of persons the source fails.
    world.source.inside().fails_after = Some(("persons", 1));
    let first = world.run().await;
    assert_eq!(
        (first.fetched[&Resource::Persons].rows, trouble(&first, Resource::Persons).as_str()),
        (5, "it answers 500")
    );
    world.source.inside().fails_after = None;
    world.source.asked();
    let run = world.run().await;
    let asked = world.source.asked();
    let persons: Vec<&String> = asked.iter().filter(|asked| asked.contains("/persons")).collect();
    assert!(persons[0].contains("pageToken=5"), "{persons:?}");
    assert!(run.fetched[&Resource::Persons].resumed, "{run}");
    assert_eq!(world.people(), people, "{run}");
    assert_eq!(trouble(&run, Resource::Persons), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_source_has_forgotten_begins_the_list_anew() {
    let (people, _) = sound().await;
    let world = World::with(Manners::default()).await;
    world.source.inside().fails_after = Some(("persons", 1));
    world.run().await;
    world.source.inside().fails_after = None;
    world.source.mishap("persons", Mishap::Status(410, None), 1);
    let run = world.run().await;
    assert_eq!(
        (trouble(&run, Resource::Persons).as_str(), run.fetched[&Resource::Persons].resumed),
        ("", false),
        "{run}"
    );
    assert_eq!(world.people(), people, "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lets_nobody_in_is_asked_once_and_nothing_is_written() {
    let mut world = World::with(Manners { token_lasts: Some(9), ..Manners::default() }).await.with_tokens();
    world.settings.entry.secret = Some(Secret::new("wrong".to_owned()));
    let run = world.run().await;
    assert_eq!(run.outcome, Outcome::Nothing, "{run}");
    assert_eq!(trouble(&run, Resource::Persons), "it gives us no token (answer 401)");
    assert_eq!(world.source.asked().len(), 2, "by header, by body");
    assert!(!run.to_string().contains("wrong"));
    assert_eq!(world.people(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_to_be_left_alone_for_longer_than_a_run_is_left_alone() {
    let world = World::with(Manners::default()).await;
    world.source.mishap("groups", Mishap::Status(429, Some(86_400)), 1);
    let run = world.run().await;
    assert!(world.time.waited.lock().unwrap().is_empty());
    assert_eq!(run.fetched[&Resource::Organisations].trouble, None);
    assert_eq!(trouble(&run, Resource::Persons), "it answers 429", "{run}");
    assert!(!world.source.asked().iter().any(|asked| asked.contains("/persons")), "nothing else is asked");
    assert_eq!(trouble(&world.run().await, Resource::Persons), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_when_its_time_is_over_and_the_next_goes_on() {
    let mut world = World::with(Manners::default()).await;
    world.limits.run = Duration::from_secs(60);
    world.source.mishap("persons", Mishap::Status(503, Some(50)), 2);
    let run = world.run().await;
    assert_eq!(trouble(&run, Resource::Persons), "the time of this run is over; the next goes on", "{run}");
    assert_eq!(trouble(&world.run().await, Resource::Persons), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_of_a_tenant_are_never_in_each_others_way() {
    let world = World::with(Manners::default()).await;
    world.source.mishap("organisations", Mishap::Hang, 1);
    let (one, other) = tokio::join!(world.try_run(false), world.try_run(false));
    let running = [&one, &other].into_iter().filter(|run| matches!(run, Err(RunError::Running))).count();
    assert_eq!((running, one.is_ok() || other.is_ok()), (1, true));
}
