//! Sizes, steps and times: what both shells measure with.

/// A kind of text.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub what: &'static str,
    /// Size in sp; grows with the reader's own setting.
    pub size: u32,
    /// Line height in sp.
    pub line: u32,
    /// Weight: 400 regular, 500 medium, 600 semibold, 700 bold.
    pub weight: u32,
    /// Apple's text style that grows as this does.
    pub apple: &'static str,
}

const fn text(
    name: &'static str,
    what: &'static str,
    (size, line): (u32, u32),
    weight: u32,
    apple: &'static str,
) -> Type {
    Type { name, what, size, line, weight, apple }
}

/// The kinds of text: those of a phone or tablet in the hand, then those of a board on a wall, read from two metres.
pub const TYPES: [Type; 11] = [
    text("display", "the welcome", (32, 40), 600, "largeTitle"),
    text("title", "the heading of a screen", (26, 32), 600, "title"),
    text("heading", "a part of a screen, a child's name", (20, 26), 600, "title3"),
    text("body", "running text", (17, 24), 400, "body"),
    text("body_strong", "a line that counts", (17, 24), 600, "headline"),
    text("label", "a button, a tab, a chip", (16, 20), 500, "callout"),
    text("caption", "what is beside", (14, 20), 400, "subheadline"),
    text("board_title", "a board's heading and clock", (40, 48), 600, "largeTitle"),
    text("board_name", "a child on a board", (28, 34), 600, "title"),
    text("board_line", "how a child stands on a board", (20, 26), 400, "title3"),
    text("board_action", "a board's big button", (32, 40), 600, "largeTitle"),
];

/// A named number of dp, pt or ms.
pub type Step = (&'static str, u32);

/// Space between things; fours.
pub const SPACE: [Step; 7] =
    [("tiny", 4), ("small", 8), ("medium", 12), ("large", 16), ("wide", 24), ("vast", 32), ("screen", 48)];

/// How round corners are.
pub const CORNER: [Step; 4] = [("small", 8), ("medium", 14), ("large", 22), ("sheet", 28)];

/// How long a movement takes, in milliseconds.
pub const MOTION: [Step; 3] = [("quick", 120), ("calm", 220), ("slow", 360)];

/// How a movement begins and ends: the two handles of a cubic curve.
pub const EASING: [(&str, [f64; 4]); 2] = [("arrive", [0.2, 0.0, 0.0, 1.0]), ("leave", [0.4, 0.0, 1.0, 1.0])];

/// The least size of what one can press, in dp; on a board in the hall a child's whole hand.
pub const TARGET: [Step; 2] = [("touch", 48), ("board", 96)];

/// The same on Apple's devices, in pt.
pub const TARGET_APPLE: [Step; 2] = [("touch", 44), ("board", 96)];

/// The side of an icon, in dp or pt.
pub const ICON: [Step; 3] = [("small", 18), ("medium", 24), ("board", 40)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_and_lines_are_open() {
        for steps in [SPACE.as_slice(), &CORNER, &MOTION, &TARGET, &TARGET_APPLE, &ICON] {
            assert!(steps.is_sorted_by_key(|(_, size)| *size), "{steps:?}");
        }
        assert!(SPACE.iter().all(|(_, size)| size % 4 == 0));
        for kind in TYPES {
            assert!(kind.line * 10 >= kind.size * 12, "{} is tight", kind.name);
            assert!(kind.size >= 14, "{} is small", kind.name);
        }
    }

    #[test]
    fn targets_are_no_smaller_than_each_platform_asks() {
        assert!(TARGET[0].1 >= 48 && TARGET_APPLE[0].1 >= 44 && TARGET[1].1 >= 96 && TARGET_APPLE[1].1 >= 96);
    }
}
