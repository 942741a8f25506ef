//! The hall board's cards: what the wall shows and nothing more (ruling u), derived from what staff and families hold
//! while the child has its place.

use serde::{Deserialize, Serialize};

use super::{AttendanceEvent, Direction};
use crate::absence::Absence;
use crate::care_schedule::plan::{Expected, Plan};
use crate::care_schedule::{Weeks, unit_switches};
use crate::id::{ChildId, GroupId, PlacementId, RecordId, UnitId};
use crate::membership::Membership;
use crate::organisation::{CheckInBy, Group, Municipality, Unit};
use crate::record::{Body, Change};
use crate::register::{Child, Placement};
use crate::scope::Scope;
use crate::time::{Day, Span, Timestamp};
use crate::world::{Unread, World};

/// So many days ahead a wall knows what to expect, should it be without network.
pub const AHEAD: i32 = 14;

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
    /// The ordinary weeks of the days ahead, in order of their first day.
    pub weeks: Vec<(Day, [Expected; 7])>,
    /// Those of the days ahead that are not as in the week.
    pub days: Vec<(Day, Expected)>,
    /// The checks of one day, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
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

impl BoardCard {
    /// What is expected on a day.
    pub fn expected(&self, day: Day) -> Expected {
        let differs = self.days.iter().find(|(one, _)| *one == day);
        differs.map_or_else(|| self.ordinary(day), |(_, expected)| expected.clone())
    }

    /// Whether the child has its place on this day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// The last check, if it was on this day.
    pub fn last_on(&self, day: Day) -> Option<Check> {
        self.checks.iter().rfind(|check| check.time.day() == day).copied()
    }

    fn ordinary(&self, day: Day) -> Expected {
        let week = self.weeks.iter().rev().find(|(from, _)| *from <= day);
        week.and_then(|(_, week)| week.get(day.weekday())).cloned().unwrap_or(Expected::Unlaid)
    }

    /// The same card with other checks, of which those of this day are kept.
    pub(crate) fn with_checks(self, mut checks: Vec<Check>, today: Day) -> Self {
        checks.retain(|check| check.time.day() == today);
        checks.sort_by_key(|check| (check.time, check.event));
        Self { checks, ..self }
    }
}

/// The card of a placement as it must be; none where there must be none: not begun, ended, no group, or protected
/// (ruling i).
fn card(world: &World<'_>, place: &Placement, now: Timestamp) -> Result<Option<BoardCard>, Unread> {
    let Placement { placement, child, from, until, .. } = *place;
    let (today, last) = (now.day(), now.day().plus(AHEAD));
    let Some(group) = place.group.filter(|_| place.holds_on(today)) else { return Ok(None) };
    let id = RecordId::state(Membership::KIND, &[&group, &child]);
    let Some(membership) = world.get::<Membership>(Scope::Group(group), id)? else { return Ok(None) };
    let there = membership.places.iter().any(|one| one.placement == Some(placement) && one.holds_on(today));
    let Some(card) = world.get::<Child>(Scope::Child(child), RecordId(child.0))? else { return Ok(None) };
    if membership.protected || !there {
        return Ok(None);
    }
    let here = [Scope::Placement(placement)];
    let unit = world.get::<Unit>(Scope::Unit(place.unit), RecordId(place.unit.0))?;
    let absences: Vec<Absence> = world.all(Scope::Absence(child))?;
    let plan = Plan {
        weeks: Weeks::new(world.scan(&here, i64::MIN..=last.number())?, place.owners.clone()),
        changes: world.scan(&here, today.number()..=last.number())?,
        absences: &absences,
        unit: unit.as_ref(),
    };
    let weeks = plan.weeks(from, today, last);
    let (name, days) = (card.board_name(), Vec::new());
    let mut card = BoardCard { group, placement, child, name, from, until, weeks, days, checks: Vec::new() };
    let ahead = (0..=AHEAD).map(|ahead| today.plus(ahead)).filter(|day| place.holds_on(*day));
    let differs = |(day, expected): &(Day, Expected)| card.ordinary(*day) != *expected;
    card.days = ahead.map(|day| (day, plan.on(day))).filter(differs).collect();
    let events: Vec<AttendanceEvent> = world.scan(&here, today.number()..=today.number())?;
    Ok(Some(card.with_checks(events.iter().map(Check::of).collect(), today)))
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
