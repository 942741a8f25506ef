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

use super::{BackupError, Note, Result, Telling, read, sync, wrong};
use crate::audit::{Audit, Event};
use crate::config::Config;
use crate::import::Report;
use crate::import::guard::{Guarded, guarded};
use crate::import::live::mirror::{IMPORTED_ON, Mirror, OWED};
use crate::import::live::{RunError, SUCCEEDED_AT, alone, path as source_path};
use crate::keys::Keys;
use crate::open::{self, AUDIT, OpenError, REPLACED, SIGN_IN, STORE};
use crate::pairing;
use crate::sign_in::SignIn;
use crate::store::StoreError;
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
    /// What the school's system had said last is imported. Else it is served only after an import.
    pub imported: bool,
    /// Where the files lie that stood there before.
    pub replaced: Option<PathBuf>,
}

/// Puts a backup in the place of its tenant's files. Nothing is changed before the backup is found sound; what stood there
/// is put aside, not deleted. The caller holds the lock of the data folder, so nobody serves it.
///
/// # Errors
/// If the backup is not sound or not this server's, or files can't be read or written: then what stood there stands.
pub fn restore(config: &Config, backup: &Path, by: &str, now: Timestamp, tell: &mut Telling<'_>) -> Result<Restored> {
    let keys = open::keys(config)?;
    let note = read(backup, &keys, tell)?;
    let place = config.data.join(note.tenant.to_string());
    // One that was cut off had put aside what stood there.
    let stands = if place.is_dir() { Some(place.clone()) } else { put_aside(config, note.tenant)? };
    let _alone = match &stands {
        Some(stands) => Some(alone(stands).map_err(|error| match error {
            RunError::Open(why) => BackupError::Open(why),
            _ => BackupError::Importing,
        })?),
        None => None,
    };
    let made = config.data.join(format!(".restoring-{}", note.tenant));
    let clear = || match std::fs::remove_dir_all(&made) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(wrong(&made, &error)),
        _ => Ok(()),
    };
    clear()?;
    open::make_folder(&made)?;
    let filled = fill(config, &keys, (backup, &note), (stands.as_deref(), &made), (by, now), tell);
    if filled.is_err() {
        // It may be for want of room that what stands needs.
        let _ = clear();
    }
    let mut restored = filled?;
    restored.replaced = stands;
    if place.is_dir() {
        let aside = config.data.join(format!("{REPLACED}{}-{}", note.tenant, now.0));
        std::fs::rename(&place, &aside).map_err(|error| wrong(&aside, &error))?;
        if let Err(error) = std::fs::rename(&made, &place) {
            let _ = std::fs::rename(&aside, &place);
            return Err(wrong(&place, &error));
        }
        restored.replaced = Some(aside);
    } else {
        std::fs::rename(&made, &place).map_err(|error| wrong(&place, &error))?;
    }
    sync(&config.data)?;
    Ok(restored)
}

/// What a restore put aside last.
fn put_aside(config: &Config, tenant: TenantId) -> Result<Option<PathBuf>> {
    let begins = format!("{REPLACED}{tenant}-");
    let entries = std::fs::read_dir(&config.data).map_err(|error| wrong(&config.data, &error))?;
    let names =
        entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(&begins)));
    Ok(names.map(|entry| entry.path()).max())
}

fn fill(
    config: &Config,
    keys: &Keys,
    (backup, note): (&Path, &Note),
    (stands, made): (Option<&Path>, &Path),
    (by, now): (&str, Timestamp),
    tell: &mut Telling<'_>,
) -> Result<Restored> {
    let tenant = note.tenant;
    let bring = |name: &str| {
        let (from, to) = (backup.join(name), made.join(name));
        std::fs::copy(&from, &to).map(drop).map_err(|error| wrong(&from, &error))
    };
    // The log first: it tells what happened since, and goes on.
    let log = stands.map(|stands| stands.join(AUDIT)).filter(|log| log.exists());
    match log {
        Some(log) => drop(std::fs::copy(&log, made.join(AUDIT)).map_err(|error| wrong(&log, &error))?),
        None if note.files.contains_key(AUDIT) => bring(AUDIT)?,
        None => {}
    }
    let sign_in_of_backup = match stands {
        Some(stands) => !keep_sign_in(tenant, stands, made)?,
        None => true,
    };
    if sign_in_of_backup {
        bring(SIGN_IN)?;
    }
    bring(STORE)?;
    let (store_path, sign_in_path) = (made.join(STORE), made.join(SIGN_IN));
    let in_store = |error| BackupError::Store(store_path.clone(), error);
    let in_sign_in = |error| BackupError::Store(sign_in_path.clone(), error);
    let store = Sqlite::open(&store_path).map_err(in_store)?;
    if !store.damage().map_err(in_store)?.is_empty() {
        return Err(BackupError::Damaged(backup.join(STORE)));
    }
    store.begin_epoch(open::new_epoch()?, now).map_err(in_store)?;
    let sign_in = SignIn::open(&sign_in_path, tenant).map_err(in_sign_in)?;
    if sign_in_of_backup {
        sign_in.expire_invitations(now).map_err(in_sign_in)?;
    }
    let audit = Audit::new(tenant, made, config.audit_copy.clone(), keys);
    // What shared devices were given since comes again, what was revoked since goes again.
    let given: Vec<Change> = sign_in.paired().map_err(in_sign_in)?.iter().map(Change::put).collect();
    writer::import(&store, &given, now).map_err(in_store)?;
    let mut revoked = 0;
    for device in audit.revoked_since(note.made)? {
        revoked += usize::from(revoke(&store, &sign_in, device, now).map_err(in_sign_in)?);
    }
    audit.trace(Event::Restored { made: note.made }, by, now)?;
    let imported = match import_again((config, keys), note, (stands, made), (&store, &sign_in), now, tell)? {
        Some(report) => {
            audit.trace(Event::imported(&report), by, now)?;
            report.knows_people()
        }
        None => false,
    };
    drop((store, sign_in));
    if !imported {
        open::owe_import(made)?;
    }
    for name in [STORE, SIGN_IN, AUDIT] {
        sync(&made.join(name))?;
    }
    sync(made)?;
    Ok(Restored { tenant, made: note.made, sign_in_of_backup, revoked, imported, replaced: None })
}

/// Keeps the sign-in data that stand, unless they are lost or damaged.
fn keep_sign_in(tenant: TenantId, stands: &Path, made: &Path) -> Result<bool> {
    let path = stands.join(SIGN_IN);
    let broken = |error| BackupError::Store(path.clone(), error);
    let sound = match open::sign_in(tenant, stands) {
        Ok(sign_in) => sign_in.is_sound(),
        Err(OpenError::Lost(_)) => Ok(false),
        Err(OpenError::Store(_, error)) => Err(error),
        Err(error) => return Err(error.into()),
    };
    match sound {
        Ok(true) => sqlite::copy(&path, &made.join(SIGN_IN)).map(|()| true).map_err(broken),
        Ok(false) | Err(StoreError::Damaged | StoreError::Empty) => Ok(false),
        Err(error) => Err(broken(error)),
    }
}

fn revoke(store: &Sqlite, sign_in: &SignIn, device: DeviceId, now: Timestamp) -> crate::store::Result<bool> {
    let Some(account) = sign_in.revoke(device, now)? else { return Ok(false) };
    if matches!(account.role, Role::Tablet | Role::Board) {
        pairing::end(store, &account, now)?;
    }
    Ok(true)
}

/// Imports what the school's system had said last, from our copy of it, if that is newer than the backup: before anybody is
/// served, who became protected since is protected, and who got a right since holds it, so that no phone lets go what it
/// would bring back. None: there is no such copy, or too much would end by it.
fn import_again(
    (config, keys): (&Config, &Keys),
    note: &Note,
    (stands, made): (Option<&Path>, &Path),
    (store, sign_in): (&Sqlite, &SignIn),
    now: Timestamp,
    tell: &mut Telling<'_>,
) -> Result<Option<Report>> {
    let source = config.sources.iter().find(|source| source.tenant == note.tenant);
    let from = stands.map(source_path).filter(|copy| copy.is_file());
    let (Some(source), Some(from), to) = (source, from, source_path(made)) else { return Ok(None) };
    if sqlite::copy(&from, &to).is_err() {
        // It is fetched anew.
        return Ok(None);
    }
    let broken = |error| BackupError::Store(to.clone(), error);
    let mirror = Mirror::open_or_renew(&to, note.tenant, keys).map_err(broken)?;
    // Whatever comes of it, the next run imports everything.
    mirror.tell(IMPORTED_ON, OWED).map_err(broken)?;
    if mirror.told(SUCCEEDED_AT).map_err(broken)? < note.made.0 {
        return Ok(None);
    }
    let progress = &mut |what: &str, count: usize| tell(what, count as u64);
    match guarded(&mirror, store, sign_in, keys, now, Some(source.ending_share), progress)? {
        Guarded::Done(report) => Ok(Some(report)),
        Guarded::Asks { .. } => Ok(None),
    }
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, made, sign_in_of_backup, revoked, imported, replaced } = self;
        writeln!(f, "{tenant} is as it was on {} at {}. Phones bring back what is newer.", made.day(), made.time())?;
        if *sign_in_of_backup {
            writeln!(
                f,
                "! The sign-in data were lost and are the backup's: devices that signed in since are signed out and"
            )?;
            writeln!(
                f,
                "  let go what they hold; invite them again. {revoked} that were revoked since are revoked again;"
            )?;
            writeln!(f, "  if the audit log was lost as well, revoke again whom you remember.")?;
        }
        if *imported {
            writeln!(f, "What the school's system had said last is imported.")?;
        } else {
            writeln!(
                f,
                "! It is served as soon as the newest school data is imported: the backup does not know who became"
            )?;
            writeln!(f, "  protected since. `import ss12000 … --tenant {tenant}`, with --accept-ending if it asks.")?;
        }
        match replaced {
            Some(aside) => writeln!(f, "What stood there lies in {}; delete it when all is well.", aside.display()),
            None => Ok(()),
        }
    }
}
