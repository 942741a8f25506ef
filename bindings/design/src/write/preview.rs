//! A page to look at: palette, contrast, icons and type, by day and by night.

use super::File;
use super::android::path;
use crate::icons::{Icon, icons};
use crate::palette::{DARK, LIGHT, Palette, Tone};
use crate::scale::TYPES;
use crate::state::STATES;

/// The page.
pub fn files() -> Vec<File> {
    let icons = icons();
    let mut page = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Kapprum: colours, icons and type</title>
<style>
body { margin: 0; font-family: Inter, Roboto, \"Noto Sans\", \"DejaVu Sans\", sans-serif }
section { padding: 24px 32px }
svg { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
.row { display: flex; flex-wrap: wrap; gap: 12px; margin: 12px 0 24px }
.card, .chip { border-radius: 14px; padding: 12px 16px }
.chip { display: flex; gap: 8px; align-items: center }
.icon { width: 88px; text-align: center; font-size: 12px }
td { padding: 2px 16px 2px 0; font-size: 13px }
</style>
"
    .to_owned();
    for palette in [LIGHT, DARK] {
        page += &section(&palette, &icons);
    }
    vec![File::new("index.html", page + "</html>\n")]
}

fn section(palette: &Palette, icons: &[Icon]) -> String {
    let (background, ink) = (palette.background.hex(), palette.ink.hex());
    let mut text = format!("<section style=\"background:{background};color:{ink}\">\n<div class=\"row\">\n");
    for (name, color) in palette.roles() {
        let on = if color.contrast(palette.ink) > color.contrast(palette.background) {
            palette.ink
        } else {
            palette.background
        };
        text += &format!(
            "<div class=\"card\" style=\"background:{0};color:{1};border:1px solid {2}\">{name}<br>{0}</div>\n",
            color.hex(),
            on.hex(),
            palette.divider.hex()
        );
    }
    text += "</div>\n<div class=\"row\">\n";
    for tone in Tone::ALL {
        let colors = palette.tone(tone);
        text += &format!(
            "<div class=\"card\" style=\"background:{};color:{};border:2px solid {}\">{}</div>\n<div class=\"card\" style=\"background:{};color:{}\">{} strong</div>\n",
            colors.container.hex(),
            colors.ink.hex(),
            colors.strong.hex(),
            tone.name(),
            colors.strong.hex(),
            colors.on_strong.hex(),
            tone.name()
        );
    }
    text += "</div>\n<div class=\"row\">\n";
    for state in STATES {
        let colors = palette.tone(state.tone);
        let icon = icons.iter().find(|icon| icon.name == state.icon).map(|icon| svg(icon, 24)).unwrap_or_default();
        text += &format!(
            "<div class=\"chip\" style=\"background:{};color:{}\"><span style=\"color:{}\">{icon}</span>{}</div>\n",
            colors.container.hex(),
            colors.ink.hex(),
            colors.strong.hex(),
            state.name
        );
    }
    text += "</div>\n<div class=\"row\">\n";
    for icon in icons {
        text += &format!("<div class=\"icon\">{} {}<br>{}</div>\n", svg(icon, 24), svg(icon, 48), icon.name);
    }
    text += "</div>\n";
    for kind in TYPES {
        text += &format!(
            "<div style=\"font-size:{}px;line-height:{}px;font-weight:{}\">{}: Ebba kommer inte i morgon</div>\n",
            kind.size, kind.line, kind.weight, kind.name
        );
    }
    text += "<table>\n";
    for pair in palette.pairs() {
        text += &format!(
            "<tr><td style=\"background:{};color:{}\">{}</td><td>{}</td><td>{:.2}</td><td>{}</td></tr>\n",
            pair.below.1.hex(),
            pair.above.1.hex(),
            pair.above.0,
            pair.below.0,
            pair.above.1.contrast(pair.below.1),
            pair.least
        );
    }
    text + "</table>\n</section>\n"
}

fn svg(icon: &Icon, side: u32) -> String {
    let path: Vec<String> = icon.strokes.iter().map(path).collect();
    format!("<svg viewBox=\"0 0 24 24\" width=\"{side}\" height=\"{side}\"><path d=\"{}\"/></svg>", path.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_every_icon_and_both_themes() {
        let page = files().remove(0).text;
        for icon in icons() {
            assert_eq!(page.matches(&format!("<br>{}</div>", icon.name)).count(), 2, "{}", icon.name);
        }
        assert!(page.contains(&LIGHT.background.hex()) && page.contains(&DARK.background.hex()));
    }
}
