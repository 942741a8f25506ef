//! Who acts. The actor comes from the session, never from a command.

use serde::{Deserialize, Serialize};

use crate::access::Rights;
use crate::command::Command;
use crate::id::{CommandId, HolderId, PersonId, TenantId};
use crate::time::Timestamp;

/// The part in which a holder signed in; someone with several chooses one (rule 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Guardian of children.
    Guardian,
    /// Student, also of age.
    Student,
    /// Staff of units and groups.
    Staff,
    /// A paired tablet of a department (ruling e).
    Tablet,
    /// A paired board in the hall (ruling u).
    Board,
}

/// One session family with one encrypted file on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account {
    /// The municipality.
    pub tenant: TenantId,
    /// The person or paired device.
    pub holder: HolderId,
    /// As what.
    pub role: Role,
}

/// Who acts: an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The signed-in account.
    pub account: Account,
}

impl Actor {
    /// The acting person; a shared device is nobody.
    pub fn person(&self) -> Option<PersonId> {
        match self.account.role {
            Role::Guardian | Role::Student | Role::Staff => Some(self.account.holder.as_person()),
            Role::Tablet | Role::Board => None,
        }
    }
}

/// A command on its way to a decision, with what is known around it.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// The command's one id for ever.
    pub id: CommandId,
    /// What is asked for.
    pub command: &'a Command,
    /// Who asks.
    pub actor: &'a Actor,
    /// What the actor holds.
    pub rights: &'a Rights,
    /// On a shared device: who tapped. Checked evidence; never widens rights.
    pub tapped: Option<PersonId>,
    /// When the server received it; on a phone the estimated server time. Cut-offs are judged by this.
    pub now: Timestamp,
    /// When the person asked, as far as the phone knew. Shown and audited only.
    pub created: Timestamp,
}
