//! Sound input.

use kapprum_server::writer;

use super::world::*;

#[test]
fn an_imported_town_gives_everybody_the_same_rights_as_the_town_itself() {
    for (town, expected) in [(Town::small(today()), 8), (Town::sample(120, 3, today()), 120)] {
        let mut imported = Tenant::new();
        imported.put(town.changes()[0].clone());
        let (report, _) = imported.import(&Rows::of(&town));
        assert_eq!(report.problems, [], "{report}");
        let direct = Tenant::new();
        writer::import(&direct.store, &town.changes(), today().start()).unwrap();
        let mut with_rights = 0;
        for person in town.people.keys() {
            for role in [Role::Guardian, Role::Student, Role::Staff] {
                let scopes = imported.scopes(*person, role);
                assert_eq!(scopes, direct.scopes(*person, role), "{person} {role:?}");
                with_rights += usize::from(scopes.len() > 1);
            }
        }
        assert!(with_rights >= expected, "{with_rights}");
    }
}

#[test]
fn the_same_source_twice_changes_nothing_also_on_another_day() {
    let rows = Rows::of(&Town::sample(60, 5, today()));
    let mut tenant = Tenant::new();
    let (first, _) = tenant.import(&rows);
    assert!(!first.is_unchanged());
    tenant.day = today().plus(1);
    let (second, written) = tenant.import(&rows);
    assert!(second.is_unchanged() && written == 0, "{second}\n{written}");
    let count = |report: &Report, of: fn(&kapprum_server::import::report::Counts) -> usize| {
        report.resources.values().map(of).collect::<Vec<_>>()
    };
    assert_eq!(count(&first, |counts| counts.new), count(&second, |counts| counts.unchanged));
}

/// Commands go first: between two short locks an import rests at least as long as it held one.
#[test]
fn an_import_holds_the_lock_for_ten_milliseconds_and_then_rests_as_long() {
    let rows = Rows::of(&Town::sample(60, 5, today()));
    let mut tenant = Tenant::new();
    tenant.pace.step = 4;
    let (report, _) = tenant.import(&rows);
    let rests = std::mem::take(&mut tenant.pace.rests);
    assert!(rests.len() > 20, "{}", rests.len());
    assert!(rests.iter().all(|rest| (4..=20).contains(&rest.as_millis())), "{rests:?}");
    // However long a single thing takes, the import goes on.
    let mut slow = Tenant::new();
    slow.pace.step = 500;
    assert_eq!(slow.import(&rows).0, report);
    assert!(slow.pace.rests.len() > rests.len());
    tenant.quiet(&rows);
    assert!(tenant.pace.rests.is_empty(), "without news there is no lock");
}
