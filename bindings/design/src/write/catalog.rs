//! Apple's String Catalog: every label in every language, as JSON.

use kapprum_words::{Label, Language, Piece, Text};

use super::{Labels, is_counted, visible};

/// The catalogue.
pub(super) fn text(labels: &Labels) -> String {
    let mut keys: Vec<(String, &str)> = labels.source().iter().map(|label| (key(label), label.name.as_str())).collect();
    keys.sort();
    let entries: Vec<String> = keys
        .iter()
        .map(|(key, name)| {
            let mut languages: Vec<(&str, String)> = labels
                .languages()
                .iter()
                .flat_map(|(language, labels)| labels.iter().map(move |label| (language, label)))
                .filter(|(_, label)| label.name == *name)
                .map(|(language, label)| (language.tag(), localization(label)))
                .collect();
            languages.sort();
            let languages: Vec<String> =
                languages.iter().map(|(tag, text)| format!("        \"{tag}\" : {text}")).collect();
            format!(
                "    {} : {{\n      \"extractionState\" : \"manual\",\n      \"localizations\" : {{\n{}\n      }}\n    }}",
                json(key),
                languages.join(",\n")
            )
        })
        .collect();
    format!(
        "{{\n  \"sourceLanguage\" : \"{}\",\n  \"strings\" : {{\n{}\n  }},\n  \"version\" : \"1.0\"\n}}\n",
        Language::default().tag(),
        entries.join(",\n")
    )
}

/// The catalogue's key of a label: its name, and what SwiftUI writes for each value.
fn key(label: &Label) -> String {
    let mark = if is_counted(label) { "%lld" } else { "%@" };
    std::iter::once(label.name.as_str()).chain(label.values().iter().map(|_| mark)).collect::<Vec<_>>().join(" ")
}

fn localization(label: &Label) -> String {
    let values = label.values();
    let unit = |pieces: &[Piece], mark: &str| {
        format!(
            "{{ \"stringUnit\" : {{ \"state\" : \"translated\", \"value\" : {} }} }}",
            json(&said(pieces, &values, mark))
        )
    };
    match &label.text {
        Text::Plain(pieces) => unit(pieces, "@"),
        Text::Counted { forms, .. } => {
            let forms: Vec<String> = forms
                .iter()
                .map(|(form, pieces)| format!("            \"{}\" : {}", form.name(), unit(pieces, "lld")))
                .collect();
            format!("{{ \"variations\" : {{ \"plural\" : {{\n{}\n        }} }} }}", forms.join(",\n"))
        }
    }
}

/// A text as a format; several values are numbered, since a language may turn them around.
fn said(pieces: &[Piece], values: &[&str], mark: &str) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Words(words) => text += &words.replace('%', "%%"),
            Piece::Value(_) if values.len() == 1 => text += &format!("%{mark}"),
            Piece::Value(name) => {
                let place = values.iter().position(|value| value == name).map_or(1, |index| index + 1);
                text += &format!("%{place}${mark}");
            }
        }
    }
    text
}

fn json(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted += "\\n",
            _ => quoted += &visible(letter),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_formats_in_json() {
        let words = |text: &str| Piece::Words(text.to_owned());
        let value = |name: &str| Piece::Value(name.to_owned());
        for (given, written) in [
            ("the app's \"own\" & <b>", "\"the app's \\\"own\\\" & <b>\""),
            ("a\\b\nc", "\"a\\\\b\\nc\""),
            ("@ 100 %?", "\"@ 100 %%?\""),
            ("\u{2068}x\u{2069}", "\"\\u2068x\\u2069\""),
        ] {
            assert_eq!(json(&said(&[words(given)], &[], "@")), written);
        }
        assert_eq!(said(&[words("Hej "), value("name")], &["name"], "@"), "Hej %@");
        assert_eq!(said(&[value("b"), words(" "), value("a")], &["a", "b"], "@"), "%2$@ %1$@");
    }

    #[test]
    fn the_catalogue_has_every_language_and_plural() {
        let catalog = text(&Labels::read().unwrap());
        assert!(catalog.contains("\"sourceLanguage\" : \"sv\""));
        assert!(catalog.contains("    \"sign_out_unsent %lld\" : {"));
        assert!(catalog.contains(
            "            \"few\" : { \"stringUnit\" : { \"state\" : \"translated\", \"value\" : \"%lld أشياء"
        ));
        assert!(catalog.contains("    \"group_acting_as %@\" : {"));
        assert!(catalog.contains("\"value\" : \"أنت \\u2068%@\\u2069\""));
        assert_eq!(catalog.matches('{').count(), catalog.matches('}').count());
    }
}
