//! The form to report absence: who it can be for, and where to ring when it can't be done here (rules 50, 51).

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use crate::absence::switched_off;
use crate::actor::Role;
use crate::grant::Place;
use crate::home::child_day::DayChoice;
use crate::home::children_of;
use crate::id::{ChildId, RecordId};
use crate::organisation::{Municipality, Unit};
use crate::refusal::Refusal;
use crate::register::Child;
use crate::saying;
use crate::scope::Scope;
use crate::screen::midnight;
use crate::time::Timestamp;
use crate::world::{Seen, Unread};

/// The form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportAbsence {
    /// The heading.
    pub title: String,
    /// The warning not to write about health (rule 50).
    pub health: String,
    /// The question for the days.
    pub question: String,
    /// Whom it can be for.
    pub children: Vec<Choice>,
    /// The nearest days.
    pub days: Vec<DayChoice>,
}

/// A child to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The child.
    pub child: ChildId,
    /// Its name.
    pub name: String,
    /// Why it can't be chosen, and what to do instead.
    pub instead: Option<String>,
}

/// The form, over all one's accounts, and when it changes by itself.
pub fn report_absence(seen: &[Seen<'_>], words: &Words, now: Timestamp) -> Result<(ReportAbsence, Timestamp), Unread> {
    let mut children = Vec::new();
    for one in seen {
        // Who only reads of absence is not asked.
        for held in children_of(one)?.into_iter().filter(|held| !held.absence_alone) {
            if !one.holds(Scope::Absence(held.child)) {
                continue;
            }
            match choice(one, held.child, &held.places, words, now) {
                Ok(choice) => children.extend(choice),
                // Shows when it is here.
                Err(Unread::NotHeld(_)) => {}
                Err(broken) => return Err(broken),
            }
        }
    }
    children.sort_by_cached_key(|one| (saying::alphabetical(&one.name), one.child));
    let form = ReportAbsence {
        title: words.report_title(),
        health: words.report_health(),
        question: words.report_for(),
        children,
        days: (0..5).map(|ahead| DayChoice::new(words, now.day().plus(ahead), now.day())).collect(),
    };
    Ok((form, midnight(now)))
}

fn choice(
    seen: &Seen<'_>,
    child: ChildId,
    places: &[Place],
    words: &Words,
    now: Timestamp,
) -> Result<Option<Choice>, Unread> {
    let Some(card) = seen.get::<Child>(Scope::Child(child), RecordId(child.0))? else { return Ok(None) };
    let instead = instead(seen, &card, places, words, now)?;
    Ok(Some(Choice { child, name: card.call_name, instead }))
}

fn instead(
    seen: &Seen<'_>,
    card: &Child,
    places: &[Place],
    words: &Words,
    now: Timestamp,
) -> Result<Option<String>, Unread> {
    if seen.actor().account.role == Role::Student && !seen.of_age(now)? {
        return Ok(Some(words.why_not_of_age()));
    }
    let Some(municipality) = seen.all::<Municipality>(Scope::Tenant)?.pop() else { return Ok(None) };
    let mut units = Vec::new();
    for unit in places.iter().filter(|place| place.holds_on(now.day())).map(|place| place.unit) {
        units.extend(seen.get::<Unit>(Scope::Unit(unit), RecordId(unit.0))?);
    }
    let phone = switched_off(&card.forms, &units, &municipality);
    Ok(phone.map(|phone| saying::refusal(words, &Refusal::SwitchedOff { phone }, now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Account;
    use crate::grant::Right;
    use crate::id::PersonId;
    use crate::organisation::{SchoolForm, Switches};
    use crate::small_world::*;

    #[test]
    fn the_form_is_for_those_who_decide_and_says_where_to_ring_instead() {
        let parent = PersonId(uuid::Uuid::from_u128(90));
        let mut world = SmallWorld::new();
        world.grant(parent, Right::AbsenceConsent { child: EBBA });
        let off = Switches { absence_preschool: false, ..Switches::default() };
        world.unit(PRESCHOOL, &[SchoolForm::Preschool], Some(off));
        let form = |account: Account| {
            let children = world
                .look(account, at("07:00"), |seen| report_absence(&[*seen], &words(), at("07:00")).unwrap().0.children);
            children.into_iter().map(|one| (one.name, one.instead)).collect::<Vec<_>>()
        };
        let instead = Some("Det går inte att göra här. Ring 0521-11 11 11.".to_owned());
        assert_eq!(form(guardian(ANNA)), [("Ebba".to_owned(), None), ("Love".to_owned(), instead)]);
        assert_eq!(form(guardian(parent)), []);
    }
}
