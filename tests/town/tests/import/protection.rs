//! People with a security mark (ruling i).

use super::world::*;

#[test]
fn a_marked_child_and_its_family_leave_no_trace_of_who_and_where_they_are() {
    let mut rows = Rows::of(&Town::small(today()));
    let mut tenant = Tenant::new();
    tenant.import(&rows);
    // Given Ebba is known by her name, when she gets a mark, then her name goes from where it stood.
    assert!(tenant.dump().contains("Ebba"));
    rows.row("persons", story::ebba())["securityMarking"] = "Skyddad folkbokföring".into();
    let (report, _) = tenant.import(&rows);
    assert_eq!(
        report.protected.iter().collect::<BTreeSet<_>>(),
        [&story::ebba().as_person(), &story::marked().as_person()].into()
    );
    let card: Child = tenant.get(Scope::Child(story::ebba()), story::ebba().0).unwrap();
    assert!(card.family_name.is_empty() && !card.call_name.is_empty());
    assert!(tenant.enrolled(story::ebba()).marked);
    let told = format!("{report}{}", tenant.dump());
    for secret in ["Ebba", "Sixten", "Hemlig", "070-174 06 99", "070-174 06 35", "anna.lindqvist@example.se"] {
        assert!(!told.contains(secret), "{secret}");
    }
    assert_eq!(tenant.contact(story::anna()).phone, "");
    assert!(tenant.import(&rows).0.is_unchanged());
}

/// Sources blank the names of those they protect.
#[test]
fn a_marked_person_is_hidden_however_little_the_source_says_of_them() {
    let secrets = ["Ebba", "Anna", "070-174 06 35", "anna.lindqvist@example.se"];
    let hidden = |tenant: &Tenant, name: &str| {
        let told = tenant.dump();
        for secret in secrets {
            assert!(!told.contains(&format!("\"{secret}")), "{name}: {secret}");
        }
        assert!(tenant.enrolled(story::ebba()).marked, "{name}");
        assert!(tenant.scopes(story::bo(), Role::Guardian).contains(&Scope::Child(story::ebba())), "{name}");
    };
    fn mark(value: &mut Value) {
        value["securityMarking"] = "Sekretessmarkering".into();
    }
    let cases: [(&str, Edit); 6] = [
        ("no given name", |rows| {
            let ebba = rows.row("persons", story::ebba());
            mark(ebba);
            (ebba["givenName"], ebba["familyName"]) = (Value::Null, Value::Null);
        }),
        ("nothing but a mark", |rows| {
            *rows.row("persons", story::ebba()) = json!({"id": story::ebba(), "securityMarking": "?"});
        }),
        ("a row that is refused, marked where its placement names it", |rows| {
            rows.row("persons", story::ebba())["givenName"] = Value::Null;
            mark(&mut rows.row("placements", story::ebbas_placement())["child"]);
        }),
        ("no row, marked where its placement names it", |rows| {
            rows.row("persons", story::ebba())["id"] = Value::Null;
            mark(&mut rows.row("placements", story::ebbas_placement())["child"]);
        }),
        ("guardians misspelt", |rows| {
            let ebba = rows.row("persons", story::ebba());
            mark(ebba);
            ebba["responsibles"][0]["relationType"] = "Vårdnadshavar".into();
        }),
        ("guardians that are no list", |rows| {
            let ebba = rows.row("persons", story::ebba());
            mark(ebba);
            ebba["responsibles"] = 7.into();
        }),
    ];
    for (name, change) in cases {
        let mut rows = Rows::town();
        let mut tenant = Tenant::with(&rows);
        change(&mut rows);
        let (report, _) = tenant.import(&rows);
        hidden(&tenant, name);
        assert!(report.protected.contains(&story::ebba().as_person()), "{name}\n{report}");
        assert_eq!(ended(&report), BTreeMap::new(), "{name}");
        tenant.quiet(&rows);
        // It stays so when the row can't be read at all.
        let mut rows = Rows::town();
        *rows.row("persons", story::ebba()) = json!(7);
        tenant.import(&rows);
        hidden(&tenant, name);
        tenant.quiet(&rows);
    }
}

/// Nor is anybody who has a mark known to the staff by name, or those near: also one whose own row is refused.
#[test]
fn marked_staff_work_under_an_alias() {
    for nameless in [false, true] {
        let mut rows = Rows::town();
        let mut tenant = Tenant::with(&rows);
        rows.row("persons", story::maja())["securityMarking"] = "Skyddad folkbokföring".into();
        if nameless {
            rows.row("persons", story::maja())["givenName"] = Value::Null;
        }
        let (report, _) = tenant.import(&rows);
        assert!(report.protected.contains(&story::maja()));
        let told = tenant.dump();
        assert!(!told.contains("Maja") && !told.contains("Norberg"), "{told}");
        assert!(tenant.scopes(story::maja(), Role::Staff).contains(&Scope::Placement(story::loves_placement())));
        tenant.quiet(&rows);
    }
}
