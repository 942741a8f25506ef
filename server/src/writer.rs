//! The only path to a change: commands to their one receipt, and imports, in transactions (`protocol.md` §2, §4).

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kapprum_domain::access;
use kapprum_domain::actor::{Account, Actor, Role, Sending};
use kapprum_domain::command::{Command, decide};
use kapprum_domain::consequences::{self, consequences};
use kapprum_domain::id::{ChildId, CommandId};
use kapprum_domain::record::{Body, Change};
use kapprum_domain::refusal::Refusal;
use kapprum_domain::register::Enrolled;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::{Undecided, Unread, World};
use kapprum_protocol::cursor::{Epoch, Seq};
use kapprum_protocol::envelope::{Envelope, Hash, hash};
use kapprum_protocol::limits::{AHEAD, RECEIPT};
use kapprum_protocol::receipt::{Outcome, Receipt};
use kapprum_protocol::request::Earlier;
use serde_json::value::RawValue;

use crate::keys::Keys;
use crate::store::{Kept, Meta, Result, Store, StoreError, Transaction};

/// Commands of one request, as first written.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Who sends them.
    pub account: Account,
    /// Their bytes.
    pub commands: Vec<Box<RawValue>>,
    /// What an earlier epoch said of them.
    pub earlier: Vec<Earlier>,
    /// The epoch that the phone counts under, if it does.
    pub epoch: Option<Epoch>,
    /// When they arrived.
    pub received: Timestamp,
}

/// What a transaction did.
#[derive(Debug, Default)]
pub struct Written {
    /// A receipt for each command, batch by batch.
    pub receipts: Vec<Vec<Receipt>>,
    /// The scopes that changed.
    pub touched: BTreeSet<Scope>,
}

/// Does batches in one transaction. If the store fails, nothing is done and every command is answered `retry`.
pub fn write(store: &dyn Store, keys: &Keys, batches: &[Batch]) -> Written {
    let mut written = Written::default();
    let result = store.write(&mut |transaction| {
        written = Written::default();
        let Meta { epoch, restored, .. } = transaction.meta()?;
        for batch in batches {
            if batch.epoch.is_some_and(|counted| counted != epoch) {
                // It does not know yet that what it had done may be undone: that comes first, then these.
                written.receipts.push(retry(batch));
                continue;
            }
            let mut receipts = Vec::with_capacity(batch.commands.len());
            for bytes in &batch.commands {
                receipts.push(one(transaction, keys, (batch, restored), bytes.get(), &mut written.touched)?);
            }
            written.receipts.push(receipts);
        }
        Ok(())
    });
    if let Err(error) = result {
        tracing::error!(%error, "a batch could not be written");
        written = Written { receipts: batches.iter().map(retry).collect(), touched: BTreeSet::new() };
    }
    written
}

/// The receipts of a batch of which nothing was done.
pub(crate) fn retry(batch: &Batch) -> Vec<Receipt> {
    let retry = |id| Receipt { outcome: Outcome::Retry, ..upgrade(id, batch.received) };
    batch.commands.iter().map(|bytes| retry(id_of(bytes.get()))).collect()
}

/// Writes changes that no command made, with what follows from them, in one transaction.
pub fn import(store: &dyn Store, changes: &[Change], now: Timestamp) -> Result<BTreeSet<Scope>> {
    let mut all = Some(changes.to_vec());
    import_decided(store, now, &mut |_| Ok(all.take()))
}

/// The next changes over the world as it is by then; none: no more.
pub type Deciding<'d> = dyn FnMut(&World<'_>) -> std::result::Result<Option<Vec<Change>>, Unread> + 'd;

/// As [`import`], with changes that are decided step by step over the transaction's own world.
pub fn import_decided(store: &dyn Store, now: Timestamp, decide: &mut Deciding<'_>) -> Result<BTreeSet<Scope>> {
    let mut touched = BTreeSet::new();
    store.write(&mut |transaction| {
        while let Some(changes) = decide(&World::new(transaction)).map_err(unread)? {
            follow(transaction, changes, None, now, &mut touched)?;
        }
        Ok(())
    })?;
    Ok(touched)
}

/// Children looked at in one read, and of those the ones written in one transaction: some milliseconds of the lock.
const LOOKED_AT: usize = 256;
const WRITTEN: usize = 16;

/// Derives anew what holds for a day: for when a day has begun, and as often as one likes. Remembers nothing, and takes
/// the lock only where something turned. The scopes that changed.
pub fn turn_of_day(store: &dyn Store, now: Timestamp) -> Result<BTreeSet<Scope>> {
    let mut children: Vec<ChildId> = Vec::new();
    store.read(&mut |snapshot| {
        children.clear();
        let child = |body: &str| serde_json::from_str::<Enrolled>(body).ok().map(|enrolled| enrolled.child);
        snapshot.kind(Enrolled::KIND, &mut |body| children.extend(child(body)))
    })?;
    let mut touched = BTreeSet::new();
    for some in children.chunks(LOOKED_AT) {
        let mut turned: Vec<ChildId> = Vec::new();
        store.read(&mut |snapshot| {
            turned.clear();
            for child in some {
                let changes = consequences::turn_of_day(&World::new(snapshot), *child, now).map_err(unread)?;
                turned.extend((!changes.is_empty()).then_some(*child));
            }
            Ok(())
        })?;
        for few in turned.chunks(WRITTEN) {
            let mut left = few.iter();
            touched.extend(import_decided(store, now, &mut |world| {
                left.next().map(|child| consequences::turn_of_day(world, *child, now)).transpose()
            })?);
        }
    }
    Ok(touched)
}

/// The outcome of a receipt whose body was let go after 30 days.
pub(crate) fn bodiless(id: CommandId, received: Timestamp, seq: Seq, refused: bool) -> Receipt {
    let outcome = if refused { refused_because(&Refusal::TooOld) } else { Outcome::Ok };
    Receipt { id, outcome, seq, received, mac: String::new() }
}

/// A command with what it is judged by.
struct Judged<'a> {
    envelope: &'a Envelope<'a>,
    /// When it counts as received.
    received: Timestamp,
    /// When the store was restored from a backup, if it was.
    restored: Option<Timestamp>,
}

fn one(
    transaction: &dyn Transaction,
    keys: &Keys,
    (batch, restored): (&Batch, Option<Timestamp>),
    bytes: &str,
    touched: &mut BTreeSet<Scope>,
) -> Result<Receipt> {
    let Ok(envelope) = Envelope::read(bytes) else { return Ok(unreadable(bytes, batch.received)) };
    let settles = envelope.body.is_none();
    let digest = hash(bytes);
    if let Some(kept) = transaction.receipt(&batch.account, envelope.id)? {
        let reused = !settles && kept.hash.is_some_and(|known| known != digest);
        let seq = kept.receipt.seq;
        return Ok(if reused { refuse(&envelope, batch.received, seq, &Refusal::IdReused) } else { kept.receipt });
    }
    let old = batch.received.plus(-RECEIPT);
    if settles {
        // Older than receipts are kept: it may have been done, so it can't be called withdrawn.
        let forgotten = envelope.made().is_some_and(|made| made < old);
        let refusal = if forgotten { Refusal::TooOld } else { Refusal::Withdrawn };
        let receipt = refuse(&envelope, batch.received, transaction.meta()?.head, &refusal);
        return keep(transaction, keys, batch, None, receipt);
    }
    let received = received(keys, batch, envelope.id, digest);
    let ahead = received.max(batch.received).plus(AHEAD);
    let unfit = match envelope.made() {
        None => return Ok(unreadable(bytes, batch.received)),
        Some(made) if made < old => Some(Refusal::TooOld),
        Some(made) if made > ahead => Some(Refusal::Clock),
        Some(_) => None,
    };
    let command = envelope.body.and_then(|body| serde_json::from_str::<Command>(body.get()).ok());
    let Some(command) = command else { return Ok(upgrade(envelope.id, batch.received)) };
    let refusal = match unfit {
        Some(refusal) => Some(refusal),
        None => {
            let judged = Judged { envelope: &envelope, received, restored };
            take_effect(transaction, batch, &judged, &command, bytes, touched)?
        }
    };
    let head = transaction.meta()?.head;
    let receipt = match refusal {
        Some(refusal) => refuse(&envelope, received, head, &refusal),
        None => Receipt { id: envelope.id, outcome: Outcome::Ok, seq: head, received, mac: String::new() },
    };
    keep(transaction, keys, batch, Some(digest), receipt)
}

/// When a command counts as received: if an earlier epoch of this server received it, then.
fn received(keys: &Keys, batch: &Batch, id: CommandId, digest: Hash) -> Timestamp {
    let ours = |earlier: &&Earlier| {
        coded(&batch.account, id, digest, earlier.received, |parts| keys.is_receipt_code(parts, &earlier.mac))
    };
    let earlier = batch.earlier.iter().find(|earlier| earlier.id == id);
    earlier.filter(ours).map_or(batch.received, |earlier| earlier.received)
}

/// What a receipt's code is over (`protocol.md` §2).
fn coded<T>(account: &Account, id: CommandId, hash: Hash, received: Timestamp, code: impl FnOnce(&[&[u8]]) -> T) -> T {
    let account = serde_json::to_vec(account).unwrap_or_default();
    code(&[&account, id.0.as_bytes(), &hash, &received.0.to_be_bytes()])
}

/// Decides a command as of when it was received, and makes its changes; or says why not and makes none.
fn take_effect(
    transaction: &dyn Transaction,
    batch: &Batch,
    judged: &Judged<'_>,
    command: &Command,
    bytes: &str,
    touched: &mut BTreeSet<Scope>,
) -> Result<Option<Refusal>> {
    let mut refusal = None;
    let mut scopes = BTreeSet::new();
    transaction.savepoint(&mut || {
        scopes.clear();
        // A rule that panics is a bug: the command is refused, what it did is undone, the queue moves.
        let decided = catch_unwind(AssertUnwindSafe(|| {
            let changes = changes(transaction, batch, judged, command)?;
            let command = Some(judged.envelope.id);
            follow(transaction, changes, command, batch.received, &mut scopes)
                .map_err(|error| Undecided::Broken(error.to_string()))
        }));
        match decided {
            Ok(Ok(())) => return Ok(true),
            Ok(Err(Undecided::Refused(why))) => refusal = Some(why),
            Ok(Err(Undecided::NotHeld(_))) => refusal = Some(Refusal::NoRight),
            Ok(Err(Undecided::Broken(why))) => return Err(StoreError::Failed(why)),
            Err(_) => refusal = Some(Refusal::Internal),
        }
        Ok(false)
    })?;
    match refusal {
        None => touched.extend(scopes),
        Some(Refusal::Internal) => {
            tracing::error!("a rule failed; its command is a dead letter");
            transaction.dead_letter(&batch.account, judged.envelope.id, bytes, batch.received)?;
        }
        Some(_) => {}
    }
    Ok(refusal)
}

fn changes(
    transaction: &dyn Transaction,
    batch: &Batch,
    judged: &Judged<'_>,
    command: &Command,
) -> std::result::Result<Vec<Change>, Undecided> {
    let Judged { envelope, received, .. } = *judged;
    let world = World::new(transaction);
    let actor = Actor { account: batch.account };
    // What is held now, whenever it was received: a right that ended ends it.
    let rights = access::scopes(&batch.account, batch.received, &world)?;
    let sending = Sending {
        id: envelope.id,
        command,
        actor: &actor,
        rights: &rights,
        tapped: envelope.tapped,
        now: received,
        created: envelope.created.unwrap_or(received).min(received),
    };
    if let Some(scope) = command.scopes().into_iter().find(|scope| !rights.holds(*scope)) {
        tracing::debug!(kind = %scope.to_string().split('/').next().unwrap_or_default(), "a scope is not held");
        return Err(Refusal::NoRight.into());
    }
    let changes = decide(&sending, &world)?;
    // A rule may not reach beyond its actor; only a board's check-in lies in a placement that it does not hold.
    let reaches = |change: &Change| {
        let check_in = batch.account.role == Role::Board && matches!(change.scope(), Scope::Placement(_));
        rights.holds(change.scope()) || check_in
    };
    if !changes.iter().all(reaches) {
        return Err(Refusal::Internal.into());
    }
    match is_superseded(transaction, judged, &changes) {
        Ok(false) => Ok(changes),
        Ok(true) => Err(Refusal::Superseded.into()),
        Err(error) => Err(Undecided::Broken(error.to_string())),
    }
}

/// After a restored backup commands come again in any order: one from before it yields to what a newer one made of the
/// same record. What is derived follows from several commands, so nobody's is newer.
fn is_superseded(transaction: &dyn Transaction, judged: &Judged<'_>, changes: &[Change]) -> Result<bool> {
    let Judged { envelope, restored, .. } = *judged;
    if restored.is_none() || envelope.made() >= restored {
        return Ok(false);
    }
    for change in changes.iter().filter(|change| !consequences::is_derived(change)) {
        if transaction.last_command(change)?.is_some_and(|last| last > envelope.id) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes changes and what follows from them, until nothing does.
fn follow(
    transaction: &dyn Transaction,
    changes: Vec<Change>,
    command: Option<CommandId>,
    now: Timestamp,
    touched: &mut BTreeSet<Scope>,
) -> Result<()> {
    let (mut step, mut command) = (changes, command);
    while !step.is_empty() {
        let mut made = Vec::with_capacity(step.len());
        for change in step {
            if transaction.put(&change, command, now)? {
                touched.insert(change.scope());
                made.push(change);
            }
        }
        command = None;
        step = consequences(&World::new(transaction), &made, now).map_err(unread)?;
    }
    Ok(())
}

/// What a world that can't be read means to a store.
pub(crate) fn unread(unread: Unread) -> StoreError {
    match unread {
        Unread::NotHeld(_) => StoreError::Failed("a scope was not held".to_owned()),
        Unread::Broken(why) => StoreError::Failed(why),
    }
}

fn keep(
    transaction: &dyn Transaction,
    keys: &Keys,
    batch: &Batch,
    hash: Option<Hash>,
    mut receipt: Receipt,
) -> Result<Receipt> {
    let (id, received) = (receipt.id, receipt.received);
    receipt.mac = coded(&batch.account, id, hash.unwrap_or_default(), received, |parts| keys.receipt_code(parts));
    transaction.keep(&batch.account, &Kept { hash, receipt: receipt.clone() })?;
    Ok(receipt)
}

fn refuse(envelope: &Envelope<'_>, received: Timestamp, seq: Seq, refusal: &Refusal) -> Receipt {
    Receipt { id: envelope.id, outcome: refused_because(refusal), seq, received, mac: String::new() }
}

fn refused_because(refusal: &Refusal) -> Outcome {
    serde_json::value::to_raw_value(refusal).map_or(Outcome::Upgrade, Outcome::Refused)
}

fn upgrade(id: CommandId, received: Timestamp) -> Receipt {
    Receipt { id, outcome: Outcome::Upgrade, seq: 0, received, mac: String::new() }
}

/// An envelope that this server can't read may be a newer one's: parked, if it has an id at all.
fn unreadable(bytes: &str, received: Timestamp) -> Receipt {
    upgrade(id_of(bytes), received)
}

fn id_of(bytes: &str) -> CommandId {
    #[derive(serde::Deserialize)]
    struct OnlyId {
        id: CommandId,
    }
    serde_json::from_str::<OnlyId>(bytes).map_or(CommandId(uuid::Uuid::nil()), |only| only.id)
}
