//! A town of any size: lifelike, invented, the same for the same seed.
//!
//! A large one is made district by district, each with its own preschools, schools and families, so that it can be
//! written without ever being held whole.

use std::collections::BTreeMap;

use kapprum_domain::grant::Place;
use kapprum_domain::id::{ChildId, GroupId, PersonId, PlacementId, UnitId};
use kapprum_domain::organisation::{GroupKind, SchoolForm};
use kapprum_domain::time::Day;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

use super::{Person, Town, names, story};

/// Pupils of a district.
const DISTRICT: usize = 3_000;

impl Town {
    /// The families of the stories and about so many pupils more: preschools, schools with after-school, upper
    /// secondary schools; siblings in several units, separated and sole guardians, guardians who are staff, adult
    /// students, protected persons, people without a call name.
    pub fn sample(pupils: usize, seed: u64, today: Day) -> Self {
        let mut districts = Districts::new(pupils, seed, today);
        let mut town = districts.next().unwrap();
        for district in districts {
            town.units.extend(district.units);
            town.groups.extend(district.groups);
            town.people.extend(district.people);
            town.enrolled.extend(district.enrolled);
            town.placements.extend(district.placements);
            town.employed.extend(district.employed);
        }
        town
    }
}

/// The districts of [`Town::sample`] one by one, the families of the stories in the first.
pub struct Districts {
    pupils: usize,
    maker: Maker,
    begun: bool,
}

impl Districts {
    /// As [`Town::sample`].
    pub fn new(pupils: usize, seed: u64, today: Day) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Self { pupils, maker: Maker { town: Town::small(today), random, numbers: BTreeMap::new() }, begun: false }
    }
}

impl Iterator for Districts {
    type Item = Town;

    fn next(&mut self) -> Option<Town> {
        if std::mem::replace(&mut self.begun, true) && self.pupils == 0 {
            return None;
        }
        let pupils = self.pupils.min(DISTRICT);
        self.pupils -= pupils;
        let maker = &mut self.maker;
        maker.units(pupils.max(30));
        let first = maker.town.enrolled.len();
        while maker.town.enrolled.len() < first + pupils {
            maker.family();
        }
        maker.staff();
        let next = Town::empty(maker.town.today);
        Some(std::mem::replace(&mut maker.town, next))
    }
}

struct Maker {
    town: Town,
    random: ChaCha8Rng,
    numbers: BTreeMap<Day, u8>,
}

impl Maker {
    fn below(&mut self, most: usize) -> usize {
        (self.random.next_u64() % most.max(1) as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn id(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.random.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    fn units(&mut self, pupils: usize) {
        for number in 0..pupils.div_ceil(300) {
            let unit = UnitId(self.id());
            self.town.add_unit(unit, &format!("Förskolan {}", names::FAMILY[number % 32]), &[SchoolForm::Preschool]);
            for department in ["Blåsippan", "Gläntan", "Kotten", "Stigen", "Ängen"] {
                let group = GroupId(self.id());
                self.town.add_group(group, unit, department, GroupKind::Department);
            }
            let unit = UnitId(self.id());
            let forms = [SchoolForm::PreschoolClass, SchoolForm::Compulsory, SchoolForm::AfterSchool];
            self.town.add_unit(unit, &format!("{}skolan", names::FAMILY[(number + 7) % 32]), &forms);
            for year in 0..10 {
                let group = GroupId(self.id());
                let name = if year == 0 { "Förskoleklass".to_owned() } else { format!("{year}A") };
                self.town.add_group(group, unit, &name, GroupKind::Class);
            }
            for name in ["Fritids Lyan", "Fritids Taket"] {
                let group = GroupId(self.id());
                self.town.add_group(group, unit, name, GroupKind::AfterSchool);
            }
            let group = GroupId(self.id());
            self.town.add_group(group, unit, "Engelska 8–9", GroupKind::Teaching);
        }
        let unit = UnitId(self.id());
        self.town.add_unit(unit, "Birger Sjöberggymnasiet", &[SchoolForm::UpperSecondary]);
        for name in ["NA1", "NA2", "NA3", "EK1", "EK2", "EK3"] {
            let group = GroupId(self.id());
            self.town.add_group(group, unit, name, GroupKind::Class);
        }
    }

    fn person(&mut self, family: &str, adult: bool) -> PersonId {
        let id = PersonId(self.id());
        let given = names::GIVEN[self.below(40)];
        let mut person = Person::named(given, family);
        if self.one_in(12) {
            person.given = format!("{given} {}", names::GIVEN[self.below(40)]);
            person.call = None;
        }
        if adult {
            // The mobile numbers that are kept free for fiction.
            person.phone = format!("070-174 06 {:02}", 5 + self.below(95));
            person.address = format!("{} {}", names::street(id.0.as_u128()), 1 + self.below(90));
        }
        self.town.people.insert(id, person);
        id
    }

    fn family(&mut self) {
        let family = names::FAMILY[self.below(32)];
        let mut guardians = vec![self.person(family, true)];
        if !self.one_in(6) {
            // Separated guardians mostly have other names.
            let other = if self.one_in(4) { names::FAMILY[self.below(32)] } else { family };
            guardians.push(self.person(other, true));
        }
        let marked = self.one_in(80);
        for _ in 0..=self.below(3) {
            let years = 1 + self.below(18) as i16;
            let child = self.child(family, years, &guardians);
            if marked {
                self.town.enrolled.get_mut(&child).unwrap().marked = true;
            }
        }
    }

    fn child(&mut self, family: &str, years: i16, guardians: &[PersonId]) -> ChildId {
        let child = ChildId(self.id());
        let given = names::GIVEN[self.below(40)];
        self.town.add_child(child, given, family, years, guardians);
        let birthday = self.birthday(years);
        let number = self.temporary_number(birthday);
        let second = self.one_in(15).then(|| names::GIVEN[self.below(40)]);
        self.town.enrolled.get_mut(&child).unwrap().birthday = Some(birthday);
        let person = self.town.people.get_mut(&child.as_person()).unwrap();
        (person.birthday, person.number) = (Some(birthday), number);
        if let Some(second) = second {
            person.given = format!("{given} {second}");
            person.call = None;
        }
        match years {
            ..=5 => self.placed(child, GroupKind::Department),
            6..=15 => {
                let year = (years - 6) as u8;
                let group = self.group(GroupKind::Class, |name| {
                    if year == 0 { name == "Förskoleklass" } else { name == format!("{year}A") }
                });
                let unit = self.town.groups.iter().find(|one| one.group == group).unwrap().unit;
                self.town.enrol(child, unit, Some(group), Some(year));
                if year <= 3 && !self.one_in(3) {
                    self.placed(child, GroupKind::AfterSchool);
                }
                if year >= 8 {
                    let group = self.group(GroupKind::Teaching, |_| true);
                    let unit = self.town.groups.iter().find(|one| one.group == group).unwrap().unit;
                    let from = self.town.today.plus(-90);
                    let place = Place { unit, group: Some(group), placement: None, from, until: None };
                    self.town.enrolled.get_mut(&child).unwrap().places.push(place);
                }
            }
            _ => {
                let year = (years - 15).clamp(1, 3);
                let group = self.group(GroupKind::Class, |name| name.len() == 3 && name.ends_with(&year.to_string()));
                let unit = self.town.groups.iter().find(|one| one.group == group).unwrap().unit;
                self.town.enrol(child, unit, Some(group), Some(9 + year as u8));
            }
        }
        child
    }

    /// A day in the year in which one turns so many years.
    fn birthday(&mut self, years: i16) -> Day {
        let (year, _, _) = self.town.today.parts();
        let first = Day::new(year - years, 1, 1).unwrap();
        first.plus(self.below(365) as i32)
    }

    /// A municipality's own number for a birthday, as long as there are any; some people have none.
    fn temporary_number(&mut self, birthday: Day) -> Option<String> {
        let used = self.numbers.entry(birthday).or_default();
        let (serial, (year, month, day)) = (*used, birthday.parts());
        *used = used.saturating_add(1);
        (serial < 100 && !self.one_in(10)).then(|| format!("{year:04}{month:02}{day:02}TF{serial:02}"))
    }

    fn placed(&mut self, child: ChildId, kind: GroupKind) {
        let group = self.group(kind, |_| true);
        let placement = PlacementId(self.id());
        self.town.place(child, placement, group);
    }

    fn group(&mut self, kind: GroupKind, fits: impl Fn(&str) -> bool) -> GroupId {
        let fitting: Vec<GroupId> =
            self.town.groups.iter().filter(|one| one.kind == kind && fits(&one.name)).map(|one| one.group).collect();
        fitting[self.below(fitting.len())]
    }

    fn staff(&mut self) {
        let guardians: Vec<PersonId> =
            self.town.enrolled.values().flat_map(|one| &one.guardians).map(|one| one.guardian).collect();
        let groups = self.town.groups.clone();
        let told = [story::preschool(), story::school()];
        let units: Vec<UnitId> =
            self.town.units.iter().map(|one| one.unit).filter(|unit| !told.contains(unit)).collect();
        for unit in units {
            let family = names::FAMILY[self.below(32)];
            let principal = self.person(family, true);
            self.town.employ(principal, unit, true, &[]);
            for group in groups.iter().filter(|one| one.unit == unit) {
                // Some staff are guardians of the town too.
                let teacher = match self.one_in(5) {
                    true => guardians[self.below(guardians.len())],
                    false => {
                        let family = names::FAMILY[self.below(32)];
                        self.person(family, true)
                    }
                };
                if !self.town.employed.contains_key(&teacher) {
                    self.town.employ(teacher, unit, false, &[group.group]);
                    let assignments = &mut self.town.employed.get_mut(&teacher).unwrap().assignments;
                    // Who has a class is its mentor, and reaches its guardians.
                    for one in assignments.iter_mut().filter(|one| one.kind == GroupKind::Class) {
                        one.kind = GroupKind::Mentor;
                    }
                }
            }
        }
    }
}
