//! Where secrets are kept: the seam to the platform's key store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// A secret text; wiped when dropped, without `Debug`.
pub type Secret = Zeroizing<String>;

/// Keeps secrets by name. The phone's is Keychain or Keystore; calls may block.
pub trait KeyStore: Send + Sync {
    /// The secret of this name, if there is one.
    fn get(&self, name: &str) -> Result<Option<Secret>>;
    /// Keeps a secret, over an older one.
    fn set(&self, name: &str, secret: &Secret) -> Result<()>;
    /// Destroys a secret; none is as good.
    fn delete(&self, name: &str) -> Result<()>;
}

/// Keeps secrets in memory, for tests.
#[derive(Default)]
pub struct MemoryKeyStore {
    secrets: Mutex<BTreeMap<String, Secret>>,
}

impl KeyStore for MemoryKeyStore {
    fn get(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.secrets.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<()> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), secret.clone());
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }
}

/// Keeps secrets in plain files, readable by their owner only. NOT for phones: whoever reads the disk has them.
pub struct PlainFileKeyStore {
    folder: PathBuf,
}

impl PlainFileKeyStore {
    /// A store in this folder, made if it is not there.
    pub fn new(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let note = folder.join("NOT-SECURE.txt");
        if !note.exists() {
            std::fs::write(note, "Keys in plain files: for trying things on a computer, never for a phone.\n")?;
        }
        Ok(Self { folder: folder.to_owned() })
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if plain { Ok(self.folder.join(name)) } else { Err(Error::Key("not a name".to_owned())) }
    }
}

impl KeyStore for PlainFileKeyStore {
    fn get(&self, name: &str) -> Result<Option<Secret>> {
        match std::fs::read_to_string(self.path(name)?) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::Key(error.kind().to_string())),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<()> {
        use std::io::Write;
        let path = self.path(name)?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(secret.as_bytes())?;
        Ok(file.sync_all()?)
    }

    fn delete(&self, name: &str) -> Result<()> {
        match std::fs::remove_file(self.path(name)?) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}
