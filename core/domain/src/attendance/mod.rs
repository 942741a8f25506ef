//! Attendance: children come and go, on the hall board or with staff (rule 73).

pub mod board_card;

use serde::{Deserialize, Serialize};

use crate::actor::{Role, Sending};
use crate::care_schedule::reach;
use crate::id::{ChildId, GroupId, PersonId, PlacementId, RecordId};
use crate::organisation::CheckInBy;
use crate::record::{Body, Change};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::world::{Undecided, World};
use board_card::{BoardCard, BoardSettings, Check};

/// A child came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttendanceEvent {
    /// The event.
    pub event: RecordId,
    /// The placement.
    pub placement: PlacementId,
    /// Which of the two.
    pub direction: Direction,
    /// When: as tapped, never later than received.
    pub time: Timestamp,
    /// Who answers for it; none: tapped on a hall board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
}

/// In or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Came.
    In,
    /// Went.
    Out,
}

impl Body for AttendanceEvent {
    const KIND: &'static str = "attendance_event";
    fn scope(&self) -> Scope {
        Scope::Placement(self.placement)
    }
    fn id(&self) -> RecordId {
        self.event
    }
    fn at(&self) -> i64 {
        self.time.day().number()
    }
}

/// A child at a placement; on a hall board with the board's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtPlacement {
    /// The child.
    pub child: ChildId,
    /// The placement.
    pub placement: PlacementId,
    /// The group of the hall board that sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
}

impl AtPlacement {
    /// The scope that a command about it names.
    pub fn scope(&self) -> Scope {
        self.group.map_or(Scope::Placement(self.placement), Scope::Board)
    }
}

/// Checks a child in or out. Over a child that already was at that time, nothing changes.
pub(crate) fn check(
    sending: &Sending<'_>,
    world: &World<'_>,
    at: AtPlacement,
    direction: Direction,
) -> Result<Vec<Change>, Undecided> {
    let time = sending.created.min(sending.now);
    let event = RecordId::event(sending.id, AttendanceEvent::KIND, &[&at.child, &time.day()]);
    let event = |by| AttendanceEvent { event, placement: at.placement, direction, time, by };
    let already = |checks: &[Check]| {
        let before = checks.iter().filter(|check| check.time <= time).max_by_key(|check| (check.time, check.event));
        before.is_some_and(|check| check.direction == direction)
    };
    if sending.actor.account.role == Role::Board {
        let card = board_card(sending, world, at)?;
        if already(&card.checks) {
            return Ok(Vec::new());
        }
        let event = event(None);
        let checks = [card.checks.clone(), vec![Check::of(&event)]].concat();
        return Ok(vec![Change::put(&event), Change::put(&card.with_checks(checks, sending.now.day()))]);
    }
    let by = staff(sending, world, at)?;
    let day = time.day().number();
    let events = world.scan::<AttendanceEvent>(&[Scope::Placement(at.placement)], day..=day)?;
    if already(&events.iter().map(Check::of).collect::<Vec<_>>()) {
        return Ok(Vec::new());
    }
    Ok(vec![Change::put(&event(Some(by)))])
}

/// Undoes a check of the same day.
pub(crate) fn undo(
    sending: &Sending<'_>,
    world: &World<'_>,
    at: AtPlacement,
    event: RecordId,
) -> Result<Vec<Change>, Undecided> {
    if sending.actor.account.role == Role::Board {
        let card = board_card(sending, world, at)?;
        let today = sending.now.day();
        let (undone, checks): (Vec<Check>, Vec<Check>) =
            card.checks.iter().partition(|check| check.event == event && check.time.day() == today);
        if undone.is_empty() {
            return Ok(Vec::new());
        }
        let remove = Change::Remove(Scope::Placement(at.placement), AttendanceEvent::KIND.to_owned(), event);
        return Ok(vec![remove, Change::put(&card.with_checks(checks, today))]);
    }
    staff(sending, world, at)?;
    match world.get::<AttendanceEvent>(Scope::Placement(at.placement), event)? {
        Some(found) if found.time.day() == sending.now.day() => Ok(vec![Change::remove(&found)]),
        Some(_) => Err(Refusal::DayPast { first: sending.now.day() }.into()),
        None => Ok(Vec::new()),
    }
}

/// The last event of a day's events.
pub fn latest(events: &[AttendanceEvent]) -> Option<&AttendanceEvent> {
    events.iter().max_by_key(|event| (event.time, event.event))
}

fn staff(sending: &Sending<'_>, world: &World<'_>, at: AtPlacement) -> Result<PersonId, Undecided> {
    if !matches!(sending.actor.account.role, Role::Staff | Role::Tablet) {
        return Err(Refusal::NoRight.into());
    }
    Ok(reach::placement(sending, world, at.child, at.placement)?.0)
}

/// A board decides over `board/G` alone (`protocol.md` §1).
fn board_card(sending: &Sending<'_>, world: &World<'_>, at: AtPlacement) -> Result<BoardCard, Undecided> {
    let group = at.group.filter(|group| sending.rights.holds(Scope::Board(*group))).ok_or(Refusal::NoRight)?;
    let settings = world.get::<BoardSettings>(Scope::Board(group), RecordId(group.0))?;
    if settings.is_some_and(|settings| settings.check_in_by == CheckInBy::Staff) {
        return Err(Refusal::CheckedByStaff.into());
    }
    let card = world.get::<BoardCard>(Scope::Board(group), RecordId(at.placement.0))?;
    card.filter(|card| card.child == at.child).ok_or(Undecided::Refused(Refusal::NotThere))
}
