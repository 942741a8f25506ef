//! Makes the table of scopes in `ARCHITECTURE.md` true: who holds which scope, asked of [`crate::access::scopes`] itself.

use uuid::Uuid;

use crate::actor::{Account, Role};
use crate::grant::Right;
use crate::id::{ChildId, GroupId, PersonId, PlacementId, UnitId};
use crate::organisation::{GroupKind, SchoolForm};
use crate::scope::Scope;
use crate::small_world::*;

/// The table as it stands in the papers.
const TABLE: &str = include_str!("../../../ARCHITECTURE.md");

/// An actor with the child, unit, group and placement that its column is about.
struct Column {
    name: &'static str,
    account: Account,
    child: ChildId,
    unit: UnitId,
    group: GroupId,
    placement: PlacementId,
}

const FORMS: &[SchoolForm] = &[SchoolForm::Compulsory, SchoolForm::AfterSchool];
const THREAT: PersonId = PersonId(Uuid::from_u128(100));
const ENDED: PersonId = PersonId(Uuid::from_u128(101));
/// Guardian of the adult student alone.
const GROWN: PersonId = PersonId(Uuid::from_u128(103));
const CONSENTED: PersonId = PersonId(Uuid::from_u128(102));

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

/// A child of so many years in class, after-school, mentor and teaching group, with Bo as the other guardian.
fn pupil(world: &mut SmallWorld, number: u128, years: i16, first: PersonId) -> (ChildId, PlacementId) {
    let (child, placement) = (ChildId(Uuid::from_u128(number)), PlacementId(Uuid::from_u128(number + 1000)));
    world.child(child, "Elin", years, &[(first, false), (BO, false), (THREAT, true), (ENDED, false)], FORMS);
    for group in [CLASS, MENTOR, TEACHING] {
        world.place(child, SCHOOL, group, None);
    }
    world.place(child, SCHOOL, AFTER_SCHOOL, Some((placement, &[ANNA])));
    world.enrolled(child, |one| {
        one.guardians.iter_mut().filter(|one| one.guardian == ENDED).for_each(|one| one.until = Some(today().plus(-1)));
    });
    (child, placement)
}

fn columns(world: &mut SmallWorld) -> Vec<Column> {
    let (young, youngs) = pupil(world, 200, 8, ANNA);
    let (third, thirds) = pupil(world, 201, 9, ANNA);
    let (adult, adults) = pupil(world, 202, 18, GROWN);
    world.grant(CONSENTED, Right::AbsenceConsent { child: adult });
    let mut employed = 300;
    let mut employ = |unit, principal, groups: &[(GroupId, GroupKind)]| {
        employed += 1;
        world.employ(person(employed), unit, principal, groups);
        staff(person(employed))
    };
    let care = employ(SCHOOL, false, &[(AFTER_SCHOOL, GroupKind::AfterSchool)]);
    let class = employ(SCHOOL, false, &[(CLASS, GroupKind::Class)]);
    let mentor = employ(SCHOOL, false, &[(MENTOR, GroupKind::Mentor)]);
    let teaching = employ(SCHOOL, false, &[(TEACHING, GroupKind::Teaching)]);
    let principal = employ(SCHOOL, true, &[]);
    let elsewhere = employ(PRESCHOOL, false, &[(OTHER, GroupKind::Department)]);
    let [own, threat] = [ANNA, THREAT].map(|person| {
        world.employ(person, SCHOOL, false, &[(AFTER_SCHOOL, GroupKind::AfterSchool)]);
        staff(person)
    });
    let kind = GroupKind::AfterSchool;
    world.grant(TABLET, Right::Tablet { group: AFTER_SCHOOL, unit: SCHOOL, kind });
    world.grant(BOARD, Right::Board { group: AFTER_SCHOOL });
    let column =
        |name, account, child, placement, group| Column { name, account, child, unit: SCHOOL, group, placement };
    let of_young = |name, account, group| column(name, account, young, youngs, group);
    vec![
        of_young("guardian", guardian(ANNA), AFTER_SCHOOL),
        of_young("guardian, a threat", guardian(THREAT), AFTER_SCHOOL),
        of_young("guardian, ended", guardian(ENDED), AFTER_SCHOOL),
        column("guardian of one aged 18", guardian(GROWN), adult, adults, AFTER_SCHOOL),
        column("parent with consent", guardian(CONSENTED), adult, adults, AFTER_SCHOOL),
        of_young("student, year 2", account(young.as_person(), Role::Student), AFTER_SCHOOL),
        column("student, year 3", account(third.as_person(), Role::Student), third, thirds, AFTER_SCHOOL),
        column("adult student", account(adult.as_person(), Role::Student), adult, adults, AFTER_SCHOOL),
        of_young("care staff", care, AFTER_SCHOOL),
        of_young("care staff, own child", own, AFTER_SCHOOL),
        of_young("care staff, a threat to the child", threat, AFTER_SCHOOL),
        of_young("class teacher", class, CLASS),
        of_young("mentor", mentor, MENTOR),
        of_young("teaching staff", teaching, TEACHING),
        of_young("principal", principal, CLASS),
        of_young("tablet", tablet(), AFTER_SCHOOL),
        of_young("hall board", board(), AFTER_SCHOOL),
        of_young("staff of another group", elsewhere, AFTER_SCHOOL),
    ]
}

/// Each scope with the kinds that lie in it.
fn rows(column: &Column) -> Vec<(&'static str, &'static str, Scope)> {
    vec![
        ("`tenant`", "municipality", Scope::Tenant),
        ("`unit/U`", "unit, group, staff", Scope::Unit(column.unit)),
        ("`group/G`", "membership", Scope::Group(column.group)),
        ("`families/G`", "(to come)", Scope::Families(column.group)),
        ("`board/G`", "board_card, board_settings", Scope::Board(column.group)),
        ("`child/C`", "child", Scope::Child(column.child)),
        ("`care/C`", "care_places", Scope::Care(column.child)),
        ("`placement/X`", "placement, care_week, day_change, attendance_event", Scope::Placement(column.placement)),
        ("`absence/C`", "absence", Scope::Absence(column.child)),
        ("`contact/P`, a guardian's", "contact", Scope::Contact(BO)),
        ("`contact/P`, one's own", "contact", Scope::Contact(column.account.holder.as_person())),
        ("`person/P`, one's own", "grant", Scope::Person(column.account.holder)),
        ("`person/P`, another's", "grant", Scope::Person(BO.into())),
        ("`register/P`", "enrolled, employed, imported, known_unit", Scope::Register(column.child.as_person())),
    ]
}

#[test]
fn the_table_of_the_papers_is_what_access_gives() {
    let mut world = SmallWorld::new();
    let columns = columns(&mut world);
    let mut lines = vec![String::from("| scope | kinds |"), String::from("|---|---|")];
    for column in &columns {
        lines[0] += &format!(" {} |", column.name);
        lines[1] += "---|";
        let rights = world.rights(&column.account, at("12:00"));
        for (row, (name, kinds, scope)) in rows(column).into_iter().enumerate() {
            if lines.len() <= row + 2 {
                lines.push(format!("| {name} | {kinds} |"));
            }
            lines[row + 2] += if rights.holds(scope) { " ● |" } else { "  |" };
        }
    }
    let table = lines.join("\n");
    assert!(TABLE.contains(&table), "ARCHITECTURE.md must hold:\n{table}");
}
