//! Commands: what people ask for, and the one door to a decision.

use serde::{Deserialize, Serialize};

use crate::actor::Sending;
use crate::id::ChildId;
use crate::record::Change;
use crate::scope::Scope;
use crate::time::Day;
use crate::world::{Undecided, World};

/// What a person can ask for. A command sets, it never toggles or adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// The child will not come (ruling m).
    ReportAbsence {
        /// The child.
        child: ChildId,
        /// First day.
        from: Day,
        /// Last day, inclusive.
        until: Day,
    },
}

impl Command {
    /// The scopes it names: losing one of them ends it (`protocol.md` §2).
    pub fn scopes(&self) -> Vec<Scope> {
        match self {
            Self::ReportAbsence { child, .. } => vec![Scope::Absence(*child)],
        }
    }

    /// When it is of no use any more and may be let go.
    pub fn valid_until(&self) -> Option<crate::time::Timestamp> {
        None
    }
}

/// Decides a command: the changes it makes, or why not. The phone predicts with it, the server makes it true.
pub fn decide(_sending: &Sending<'_>, _world: &World<'_>) -> Result<Vec<Change>, Undecided> {
    Ok(Vec::new())
}
