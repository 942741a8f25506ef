//! Rows that can't be read, wholly or in part: the rest comes in, and what hangs on them stands.

use super::world::*;

#[test]
fn rows_that_are_half_sound_are_taken_half() {
    let mut rows = Rows::of(&Town::small(today()));
    let love = rows.row("persons", story::love());
    love["responsibles"][1]["relationType"] = "Granne".into();
    love["birthDate"] = "2022-03-14T00:00:00".into();
    rows.row("persons", story::anna())["phoneNumbers"] = json!({"number": "0521-123 45"});
    rows.row("placements", story::ebbas_placement())["group"] = json!({"id": "nowhere"});
    rows.duty(story::maja())["dutyRole"] = Value::Null;
    rows.0.get_mut("groups").unwrap().push(json!({"id": "x", "groupType": "Cirkel"}));
    rows.0.get_mut("persons").unwrap().extend([json!({"givenName": "Namnlös"}), json!(7)]);
    let mut tenant = Tenant::new();
    let (report, _) = tenant.import(&rows);
    assert_eq!(tenant.enrolled(story::love()).guardians.len(), 1);
    assert_eq!(tenant.enrolled(story::love()).birthday.unwrap().to_string(), "2022-03-14");
    assert_eq!(tenant.contact(story::anna()).phone, "0521-123 45");
    assert!(tenant.scopes(story::anna(), Role::Guardian).contains(&Scope::Placement(story::ebbas_placement())));
    let expected = [
        "duties dutyRole: is missing; counts as before, or as other staff",
        "groups groupType: is missing or unknown",
        "persons id: is missing or no text",
        "persons responsibles.relationType: is missing or unknown",
        "persons row: is no object",
        "placements group: refers to nothing sound in the source",
    ];
    assert_eq!(problems(&report).iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert!(!report.to_string().contains("Namnlös"));
}

/// Whatever hangs on a row that can't be read stands, and goes on once the row can be read again.
#[test]
fn what_hangs_on_a_row_that_was_refused_wholly_or_in_part_does_not_end() {
    let sound = Rows::town();
    let people: Vec<_> = town().people.into_keys().collect();
    let set = |resource: &'static str, id: &dyn ToString, pointer: &str, value: Value| {
        let mut rows = sound.clone();
        *rows.row(resource, id.to_string()).pointer_mut(pointer).unwrap() = value;
        rows
    };
    let duty = |person, pointer: &str, value: Value| {
        let mut rows = sound.clone();
        *rows.duty(person).pointer_mut(pointer).unwrap() = value;
        rows
    };
    let activity = |pointer: &str, value: Value| {
        let mut rows = sound.clone();
        *rows.0.get_mut("activities").unwrap()[0].pointer_mut(pointer).unwrap() = value;
        rows
    };
    let (preschool, department) = (&story::preschool(), &story::department());
    for (name, rows) in [
        ("a unit without a name", set("organisations", preschool, "/displayName", Value::Null)),
        ("a unit of no kind", {
            let mut rows = set("organisations", preschool, "/organisationType", "Förskola?".into());
            rows.row("organisations", preschool)["schoolTypes"] = Value::Null;
            rows
        }),
        ("a unit that belongs to nothing readable", set("organisations", preschool, "/parentOrganisation", json!({}))),
        ("a unit with another's id too", {
            let mut rows = set("organisations", &story::school(), "/id", json!(preschool));
            rows.0.get_mut("organisations").unwrap().push(json!({"id": story::school(), "displayName": null}));
            rows
        }),
        ("a group of no kind", set("groups", department, "/groupType", "Avdeln".into())),
        ("a class of no kind", set("groups", &story::class_four(), "/groupType", 7.into())),
        ("a class nowhere", set("groups", &story::class_four(), "/organisation", json!([]))),
        ("members that are no list", set("groups", &story::class_four(), "/groupMemberships", true.into())),
        ("a member that is nobody", set("groups", &story::class_four(), "/groupMemberships/0/person", json!({}))),
        ("a member since no day", set("groups", &story::class_four(), "/groupMemberships/0/startDate", "i går".into())),
        ("a class since no day", set("groups", &story::class_four(), "/startDate", "2026-02-31".into())),
        ("a relation misspelt", set("persons", &story::love(), "/responsibles/1/relationType", "Vårdnadshavar".into())),
        ("a guardian who is nobody", set("persons", &story::love(), "/responsibles/1/person/id", Value::Null)),
        ("guardians that are no list", set("persons", &story::love(), "/responsibles", "Anna".into())),
        ("an enrolment without a day", set("persons", &story::elin(), "/enrolments/0/startDate", Value::Null)),
        ("an enrolment nowhere", set("persons", &story::elin(), "/enrolments/0/enroledAt", json!({}))),
        ("a year and a birthday that are none", {
            let mut rows = set("persons", &story::elin(), "/enrolments/0/schoolYear", "fyra".into());
            rows.row("persons", story::elin())["birthDate"] = "2016-13-01".into();
            rows
        }),
        ("a child without a name", set("persons", &story::love(), "/givenName", Value::Null)),
        ("a guardian without a name", set("persons", &story::anna(), "/givenName", Value::Null)),
        ("a person without an id", set("persons", &story::love(), "/id", Value::Null)),
        ("a placement of no unit", set("placements", &story::loves_placement(), "/placedAt", Value::Null)),
        ("a placement of nobody", set("placements", &story::loves_placement(), "/child", json!({"id": {}}))),
        ("a placement since no day", set("placements", &story::loves_placement(), "/startDate", Value::Null)),
        ("a placement in no group", set("placements", &story::ebbas_placement(), "/group", json!({}))),
        ("a department since no day", set("groups", department, "/groupMemberships/0/startDate", "i går".into())),
        ("a placement of no owner", set("placements", &story::loves_placement(), "/owners/1", json!({}))),
        ("a post nowhere", duty(story::petra(), "/dutyAt", json!({}))),
        ("a post of nobody", duty(story::petra(), "/person", Value::Null)),
        ("a post of no kind", duty(story::petra(), "/dutyRole", Value::Null)),
        ("a post since no day", duty(story::maja(), "/startDate", "igår".into())),
        ("work of no kind", duty(story::maja(), "/assignmentRole/0/assignmentRoleType", "Mentorr".into())),
        ("work with nothing", duty(story::maja(), "/assignmentRole/0/group", Value::Null)),
        ("teaching since no day", activity("/startDate", "v 36".into())),
        ("teaching of no group", activity("/groups/0/id", Value::Null)),
        ("teaching by nobody", activity("/teachers/0/duty", Value::Null)),
        ("the teacher's post since no day", duty(story::karin(), "/startDate", "igår".into())),
    ] {
        let mut tenant = Tenant::with(&sound);
        let (rights, owners) = (tenant.rights(&people), tenant.placement(story::loves_placement()).owners);
        let (report, _) = tenant.import(&rows);
        assert_eq!(ended(&report), BTreeMap::new(), "{name}\n{report}");
        let lost: Vec<_> = rights.difference(&tenant.rights(&people)).copied().collect();
        assert_eq!(lost, [], "{name}\n{report}");
        assert_eq!(tenant.placement(story::loves_placement()).owners, owners, "{name}");
        assert!(!report.problems.is_empty(), "{name}");
        tenant.quiet(&rows);
        tenant.import(&sound);
        assert_eq!(tenant.rights(&people), rights, "{name}");
        tenant.quiet(&sound);
    }
}

#[test]
fn the_report_says_what_was_not_ended_for_a_refusal() {
    let mut rows = Rows::town();
    let mut tenant = Tenant::with(&rows);
    rows.row("groups", story::department())["groupType"] = Value::Null;
    rows.row("placements", story::ebbas_placement())["group"] = json!({"id": "nowhere"});
    rows.0.get_mut("persons").unwrap().push(json!({"givenName": "Namnlös"}));
    let (report, _) = tenant.import(&rows);
    let text = report.to_string();
    let group = format!(
        "- groups {} groupType: is missing or unknown, refused; nothing of it was ended\n",
        story::department()
    );
    assert!(text.contains(&group), "{text}");
    assert!(
        text.contains("! persons: a row does not say whom or what it is about; nothing of it was ended\n"),
        "{text}"
    );
    let json = serde_json::to_value(&report).unwrap();
    let held: Vec<_> = json["problems"].as_array().unwrap().iter().map(|one| one["held"].as_bool().unwrap()).collect();
    assert_eq!(held, [true, false, true], "{json:#}");
}

/// One relation that can't be read keeps no other alive, and an end that is said counts whatever else is wrong.
#[test]
fn what_a_row_says_soundly_counts() {
    let mut rows = Rows::town();
    let mut tenant = Tenant::with(&rows);
    rows.row("persons", story::love())["responsibles"] = json!([
        {"person": {"id": story::anna()}, "relationType": "Vårdnadshavare"},
        {"person": {"id": story::karin()}, "relationType": "Familjehem"},
    ]);
    let ebbas = rows.row("placements", story::ebbas_placement());
    (ebbas["endDate"], ebbas["group"], ebbas["owners"]) = (json!(today().plus(-1)), json!({}), json!({}));
    let (report, _) = tenant.import(&rows);
    let scopes = tenant.scopes(story::bo(), Role::Guardian);
    assert!(!scopes.contains(&Scope::Placement(story::loves_placement())), "{report}");
    let scopes = tenant.scopes(story::anna(), Role::Guardian);
    assert!(scopes.contains(&Scope::Placement(story::loves_placement())));
    assert!(!scopes.contains(&Scope::Placement(story::ebbas_placement())), "{report}");
    tenant.quiet(&rows);
}

/// A field that no row has any more was not emptied by every family on one day.
#[test]
fn a_list_that_a_source_no_longer_tells_at_all_ends_nothing() {
    let sound = Rows::town();
    let people: Vec<_> = town().people.into_keys().collect();
    for (resource, list) in [
        ("persons", "responsibles"),
        ("persons", "enrolments"),
        ("groups", "groupMemberships"),
        ("duties", "assignmentRole"),
        ("activities", "teachers"),
        ("activities", "groups"),
    ] {
        let mut tenant = Tenant::with(&sound);
        let rights = tenant.rights(&people);
        let mut rows = sound.clone();
        for row in rows.0.get_mut(resource).unwrap() {
            row.as_object_mut().unwrap().remove(list);
        }
        let (report, _) = tenant.import(&rows);
        assert_eq!(ended(&report), BTreeMap::new(), "{list}\n{report}");
        assert_eq!(rights.difference(&tenant.rights(&people)).copied().collect::<Vec<_>>(), [], "{list}");
        tenant.quiet(&rows);
    }
}

/// The first row with an id counts, the second is refused, whichever comes first next time.
#[test]
fn two_rows_with_one_id_never_join_two_families() {
    let lovess = Scope::Placement(story::loves_placement());
    let holders = |tenant: &Tenant| {
        let of = |person| tenant.scopes(person, Role::Guardian).contains(&lovess);
        (of(story::anna()), of(story::karin()), of(story::vera()))
    };
    let second = |rows: &mut Rows, first: bool| {
        let mut tovas = rows.row("placements", story::tovas_placement()).clone();
        tovas["id"] = json!(story::loves_placement());
        let at = if first { 0 } else { rows.0["placements"].len() };
        rows.0.get_mut("placements").unwrap().insert(at, tovas);
    };
    for known in [true, false] {
        for first in [true, false] {
            let mut rows = Rows::town();
            let mut tenant = if known { Tenant::with(&rows) } else { Tenant::new() };
            second(&mut rows, first);
            let (report, _) = tenant.import(&rows);
            let tovas = !known && first;
            assert_eq!(holders(&tenant), (!tovas, tovas, false), "{known} {first}\n{report}");
            assert_eq!(ended(&report), BTreeMap::new());
            assert!(report.problems.iter().any(|one| one.id == Some(story::loves_placement().0) && one.refused));
            tenant.quiet(&rows);
            rows.0.get_mut("placements").unwrap().reverse();
            tenant.quiet(&rows);
            assert_eq!(holders(&tenant), (!tovas, tovas, false));
        }
    }
    // Nor does a placement ever pass to another child: its times and comments would.
    let mut rows = Rows::town();
    let mut tenant = Tenant::with(&rows);
    rows.row("placements", story::loves_placement())["child"] = json!({"id": story::tova()});
    let (report, _) = tenant.import(&rows);
    assert_eq!(holders(&tenant), (true, false, false));
    assert!(problems(&report).contains("placements child: another child has this placement"), "{report}");
    tenant.quiet(&rows);
}

#[test]
fn of_two_rows_with_one_id_the_first_counts_in_every_resource() {
    for resource in Resource::ALL {
        let name = resource.names()[0];
        let mut rows = Rows::town();
        let mut tenant = Tenant::with(&rows);
        let of = rows.0.get_mut(name).unwrap();
        let changed = |row: &mut Value| {
            for (name, field) in row.as_object_mut().unwrap() {
                match field {
                    Value::String(text) if name.contains("Name") => text.push('X'),
                    Value::Array(items) => items.clear(),
                    _ => {}
                }
            }
        };
        let mut twins: Vec<Value> = of.clone();
        twins.iter_mut().for_each(changed);
        of.extend(twins);
        let (report, written) = tenant.import(&rows);
        assert!(report.is_unchanged() && written == 0, "{resource}\n{report}");
        assert_eq!(report.resources[&resource].refused * 2, report.resources[&resource].rows, "{report}");
    }
}
