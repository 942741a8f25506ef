//! What people read: Fluent files, and one typed function per message. No domain types.
//!
//! Shells, mail, web and demo all speak through [`Words`]; nobody else composes a sentence.
//! The static texts of the shells are [`labels`]: each platform gets them in its own format.

mod labels;

use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
pub use labels::{Form, Label, Piece, Text, labels};
use unic_langid::LanguageIdentifier;

/// A language that all texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Swedish.
    #[default]
    Swedish,
    /// English.
    English,
    /// Arabic, the plain standard one, with Latin digits.
    Arabic,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::Swedish, Self::English, Self::Arabic];

    /// The language of a tag such as `sv` or `en-GB`; Swedish for those that are not here yet.
    pub fn of(tag: &str) -> Self {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|one| one.tag().eq_ignore_ascii_case(language)).unwrap_or_default()
    }

    /// Its tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Swedish => "sv",
            Self::English => "en",
            Self::Arabic => "ar",
        }
    }

    /// Whether it is written from right to left.
    pub fn is_right_to_left(self) -> bool {
        self == Self::Arabic
    }

    /// The plural forms it has.
    pub fn plural_forms(self) -> &'static [Form] {
        match self {
            Self::Swedish | Self::English => &[Form::One, Form::Other],
            Self::Arabic => &Form::ALL,
        }
    }

    fn messages(self) -> &'static str {
        match self {
            Self::Swedish => include_str!("sv.ftl"),
            Self::English => include_str!("en.ftl"),
            Self::Arabic => include_str!("ar.ftl"),
        }
    }

    fn labels(self) -> &'static str {
        match self {
            Self::Swedish => include_str!("shell.sv.ftl"),
            Self::English => include_str!("shell.en.ftl"),
            Self::Arabic => include_str!("shell.ar.ftl"),
        }
    }
}

/// All texts in one language; cheap to clone.
#[derive(Clone)]
pub struct Words {
    language: Language,
    bundle: Arc<FluentBundle<FluentResource>>,
}

impl Words {
    /// The texts in a language.
    pub fn new(language: Language) -> Self {
        let tags: Vec<LanguageIdentifier> = language.tag().parse().into_iter().collect();
        let mut bundle = FluentBundle::new_concurrent(tags);
        // From right to left, each inserted name, time or phone number keeps its own direction between marks (U+2068,
        // U+2069). From left to right they would only get in the way.
        bundle.set_use_isolating(language.is_right_to_left());
        let resource = match FluentResource::try_new(language.messages().to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
        Self { language, bundle: Arc::new(bundle) }
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A time of day; hour and minute. Written by hand, since every line of a board has some.
    pub fn time(&self, hour: u16, minute: u16) -> String {
        match self.language {
            Language::Swedish => format!("{hour:02}.{minute:02}"),
            Language::English | Language::Arabic => format!("{hour:02}:{minute:02}"),
        }
    }

    /// From a time of day to another; times run from left to right in every language.
    pub fn span(&self, start: &str, end: &str) -> String {
        if self.language.is_right_to_left() {
            format!("\u{2066}{start}–{end}\u{2069}")
        } else {
            format!("{start}–{end}")
        }
    }

    /// Several things of a kind, such as spans, in order.
    pub fn list(&self, items: &[String]) -> String {
        if self.language.is_right_to_left() {
            format!("\u{2067}{}\u{2069}", items.join("، "))
        } else {
            items.join(", ")
        }
    }

    fn say(&self, name: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(name).and_then(|message| message.value()) else {
            // A test proves that every message is there in every language.
            return name.to_owned();
        };
        let mut arguments = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            arguments.set(*name, value.clone());
        }
        let said = self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned();
        // Directions are guessed from the first letter outside of marks. A date is nothing but insertions: it says itself
        // that it runs from right to left, also where it is inserted in turn.
        if said.starts_with('\u{2068}') { format!("\u{200F}{said}") } else { said }
    }
}

macro_rules! messages {
    ($($name:ident($($value:ident: $kind:ty),*);)*) => {
        /// One function per message; its values are the message's variables.
        #[allow(missing_docs, reason = "the texts themselves say what each is for")]
        impl Words {
            $(pub fn $name(&self $(, $value: $kind)*) -> String {
                self.say(stringify!($name), &[$((stringify!($value), FluentValue::from($value))),*])
            })*
        }

        #[cfg(test)]
        const MESSAGES: &[(&str, &[&str])] = &[$((stringify!($name), &[$(stringify!($value)),*])),*];
    };
}

messages! {
    today();
    tomorrow();
    yesterday();
    date(weekday: &str, day: i64, month: &str);
    day_time(day: &str, time: &str);
    weekday(number: i64);
    month(number: i64);
    not_coming(day: &str);
    away_part(span: &str);
    expected(span: &str);
    here_since(time: &str);
    went_home(time: &str);
    day_off(day: &str);
    at_school(day: &str);
    no_school(day: &str);
    clash(times: &str);
    off();
    no_times();
    no_absence(day: &str);
    and(first: &str, second: &str);
    as_in_week(times: &str);
    change_by(day: &str, time: &str);
    comment(text: &str);
    days_until(from: &str, until: &str);
    days_open(from: &str);
    days_part(from: &str, span: &str);
    absent(days: &str);
    not_told();
    reported_by(name: &str, when: &str);
    reported_by_you(when: &str);
    reported_by_other(when: &str);
    event_in(time: &str);
    event_out(time: &str);
    tab_groups();
    tab_wall();
    tab_settings();
    home_title();
    home_empty();
    board_title(group: &str, unit: &str);
    board_count(here: i64, expected: i64);
    board_away(away: i64, all: i64);
    board_empty();
    check_in();
    check_out();
    outbox_title();
    outbox_empty();
    outbox_waiting(count: i64);
    report_title();
    report_health();
    report_for();
    waiting();
    waiting_long();
    being_withdrawn();
    received(when: &str);
    withdrawn();
    may_be_refused(why: &str);
    refused(why: &str);
    was_undone(state: &str);
    sent_gone();
    loading();
    old_data(day: &str, time: &str);
    locked();
    offline();
    offline_short();
    signed_out();
    outdated();
    phone_full();
    phone_broken();
    no_right();
    lost(count: i64);
    sent_report(name: &str, days: &str);
    sent_change_absence(name: &str);
    sent_withdraw(name: &str);
    sent_week(name: &str);
    sent_day(name: &str, day: &str);
    sent_in(name: &str);
    sent_out(name: &str);
    sent_undo(name: &str);
    sent_contact();
    why_no_right();
    why_not_of_age();
    why_not_owner();
    why_not_yours();
    why_who_tapped();
    why_not_there();
    why_day_past(day: &str);
    why_locked(day: &str);
    why_not_begun(day: &str);
    why_pick_up_only();
    why_needs_last_day();
    why_checked_by_staff();
    why_too_far(day: &str);
    why_cut_off(day: &str, time: &str, ring: &str);
    why_switched_off(ring: &str);
    why_kept_by_school(ring: &str);
    ring(phone: &str);
    why_outside_hours(span: &str);
    why_closed();
    why_wrong_times();
    why_too_long(most: i64);
    why_wrong_contact();
    why_internal();
    why_withdrawn();
    why_id_reused();
    why_superseded();
    why_too_old();
    why_clock();
    fault_offline();
    fault_server();
    fault_link();
    fault_link_used();
    fault_outdated();
    fault_in_use();
    fault_unreadable();
    fault_key();
    fault_closed();
    fault_too_large();
    fault_unsent(count: i64);
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The messages of a file with the variables they name.
    fn written(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut name = String::new();
        for line in language.messages().lines() {
            if let Some((head, _)) =
                line.split_once(" = ").filter(|_| line.starts_with(|one: char| one.is_ascii_lowercase()))
            {
                name = head.to_owned();
                found.entry(name.clone()).or_default();
            }
            for variable in line.split("{ $").skip(1) {
                let variable = variable.split(|one: char| !one.is_ascii_lowercase()).next().unwrap();
                found.get_mut(&name).unwrap().insert(variable.to_owned());
            }
        }
        found
    }

    #[test]
    fn every_message_is_in_every_language_with_its_variables_and_none_besides() {
        let declared: BTreeMap<String, BTreeSet<String>> = MESSAGES
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values.iter().map(|value| (*value).to_owned()).collect()))
            .collect();
        for language in Language::ALL {
            assert_eq!(written(language), declared, "{language:?}");
            assert!(FluentResource::try_new(language.messages().to_owned()).is_ok());
        }
    }

    #[test]
    fn plain_sentences_come_out() {
        let words = Words::new(Language::Swedish);
        assert_eq!(
            words.why_cut_off("i går", "23.59", &words.ring("0521-72 10 00")),
            "Sista tiden att ändra var i går kl. 23.59. Ring 0521-72 10 00."
        );
        assert_eq!(words.why_switched_off(&words.ring("none")), "Det går inte att göra här. Kontakta personalen.");
        assert_eq!(words.date(&words.weekday(1), 24, &words.month(11)), "tisdag 24 november");
        assert_eq!((words.outbox_waiting(1), words.outbox_waiting(2)), ("1 väntar".to_owned(), "2 väntar".to_owned()));
        assert_eq!(Words::new(Language::English).received("07:12"), "Received 07:12");
    }

    #[test]
    fn a_language_is_found_by_its_tag_and_is_swedish_otherwise() {
        for (tag, language) in [
            ("sv-SE", Language::Swedish),
            ("en_GB", Language::English),
            ("AR", Language::Arabic),
            ("ar-SY", Language::Arabic),
            ("arn", Language::Swedish),
            ("fi", Language::Swedish),
            ("", Language::Swedish),
        ] {
            assert_eq!(Language::of(tag), language, "{tag}");
        }
        assert_eq!(Language::ALL.map(|one| Language::of(one.tag())), Language::ALL);
        assert_eq!(Language::ALL.map(Language::is_right_to_left), [false, false, true]);
    }

    #[test]
    fn arabic_has_all_six_plurals_and_latin_digits() {
        let words = Words::new(Language::Arabic);
        let waiting: BTreeSet<String> = [0, 1, 2, 3, 11, 100].map(|count| words.outbox_waiting(count)).into();
        assert_eq!(waiting.len(), 6, "{waiting:?}");
        assert!(words.outbox_waiting(11).contains("11"));
        assert!(words.lost(0).contains("سجّل الدخول") && words.lost(3).contains('3'));
    }

    #[test]
    fn from_right_to_left_what_is_inserted_keeps_its_own_direction() {
        let words = Words::new(Language::Arabic);
        let span = words.span(&words.time(7, 30), &words.time(16, 0));
        assert_eq!(span, "\u{2066}07:30–16:00\u{2069}");
        assert_eq!(words.expected(&span), "متوقع حضوره \u{2068}\u{2066}07:30–16:00\u{2069}\u{2069}");
        assert_eq!(words.ring("0521-72 10 00"), "اتصل على \u{2068}0521-72 10 00\u{2069}.");
        assert_eq!(words.sent_out("Ebba"), "\u{200F}\u{2068}Ebba\u{2069}: عاد إلى البيت");
        assert!(words.date(&words.weekday(1), 24, &words.month(11)).starts_with('\u{200F}'));
        assert_eq!(words.list(&[span.clone(), span.clone()]), format!("\u{2067}{span}، {span}\u{2069}"));
    }

    #[test]
    fn from_left_to_right_there_are_no_marks() {
        let marks = |letter: char| matches!(letter, '\u{200E}' | '\u{200F}' | '\u{2066}'..='\u{2069}');
        for words in [Language::Swedish, Language::English].map(Words::new) {
            let list = words.list(&[words.span("08:00", "09:00"), words.span("13:00", "16:00")]);
            assert_eq!(list, "08:00–09:00, 13:00–16:00");
            assert!(!words.board_title("Blåklinten", &words.sent_in("Ebba")).contains(marks));
        }
    }
}
