//! What families see, and their forms.

use kapprum_domain::home::change_day::ChangeDay;
use kapprum_domain::home::child_day::{AbsenceLine, ChildDay, DayChoice, PlacementDay};
use kapprum_domain::home::{ChildLine, ChildState, Home};
use kapprum_domain::id::{ChildId, PlacementId, RecordId};
use kapprum_domain::report::{Choice, ReportAbsence};
use kapprum_domain::time::{Day, Span};

/// One's children, over all one's accounts.
#[uniffi::remote(Record)]
pub struct Home {
    /// The heading.
    pub title: String,
    /// The children, by name.
    pub children: Vec<ChildLine>,
    /// Instead of children, if there are none.
    pub empty: Option<String>,
}

/// A child today in one line.
#[uniffi::remote(Record)]
pub struct ChildLine {
    /// The child.
    pub child: ChildId,
    /// Its name.
    pub name: String,
    /// Colour and icon.
    pub state: ChildState,
    /// The line.
    pub line: String,
    /// One decides about its absence.
    pub report: bool,
    /// Something of it is not received yet: "waiting for the network".
    pub waiting: Option<String>,
}

/// How a child's day stands; a shell gives each a colour and an icon.
#[uniffi::remote(Enum)]
pub enum ChildState {
    /// Will come.
    Expected,
    /// Is here.
    Here,
    /// Was here.
    Gone,
    /// Reported absent.
    Absent,
    /// Has a day off.
    Off,
    /// At school, where nobody checks in.
    School,
    /// Not told to this account, or not here yet.
    Unknown,
}

/// One child's day.
#[uniffi::remote(Record)]
pub struct ChildDay {
    /// The child.
    pub child: ChildId,
    /// Its name.
    pub name: String,
    /// The day.
    pub day: Day,
    /// The day in words.
    pub heading: String,
    /// Colour and icon.
    pub state: ChildState,
    /// The day in a line.
    pub line: String,
    /// Days to go to.
    pub days: Vec<DayChoice>,
    /// Its places in care that day.
    pub placements: Vec<PlacementDay>,
    /// Reported absences from that day on.
    pub absences: Vec<AbsenceLine>,
}

/// A day to choose.
#[uniffi::remote(Record)]
pub struct DayChoice {
    /// The day.
    pub day: Day,
    /// The day in words.
    pub label: String,
}

/// A placement on a day.
#[uniffi::remote(Record)]
pub struct PlacementDay {
    /// The placement.
    pub placement: PlacementId,
    /// Where: group or unit.
    pub place: String,
    /// The times laid, in words; empty: a day off.
    pub times: String,
    /// Each owner's times, where they laid different ones (ruling n).
    pub clash: Option<String>,
    /// What was written to the staff.
    pub comment: Option<String>,
    /// When the child came and went.
    pub events: Vec<String>,
    /// For families: until when changes of that day must have arrived, or that it is too late and where to ring
    /// (ruling q).
    pub hint: Option<String>,
    /// The day can be changed.
    pub change: bool,
    /// "Waiting for the network", if its change is not received yet.
    pub waiting: Option<String>,
}

/// A reported absence.
#[uniffi::remote(Record)]
pub struct AbsenceLine {
    /// The report.
    pub absence: RecordId,
    /// The days in words.
    pub line: String,
    /// Who reported it, in words.
    pub by: String,
    /// It can be changed and taken back: one's own, by staff any.
    pub change: bool,
    /// "Waiting for the network", if it is not received yet.
    pub waiting: Option<String>,
}

/// The form.
#[uniffi::remote(Record)]
pub struct ChangeDay {
    /// The child.
    pub child: ChildId,
    /// The placement.
    pub placement: PlacementId,
    /// The day.
    pub day: Day,
    /// The child's name.
    pub name: String,
    /// The day in words.
    pub heading: String,
    /// Where: group or unit.
    pub place: String,
    /// The week's times in words, "as in the week: …".
    pub ordinary: String,
    /// The week's times; empty where none are laid or it is a day off.
    pub usual: Vec<Span>,
    /// What was changed: none: as in the week; empty: does not come.
    pub times: Option<Vec<Span>>,
    /// Opening hours; none: not known.
    pub open: Option<Span>,
    /// What was written to the staff.
    pub comment: String,
    /// A comment is taken.
    pub comments: bool,
    /// Most characters of a comment.
    pub most: u16,
    /// Until when a change must have arrived.
    pub hint: Option<String>,
    /// Why it can't be changed, and what to do instead.
    pub instead: Option<String>,
}

/// The form.
#[uniffi::remote(Record)]
pub struct ReportAbsence {
    /// The heading.
    pub title: String,
    /// The warning not to write about health (rule 50).
    pub health: String,
    /// The question for the days.
    pub question: String,
    /// Whom it can be for.
    pub children: Vec<Choice>,
    /// The nearest days.
    pub days: Vec<DayChoice>,
}

/// A child to choose.
#[uniffi::remote(Record)]
pub struct Choice {
    /// The child.
    pub child: ChildId,
    /// Its name.
    pub name: String,
    /// Why it can't be chosen, and what to do instead.
    pub instead: Option<String>,
}
