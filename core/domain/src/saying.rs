//! From facts to words: times, days and refusals as people say them.

use kapprum_words::Words;

use crate::absence::Days;
use crate::refusal::Refusal;
use crate::time::{Day, Span, TimeOfDay, Timestamp};

/// A time of day.
pub(crate) fn time(words: &Words, time: TimeOfDay) -> String {
    let (hour, minute) = (time.minutes() / 60, time.minutes() % 60);
    words.time(hour, minute)
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
    words.list(&spans.iter().map(|one| span(words, *one)).collect::<Vec<_>>())
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

/// Where to ring, or whom to turn to where no number is known.
fn ring(words: &Words, phone: &str) -> String {
    words.ring(if phone.is_empty() { "none" } else { phone })
}

/// A name's place in the Swedish alphabet: Å, Ä and Ö come last, other accents count for nothing.
pub(crate) fn alphabetical(name: &str) -> String {
    let place = |letter| match letter {
        'å' => '{',
        'ä' | 'æ' => '|',
        'ö' | 'ø' => '}',
        'á' | 'à' | 'â' | 'ã' => 'a',
        'ç' | 'č' | 'ć' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' => 'n',
        'ó' | 'ò' | 'ô' | 'õ' => 'o',
        'š' | 'ś' => 's',
        'ú' | 'ù' | 'û' => 'u',
        'ü' | 'ý' => 'y',
        'ž' | 'ź' | 'ż' => 'z',
        other => other,
    };
    name.to_lowercase().chars().map(place).collect()
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
        Refusal::Locked { first } => words.why_locked(&say_day(*first)),
        Refusal::NotBegun { first } => words.why_not_begun(&say_day(*first)),
        Refusal::PickUpOnly => words.why_pick_up_only(),
        Refusal::NeedsLastDay => words.why_needs_last_day(),
        Refusal::CheckedByStaff => words.why_checked_by_staff(),
        Refusal::TooFarAhead { last } => words.why_too_far(&say_day(*last)),
        Refusal::CutOff { was, phone } => {
            // The last minute in which it was still taken.
            let last = was.plus(-crate::time::MINUTE);
            words.why_cut_off(&say_day(last.day()), &moment(words, last), &ring(words, phone))
        }
        Refusal::SwitchedOff { phone } => words.why_switched_off(&ring(words, phone)),
        Refusal::KeptBySchool { phone } => words.why_kept_by_school(&ring(words, phone)),
        Refusal::OutsideHours { open: Some(open) } => words.why_outside_hours(&span(words, *open)),
        Refusal::OutsideHours { open: None } => words.why_closed(),
        Refusal::WrongTimes => words.why_wrong_times(),
        Refusal::TooLong { most } => words.why_too_long(i64::from(*most)),
        Refusal::WrongContact => words.why_wrong_contact(),
        Refusal::Internal => words.why_internal(),
        Refusal::Withdrawn => words.why_withdrawn(),
        Refusal::IdReused => words.why_id_reused(),
        Refusal::Superseded => words.why_superseded(),
        Refusal::TooOld => words.why_too_old(),
        Refusal::Clock => words.why_clock(),
    }
}

/// A text that begins a line: its first letter raised.
pub(crate) fn line(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_world::*;
    use kapprum_words::Language;

    #[test]
    fn names_stand_in_the_swedish_alphabet() {
        let mut names = ["Örjan", "Ärla", "Åsa", "Zeb", "Élise", "eva", "Bo", "Yngve", "Ümit", "Emil"];
        names.sort_by_key(|name| alphabetical(name));
        assert_eq!(names, ["Bo", "Élise", "Emil", "eva", "Ümit", "Yngve", "Zeb", "Åsa", "Ärla", "Örjan"]);
    }

    #[test]
    fn a_refusal_says_what_to_do_also_where_no_number_is_known() {
        let words = Words::new(Language::Swedish);
        let said = |why: &Refusal| refusal(&words, why, at("10:00"));
        for (phone, expected) in [("0521-11 11 11", "Ring 0521-11 11 11."), ("", "Kontakta personalen.")] {
            let phone = phone.to_owned();
            for why in [
                Refusal::CutOff { was: at("00:00"), phone: phone.clone() },
                Refusal::SwitchedOff { phone: phone.clone() },
                Refusal::KeptBySchool { phone },
            ] {
                assert!(said(&why).ends_with(expected), "{why:?}");
            }
        }
        let until = Days { from: today(), until: Some(today().plus(3)), part: None };
        assert_eq!(days(&words, until, today()), "i dag till och med fredag 27 november");
        assert_eq!(said(&Refusal::Locked { first: today().plus(1) }), "Tiderna är låsta. Välj i morgon eller senare.");
    }
}
