//! What an operator's monitoring asks for (Prometheus' text format), on an address of its own.
//!
//! Hot paths add to atomics; all else is looked at when somebody asks. Labels are the server's own words and tenants'
//! ids: nothing in them comes from a person or a request, so there are only so many.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kapprum_protocol::problem::ProblemKind;
use kapprum_protocol::receipt::{Outcome, Receipt};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use super::{App, Refused, blocking};
use crate::clock::Stopwatch;
use crate::config::Config;
use crate::import::live;
use crate::log::LOGGED;
use crate::open::{AUDIT, SIGN_IN, STORE};

/// Labels: names and values.
type Labels<const N: usize> = [(&'static str, String); N];
type Words = [(&'static str, &'static str); 1];

/// What the routes count.
pub(super) struct Meters {
    /// By route and class of status.
    requests: Family<Labels<2>, Counter>,
    /// Seconds from a sync request, or what woke it, to its answer's beginning.
    sync: Family<Words, Histogram, fn() -> Histogram>,
    /// Commands by the outcome that was answered.
    commands: Family<Words, Counter>,
    /// Requests that showed no session, or one that had ended.
    pub(super) sessions_refused: Counter,
    /// Invitations that were used, too old or never made.
    pub(super) invitations_refused: Counter,
}

/// Time that is measured until this is dropped.
pub(super) struct Timing(Histogram, Stopwatch);

impl Drop for Timing {
    fn drop(&mut self) {
        self.0.observe(self.1.seconds());
    }
}

impl Default for Meters {
    fn default() -> Self {
        let seconds: fn() -> Histogram = || Histogram::new([0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]);
        Self {
            requests: Family::default(),
            sync: Family::new_with_constructor(seconds),
            commands: Family::default(),
            sessions_refused: Counter::default(),
            invitations_refused: Counter::default(),
        }
    }
}

impl Meters {
    /// Measures a part of a sync request: `asked`, or `woken` after it has waited.
    pub(super) fn sync(&self, part: &'static str) -> Timing {
        Timing(self.sync.get_or_create_owned(&[("part", part)]), Stopwatch::start())
    }

    /// Counts what commands came to.
    pub(super) fn commands(&self, receipts: &[Receipt]) {
        for receipt in receipts {
            let outcome = match receipt.outcome {
                Outcome::Ok => "ok",
                Outcome::Refused(_) => "refused",
                Outcome::Retry => "retry",
                Outcome::Upgrade => "upgrade",
            };
            self.commands.get_or_create(&[("outcome", outcome)]).inc();
        }
    }
}

/// Counts every request by its route and how it was answered.
pub(super) async fn counted(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let class = format!("{}xx", response.status().as_u16() / 100);
    app.meters.requests.get_or_create(&[("route", path), ("status", class)]).inc();
    response
}

/// What is looked at.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) app: App,
    pub(super) config: Arc<Config>,
    /// Places for connections: how many there are, and those that are free.
    pub(super) connections: (usize, Arc<Semaphore>),
}

/// The one page.
pub(super) fn router(watched: Watched) -> Router {
    Router::new()
        .route("/metrics", get(page))
        .fallback(async || Refused(ProblemKind::NotFound, ""))
        .method_not_allowed_fallback(async || Refused(ProblemKind::Method, ""))
        .with_state(watched)
}

async fn page(State(watched): State<Watched>) -> Result<Response, Refused> {
    let text = blocking(move || Ok(text(&watched))).await?;
    Ok(([(header::CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], text).into_response())
}

fn text(watched: &Watched) -> String {
    let Watched { app, connections: (most, free), .. } = watched;
    let mut all = Registry::with_prefix("kapprum");
    all.register("build", "The server's version", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    all.register("requests", "Requests by route and class of status", app.meters.requests.clone());
    all.register("sync_seconds", "From a sync request, or what woke it, to its answer", app.meters.sync.clone());
    all.register("commands", "Commands by what was answered", app.meters.commands.clone());
    all.register("sessions_refused", "Requests without a session that lasts", app.meters.sessions_refused.clone());
    all.register("invitations_refused", "Invitations that were not good", app.meters.invitations_refused.clone());
    all.register("sheds", "What was left out because of load", app.load.sheds.clone());
    all.register("waits", "Requests that wait for news", gauge(app.load.waiting()));
    all.register("connections", "Connections that are open", gauge(most - free.available_permits()));
    all.register("connections_most", "Connections that there is room for", gauge(*most));
    let logged: Family<Words, Counter> = Family::default();
    for (level, lines) in [("error", &LOGGED.errors), ("warn", &LOGGED.warnings)] {
        let lines = lines.load(Ordering::Relaxed);
        logged.get_or_create(&[("level", level)]).inc_by(lines);
    }
    all.register("log_lines", "Lines of the log that ask to be looked at", logged);
    of_tenants(watched, &mut all);
    let mut text = String::new();
    // Writing to memory fails never.
    let _ = prometheus_text::encode(&mut text, &all);
    text
}

fn of_tenants(watched: &Watched, all: &mut Registry) {
    let Watched { app, config, .. } = watched;
    let (batches, commands, not_copied) = [(); 3].map(|()| Family::<Labels<1>, Counter>::default()).into();
    let seconds: Family<Labels<1>, Counter<f64, AtomicU64>> = Family::default();
    let (queue, ended, succeeded) = [(); 3].map(|()| Family::<Labels<1>, Gauge>::default()).into();
    let (bytes, outcome) = [(); 2].map(|()| Family::<Labels<2>, Gauge>::default()).into();
    for tenant in app.tenants.all() {
        let id = tenant.id.to_string();
        let own = [("tenant", id.clone())];
        batches.get_or_create(&own).inc_by(tenant.written.batches.get());
        commands.get_or_create(&own).inc_by(tenant.written.commands.get());
        seconds.get_or_create(&own).inc_by(tenant.written.seconds.get());
        not_copied.get_or_create(&own).inc_by(tenant.audit.not_copied.get());
        queue.get_or_create(&own).set(signed(tenant.queue()));
        let folder = config.data.join(&id);
        let source = live::path(&folder);
        let files = [
            ("store", folder.join(STORE)),
            ("sign_in", folder.join(SIGN_IN)),
            ("source", source),
            ("audit", folder.join(AUDIT)),
        ];
        for (name, file) in files {
            let size = size(&file) + size(&log_of(&file));
            bytes.get_or_create(&[("tenant", id.clone()), ("file", name.to_owned())]).set(signed(size));
        }
        if !config.sources.iter().any(|source| source.tenant == tenant.id) {
            continue;
        }
        // A source that never ran, or a copy that can't be read just now, has nothing to tell.
        let Ok(Some(last)) = live::last(&folder) else { continue };
        ended.get_or_create(&own).set(last.ended.0 / 1000);
        succeeded.get_or_create(&own).set(last.succeeded.0 / 1000);
        for ending in live::Ending::ALL {
            let labels = [("tenant", id.clone()), ("outcome", ending.name().to_owned())];
            outcome.get_or_create(&labels).set(i64::from(last.ending == ending));
        }
    }
    all.register("writer_batches", "Transactions of the writer", batches);
    all.register("writer_commands", "Commands in them", commands);
    all.register("writer_seconds", "How long the writer was at work", seconds);
    all.register("writer_queue", "Requests that wait for the writer", queue);
    all.register("store_bytes", "The size of files, with what is not written back yet", bytes);
    all.register("audit_lines_not_copied", "Lines of the audit log that the copy lacks", not_copied);
    all.register("import_ended_timestamp_seconds", "When the source's last run ended", ended);
    all.register("import_success_timestamp_seconds", "When the last run ended that imported all", succeeded);
    all.register("import_outcome", "What the source's last run came to", outcome);
}

/// What is not written back yet, if it is a database.
fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn gauge(value: usize) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(signed(value));
    gauge
}

fn signed(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
