//! Home and a child's day, as a guardian or student sees them.

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use crate::absence::Absence;
use crate::actor::Role;
use crate::attendance::{AttendanceEvent, Direction, latest};
use crate::care_schedule::{CareWeek, DayChange, Ordinary, Weeks};
use crate::grant::{Grant, Place, Right};
use crate::id::{ChildId, PlacementId, RecordId};
use crate::record::Body;
use crate::register::{Child, Placement};
use crate::saying;
use crate::scope::Scope;
use crate::screen::{Around, midnight};
use crate::time::{Day, Span, Timestamp};
use crate::world::{Seen, Unread};

/// One's children, over all one's accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The heading.
    pub title: String,
    /// About the data itself: loading, old, locked; none: all is well.
    pub notice: Option<String>,
    /// The children, by name.
    pub children: Vec<ChildLine>,
    /// Instead of children, if there are none.
    pub empty: Option<String>,
    /// What waits to be sent, if anything.
    pub waiting: Option<String>,
}

/// A child today in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildLine {
    /// The child.
    pub child: ChildId,
    /// Its name.
    pub name: String,
    /// Colour and icon.
    pub state: ChildState,
    /// The line.
    pub line: String,
    /// Something of it is not received yet: "waiting for the network".
    pub waiting: Option<String>,
}

/// How a child's day stands; a shell gives each a colour and an icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChildState {
    /// Will come.
    Expected,
    /// Is here.
    Here,
    /// Was here.
    Gone,
    /// Reported absent.
    Absent,
    /// Has no times today.
    Off,
    /// At school, where nobody checks in.
    School,
}

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
    /// The times in words; empty: a day off.
    pub times: String,
    /// Each owner's times, where they laid different ones (ruling n).
    pub clash: Option<String>,
    /// What was written to the staff.
    pub comment: Option<String>,
    /// When the child came and went.
    pub events: Vec<String>,
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
    /// One's own: can be changed and taken back.
    pub own: bool,
    /// "Waiting for the network", if it is not received yet.
    pub waiting: Option<String>,
}

/// Home over several accounts of one person (ruling h), and when it changes by itself.
pub fn home(seen: &[Seen<'_>], around: &Around, words: &Words, now: Timestamp) -> Result<(Home, Timestamp), Unread> {
    let mut until = midnight(now);
    let mut children = Vec::new();
    for one in seen {
        for (child, places) in children_of(one)? {
            // A child whose scopes are still on their way shows when they are here.
            match Facts::read(one, child, &places, now.day()) {
                Ok(facts) => {
                    until = until.min(facts.until(now));
                    children.push(facts.child_line(words, now));
                }
                Err(Unread::NotHeld(_)) => {}
                Err(broken) => return Err(broken),
            }
        }
    }
    children.sort_by(|one, other| one.name.cmp(&other.name).then(one.child.cmp(&other.child)));
    let waiting = around.outbox.iter().filter(|entry| entry.state.is_open()).count();
    let old = around.contact.filter(|at| at.plus(crate::time::HOUR) < now);
    let notice = match around {
        Around { locked: true, .. } => Some(words.locked()),
        Around { whole: false, .. } => Some(words.loading()),
        _ => old.map(|at| words.old_data(&saying::day(words, at.day(), now.day()), &saying::moment(words, at))),
    };
    if let Some(contact) = around.contact {
        let grows_old = contact.plus(crate::time::HOUR + 1);
        until = if grows_old > now { until.min(grows_old) } else { until };
    }
    let home = Home {
        title: words.home_title(),
        notice,
        empty: (children.is_empty() && around.whole && !around.locked).then(|| words.home_empty()),
        children,
        waiting: (waiting > 0).then(|| words.outbox_waiting(i64::try_from(waiting).unwrap_or(i64::MAX))),
    };
    Ok((home, until))
}

/// One child's day, and when it changes by itself.
pub fn child_day(
    seen: &Seen<'_>,
    child: ChildId,
    day: Day,
    words: &Words,
    now: Timestamp,
) -> Result<(ChildDay, Timestamp), Unread> {
    let places = children_of(seen)?.into_iter().find(|(one, _)| *one == child).map(|(_, places)| places);
    let facts = Facts::read(seen, child, &places.unwrap_or_default(), day)?;
    let view = ChildDay {
        child,
        name: facts.card.call_name.clone(),
        day,
        heading: saying::line(&saying::day(words, day, now.day())),
        state: facts.state(now),
        line: facts.line(words, now),
        placements: facts.placements.iter().map(|one| one.say(words)).collect(),
        absences: facts.absences.iter().map(|one| facts.absence_line(seen, one, words, now)).collect(),
    };
    Ok((view, facts.until(now)))
}

/// The children that an actor has as guardian or as oneself, with their places.
pub(crate) fn children_of(seen: &Seen<'_>) -> Result<Vec<(ChildId, Vec<Place>)>, Unread> {
    let grants = match seen.all::<Grant>(Scope::Person(seen.actor().account.holder)) {
        Err(Unread::NotHeld(_)) => Vec::new(),
        grants => grants?,
    };
    let mine = |right: Right| match right {
        Right::Guardian { child, places, .. } | Right::Student { child, places, .. } => Some((child, places)),
        _ => None,
    };
    let role = seen.actor().account.role;
    let found = grants.into_iter().filter(|grant| grant.right.belongs_to(role)).filter_map(|grant| mine(grant.right));
    Ok(found.filter(|(child, _)| seen.holds(Scope::Child(*child))).collect())
}

/// What is known of a child on a day.
struct Facts {
    day: Day,
    card: Child,
    absences: Vec<Absence>,
    waiting: Vec<RecordId>,
    placements: Vec<InCare>,
    school: bool,
}

/// What is known of a placement on a day.
struct InCare {
    placement: PlacementId,
    times: Vec<Span>,
    clash: Vec<Vec<Span>>,
    comment: String,
    waiting: bool,
    events: Vec<AttendanceEvent>,
}

impl Facts {
    fn read(seen: &Seen<'_>, child: ChildId, places: &[Place], day: Day) -> Result<Self, Unread> {
        let card = seen.get::<Child>(Scope::Child(child), RecordId(child.0))?;
        let card = card.ok_or(Unread::NotHeld(Scope::Child(child)))?;
        let scope = Scope::Absence(child);
        let (absences, waiting) = match seen.holds(scope) {
            true => (seen.all::<Absence>(scope)?, seen.pending(Absence::KIND, &[scope])?),
            false => (Vec::new(), Vec::new()),
        };
        let live = |place: &&Place| place.from <= day && place.until.is_none_or(|until| day <= until);
        let mut placements = Vec::new();
        for placement in places.iter().filter(live).filter_map(|place| place.placement) {
            if seen.holds(Scope::Placement(placement)) {
                placements.push(InCare::read(seen, placement, day)?);
            }
        }
        let school = places.iter().filter(live).any(|place| place.placement.is_none());
        let absences = absences.into_iter().filter(|one| one.until.is_none_or(|until| until >= day)).collect();
        Ok(Self { day, card, absences, waiting, placements, school })
    }

    fn whole_day(&self) -> bool {
        self.absences.iter().any(|one| one.covers(self.day) && one.part.is_none())
    }

    fn last(&self) -> Option<&AttendanceEvent> {
        self.placements.iter().filter_map(|one| latest(&one.events)).max_by_key(|event| event.time)
    }

    fn state(&self, now: Timestamp) -> ChildState {
        match self.last().filter(|_| self.day == now.day()).map(|event| event.direction) {
            Some(Direction::In) => return ChildState::Here,
            Some(Direction::Out) => return ChildState::Gone,
            None => {}
        }
        let comes = self.placements.iter().any(|one| !one.times.is_empty());
        match () {
            () if self.whole_day() => ChildState::Absent,
            () if comes => ChildState::Expected,
            () if self.school && self.day.weekday() < 5 => ChildState::School,
            () => ChildState::Off,
        }
    }

    fn line(&self, words: &Words, now: Timestamp) -> String {
        let day = saying::day(words, self.day, now.day());
        let clock = self.last().map(|event| saying::moment(words, event.time)).unwrap_or_default();
        let times: Vec<String> = self
            .placements
            .iter()
            .filter(|one| !one.times.is_empty())
            .map(|one| saying::spans(words, &one.times))
            .collect();
        let line = match self.state(now) {
            ChildState::Here => words.here_since(&clock),
            ChildState::Gone => words.went_home(&clock),
            ChildState::Absent => words.not_coming(&day),
            ChildState::Expected => words.expected(&times.join(", ")),
            ChildState::School => words.at_school(&day),
            ChildState::Off if self.placements.is_empty() => words.no_school(&day),
            ChildState::Off => words.day_off(&day),
        };
        let part = self.absences.iter().filter(|one| one.covers(self.day)).find_map(|one| one.part);
        match part.filter(|_| !self.whole_day()) {
            Some(part) => format!("{line}. {}", words.away_part(&saying::span(words, part))),
            None => line,
        }
    }

    fn child_line(&self, words: &Words, now: Timestamp) -> ChildLine {
        let waits = !self.waiting.is_empty() || self.placements.iter().any(|one| one.waiting);
        // What is reported for later shows too, so that one sees that it was taken.
        let later = self.absences.iter().find(|one| !one.covers(self.day));
        let later = later.map(|one| absence_days(words, one, now.day()));
        let line = self.line(words, now);
        ChildLine {
            child: self.card.child,
            name: self.card.call_name.clone(),
            state: self.state(now),
            line: later.map_or(line.clone(), |later| format!("{line}. {later}")),
            waiting: waits.then(|| words.waiting()),
        }
    }

    fn absence_line(&self, seen: &Seen<'_>, absence: &Absence, words: &Words, now: Timestamp) -> AbsenceLine {
        let own = seen.actor().person() == Some(absence.by);
        AbsenceLine {
            absence: absence.absence,
            line: absence_days(words, absence, now.day()),
            by: if own { words.reported_by_you() } else { words.reported_by_other() },
            own: own && seen.actor().account.role != Role::Board,
            waiting: self.waiting.contains(&absence.absence).then(|| words.waiting()),
        }
    }

    /// The next time of the day's spans, or midnight.
    fn until(&self, now: Timestamp) -> Timestamp {
        let ends = self.placements.iter().flat_map(|one| &one.times).flat_map(|span| [span.start(), span.end()]);
        let moments = ends.map(|time| self.day.at(time)).filter(|moment| *moment > now);
        moments.min().map_or(midnight(now), |moment| moment.min(midnight(now)))
    }
}

impl InCare {
    fn read(seen: &Seen<'_>, placement: PlacementId, day: Day) -> Result<Self, Unread> {
        let scope = Scope::Placement(placement);
        let today = day.number()..=day.number();
        let weeks = seen.scan::<CareWeek>(&[scope], i64::MIN..=day.number())?;
        let place = seen.get::<Placement>(scope, RecordId(placement.0))?;
        let Ordinary { times, clash } = Weeks::new(weeks, place.map(|place| place.owners).unwrap_or_default()).on(day);
        let change = seen.scan::<DayChange>(&[scope], today.clone())?.pop();
        let pending = seen.pending(DayChange::KIND, &[scope])?;
        Ok(Self {
            placement,
            waiting: change.as_ref().is_some_and(|change| pending.contains(&change.id())),
            comment: change.as_ref().map(|change| change.comment.clone()).unwrap_or_default(),
            clash: if change.as_ref().is_some_and(|change| change.times.is_some()) { Vec::new() } else { clash },
            times: change.and_then(|change| change.times).unwrap_or(times),
            events: seen.scan::<AttendanceEvent>(&[scope], today)?,
        })
    }

    fn say_clash(&self, words: &Words) -> String {
        let each: Vec<String> = self
            .clash
            .iter()
            .map(|times| if times.is_empty() { words.off() } else { saying::spans(words, times) })
            .collect();
        words.clash(&each.join(" / "))
    }

    fn say(&self, words: &Words) -> PlacementDay {
        let event = |event: &AttendanceEvent| match event.direction {
            Direction::In => words.event_in(&saying::moment(words, event.time)),
            Direction::Out => words.event_out(&saying::moment(words, event.time)),
        };
        PlacementDay {
            placement: self.placement,
            times: saying::spans(words, &self.times),
            clash: (!self.clash.is_empty()).then(|| self.say_clash(words)),
            comment: (!self.comment.is_empty()).then(|| words.comment(&self.comment)),
            events: self.events.iter().map(event).collect(),
            waiting: self.waiting.then(|| words.waiting()),
        }
    }
}

/// The days of an absence in words.
pub(crate) fn absence_days(words: &Words, absence: &Absence, today: Day) -> String {
    let from = saying::day(words, absence.from, today);
    match (absence.until, absence.part) {
        (_, Some(part)) => words.absent_part(&from, &saying::span(words, part)),
        (None, None) => words.absent_open(&from),
        (Some(until), None) if until == absence.from => words.absent_day(&from),
        (Some(until), None) => words.absent_until(&from, &saying::day(words, until, today)),
    }
}
