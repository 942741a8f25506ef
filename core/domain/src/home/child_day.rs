//! A child's day, as its family, its staff and their tablet see it: each as far as they hold it.

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use super::ChildState;
use super::facts::{Facts, InCare};
use super::held::held;
use crate::absence::Absence;
use crate::attendance::{AttendanceEvent, Direction};
use crate::id::{ChildId, PlacementId, RecordId};
use crate::refusal::Refusal;
use crate::saying;
use crate::scope::Scope;
use crate::time::{Day, MINUTE, Timestamp};
use crate::world::{Seen, Unread};

/// One child's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A placement on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A day to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayChoice {
    /// The day.
    pub day: Day,
    /// The day in words.
    pub label: String,
}

impl DayChoice {
    pub(crate) fn new(words: &Words, day: Day, today: Day) -> Self {
        Self { day, label: saying::line(&saying::day(words, day, today)) }
    }
}

/// One child's day, and when it changes by itself.
pub fn child_day(
    seen: &Seen<'_>,
    child: ChildId,
    day: Day,
    words: &Words,
    now: Timestamp,
) -> Result<(ChildDay, Timestamp), Unread> {
    let held = held(seen, child)?.ok_or(Unread::NotHeld(Scope::Child(child)))?;
    let facts = Facts::read(seen, &held, day, now)?;
    let standing = facts.standing();
    let view = ChildDay {
        child,
        name: facts.card.call_name.clone(),
        day,
        heading: saying::line(&saying::day(words, day, now.day())),
        state: standing.state(now.day()),
        line: standing.line(words, now),
        days: ahead(words, now),
        placements: facts.placements.iter().map(|one| placement_day(one, words, now)).collect(),
        absences: facts.absences.iter().map(|one| absence_line(seen, &facts, one, words, now)).collect(),
    };
    Ok((view, facts.until(now)))
}

fn placement_day(care: &InCare, words: &Words, now: Timestamp) -> PlacementDay {
    let event = |event: &AttendanceEvent| match event.direction {
        Direction::In => words.event_in(&saying::moment(words, event.time)),
        Direction::Out => words.event_out(&saying::moment(words, event.time)),
    };
    PlacementDay {
        placement: care.placement,
        place: care.place.clone(),
        times: care.laid.times.as_ref().map_or_else(|| words.no_times(), |times| saying::spans(words, times)),
        clash: (!care.laid.clash.is_empty()).then(|| clash(care, words)),
        comment: (!care.comment.is_empty()).then(|| words.comment(&care.comment)),
        events: care.events.iter().map(event).collect(),
        hint: hint(care, words, now),
        change: care.instead.is_none(),
        waiting: care.waiting.then(|| words.waiting()),
    }
}

fn clash(care: &InCare, words: &Words) -> String {
    let each = care.laid.clash.iter();
    let each = each.map(|times| if times.is_empty() { words.off() } else { saying::spans(words, times) });
    words.clash(&each.collect::<Vec<_>>().join(" / "))
}

/// Two weeks from today.
fn ahead(words: &Words, now: Timestamp) -> Vec<DayChoice> {
    (0..14).map(|ahead| DayChoice::new(words, now.day().plus(ahead), now.day())).collect()
}

pub(super) fn hint(care: &InCare, words: &Words, now: Timestamp) -> Option<String> {
    let (was, phone) = care.cut_off.clone()?;
    if now >= was {
        return Some(saying::refusal(words, &Refusal::CutOff { was, phone }, now));
    }
    let last = was.plus(-MINUTE);
    Some(words.change_by(&saying::day(words, last.day(), now.day()), &saying::moment(words, last)))
}

fn absence_line(seen: &Seen<'_>, facts: &Facts, absence: &Absence, words: &Words, now: Timestamp) -> AbsenceLine {
    let own = seen.actor().person() == Some(absence.by);
    let when = saying::when(words, absence.at, now);
    AbsenceLine {
        absence: absence.absence,
        line: words.absent(&saying::days(words, absence.days(), now.day())),
        by: match absence.name.as_str() {
            _ if own => words.reported_by_you(&when),
            "" => words.reported_by_other(&when),
            name => words.reported_by(name, &when),
        },
        change: facts.decides && (own || seen.actor().by_staff()),
        waiting: facts.waiting.contains(&absence.absence).then(|| words.waiting()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::absence::Days;
    use crate::actor::{Account, Role};
    use crate::attendance::AtPlacement;
    use crate::command::Command;
    use crate::grant::{Place, Right};
    use crate::id::PersonId;
    use crate::organisation::{GroupKind, SchoolForm, Switches};
    use crate::small_world::*;

    fn day_of(world: &SmallWorld, account: Account, ahead: i32, now: Timestamp) -> ChildDay {
        see(world, account, LOVE, ahead, now).unwrap()
    }

    fn see(
        world: &SmallWorld,
        account: Account,
        child: ChildId,
        ahead: i32,
        now: Timestamp,
    ) -> Result<ChildDay, Unread> {
        world.look(account, now, |seen| child_day(seen, child, today().plus(ahead), &words(), now).map(|found| found.0))
    }

    fn absent(from: i32, until: i32) -> Command {
        let days = Days { from: today().plus(from), until: Some(today().plus(until)), part: None };
        Command::ReportAbsence { child: LOVE, days }
    }

    #[test]
    fn an_absence_shows_to_both_guardians_with_each_reporter_and_time() {
        let mut world = SmallWorld::with_times();
        world.send(guardian(ANNA), at("06:50"), &absent(0, 1)).unwrap();
        world.send(guardian(BO), later(0, "07:12"), &absent(0, 0)).unwrap();
        for (account, expected) in [
            (guardian(ANNA), [("Anmält av dig 06.50", true), ("Anmält av Bo 07.12", false)]),
            (guardian(BO), [("Anmält av Anna 06.50", false), ("Anmält av dig 07.12", true)]),
        ] {
            let day = day_of(&world, account, 0, at("07:15"));
            assert_eq!((day.state, day.line.as_str()), (ChildState::Absent, "Kommer inte i dag"));
            let by: Vec<_> = day.absences.iter().map(|one| (one.by.as_str(), one.change)).collect();
            assert_eq!(by, expected);
        }
        // Bo takes his back; Love is expected again only when Anna does too.
        let own = |world: &SmallWorld, account| {
            let absences = day_of(world, account, 0, at("07:15")).absences;
            absences.into_iter().find(|one| one.change).unwrap().absence
        };
        for (person, state) in [(BO, ChildState::Absent), (ANNA, ChildState::Expected)] {
            let absence = own(&world, guardian(person));
            world.send(guardian(person), at("07:20"), &Command::WithdrawAbsence { child: LOVE, absence }).unwrap();
            assert_eq!(day_of(&world, guardian(ANNA), 0, at("07:21")).state, state);
        }
    }

    #[test]
    fn the_family_of_a_marked_child_is_not_named_to_anyone() {
        let mut world = SmallWorld::with_times();
        world.enrolled(LOVE, |one| one.marked = true);
        world.send(guardian(ANNA), at("06:50"), &absent(0, 0)).unwrap();
        assert_eq!(world.all::<Absence>(Scope::Absence(LOVE))[0].name, "");
        assert_eq!(day_of(&world, guardian(BO), 0, at("07:00")).absences[0].by, "Anmält av någon annan 06.50");
    }

    #[test]
    fn a_form_says_beforehand_until_when_and_changes_when_that_has_passed() {
        let mut world = SmallWorld::with_times();
        let switches = Switches { same_day_change: false, ..Switches::default() };
        world.unit(PRESCHOOL, &[SchoolForm::Preschool], Some(switches));
        let hint = |ahead, time| day_of(&world, guardian(ANNA), ahead, at(time)).placements.remove(0).hint;
        assert_eq!(hint(1, "12:00").as_deref(), Some("Ändringen måste ha kommit fram senast i dag kl. 23.59."));
        let late = "Sista tiden att ändra var i går kl. 23.59. Ring 0521-11 11 11.";
        assert_eq!(hint(0, "12:00").as_deref(), Some(late));
    }

    #[test]
    fn each_sees_the_day_as_far_as_the_child_is_held() {
        let teacher = staff(PersonId(uuid::Uuid::from_u128(90)));
        let principal = staff(PersonId(uuid::Uuid::from_u128(91)));
        let parent = guardian(PersonId(uuid::Uuid::from_u128(92)));
        let stranger = guardian(PersonId(uuid::Uuid::from_u128(93)));
        let mut world = SmallWorld::with_times();
        world.employ(teacher.holder.as_person(), SCHOOL, false, &[(CLASS, GroupKind::Class)]);
        world.employ(principal.holder.as_person(), PRESCHOOL, true, &[]);
        world.grant(parent.holder, Right::AbsenceConsent { child: EBBA });
        world.employ(BO, PRESCHOOL, false, &[(DEPARTMENT, GroupKind::Department)]);
        let (comes, unknown) = ("Väntas 07.30–16.00", "Ingen frånvaro anmäld i dag");
        for (who, account, child, expected) in [
            ("a guardian", guardian(ANNA), LOVE, Some((ChildState::Expected, comes, 1))),
            ("care staff", staff(MAJA), LOVE, Some((ChildState::Expected, comes, 1))),
            ("their tablet", tablet(), LOVE, Some((ChildState::Expected, comes, 1))),
            ("the principal", principal, LOVE, Some((ChildState::Unknown, unknown, 0))),
            ("a class teacher", teacher, EBBA, Some((ChildState::School, "I skolan i dag", 0))),
            ("a parent with consent", parent, EBBA, Some((ChildState::Unknown, unknown, 0))),
            ("staff of another group", staff(MAJA), EBBA, None),
            ("a stranger", stranger, LOVE, None),
            ("a guardian at work", staff(BO), LOVE, None),
        ] {
            let day = see(&world, account, child, 0, at("07:00"));
            match expected {
                Some(expected) => {
                    let day = day.unwrap();
                    assert_eq!((day.state, day.line.as_str(), day.placements.len()), expected, "{who}");
                }
                None => assert_eq!(day, Err(Unread::NotHeld(Scope::Child(child))), "{who}"),
            }
        }
        let days = Days { from: today(), until: Some(today()), part: None };
        world.send(guardian(ANNA), at("07:00"), &Command::ReportAbsence { child: EBBA, days }).unwrap();
        for account in [teacher, parent] {
            let day = see(&world, account, EBBA, 0, at("07:01")).unwrap();
            assert_eq!((day.state, day.line.as_str()), (ChildState::Absent, "Kommer inte i dag"));
            assert_eq!(day.absences[0].change, account.role == Role::Staff);
        }
        let hint = |account| see(&world, account, LOVE, 0, at("07:00")).unwrap().placements.remove(0).hint;
        assert_eq!(hint(staff(MAJA)), None, "cut-offs bind families");
    }

    #[test]
    fn a_day_that_is_over_tells_what_was_and_foretells_nothing() {
        let here = AtPlacement { child: LOVE, placement: LOVES, group: None };
        let (came, went, away) = (Command::CheckIn(here), Command::CheckOut(here), absent(0, 0));
        for (said, state, line) in [
            (vec![], ChildState::Unknown, "Ingen frånvaro anmäld i går"),
            (vec![&away], ChildState::Absent, "Borta i går"),
            (vec![&came], ChildState::Gone, "Kom 08.00"),
            (vec![&came, &went], ChildState::Gone, "Gick hem 09.00"),
        ] {
            let mut world = SmallWorld::with_times();
            for (hour, command) in (8..).zip(said) {
                world.send(staff(MAJA), at(&format!("{hour:02}:00")), command).unwrap();
            }
            let day = day_of(&world, guardian(ANNA), 0, later(1, "07:00"));
            assert_eq!((day.state, day.line.as_str()), (state, line));
        }
    }

    #[test]
    fn without_times_nobody_has_a_day_off_but_on_closed_days() {
        let mut world = SmallWorld::new();
        // Saturday is 28 November.
        for (ahead, state, line, times) in [
            (0, ChildState::Expected, "Inga tider lagda", "Inga tider lagda"),
            (4, ChildState::Off, "Ledig lördag 28 november", ""),
        ] {
            let day = day_of(&world, guardian(ANNA), ahead, at("07:00"));
            assert_eq!((day.state, day.line.as_str(), day.placements[0].times.as_str()), (state, line, times));
        }
        // A place in the unit itself does not make it a school.
        world.enrolled(LOVE, |one| {
            one.places.push(Place { unit: PRESCHOOL, group: None, placement: None, from: today(), until: None });
        });
        world.send(guardian(ANNA), at("07:00"), &off(LOVE, LOVES)).unwrap();
        assert_eq!(day_of(&world, guardian(ANNA), 0, at("07:01")).line, "Ledig i dag");
    }

    fn off(child: ChildId, placement: PlacementId) -> Command {
        Command::ChangeDay { child, placement, day: today(), times: Some(Vec::new()), comment: String::new() }
    }
}
