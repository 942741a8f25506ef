//! The roll of a group on a day: each child with how its day stands, from the wall's cards or from what is held of it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use crate::absence::Absence;
use crate::attendance::AttendanceEvent;
use crate::attendance::board_card::{BoardCard, Check};
use crate::care_schedule::plan::Plan;
use crate::care_schedule::{CareWeek, DayChange, Weeks};
use crate::home::{Standing, Told};
use crate::id::{ChildId, PlacementId, RecordId, UnitId};
use crate::membership::Membership;
use crate::organisation::{SchoolForm, Unit};
use crate::record::Body;
use crate::register::{Child, Placement};
use crate::scope::Scope;
use crate::time::Day;
use crate::world::{Seen, Unread};

/// A child on the roll.
pub(super) struct Entry {
    pub(super) child: ChildId,
    pub(super) placement: Option<PlacementId>,
    pub(super) name: String,
    pub(super) standing: Standing,
    pub(super) comment: Option<String>,
    pub(super) waiting: bool,
}

impl Entry {
    /// As the wall knows it.
    pub(super) fn of(card: &BoardCard, day: Day) -> Self {
        let (last, care) = (card.last_on(day), vec![card.expected(day)]);
        let standing = Standing { day, last, care, school: false, absent: false, part: None, told: Told::Day };
        let (child, placement, name) = (card.child, Some(card.placement), card.name.clone());
        Self { child, placement, name, standing, comment: None, waiting: false }
    }
}

/// The words from home to the staff on a day.
pub(super) fn comments(
    seen: &Seen<'_>,
    placements: &[PlacementId],
    day: Day,
) -> Result<HashMap<PlacementId, String>, Unread> {
    let scopes: Vec<Scope> = placements.iter().copied().map(Scope::Placement).collect();
    let changes = seen.scan::<DayChange>(&scopes, day.number()..=day.number())?;
    Ok(changes.into_iter().map(|change| (change.placement, change.comment)).collect())
}

/// These children, from what is held of each, by one read of each kind. One of whom something is still on its way shows
/// when it is here.
pub(super) fn of_children(seen: &Seen<'_>, memberships: &[Membership], day: Day) -> Result<Vec<Entry>, Unread> {
    match Held::read(seen, memberships, day) {
        Err(Unread::NotHeld(_)) if memberships.len() > 1 => {
            let each = memberships.chunks(1).map(|one| of_children(seen, one, day));
            Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        }
        Err(Unread::NotHeld(_)) => Ok(Vec::new()),
        held => Ok(held?.entries(memberships)),
    }
}

/// What is held of some children on a day.
struct Held {
    day: Day,
    cards: HashMap<ChildId, Vec<Child>>,
    absences: HashMap<ChildId, Vec<Absence>>,
    placements: HashMap<PlacementId, Vec<Placement>>,
    units: HashMap<UnitId, Unit>,
    weeks: HashMap<PlacementId, Vec<CareWeek>>,
    changes: HashMap<PlacementId, Vec<DayChange>>,
    events: HashMap<PlacementId, Vec<AttendanceEvent>>,
    waiting: HashSet<PlacementId>,
}

impl Held {
    fn read(seen: &Seen<'_>, memberships: &[Membership], day: Day) -> Result<Self, Unread> {
        let held = |scopes: &mut dyn Iterator<Item = Scope>| -> Vec<Scope> {
            scopes.filter(|scope| seen.holds(*scope)).collect()
        };
        let that_day = day.number()..=day.number();
        let live = memberships.iter().flat_map(|one| &one.places).filter(|place| place.holds_on(day));
        let here = held(&mut live.filter_map(|place| place.placement).map(Scope::Placement));
        let placements: Vec<Placement> = seen.scan(&here, i64::MIN..=i64::MAX)?;
        let mut units = HashMap::new();
        for unit in placements.iter().map(|place| place.unit).collect::<BTreeSet<_>>() {
            units.extend(seen.get::<Unit>(Scope::Unit(unit), RecordId(unit.0))?.map(|record| (unit, record)));
        }
        let mut waiting = HashSet::new();
        // Mostly nothing waits.
        if !seen.pending(AttendanceEvent::KIND, &here)?.is_empty() {
            for place in &placements {
                let checks = seen.pending(AttendanceEvent::KIND, &[Scope::Placement(place.placement)])?;
                waiting.extend((!checks.is_empty()).then_some(place.placement));
            }
        }
        let cards = held(&mut memberships.iter().map(|one| Scope::Child(one.child)));
        let absences = held(&mut memberships.iter().map(|one| Scope::Absence(one.child)));
        Ok(Self {
            day,
            cards: by(seen.scan(&cards, i64::MIN..=i64::MAX)?, |one: &Child| one.child),
            absences: by(seen.scan(&absences, i64::MIN..=day.number())?, |one: &Absence| one.child),
            placements: by(placements, |one| one.placement),
            units,
            weeks: by(seen.scan(&here, i64::MIN..=day.number())?, |one: &CareWeek| one.placement),
            changes: by(seen.scan(&here, that_day.clone())?, |one: &DayChange| one.placement),
            events: by(seen.scan(&here, that_day)?, |one: &AttendanceEvent| one.placement),
            waiting,
        })
    }

    fn entries(mut self, memberships: &[Membership]) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(memberships.len());
        for Membership { child, places, .. } in memberships {
            let Some(card) = self.cards.remove(child).and_then(|mut cards| cards.pop()) else { continue };
            let absences = self.absences.remove(child).unwrap_or_default();
            let live = || places.iter().filter(|place| place.holds_on(self.day)).filter_map(|place| place.placement);
            let in_care: Vec<PlacementId> = live().filter(|one| self.placements.contains_key(one)).collect();
            match in_care.is_empty() {
                true => entries.push(self.elsewhere(&card, &absences, live().next().is_none())),
                false => entries.extend(in_care.iter().filter_map(|one| self.in_care(*one, &card, &absences))),
            }
        }
        entries
    }

    /// A child in care, as far back and ahead as it is told.
    fn in_care(&mut self, placement: PlacementId, card: &Child, absences: &[Absence]) -> Option<Entry> {
        let place = self.placements.remove(&placement)?.pop()?;
        let weeks = Weeks::new(self.weeks.remove(&placement).unwrap_or_default(), place.owners);
        let changes = self.changes.remove(&placement).unwrap_or_default();
        let plan = Plan { weeks, changes, absences, unit: self.units.get(&place.unit) };
        let checks = self.events.remove(&placement).unwrap_or_default();
        let last = checks.iter().map(Check::of).max_by_key(|check| (check.time, check.event));
        let care = vec![plan.on(self.day)];
        let absent = absences.iter().any(|one| one.covers(self.day) && one.part.is_none());
        let (day, comment) = (self.day, plan.change(self.day).map(|change| change.comment.clone()));
        let standing = Standing { day, last, care, school: false, absent, part: None, told: Told::Day };
        let (child, name, waiting) = (card.child, card.board_name(), self.waiting.contains(&placement));
        Some(Entry { child, placement: Some(placement), name, standing, comment, waiting })
    }

    /// A child at school, or one of whose times nothing is held.
    fn elsewhere(&self, card: &Child, absences: &[Absence], without_placement: bool) -> Entry {
        let that_day = || absences.iter().filter(|one| one.covers(self.day));
        let school = without_placement && card.forms.iter().any(SchoolForm::is_school);
        let standing = Standing {
            day: self.day,
            last: None,
            care: Vec::new(),
            school,
            absent: that_day().any(|one| one.part.is_none()),
            part: that_day().find_map(|one| one.part),
            told: if school { Told::Day } else { Told::Absence },
        };
        let (child, name) = (card.child, card.board_name());
        Entry { child, placement: None, name, standing, comment: None, waiting: false }
    }
}

fn by<K: Eq + Hash, T>(all: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, Vec<T>> {
    let mut sorted: HashMap<K, Vec<T>> = HashMap::new();
    for one in all {
        sorted.entry(key(&one)).or_default().push(one);
    }
    sorted
}
