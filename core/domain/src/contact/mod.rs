//! Contact details: names come from the register, phone and mail are one's own (rules 101, 102).

use serde::{Deserialize, Serialize};

use crate::absence::put_unless_same;
use crate::actor::Sending;
use crate::id::{PersonId, RecordId};
use crate::record::{Body, Change};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::world::{Undecided, World};

/// How to reach a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The person.
    pub person: PersonId,
    /// Given name, from the register.
    pub given_name: String,
    /// Family name, from the register.
    pub family_name: String,
    /// Phone number.
    #[serde(default)]
    pub phone: String,
    /// Mail address.
    #[serde(default)]
    pub mail: String,
    /// Postal address, from the register.
    #[serde(default)]
    pub address: String,
}

impl Body for Contact {
    const KIND: &'static str = "contact";
    fn scope(&self) -> Scope {
        Scope::Contact(self.person)
    }
    fn id(&self) -> RecordId {
        RecordId(self.person.0)
    }
}

/// Most characters of a mail address or phone number.
pub const LENGTH: u16 = 100;

/// Sets one's own phone and mail.
pub(crate) fn set(sending: &Sending<'_>, world: &World<'_>, phone: &str, mail: &str) -> Result<Vec<Change>, Undecided> {
    let person = sending.actor.person().ok_or(Refusal::NoRight)?;
    if !sending.rights.holds(Scope::Contact(person)) {
        return Err(Refusal::NoRight.into());
    }
    if [phone, mail].iter().any(|text| text.chars().count() > usize::from(LENGTH)) {
        return Err(Refusal::TooLong { most: LENGTH }.into());
    }
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let is_phone =
        phone.is_empty() || (digits >= 5 && phone.chars().all(|one| one.is_ascii_digit() || "+- ()".contains(one)));
    let is_mail = mail.is_empty()
        || mail
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !mail.contains(char::is_whitespace));
    if !is_phone || !is_mail {
        return Err(Refusal::WrongContact.into());
    }
    let contact = world.get::<Contact>(Scope::Contact(person), RecordId(person.0))?.ok_or(Refusal::NotThere)?;
    put_unless_same(world, &Contact { phone: phone.to_owned(), mail: mail.to_owned(), ..contact })
}
