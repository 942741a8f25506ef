//! What can befall a command, and what its person sees in the end.
//!
//! `CASES.md` is this table, written out. A run of many seeds must reach each cell; a command that only one thing
//! befell must lie in its row.

use std::fmt::Write;

macro_rules! cases {
    ($($(#[$doc:meta])* $name:ident: $text:literal => [$($shown:ident),*];)*) => {
        /// What can befall a command between tap and outcome.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Case { $($name,)* }

        /// Each case, in words, with the outcomes that it can have.
        pub const TABLE: &[(Case, &str, &[Shown])] = &[$((Case::$name, $text, &[$(Shown::$shown),*]),)*];
    };
}

/// What a person sees in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// Done, with the time of receipt.
    Done,
    /// Refused, with the reason.
    Refused,
    /// Taken back; it did nothing.
    Withdrawn,
    /// Waits for a newer server; others pass.
    Parked,
    /// Refused at once by a rule; nothing was stored.
    RefusedAtOnce,
    /// No room; nothing was stored, and it was said at once.
    NoRoom,
    /// The device never heard of it; its effect, if any, is there.
    NotHere,
}

/// All outcomes in the order of the table's columns.
pub const SHOWN: [Shown; 7] =
    [Shown::Done, Shown::Refused, Shown::Withdrawn, Shown::Parked, Shown::RefusedAtOnce, Shown::NoRoom, Shown::NotHere];

cases! {
    Untroubled: "nothing" => [Done, Refused, RefusedAtOnce];
    RequestLost: "the request is lost before the server has it" => [Done, Refused];
    CutBeforeRights: "the answer is cut before `rights`" => [Done, Refused];
    CutBeforeReceipts: "the answer is cut before `receipts`" => [Done, Refused];
    CutBeforeRows: "the answer is cut before a row" => [Done, Refused];
    CutBeforeSums: "the answer is cut before `sum`" => [Done, Refused];
    CutBeforeApplied: "the answer is cut before `applied`" => [Done, Refused];
    CutBeforeSnap: "the answer is cut before or in a `snap`" => [Done, Refused];
    CutBeforeEnd: "the answer is cut before `end`" => [Done, Refused];
    Repeated: "the request comes twice" => [Done, Refused];
    Late: "the request comes after a later one" => [Done, Refused];
    OldAnswer: "the answer comes after the request was given up" => [Done, Refused];
    UndoneUnsent: "taken back before it was ever sent" => [Withdrawn];
    UndoneSent: "taken back after it was sent" => [Done, Refused, Withdrawn];
    ExpiredUnsent: "its time passes before it was ever sent" => [Withdrawn];
    ExpiredSent: "its time passes after it was sent" => [Done, Refused, Withdrawn];
    RightEndedUnsent: "a right to it ends before it was ever sent" => [Withdrawn];
    RightEndedSent: "a right to it ends after it was sent" => [Done, Refused, Withdrawn];
    Cloned: "the device is cloned while it waits" => [Done, Refused];
    Restored: "the device is restored from an older copy" => [Done, Refused, NotHere];
    PhoneDied: "the app dies between two commits" => [Done, Refused];
    PowerCut: "the power goes; the log is cut at any byte that was not synced" => [Done, Refused];
    Suspended: "the app is suspended while it waits" => [Done, Refused];
    DiskFull: "the disk is full" => [Done, Refused, NoRoom];
    FromReserve: "the disk is full and the reserve is freed" => [Done, Refused];
    ServerDiedBefore: "the server dies before it commits" => [Done, Refused];
    ServerDiedAfter: "the server dies after it committed" => [Done, Refused];
    Retried: "the server can't write: try again" => [Done, Refused];
    OtherEpoch: "the server begins another epoch" => [Done, Refused];
    ServerRestored: "the server is restored from a backup without it" => [Done, Refused, Withdrawn];
    FloorRose: "the floor rises above the cursor" => [Done, Refused];
    RuleFailed: "a rule fails by a bug" => [Refused];
    OlderServer: "this release of the server can't read it; the next can" => [Done, Refused, Parked];
    NewerCommand: "no server can read it" => [Parked];
    IdReused: "its id came before with other content" => [Refused];
    ClockAhead: "the device's clock is more than a day ahead" => [Refused];
    TooOld: "it waits, or comes from a copy, for more than 400 days" => [Refused];
}

/// The table for people to read.
pub fn page() -> String {
    let mut page = String::from(
        "# What can befall a command, and what its person sees in the end\n\n\
         A command is one UUID for ever: whatever befalls it ends in exactly one effect and one outcome. The simulation\n\
         counts every cell with a mark: a run of 2 000 seeds fails if one was never reached, and any run fails if a\n\
         command that only one thing befell ends where there is no mark. Written out from `src/cases.rs`.\n\n\
         | what befalls it | done | refused | withdrawn | parked | refused at once | no room | not here |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for (_, text, cells) in TABLE {
        let _ = write!(page, "| {text} |");
        for shown in SHOWN {
            page.push_str(if cells.contains(&shown) { " × |" } else { " |" });
        }
        page.push('\n');
    }
    page.push_str(
        "\n*Done*: received, with the time. *Refused*: with its reason, until dismissed. *Withdrawn*: taken back, it did\n\
         nothing. *Parked*: waits for a newer server, others pass. *Refused at once*, *no room*: said at the tap, nothing\n\
         was stored. *Not here*: the copy that the device was restored from is older than the command; its effect is\n\
         there like everybody's.\n",
    );
    page
}
