//! Swift sources for SwiftUI, beside a String Catalog. A label is a `Phrase` there, since SwiftUI has a `Label` of its
//! own.

use super::{File, Labels, camel, catalog, is_counted, number};
use crate::icons::{Icon, Stroke, icons};
use crate::palette::{DARK, LIGHT, Palette, Tone};
use crate::scale::{CORNER, EASING, ICON, MOTION, SPACE, Step, TARGET_APPLE, TYPES};
use crate::state::STATES;

const HEAD: &str = "// Written by kapprum-design; change bindings/design instead.\n";

/// Every file.
pub fn files(labels: &Labels) -> Vec<File> {
    vec![
        File::new("Tokens.swift", format!("{HEAD}{}", tokens())),
        File::new("Icons.swift", format!("{HEAD}{}", pictures(&icons()))),
        File::new("Phrase.swift", format!("{HEAD}{}", phrases(labels))),
        File::new("Localizable.xcstrings", catalog::text(labels)),
    ]
}

fn tokens() -> String {
    let roles: Vec<String> = LIGHT.roles().iter().map(|(name, _)| camel(name)).collect();
    let fields: String = roles.iter().map(|name| format!("    public let {name}: Color\n")).collect();
    let tones: String = Tone::ALL.iter().map(|tone| format!("    public let {}: ToneColors\n", tone.name())).collect();
    let choose: String = Tone::ALL.iter().map(|tone| format!("        case .{0}: {0}\n", tone.name())).collect();
    let names: Vec<&str> = Tone::ALL.iter().map(|tone| tone.name()).collect();
    let state_names: Vec<String> = STATES.iter().map(|state| camel(state.name)).collect();
    let state = |value: &dyn Fn(&crate::state::StateLook) -> String| -> String {
        STATES.iter().map(|state| format!("        case .{}: {}\n", camel(state.name), value(state))).collect()
    };
    let types: String = TYPES
        .iter()
        .map(|kind| {
            let (name, weight) = (camel(kind.name), weight(kind.weight));
            format!(
                "        /// For {}.\n        public static var {name}: Font {{ .system(.{}, weight: .{weight}) }}\n",
                kind.what, kind.apple
            )
        })
        .collect();
    let motion: String = MOTION
        .iter()
        .map(|(name, time)| format!("        public static let {name} = {}\n", f64::from(*time) / 1000.0))
        .collect();
    let easing: String = EASING
        .iter()
        .map(|(name, [a, b, c, d])| {
            format!(
                "        public static func {name}(_ duration: Double) -> Animation {{ .timingCurve({a}, {b}, {c}, {d}, duration: duration) }}\n"
            )
        })
        .collect();
    format!(
        "import SwiftUI

/// How something stands.
public enum Tone: CaseIterable, Sendable {{
    case {names}
}}

/// The colours of a tone: behind text, the text, icons and edges, text on those.
public struct ToneColors: Sendable {{
    public let container: Color
    public let ink: Color
    public let strong: Color
    public let onStrong: Color
}}

/// The colours of one theme, by what they are for.
public struct Palette: Sendable {{
{fields}{tones}
    public static func of(_ scheme: ColorScheme) -> Palette {{
        scheme == .dark ? dark : light
    }}

    public subscript(tone: Tone) -> ToneColors {{
        switch tone {{
{choose}        }}
    }}

{light}
{dark}}}

/// How a child's day looks: colour, icon and word together.
public enum StateLook: CaseIterable, Sendable {{
    case {state_names}

    public var tone: Tone {{
        switch self {{
{state_tones}        }}
    }}

    public var icon: Icon {{
        switch self {{
{state_icons}        }}
    }}

    public var phrase: LocalizedStringKey {{
        switch self {{
{state_phrases}        }}
    }}
}}

/// Sizes, steps and times.
public enum Tokens {{
    public enum Space {{
{space}    }}

    public enum Corner {{
{corner}    }}

    /// The least size of what one can press.
    public enum Target {{
{target}    }}

    public enum IconSize {{
{icon}    }}

    /// Seconds.
    public enum Motion {{
{motion}{easing}    }}

    /// Kinds of text; all grow with the reader's own setting.
    public enum Typeface {{
{types}    }}
}}

extension Color {{
    fileprivate init(hex: UInt32) {{
        let channel = {{ (shift: UInt32) in Double((hex >> shift) & 0xFF) / 255 }}
        self.init(.sRGB, red: channel(16), green: channel(8), blue: channel(0), opacity: 1)
    }}
}}
",
        names = names.join(", "),
        light = palette("light", &LIGHT),
        dark = palette("dark", &DARK),
        state_names = state_names.join(", "),
        state_tones = state(&|state| format!(".{}", state.tone.name())),
        state_icons = state(&|state| format!(".{}", camel(state.icon))),
        state_phrases = state(&|state| format!("Phrase.{}", camel(&format!("state_{}", state.name)))),
        space = steps(&SPACE),
        corner = steps(&CORNER),
        target = steps(&TARGET_APPLE),
        icon = steps(&ICON),
    )
}

fn weight(weight: u32) -> &'static str {
    match weight {
        ..=400 => "regular",
        401..=500 => "medium",
        501..=600 => "semibold",
        _ => "bold",
    }
}

fn steps(steps: &[Step]) -> String {
    steps.iter().map(|(name, size)| format!("        public static let {name}: CGFloat = {size}\n")).collect()
}

fn palette(name: &str, palette: &Palette) -> String {
    let color = |value: u32| format!("Color(hex: 0x{value:06X})");
    let roles = palette.roles().into_iter().map(|(role, value)| format!("        {}: {}", camel(role), color(value.0)));
    let tones = Tone::ALL.into_iter().map(|tone| {
        let colors = palette.tone(tone);
        format!(
            "        {}: ToneColors(\n            container: {}, ink: {},\n            strong: {}, onStrong: {})",
            tone.name(),
            color(colors.container.0),
            color(colors.ink.0),
            color(colors.strong.0),
            color(colors.on_strong.0)
        )
    });
    let lines: Vec<String> = roles.chain(tones).collect();
    format!("    public static let {name} = Palette(\n{}\n    )\n", lines.join(",\n"))
}

fn pictures(icons: &[Icon]) -> String {
    let cases: String = icons.iter().map(|icon| format!("    case {}\n", camel(icon.name))).collect();
    let turned: Vec<String> =
        icons.iter().filter(|icon| icon.mirrored).map(|icon| format!(".{}", camel(icon.name))).collect();
    let mut drawn = String::new();
    for icon in icons {
        drawn += &format!("        case .{}:\n", camel(icon.name));
        for stroke in &icon.strokes {
            drawn += &format!("            pen.{}\n", pen(*stroke));
        }
    }
    format!(
        "import SwiftUI

/// An icon: lines with round ends on a grid of 24.
public enum Icon: String, CaseIterable, Sendable {{
{cases}
    /// It points along the text, so from right to left it is turned.
    public var isMirrored: Bool {{
        switch self {{
        case {turned}: true
        default: false
        }}
    }}

    fileprivate func draw(_ pen: inout Pen) {{
        switch self {{
{drawn}        }}
    }}
}}

/// The lines of an icon, as large as the space it gets.
public struct IconShape: Shape {{
    public let icon: Icon

    public init(_ icon: Icon) {{
        self.icon = icon
    }}

    public nonisolated func path(in rect: CGRect) -> Path {{
        let side = min(rect.width, rect.height)
        var pen = Pen(x: rect.midX - side / 2, y: rect.midY - side / 2, scale: side / 24)
        icon.draw(&pen)
        return pen.path
    }}
}}

/// An icon in the colour around it. It says nothing aloud: the word beside it, or the button's own label, does.
public struct IconView: View {{
    let icon: Icon
    let side: CGFloat

    public init(_ icon: Icon, side: CGFloat = Tokens.IconSize.medium) {{
        self.icon = icon
        self.side = side
    }}

    public var body: some View {{
        IconShape(icon)
            .stroke(style: StrokeStyle(lineWidth: side / 12, lineCap: .round, lineJoin: .round))
            .frame(width: side, height: side)
            .flipsForRightToLeftLayoutDirection(icon.isMirrored)
            .accessibilityHidden(true)
    }}
}}

/// Draws on the grid.
private struct Pen {{
    var path = Path()
    let x: CGFloat
    let y: CGFloat
    let scale: CGFloat

    init(x: CGFloat, y: CGFloat, scale: CGFloat) {{
        (self.x, self.y, self.scale) = (x, y, scale)
    }}

    private func point(_ right: CGFloat, _ down: CGFloat) -> CGPoint {{
        CGPoint(x: x + right * scale, y: y + down * scale)
    }}

    mutating func move(_ right: CGFloat, _ down: CGFloat) {{
        path.move(to: point(right, down))
    }}

    mutating func line(_ right: CGFloat, _ down: CGFloat) {{
        path.addLine(to: point(right, down))
    }}

    mutating func curve(_ a: CGFloat, _ b: CGFloat, _ c: CGFloat, _ d: CGFloat, _ right: CGFloat, _ down: CGFloat) {{
        path.addCurve(to: point(right, down), control1: point(a, b), control2: point(c, d))
    }}

    mutating func close() {{
        path.closeSubpath()
    }}
}}
",
        turned = turned.join(", ")
    )
}

fn pen(stroke: Stroke) -> String {
    let list = |values: &[f32]| values.iter().map(|one| number(*one)).collect::<Vec<_>>().join(", ");
    match stroke {
        Stroke::Move(x, y) => format!("move({})", list(&[x, y])),
        Stroke::Line(x, y) => format!("line({})", list(&[x, y])),
        Stroke::Curve(a, b, c, d, x, y) => format!("curve({})", list(&[a, b, c, d, x, y])),
        Stroke::Close => "close()".to_owned(),
    }
}

fn phrases(labels: &Labels) -> String {
    let mut text = "import SwiftUI

/// The static texts, by name; what they say stands in the String Catalog.
public enum Phrase {
"
    .to_owned();
    for label in labels.source() {
        let (name, values) = (camel(&label.name), label.values());
        let kind = if is_counted(label) { "Int" } else { "String" };
        let given: Vec<String> = values.iter().map(|value| format!("{}: {kind}", camel(value))).collect();
        let put: String = values.iter().map(|value| format!(" \\({})", camel(value))).collect();
        text += &if values.is_empty() {
            format!("    public static var {name}: LocalizedStringKey {{ \"{}\" }}\n", label.name)
        } else {
            format!(
                "    public static func {name}({}) -> LocalizedStringKey {{ \"{}{put}\" }}\n",
                given.join(", "),
                label.name
            )
        };
    }
    text + "}

extension Locale {
    /// The same place and language with Latin digits, as every count and time in the app has them. Set it for all views.
    public var withLatinDigits: Locale {
        var components = Locale.Components(locale: self)
        components.numberingSystem = Locale.NumberingSystem(\"latn\")
        return Locale(components: components)
    }
}
"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_hold_every_token_icon_and_phrase() {
        let labels = Labels::read().unwrap();
        let [tokens, icons, phrase, _] = files(&labels).try_into().unwrap();
        assert!(tokens.text.contains("        public static let touch: CGFloat = 44\n"));
        assert!(tokens.text.contains("        surfaceRaised: Color(hex: 0xFFFFFF),\n"));
        assert!(tokens.text.contains("        case .gone: Phrase.stateGone\n"));
        assert!(
            icons.text.contains("        case .back:\n            pen.move(20, 12)\n            pen.line(4, 12)\n")
        );
        assert!(phrase.text.contains("    public static var signInTitle: LocalizedStringKey { \"sign_in_title\" }\n"));
        assert!(phrase.text.contains(
            "    public static func groupActingAs(name: String) -> LocalizedStringKey { \"group_acting_as \\(name)\" }\n"
        ));
        assert!(phrase.text.contains(
            "    public static func signOutUnsent(count: Int) -> LocalizedStringKey { \"sign_out_unsent \\(count)\" }\n"
        ));
    }
}
