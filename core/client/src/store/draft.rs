//! Drafts: what a form had when it was left or the app died, so that nothing typed is lost.

use kapprum_domain::command::Command;
use kapprum_domain::screen::Ask;
use kapprum_domain::time::Timestamp;
use kapprum_protocol::limits::COMMAND_BYTES;
use rusqlite::{OptionalExtension, params};

use super::reading::Reader;
use super::transaction::Transaction;
use super::{Durability, Store};
use crate::error::{Error, Result};

impl Store {
    /// Keeps what the form of this view has, over what was kept before; none: the form was sent or thrown away.
    pub fn keep_draft(&self, ask: &Ask, command: Option<&Command>) -> Result<()> {
        let ask = name(ask);
        let command = command.map(|command| serde_json::to_string(command).unwrap_or_default());
        if command.as_ref().is_some_and(|text| text.len() > COMMAND_BYTES) {
            return Err(Error::TooLarge);
        }
        self.write(Durability::Saved, |transaction| {
            match &command {
                Some(command) => transaction.connection().execute(
                    "INSERT INTO draft (ask, command) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET command = ?2",
                    params![ask, command],
                )?,
                None => transaction.connection().execute("DELETE FROM draft WHERE ask = ?1", [&ask])?,
            };
            Ok(())
        })
    }
}

impl Transaction<'_> {
    /// Lets drafts go, also from the log.
    pub(super) fn drop_drafts(&self, which: impl Fn(&Command) -> bool) -> Result<()> {
        let mut statement = self.connection().prepare_cached("SELECT ask, command FROM draft")?;
        let drafts = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        for draft in drafts.collect::<rusqlite::Result<Vec<_>>>()? {
            // One that this build can't read is of no use.
            if serde_json::from_str(&draft.1).map_or(true, |command| which(&command)) {
                self.connection().execute("DELETE FROM draft WHERE ask = ?1", [draft.0])?;
                self.note_erased()?;
            }
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// What the form of this view had, unless its day is over.
    pub fn draft(&self, ask: &Ask, now: Timestamp) -> Result<Option<Command>> {
        let text: Option<String> = self
            .connection()
            .query_row("SELECT command FROM draft WHERE ask = ?1", [name(ask)], |row| row.get(0))
            .optional()?;
        let command = text.and_then(|text| serde_json::from_str::<Command>(&text).ok());
        // What is locked for want of contact is not shown in a form either.
        let rights = self.rights()?;
        let command = command.filter(|command| command.scopes().iter().all(|scope| rights.holds(*scope)));
        Ok(command.filter(|command| command.draft_until().is_none_or(|until| now < until)))
    }
}

fn name(ask: &Ask) -> String {
    serde_json::to_string(ask).unwrap_or_default()
}
