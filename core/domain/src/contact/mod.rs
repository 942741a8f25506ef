//! Contact details: names come from the register, phone and mail are one's own (rules 101, 102).

use serde::{Deserialize, Serialize};

use crate::absence::municipality;
use crate::actor::Sending;
use crate::id::{PersonId, RecordId};
use crate::organisation::Unit;
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
    /// Nothing that leads to the person may stand here: marked, or guardian of somebody marked (ruling i).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
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

/// Sets one's own phone and mail. What staff would see of a hidden person is told to the school by voice.
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
    if contact.hidden {
        return Err(Refusal::KeptBySchool { phone: phone_of(sending, world)? }.into());
    }
    Ok(vec![Change::put(&Contact { phone: phone.to_owned(), mail: mail.to_owned(), ..contact })])
}

/// Where the sender rings: a unit of theirs, else the municipality.
fn phone_of(sending: &Sending<'_>, world: &World<'_>) -> Result<String, Undecided> {
    let unit = sending.rights.iter().find_map(|(scope, _)| match scope {
        Scope::Unit(unit) => Some(unit),
        _ => None,
    });
    let unit = match unit {
        Some(unit) => world.get::<Unit>(Scope::Unit(unit), RecordId(unit.0))?,
        None => None,
    };
    Ok(municipality(world)?.phone_of(unit.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::small_world::*;

    #[test]
    fn phone_and_mail_are_ones_own_unless_the_school_keeps_them() {
        let kept = || Err(Refusal::KeptBySchool { phone: "0521-11 11 11".to_owned() });
        let unchanged = |_: &mut Contact| ();
        let hidden = |contact: &mut Contact| contact.hidden = true;
        type Case<'a> = (&'a dyn Fn(&mut Contact), PersonId, &'a str, &'a str, Result<usize, Refusal>);
        let cases: &[Case<'_>] = &[
            (&unchanged, ANNA, "070-174 06 35", "anna@example.se", Ok(1)),
            (&unchanged, ANNA, "", "", Ok(0)),
            (&unchanged, BO, "070-174 06 35", "", Err(Refusal::NoRight)),
            (&unchanged, ANNA, "ring mig", "", Err(Refusal::WrongContact)),
            (&unchanged, ANNA, "", "anna", Err(Refusal::WrongContact)),
            (&hidden, ANNA, "070-174 06 35", "", kept()),
        ];
        for (change, person, phone, mail, expected) in cases {
            let mut world = SmallWorld::new();
            let mut contact: Contact = world.all(Scope::Contact(ANNA)).remove(0);
            change(&mut contact);
            world.put(&contact);
            let command = Command::SetContact { person: *person, phone: (*phone).into(), mail: (*mail).into() };
            assert_eq!(world.send(guardian(ANNA), at("10:00"), &command), *expected, "{phone} {mail}");
        }
    }
}
