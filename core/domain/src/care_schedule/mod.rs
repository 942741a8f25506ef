//! Care times: the repeating week of a placement, and what one day changes of it (rules 58–66).

pub mod plan;
pub(crate) mod reach;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::absence::municipality;
use crate::actor::{Actor, Sending};
use crate::id::{ChildId, PersonId, PlacementId, RecordId};
use crate::organisation::{Municipality, Switches, Unit};
use crate::record::{Body, Change};
use crate::refusal::Refusal;
use crate::register::Placement;
use crate::scope::Scope;
use crate::time::{Day, Span, Timestamp};
use crate::world::{Undecided, World};

/// Times of a week, Monday first; a day without times is a day off (rule 62).
pub type Week = [Vec<Span>; 7];

/// One owner's ordinary week of a placement from a day on, until the same owner's later one begins (ruling n).
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
        RecordId::state(Self::KIND, &[&self.placement, &self.by, &self.from])
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

/// The ordinary times of a placement as its owners laid them.
#[derive(Debug, Clone, Default)]
pub struct Weeks {
    laid: Vec<CareWeek>,
    owners: Vec<PersonId>,
}

/// The ordinary times of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ordinary {
    /// The times of all owners together, empty for a day off; none: no week is in force.
    pub times: Option<Vec<Span>>,
    /// Each owner's times, if they differ.
    pub clash: Vec<Vec<Span>>,
}

impl Weeks {
    /// The weeks of a placement, in order of their first day, with its owners.
    pub fn new(laid: Vec<CareWeek>, owners: Vec<PersonId>) -> Self {
        Self { laid, owners }
    }

    /// The ordinary times of a day.
    pub fn on(&self, day: Day) -> Ordinary {
        let mut each: Vec<Vec<Span>> = self
            .in_force(day)
            .into_iter()
            .map(|week| week.days.get(day.weekday()).cloned().unwrap_or_default())
            .collect();
        each.sort();
        each.dedup();
        match each.len() {
            0 | 1 => Ordinary { times: each.pop(), clash: Vec::new() },
            _ => Ordinary { times: Some(together(&each)), clash: each },
        }
    }

    /// The week in force on a day and those that begin until another, each with its first day.
    pub fn between(&self, first: Day, last: Day) -> Vec<(Day, Week)> {
        let now = self.in_force(first).into_iter().map(|week| week.from).max();
        let later = self.laid.iter().map(|week| week.from).filter(|from| first < *from && *from <= last);
        let mut first_days: Vec<Day> = now.into_iter().chain(later).collect();
        first_days.dedup();
        first_days.iter().map(|from| (*from, self.week(*from))).collect()
    }

    fn week(&self, from: Day) -> Week {
        // `from` may be any weekday: each day is asked for in the seven days that begin with it, by the same weeks.
        let in_force = self.in_force(from);
        std::array::from_fn(|weekday| {
            let each: Vec<_> = in_force.iter().filter_map(|week| week.days.get(weekday).cloned()).collect();
            together(&each)
        })
    }

    /// The latest week of each owner; of former owners only until an owner of today lays one.
    fn in_force(&self, day: Day) -> Vec<&CareWeek> {
        let begun = || self.laid.iter().filter(|week| week.from <= day);
        let mut latest: BTreeMap<PersonId, &CareWeek> = BTreeMap::new();
        latest.extend(begun().filter(|week| self.owners.contains(&week.by)).map(|week| (week.by, week)));
        if latest.is_empty() { begun().next_back().into_iter().collect() } else { latest.into_values().collect() }
    }
}

/// All spans as few as possible, in order.
fn together(each: &[Vec<Span>]) -> Vec<Span> {
    let mut all: Vec<Span> = each.iter().flatten().copied().collect();
    all.sort();
    let mut joined: Vec<Span> = Vec::new();
    for span in all {
        match joined.last_mut() {
            Some(last) if each.len() > 1 && span.start() <= last.end() => {
                *last = Span::new(last.start(), last.end().max(span.end())).unwrap_or(*last);
            }
            _ => joined.push(span),
        }
    }
    joined
}

/// Most intervals a day.
const INTERVALS: usize = 4;
/// Most characters of a comment.
pub const COMMENT: u16 = 500;
/// So many days ahead times can be laid.
const AHEAD: i32 = 366;

/// Lays one's own ordinary week from a day on (rule 58; ruling n: owners only).
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
    check_day(sending.now, &place, from)?;
    let first = sending.now.day().plus(i32::from(switches.schedule_lock_days));
    if from < first {
        return Err(Refusal::Locked { first }.into());
    }
    // A week that begins today changes today: no way round the cut-off.
    check_cut_off(sending.now, &municipality, unit.as_ref(), from)?;
    for (weekday, times) in days.iter().enumerate() {
        check_times(times, unit.as_ref(), weekday)?;
    }
    Ok(vec![Change::put(&CareWeek { placement, from, days: days.clone(), by })])
}

/// Changes one day until the cut-off of the unit (rules 63–65; ruling q): owners any day, other guardians today's
/// pick-up (ruling n), staff what was rung in.
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
    check_day(sending.now, &place, day)?;
    let at = sending.said();
    let change = DayChange { placement, day, times: times.map(<[_]>::to_vec), comment: comment.to_owned(), by, at };
    let old = world.get::<DayChange>(change.scope(), change.id())?;
    if let Some(old) = old.as_ref().filter(|old| old.times == change.times && old.comment == change.comment) {
        return Ok(vec![Change::put(old)]);
    }
    if !sending.actor.by_staff() {
        check_cut_off(sending.now, &municipality, unit.as_ref(), day)?;
        if !comment.is_empty() && !switches.same_day_comment {
            return Err(Refusal::SwitchedOff { phone: municipality.phone_of(unit.as_ref()) }.into());
        }
        if !place.owners.contains(&by) {
            let weeks = Weeks::new(world.all(Scope::Placement(placement))?, place.owners);
            let ordinary = weeks.on(day).times.unwrap_or_default();
            let now = old.as_ref().and_then(|old| old.times.as_ref()).unwrap_or(&ordinary);
            if day != sending.now.day() || !is_pick_up(now, times.unwrap_or(&ordinary)) {
                return Err(Refusal::PickUpOnly.into());
            }
        }
    }
    if comment.chars().count() > usize::from(COMMENT) {
        return Err(Refusal::TooLong { most: COMMENT }.into());
    }
    check_times(times.unwrap_or_default(), unit.as_ref(), day.weekday())?;
    Ok(vec![Change::put(&change)])
}

/// Whether the two differ at most in when the child is fetched at the end of the day.
fn is_pick_up(now: &[Span], asked: &[Span]) -> bool {
    match (now.split_last(), asked.split_last()) {
        (Some((last, before)), Some((end, same))) => before == same && last.start() == end.start(),
        (None, None) => true,
        _ => false,
    }
}

/// Whether a day can be changed at all, by whoever answers for it: what a form tells before anything is asked.
pub(crate) fn check_change(
    actor: &Actor,
    place: &Placement,
    (municipality, unit): (&Municipality, Option<&Unit>),
    day: Day,
    now: Timestamp,
) -> Result<(), Refusal> {
    check_day(now, place, day)?;
    if actor.by_staff() {
        return Ok(());
    }
    check_cut_off(now, municipality, unit, day)?;
    let owns = actor.person().is_some_and(|person| place.owners.contains(&person));
    if owns || day == now.day() { Ok(()) } else { Err(Refusal::PickUpOnly) }
}

fn check_cut_off(now: Timestamp, municipality: &Municipality, unit: Option<&Unit>, day: Day) -> Result<(), Refusal> {
    match cut_off(unit_switches(municipality, unit), day).filter(|moment| now >= *moment) {
        Some(was) => Err(Refusal::CutOff { was, phone: municipality.phone_of(unit) }),
        None => Ok(()),
    }
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

fn rules(world: &World<'_>, place: &Placement) -> Result<(Municipality, Option<Unit>), Undecided> {
    let unit = world.get::<Unit>(Scope::Unit(place.unit), RecordId(place.unit.0))?;
    Ok((municipality(world)?, unit))
}

fn check_day(now: Timestamp, place: &Placement, day: Day) -> Result<(), Refusal> {
    let today = now.day();
    let ahead = today.plus(AHEAD);
    let last = place.until.map_or(ahead, |until| until.min(ahead));
    match day {
        day if day < place.from => Err(Refusal::NotBegun { first: place.from }),
        day if day < today => Err(Refusal::DayPast { first: today }),
        day if day > last => Err(Refusal::TooFarAhead { last }),
        _ => Ok(()),
    }
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

#[cfg(test)]
mod tests;
