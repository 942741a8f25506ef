//! The invented municipality.

use kapprum_server::import::Folder;
use kapprum_server::import::source::{Extent, Source};
use kapprum_town::{Districts, write};

use super::world::*;

#[test]
fn the_sample_has_numbers_kept_for_fiction_and_a_page_of_every_kind_of_row() {
    let town = Town::sample(300, 2, today());
    for person in town.people.values().filter(|person| !person.phone.is_empty()) {
        let last: u8 = person.phone.strip_prefix("070-174 06 ").unwrap().parse().unwrap();
        assert!((5..=99).contains(&last), "{}", person.phone);
    }
    let rows = Rows::of(&town);
    let groups = |form: &str| rows.0["groups"].iter().filter(|row| row["schoolType"] == form).count();
    assert_eq!((groups("GY"), rows.0["groups"].iter().filter(|row| row["displayName"] == "NA1").count()), (6, 1));
    let of = |resource: &str, has: &dyn Fn(&Value) -> bool| rows.0[resource].iter().filter(|row| has(row)).count();
    let preschool =
        |row: &Value| row["enrolments"].as_array().is_some_and(|all| all.iter().any(|one| one["schoolType"] == "FS"));
    let members = |row: &Value| row["groupType"] == "Avdelning" && row["groupMemberships"] != json!([]);
    for (name, found) in [
        ("preschool enrolments", of("persons", &preschool)),
        ("departments with members", of("groups", &members)),
        ("placements of no group", of("placements", &|row| row["group"].is_null())),
        ("placements in a group", of("placements", &|row| !row["group"].is_null())),
    ] {
        assert!(found > 3, "{name}: {found}");
    }
}

#[test]
fn a_smaller_town_takes_the_place_of_a_larger_one() {
    let folder = tempfile::tempdir().unwrap();
    Town::sample(600, 1, today()).write(folder.path()).unwrap();
    std::fs::write(folder.path().join("persons.notes.json"), "mine").unwrap();
    let names = || -> BTreeSet<String> {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert!(names().contains("persons.002.json"));
    let town = Town::sample(60, 1, today());
    town.write(folder.path()).unwrap();
    let expected = town.pages().into_iter().map(|page| page.name).chain(["persons.notes.json".to_owned()]);
    assert_eq!(names(), expected.collect());
    std::fs::remove_file(folder.path().join("persons.notes.json")).unwrap();
    let (report, _) = Tenant::new().import(&Folder::open(folder.path()).unwrap());
    assert_eq!(report.resources[&Resource::Persons].rows, town.people.len());
}

/// A large town is never held whole: what is written district by district is what it is as a whole.
#[test]
fn a_town_of_several_districts_is_written_as_it_is_whole() {
    let (pupils, folder) = (3_200, tempfile::tempdir().unwrap());
    let mut told = Vec::new();
    let districts = Districts::new(pupils, 1, today());
    let counts = write(folder.path(), districts, &mut |counts| told.push(counts["persons"])).unwrap();
    let whole = Town::sample(pupils, 1, today());
    assert_eq!(told.len(), 2, "districts");
    let source = Folder::open(folder.path()).unwrap();
    let sorted = |mut rows: Vec<Value>| {
        rows.sort_by_cached_key(|row| row["id"].as_str().unwrap().to_owned());
        rows
    };
    let all = Rows::of(&whole);
    for resource in Resource::ALL {
        let mut rows = Vec::new();
        assert_eq!(source.rows(resource, &mut |row| rows.push(row)), Extent::Whole);
        let name = resource.names()[0];
        assert_eq!(counts[name], rows.len(), "{resource}");
        assert!(sorted(rows) == sorted(all.0[name].clone()), "{resource}");
    }
}
