//! Freshness: how long data may be shown without contact (`protocol.md` §5).
//!
//! Counted on the boot-time clock, so that neither the wall clock nor sleep lengthens it. The remainder is stored each
//! minute; a restart costs at most that minute, and locks what is protected until there is contact.

use kapprum_domain::access::Class;
use kapprum_protocol::frame::Freshness;
use rusqlite::params;

use super::transaction::{Transaction, number};
use crate::clock::Boot;
use crate::error::Result;

/// Names in `meta` of what is left, in milliseconds, by class; a device's own class never runs out.
const LEFT: [(Class, &str); 2] = [(Class::Normal, "left_normal"), (Class::Protected, "left_protected")];

impl Transaction<'_> {
    /// There was contact: the full time runs anew, and nothing is locked. Whether anything was: then what the actor may
    /// see has changed, and the overlay is to be replayed.
    pub fn refresh(&self, seconds: (u32, u32), boot: Boot) -> Result<bool> {
        self.set("limit_normal", seconds.0)?;
        self.set("limit_protected", seconds.1)?;
        self.refresh_again(boot)
    }

    /// There was contact without new limits: the last ones run anew.
    pub fn refresh_again(&self, boot: Boot) -> Result<bool> {
        for ((_, left), limit) in LEFT.iter().zip(["limit_normal", "limit_protected"]) {
            self.set(left, number(self.connection(), limit)?.unwrap_or(0).saturating_mul(1000))?;
        }
        self.note(boot)?;
        Ok(self.connection().prepare_cached("UPDATE scope SET locked = 0 WHERE locked")?.execute([])? > 0)
    }

    /// Counts the time since the last note. What ran out is locked; what was locked before is purged. Whether anything
    /// was locked or purged: then the overlay is to be replayed.
    pub fn count_down(&self, boot: Boot) -> Result<bool> {
        let Some(noted) = number(self.connection(), "boot_elapsed")? else { return Ok(false) };
        let same = number(self.connection(), "boot_id")? == Some(i64::from_ne_bytes(boot.id.to_ne_bytes()));
        let passed = if same { boot.elapsed.saturating_sub(noted).max(0) } else { 0 };
        let mut changed = false;
        for (class, name) in LEFT {
            let left = number(self.connection(), name)?.unwrap_or(0) - passed;
            self.set(name, left.max(0))?;
            if left <= 0 || (!same && class == Class::Protected) {
                changed |= self.lock(class, left <= 0)?;
            }
        }
        self.note(boot)?;
        Ok(changed)
    }

    /// Locks a class. If its time ran out, what was locked before is purged.
    fn lock(&self, class: Class, purge: bool) -> Result<bool> {
        let class = u8::from(Freshness(class));
        let mut changed = 0;
        if purge {
            for table in ["DELETE FROM record WHERE part IN", "DELETE FROM overlay WHERE scope IN"] {
                let column = if table.contains("record") { "part" } else { "id" };
                changed += self.connection().execute(
                    &format!("{table} (SELECT {column} FROM scope WHERE class = ?1 AND locked AND part IS NOT NULL)"),
                    params![class],
                )?;
            }
            // Nothing is here any more: fetched again at the next contact.
            changed += self.connection().execute(
                "UPDATE scope SET part = NULL, wanted = 1 WHERE class = ?1 AND locked AND part IS NOT NULL",
                [class],
            )?;
        }
        changed += self.connection().execute("UPDATE scope SET locked = 1 WHERE class = ?1 AND NOT locked", [class])?;
        Ok(changed > 0)
    }

    fn note(&self, boot: Boot) -> Result<()> {
        self.set("boot_id", i64::from_ne_bytes(boot.id.to_ne_bytes()))?;
        self.set("boot_elapsed", boot.elapsed)
    }
}
