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
use kapprum_protocol::session::Activated;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::identity::IdentityNumber;
use crate::keys::Keys;
use crate::store::{Result, StoreError};

/// How long an invitation lasts, in milliseconds: 14 days (rule 10).
pub const INVITATION: i64 = 14 * DAY;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS invitation (
    token BLOB PRIMARY KEY, account TEXT NOT NULL, right TEXT, expires INTEGER NOT NULL, used INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS device (
    id BLOB PRIMARY KEY, account TEXT NOT NULL, bearer BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, ended INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identity (
    person BLOB PRIMARY KEY, find BLOB NOT NULL, sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identity_find ON identity (find);
";

/// One tenant's sign-in data.
pub struct SignIn {
    tenant: TenantId,
    connection: Mutex<Connection>,
}

impl SignIn {
    /// Opens the file, making it if it is not there.
    pub fn open(path: &Path, tenant: TenantId) -> Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "the one place that opens the sign-in file")]
        let connection = Connection::open(path)?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;")?;
        connection.execute_batch(TABLES)?;
        Ok(Self { tenant, connection: Mutex::new(connection) })
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

    /// Uses an invitation, once: a device with its bearer, and the right that the pairing gives. None: used or too old.
    pub fn activate(&self, token: &str, now: Timestamp) -> Result<Option<(Activated, Option<Grant>)>> {
        let bearer = self.secret()?;
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let used: Option<(String, Option<String>)> = transaction
            .query_row(
                "UPDATE invitation SET used = ?2 WHERE token = ?1 AND used IS NULL AND expires > ?2
                 RETURNING account, right",
                params![digest(token), now.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((account, right)) = used else { return Ok(None) };
        let account: Account = serde_json::from_str(&account).map_err(unreadable)?;
        let right: Option<Grant> = right.map(|right| serde_json::from_str(&right).map_err(unreadable)).transpose()?;
        // A shared device is its own holder.
        let device = if right.is_some() { DeviceId(account.holder.0) } else { DeviceId(random_id()?) };
        transaction.execute(
            "INSERT INTO device (id, account, bearer, created) VALUES (?1, ?2, ?3, ?4)",
            params![device.0.as_bytes(), json(&account), digest(&bearer), now.0],
        )?;
        transaction.commit()?;
        Ok(Some((Activated { device, account, bearer }, right)))
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

    /// Ends the session of a device; none: no such device, or it has ended.
    pub fn revoke(&self, device: DeviceId, now: Timestamp) -> Result<Option<Account>> {
        let account: Option<String> = self
            .connection()
            .query_row(
                "UPDATE device SET ended = ?2 WHERE id = ?1 AND ended IS NULL RETURNING account",
                params![device.0.as_bytes(), now.0],
                |row| row.get(0),
            )
            .optional()?;
        account.map(|account| serde_json::from_str(&account).map_err(unreadable)).transpose()
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
        let sign_in = SignIn::open(&folder.path().join("sign_in.db"), TenantId(Uuid::nil())).unwrap();
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
