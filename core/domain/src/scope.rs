//! Scopes: who may see a record is decided by where it lies (`protocol.md` §1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{ChildId, GroupId, HolderId, PersonId, PlacementId, UnitId};

/// The place of a record. All who hold a scope get the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// Switches of the municipality.
    Tenant,
    /// A unit's names, hours, switches and staff cards.
    Unit(UnitId),
    /// What the staff of a group work with.
    Group(GroupId),
    /// What all families of a group may read.
    Families(GroupId),
    /// What a hall board shows.
    Board(GroupId),
    /// A child's card.
    Child(ChildId),
    /// A child's care notes and pick-up people.
    Care(ChildId),
    /// A placement with its schedule, day changes and attendance.
    Placement(PlacementId),
    /// A child's absence and leave.
    Absence(ChildId),
    /// A person's contact details.
    Contact(PersonId),
    /// A holder's own grants and settings.
    Person(HolderId),
    /// What the school register says of a person. Held by nobody: rules read it, no device ever gets it.
    Register(PersonId),
}

impl Scope {
    /// How early a device that has nothing needs it, smaller first: what tells whose device it is, then the children,
    /// their day, and the rest.
    pub fn need(&self) -> u8 {
        match self {
            Self::Tenant | Self::Person(_) => 0,
            Self::Child(_) | Self::Board(_) => 1,
            Self::Absence(_) | Self::Placement(_) => 2,
            Self::Unit(_) => 3,
            Self::Group(_) | Self::Families(_) | Self::Care(_) | Self::Contact(_) | Self::Register(_) => 4,
        }
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a scope")]
pub struct NotAScope;

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => f.write_str("tenant"),
            Self::Unit(id) => write!(f, "unit/{id}"),
            Self::Group(id) => write!(f, "group/{id}"),
            Self::Families(id) => write!(f, "families/{id}"),
            Self::Board(id) => write!(f, "board/{id}"),
            Self::Child(id) => write!(f, "child/{id}"),
            Self::Care(id) => write!(f, "care/{id}"),
            Self::Placement(id) => write!(f, "placement/{id}"),
            Self::Absence(id) => write!(f, "absence/{id}"),
            Self::Contact(id) => write!(f, "contact/{id}"),
            Self::Person(id) => write!(f, "person/{id}"),
            Self::Register(id) => write!(f, "register/{id}"),
        }
    }
}

impl FromStr for Scope {
    type Err = NotAScope;
    fn from_str(text: &str) -> Result<Self, NotAScope> {
        fn id<T: FromStr>(text: &str) -> Result<T, NotAScope> {
            // One spelling per scope: 36 characters, lower case.
            let plain = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
            text.parse().ok().filter(|_| plain).ok_or(NotAScope)
        }
        let Some((name, rest)) = text.split_once('/') else {
            return if text == "tenant" { Ok(Self::Tenant) } else { Err(NotAScope) };
        };
        Ok(match name {
            "unit" => Self::Unit(id(rest)?),
            "group" => Self::Group(id(rest)?),
            "families" => Self::Families(id(rest)?),
            "board" => Self::Board(id(rest)?),
            "child" => Self::Child(id(rest)?),
            "care" => Self::Care(id(rest)?),
            "placement" => Self::Placement(id(rest)?),
            "absence" => Self::Absence(id(rest)?),
            "contact" => Self::Contact(id(rest)?),
            "person" => Self::Person(id(rest)?),
            "register" => Self::Register(id(rest)?),
            _ => return Err(NotAScope),
        })
    }
}

impl TryFrom<String> for Scope {
    type Error = NotAScope;
    fn try_from(text: String) -> Result<Self, NotAScope> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn every_scope_is_read_back_from_its_name() {
        let id = Uuid::from_u128(7);
        for scope in [
            Scope::Tenant,
            Scope::Unit(UnitId(id)),
            Scope::Group(GroupId(id)),
            Scope::Families(GroupId(id)),
            Scope::Board(GroupId(id)),
            Scope::Child(ChildId(id)),
            Scope::Care(ChildId(id)),
            Scope::Placement(PlacementId(id)),
            Scope::Absence(ChildId(id)),
            Scope::Contact(PersonId(id)),
            Scope::Person(HolderId(id)),
            Scope::Register(PersonId(id)),
        ] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        for wrong in ["", "tenant/", "child", "child/7", "Child/00000000-0000-0000-0000-000000000007"] {
            assert_eq!(wrong.parse::<Scope>(), Err(NotAScope), "{wrong}");
        }
    }
}
