//! A few families in memory, for the tests beside the rules. Stores, simulation and stories use the real ones.
//!
//! It is Tuesday 24 November 2026. Love is at the department, owned by Anna; Bo is his other guardian. Ebba, their
//! sister, is in class 1A and in after-school, owned by both.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use kapprum_words::{Language, Words};
use uuid::Uuid;

use crate::access::{self, Rights};
use crate::actor::{Account, Actor, Role, Sending};
use crate::care_schedule::CareWeek;
use crate::command::{Command, decide};
use crate::consequences::{consequences, turn_of_day};
use crate::contact::Contact;
use crate::grant::{Grant, Place, Right};
use crate::id::{ChildId, CommandId, DeviceId, GroupId, HolderId, PersonId, PlacementId, RecordId, TenantId, UnitId};
use crate::organisation::{Group, GroupKind, Municipality, SchoolForm, StaffCard, Switches, Unit};
use crate::record::{Body, Change, Record};
use crate::refusal::Refusal;
use crate::register::{Assignment, Child, Duty, Employed, Enrolled, Guardianship, Placement};
use crate::scope::Scope;
use crate::time::{Day, Span, Timestamp};
use crate::world::{Seen, Source, Undecided, Unread, World};

macro_rules! known {
    ($($name:ident: $kind:ident = $number:literal;)*) => {
        $(pub(crate) const $name: $kind = $kind(Uuid::from_u128($number));)*
    };
}

known! {
    TENANT: TenantId = 1;
    PRESCHOOL: UnitId = 2;
    SCHOOL: UnitId = 3;
    DEPARTMENT: GroupId = 4;
    OTHER: GroupId = 5;
    CLASS: GroupId = 6;
    AFTER_SCHOOL: GroupId = 7;
    MENTOR: GroupId = 8;
    TEACHING: GroupId = 9;
    ANNA: PersonId = 10;
    BO: PersonId = 11;
    MAJA: PersonId = 14;
    LOVE: ChildId = 20;
    EBBA: ChildId = 21;
    LOVES: PlacementId = 30;
    EBBAS: PlacementId = 31;
    TABLET: DeviceId = 40;
    BOARD: DeviceId = 41;
}

/// A name, how the world differs, who acts, on or with what, and what comes of it.
pub(crate) type Case<'a, T> = (&'static str, &'a dyn Fn(&mut SmallWorld), Account, T, Result<(), Refusal>);

/// Where records live in the tests, with what a phone would hold of them.
pub(crate) struct SmallWorld {
    records: BTreeMap<(Scope, String, RecordId), Record>,
    /// Only these scopes are here, as on a phone; none: all, as on the server.
    pub(crate) held: Option<BTreeSet<Scope>>,
    /// Kinds and ids of records that wait to be received.
    pub(crate) waiting: Vec<(&'static str, RecordId)>,
    commands: Cell<u128>,
    /// How often it was asked for records.
    pub(crate) reads: Cell<usize>,
}

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) fn today() -> Day {
    day("2026-11-24")
}

/// A time today.
pub(crate) fn at(time: &str) -> Timestamp {
    today().at(time.parse().unwrap())
}

/// A time on another day, counted from today.
pub(crate) fn later(days: i32, time: &str) -> Timestamp {
    today().plus(days).at(time.parse().unwrap())
}

pub(crate) fn span(text: &str) -> Span {
    let (start, end) = text.split_once('-').unwrap();
    Span::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

pub(crate) fn words() -> Words {
    Words::new(Language::Swedish)
}

pub(crate) fn guardian(person: PersonId) -> Account {
    account(person, Role::Guardian)
}

pub(crate) fn staff(person: PersonId) -> Account {
    account(person, Role::Staff)
}

pub(crate) fn tablet() -> Account {
    account(TABLET, Role::Tablet)
}

pub(crate) fn board() -> Account {
    account(BOARD, Role::Board)
}

pub(crate) fn account(holder: impl Into<HolderId>, role: Role) -> Account {
    Account { tenant: TENANT, holder: holder.into(), role }
}

impl SmallWorld {
    pub(crate) fn new() -> Self {
        let (records, held, waiting) = (BTreeMap::new(), None, Vec::new());
        let mut world = Self { records, held, waiting, commands: Cell::new(0x7000), reads: Cell::new(0) };
        world.municipality(Switches::default());
        world.unit(PRESCHOOL, &[SchoolForm::Preschool], None);
        world.unit(SCHOOL, &[SchoolForm::Compulsory, SchoolForm::AfterSchool], None);
        for (group, unit, name, kind) in [
            (DEPARTMENT, PRESCHOOL, "Blåklinten", GroupKind::Department),
            (OTHER, PRESCHOOL, "Smultronet", GroupKind::Department),
            (CLASS, SCHOOL, "1A", GroupKind::Class),
            (AFTER_SCHOOL, SCHOOL, "Kojan", GroupKind::AfterSchool),
            (MENTOR, SCHOOL, "Mentor", GroupKind::Mentor),
            (TEACHING, SCHOOL, "Svenska", GroupKind::Teaching),
        ] {
            world.put(&Group { group, unit, name: name.to_owned(), kind });
        }
        world.person(ANNA, "Anna");
        world.person(BO, "Bo");
        world.employ(MAJA, PRESCHOOL, false, &[(DEPARTMENT, GroupKind::Department)]);
        world.child(LOVE, "Love", 4, &[(ANNA, false), (BO, false)], &[SchoolForm::Preschool]);
        world.place(LOVE, PRESCHOOL, DEPARTMENT, Some((LOVES, &[ANNA])));
        world.child(EBBA, "Ebba", 7, &[(ANNA, false), (BO, false)], &[SchoolForm::Compulsory, SchoolForm::AfterSchool]);
        world.place(EBBA, SCHOOL, CLASS, None);
        world.place(EBBA, SCHOOL, AFTER_SCHOOL, Some((EBBAS, &[ANNA, BO])));
        world.grant(TABLET, Right::Tablet { group: DEPARTMENT, unit: PRESCHOOL, kind: GroupKind::Department });
        world.grant(BOARD, Right::Board { group: DEPARTMENT });
        world
    }

    /// As [`Self::new`]; Love and Ebba come 07:30–16:00 on weekdays.
    pub(crate) fn with_times() -> Self {
        let mut world = Self::new();
        for (placement, by) in [(LOVES, ANNA), (EBBAS, BO)] {
            let days = std::array::from_fn(|day| if day < 5 { vec![span("07:30-16:00")] } else { Vec::new() });
            world.put(&CareWeek { placement, from: today().plus(-30), days, by });
        }
        world
    }

    pub(crate) fn municipality(&mut self, switches: Switches) {
        let (name, phone) = ("Vänersborg".to_owned(), "0521-72 10 00".to_owned());
        self.put(&Municipality { tenant: TENANT, name, phone, switches });
    }

    /// A unit that is open 06:15–18:15 on weekdays.
    pub(crate) fn unit(&mut self, unit: UnitId, forms: &[SchoolForm], switches: Option<Switches>) {
        let open = Some(span("06:15-18:15"));
        let hours = [open, open, open, open, open, None, None];
        let (name, phone) = ("Solrosen".to_owned(), "0521-11 11 11".to_owned());
        self.put(&Unit { unit, name, forms: forms.to_vec(), phone, hours, switches });
    }

    pub(crate) fn person(&mut self, person: PersonId, name: &str) {
        let (given_name, family_name) = (name.to_owned(), "Ek".to_owned());
        let [phone, mail, address] = Default::default();
        self.put(&Contact { person, given_name, family_name, phone, mail, address, hidden: false });
    }

    pub(crate) fn employ(&mut self, person: PersonId, unit: UnitId, principal: bool, groups: &[(GroupId, GroupKind)]) {
        let assignment = |(group, kind): &(GroupId, GroupKind)| Assignment {
            group: *group,
            unit,
            kind: *kind,
            from: None,
            until: None,
        };
        self.put(&StaffCard { person, unit, name: "Maja Norberg".to_owned(), principal });
        let duties = vec![Duty { unit, principal, from: None, until: None }];
        self.put(&Employed { person, duties, assignments: groups.iter().map(assignment).collect() });
    }

    /// A child of so many years, with guardians who may be a threat.
    pub(crate) fn child(
        &mut self,
        child: ChildId,
        name: &str,
        years: i16,
        guardians: &[(PersonId, bool)],
        forms: &[SchoolForm],
    ) {
        let (call_name, family_name) = (name.to_owned(), "Ek".to_owned());
        self.put(&Child { child, call_name, family_name, forms: forms.to_vec() });
        let guardians = guardians
            .iter()
            .map(|(guardian, threat)| Guardianship { guardian: *guardian, threat: *threat, until: None })
            .collect();
        let (birthday, school_year) = (Day::new(2026 - years, 3, 14), u8::try_from(years - 6).ok());
        self.put(&Enrolled { child, birthday, school_year, marked: false, guardians, places: Vec::new() });
    }

    /// Puts a child in a group since long ago, in care if it has a placement with its owners.
    pub(crate) fn place(
        &mut self,
        child: ChildId,
        unit: UnitId,
        group: GroupId,
        placement: Option<(PlacementId, &[PersonId])>,
    ) {
        let from = today().plus(-400);
        if let Some((placement, owners)) = placement {
            let form = SchoolForm::Preschool;
            let (group, owners) = (Some(group), owners.to_vec());
            self.put(&Placement { placement, child, unit, group, form, owners, from, until: None });
        }
        let placement = placement.map(|(placement, _)| placement);
        self.enrolled(child, |one| one.places.push(Place { unit, group: Some(group), placement, from, until: None }));
    }

    /// Changes what the register says of a child.
    pub(crate) fn enrolled(&mut self, child: ChildId, change: impl FnOnce(&mut Enrolled)) {
        let scope = Scope::Register(child.as_person());
        let mut enrolled: Enrolled = self.world().get(scope, RecordId(child.0)).unwrap().unwrap();
        change(&mut enrolled);
        self.put(&enrolled);
    }

    /// As [`Self::enrolled`], with the days of its placements.
    pub(crate) fn placed(&mut self, child: ChildId, change: impl FnOnce(&mut Enrolled)) {
        self.enrolled(child, change);
        let enrolled: Enrolled = self.all(Scope::Register(child.as_person())).remove(0);
        for Place { placement, from, until, .. } in enrolled.places {
            let Some(mut place) = placement.and_then(|id| self.all::<Placement>(Scope::Placement(id)).pop()) else {
                continue;
            };
            (place.from, place.until) = (from, until);
            self.put(&place);
        }
    }

    pub(crate) fn grant(&mut self, holder: impl Into<HolderId>, right: Right) {
        self.put(&Grant { holder: holder.into(), right, from: None, until: None });
    }

    pub(crate) fn put(&mut self, body: &impl Body) {
        self.write(vec![Change::put(body)], at("06:00"));
    }

    /// Writes changes and what follows from them, as the server's writer does. All that was written.
    pub(crate) fn write(&mut self, changes: Vec<Change>, now: Timestamp) -> Vec<Change> {
        let (mut written, mut next) = (Vec::new(), changes);
        while !next.is_empty() {
            next.retain(|change| {
                let (scope, kind, id) = change.key();
                let key = (scope, kind.to_owned(), id);
                match change {
                    Change::Put(record) => self.records.insert(key, record.clone()).as_ref() != Some(record),
                    // What is not there can't go.
                    Change::Remove(..) => self.records.remove(&key).is_some(),
                }
            });
            let derived = consequences(&self.world(), &next, now).unwrap();
            written.append(&mut next);
            next = derived;
        }
        written
    }

    pub(crate) fn world(&self) -> World<'_> {
        World::new(self)
    }

    pub(crate) fn rights(&self, account: &Account, now: Timestamp) -> Rights {
        access::scopes(account, now, &self.world()).unwrap()
    }

    /// Decides a command without writing it.
    pub(crate) fn decide(
        &self,
        account: &Account,
        tapped: Option<PersonId>,
        (created, now): (Timestamp, Timestamp),
        command: &Command,
    ) -> Result<Vec<Change>, Undecided> {
        self.commands.set(self.commands.get() + 1);
        let (actor, rights) = (Actor { account: *account }, self.rights(account, now));
        let id = CommandId(Uuid::from_u128(self.commands.get()));
        let sending = Sending { id, command, actor: &actor, rights: &rights, tapped, now, created };
        decide(&sending, &self.world())
    }

    /// The id of the command sent last.
    pub(crate) fn last(&self) -> CommandId {
        CommandId(Uuid::from_u128(self.commands.get()))
    }

    /// Sends a command and writes it with what follows. How many records changed, or why none.
    pub(crate) fn send(&mut self, account: Account, now: Timestamp, command: &Command) -> Result<usize, Refusal> {
        self.send_late(account, None, (now, now), command)
    }

    /// As [`Self::send`], asked at one time and received at another, on a shared device by who tapped.
    pub(crate) fn send_late(
        &mut self,
        account: Account,
        tapped: Option<PersonId>,
        times: (Timestamp, Timestamp),
        command: &Command,
    ) -> Result<usize, Refusal> {
        match self.decide(&account, tapped, times, command) {
            Ok(changes) => Ok(self.write(changes, times.1).len()),
            Err(Undecided::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Turns to a day, as the server does when it has begun. How many records changed.
    pub(crate) fn turn(&mut self, now: Timestamp) -> usize {
        let turned = |child| turn_of_day(&self.world(), child, now).unwrap();
        let changes = [LOVE, EBBA].into_iter().flat_map(turned).collect();
        self.write(changes, now).len()
    }

    /// All records of a kind in a scope.
    pub(crate) fn all<T: Body>(&self, scope: Scope) -> Vec<T> {
        self.world().all(scope).unwrap()
    }

    /// What the account sees now.
    pub(crate) fn look<R>(&self, account: Account, now: Timestamp, view: impl FnOnce(&Seen<'_>) -> R) -> R {
        let (actor, rights, world) = (Actor { account }, self.rights(&account, now), self.world());
        view(&world.seen(&actor, &rights))
    }
}

impl Source for SmallWorld {
    fn get(&self, scope: &Scope, kind: &'static str, id: RecordId) -> Result<Option<String>, Unread> {
        self.here(&[*scope])?;
        Ok(self.records.get(&(*scope, kind.to_owned(), id)).map(|record| record.body.clone()))
    }

    fn scan(
        &self,
        kind: &'static str,
        scopes: &[Scope],
        range: RangeInclusive<i64>,
        visit: &mut dyn FnMut(&str),
    ) -> Result<(), Unread> {
        self.here(scopes)?;
        for record in self.records.values() {
            if record.kind == kind && scopes.contains(&record.scope) && range.contains(&record.at) {
                visit(&record.body);
            }
        }
        Ok(())
    }

    fn pending(&self, kind: &'static str, _: &[Scope]) -> Result<Vec<RecordId>, Unread> {
        Ok(self.waiting.iter().filter(|(of, _)| *of == kind).map(|(_, id)| *id).collect())
    }
}

impl SmallWorld {
    fn here(&self, scopes: &[Scope]) -> Result<(), Unread> {
        self.reads.set(self.reads.get() + 1);
        let held = self.held.as_ref();
        let missing = held.and_then(|held| scopes.iter().find(|scope| !held.contains(scope)));
        missing.map_or(Ok(()), |scope| Err(Unread::NotHeld(*scope)))
    }
}
