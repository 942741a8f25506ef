//! Kotlin sources, of the package `se.kapprum.design`: Compose and nothing of Android.

use super::{File, Labels, camel, number, pascal};
use crate::color::Color;
use crate::icons::{Icon, Stroke, icons};
use crate::palette::{DARK, LIGHT, Palette, Tone};
use crate::scale::{CORNER, EASING, ICON, MOTION, SPACE, Step, TARGET, TYPES};
use crate::state::STATES;

const HEAD: &str = "// Written by kapprum-design; change bindings/design instead.\npackage se.kapprum.design\n\n";

/// Every file.
pub fn files(labels: &Labels) -> Vec<File> {
    vec![
        File::new("Tokens.kt", format!("{HEAD}{}", tokens())),
        File::new("Icons.kt", format!("{HEAD}{}", pictures(&icons()))),
        File::new("Label.kt", format!("{HEAD}{}", enums(labels))),
    ]
}

fn tokens() -> String {
    let roles: Vec<String> = LIGHT.roles().iter().map(|(name, _)| camel(name)).collect();
    let fields: String = roles.iter().map(|name| format!("    val {name}: Color,\n")).collect();
    let tones: String = Tone::ALL.iter().map(|tone| format!("    val {}: ToneColors,\n", tone.name())).collect();
    let choose: String =
        Tone::ALL.iter().map(|tone| format!("        Tone.{} -> {}\n", pascal(tone.name()), tone.name())).collect();
    let names: Vec<String> = Tone::ALL.iter().map(|tone| pascal(tone.name())).collect();
    let states: String = STATES
        .iter()
        .map(|state| {
            let (name, tone, icon) = (pascal(state.name), pascal(state.tone.name()), pascal(state.icon));
            format!("    {name}(Tone.{tone}, Icons.{icon}, Label.State{name}),\n")
        })
        .collect();
    let types: String = TYPES
        .iter()
        .map(|kind| {
            format!(
                "        /** For {}. */\n        val {} = TextStyle(fontSize = {}.sp, lineHeight = {}.sp, fontWeight = FontWeight({}))\n",
                kind.what,
                camel(kind.name),
                kind.size,
                kind.line,
                kind.weight
            )
        })
        .collect();
    let motion: String = MOTION.iter().map(|(name, time)| format!("        const val {name} = {time}\n")).collect();
    let easing: String = EASING
        .iter()
        .map(|(name, [a, b, c, d])| format!("        val {name} = CubicBezierEasing({a}f, {b}f, {c}f, {d}f)\n"))
        .collect();
    format!(
        "import androidx.compose.animation.core.CubicBezierEasing
import androidx.compose.runtime.Immutable
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp

/** How something stands. */
enum class Tone {{ {names} }}

/** The colours of a tone: behind text, the text, icons and edges, text on those. */
@Immutable
class ToneColors(val container: Color, val ink: Color, val strong: Color, val onStrong: Color)

/** The colours of one theme, by what they are for. */
@Immutable
class Palette(
    val dark: Boolean,
{fields}{tones}) {{
    operator fun get(tone: Tone): ToneColors = when (tone) {{
{choose}    }}
}}

{light}
{dark}
/** How a child's day looks: colour, icon and word together. */
enum class StateLook(val tone: Tone, val icon: ImageVector, val label: Label) {{
{states}}}

/** Sizes, steps and times. */
object Tokens {{
    object Space {{
{space}    }}

    object Corner {{
{corner}    }}

    /** The least size of what one can press. */
    object Target {{
{target}    }}

    object IconSize {{
{icon}    }}

    /** Milliseconds. */
    object Motion {{
{motion}{easing}    }}

    object Type {{
{types}    }}
}}
",
        names = names.join(", "),
        light = palette("lightPalette", &LIGHT),
        dark = palette("darkPalette", &DARK),
        space = steps(&SPACE),
        corner = steps(&CORNER),
        target = steps(&TARGET),
        icon = steps(&ICON),
    )
}

fn steps(steps: &[Step]) -> String {
    steps.iter().map(|(name, size)| format!("        val {name} = {size}.dp\n")).collect()
}

fn palette(name: &str, palette: &Palette) -> String {
    let color = |color: Color| format!("Color(0xFF{:06X})", color.0);
    let mut text = format!("val {name} = Palette(\n    dark = {},\n", palette.dark);
    for (role, value) in palette.roles() {
        text += &format!("    {} = {},\n", camel(role), color(value));
    }
    for tone in Tone::ALL {
        let colors = palette.tone(tone);
        let parts = [colors.container, colors.ink, colors.strong, colors.on_strong].map(color).join(", ");
        text += &format!("    {} = ToneColors({parts}),\n", tone.name());
    }
    text + ")\n"
}

fn pictures(icons: &[Icon]) -> String {
    let mut text = "import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.SolidColor
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.graphics.vector.PathBuilder
import androidx.compose.ui.graphics.vector.path
import androidx.compose.ui.unit.dp

/** The icons; those that point along the text turn by themselves from right to left. */
object Icons {
"
    .to_owned();
    for icon in icons {
        let turned = if icon.mirrored { ", mirrored = true" } else { "" };
        text += &format!("    val {}: ImageVector by lazy {{\n", pascal(icon.name));
        text += &format!("        icon(\"{}\"{turned}) {{\n", icon.name);
        for stroke in &icon.strokes {
            text += &format!("            {}\n", pen(*stroke));
        }
        text += "        }\n    }\n";
    }
    text + "}

private fun icon(name: String, mirrored: Boolean = false, draw: PathBuilder.() -> Unit): ImageVector =
    ImageVector.Builder(name, 24.dp, 24.dp, 24f, 24f, autoMirror = mirrored)
        .path(
            stroke = SolidColor(Color.Black),
            strokeLineWidth = 2f,
            strokeLineCap = StrokeCap.Round,
            strokeLineJoin = StrokeJoin.Round,
            pathBuilder = draw,
        )
        .build()
"
}

fn pen(stroke: Stroke) -> String {
    let list = |values: &[f32]| values.iter().map(|one| format!("{}f", number(*one))).collect::<Vec<_>>().join(", ");
    match stroke {
        Stroke::Move(x, y) => format!("moveTo({})", list(&[x, y])),
        Stroke::Line(x, y) => format!("lineTo({})", list(&[x, y])),
        Stroke::Curve(a, b, c, d, x, y) => format!("curveTo({})", list(&[a, b, c, d, x, y])),
        Stroke::Close => "close()".to_owned(),
    }
}

fn enums(labels: &Labels) -> String {
    let mut text =
        "/** A static text, by the name of its resource and of the values that are put in, in order. */\n".to_owned();
    text += "enum class Label(val resource: String, vararg val values: String) {\n";
    for label in labels.plain() {
        let names = std::iter::once(label.name.as_str()).chain(label.values());
        let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
        text += &format!("    {}({}),\n", pascal(&label.name), names.join(", "));
    }
    text += "}\n\n/** A static text that has one form for each plural; its only value is the count, given as Latin digits. */\n";
    text += "enum class CountedLabel(val resource: String) {\n";
    for label in labels.counted() {
        text += &format!("    {}(\"{}\"),\n", pascal(&label.name), label.name);
    }
    text + "}\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_hold_every_token_icon_and_label() {
        let labels = Labels::read().unwrap();
        let [tokens, icons, label] = files(&labels).try_into().unwrap();
        for line in [
            "enum class Tone { Neutral, Good, Attention, Critical, Info }",
            "    surfaceRaised = Color(0xFFFFFFFF),",
            "    Gone(Tone.Neutral, Icons.Home, Label.StateGone),",
            "        val touch = 48.dp",
            "        val bodyStrong = TextStyle(fontSize = 17.sp, lineHeight = 24.sp, fontWeight = FontWeight(600))",
            "        const val calm = 220",
        ] {
            assert!(tokens.text.lines().any(|there| there == line), "{line}");
        }
        assert!(icons.text.contains("icon(\"back\", mirrored = true) {\n            moveTo(20f, 12f)\n"));
        assert!(label.text.contains("    SignInTitle(\"sign_in_title\"),\n"));
        assert!(label.text.contains("    GroupActingAs(\"group_acting_as\", \"name\"),\n"));
        assert!(label.text.contains("    SignOutUnsent(\"sign_out_unsent\"),\n"));
    }

    #[test]
    fn nothing_of_android_is_imported() {
        for file in files(&Labels::read().unwrap()) {
            for import in file.text.lines().filter(|line| line.starts_with("import ")) {
                assert!(import.starts_with("import androidx.compose."), "{}: {import}", file.path);
            }
        }
    }
}
