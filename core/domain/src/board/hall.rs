//! The board in the hall. It holds `board/G` alone and is drawn from its cards.

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use super::Tap;
use super::roll::Entry;
use crate::attendance::board_card::{BoardCard, BoardSettings};
use crate::home::ChildState;
use crate::id::{ChildId, GroupId, PlacementId, RecordId};
use crate::organisation::CheckInBy;
use crate::saying;
use crate::scope::Scope;
use crate::screen::midnight;
use crate::time::Timestamp;
use crate::world::{Seen, Unread};

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
    /// The last check of today, if the board may undo it.
    pub undo: Option<RecordId>,
}

/// The hall board, and when it changes by itself.
pub fn hall_board(
    seen: &Seen<'_>,
    group: GroupId,
    words: &Words,
    now: Timestamp,
) -> Result<(HallBoard, Timestamp), Unread> {
    let today = now.day();
    let mut cards: Vec<BoardCard> = seen.all(Scope::Board(group))?;
    cards.retain(|card| card.holds_on(today));
    cards.sort_by_cached_key(|card| (saying::alphabetical(&card.name), card.placement));
    let settings = seen.get::<BoardSettings>(Scope::Board(group), RecordId(group.0))?;
    let title = settings.as_ref().map(|settings| words.board_title(&settings.name, &settings.unit));
    let checks = settings.is_none_or(|settings| settings.check_in_by == CheckInBy::GuardianBoard);
    let tile = |card: &BoardCard| {
        let Entry { name, standing, .. } = Entry::of(card, today);
        let last = standing.last.filter(|_| checks);
        Tile {
            child: card.child,
            placement: card.placement,
            name,
            state: standing.state(today),
            line: standing.line(words, now),
            action: checks.then(|| Tap::after(last.map(|last| last.direction), words)),
            undo: last.map(|last| last.event),
        }
    };
    let tiles: Vec<Tile> = cards.iter().map(tile).collect();
    let empty = tiles.is_empty().then(|| words.board_empty());
    Ok((HallBoard { title: title.unwrap_or_default(), empty, tiles }, midnight(now)))
}
