//! One view over the accounts of a profile.

use std::sync::Arc;

use kapprum_domain::outbox::{Entry, EntryState};
use kapprum_domain::screen::{Around, Ask, View, screen};
use kapprum_domain::time::Timestamp;

use crate::clock::estimate;
use crate::error::{Error, Result};
use crate::kapprum::Inner;
use crate::profile::ProfileId;
use crate::seat::Seat;
use crate::store::{OutboxRow, Reader, RowState};
use crate::sync::machine::Failure;

impl Inner {
    /// A view with the time it was made for.
    pub(crate) fn view(self: &Arc<Self>, profile: ProfileId, ask: &Ask) -> Result<(View, Timestamp)> {
        let seats = self.seats_of(profile);
        let words = self.words();
        let view = read_all(&seats, &[], &mut |readers| {
            let now = self.time(readers)?;
            let around = self.around(profile, readers)?;
            let mut held = Vec::with_capacity(readers.len());
            for reader in readers {
                held.push((reader.actor(), reader.rights()?));
            }
            let worlds: Vec<_> = readers.iter().map(|reader| reader.world()).collect();
            let seen: Vec<_> =
                worlds.iter().zip(&held).map(|(world, (actor, rights))| world.seen(actor, rights)).collect();
            Ok((screen(ask, &seen, &around, &words, now)?, now))
        });
        // Dropped meanwhile: the seats may have been gone already.
        if self.is_closed() { Err(Error::Closed) } else { self.noticing(view) }
    }

    /// The server's time, by the account that is surest of it.
    fn time(&self, readers: &[&Reader<'_>]) -> Result<Timestamp> {
        let clock = self.surroundings.clock.as_ref();
        let mut surest = None;
        for reader in readers {
            let estimate = estimate(clock, reader.offset()?);
            if surest.is_none() || !estimate.uncertain {
                surest = Some(estimate);
            }
        }
        Ok(surest.map_or_else(|| clock.wall(), |estimate| estimate.now))
    }

    /// What is known around the records.
    fn around(&self, profile: ProfileId, readers: &[&Reader<'_>]) -> Result<Around> {
        let accounts = self.accounts();
        let lost = accounts.lost.iter().filter(|loss| loss.profile == profile).map(|loss| loss.unsent.count);
        let mut around = Around { whole: true, lost: lost.reduce(|one, other| one + other), ..Around::default() };
        for reader in readers {
            around.outbox.extend(reader.outbox()?.into_iter().map(entry));
            around.whole &= reader.whole()?;
            around.locked |= reader.any_locked()?;
            // Of several servers the one that was not heard of for longest.
            let contact = reader.contact()?;
            around.contact = [around.contact, contact].into_iter().flatten().min();
        }
        let failures = self.seats_of(profile);
        around.trouble = failures.iter().filter_map(|seat| seat.status.borrow().failure).map(Failure::trouble).max();
        around.outbox.sort_by_key(|entry| entry.created);
        Ok(around)
    }
}

/// Reads one snapshot of each account, all open at once.
fn read_all<T>(
    seats: &[Arc<Seat>],
    readers: &[&Reader<'_>],
    work: &mut dyn FnMut(&[&Reader<'_>]) -> Result<T>,
) -> Result<T> {
    let Some((first, rest)) = seats.split_first() else { return work(readers) };
    first.store.read(|reader| {
        let mut all: Vec<&Reader<'_>> = readers.to_vec();
        all.push(reader);
        read_all(rest, &all, work)
    })
}

fn entry(row: OutboxRow) -> Entry {
    let state = match row.state {
        RowState::Waiting => EntryState::Waiting(row.doubt),
        RowState::Parked => EntryState::Parked,
        RowState::Settling => EntryState::Settling,
        RowState::Done => EntryState::Done(row.received.unwrap_or(row.created)),
        RowState::Withdrawn => EntryState::Withdrawn,
        RowState::Refused(refusal) => EntryState::Refused(refusal),
    };
    Entry { id: row.id, command: row.command, state, created: row.created, undone: row.undone }
}
