//! Hiding those who have a security mark, and those near them (ruling i): nobody is left standing by name because the
//! source says less of them.

use kapprum_domain::contact::Contact;
use kapprum_domain::id::{PersonId, RecordId};
use kapprum_domain::organisation::StaffCard;
use kapprum_domain::register::{Child, ContactDetails, Employed, Enrolled, Imported};
use kapprum_domain::scope::Scope;
use kapprum_domain::world::Unread;

use super::Resource;
use super::alias::alias_over;
use super::apply::{Decision, Known, no_contact};
use super::wanted::WantedPerson;

impl Decision<'_> {
    /// A protected person of whom the source has no name, with an alias that is not the name we know.
    pub(super) fn nameless(&mut self, wanted: &WantedPerson) -> Result<(), Unread> {
        let mut named = WantedPerson { given_name: self.alias(wanted.person)?, ..wanted.clone() };
        if let Some(child) = &mut named.child {
            child.card.call_name.clone_from(&named.given_name);
        }
        self.person(&named)
    }

    fn alias(&self, person: PersonId) -> Result<String, Unread> {
        let child = person.as_child();
        let card = self.world.get::<Child>(Scope::Child(child), RecordId(child.0))?;
        let contact = self.world.get::<Contact>(Scope::Contact(person), RecordId(person.0))?;
        let known = card.map(|card| (card.call_name, card.family_name));
        let known = known.or_else(|| contact.map(|contact| (contact.given_name, contact.family_name)));
        let (given, family) = known.unwrap_or_default();
        Ok(alias_over(person.0, &given, &family).to_owned())
    }

    /// Hides whatever is stored of somebody of whom nothing else is sound.
    pub(super) fn hidden(&mut self, person: PersonId, marked: bool) -> Result<(), Unread> {
        let (scope, id, alias) = (Scope::Register(person), RecordId(person.0), self.alias(person)?);
        let mut known = Known::Same;
        if marked {
            known = known.max(self.hide_card(person, &alias)?);
            if let Some(enrolled) = self.world.get::<Enrolled>(scope, id)? {
                known = known.max(self.put(&Enrolled { marked, ..enrolled })?);
            }
        }
        for duty in self.world.get::<Employed>(scope, id)?.into_iter().flat_map(|employed| employed.duties) {
            if let Some(card) = self.world.get::<StaffCard>(Scope::Unit(duty.unit), id)? {
                known = known.max(self.put(&StaffCard { name: alias.clone(), ..card })?);
            }
        }
        if self.world.get::<Contact>(Scope::Contact(person), id)?.is_some() {
            known = known.max(self.put(&Contact { given_name: alias, hidden: true, ..no_contact(person) })?);
        }
        if let Some(imported) = self.world.get::<Imported>(scope, id)? {
            known = known.max(self.put(&Imported { contact: ContactDetails::default(), ..imported })?);
        }
        if known != Known::Same {
            self.count(Resource::Persons, Known::Differed);
        }
        Ok(())
    }

    /// Takes the name from the card of somebody who is or was a child here and has a mark now.
    pub(super) fn hide_card(&mut self, person: PersonId, alias: &str) -> Result<Known, Unread> {
        let child = person.as_child();
        let Some(card) = self.world.get::<Child>(Scope::Child(child), RecordId(child.0))? else {
            return Ok(Known::Same);
        };
        self.put(&Child { call_name: alias.to_owned(), family_name: String::new(), ..card })
    }
}
