//! Freshness: how long data may be shown without contact (`protocol.md` §5).
//!
//! Counted on the boot-time clock, so that neither the wall clock nor sleep lengthens it. The remainder is stored each
//! minute. A restart costs as long as the wall clock and the new boot can tell, and locks what is protected until there
//! is contact.

use kapprum_domain::access::Class;
use kapprum_protocol::frame::Freshness;
use rusqlite::params;

use super::reading::Reader;
use super::transaction::{Transaction, number};
use crate::clock::Clock;
use crate::error::Result;

/// Names in `meta` of what is left, in milliseconds, by class; a device's own class never runs out.
const LEFT: [(Class, &str); 2] = [(Class::Normal, "left_normal"), (Class::Protected, "left_protected")];

/// What the count-down says now of a class.
struct Left {
    class: Class,
    name: &'static str,
    milliseconds: i64,
    /// The device was restarted since the last note, which locks what is protected.
    restarted: bool,
}

impl Left {
    fn is_over(&self) -> bool {
        self.milliseconds <= 0
    }

    fn locks(&self) -> bool {
        self.is_over() || (self.restarted && self.class == Class::Protected)
    }
}

impl Reader<'_> {
    /// Whether something has run out that is still shown, or still here: it is to be locked or purged.
    pub fn has_run_out(&self, clock: &dyn Clock) -> Result<bool> {
        let mut due = self.connection().prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM scope WHERE class = ?1 AND (NOT locked OR (?2 AND part IS NOT NULL)))",
        )?;
        for left in self.left(clock)?.iter().filter(|left| left.locks()) {
            if due.query_row(params![u8::from(Freshness(left.class)), left.is_over()], |row| row.get(0))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is left of each class now; nothing before the first contact.
    fn left(&self, clock: &dyn Clock) -> Result<Vec<Left>> {
        let Some(noted) = number(self.connection(), "boot_elapsed")? else { return Ok(Vec::new()) };
        let boot = clock.boot();
        let same = number(self.connection(), "boot_id")? == Some(i64::from_ne_bytes(boot.id.to_ne_bytes()));
        let restarted = !same || boot.elapsed < noted;
        let passed = if restarted {
            let wall = number(self.connection(), "noted")?.unwrap_or(i64::MAX);
            // The wall clock may have been set back; the new boot at least has run for so long.
            clock.wall().0.saturating_sub(wall).max(boot.elapsed).max(0)
        } else {
            boot.elapsed - noted
        };
        LEFT.iter()
            .map(|(class, name)| {
                let milliseconds = number(self.connection(), name)?.unwrap_or(0).saturating_sub(passed).max(0);
                Ok(Left { class: *class, name, milliseconds, restarted })
            })
            .collect()
    }
}

impl Transaction<'_> {
    /// There was contact: the full time runs anew, and nothing is locked. Whether anything was: then what the actor may
    /// see has changed, and the overlay is to be replayed.
    pub fn refresh(&self, seconds: (u32, u32), clock: &dyn Clock) -> Result<bool> {
        self.set("limit_normal", seconds.0)?;
        self.set("limit_protected", seconds.1)?;
        self.refresh_again(clock)
    }

    /// There was contact without new limits: the last ones run anew.
    pub fn refresh_again(&self, clock: &dyn Clock) -> Result<bool> {
        for ((_, left), limit) in LEFT.iter().zip(["limit_normal", "limit_protected"]) {
            self.set(left, number(self.connection(), limit)?.unwrap_or(0).saturating_mul(1000))?;
        }
        self.note(clock)?;
        Ok(self.connection().prepare_cached("UPDATE scope SET locked = 0 WHERE locked")?.execute([])? > 0)
    }

    /// Counts the time since the last note. What ran out is locked; what was locked before is purged. Whether anything
    /// was locked or purged: then the overlay is to be replayed.
    pub fn count_down(&self, clock: &dyn Clock) -> Result<bool> {
        let all = self.left(clock)?;
        let mut changed = false;
        for left in &all {
            self.set(left.name, left.milliseconds)?;
            if left.locks() {
                changed |= self.lock(left.class, left.is_over())?;
            }
        }
        if !all.is_empty() {
            self.note(clock)?;
        }
        Ok(changed)
    }

    /// Locks a class. If its time ran out, what was locked before is purged.
    fn lock(&self, class: Class, purge: bool) -> Result<bool> {
        let class = u8::from(Freshness(class));
        let mut purged = 0;
        if purge {
            for table in ["DELETE FROM record WHERE part IN", "DELETE FROM overlay WHERE scope IN"] {
                let column = if table.contains("record") { "part" } else { "id" };
                purged += self.connection().execute(
                    &format!("{table} (SELECT {column} FROM scope WHERE class = ?1 AND locked AND part IS NOT NULL)"),
                    params![class],
                )?;
            }
            // Nothing is here any more: fetched again at the next contact.
            purged += self.connection().execute(
                "UPDATE scope SET part = NULL, wanted = 1 WHERE class = ?1 AND locked AND part IS NOT NULL",
                [class],
            )?;
        }
        if purged > 0 {
            self.note_erased()?;
        }
        let locked =
            self.connection().execute("UPDATE scope SET locked = 1 WHERE class = ?1 AND NOT locked", [class])?;
        Ok(purged + locked > 0)
    }

    fn note(&self, clock: &dyn Clock) -> Result<()> {
        let boot = clock.boot();
        self.set("boot_id", i64::from_ne_bytes(boot.id.to_ne_bytes()))?;
        self.set("boot_elapsed", boot.elapsed)?;
        self.set("noted", clock.wall().0)
    }
}
