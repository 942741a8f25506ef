//! What is expected of a child in care on a day: the ordinary week, what the day changes of it, absence over both.
//!
//! The wall and every view ask here, so that they all say the same.

use serde::{Deserialize, Serialize};

use super::{DayChange, Ordinary, Weeks};
use crate::absence::Absence;
use crate::organisation::Unit;
use crate::time::{Day, Span};

/// What is expected of a child on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Reported absent, for the day or for all its times.
    Away,
    /// These times; none: a day off.
    Times(Vec<Span>),
    /// Nobody has laid times for it.
    Unlaid,
}

/// What was said of a child's times at a placement.
pub(crate) struct Plan<'a> {
    pub(crate) weeks: Weeks,
    pub(crate) changes: Vec<DayChange>,
    pub(crate) absences: &'a [Absence],
    pub(crate) unit: Option<&'a Unit>,
}

impl Plan<'_> {
    /// How this day differs from the week.
    pub(crate) fn change(&self, day: Day) -> Option<&DayChange> {
        self.changes.iter().find(|change| change.day == day)
    }

    /// The times laid for a day, whoever reported an absence; a closed day needs none to be a day off.
    pub(crate) fn laid(&self, day: Day) -> Ordinary {
        if let Some(times) = self.change(day).and_then(|change| change.times.clone()) {
            return Ordinary { times: Some(times), clash: Vec::new() };
        }
        let ordinary = self.weeks.on(day);
        let closed = || (!self.opens_on(day.weekday())).then(Vec::new);
        Ordinary { times: ordinary.times.or_else(closed), ..ordinary }
    }

    /// The ordinary weeks from a day until another, each with its first day. Where none is laid yet stands a week without
    /// times, from the day on which the place begins.
    pub(crate) fn weeks(&self, begins: Day, first: Day, last: Day) -> Vec<(Day, [Expected; 7])> {
        let unlaid = |weekday| if self.opens_on(weekday) { Expected::Unlaid } else { Expected::Times(Vec::new()) };
        let laid = self.weeks.between(first, last);
        let before = laid.first().is_none_or(|(from, _)| *from > first);
        let before = before.then(|| (begins, std::array::from_fn(unlaid)));
        before.into_iter().chain(laid.into_iter().map(|(from, week)| (from, week.map(Expected::Times)))).collect()
    }

    fn opens_on(&self, weekday: usize) -> bool {
        self.unit.map_or(weekday < 5, |unit| unit.opens_on(weekday))
    }

    /// What is expected on a day. A part of a day takes that part out of the times; where there are none it touches
    /// nothing (ruling p).
    pub(crate) fn on(&self, day: Day) -> Expected {
        let mut times = self.laid(day).times;
        for absence in self.absences.iter().filter(|absence| absence.covers(day)) {
            let Some(part) = absence.part else { return Expected::Away };
            let Some(laid) = times.as_mut().filter(|laid| !laid.is_empty()) else { continue };
            *laid = laid.iter().flat_map(|span| without(*span, part)).collect();
            if laid.is_empty() {
                return Expected::Away;
            }
        }
        times.map_or(Expected::Unlaid, Expected::Times)
    }
}

fn without(span: Span, part: Span) -> impl Iterator<Item = Span> {
    let before = Span::new(span.start(), span.end().min(part.start()));
    let after = Span::new(span.start().max(part.end()), span.end());
    [before, after].into_iter().flatten()
}
