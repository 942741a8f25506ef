//! Time as a school day knows it: moments, days and times of day in Europe/Stockholm.
//!
//! A school day is a [`Day`], never a timestamp. Nothing here reads a clock: `now` is always given.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

static STOCKHOLM: TimeZone = jiff::tz::get!("Europe/Stockholm");

/// A moment: milliseconds since 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A calendar day in Stockholm, written `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

/// A time of day on a school's clock, written `07:40`. Minute precision; `24:00` ends a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

/// A span within one day, `start` before `end`, written `{"start":"07:30","end":"16:00"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ends")]
pub struct Span {
    start: TimeOfDay,
    end: TimeOfDay,
}

/// A text that is not a day, a time of day or a span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {0}")]
pub struct NotATime(&'static str);

/// Milliseconds of one minute, hour and day of clock time.
pub const MINUTE: i64 = 60_000;
/// See [`MINUTE`].
pub const HOUR: i64 = 60 * MINUTE;
/// See [`MINUTE`].
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// The day it is in Stockholm.
    pub fn day(self) -> Day {
        Day(self.civil().date())
    }

    /// The time of day it is in Stockholm, seconds dropped.
    pub fn time(self) -> TimeOfDay {
        let time = self.civil().time();
        TimeOfDay(u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs()))
    }

    /// This moment moved by milliseconds.
    #[must_use]
    pub fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    fn civil(self) -> jiff::civil::DateTime {
        let beyond = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        STOCKHOLM.to_datetime(jiff::Timestamp::from_millisecond(self.0).unwrap_or(beyond))
    }
}

impl Day {
    /// A day by year, month 1–12 and day of month; `None` if there is no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self)
    }

    /// The moment this day begins in Stockholm.
    pub fn start(self) -> Timestamp {
        self.at(TimeOfDay(0))
    }

    /// The moment this day ends in Stockholm.
    pub fn end(self) -> Timestamp {
        self.at(TimeOfDay(24 * 60))
    }

    /// The moment of a time of day on this day in Stockholm. In the hour that summer time skips, the moment after it;
    /// in the hour that comes twice, the first. Beyond what moments there are, the last (or first) of them.
    pub fn at(self, time: TimeOfDay) -> Timestamp {
        let (day, minutes) = (self.plus(i32::from(time.0 / (24 * 60))), time.0 % (24 * 60));
        let beyond = if self.0.year() < 1970 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        if day == self && time.0 >= 24 * 60 {
            return Timestamp(beyond.as_millisecond());
        }
        let clock = Time::new((minutes / 60) as i8, (minutes % 60) as i8, 0, 0).unwrap_or_default();
        let moment = STOCKHOLM.to_ambiguous_timestamp(day.0.to_datetime(clock)).compatible();
        Timestamp(moment.unwrap_or(beyond).as_millisecond())
    }

    /// The day so many days later (earlier if negative), kept within the calendar.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(days.clamp(-3_000_000, 3_000_000))))
    }

    /// Days since 1970-01-01: what a record's `at` holds.
    pub fn number(self) -> i64 {
        i64::from(self.0.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days()))
    }

    /// Monday is 0, Sunday is 6.
    pub fn weekday(self) -> usize {
        usize::from(self.0.weekday().to_monday_zero_offset().unsigned_abs())
    }

    /// Year, month 1–12, day of month.
    pub fn parts(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    /// The birthday so many years after a birth on this day; 29 February becomes 1 March (ruling b).
    #[must_use]
    pub fn birthday(self, years: i16) -> Self {
        let year = self.0.year().saturating_add(years);
        Self(Date::new(year, self.0.month(), self.0.day()).or_else(|_| Date::new(year, 3, 1)).unwrap_or(self.0))
    }
}

impl TimeOfDay {
    /// 23:59.
    pub const LAST_MINUTE: Self = Self(24 * 60 - 1);

    /// A time by hour 0–23 and minute 0–59, or 24:00.
    pub fn new(hour: u16, minute: u16) -> Option<Self> {
        (minute < 60 && (hour < 24 || (hour == 24 && minute == 0))).then_some(Self(hour * 60 + minute))
    }

    /// Minutes since midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl Span {
    /// A span; `None` unless it starts before it ends.
    pub fn new(start: TimeOfDay, end: TimeOfDay) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// When it begins.
    pub fn start(self) -> TimeOfDay {
        self.start
    }

    /// When it ends.
    pub fn end(self) -> TimeOfDay {
        self.end
    }

    /// Whether the two share any minute.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends {
    start: TimeOfDay,
    end: TimeOfDay,
}

impl TryFrom<Ends> for Span {
    type Error = NotATime;
    fn try_from(ends: Ends) -> Result<Self, NotATime> {
        Self::new(ends.start, ends.end).ok_or(NotATime("span: it must start before it ends"))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Day {
    type Err = NotATime;
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let strict = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        text.parse().ok().filter(|_| strict).map(Self).ok_or(NotATime("day like 2026-11-24"))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = NotATime;
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let wrong = NotATime("time of day like 07:40");
        let (hour, minute) = text.split_once(':').ok_or_else(|| wrong.clone())?;
        if hour.len() != 2 || minute.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':') {
            return Err(wrong);
        }
        match (hour.parse(), minute.parse()) {
            (Ok(hour), Ok(minute)) => Self::new(hour, minute).ok_or(wrong),
            _ => Err(wrong),
        }
    }
}

macro_rules! text {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = NotATime;
            fn try_from(text: String) -> Result<Self, NotATime> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )*};
}

text!(Day, TimeOfDay);

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_starts_in_stockholm_also_when_the_clocks_change() {
        let hours = |text: &str| (day(text).plus(1).start().0 - day(text).start().0) / HOUR;
        assert_eq!(hours("2026-11-24"), 24);
        assert_eq!(hours("2026-10-25"), 25);
        assert_eq!(hours("2027-03-28"), 23);
        assert_eq!(day("2026-11-24").start().plus(-1).day(), day("2026-11-23"));
        assert_eq!(day("2026-11-24").at("07:40".parse().unwrap()).time().to_string(), "07:40");
    }

    #[test]
    fn days_at_the_ends_of_the_calendar_stay_in_their_order() {
        for (earlier, later) in
            [("9999-12-30", "9999-12-31"), ("1970-01-01", "9999-12-31"), ("0001-01-01", "1970-01-01")]
        {
            assert!(day(earlier).start() < day(later).start(), "{earlier}");
        }
        assert!(Day::new(-9999, 1, 1).unwrap().start() < day("0001-01-01").start());
        let last = day("9999-12-31");
        assert!(last.end() >= last.start());
        assert_eq!(last.start().day().parts().0, 9999);
        assert!(Timestamp(i64::MIN).day() < Timestamp(i64::MAX).day());
    }

    #[test]
    fn the_eighteenth_birthday_of_a_leap_day_is_the_first_of_march() {
        assert_eq!(day("2008-02-29").birthday(18), day("2026-03-01"));
        assert_eq!(day("2008-02-28").birthday(18), day("2026-02-28"));
    }

    #[test]
    fn texts_are_taken_strictly() {
        for wrong in ["2026-2-1", "2026-02-30", "26-02-01", "2026-02-01T00:00", ""] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
        for wrong in ["7:40", "24:01", "12:60", "1240", "+1:20", "07:4"] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Span>(r#"{"start":"10:00","end":"10:00"}"#).is_err());
    }
}
