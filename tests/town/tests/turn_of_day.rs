//! What is derived holds for a day: the writer derives it anew over the real store when a day has begun.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use kapprum_domain::access;
use kapprum_domain::actor::Role;
use kapprum_domain::attendance::board_card::BoardCard;
use kapprum_domain::attendance::{AttendanceEvent, Direction};
use kapprum_domain::grant::Grant;
use kapprum_domain::id::RecordId;
use kapprum_domain::membership::Membership;
use kapprum_domain::record::{Body, Change};
use kapprum_domain::scope::Scope;
use kapprum_domain::time::{Day, HOUR};
use kapprum_domain::world::World;
use kapprum_protocol::cursor::Epoch;
use kapprum_server::store::sqlite::Sqlite;
use kapprum_server::store::{Snapshot, Store};
use kapprum_server::writer::{import, turn_of_day};
use kapprum_town::{Town, story};

fn today() -> Day {
    "2026-11-24".parse().unwrap()
}

fn read<T>(store: &Sqlite, work: impl Fn(&dyn Snapshot) -> T) -> T {
    let mut found = None;
    let mut reading = |snapshot: &dyn Snapshot| {
        found = Some(work(snapshot));
        Ok(())
    };
    store.read(&mut reading).unwrap();
    found.unwrap()
}

fn all<T: Body>(store: &Sqlite, scope: Scope) -> Vec<T> {
    read(store, |snapshot| World::new(snapshot).all(scope).unwrap())
}

#[test]
fn a_last_day_leaves_nothing_behind_and_an_ordinary_night_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open_in_memory_file(&folder.path().join("town.db"), Epoch(1)).unwrap();
    let mut town = Town::small(today());
    // Given that tomorrow is Love's last day, and Bo's as guardian of Ebba, who was here today.
    let last = Some(today().plus(1));
    town.enrolled.get_mut(&story::love()).unwrap().places[0].until = last;
    town.placements.get_mut(&story::loves_placement()).unwrap().until = last;
    town.enrolled.get_mut(&story::ebba()).unwrap().guardians[1].until = last;
    import(&store, &town.changes(), today().start()).unwrap();
    let came = AttendanceEvent {
        event: RecordId(uuid::Uuid::from_u128(1)),
        placement: story::ebbas_placement(),
        direction: Direction::In,
        time: today().start().plus(8 * HOUR),
        by: None,
    };
    import(&store, &[Change::put(&came)], came.time).unwrap();
    let turn = |ahead: i32| turn_of_day(&store, today().plus(ahead).start()).unwrap();
    let head = || read(&store, |snapshot| snapshot.meta().unwrap().head);
    let board = Scope::Board(story::department());
    // When tomorrow has begun, the wall forgets when Ebba came, and nothing else changes.
    assert_eq!(turn(1), BTreeSet::from([board]));
    // When the day after has begun, what ended is gone.
    let touched = turn(2);
    let person = |of: kapprum_domain::id::PersonId| Scope::Person(of.into());
    for scope in [board, Scope::Group(story::department()), Scope::Care(story::love()), person(story::bo())] {
        assert!(touched.contains(&scope), "{scope}");
    }
    assert!(
        !touched.contains(&person(story::anna())),
        "her own right to Ebba stands, Love's lasted no longer by itself"
    );
    let names: Vec<String> = all::<BoardCard>(&store, board).into_iter().map(|card| card.name).collect();
    assert_eq!(names, ["Ebba L"]);
    let memberships: Vec<Membership> = all(&store, Scope::Group(story::department()));
    assert!(memberships.iter().all(|one| one.child != story::love()));
    let of_ebba = memberships.iter().find(|one| one.child == story::ebba()).unwrap();
    assert_eq!(of_ebba.guardians.iter().map(|one| one.guardian).collect::<Vec<_>>(), [story::anna()]);
    assert_eq!(all::<Grant>(&store, person(story::bo())).len(), 1, "the one for Love, whose days are over");
    let now = today().plus(2).start();
    let rights = read(&store, |snapshot| {
        access::scopes(&story::account(story::maja(), Role::Staff), now, &World::new(snapshot)).unwrap()
    });
    assert!(!rights.holds(Scope::Contact(story::bo())) && rights.holds(Scope::Contact(story::anna())));
    // Then once more, and on ordinary days, not one row is written.
    let before = head();
    for ahead in [2, 3, 40] {
        assert_eq!(turn(ahead), BTreeSet::new());
    }
    assert_eq!(head(), before);
}
