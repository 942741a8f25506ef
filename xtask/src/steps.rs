//! The steps of `check` and `test`: each announced, timed, and summed up at the end.

use std::time::{Duration, Instant};

/// Measures real time: a build takes what it takes.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the edge that measures how long builds take")]
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A duration as a person reads it.
pub(crate) fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

enum Outcome {
    Passed(Duration),
    Failed(Duration, String),
    Skipped(String),
    NotRun,
}

/// Steps one after another.
pub(crate) struct Steps {
    watch: Stopwatch,
    stopped: bool,
    done: Vec<(&'static str, Outcome)>,
}

impl Steps {
    pub(crate) fn begin() -> Self {
        Self { watch: Stopwatch::start(), stopped: false, done: Vec::new() }
    }

    /// Announces a step and does it.
    pub(crate) fn run(&mut self, name: &'static str, work: impl FnOnce() -> Result<(), String>) {
        if self.stopped {
            self.done.push((name, Outcome::NotRun));
            return;
        }
        eprintln!("── {name}");
        let watch = Stopwatch::start();
        let outcome = match work() {
            Ok(()) => Outcome::Passed(watch.elapsed()),
            Err(why) => Outcome::Failed(watch.elapsed(), why),
        };
        eprintln!("   {}", outcome.said());
        self.done.push((name, outcome));
    }

    /// Says why a step can't be done on this machine. Where nobody reads along (`CI`), that is a failure.
    pub(crate) fn skip(&mut self, name: &'static str, why: String) {
        let outcome = match std::env::var_os("CI") {
            Some(_) => Outcome::Failed(Duration::ZERO, why),
            None => Outcome::Skipped(why),
        };
        eprintln!("── {name}\n   {}", outcome.said());
        self.done.push((name, outcome));
    }

    /// After a failure, no further step is begun.
    pub(crate) fn stop_if_failed(&mut self) {
        self.stopped = self.failed() > 0;
    }

    /// Prints all steps with their outcomes; whether all passed.
    pub(crate) fn sum_up(&self) -> bool {
        eprintln!("\n── summary");
        for (name, outcome) in &self.done {
            eprintln!("   {name:<26}{}", outcome.said());
        }
        let time = human(self.watch.elapsed());
        match self.failed() {
            0 if self.skipped() => eprintln!("\nWhat was run passed, in {time}; see what was skipped."),
            0 => eprintln!("\nEverything passed in {time}."),
            failed => eprintln!("\n{failed} of {} steps failed, after {time}.", self.done.len()),
        }
        self.failed() == 0
    }

    fn skipped(&self) -> bool {
        self.done.iter().any(|(_, outcome)| matches!(outcome, Outcome::Skipped(_)))
    }

    fn failed(&self) -> usize {
        self.done.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Failed(..))).count()
    }
}

impl Outcome {
    fn said(&self) -> String {
        match self {
            Self::Passed(time) => format!("passed   {}", human(*time)),
            Self::Failed(time, why) => format!("FAILED   {} ({why})", human(*time)),
            Self::Skipped(why) => format!("SKIPPED  {why}"),
            Self::NotRun => "not run".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(human(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(human(Duration::from_secs(187)), "3 min 07 s");
    }

    #[test]
    fn a_failure_stops_what_follows_and_is_told() {
        let mut steps = Steps::begin();
        steps.run("lints", || Err("exit status: 101".to_owned()));
        steps.run("typos", || Ok(()));
        steps.stop_if_failed();
        let mut ran = false;
        steps.run("tests", || {
            ran = true;
            Ok(())
        });
        assert!(!ran);
        assert!(!steps.sum_up());
    }
}
