//! Merging what the source says into what is stored, where others may change it too: the source wins where its own
//! value has changed since the last import, else what is stored stands.

use std::collections::BTreeMap;

use kapprum_domain::grant::Place;
use kapprum_domain::id::{GroupId, PersonId, PlacementId, UnitId};
use kapprum_domain::register::{Assignment, Duty, Guardianship};
use kapprum_domain::time::Day;

/// Ends on a day what would go on after it; whether it did.
pub(super) fn end(until: &mut Option<Day>, day: Day) -> bool {
    let goes_on = until.is_none_or(|until| until > day);
    if goes_on {
        *until = Some(day);
    }
    goes_on
}

/// An own edit stands until the source's own value changes to another one; a value that the source drops goes only
/// if nobody edited it.
pub(super) fn take(stored: &mut String, last: &str, source: &str) {
    let dropped = source.is_empty() && stored != last;
    if source != last && !dropped {
        source.clone_into(stored);
    }
}

/// Something with days that the source, a principal or both may change.
pub(super) trait Entry: Clone + PartialEq {
    type Key: Ord;
    fn key(&self) -> Self::Key;
    fn until(&mut self) -> &mut Option<Day>;
    /// This entry with what only people decide.
    fn keeping(self, _stored: &Self) -> Self {
        self
    }
}

/// Takes what the source changed, ends what it dropped, leaves what others did. `last` becomes what it says now.
/// Gives what ended.
pub(super) fn merge<T: Entry>(
    stored: &mut Vec<T>,
    last: &mut Vec<T>,
    wanted: Vec<T>,
    yesterday: Day,
    may_end: impl Fn(&T) -> bool,
) -> Vec<T> {
    let mut before: BTreeMap<T::Key, T> = last.drain(..).map(|entry| (entry.key(), entry)).collect();
    let mut ended = Vec::new();
    for entry in wanted {
        let same = before.remove(&entry.key()).is_some_and(|before| before == entry);
        match stored.iter_mut().find(|stored| stored.key() == entry.key()) {
            Some(_) if same => {}
            Some(stored) => *stored = entry.clone().keeping(stored),
            None => stored.push(entry.clone()),
        }
        last.push(entry);
    }
    for (key, entry) in before {
        if !may_end(&entry) {
            last.push(entry);
        } else if let Some(stored) = stored.iter_mut().find(|stored| stored.key() == key)
            && end(stored.until(), yesterday)
        {
            ended.push(stored.clone());
        }
    }
    last.sort_by_key(Entry::key);
    ended
}

impl Entry for Guardianship {
    type Key = PersonId;
    fn key(&self) -> PersonId {
        self.guardian
    }
    fn until(&mut self) -> &mut Option<Day> {
        &mut self.until
    }
    fn keeping(self, stored: &Self) -> Self {
        Self { threat: stored.threat, ..self }
    }
}

impl Entry for Place {
    type Key = (UnitId, Option<GroupId>, Option<PlacementId>, Day);
    fn key(&self) -> Self::Key {
        (self.unit, self.group, self.placement, self.from)
    }
    fn until(&mut self) -> &mut Option<Day> {
        &mut self.until
    }
}

impl Entry for Duty {
    type Key = UnitId;
    fn key(&self) -> UnitId {
        self.unit
    }
    fn until(&mut self) -> &mut Option<Day> {
        &mut self.until
    }
}

impl Entry for Assignment {
    type Key = GroupId;
    fn key(&self) -> GroupId {
        self.group
    }
    fn until(&mut self) -> &mut Option<Day> {
        &mut self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn bo(threat: bool, until: Option<&str>) -> Guardianship {
        Guardianship { guardian: PersonId(Uuid::from_u128(2)), threat, until: until.map(day) }
    }

    #[test]
    fn the_source_wins_only_where_its_own_value_changed() {
        let (live, closed, past) = (bo(false, None), bo(true, Some("2026-11-01")), bo(false, Some("2026-11-23")));
        for (name, stored, last, wanted, expected, ends) in [
            ("new", vec![], vec![], vec![live.clone()], vec![live.clone()], 0),
            ("the same", vec![live.clone()], vec![live.clone()], vec![live.clone()], vec![live.clone()], 0),
            ("dropped", vec![live.clone()], vec![live.clone()], vec![], vec![past.clone()], 1),
            ("dropped before", vec![past.clone()], vec![], vec![], vec![past.clone()], 0),
            ("back again", vec![past], vec![], vec![live.clone()], vec![live.clone()], 0),
            (
                "closed by a principal",
                vec![closed.clone()],
                vec![live.clone()],
                vec![live.clone()],
                vec![closed.clone()],
                0,
            ),
            ("the register agrees", vec![closed.clone()], vec![live.clone()], vec![], vec![closed.clone()], 0),
            ("then changes its mind", vec![closed], vec![], vec![live.clone()], vec![bo(true, None)], 0),
            ("not from the source", vec![live.clone()], vec![], vec![], vec![live], 0),
        ] {
            let (mut now, mut said) = (stored, last);
            let ended = merge(&mut now, &mut said, wanted.clone(), day("2026-11-23"), |_| true);
            assert_eq!((now, said, ended.len()), (expected, wanted, ends), "{name}");
        }
    }

    #[test]
    fn what_a_missing_page_may_hold_does_not_end() {
        let (mut stored, mut last) = (vec![bo(false, None)], vec![bo(false, None)]);
        assert!(merge(&mut stored, &mut last, Vec::new(), day("2026-11-23"), |_| false).is_empty());
        assert_eq!((&stored, &last), (&vec![bo(false, None)], &vec![bo(false, None)]));
        merge(&mut stored, &mut last, Vec::new(), day("2026-11-23"), |_| true);
        assert_eq!((stored, last), (vec![bo(false, Some("2026-11-23"))], Vec::new()));
    }

    #[test]
    fn an_own_edit_stands_until_the_source_says_something_new() {
        for (name, stored, last, source, expected) in [
            ("first", "", "", "070", "070"),
            ("the same", "070", "070", "070", "070"),
            ("edited", "073", "070", "070", "073"),
            ("edited, then changed in the source", "073", "070", "076", "076"),
            ("dropped", "070", "070", "", ""),
            ("edited, then dropped", "073", "070", "", "073"),
        ] {
            let mut stored = stored.to_owned();
            take(&mut stored, last, source);
            assert_eq!(stored, expected, "{name}");
        }
    }
}
