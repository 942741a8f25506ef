//! Colours by what they are for, in light and in dark: birch and paper, spruce and lake; moss, cloudberry and
//! lingonberry for how things stand. A test counts the contrast of every pair that may meet.

use crate::color::Color;

macro_rules! roles {
    ($($(#[$what:meta])* $role:ident,)*) => {
        /// The colours of one theme.
        #[derive(Debug, Clone, Copy)]
        pub struct Palette {
            /// Whether it is the dark theme.
            pub dark: bool,
            $($(#[$what])* pub $role: Color,)*
            /// The colours of each tone, in the order of [`Tone::ALL`].
            pub tones: [ToneColors; 5],
        }

        impl Palette {
            /// Every colour but those of tones, by name.
            pub fn roles(&self) -> Vec<(&'static str, Color)> {
                vec![$((stringify!($role), self.$role)),*]
            }
        }
    };
}

roles! {
    /// Behind everything.
    background,
    /// A card, a row, a bar.
    surface,
    /// What lies above the rest: a sheet, a menu, a field.
    surface_raised,
    /// Text and icons.
    ink,
    /// Text and icons that step back.
    ink_muted,
    /// The edge of a field or another control.
    outline,
    /// A line between rows; decoration only.
    divider,
    /// What one can press, and the most important button.
    accent,
    /// Text on it.
    on_accent,
    /// What is chosen.
    accent_container,
    /// Text on it.
    on_accent_container,
    /// The ring around what has the keyboard's focus.
    focus,
    /// A short message over everything ("Saved").
    inverse,
    /// Text on it.
    on_inverse,
    /// Its button ("Undo").
    inverse_accent,
    /// Lies over what is out of reach behind a sheet, half transparent.
    scrim,
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to say.
    Neutral,
    /// As it should be.
    Good,
    /// Worth a look.
    Attention,
    /// Something must be done.
    Critical,
    /// Good to know.
    Info,
}

impl Tone {
    /// Every tone.
    pub const ALL: [Self; 5] = [Self::Neutral, Self::Good, Self::Attention, Self::Critical, Self::Info];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Attention => "attention",
            Self::Critical => "critical",
            Self::Info => "info",
        }
    }
}

/// The colours of a tone.
#[derive(Debug, Clone, Copy)]
pub struct ToneColors {
    /// Behind the text of a chip, a tile, a banner.
    pub container: Color,
    /// Text on the container.
    pub ink: Color,
    /// Icons and edges; behind the text of a button.
    pub strong: Color,
    /// Text on what is strong.
    pub on_strong: Color,
}

const fn tone(container: u32, ink: u32, strong: u32, on_strong: u32) -> ToneColors {
    ToneColors { container: Color(container), ink: Color(ink), strong: Color(strong), on_strong: Color(on_strong) }
}

/// By day.
pub const LIGHT: Palette = Palette {
    dark: false,
    background: Color(0xF5F0E6),
    surface: Color(0xFCFAF5),
    surface_raised: Color(0xFFFFFF),
    ink: Color(0x1C2B2B),
    ink_muted: Color(0x55625F),
    outline: Color(0x7A8581),
    divider: Color(0xE3DCCE),
    accent: Color(0x1E5A57),
    on_accent: Color(0xFFFFFF),
    accent_container: Color(0xD3E5E0),
    on_accent_container: Color(0x0E3A38),
    focus: Color(0x1E5A57),
    inverse: Color(0x233231),
    on_inverse: Color(0xF5F0E6),
    inverse_accent: Color(0x9FD6CA),
    scrim: Color(0x101818),
    tones: [
        tone(0xECE6D9, 0x3A4543, 0x5E6A66, 0xFFFFFF),
        tone(0xDEE9CF, 0x2A431D, 0x4A6C32, 0xFFFFFF),
        tone(0xFBE5BE, 0x573805, 0x96590A, 0xFFFFFF),
        tone(0xF7DCD8, 0x6B1D22, 0xA5303A, 0xFFFFFF),
        tone(0xD8E6EF, 0x1A4056, 0x2D6886, 0xFFFFFF),
    ],
};

/// By night.
pub const DARK: Palette = Palette {
    dark: true,
    background: Color(0x121A1A),
    surface: Color(0x1A2424),
    surface_raised: Color(0x243030),
    ink: Color(0xEDE8DD),
    ink_muted: Color(0xAEB9B4),
    outline: Color(0x8A9691),
    divider: Color(0x2F3C3C),
    accent: Color(0x8CCABE),
    on_accent: Color(0x05302C),
    accent_container: Color(0x1F4A46),
    on_accent_container: Color(0xCFEBE4),
    focus: Color(0x8CCABE),
    inverse: Color(0xEDE8DD),
    on_inverse: Color(0x1C2B2B),
    inverse_accent: Color(0x1E5A57),
    scrim: Color(0x000000),
    tones: [
        tone(0x2B3636, 0xDBDFDA, 0x9FAAA6, 0x121A1A),
        tone(0x26391F, 0xD0E6C0, 0x9DC680, 0x14200D),
        tone(0x44310F, 0xF9DEAC, 0xE7B257, 0x2A1B00),
        tone(0x4C2124, 0xF9D5D1, 0xEF9A93, 0x3A0A0E),
        tone(0x1C3645, 0xCBE3F1, 0x88BCD9, 0x07202E),
    ],
};

/// Two colours that meet, and the least contrast they need.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What stands on the other.
    pub above: (String, Color),
    /// What it stands on.
    pub below: (String, Color),
    /// 4.5 for text; 3 for icons and the edges of controls.
    pub least: f64,
}

impl Pair {
    /// Whether it can be read.
    pub fn holds(&self) -> bool {
        self.above.1.contrast(self.below.1) >= self.least
    }
}

/// What text needs.
pub const TEXT: f64 = 4.5;
/// What icons, edges of controls and large text need.
pub const SHAPE: f64 = 3.0;

impl Palette {
    /// The colours of a tone.
    pub fn tone(&self, tone: Tone) -> ToneColors {
        let [neutral, good, attention, critical, info] = self.tones;
        match tone {
            Tone::Neutral => neutral,
            Tone::Good => good,
            Tone::Attention => attention,
            Tone::Critical => critical,
            Tone::Info => info,
        }
    }

    /// Every pair of colours that may meet on a screen.
    pub fn pairs(&self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let mut meet = |least: f64, above: &[(&str, Color)], below: &[(&str, Color)]| {
            for (upper, lower) in above.iter().flat_map(|upper| below.iter().map(move |lower| (upper, lower))) {
                let name = |(name, color): &(&str, Color)| ((*name).to_owned(), *color);
                pairs.push(Pair { above: name(upper), below: name(lower), least });
            }
        };
        let grounds =
            [("background", self.background), ("surface", self.surface), ("surface_raised", self.surface_raised)];
        meet(TEXT, &[("ink", self.ink), ("ink_muted", self.ink_muted), ("accent", self.accent)], &grounds);
        meet(SHAPE, &[("outline", self.outline), ("focus", self.focus)], &grounds);
        meet(TEXT, &[("on_accent", self.on_accent)], &[("accent", self.accent)]);
        let chosen = [("accent_container", self.accent_container)];
        meet(TEXT, &[("on_accent_container", self.on_accent_container), ("ink", self.ink)], &chosen);
        meet(SHAPE, &[("accent", self.accent), ("focus", self.focus)], &chosen);
        let message = [("inverse", self.inverse)];
        meet(TEXT, &[("on_inverse", self.on_inverse), ("inverse_accent", self.inverse_accent)], &message);
        for tone in Tone::ALL {
            let colors = self.tone(tone);
            let named = |part: &str| format!("{}.{part}", tone.name());
            let (container, ink, strong, on_strong) =
                (named("container"), named("ink"), named("strong"), named("on_strong"));
            let container = [(container.as_str(), colors.container)];
            let strong = [(strong.as_str(), colors.strong)];
            meet(TEXT, &[(ink.as_str(), colors.ink), ("ink", self.ink)], &container);
            meet(SHAPE, &strong, &container);
            // A line in a tone's strong colour stands on every ground ("refused", "waits").
            meet(TEXT, &strong, &grounds);
            meet(TEXT, &[(on_strong.as_str(), colors.on_strong)], &strong);
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(palette: &Palette) -> Vec<String> {
        let broken = palette.pairs().into_iter().filter(|pair| !pair.holds());
        let told = broken.map(|Pair { above, below, least }| {
            format!("{} on {}: {:.2} of {least}", above.0, below.0, above.1.contrast(below.1))
        });
        told.collect()
    }

    #[test]
    fn every_pair_that_meets_can_be_read_by_day_and_by_night() {
        assert_eq!(faults(&LIGHT), Vec::<String>::new());
        assert_eq!(faults(&DARK), Vec::<String>::new());
        assert!(LIGHT.pairs().len() > 50);
    }

    #[test]
    fn a_pair_that_cannot_be_read_is_found() {
        let pale = Palette { ink_muted: Color(0xB8B4AA), ..LIGHT };
        let found = faults(&pale);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|fault| fault.starts_with("ink_muted on ")), "{found:?}");
        let mut faint = DARK;
        faint.tones[3].strong = Color(0x6B2B30);
        assert!(faults(&faint).iter().any(|fault| fault.starts_with("critical.strong on critical.container")));
    }

    #[test]
    fn each_kind_of_ground_is_told_from_the_next() {
        for palette in [LIGHT, DARK] {
            assert_ne!(palette.background, palette.surface);
            assert_ne!(palette.surface, palette.surface_raised);
            assert_ne!(palette.surface, palette.divider);
        }
    }
}
