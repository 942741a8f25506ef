//! The form to change one day of a child in care: what holds that day, within which hours, until when (rules 62–66).

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use super::child_day::hint;
use super::facts::{Facts, InCare};
use super::held::held;
use crate::id::{ChildId, PlacementId};
use crate::saying;
use crate::scope::Scope;
use crate::time::{Day, Span, Timestamp};
use crate::world::{Seen, Unread};

/// The form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeDay {
    /// The child.
    pub child: ChildId,
    /// The placement.
    pub placement: PlacementId,
    /// The day.
    pub day: Day,
    /// The child's name.
    pub name: String,
    /// The day in words.
    pub heading: String,
    /// Where: group or unit.
    pub place: String,
    /// The week's times in words, "as in the week: …".
    pub ordinary: String,
    /// The week's times; empty where none are laid or it is a day off.
    pub usual: Vec<Span>,
    /// What was changed: none: as in the week; empty: does not come.
    pub times: Option<Vec<Span>>,
    /// Opening hours; none: not known.
    pub open: Option<Span>,
    /// What was written to the staff.
    pub comment: String,
    /// A comment is taken.
    pub comments: bool,
    /// Most characters of a comment.
    pub most: u16,
    /// Until when a change must have arrived.
    pub hint: Option<String>,
    /// Why it can't be changed, and what to do instead.
    pub instead: Option<String>,
}

/// The form, and when it changes by itself.
pub fn change_day(
    seen: &Seen<'_>,
    (child, placement): (ChildId, PlacementId),
    day: Day,
    words: &Words,
    now: Timestamp,
) -> Result<(ChangeDay, Timestamp), Unread> {
    let held = held(seen, child)?.ok_or(Unread::NotHeld(Scope::Child(child)))?;
    let facts = Facts::read(seen, &held, day, now)?;
    let care = facts.placements.iter().find(|one| one.placement == placement);
    let care = care.ok_or(Unread::NotHeld(Scope::Placement(placement)))?;
    let instead = care.instead.as_ref().map(|why| saying::refusal(words, why, now));
    let view = ChangeDay {
        child,
        placement,
        day,
        name: facts.card.call_name.clone(),
        heading: saying::line(&saying::day(words, day, now.day())),
        place: care.place.clone(),
        ordinary: ordinary(care, words),
        usual: care.usual.clone().unwrap_or_default(),
        times: care.changed.clone(),
        open: care.open,
        comment: care.comment.clone(),
        comments: care.comments,
        most: crate::care_schedule::COMMENT,
        hint: if instead.is_none() { hint(care, words, now) } else { None },
        instead,
    };
    Ok((view, facts.until(now)))
}

fn ordinary(care: &InCare, words: &Words) -> String {
    match care.usual.as_deref() {
        None => words.no_times(),
        Some([]) => words.as_in_week(&words.off()),
        Some(times) => words.as_in_week(&saying::spans(words, times)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Account;
    use crate::command::Command;
    use crate::id::PersonId;
    use crate::organisation::{SchoolForm, Switches};
    use crate::small_world::*;

    fn form(world: &SmallWorld, account: Account, ahead: i32, now: Timestamp) -> Result<ChangeDay, Unread> {
        world.look(account, now, |seen| {
            change_day(seen, (LOVE, LOVES), today().plus(ahead), &words(), now).map(|found| found.0)
        })
    }

    fn change(ahead: i32, times: Option<&[&str]>, comment: &str) -> Command {
        let times = times.map(|times| times.iter().map(|one| span(one)).collect());
        Command::ChangeDay {
            child: LOVE,
            placement: LOVES,
            day: today().plus(ahead),
            times,
            comment: comment.to_owned(),
        }
    }

    #[test]
    fn the_form_shows_the_week_what_was_changed_and_the_opening_hours() {
        let mut world = SmallWorld::with_times();
        let before = form(&world, guardian(ANNA), 1, at("07:00")).unwrap();
        assert_eq!(
            (before.name.as_str(), before.heading.as_str(), before.place.as_str()),
            ("Love", "I morgon", "Blåklinten")
        );
        assert_eq!((before.ordinary.as_str(), before.times), ("Som i veckan: 07.30–16.00", None));
        assert_eq!((before.usual, before.open), (vec![span("07:30-16:00")], Some(span("06:15-18:15"))));
        assert_eq!((before.instead, before.comments), (None, true));
        world.send(guardian(ANNA), at("07:00"), &change(1, Some(&["08:00-12:00"]), "mormor")).unwrap();
        let after = form(&world, guardian(ANNA), 1, at("07:01")).unwrap();
        assert_eq!((after.times, after.comment.as_str()), (Some(vec![span("08:00-12:00")]), "mormor"));
        assert_eq!(after.ordinary, "Som i veckan: 07.30–16.00", "the week stays beside it");
        assert_eq!(form(&world, guardian(ANNA), 4, at("07:00")).unwrap().ordinary, "Som i veckan: ledig");
        assert_eq!(form(&SmallWorld::new(), guardian(ANNA), 1, at("07:00")).unwrap().ordinary, "Inga tider lagda");
    }

    /// Whoever is told beforehand that it can't be done would have been refused, and the other way round.
    #[test]
    fn what_the_form_says_is_what_the_rule_does() {
        let strict = Switches { same_day_change: false, ..Switches::default() };
        let silent = Switches { same_day_comment: false, ..Switches::default() };
        for (switches, account, ahead, instead) in [
            (None, guardian(ANNA), 0, None),
            (None, guardian(BO), 0, None),
            (None, guardian(BO), 1, Some("Du kan ändra hämtningen i dag. Andra tider lägger den som har platsen.")),
            (None, guardian(ANNA), -1, Some("Dagen har varit. Välj i dag eller senare.")),
            (None, guardian(ANNA), 400, Some("Det är för långt fram. Välj torsdag 25 november eller tidigare.")),
            (None, staff(MAJA), 3, None),
            (
                Some(strict.clone()),
                guardian(ANNA),
                0,
                Some("Sista tiden att ändra var i går kl. 23.59. Ring 0521-11 11 11."),
            ),
            (Some(strict.clone()), guardian(ANNA), 1, None),
            (Some(strict), staff(MAJA), 0, None),
            (Some(silent), guardian(ANNA), 0, None),
        ] {
            let mut world = SmallWorld::with_times();
            let comments = switches.as_ref().is_none_or(|one| one.same_day_comment);
            world.unit(PRESCHOOL, &[SchoolForm::Preschool], switches);
            let form = form(&world, account, ahead, at("07:00")).unwrap();
            assert_eq!((form.instead.as_deref(), form.comments), (instead, comments), "{ahead}");
            let pick_up = world.send(account, at("07:00"), &change(ahead, Some(&["07:30-15:00"]), ""));
            assert_eq!(pick_up.is_ok(), instead.is_none(), "{ahead}");
        }
    }

    #[test]
    fn whoever_may_not_see_the_placement_gets_no_form() {
        let world = SmallWorld::with_times();
        for account in [guardian(PersonId(uuid::Uuid::from_u128(93))), board()] {
            assert!(matches!(form(&world, account, 1, at("07:00")), Err(Unread::NotHeld(_))));
        }
    }
}
