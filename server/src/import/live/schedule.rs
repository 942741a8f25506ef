//! Runs by the clock: each configured source as often as it says, one at a time, in the serving process.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use kapprum_domain::id::TenantId;
use kapprum_domain::time::{MINUTE, Timestamp};

use super::hook::Called;
use super::{Outcome, Run, RunError, Surroundings, Wait, ended_at, run};
use crate::config::{Config, SourceConfig};

/// How often it is looked for a source that is due.
const LOOK: Duration = Duration::from_secs(1);
/// How long a run that is asked to stop is waited for.
const STOP: Duration = Duration::from_secs(5);

/// The thread that runs sources.
pub struct Schedule {
    stop: Arc<AtomicBool>,
    /// Nothing ever comes: its other end falls with the thread.
    ended: Receiver<()>,
}

impl Schedule {
    /// Begins; none: there is no source to be run by the clock.
    pub fn start(config: &Config, around: Surroundings, called: Arc<Called>) -> Option<Self> {
        if config.sources.iter().all(|source| source.every_minutes.is_none()) {
            return None;
        }
        let (config, stop) = (config.clone(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        let waiting = Stoppable { inner: around.wait.clone(), stop: stop.clone() };
        let around = Surroundings { wait: Arc::new(waiting), ..around };
        let (running, ended) = channel();
        let thread = std::thread::Builder::new().name("import".to_owned()).spawn(move || {
            let _running = running;
            let mut due = Due::default();
            while !stopped.load(Ordering::Acquire) {
                if let Some(source) = due.next(&config, &called, around.clock.now()) {
                    called.answer(source.tenant);
                    let run = || tell(source, &run(&config, source, &around, false, &mut |_| {}));
                    // A bug that one source's rows find must not keep the others from running.
                    if catch_unwind(AssertUnwindSafe(run)).is_err() {
                        tracing::error!(source = %source.name, tenant = %source.tenant, "an import panicked");
                    }
                    due.ran(source, around.clock.now());
                } else {
                    around.wait.wait(LOOK);
                }
            }
        });
        match thread {
            Ok(_) => Some(Self { stop, ended }),
            Err(error) => {
                tracing::error!(kind = %error.kind(), "no thread for imports");
                None
            }
        }
    }

    /// Stops at the next page, which is not taken; the next run goes on there. One that writes for longer is cut where
    /// it is: each of its transactions is whole, and the next run begins the import anew.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Release);
        if self.ended.recv_timeout(STOP) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("an import was cut at the stop");
        }
    }
}

/// Waiting that ends when the server stops.
struct Stoppable {
    inner: Arc<dyn Wait>,
    stop: Arc<AtomicBool>,
}

impl Wait for Stoppable {
    fn wait(&self, pause: Duration) -> bool {
        let mut left = pause;
        while !left.is_zero() && !self.stop.load(Ordering::Acquire) {
            let some = left.min(Duration::from_millis(250));
            if !self.inner.wait(some) {
                return false;
            }
            left = left.saturating_sub(some);
        }
        self.goes_on()
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Acquire)
    }
}

/// When each source last ended a run.
#[derive(Default)]
struct Due(BTreeMap<TenantId, Timestamp>);

impl Due {
    /// The source that has waited longest of those whose time has come.
    fn next<'c>(&mut self, config: &'c Config, called: &Called, now: Timestamp) -> Option<&'c SourceConfig> {
        let mut due = Vec::new();
        for source in &config.sources {
            let Some(minutes) = source.every_minutes else { continue };
            // A tenant that is not here yet is asked for again after as long.
            let last = *self.0.entry(source.tenant).or_insert_with(|| ended_at(config, source).unwrap_or(now));
            // However often it calls, it is not asked more than once a minute.
            if is_due(last, now, minutes) || called.has(source.tenant) && is_due(last, now, 1) {
                due.push((last, source));
            }
        }
        due.into_iter().min_by_key(|(last, _)| *last).map(|(_, source)| source)
    }

    fn ran(&mut self, source: &SourceConfig, now: Timestamp) {
        self.0.insert(source.tenant, now);
    }
}

/// Whether a source is due: when so many minutes have gone, and if the clock was set back.
fn is_due(last: Timestamp, now: Timestamp, minutes: u32) -> bool {
    !(last..last.plus(i64::from(minutes) * MINUTE)).contains(&now)
}

/// Tells what a run did: counts and reasons, nobody's id.
fn tell(source: &SourceConfig, done: &Result<Run, RunError>) {
    let (name, tenant) = (&source.name, source.tenant);
    let run = match done {
        Ok(run) => run,
        Err(RunError::Running) => return tracing::info!(source = %name, %tenant, "an import runs already"),
        Err(error) => return tracing::error!(source = %name, %tenant, %error, "an import failed; it is tried again"),
    };
    for (resource, one) in &run.fetched {
        if let Some(trouble) = &one.trouble {
            tracing::warn!(source = %name, %tenant, %resource, %trouble, "not everything came; nothing of it was ended");
        }
    }
    if let Some(why) = &run.unsubscribed {
        tracing::warn!(source = %name, %tenant, %why, "the source will not call; it is asked by the clock only");
    }
    match &run.outcome {
        Outcome::Imported(report) => {
            let sum = |count: fn(&crate::import::report::Counts) -> usize| {
                report.resources.values().map(count).sum::<usize>()
            };
            let (new, changed) = (sum(|counts| counts.new), sum(|counts| counts.changed));
            let (ended, refused) = (sum(|counts| counts.ended), sum(|counts| counts.refused));
            tracing::info!(source = %name, %tenant, new, changed, ended, refused, "imported");
        }
        Outcome::Asks { ending, .. } => {
            for (resource, ending) in ending {
                tracing::error!(source = %name, %tenant, %resource, %ending, "nothing was ended: an operator has to say --accept-ending");
            }
        }
        Outcome::Unchanged => tracing::info!(source = %name, %tenant, "nothing was new"),
        Outcome::Nothing => tracing::error!(source = %name, %tenant, "nothing came"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_due_when_its_minutes_have_gone_or_the_clock_went_back() {
        let now = Timestamp(1_000 * MINUTE);
        for (last, minutes, due) in [(Timestamp(0), 60, true), (now, 60, false), (now.plus(-60 * MINUTE), 60, true)] {
            assert_eq!(is_due(last, now, minutes), due);
        }
        assert!(!is_due(now.plus(-60 * MINUTE + 1), now, 60));
        assert!(is_due(now.plus(MINUTE), now, 60));
    }

    #[test]
    fn who_calls_is_asked_before_its_time_though_not_twice_in_a_minute() {
        let source =
            SourceConfig { every_minutes: Some(60), ..SourceConfig::new("sis", TenantId(uuid::Uuid::nil()), "") };
        let config = Config { sources: vec![source.clone()], ..Config::default() };
        let (mut due, called, now) = (Due::default(), Called::default(), Timestamp(1_000 * MINUTE));
        due.ran(&source, now);
        called.call(source.tenant);
        assert!(due.next(&config, &called, now.plus(MINUTE - 1)).is_none());
        assert!(due.next(&config, &called, now.plus(MINUTE)).is_some());
        called.answer(source.tenant);
        assert!(due.next(&config, &called, now.plus(59 * MINUTE)).is_none());
    }
}
