//! Refusals: a typed reason with the facts that a person needs. The words for them are in `core/words`.

use serde::{Deserialize, Serialize};

use crate::time::{Day, Span, Timestamp};

/// Why a command was refused. Facts come from what the actor sees, never from more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Refusal {
    /// The actor has no right to this.
    NoRight,
    /// A student under eighteen decides nothing about itself (ruling c).
    NotOfAge,
    /// Only the placement's owners lay its times (ruling n).
    NotOwner,
    /// Someone else's report; each takes back one's own (ruling o).
    NotYours,
    /// On a shared device: who tapped is not staff here (ruling e).
    WhoTapped,
    /// What it names is not there.
    NotThere,
    /// The day is past.
    DayPast {
        /// The first day that can be given.
        first: Day,
    },
    /// The ordinary weeks of the nearest days are locked.
    Locked {
        /// The first day that is not.
        first: Day,
    },
    /// The placement has not begun (rule 66).
    NotBegun {
        /// Its first day.
        first: Day,
    },
    /// A guardian who does not own the placement changes today's pick-up, nothing else (ruling n).
    PickUpOnly,
    /// School absence has a last day (ruling p).
    NeedsLastDay,
    /// Staff check in and out here, not the hall board.
    CheckedByStaff,
    /// The day is too far ahead.
    TooFarAhead {
        /// The last day that can be given.
        last: Day,
    },
    /// The cut-off has passed (ruling q).
    CutOff {
        /// When it was.
        was: Timestamp,
        /// Where to ring instead.
        phone: String,
    },
    /// The function is switched off here (rule 51).
    SwitchedOff {
        /// Where to ring instead.
        phone: String,
    },
    /// Times outside the unit's opening hours.
    OutsideHours {
        /// The hours of that day; none: closed.
        open: Option<Span>,
    },
    /// Times that overlap, are too many, or a last day before the first.
    WrongTimes,
    /// A text longer than allowed.
    TooLong {
        /// Most characters.
        most: u16,
    },
    /// The school keeps this person's contact details (ruling i).
    KeptBySchool {
        /// Where to ring instead.
        phone: String,
    },
    /// Not a phone number or mail address.
    WrongContact,
    /// A rule failed by a bug; someone looks at it.
    Internal,
    /// Taken back before the server had done it.
    Withdrawn,
    /// The same id came before with other content.
    IdReused,
    /// The server was restored from a backup, and what a newer command made of the same thing stands.
    Superseded,
    /// Older than receipts are kept; it may have been done.
    TooOld,
    /// The device's clock is more than a day ahead.
    Clock,
}
