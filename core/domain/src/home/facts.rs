//! What an actor knows of a child's day: read once, shown by home and by the child's day.

use super::held::Held;
use super::standing::{Standing, Told};
use crate::absence::Absence;
use crate::actor::Role;
use crate::attendance::AttendanceEvent;
use crate::attendance::board_card::Check;
use crate::care_schedule::plan::{Expected, Plan};
use crate::care_schedule::{CareWeek, DayChange, Ordinary, Weeks, check_change, cut_off, unit_switches};
use crate::id::{PlacementId, RecordId};
use crate::organisation::{Group, Municipality, SchoolForm, Unit};
use crate::record::Body;
use crate::refusal::Refusal;
use crate::register::{Child, Placement};
use crate::scope::Scope;
use crate::screen::midnight;
use crate::time::{Day, Span, Timestamp};
use crate::world::{Seen, Unread};

/// What is known of a child on a day.
pub(super) struct Facts {
    pub(super) day: Day,
    pub(super) card: Child,
    /// Absences that are not over before that day, in order.
    pub(super) absences: Vec<Absence>,
    /// Of them, those that are not received yet.
    pub(super) waiting: Vec<RecordId>,
    /// Whether the actor decides about them.
    pub(super) decides: bool,
    pub(super) placements: Vec<InCare>,
    school: bool,
    told: Told,
}

/// What is known of a placement on a day.
pub(super) struct InCare {
    pub(super) placement: PlacementId,
    pub(super) laid: Ordinary,
    pub(super) comment: String,
    pub(super) cut_off: Option<(Timestamp, String)>,
    pub(super) waiting: bool,
    pub(super) events: Vec<AttendanceEvent>,
    /// Where: the group's name, or the unit's.
    pub(super) place: String,
    /// The week's times of that day; none: no week is laid.
    pub(super) usual: Option<Vec<Span>>,
    /// The times that a change gives instead.
    pub(super) changed: Option<Vec<Span>>,
    /// Opening hours of that weekday.
    pub(super) open: Option<Span>,
    /// A word to the staff is taken.
    pub(super) comments: bool,
    /// Why the day can't be changed.
    pub(super) instead: Option<Refusal>,
    expected: Expected,
}

impl Facts {
    pub(super) fn read(seen: &Seen<'_>, held: &Held, day: Day, now: Timestamp) -> Result<Self, Unread> {
        let child = held.child;
        let card = seen.get::<Child>(Scope::Child(child), RecordId(child.0))?;
        let card = card.ok_or(Unread::NotHeld(Scope::Child(child)))?;
        let scope = Scope::Absence(child);
        let (mut absences, waiting, decides) = match seen.holds(scope) {
            true => {
                (seen.all::<Absence>(scope)?, seen.pending(Absence::KIND, &[scope])?, seen.decides_absence(child, now)?)
            }
            false => (Vec::new(), Vec::new(), false),
        };
        absences.retain(|one| one.until.is_none_or(|until| until >= day));
        absences.sort_by_key(|one| (one.from, one.at));
        let live = || held.places.iter().filter(|place| place.holds_on(day));
        let (mut placements, mut whole) = (Vec::new(), !held.absence_alone);
        for placement in live().filter_map(|place| place.placement) {
            match seen.holds(Scope::Placement(placement)) {
                true => placements.push(InCare::read(seen, placement, &absences, day, now)?),
                false => whole = false,
            }
        }
        let school = live().any(|place| place.placement.is_none()) && card.forms.iter().any(SchoolForm::is_school);
        let told = match (seen.holds(scope), whole) {
            (false, _) => Told::Name,
            (true, false) => Told::Absence,
            (true, true) => Told::Day,
        };
        Ok(Self { day, card, absences, waiting, decides, placements, school, told })
    }

    pub(super) fn standing(&self) -> Standing {
        let that_day = || self.absences.iter().filter(|one| one.covers(self.day));
        let events = self.placements.iter().flat_map(|one| &one.events);
        Standing {
            day: self.day,
            last: events.map(Check::of).max_by_key(|check| (check.time, check.event)),
            care: self.placements.iter().map(|one| one.expected.clone()).collect(),
            school: self.school,
            absent: that_day().any(|one| one.part.is_none()),
            part: that_day().find_map(|one| one.part),
            told: self.told,
        }
    }

    /// Whether anything of it is not received yet.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty() || self.placements.iter().any(|one| one.waiting)
    }

    /// The next cut-off, or midnight.
    pub(super) fn until(&self, now: Timestamp) -> Timestamp {
        let cut_offs = self.placements.iter().filter_map(|one| Some(one.cut_off.as_ref()?.0));
        cut_offs.filter(|moment| *moment > now).min().map_or(midnight(now), |moment| moment.min(midnight(now)))
    }
}

impl InCare {
    fn read(
        seen: &Seen<'_>,
        placement: PlacementId,
        absences: &[Absence],
        day: Day,
        now: Timestamp,
    ) -> Result<Self, Unread> {
        let scope = Scope::Placement(placement);
        let place = seen.get::<Placement>(scope, RecordId(placement.0))?;
        let unit = match &place {
            Some(place) => seen.get::<Unit>(Scope::Unit(place.unit), RecordId(place.unit.0))?,
            None => None,
        };
        let municipality = municipality(seen)?;
        let instead = match &place {
            Some(place) => instead(seen, place, (&municipality, unit.as_ref()), day, now)?,
            None => Some(Refusal::NotThere),
        };
        let group = match place.as_ref().and_then(|place| Some((place.unit, place.group?))) {
            Some((unit, group)) => seen.get::<Group>(Scope::Unit(unit), RecordId(group.0))?,
            None => None,
        };
        let switches = unit_switches(&municipality, unit.as_ref());
        let by_staff = seen.actor().by_staff();
        let cut_off = cut_off(switches, day).filter(|_| !by_staff);
        let owners = place.map(|place| place.owners).unwrap_or_default();
        let that_day = day.number()..=day.number();
        let weeks = seen.scan::<CareWeek>(&[scope], i64::MIN..=day.number())?;
        let changes = seen.scan::<DayChange>(&[scope], that_day.clone())?;
        let plan = Plan { weeks: Weeks::new(weeks, owners), changes, absences, unit: unit.as_ref() };
        let change = plan.change(day);
        let changes_wait = seen.pending(DayChange::KIND, &[scope])?;
        let weeks_wait = !seen.pending(CareWeek::KIND, &[scope])?.is_empty();
        let mut events = seen.scan::<AttendanceEvent>(&[scope], that_day)?;
        events.sort_by_key(|event| (event.time, event.event));
        Ok(Self {
            placement,
            laid: plan.laid(day),
            comment: change.map(|change| change.comment.clone()).unwrap_or_default(),
            cut_off: cut_off.map(|moment| (moment, municipality.phone_of(unit.as_ref()))),
            place: group.map(|group| group.name).or(unit.as_ref().map(|unit| unit.name.clone())).unwrap_or_default(),
            usual: plan.weeks.on(day).times.or_else(|| plan.laid(day).times.filter(|_| change.is_none())),
            changed: change.and_then(|change| change.times.clone()),
            open: unit.as_ref().and_then(|unit| unit.hours.get(day.weekday()).copied().flatten()),
            comments: by_staff || switches.same_day_comment,
            instead,
            waiting: weeks_wait || change.is_some_and(|change| changes_wait.contains(&change.id())),
            events,
            expected: plan.on(day),
        })
    }
}

fn municipality(seen: &Seen<'_>) -> Result<Municipality, Unread> {
    Ok(seen.all::<Municipality>(Scope::Tenant)?.pop().unwrap_or_default())
}

/// Why the actor can't change the day.
fn instead(
    seen: &Seen<'_>,
    place: &Placement,
    rules: (&Municipality, Option<&Unit>),
    day: Day,
    now: Timestamp,
) -> Result<Option<Refusal>, Unread> {
    if seen.actor().account.role == Role::Student && !seen.of_age(now)? {
        return Ok(Some(Refusal::NotOfAge));
    }
    Ok(check_change(seen.actor(), place, rules, day, now).err())
}
