//! Backups of a tenant: made beside the serving process, and brought back under another epoch (`protocol.md` §2).
//!
//! A backup is a folder with the tenant's files, each one state of it, and a note that says what they are, sealed by a
//! key that does not lie beside them: a file that was damaged, or another municipality's, is told before it is used.

mod restore;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kapprum_domain::id::TenantId;
use kapprum_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::audit::AuditError;
use crate::config::Config;
use crate::import::Broken;
use crate::keys::Keys;
use crate::open::{self, AUDIT, OpenError, SIGN_IN, STORE};
use crate::store::{StoreError, sqlite};

pub use restore::{Restored, restore};

/// Why a backup can't be made or brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// What lies on disk.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file or folder of the backup.
    #[error("{0}: {1}")]
    File(PathBuf, ErrorKind),
    /// A database.
    #[error("{0}: {1}")]
    Store(PathBuf, StoreError),
    /// No backup lies there.
    #[error("{0}: no backup")]
    None(PathBuf),
    /// Its note was changed, or made under other keys.
    #[error("{0}: it was not made with the keys of this server, or by a newer version, or was changed since")]
    Foreign(PathBuf),
    /// A file is not what was put there.
    #[error("{0}: it is not as it was put there; take another backup")]
    Damaged(PathBuf),
    /// An import runs.
    #[error("an import of this tenant is running")]
    Importing,
    /// The audit log.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The import of what the school's system had said last.
    #[error(transparent)]
    Import(#[from] Broken),
}

type Result<T> = std::result::Result<T, BackupError>;

/// What is told on the way: what is worked on, and how many bytes of it are done.
pub type Telling<'t> = dyn FnMut(&str, u64) + 't;

/// What a backup is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Whose.
    pub tenant: TenantId,
    /// When it was made.
    pub made: Timestamp,
    /// Its files by name: bytes and digest.
    pub files: BTreeMap<String, (u64, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    note: Note,
    code: String,
}

const NOTE: &str = "backup.json";

/// Copies a tenant's files into a folder of their own below `to`, while others use them. The folder gets its name when
/// everything in it has reached the disk.
///
/// # Errors
/// If a file can't be read or written; then nothing is left of it.
pub fn back_up(
    config: &Config,
    tenant: TenantId,
    to: &Path,
    now: Timestamp,
    tell: &mut Telling<'_>,
) -> Result<PathBuf> {
    let (folder, keys) = (open::folder(config, tenant)?, open::keys(config)?);
    let within = to.join(tenant.to_string());
    let name = format!("{}-{}", now.day(), now.0);
    let (unnamed, named) = (within.join(format!(".{name}")), within.join(name));
    open::make_folder(&unnamed)?;
    let copied = copy_all(&folder, &unnamed, tenant, now, &keys, tell).and_then(|()| {
        std::fs::rename(&unnamed, &named).map_err(|error| wrong(&named, &error))?;
        sync(&within)
    });
    if copied.is_err() {
        // Whatever went wrong, half a backup is none.
        let _ = std::fs::remove_dir_all(&unnamed);
    }
    copied.map(|()| named)
}

fn copy_all(
    from: &Path,
    to: &Path,
    tenant: TenantId,
    made: Timestamp,
    keys: &Keys,
    tell: &mut Telling<'_>,
) -> Result<()> {
    let mut files = BTreeMap::new();
    // The sign-in data last: what was revoked meanwhile is revoked.
    for name in [STORE, SIGN_IN] {
        tell(name, 0);
        sqlite::copy(&from.join(name), &to.join(name)).map_err(|error| BackupError::Store(from.join(name), error))?;
        files.insert(name.to_owned(), digest(&to.join(name), name, tell)?);
    }
    let audit = from.join(AUDIT);
    match std::fs::copy(&audit, to.join(AUDIT)) {
        Ok(_) => drop(files.insert(AUDIT.to_owned(), digest(&to.join(AUDIT), AUDIT, tell)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(wrong(&audit, &error)),
    }
    for name in files.keys() {
        sync(&to.join(name))?;
    }
    let note = Note { tenant, made, files };
    let code = keys.backup_code(&text(&note));
    let path = to.join(NOTE);
    let written = serde_json::to_vec_pretty(&Sealed { note, code }).unwrap_or_default();
    std::fs::write(&path, written).map_err(|error| wrong(&path, &error))?;
    sync(&path)?;
    sync(to)
}

/// What lies in a folder, if it is as it was put there, by this server.
///
/// # Errors
/// If it is not.
fn read(folder: &Path, keys: &Keys, tell: &mut Telling<'_>) -> Result<Note> {
    let path = folder.join(NOTE);
    let written = match std::fs::read(&path) {
        Ok(written) => written,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(BackupError::None(folder.to_owned())),
        Err(error) => return Err(wrong(&path, &error)),
    };
    let Ok(Sealed { note, code }) = serde_json::from_slice(&written) else { return Err(BackupError::Foreign(path)) };
    if !keys.is_backup_code(&text(&note), &code) {
        return Err(BackupError::Foreign(path));
    }
    for (name, told) in &note.files {
        let path = folder.join(name);
        if digest(&path, name, tell)? != *told {
            return Err(BackupError::Damaged(path));
        }
    }
    Ok(note)
}

fn text(note: &Note) -> Vec<u8> {
    serde_json::to_vec(note).unwrap_or_default()
}

/// A file's bytes and what they come to.
fn digest(path: &Path, name: &str, tell: &mut Telling<'_>) -> Result<(u64, String)> {
    let mut file = File::open(path).map_err(|error| wrong(path, &error))?;
    let (mut digest, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut piece).map_err(|error| wrong(path, &error))?;
        if read == 0 {
            return Ok((bytes, URL_SAFE_NO_PAD.encode(digest.finalize())));
        }
        digest.update(piece.get(..read).unwrap_or_default());
        bytes += read as u64;
        tell(name, bytes);
    }
}

/// Waits until a file or a folder's names are on the disk.
fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| wrong(path, &error))
}

fn wrong(path: &Path, error: &std::io::Error) -> BackupError {
    BackupError::File(path.to_owned(), error.kind())
}
