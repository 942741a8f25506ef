//! What ends, what comes back, and what stands whatever the source says.

use super::world::*;

#[test]
fn what_ends_in_the_source_ends_here_and_what_comes_back_goes_on() {
    let mut town = Town::small(today());
    let mut tenant = Tenant::new();
    tenant.import(&Rows::of(&town));
    let placement = Scope::Placement(story::loves_placement());
    assert!(tenant.scopes(story::bo(), Role::Guardian).contains(&placement));

    town.end_guardian(story::bo(), story::love());
    let (report, _) = tenant.import(&Rows::of(&town));
    assert_eq!(report.resources[&Resource::Persons].ended, 1);
    let scopes = tenant.scopes(story::bo(), Role::Guardian);
    assert!(!scopes.contains(&placement) && scopes.contains(&Scope::Child(story::ebba())));
    assert_eq!(tenant.enrolled(story::love()).guardians.len(), 2, "nobody is deleted");

    town.restore_guardian(story::bo(), story::love());
    tenant.import(&Rows::of(&town));
    assert!(tenant.scopes(story::bo(), Role::Guardian).contains(&placement));

    // The placement is in the source no more; nor is Maja, nor Nils's department.
    let mut rows = Rows::of(&town);
    rows.drop_row("placements", story::loves_placement());
    rows.drop_row("persons", story::maja());
    rows.0.get_mut("duties").unwrap().retain(|row| row["person"]["id"] != story::maja().to_string().as_str());
    rows.drop_row("groups", story::other());
    let (report, _) = tenant.import(&rows);
    assert!(!tenant.scopes(story::anna(), Role::Guardian).contains(&placement));
    assert_eq!(tenant.scopes(story::maja(), Role::Staff).len(), 1, "only oneself");
    assert!(!tenant.scopes(story::nils(), Role::Staff).contains(&Scope::Group(story::other())));
    let ended = |resource| report.resources[&resource].ended;
    assert_eq!((ended(Resource::Placements), ended(Resource::Persons), ended(Resource::Groups)), (1, 1, 1), "{report}");
    assert!(tenant.import(&rows).0.is_unchanged());

    let back = Rows::of(&town);
    tenant.import(&back);
    assert!(tenant.scopes(story::anna(), Role::Guardian).contains(&placement));
    assert!(tenant.scopes(story::maja(), Role::Staff).contains(&placement));
}

#[test]
fn who_dies_or_moves_abroad_holds_nothing_and_is_held_by_nobody() {
    let mut rows = Rows::of(&Town::small(today()));
    let mut tenant = Tenant::new();
    tenant.import(&rows);
    rows.row("persons", story::anna())["personStatus"] = "Utvandrad".into();
    rows.row("persons", story::elin())["personStatus"] = "Avliden".into();
    tenant.import(&rows);
    assert_eq!(tenant.scopes(story::anna(), Role::Guardian).len(), 1);
    let karins = tenant.scopes(story::karin(), Role::Guardian);
    assert!(karins.contains(&Scope::Child(story::tova())) && !karins.contains(&Scope::Child(story::elin().as_child())));
    assert!(tenant.import(&rows).0.is_unchanged());
}

#[test]
fn an_own_edit_and_a_principals_decision_stand() {
    let mut rows = Rows::of(&Town::small(today()));
    let mut tenant = Tenant::new();
    tenant.import(&rows);
    tenant.put(Change::put(&Contact { phone: "073-111 22 33".to_owned(), ..tenant.contact(story::anna()) }));
    let mut enrolled = tenant.enrolled(story::love());
    let bo = enrolled.guardians.iter_mut().find(|one| one.guardian == story::bo()).unwrap();
    (bo.threat, bo.until) = (true, Some(today().plus(-1)));
    tenant.put(Change::put(&enrolled));

    assert!(tenant.import(&rows).0.is_unchanged());
    rows.row("persons", story::anna())["emails"][0]["value"] = "anna@example.se".into();
    tenant.import(&rows);
    let contact = tenant.contact(story::anna());
    assert_eq!((contact.phone.as_str(), contact.mail.as_str()), ("073-111 22 33", "anna@example.se"));
    assert_eq!(tenant.enrolled(story::love()), enrolled);
}

#[test]
fn a_missing_resource_is_no_news_and_ends_nothing() {
    let rows = Rows::of(&Town::small(today()));
    let mut tenant = Tenant::new();
    tenant.import(&rows);
    for resource in Resource::ALL {
        let mut rows = rows.clone();
        rows.0.remove(resource.names()[0]);
        let (report, written) = tenant.import(&rows);
        assert!(report.resources.values().all(|counts| counts.ended == 0), "{resource}\n{report}");
        assert!(report.is_unchanged() && written == 0, "{resource} {written}\n{report}");
        assert!(report.to_string().contains(&format!("! {resource}: not in the source")));
    }
}

#[test]
fn days_that_stand_for_no_end_are_none() {
    let mut rows = Rows::town();
    rows.row("placements", story::loves_placement())["endDate"] = "9999-12-31".into();
    rows.row("placements", story::ebbas_placement())["endDate"] = "9999-12-31T23:59:59Z".into();
    rows.row("persons", story::elin())["enrolments"][0]["endDate"] = "9000-01-01T00:00:00".into();
    rows.row("groups", story::class_four())["endDate"] = "9999-12-31".into();
    rows.row("organisations", story::preschool())["endDate"] = "9999-12-31".into();
    rows.duty(story::maja())["endDate"] = "9999-12-31T00:00:00+01:00".into();
    let mut tenant = Tenant::new();
    let (report, _) = tenant.import(&rows);
    assert_eq!(report.problems, []);
    assert_eq!(tenant.placement(story::ebbas_placement()).until, None);
    assert!(!tenant.dump().contains("9999") && !tenant.dump().contains("9000-"));
}

#[test]
fn without_owners_in_the_source_every_guardian_owns_the_placement() {
    let mut town = town();
    let unowned = |town: &Town| {
        let mut rows = Rows::of(town);
        for row in rows.0.get_mut("placements").unwrap() {
            row.as_object_mut().unwrap().remove("owners");
        }
        rows
    };
    let mut tenant = Tenant::with(&unowned(&town));
    let owners = |tenant: &Tenant| tenant.placement(story::loves_placement()).owners;
    assert_eq!(owners(&tenant), [story::anna(), story::bo()]);
    tenant.quiet(&unowned(&town));
    town.end_guardian(story::bo(), story::love());
    tenant.import(&unowned(&town));
    assert_eq!(owners(&tenant), [story::anna()]);
    tenant.quiet(&unowned(&town));
}

/// Opening hours are in no source: they are unknown until the municipality says them.
#[test]
fn a_new_unit_has_no_hours_and_a_known_one_keeps_its_own() {
    let rows = Rows::town();
    let mut tenant = Tenant::with(&rows);
    let unit = |tenant: &Tenant| tenant.get::<Unit>(Scope::Unit(story::preschool()), story::preschool().0).unwrap();
    assert_eq!(unit(&tenant).hours, [None; 7]);
    let own = town().units[0].hours;
    tenant.put(Change::put(&Unit { hours: own, ..unit(&tenant) }));
    tenant.quiet(&rows);
    assert_eq!(unit(&tenant).hours, own);
}

/// Childcare is where the placement is: a department or an enrolment in preschool alone is no school.
#[test]
fn preschool_without_a_placement_is_no_place() {
    let member = |child: ChildId| json!({"person": {"id": child}, "startDate": "2026-08-01"});
    let mut rows = Rows::town();
    rows.row("persons", story::love())["enrolments"] = json!([
        {"enroledAt": {"id": story::preschool()}, "schoolType": "FS", "startDate": "2026-08-01"},
        {"enroledAt": {"id": story::preschool()}, "startDate": "2026-08-01"},
    ]);
    rows.row("groups", story::department())["groupMemberships"] = json!([member(story::love())]);
    rows.row("groups", story::after_school())["groupMemberships"] = json!([member(story::tova())]);
    for placement in [story::loves_placement(), story::tovas_placement()] {
        rows.row("placements", placement).as_object_mut().unwrap().remove("group");
    }
    let mut tenant = Tenant::new();
    let (report, _) = tenant.import(&rows);
    assert_eq!(report.problems, []);
    let places = |tenant: &Tenant, child| {
        let places = tenant.enrolled(child).places;
        places
            .iter()
            .filter(|place| place.holds_on(today()))
            .map(|place| (place.group, place.placement))
            .collect::<Vec<_>>()
    };
    // The department's row tells where the placement is, if its own does not.
    assert_eq!(places(&tenant, story::love()), [(Some(story::department()), Some(story::loves_placement()))]);
    assert_eq!(tenant.placement(story::loves_placement()).group, Some(story::department()));
    let tovas = places(&tenant, story::tova());
    assert!(tovas.contains(&(Some(story::after_school()), Some(story::tovas_placement()))), "{tovas:?}");
    assert!(tenant.scopes(story::maja(), Role::Staff).contains(&Scope::Placement(story::loves_placement())));
    tenant.quiet(&rows);

    // A row that can't be read moves nobody out of the department; one that can, does.
    let mut broken = rows.clone();
    broken.row("groups", story::department())["groupMemberships"][0]["startDate"] = "?".into();
    let (report, _) = tenant.import(&broken);
    assert!(report.is_unchanged(), "{report}");
    assert_eq!(tenant.placement(story::loves_placement()).group, Some(story::department()));
    rows.row("groups", story::department())["groupMemberships"][0]["endDate"] = json!(today().plus(-1));
    tenant.import(&rows);
    assert_eq!(places(&tenant, story::love()), [(None, Some(story::loves_placement()))]);
    tenant.quiet(&rows);

    rows.drop_row("placements", story::loves_placement());
    tenant.import(&rows);
    assert_eq!(places(&tenant, story::love()), []);
    assert!(!tenant.scopes(story::anna(), Role::Guardian).contains(&Scope::Child(story::love())));
    tenant.quiet(&rows);
}
