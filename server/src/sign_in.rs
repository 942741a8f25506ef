//! The first session: an invitation becomes a device with a bearer (rule 10). Proof of possession replaces it later.
//!
//! Its data lies in a file of its own with its own writer, so that signing in never queues behind commands. Tokens and
//! bearers are 256 random bits, stored as hashes; identity numbers are sealed by a key that is not in the file.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use kapprum_domain::actor::Account;
use kapprum_domain::grant::Grant;
use kapprum_domain::id::{DeviceId, PersonId, TenantId};
use kapprum_domain::time::{DAY, Timestamp};
use kapprum_protocol::limits::RECEIPT;
use kapprum_protocol::session::Activated;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::identity::IdentityNumber;
use crate::keys::Keys;
use crate::store::{Result, StoreError};

/// How long an invitation lasts, in milliseconds: 14 days (rule 10).
pub const INVITATION: i64 = 14 * DAY;

const TABLES: &str = "
CREATE TABLE invitation (
    token BLOB PRIMARY KEY, account TEXT NOT NULL, right TEXT, expires INTEGER NOT NULL, used INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE device (
    id BLOB PRIMARY KEY, account TEXT NOT NULL, bearer BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, ended INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE identity (
    person BLOB PRIMARY KEY, find BLOB NOT NULL, sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_find ON identity (find);
CREATE INDEX device_ended ON device (ended) WHERE ended IS NOT NULL;
";

/// One tenant's sign-in data.
pub struct SignIn {
    tenant: TenantId,
    connection: Mutex<Connection>,
    seen: Mutex<Seen>,
}

/// The state of the file when it was last looked at: whether others wrote, and how many devices' sessions had ended,
/// the last one when. Invitations and imports write often; only an ended session is news to who waits.
#[derive(Default)]
struct Seen {
    version: i64,
    ended: (i64, i64),
}

impl SignIn {
    /// Opens a file that is there.
    pub fn open(path: &Path, tenant: TenantId) -> Result<Self> {
        let connection = connect(path, OpenFlags::empty())?;
        // A lost file is told, not replaced by an empty one.
        if connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))? == 0 {
            return Err(StoreError::Empty);
        }
        Ok(Self { tenant, connection: Mutex::new(connection), seen: Mutex::default() })
    }

    /// Makes the file.
    pub fn create(path: &Path, tenant: TenantId) -> Result<Self> {
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
        let making = connection.transaction()?;
        making.execute_batch(TABLES)?;
        making.commit()?;
        Ok(Self { tenant, connection: Mutex::new(connection), seen: Mutex::default() })
    }

    /// Whose sign-in data this is.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Invites to an account; the token is told only here. A shared device brings the right that pairing gives it.
    pub fn invite(&self, account: &Account, right: Option<&Grant>, now: Timestamp) -> Result<String> {
        let token = self.secret()?;
        let right = right.and_then(|right| serde_json::to_string(right).ok());
        self.connection().execute(
            "INSERT INTO invitation (token, account, right, expires) VALUES (?1, ?2, ?3, ?4)",
            params![digest(&token), json(account), right, now.plus(INVITATION).0],
        )?;
        Ok(token)
    }

    /// The right that comes with an invitation, while it can be used; the outer none: used or too old.
    pub fn right_of(&self, token: &str, now: Timestamp) -> Result<Option<Option<Grant>>> {
        let connection = self.connection();
        let right: Option<Option<String>> = connection
            .query_row(
                "SELECT right FROM invitation WHERE token = ?1 AND used IS NULL AND expires > ?2",
                params![digest(token), now.0],
                |row| row.get(0),
            )
            .optional()?;
        let read = |right: String| serde_json::from_str(&right).map_err(unreadable);
        right.map(|right| right.map(read).transpose()).transpose()
    }

    /// Uses an invitation, once: a device with its bearer. None: used or too old.
    pub fn activate(&self, token: &str, now: Timestamp) -> Result<Option<Activated>> {
        let bearer = self.secret()?;
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let used: Option<(String, bool)> = transaction
            .query_row(
                "UPDATE invitation SET used = ?2 WHERE token = ?1 AND used IS NULL AND expires > ?2
                 RETURNING account, right IS NOT NULL",
                params![digest(token), now.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((account, shared)) = used else { return Ok(None) };
        let account: Account = serde_json::from_str(&account).map_err(unreadable)?;
        // A shared device is its own holder.
        let device = if shared { DeviceId(account.holder.0) } else { DeviceId(random_id()?) };
        transaction.execute(
            "INSERT INTO device (id, account, bearer, created) VALUES (?1, ?2, ?3, ?4)",
            params![device.0.as_bytes(), json(&account), digest(&bearer), now.0],
        )?;
        transaction.commit()?;
        Ok(Some(Activated { device, account, bearer }))
    }

    /// Whose session a bearer is, while it lasts.
    pub fn session(&self, bearer: &str) -> Result<Option<Account>> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT account FROM device WHERE bearer = ?1 AND ended IS NULL")?;
        let account: Option<String> = statement.query_row([digest(bearer)], |row| row.get(0)).optional()?;
        account.map(|account| serde_json::from_str(&account).map_err(unreadable)).transpose()
    }

    /// Ends the session of a bearer.
    pub fn end(&self, bearer: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE device SET ended = ?2 WHERE bearer = ?1 AND ended IS NULL";
        self.connection().execute(sql, params![digest(bearer), now.0])?;
        Ok(())
    }

    /// Ends the session of a device, if it has not ended; none: no such device.
    pub fn revoke(&self, device: DeviceId, now: Timestamp) -> Result<Option<Account>> {
        let account: Option<String> = self
            .connection()
            .query_row(
                "UPDATE device SET ended = coalesce(ended, ?2) WHERE id = ?1 RETURNING account",
                params![device.0.as_bytes(), now.0],
                |row| row.get(0),
            )
            .optional()?;
        account.map(|account| serde_json::from_str(&account).map_err(unreadable)).transpose()
    }

    /// Lets no invitation be used any more: those of a backup may have been used since.
    pub fn expire_invitations(&self, now: Timestamp) -> Result<()> {
        self.connection().execute("UPDATE invitation SET expires = ?1 WHERE used IS NULL AND expires > ?1", [now.0])?;
        Ok(())
    }

    /// What shared devices were given by their pairing, of those that are signed in.
    pub fn paired(&self) -> Result<Vec<Grant>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT right FROM invitation i WHERE right IS NOT NULL AND used IS NOT NULL
                AND EXISTS (SELECT 1 FROM device d WHERE d.account = i.account AND d.ended IS NULL)",
        )?;
        let mut rows = statement.query([])?;
        let mut given = Vec::new();
        while let Some(row) = rows.next()? {
            given.push(serde_json::from_str(row.get_ref(0)?.as_str().unwrap_or_default()).map_err(unreadable)?);
        }
        Ok(given)
    }

    /// Whether another process may have ended a session since this was last asked.
    pub fn ended_elsewhere(&self) -> Result<bool> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = self.connection();
        let version: i64 = connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        if seen.version == version {
            return Ok(false);
        }
        let sql = "SELECT count(*), coalesce(max(ended), 0) FROM device WHERE ended IS NOT NULL";
        let ended = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let before = std::mem::replace(&mut *seen, Seen { version, ended });
        Ok(before.ended != ended)
    }

    /// Lets go what is past its days: invitations, and devices whose session ended long ago.
    pub fn prune(&self, now: Timestamp) -> Result<()> {
        let connection = self.connection();
        // What gave a shared device its right is kept as long as that is signed in: a restored backup may lack it.
        connection.execute(
            "DELETE FROM invitation WHERE expires <= ?1 AND NOT (right IS NOT NULL AND used IS NOT NULL
                AND EXISTS (SELECT 1 FROM device d WHERE d.account = invitation.account AND d.ended IS NULL))",
            [now.0],
        )?;
        connection.execute("DELETE FROM device WHERE ended < ?1", [now.plus(-RECEIPT).0])?;
        Ok(())
    }

    /// Whether the file is sound.
    pub fn is_sound(&self) -> Result<bool> {
        Ok(self.connection().query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))? == "ok")
    }

    /// The people whose identity number is here.
    pub fn identified(&self) -> Result<Vec<PersonId>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT person FROM identity ORDER BY person")?;
        let people = statement.query_map([], |row| Ok(PersonId(Uuid::from_bytes(row.get(0)?))))?;
        Ok(people.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps each person's identity number, sealed; none: takes it out. Writes only what is other than before, in one
    /// transaction.
    pub fn keep_identities(&self, keys: &Keys, numbers: &[(PersonId, Option<IdentityNumber>)]) -> Result<()> {
        let mut connection = self.connection();
        let mut news = Vec::new();
        for (person, number) in numbers {
            let find = number.as_ref().map(|number| keys.identity_code(number.expose().as_bytes()));
            let known: Option<[u8; 32]> = connection
                .prepare_cached("SELECT find FROM identity WHERE person = ?1")?
                .query_row([person.0.as_bytes()], |row| row.get(0))
                .optional()?;
            if known != find {
                news.push((person, find.zip(number.as_ref())));
            }
        }
        if news.is_empty() {
            return Ok(());
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (person, number) in news {
            let person = person.0.as_bytes();
            match number {
                Some((find, number)) => transaction
                    .prepare_cached("INSERT OR REPLACE INTO identity (person, find, sealed) VALUES (?1, ?2, ?3)")?
                    .execute(params![person, find, sealed(keys, person, number)?])?,
                None => transaction.prepare_cached("DELETE FROM identity WHERE person = ?1")?.execute([person])?,
            };
        }
        Ok(transaction.commit()?)
    }

    /// A secret that names its tenant, so that its file is found: tenant, a point, 256 random bits.
    fn secret(&self) -> Result<String> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(unreadable)?;
        Ok(format!("{}.{}", self.tenant.0.simple(), URL_SAFE_NO_PAD.encode(bytes)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(path: &Path, more: OpenFlags) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    #[expect(clippy::disallowed_methods, reason = "the one place that opens the sign-in file")]
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;")?;
    Ok(connection)
}

/// The tenant that a secret names.
pub fn tenant_of(secret: &str) -> Option<TenantId> {
    Uuid::parse_str(secret.split_once('.')?.0).ok().map(TenantId)
}

fn sealed(keys: &Keys, person: &[u8; 16], number: &IdentityNumber) -> Result<Vec<u8>> {
    let mut nonce = [0; 24];
    getrandom::fill(&mut nonce).map_err(unreadable)?;
    let payload = Payload { msg: number.expose().as_bytes(), aad: person };
    let cipher = XChaCha20Poly1305::new(keys.identity_key().into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(unreadable)?;
    Ok([&nonce[..], &sealed].concat())
}

fn random_id() -> Result<Uuid> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(unreadable)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn json(account: &Account) -> String {
    serde_json::to_string(account).unwrap_or_default()
}

fn unreadable(_: impl std::fmt::Debug) -> StoreError {
    StoreError::Failed("sign-in data".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u128) -> PersonId {
        PersonId(Uuid::from_u128(number))
    }

    fn keep(sign_in: &SignIn, numbers: &[(u128, Option<&str>)]) {
        let keys = Keys::new([1; 32], [2; 32]);
        let parse = |text: &str| IdentityNumber::parse(text).ok().unwrap();
        let numbers: Vec<_> = numbers.iter().map(|(who, text)| (person(*who), text.map(parse))).collect();
        sign_in.keep_identities(&keys, &numbers).unwrap();
    }

    #[test]
    fn sealed_numbers_come_change_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign_in.db");
        SignIn::create(&path, TenantId(Uuid::nil())).unwrap();
        let sign_in = SignIn::open(&path, TenantId(Uuid::nil())).unwrap();
        let sealed = |who: u128| -> Option<Vec<u8>> {
            let sql = "SELECT sealed FROM identity WHERE person = ?1";
            sign_in.connection().query_row(sql, [person(who).0.as_bytes()], |row| row.get(0)).optional().unwrap()
        };
        keep(&sign_in, &[(1, Some("199908072391")), (2, Some("196801642395")), (3, None)]);
        assert_eq!(sign_in.identified().unwrap(), [person(1), person(2)]);
        let (first, second) = (sealed(1), sealed(2));
        assert!(!first.as_ref().unwrap().windows(8).any(|bytes| bytes == b"19990807"));
        // The same again is not even sealed anew; another is; none takes it out.
        keep(&sign_in, &[(1, Some("19990807-2391"))]);
        assert_eq!(sealed(1), first);
        keep(&sign_in, &[(1, None), (2, Some("199908072391"))]);
        assert_eq!(sign_in.identified().unwrap(), [person(2)]);
        assert_ne!(sealed(2), second);
    }
}
