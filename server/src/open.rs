//! Opening what lies on disk: the keys, the tenants' folders, the lock of the serving process.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kapprum_domain::id::TenantId;
use kapprum_domain::organisation::{Municipality, Switches};
use kapprum_domain::record::Change;
use kapprum_domain::time::Timestamp;
use kapprum_protocol::cursor::Epoch;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::keys::Keys;
use crate::sign_in::SignIn;
use crate::store::StoreError;
use crate::store::sqlite::Sqlite;
use crate::tenant::Tenant;
use crate::writer;

/// Why something can't be opened, in one line.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::ErrorKind),
    /// Another process serves this folder.
    #[error("{0}: another kapprum-server serves this folder")]
    InUse(PathBuf),
    /// No such tenant.
    #[error("no tenant {0} here; `tenant add` makes one")]
    NoTenant(TenantId),
    /// A key file is damaged.
    #[error("{0}: not a key")]
    Key(PathBuf),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, OpenError>;

/// Takes the data folder for serving; held as long as the file is.
pub fn lock(config: &Config) -> Result<File> {
    let path = config.data.join("serving.lock");
    std::fs::create_dir_all(&config.data).map_err(|error| problem(&config.data, &error))?;
    let file = File::create(&path).map_err(|error| problem(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(config.data.clone())),
        Err(TryLockError::Error(error)) => Err(problem(&path, &error)),
    }
}

/// The keys; made at the first call, readable by their owner only.
pub fn keys(config: &Config) -> Result<Keys> {
    std::fs::create_dir_all(&config.keys).map_err(|error| problem(&config.keys, &error))?;
    Ok(Keys::new(key(&config.keys.join("receipts.key"))?, key(&config.keys.join("identities.key"))?))
}

/// The tenants on disk with their folders.
pub fn tenants(config: &Config) -> Result<Vec<(TenantId, PathBuf)>> {
    let entries = match std::fs::read_dir(&config.data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(problem(&config.data, &error)),
    };
    let found = entries.flatten().filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())));
    let mut found: Vec<(TenantId, PathBuf)> = found.collect();
    found.sort();
    Ok(found)
}

/// All tenants at work.
pub fn all(config: &Config) -> Result<Vec<Arc<Tenant>>> {
    let keys = keys(config)?;
    tenants(config)?.into_iter().map(|(id, folder)| Ok(Arc::new(Tenant::open(&folder, id, &keys)?))).collect()
}

/// One tenant's files, for a verb beside the serving process.
pub fn tenant(config: &Config, id: TenantId) -> Result<(Sqlite, SignIn)> {
    let folder = config.data.join(id.to_string());
    if !folder.is_dir() {
        return Err(OpenError::NoTenant(id));
    }
    let store = Sqlite::open(&folder.join("store.db"), epoch()?)?;
    Ok((store, SignIn::open(&folder.join("sign_in.db"), id)?))
}

/// Adds a tenant.
pub fn new_tenant(config: &Config, name: &str, phone: &str, now: Timestamp) -> Result<TenantId> {
    let id = TenantId(uuid::Builder::from_random_bytes(random()?).into_uuid());
    add_tenant(
        config,
        &Municipality { tenant: id, name: name.to_owned(), phone: phone.to_owned(), switches: Switches::default() },
        now,
    )?;
    Ok(id)
}

/// Adds a tenant as it is described.
pub fn add_tenant(config: &Config, municipality: &Municipality, now: Timestamp) -> Result<()> {
    let folder = config.data.join(municipality.tenant.to_string());
    std::fs::create_dir_all(&folder).map_err(|error| problem(&folder, &error))?;
    let store = Sqlite::open(&folder.join("store.db"), epoch()?)?;
    writer::import(&store, &[Change::put(municipality)], now)?;
    Ok(())
}

fn epoch() -> Result<Epoch> {
    Ok(Epoch(u128::from_be_bytes(random()?)))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Failed("no random numbers".to_owned()))?;
    Ok(bytes)
}

fn key(path: &Path) -> Result<[u8; 32]> {
    match std::fs::read(path).map(Zeroizing::new) {
        Ok(bytes) => bytes.as_slice().try_into().map_err(|_| OpenError::Key(path.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let bytes = random()?;
            let mut options = File::options();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path).map_err(|error| problem(path, &error))?;
            file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(|error| problem(path, &error))?;
            Ok(bytes)
        }
        Err(error) => Err(problem(path, &error)),
    }
}

fn problem(path: &Path, error: &std::io::Error) -> OpenError {
    OpenError::File(path.to_owned(), error.kind())
}
