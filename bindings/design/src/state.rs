//! How a child's day looks: a tone and an icon; a shell adds the word, so that colour never tells it alone.

use crate::palette::Tone;

/// The look of one state of a child's day.
#[derive(Debug, Clone, Copy)]
pub struct StateLook {
    /// The state, as the core names it.
    pub name: &'static str,
    /// Its colours.
    pub tone: Tone,
    /// The name of its icon.
    pub icon: &'static str,
}

const fn look(name: &'static str, tone: Tone, icon: &'static str) -> StateLook {
    StateLook { name, tone, icon }
}

/// Every state.
pub const STATES: [StateLook; 7] = [
    look("expected", Tone::Info, "expected"),
    look("here", Tone::Good, "here"),
    look("gone", Tone::Neutral, "home"),
    look("absent", Tone::Attention, "absent"),
    look("school", Tone::Neutral, "school"),
    look("off", Tone::Neutral, "day_off"),
    look("unknown", Tone::Neutral, "unknown"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icons::icons;

    #[test]
    fn each_state_has_an_icon_of_its_own_and_a_word() {
        let icons: Vec<&str> = icons().iter().map(|icon| icon.name).collect();
        let labels = kapprum_words::labels(kapprum_words::Language::Swedish).unwrap();
        for state in STATES {
            assert!(icons.contains(&state.icon), "{}", state.icon);
            assert_eq!(STATES.iter().filter(|other| other.icon == state.icon).count(), 1, "{}", state.icon);
            let word = format!("state_{}", state.name);
            assert!(labels.iter().any(|label| label.name == word), "{word}");
        }
    }
}
