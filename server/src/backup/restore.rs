//! Bringing a tenant back: the backup's records under another epoch, with whatever newer is still there beside them.
//!
//! Sign-in data, audit log and the copy of the source that stand are newer than the backup and are kept: they know who
//! was revoked since and what the school's system said last, which matters more than anything that a phone brings back.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kapprum_domain::actor::Role;
use kapprum_domain::id::{DeviceId, TenantId};
use kapprum_domain::record::Change;
use kapprum_domain::time::Timestamp;

use super::{BackupError, Note, Result, Telling, make_folder, read, sync, wrong};
use crate::audit::{Audit, Event};
use crate::config::{Config, SourceConfig};
use crate::import::guard::{Guarded, guarded};
use crate::import::live::mirror::{IMPORTED_ON, Mirror, OWED};
use crate::import::live::{alone, path as source_path};
use crate::keys::Keys;
use crate::open::{self, AUDIT, SIGN_IN, STORE};
use crate::pairing;
use crate::sign_in::SignIn;
use crate::store::sqlite::{self, Sqlite};
use crate::writer;

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    /// Whose.
    pub tenant: TenantId,
    /// When the backup was made.
    pub made: Timestamp,
    /// The sign-in data are the backup's: who signed in since then has to be invited again.
    pub sign_in_of_backup: bool,
    /// Devices that were revoked since, as the audit log tells, and are again.
    pub revoked: usize,
    /// What came of importing what the school's system had said last.
    pub imported: Imported,
    /// Where the files lie that stood there before.
    pub replaced: Option<PathBuf>,
}

/// What came of the import that follows a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It was done: so many records are new or other.
    Done(usize),
    /// Too much would end by it: a person has to look.
    Asks,
    /// There is no copy of a source: school data are to be imported from where they come from.
    NoSource,
}

/// Puts a backup in the place of its tenant's files. Nothing is changed before the backup is found sound; what stood there
/// is put aside, not deleted. The caller holds the lock of the data folder, so nobody serves it.
///
/// # Errors
/// If the backup is not sound or not this server's, or files can't be read or written: then what stood there stands.
pub fn restore(config: &Config, backup: &Path, by: &str, now: Timestamp, tell: &mut Telling<'_>) -> Result<Restored> {
    let keys = open::keys(config)?;
    let note = read(backup, &keys, tell)?;
    let stands = config.data.join(note.tenant.to_string());
    let _alone = match stands.is_dir() {
        true => Some(alone(&stands).map_err(|_| BackupError::Importing)?),
        false => None,
    };
    let made = config.data.join(format!(".restoring-{}", note.tenant));
    if made.exists() {
        std::fs::remove_dir_all(&made).map_err(|error| wrong(&made, &error))?;
    }
    make_folder(&made)?;
    let mut restored = fill(config, &keys, (backup, &note), (&stands, &made), (by, now), tell)?;
    if stands.is_dir() {
        let aside = config.data.join(format!(".replaced-{}-{}", note.tenant, now.0));
        std::fs::rename(&stands, &aside).map_err(|error| wrong(&aside, &error))?;
        restored.replaced = Some(aside);
    }
    std::fs::rename(&made, &stands).map_err(|error| wrong(&stands, &error))?;
    sync(&config.data)?;
    Ok(restored)
}

fn fill(
    config: &Config,
    keys: &Keys,
    (backup, note): (&Path, &Note),
    (stands, made): (&Path, &Path),
    (by, now): (&str, Timestamp),
    tell: &mut Telling<'_>,
) -> Result<Restored> {
    let tenant = note.tenant;
    let bring = |name: &str| {
        let (from, to) = (backup.join(name), made.join(name));
        std::fs::copy(&from, &to).map(drop).map_err(|error| wrong(&from, &error))
    };
    // The log first: it tells what happened since, and goes on.
    let log = made.join(AUDIT);
    match std::fs::copy(stands.join(AUDIT), &log) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound && note.files.contains_key(AUDIT) => bring(AUDIT)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(wrong(&stands.join(AUDIT), &error)),
    }
    let sign_in_of_backup = !keep_sign_in(tenant, stands, made);
    if sign_in_of_backup {
        bring(SIGN_IN)?;
    }
    bring(STORE)?;
    let broken = |path: PathBuf| move |error| BackupError::Store(path, error);
    let store = Sqlite::open(&made.join(STORE)).map_err(broken(made.join(STORE)))?;
    if !store.damage().map_err(broken(made.join(STORE)))?.is_empty() {
        return Err(BackupError::Damaged(backup.join(STORE)));
    }
    let sign_in = SignIn::open(&made.join(SIGN_IN), tenant).map_err(broken(made.join(SIGN_IN)))?;
    store.begin_epoch(open::new_epoch()?, now).map_err(broken(made.join(STORE)))?;
    let audit = Audit::new(tenant, made, config.audit_copy.clone(), keys);
    // What shared devices were given since comes again, what was revoked since goes again.
    let given: Vec<Change> = sign_in.paired().map_err(broken(made.join(SIGN_IN)))?.iter().map(Change::put).collect();
    writer::import(&store, &given, now).map_err(broken(made.join(STORE)))?;
    let since = audit.revoked_since(note.made)?;
    let revoked = since.iter().filter(|device| revoke(&store, &sign_in, **device, now).unwrap_or(false)).count();
    let imported = import_again((config, keys), tenant, (stands, made), (&store, &sign_in), now, tell)?;
    drop((store, sign_in));
    audit.trace(Event::Restored { made: note.made }, by, now)?;
    for name in [STORE, SIGN_IN, AUDIT] {
        sync(&made.join(name))?;
    }
    sync(made)?;
    Ok(Restored { tenant, made: note.made, sign_in_of_backup, revoked, imported, replaced: None })
}

/// Keeps the sign-in data that stand, if they are sound.
fn keep_sign_in(tenant: TenantId, stands: &Path, made: &Path) -> bool {
    let sound = open::sign_in(tenant, stands).is_ok_and(|sign_in| sign_in.is_sound().unwrap_or(false));
    sound && sqlite::copy(&stands.join(SIGN_IN), &made.join(SIGN_IN)).is_ok()
}

fn revoke(store: &Sqlite, sign_in: &SignIn, device: DeviceId, now: Timestamp) -> crate::store::Result<bool> {
    let Some(account) = sign_in.revoke(device, now)? else { return Ok(false) };
    if matches!(account.role, Role::Tablet | Role::Board) {
        pairing::end(store, &account, now)?;
    }
    Ok(true)
}

/// Imports what the school's system had said last, from our copy of it: before anybody is served, who became protected
/// since the backup is protected, and who got a right since holds it, so that no phone lets go what it would bring back.
fn import_again(
    (config, keys): (&Config, &Keys),
    tenant: TenantId,
    (stands, made): (&Path, &Path),
    (store, sign_in): (&Sqlite, &SignIn),
    now: Timestamp,
    tell: &mut Telling<'_>,
) -> Result<Imported> {
    let (from, to) = (source_path(stands), source_path(made));
    if !from.is_file() || sqlite::copy(&from, &to).is_err() {
        return Ok(Imported::NoSource);
    }
    let broken = |error| BackupError::Store(to.clone(), error);
    let mirror = Mirror::open(&to, tenant, keys).map_err(broken)?;
    if mirror.is_empty().map_err(broken)? {
        return Ok(Imported::NoSource);
    }
    // Whatever comes of it, the next run imports everything.
    mirror.tell(IMPORTED_ON, OWED).map_err(broken)?;
    let progress = &mut |what: &str, count: usize| tell(what, count as u64);
    let configured = config.sources.iter().find(|source| source.tenant == tenant);
    let share = configured.map_or_else(|| SourceConfig::new("", tenant, "").ending_share, |source| source.ending_share);
    match guarded(&mirror, store, sign_in, keys, now, Some(share), progress)? {
        Guarded::Done(report) => {
            Ok(Imported::Done(report.resources.values().map(|counts| counts.new + counts.changed).sum()))
        }
        Guarded::Asks { .. } => Ok(Imported::Asks),
    }
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, made, sign_in_of_backup, revoked, imported, replaced } = self;
        writeln!(f, "{tenant} is as it was on {} at {}. Phones bring back what is newer.", made.day(), made.time())?;
        if *sign_in_of_backup {
            writeln!(f, "! The sign-in data are the backup's: who signed in since then has to be invited again.")?;
            writeln!(f, "  {revoked} devices that were revoked since are revoked again.")?;
        }
        match imported {
            Imported::Done(records) => {
                writeln!(f, "What the source had said last is imported: {records} records.")?;
            }
            Imported::Asks => {
                writeln!(f, "! Too much would end by what the source had said last: import before you serve.")?;
            }
            Imported::NoSource => {
                writeln!(f, "! Import the newest school data before you serve: it knows who is protected.")?;
            }
        }
        match replaced {
            Some(aside) => writeln!(f, "What stood there lies in {}; delete it when all is well.", aside.display()),
            None => Ok(()),
        }
    }
}
