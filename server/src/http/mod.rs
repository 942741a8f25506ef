//! The few routes, each with its limits and its typed answers.

mod body;
mod connection;
mod load;
mod metrics;
mod open_files;
mod serve;
mod session;
mod sync;
mod tenants;
#[cfg(test)]
mod tests;
mod tls;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request as HttpRequest, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_protocol::problem::{Problem, ProblemKind};
use kapprum_protocol::request::Unfit;
use kapprum_protocol::session::Activate;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use load::Load;
use metrics::Meters;
pub use serve::{Server, ServerError};
use session::Session;
use tenants::Tenants;
pub(crate) use tls::look as look_at_certificate;

use crate::audit::Event;
use crate::clock::Clock;
use crate::config::{Config, Patience};
use crate::import::live::hook::{self, Called};
use crate::keys::Keys;
use crate::store::StoreError;
use crate::sync::Fresh;
use crate::tenant::Tenant;

/// What every route sees.
#[derive(Clone)]
pub(crate) struct App {
    tenants: Arc<Tenants>,
    clock: Arc<dyn Clock>,
    load: Arc<Load>,
    meters: Arc<Meters>,
    fresh: Fresh,
    patience: Patience,
    /// By which a source's hook is known; none: the keys can't be read.
    keys: Option<Keys>,
    /// The sources that called.
    pub(crate) called: Arc<Called>,
    /// The server is asked to stop.
    stopped: watch::Receiver<bool>,
}

/// Every route. Each but the [`OPEN`] ones has a [`Session`] among its arguments: a test asks them all without one.
fn routes() -> [(&'static str, MethodRouter<App>); 5] {
    [
        ("/v1/sync", post(sync::sync)),
        ("/v1/activate", post(activate)),
        ("/v1/sign-out", post(sign_out)),
        ("/v1/hooks/{tenant}/{code}", post(hook)),
        ("/healthz", get(healthz)),
    ]
}

/// The routes for everybody.
#[cfg(test)]
const OPEN: [&str; 3] = ["/v1/activate", "/v1/hooks/{tenant}/{code}", "/healthz"];

impl App {
    fn new(config: &Config, tenants: Vec<Arc<Tenant>>, clock: Arc<dyn Clock>, stopped: watch::Receiver<bool>) -> Self {
        let fresh = (config.fresh_days.saturating_mul(86_400), config.fresh_protected_hours.saturating_mul(3_600));
        let (tenants, load) = (Arc::new(Tenants::new(tenants)), Arc::new(Load::new(config.waits)));
        let (keys, called, meters) = (crate::open::keys(config).ok(), Arc::default(), Arc::default());
        Self { tenants, clock, load, meters, fresh, patience: config.patience, keys, called, stopped }
    }

    fn router(self) -> Router {
        let all = routes().into_iter().fold(Router::new(), |router, (path, route)| router.route(path, route));
        all.fallback(async || Refused(ProblemKind::NotFound, ""))
            .method_not_allowed_fallback(async || Refused(ProblemKind::Method, ""))
            // Bodies are read within their own limits.
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(self.clone(), metrics::counted))
            .with_state(self)
    }
}

/// A typed answer that is not 2xx.
pub(crate) struct Refused(pub(crate) ProblemKind, pub(crate) &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(error, detail) = self;
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(Problem { error, detail: detail.to_owned() })).into_response();
        if error == ProblemKind::Busy {
            // Spread, so that those who were sent away do not come back together.
            let mut spread = [0];
            let _ = getrandom::fill(&mut spread);
            let seconds = 1 + spread.first().copied().unwrap_or(0) / 32;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(u16::from(seconds)));
        }
        response
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request met a failing store");
        Self(ProblemKind::Busy, "")
    }
}

impl From<Unfit> for Refused {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Version => Self(ProblemKind::Upgrade, ""),
            Unfit::Malformed(malformed) => Self(ProblemKind::Malformed, malformed.0),
        }
    }
}

async fn healthz() -> &'static str {
    "ok\n"
}

/// A source has news. Nothing of what it says is read: the source itself is asked.
async fn hook(State(app): State<App>, Path((tenant, told)): Path<(String, String)>) -> Result<StatusCode, Refused> {
    let unknown = || Refused(ProblemKind::NotFound, "");
    let tenant = tenant.parse().ok().and_then(|id| app.tenants.get(id)).ok_or_else(unknown)?;
    let keys = app.keys.as_ref().ok_or_else(unknown)?;
    // By their hashes, so that the time it takes tells nothing.
    let same = |one: &str, other: &str| Sha256::digest(one) == Sha256::digest(other);
    if !same(&hook::code(keys, tenant.id), &told) {
        return Err(unknown());
    }
    app.called.call(tenant.id);
    Ok(StatusCode::OK)
}

async fn activate(State(app): State<App>, request: HttpRequest) -> Result<Response, Refused> {
    let body = body::activation(&app, request).await?;
    let Ok(Activate { token }) = serde_json::from_slice(&body) else {
        return Err(Refused(ProblemKind::Malformed, "activation"));
    };
    let expired = || {
        app.meters.invitations_refused.inc();
        Refused(ProblemKind::Expired, "")
    };
    let id = crate::sign_in::tenant_of(&token).ok_or_else(expired)?;
    // The invitations of one that is on its way back are good.
    let absent = || if app.tenants.is_away(id) { Refused(ProblemKind::Busy, "") } else { expired() };
    let tenant = app.tenants.get(id).ok_or_else(absent)?;
    let share = app.load.work().await?;
    let now = app.clock.now();
    let (own, token) = (tenant.clone(), Arc::new(token));
    let asked = token.clone();
    let right = blocking(move || own.sign_in.right_of(&asked, now)).await?;
    let Some(right) = right else {
        drop(share);
        if let Some(event) = tenant.refuses(now) {
            traced(tenant, event, now).await?;
        }
        return Err(expired());
    };
    // The right comes first: a cut in between leaves an invitation that can be used again, not a device without rights.
    if let Some(right) = right {
        tenant.import(vec![Change::put(&right)], now).await?;
    }
    let own = tenant.clone();
    let activated = blocking(move || own.sign_in.activate(&token, now)).await?.ok_or_else(expired)?;
    // Whoever traces may be slow, and must not hold up who saves.
    drop(share);
    traced(tenant, Event::SignedIn { account: activated.account, device: activated.device }, now).await?;
    Ok(axum::Json(activated).into_response())
}

async fn sign_out(State(app): State<App>, session: Session) -> Result<StatusCode, Refused> {
    let now = app.clock.now();
    let ended = blocking(move || {
        session.tenant.sign_in.end(&session.bearer, now)?;
        // A request of this session may wait for news.
        session.tenant.wake(&[Scope::Person(session.account.holder)])?;
        session.tenant.audit.trace_served(Event::SignedOut { account: session.account }, now);
        Ok(())
    });
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Traces beside the people's own path: nobody's saving waits for it.
async fn traced(tenant: Arc<Tenant>, event: Event, now: Timestamp) -> Result<(), Refused> {
    let trace = move || {
        tenant.audit.trace_served(event, now);
        Ok(())
    };
    blocking(trace).await
}

/// Store calls run on the blocking pool.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> crate::store::Result<T> + Send + 'static,
) -> Result<T, Refused> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Refused(ProblemKind::Busy, "")),
    }
}
