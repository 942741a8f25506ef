//! What only the platform knows of the device, and the clocks made of it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use kapprum_client::clock::{Boot, Clock};
use kapprum_domain::time::Timestamp;

use crate::error::KapprumError;

/// A point on the clock that runs from when the device started, sleep included.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct BootTime {
    /// Which start of the device: another text after each.
    pub boot: String,
    /// Milliseconds since then, sleep included.
    pub elapsed: i64,
}

/// What the core asks of the device.
#[uniffi::export(foreign)]
pub trait Device: Send + Sync {
    /// The device's own clock, which nobody can set.
    fn boot_time(&self) -> Result<BootTime, KapprumError>;
}

/// The device's clocks. Where the device gives none the wall clock stands in, and the core takes that for uncertain.
pub(crate) struct Clocks {
    device: Arc<dyn Device>,
    told: AtomicBool,
}

impl Clocks {
    pub(crate) fn new(device: Arc<dyn Device>) -> Self {
        Self { device, told: AtomicBool::new(false) }
    }
}

impl Clock for Clocks {
    fn wall(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the edge where the phone's wall clock is read")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn boot(&self) -> Boot {
        match self.device.boot_time() {
            Ok(time) => {
                let mut hasher = DefaultHasher::new();
                time.boot.hash(&mut hasher);
                Boot { id: hasher.finish(), elapsed: time.elapsed }
            }
            Err(error) => {
                if !self.told.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, "the device tells no time since it started");
                }
                Boot { id: 0, elapsed: self.wall().0 }
            }
        }
    }
}
