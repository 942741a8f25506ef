//! From facts to words: times, days and refusals as people say them.

use kapprum_words::Words;

use crate::absence::Days;
use crate::refusal::Refusal;
use crate::time::{Day, Span, TimeOfDay, Timestamp};

/// A time of day.
pub(crate) fn time(words: &Words, time: TimeOfDay) -> String {
    let (hour, minute) = (time.minutes() / 60, time.minutes() % 60);
    words.time(&format!("{hour:02}"), &format!("{minute:02}"))
}

/// The time of day of a moment.
pub(crate) fn moment(words: &Words, moment: Timestamp) -> String {
    time(words, moment.time())
}

/// A span.
pub(crate) fn span(words: &Words, span: Span) -> String {
    words.span(&time(words, span.start()), &time(words, span.end()))
}

/// Spans of a day, in order.
pub(crate) fn spans(words: &Words, spans: &[Span]) -> String {
    spans.iter().map(|one| span(words, *one)).collect::<Vec<_>>().join(", ")
}

/// A day as seen from today.
pub(crate) fn day(words: &Words, day: Day, today: Day) -> String {
    if day == today {
        words.today()
    } else if day == today.plus(1) {
        words.tomorrow()
    } else if day == today.plus(-1) {
        words.yesterday()
    } else {
        let (_, month, number) = day.parts();
        let weekday = words.weekday(i64::try_from(day.weekday()).unwrap_or(0));
        words.date(&weekday, i64::from(number), &words.month(i64::from(month)))
    }
}

/// What was lost from a phone.
pub(crate) fn lost(words: &Words, count: u64) -> String {
    words.lost(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Days of an absence, as the end of a sentence.
pub(crate) fn days(words: &Words, days: Days, today: Day) -> String {
    let from = day(words, days.from, today);
    match (days.until, days.part) {
        (_, Some(part)) => words.days_part(&from, &span(words, part)),
        (None, None) => words.days_open(&from),
        (Some(until), None) if until == days.from => from,
        (Some(until), None) => words.days_until(&from, &day(words, until, today)),
    }
}

/// A moment: its time of day, with the day if that is not today.
pub(crate) fn when(words: &Words, at: Timestamp, now: Timestamp) -> String {
    if at.day() == now.day() {
        moment(words, at)
    } else {
        words.day_time(&day(words, at.day(), now.day()), &moment(words, at))
    }
}

/// When something was received, as seen from now.
pub(crate) fn received(words: &Words, at: Timestamp, now: Timestamp) -> String {
    words.received(&when(words, at, now))
}

/// Why something was refused, and what to do instead.
pub fn refusal(words: &Words, refusal: &Refusal, now: Timestamp) -> String {
    let say_day = |one: Day| day(words, one, now.day());
    match refusal {
        Refusal::NoRight => words.why_no_right(),
        Refusal::NotOfAge => words.why_not_of_age(),
        Refusal::NotOwner => words.why_not_owner(),
        Refusal::NotYours => words.why_not_yours(),
        Refusal::WhoTapped => words.why_who_tapped(),
        Refusal::NotThere => words.why_not_there(),
        Refusal::DayPast { first } => words.why_day_past(&say_day(*first)),
        Refusal::NotBegun { first } => words.why_not_begun(&say_day(*first)),
        Refusal::PickUpOnly => words.why_pick_up_only(),
        Refusal::NeedsLastDay => words.why_needs_last_day(),
        Refusal::CheckedByStaff => words.why_checked_by_staff(),
        Refusal::TooFarAhead { last } => words.why_too_far(&say_day(*last)),
        Refusal::CutOff { was, phone } => {
            // The last minute in which it was still taken.
            let last = was.plus(-crate::time::MINUTE);
            words.why_cut_off(&say_day(last.day()), &moment(words, last), phone)
        }
        Refusal::SwitchedOff { phone } => words.why_switched_off(phone),
        Refusal::OutsideHours { open: Some(open) } => words.why_outside_hours(&span(words, *open)),
        Refusal::OutsideHours { open: None } => words.why_closed(),
        Refusal::WrongTimes => words.why_wrong_times(),
        Refusal::TooLong { most } => words.why_too_long(i64::from(*most)),
        Refusal::WrongContact => words.why_wrong_contact(),
        Refusal::Internal => words.why_internal(),
        Refusal::Withdrawn => words.why_withdrawn(),
        Refusal::IdReused => words.why_id_reused(),
        Refusal::TooOld => words.why_too_old(),
        Refusal::Clock => words.why_clock(),
    }
}

/// A text that begins a line: its first letter raised.
pub(crate) fn line(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
