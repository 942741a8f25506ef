//! Sending: from what a person asks for to rows in outboxes.

use std::sync::Arc;

use kapprum_domain::actor::Sending;
use kapprum_domain::command::{Command, decide};
use kapprum_domain::id::{CommandId, PersonId};
use kapprum_domain::screen::Ask;
use uuid::Uuid;

use crate::clock::estimate;
use crate::error::{Error, Result};
use crate::kapprum::Inner;
use crate::profile::ProfileId;
use crate::seat::{Seat, random};
use crate::store::{RowState, Saving};

/// Where a sending went.
#[derive(Debug)]
pub struct Sent {
    /// By account: its commands in the order given, or why none of them was saved. At least one was.
    pub parts: Vec<(Uuid, Result<Vec<CommandId>>)>,
}

impl Sent {
    /// Whether it went to several accounts, each of which answers for itself.
    pub fn is_split(&self) -> bool {
        self.parts.len() > 1
    }
}

impl Inner {
    pub(crate) fn send(
        self: &Arc<Self>,
        profile: ProfileId,
        commands: &[Command],
        tapped: Option<PersonId>,
    ) -> Result<Sent> {
        let mut split: Vec<(Arc<Seat>, Vec<&Command>)> = Vec::new();
        for command in commands {
            let seat = self.noticing(self.holder(profile, command))?;
            match split.iter_mut().find(|(one, _)| Arc::ptr_eq(one, &seat)) {
                Some((_, own)) => own.push(command),
                None => split.push((seat, vec![command])),
            }
        }
        let save = |(seat, own): (Arc<Seat>, Vec<&Command>)| {
            (seat.signed_in().id, self.noticing(self.save(&seat, &own, tapped)))
        };
        let mut parts: Vec<_> = split.into_iter().map(save).collect();
        if !parts.is_empty() && parts.iter().all(|(_, saved)| saved.is_err()) {
            parts.swap_remove(0).1?;
        }
        Ok(Sent { parts })
    }

    /// See [`Kapprum::undo`](crate::kapprum::Kapprum::undo).
    pub(crate) fn undo(&self, seat: &Seat, id: CommandId, tapped: Option<PersonId>) -> Result<bool> {
        let now = self.now(&seat.store)?;
        if seat.store.undo(id, now)? {
            return Ok(true);
        }
        let row = seat.store.read(|reader| reader.outbox())?.into_iter().find(|row| row.id == id);
        let done = row.filter(|row| row.state == RowState::Done);
        let Some(reverse) = done.and_then(|row| row.command?.reverse(id, row.created)) else { return Ok(false) };
        // Where the command had changed something that was there before, its reverse finds nothing.
        let changes = seat.store.read(|reader| {
            let (actor, rights) = (reader.actor(), reader.rights()?);
            let (id, command, created) = (CommandId(Uuid::nil()), &reverse, now);
            let sending = Sending { id, command, actor: &actor, rights: &rights, tapped, now, created };
            let Ok(changes) = decide(&sending, &reader.world()) else { return Ok(false) };
            changes.iter().try_fold(false, |any, change| Ok(any || reader.would_change(change)?))
        })?;
        if changes {
            self.save(seat, &[&reverse], tapped)?;
        }
        Ok(changes)
    }

    /// A draft lies with the account that holds what it names; one that was thrown away lies nowhere.
    pub(crate) fn keep_draft(self: &Arc<Self>, profile: ProfileId, ask: &Ask, command: Option<&Command>) -> Result<()> {
        let holder = command.map(|command| self.holder(profile, command)).transpose()?;
        for seat in self.seats_of(profile) {
            let here = holder.as_ref().is_some_and(|holder| Arc::ptr_eq(holder, &seat));
            self.noticing(seat.store.keep_draft(ask, command.filter(|_| here)))?;
        }
        Ok(())
    }

    /// Saves the commands of one account, all or none.
    fn save(&self, seat: &Seat, commands: &[&Command], tapped: Option<PersonId>) -> Result<Vec<CommandId>> {
        let time = estimate(self.surroundings.clock.as_ref(), seat.store.read(|reader| reader.offset())?);
        let mut savings = Vec::with_capacity(commands.len());
        for command in commands {
            let id = uuid::Builder::from_unix_timestamp_millis(time.now.0.unsigned_abs(), &random()?).into_uuid();
            savings.push(Saving { id: CommandId(id), command, tapped, time });
        }
        seat.store.save(&savings)?;
        seat.changed();
        Ok(savings.iter().map(|saving| saving.id).collect())
    }

    /// The account that holds what a command names.
    fn holder(&self, profile: ProfileId, command: &Command) -> Result<Arc<Seat>> {
        for seat in self.seats_of(profile) {
            let rights = seat.store.read(|reader| reader.rights())?;
            if command.scopes().iter().all(|scope| rights.holds(*scope)) {
                return Ok(seat);
            }
        }
        Err(Error::NotHeld)
    }
}
