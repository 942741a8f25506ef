//! Invented Swedish names and streets.

/// Given names.
pub(crate) const GIVEN: [&str; 40] = [
    "Alma", "Alva", "Astrid", "Axel", "Bertil", "Billie", "Dante", "Doris", "Ebbe", "Edith", "Elsa", "Emil", "Engla",
    "Folke", "Freja", "Frans", "Greta", "Hedvig", "Hugo", "Ines", "Ivar", "Juni", "Kerstin", "Leo", "Lova", "Ludvig",
    "Majken", "Malte", "Nora", "Olle", "Otis", "Rut", "Sigge", "Siri", "Stina", "Sven", "Tage", "Tyra", "Vidar",
    "Yusuf",
];

/// Family names.
pub(crate) const FAMILY: [&str; 32] = [
    "Ahmadi",
    "Almgren",
    "Berggren",
    "Björk",
    "Dahlin",
    "Edlund",
    "Engström",
    "Falk",
    "Forsman",
    "Grahn",
    "Hedin",
    "Hellström",
    "Isaksson",
    "Jansson",
    "Kowalska",
    "Lind",
    "Lundell",
    "Malm",
    "Mohamud",
    "Nordin",
    "Nyberg",
    "Palm",
    "Qvist",
    "Rosén",
    "Sandell",
    "Sjögren",
    "Strand",
    "Svärd",
    "Tesfaye",
    "Wallin",
    "Ödman",
    "Österberg",
];

/// Streets.
const STREETS: [&str; 8] =
    ["Björkvägen", "Hamngatan", "Kungsgatan", "Lingonstigen", "Parkgatan", "Residensgatan", "Skogsvägen", "Vallgatan"];

/// A street by a number.
pub(crate) fn street(number: u128) -> &'static str {
    STREETS[(number % STREETS.len() as u128) as usize]
}
