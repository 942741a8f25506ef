//! The server's clock: the only one that decides.

use std::sync::atomic::{AtomicI64, Ordering};

use kapprum_domain::time::{MINUTE, Timestamp};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// How long something of our own took: measured for the operator, decides nothing.
pub(crate) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "what it measures decides nothing")]
        Self(std::time::Instant::now())
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// What is told once a minute at most, since anybody can bring it about as often as they like.
#[derive(Default)]
pub(crate) struct OnceAMinute(AtomicI64);

impl OnceAMinute {
    pub(crate) const fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    /// Whether it is told now; a clock that was set back makes nobody wait.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let told = self.0.load(Ordering::Relaxed);
        !(told..told + MINUTE).contains(&now.0)
            && self.0.compare_exchange(told, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that is injected elsewhere")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
