//! A colour, and how well one can be read on another.

/// A colour in sRGB, as `0xRRGGBB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u32);

impl Color {
    /// Red, green and blue.
    pub fn channels(self) -> [u8; 3] {
        let [_, red, green, blue] = self.0.to_be_bytes();
        [red, green, blue]
    }

    /// `#RRGGBB`.
    pub fn hex(self) -> String {
        format!("#{:06X}", self.0)
    }

    /// The contrast with another, as WCAG 2.2 counts it: 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.channels().map(|channel| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_what_the_standard_says() {
        assert!((Color(0x000000).contrast(Color(0xFFFFFF)) - 21.0).abs() < 1e-9);
        assert!((Color(0x767676).contrast(Color(0xFFFFFF)) - 4.54).abs() < 0.01);
        assert!((Color(0xAB1234).contrast(Color(0xAB1234)) - 1.0).abs() < 1e-9);
    }
}
