//! Reading record ⊕ overlay: what rules and views see on the phone.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use kapprum_domain::access::Rights;
use kapprum_domain::actor::{Account, Actor};
use kapprum_domain::id::RecordId;
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::world::{Source, Unread, World};
use kapprum_protocol::frame::Freshness;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Known, lock, transaction};
use crate::clock::Offset;
use crate::error::{Error, Result};

/// One snapshot of the store.
pub struct Reader<'a> {
    connection: &'a Connection,
    account: &'a Account,
    known: &'a Known,
    /// What is read here stands in the file for good.
    committed: bool,
}

impl<'a> Reader<'a> {
    /// Reads what was committed.
    pub(super) fn committed(connection: &'a Connection, account: &'a Account, known: &'a Known) -> Self {
        Self { connection, account, known, committed: true }
    }

    /// Reads what a transaction has written so far, too.
    pub(super) fn within(connection: &'a Connection, account: &'a Account, known: &'a Known) -> Self {
        Self { connection, account, known, committed: false }
    }

    /// Who acts in this store.
    pub fn actor(&self) -> Actor {
        Actor { account: *self.account }
    }

    /// Everything here, for `decide`.
    pub fn world(&self) -> World<'_> {
        World::new(self)
    }

    /// The rights as the server last gave them; locked scopes are left out.
    pub fn rights(&self) -> Result<Arc<Rights>> {
        let version = transaction::number(self.connection, "rights")?;
        if let Some((kept, rights)) = lock(&self.known.rights).as_ref()
            && *kept == version
        {
            return Ok(rights.clone());
        }
        let rights = Arc::new(self.read_rights()?);
        // A transaction may be undone, and another be given its number.
        if self.committed {
            *lock(&self.known.rights) = Some((version, rights.clone()));
        }
        Ok(rights)
    }

    fn read_rights(&self) -> Result<Rights> {
        let mut statement =
            self.connection.prepare_cached("SELECT name, class FROM scope WHERE name IS NOT NULL AND NOT locked")?;
        let mut rows = statement.query([])?;
        let mut given = Vec::new();
        while let Some(row) = rows.next()? {
            if let Ok(scope) = row.get_ref(0)?.as_str().unwrap_or_default().parse::<Scope>() {
                given.push((scope, Freshness::from(row.get::<_, u8>(1)?).0));
            }
        }
        Ok(Rights::given(given))
    }

    /// Whether something is locked for want of contact.
    pub fn any_locked(&self) -> Result<bool> {
        let mut statement = self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM scope WHERE locked)")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Whether everything that is held has arrived.
    pub fn whole(&self) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'cursor')
                AND NOT EXISTS (SELECT 1 FROM scope WHERE part IS NULL)",
        )?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// The server's clock at the last contact.
    pub fn offset(&self) -> Result<Option<Offset>> {
        transaction::offset(self.connection)
    }

    /// Whether bytes of what was erased may still lie in the write-ahead log.
    pub fn has_erased(&self) -> Result<bool> {
        Ok(transaction::number(self.connection, "erased")?.is_some())
    }

    /// When the server was last heard of, by its own clock.
    pub fn contact(&self) -> Result<Option<kapprum_domain::time::Timestamp>> {
        Ok(transaction::number(self.connection, "contact")?.map(kapprum_domain::time::Timestamp))
    }

    /// The connection, for the outbox's reads.
    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }

    /// A rule or view meets a failing file: it is told the kind of failure, never values.
    fn broken(&self, error: rusqlite::Error) -> Unread {
        let why = error.sqlite_error_code().map_or_else(|| "store".to_owned(), |code| format!("{code:?}"));
        self.known.note(&Error::from(error));
        Unread::Broken(why)
    }
}

impl Reader<'_> {
    /// Whether a change would change anything here. Of what is not held only its writer knows.
    pub fn would_change(&self, change: &Change) -> Result<bool> {
        let (scope, kind, id) = change.key();
        match change {
            Change::Put(_) => Ok(true),
            Change::Remove(..) => match self.body(&scope, kind, id) {
                Ok(stands) => Ok(stands.is_some()),
                Err(Unread::NotHeld(_)) => Ok(false),
                Err(broken) => Err(broken.into()),
            },
        }
    }

    fn body(&self, scope: &Scope, kind: &str, id: RecordId) -> std::result::Result<Option<String>, Unread> {
        let found = self.connection.prepare_cached(GET).and_then(|mut statement| {
            statement
                .query_row(params![scope.to_string(), kind, id.0.as_bytes()], |row| {
                    if matches!(row.get_ref(0)?, ValueRef::Null) {
                        return Ok(None);
                    }
                    let overlaid = !matches!(row.get_ref(1)?, ValueRef::Null);
                    Ok(Some(row.get::<_, Option<String>>(if overlaid { 2 } else { 3 })?))
                })
                .optional()
        });
        found.map_err(|error| self.broken(error))?.flatten().ok_or(Unread::NotHeld(*scope))
    }

    /// What rules mostly read: one scope, without the detour over a list.
    fn scan_one(
        &self,
        kind: &'static str,
        scope: &Scope,
        range: &RangeInclusive<i64>,
        visit: &mut dyn FnMut(&str),
    ) -> std::result::Result<(), Unread> {
        let visited = self.connection.prepare_cached(HERE).and_then(|mut statement| {
            let here = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
            let Some((id, part)) = statement.query_row([scope.to_string()], here).optional()? else { return Ok(false) };
            let mut statement = self.connection.prepare_cached(SCAN_ONE)?;
            let mut rows = statement.query(params![id, part, kind, range.start(), range.end()])?;
            while let Some(row) = rows.next()? {
                visit(row.get_ref(0)?.as_str()?);
            }
            Ok(true)
        });
        if visited.map_err(|error| self.broken(error))? { Ok(()) } else { Err(Unread::NotHeld(*scope)) }
    }
}

const GET: &str = "
SELECT s.part, o.scope, o.body, r.body
FROM scope s
LEFT JOIN overlay o ON o.scope = s.id AND o.kind = ?2 AND o.id = ?3
LEFT JOIN record r ON r.part = s.part AND r.kind = ?2 AND r.id = ?3
WHERE s.name = ?1 AND NOT s.locked";

const MISSING: &str = "
SELECT j.value FROM json_each(?1) j
WHERE NOT EXISTS (SELECT 1 FROM scope s WHERE s.name = j.value AND s.part IS NOT NULL AND NOT s.locked)
LIMIT 1";

const SCAN: &str = "
SELECT r.body FROM json_each(?1) j
JOIN scope s ON s.name = j.value
JOIN record r ON r.part = s.part AND r.kind = ?2 AND r.at BETWEEN ?3 AND ?4
WHERE NOT EXISTS (SELECT 1 FROM overlay o WHERE o.scope = s.id AND o.kind = r.kind AND o.id = r.id)
UNION ALL
SELECT o.body FROM json_each(?1) j
JOIN scope s ON s.name = j.value
JOIN overlay o ON o.scope = s.id AND o.kind = ?2 AND o.at BETWEEN ?3 AND ?4
WHERE o.body IS NOT NULL";

const HERE: &str = "SELECT id, part FROM scope WHERE name = ?1 AND part IS NOT NULL AND NOT locked";

const SCAN_ONE: &str = "
SELECT r.body FROM record r
WHERE r.part = ?2 AND r.kind = ?3 AND r.at BETWEEN ?4 AND ?5
    AND NOT EXISTS (SELECT 1 FROM overlay o WHERE o.scope = ?1 AND o.kind = r.kind AND o.id = r.id)
UNION ALL
SELECT o.body FROM overlay o WHERE o.scope = ?1 AND o.kind = ?3 AND o.at BETWEEN ?4 AND ?5 AND o.body IS NOT NULL";

const PENDING: &str = "
SELECT o.id FROM json_each(?1) j JOIN scope s ON s.name = j.value JOIN overlay o ON o.scope = s.id AND o.kind = ?2";

impl Source for Reader<'_> {
    fn get(&self, scope: &Scope, kind: &'static str, id: RecordId) -> std::result::Result<Option<String>, Unread> {
        self.body(scope, kind, id)
    }

    fn scan(
        &self,
        kind: &'static str,
        scopes: &[Scope],
        range: RangeInclusive<i64>,
        visit: &mut dyn FnMut(&str),
    ) -> std::result::Result<(), Unread> {
        if let [scope] = scopes {
            return self.scan_one(kind, scope, &range, visit);
        }
        let names: Vec<String> = scopes.iter().map(Scope::to_string).collect();
        let names = serde_json::to_string(&names).unwrap_or_default();
        let missing = self
            .connection
            .prepare_cached(MISSING)
            .and_then(|mut statement| statement.query_row([&names], |row| row.get::<_, String>(0)).optional());
        if let Some(missing) = missing.map_err(|error| self.broken(error))? {
            return Err(match missing.parse() {
                Ok(scope) => Unread::NotHeld(scope),
                Err(_) => Unread::Broken("a scope has no name".to_owned()),
            });
        }
        let visited = self.connection.prepare_cached(SCAN).and_then(|mut statement| {
            let mut rows = statement.query(params![names, kind, range.start(), range.end()])?;
            while let Some(row) = rows.next()? {
                visit(row.get_ref(0)?.as_str()?);
            }
            Ok(())
        });
        visited.map_err(|error| self.broken(error))
    }

    fn pending(&self, kind: &'static str, scopes: &[Scope]) -> std::result::Result<Vec<RecordId>, Unread> {
        let names: Vec<String> = scopes.iter().map(Scope::to_string).collect();
        let names = serde_json::to_string(&names).unwrap_or_default();
        let found = self.connection.prepare_cached(PENDING).and_then(|mut statement| {
            let rows =
                statement.query_map(params![names, kind], |row| Ok(RecordId(uuid::Uuid::from_bytes(row.get(0)?))))?;
            rows.collect()
        });
        found.map_err(|error| self.broken(error))
    }

    fn unreadable(&self, _: &'static str) {
        self.known.unreadable.fetch_add(1, Ordering::Relaxed);
    }
}
