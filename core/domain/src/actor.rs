//! Who acts. The actor comes from the session, never from a command.

use serde::{Deserialize, Serialize};

use crate::access::Rights;
use crate::command::Command;
use crate::id::{CommandId, HolderId, PersonId, TenantId};
use crate::time::{Day, Timestamp};

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

impl Account {
    /// The person whose account it is; a shared device is nobody.
    pub fn person(&self) -> Option<PersonId> {
        match self.role {
            Role::Guardian | Role::Student | Role::Staff => Some(self.holder.as_person()),
            Role::Tablet | Role::Board => None,
        }
    }
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
        self.account.person()
    }

    /// Whether it is staff, also by a tablet: rules that bind families only let them pass.
    pub fn by_staff(&self) -> bool {
        matches!(self.account.role, Role::Staff | Role::Tablet)
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
    /// When the person asked, as far as the phone knew; see [`Self::said`] and [`Self::asked_on`].
    pub created: Timestamp,
}

/// So many days back a phone is believed about when something was asked.
const BELIEVED: i32 = 2;

impl Sending<'_> {
    /// When it was asked, as others are told: never later than it was received.
    pub fn said(&self) -> Timestamp {
        self.created.min(self.now)
    }

    /// The day by which it is judged what is over: that of asking, so that what waited for the network past midnight is
    /// taken, but never one long gone, since only the phone's clock tells it.
    pub fn asked_on(&self) -> Day {
        self.said().day().max(self.now.day().plus(-BELIEVED))
    }
}
