//! Absence, told by its rules: who reports which days, and what is taken back.

use super::*;
use crate::command::Command;
use crate::grant::Right;
use crate::organisation::GroupKind;
use crate::register::Employed;
use crate::small_world::*;

fn days(from: i32, until: Option<i32>, part: Option<&str>) -> Days {
    Days { from: today().plus(from), until: until.map(|day| today().plus(day)), part: part.map(span) }
}

fn whole(from: i32, until: i32) -> Days {
    days(from, Some(until), None)
}

fn report(child: ChildId, days: Days) -> Command {
    Command::ReportAbsence { child, days }
}

/// Each report as its reporter, first and last day counted from today.
fn reported(world: &SmallWorld, child: ChildId) -> Vec<(PersonId, i64, Option<i64>)> {
    let from_today = |day: Day| day.number() - today().number();
    let all = world.all::<Absence>(Scope::Absence(child)).into_iter();
    all.map(|one| (one.by, from_today(one.from), one.until.map(from_today))).collect()
}

#[test]
fn which_days_can_be_reported() {
    let past = Err(Refusal::DayPast { first: today() });
    let far = Err(Refusal::TooFarAhead { last: today().plus(366) });
    for (child, asked, expected) in [
        (LOVE, whole(0, 0), Ok(())),
        (LOVE, whole(1, 5), Ok(())),
        (LOVE, days(0, None, None), Ok(())),
        (EBBA, days(0, None, None), Err(Refusal::NeedsLastDay)),
        (LOVE, days(0, Some(0), Some("08:00-10:00")), Ok(())),
        (LOVE, days(0, Some(1), Some("08:00-10:00")), Err(Refusal::WrongTimes)),
        (LOVE, whole(2, 1), Err(Refusal::WrongTimes)),
        (LOVE, whole(-1, -1), past.clone()),
        (LOVE, whole(-1, 2), past),
        (LOVE, whole(367, 367), far.clone()),
        (LOVE, whole(0, 367), far),
    ] {
        let mut world = SmallWorld::new();
        let result = world.send(guardian(ANNA), at("23:58"), &report(child, asked)).map(drop);
        assert_eq!(result, expected, "{asked:?}");
    }
}

#[test]
fn a_report_that_waited_for_the_network_is_taken_as_far_back_as_the_phone_is_believed() {
    let past = Err(Refusal::DayPast { first: today() });
    for (created, asked, expected) in [
        (-1, whole(-1, 1), Ok((-1, Some(1)))),
        (-1, whole(0, 0), Ok((0, Some(0)))),
        (-1, whole(-1, -1), Ok((-1, Some(-1)))),
        (-1, days(-1, Some(-1), Some("08:00-10:00")), Ok((-1, Some(-1)))),
        (-1, whole(-2, 1), past.clone()),
        (-5, whole(-5, 1), Ok((-2, Some(1)))),
        (-5, days(-5, None, None), Ok((-2, None))),
        (-5, whole(-5, -3), past.clone()),
        (-5, whole(-6, 1), past),
    ] {
        let mut world = SmallWorld::new();
        let times = (later(created, "23:50"), at("00:10"));
        let result = world.send_late(guardian(ANNA), None, times, &report(LOVE, asked));
        let taken = |_| reported(&world, LOVE).into_iter().map(|(_, from, until)| (from, until)).next().unwrap();
        assert_eq!(result.map(taken), expected, "{created} {asked:?}");
    }
}

#[test]
fn a_change_of_mind_that_waited_past_midnight_still_counts() {
    for (received, expected) in [(1, Ok(())), (2, Ok(())), (3, Err(Refusal::DayPast { first: today().plus(3) }))] {
        let mut world = SmallWorld::new();
        world.send(guardian(ANNA), at("07:00"), &report(LOVE, whole(0, 0))).unwrap();
        let absence = world.all::<Absence>(Scope::Absence(LOVE))[0].absence;
        let withdraw = Command::WithdrawAbsence { child: LOVE, absence };
        let times = (at("23:50"), later(received, "00:10"));
        assert_eq!(world.send_late(guardian(ANNA), None, times, &withdraw).map(drop), expected);
        assert_eq!(reported(&world, LOVE).is_empty(), expected.is_ok());
    }
}

/// Nobody may be left with an absence that no one can end.
#[test]
fn staff_end_any_report_and_a_family_one_whose_reporter_holds_the_child_no_more() {
    let unchanged = |_: &mut SmallWorld| ();
    let ended = |world: &mut SmallWorld| {
        world.enrolled(LOVE, |one| one.guardians[1].until = Some(today().plus(-1)));
    };
    let left = |world: &mut SmallWorld| {
        let mut employed: Employed = world.all(Scope::Register(MAJA)).remove(0);
        employed.assignments[0].until = Some(today().plus(-1));
        world.put(&employed);
    };
    let of_age = |world: &mut SmallWorld| {
        world.enrolled(LOVE, |one| one.birthday = Day::new(2008, 1, 1));
        world.grant(BO, Right::AbsenceConsent { child: LOVE });
    };
    let love = account(LOVE.as_person(), Role::Student);
    let not_yours = || Err(Refusal::NotYours);
    type Case<'a> = (Account, &'a dyn Fn(&mut SmallWorld), Account, Option<PersonId>, Result<(), Refusal>);
    let cases: &[Case<'_>] = &[
        (guardian(BO), &unchanged, guardian(ANNA), None, not_yours()),
        (guardian(BO), &unchanged, staff(MAJA), None, Ok(())),
        (guardian(BO), &unchanged, tablet(), Some(MAJA), Ok(())),
        (guardian(BO), &ended, guardian(ANNA), None, Ok(())),
        (guardian(BO), &of_age, love, None, Ok(())),
        (guardian(BO), &of_age, guardian(BO), None, Err(Refusal::NoRight)),
        (staff(MAJA), &unchanged, guardian(ANNA), None, not_yours()),
        (staff(MAJA), &left, guardian(ANNA), None, Ok(())),
    ];
    for (reporter, change, account, tapped, expected) in cases {
        for ends in [true, false] {
            let mut world = SmallWorld::new();
            world.send(*reporter, at("07:00"), &report(LOVE, days(0, None, None))).unwrap();
            change(&mut world);
            let absence = world.all::<Absence>(Scope::Absence(LOVE))[0].absence;
            let command = match ends {
                true => Command::WithdrawAbsence { child: LOVE, absence },
                false => Command::ChangeAbsence { child: LOVE, absence, days: whole(0, 0) },
            };
            let times = (at("08:00"), at("08:00"));
            assert_eq!(world.send_late(*account, *tapped, times, &command).map(drop), *expected);
        }
    }
    // A phone does not know what others hold: it asks.
    let mut world = SmallWorld::new();
    world.send(guardian(BO), at("07:00"), &report(LOVE, whole(0, 0))).unwrap();
    let absence = world.all::<Absence>(Scope::Absence(LOVE))[0].absence;
    world.held = Some(world.rights(&guardian(ANNA), at("08:00")).iter().map(|(scope, _)| scope).collect());
    let withdraw = Command::WithdrawAbsence { child: LOVE, absence };
    let foretold = world.decide(&guardian(ANNA), None, (at("08:00"), at("08:00")), &withdraw);
    assert_eq!(foretold, Err(Undecided::NotHeld(Scope::Person(BO.into()))));
}

#[test]
fn changed_days_join_ones_other_reports_as_new_ones_do() {
    for (other, asked, expected) in [
        (whole(3, 4), whole(0, 3), vec![(0, Some(4))]),
        (whole(3, 4), whole(3, 3), vec![(3, Some(4))]),
        (whole(3, 4), whole(0, 2), vec![(0, Some(2)), (3, Some(4))]),
        (days(1, Some(1), Some("08:00-10:00")), whole(0, 2), vec![(0, Some(2))]),
    ] {
        let mut world = SmallWorld::new();
        world.send(guardian(ANNA), at("07:00"), &report(LOVE, whole(0, 0))).unwrap();
        let absence = world.all::<Absence>(Scope::Absence(LOVE))[0].absence;
        world.send(guardian(ANNA), at("07:01"), &report(LOVE, other)).unwrap();
        let change = Command::ChangeAbsence { child: LOVE, absence, days: asked };
        world.send(guardian(ANNA), at("07:02"), &change).unwrap();
        let mut found: Vec<_> = reported(&world, LOVE).into_iter().map(|(_, from, until)| (from, until)).collect();
        found.sort();
        assert_eq!(found, expected, "{asked:?}");
    }
}

#[test]
fn who_may_report() {
    let employed = |number| PersonId(uuid::Uuid::from_u128(number));
    let threat = |world: &mut SmallWorld| world.enrolled(LOVE, |one| one.guardians[1].threat = true);
    let of_age = |world: &mut SmallWorld| world.enrolled(EBBA, |one| one.birthday = Day::new(2008, 1, 1));
    let old_enough = |world: &mut SmallWorld| world.enrolled(EBBA, |one| one.school_year = Some(4));
    let consent = |world: &mut SmallWorld| world.grant(employed(90), Right::AbsenceConsent { child: EBBA });
    let at_school = |world: &mut SmallWorld| {
        world.employ(employed(91), SCHOOL, false, &[(CLASS, GroupKind::Class)]);
        world.employ(employed(92), SCHOOL, false, &[(TEACHING, GroupKind::Teaching)]);
        world.employ(employed(93), SCHOOL, true, &[]);
        world.place(EBBA, SCHOOL, TEACHING, None);
    };
    let student = account(EBBA.as_person(), Role::Student);
    let no_right = || Err(Refusal::NoRight);
    let cases: Vec<Case<'_, ChildId>> = vec![
        ("a guardian", &|_| (), guardian(BO), LOVE, Ok(())),
        ("a threat", &threat, guardian(BO), LOVE, no_right()),
        ("a stranger", &|_| (), guardian(employed(99)), LOVE, no_right()),
        ("a student", &old_enough, student, EBBA, Err(Refusal::NotOfAge)),
        ("a student without account", &|_| (), student, EBBA, no_right()),
        ("an adult student", &of_age, student, EBBA, Ok(())),
        ("an adult's guardian", &of_age, guardian(ANNA), EBBA, no_right()),
        ("a parent with consent", &consent, guardian(employed(90)), EBBA, no_right()),
        ("care staff", &|_| (), staff(MAJA), LOVE, Ok(())),
        ("care staff, of another group's child", &|_| (), staff(MAJA), EBBA, no_right()),
        ("a class teacher", &at_school, staff(employed(91)), EBBA, Ok(())),
        ("teaching staff", &at_school, staff(employed(92)), EBBA, no_right()),
        ("the principal", &at_school, staff(employed(93)), EBBA, Ok(())),
        ("a tablet on which nobody tapped", &|_| (), tablet(), LOVE, Err(Refusal::WhoTapped)),
        ("the hall board", &|_| (), board(), LOVE, no_right()),
    ];
    for (who, change, account, child, expected) in cases {
        let mut world = SmallWorld::new();
        change(&mut world);
        assert_eq!(world.send(account, at("07:00"), &report(child, whole(0, 0))).map(drop), expected, "{who}");
    }
    let mut world = SmallWorld::new();
    let mut tapped =
        |person| world.send_late(tablet(), Some(person), (at("07:00"), at("07:00")), &report(LOVE, whole(0, 0)));
    assert_eq!(tapped(employed(91)), Err(Refusal::WhoTapped));
    assert!(tapped(MAJA).is_ok());
    assert_eq!(reported(&world, LOVE), [(MAJA, 0, Some(0))]);
}

#[test]
fn where_it_is_switched_off_families_learn_where_to_ring_and_staff_write_it_down() {
    let off = Switches { absence_preschool: false, ..Switches::default() };
    for (municipality, unit, expected) in [
        (Switches::default(), None, Ok(())),
        (off.clone(), None, Err(Refusal::SwitchedOff { phone: "0521-11 11 11".to_owned() })),
        (off.clone(), Some(Switches::default()), Ok(())),
        (Switches::default(), Some(off), Err(Refusal::SwitchedOff { phone: "0521-11 11 11".to_owned() })),
    ] {
        let mut world = SmallWorld::new();
        world.municipality(municipality);
        world.unit(PRESCHOOL, &[SchoolForm::Preschool], unit);
        let command = report(LOVE, whole(0, 0));
        assert_eq!(world.send(guardian(ANNA), at("07:00"), &command).map(drop), expected);
        assert!(world.send(staff(MAJA), at("07:00"), &command).is_ok());
        assert!(world.send(guardian(ANNA), at("07:00"), &report(EBBA, whole(0, 0))).is_ok());
    }
}

#[test]
fn own_reports_that_overlap_become_one_and_others_stay_theirs() {
    for (first, second, expected) in [
        (whole(0, 1), whole(0, 4), vec![(0, Some(4))]),
        (whole(0, 4), whole(2, 2), vec![(0, Some(4))]),
        (whole(1, 2), whole(0, 1), vec![(0, Some(2))]),
        (whole(0, 0), whole(1, 1), vec![(0, Some(0)), (1, Some(1))]),
        (whole(0, 2), days(1, None, None), vec![(0, None)]),
        (days(1, Some(1), Some("08:00-10:00")), whole(0, 2), vec![(0, Some(2))]),
        (whole(0, 2), days(1, Some(1), Some("08:00-10:00")), vec![(0, Some(2))]),
    ] {
        let mut world = SmallWorld::new();
        world.send(guardian(BO), at("06:50"), &report(LOVE, whole(0, 1))).unwrap();
        for asked in [first, second] {
            world.send(guardian(ANNA), at("07:00"), &report(LOVE, asked)).unwrap();
        }
        let annas: Vec<_> = reported(&world, LOVE).into_iter().filter(|(by, ..)| *by == ANNA).collect();
        assert_eq!(annas, expected.into_iter().map(|(from, until)| (ANNA, from, until)).collect::<Vec<_>>());
        // Asked once more, nothing changes.
        assert_eq!(world.send(guardian(ANNA), at("07:05"), &report(LOVE, second)), Ok(0));
        assert!(reported(&world, LOVE).contains(&(BO, 0, Some(1))));
    }
}

#[test]
fn each_takes_back_ones_own_and_days_that_are_over_stay() {
    let mut world = SmallWorld::new();
    for person in [ANNA, BO] {
        world.send(guardian(person), at("07:00"), &report(LOVE, whole(0, 4))).unwrap();
    }
    let of = |world: &SmallWorld, person| {
        world.all::<Absence>(Scope::Absence(LOVE)).into_iter().find(|one| one.by == person).unwrap().absence
    };
    let annas = Command::WithdrawAbsence { child: LOVE, absence: of(&world, ANNA) };
    let bos = Command::WithdrawAbsence { child: LOVE, absence: of(&world, BO) };
    assert_eq!(world.send(guardian(BO), at("08:00"), &annas), Err(Refusal::NotYours));
    assert!(world.send(guardian(ANNA), at("08:00"), &annas).is_ok());
    assert_eq!(world.send(guardian(ANNA), at("08:01"), &annas), Ok(0));
    assert_eq!(reported(&world, LOVE), [(BO, 0, Some(4))]);
    // On the third day Love is well again.
    assert!(world.send(guardian(BO), later(2, "07:00"), &bos).is_ok());
    assert_eq!(reported(&world, LOVE), [(BO, 0, Some(1))]);
    assert_eq!(world.send(guardian(BO), later(2, "07:01"), &bos), Ok(0));
}

#[test]
fn the_days_of_ones_own_report_change_but_not_those_that_have_begun() {
    let past = Err(Refusal::DayPast { first: today().plus(2) });
    for (asked, expected) in [
        (whole(0, 2), Ok((0, Some(2)))),
        (whole(0, 6), Ok((0, Some(6)))),
        (whole(0, 1), past.clone()),
        (whole(3, 6), Err(Refusal::WrongTimes)),
    ] {
        let mut world = SmallWorld::new();
        world.send(guardian(ANNA), at("07:00"), &report(LOVE, whole(0, 4))).unwrap();
        let absence = world.all::<Absence>(Scope::Absence(LOVE))[0].absence;
        let change = Command::ChangeAbsence { child: LOVE, absence, days: asked };
        assert_eq!(world.send(guardian(BO), later(2, "07:00"), &change), Err(Refusal::NotYours));
        let result = world.send(guardian(ANNA), later(2, "07:00"), &change);
        let days = reported(&world, LOVE).into_iter().map(|(_, from, until)| (from, until)).next().unwrap();
        assert_eq!(result.map(|_| days), expected, "{asked:?}");
    }
    let mut world = SmallWorld::new();
    let absence = RecordId(uuid::Uuid::from_u128(5));
    let change = Command::ChangeAbsence { child: LOVE, absence, days: whole(0, 0) };
    assert_eq!(world.send(guardian(ANNA), at("07:00"), &change), Err(Refusal::NotThere));
}
