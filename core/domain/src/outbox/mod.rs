//! What was sent, what waits, and what was refused, in words.

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use crate::attendance::AtPlacement;
use crate::attendance::board_card::BoardCard;
use crate::command::Command;
use crate::id::{ChildId, CommandId, RecordId};
use crate::refusal::Refusal;
use crate::register::Child;
use crate::saying;
use crate::scope::Scope;
use crate::screen::Around;
use crate::time::Timestamp;
use crate::world::{Seen, Unread};

/// A command in an outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The command's id.
    pub id: CommandId,
    /// The command, while its body is here.
    pub command: Option<Command>,
    /// Where it stands.
    pub state: EntryState,
    /// When it was asked.
    pub created: Timestamp,
    /// It had been done, before the server was restored from a backup without it.
    pub undone: bool,
}

/// Where a command stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryState {
    /// Not answered; a replay may foresee a refusal.
    Waiting(Option<Refusal>),
    /// The server could not read it; tried again later.
    Parked,
    /// Taken back, or its right ended; its id is being settled.
    Settling,
    /// Done, received then.
    Done(Timestamp),
    /// Taken back before it was done.
    Withdrawn,
    /// Refused.
    Refused(Refusal),
}

impl EntryState {
    /// Whether it has no outcome yet.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting(_) | Self::Parked | Self::Settling)
    }
}

/// The outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    /// The heading.
    pub title: String,
    /// Newest first.
    pub lines: Vec<OutboxLine>,
    /// Instead of lines, if there are none.
    pub empty: Option<String>,
}

/// A command in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// The outbox of all one's accounts.
pub fn outbox(seen: &[Seen<'_>], around: &Around, words: &Words, now: Timestamp) -> Result<Outbox, Unread> {
    let mut lines = Vec::with_capacity(around.outbox.len());
    for entry in around.outbox.iter().rev() {
        let what = match &entry.command {
            Some(command) => what(seen, command, words, now)?,
            None => words.sent_gone(),
        };
        let (state, mark) = match &entry.state {
            EntryState::Waiting(None) => (words.waiting(), Mark::Waiting),
            EntryState::Waiting(Some(why)) => (words.may_be_refused(&saying::refusal(words, why, now)), Mark::Waiting),
            EntryState::Parked => (words.waiting_long(), Mark::Waiting),
            EntryState::Settling => (words.being_withdrawn(), Mark::Waiting),
            EntryState::Done(received) => (saying::received(words, *received, now), Mark::Done),
            EntryState::Withdrawn => (words.withdrawn(), Mark::Withdrawn),
            EntryState::Refused(why) => (words.refused(&saying::refusal(words, why, now)), Mark::Refused),
        };
        let state = if entry.undone { words.was_undone(&state) } else { state };
        let undo = matches!(entry.state, EntryState::Waiting(_) | EntryState::Parked);
        lines.push(OutboxLine { id: entry.id, what, state, mark, undo, dismiss: !entry.state.is_open() });
    }
    let empty = lines.is_empty().then(|| words.outbox_empty());
    Ok(Outbox { title: words.outbox_title(), lines, empty })
}

fn what(seen: &[Seen<'_>], command: &Command, words: &Words, now: Timestamp) -> Result<String, Unread> {
    let name = |child: &ChildId| name(seen, *child);
    Ok(match command {
        Command::ReportAbsence { child, days } => {
            words.sent_report(&name(child)?, &saying::days(words, *days, now.day()))
        }
        Command::ChangeAbsence { child, .. } => words.sent_change_absence(&name(child)?),
        Command::WithdrawAbsence { child, .. } => words.sent_withdraw(&name(child)?),
        Command::SetWeek { child, .. } => words.sent_week(&name(child)?),
        Command::ChangeDay { child, day, .. } => words.sent_day(&name(child)?, &saying::day(words, *day, now.day())),
        Command::CheckIn(at) => words.sent_in(&name_at(seen, at)?),
        Command::CheckOut(at) => words.sent_out(&name_at(seen, at)?),
        Command::UndoCheck { at, .. } => words.sent_undo(&name_at(seen, at)?),
        Command::SetContact { .. } => words.sent_contact(),
    })
}

/// A hall board knows a child by its card alone.
fn name_at(seen: &[Seen<'_>], at: &AtPlacement) -> Result<String, Unread> {
    let Some(group) = at.group else { return name(seen, at.child) };
    for one in seen {
        match one.get::<BoardCard>(Scope::Board(group), RecordId(at.placement.0)) {
            Ok(Some(card)) => return Ok(card.name),
            Ok(None) | Err(Unread::NotHeld(_)) => {}
            Err(broken) => return Err(broken),
        }
    }
    name(seen, at.child)
}

/// The child's name as some account still sees it; a right that ended took the name with it.
fn name(seen: &[Seen<'_>], child: ChildId) -> Result<String, Unread> {
    for one in seen {
        match one.get::<Child>(Scope::Child(child), RecordId(child.0)) {
            Ok(Some(card)) => return Ok(card.call_name),
            Ok(None) | Err(Unread::NotHeld(_)) => {}
            Err(broken) => return Err(broken),
        }
    }
    Ok("–".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::absence::Days;
    use crate::small_world::*;

    #[test]
    fn a_line_says_what_was_asked_and_where_it_stands() {
        let world = SmallWorld::new();
        let days = Days { from: today().plus(1), until: Some(today().plus(2)), part: None };
        let first = today().plus(14);
        for (state, undone, expected, undo) in [
            (EntryState::Waiting(None), false, "Väntar på nät", true),
            (EntryState::Done(at("07:12")), false, "Mottaget 07.12", false),
            (
                EntryState::Refused(Refusal::Locked { first }),
                false,
                "Nekat: Tiderna är låsta. Välj tisdag 8 december eller senare.",
                false,
            ),
            (
                EntryState::Refused(Refusal::Superseded),
                true,
                "Det var gjort, men servern har återställts och gjorde inte om det. \
                 Nekat: Någon har ändrat samma sak senare. Det gäller nu.",
                false,
            ),
        ] {
            let command = Some(Command::ReportAbsence { child: EBBA, days });
            let id = CommandId(uuid::Uuid::from_u128(1));
            let entry = Entry { id, command, state, created: at("07:00"), undone };
            let around = Around { outbox: vec![entry], whole: true, ..Around::default() };
            let look = |seen: &Seen<'_>| outbox(&[*seen], &around, &words(), at("08:00")).unwrap().lines.remove(0);
            let line = world.look(guardian(ANNA), at("08:00"), look);
            assert_eq!(line.what, "Ebba borta i morgon till och med torsdag 26 november");
            assert_eq!((line.state.as_str(), line.undo, line.dismiss), (expected, undo, !undo));
        }
    }
}
