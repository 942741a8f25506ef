//! Which view, and what it shows.

use kapprum_domain::board::GroupBoard;
use kapprum_domain::board::hall::HallBoard;
use kapprum_domain::frame::Frame;
use kapprum_domain::home::Home;
use kapprum_domain::home::change_day::ChangeDay;
use kapprum_domain::home::child_day::ChildDay;
use kapprum_domain::id::{ChildId, GroupId, PlacementId};
use kapprum_domain::outbox::Outbox;
use kapprum_domain::report::ReportAbsence;
use kapprum_domain::screen::{Ask, Missing, Screen};
use kapprum_domain::time::Day;

/// Which view, with its ids. The child is always named.
#[uniffi::remote(Enum)]
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
#[uniffi::remote(Enum)]
pub enum Screen {
    /// See `Ask::Frame`.
    Frame(Frame),
    /// See `Ask::Home`.
    Home(Home),
    /// See `Ask::ChildDay`.
    ChildDay(ChildDay),
    /// See `Ask::ChangeDay`.
    ChangeDay(ChangeDay),
    /// See `Ask::GroupBoard`.
    GroupBoard(GroupBoard),
    /// See `Ask::HallBoard`.
    HallBoard(HallBoard),
    /// See `Ask::ReportAbsence`.
    ReportAbsence(ReportAbsence),
    /// See `Ask::Outbox`.
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
#[uniffi::remote(Enum)]
pub enum Missing {
    /// It is on its way.
    Loading,
    /// It is locked for want of contact.
    Locked,
    /// It is not for this account.
    NoRight,
}
