//! Absence: the child will not come, for a whole day or days or a part of one (rules 48–50).
//!
//! One record is one person's report. Reports that overlap are one absence to everybody who looks; taking back
//! removes one's own, and the child is expected again when none is left (ruling o).

use serde::{Deserialize, Serialize};

use crate::access;
use crate::actor::{Account, Role, Sending};
use crate::care_schedule::{reach, unit_switches};
use crate::grant::Grant;
use crate::id::{ChildId, CommandId, PersonId, RecordId};
use crate::organisation::{Municipality, SchoolForm, Switches, Unit};
use crate::record::{Body, Change};
use crate::refusal::Refusal;
use crate::register::Child;
use crate::scope::Scope;
use crate::time::{Day, Span, Timestamp};
use crate::world::{Undecided, Unread, World};

/// One person's report of one absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// The report.
    pub absence: RecordId,
    /// The child.
    pub child: ChildId,
    /// First day.
    pub from: Day,
    /// Last day, inclusive; none: until the child is reported well again (ruling p, preschool).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// The part of a single day; none: whole days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Span>,
    /// Who reported it.
    pub by: PersonId,
    /// Their name as the others may know it; empty where it is not told (ruling i).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// When, as far as the phone knew; shown only.
    pub at: Timestamp,
}

impl Absence {
    /// The days it is about.
    pub fn days(&self) -> Days {
        Days { from: self.from, until: self.until, part: self.part }
    }

    /// Whether it covers this day, or a part of it.
    pub fn covers(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

impl Body for Absence {
    const KIND: &'static str = "absence";
    fn scope(&self) -> Scope {
        Scope::Absence(self.child)
    }
    fn id(&self) -> RecordId {
        self.absence
    }
    fn at(&self) -> i64 {
        self.from.number()
    }
}

/// When the child is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// First day.
    pub from: Day,
    /// Last day, inclusive; none: until well again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Part of the one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Span>,
}

impl Days {
    fn overlaps(self, other: Self) -> bool {
        let begins_in = |one: Self, day: Day| one.from <= day && one.until.is_none_or(|until| day <= until);
        begins_in(self, other.from) || begins_in(other, self.from)
    }

    /// Whether who is away on these days is away on the others.
    fn contains(self, other: Self) -> bool {
        let ends_later = match (self.until, other.until) {
            (None, _) => true,
            (Some(own), Some(others)) => own >= others,
            (Some(_), None) => false,
        };
        self.from <= other.from && ends_later && (self.part.is_none() || self.part == other.part)
    }

    /// Both stretches of whole days as one.
    fn with(self, other: Self) -> Self {
        let until = self.until.zip(other.until).map(|(own, others)| own.max(others));
        Self { from: self.from.min(other.from), until, part: None }
    }
}

/// So many days ahead absence can be reported.
const AHEAD: i32 = 366;

/// The id of the absence that a report makes, unless it prolongs an earlier one.
pub(crate) fn reported(id: CommandId, child: ChildId, days: Days) -> RecordId {
    RecordId::event(id, Absence::KIND, &[&child, &days.from])
}

/// Reports an absence. Never cut off (ruling q): days asked for in time are taken though they are over when it arrives,
/// as far back as the phone is believed. A report that overlaps one's own earlier one prolongs it; over one that says so
/// already nothing changes, but it is said again (see [`Change`]).
pub(crate) fn report(
    sending: &Sending<'_>,
    world: &World<'_>,
    child: ChildId,
    days: Days,
) -> Result<Vec<Change>, Undecided> {
    let by = reporter(sending, world, child)?;
    let forms = forms(world, child)?;
    check_days(sending, days, &forms, sending.said().day())?;
    check_switch(sending, world, child, days.from, &forms)?;
    let (from, absence) = (days.from, reported(sending.id, child, days));
    let (name, at) = (reach::name(sending, world, child)?, sending.said());
    let Days { until, part, .. } = days;
    let mut new = Absence { absence, child, from: from.max(sending.asked_on()), until, part, by, name, at };
    let met = met(world, &new)?;
    if let Some(other) = met.iter().find(|other| other.days().contains(new.days())) {
        return Ok(vec![Change::put(other)]);
    }
    if let Some(first) = met.first().filter(|_| part.is_none()) {
        (new.absence, new.at) = (first.absence, first.at);
    }
    Ok(join(new, &met))
}

/// Changes the days of a report. Days that have begun stay as they were.
pub(crate) fn change(
    sending: &Sending<'_>,
    world: &World<'_>,
    child: ChildId,
    absence: RecordId,
    days: Days,
) -> Result<Vec<Change>, Undecided> {
    let by = reporter(sending, world, child)?;
    let Some(old) = world.get::<Absence>(Scope::Absence(child), absence)? else { return Err(Refusal::NotThere.into()) };
    check_whose(sending, world, by, &old)?;
    let today = sending.asked_on();
    if old.until.is_some_and(|until| until < today) {
        return Err(Refusal::DayPast { first: sending.now.day() }.into());
    }
    if old.from < today && days.from != old.from {
        return Err(Refusal::WrongTimes.into());
    }
    check_days(sending, days, &forms(world, child)?, old.from.min(today))?;
    let new = Absence { from: days.from, until: days.until, part: days.part, ..old };
    let met = met(world, &new)?;
    match met.iter().any(|other| other.days().contains(days)) {
        true => Ok(vec![Change::remove(&new)]),
        false => Ok(join(new, &met)),
    }
}

/// Takes back a report; none there is as good, but said all the same: the report itself may come later, after a restored
/// backup. Days that are over stay: the child was away.
pub(crate) fn withdraw(
    sending: &Sending<'_>,
    world: &World<'_>,
    child: ChildId,
    absence: RecordId,
) -> Result<Vec<Change>, Undecided> {
    let by = reporter(sending, world, child)?;
    let Some(report) = world.get::<Absence>(Scope::Absence(child), absence)? else {
        return Ok(vec![Change::remove_at::<Absence>(Scope::Absence(child), absence)]);
    };
    check_whose(sending, world, by, &report)?;
    let today = sending.asked_on();
    match report.until.filter(|until| *until < today) {
        _ if report.from >= today => Ok(vec![Change::remove(&report)]),
        None => Ok(vec![Change::put(&Absence { until: Some(today.plus(-1)), ..report })]),
        // As a withdrawal on that day leaves it: said again.
        Some(until) if until.plus(1) == sending.said().day() => Ok(Vec::new()),
        Some(_) => Err(Refusal::DayPast { first: sending.now.day() }.into()),
    }
}

/// The other reports of the same person that one overlaps.
fn met(world: &World<'_>, report: &Absence) -> Result<Vec<Absence>, Unread> {
    let mut own = world.all::<Absence>(Scope::Absence(report.child))?;
    own.retain(|one| one.by == report.by && one.absence != report.absence && one.days().overlaps(report.days()));
    Ok(own)
}

/// A report of whole days with those it met as one, so that one taking back ends it.
fn join(report: Absence, met: &[Absence]) -> Vec<Change> {
    let (mut changes, mut days) = (Vec::new(), report.days());
    for other in met.iter().filter(|_| report.part.is_none()) {
        days = if other.part.is_none() { days.with(other.days()) } else { days };
        changes.extend((other.absence != report.absence).then(|| Change::remove(other)));
    }
    changes.push(Change::put(&Absence { from: days.from, until: days.until, ..report }));
    changes
}

/// A report is its reporter's (ruling o). Staff end any, and a family one whose reporter holds the child no more: else
/// nobody could.
fn check_whose(sending: &Sending<'_>, world: &World<'_>, by: PersonId, report: &Absence) -> Result<(), Undecided> {
    if report.by == by || sending.actor.by_staff() {
        return Ok(());
    }
    let (care, absence) = (Scope::Care(report.child), Scope::Absence(report.child));
    for (role, scope) in [(Role::Guardian, care), (Role::Student, care), (Role::Staff, absence)] {
        let account = Account { holder: report.by.into(), role, ..sending.actor.account };
        if access::scopes(&account, sending.now, world)?.holds(scope) {
            return Err(Refusal::NotYours.into());
        }
    }
    Ok(())
}

fn reporter(sending: &Sending<'_>, world: &World<'_>, child: ChildId) -> Result<PersonId, Undecided> {
    if !reach::absence(sending.actor, sending.rights, world, child, sending.now.day())? {
        return Err(Refusal::NoRight.into());
    }
    reach::who(sending, world)
}

fn check_days(sending: &Sending<'_>, days: Days, forms: &[SchoolForm], first: Day) -> Result<(), Refusal> {
    let today = sending.now.day();
    if days.until.is_some_and(|until| until < days.from) || (days.part.is_some() && days.until != Some(days.from)) {
        return Err(Refusal::WrongTimes);
    }
    if days.from < first || days.until.is_some_and(|until| until < sending.asked_on()) {
        return Err(Refusal::DayPast { first: today });
    }
    let last = today.plus(AHEAD);
    if days.from > last || days.until.is_some_and(|until| until > last) {
        return Err(Refusal::TooFarAhead { last });
    }
    if days.until.is_none() && !forms.is_empty() && !forms.contains(&SchoolForm::Preschool) {
        return Err(Refusal::NeedsLastDay);
    }
    Ok(())
}

fn forms(world: &World<'_>, child: ChildId) -> Result<Vec<SchoolForm>, Unread> {
    let card = world.get::<Child>(Scope::Child(child), RecordId(child.0))?;
    Ok(card.map(|card| card.forms).unwrap_or_default())
}

/// The switch binds families only: staff write down what is rung in.
fn check_switch(
    sending: &Sending<'_>,
    world: &World<'_>,
    child: ChildId,
    day: Day,
    forms: &[SchoolForm],
) -> Result<(), Undecided> {
    if sending.actor.by_staff() {
        return Ok(());
    }
    let mut units = Vec::new();
    for grant in world.all::<Grant>(Scope::Person(sending.actor.account.holder))? {
        for unit in grant.right.units_of(child, day) {
            units.extend(world.get::<Unit>(Scope::Unit(unit), RecordId(unit.0))?);
        }
    }
    match switched_off(forms, &units, &municipality(world)?) {
        Some(phone) => Err(Refusal::SwitchedOff { phone }.into()),
        None => Ok(()),
    }
}

/// Where to ring instead, if absence is not taken here for any of the child's school forms in any of its units
/// (rules 48, 51).
pub(crate) fn switched_off(forms: &[SchoolForm], units: &[Unit], municipality: &Municipality) -> Option<String> {
    let on = |switches: &Switches| {
        forms.iter().any(|form| match form {
            SchoolForm::Preschool => switches.absence_preschool,
            _ => switches.absence_school,
        })
    };
    let mut rules = units.iter().map(|unit| unit_switches(municipality, Some(unit)));
    let taken = if units.is_empty() { on(&municipality.switches) } else { rules.any(on) };
    (!taken && !forms.is_empty()).then(|| municipality.phone_of(units.first()))
}

/// The municipality, or its defaults before it is there.
pub(crate) fn municipality(world: &World<'_>) -> Result<Municipality, Unread> {
    Ok(world.all::<Municipality>(Scope::Tenant)?.pop().unwrap_or_default())
}

#[cfg(test)]
mod tests;
