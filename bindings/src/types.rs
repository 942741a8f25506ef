//! The core's types, described: the compiler holds each description against the type itself.

use kapprum_client::profile::{ProfileId, SignedIn};
use kapprum_domain::absence::Days;
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::attendance::{AtPlacement, Direction};
use kapprum_domain::board::hall::{HallBoard, Tile};
use kapprum_domain::board::{BoardRow, GroupBoard, StaffChoice, Tap};
use kapprum_domain::care_schedule::Week;
use kapprum_domain::command::Command;
use kapprum_domain::frame::{AccountLine, Frame, GroupChoice, Help, Notice, Tab, TabKind, Tone};
use kapprum_domain::home::change_day::ChangeDay;
use kapprum_domain::home::child_day::{AbsenceLine, ChildDay, DayChoice, PlacementDay};
use kapprum_domain::home::{ChildLine, ChildState, Home};
use kapprum_domain::id::{ChildId, CommandId, DeviceId, GroupId, HolderId, PersonId, PlacementId, RecordId, TenantId};
use kapprum_domain::outbox::{Mark, Outbox, OutboxLine};
use kapprum_domain::report::{Choice, ReportAbsence};
use kapprum_domain::screen::{Ask, Missing, Screen};
use kapprum_domain::time::{Day, Span, TimeOfDay};
use kapprum_words::Language;
use uuid::Uuid;

use crate::error::KapprumError;

/// From a time of day to a later one, both `HH:MM`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Interval {
    /// When it begins.
    pub start: TimeOfDay,
    /// When it ends.
    pub end: TimeOfDay,
}

macro_rules! texts {
    ($($name:ident),* $(,)?) => {$(
        uniffi::custom_type!($name, String, {
            remote,
            lower: |value| value.to_string(),
            try_lift: |text| text.parse().map_err(|_| KapprumError::malformed()),
        });
    )*};
}

texts!(
    ChildId,
    CommandId,
    DeviceId,
    GroupId,
    HolderId,
    PersonId,
    PlacementId,
    RecordId,
    TenantId,
    Uuid,
    Day,
    TimeOfDay
);

uniffi::custom_type!(ProfileId, u32, { remote, lower: |profile| profile.0, try_lift: |number| Ok(ProfileId(number)) });

uniffi::custom_type!(Span, Interval, {
    remote,
    lower: |span| Interval { start: span.start(), end: span.end() },
    try_lift: |ends| Span::new(ends.start, ends.end).ok_or_else(KapprumError::malformed),
});

uniffi::custom_type!(Week, Vec<Vec<Span>>, {
    remote,
    lower: |week| week.to_vec(),
    try_lift: |days| Week::try_from(days).map_err(|_| KapprumError::malformed()),
});

// Accounts.

/// A language that all texts exist in.
#[uniffi::remote(Enum)]
pub enum Language {
    /// Swedish.
    Swedish,
    /// English.
    English,
    /// Arabic, the plain standard one, with Latin digits.
    Arabic,
}

/// The part in which a holder signed in; someone with several chooses one (rule 7).
#[uniffi::remote(Enum)]
pub enum Role {
    /// Guardian of children.
    Guardian,
    /// Student, also of age.
    Student,
    /// Staff of units and groups.
    Staff,
    /// A paired tablet of a department (ruling e).
    Tablet,
    /// A paired board in the hall (ruling u).
    Board,
}

/// One session family with one encrypted file on the device.
#[uniffi::remote(Record)]
pub struct Account {
    /// The municipality.
    pub tenant: TenantId,
    /// The person or paired device.
    pub holder: HolderId,
    /// As what.
    pub role: Role,
}

/// One signed-in account.
#[uniffi::remote(Record)]
pub struct SignedIn {
    /// Names its folder and its keys.
    pub id: Uuid,
    /// The account.
    pub account: Account,
    /// With which others it belongs together.
    pub profile: ProfileId,
    /// Its server.
    pub server: String,
    /// This device, as that server knows it.
    pub device: DeviceId,
}

// What people ask for.

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

// Which view, and what it shows.

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

// The frame around every screen.

/// What stands around every screen.
#[uniffi::remote(Record)]
pub struct Frame {
    /// Where one can go.
    pub tabs: Vec<Tab>,
    /// The groups one works with, or that hang on the wall; by unit and name.
    pub groups: Vec<GroupChoice>,
    /// About the data itself; none: all is well.
    pub notice: Option<Notice>,
    /// What waits to be sent, if anything.
    pub waiting: Option<String>,
    /// The accounts that are used together.
    pub accounts: Vec<AccountLine>,
}

/// A place to go.
#[uniffi::remote(Record)]
pub struct Tab {
    /// Which.
    pub kind: TabKind,
    /// Its name.
    pub label: String,
    /// A short word on it.
    pub badge: Option<String>,
}

/// The places of the app; a shell gives each an icon and the screen behind it.
#[uniffi::remote(Enum)]
pub enum TabKind {
    /// One's children.
    Home,
    /// The groups one works with.
    Groups,
    /// The board in the hall, alone on its screen.
    Wall,
    /// What was sent and what waits.
    Outbox,
    /// Settings, which the shell draws by itself.
    Settings,
}

/// A group to choose.
#[uniffi::remote(Record)]
pub struct GroupChoice {
    /// The group.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// Its unit's name.
    pub unit: String,
}

/// A word about the data.
#[uniffi::remote(Record)]
pub struct Notice {
    /// How much it matters.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// What a tap does about it.
    pub help: Option<Help>,
}

/// How much a word matters; a shell gives each a colour and an icon.
#[uniffi::remote(Enum)]
pub enum Tone {
    /// Good to know.
    Neutral,
    /// To be looked at.
    Attention,
    /// Something is lost or stands still.
    Critical,
}

/// What helps.
#[uniffi::remote(Enum)]
pub enum Help {
    /// Ask the server again.
    Sync,
    /// Sign in again.
    SignIn,
    /// Get the newer app.
    Update,
    /// Take note of what was lost.
    DismissLost,
}

/// An account by the name of its municipality.
#[uniffi::remote(Record)]
pub struct AccountLine {
    /// The account.
    pub account: Account,
    /// The municipality; empty until it is known.
    pub name: String,
}

// Families.

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
    /// Days to go to instead.
    pub days: Vec<DayChoice>,
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

// Boards.

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

// What was sent.

/// The outbox.
#[uniffi::remote(Record)]
pub struct Outbox {
    /// The heading.
    pub title: String,
    /// Newest first.
    pub lines: Vec<OutboxLine>,
    /// Instead of lines, if there are none.
    pub empty: Option<String>,
}

/// A command in words.
#[uniffi::remote(Record)]
pub struct OutboxLine {
    /// The command's id.
    pub id: CommandId,
    /// What was asked.
    pub what: String,
    /// Where it stands.
    pub state: String,
    /// Colour and icon.
    pub mark: Mark,
    /// It can be taken back.
    pub undo: bool,
    /// It can be dismissed.
    pub dismiss: bool,
}

/// How a line stands; a shell gives each a colour and an icon.
#[uniffi::remote(Enum)]
pub enum Mark {
    /// Waits.
    Waiting,
    /// Done.
    Done,
    /// Taken back.
    Withdrawn,
    /// Refused.
    Refused,
}
