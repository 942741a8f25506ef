//! What these tests share: rows that can be changed, and a tenant that imports them.

pub(crate) use std::collections::{BTreeMap, BTreeSet};
pub(crate) use std::time::Duration;

use kapprum_domain::access;
use kapprum_domain::actor::Account;
pub(crate) use kapprum_domain::actor::Role;
pub(crate) use kapprum_domain::contact::Contact;
use kapprum_domain::grant::Place;
pub(crate) use kapprum_domain::id::{ChildId, GroupId, PersonId, PlacementId, RecordId};
use kapprum_domain::organisation::GroupKind;
pub(crate) use kapprum_domain::organisation::Unit;
use kapprum_domain::record::Body;
pub(crate) use kapprum_domain::record::Change;
use kapprum_domain::register::Assignment;
pub(crate) use kapprum_domain::register::{Child, Enrolled, Placement};
pub(crate) use kapprum_domain::scope::Scope;
pub(crate) use kapprum_domain::time::Day;
use kapprum_domain::world::World;
use kapprum_protocol::cursor::Epoch;
use kapprum_server::identity::IdentityNumber;
pub(crate) use kapprum_server::import::Resource;
pub(crate) use kapprum_server::import::report::Report;
use kapprum_server::import::source::{Extent, Source};
use kapprum_server::import::target::{Pace, StoreTarget};
use kapprum_server::import::{Broken, IdentitySink, import};
use kapprum_server::store::Store;
use kapprum_server::store::sqlite::Sqlite;
use kapprum_server::writer;
pub(crate) use kapprum_town::{Town, story};
pub(crate) use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) fn today() -> Day {
    "2026-11-24".parse().unwrap()
}

/// English for Elin, taught by Karin.
pub(crate) fn english() -> GroupId {
    GroupId(Uuid::from_u128(0xe))
}

/// What lies between the municipality and the preschool; Petra leads it.
pub(crate) fn area() -> Uuid {
    Uuid::from_u128(0xa)
}

/// The town of the stories.
pub(crate) fn town() -> Town {
    let mut town = Town::small(today());
    town.add_group(english(), story::school(), "Engelska", GroupKind::Teaching);
    let (unit, group) = (story::school(), english());
    let taught = Assignment { group, unit, kind: GroupKind::Teaching, from: None, until: None };
    town.employed.get_mut(&story::karin()).unwrap().assignments.push(taught);
    let place = Place { unit, group: Some(group), placement: None, from: today().plus(-90), until: None };
    town.enrolled.get_mut(&story::elin().as_child()).unwrap().places.push(place);
    town
}

/// Rows in memory.
#[derive(Clone, Default)]
pub(crate) struct Rows(pub(crate) BTreeMap<&'static str, Vec<Value>>);

impl Rows {
    pub(crate) fn of(town: &Town) -> Self {
        let mut rows = Self::default();
        rows.0.extend(town.resources());
        rows
    }

    /// The town of the stories, with every kind of row.
    pub(crate) fn town() -> Self {
        let mut rows = Self::of(&town());
        let above = json!({ "id": story::tenant() });
        rows.0.get_mut("organisations").unwrap().push(json!({
            "id": area(), "displayName": "Norr", "organisationType": "Rektorsområde", "parentOrganisation": above,
        }));
        rows.row("organisations", story::preschool())["parentOrganisation"] = json!({ "id": area() });
        rows.duty(story::petra())["dutyAt"] = json!({ "id": area() });
        rows
    }

    pub(crate) fn row(&mut self, resource: &str, id: impl ToString) -> &mut Value {
        let id = id.to_string();
        self.0.get_mut(resource).unwrap().iter_mut().find(|row| row["id"] == id.as_str()).unwrap()
    }

    /// A person's post.
    pub(crate) fn duty(&mut self, person: PersonId) -> &mut Value {
        let id = person.to_string();
        self.0.get_mut("duties").unwrap().iter_mut().find(|row| row["person"]["id"] == id.as_str()).unwrap()
    }

    pub(crate) fn drop_row(&mut self, resource: &str, id: impl ToString) {
        let id = id.to_string();
        self.0.get_mut(resource).unwrap().retain(|row| row["id"] != id.as_str());
    }
}

/// Something that becomes of rows.
pub(crate) type Edit = fn(&mut Rows);

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
pub(crate) struct Numbers(pub(crate) BTreeMap<PersonId, String>);

impl IdentitySink for Numbers {
    fn people(&mut self) -> Result<Vec<PersonId>, Broken> {
        Ok(self.0.keys().copied().collect())
    }

    fn put(&mut self, numbers: Vec<(PersonId, Option<IdentityNumber>)>) -> Result<(), Broken> {
        for (person, number) in numbers {
            match number {
                Some(number) => drop(self.0.insert(person, number.expose().to_owned())),
                None => drop(self.0.remove(&person)),
            }
        }
        Ok(())
    }
}

/// Time that passes only while an import works, so many milliseconds each time it is asked.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) step: u64,
    elapsed: Duration,
    /// For how long the import rested, each time.
    pub(crate) rests: Vec<Duration>,
}

impl Pace for Told {
    fn elapsed(&mut self) -> Duration {
        self.elapsed += Duration::from_millis(self.step);
        self.elapsed
    }

    fn rest(&mut self, pause: Duration) {
        self.rests.push(pause);
    }
}

/// A tenant's store in a folder that goes away with it.
pub(crate) struct Tenant {
    pub(crate) store: Sqlite,
    pub(crate) numbers: Numbers,
    pub(crate) day: Day,
    pub(crate) pace: Told,
    _folder: tempfile::TempDir,
}

impl Tenant {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open_in_memory_file(&folder.path().join("town.db"), Epoch(1)).unwrap();
        Self { store, numbers: Numbers::default(), day: today(), pace: Told::default(), _folder: folder }
    }

    /// A tenant into which rows have been imported.
    pub(crate) fn with(source: &dyn Source) -> Self {
        let mut tenant = Self::new();
        tenant.import(source);
        tenant
    }

    /// Imports; gives the report and how many rows that wrote, derived ones too.
    pub(crate) fn import(&mut self, source: &dyn Source) -> (Report, u64) {
        let before = self.head();
        let mut quiet = |_: &str, _| ();
        let mut target = StoreTarget::new(&self.store, self.day.start(), &mut self.pace, &mut quiet);
        let report = import(story::tenant(), self.day, source, &mut target, &mut self.numbers).unwrap();
        (report, self.head() - before)
    }

    /// Imports the same once more: nothing is written.
    pub(crate) fn quiet(&mut self, source: &dyn Source) {
        let (report, written) = self.import(source);
        assert!(report.is_unchanged() && written == 0, "{report}\n{written}");
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

    pub(crate) fn get<T: Body>(&self, scope: Scope, id: Uuid) -> Option<T> {
        self.read(|world| world.get(scope, RecordId(id)).unwrap())
    }

    pub(crate) fn enrolled(&self, child: ChildId) -> Enrolled {
        self.get(Scope::Register(child.as_person()), child.0).unwrap()
    }

    pub(crate) fn placement(&self, placement: PlacementId) -> Placement {
        self.get(Scope::Placement(placement), placement.0).unwrap()
    }

    pub(crate) fn contact(&self, person: PersonId) -> Contact {
        self.get(Scope::Contact(person), person.0).unwrap()
    }

    pub(crate) fn put(&self, change: Change) {
        writer::import(&self.store, &[change], self.day.start()).unwrap();
    }

    pub(crate) fn scopes(&self, person: PersonId, role: Role) -> BTreeSet<Scope> {
        let account = Account { tenant: story::tenant(), holder: person.into(), role };
        self.read(|world| {
            access::scopes(&account, self.day.start(), world).unwrap().iter().map(|(scope, _)| scope).collect()
        })
    }

    /// What each of these people holds.
    pub(crate) fn rights<'p>(&self, people: impl IntoIterator<Item = &'p PersonId>) -> BTreeSet<(PersonId, Scope)> {
        let roles = [Role::Guardian, Role::Student, Role::Staff];
        let of = |person: &PersonId| {
            let held: BTreeSet<_> = roles.into_iter().flat_map(|role| self.scopes(*person, role)).collect();
            held.into_iter().map(move |scope| (*person, scope)).collect::<Vec<_>>()
        };
        people.into_iter().flat_map(of).collect()
    }

    /// Every live body, whatever its scope.
    pub(crate) fn dump(&self) -> String {
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

/// What ended, by resource.
pub(crate) fn ended(report: &Report) -> BTreeMap<Resource, usize> {
    report
        .resources
        .iter()
        .map(|(resource, counts)| (*resource, counts.ended))
        .filter(|(_, ended)| *ended > 0)
        .collect()
}

/// The problems as `resource field: problem`.
pub(crate) fn problems(report: &Report) -> BTreeSet<String> {
    report.problems.iter().map(|one| format!("{} {}: {}", one.resource, one.field, one.problem)).collect()
}
