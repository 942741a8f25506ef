//! What each device was given to do, and what it told.

use std::collections::BTreeSet;

use kapprum_domain::command::Command;
use kapprum_domain::id::CommandId;

/// All that happened at one device.
#[derive(Debug, Default, Clone)]
pub(crate) struct Journal {
    /// As the server names the account in its receipts.
    pub(crate) account: String,
    /// In order.
    pub(crate) given: Vec<Given>,
    /// Commands that were to be taken back, whether it was told or not.
    pub(crate) taken_back: BTreeSet<CommandId>,
    /// A right of this account ends and comes back: what it sent may be refused or withdrawn for that.
    pub(crate) loses_rights: bool,
    /// The server was restored from a backup: an older command may have yielded to a newer one.
    pub(crate) restored: bool,
    /// How many commands were not taken for want of a right.
    pub(crate) not_taken: usize,
}

/// A command.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) command: Command,
    /// The id under which the device told it to be saved; none: it died before it told anything.
    pub(crate) saved: Option<CommandId>,
}

impl Journal {
    /// How many commands were told to be saved.
    pub(crate) fn saved(&self) -> usize {
        self.given.iter().filter(|given| given.saved.is_some()).count()
    }

    /// How many may have been saved without its being told.
    pub(crate) fn in_doubt(&self) -> usize {
        self.given.len() - self.saved()
    }
}
