//! The few routes, each with its limits and its typed answers.

mod serve;
mod session;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request as HttpRequest, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::{BodyExt, Limited};
use kapprum_protocol::limits::{REQUEST_BYTES, REQUEST_PLAIN_BYTES};
use kapprum_protocol::lines::Compressor;
use kapprum_protocol::problem::{Problem, ProblemKind};
use kapprum_protocol::request::{Request, Unfit};
use kapprum_protocol::session::Activate;
use tokio::sync::{Semaphore, mpsc};

pub use serve::{Server, ServerError};
use session::Session;

use crate::clock::Clock;
use crate::config::Config;
use crate::store::StoreError;
use crate::sync::{Answer, Answered, Fresh, answer};
use crate::tenant::Tenant;
use crate::writer::Batch;

/// What every route sees.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) tenants: Arc<Vec<Arc<Tenant>>>,
    pub(crate) clock: Arc<dyn Clock>,
    fresh: Fresh,
    /// Requests at work; waiting for news does not count.
    work: Arc<Semaphore>,
}

/// Requests at work at once; above half of it snapshots are shed, above all of it commands.
const AT_WORK: usize = 512;
/// Requests that may wait for news at once; more are answered at once.
const WAITING: u64 = 20_000;
/// How long a request's body may take.
const BODY: Duration = Duration::from_secs(15);
/// Pieces of an answer that are ready before the phone takes them.
const PIECES: usize = 2;

impl App {
    fn new(config: &Config, tenants: Vec<Arc<Tenant>>, clock: Arc<dyn Clock>) -> Self {
        let fresh = (config.fresh_days.saturating_mul(86_400), config.fresh_protected_hours.saturating_mul(3_600));
        Self { tenants: Arc::new(tenants), clock, fresh, work: Arc::new(Semaphore::new(AT_WORK)) }
    }

    fn router(self) -> Router {
        Router::new()
            .route("/v1/sync", post(sync))
            .route("/v1/activate", post(activate))
            .route("/v1/sign-out", post(sign_out))
            .route("/healthz", get(healthz))
            .fallback(async || Refused(ProblemKind::NotFound, ""))
            .method_not_allowed_fallback(async || Refused(ProblemKind::Method, ""))
            .layer(DefaultBodyLimit::disable())
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

async fn activate(State(app): State<App>, request: HttpRequest) -> Result<Response, Refused> {
    let body = body(request).await?;
    let Ok(Activate { token }) = serde_json::from_slice(&body) else {
        return Err(Refused(ProblemKind::Malformed, "activation"));
    };
    let now = app.clock.now();
    let tenant = crate::sign_in::tenant_of(&token).and_then(|id| app.tenants.iter().find(|tenant| tenant.id == id));
    let Some(tenant) = tenant.cloned() else { return Err(Refused(ProblemKind::Expired, "")) };
    let own = tenant.clone();
    let Some((activated, right)) = blocking(move || own.sign_in.activate(&token, now)).await? else {
        return Err(Refused(ProblemKind::Expired, ""));
    };
    if let Some(right) = right {
        tenant.import(vec![kapprum_domain::record::Change::put(&right)], now).await?;
    }
    Ok(axum::Json(activated).into_response())
}

async fn sign_out(State(app): State<App>, session: Session) -> Result<StatusCode, Refused> {
    let now = app.clock.now();
    blocking(move || session.tenant.sign_in.end(&session.bearer, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn sync(State(app): State<App>, session: Session, request: HttpRequest) -> Result<Response, Refused> {
    let request = Request::read(&body(request).await?)?;
    let mut permit = app.work.clone().try_acquire_owned().map_err(|_| Refused(ProblemKind::Busy, ""))?;
    let shed = app.work.available_permits() < AT_WORK / 2;
    let (tenant, account) = (session.tenant, session.account);
    let received = app.clock.now();
    let mut receipts = Vec::new();
    if !request.commands.is_empty() {
        let batch = Batch { account, commands: request.commands.clone(), received };
        receipts = tenant.commands(batch).await.ok_or(Refused(ProblemKind::Busy, ""))?;
    }
    let ends = received.plus(i64::from(request.wait.unwrap_or(0)) * 1000);
    let request = Arc::new(request);
    loop {
        let now = app.clock.now();
        let (own, asked, done, fresh) = (tenant.clone(), request.clone(), receipts.clone(), app.fresh);
        let answered = move || answer(&own.store, &own.cache, &account, &asked, &done, (now, fresh));
        let (watch, until) = match blocking(answered.clone()).await? {
            Answered::Lines(answer) => return Ok(stream(answer, &app, shed, permit)),
            Answered::Nothing { watch, until } => (watch, until),
        };
        if request.wait.is_none() || now >= ends || tenant.waiters.count() >= WAITING {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        // What was committed between the answer and joining is seen by asking once more.
        let waiter = tenant.waiters.join(watch);
        if let Answered::Lines(answer) = blocking(answered).await? {
            return Ok(stream(answer, &app, shed, permit));
        }
        drop(permit);
        let end = until.map_or(ends, |until| until.min(ends));
        let pause = Duration::from_millis(end.0.saturating_sub(now.0).max(0).unsigned_abs());
        let _ = tokio::time::timeout(pause, waiter.news()).await;
        permit = app.work.clone().acquire_owned().await.map_err(|_| Refused(ProblemKind::Busy, ""))?;
    }
}

/// Sends an answer piece by piece; a slow phone holds two pieces and nothing of the store.
fn stream(mut answer: Answer, app: &App, shed: bool, permit: tokio::sync::OwnedSemaphorePermit) -> Response {
    if shed {
        answer.shed();
    }
    let (pieces, mut ready) = mpsc::channel::<Bytes>(PIECES);
    let clock = app.clock.clone();
    #[expect(clippy::let_underscore_future, reason = "the task ends with the answer, or when nobody reads it")]
    let _ = tokio::spawn(async move {
        let Ok(mut compressor) = Compressor::new() else { return };
        let mut permit = Some(permit);
        loop {
            let now = clock.now();
            let read = tokio::task::spawn_blocking(move || {
                let piece = answer.next_piece(now);
                (answer, piece)
            });
            let (rest, piece): (Answer, _) = match read.await {
                Ok((rest, Ok(piece))) => (rest, piece),
                // Cut: the phone asks again.
                _ => return,
            };
            answer = rest;
            let sent = match piece {
                Some(piece) => match compressor.piece(&piece) {
                    Ok(bytes) => pieces.send(Bytes::from(bytes)).await.is_ok(),
                    Err(_) => false,
                },
                None => {
                    if let Ok(bytes) = compressor.last(&[]) {
                        let _ = pieces.send(Bytes::from(bytes)).await;
                    }
                    return;
                }
            };
            // Only the first piece is counted as work: a long download must not shut others out.
            permit.take();
            if !sent {
                return;
            }
        }
    });
    let body = Body::from_stream(futures_util::stream::poll_fn(move |context| {
        ready.poll_recv(context).map(|piece| piece.map(Ok::<_, std::convert::Infallible>))
    }));
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CONTENT_ENCODING, "zstd")];
    (headers, body).into_response()
}

/// A request's body, within its limits before and after unpacking.
async fn body(request: HttpRequest) -> Result<Vec<u8>, Refused> {
    let packed = request.headers().get(header::CONTENT_ENCODING).map(|value| value.as_bytes() == b"zstd");
    let collected = tokio::time::timeout(BODY, Limited::new(request.into_body(), REQUEST_BYTES).collect()).await;
    let bytes = match collected {
        Err(_) => return Err(Refused(ProblemKind::TooSlow, "")),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(Refused(ProblemKind::TooLarge, ""));
        }
        Ok(Err(_)) => return Err(Refused(ProblemKind::Malformed, "body")),
        Ok(Ok(collected)) => collected.to_bytes(),
    };
    match packed {
        None => Ok(bytes.into()),
        Some(true) => unpack(&bytes),
        Some(false) => Err(Refused(ProblemKind::Malformed, "content-encoding")),
    }
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    use std::io::Read;
    let malformed = |_| Refused(ProblemKind::Malformed, "body");
    let mut plain = Vec::new();
    let limit = u64::try_from(REQUEST_PLAIN_BYTES).unwrap_or(u64::MAX);
    let decoder = zstd::stream::read::Decoder::new(bytes).map_err(malformed)?;
    decoder.take(limit + 1).read_to_end(&mut plain).map_err(malformed)?;
    if plain.len() > REQUEST_PLAIN_BYTES { Err(Refused(ProblemKind::TooLarge, "")) } else { Ok(plain) }
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

/// When housekeeping looks for what other processes wrote.
pub(crate) const LOOK: Duration = Duration::from_millis(250);
