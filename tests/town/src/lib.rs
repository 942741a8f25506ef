//! The one builder of worlds: demo, stories, simulation and benches all live in a [`Town`].
//!
//! A town is a set of facts: units, groups, people, who is where and who belongs to whom. [`Town::changes`] gives them
//! as the domain's records.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test world that is wrong must fail loudly")]

pub mod check;
pub mod harness;
mod names;
mod sample;
mod ss12000;

pub use sample::Districts;
pub use ss12000::{Page, write};

use std::collections::BTreeMap;

use kapprum_domain::actor::{Account, Role};
use kapprum_domain::contact::Contact;
use kapprum_domain::grant::{Grant, Place, Right};
use kapprum_domain::id::{ChildId, DeviceId, GroupId, HolderId, PersonId, PlacementId, TenantId, UnitId};
use kapprum_domain::organisation::{Group, GroupKind, Municipality, SchoolForm, StaffCard, Switches, Unit};
use kapprum_domain::record::Change;
use kapprum_domain::register::{Assignment, Child, Duty, Employed, Enrolled, Guardianship, Placement};
use kapprum_domain::time::{Day, Span, TimeOfDay};
use kapprum_server::import::alias::alias;
use uuid::Uuid;

/// A municipality with its people.
#[derive(Debug, Clone)]
pub struct Town {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// Its switches.
    pub switches: Switches,
    /// The day on which it is looked at.
    pub today: Day,
    /// Preschools and schools.
    pub units: Vec<Unit>,
    /// Their groups.
    pub groups: Vec<Group>,
    /// Everybody.
    pub people: BTreeMap<PersonId, Person>,
    /// Children and students.
    pub enrolled: BTreeMap<ChildId, Enrolled>,
    /// Places in childcare and after-school.
    pub placements: BTreeMap<PlacementId, Placement>,
    /// Staff.
    pub employed: BTreeMap<PersonId, Employed>,
}

/// A person as the population register knows them.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Given names.
    pub given: String,
    /// The name they go by, if registered.
    pub call: Option<String>,
    /// Family name.
    pub family: String,
    /// Birthday.
    pub birthday: Option<Day>,
    /// Identity number: published test numbers for the people of the stories, temporary ones for others.
    pub number: Option<String>,
    /// Phone.
    pub phone: String,
    /// Mail.
    pub mail: String,
    /// Street.
    pub address: String,
}

impl Person {
    /// A person by name.
    pub fn named(given: &str, family: &str) -> Self {
        let mail = format!("{}.{}@example.se", plain(given), plain(family));
        Self {
            given: given.to_owned(),
            call: Some(given.to_owned()),
            family: family.to_owned(),
            mail,
            ..Self::default()
        }
    }

    /// The name to show: several first names where none is registered as the one they go by (rule 101).
    pub fn shown(&self) -> &str {
        self.call.as_deref().unwrap_or(&self.given)
    }
}

fn plain(text: &str) -> String {
    let letters = text.to_lowercase().replace(['å', 'ä'], "a").replace('ö', "o").replace('é', "e");
    letters.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The people and places of the stories.
pub mod story {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(0x7a00_0000_0000_4000_8000_0000_0000_0000 + number)
    }

    macro_rules! known {
        ($($(#[$doc:meta])* $name:ident: $kind:ident = $number:literal;)*) => {
            $($(#[$doc])* pub fn $name() -> $kind { $kind(id($number)) })*
        };
    }

    known! {
        /// The municipality.
        tenant: TenantId = 1;
        /// The preschool Solrosen.
        preschool: UnitId = 2;
        /// Björkskolan, with after-school.
        school: UnitId = 3;
        /// The department Blåklinten.
        department: GroupId = 4;
        /// The class 1A.
        class_one: GroupId = 5;
        /// The after-school group Kojan.
        after_school: GroupId = 6;
        /// The class 4B.
        class_four: GroupId = 7;
        /// Guardian of Ebba and Love; owns their placements with Bo.
        anna: PersonId = 10;
        /// Their other guardian, separated from Anna.
        bo: PersonId = 11;
        /// At Blåklinten.
        ebba: ChildId = 12;
        /// At Blåklinten.
        love: ChildId = 13;
        /// Preschool teacher at Blåklinten.
        maja: PersonId = 14;
        /// Student in class 4B, daughter of Karin.
        elin: PersonId = 15;
        /// Elin's guardian, and teacher of class 1A.
        karin: PersonId = 16;
        /// Principal of Solrosen.
        petra: PersonId = 17;
        /// A child at Blåklinten with a security mark.
        marked: ChildId = 18;
        /// The marked child's guardian.
        vera: PersonId = 19;
        /// Sits in an other department and sees nothing of Blåklinten.
        other: GroupId = 20;
        /// Teacher of the other department.
        nils: PersonId = 21;
        /// Karin's younger child, in class 1A and after-school.
        tova: ChildId = 22;
        /// Tova's after-school placement.
        tovas_placement: PlacementId = 33;
        /// Love's placement.
        loves_placement: PlacementId = 30;
        /// Ebba's placement.
        ebbas_placement: PlacementId = 31;
        /// The marked child's placement.
        marked_placement: PlacementId = 32;
        /// Blåklinten's tablet.
        tablet: DeviceId = 40;
        /// Blåklinten's hall board.
        board: DeviceId = 41;
    }

    /// A person's or device's account in the town of the stories.
    pub fn account(holder: impl Into<HolderId>, role: Role) -> Account {
        account_of(holder.into(), role)
    }

    /// As [`account`], by holder.
    pub fn account_of(holder: HolderId, role: Role) -> Account {
        Account { tenant: tenant(), holder, role }
    }
}

fn span(start: &str, end: &str) -> Span {
    let time = |text: &str| text.parse::<TimeOfDay>().unwrap();
    Span::new(time(start), time(end)).unwrap()
}

impl Town {
    /// The municipality without anybody.
    fn empty(today: Day) -> Self {
        Self {
            tenant: story::tenant(),
            name: "Vänersborg".to_owned(),
            switches: Switches::default(),
            today,
            units: Vec::new(),
            groups: Vec::new(),
            people: BTreeMap::new(),
            enrolled: BTreeMap::new(),
            placements: BTreeMap::new(),
            employed: BTreeMap::new(),
        }
    }

    /// The few families of the stories; cheap to make.
    pub fn small(today: Day) -> Self {
        let mut town = Self::empty(today);
        town.add_unit(story::preschool(), "Solrosens förskola", &[SchoolForm::Preschool]);
        town.add_unit(story::school(), "Björkskolan", &[SchoolForm::Compulsory, SchoolForm::AfterSchool]);
        town.add_group(story::department(), story::preschool(), "Blåklinten", GroupKind::Department);
        town.add_group(story::other(), story::preschool(), "Smultronet", GroupKind::Department);
        town.add_group(story::class_one(), story::school(), "1A", GroupKind::Class);
        town.add_group(story::class_four(), story::school(), "4B", GroupKind::Class);
        town.add_group(story::after_school(), story::school(), "Kojan", GroupKind::AfterSchool);

        town.add_person(story::anna(), "Anna", "Lindqvist", "199908072391", "070-174 06 35");
        town.add_person(story::bo(), "Bo", "Ekström", "196801642395", "070-174 06 51");
        town.add_person(story::maja(), "Maja", "Norberg", "197010632391", "");
        town.add_person(story::karin(), "Karin", "Åberg", "", "070-174 06 77");
        town.add_person(story::petra(), "Petra", "Holm", "", "");
        town.add_person(story::vera(), "Vera", "Hemlig", "", "070-174 06 99");
        town.add_person(story::nils(), "Nils", "Dahl", "", "");

        let both = [story::anna(), story::bo()];
        town.add_child(story::ebba(), "Ebba", "Lindqvist", 5, &both);
        town.place(story::ebba(), story::ebbas_placement(), story::department());
        town.add_child(story::tova(), "Tova", "Åberg", 7, &[story::karin()]);
        town.enrol(story::tova(), story::school(), Some(story::class_one()), Some(1));
        town.place(story::tova(), story::tovas_placement(), story::after_school());
        town.add_child(story::love(), "Love", "Lindqvist", 4, &both);
        town.place(story::love(), story::loves_placement(), story::department());
        town.add_child(story::elin().as_child(), "Elin", "Åberg", 10, &[story::karin()]);
        town.enrol(story::elin().as_child(), story::school(), Some(story::class_four()), Some(4));
        town.add_child(story::marked(), "Sixten", "Hemlig", 5, &[story::vera()]);
        town.place(story::marked(), story::marked_placement(), story::department());
        town.enrolled.get_mut(&story::marked()).unwrap().marked = true;

        town.employ(story::maja(), story::preschool(), false, &[story::department()]);
        town.employ(story::petra(), story::preschool(), true, &[]);
        town.employ(story::nils(), story::preschool(), false, &[story::other()]);
        town.employ(story::karin(), story::school(), false, &[story::class_one()]);
        town
    }

    /// A unit with ordinary hours.
    pub fn add_unit(&mut self, unit: UnitId, name: &str, forms: &[SchoolForm]) {
        let mut hours = [Some(span("06:15", "18:15")); 7];
        hours[5] = None;
        hours[6] = None;
        let phone = "0521-72 10 00".to_owned();
        self.units.push(Unit { unit, name: name.to_owned(), forms: forms.to_vec(), phone, hours, switches: None });
    }

    /// A group of a unit.
    pub fn add_group(&mut self, group: GroupId, unit: UnitId, name: &str, kind: GroupKind) {
        self.groups.push(Group { group, unit, name: name.to_owned(), kind });
    }

    fn add_person(&mut self, id: PersonId, given: &str, family: &str, number: &str, phone: &str) {
        let number = (!number.is_empty()).then(|| number.to_owned());
        let address = format!("{} {}", names::street(id.0.as_u128()), 1 + id.0.as_u128() % 40);
        let person = Person { number, phone: phone.to_owned(), address, ..Person::named(given, family) };
        self.people.insert(id, person);
    }

    /// A child of so many years with its guardians; in no place yet.
    pub fn add_child(&mut self, child: ChildId, given: &str, family: &str, years: i16, guardians: &[PersonId]) {
        let (year, _, _) = self.today.parts();
        let birthday = Day::new(year - years, 3, 14);
        let number = birthday.map(|day| {
            let (year, month, day) = day.parts();
            format!("{year:04}{month:02}{day:02}TF{:02}", child.0.as_u128() % 100)
        });
        self.people.insert(
            child.as_person(),
            Person { birthday, number, mail: String::new(), ..Person::named(given, family) },
        );
        let guardians =
            guardians.iter().map(|one| Guardianship { guardian: *one, threat: false, until: None }).collect();
        let enrolled = Enrolled { child, birthday, school_year: None, marked: false, guardians, places: Vec::new() };
        self.enrolled.insert(child, enrolled);
    }

    /// Puts a child in a school.
    pub fn enrol(&mut self, child: ChildId, unit: UnitId, group: Option<GroupId>, school_year: Option<u8>) {
        let from = self.today.plus(-400);
        let enrolled = self.enrolled.get_mut(&child).unwrap();
        enrolled.school_year = school_year.or(enrolled.school_year);
        enrolled.places.push(Place { unit, group, placement: None, from, until: None });
    }

    /// Gives a child a place in childcare or after-school; its guardians own it.
    pub fn place(&mut self, child: ChildId, placement: PlacementId, group: GroupId) {
        let of = self.groups.iter().find(|one| one.group == group).unwrap();
        let form = if of.kind == GroupKind::AfterSchool { SchoolForm::AfterSchool } else { SchoolForm::Preschool };
        let (unit, from) = (of.unit, self.today.plus(-400));
        let enrolled = self.enrolled.get_mut(&child).unwrap();
        let owners = enrolled.guardians.iter().map(|one| one.guardian).collect();
        enrolled.places.push(Place { unit, group: Some(group), placement: Some(placement), from, until: None });
        let place = Placement { placement, child, unit, group: Some(group), form, owners, from, until: None };
        self.placements.insert(placement, place);
    }

    /// Employs a person at a unit, with groups.
    pub fn employ(&mut self, person: PersonId, unit: UnitId, principal: bool, groups: &[GroupId]) {
        let kind = |group: &GroupId| self.groups.iter().find(|one| one.group == *group).unwrap().kind;
        let assignments =
            groups.iter().map(|group| Assignment { group: *group, unit, kind: kind(group), from: None, until: None });
        let duties = vec![Duty { unit, principal, from: None, until: None }];
        let assignments = assignments.collect();
        self.employed.insert(person, Employed { person, duties, assignments });
    }

    /// From today on the person is no longer the child's guardian.
    pub fn end_guardian(&mut self, guardian: PersonId, child: ChildId) {
        let until = Some(self.today.plus(-1));
        let enrolled = self.enrolled.get_mut(&child).unwrap();
        enrolled.guardians.iter_mut().filter(|one| one.guardian == guardian).for_each(|one| one.until = until);
    }

    /// The person is the child's guardian again.
    pub fn restore_guardian(&mut self, guardian: PersonId, child: ChildId) {
        let enrolled = self.enrolled.get_mut(&child).unwrap();
        enrolled.guardians.iter_mut().filter(|one| one.guardian == guardian).for_each(|one| one.until = None);
    }

    /// A child's place ended yesterday, or goes on after all.
    pub fn end_place(&mut self, child: ChildId, placement: PlacementId, ended: bool) {
        let until = ended.then(|| self.today.plus(-1));
        self.placements.get_mut(&placement).unwrap().until = until;
        let places = &mut self.enrolled.get_mut(&child).unwrap().places;
        places.iter_mut().filter(|place| place.placement == Some(placement)).for_each(|place| place.until = until);
    }

    /// All facts as changes, in an order in which what follows can be derived.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = vec![Change::put(&Municipality {
            tenant: self.tenant,
            name: self.name.clone(),
            phone: "0521-72 10 00".to_owned(),
            switches: self.switches.clone(),
        })];
        changes.extend(self.units.iter().map(Change::put));
        changes.extend(self.groups.iter().map(Change::put));
        for (id, employed) in &self.employed {
            for duty in &employed.duties {
                let person = &self.people[id];
                let name = format!("{} {}", person.shown(), person.family);
                changes.push(Change::put(&StaffCard { person: *id, unit: duty.unit, name, principal: duty.principal }));
            }
        }
        changes.extend(
            self.people.keys().filter(|id| !self.enrolled.contains_key(&id.as_child())).map(|id| self.contact(*id)),
        );
        changes.extend(self.placements.values().map(Change::put));
        changes.extend(self.enrolled.values().flat_map(|enrolled| self.child(enrolled)));
        changes.extend(self.employed.values().map(Change::put));
        changes
    }

    /// A child's card and its entry in the register.
    pub fn child(&self, enrolled: &Enrolled) -> [Change; 2] {
        let person = &self.people[&enrolled.child.as_person()];
        let form = |place: &Place| match place.placement {
            Some(placement) => self.placements[&placement].form,
            None => SchoolForm::Compulsory,
        };
        let mut forms: Vec<SchoolForm> = enrolled.places.iter().map(form).collect();
        forms.sort();
        forms.dedup();
        let (call_name, family_name) = if enrolled.marked {
            (alias(enrolled.child.0, &person.given).to_owned(), String::new())
        } else {
            (person.shown().to_owned(), person.family.clone())
        };
        [Change::put(&Child { child: enrolled.child, call_name, family_name, forms }), Change::put(enrolled)]
    }

    fn contact(&self, id: PersonId) -> Change {
        let person = &self.people[&id];
        // Families of marked children show no way to find them (ruling i).
        let hidden = self.enrolled.values().any(|one| one.marked && one.guardians.iter().any(|of| of.guardian == id));
        let open = |text: &str| if hidden { String::new() } else { text.to_owned() };
        Change::put(&Contact {
            person: id,
            given_name: if hidden { alias(id.0, &person.given).to_owned() } else { person.shown().to_owned() },
            family_name: open(&person.family),
            phone: open(&person.phone),
            mail: open(&person.mail),
            address: open(&person.address),
            hidden,
        })
    }

    /// The grant that a paired tablet gets.
    pub fn tablet(&self, device: DeviceId, group: GroupId) -> Change {
        let of = self.groups.iter().find(|one| one.group == group).unwrap();
        let right = Right::Tablet { group, unit: of.unit, kind: of.kind };
        Change::put(&Grant { holder: device.into(), right, from: None, until: None })
    }

    /// The grant that a paired hall board gets.
    pub fn board(&self, device: DeviceId, group: GroupId) -> Change {
        Change::put(&Grant { holder: device.into(), right: Right::Board { group }, from: None, until: None })
    }
}
