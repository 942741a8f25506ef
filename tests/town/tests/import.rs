//! The import over whole towns and the real store: what it makes, what it leaves, and what broken input does to it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use kapprum_domain::access;
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::contact::Contact;
use kapprum_domain::id::{ChildId, PersonId, RecordId};
use kapprum_domain::record::{Body, Change};
use kapprum_domain::register::{Child, Enrolled};
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Day;
use kapprum_domain::world::World;
use kapprum_protocol::cursor::Epoch;
use kapprum_server::identity::IdentityNumber;
use kapprum_server::import::report::Report;
use kapprum_server::import::source::{Extent, Source};
use kapprum_server::import::target::StoreTarget;
use kapprum_server::import::{Broken, IdentitySink, Resource, import};
use kapprum_server::store::Store;
use kapprum_server::store::sqlite::Sqlite;
use kapprum_server::writer;
use kapprum_town::{Town, story};
use proptest::prelude::*;
use serde_json::{Value, json};

fn today() -> Day {
    "2026-11-24".parse().unwrap()
}

/// Rows in memory.
#[derive(Clone, Default)]
struct Rows(BTreeMap<&'static str, Vec<Value>>);

impl Rows {
    fn of(town: &Town) -> Self {
        let mut rows = Self::default();
        rows.0.extend(town.resources());
        rows
    }

    fn row(&mut self, resource: &str, id: impl ToString) -> &mut Value {
        let id = id.to_string();
        self.0.get_mut(resource).unwrap().iter_mut().find(|row| row["id"] == id.as_str()).unwrap()
    }

    fn drop_row(&mut self, resource: &str, id: impl ToString) {
        let id = id.to_string();
        self.0.get_mut(resource).unwrap().retain(|row| row["id"] != id.as_str());
    }
}

impl Source for Rows {
    fn rows(&self, resource: Resource, visit: &mut dyn FnMut(Value)) -> Extent {
        match self.0.get(resource.names()[0]) {
            Some(rows) => {
                rows.iter().cloned().for_each(visit);
                Extent::Whole
            }
            None => Extent::Missing,
        }
    }
}

#[derive(Default)]
struct Numbers(BTreeMap<PersonId, String>);

impl IdentitySink for Numbers {
    fn put(&mut self, numbers: Vec<(PersonId, IdentityNumber)>) -> Result<(), Broken> {
        self.0.extend(numbers.into_iter().map(|(person, number)| (person, number.expose().to_owned())));
        Ok(())
    }
}

/// A tenant's store in a folder that goes away with it.
struct Tenant {
    store: Sqlite,
    numbers: Numbers,
    day: Day,
    _folder: tempfile::TempDir,
}

impl Tenant {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open_in_memory_file(&folder.path().join("town.db"), Epoch(1)).unwrap();
        Self { store, numbers: Numbers::default(), day: today(), _folder: folder }
    }

    /// Imports; gives the report and how many rows that wrote, derived ones too.
    fn import(&mut self, source: &dyn Source) -> (Report, u64) {
        let before = self.head();
        let mut quiet = |_: &str, _| ();
        let mut target = StoreTarget::new(&self.store, self.day.start(), &mut quiet);
        let report = import(story::tenant(), self.day, source, &mut target, &mut self.numbers).unwrap();
        (report, self.head() - before)
    }

    fn head(&self) -> u64 {
        let mut head = 0;
        let mut reading = |snapshot: &dyn kapprum_server::store::Snapshot| {
            head = snapshot.meta()?.head;
            Ok(())
        };
        self.store.read(&mut reading).unwrap();
        head
    }

    fn read<T>(&self, work: impl Fn(&World<'_>) -> T) -> T {
        let mut found = None;
        let mut reading = |snapshot: &dyn kapprum_server::store::Snapshot| {
            found = Some(work(&World::new(snapshot)));
            Ok(())
        };
        self.store.read(&mut reading).unwrap();
        found.unwrap()
    }

    fn get<T: Body>(&self, scope: Scope, id: uuid::Uuid) -> Option<T> {
        self.read(|world| world.get(scope, RecordId(id)).unwrap())
    }

    fn enrolled(&self, child: ChildId) -> Enrolled {
        self.get(Scope::Register(child.as_person()), child.0).unwrap()
    }

    fn contact(&self, person: PersonId) -> Contact {
        self.get(Scope::Contact(person), person.0).unwrap()
    }

    fn put(&self, change: Change) {
        writer::import(&self.store, &[change], self.day.start()).unwrap();
    }

    fn scopes(&self, person: PersonId, role: Role) -> BTreeSet<Scope> {
        let account = Account { tenant: story::tenant(), holder: person.into(), role };
        self.read(|world| {
            access::scopes(&account, self.day.start(), world).unwrap().iter().map(|(scope, _)| scope).collect()
        })
    }

    /// Every live body, whatever its scope.
    fn dump(&self) -> String {
        let mut all = String::new();
        let kinds = ["unit", "group", "staff", "child", "enrolled", "employed", "placement", "contact", "imported"];
        let derived = ["grant", "membership", "board_card", "board_settings"];
        for kind in kinds.into_iter().chain(derived) {
            let reading = &mut |snapshot: &dyn kapprum_server::store::Snapshot| {
                snapshot.kind(kind, &mut |body| {
                    all.push_str(body);
                    all.push('\n');
                })
            };
            self.store.read(reading).unwrap();
        }
        all
    }
}

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
fn rows_that_are_half_sound_are_taken_half() {
    let mut rows = Rows::of(&Town::small(today()));
    let love = rows.row("persons", story::love());
    love["responsibles"][1]["relationType"] = "Granne".into();
    love["birthDate"] = "2022-03-14T00:00:00".into();
    rows.row("persons", story::anna())["phoneNumbers"] = json!({"number": "0521-123 45"});
    rows.row("placements", story::ebbas_placement())["group"] = json!({"id": "nowhere"});
    rows.row("duties", rows.clone().0["duties"][0]["id"].as_str().unwrap())["dutyRole"] = Value::Null;
    rows.0.get_mut("groups").unwrap().push(json!({"id": "x", "groupType": "Cirkel"}));
    rows.0.get_mut("persons").unwrap().extend([json!({"givenName": "Namnlös"}), json!(7)]);
    let mut tenant = Tenant::new();
    let (report, _) = tenant.import(&rows);
    assert_eq!(tenant.enrolled(story::love()).guardians.len(), 1);
    assert_eq!(tenant.enrolled(story::love()).birthday.unwrap().to_string(), "2022-03-14");
    assert_eq!(tenant.contact(story::anna()).phone, "0521-123 45");
    assert!(tenant.scopes(story::anna(), Role::Guardian).contains(&Scope::Placement(story::ebbas_placement())));
    let told: BTreeSet<_> =
        report.problems.iter().map(|one| format!("{} {}: {}", one.resource, one.field, one.problem)).collect();
    let expected = [
        "duties dutyRole: is missing or unknown; counts as other staff",
        "groups groupType: is missing or unknown",
        "persons id: is missing or no text",
        "persons responsibles.relationType: is missing or unknown",
        "persons row: is no object",
        "placements group: refers to nothing sound in the source",
    ];
    assert_eq!(told.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert!(!report.to_string().contains("Namnlös"));
}

/// One thing that goes wrong somewhere in a source.
#[derive(Debug, Clone)]
enum Fault {
    Null,
    Replaced(Value),
    Dropped,
    Truncated,
}

fn fault() -> impl Strategy<Value = Fault> {
    let odd = prop_oneof![
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[{"id": []}]])),
        Just(json!("")),
        Just(json!("2026-02-31")),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    prop_oneof![Just(Fault::Null), odd.prop_map(Fault::Replaced), Just(Fault::Dropped), Just(Fault::Truncated)]
}

/// Breaks the value that a walk by these steps comes to.
fn break_at(value: &mut Value, steps: &[usize], fault: &Fault) {
    let (step, rest) = steps.split_first().unwrap_or((&0, &[]));
    let size = value.as_object().map(serde_json::Map::len).or(value.as_array().map(Vec::len)).unwrap_or_default();
    if size > 0 && !steps.is_empty() {
        let at = step % size;
        let key = value.as_object().and_then(|fields| fields.keys().nth(at).cloned());
        let last = rest.is_empty() && matches!(fault, Fault::Dropped);
        match (value, key) {
            (Value::Object(fields), Some(key)) if last => drop(fields.remove(&key)),
            (Value::Object(fields), Some(key)) => break_at(&mut fields[&key], rest, fault),
            (Value::Array(items), _) if last => drop(items.remove(at)),
            (Value::Array(items), _) => break_at(&mut items[at], rest, fault),
            _ => {}
        }
        return;
    }
    match (fault, value) {
        (Fault::Null | Fault::Dropped, value) => *value = Value::Null,
        (Fault::Replaced(other), value) => *value = other.clone(),
        (Fault::Truncated, Value::String(text)) => *text = text.chars().take(text.chars().count() / 2).collect(),
        (Fault::Truncated, value) => *value = Value::Null,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// However rows are broken, the import ends well, rows that were left alone come in, and a second time is quiet.
    #[test]
    fn broken_rows_never_stop_sound_ones(
        faults in prop::collection::vec((0usize..6, any::<usize>(), prop::collection::vec(any::<usize>(), 0..4), fault()), 1..12),
    ) {
        let mut rows = Rows::of(&Town::small(today()));
        for (resource, row, steps, fault) in &faults {
            let name = Resource::ALL[*resource].names()[0];
            let of = rows.0.get_mut(name).unwrap();
            // Love, Anna and what they hang on stay whole.
            let whole = [
                story::love().to_string(), story::anna().to_string(), story::loves_placement().to_string(),
                story::department().to_string(), story::preschool().to_string(),
            ];
            let at = row % of.len().max(1);
            if let Some(row) = of.get_mut(at).filter(|row| !whole.iter().any(|id| row["id"] == id.as_str())) {
                break_at(row, steps, fault);
            }
        }
        let mut tenant = Tenant::new();
        tenant.import(&rows);
        let scopes = tenant.scopes(story::anna(), Role::Guardian);
        prop_assert!(scopes.contains(&Scope::Placement(story::loves_placement())));
        let (again, written) = tenant.import(&rows);
        prop_assert!(again.is_unchanged() && written == 0, "{again}");
    }
}
