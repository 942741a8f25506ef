//! Opening one connection: key first, then the settings that were measured (`research/shared-core.md` §4.3).

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use super::BUSY;
use crate::error::{Error, Result};

/// The 32 random bytes that encrypt one account's file. Not `Debug`; wiped when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the key store only.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// How the file is protected.
#[derive(Clone)]
pub enum Protection {
    /// Encrypted. The handle knows nothing else.
    Key(Key),
    /// Plain: for the simulation's files in memory and for measuring what encryption costs.
    Unkeyed,
}

/// Opens the file, making it if it is not there.
pub(super) fn open(path: &Path, protection: &Protection, read_only: bool) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    #[expect(clippy::disallowed_methods, reason = "the one place that opens the phone's file")]
    let connection = Connection::open_with_flags(path, flags)?;
    if let Protection::Key(key) = protection {
        connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
        let hex: Zeroizing<String> = Zeroizing::new(key.bytes().iter().fold(String::new(), |mut text, byte| {
            use std::fmt::Write;
            let _ = write!(text, "{byte:02x}");
            text
        }));
        let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", *hex));
        connection.execute_batch(&pragma)?;
        let version: std::result::Result<String, _> =
            connection.query_row("PRAGMA cipher_version", [], |row| row.get(0));
        if version.map_or(true, |version| version.is_empty()) {
            return Err(Error::NoCipher);
        }
        connection.execute_batch("PRAGMA cipher_memory_security = OFF;")?;
    }
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA temp_store = MEMORY;
         PRAGMA secure_delete = ON;
         PRAGMA cache_size = -8192;
         PRAGMA trusted_schema = OFF;",
    )?;
    connection.busy_timeout(BUSY)?;
    if read_only {
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2048;")?;
    }
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
