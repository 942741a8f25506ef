//! Android's resources: texts in every language, colours and drawables for what shows before Compose does, and the one
//! Kotlin file that knows their ids.

use kapprum_words::{Label, Language, Piece, Text};

use super::{File, Labels, number, pascal, visible};
use crate::icons::{Stroke, icons};
use crate::palette::{DARK, LIGHT, Palette};

/// Every file.
pub fn files(labels: &Labels) -> Vec<File> {
    let mut files: Vec<File> = labels
        .languages()
        .iter()
        .map(|(language, labels)| {
            let folder = if *language == Language::default() { String::new() } else { format!("-{}", language.tag()) };
            File::new(format!("res/values{folder}/strings.xml"), strings(labels))
        })
        .collect();
    files.push(File::new("res/xml/locales.xml", locales()));
    files.push(File::new("res/values/colors.xml", colors(&LIGHT)));
    files.push(File::new("res/values-night/colors.xml", colors(&DARK)));
    files.push(File::new("res/drawable/mark.xml", drawable(24.0, "@color/accent")));
    files.push(File::new("res/drawable/notification.xml", drawable(24.0, "#FFFFFFFF")));
    // A launcher cuts the outer third of 108 away; the mark fills a little more than a third.
    files.push(File::new("res/drawable/launcher_mark.xml", drawable(108.0, "@color/launcher_mark")));
    files.push(File::new("res/mipmap-anydpi/launcher.xml", format!("{HEAD}{LAUNCHER}")));
    files.push(File::new("kotlin/se/kapprum/app/LabelResources.kt", ids(labels)));
    files
}

const HEAD: &str =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- Written by kapprum-design; change bindings/design instead. -->\n";

const LAUNCHER: &str = "<adaptive-icon xmlns:android=\"http://schemas.android.com/apk/res/android\">
    <background android:drawable=\"@color/launcher_background\" />
    <foreground android:drawable=\"@drawable/launcher_mark\" />
    <monochrome android:drawable=\"@drawable/launcher_mark\" />
</adaptive-icon>
";

fn strings(labels: &[Label]) -> String {
    let mut text = format!("{HEAD}<resources>\n");
    for label in labels {
        let values = label.values();
        match &label.text {
            Text::Plain(pieces) => {
                text += &format!("    <string name=\"{}\">{}</string>\n", label.name, said(pieces, &values));
            }
            Text::Counted { forms, .. } => {
                text += &format!("    <plurals name=\"{}\">\n", label.name);
                for (form, pieces) in forms {
                    text += &format!("        <item quantity=\"{}\">{}</item>\n", form.name(), said(pieces, &values));
                }
                text += "    </plurals>\n";
            }
        }
    }
    text + "</resources>\n"
}

/// A text as a resource. Every value goes in as text (`%1$s`): `%d` would print a count in the locale's own digits.
fn said(pieces: &[Piece], values: &[&str]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Words(words) => text += &escaped(words, !values.is_empty()),
            Piece::Value(name) => {
                let place = values.iter().position(|value| value == name).map_or(1, |index| index + 1);
                text += &format!("%{place}$s");
            }
        }
    }
    // Only at the beginning do these two mean a reference.
    if text.starts_with(['@', '?']) { format!("\\{text}") } else { text }
}

fn escaped(words: &str, formatted: bool) -> String {
    let mut text = String::new();
    let mut before = ' ';
    for letter in words.chars() {
        match letter {
            '&' => text += "&amp;",
            '<' => text += "&lt;",
            '\'' | '"' | '\\' => text.extend(['\\', letter]),
            '\n' => text += "\\n",
            '%' if formatted => text += "%%",
            // Spaces in a row would become one.
            ' ' if before == ' ' && !text.is_empty() => text += "\\u0020",
            _ => text += &visible(letter),
        }
        before = letter;
    }
    text
}

fn locales() -> String {
    let mut text = format!("{HEAD}<locale-config xmlns:android=\"http://schemas.android.com/apk/res/android\">\n");
    for language in Language::ALL {
        text += &format!("    <locale android:name=\"{}\" />\n", language.tag());
    }
    text + "</locale-config>\n"
}

fn colors(palette: &Palette) -> String {
    let mut text = format!("{HEAD}<resources>\n");
    for (name, color) in palette.roles() {
        text += &format!("    <color name=\"{name}\">{}</color>\n", color.hex());
    }
    if !palette.dark {
        // A home screen has one look by day and by night.
        text += &format!("    <color name=\"launcher_background\">{}</color>\n", palette.accent.hex());
        text += &format!("    <color name=\"launcher_mark\">{}</color>\n", palette.background.hex());
    }
    text + "</resources>\n"
}

/// The mark on a square, in its middle.
fn drawable(side: f32, color: &str) -> String {
    let path: Vec<String> =
        icons().iter().filter(|icon| icon.name == "mark").flat_map(|icon| &icon.strokes).map(path).collect();
    let (scale, away) = if side > 24.0 { (2.0, (side - 48.0) / 2.0) } else { (1.0, 0.0) };
    let (side, scale, away) = (number(side), number(scale), number(away));
    format!(
        "{HEAD}<vector xmlns:android=\"http://schemas.android.com/apk/res/android\"
    android:width=\"{side}dp\"
    android:height=\"{side}dp\"
    android:viewportWidth=\"{side}\"
    android:viewportHeight=\"{side}\">
    <group android:scaleX=\"{scale}\" android:scaleY=\"{scale}\" android:translateX=\"{away}\" android:translateY=\"{away}\">
        <path
            android:pathData=\"{path}\"
            android:strokeColor=\"{color}\"
            android:strokeWidth=\"2\"
            android:strokeLineCap=\"round\"
            android:strokeLineJoin=\"round\" />
    </group>
</vector>
",
        path = path.join(" ")
    )
}

/// A stroke as SVG and Android write it.
pub(super) fn path(stroke: &Stroke) -> String {
    let list = |letter: char, values: &[f32]| {
        format!("{letter}{}", values.iter().map(|one| number(*one)).collect::<Vec<_>>().join(" "))
    };
    match *stroke {
        Stroke::Move(x, y) => list('M', &[x, y]),
        Stroke::Line(x, y) => list('L', &[x, y]),
        Stroke::Curve(a, b, c, d, x, y) => list('C', &[a, b, c, d, x, y]),
        Stroke::Close => "Z".to_owned(),
    }
}

fn ids(labels: &Labels) -> String {
    let mut text = "// Written by kapprum-design; change bindings/design instead.
package se.kapprum.app

import se.kapprum.design.CountedLabel
import se.kapprum.design.Label

/** The resource of a label. */
fun Label.id(): Int = when (this) {
"
    .to_owned();
    for label in labels.plain() {
        text += &format!("    Label.{} -> R.string.{}\n", pascal(&label.name), label.name);
    }
    text += "}\n\n/** The resource of a counted label. */\nfun CountedLabel.id(): Int = when (this) {\n";
    for label in labels.counted() {
        text += &format!("    CountedLabel.{} -> R.plurals.{}\n", pascal(&label.name), label.name);
    }
    text + "}\n"
}

#[cfg(test)]
mod tests {
    use kapprum_words::Form;

    use super::*;

    fn words(text: &str) -> Piece {
        Piece::Words(text.to_owned())
    }

    fn value(name: &str) -> Piece {
        Piece::Value(name.to_owned())
    }

    #[test]
    fn texts_are_escaped_as_resources_need() {
        for (given, written) in [
            ("Maj & <Elin>", "Maj &amp; &lt;Elin>"),
            ("the app's \"own\"", "the app\\'s \\\"own\\\""),
            ("@anna", "\\@anna"),
            ("?", "\\?"),
            ("Vem? @", "Vem? @"),
            ("a\\b\nc", "a\\\\b\\nc"),
            ("100 %", "100 %"),
            ("two  spaces", "two \\u0020spaces"),
            ("\u{200F}Kapprum مفتوح", "\\u200fKapprum مفتوح"),
        ] {
            assert_eq!(said(&[words(given)], &[]), written);
        }
        let pieces = [value("name"), words(" är 100 % "), value("state"), words(", "), value("name")];
        assert_eq!(said(&pieces, &["name", "state"]), "%1$s är 100 %% %2$s, %1$s");
    }

    #[test]
    fn plurals_take_their_count_as_text() {
        let forms = vec![(Form::Two, vec![words("شيئان")]), (Form::Other, vec![value("count"), words(" شيء")])];
        let text = Text::Counted { count: "count".to_owned(), forms };
        let written = strings(&[Label { name: "left".to_owned(), text }]);
        assert!(written.contains(
            "    <plurals name=\"left\">
        <item quantity=\"two\">شيئان</item>
        <item quantity=\"other\">%1$s شيء</item>
    </plurals>\n"
        ));
    }

    #[test]
    fn every_language_has_its_folder() {
        let files = files(&Labels::read().unwrap());
        let text = |path: &str| files.iter().find(|file| file.path == path).unwrap().text.clone();
        assert!(text("res/values/strings.xml").contains("<string name=\"undo\">Ångra</string>"));
        assert!(text("res/values-en/strings.xml").contains("<string name=\"undo\">Undo</string>"));
        assert!(text("res/values-ar/strings.xml").contains("أنت \\u2068%1$s\\u2069</string>"));
        assert!(text("res/values-ar/strings.xml").contains("<item quantity=\"zero\">"));
        assert!(text("res/xml/locales.xml").contains("android:name=\"ar\""));
        assert!(text("res/values-night/colors.xml").contains("<color name=\"background\">#121A1A</color>"));
        assert!(text("kotlin/se/kapprum/app/LabelResources.kt").contains("    Label.Undo -> R.string.undo\n"));
    }
}
