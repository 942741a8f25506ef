//! What became of each command: what befell it, what the server said, what devices showed.

use std::collections::{BTreeMap, BTreeSet};

use kapprum_client::store::RowState;
use kapprum_domain::actor::Account;
use kapprum_domain::id::CommandId;
use kapprum_domain::refusal::Refusal;
use kapprum_protocol::receipt::{Outcome, Receipt};

use crate::cases::{Case, Shown, TABLE};

/// A command of an account.
pub type Key = (Account, CommandId);

#[derive(Default)]
pub struct Fate {
    cases: BTreeSet<Case>,
    /// It was in a request.
    pub sent: bool,
    /// The first final outcome that the server told.
    pub told: Option<Outcome>,
    /// The first final outcome that a device showed.
    pub shown: Option<Shown>,
    /// It was refused before the server was restored without knowing: an id that is settled then stays refused.
    refused: bool,
}

#[derive(Default)]
pub struct Fates {
    of: BTreeMap<Key, Fate>,
    /// Ids that were used again.
    reused: BTreeSet<Key>,
    /// Cells that were counted apart from a command's own fate.
    cells: BTreeMap<(Case, Shown), u64>,
}

impl Fates {
    pub fn get(&self, key: &Key) -> Option<&Fate> {
        self.of.get(key)
    }

    /// Whether this befell it.
    pub fn befell(&self, key: Key, case: Case) -> bool {
        self.of.get(&key).is_some_and(|fate| fate.cases.contains(&case))
    }

    /// Something befalls a command that has no outcome yet.
    pub fn befall(&mut self, key: Key, case: Case) {
        let fate = self.of.entry(key).or_default();
        if fate.shown.is_none() {
            fate.cases.insert(case);
        }
    }

    /// Something befalls a command again that may have had its outcome elsewhere.
    pub fn befall_again(&mut self, key: Key, case: Case) {
        self.of.entry(key).or_default().cases.insert(case);
    }

    /// A person was told that it is taken back.
    pub fn taken_back(&mut self, key: Key) {
        self.of.entry(key).or_default().shown = Some(Shown::Withdrawn);
    }

    /// (c) In the end what was shown is what the server says.
    pub fn agree(&self) -> Result<(), String> {
        let wrong = |fate: &Fate| fate.shown == Some(Shown::Withdrawn) && fate.told == Some(Outcome::Ok);
        match self.of.iter().find(|(_, fate)| wrong(fate)) {
            Some((key, _)) => Err(format!("(c) {}: shown as taken back, and done", key.1)),
            None => Ok(()),
        }
    }

    /// The server is restored from a backup: of what it does not know any more anything may become, once.
    pub fn restored(&mut self, known: impl Fn(&Key) -> bool) {
        let told = |fate: &Fate| fate.told.is_some() || fate.shown.is_some();
        for (_, fate) in self.of.iter_mut().filter(|(key, fate)| told(fate) && !known(key)) {
            fate.refused |= fate.shown == Some(Shown::Refused);
            (fate.told, fate.shown) = (None, None);
            fate.cases.insert(Case::ServerRestored);
        }
    }

    pub fn sent(&mut self, key: Key) {
        self.of.entry(key).or_default().sent = true;
    }

    pub fn reused(&mut self, key: Key) {
        self.reused.insert(key);
    }

    /// Ids of an account that were done.
    pub fn done(&self, account: Account) -> impl Iterator<Item = CommandId> + '_ {
        let done = move |(key, fate): &(&Key, &Fate)| key.0 == account && fate.told == Some(Outcome::Ok);
        self.of.iter().filter(done).map(|(key, _)| key.1)
    }

    /// A cell that no outbox holds.
    pub fn count(&mut self, case: Case, shown: Shown) {
        *self.cells.entry((case, shown)).or_default() += 1;
    }

    /// (c) The server tells one outcome for ever, but for an id with other content and after 400 days.
    pub fn received(&mut self, account: Account, receipt: &Receipt) -> Result<(), String> {
        let refusal = refusal(&receipt.outcome);
        if matches!(refusal, Some(Refusal::IdReused | Refusal::TooOld)) || !receipt.outcome.is_final() {
            return Ok(());
        }
        let fate = self.of.entry((account, receipt.id)).or_default();
        match refusal {
            Some(Refusal::Internal) => drop(fate.cases.insert(Case::RuleFailed)),
            Some(Refusal::Clock) => drop(fate.cases.insert(Case::ClockAhead)),
            _ => {}
        }
        match &fate.told {
            Some(told) if *told != receipt.outcome => {
                Err(format!("(c) {}: the server said {told:?}, then {:?}", receipt.id, receipt.outcome))
            }
            _ => {
                fate.told = Some(receipt.outcome.clone());
                Ok(())
            }
        }
    }

    /// (c) Devices show one outcome for ever, and it is the server's.
    pub fn shown(&mut self, key: Key, state: &RowState) -> Result<(), String> {
        let shown = match state {
            RowState::Done => Shown::Done,
            RowState::Withdrawn => Shown::Withdrawn,
            RowState::Refused(Refusal::IdReused) if self.reused.contains(&key) => {
                self.count(Case::IdReused, Shown::Refused);
                return Ok(());
            }
            RowState::Refused(Refusal::TooOld) => {
                self.count(Case::TooOld, Shown::Refused);
                return Ok(());
            }
            RowState::Refused(_) => Shown::Refused,
            RowState::Waiting | RowState::Parked | RowState::Settling => return Ok(()),
        };
        let fate = self.of.entry(key).or_default();
        let told = match fate.told.as_ref().map(|outcome| (outcome, refusal(outcome))) {
            Some((Outcome::Ok, _)) => Some(Shown::Done),
            Some((_, Some(Refusal::Withdrawn))) => Some(Shown::Withdrawn),
            Some((Outcome::Refused(_), _)) => Some(Shown::Refused),
            _ => None,
        };
        let same = |one| if fate.refused && one == Shown::Withdrawn { Shown::Refused } else { one };
        let (told, shown) = (told.map(same), same(shown));
        if told != Some(shown) || fate.shown.is_some_and(|before| before != shown) {
            return Err(format!("(c) {}: shown {shown:?}, before {:?}, told {told:?}", key.1, fate.shown));
        }
        fate.shown = Some(shown);
        Ok(())
    }

    /// In the end: how often each cell was reached. A command that one thing befell must lie in its row.
    pub fn cells(&self, parked: &BTreeSet<Key>) -> Result<BTreeMap<(Case, Shown), u64>, String> {
        let mut cells = self.cells.clone();
        for (key, fate) in &self.of {
            let shown = if parked.contains(key) { Some(Shown::Parked) } else { fate.shown };
            let Some(shown) = shown else { continue };
            for case in &fate.cases {
                *cells.entry((*case, shown)).or_default() += 1;
            }
            let only = match fate.cases.len() {
                0 => Case::Untroubled,
                1 => *fate.cases.iter().next().unwrap(),
                _ => continue,
            };
            if fate.cases.is_empty() {
                *cells.entry((only, shown)).or_default() += 1;
            }
            let row = TABLE.iter().find(|(case, ..)| *case == only).unwrap();
            if !row.2.contains(&shown) {
                return Err(format!("(c) {}: {only:?} ended in {shown:?}, which is not in the table", key.1));
            }
        }
        Ok(cells)
    }
}

/// Why it was refused, if it was.
pub fn refusal(outcome: &Outcome) -> Option<Refusal> {
    match outcome {
        Outcome::Refused(why) => Some(serde_json::from_str(why.get()).unwrap_or(Refusal::Internal)),
        _ => None,
    }
}
