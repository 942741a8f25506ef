//! Home and a child's day, as a guardian or student sees them.

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use crate::absence::Absence;
use crate::actor::Role;
use crate::attendance::{AttendanceEvent, Direction, latest};
use crate::care_schedule::{CareWeek, DayChange, Ordinary, Weeks, cut_off, unit_switches};
use crate::grant::{Grant, Place, Right};
use crate::id::{ChildId, PlacementId, RecordId, UnitId};
use crate::organisation::{Municipality, Unit};
use crate::record::Body;
use crate::refusal::Refusal;
use crate::register::{Child, Placement};
use crate::saying;
use crate::scope::Scope;
use crate::screen::{Around, midnight};
use crate::time::{Day, MINUTE, Span, Timestamp};
use crate::world::{Seen, Unread};

/// One's children, over all one's accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The heading.
    pub title: String,
    /// About the data itself: lost, loading, old, locked; none: all is well.
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
    /// Not told to this account, or not here yet.
    Unknown,
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
    /// Until when changes of that day must have arrived, or that it is too late and where to ring (ruling q).
    pub hint: Option<String>,
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
            match Facts::read(one, child, &places, now.day()) {
                Ok(facts) => {
                    until = until.min(facts.until(now));
                    children.push(facts.child_line(words, now));
                }
                Err(Unread::NotHeld(_)) => children.extend(on_its_way(one, child, words)?),
                Err(broken) => return Err(broken),
            }
        }
    }
    children.sort_by(|one, other| one.name.cmp(&other.name).then(one.child.cmp(&other.child)));
    let waiting = around.outbox.iter().filter(|entry| entry.state.is_open()).count();
    let old = around.contact.filter(|at| at.plus(crate::time::HOUR) < now);
    let notice = match around {
        Around { lost: Some(count), .. } => Some(saying::lost(words, *count)),
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

/// A child of whom more is on its way than is here: its name, if that is.
fn on_its_way(seen: &Seen<'_>, child: ChildId, words: &Words) -> Result<Option<ChildLine>, Unread> {
    match seen.get::<Child>(Scope::Child(child), RecordId(child.0)) {
        Ok(card) => Ok(card.map(|card| {
            let (name, line) = (card.call_name, words.loading());
            ChildLine { child, name, state: ChildState::Unknown, line, waiting: None }
        })),
        Err(Unread::NotHeld(_)) => Ok(None),
        Err(broken) => Err(broken),
    }
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
        placements: facts.placements.iter().map(|one| one.say(words, now)).collect(),
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
    /// Not across a threat (ruling j).
    told: bool,
}

/// What is known of a placement on a day.
struct InCare {
    placement: PlacementId,
    times: Vec<Span>,
    clash: Vec<Vec<Span>>,
    comment: String,
    cut_off: Option<(Timestamp, String)>,
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
        let mut absences: Vec<Absence> =
            absences.into_iter().filter(|one| one.until.is_none_or(|until| until >= day)).collect();
        absences.sort_by_key(|one| (one.from, one.at));
        Ok(Self { day, card, absences, waiting, placements, school, told: seen.holds(scope) })
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
        if !self.told {
            return ChildState::Unknown;
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
            ChildState::Unknown => return words.not_told(),
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
        let later = later.map(|one| words.absent(&saying::days(words, one.days(), now.day())));
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
            line: words.absent(&saying::days(words, absence.days(), now.day())),
            by: reported_by(absence, own, words, now),
            own: own && seen.actor().account.role != Role::Board,
            waiting: self.waiting.contains(&absence.absence).then(|| words.waiting()),
        }
    }

    /// The next time of the day's spans, or midnight.
    fn until(&self, now: Timestamp) -> Timestamp {
        let ends = self.placements.iter().flat_map(|one| &one.times).flat_map(|span| [span.start(), span.end()]);
        let cut_offs = self.placements.iter().filter_map(|one| Some(one.cut_off.as_ref()?.0));
        let moments = ends.map(|time| self.day.at(time)).chain(cut_offs).filter(|moment| *moment > now);
        moments.min().map_or(midnight(now), |moment| moment.min(midnight(now)))
    }
}

impl InCare {
    fn read(seen: &Seen<'_>, placement: PlacementId, day: Day) -> Result<Self, Unread> {
        let scope = Scope::Placement(placement);
        let today = day.number()..=day.number();
        let weeks = seen.scan::<CareWeek>(&[scope], i64::MIN..=day.number())?;
        let place = seen.get::<Placement>(scope, RecordId(placement.0))?;
        let cut_off = match &place {
            Some(place) => cut_off_of(seen, place.unit, day)?,
            None => None,
        };
        let Ordinary { times, clash } = Weeks::new(weeks, place.map(|place| place.owners).unwrap_or_default()).on(day);
        let change = seen.scan::<DayChange>(&[scope], today.clone())?.pop();
        let mut events = seen.scan::<AttendanceEvent>(&[scope], today)?;
        events.sort_by_key(|event| (event.time, event.event));
        let pending = seen.pending(DayChange::KIND, &[scope])?;
        let week_waits = !seen.pending(CareWeek::KIND, &[scope])?.is_empty();
        Ok(Self {
            placement,
            cut_off,
            waiting: week_waits || change.as_ref().is_some_and(|change| pending.contains(&change.id())),
            comment: change.as_ref().map(|change| change.comment.clone()).unwrap_or_default(),
            clash: if change.as_ref().is_some_and(|change| change.times.is_some()) { Vec::new() } else { clash },
            times: change.and_then(|change| change.times).unwrap_or(times),
            events,
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

    fn say_cut_off(&self, words: &Words, now: Timestamp) -> Option<String> {
        let (was, phone) = self.cut_off.clone()?;
        if now >= was {
            return Some(saying::refusal(words, &Refusal::CutOff { was, phone }, now));
        }
        let last = was.plus(-MINUTE);
        Some(words.change_by(&saying::day(words, last.day(), now.day()), &saying::moment(words, last)))
    }

    fn say(&self, words: &Words, now: Timestamp) -> PlacementDay {
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
            hint: self.say_cut_off(words, now),
            waiting: self.waiting.then(|| words.waiting()),
        }
    }
}

/// Until when a family changes a day in this unit, and where to ring later; none: as long as the day lasts.
fn cut_off_of(seen: &Seen<'_>, unit: UnitId, day: Day) -> Result<Option<(Timestamp, String)>, Unread> {
    let municipality = seen.all::<Municipality>(Scope::Tenant)?.pop().unwrap_or_default();
    let unit = seen.get::<Unit>(Scope::Unit(unit), RecordId(unit.0))?;
    let moment = cut_off(unit_switches(&municipality, unit.as_ref()), day);
    Ok(moment.map(|moment| (moment, municipality.phone_of(unit.as_ref()))))
}

fn reported_by(absence: &Absence, own: bool, words: &Words, now: Timestamp) -> String {
    let when = saying::when(words, absence.at, now);
    match absence.name.as_str() {
        _ if own => words.reported_by_you(&when),
        "" => words.reported_by_other(&when),
        name => words.reported_by(name, &when),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::absence::Days;
    use crate::actor::Account;
    use crate::attendance::AtPlacement;
    use crate::command::Command;
    use crate::id::PersonId;
    use crate::organisation::{SchoolForm, Switches};
    use crate::small_world::*;
    use kapprum_words::Language;

    fn words() -> Words {
        Words::new(Language::Swedish)
    }

    fn around() -> Around {
        Around { whole: true, ..Around::default() }
    }

    fn world() -> SmallWorld {
        let mut world = SmallWorld::new();
        for (placement, by) in [(LOVES, ANNA), (EBBAS, BO)] {
            let days = std::array::from_fn(|day| if day < 5 { vec![span("07:30-16:00")] } else { Vec::new() });
            world.put(&CareWeek { placement, from: today().plus(-30), days, by });
        }
        world
    }

    fn look(world: &SmallWorld, account: Account, now: Timestamp) -> (Home, Timestamp) {
        world.look(account, now, |seen| home(&[*seen], &around(), &words(), now).unwrap())
    }

    fn lines(world: &SmallWorld, account: Account, now: Timestamp) -> Vec<(String, ChildState, String)> {
        look(world, account, now).0.children.into_iter().map(|one| (one.name, one.state, one.line)).collect()
    }

    fn day_of(world: &SmallWorld, account: Account, ahead: i32, now: Timestamp) -> ChildDay {
        world.look(account, now, |seen| child_day(seen, LOVE, today().plus(ahead), &words(), now).unwrap().0)
    }

    fn absent(from: i32, until: i32) -> Command {
        let days = Days { from: today().plus(from), until: Some(today().plus(until)), part: None };
        Command::ReportAbsence { child: LOVE, days }
    }

    const HERE: AtPlacement = AtPlacement { child: LOVE, placement: LOVES, group: None };

    #[test]
    fn a_day_from_the_first_line_to_the_last() {
        let mut world = world();
        let love = |world: &SmallWorld, time: &str| lines(world, guardian(ANNA), at(time)).remove(1);
        let line = |state, text: &str| ("Love".to_owned(), state, text.to_owned());
        assert_eq!(love(&world, "06:00"), line(ChildState::Expected, "Väntas 07.30–16.00"));
        world.send(staff(MAJA), at("07:40"), &Command::CheckIn(HERE)).unwrap();
        assert_eq!(love(&world, "08:00"), line(ChildState::Here, "Här sedan 07.40"));
        let change = Command::ChangeDay {
            child: LOVE,
            placement: LOVES,
            day: today(),
            times: Some(vec![span("07:30-15:00")]),
            comment: "mormor hämtar".to_owned(),
        };
        world.send(guardian(BO), at("09:00"), &change).unwrap();
        let day = day_of(&world, guardian(ANNA), 0, at("09:01"));
        assert_eq!(day.placements[0].times, "07.30–15.00");
        assert_eq!(day.placements[0].comment.as_deref(), Some("Till personalen: mormor hämtar"));
        world.send(staff(MAJA), at("14:55"), &Command::CheckOut(HERE)).unwrap();
        assert_eq!(love(&world, "15:00"), line(ChildState::Gone, "Gick hem 14.55"));
        assert_eq!(day_of(&world, guardian(ANNA), 0, at("15:00")).placements[0].events, ["Kom 07.40", "Gick 14.55"]);
    }

    #[test]
    fn an_absence_shows_to_both_guardians_with_each_reporter_and_time() {
        let mut world = world();
        world.send(guardian(ANNA), at("06:50"), &absent(0, 1)).unwrap();
        world.send(guardian(BO), later(0, "07:12"), &absent(0, 0)).unwrap();
        for (account, expected) in [
            (guardian(ANNA), [("Anmält av dig 06.50", true), ("Anmält av Bo 07.12", false)]),
            (guardian(BO), [("Anmält av Anna 06.50", false), ("Anmält av dig 07.12", true)]),
        ] {
            let day = day_of(&world, account, 0, at("07:15"));
            assert_eq!((day.state, day.line.as_str()), (ChildState::Absent, "Kommer inte i dag"));
            let by: Vec<_> = day.absences.iter().map(|one| (one.by.as_str(), one.own)).collect();
            assert_eq!(by, expected);
        }
        // Bo takes his back; Love is expected again only when Anna does too.
        let own = |world: &SmallWorld, account| {
            let absences = day_of(world, account, 0, at("07:15")).absences;
            absences.into_iter().find(|one| one.own).unwrap().absence
        };
        for (person, state) in [(BO, ChildState::Absent), (ANNA, ChildState::Expected)] {
            let absence = own(&world, guardian(person));
            world.send(guardian(person), at("07:20"), &Command::WithdrawAbsence { child: LOVE, absence }).unwrap();
            assert_eq!(day_of(&world, guardian(ANNA), 0, at("07:21")).state, state);
        }
    }

    #[test]
    fn the_family_of_a_marked_child_is_not_named_to_anyone() {
        let mut world = world();
        world.enrolled(LOVE, |one| one.marked = true);
        world.send(guardian(ANNA), at("06:50"), &absent(0, 0)).unwrap();
        assert_eq!(world.all::<Absence>(Scope::Absence(LOVE))[0].name, "");
        assert_eq!(day_of(&world, guardian(BO), 0, at("07:00")).absences[0].by, "Anmält av någon annan 06.50");
    }

    #[test]
    fn across_a_threat_home_tells_a_name_and_nothing_else() {
        let mut world = world();
        world.enrolled(LOVE, |one| one.guardians[1].threat = true);
        world.send(guardian(ANNA), at("06:50"), &absent(0, 0)).unwrap();
        let love = lines(&world, guardian(BO), at("07:00")).remove(1);
        assert_eq!(love, ("Love".to_owned(), ChildState::Unknown, "Mer än namnet visas inte här.".to_owned()));
        let day = day_of(&world, guardian(BO), 0, at("07:00"));
        assert!(day.placements.is_empty() && day.absences.is_empty());
    }

    #[test]
    fn what_is_not_received_is_marked_and_what_is_on_its_way_keeps_its_name() {
        let mut world = world();
        world.send(guardian(ANNA), at("06:50"), &absent(1, 1)).unwrap();
        let absence: Absence = world.all(Scope::Absence(LOVE)).remove(0);
        world.waiting.push((Absence::KIND, absence.absence));
        let love = look(&world, guardian(ANNA), at("07:00")).0.children.remove(1);
        assert_eq!(love.waiting.as_deref(), Some("Väntar på nät"));
        assert_eq!(love.line, "Väntas 07.30–16.00. Borta i morgon");
        let rights = world.rights(&guardian(ANNA), at("07:00"));
        world.held =
            Some(rights.iter().map(|(scope, _)| scope).filter(|scope| *scope != Scope::Placement(LOVES)).collect());
        let found = lines(&world, guardian(ANNA), at("07:00"));
        assert_eq!(found[1], ("Love".to_owned(), ChildState::Unknown, "Hämtar …".to_owned()));
        assert_eq!(found[0].1, ChildState::Expected, "Ebba is here as a whole");
    }

    #[test]
    fn a_form_says_beforehand_until_when_and_changes_when_that_has_passed() {
        let mut world = world();
        let switches = Switches { same_day_change: false, ..Switches::default() };
        world.unit(PRESCHOOL, &[SchoolForm::Preschool], Some(switches));
        let hint = |ahead, time| day_of(&world, guardian(ANNA), ahead, at(time)).placements.remove(0).hint;
        assert_eq!(hint(1, "12:00").as_deref(), Some("Ändra senast i dag kl. 23.59."));
        let late = "Sista tiden att ändra var i går kl. 23.59. Ring 0521-11 11 11.";
        assert_eq!(hint(0, "12:00").as_deref(), Some(late));
    }

    /// Between a view's moment and its `until` nothing changes by itself, at `until` something may.
    #[test]
    fn until_is_the_next_moment_at_which_the_day_turns() {
        let world = world();
        for (now, until) in [("06:00", at("07:30")), ("07:30", at("16:00")), ("16:00", later(1, "00:00"))] {
            assert_eq!(look(&world, guardian(ANNA), at(now)).1, until);
        }
    }

    #[test]
    fn home_joins_accounts_and_says_what_waits_and_what_is_old() {
        let world = world();
        let now = at("12:00");
        let told = |around: &Around| {
            world.look(guardian(ANNA), now, |anna| {
                world.look(guardian(PersonId(uuid::Uuid::from_u128(99))), now, |nobody| {
                    home(&[*anna, *nobody], around, &words(), now).unwrap().0
                })
            })
        };
        assert_eq!(told(&around()).children.len(), 2);
        for (around, notice) in [
            (around(), None),
            (Around::default(), Some("Hämtar …")),
            (Around { contact: Some(at("10:30")), ..around() }, Some("Senast hämtat i dag 10.30")),
            (Around { contact: Some(at("11:30")), ..around() }, None),
            (Around { lost: Some(0), ..around() }, Some("Uppgifterna i telefonen gick inte att läsa. Logga in igen.")),
            (
                Around { lost: Some(2), whole: false, ..around() },
                Some(
                    "Uppgifterna i telefonen gick inte att läsa. 2 saker som inte var skickade är borta. Logga in igen och gör om dem.",
                ),
            ),
        ] {
            assert_eq!(told(&around).notice.as_deref(), notice);
        }
        let alone = lines(&world, guardian(PersonId(uuid::Uuid::from_u128(99))), now);
        assert!(alone.is_empty());
    }
}
