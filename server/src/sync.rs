//! The answer to a request (`protocol.md` §3), piece by piece, without a network.
//!
//! Sections 1 to 5 come from one read at one seq and are buffered; each wanted scope is a short read of its own. No
//! read is held between two pieces, so a slow phone holds nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use kapprum_domain::actor::Account;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_protocol::VERSION;
use kapprum_protocol::cursor::{Cursor, Seq};
use kapprum_protocol::frame::{Applied, End, Frame, Freshness, RightsFrame, ScopeNumber, Snap, SumFrame};
use kapprum_protocol::limits::SECTION_BYTES;
use kapprum_protocol::receipt::Receipt;
use kapprum_protocol::request::Request;
use kapprum_protocol::sum::Sum;

use crate::clock::OnceAMinute;
use crate::held::{Held, HeldScope, RightsCache};
use crate::store::{Entry, Meta, Result, Snapshot, Store, StoreError};

/// How long data may be shown without contact, in seconds: ordinary and protected.
pub type Fresh = (u32, u32);

/// An answer under way.
pub struct Answer {
    store: Arc<dyn Store>,
    cache: Arc<RightsCache>,
    account: Account,
    want: std::vec::IntoIter<ScopeNumber>,
    first: Option<Vec<u8>>,
    /// The first sections say something.
    news: bool,
    fresh: Fresh,
    ended: bool,
}

/// What a request is answered with.
pub enum Answered {
    /// Nothing is new: 204, or wait for news.
    Nothing {
        /// What is held: a change in it may be news.
        held: Arc<Held>,
    },
    /// Lines.
    Lines(Answer),
}

/// Answers a request whose commands have their receipts.
pub fn answer(
    store: &Arc<dyn Store>,
    cache: &Arc<RightsCache>,
    account: &Account,
    request: &Request,
    receipts: &[Receipt],
    (now, fresh): (Timestamp, Fresh),
) -> Result<Answered> {
    let mut missing = Vec::new();
    // A scope that never had a row has no number yet; the second read finds it.
    for _ in 0..3 {
        if !missing.is_empty() {
            store.write(&mut |transaction| transaction.number(&missing))?;
        }
        let mut first = None;
        store.read(&mut |snapshot| {
            first = Some(sections(snapshot, cache, account, request, receipts, now)?);
            Ok(())
        })?;
        match first {
            Some(First::Missing(scopes)) => missing = scopes,
            Some(First::Nothing(held)) => return Ok(Answered::Nothing { held }),
            Some(First::Lines { lines, want, news }) => {
                let want = want.into_iter();
                let account = *account;
                return Ok(Answered::Lines(Answer {
                    store: store.clone(),
                    cache: cache.clone(),
                    account,
                    want,
                    first: Some(lines),
                    news,
                    fresh,
                    ended: false,
                }));
            }
            None => break,
        }
    }
    Err(StoreError::Failed("scopes got no numbers".to_owned()))
}

impl Answer {
    /// The next piece of lines; none: the answer is complete. `now` is the server's clock.
    pub fn next_piece(&mut self, now: Timestamp) -> Result<Option<Vec<u8>>> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        for number in self.want.by_ref() {
            let mut lines = Vec::new();
            self.store.read(&mut |snapshot| snap(snapshot, &self.cache, &self.account, number, now, &mut lines))?;
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        if std::mem::replace(&mut self.ended, true) {
            return Ok(None);
        }
        let mut lines = Vec::new();
        Frame::End(End { now, fresh: self.fresh, least: VERSION }).write(&mut lines);
        Ok(Some(lines))
    }

    /// Whether wanted scopes are part of it.
    pub fn has_snapshots(&self) -> bool {
        self.want.len() > 0
    }

    /// Leaves out the wanted scopes: under load, snapshots are shed. Whether anything is left to say.
    pub fn shed(&mut self) -> bool {
        self.want = Vec::new().into_iter();
        self.news
    }
}

enum First {
    Missing(Vec<Scope>),
    Nothing(Arc<Held>),
    Lines { lines: Vec<u8>, want: Vec<ScopeNumber>, news: bool },
}

/// Sections 1 to 5, from one read.
fn sections(
    snapshot: &dyn Snapshot,
    cache: &RightsCache,
    account: &Account,
    request: &Request,
    receipts: &[Receipt],
    now: Timestamp,
) -> Result<First> {
    let meta = snapshot.meta()?;
    let held = match cache.held(snapshot, account, now)? {
        Ok(held) => held,
        Err(missing) => return Ok(First::Missing(missing)),
    };
    let cursor = request.counted();
    if cursor.is_some_and(|one| one.epoch == meta.epoch && one.seq > meta.head) && TOLD.is_due(now) {
        tracing::error!("a phone knows more than the store: a file was put back without `restore`");
    }
    let knows = match cursor.filter(|one| one.epoch != meta.epoch) {
        Some(earlier) => snapshot.knows(earlier.epoch)?,
        None => None,
    };
    let cursor = cursor.filter(|one| one.epoch == meta.epoch && one.seq <= meta.head && one.seq >= meta.floor);
    sections_since(snapshot, (&meta, knows), &held, cursor, request, receipts)
}

/// A phone can say so as often as it likes.
static TOLD: OnceAMinute = OnceAMinute::new();

/// As [`sections`], since a cursor of this epoch; without one, everything is fetched, and comes in this very answer.
/// `knows` is how much is known of the epoch that the phone comes from.
fn sections_since(
    snapshot: &dyn Snapshot,
    (meta, knows): (&Meta, Option<Seq>),
    held: &Arc<Held>,
    cursor: Option<Cursor>,
    request: &Request,
    receipts: &[Receipt],
) -> Result<First> {
    let new_rights = cursor.is_none_or(|cursor| cursor.rights != held.hash);
    let mut wanted = BTreeSet::new();
    let all = cursor.is_none();
    let (want, names): (Vec<ScopeNumber>, HashMap<ScopeNumber, Scope>) = if all {
        let mut want: Vec<ScopeNumber> = held.scopes.iter().map(|one| one.number).collect();
        let names: HashMap<ScopeNumber, Scope> = snapshot.names(&want)?.into_iter().collect();
        want.sort_by_key(|number| (names.get(number).map(Scope::need), *number));
        (want, names)
    } else {
        let held = request.want.iter().copied().filter(|number| held.get(*number).is_some());
        (held.filter(|number| wanted.insert(*number)).collect(), HashMap::new())
    };
    let seq = cursor.map_or(meta.head, |cursor| cursor.seq);
    let rest: Vec<ScopeNumber> =
        held.scopes.iter().map(|one| one.number).filter(|number| !wanted.contains(number)).collect();
    let mut rows = Vec::new();
    let mut touched = BTreeSet::new();
    if seq < meta.head {
        snapshot.since(&rest, seq, &mut |entry| match entry {
            _ if rows.len() > SECTION_BYTES => {}
            Entry::Row(row) => {
                touched.insert(row.scope);
                row.write(&mut rows);
            }
            Entry::Gone(gone) => {
                touched.insert(gone.0);
                Frame::Gone(gone).write(&mut rows);
            }
        })?;
    }
    if rows.len() > SECTION_BYTES {
        // So much is fetched scope by scope: in small pieces, and not much more of it.
        return sections_since(snapshot, (meta, knows), held, None, request, receipts);
    }
    let news = new_rights || !rows.is_empty() || !receipts.is_empty();
    if !news && want.is_empty() {
        return Ok(First::Nothing(held.clone()));
    }
    let mut lines = Vec::new();
    if new_rights {
        let entry = |one: &HeldScope| {
            let name = names.get(&one.number).map(Scope::to_string);
            kapprum_protocol::frame::Entry(one.number, one.generation.into(), Freshness(one.class), name)
        };
        let cursor = Cursor { epoch: meta.epoch, seq, rights: held.hash }.to_string();
        let scopes = held.scopes.iter().map(entry).collect();
        Frame::Rights(RightsFrame { all, cursor, scopes, knows }).write(&mut lines);
    }
    for receipt in receipts {
        Frame::Receipt(receipt.clone()).write(&mut lines);
    }
    lines.append(&mut rows);
    for number in touched {
        let sum = snapshot.sum(number)?;
        Frame::Sum(SumFrame(number, sum.count, sum.sum)).write(&mut lines);
    }
    let cursor = Cursor { epoch: meta.epoch, seq: meta.head, rights: held.hash }.to_string();
    Frame::Applied(Applied { cursor }).write(&mut lines);
    Ok(First::Lines { lines, want, news })
}

/// One wanted scope, whole; left out if it is not held any more.
fn snap(
    snapshot: &dyn Snapshot,
    cache: &RightsCache,
    account: &Account,
    number: ScopeNumber,
    now: Timestamp,
    lines: &mut Vec<u8>,
) -> Result<()> {
    lines.clear();
    let Ok(held) = cache.held(snapshot, account, now)? else { return Ok(()) };
    let Some(HeldScope { generation, .. }) = held.get(number) else { return Ok(()) };
    let Some((_, scope)) = snapshot.names(&[number])?.pop() else { return Ok(()) };
    // Summed on the way: the rows are read once.
    let (mut rows, mut sum) = (Vec::new(), Sum::default());
    snapshot.rows(number, &mut |row| {
        sum.add(row.kind, row.id, row.seq);
        row.write(&mut rows);
    })?;
    Frame::Snap(Snap {
        scope: number,
        name: scope.to_string(),
        generation: generation.into(),
        seq: snapshot.meta()?.head,
        count: sum.count,
        sum: sum.sum,
    })
    .write(lines);
    lines.append(&mut rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use kapprum_domain::actor::Role;
    use kapprum_domain::id::{HolderId, RecordId, TenantId};
    use kapprum_domain::record::{Change, Record};
    use kapprum_protocol::cursor::Epoch;
    use uuid::Uuid;

    use super::*;
    use crate::store::sqlite::Sqlite;
    use crate::writer;

    #[test]
    fn who_missed_more_than_fits_starts_over_instead_of_getting_one_huge_section() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open_in_memory_file(&folder.path().join("store.db"), Epoch(1)).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let (cache, now) = (Arc::default(), Timestamp(0));
        let (tenant, holder) = (TenantId(Uuid::nil()), HolderId(Uuid::nil()));
        let account = Account { tenant, holder, role: Role::Staff };
        let notes = |from: u128, count: u128| -> Vec<Change> {
            let body = format!("\"{}\"", "x".repeat(SECTION_BYTES / 8));
            let note = |id| {
                let (scope, kind, id) = (Scope::Person(holder), "note".to_owned(), RecordId(Uuid::from_u128(id)));
                Change::Put(Record { scope, kind, id, at: 0, body: body.clone() })
            };
            (from..from + count).map(note).collect()
        };
        let frames = |cursor: Option<String>| {
            let request = Request { v: VERSION, cursor, ..Request::default() };
            let Ok(Answered::Lines(mut answer)) = answer(&store, &cache, &account, &request, &[], (now, (1, 1))) else {
                panic!("nothing is new")
            };
            let first = String::from_utf8(answer.next_piece(now).unwrap().unwrap()).unwrap();
            let (mut all, mut rows, mut last) = (false, 0, None);
            for line in first.lines() {
                match Frame::read(line).unwrap() {
                    Frame::Rights(rights) => all = rights.all,
                    Frame::Row(_) => rows += 1,
                    Frame::Applied(applied) => last = Some(applied.cursor),
                    _ => {}
                }
            }
            (all, rows, last)
        };
        let (_, _, cursor) = frames(None);
        writer::import(store.as_ref(), &notes(1, 7), now).unwrap();
        assert!(matches!(frames(cursor.clone()), (false, 7, Some(_))), "what fits comes as rows");
        writer::import(store.as_ref(), &notes(8, 1), now).unwrap();
        let (all, rows, last) = frames(cursor);
        assert_eq!((all, rows), (true, 0), "what does not is fetched scope by scope");
        let head = last.and_then(|cursor| Cursor::read(&cursor)).unwrap();
        assert_eq!(head.seq, 8, "from now on");
    }
}
