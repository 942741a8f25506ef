//! Identities: a newtype over UUID for everything that has one.
//!
//! Identity numbers are never ids (`domain.md` §3.4): they change, and they are secrets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::parse_str(text).map(Self).map_err(|_| NotAnId)
            }
        }
    )*};
}

ids! {
    /// A principal organiser: mostly a municipality.
    TenantId,
    /// A school unit: a preschool or a school.
    UnitId,
    /// A department, class, mentor, after-school or teaching group.
    GroupId,
    /// A person of any kind: guardian, staff, student or child.
    PersonId,
    /// A person in the part of a child or student. The same number as their [`PersonId`].
    ChildId,
    /// A child's place in childcare or after-school.
    PlacementId,
    /// A paired device or an app's installation.
    DeviceId,
    /// Who holds rights: a person or a paired device.
    HolderId,
    /// One command for ever; UUIDv7 made by the phone.
    CommandId,
    /// A record within its scope and kind.
    RecordId,
}

impl PersonId {
    /// This person seen as a child.
    pub fn as_child(self) -> ChildId {
        ChildId(self.0)
    }
}

impl ChildId {
    /// This child seen as a person with an own account.
    pub fn as_person(self) -> PersonId {
        PersonId(self.0)
    }
}

impl HolderId {
    /// The person who holds, if the holder is a person.
    pub fn as_person(self) -> PersonId {
        PersonId(self.0)
    }
}

impl From<PersonId> for HolderId {
    fn from(person: PersonId) -> Self {
        Self(person.0)
    }
}

impl From<DeviceId> for HolderId {
    fn from(device: DeviceId) -> Self {
        Self(device.0)
    }
}

/// All record ids are derived in this namespace, so that the predicted and the true record are one.
const NAMESPACE: Uuid = Uuid::from_u128(0x8f0e_6d5c_2f34_5c1b_9a77_1b0d_4e5a_c0a7);

impl RecordId {
    /// The id of a state: two writers of one state meet in one record (`protocol.md` §1).
    pub fn state(kind: &str, parts: &[&dyn fmt::Display]) -> Self {
        Self(derived(kind, parts))
    }

    /// The id of an event made by a command (`protocol.md` §1).
    pub fn event(command: CommandId, kind: &str, parts: &[&dyn fmt::Display]) -> Self {
        Self(Uuid::new_v5(&command.0, derived(kind, parts).as_bytes()))
    }
}

fn derived(kind: &str, parts: &[&dyn fmt::Display]) -> Uuid {
    let mut name = kind.to_owned();
    for part in parts {
        name.push('/');
        name.push_str(&part.to_string());
    }
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_facts_give_equal_ids_and_other_facts_others() {
        let (a, b) = (ChildId(Uuid::from_u128(1)), ChildId(Uuid::from_u128(2)));
        assert_eq!(RecordId::state("absence", &[&a]), RecordId::state("absence", &[&a]));
        assert_ne!(RecordId::state("absence", &[&a]), RecordId::state("absence", &[&b]));
        assert_ne!(RecordId::state("absence", &[&a]), RecordId::state("leave", &[&a]));
        let command = CommandId(Uuid::from_u128(3));
        assert_ne!(RecordId::event(command, "absence", &[&a]), RecordId::state("absence", &[&a]));
    }
}
