//! Who may see what: from grants to a set of scopes (`protocol.md` §1).
//!
//! [`scopes`] reads the holder's own scope, the tenant's and the memberships of the groups named there, nothing else,
//! so its cost follows the actor and its result may be kept while the heads of those scopes stand still and `until`
//! has not come. This is the only place where rights are made.

use std::collections::BTreeMap;

use crate::actor::{Account, Actor, Role};
use crate::grant::{Grant, Place, Right};
use crate::id::ChildId;
use crate::membership::Membership;
use crate::organisation::{GroupKind, Municipality};
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
        let ends = until.map(|day| day.plus(1).start());
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
    let class = if matches!(account.role, Role::Tablet | Role::Board) { Class::Device } else { Class::Normal };
    rights.add(own, class);
    let grants: Vec<Grant> = world.all(own)?;
    let municipality = world.all::<Municipality>(Scope::Tenant)?.pop().unwrap_or_default();
    // Whether any right is live, and whether one of them is not across a threat.
    let (mut any, mut belongs) = (false, false);
    for grant in &grants {
        if !grant.right.belongs_to(account.role) || !rights.live(grant.from, grant.until, now) {
            continue;
        }
        let live = match &grant.right {
            Right::Guardian { child, birthday, threat, protected, places } => {
                let eighteen = birthday.map(|day| day.birthday(18));
                let minor = rights.live(None, eighteen.map(|day| day.plus(-1)), now);
                minor && family(&mut rights, *child, places, *threat, *protected, now)
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
                for scope in [Scope::Unit(*unit), Scope::Group(*group), Scope::Families(*group), Scope::Board(*group)] {
                    rights.add(scope, Class::Normal);
                }
                members(&mut rights, &[(*group, *kind)], Class::Normal, now, world)?;
                true
            }
            Right::Duty { unit, principal, groups } => {
                rights.add(Scope::Unit(*unit), Class::Normal);
                if *principal {
                    let groups: Vec<_> = groups.iter().map(|group| (*group, GroupKind::Class)).collect();
                    members(&mut rights, &groups, Class::Normal, now, world)?;
                }
                true
            }
            Right::Tablet { group, unit, kind } => {
                for scope in [Scope::Unit(*unit), Scope::Group(*group), Scope::Board(*group)] {
                    rights.add(scope, Class::Device);
                }
                members(&mut rights, &[(*group, *kind)], Class::Device, now, world)?;
                true
            }
            Right::Board { group } => {
                rights.add(Scope::Board(*group), Class::Device);
                true
            }
        };
        any |= live;
        belongs |= live && !matches!(grant.right, Right::Guardian { threat: true, .. });
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

/// What the staff or tablet of these groups hold of their children.
fn members(
    rights: &mut Rights,
    groups: &[(crate::id::GroupId, GroupKind)],
    class: Class,
    now: Timestamp,
    world: &World<'_>,
) -> Result<(), Unread> {
    let scopes: Vec<Scope> = groups.iter().map(|(group, _)| Scope::Group(*group)).collect();
    rights.read.extend(&scopes);
    for membership in world.scan::<Membership>(&scopes, i64::MIN..=i64::MAX)? {
        if !rights.live(Some(membership.from), membership.until, now) {
            continue;
        }
        let Some((_, kind)) = groups.iter().find(|(group, _)| *group == membership.group) else { continue };
        let class = if membership.protected && class == Class::Normal { Class::Protected } else { class };
        rights.add(Scope::Child(membership.child), class);
        rights.add(Scope::Absence(membership.child), class);
        if kind.is_care() {
            rights.add(Scope::Care(membership.child), class);
            for placement in &membership.placements {
                rights.add(Scope::Placement(*placement), class);
            }
        }
        if kind.is_care() || *kind == GroupKind::Mentor {
            for guardian in &membership.guardians {
                rights.add(Scope::Contact(*guardian), class);
            }
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
