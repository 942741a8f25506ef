//! Whether an account's file is sound.

use super::connection::Protection;
use super::{Store, lock};
use crate::error::{Error, Result};

impl Store {
    /// What is damaged, one line each; nothing: sound. Reads the whole file, and nothing is saved meanwhile.
    pub fn damage(&self) -> Result<Vec<String>> {
        let guard = lock(&self.writer);
        let connection = guard.as_ref().ok_or(Error::Closed)?;
        let mut found = Vec::new();
        if let Protection::Key(_) = self.options.protection {
            // Each page against its own code: also what SQLite would not notice.
            let mut statement = connection.prepare("PRAGMA cipher_integrity_check")?;
            let pages = statement.query_map([], |row| row.get::<_, String>(0))?;
            found.extend(pages.collect::<rusqlite::Result<Vec<_>>>()?);
        }
        if !found.is_empty() {
            return Ok(found);
        }
        let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if integrity != "ok" {
            return Ok(vec![format!("integrity_check: {integrity}")]);
        }
        let checks = [
            (
                "records that are neither shown nor to be deleted",
                "SELECT count(*) FROM record WHERE part NOT IN (SELECT part FROM garbage)
                 AND part NOT IN (SELECT part FROM scope WHERE part IS NOT NULL)",
            ),
            (
                "overlaid records of scopes that are not held",
                "SELECT count(*) FROM overlay WHERE scope NOT IN (SELECT id FROM scope)",
            ),
            (
                "scopes named by commands that are not there",
                "SELECT count(*) FROM outbox_scope WHERE n NOT IN (SELECT n FROM outbox)",
            ),
        ];
        for (what, sql) in checks {
            let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
            if count > 0 {
                found.push(format!("{count} {what}"));
            }
        }
        Ok(found)
    }
}
