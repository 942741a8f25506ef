//! Labels: the static texts of the shells, read from Fluent so that each platform's own format can be written from them.
//!
//! Labels are simpler than messages, since every platform must be able to hold them: words, `{ $name }`, and plurals.

use std::borrow::Cow;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey};
use fluent_syntax::parser::parse_runtime;

use crate::Language;

/// A label in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its name: the same in every language, and the key in every platform's format.
    pub name: String,
    /// What it says.
    pub text: Text,
}

/// What a label says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// One text.
    Plain(Vec<Piece>),
    /// One text for each plural form; the count is the only value.
    Counted {
        /// The name of the count.
        count: String,
        /// The forms; `other` is always among them.
        forms: Vec<(Form, Vec<Piece>)>,
    },
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words as they stand.
    Words(String),
    /// The value with this name is put here.
    Value(String),
}

/// A plural form of the Unicode locale data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// For none.
    Zero,
    /// For one.
    One,
    /// For two.
    Two,
    /// For a few.
    Few,
    /// For many.
    Many,
    /// For all others.
    Other,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 6] = [Self::Zero, Self::One, Self::Two, Self::Few, Self::Many, Self::Other];

    /// The name that Fluent, Android and Apple all use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::One => "one",
            Self::Two => "two",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }
}

impl Label {
    /// The names of its values, in the order they first stand; of the one count, if it is counted.
    pub fn values(&self) -> Vec<&str> {
        match &self.text {
            Text::Counted { count, .. } => vec![count],
            Text::Plain(pieces) => pieces.iter().fold(Vec::new(), |mut found, piece| {
                if let Piece::Value(name) = piece
                    && !found.contains(&name.as_str())
                {
                    found.push(name);
                }
                found
            }),
        }
    }
}

/// The labels in a language, in the order of the file; or what is wrong with the file.
pub fn labels(language: Language) -> Result<Vec<Label>, String> {
    read(language.labels(), language.is_right_to_left())
}

fn read(source: &str, right_to_left: bool) -> Result<Vec<Label>, String> {
    let resource = parse_runtime(source).map_err(|(_, faults)| format!("not Fluent: {faults:?}"))?;
    let mut labels = Vec::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let name = message.id.name.to_owned();
        let pattern = message.value.as_ref().ok_or_else(|| format!("{name} has no text"))?;
        let text = text(pattern, right_to_left).map_err(|why| format!("{name}: {why}"))?;
        labels.push(Label { name, text });
    }
    Ok(labels)
}

fn text(pattern: &Pattern<&str>, right_to_left: bool) -> Result<Text, String> {
    let [PatternElement::Placeable { expression: Expression::Select { selector, variants } }] =
        pattern.elements.as_slice()
    else {
        return Ok(Text::Plain(pieces(pattern, None, right_to_left)?));
    };
    let InlineExpression::VariableReference { id } = selector else {
        return Err("a plural is chosen by a value".to_owned());
    };
    let mut forms = Vec::new();
    for variant in variants {
        let VariantKey::Identifier { name } = variant.key else {
            return Err("a plural form has a name, not a number".to_owned());
        };
        let form = Form::ALL.into_iter().find(|form| form.name() == name);
        let form = form.ok_or_else(|| format!("{name} is no plural form"))?;
        forms.push((form, pieces(&variant.value, Some(id.name), right_to_left)?));
    }
    if !forms.iter().any(|(form, _)| *form == Form::Other) {
        return Err("the form `other` is missing".to_owned());
    }
    Ok(Text::Counted { count: id.name.to_owned(), forms })
}

/// The pieces of a text. In text from right to left a name gets its own direction; a count needs none.
fn pieces(pattern: &Pattern<&str>, count: Option<&str>, right_to_left: bool) -> Result<Vec<Piece>, String> {
    let mut words = Cow::Borrowed("");
    let mut pieces = Vec::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => words.to_mut().push_str(value),
            PatternElement::Placeable {
                expression: Expression::Inline(InlineExpression::VariableReference { id }),
            } => {
                if count.is_some_and(|count| count != id.name) {
                    return Err(format!("{} beside a count", id.name));
                }
                let isolated = right_to_left && count.is_none();
                if isolated {
                    words.to_mut().push('\u{2068}');
                }
                pieces.push(Piece::Words(std::mem::take(&mut words).into_owned()));
                pieces.push(Piece::Value(id.name.to_owned()));
                if isolated {
                    words.to_mut().push('\u{2069}');
                }
            }
            PatternElement::Placeable { .. } => {
                return Err("only { $name } and whole plurals can be written".to_owned());
            }
        }
    }
    pieces.push(Piece::Words(words.into_owned()));
    pieces.retain(|piece| !matches!(piece, Piece::Words(words) if words.is_empty()));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_in_every_language_with_its_values_and_every_plural_form() {
        let swedish = labels(Language::Swedish).unwrap();
        assert!(swedish.iter().any(|label| label.name == "sign_in_title"));
        for language in Language::ALL {
            let here = labels(language).unwrap();
            assert_eq!(
                here.iter().map(|label| (&label.name, label.values())).collect::<Vec<_>>(),
                swedish.iter().map(|label| (&label.name, label.values())).collect::<Vec<_>>(),
                "{language:?}"
            );
            for label in &here {
                if let Text::Counted { forms, .. } = &label.text {
                    let forms: Vec<Form> = forms.iter().map(|(form, _)| *form).collect();
                    assert_eq!(forms, language.plural_forms(), "{} in {language:?}", label.name);
                }
            }
        }
    }

    #[test]
    fn a_label_is_words_values_and_plurals() {
        let source = "hello = Hej, { $name }!\nleft = { $count ->\n    [one] En\n   *[other] { $count } kvar\n}\n";
        let value = |name: &str| Piece::Value(name.to_owned());
        let words = |text: &str| Piece::Words(text.to_owned());
        let labels = read(source, false).unwrap();
        assert_eq!(labels[0].text, Text::Plain(vec![words("Hej, "), value("name"), words("!")]));
        let forms = vec![(Form::One, vec![words("En")]), (Form::Other, vec![value("count"), words(" kvar")])];
        assert_eq!(labels[1].text, Text::Counted { count: "count".to_owned(), forms });
    }

    #[test]
    fn from_right_to_left_a_name_has_its_own_direction() {
        let Text::Plain(pieces) = read("hello = أهلًا { $name }!\n", true).unwrap().remove(0).text else {
            panic!()
        };
        assert_eq!(pieces[0], Piece::Words("أهلًا \u{2068}".to_owned()));
        assert_eq!(pieces[2], Piece::Words("\u{2069}!".to_owned()));
    }

    #[test]
    fn what_a_platform_could_not_hold_is_told_by_name() {
        for (source, told) in [
            ("one = { one ->\n   *[other] Fel\n}\n", "not Fluent"),
            ("two = Hej { two.three }\n", "two: only"),
            ("three = { $count ->\n    [0] Inga\n   *[other] Fler\n}\n", "three: a plural form has a name"),
            ("four = { $count ->\n   *[many] Många\n}\n", "four: the form `other` is missing"),
            ("five = { $count ->\n   *[other] { $name } fler\n}\n", "five: name beside a count"),
            ("six = Sju { $count ->\n   *[other] åtta\n}\n", "six: only"),
        ] {
            let fault = read(source, false).unwrap_err();
            assert!(fault.starts_with(told), "{source} gave {fault}");
        }
    }
}
