//! The group as its staff see it, and the hall board. Both are drawn from the cards in `board/G`.

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use crate::attendance::board_card::{BoardCard, BoardSettings, Expected, Told};
use crate::attendance::{AttendanceEvent, Direction};
use crate::care_schedule::DayChange;
use crate::home::ChildState;
use crate::id::{ChildId, GroupId, PlacementId, RecordId};
use crate::membership::Membership;
use crate::organisation::CheckInBy;
use crate::record::Body;
use crate::register::{Child, Placement};
use crate::saying;
use crate::scope::Scope;
use crate::screen::midnight;
use crate::time::{Day, Timestamp};
use crate::world::{Seen, Unread};

/// A group for its staff and its tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupBoard {
    /// Group and unit.
    pub title: String,
    /// How many are here and expected.
    pub count: String,
    /// The children: who is here or expected first, then by name.
    pub rows: Vec<BoardRow>,
    /// Instead of children, if there are none.
    pub empty: Option<String>,
}

/// A child of the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardRow {
    /// The child.
    pub child: ChildId,
    /// Its placement.
    pub placement: PlacementId,
    /// Its name as boards show it.
    pub name: String,
    /// Colour and icon.
    pub state: ChildState,
    /// Today in a line.
    pub line: String,
    /// A word from home.
    pub comment: Option<String>,
    /// "Waiting for the network", if the last check is not received yet.
    pub waiting: Option<String>,
    /// The last check of today, which can be undone.
    pub undo: Option<RecordId>,
}

/// The board in the hall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HallBoard {
    /// Group and unit.
    pub title: String,
    /// A tile for each child, by name.
    pub tiles: Vec<Tile>,
    /// Instead of tiles, if there are none.
    pub empty: Option<String>,
}

/// A child on the wall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// The child.
    pub child: ChildId,
    /// Its placement.
    pub placement: PlacementId,
    /// First name and initial.
    pub name: String,
    /// Colour and icon.
    pub state: ChildState,
    /// Today in a line.
    pub line: String,
    /// What a tap does, if the board may.
    pub action: Option<Tap>,
    /// The last check of today, which can be undone.
    pub undo: Option<RecordId>,
}

/// What a tap on a tile does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tap {
    /// Checks in or out.
    pub direction: Direction,
    /// The word on it.
    pub label: String,
}

/// The group board, and when it changes by itself. A few reads, however many children there are.
pub fn group_board(
    seen: &Seen<'_>,
    group: GroupId,
    day: Day,
    words: &Words,
    now: Timestamp,
) -> Result<(GroupBoard, Timestamp), Unread> {
    if !seen.holds(Scope::Group(group)) {
        return Err(Unread::NotHeld(Scope::Group(group)));
    }
    let (title, mut cards) = cards(seen, group, words, day)?;
    let off_the_wall = off_the_wall(seen, group, day, now.day())?;
    let mut waiting = seen.pending(BoardCard::KIND, &[Scope::Board(group)])?;
    for card in &off_the_wall {
        let checked = seen.pending(AttendanceEvent::KIND, &[Scope::Placement(card.placement)])?;
        waiting.extend((!checked.is_empty()).then(|| card.id()));
    }
    cards.extend(off_the_wall);
    let held: Vec<Scope> =
        cards.iter().map(|card| Scope::Placement(card.placement)).filter(|scope| seen.holds(*scope)).collect();
    let changes = match seen.scan::<DayChange>(&held, day.number()..=day.number()) {
        // A placement that is still on its way: its comment shows when it is here.
        Err(Unread::NotHeld(_)) => Vec::new(),
        changes => changes?,
    };
    let mut rows: Vec<BoardRow> = cards
        .iter()
        .map(|card| {
            let change = changes.iter().find(|change| change.placement == card.placement);
            BoardRow {
                child: card.child,
                placement: card.placement,
                name: card.name.clone(),
                state: state(card, day),
                line: line(card, day, words, now),
                comment: change.map(|change| change.comment.clone()).filter(|text| !text.is_empty()),
                waiting: waiting.contains(&card.id()).then(|| words.waiting()),
                undo: card.last_on(day).map(|last| last.event),
            }
        })
        .collect();
    let absent = |row: &BoardRow| matches!(row.state, ChildState::Absent | ChildState::Off);
    rows.sort_by(|one, other| absent(one).cmp(&absent(other)).then_with(|| one.name.cmp(&other.name)));
    let count = |state| i64::try_from(rows.iter().filter(|row| row.state == state).count()).unwrap_or(i64::MAX);
    let board = GroupBoard {
        title,
        count: words.board_count(count(ChildState::Here), count(ChildState::Expected)),
        empty: rows.is_empty().then(|| words.board_empty()),
        rows,
    };
    Ok((board, midnight(now)))
}

/// The hall board, and when it changes by itself. Reads `board/G` alone.
pub fn hall_board(
    seen: &Seen<'_>,
    group: GroupId,
    words: &Words,
    now: Timestamp,
) -> Result<(HallBoard, Timestamp), Unread> {
    let today = now.day();
    let (title, cards) = cards(seen, group, words, today)?;
    let settings = seen.get::<BoardSettings>(Scope::Board(group), RecordId(group.0))?;
    let checks = settings.is_none_or(|settings| settings.check_in_by == CheckInBy::GuardianBoard);
    let action = |card: &BoardCard| match card.last_on(today).map(|last| last.direction) {
        Some(Direction::In) => Tap { direction: Direction::Out, label: words.check_out() },
        _ => Tap { direction: Direction::In, label: words.check_in() },
    };
    let tile = |card: &BoardCard| Tile {
        child: card.child,
        placement: card.placement,
        name: card.name.clone(),
        state: state(card, today),
        line: line(card, today, words, now),
        action: checks.then(|| action(card)),
        undo: card.last_on(today).map(|last| last.event),
    };
    let tiles: Vec<Tile> = cards.iter().map(tile).collect();
    Ok((HallBoard { title, empty: tiles.is_empty().then(|| words.board_empty()), tiles }, midnight(now)))
}

/// The marked children, whom no wall shows but whose staff must know where they are (ruling i).
fn off_the_wall(seen: &Seen<'_>, group: GroupId, day: Day, today: Day) -> Result<Vec<BoardCard>, Unread> {
    let mut cards = Vec::new();
    for membership in seen.all::<Membership>(Scope::Group(group))? {
        if !membership.protected || !membership.holds_on(day) {
            continue;
        }
        for placement in membership.placements {
            match card(seen, group, membership.child, placement, today) {
                Ok(card) => cards.extend(card),
                // Still on its way.
                Err(Unread::NotHeld(_)) => {}
                Err(broken) => return Err(broken),
            }
        }
    }
    Ok(cards)
}

fn card(
    seen: &Seen<'_>,
    group: GroupId,
    child: ChildId,
    placement: PlacementId,
    today: Day,
) -> Result<Option<BoardCard>, Unread> {
    let here = Scope::Placement(placement);
    let place = seen.get::<Placement>(here, RecordId(placement.0))?;
    let name = seen.get::<Child>(Scope::Child(child), RecordId(child.0))?;
    let (Some(place), Some(name)) = (place, name) else { return Ok(None) };
    let told = Told {
        weeks: seen.all(here)?,
        changes: seen.scan(&[here], today.number()..=i64::MAX)?,
        absences: seen.all(Scope::Absence(child))?,
        events: seen.scan(&[here], today.number()..=today.number())?,
    };
    Ok(Some(BoardCard::of(&place, group, &name, told, today)))
}

fn cards(seen: &Seen<'_>, group: GroupId, words: &Words, today: Day) -> Result<(String, Vec<BoardCard>), Unread> {
    let mut cards = seen.all::<BoardCard>(Scope::Board(group))?;
    cards.retain(|card| card.holds_on(today));
    cards.sort_by(|one, other| one.name.cmp(&other.name).then(one.placement.cmp(&other.placement)));
    let settings = seen.get::<BoardSettings>(Scope::Board(group), RecordId(group.0))?;
    let title = settings.map(|settings| words.board_title(&settings.name, &settings.unit));
    Ok((title.unwrap_or_default(), cards))
}

fn state(card: &BoardCard, today: Day) -> ChildState {
    match card.last_on(today).map(|last| last.direction) {
        Some(Direction::In) => return ChildState::Here,
        Some(Direction::Out) => return ChildState::Gone,
        None => {}
    }
    match card.expected(today) {
        Expected::Away => ChildState::Absent,
        Expected::Times(times) if times.is_empty() => ChildState::Off,
        Expected::Times(_) => ChildState::Expected,
    }
}

fn line(card: &BoardCard, day: Day, words: &Words, now: Timestamp) -> String {
    if let Some(last) = card.last_on(day) {
        let clock = saying::moment(words, last.time);
        return match last.direction {
            Direction::In => words.here_since(&clock),
            Direction::Out => words.went_home(&clock),
        };
    }
    let said = saying::day(words, day, now.day());
    match card.expected(day) {
        Expected::Away => words.not_coming(&said),
        Expected::Times(times) if times.is_empty() => words.day_off(&said),
        Expected::Times(times) => words.expected(&saying::spans(words, &times)),
    }
}
