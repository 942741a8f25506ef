//! How a child's day stands, in a state and a line: the same on home, in its day, on its group's board and on the wall.

use kapprum_words::Words;

use super::ChildState;
use crate::attendance::Direction;
use crate::attendance::board_card::Check;
use crate::care_schedule::plan::Expected;
use crate::saying;
use crate::time::{Day, Span, Timestamp};

/// What is known of a child's day.
pub(crate) struct Standing {
    pub(crate) day: Day,
    /// The last check of that day.
    pub(crate) last: Option<Check>,
    /// What is expected at each of its places in care.
    pub(crate) care: Vec<Expected>,
    /// It has a place in a school.
    pub(crate) school: bool,
    /// A whole day's absence is reported.
    pub(crate) absent: bool,
    /// A part of the day is.
    pub(crate) part: Option<Span>,
    pub(crate) told: Told,
}

/// How much of a child's day is told to whoever looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing but its name (ruling j).
    Name,
    /// Its absence, but not all its places.
    Absence,
    /// All of it.
    Day,
}

impl Standing {
    /// Colour and icon. Of a day that is over nothing is foretold.
    pub(crate) fn state(&self, today: Day) -> ChildState {
        let is_day_off = |one: &Expected| matches!(one, Expected::Times(times) if times.is_empty());
        let comes = self.care.iter().any(|one| *one != Expected::Away && !is_day_off(one));
        let school = self.school && self.day.weekday() < 5;
        match self.last.map(|last| last.direction) {
            Some(Direction::In) if self.day >= today => ChildState::Here,
            Some(_) => ChildState::Gone,
            None if self.told == Told::Name => ChildState::Unknown,
            None if self.absent => ChildState::Absent,
            None if (comes || school) && self.day < today => ChildState::Unknown,
            None if comes => ChildState::Expected,
            None if school => ChildState::School,
            None if self.care.contains(&Expected::Away) => ChildState::Absent,
            None if self.told == Told::Absence => ChildState::Unknown,
            None => ChildState::Off,
        }
    }

    /// The day in a line.
    pub(crate) fn line(&self, words: &Words, now: Timestamp) -> String {
        let today = now.day();
        let day = saying::day(words, self.day, today);
        let clock = self.last.map(|last| saying::moment(words, last.time)).unwrap_or_default();
        let state = self.state(today);
        let line = match state {
            ChildState::Here => words.here_since(&clock),
            ChildState::Gone if self.last.is_some_and(|last| last.direction == Direction::In) => words.event_in(&clock),
            ChildState::Gone => words.went_home(&clock),
            ChildState::Absent if self.day < today => words.absent(&day),
            ChildState::Absent => words.not_coming(&day),
            ChildState::Expected => self.expected(words),
            ChildState::School => words.at_school(&day),
            ChildState::Unknown if self.told == Told::Name => words.not_told(),
            ChildState::Unknown => words.no_absence(&day),
            ChildState::Off if self.care.is_empty() => words.no_school(&day),
            ChildState::Off => words.day_off(&day),
        };
        match self.part.map(|part| words.away_part(&saying::span(words, part))) {
            Some(part) if state == ChildState::Unknown => part,
            Some(part) if state != ChildState::Absent => words.and(&line, &part),
            _ => line,
        }
    }

    fn expected(&self, words: &Words) -> String {
        let mut times: Vec<Span> = Vec::new();
        for one in &self.care {
            times.extend(if let Expected::Times(times) = one { times.as_slice() } else { &[] });
        }
        times.sort();
        if times.is_empty() { words.no_times() } else { words.expected(&saying::spans(words, &times)) }
    }
}
