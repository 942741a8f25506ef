//! Care times: the repeating week of a placement, and what one day changes of it (rules 58–66).

pub(crate) mod reach;

use serde::{Deserialize, Serialize};

use crate::absence::{municipality, put_unless_same};
use crate::actor::Sending;
use crate::id::{ChildId, PersonId, PlacementId, RecordId};
use crate::organisation::{Municipality, Switches, Unit};
use crate::record::{Body, Change};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::time::{Day, Span, Timestamp};
use crate::world::{Undecided, World};

/// Times of a week, Monday first; a day without times is a day off (rule 62).
pub type Week = [Vec<Span>; 7];

/// The ordinary week of a placement from a day on, until a later one begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CareWeek {
    /// The placement.
    pub placement: PlacementId,
    /// First day.
    pub from: Day,
    /// The times.
    pub days: Week,
    /// The owner who laid them.
    pub by: PersonId,
}

/// What is different on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayChange {
    /// The placement.
    pub placement: PlacementId,
    /// The day.
    pub day: Day,
    /// The times of that day; none: as in the week; empty: the child does not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Vec<Span>>,
    /// A word to the staff of the placement's group (rule 64).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Who changed it.
    pub by: PersonId,
    /// When, as far as the phone knew; shown only.
    pub at: Timestamp,
}

impl Body for CareWeek {
    const KIND: &'static str = "care_week";
    fn scope(&self) -> Scope {
        Scope::Placement(self.placement)
    }
    fn id(&self) -> RecordId {
        RecordId::state(Self::KIND, &[&self.placement, &self.from])
    }
    fn at(&self) -> i64 {
        self.from.number()
    }
}

impl Body for DayChange {
    const KIND: &'static str = "day_change";
    fn scope(&self) -> Scope {
        Scope::Placement(self.placement)
    }
    fn id(&self) -> RecordId {
        RecordId::state(Self::KIND, &[&self.placement, &self.day])
    }
    fn at(&self) -> i64 {
        self.day.number()
    }
}

/// The times of a day by the weeks that were laid, in order of their first day.
pub fn ordinary(weeks: &[CareWeek], day: Day) -> &[Span] {
    let week = weeks.iter().rev().find(|week| week.from <= day);
    week.and_then(|week| week.days.get(day.weekday())).map_or(&[], Vec::as_slice)
}

/// Most intervals a day.
const INTERVALS: usize = 4;
/// Most characters of a comment.
pub const COMMENT: u16 = 500;
/// So many days ahead times can be laid.
const AHEAD: i32 = 366;

/// Lays the ordinary week from a day on (rule 58; ruling n: owners only).
pub(crate) fn set_week(
    sending: &Sending<'_>,
    world: &World<'_>,
    child: ChildId,
    placement: PlacementId,
    from: Day,
    days: &Week,
) -> Result<Vec<Change>, Undecided> {
    let (by, place) = reach::placement(sending, world, child, placement)?;
    if !place.owners.contains(&by) {
        return Err(Refusal::NotOwner.into());
    }
    let (municipality, unit) = rules(world, &place)?;
    let switches = unit_switches(&municipality, unit.as_ref());
    let first = sending.now.day().plus(i32::from(switches.schedule_lock_days)).max(place.from);
    check_day(sending, from, first)?;
    for (weekday, times) in days.iter().enumerate() {
        check_times(times, unit.as_ref(), weekday)?;
    }
    put_unless_same(world, &CareWeek { placement, from, days: days.clone(), by })
}

/// Changes one day: any guardian (ruling n), until the cut-off of the unit (rules 63, 65; ruling q).
pub(crate) fn change_day(
    sending: &Sending<'_>,
    world: &World<'_>,
    (child, placement): (ChildId, PlacementId),
    day: Day,
    times: Option<&[Span]>,
    comment: &str,
) -> Result<Vec<Change>, Undecided> {
    let (by, place) = reach::placement(sending, world, child, placement)?;
    let (municipality, unit) = rules(world, &place)?;
    let switches = unit_switches(&municipality, unit.as_ref());
    check_day(sending, day, sending.now.day().max(place.from))?;
    let phone = || unit.as_ref().map(|unit| unit.phone.clone()).filter(|phone| !phone.is_empty());
    let phone = || phone().unwrap_or_else(|| municipality.phone.clone());
    if let Some(was) = cut_off(switches, day).filter(|moment| sending.now >= *moment) {
        return Err(Refusal::CutOff { was, phone: phone() }.into());
    }
    if comment.chars().count() > usize::from(COMMENT) {
        return Err(Refusal::TooLong { most: COMMENT }.into());
    }
    if !comment.is_empty() && !switches.same_day_comment {
        return Err(Refusal::SwitchedOff { phone: phone() }.into());
    }
    if let Some(times) = times {
        check_times(times, unit.as_ref(), day.weekday())?;
    }
    let at = sending.created.min(sending.now);
    let change = DayChange { placement, day, times: times.map(<[_]>::to_vec), comment: comment.to_owned(), by, at };
    let old = world.get::<DayChange>(change.scope(), change.id())?;
    if old.is_some_and(|old| DayChange { by, at, ..old } == change) {
        return Ok(Vec::new());
    }
    Ok(vec![Change::put(&change)])
}

/// When changes of a day end, if before the day itself does (ruling q).
pub fn cut_off(switches: &Switches, day: Day) -> Option<Timestamp> {
    if switches.same_day_change {
        return None;
    }
    let last = day.plus(-i32::from(switches.cut_off.days)).at(switches.cut_off.time);
    Some(last.plus(crate::time::MINUTE))
}

/// The switches that hold in a unit.
pub fn unit_switches<'a>(municipality: &'a Municipality, unit: Option<&'a Unit>) -> &'a Switches {
    unit.and_then(|unit| unit.switches.as_ref()).unwrap_or(&municipality.switches)
}

fn rules(world: &World<'_>, place: &crate::register::Placement) -> Result<(Municipality, Option<Unit>), Undecided> {
    let unit = world.get::<Unit>(Scope::Unit(place.unit), RecordId(place.unit.0))?;
    Ok((municipality(world)?, unit))
}

fn check_day(sending: &Sending<'_>, day: Day, first: Day) -> Result<(), Refusal> {
    let last = sending.now.day().plus(AHEAD);
    if day < first {
        return Err(Refusal::DayPast { first });
    }
    if day > last { Err(Refusal::TooFarAhead { last }) } else { Ok(()) }
}

fn check_times(times: &[Span], unit: Option<&Unit>, weekday: usize) -> Result<(), Refusal> {
    let in_order = times.windows(2).all(|pair| matches!(pair, [one, two] if one.end() <= two.start()));
    if times.len() > INTERVALS || !in_order {
        return Err(Refusal::WrongTimes);
    }
    let Some(unit) = unit.filter(|unit| unit.hours.iter().any(Option::is_some)) else { return Ok(()) };
    let open = unit.hours.get(weekday).copied().flatten();
    let inside = |span: &Span| open.is_some_and(|open| open.start() <= span.start() && span.end() <= open.end());
    if times.iter().all(inside) { Ok(()) } else { Err(Refusal::OutsideHours { open }) }
}
