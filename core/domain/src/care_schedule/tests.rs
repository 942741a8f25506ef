//! Care times, told by their rules: who lays what for which days.

use super::*;
use crate::command::Command;
use crate::organisation::{CutOff, SchoolForm};
use crate::small_world::*;
use crate::time::TimeOfDay;

fn week(text: &str) -> Week {
    let day = times(text);
    [day.clone(), day.clone(), day.clone(), day.clone(), day, Vec::new(), Vec::new()]
}

fn times(text: &str) -> Vec<Span> {
    text.split(',').filter(|text| !text.is_empty()).map(span).collect()
}

fn set_week(from: i32, days: Week) -> Command {
    Command::SetWeek { child: LOVE, placement: LOVES, from: today().plus(from), days }
}

fn change_day(ahead: i32, times_of: Option<&str>, comment: &str) -> Command {
    let (day, times, comment) = (today().plus(ahead), times_of.map(times), comment.to_owned());
    Command::ChangeDay { child: LOVE, placement: LOVES, day, times, comment }
}

/// Love comes 07:30–16:00 on weekdays.
fn world() -> SmallWorld {
    let mut world = SmallWorld::new();
    let laid = CareWeek { placement: LOVES, from: today().plus(-30), days: week("07:30-16:00"), by: ANNA };
    world.put(&laid);
    world
}

fn with_switches(world: &mut SmallWorld, change: impl FnOnce(&mut Switches)) {
    let mut switches = Switches::default();
    change(&mut switches);
    world.unit(PRESCHOOL, &[SchoolForm::Preschool], Some(switches));
}

const UNIT_PHONE: &str = "0521-11 11 11";

#[test]
fn owners_lay_weeks_from_a_day_that_is_not_locked() {
    let locked: fn(&mut SmallWorld) = |world| with_switches(world, |one| one.schedule_lock_days = 14);
    let begins: fn(&mut SmallWorld) = |world| {
        let mut place: Placement = world.all(Scope::Placement(LOVES)).remove(0);
        place.from = today().plus(5);
        world.put(&place);
    };
    let locked_and_begins = |world: &mut SmallWorld| [locked, begins].iter().for_each(|change| change(world));
    let no_same_day = |world: &mut SmallWorld| with_switches(world, |one| one.same_day_change = false);
    let was = today().start();
    let cases: Vec<Case<'_, Command>> = vec![
        ("today", &|_| (), guardian(ANNA), set_week(0, week("08:00-15:00")), Ok(())),
        ("past", &|_| (), guardian(ANNA), set_week(-1, week("")), Err(Refusal::DayPast { first: today() })),
        ("not owner", &|_| (), guardian(BO), set_week(7, week("")), Err(Refusal::NotOwner)),
        ("staff", &|_| (), staff(MAJA), set_week(7, week("")), Err(Refusal::NotOwner)),
        ("locked", &locked, guardian(ANNA), set_week(13, week("")), Err(Refusal::Locked { first: today().plus(14) })),
        (
            "locked and not begun",
            &locked_and_begins,
            guardian(ANNA),
            set_week(4, week("")),
            Err(Refusal::NotBegun { first: today().plus(5) }),
        ),
        ("not locked", &locked, guardian(ANNA), set_week(14, week("")), Ok(())),
        (
            "not begun",
            &begins,
            guardian(ANNA),
            set_week(4, week("")),
            Err(Refusal::NotBegun { first: today().plus(5) }),
        ),
        ("first day", &begins, guardian(ANNA), set_week(5, week("")), Ok(())),
        (
            "no way round the cut-off",
            &no_same_day,
            guardian(ANNA),
            set_week(0, week("08:00-15:00")),
            Err(Refusal::CutOff { was, phone: UNIT_PHONE.to_owned() }),
        ),
        ("day off", &|_| (), guardian(ANNA), set_week(1, week("")), Ok(())),
        ("several a day", &|_| (), guardian(ANNA), set_week(1, week("07:00-08:00,13:00-16:00")), Ok(())),
        (
            "overlapping",
            &|_| (),
            guardian(ANNA),
            set_week(1, week("07:00-14:00,13:00-16:00")),
            Err(Refusal::WrongTimes),
        ),
        (
            "closed hours",
            &|_| (),
            guardian(ANNA),
            set_week(1, week("06:00-15:00")),
            Err(Refusal::OutsideHours { open: Some(span("06:15-18:15")) }),
        ),
        (
            "a closed day",
            &|_| (),
            guardian(ANNA),
            set_week(1, std::array::from_fn(|_| times("08:00-15:00"))),
            Err(Refusal::OutsideHours { open: None }),
        ),
    ];
    for (name, change, account, command, expected) in cases {
        let mut world = world();
        change(&mut world);
        assert_eq!(world.send(account, at("10:00"), &command).map(drop), expected, "{name}");
    }
}

#[test]
fn the_cut_off_holds_to_the_minute_for_families_and_not_for_staff_who_are_rung() {
    let at_16 = CutOff { days: 2, time: "16:00".parse::<TimeOfDay>().unwrap() };
    let refused = |moment: Timestamp| Err(Refusal::CutOff { was: moment, phone: UNIT_PHONE.to_owned() });
    for (same_day, cut_off, now, ahead, expected) in [
        (true, CutOff::default(), at("23:59"), 0, Ok(())),
        (false, CutOff::default(), at("00:00"), 0, refused(at("00:00"))),
        (false, CutOff::default(), at("23:59").plus(59_999), 1, Ok(())),
        (false, CutOff::default(), later(1, "00:00"), 1, refused(later(1, "00:00"))),
        (false, at_16, at("16:00").plus(59_999), 2, Ok(())),
        (false, at_16, at("16:01"), 2, refused(at("16:01"))),
    ] {
        let mut world = world();
        with_switches(&mut world, |one| (one.same_day_change, one.cut_off) = (same_day, cut_off));
        let command = change_day(ahead, Some("07:30-15:00"), "");
        assert_eq!(world.send(guardian(ANNA), now, &command).map(drop), expected);
        assert!(world.send(staff(MAJA), now, &command).is_ok());
    }
}

#[test]
fn the_cut_off_is_judged_by_when_it_was_received() {
    let mut world = world();
    with_switches(&mut world, |one| one.same_day_change = false);
    let command = change_day(1, Some("07:30-15:00"), "");
    let times = (at("21:00"), later(1, "06:00"));
    let was = later(1, "00:00");
    let refused = Err(Refusal::CutOff { was, phone: UNIT_PHONE.to_owned() });
    assert_eq!(world.send_late(guardian(ANNA), None, times, &command), refused);
}

#[test]
fn a_guardian_who_is_no_owner_changes_todays_pick_up() {
    for (ahead, asked, expected) in [
        (0, Some("07:30-15:00"), Ok(())),
        (0, Some("07:30-17:00"), Ok(())),
        (0, None, Ok(())),
        (0, Some("08:00-16:00"), Err(Refusal::PickUpOnly)),
        (0, Some(""), Err(Refusal::PickUpOnly)),
        (0, Some("07:30-12:00,13:00-16:00"), Err(Refusal::PickUpOnly)),
        (1, Some("07:30-15:00"), Err(Refusal::PickUpOnly)),
    ] {
        let mut world = world();
        let command = change_day(ahead, asked, "mormor hämtar");
        assert_eq!(world.send(guardian(BO), at("10:00"), &command).map(drop), expected, "{asked:?}");
        assert!(world.send(guardian(ANNA), at("10:00"), &command).is_ok());
    }
}

#[test]
fn a_comment_is_short_and_only_where_it_is_read() {
    let phone = UNIT_PHONE.to_owned();
    for (on, comment, expected) in [
        (true, "å".repeat(500), Ok(())),
        (true, "å".repeat(501), Err(Refusal::TooLong { most: 500 })),
        (false, "mormor hämtar".to_owned(), Err(Refusal::SwitchedOff { phone })),
        (false, String::new(), Ok(())),
    ] {
        let mut world = world();
        with_switches(&mut world, |one| one.same_day_comment = on);
        let command = change_day(0, Some("07:30-15:00"), &comment);
        assert_eq!(world.send(guardian(ANNA), at("10:00"), &command).map(drop), expected);
    }
}

#[test]
fn said_again_a_day_stays_as_it_was_and_keeps_its_first_author() {
    let mut world = world();
    let command = change_day(0, Some("07:30-15:00"), "mormor hämtar");
    world.send(guardian(ANNA), at("10:00"), &command).unwrap();
    assert_eq!(world.send(guardian(BO), at("10:05"), &command), Ok(0));
    let change: DayChange = world.all(Scope::Placement(LOVES)).remove(0);
    assert_eq!((change.by, change.at), (ANNA, at("10:00")));
    // Past the cut-off what is already so is no refusal either.
    with_switches(&mut world, |one| one.same_day_change = false);
    assert_eq!(world.send(guardian(ANNA), at("11:00"), &command), Ok(0));
}

#[test]
fn each_owner_lays_own_weeks_and_a_clash_shows_both() {
    let laid =
        |by, from: i32, text: &str| CareWeek { placement: LOVES, from: today().plus(from), days: week(text), by };
    let old = laid(ANNA, -30, "07:30-16:00");
    for (weeks, owners, expected, clash) in [
        (vec![old.clone()], vec![ANNA, BO], "07:30-16:00", 0),
        (vec![old.clone(), laid(ANNA, -2, "08:00-15:00")], vec![ANNA], "08:00-15:00", 0),
        (vec![old.clone(), laid(ANNA, 1, "08:00-15:00")], vec![ANNA], "07:30-16:00", 0),
        (vec![old.clone(), laid(BO, -2, "07:30-16:00")], vec![ANNA, BO], "07:30-16:00", 0),
        (vec![old.clone(), laid(BO, -2, "09:00-17:00")], vec![ANNA, BO], "07:30-17:00", 2),
        // A former owner's week counts until an owner of today lays one.
        (vec![old.clone()], vec![BO], "07:30-16:00", 0),
        (vec![old.clone(), laid(BO, -2, "09:00-17:00")], vec![BO], "09:00-17:00", 0),
    ] {
        let ordinary = Weeks::new(weeks.clone(), owners).on(today());
        assert_eq!((ordinary.times, ordinary.clash.len()), (Some(times(expected)), clash), "{weeks:?}");
    }
    assert_eq!(Weeks::new(vec![laid(ANNA, 1, "08:00-15:00")], vec![ANNA]).on(today()), Ordinary::default());
    let laid = vec![old, laid(ANNA, 7, "08:00-15:00"), laid(ANNA, 8, "09:00-15:00")];
    let ahead = Weeks::new(laid, vec![ANNA]).between(today(), today().plus(7));
    let expected = [(today().plus(-30), week("07:30-16:00")), (today().plus(7), week("08:00-15:00"))];
    assert_eq!(ahead, expected);
}

#[test]
fn nobody_reaches_the_placement_of_another_child_by_naming_it() {
    let mut world = world();
    let stranger = PersonId(uuid::Uuid::from_u128(99));
    let command = change_day(0, Some("07:30-15:00"), "");
    assert_eq!(world.send(guardian(stranger), at("10:00"), &command), Err(Refusal::NoRight));
    assert_eq!(world.send(board(), at("10:00"), &command), Err(Refusal::NoRight));
    let crossed = Command::SetWeek { child: EBBA, placement: LOVES, from: today(), days: week("") };
    assert_eq!(world.send(guardian(ANNA), at("10:00"), &crossed), Err(Refusal::NotThere));
}
