//! What staff, tablets and the hall see.

use kapprum_domain::attendance::Direction;
use kapprum_domain::board::hall::{HallBoard, Tile};
use kapprum_domain::board::{BoardRow, GroupBoard, StaffChoice, Tap};
use kapprum_domain::home::ChildState;
use kapprum_domain::id::{ChildId, PersonId, PlacementId, RecordId};

/// A group for its staff and its tablet.
#[uniffi::remote(Record)]
pub struct GroupBoard {
    /// Group and unit.
    pub title: String,
    /// How many are here and expected, or away.
    pub count: String,
    /// The children: who is here or expected first, then by name.
    pub rows: Vec<BoardRow>,
    /// On a tablet of the department: who can be the one who taps (ruling e).
    pub who: Vec<StaffChoice>,
    /// Instead of children, if there are none.
    pub empty: Option<String>,
}

/// A child of the group.
#[uniffi::remote(Record)]
pub struct BoardRow {
    /// The child.
    pub child: ChildId,
    /// Its placement, if it is in care here.
    pub placement: Option<PlacementId>,
    /// Its name as boards show it.
    pub name: String,
    /// Colour and icon.
    pub state: ChildState,
    /// The day in a line.
    pub line: String,
    /// A word from home.
    pub comment: Option<String>,
    /// "Waiting for the network", if the last check is not received yet.
    pub waiting: Option<String>,
    /// What a tap does, if the actor may check in and out today.
    pub action: Option<Tap>,
    /// The last check of today, if the actor may undo it.
    pub undo: Option<RecordId>,
}

/// A member of staff to choose.
#[uniffi::remote(Record)]
pub struct StaffChoice {
    /// The person.
    pub person: PersonId,
    /// The name shown.
    pub name: String,
}

/// What a tap on a child does.
#[uniffi::remote(Record)]
pub struct Tap {
    /// Checks in or out.
    pub direction: Direction,
    /// The word on it.
    pub label: String,
}

/// The board in the hall.
#[uniffi::remote(Record)]
pub struct HallBoard {
    /// Group and unit.
    pub title: String,
    /// A tile for each child, by name.
    pub tiles: Vec<Tile>,
    /// Instead of tiles, if there are none.
    pub empty: Option<String>,
}

/// A child on the wall.
#[uniffi::remote(Record)]
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
