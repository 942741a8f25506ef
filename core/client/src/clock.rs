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
    /// The server's time then: it can't be earlier now.
    pub contact: Timestamp,
}

impl Offset {
    /// Measures at a contact.
    pub fn measure(clock: &dyn Clock, server: Timestamp) -> Self {
        let boot = clock.boot();
        Self {
            boot: boot.id,
            by_boot: server.0.saturating_sub(boot.elapsed),
            by_wall: server.0.saturating_sub(clock.wall().0),
            contact: server,
        }
    }
}

/// The server's time now, by the last contact if there was one.
pub fn estimate(clock: &dyn Clock, offset: Option<Offset>) -> Estimate {
    let Some(offset) = offset else { return Estimate { now: clock.wall(), uncertain: true } };
    let boot = clock.boot();
    let by_boot = Timestamp(boot.elapsed.saturating_add(offset.by_boot));
    // A boot clock that ran backwards is another boot, whatever its number.
    if offset.boot == boot.id && by_boot >= offset.contact {
        return Estimate { now: by_boot, uncertain: false };
    }
    Estimate { now: clock.wall().plus(offset.by_wall).max(offset.contact), uncertain: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Told(i64, Boot);

    impl Clock for Told {
        fn wall(&self) -> Timestamp {
            Timestamp(self.0)
        }

        fn boot(&self) -> Boot {
            self.1
        }
    }

    #[test]
    fn the_servers_time_by_the_clocks_that_are_left() {
        let clock = |wall, id, elapsed| Told(wall, Boot { id, elapsed });
        let offset = Offset::measure(&clock(5_000, 1, 100), Timestamp(9_000));
        for (told, now, uncertain, why) in [
            (clock(5_050, 1, 150), 9_050, false, "the boot clock decides"),
            (clock(77, 1, 150), 9_050, false, "whatever the wall clock says"),
            (clock(5_300, 2, 20), 9_300, true, "restarted: only the wall clock is left"),
            (clock(100, 2, 20), 9_000, true, "it was set back: never before the last contact"),
            (clock(5_300, 1, 20), 9_300, true, "the same number, and yet another boot"),
        ] {
            assert_eq!(estimate(&told, Some(offset)), Estimate { now: Timestamp(now), uncertain }, "{why}");
        }
        let wall = Estimate { now: Timestamp(5_000), uncertain: true };
        assert_eq!(estimate(&clock(5_000, 1, 100), None), wall, "no contact yet");
    }
}
