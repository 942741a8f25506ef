//! Our sealed copy of what a source says: a file beside the tenant's store, with a row for each of its rows.
//!
//! A page comes in whole or not at all; where a listing stopped, the next run goes on; an import reads what is here, as
//! if from a folder. The rows are sealed by a key that is not in the file, and hold no field that no import reads. Losing
//! the file costs one whole fetch.

use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use kapprum_domain::id::TenantId;
use kapprum_domain::time::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;

use crate::import::Resource;
use crate::import::source::{Extent, Source};
use crate::import::ss12000::own_id;
use crate::keys::Keys;
use crate::store::{Result, StoreError};

const VERSION: i32 = 1;

const TABLES: &str = "
CREATE TABLE row (
    resource TEXT NOT NULL,
    id BLOB NOT NULL,
    run INTEGER NOT NULL,      -- the last listing that had it
    first INTEGER NOT NULL,    -- when it came
    changed INTEGER NOT NULL,  -- when it was last other than before
    digest BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (resource, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE listing (
    resource TEXT PRIMARY KEY,
    run INTEGER NOT NULL DEFAULT 0,
    began INTEGER NOT NULL DEFAULT 0,
    since INTEGER,             -- only what changed since then; none: everything
    token TEXT,                -- what asks for the next page, while pages are left
    until INTEGER,             -- up to when the source's news are here; none: not everything is
    whole INTEGER NOT NULL DEFAULT 0,  -- when everything was last asked for
    trouble TEXT               -- why not everything is here
) STRICT, WITHOUT ROWID;
CREATE TABLE told (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// See the module.
pub struct Mirror {
    connection: Connection,
    tenant: TenantId,
    key: [u8; 32],
}

/// How far a resource has been listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The number of the listing.
    pub run: i64,
    /// When it began, by our clock.
    pub began: Timestamp,
    /// Lists only what changed since then.
    pub since: Option<Timestamp>,
    /// What asks for the next page, while pages are left.
    pub token: Option<String>,
    /// Up to when everything is here, by the source's clock.
    pub until: Option<Timestamp>,
    /// When everything was last asked for.
    pub whole: Timestamp,
    /// Why not everything is here.
    pub trouble: Option<String>,
}

/// The day of the last import, as a number.
pub const IMPORTED_ON: &str = "imported_on";
/// Instead of a day: what is here is still to be imported.
pub const OWED: i64 = i64::MIN;

/// What a page did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Its rows.
    pub rows: usize,
    /// Rows that this listing had not yet had.
    pub fresh: usize,
    /// Rows that are new or other than before.
    pub changed: usize,
}

/// When a row came and changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// When it came.
    pub first: Timestamp,
    /// When it was last other than before.
    pub changed: Timestamp,
}

impl Mirror {
    /// Opens a tenant's copy; makes an empty one where there is none, or one that a newer or older version wrote.
    ///
    /// # Errors
    /// If the file can't be read or made.
    pub fn open(path: &Path, tenant: TenantId, keys: &Keys) -> Result<Self> {
        let mut connection = connect(path)?;
        let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let key = keys.mirror_key();
        // Under another key nothing here can be opened any more.
        let mark = i64::from_be_bytes(std::array::from_fn(|at| digest(&key, b"key").get(at).copied().unwrap_or(0)));
        let known = |connection: &Connection| {
            connection.query_row("SELECT value FROM told WHERE name = 'key'", [], |row| row.get::<_, i64>(0)).ok()
        };
        if version != VERSION || known(&connection) != Some(mark) {
            let making = connection.transaction()?;
            making
                .execute_batch("DROP TABLE IF EXISTS row; DROP TABLE IF EXISTS listing; DROP TABLE IF EXISTS told;")?;
            making.execute_batch(TABLES)?;
            making.execute("INSERT INTO told VALUES ('key', ?1)", [mark])?;
            making.pragma_update(None, "user_version", VERSION)?;
            making.commit()?;
        }
        Ok(Self { connection, tenant, key })
    }

    /// As [`Self::open`], for a run: a damaged copy is begun anew, which costs one whole fetch.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_or_renew(path: &Path, tenant: TenantId, keys: &Keys) -> Result<Self> {
        let sound = |mirror: Self| {
            let check = "PRAGMA quick_check(1)";
            let said: String = mirror.connection.query_row(check, [], |row| row.get(0))?;
            if said == "ok" { Ok(mirror) } else { Err(StoreError::Damaged) }
        };
        match Self::open(path, tenant, keys).and_then(sound) {
            Err(StoreError::Damaged) => {
                tracing::warn!("the copy of a source is damaged; everything is asked for anew");
                for end in ["", "-wal", "-shm"] {
                    let mut file = path.as_os_str().to_owned();
                    file.push(end);
                    // Where it can't go, opening says so again.
                    let _ = std::fs::remove_file(file);
                }
                Self::open(path, tenant, keys)
            }
            opened => opened,
        }
    }

    /// How far a resource has been listed.
    pub fn listing(&self, resource: &str) -> Result<Listing> {
        let sql = "SELECT run, began, since, token, until, whole, trouble FROM listing WHERE resource = ?1";
        let found = self.connection.prepare_cached(sql)?.query_row([resource], read_listing).optional()?;
        Ok(found.unwrap_or_default())
    }

    /// Notes how far a resource has been listed.
    pub fn note(&self, resource: &str, listing: &Listing) -> Result<()> {
        let Listing { run, began, since, token, until, whole, trouble } = listing;
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO listing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
                resource,
                run,
                began.0,
                since.map(|since| since.0),
                token,
                until.map(|until| until.0),
                whole.0,
                trouble
            ])?;
        Ok(())
    }

    /// Begins a page: nothing of it is here until it is whole.
    pub fn begin(&self) -> Result<()> {
        Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Keeps the page that was begun.
    pub fn keep(&self) -> Result<()> {
        Ok(self.connection.execute_batch("COMMIT")?)
    }

    /// Takes back the page that was begun, if one was.
    pub fn undo(&self) -> Result<()> {
        if self.connection.is_autocommit() { Ok(()) } else { Ok(self.connection.execute_batch("ROLLBACK")?) }
    }

    /// Takes a row of a page.
    pub fn take(&self, resource: Resource, run: i64, row: &Value, now: Timestamp, taken: &mut Taken) -> Result<()> {
        let (name, bytes) = (resource.to_string(), row.to_string());
        let digest = digest(&self.key, bytes.as_bytes());
        // What has no id is a row all the same: the import tells of it.
        let id = row.get("id").and_then(|id| own_id(self.tenant, resource, id));
        let id = id.unwrap_or_else(|| Uuid::from_bytes(digest)).into_bytes();
        taken.rows += 1;
        let known = self
            .connection
            .prepare_cached("SELECT run, digest FROM row WHERE resource = ?1 AND id = ?2")?
            .query_row(params![name, id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?)))
            .optional()?;
        taken.fresh += usize::from(known.is_none_or(|(last, _)| last != run));
        if let Some((last, _)) = known.filter(|(_, known)| *known == digest) {
            if last != run {
                let sql = "UPDATE row SET run = ?3 WHERE resource = ?1 AND id = ?2";
                self.connection.prepare_cached(sql)?.execute(params![name, id, run])?;
            }
            return Ok(());
        }
        taken.changed += 1;
        if taken.changed == 1 {
            self.owe()?;
        }
        self.connection
            .prepare_cached(
                "INSERT INTO row VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET
                 run = excluded.run, changed = excluded.changed, digest = excluded.digest, sealed = excluded.sealed",
            )?
            .execute(params![name, id, run, now.0, digest, self.seal(&name, &id, bytes.as_bytes())?])?;
        Ok(())
    }

    /// Lets go what a whole listing didn't have; how many rows.
    pub fn sweep(&self, resource: Resource, run: i64) -> Result<usize> {
        let sql = "DELETE FROM row WHERE resource = ?1 AND run <> ?2";
        let swept = self.connection.prepare_cached(sql)?.execute(params![resource.to_string(), run])?;
        if swept > 0 {
            self.owe()?;
        }
        Ok(swept)
    }

    /// Lets go a row that the source says to have deleted; whether it was here.
    pub fn remove(&self, resource: Resource, id: &Value) -> Result<bool> {
        let Some(id) = own_id(self.tenant, resource, id) else { return Ok(false) };
        let sql = "DELETE FROM row WHERE resource = ?1 AND id = ?2";
        let parameters = params![resource.to_string(), id.into_bytes()];
        let removed = self.connection.prepare_cached(sql)?.execute(parameters)? > 0;
        if removed {
            self.owe()?;
        }
        Ok(removed)
    }

    /// What is here is other than what was imported: noted with the change itself, so that no death in between hides it.
    fn owe(&self) -> Result<()> {
        self.tell(IMPORTED_ON, OWED)
    }

    /// Whether everything is here that the source has.
    pub fn is_whole(&self) -> Result<bool> {
        for resource in Resource::ALL {
            let listing = self.listing(&resource.to_string())?;
            let offered = listing.until.is_some() || self.count(resource)? > 0;
            if listing.trouble.is_some() || offered && listing.until.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The rows of a resource that are here.
    pub fn count(&self, resource: Resource) -> Result<usize> {
        let sql = "SELECT count(*) FROM row WHERE resource = ?1";
        let count: i64 = self.connection.prepare_cached(sql)?.query_row([resource.to_string()], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// When a row came and changed.
    pub fn known(&self, resource: Resource, id: Uuid) -> Result<Option<Known>> {
        let sql = "SELECT first, changed FROM row WHERE resource = ?1 AND id = ?2";
        let known = |row: &Row<'_>| Ok(Known { first: Timestamp(row.get(0)?), changed: Timestamp(row.get(1)?) });
        let parameters = params![resource.to_string(), id.into_bytes()];
        Ok(self.connection.prepare_cached(sql)?.query_row(parameters, known).optional()?)
    }

    /// A row.
    pub fn row(&self, resource: Resource, id: Uuid) -> Result<Option<Value>> {
        let (name, id) = (resource.to_string(), id.into_bytes());
        let sql = "SELECT sealed FROM row WHERE resource = ?1 AND id = ?2";
        let sealed: Option<Vec<u8>> =
            self.connection.prepare_cached(sql)?.query_row(params![name, id], |row| row.get(0)).optional()?;
        sealed.map(|sealed| self.open_row(&name, &id, &sealed)).transpose()
    }

    /// Visits a resource's rows with their ids.
    pub fn each(&self, resource: Resource, visit: &mut dyn FnMut(Uuid, Value)) -> Result<()> {
        let name = resource.to_string();
        let mut statement =
            self.connection.prepare_cached("SELECT id, sealed FROM row WHERE resource = ?1 ORDER BY id")?;
        let mut rows = statement.query([&name])?;
        while let Some(row) = rows.next()? {
            let (id, sealed): ([u8; 16], Vec<u8>) = (row.get(0)?, row.get(1)?);
            visit(Uuid::from_bytes(id), self.open_row(&name, &id, &sealed)?);
        }
        Ok(())
    }

    /// Has everything asked for anew: what is here can't be trusted to be all.
    pub fn doubt(&self) -> Result<()> {
        self.connection.execute("UPDATE listing SET until = NULL, token = NULL", [])?;
        Ok(())
    }

    /// A number noted under a name; zero: none.
    pub fn told(&self, name: &str) -> Result<i64> {
        told(&self.connection, name)
    }

    /// Notes a number under a name.
    pub fn tell(&self, name: &str, value: i64) -> Result<()> {
        self.connection.prepare_cached("INSERT OR REPLACE INTO told VALUES (?1, ?2)")?.execute(params![name, value])?;
        Ok(())
    }

    fn seal(&self, resource: &str, id: &[u8; 16], bytes: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).map_err(unreadable)?;
        let payload = Payload { msg: bytes, aad: &[resource.as_bytes(), id].concat() };
        let cipher = XChaCha20Poly1305::new(&self.key.into());
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(unreadable)?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn open_row(&self, resource: &str, id: &[u8; 16], sealed: &[u8]) -> Result<Value> {
        let (nonce, sealed) = sealed.split_first_chunk::<24>().ok_or_else(|| unreadable(()))?;
        let payload = Payload { msg: sealed, aad: &[resource.as_bytes(), id].concat() };
        let cipher = XChaCha20Poly1305::new(&self.key.into());
        let bytes = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(unreadable)?;
        serde_json::from_slice(&bytes).map_err(unreadable)
    }
}

impl Source for Mirror {
    fn rows(&self, resource: Resource, visit: &mut dyn FnMut(Value)) -> Extent {
        let listing = self.listing(&resource.to_string());
        let read = self.each(resource, &mut |_, row| visit(row));
        match (listing, read) {
            (Ok(Listing { trouble: None, until: Some(_), .. }), Ok(())) => Extent::Whole,
            (Ok(listing), Ok(())) => match (self.count(resource), listing.trouble) {
                (Ok(0), None) => Extent::Missing,
                (_, why) => Extent::Broken(vec![why.unwrap_or_else(|| "not everything has come yet".to_owned())]),
            },
            _ => Extent::Broken(vec!["our copy of it can't be read".to_owned()]),
        }
    }
}

/// The numbers noted under these names in a copy, zero where there is none: for who only looks. Needs no key, makes no file
/// and changes none, so it may be asked beside a run.
///
/// # Errors
/// If there is a file and it can't be read.
pub fn noted<const N: usize>(path: &Path, names: [&str; N]) -> Result<[i64; N]> {
    if !path.exists() {
        return Ok([0; N]);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    #[expect(clippy::disallowed_methods, reason = "the one other place that opens the copy of a source")]
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(1))?;
    let mut numbers = [0; N];
    for (number, name) in numbers.iter_mut().zip(names) {
        *number = told(&connection, name)?;
    }
    Ok(numbers)
}

fn told(connection: &Connection, name: &str) -> Result<i64> {
    let sql = "SELECT value FROM told WHERE name = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// By the key, so that nobody can try out what a row says.
fn digest(key: &[u8; 32], bytes: &[u8]) -> [u8; 16] {
    let Ok(mut code) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return [0; 16] };
    code.update(bytes);
    let whole: [u8; 32] = code.finalize().into_bytes().into();
    std::array::from_fn(|at| whole.get(at).copied().unwrap_or(0))
}

fn read_listing(row: &Row<'_>) -> rusqlite::Result<Listing> {
    let moment = |at: usize| row.get::<_, Option<i64>>(at).map(|moment| moment.map(Timestamp));
    Ok(Listing {
        run: row.get(0)?,
        began: Timestamp(row.get(1)?),
        since: moment(2)?,
        token: row.get(3)?,
        until: moment(4)?,
        whole: Timestamp(row.get(5)?),
        trouble: row.get(6)?,
    })
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_CREATE;
    #[expect(clippy::disallowed_methods, reason = "the one place that opens the copy of a source")]
    let connection = Connection::open_with_flags(path, flags)?;
    // What a power cut takes is fetched again.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8192; PRAGMA busy_timeout = 10000; PRAGMA trusted_schema = OFF;",
    )?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn unreadable(_: impl std::fmt::Debug) -> StoreError {
    StoreError::Failed("the copy of a source".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Whatever ends a run between a change and its import: the next run knows that something is owed.
    #[test]
    fn a_change_and_that_it_is_owed_are_kept_together() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::new([1; 32], [2; 32]);
        let mirror = Mirror::open(&folder.path().join("source.db"), TenantId(Uuid::from_u128(1)), &keys).unwrap();
        let row = |name: &str| json!({ "id": Uuid::from_u128(7), "displayName": name });
        let takes = |name: &str, kept: bool| {
            mirror.tell(IMPORTED_ON, 5).unwrap();
            mirror.begin().unwrap();
            mirror.take(Resource::Groups, 1, &row(name), Timestamp(0), &mut Taken::default()).unwrap();
            if kept { mirror.keep() } else { mirror.undo() }.unwrap();
            mirror.told(IMPORTED_ON).unwrap()
        };
        assert_eq!(takes("4B", false), 5, "a page that broke off brings nothing");
        assert_eq!(takes("4B", true), OWED, "new");
        assert_eq!(takes("4B", true), 5, "the same");
        assert_eq!(takes("5B", true), OWED, "other than before");
        mirror.tell(IMPORTED_ON, 5).unwrap();
        assert_eq!((mirror.sweep(Resource::Groups, 1).unwrap(), mirror.told(IMPORTED_ON).unwrap()), (0, 5));
        assert!(mirror.remove(Resource::Groups, &json!(Uuid::from_u128(7))).unwrap());
        assert_eq!(mirror.told(IMPORTED_ON).unwrap(), OWED, "deleted");
        takes("4B", true);
        mirror.tell(IMPORTED_ON, 5).unwrap();
        assert_eq!((mirror.sweep(Resource::Groups, 2).unwrap(), mirror.told(IMPORTED_ON).unwrap()), (1, OWED));
    }
}
