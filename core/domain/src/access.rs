//! Who may see what: from grants to a set of scopes (`protocol.md` §1).
//!
//! [`scopes`] reads the holder's own scope, the tenant's and the memberships of the groups named there, nothing else,
//! so its cost follows the actor and its result may be kept while the heads of those scopes stand still and `until`
//! has not come. This is the only place where rights are made.

use std::collections::{BTreeMap, BTreeSet};

use crate::actor::{Account, Actor, Role};
use crate::grant::{Grant, Place, Right};
use crate::id::{ChildId, GroupId, PersonId};
use crate::membership::Membership;
use crate::organisation::{GroupKind, Municipality};
use crate::register::Guardianship;
use crate::scope::Scope;
use crate::time::{Day, Timestamp};
use crate::world::{Unread, World};

/// How long a scope may be shown without contact with the server (`protocol.md` §5).
///
/// A scope that is reached in two ways has the later of the two classes: protection wins over the ordinary, and what a
/// paired device needs wins over both, since an evacuation list without the protected child would be a danger to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// About thirty days.
    Normal,
    /// Hours, and not after a restart without contact: someone in it is protected.
    Protected,
    /// As long as the device runs: what a department tablet needs in an evacuation.
    Device,
}

/// The complete set of scopes of one actor at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    scopes: BTreeMap<Scope, Class>,
    /// The scopes that were read to find this.
    pub read: Vec<Scope>,
    /// When the set changes by itself: a birthday, a first or last day.
    pub until: Option<Timestamp>,
}

impl Rights {
    /// The rights that the server gave to a phone.
    pub fn given(scopes: impl IntoIterator<Item = (Scope, Class)>) -> Self {
        Self { scopes: scopes.into_iter().collect(), read: Vec::new(), until: None }
    }

    /// Whether the scope is held.
    pub fn holds(&self, scope: Scope) -> bool {
        self.scopes.contains_key(&scope)
    }

    /// All scopes with their class, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Scope, Class)> + '_ {
        self.scopes.iter().map(|(scope, class)| (*scope, *class))
    }

    /// How many scopes are held.
    pub fn len(&self) -> usize {
        self.scopes.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    fn add(&mut self, scope: Scope, class: Class) {
        let held = self.scopes.entry(scope).or_insert(class);
        *held = (*held).max(class);
    }

    fn changes_at(&mut self, moment: Timestamp, now: Timestamp) {
        if moment > now {
            self.until = Some(self.until.map_or(moment, |until| until.min(moment)));
        }
    }

    /// Whether the days hold today; notes when that changes.
    fn live(&mut self, from: Option<Day>, until: Option<Day>, now: Timestamp) -> bool {
        let starts = from.map(Day::start);
        let ends = until.map(Day::end);
        for moment in [starts, ends].into_iter().flatten() {
            self.changes_at(moment, now);
        }
        starts.is_none_or(|moment| moment <= now) && ends.is_none_or(|moment| now < moment)
    }
}

/// The scopes that an account holds now.
pub fn scopes(account: &Account, now: Timestamp, world: &World<'_>) -> Result<Rights, Unread> {
    let own = Scope::Person(account.holder);
    let mut rights = Rights { read: vec![own, Scope::Tenant], ..Rights::default() };
    let class = class_of(account.role);
    rights.add(own, class);
    let grants: Vec<Grant> = world.all(own)?;
    let municipality = world.all::<Municipality>(Scope::Tenant)?.pop().unwrap_or_default();
    // Whether any right is live, and whether one of them is not across a threat.
    let (mut any, mut belongs) = (false, false);
    let mut groups: Vec<Work> = Vec::new();
    for grant in &grants {
        if !grant.right.belongs_to(account.role) || !rights.live(grant.from, grant.until, now) {
            continue;
        }
        let live = match &grant.right {
            Right::Guardian { child, threat, protected, places } => {
                family(&mut rights, *child, places, *threat, *protected, now)
            }
            Right::Student { child, school_year, birthday, protected, places } => {
                let of_age = birthday.map(|day| day.birthday(18).start());
                let adult = of_age.is_some_and(|moment| moment <= now);
                if let Some(moment) = of_age {
                    rights.changes_at(moment, now);
                }
                let old_enough =
                    school_year.is_some_and(|year| year >= municipality.switches.student_account_from_year);
                (adult || old_enough) && family(&mut rights, *child, places, false, *protected, now)
            }
            Right::AbsenceConsent { child } => {
                rights.add(Scope::Child(*child), Class::Normal);
                rights.add(Scope::Absence(*child), Class::Normal);
                true
            }
            Right::Assigned { group, unit, kind } => {
                rights.add(Scope::Unit(*unit), class);
                let scopes = &[Scope::Group, Scope::Families, Scope::Board];
                groups.push(Work { group: *group, kind: *kind, scopes });
                true
            }
            Right::Duty { unit, .. } => {
                rights.add(Scope::Unit(*unit), class);
                let led = grant.right.works_with().iter();
                groups.extend(led.map(|group| Work {
                    group: *group,
                    kind: GroupKind::Class,
                    scopes: &[Scope::Group, Scope::Board],
                }));
                true
            }
            Right::Tablet { group, unit, kind } => {
                rights.add(Scope::Unit(*unit), class);
                groups.push(Work { group: *group, kind: *kind, scopes: &[Scope::Group, Scope::Board] });
                true
            }
            Right::Board { group } => {
                rights.add(Scope::Board(*group), class);
                true
            }
        };
        any |= live;
        belongs |= live && !matches!(grant.right, Right::Guardian { threat: true, .. });
    }
    if !groups.is_empty() {
        work(&mut rights, account, &groups, now, world)?;
    }
    // A board holds what the wall shows and nothing more (ruling u); a person without any right left, only oneself.
    if belongs && account.role != Role::Board {
        rights.add(Scope::Tenant, class);
    }
    if any && matches!(account.role, Role::Guardian | Role::Student | Role::Staff) {
        rights.add(Scope::Contact(account.holder.as_person()), Class::Normal);
    }
    Ok(rights)
}

/// What a family holds of a child while any place is live (rulings a, j). Returns whether any is.
fn family(
    rights: &mut Rights,
    child: ChildId,
    places: &[Place],
    threat: bool,
    protected: bool,
    now: Timestamp,
) -> bool {
    let class = if protected { Class::Protected } else { Class::Normal };
    let mut any = false;
    for place in places {
        if !rights.live(Some(place.from), place.until, now) {
            continue;
        }
        any = true;
        if threat {
            continue;
        }
        rights.add(Scope::Unit(place.unit), class);
        if let Some(group) = place.group {
            rights.add(Scope::Families(group), class);
        }
        if let Some(placement) = place.placement {
            rights.add(Scope::Placement(placement), class);
        }
    }
    if any {
        rights.add(Scope::Child(child), class);
        if !threat {
            rights.add(Scope::Care(child), class);
            rights.add(Scope::Absence(child), class);
        }
    }
    any
}

fn class_of(role: Role) -> Class {
    if matches!(role, Role::Tablet | Role::Board) { Class::Device } else { Class::Normal }
}

/// A group with which a right is work.
struct Work {
    group: GroupId,
    kind: GroupKind,
    /// The scopes of the group itself that come with it.
    scopes: &'static [fn(GroupId) -> Scope],
}

/// What the staff or tablet of these groups hold: the groups' own scopes, and what is of their children.
///
/// To staff their own children stay closed (ruling g), and how to reach the others of their family. Where the relation
/// is a threat, all of the group does: its records name the child, its board tells when the child comes and goes
/// (ruling j).
fn work(
    rights: &mut Rights,
    account: &Account,
    groups: &[Work],
    now: Timestamp,
    world: &World<'_>,
) -> Result<(), Unread> {
    let scopes: BTreeSet<Scope> = groups.iter().map(|work| Scope::Group(work.group)).collect();
    let scopes: Vec<Scope> = scopes.into_iter().collect();
    rights.read.extend(&scopes);
    let mut memberships: Vec<Membership> = world.scan(&scopes, i64::MIN..=i64::MAX)?;
    for membership in &mut memberships {
        membership.places.retain(|place| rights.live(Some(place.from), place.until, now));
        membership.guardians.retain(|one| rights.live(None, one.until, now) || one.threat);
    }
    memberships.retain(|membership| !membership.places.is_empty());
    let own = |one: &Guardianship| account.person() == Some(one.guardian);
    let (family, others): (Vec<_>, Vec<_>) =
        memberships.iter().partition(|membership| membership.guardians.iter().any(own));
    let across_a_threat = |of: &&Membership| of.guardians.iter().any(|one| own(one) && one.threat);
    let closed: BTreeSet<GroupId> = family.iter().copied().filter(across_a_threat).map(|of| of.group).collect();
    let kin: BTreeSet<PersonId> = family.iter().flat_map(|of| &of.guardians).map(|one| one.guardian).collect();
    for work in groups {
        for membership in others.iter().filter(|membership| membership.group == work.group) {
            let class = if membership.protected { Class::Protected } else { Class::Normal }.max(class_of(account.role));
            rights.add(Scope::Child(membership.child), class);
            rights.add(Scope::Absence(membership.child), class);
            if work.kind.is_care() {
                rights.add(Scope::Care(membership.child), class);
                for placement in membership.places.iter().filter_map(|place| place.placement) {
                    rights.add(Scope::Placement(placement), class);
                }
            }
            if work.kind.is_care() || work.kind == GroupKind::Mentor {
                let reached = membership.guardians.iter().filter(|one| !kin.contains(&one.guardian));
                for one in reached.filter(|one| one.holds_on(now.day())) {
                    rights.add(Scope::Contact(one.guardian), class);
                }
            }
        }
        for scope in work.scopes.iter().filter(|_| !closed.contains(&work.group)) {
            rights.add(scope(work.group), class_of(account.role));
        }
    }
    Ok(())
}

/// Whether this student has come of age (ruling b).
pub fn of_age(actor: &Actor, now: Timestamp, world: &World<'_>) -> Result<bool, Unread> {
    let grants: Vec<Grant> = world.all(Scope::Person(actor.account.holder))?;
    Ok(grants.iter().any(|grant| match &grant.right {
        Right::Student { birthday: Some(day), .. } => day.birthday(18).start() <= now,
        _ => false,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::Enrolled;
    use crate::small_world::*;

    fn class(world: &SmallWorld, account: &Account, scope: Scope) -> Option<Class> {
        let rights = world.rights(account, at("12:00"));
        rights.iter().find(|(held, _)| *held == scope).map(|(_, class)| class)
    }

    #[test]
    fn a_marked_child_is_protected_to_people_and_stays_on_the_tablet() {
        let mut world = SmallWorld::new();
        let child = Scope::Child(LOVE);
        assert_eq!(class(&world, &staff(MAJA), child), Some(Class::Normal));
        world.enrolled(LOVE, |one| one.marked = true);
        assert_eq!(class(&world, &staff(MAJA), child), Some(Class::Protected));
        assert_eq!(class(&world, &guardian(ANNA), child), Some(Class::Protected));
        assert_eq!(class(&world, &tablet(), child), Some(Class::Device));
        assert_eq!(class(&world, &tablet(), Scope::Tenant), Some(Class::Device));
        // Anna reads her own grants as long as anyone.
        assert_eq!(class(&world, &guardian(ANNA), Scope::Person(ANNA.into())), Some(Class::Normal));
    }

    #[test]
    fn the_class_of_a_scope_reached_in_two_ways_does_not_depend_on_the_order() {
        use Class::{Device, Normal, Protected};
        for (one, other, both) in
            [(Normal, Protected, Protected), (Normal, Device, Device), (Protected, Device, Device)]
        {
            for order in [[one, other], [other, one]] {
                let mut rights = Rights::default();
                order.iter().for_each(|class| rights.add(Scope::Tenant, *class));
                assert_eq!(rights.iter().collect::<Vec<_>>(), [(Scope::Tenant, both)]);
            }
        }
    }

    /// `until` is the exact moment: just before it the rights are these, at it they are others.
    #[test]
    fn rights_change_by_themselves_when_they_said_they_would() {
        let days = |year, month, number| Day::new(year, month, number).unwrap();
        // A place's first day, its last day, a guardian's last day, and the eighteenth birthday of a leap day's child.
        for (change, moment) in [
            ((|one| one.places[0].from = today().plus(3)) as fn(&mut Enrolled), today().plus(3)),
            (|one| one.places[0].until = Some(today().plus(3)), today().plus(4)),
            (|one| one.guardians[0].until = Some(today().plus(2)), today().plus(3)),
            (|one| one.birthday = Day::new(2008, 12, 1), days(2026, 12, 1)),
            (|one| one.birthday = Day::new(2012, 2, 29), days(2030, 3, 1)),
        ] {
            let mut world = SmallWorld::new();
            world.enrolled(EBBA, |one| one.guardians.clear());
            world.enrolled(LOVE, change);
            let rights = world.rights(&guardian(ANNA), at("12:00"));
            assert_eq!(rights.until, Some(moment.start()));
            let before = world.rights(&guardian(ANNA), moment.start().plus(-1));
            let after = world.rights(&guardian(ANNA), moment.start());
            assert_eq!(before.holds(Scope::Care(LOVE)), rights.holds(Scope::Care(LOVE)));
            assert_ne!(before.holds(Scope::Care(LOVE)), after.holds(Scope::Care(LOVE)), "{moment}");
        }
    }

    #[test]
    fn the_adult_student_needs_no_new_sign_in() {
        let mut world = SmallWorld::new();
        world.enrolled(EBBA, |one| one.birthday = Some(today().birthday(-18).plus(1)));
        let ebba = account(EBBA.as_person(), Role::Student);
        let rights = world.rights(&ebba, at("12:00"));
        // Year 1: no account yet. Tomorrow she is of age and has one whatever the year.
        assert!(!rights.holds(Scope::Absence(EBBA)));
        assert_eq!(rights.until, Some(today().plus(1).start()));
        assert!(world.rights(&ebba, later(1, "00:00")).holds(Scope::Absence(EBBA)));
        assert!(!world.rights(&guardian(ANNA), later(1, "00:00")).holds(Scope::Child(EBBA)));
    }

    #[test]
    fn who_is_no_longer_guardian_keeps_no_word_of_the_child() {
        let grants = |change: &dyn Fn(&mut Enrolled)| {
            let mut world = SmallWorld::new();
            world.enrolled(LOVE, change);
            let all = world.all::<Grant>(Scope::Person(BO.into())).into_iter();
            all.filter(|grant| matches!(grant.right, Right::Guardian { child: LOVE, .. })).count()
        };
        assert_eq!(grants(&|one| one.guardians[1].until = Some(today())), 1);
        assert_eq!(grants(&|one| one.guardians[1].until = Some(today().plus(-1))), 0);
        assert_eq!(grants(&|one| one.birthday = Some(today().birthday(-18).plus(1))), 1);
        assert_eq!(grants(&|one| one.birthday = Some(today().birthday(-18))), 0);
    }

    /// Ruling g: as staff one sees nothing of one's own child; a threat learns nothing of it at work either.
    #[test]
    fn staff_see_nothing_of_their_own_child_by_their_work() {
        for (threat, until, [own, contact, board]) in [
            (false, None, [false, false, true]),
            (false, Some(-1), [true, true, true]),
            (true, None, [false, false, false]),
            (true, Some(-1), [false, false, false]),
        ] {
            let mut world = SmallWorld::new();
            world.employ(BO, PRESCHOOL, false, &[(DEPARTMENT, GroupKind::Department)]);
            world.enrolled(LOVE, |one| {
                (one.guardians[1].threat, one.guardians[1].until) = (threat, until.map(|days| today().plus(days)));
            });
            let rights = world.rights(&staff(BO), at("12:00"));
            for scope in [Scope::Child(LOVE), Scope::Absence(LOVE), Scope::Care(LOVE), Scope::Placement(LOVES)] {
                assert_eq!(rights.holds(scope), own, "{threat} {until:?} {scope}");
            }
            assert_eq!(rights.holds(Scope::Contact(ANNA)), contact);
            for scope in [Scope::Board(DEPARTMENT), Scope::Group(DEPARTMENT), Scope::Families(DEPARTMENT)] {
                assert_eq!(rights.holds(scope), board, "{threat} {until:?} {scope}");
            }
            assert!(world.rights(&staff(MAJA), at("12:00")).holds(Scope::Contact(ANNA)));
        }
    }

    #[test]
    fn staff_reach_a_guardian_until_the_last_day_and_a_child_only_during_its_stays() {
        let mut world = SmallWorld::new();
        world.enrolled(LOVE, |one| {
            one.guardians[1].until = Some(today().plus(1));
            let first = one.places[0];
            one.places = vec![
                Place { until: Some(today().plus(2)), ..first },
                Place { from: today().plus(5), placement: Some(EBBAS), ..first },
            ];
        });
        let rights = |ahead| world.rights(&staff(MAJA), later(ahead, "00:00"));
        for (ahead, bo, placements) in
            [(0, true, [true, false]), (2, false, [true, false]), (3, false, [false; 2]), (5, false, [false, true])]
        {
            let held = rights(ahead);
            assert_eq!(held.holds(Scope::Contact(BO)), bo, "{ahead}");
            assert_eq!([LOVES, EBBAS].map(|one| held.holds(Scope::Placement(one))), placements, "{ahead}");
            assert_eq!(held.holds(Scope::Child(LOVE)), placements != [false; 2], "{ahead}");
        }
        assert_eq!(rights(0).until, Some(today().plus(2).start()));
        assert_eq!(rights(2).until, Some(today().plus(3).start()));
        // A guardian's last day comes with the eighteenth birthday.
        world.enrolled(LOVE, |one| one.birthday = Some(today().birthday(-18).plus(1)));
        assert!(world.rights(&staff(MAJA), at("12:00")).holds(Scope::Contact(ANNA)));
        assert!(!world.rights(&staff(MAJA), later(1, "00:00")).holds(Scope::Contact(ANNA)));
    }

    #[test]
    fn across_a_threat_not_even_the_grant_tells_where_the_child_is() {
        let mut world = SmallWorld::new();
        world.enrolled(LOVE, |one| one.guardians[1].threat = true);
        let grants: Vec<Grant> = world.all(Scope::Person(BO.into()));
        let text =
            serde_json::to_string(&grants.iter().find(|one| matches!(one.right, Right::Guardian { threat: true, .. })));
        let text = text.unwrap();
        for secret in [PRESCHOOL.to_string(), DEPARTMENT.to_string(), LOVES.to_string()] {
            assert!(!text.contains(&secret));
        }
    }

    #[test]
    fn a_group_that_the_register_no_longer_knows_shows_the_child_to_its_staff_no_more() {
        let mut world = SmallWorld::new();
        assert!(world.rights(&staff(MAJA), at("12:00")).holds(Scope::Child(LOVE)));
        world.enrolled(LOVE, |one| one.places[0].group = Some(OTHER));
        assert!(!world.rights(&staff(MAJA), at("12:00")).holds(Scope::Child(LOVE)));
        assert!(world.all::<crate::attendance::board_card::BoardCard>(Scope::Board(DEPARTMENT)).is_empty());
    }
}
