//! Finding people for the operator, who has names and needs ids.

use kapprum_domain::contact::Contact;
use kapprum_domain::id::PersonId;
use kapprum_domain::record::Body;
use kapprum_domain::register::Child;

use crate::store::{Result, Store};

/// The people whose name contains a text, for the operator: id, name, what they are.
pub fn find(store: &dyn Store, text: &str) -> Result<Vec<(PersonId, String, &'static str)>> {
    let wanted = text.to_lowercase();
    let mut found = Vec::new();
    store.read(&mut |snapshot| {
        let mut note = |person, name: String, what| {
            if name.to_lowercase().contains(&wanted) {
                found.push((person, name, what));
            }
        };
        snapshot.kind(Contact::KIND, &mut |body| {
            if let Ok(one) = serde_json::from_str::<Contact>(body) {
                note(one.person, format!("{} {}", one.given_name, one.family_name), "adult");
            }
        })?;
        snapshot.kind(Child::KIND, &mut |body| {
            if let Ok(one) = serde_json::from_str::<Child>(body) {
                note(one.child.as_person(), format!("{} {}", one.call_name, one.family_name), "child or student");
            }
        })
    })?;
    found.sort_by(|one, other| (&one.1, one.0).cmp(&(&other.1, other.0)));
    Ok(found)
}
