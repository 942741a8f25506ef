//! The log: to standard error, as text or as JSON; and how many of its lines ask to be looked at.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogForm;

/// Lines since the start. There is one log in a process, so there is one of these.
pub struct Logged {
    /// Errors.
    pub errors: AtomicU64,
    /// Warnings.
    pub warnings: AtomicU64,
}

/// See [`Logged`].
pub static LOGGED: Logged = Logged { errors: AtomicU64::new(0), warnings: AtomicU64::new(0) };

/// Begins to log; once in a process.
pub fn begin(form: LogForm) {
    tracing_subscriber::registry().with(lines(form, std::io::stderr)).with(Counting).with(LevelFilter::INFO).init();
}

/// Writes lines of a form.
pub fn lines<S, W>(form: LogForm, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
    match form {
        LogForm::Text => lines.boxed(),
        LogForm::Json => lines.json().flatten_event(true).boxed(),
    }
}

/// Counts the lines.
pub struct Counting;

impl<S: Subscriber> Layer<S> for Counting {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        match *event.metadata().level() {
            Level::ERROR => LOGGED.errors.fetch_add(1, Ordering::Relaxed),
            Level::WARN => LOGGED.warnings.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
    }
}
