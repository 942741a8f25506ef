//! Room kept for bad days.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// A reserve on the disk: freed when it is full, so that what a person saves and what must be erased can be written.
pub trait Ballast: Send + Sync {
    /// Frees the reserve; whether there was any.
    fn release(&self, connection: &Connection) -> bool;
    /// Takes the reserve again if there is room.
    fn restore(&self);
    /// Told of the writer's connection when it is opened.
    fn opened(&self, _connection: &mut Connection) {}
    /// Told that the write-ahead log is empty.
    fn emptied(&self) {}
}

/// Ballast as a file beside the store.
pub struct FileBallast {
    path: PathBuf,
}

/// Size of the reserve.
const BYTES: usize = 2 * 1024 * 1024;

impl FileBallast {
    /// Takes the reserve beside this store, if there is room.
    pub fn beside(store: &Path) -> Self {
        let ballast = Self { path: store.with_extension("ballast") };
        ballast.restore();
        ballast
    }
}

impl Ballast for FileBallast {
    fn release(&self, _: &Connection) -> bool {
        std::fs::remove_file(&self.path).is_ok()
    }

    fn restore(&self) {
        if !self.path.exists() && std::fs::write(&self.path, vec![0x5a; BYTES]).is_err() {
            // No room: half a reserve would only take what the outbox needs.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
