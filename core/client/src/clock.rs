//! Time as the phone may trust it: only the server's clock decides (`design.md` §4).

use kapprum_domain::time::Timestamp;

/// The device's clocks, injected at the edge.
pub trait Clock: Send + Sync {
    /// The wall clock; people set it as they like.
    fn wall(&self) -> Timestamp;
    /// Time since boot, sleep included.
    fn boot(&self) -> Boot;
}

/// A point on the boot-time clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boot {
    /// Which boot; another number after each restart of the device.
    pub id: u64,
    /// Milliseconds since that boot, sleep included.
    pub elapsed: i64,
}

/// The server's time as the phone estimates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The estimate.
    pub now: Timestamp,
    /// Restarted since the last contact: only the wall clock is left to go by.
    pub uncertain: bool,
}

/// What the last contact told of the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// The boot in which it was measured.
    pub boot: u64,
    /// Server time less boot-time.
    pub by_boot: i64,
    /// Server time less wall clock.
    pub by_wall: i64,
}

impl Offset {
    /// Measures at a contact.
    pub fn measure(clock: &dyn Clock, server: Timestamp) -> Self {
        let boot = clock.boot();
        Self {
            boot: boot.id,
            by_boot: server.0.saturating_sub(boot.elapsed),
            by_wall: server.0.saturating_sub(clock.wall().0),
        }
    }
}

/// The server's time now, by the last contact if there was one.
pub fn estimate(clock: &dyn Clock, offset: Option<Offset>) -> Estimate {
    let boot = clock.boot();
    match offset {
        Some(offset) if offset.boot == boot.id => {
            Estimate { now: Timestamp(boot.elapsed.saturating_add(offset.by_boot)), uncertain: false }
        }
        Some(offset) => Estimate { now: clock.wall().plus(offset.by_wall), uncertain: true },
        None => Estimate { now: clock.wall(), uncertain: true },
    }
}
