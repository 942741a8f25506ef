//! Opening what lies on disk: the keys, the tenants' folders, the lock of the serving process.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kapprum_domain::id::TenantId;
use kapprum_domain::organisation::{Municipality, Switches};
use kapprum_domain::record::Change;
use kapprum_domain::time::Timestamp;
use kapprum_protocol::cursor::Epoch;
use zeroize::Zeroizing;

use crate::audit::Audit;
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
    File(PathBuf, ErrorKind),
    /// The data folder is not there, or not where it was looked for.
    #[error("{0}: no such data folder; `tenant add` makes it")]
    NoData(PathBuf),
    /// Another process serves this folder.
    #[error("{0}: another kapprum-server serves this folder")]
    InUse(PathBuf),
    /// No such tenant.
    #[error("no tenant {0} here; `tenant add` makes one")]
    NoTenant(TenantId),
    /// A file without which nothing can be done is gone. It is never made anew: that would hide the loss.
    #[error("{0}: it is lost; bring it back from a backup")]
    Lost(PathBuf),
    /// A restore was cut off; who is not found would be taken for signed out.
    #[error("the restore of {0} was cut off; run it again")]
    HalfRestored(TenantId),
    /// A key file is damaged.
    #[error("{0}: not a key")]
    Key(PathBuf),
    /// A tenant's file.
    #[error("{0}: {1}")]
    Store(PathBuf, StoreError),
    /// The machine has no random numbers.
    #[error("no random numbers")]
    Random,
}

type Result<T> = std::result::Result<T, OpenError>;

/// Takes the data folder for serving; held as long as the file is.
pub fn lock(config: &Config) -> Result<File> {
    if !config.data.is_dir() {
        return Err(OpenError::NoData(config.data.clone()));
    }
    let path = config.data.join(SERVING);
    let file = File::create(&path).map_err(|error| problem(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(config.data.clone())),
        Err(TryLockError::Error(error)) => Err(problem(&path, &error)),
    }
}

/// Whether a process serves the data folder just now.
pub(crate) fn is_served(config: &Config) -> bool {
    let held = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    File::open(config.data.join(SERVING)).is_ok_and(held)
}

/// The keys, as `tenant add` made them.
pub fn keys(config: &Config) -> Result<Keys> {
    Ok(Keys::new(key(&config.keys.join(RECEIPTS_KEY))?, key(&config.keys.join(IDENTITIES_KEY))?))
}

/// The tenants on disk with their folders.
pub fn tenants(config: &Config) -> Result<Vec<(TenantId, PathBuf)>> {
    let entries = match std::fs::read_dir(&config.data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(OpenError::NoData(config.data.clone())),
        Err(error) => return Err(problem(&config.data, &error)),
    };
    let found = entries.flatten().filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())));
    let mut found: Vec<(TenantId, PathBuf)> = found.collect();
    found.sort();
    Ok(found)
}

/// All tenants at work, but those that owe an import: they are served as soon as it is done.
pub fn all(config: &Config) -> Result<Vec<Arc<Tenant>>> {
    let found = tenants(config)?;
    if let Some(id) = half_restored(config, &found)? {
        return Err(OpenError::HalfRestored(id));
    }
    let (owing, whole): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, folder)| owes_import(folder));
    for (id, _) in owing {
        tracing::error!(tenant = %id, "it was restored and is served when its school data has been imported anew");
    }
    whole.into_iter().map(|(id, folder)| at_work(config, id, &folder)).collect()
}

/// A tenant whose restore was cut between putting aside and putting in place.
fn half_restored(config: &Config, found: &[(TenantId, PathBuf)]) -> Result<Option<TenantId>> {
    let entries = std::fs::read_dir(&config.data).map_err(|error| problem(&config.data, &error))?;
    let id = |name: &str| name.strip_prefix(REPLACED)?.get(..36)?.parse().ok();
    let mut put_aside = entries.flatten().filter_map(|entry| id(entry.file_name().to_str()?));
    Ok(put_aside.find(|id| found.iter().all(|(other, _)| other != id)))
}

/// Makes the data folder, unless there is one.
pub fn make_data_folder(config: &Config) -> Result<()> {
    make_folder(&config.data)
}

/// Whether a restored tenant still lacks the newest school data: it does not know who lost or got a right since, nor who
/// became protected.
pub fn owes_import(folder: &Path) -> bool {
    folder.join(IMPORT_OWED).exists()
}

/// The tenant is served only after an import.
pub(crate) fn owe_import(folder: &Path) -> Result<()> {
    let path = folder.join(IMPORT_OWED);
    File::create(&path).map(drop).map_err(|error| problem(&path, &error))
}

/// The newest school data is imported, or the operator goes without.
pub fn import_done(folder: &Path) -> Result<()> {
    let path = folder.join(IMPORT_OWED);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(problem(&path, &error)),
        _ => Ok(()),
    }
}

/// A tenant at work.
pub fn at_work(config: &Config, id: TenantId, folder: &Path) -> Result<Arc<Tenant>> {
    let (store, sign_in) = files(id, folder)?;
    let keys = keys(config)?;
    let audit = Audit::new(id, folder, config.audit_copy.clone(), &keys);
    let tenant = Tenant::start(id, store, sign_in, audit, &keys);
    tenant.map(Arc::new).map_err(|error| OpenError::Store(folder.to_owned(), error))
}

/// One tenant's files, for a verb beside the serving process.
pub fn tenant(config: &Config, id: TenantId) -> Result<(Sqlite, SignIn)> {
    files(id, &folder(config, id)?)
}

/// One tenant's folder.
pub fn folder(config: &Config, id: TenantId) -> Result<PathBuf> {
    let found = tenants(config)?.into_iter().find(|(tenant, _)| *tenant == id);
    found.map(|(_, folder)| folder).ok_or(OpenError::NoTenant(id))
}

/// A tenant's audit log.
pub fn audit(config: &Config, id: TenantId) -> Result<Audit> {
    Ok(Audit::new(id, &folder(config, id)?, config.audit_copy.clone(), &keys(config)?))
}

/// A tenant's store alone.
pub fn store(folder: &Path) -> Result<Sqlite> {
    there(folder.join(STORE), Sqlite::open)
}

/// A tenant's sign-in data alone.
pub fn sign_in(id: TenantId, folder: &Path) -> Result<SignIn> {
    there(folder.join(SIGN_IN), |path| SignIn::open(path, id))
}

/// Adds a tenant.
pub fn new_tenant(config: &Config, name: &str, phone: &str, now: Timestamp) -> Result<TenantId> {
    let id = TenantId(uuid::Builder::from_random_bytes(random()?).into_uuid());
    let (name, phone) = (name.to_owned(), phone.to_owned());
    add_tenant(config, &Municipality { tenant: id, name, phone, switches: Switches::default() }, now)?;
    Ok(id)
}

/// Adds a tenant as it is described. Its folder gets its name when everything is in it, so that no half of it is ever
/// found; only here folders and files are made.
pub fn add_tenant(config: &Config, municipality: &Municipality, now: Timestamp) -> Result<()> {
    make_data_folder(config)?;
    make_folder(&config.keys)?;
    if tenants(config)?.is_empty() {
        make_key(&config.keys.join(RECEIPTS_KEY))?;
        make_key(&config.keys.join(IDENTITIES_KEY))?;
    }
    keys(config)?;
    let folder = config.data.join(municipality.tenant.to_string());
    let unnamed = config.data.join(format!(".{}", municipality.tenant));
    make_folder(&unnamed)?;
    let wrong = |error| OpenError::Store(folder.clone(), error);
    let store = Sqlite::create(&unnamed.join(STORE), new_epoch()?).map_err(wrong)?;
    writer::import(&store, &[Change::put(municipality)], now).map_err(wrong)?;
    SignIn::create(&unnamed.join(SIGN_IN), municipality.tenant).map_err(wrong)?;
    drop(store);
    std::fs::rename(&unnamed, &folder).map_err(|error| problem(&folder, &error))
}

const SERVING: &str = "serving.lock";
pub(crate) const STORE: &str = "store.db";
pub(crate) const SIGN_IN: &str = "sign_in.db";
pub(crate) const AUDIT: &str = "audit.log";
/// What a folder's name begins with that a restored one replaced.
pub(crate) const REPLACED: &str = ".replaced-";
const IMPORT_OWED: &str = "import-owed";
const RECEIPTS_KEY: &str = "receipts.key";
const IDENTITIES_KEY: &str = "identities.key";

/// A life of a store, drawn at random.
pub(crate) fn new_epoch() -> Result<Epoch> {
    Ok(Epoch(u128::from_be_bytes(random()?)))
}

fn files(id: TenantId, folder: &Path) -> Result<(Sqlite, SignIn)> {
    Ok((store(folder)?, sign_in(id, folder)?))
}

fn there<T>(path: PathBuf, open: impl FnOnce(&Path) -> crate::store::Result<T>) -> Result<T> {
    match path.try_exists() {
        Ok(true) => open(&path).map_err(|error| OpenError::Store(path, error)),
        Ok(false) => Err(OpenError::Lost(path)),
        Err(error) => Err(problem(&path, &error)),
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| OpenError::Random)?;
    Ok(bytes)
}

fn key(path: &Path) -> Result<[u8; 32]> {
    match std::fs::read(path).map(Zeroizing::new) {
        Ok(bytes) => bytes.as_slice().try_into().map_err(|_| OpenError::Key(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(OpenError::Lost(path.to_owned())),
        Err(error) => Err(problem(path, &error)),
    }
}

/// Makes a key that only its owner can read, unless there is one.
fn make_key(path: &Path) -> Result<()> {
    let mut file = match File::options().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(problem(path, &error)),
    };
    let bytes = Zeroizing::new(random::<32>()?);
    file.write_all(bytes.as_slice()).and_then(|()| file.sync_all()).map_err(|error| problem(path, &error))
}

/// Makes a folder that only its owner can enter, unless there is one.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| problem(path, &error))
}

fn problem(path: &Path, error: &std::io::Error) -> OpenError {
    OpenError::File(path.to_owned(), error.kind())
}
