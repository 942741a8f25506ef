//! The one door to what people see: [`Ask`] which view, get its [`Screen`].
//!
//! A screen is finished: strings in one language beside enums for colour and icon. Equal inputs give equal screens; a
//! view changes at a commit or at its `until`.

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use crate::board::hall::{HallBoard, hall_board};
use crate::board::{GroupBoard, group_board};
use crate::frame::{Frame, Trouble, frame};
use crate::home::change_day::{ChangeDay, change_day};
use crate::home::child_day::{ChildDay, child_day};
use crate::home::{self, Home};
use crate::id::{ChildId, GroupId, PlacementId};
use crate::outbox::{self, Entry, Outbox};
use crate::report::{self, ReportAbsence};
use crate::time::{Day, Timestamp};
use crate::world::{Seen, Unread};

/// Which view, with its ids. The child is always named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// What stands around every screen.
    Frame,
    /// A guardian's or student's children, over all their accounts.
    Home,
    /// One child's day.
    ChildDay {
        /// The child.
        child: ChildId,
        /// The day; none: today.
        #[serde(default)]
        day: Option<Day>,
    },
    /// The form to change one day of a child in care.
    ChangeDay {
        /// The child.
        child: ChildId,
        /// Its placement.
        placement: PlacementId,
        /// The day.
        day: Day,
    },
    /// The group as its staff see it.
    GroupBoard {
        /// The group.
        group: GroupId,
        /// The day; none: today.
        #[serde(default)]
        day: Option<Day>,
    },
    /// The hall board.
    HallBoard {
        /// The group.
        group: GroupId,
    },
    /// The form to report absence.
    ReportAbsence,
    /// What was sent and what waits.
    Outbox,
}

/// What a view shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Screen {
    /// See [`Ask::Frame`].
    Frame(Frame),
    /// See [`Ask::Home`].
    Home(Home),
    /// See [`Ask::ChildDay`].
    ChildDay(ChildDay),
    /// See [`Ask::ChangeDay`].
    ChangeDay(ChangeDay),
    /// See [`Ask::GroupBoard`].
    GroupBoard(GroupBoard),
    /// See [`Ask::HallBoard`].
    HallBoard(HallBoard),
    /// See [`Ask::ReportAbsence`].
    ReportAbsence(ReportAbsence),
    /// See [`Ask::Outbox`].
    Outbox(Outbox),
    /// Nothing to show here, and why.
    Nothing {
        /// Colour and icon.
        why: Missing,
        /// The sentence.
        text: String,
    },
}

/// Why there is nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// It is on its way.
    Loading,
    /// It is locked for want of contact.
    Locked,
    /// It is not for this account.
    NoRight,
}

/// A finished screen and when it changes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The screen.
    pub screen: Screen,
    /// The next moment at which it changes without a commit.
    pub until: Timestamp,
}

/// What is known around the records.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// The outboxes of all accounts, oldest first.
    pub outbox: Vec<Entry>,
    /// Everything that is held has arrived.
    pub whole: bool,
    /// Something is locked for want of contact.
    pub locked: bool,
    /// When the server was last heard of; of several the one that was silent for longest.
    pub contact: Option<Timestamp>,
    /// Why nothing is exchanged at present, if so.
    pub trouble: Option<Trouble>,
    /// Data on this phone could not be read any more and is gone, with so much that was not sent.
    pub lost: Option<u64>,
}

/// Shows a view to an actor: several accounts of one person for home, one account otherwise.
pub fn screen(ask: &Ask, seen: &[Seen<'_>], around: &Around, words: &Words, now: Timestamp) -> Result<View, Unread> {
    let shown = match ask {
        Ask::Frame => frame(seen, around, words, now).map(|(frame, until)| (Screen::Frame(frame), until)),
        Ask::Home => home::home(seen, around, words, now).map(|home| (Screen::Home(home.0), home.1)),
        Ask::ChildDay { child, day } => {
            one_of(seen, |seen| child_day(seen, *child, day.unwrap_or(now.day()), words, now))
                .map(|(day, until)| (Screen::ChildDay(day), until))
        }
        Ask::ChangeDay { child, placement, day } => {
            one_of(seen, |seen| change_day(seen, (*child, *placement), *day, words, now))
                .map(|(form, until)| (Screen::ChangeDay(form), until))
        }
        Ask::GroupBoard { group, day } => {
            let day = day.unwrap_or(now.day());
            one_of(seen, |seen| group_board(seen, *group, day, words, now))
                .map(|(board, until)| (Screen::GroupBoard(board), until))
        }
        Ask::HallBoard { group } => one_of(seen, |seen| hall_board(seen, *group, words, now))
            .map(|(board, until)| (Screen::HallBoard(board), until)),
        Ask::ReportAbsence => {
            report::report_absence(seen, words, now).map(|(form, until)| (Screen::ReportAbsence(form), until))
        }
        Ask::Outbox => outbox::outbox(seen, around, words, now).map(|sent| (Screen::Outbox(sent), midnight(now))),
    };
    match shown {
        Ok((screen, until)) => Ok(View { screen, until }),
        // Not held, not here yet, or locked: said in words, never with facts.
        Err(Unread::NotHeld(_)) => {
            let (why, text) = match around {
                Around { locked: true, .. } => (Missing::Locked, words.locked()),
                Around { whole: false, .. } => (Missing::Loading, words.loading()),
                _ => (Missing::NoRight, words.no_right()),
            };
            Ok(View { screen: Screen::Nothing { why, text }, until: midnight(now) })
        }
        Err(broken) => Err(broken),
    }
}

/// The first account that holds what is asked for.
fn one_of<T>(seen: &[Seen<'_>], view: impl Fn(&Seen<'_>) -> Result<T, Unread>) -> Result<T, Unread> {
    let mut last = Err(Unread::NotHeld(crate::scope::Scope::Tenant));
    for one in seen {
        last = view(one);
        if !matches!(last, Err(Unread::NotHeld(_))) {
            break;
        }
    }
    last
}

/// The end of today, when every view of a day changes.
pub(crate) fn midnight(now: Timestamp) -> Timestamp {
    now.day().end()
}
