//! What people ask for.

use kapprum_domain::absence::Days;
use kapprum_domain::attendance::{AtPlacement, Direction};
use kapprum_domain::care_schedule::Week;
use kapprum_domain::command::Command;
use kapprum_domain::id::{ChildId, GroupId, PersonId, PlacementId, RecordId};
use kapprum_domain::time::{Day, Span};

/// What a person can ask for. A command sets, it never toggles or adds, so that doing it again changes nothing.
#[uniffi::remote(Enum)]
pub enum Command {
    /// The child will not come (ruling m).
    ReportAbsence {
        /// The child.
        child: ChildId,
        /// When.
        days: Days,
    },
    /// Other days for one's own report.
    ChangeAbsence {
        /// The child.
        child: ChildId,
        /// The report.
        absence: RecordId,
        /// When instead.
        days: Days,
    },
    /// Take back one's own report.
    WithdrawAbsence {
        /// The child.
        child: ChildId,
        /// The report.
        absence: RecordId,
    },
    /// Lay the ordinary week (rule 58).
    SetWeek {
        /// The child.
        child: ChildId,
        /// Its placement.
        placement: PlacementId,
        /// From this day on.
        from: Day,
        /// Monday first.
        days: Week,
    },
    /// Change one day (rules 63, 64).
    ChangeDay {
        /// The child.
        child: ChildId,
        /// Its placement.
        placement: PlacementId,
        /// The day.
        day: Day,
        /// The times of that day; none: as in the week; empty: does not come.
        times: Option<Vec<Span>>,
        /// A word to the staff.
        comment: String,
    },
    /// The child came (rule 73).
    CheckIn(AtPlacement),
    /// The child went.
    CheckOut(AtPlacement),
    /// The last check was wrong.
    UndoCheck {
        /// The child.
        at: AtPlacement,
        /// The event.
        event: RecordId,
    },
    /// One's own phone and mail (rule 102).
    SetContact {
        /// Whose: the sender's own.
        person: PersonId,
        /// Phone number.
        phone: String,
        /// Mail address.
        mail: String,
    },
}

/// When the child is away.
#[uniffi::remote(Record)]
pub struct Days {
    /// First day.
    pub from: Day,
    /// Last day, inclusive; none: until well again.
    pub until: Option<Day>,
    /// Part of the one day.
    pub part: Option<Span>,
}

/// A child at a placement; on a hall board with the board's group.
#[uniffi::remote(Record)]
pub struct AtPlacement {
    /// The child.
    pub child: ChildId,
    /// The placement.
    pub placement: PlacementId,
    /// The group of the hall board that sends it.
    pub group: Option<GroupId>,
}

/// In or out.
#[uniffi::remote(Enum)]
pub enum Direction {
    /// Came.
    In,
    /// Went.
    Out,
}
