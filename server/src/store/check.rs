//! Whether a tenant's file is sound: what `check` asks of it.

use super::Result;
use super::sqlite::{Sqlite, lock};

impl Sqlite {
    /// What is damaged, one line each; nothing: sound.
    pub fn damage(&self) -> Result<Vec<String>> {
        let connection = lock(&self.writer);
        let mut found = Vec::new();
        let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if integrity != "ok" {
            found.push(format!("integrity_check: {integrity}"));
        }
        let checks = [
            (
                "rows above the store's head",
                "SELECT count(*) FROM record WHERE seq > (SELECT value FROM meta WHERE name = 'head')",
            ),
            (
                "rows of scopes without a number",
                "SELECT count(*) FROM record WHERE scope NOT IN (SELECT number FROM scope)",
            ),
            (
                "scopes whose head is not their last row's seq",
                "SELECT count(*) FROM scope s WHERE head < (SELECT coalesce(max(seq), 0) FROM record r WHERE r.scope = s.number)",
            ),
            ("rows with the same seq", "SELECT count(*) - count(DISTINCT seq) FROM record"),
            (
                "rows whose body is no JSON",
                "SELECT count(*) FROM record WHERE body IS NOT NULL AND NOT json_valid(body)",
            ),
            (
                "receipts above the store's head",
                "SELECT count(*) FROM receipt WHERE seq > (SELECT value FROM meta WHERE name = 'head')",
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

    /// How many commands a rule has failed on and nobody has looked at.
    pub fn dead_letters(&self) -> Result<u32> {
        Ok(lock(&self.writer).query_row("SELECT count(*) FROM dead_letter", [], |row| row.get(0))?)
    }
}
