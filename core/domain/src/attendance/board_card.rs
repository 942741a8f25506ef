//! The hall board's cards: what the wall shows and nothing more (ruling u), derived from what staff and families hold.

use serde::{Deserialize, Serialize};

use super::{AttendanceEvent, Direction};
use crate::absence::Absence;
use crate::care_schedule::{CareWeek, DayChange, Week, Weeks, unit_switches};
use crate::id::{ChildId, GroupId, PlacementId, RecordId, UnitId};
use crate::membership::Membership;
use crate::organisation::{CheckInBy, Group, Municipality, Unit};
use crate::record::{Body, Change};
use crate::register::{Child, Placement};
use crate::scope::Scope;
use crate::time::{Day, Span, Timestamp};
use crate::world::{Unread, World};

/// A child on the board of its care group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardCard {
    /// The board's group.
    pub group: GroupId,
    /// The placement; one card each.
    pub placement: PlacementId,
    /// The child.
    pub child: ChildId,
    /// First name and initial.
    pub name: String,
    /// First day of the placement.
    pub from: Day,
    /// Its last day, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// The ordinary weeks in order of their first day, without those that are over.
    pub weeks: Vec<(Day, Week)>,
    /// Days that differ.
    pub days: Vec<Differs>,
    /// The checks of one day, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

/// How days differ from the week.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Differs {
    /// First day.
    pub from: Day,
    /// Last day, inclusive; none: until further notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Times instead of the week's; none: not coming.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Vec<Span>>,
}

/// A check of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The event, so that it can be undone.
    pub event: RecordId,
    /// Came or went.
    pub direction: Direction,
    /// When.
    pub time: Timestamp,
}

/// What a board needs besides its cards; it holds no other scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardSettings {
    /// The group.
    pub group: GroupId,
    /// The group's name.
    pub name: String,
    /// The unit's name.
    pub unit: String,
    /// Opening hours.
    pub hours: [Option<Span>; 7],
    /// Who checks in and out.
    pub check_in_by: CheckInBy,
}

impl Body for BoardCard {
    const KIND: &'static str = "board_card";
    fn scope(&self) -> Scope {
        Scope::Board(self.group)
    }
    fn id(&self) -> RecordId {
        RecordId(self.placement.0)
    }
}

impl Body for BoardSettings {
    const KIND: &'static str = "board_settings";
    fn scope(&self) -> Scope {
        Scope::Board(self.group)
    }
    fn id(&self) -> RecordId {
        RecordId(self.group.0)
    }
}

impl Check {
    /// Of an event.
    pub fn of(event: &AttendanceEvent) -> Self {
        Self { event: event.event, direction: event.direction, time: event.time }
    }
}

/// What is expected of a child on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Reported absent, or told not to come.
    Away,
    /// These times; none: a day off.
    Times(Vec<Span>),
}

impl BoardCard {
    /// What is expected on a day. An absence wins over changed times.
    pub fn expected(&self, day: Day) -> Expected {
        let covers = |one: &&Differs| one.from <= day && one.until.is_none_or(|until| day <= until);
        let mut times = None;
        for differs in self.days.iter().filter(covers) {
            match &differs.times {
                None => return Expected::Away,
                Some(own) => times = Some(own),
            }
        }
        let week =
            || self.weeks.iter().rev().find(|(from, _)| *from <= day).and_then(|(_, week)| week.get(day.weekday()));
        Expected::Times(times.or_else(week).cloned().unwrap_or_default())
    }

    /// Whether the child has its place on this day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// The last check, if it was on this day.
    pub fn last_on(&self, day: Day) -> Option<&Check> {
        self.checks.iter().rfind(|check| check.time.day() == day)
    }

    /// The same card with other checks, of which those of this day are kept.
    pub(crate) fn with_checks(self, mut checks: Vec<Check>, today: Day) -> Self {
        checks.retain(|check| check.time.day() == today);
        checks.sort_by_key(|check| (check.time, check.event));
        Self { checks, ..self }
    }
}

/// What a card is made of.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) weeks: Vec<CareWeek>,
    pub(crate) changes: Vec<DayChange>,
    pub(crate) absences: Vec<Absence>,
    pub(crate) events: Vec<AttendanceEvent>,
}

impl BoardCard {
    /// The card of a child at a placement in a group, as it is on a day.
    pub(crate) fn of(place: &Placement, group: GroupId, child: &Child, told: Told, today: Day) -> Self {
        let weeks = Weeks::new(told.weeks, place.owners.clone());
        let card = Self {
            group,
            placement: place.placement,
            child: place.child,
            name: child.board_name(),
            from: place.from,
            until: place.until,
            weeks: weeks.from(today),
            days: differing(&weeks, told.changes, told.absences, today),
            checks: Vec::new(),
        };
        card.with_checks(told.events.iter().map(Check::of).collect(), today)
    }
}

/// The days from today on that are not as in the week.
fn differing(weeks: &Weeks, changes: Vec<DayChange>, absences: Vec<Absence>, today: Day) -> Vec<Differs> {
    let mut days: Vec<Differs> = changes
        .into_iter()
        .filter(|change| change.day >= today)
        .filter_map(|change| Some(Differs { from: change.day, until: Some(change.day), times: Some(change.times?) }))
        .collect();
    for absence in absences.into_iter().filter(|absence| absence.until.is_none_or(|until| until >= today)) {
        let Some(part) = absence.part else {
            days.push(Differs { from: absence.from, until: absence.until, times: None });
            continue;
        };
        // A part of a day takes that part out of what was to be; where nothing was to be, it touches nothing (ruling p).
        let changed = days.iter().position(|one| one.from == absence.from && one.times.is_some());
        let times = match changed.map(|index| days.swap_remove(index)) {
            Some(changed) => changed.times.unwrap_or_default(),
            None => weeks.on(absence.from).times,
        };
        let left: Vec<Span> = times.iter().flat_map(|span| without(*span, part)).collect();
        let times = (times.is_empty() || !left.is_empty()).then_some(left);
        days.push(Differs { from: absence.from, until: absence.until, times });
    }
    days.sort();
    days.dedup();
    days
}

/// The card of a placement as it must be; none where there must be none: ended, no group, or protected (ruling i).
pub(crate) fn card(world: &World<'_>, place: &Placement, now: Timestamp) -> Result<Option<BoardCard>, Unread> {
    let today = now.day();
    let Some(group) = place.group.filter(|_| place.until.is_none_or(|until| today <= until)) else { return Ok(None) };
    let id = RecordId::state(Membership::KIND, &[&group, &place.child]);
    let Some(membership) = world.get::<Membership>(Scope::Group(group), id)? else { return Ok(None) };
    let Some(child) = world.get::<Child>(Scope::Child(place.child), RecordId(place.child.0))? else { return Ok(None) };
    if membership.protected || !membership.placements.contains(&place.placement) {
        return Ok(None);
    }
    let here = [Scope::Placement(place.placement)];
    let told = Told {
        weeks: world.scan(&here, i64::MIN..=i64::MAX)?,
        changes: world.scan(&here, today.number()..=i64::MAX)?,
        absences: world.all(Scope::Absence(place.child))?,
        events: world.scan(&here, today.number()..=today.number())?,
    };
    Ok(Some(BoardCard::of(place, group, &child, told, today)))
}

fn without(span: Span, part: Span) -> Vec<Span> {
    let before = Span::new(span.start(), span.end().min(part.start()));
    let after = Span::new(span.start().max(part.end()), span.end());
    [before, after].into_iter().flatten().collect()
}

/// The change that makes a placement's card what it must be, if any.
pub(crate) fn derive(
    world: &World<'_>,
    placement: PlacementId,
    now: Timestamp,
    derived: &mut Vec<Change>,
) -> Result<(), Unread> {
    let Some(place) = world.get::<Placement>(Scope::Placement(placement), RecordId(placement.0))? else {
        return Ok(());
    };
    let Some(group) = place.group else { return Ok(()) };
    let stands = world.get::<BoardCard>(Scope::Board(group), RecordId(placement.0))?;
    match (card(world, &place, now)?, stands) {
        (Some(card), stands) if stands.as_ref() != Some(&card) => derived.push(Change::put(&card)),
        (None, Some(stands)) => derived.push(Change::remove(&stands)),
        _ => {}
    }
    Ok(())
}

/// The settings of the boards of a unit's care groups.
pub(crate) fn derive_settings(world: &World<'_>, unit: UnitId, derived: &mut Vec<Change>) -> Result<(), Unread> {
    let Some(record) = world.get::<Unit>(Scope::Unit(unit), RecordId(unit.0))? else { return Ok(()) };
    let municipality = world.all::<Municipality>(Scope::Tenant)?.pop().unwrap_or_default();
    let check_in_by = unit_switches(&municipality, Some(&record)).check_in_by;
    for group in world.all::<Group>(Scope::Unit(unit))? {
        if !group.kind.is_care() {
            continue;
        }
        let settings = BoardSettings {
            group: group.group,
            name: group.name,
            unit: record.name.clone(),
            hours: record.hours,
            check_in_by,
        };
        crate::consequences::put(world, &settings, derived)?;
    }
    Ok(())
}
