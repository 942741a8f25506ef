//! Identity numbers.

use super::world::*;

#[test]
fn numbers_go_to_the_sink_and_nowhere_else() {
    let town = Town::small(today());
    let mut rows = Rows::of(&town);
    rows.row("persons", story::nils())["civicNo"] = json!({"value": "199908072390"});
    rows.row("persons", story::petra())["civicNo"] = json!({"value": "199008672397"});
    rows.row("persons", story::karin())["civicNo"] = json!({"value": "199008672397"});
    let mut tenant = Tenant::new();
    let (report, _) = tenant.import(&rows);
    assert_eq!(tenant.numbers.0[&story::anna()], "199908072391");
    assert_eq!(
        tenant.numbers.0[&story::love().as_person()],
        town.people[&story::love().as_person()].number.clone().unwrap()
    );
    for unsound in [story::nils(), story::petra(), story::karin()] {
        assert_eq!(tenant.numbers.0.get(&unsound), None);
    }
    let told = format!("{report}{}{}", serde_json::to_string(&report).unwrap(), tenant.dump());
    for number in tenant.numbers.0.values().map(String::as_str).chain(["199908072390", "199008672397"]) {
        assert!(!told.contains(number) && !told.contains(&number[2..]), "{number}");
    }
    let problems: Vec<_> = report.problems.iter().map(|one| (one.id.unwrap(), one.problem)).collect();
    let shared = "is also another person's; neither can sign in with it";
    assert_eq!(problems, [(story::petra().0, shared), (story::nils().0, "is no identity number")]);
}

#[test]
fn a_number_that_the_source_no_longer_gives_to_one_person_alone_is_taken_out() {
    let anna = story::anna();
    let cases: [(&str, bool, Edit); 9] = [
        ("the same", true, |_| {}),
        ("a row that is refused", true, |rows| rows.row("persons", story::anna())["givenName"] = Value::Null),
        ("a row that can't be read", true, |rows| *rows.row("persons", story::anna()) = json!([])),
        ("a page that is missing", true, |rows| drop(rows.0.remove("persons"))),
        ("no number", false, |rows| rows.row("persons", story::anna())["civicNo"] = Value::Null),
        ("no such number", false, |rows| rows.row("persons", story::anna())["civicNo"]["value"] = "19990807".into()),
        ("another's number", false, |rows| {
            rows.row("persons", story::bo())["civicNo"]["value"] = "199908072391".into();
        }),
        ("moved abroad", false, |rows| rows.row("persons", story::anna())["personStatus"] = "Utvandrad".into()),
        ("gone", false, |rows| rows.drop_row("persons", story::anna())),
    ];
    for (name, stays, change) in cases {
        let mut rows = Rows::town();
        let mut tenant = Tenant::with(&rows);
        assert_eq!(tenant.numbers.0[&anna], "199908072391");
        change(&mut rows);
        tenant.import(&rows);
        assert_eq!(tenant.numbers.0.contains_key(&anna), stays, "{name}");
        if name == "another's number" {
            assert!(!tenant.numbers.0.contains_key(&story::bo()));
        }
    }
    // An import that was cut off after the last trace of a person went from the store.
    let mut rows = Rows::town();
    let mut tenant = Tenant::with(&rows);
    let nobody = PersonId(RecordId::state("nobody", &[]).0);
    tenant.numbers.0.insert(nobody, "196801642395".to_owned());
    tenant.import(&rows);
    assert!(!tenant.numbers.0.contains_key(&nobody));
    // Who is nobody's business has no number here.
    let passer_by =
        json!({"id": nobody, "givenName": "Ulf", "familyName": "Berg", "civicNo": {"value": "196801642395"}});
    rows.row("persons", story::bo())["civicNo"] = Value::Null;
    rows.0.get_mut("persons").unwrap().push(passer_by);
    tenant.import(&rows);
    assert!(!tenant.numbers.0.values().any(|number| number == "196801642395"));
}
