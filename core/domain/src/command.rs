//! Commands: what people ask for, and the one door to a decision.

use serde::{Deserialize, Serialize};

use crate::absence::{self, Days};
use crate::actor::{Role, Sending};
use crate::attendance::{self, AtPlacement, AttendanceEvent, Direction};
use crate::care_schedule::{self, Week};
use crate::contact;
use crate::id::{ChildId, CommandId, PersonId, PlacementId, RecordId};
use crate::record::{Body, Change};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::time::{Day, Span, Timestamp};
use crate::world::{Undecided, World};

/// What a person can ask for. A command sets, it never toggles or adds, so that doing it again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<Vec<Span>>,
        /// A word to the staff.
        #[serde(default, skip_serializing_if = "String::is_empty")]
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

impl Command {
    /// The scopes it names: losing one of them ends it (`protocol.md` §2).
    pub fn scopes(&self) -> Vec<Scope> {
        match self {
            Self::ReportAbsence { child, .. }
            | Self::ChangeAbsence { child, .. }
            | Self::WithdrawAbsence { child, .. } => {
                vec![Scope::Absence(*child)]
            }
            Self::SetWeek { placement, .. } | Self::ChangeDay { placement, .. } => vec![Scope::Placement(*placement)],
            Self::CheckIn(at) | Self::CheckOut(at) | Self::UndoCheck { at, .. } => vec![at.scope()],
            Self::SetContact { person, .. } => vec![Scope::Contact(*person)],
        }
    }

    /// When it is of no use any more: a change of a day that is over. Attendance and absence are told however late.
    pub fn valid_until(&self) -> Option<Timestamp> {
        match self {
            Self::ChangeDay { day, .. } => Some(day.end()),
            _ => None,
        }
    }
}

impl Command {
    /// What undoes this command once it is done, asked for at `created` under this id; none: nothing does. Where the
    /// command changed what was there before, it changes nothing.
    pub fn reverse(&self, id: CommandId, created: Timestamp) -> Option<Self> {
        match *self {
            Self::ReportAbsence { child, days } => {
                Some(Self::WithdrawAbsence { child, absence: absence::reported(id, child, days) })
            }
            Self::CheckIn(at) | Self::CheckOut(at) => {
                Some(Self::UndoCheck { at, event: attendance::checked(id, at, created.day()) })
            }
            _ => None,
        }
    }

    /// Until when a form that was left with it is taken up again; none: for ever.
    pub fn draft_until(&self) -> Option<Timestamp> {
        match self {
            Self::ReportAbsence { days, .. } | Self::ChangeAbsence { days, .. } => Some(days.from.end()),
            _ => self.valid_until(),
        }
    }
}

/// Decides a command: the changes it makes, or why not. The phone predicts with it, the server makes it true.
pub fn decide(sending: &Sending<'_>, world: &World<'_>) -> Result<Vec<Change>, Undecided> {
    let changes = rule(sending, world)?;
    // Whatever a rule says: nobody writes where one may not read. A board alone reaches beyond its own scope, with the
    // event of a check (`protocol.md` §1).
    let beyond = |change: &Change| {
        let (scope, kind, _) = change.key();
        let checked = sending.actor.account.role == Role::Board && kind == AttendanceEvent::KIND;
        !checked && !sending.rights.holds(scope)
    };
    if changes.iter().any(beyond) { Err(Refusal::NoRight.into()) } else { Ok(changes) }
}

fn rule(sending: &Sending<'_>, world: &World<'_>) -> Result<Vec<Change>, Undecided> {
    match sending.command {
        Command::ReportAbsence { child, days } => absence::report(sending, world, *child, *days),
        Command::ChangeAbsence { child, absence, days } => absence::change(sending, world, *child, *absence, *days),
        Command::WithdrawAbsence { child, absence } => absence::withdraw(sending, world, *child, *absence),
        Command::SetWeek { child, placement, from, days } => {
            care_schedule::set_week(sending, world, *child, *placement, *from, days)
        }
        Command::ChangeDay { child, placement, day, times, comment } => {
            care_schedule::change_day(sending, world, (*child, *placement), *day, times.as_deref(), comment)
        }
        Command::CheckIn(at) => attendance::check(sending, world, *at, Direction::In),
        Command::CheckOut(at) => attendance::check(sending, world, *at, Direction::Out),
        Command::UndoCheck { at, event } => attendance::undo(sending, world, *at, *event),
        Command::SetContact { person, phone, mail } if sending.actor.person() == Some(*person) => {
            contact::set(sending, world, phone, mail)
        }
        Command::SetContact { .. } => Err(Refusal::NoRight.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::absence::Absence;
    use crate::small_world::*;

    #[test]
    fn a_command_and_its_reverse_leave_nothing() {
        let here = AtPlacement { child: LOVE, placement: LOVES, group: None };
        let days = Days { from: today().plus(1), until: Some(today().plus(2)), part: None };
        let mut world = SmallWorld::with_times();
        for (account, command) in [
            (guardian(ANNA), Command::ReportAbsence { child: LOVE, days }),
            (staff(MAJA), Command::CheckIn(here)),
            (board(), Command::CheckIn(AtPlacement { group: Some(DEPARTMENT), ..here })),
        ] {
            assert!(world.send(account, at("07:40"), &command).unwrap() > 0);
            let reverse = command.reverse(world.last(), at("07:40")).unwrap();
            assert!(world.send(account, at("07:41"), &reverse).unwrap() > 0);
            assert!(world.all::<Absence>(Scope::Absence(LOVE)).is_empty());
            assert!(world.all::<AttendanceEvent>(Scope::Placement(LOVES)).is_empty());
        }
    }

    #[test]
    fn a_report_that_prolonged_another_is_not_undone_by_taking_that_away() {
        let mut world = SmallWorld::with_times();
        let report = |from, until| {
            let days = Days { from: today().plus(from), until: Some(today().plus(until)), part: None };
            Command::ReportAbsence { child: LOVE, days }
        };
        world.send(guardian(ANNA), at("07:00"), &report(1, 1)).unwrap();
        world.send(guardian(ANNA), at("07:01"), &report(1, 3)).unwrap();
        let reverse = report(1, 3).reverse(world.last(), at("07:01")).unwrap();
        assert_eq!(world.send(guardian(ANNA), at("07:02"), &reverse), Ok(0));
        assert_eq!(world.all::<Absence>(Scope::Absence(LOVE)).len(), 1);
    }

    #[test]
    fn a_form_left_yesterday_is_not_taken_up_for_days_that_have_been() {
        let days = Days { from: today(), until: None, part: None };
        let report = Command::ReportAbsence { child: LOVE, days };
        assert_eq!(report.draft_until(), Some(later(1, "00:00")));
        let day =
            Command::ChangeDay { child: LOVE, placement: LOVES, day: today(), times: None, comment: String::new() };
        assert_eq!(day.draft_until(), Some(later(1, "00:00")));
    }
}
