//! Attendance: children come and go, on the hall board or with staff (rule 73).

pub mod board_card;

use serde::{Deserialize, Serialize};

use crate::actor::{Role, Sending};
use crate::care_schedule::reach;
use crate::id::{ChildId, CommandId, GroupId, PersonId, PlacementId, RecordId};
use crate::organisation::CheckInBy;
use crate::record::{Body, Change};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::time::{Day, Timestamp};
use crate::world::{Undecided, Unread, World};
use board_card::{BoardCard, BoardSettings, Check};

/// A child came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttendanceEvent {
    /// The event.
    pub event: RecordId,
    /// The placement.
    pub placement: PlacementId,
    /// Which of the two.
    pub direction: Direction,
    /// When: as tapped, never later than received.
    pub time: Timestamp,
    /// Who answers for it; none: tapped on a hall board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
}

/// In or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Came.
    In,
    /// Went.
    Out,
}

impl Body for AttendanceEvent {
    const KIND: &'static str = "attendance_event";
    fn scope(&self) -> Scope {
        Scope::Placement(self.placement)
    }
    fn id(&self) -> RecordId {
        self.event
    }
    fn at(&self) -> i64 {
        self.time.day().number()
    }
}

/// A child at a placement; on a hall board with the board's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtPlacement {
    /// The child.
    pub child: ChildId,
    /// The placement.
    pub placement: PlacementId,
    /// The group of the hall board that sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
}

impl AtPlacement {
    /// The scope that a command about it names.
    pub fn scope(&self) -> Scope {
        self.group.map_or(Scope::Placement(self.placement), Scope::Board)
    }
}

/// The id of the event that a check makes.
pub(crate) fn checked(id: CommandId, at: AtPlacement, day: Day) -> RecordId {
    RecordId::event(id, AttendanceEvent::KIND, &[&at.child, &day])
}

/// Checks a child in or out. Over a child that already was at that time, nothing changes.
pub(crate) fn check(
    sending: &Sending<'_>,
    world: &World<'_>,
    at: AtPlacement,
    direction: Direction,
) -> Result<Vec<Change>, Undecided> {
    let time = sending.said();
    let event = checked(sending.id, at, time.day());
    let event = |by| AttendanceEvent { event, placement: at.placement, direction, time, by };
    // Of the same day only: a check-out forgotten on Monday must not swallow Tuesday's check-in.
    let already = |checks: &[Check]| {
        let before = checks.iter().filter(|check| check.time.day() == time.day() && check.time <= time);
        before.max_by_key(|check| (check.time, check.event)).is_some_and(|check| check.direction == direction)
    };
    if sending.actor.account.role == Role::Board {
        let card = board_card(sending, world, at, time.day())?;
        // The card tells of its day alone; whoever holds the events knows of the day on which it was asked.
        let day = time.day().number();
        let known = match world.scan::<AttendanceEvent>(&[Scope::Placement(at.placement)], day..=day) {
            Ok(events) => already(&events.iter().map(Check::of).collect::<Vec<_>>()),
            Err(Unread::NotHeld(_)) => already(&card.checks),
            Err(broken) => return Err(broken.into()),
        };
        if known {
            return Ok(Vec::new());
        }
        let event = event(None);
        let checks = [card.checks.clone(), vec![Check::of(&event)]].concat();
        return Ok(vec![Change::put(&event), Change::put(&card.with_checks(checks, sending.now.day()))]);
    }
    let by = staff(sending, world, at)?;
    let day = time.day().number();
    let events = world.scan::<AttendanceEvent>(&[Scope::Placement(at.placement)], day..=day)?;
    if already(&events.iter().map(Check::of).collect::<Vec<_>>()) {
        return Ok(Vec::new());
    }
    Ok(vec![Change::put(&event(Some(by)))])
}

/// Undoes a check of the day on which it is asked. None there is as good, but said all the same: the check itself may
/// come later, after a restored backup.
pub(crate) fn undo(
    sending: &Sending<'_>,
    world: &World<'_>,
    at: AtPlacement,
    event: RecordId,
) -> Result<Vec<Change>, Undecided> {
    let today = sending.asked_on();
    let card = match sending.actor.account.role {
        Role::Board => Some(board_card(sending, world, at, today)?),
        _ => staff(sending, world, at).map(|_| None)?,
    };
    let (undone, left): (Vec<Check>, Vec<Check>) =
        card.iter().flat_map(|card| &card.checks).partition(|check| check.event == event);
    // A card forgets its checks with the day; whoever holds the events still knows.
    let time = match undone.first() {
        Some(check) => Some(check.time),
        None => world.get::<AttendanceEvent>(Scope::Placement(at.placement), event)?.map(|found| found.time),
    };
    let remove = Change::remove_at::<AttendanceEvent>(Scope::Placement(at.placement), event);
    match time {
        None => Ok(vec![remove]),
        Some(time) if time.day() != today => Err(Refusal::DayPast { first: sending.now.day() }.into()),
        Some(_) => {
            let card = card.filter(|_| !undone.is_empty()).map(|card| card.with_checks(left, sending.now.day()));
            Ok([remove].into_iter().chain(card.map(|card| Change::put(&card))).collect())
        }
    }
}

fn staff(sending: &Sending<'_>, world: &World<'_>, at: AtPlacement) -> Result<PersonId, Undecided> {
    if !sending.actor.by_staff() {
        return Err(Refusal::NoRight.into());
    }
    Ok(reach::placement(sending, world, at.child, at.placement)?.0)
}

/// A board decides over `board/G` alone (`protocol.md` §1), for a child that has its place on the day.
fn board_card(sending: &Sending<'_>, world: &World<'_>, at: AtPlacement, day: Day) -> Result<BoardCard, Undecided> {
    let group = at.group.filter(|group| sending.rights.holds(Scope::Board(*group))).ok_or(Refusal::NoRight)?;
    let settings = world.get::<BoardSettings>(Scope::Board(group), RecordId(group.0))?;
    if settings.is_some_and(|settings| settings.check_in_by == CheckInBy::Staff) {
        return Err(Refusal::CheckedByStaff.into());
    }
    let card = world.get::<BoardCard>(Scope::Board(group), RecordId(at.placement.0))?;
    card.filter(|card| card.child == at.child && card.holds_on(day)).ok_or(Undecided::Refused(Refusal::NotThere))
}

#[cfg(test)]
mod tests {
    use super::board_card::AHEAD;
    use super::*;
    use crate::actor::Account;
    use crate::care_schedule::CareWeek;
    use crate::command::Command;
    use crate::organisation::{SchoolForm, Switches};
    use crate::register::Enrolled;
    use crate::small_world::{self as small, *};

    const LOVE_HERE: AtPlacement = AtPlacement { child: LOVE, placement: LOVES, group: None };
    const ON_THE_WALL: AtPlacement = AtPlacement { group: Some(DEPARTMENT), ..LOVE_HERE };

    fn events(world: &SmallWorld) -> Vec<(Direction, Timestamp)> {
        let mut events: Vec<AttendanceEvent> = world.all(Scope::Placement(LOVES));
        events.sort_by_key(|event| event.time);
        events.into_iter().map(|event| (event.direction, event.time)).collect()
    }

    fn card(world: &SmallWorld) -> BoardCard {
        world.all(Scope::Board(DEPARTMENT)).into_iter().find(|card: &BoardCard| card.placement == LOVES).unwrap()
    }

    #[test]
    fn who_checks_in_and_where() {
        let staff_only = |world: &mut SmallWorld| {
            let switches = Some(Switches { check_in_by: CheckInBy::Staff, ..Switches::default() });
            world.unit(PRESCHOOL, &[SchoolForm::Preschool], switches);
        };
        let municipality = |world: &mut SmallWorld| {
            world.municipality(Switches { check_in_by: CheckInBy::Staff, ..Switches::default() });
        };
        let ebba = AtPlacement { child: EBBA, placement: EBBAS, group: None };
        let crossed = AtPlacement { child: EBBA, ..LOVE_HERE };
        let unknown = AtPlacement { child: EBBA, placement: EBBAS, group: Some(DEPARTMENT) };
        let elsewhere = AtPlacement { group: Some(OTHER), ..LOVE_HERE };
        type Case<'a> = (&'a str, &'a dyn Fn(&mut SmallWorld), Account, AtPlacement, Result<(), Refusal>);
        let cases: Vec<Case<'_>> = vec![
            ("staff", &|_| (), small::staff(MAJA), LOVE_HERE, Ok(())),
            ("staff, where only they do", &staff_only, small::staff(MAJA), LOVE_HERE, Ok(())),
            ("staff, another group's child", &|_| (), small::staff(MAJA), ebba, Err(Refusal::NoRight)),
            ("staff, two children mixed up", &|_| (), small::staff(MAJA), crossed, Err(Refusal::NotThere)),
            ("a guardian at home", &|_| (), guardian(ANNA), LOVE_HERE, Err(Refusal::NoRight)),
            ("a tablet on which nobody tapped", &|_| (), tablet(), LOVE_HERE, Err(Refusal::WhoTapped)),
            ("the board", &|_| (), board(), ON_THE_WALL, Ok(())),
            ("the board without its group", &|_| (), board(), LOVE_HERE, Err(Refusal::NoRight)),
            ("the board of another group", &|_| (), board(), elsewhere, Err(Refusal::NoRight)),
            ("the board, a child not on it", &|_| (), board(), unknown, Err(Refusal::NotThere)),
            ("the board, switched off by the unit", &staff_only, board(), ON_THE_WALL, Err(Refusal::CheckedByStaff)),
            ("the board, by the municipality", &municipality, board(), ON_THE_WALL, Err(Refusal::CheckedByStaff)),
        ];
        for (who, change, account, at_placement, expected) in cases {
            let mut world = SmallWorld::new();
            change(&mut world);
            let result = world.send(account, at("07:40"), &Command::CheckIn(at_placement)).map(drop);
            assert_eq!(result, expected, "{who}");
        }
    }

    #[test]
    fn a_check_is_set_and_never_toggled() {
        for (account, here) in [(small::staff(MAJA), LOVE_HERE), (board(), ON_THE_WALL)] {
            let mut world = SmallWorld::new();
            for (time, command, written) in [
                ("07:40", Command::CheckIn(here), true),
                ("07:41", Command::CheckIn(here), false),
                ("16:00", Command::CheckOut(here), true),
                ("16:01", Command::CheckOut(here), false),
                ("16:05", Command::CheckIn(here), true),
            ] {
                let changed = world.send(account, at(time), &command).unwrap();
                assert_eq!(changed > 0, written, "{time}");
            }
            assert_eq!(
                events(&world).iter().map(|(_, time)| *time).collect::<Vec<_>>(),
                ["07:40", "16:00", "16:05"].map(at)
            );
            assert_eq!(card(&world).checks.len(), 3);
        }
    }

    #[test]
    fn a_check_shows_when_it_was_tapped_but_never_later_than_received() {
        for (created, received, shown) in [("07:40", "09:15", "07:40"), ("09:20", "09:15", "09:15")] {
            let mut world = SmallWorld::new();
            let times = (at(created), at(received));
            world.send_late(tablet(), Some(MAJA), times, &Command::CheckIn(LOVE_HERE)).unwrap();
            assert_eq!(events(&world), [(Direction::In, at(shown))]);
        }
    }

    #[test]
    fn what_a_tablet_without_network_saw_falls_into_its_place_in_the_day() {
        let mut world = SmallWorld::new();
        world.send(small::staff(MAJA), at("16:00"), &Command::CheckOut(LOVE_HERE)).unwrap();
        world.send_late(tablet(), Some(MAJA), (at("07:40"), at("17:00")), &Command::CheckIn(LOVE_HERE)).unwrap();
        assert_eq!(events(&world), [(Direction::In, at("07:40")), (Direction::Out, at("16:00"))]);
        assert_eq!(card(&world).last_on(today()).unwrap().direction, Direction::Out);
    }

    #[test]
    fn a_boards_own_card_is_what_the_server_derives() {
        let mut world = SmallWorld::new();
        for command in [Command::CheckIn(ON_THE_WALL), Command::CheckOut(ON_THE_WALL)] {
            let decided = world.decide(&board(), None, (at("07:40"), at("07:40")), &command).unwrap();
            let scopes: Vec<Scope> = decided.iter().map(Change::scope).collect();
            assert_eq!(scopes, [Scope::Placement(LOVES), Scope::Board(DEPARTMENT)]);
            // Nothing follows from what it decided: event and card agree.
            assert_eq!(world.write(decided.clone(), at("07:40")), decided);
        }
    }

    #[test]
    fn undoing_takes_one_check_of_today_away() {
        for (account, here) in [(small::staff(MAJA), LOVE_HERE), (board(), ON_THE_WALL)] {
            let mut world = SmallWorld::new();
            world.send(account, at("07:40"), &Command::CheckIn(here)).unwrap();
            world.send(account, at("09:00"), &Command::CheckOut(here)).unwrap();
            let undo = Command::UndoCheck { at: here, event: card(&world).last_on(today()).unwrap().event };
            assert!(world.send(account, at("09:01"), &undo).unwrap() > 0);
            assert_eq!(world.send(account, at("09:02"), &undo), Ok(0));
            assert_eq!(card(&world).last_on(today()).map(|last| last.direction), Some(Direction::In));
            let first = Command::UndoCheck { at: here, event: card(&world).checks[0].event };
            let _ = world.send(account, later(1, "07:00"), &first);
            assert_eq!(events(&world), [(Direction::In, at("07:40"))], "yesterday stays");
        }
        let mut world = SmallWorld::new();
        let undo = Command::UndoCheck { at: LOVE_HERE, event: RecordId(uuid::Uuid::from_u128(1)) };
        assert_eq!(world.send(guardian(ANNA), at("09:00"), &undo), Err(Refusal::NoRight));
    }

    #[test]
    fn a_check_out_forgotten_yesterday_swallows_no_check_in() {
        for (account, here) in [(small::staff(MAJA), LOVE_HERE), (board(), ON_THE_WALL)] {
            let mut world = SmallWorld::new();
            for ahead in [0, 1] {
                assert!(world.send(account, later(ahead, "07:40"), &Command::CheckIn(here)).unwrap() > 0);
            }
            assert_eq!(events(&world), [(Direction::In, at("07:40")), (Direction::In, later(1, "07:40"))]);
        }
    }

    #[test]
    fn an_undo_that_waited_past_midnight_is_done_and_one_of_another_day_is_not() {
        let past = |ahead| Err(Refusal::DayPast { first: today().plus(ahead) });
        for (account, here) in [(small::staff(MAJA), LOVE_HERE), (board(), ON_THE_WALL)] {
            for turned in [false, true] {
                for (asked, received, expected) in [(0, 1, Ok(0)), (1, 1, past(1)), (0, 2, Ok(0)), (0, 3, past(3))] {
                    let mut world = SmallWorld::new();
                    world.send(account, at("16:00"), &Command::CheckIn(here)).unwrap();
                    let undo = Command::UndoCheck { at: here, event: card(&world).checks[0].event };
                    if turned {
                        // The card has forgotten yesterday's checks.
                        world.turn(later(received, "00:00"));
                    }
                    let times = (later(asked, "16:01"), later(received, "16:02"));
                    let left = world.send_late(account, None, times, &undo).map(|_| events(&world).len());
                    assert_eq!(left, expected, "{asked} {received}");
                }
            }
        }
    }

    #[test]
    fn a_board_checks_only_children_who_have_their_place_that_day() {
        for (change, ahead, expected) in [
            ((|one| one.places[0].until = Some(today())) as fn(&mut Enrolled), 0, Ok(())),
            (|one| one.places[0].until = Some(today()), 1, Err(Refusal::NotThere)),
        ] {
            let mut world = SmallWorld::new();
            world.placed(LOVE, change);
            // Nobody has turned the day: the old card is still there.
            assert_eq!(card(&world).until, Some(today()));
            let check = Command::CheckIn(ON_THE_WALL);
            assert_eq!(world.send(board(), later(ahead, "07:40"), &check).map(drop), expected);
        }
    }

    #[test]
    fn a_card_lies_on_the_wall_from_the_first_day_to_the_last_with_two_weeks_ahead() {
        let mut world = SmallWorld::with_times();
        let laid =
            |from: i32| CareWeek { placement: LOVES, from: today().plus(from), days: Default::default(), by: ANNA };
        [1, AHEAD, AHEAD + 1].iter().for_each(|from| world.put(&laid(*from)));
        world.placed(LOVE, |one| {
            (one.places[0].from, one.places[0].until) = (today().plus(1), Some(today().plus(2)));
        });
        for (ahead, cards) in [(0, 0), (1, 1), (2, 1), (3, 0)] {
            world.turn(later(ahead, "00:00"));
            assert_eq!(world.all::<BoardCard>(Scope::Board(DEPARTMENT)).len(), cards, "{ahead}");
        }
        world.placed(LOVE, |one| (one.places[0].from, one.places[0].until) = (today(), None));
        let weeks: Vec<_> = card(&world).weeks.into_iter().map(|(from, _)| from).collect();
        assert_eq!(weeks, [today().plus(-30), today().plus(1), today().plus(AHEAD)]);
    }

    #[test]
    fn the_wall_shows_no_marked_child_and_none_whose_place_ended() {
        let cards = |change: &dyn Fn(&mut Enrolled)| {
            let mut world = SmallWorld::new();
            assert_eq!(world.all::<BoardCard>(Scope::Board(DEPARTMENT)).len(), 1);
            world.enrolled(LOVE, change);
            world.all::<BoardCard>(Scope::Board(DEPARTMENT)).len()
        };
        assert_eq!(cards(&|one| one.marked = true), 0);
        assert_eq!(cards(&|one| one.places[0].until = Some(today().plus(-1))), 0);
        assert_eq!(cards(&|one| one.places[0].until = Some(today())), 1);
        assert_eq!(cards(&|one| one.places.clear()), 0);
    }
}
