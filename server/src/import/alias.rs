//! The names under which protected people are known (rulings i, k).

use uuid::Uuid;

/// An ordinary given name that is not one's own, always the same for one person.
pub fn alias(id: Uuid, own: &str) -> &'static str {
    let first = id.as_bytes().iter().fold(0u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(u16::from(*byte)));
    let own = own.to_lowercase();
    let mut names = ALIASES.iter().cycle().skip(usize::from(first) % ALIASES.len()).take(ALIASES.len());
    names.find(|name| !own.contains(&name.to_lowercase())).copied().unwrap_or("Kim")
}

/// Names that any child may have.
const ALIASES: [&str; 24] = [
    "Kim", "Robin", "Alex", "Charlie", "Mika", "Sam", "Noa", "Juno", "Ariel", "Billie", "Eli", "Jamie", "Kaj", "Lo",
    "Mio", "Nikki", "Andrea", "Sasha", "Tintin", "Vanja", "Dana", "Marion", "Michele", "Rene",
];

/// As [`alias`], where only what is stored tells the name: an alias that was given before stays.
pub(super) fn alias_over(id: Uuid, given: &str, family: &str) -> &'static str {
    let before = ALIASES.iter().find(|name| family.is_empty() && **name == given);
    before.copied().unwrap_or_else(|| alias(id, given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_never_ones_own_name_and_stays() {
        for number in 0..100 {
            let id = Uuid::from_u128(number);
            for own in ["Kim", "Robin Alex", "Ebba", ""] {
                let name = alias(id, own);
                assert!(own.is_empty() || !own.contains(name), "{own} {name}");
                assert_eq!(alias_over(id, own, "Lindqvist"), name);
                assert_eq!(alias_over(id, name, ""), name);
            }
        }
    }
}
