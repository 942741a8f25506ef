//! Home, as a guardian or student sees it: their children today. The day of each in full is [`child_day`].

pub mod change_day;
pub mod child_day;
mod facts;
mod held;
mod standing;

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use crate::id::{ChildId, RecordId};
use crate::register::Child;
use crate::saying;
use crate::scope::Scope;
use crate::screen::{Around, midnight};
use crate::time::Timestamp;
use crate::world::{Seen, Unread};
use facts::Facts;
pub(crate) use held::{children_of, grants};
pub(crate) use standing::{Standing, Told};

/// One's children, over all one's accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The heading.
    pub title: String,
    /// The children, by name.
    pub children: Vec<ChildLine>,
    /// Instead of children, if there are none.
    pub empty: Option<String>,
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
    /// One decides about its absence.
    pub report: bool,
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
    /// Has a day off.
    Off,
    /// At school, where nobody checks in.
    School,
    /// Not told to this account, or not here yet.
    Unknown,
}

/// Home over several accounts of one person (ruling h), and when it changes by itself.
pub fn home(seen: &[Seen<'_>], around: &Around, words: &Words, now: Timestamp) -> Result<(Home, Timestamp), Unread> {
    let mut until = midnight(now);
    let mut children = Vec::new();
    for one in seen {
        for held in children_of(one)? {
            match Facts::read(one, &held, now.day(), now) {
                Ok(facts) => {
                    until = until.min(facts.until(now));
                    children.push(line(&facts, words, now));
                }
                Err(Unread::NotHeld(_)) => children.extend(on_its_way(one, held.child, words)?),
                Err(broken) => return Err(broken),
            }
        }
    }
    children.sort_by_cached_key(|one| (saying::alphabetical(&one.name), one.child));
    let home = Home {
        title: words.home_title(),
        empty: (children.is_empty() && around.whole && !around.locked).then(|| words.home_empty()),
        children,
    };
    Ok((home, until))
}

/// A child today, with what is reported for later, so that one sees that it was taken.
fn line(facts: &Facts, words: &Words, now: Timestamp) -> ChildLine {
    let today = facts.standing().line(words, now);
    let later = facts.absences.iter().find(|one| !one.covers(facts.day));
    let later = later.map(|one| words.absent(&saying::days(words, one.days(), now.day())));
    ChildLine {
        child: facts.card.child,
        name: facts.card.call_name.clone(),
        state: facts.standing().state(now.day()),
        line: later.map_or(today.clone(), |later| words.and(&today, &later)),
        report: facts.decides,
        waiting: facts.waits().then(|| words.waiting()),
    }
}

/// A child of whom more is on its way than is here: its name, if that is.
fn on_its_way(seen: &Seen<'_>, child: ChildId, words: &Words) -> Result<Option<ChildLine>, Unread> {
    match seen.get::<Child>(Scope::Child(child), RecordId(child.0)) {
        Ok(card) => Ok(card.map(|card| {
            let (name, line) = (card.call_name, words.loading());
            ChildLine { child, name, state: ChildState::Unknown, line, report: false, waiting: None }
        })),
        Err(Unread::NotHeld(_)) => Ok(None),
        Err(broken) => Err(broken),
    }
}

#[cfg(test)]
mod tests {
    use super::child_day::{ChildDay, child_day};
    use super::*;
    use crate::absence::{Absence, Days};
    use crate::actor::Account;
    use crate::attendance::AtPlacement;
    use crate::command::Command;
    use crate::id::PersonId;
    use crate::record::Body;
    use crate::small_world::*;

    fn around() -> Around {
        Around { whole: true, ..Around::default() }
    }

    fn world() -> SmallWorld {
        SmallWorld::with_times()
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

    /// Between a view's moment and its `until` nothing changes by itself, at `until` something may.
    #[test]
    fn until_is_the_next_moment_at_which_the_day_turns() {
        let world = world();
        for now in ["06:00", "07:30", "23:59"] {
            assert_eq!(look(&world, guardian(ANNA), at(now)).1, later(1, "00:00"));
        }
    }

    #[test]
    fn home_joins_the_accounts_of_one_person() {
        let (world, now) = (world(), at("12:00"));
        let nobody = guardian(PersonId(uuid::Uuid::from_u128(99)));
        let joined = world.look(guardian(ANNA), now, |anna| {
            world.look(nobody, now, |nobody| home(&[*anna, *nobody], &around(), &words(), now).unwrap().0)
        });
        assert_eq!(joined.children.len(), 2);
        assert!(joined.children.iter().all(|one| one.report));
        assert!(lines(&world, nobody, now).is_empty());
    }
}
