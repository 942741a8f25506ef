//! Absence: the child will not come, for a whole day or days or a part of one (rules 48–50).
//!
//! One record is one person's report. Reports that overlap are one absence to everybody who looks; taking back
//! removes one's own, and the child is expected again when none is left (ruling o).

use serde::{Deserialize, Serialize};

use crate::actor::{Role, Sending};
use crate::care_schedule::reach;
use crate::id::{ChildId, PersonId, RecordId};
use crate::organisation::{Municipality, SchoolForm};
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
    /// When, as far as the phone knew; shown only.
    pub at: Timestamp,
}

impl Absence {
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

/// So many days ahead absence can be reported.
const AHEAD: i32 = 366;

/// Reports an absence. Never cut off (ruling q), but not for days past.
pub(crate) fn report(
    sending: &Sending<'_>,
    world: &World<'_>,
    child: ChildId,
    days: Days,
) -> Result<Vec<Change>, Undecided> {
    let by = reporter(sending, world, child)?;
    check_days(sending, days)?;
    check_switch(world, child)?;
    let part = days.part.map_or_else(String::new, |part| part.start().to_string());
    let absence = RecordId::state(Absence::KIND, &[&child, &by, &days.from, &part]);
    let report = Absence {
        absence,
        child,
        from: days.from,
        until: days.until,
        part: days.part,
        by,
        at: sending.created.min(sending.now),
    };
    put_unless_same(world, &report)
}

/// Changes the days of one's own report.
pub(crate) fn change(
    sending: &Sending<'_>,
    world: &World<'_>,
    child: ChildId,
    absence: RecordId,
    days: Days,
) -> Result<Vec<Change>, Undecided> {
    let by = reporter(sending, world, child)?;
    check_days(sending, days)?;
    let Some(old) = world.get::<Absence>(Scope::Absence(child), absence)? else { return Err(Refusal::NotThere.into()) };
    if old.by != by {
        return Err(Refusal::NotYours.into());
    }
    put_unless_same(world, &Absence { from: days.from, until: days.until, part: days.part, ..old })
}

/// Takes back one's own report; none there is as good.
pub(crate) fn withdraw(
    sending: &Sending<'_>,
    world: &World<'_>,
    child: ChildId,
    absence: RecordId,
) -> Result<Vec<Change>, Undecided> {
    let by = reporter(sending, world, child)?;
    match world.get::<Absence>(Scope::Absence(child), absence)? {
        Some(report) if report.by == by => Ok(vec![Change::remove(&report)]),
        Some(_) => Err(Refusal::NotYours.into()),
        None => Ok(Vec::new()),
    }
}

/// Who reports: a guardian, an adult student, or staff. Consent to read absence gives no right to report.
fn reporter(sending: &Sending<'_>, world: &World<'_>, child: ChildId) -> Result<PersonId, Undecided> {
    let holds = sending.rights.holds(Scope::Absence(child)) && sending.rights.holds(Scope::Child(child));
    if !holds || sending.actor.account.role == Role::Board {
        return Err(Refusal::NoRight.into());
    }
    reach::who(sending, world)
}

fn check_days(sending: &Sending<'_>, days: Days) -> Result<(), Refusal> {
    let today = sending.now.day();
    if days.from < today {
        return Err(Refusal::DayPast { first: today });
    }
    let last = today.plus(AHEAD);
    if days.from > last || days.until.is_some_and(|until| until > last) {
        return Err(Refusal::TooFarAhead { last });
    }
    if days.until.is_some_and(|until| until < days.from) || (days.part.is_some() && days.until != Some(days.from)) {
        return Err(Refusal::WrongTimes);
    }
    Ok(())
}

/// Off for all the child's school forms: the person learns where to ring (rules 48, 51).
fn check_switch(world: &World<'_>, child: ChildId) -> Result<(), Undecided> {
    let card = world.get::<Child>(Scope::Child(child), RecordId(child.0))?;
    let municipality = municipality(world)?;
    let switches = &municipality.switches;
    let forms = card.map(|card| card.forms).unwrap_or_default();
    let on = |form: &SchoolForm| match form {
        SchoolForm::Preschool => switches.absence_preschool,
        _ => switches.absence_school,
    };
    if forms.is_empty() || forms.iter().any(on) {
        return Ok(());
    }
    Err(Refusal::SwitchedOff { phone: municipality.phone }.into())
}

/// The municipality, or its defaults before it is there.
pub(crate) fn municipality(world: &World<'_>) -> Result<Municipality, Unread> {
    Ok(world.all::<Municipality>(Scope::Tenant)?.pop().unwrap_or_default())
}

/// A command sets: over a record that already says so it changes nothing.
pub(crate) fn put_unless_same<T: Body + PartialEq>(world: &World<'_>, body: &T) -> Result<Vec<Change>, Undecided> {
    let same = world.get::<T>(body.scope(), body.id())?.as_ref() == Some(body);
    Ok(if same { Vec::new() } else { vec![Change::put(body)] })
}
