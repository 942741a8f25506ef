//! A group as its staff see it: departments and after-school with who came and went, classes with who is away.

pub mod hall;
mod roll;

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::attendance::Direction;
use crate::attendance::board_card::{AHEAD, BoardCard};
use crate::home::ChildState;
use crate::id::{ChildId, GroupId, PersonId, PlacementId, RecordId, UnitId};
use crate::membership::Membership;
use crate::organisation::{Group, StaffCard, Unit};
use crate::record::Body;
use crate::saying;
use crate::scope::Scope;
use crate::screen::midnight;
use crate::time::{Day, Timestamp};
use crate::world::{Seen, Unread};
use roll::Entry;

/// A group for its staff and its tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// What a tap on a child does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tap {
    /// Checks in or out.
    pub direction: Direction,
    /// The word on it.
    pub label: String,
}

impl Tap {
    /// The other of what was last.
    fn after(last: Option<Direction>, words: &Words) -> Self {
        match last {
            Some(Direction::In) => Self { direction: Direction::Out, label: words.check_out() },
            _ => Self { direction: Direction::In, label: words.check_in() },
        }
    }
}

/// A member of staff to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffChoice {
    /// The person.
    pub person: PersonId,
    /// The name shown.
    pub name: String,
}

/// The group board, and when it changes by itself. A few reads, however many children there are.
pub fn group_board(
    seen: &Seen<'_>,
    group: GroupId,
    day: Day,
    words: &Words,
    now: Timestamp,
) -> Result<(GroupBoard, Timestamp), Unread> {
    let today = now.day();
    let (of, unit) = group_and_unit(seen, group)?;
    // The wall knows the days ahead of all but the marked children, whose staff must know where they are (ruling i).
    let on_the_wall = of.kind.is_care() && today <= day && day <= today.plus(AHEAD);
    let mut roll = if on_the_wall { on_wall(seen, group, day)? } else { Vec::new() };
    let mut memberships: Vec<Membership> = seen.scan(&[Scope::Group(group)], i64::from(on_the_wall)..=1)?;
    memberships.retain(|one| one.holds_on(day));
    roll.extend(roll::of_children(seen, &memberships, day)?);
    let mut rows: Vec<BoardRow> = roll.into_iter().map(|entry| row(seen, entry, words, now)).collect();
    let away = |row: &BoardRow| matches!(row.state, ChildState::Absent | ChildState::Off);
    rows.sort_by_cached_key(|row| (away(row), saying::alphabetical(&row.name), row.child));
    let count = |state| number(rows.iter().filter(|row| row.state == state).count());
    let board = GroupBoard {
        title: words.board_title(&of.name, &unit.name),
        count: match of.kind.is_care() && today <= day {
            true => words.board_count(count(ChildState::Here), count(ChildState::Expected)),
            false => words.board_away(count(ChildState::Absent), number(rows.len())),
        },
        empty: rows.is_empty().then(|| words.board_empty()),
        rows,
        who: if seen.actor().account.role == Role::Tablet { staff_of(seen, unit.unit)? } else { Vec::new() },
    };
    Ok((board, midnight(now)))
}

fn staff_of(seen: &Seen<'_>, unit: UnitId) -> Result<Vec<StaffChoice>, Unread> {
    let cards: Vec<StaffCard> = seen.all(Scope::Unit(unit))?;
    let choice = |card: StaffCard| StaffChoice { person: card.person, name: card.name };
    let mut who: Vec<StaffChoice> = cards.into_iter().map(choice).collect();
    who.sort_by_cached_key(|one| (saying::alphabetical(&one.name), one.person));
    Ok(who)
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn row(seen: &Seen<'_>, entry: Entry, words: &Words, now: Timestamp) -> BoardRow {
    let held = entry.placement.is_some_and(|placement| seen.holds(Scope::Placement(placement)));
    let may_check = held && entry.standing.day == now.day() && seen.actor().by_staff();
    let last = entry.standing.last.filter(|_| may_check);
    BoardRow {
        child: entry.child,
        placement: entry.placement,
        name: entry.name,
        state: entry.standing.state(now.day()),
        line: entry.standing.line(words, now),
        comment: entry.comment.filter(|text| !text.is_empty()),
        waiting: entry.waiting.then(|| words.waiting()),
        action: may_check.then(|| Tap::after(last.map(|last| last.direction), words)),
        undo: last.map(|last| last.event),
    }
}

fn group_and_unit(seen: &Seen<'_>, group: GroupId) -> Result<(Group, Unit), Unread> {
    for (scope, _) in seen.rights().iter() {
        let Scope::Unit(unit) = scope else { continue };
        if let Some(of) = seen.get::<Group>(scope, RecordId(group.0))?
            && let Some(unit) = seen.get::<Unit>(scope, RecordId(unit.0))?
        {
            return Ok((of, unit));
        }
    }
    Err(Unread::NotHeld(Scope::Group(group)))
}

/// The children on the wall, with the word from home where the actor holds it.
fn on_wall(seen: &Seen<'_>, group: GroupId, day: Day) -> Result<Vec<Entry>, Unread> {
    let mut cards: Vec<BoardCard> = seen.all(Scope::Board(group))?;
    cards.retain(|card| card.holds_on(day));
    let held: Vec<PlacementId> =
        cards.iter().map(|card| card.placement).filter(|one| seen.holds(Scope::Placement(*one))).collect();
    let mut comments = match roll::comments(seen, &held, day) {
        // A placement that is still on its way: its comment shows when it is here.
        Err(Unread::NotHeld(_)) => Default::default(),
        comments => comments?,
    };
    let waiting = seen.pending(BoardCard::KIND, &[Scope::Board(group)])?;
    let entry = |card: BoardCard| Entry {
        waiting: waiting.contains(&card.id()),
        comment: comments.remove(&card.placement),
        ..Entry::of(&card, day)
    };
    Ok(cards.into_iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::hall::hall_board;
    use super::*;
    use crate::absence::Days;
    use crate::actor::Account;
    use crate::attendance::AtPlacement;
    use crate::command::Command;
    use crate::home::child_day::child_day;
    use crate::id::PersonId;
    use crate::organisation::{CheckInBy, GroupKind, SchoolForm, Switches};
    use crate::small_world::*;

    const TEACHER: PersonId = PersonId(uuid::Uuid::from_u128(90));
    const PRINCIPAL: PersonId = PersonId(uuid::Uuid::from_u128(91));
    const HERE: AtPlacement = AtPlacement { child: LOVE, placement: LOVES, group: None };

    fn see(world: &SmallWorld, account: Account, group: GroupId, day: Day, now: Timestamp) -> GroupBoard {
        world.look(account, now, |seen| group_board(seen, group, day, &words(), now).unwrap().0)
    }

    fn rows(board: &GroupBoard) -> Vec<(&str, ChildState, &str)> {
        board.rows.iter().map(|row| (row.name.as_str(), row.state, row.line.as_str())).collect()
    }

    fn absent(child: ChildId, part: Option<&str>) -> Command {
        Command::ReportAbsence { child, days: Days { from: today(), until: Some(today()), part: part.map(span) } }
    }

    /// A class with `more` children besides Ebba.
    fn class(more: u128) -> SmallWorld {
        let mut world = SmallWorld::with_times();
        world.employ(TEACHER, SCHOOL, false, &[(CLASS, GroupKind::Class), (AFTER_SCHOOL, GroupKind::AfterSchool)]);
        world.employ(PRINCIPAL, SCHOOL, true, &[]);
        for number in 0..more {
            let (child, placement) =
                (ChildId(uuid::Uuid::from_u128(500 + number)), uuid::Uuid::from_u128(700 + number));
            let name = ["Örjan", "Åke", "Zoe"][number as usize % 3];
            world.child(child, name, 7, &[(ANNA, false)], &[SchoolForm::Compulsory]);
            world.place(child, SCHOOL, CLASS, None);
            world.place(child, SCHOOL, AFTER_SCHOOL, Some((PlacementId(placement), &[ANNA])));
        }
        world
    }

    #[test]
    fn a_class_shows_who_is_away_to_its_teacher_and_the_principal() {
        let mut world = class(3);
        world.send(guardian(ANNA), at("07:00"), &absent(EBBA, None)).unwrap();
        for account in [staff(TEACHER), staff(PRINCIPAL)] {
            let board = see(&world, account, CLASS, today(), at("08:00"));
            assert_eq!((board.title.as_str(), board.count.as_str()), ("1A, Solrosen", "1 borta av 4"));
            let at_school = |name| (name, ChildState::School, "I skolan i dag");
            let expected = [at_school("Zoe E"), at_school("Åke E"), at_school("Örjan E")];
            let away = ("Ebba E", ChildState::Absent, "Kommer inte i dag");
            assert_eq!(rows(&board), [&expected[..], &[away]].concat());
            assert!(board.rows.iter().all(|row| row.placement.is_none() && row.undo.is_none()));
        }
        world
            .send(guardian(ANNA), at("07:00"), &absent(ChildId(uuid::Uuid::from_u128(500)), Some("08:00-10:00")))
            .unwrap();
        let board = see(&world, staff(TEACHER), CLASS, today(), at("08:00"));
        assert_eq!(board.rows[2].line, "I skolan i dag. Borta 08.00–10.00");
    }

    #[test]
    fn a_department_shows_the_day_as_it_is_whether_over_here_or_ahead() {
        let mut world = SmallWorld::with_times();
        world.send(staff(MAJA), at("07:40"), &Command::CheckIn(HERE)).unwrap();
        world.send(staff(MAJA), at("16:00"), &Command::CheckOut(HERE)).unwrap();
        let far = AHEAD + 7;
        for (day, now, state, line, undo, count) in [
            (0, 0, ChildState::Gone, "Gick hem 16.00", true, "0 här, 0 väntas"),
            (0, 1, ChildState::Gone, "Gick hem 16.00", false, "0 borta av 1"),
            (-1, 0, ChildState::Unknown, "Ingen frånvaro anmäld i går", false, "0 borta av 1"),
            (1, 0, ChildState::Expected, "Väntas 07.30–16.00", false, "0 här, 1 väntas"),
            (far, 0, ChildState::Expected, "Väntas 07.30–16.00", false, "0 här, 1 väntas"),
        ] {
            world.turn(later(now, "00:00"));
            let board = see(&world, tablet(), DEPARTMENT, today().plus(day), later(now, "17:00"));
            assert_eq!(rows(&board), [("Love E", state, line)], "{day} {now}");
            assert_eq!((board.rows[0].undo.is_some(), board.count.as_str()), (undo, count), "{day} {now}");
        }
    }

    /// Home, the child's day, the group's board and the wall speak of one day with one mouth.
    #[test]
    fn all_who_look_read_the_same() {
        let off = |times| Command::ChangeDay {
            child: LOVE,
            placement: LOVES,
            day: today(),
            times: Some(times),
            comment: String::new(),
        };
        for (said, state, line) in [
            (None, ChildState::Expected, "Väntas 07.30–16.00"),
            (Some(absent(LOVE, None)), ChildState::Absent, "Kommer inte i dag"),
            (Some(absent(LOVE, Some("07:00-17:00"))), ChildState::Absent, "Kommer inte i dag"),
            (Some(off(Vec::new())), ChildState::Off, "Ledig i dag"),
            (Some(off(vec![span("08:00-12:00")])), ChildState::Expected, "Väntas 08.00–12.00"),
            (Some(Command::CheckIn(HERE)), ChildState::Here, "Här sedan 07.00"),
        ] {
            for marked in [false, true] {
                let mut world = SmallWorld::with_times();
                world.enrolled(LOVE, |one| one.marked = marked);
                if let Some(command) = &said {
                    let account = if matches!(command, Command::CheckIn(_)) { staff(MAJA) } else { guardian(ANNA) };
                    world.send(account, at("07:00"), command).unwrap();
                }
                let now = at("07:01");
                let of_staff = see(&world, staff(MAJA), DEPARTMENT, today(), now);
                assert_eq!(rows(&of_staff), [("Love E", state, line)]);
                for account in [guardian(ANNA), staff(MAJA)] {
                    let day = world.look(account, now, |seen| child_day(seen, LOVE, today(), &words(), now).unwrap().0);
                    assert_eq!((day.state, day.line.as_str()), (state, line));
                }
                let wall =
                    world.look(board(), now, |seen| hall_board(seen, DEPARTMENT, &words(), now).unwrap().0.tiles);
                let tiles: Vec<_> = wall.iter().map(|tile| (tile.state, tile.line.as_str())).collect();
                assert_eq!(tiles, if marked { vec![] } else { vec![(state, line)] });
            }
        }
        let mut world = SmallWorld::with_times();
        world.send(guardian(ANNA), at("07:00"), &absent(LOVE, Some("14:00-17:00"))).unwrap();
        let board = see(&world, staff(MAJA), DEPARTMENT, today(), at("07:01"));
        assert_eq!(board.rows[0].line, "Väntas 07.30–14.00");
    }

    #[test]
    fn where_only_staff_check_the_wall_offers_neither_a_tap_nor_an_undo() {
        for (by, offered) in [(CheckInBy::GuardianBoard, true), (CheckInBy::Staff, false)] {
            let mut world = SmallWorld::new();
            world.unit(PRESCHOOL, &[SchoolForm::Preschool], Some(Switches { check_in_by: by, ..Switches::default() }));
            world.send(staff(MAJA), at("07:40"), &Command::CheckIn(HERE)).unwrap();
            let now = at("08:00");
            let wall =
                world.look(board(), now, |seen| hall_board(seen, DEPARTMENT, &words(), now).unwrap().0.tiles.remove(0));
            assert_eq!((wall.action.is_some(), wall.undo.is_some()), (offered, offered));
        }
    }

    #[test]
    fn a_guardian_at_work_sees_the_card_of_the_own_child_and_a_threat_no_board() {
        for (threat, shown) in [(false, true), (true, false)] {
            let mut world = SmallWorld::with_times();
            world.employ(BO, PRESCHOOL, false, &[(DEPARTMENT, GroupKind::Department)]);
            world.enrolled(LOVE, |one| one.guardians[1].threat = threat);
            let command = Command::ChangeDay {
                child: LOVE,
                placement: LOVES,
                day: today(),
                times: None,
                comment: "mormor hämtar".to_owned(),
            };
            world.send(guardian(ANNA), at("07:00"), &command).unwrap();
            let board = world.look(staff(BO), at("08:00"), |seen| {
                group_board(seen, DEPARTMENT, today(), &words(), at("08:00")).map(|found| found.0)
            });
            match board {
                Ok(board) => assert_eq!((board.rows.len(), &board.rows[0].comment, shown), (1, &None, true)),
                Err(error) => assert_eq!((matches!(error, Unread::NotHeld(_)), shown), (true, false)),
            }
        }
    }

    #[test]
    fn a_board_reads_as_often_for_many_children_as_for_one() {
        let reads = |more, group, ahead| {
            let world = class(more);
            let rights = world.rights(&staff(TEACHER), at("08:00"));
            let actor = crate::actor::Actor { account: staff(TEACHER) };
            world.reads.set(0);
            let (all, day) = (world.world(), today().plus(ahead));
            let board = group_board(&all.seen(&actor, &rights), group, day, &words(), at("08:00")).unwrap().0;
            assert_eq!(board.rows.len() as u128, more + 1);
            world.reads.get()
        };
        for (group, ahead) in [(CLASS, 0), (AFTER_SCHOOL, 0), (AFTER_SCHOOL, -1)] {
            assert_eq!(reads(0, group, ahead), reads(20, group, ahead));
        }
    }

    #[test]
    fn a_child_of_whom_something_is_on_its_way_shows_when_it_is_here() {
        let mut world = class(2);
        let rights = world.rights(&staff(TEACHER), at("08:00"));
        let missing = [Scope::Absence(EBBA)];
        world.held = Some(rights.iter().map(|(scope, _)| scope).filter(|scope| !missing.contains(scope)).collect());
        let board = see(&world, staff(TEACHER), CLASS, today(), at("08:00"));
        assert_eq!(board.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Åke E", "Örjan E"]);
    }
}
