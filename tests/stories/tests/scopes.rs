//! The table of scopes in `ARCHITECTURE.md`, made true: who holds which scope of Love, Elin and their world.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;

use kapprum_domain::access;
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::grant::{Grant, Right};
use kapprum_domain::id::{HolderId, PersonId};
use kapprum_domain::organisation::GroupKind;
use kapprum_domain::record::Change;
use kapprum_domain::register::Assignment;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::World;
use kapprum_protocol::cursor::Epoch;
use kapprum_server::store::Store;
use kapprum_server::store::sqlite::Sqlite;
use kapprum_server::writer;
use kapprum_stories::{morning, tuesday};
use kapprum_town::{Town, story};

/// Rows: who. Columns: the scopes of [`columns`]; x: held.
const TABLE: &str = "
                      tenant unit group families board child care placement absence contact register
anna, guardian          x     x     .      x       .     x     x      x        x       .       .
bo, ended               .     .     .      .       .     .     .      .        .       .       .
a threat                x     .     .      .       .     x     .      .        .       .       .
maja, of the group      x     x     x      x       x     x     x      x        x       x       .
nils, of another group  x     x     .      .       .     .     .      .        .       .       .
petra, the principal    x     x     .      .       .     x     .      .        x       .       .
a mentor                x     x     x      x       x     x     .      .        x       x       .
a teacher               x     x     x      x       x     x     .      .        x       .       .
the tablet              x     x     x      .       x     x     x      x        x       x       .
the hall board          .     .     .      .       x     .     .      .        .       .       .
karin, of other children x    .     .      .       .     .     .      .        .       .       .
";

fn columns() -> [Scope; 11] {
    [
        Scope::Tenant,
        Scope::Unit(story::preschool()),
        Scope::Group(story::department()),
        Scope::Families(story::department()),
        Scope::Board(story::department()),
        Scope::Child(story::love()),
        Scope::Care(story::love()),
        Scope::Placement(story::loves_placement()),
        Scope::Absence(story::love()),
        Scope::Contact(story::anna()),
        Scope::Register(story::anna()),
    ]
}

struct Imported {
    _folder: tempfile::TempDir,
    store: Sqlite,
}

fn town(change: impl FnOnce(&mut Town)) -> Imported {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open_in_memory_file(&folder.path().join("store"), Epoch(1)).unwrap();
    let mut town = Town::small(tuesday());
    change(&mut town);
    let mut changes = town.changes();
    changes.push(town.tablet(story::tablet(), story::department()));
    changes.push(town.board(story::board(), story::department()));
    writer::import(&store, &changes, morning()).unwrap();
    Imported { _folder: folder, store }
}

impl Imported {
    fn held(&self, holder: impl Into<HolderId>, role: Role, now: Timestamp) -> BTreeSet<Scope> {
        let account = Account { tenant: story::tenant(), holder: holder.into(), role };
        let mut held = BTreeSet::new();
        self.store
            .read(&mut |snapshot| {
                held = access::scopes(&account, now, &World::new(snapshot))
                    .unwrap()
                    .iter()
                    .map(|(scope, _)| scope)
                    .collect();
                Ok(())
            })
            .unwrap();
        held
    }
}

fn assigned(town: &mut Town, person: PersonId, kind: GroupKind) {
    let (group, unit) = (story::department(), story::preschool());
    town.employ(person, unit, false, &[]);
    let assignment = Assignment { group, unit, kind, from: None, until: None };
    town.employed.get_mut(&person).unwrap().assignments.push(assignment);
}

#[test]
fn the_table_of_scopes_is_true() {
    let (mentor, teacher) = (PersonId(uuid::Uuid::from_u128(901)), PersonId(uuid::Uuid::from_u128(902)));
    let usual = |town: &mut Town| {
        for (person, kind) in [(mentor, GroupKind::Mentor), (teacher, GroupKind::Teaching)] {
            town.people.insert(person, kapprum_town::Person::named("Lo", "Prov"));
            assigned(town, person, kind);
        }
    };
    let now = morning();
    let plain = town(usual);
    let ended = town(|town| {
        town.end_guardian(story::bo(), story::love());
        town.end_guardian(story::bo(), story::ebba());
    });
    let threat = town(|town| {
        for child in [story::love(), story::ebba()] {
            let guardians = &mut town.enrolled.get_mut(&child).unwrap().guardians;
            guardians.iter_mut().filter(|one| one.guardian == story::bo()).for_each(|one| one.threat = true);
        }
    });
    let rows = [
        plain.held(story::anna(), Role::Guardian, now),
        ended.held(story::bo(), Role::Guardian, now),
        threat.held(story::bo(), Role::Guardian, now),
        plain.held(story::maja(), Role::Staff, now),
        plain.held(story::nils(), Role::Staff, now),
        plain.held(story::petra(), Role::Staff, now),
        plain.held(mentor, Role::Staff, now),
        plain.held(teacher, Role::Staff, now),
        plain.held(story::tablet(), Role::Tablet, now),
        plain.held(story::board(), Role::Board, now),
        plain.held(story::karin(), Role::Guardian, now),
    ];
    let lines: Vec<&str> = TABLE.trim_matches('\n').lines().skip(1).collect();
    assert_eq!(lines.len(), rows.len());
    for (line, held) in lines.into_iter().zip(rows) {
        let (who, marks) = line.split_at(24);
        let marks: Vec<bool> = marks.split_whitespace().map(|mark| mark == "x").collect();
        assert_eq!(marks.len(), columns().len(), "{who}");
        for (scope, expected) in columns().into_iter().zip(marks) {
            // A guardian holds the own contact details; the column asks for what others see of Anna.
            let own = who.starts_with("anna") && scope == Scope::Contact(story::anna());
            assert_eq!(held.contains(&scope), expected || own, "{who}: {scope}");
        }
    }
}

#[test]
fn each_guardian_sees_the_child_and_never_the_others_contact_details() {
    let town = town(|_| {});
    for (one, other) in [(story::anna(), story::bo()), (story::bo(), story::anna())] {
        let held = town.held(one, Role::Guardian, morning());
        assert!(held.contains(&Scope::Child(story::love())));
        assert!(held.contains(&Scope::Contact(one)));
        assert!(!held.contains(&Scope::Contact(other)));
        assert!(!held.contains(&Scope::Person(other.into())));
    }
}

#[test]
fn rights_begin_and_end_by_the_day() {
    // Given: Love's place ends in ten days, and Elin turns eighteen on 14 March of her year.
    let last = tuesday().plus(10);
    let town = town(|town| {
        town.placements.get_mut(&story::loves_placement()).unwrap().until = Some(last);
        let places = &mut town.enrolled.get_mut(&story::love()).unwrap().places;
        places.iter_mut().for_each(|place| place.until = Some(last));
    });
    // Then: the place is held through its last day, and not after.
    let love = Scope::Placement(story::loves_placement());
    let end = last.plus(1).start();
    assert!(town.held(story::anna(), Role::Guardian, end.plus(-1)).contains(&love));
    assert!(!town.held(story::anna(), Role::Guardian, end).contains(&love));
    // And: at Elin's eighteenth birthday, 00:00 in Stockholm, Karin's link to her ends; Elin's own goes on (rule 35).
    let elin = Scope::Child(story::elin().as_child());
    let birthday = kapprum_domain::time::Day::new(2034, 3, 14).unwrap().start();
    assert!(town.held(story::karin(), Role::Guardian, birthday.plus(-1)).contains(&elin));
    assert!(!town.held(story::karin(), Role::Guardian, birthday).contains(&elin));
    assert!(town.held(story::elin(), Role::Student, birthday).contains(&elin));
}

#[test]
fn students_have_accounts_from_the_year_that_the_municipality_says() {
    for (least, held) in [(3, true), (4, true), (5, false)] {
        let town = town(|town| town.switches.student_account_from_year = least);
        let own = town.held(story::elin(), Role::Student, morning());
        assert_eq!(own.contains(&Scope::Absence(story::elin().as_child())), held, "from year {least}");
    }
}

#[test]
fn an_adult_students_consent_gives_absence_and_nothing_else() {
    let town = town(|_| {});
    let consent = Grant {
        holder: story::vera().into(),
        right: Right::AbsenceConsent { child: story::elin().as_child() },
        from: None,
        until: None,
    };
    writer::import(&town.store, &[Change::put(&consent)], morning()).unwrap();
    let held = town.held(story::vera(), Role::Guardian, morning());
    assert!(held.contains(&Scope::Absence(story::elin().as_child())));
    assert!(!held.contains(&Scope::Child(story::elin().as_child())));
}

#[test]
fn nothing_of_the_register_and_no_marked_child_reaches_a_board() {
    let town = town(|_| {});
    let mut bodies = Vec::new();
    town.store
        .read(&mut |snapshot| {
            let board = snapshot.heads(&[Scope::Board(story::department())])?;
            for head in board {
                snapshot.rows(head.number, &mut |row| bodies.push(row.body.to_owned()))?;
            }
            Ok(())
        })
        .unwrap();
    assert!(bodies.iter().any(|body| body.contains("Love L")));
    assert!(!bodies.iter().any(|body| body.contains(&story::marked().to_string())));
}
