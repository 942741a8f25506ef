//! The server's store of one tenant: records with their seq, scopes with their heads, receipts (`protocol.md` §4).
//!
//! A blocking trait, so that PostgreSQL can follow SQLite: nothing above it leans on either. Reading is one snapshot;
//! writing is one transaction that takes the lock first and allocates seqs inside it.

mod check;
pub mod sqlite;
mod state;

use kapprum_domain::actor::Account;
use kapprum_domain::id::CommandId;
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::Source;
use kapprum_protocol::cursor::{Epoch, Seq};
use kapprum_protocol::envelope::Hash;
use kapprum_protocol::frame::{Gone, Row, ScopeNumber};
use kapprum_protocol::receipt::Receipt;
use kapprum_protocol::sum::Sum;

/// What can go wrong in a store. Texts name tables, never values.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed; trying again may help.
    #[error("the database failed: {0}")]
    Failed(String),
    /// The file is not as it was written.
    #[error("the database is damaged")]
    Damaged,
    /// The file was written by a newer version.
    #[error("the database is of a newer version")]
    Newer,
    /// The file holds no store.
    #[error("the database is empty")]
    Empty,
}

/// The store's result.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Work over one snapshot.
pub type Reading<'w> = dyn FnMut(&dyn Snapshot) -> Result<()> + 'w;
/// Work in one transaction.
pub type Writing<'w> = dyn FnMut(&dyn Transaction) -> Result<()> + 'w;

/// One tenant's store.
pub trait Store: Send + Sync {
    /// Reads one snapshot.
    fn read(&self, work: &mut Reading<'_>) -> Result<()>;
    /// Writes one transaction: all of it, or nothing if the work or the commit fails.
    fn write(&self, work: &mut Writing<'_>) -> Result<()>;
    /// A number that changes when another process commits; own writes leave it as it is.
    fn elsewhere(&self) -> Result<u64>;
}

/// One state of the store.
pub trait Snapshot: Source {
    /// The store's life, floor and head.
    fn meta(&self) -> Result<Meta>;
    /// The scopes that have a number, with their heads, in any order.
    fn heads(&self, scopes: &[Scope]) -> Result<Vec<Head>>;
    /// The scopes of these numbers, in any order.
    fn names(&self, numbers: &[ScopeNumber]) -> Result<Vec<(ScopeNumber, Scope)>>;
    /// The scopes with a change above a seq, in any order.
    fn changed(&self, seq: Seq) -> Result<Vec<ScopeNumber>>;
    /// Rows and tombstones of these scopes above a seq, in any order: nothing is sorted, so nothing is held in memory.
    fn since(&self, scopes: &[ScopeNumber], seq: Seq, visit: &mut dyn FnMut(Entry<'_>)) -> Result<()>;
    /// All live rows of a scope, ordered by kind and id.
    fn rows(&self, scope: ScopeNumber, visit: &mut dyn FnMut(Row<'_>)) -> Result<()>;
    /// The bodies of all live rows of a kind, whatever their scope, in any order: nothing is sorted here either.
    fn kind(&self, kind: &str, visit: &mut dyn FnMut(&str)) -> Result<()>;
    /// Count and sum of a scope's live rows.
    fn sum(&self, scope: ScopeNumber) -> Result<Sum>;
    /// How much of an earlier epoch is known since the restored backup; none: nothing is known of that epoch.
    fn knows(&self, epoch: Epoch) -> Result<Option<Seq>>;
    /// The receipt of a command, if it is known.
    fn receipt(&self, account: &Account, id: CommandId) -> Result<Option<Kept>>;
}

/// One transaction.
pub trait Transaction: Snapshot {
    /// Makes a change at a time and gives it the next seq; whether it changed anything. The record keeps the command's
    /// id, also where it stood so already, and also a tombstone of what was never there: who comes later with an older
    /// command is told by it.
    fn put(&self, change: &Change, command: Option<CommandId>, now: Timestamp) -> Result<bool>;
    /// The last command that wrote or removed this change's record.
    fn last_command(&self, change: &Change) -> Result<Option<CommandId>>;
    /// Gives scopes their numbers, if they have none.
    fn number(&self, scopes: &[Scope]) -> Result<()>;
    /// Keeps a receipt for ever (400 days).
    fn keep(&self, account: &Account, kept: &Kept) -> Result<()>;
    /// Does the work; undoes it unless it says `true`.
    fn savepoint(&self, work: &mut dyn FnMut() -> Result<bool>) -> Result<()>;
    /// Keeps a command that a rule failed on, for someone to look at.
    fn dead_letter(&self, account: &Account, id: CommandId, bytes: &str, received: Timestamp) -> Result<()>;
    /// Lets go what is past its days: bodies of receipts, receipts, tombstones (then the floor rises).
    fn prune(&self, now: Timestamp) -> Result<()>;
}

/// The store's life, floor and head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// Its life.
    pub epoch: Epoch,
    /// Cursors below it have missed tombstones.
    pub floor: Seq,
    /// The last seq.
    pub head: Seq,
    /// When it was restored from a backup, if it was.
    pub restored: Option<Timestamp>,
}

/// A scope with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The scope.
    pub scope: Scope,
    /// Its number.
    pub number: ScopeNumber,
    /// Raised when phones should fetch it afresh.
    pub generation: u32,
    /// The seq of its last change.
    pub head: Seq,
}

/// A row or a tombstone.
#[derive(Debug, Clone)]
pub enum Entry<'a> {
    /// Live.
    Row(Row<'a>),
    /// No more.
    Gone(Gone<'a>),
}

/// A receipt as kept. Without a hash it was settled before it ever came.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Hash of the command's bytes.
    pub hash: Option<Hash>,
    /// The receipt.
    pub receipt: Receipt,
}
