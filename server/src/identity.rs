//! Identity numbers on their way from the source to the sign-in file, and nowhere else.
//!
//! An [`IdentityNumber`] can't be printed, compared in a log or serialised; what holds it clears its memory.

use kapprum_domain::time::Day;
use zeroize::Zeroizing;

/// A personal identity number, a coordination number or a municipality's temporary number, in twelve signs
/// (`domain.md` §3.4). No `Debug`, `Display` or `Serialize`, on purpose.
pub struct IdentityNumber(Zeroizing<String>);

/// A text that is no identity number. Doesn't say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identity number")]
pub struct NotANumber;

impl IdentityNumber {
    /// Takes twelve digits whose last is the check digit, month 00–12 and day 00–31 or 60–91 (official test data has
    /// day 60), or a temporary number with two letters after the date. Spaces and separators are dropped.
    ///
    /// # Errors
    /// [`NotANumber`] if it is neither.
    pub fn parse(text: &str) -> Result<Self, NotANumber> {
        let mut kept = Zeroizing::new(String::with_capacity(12));
        kept.extend(text.chars().filter(|sign| !matches!(sign, ' ' | '-' | '+')).map(|sign| sign.to_ascii_uppercase()));
        if kept.len() != 12 || !kept.is_ascii() {
            return Err(NotANumber);
        }
        let digit = |at: usize| kept.as_bytes().get(at).filter(|sign| sign.is_ascii_digit()).map(|sign| sign - b'0');
        let pair = |at: usize| Some(digit(at)? * 10 + digit(at + 1)?);
        let dated = (0..8).all(|at| digit(at).is_some())
            && pair(4).is_some_and(|month| month <= 12)
            && pair(6).is_some_and(|day| (1..=31).contains(&day) || (60..=91).contains(&day));
        let serial = kept.get(8..).unwrap_or_default();
        let temporary = serial.bytes().take(2).all(|sign| sign.is_ascii_alphabetic())
            && serial.bytes().skip(2).all(|sign| sign.is_ascii_alphanumeric());
        let ordinary = (8..12).all(|at| digit(at).is_some()) && serial.get(..3) != Some("000") && checked(&kept);
        if dated && (temporary || ordinary) { Ok(Self(kept)) } else { Err(NotANumber) }
    }

    /// The twelve signs, for sealing and for matching a sign-in.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The birthday it tells, if it tells one: a hint only.
    pub fn birthday(&self) -> Option<Day> {
        let part = |from: usize, to: usize| self.0.get(from..to).and_then(|text| text.parse::<i16>().ok());
        let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
        Day::new(year, i8::try_from(month).ok()?, i8::try_from(day % 60).ok()?)
    }
}

/// Whether the last digit is the modulus-10 check digit of the nine before it.
fn checked(twelve: &str) -> bool {
    let sum: u32 = twelve
        .bytes()
        .skip(2)
        .enumerate()
        .map(|(at, sign)| u32::from(sign - b'0') * if at % 2 == 0 { 2 } else { 1 })
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_test_numbers_are_taken_and_broken_ones_are_not() {
        for sound in ["199908072391", "19990807-2391", "196801642395", "191711602399", "191500722390", "20130101TF01"] {
            assert!(IdentityNumber::parse(sound).is_ok(), "{sound}");
        }
        let wrong =
            ["", "9908072391", "199908072392", "199913072391", "199908322391", "199908920001", "20130101T F1Å1"];
        for wrong in wrong {
            assert!(IdentityNumber::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_hints_at_a_birthday_where_the_date_is_one() {
        let birthday = |text| IdentityNumber::parse(text).ok().unwrap().birthday().map(|day| day.to_string());
        assert_eq!(birthday("199908072391").as_deref(), Some("1999-08-07"));
        assert_eq!(birthday("196801642395").as_deref(), Some("1968-01-04"));
        assert_eq!(birthday("191500722390"), None);
    }
}
