//! `POST /v1/sync`: commands, answer, wait; and the answer's way out, piece by piece.
//!
//! A session may end at any time: it is looked at before the commands, before each answer and before each piece.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kapprum_domain::time::Timestamp;
use kapprum_protocol::NOW_HEADER;
use kapprum_protocol::lines::Compressor;
use kapprum_protocol::problem::ProblemKind;
use kapprum_protocol::receipt::Receipt;
use kapprum_protocol::request::Request;
use tokio::sync::mpsc;

use super::load::{Share, Shed, Strain};
use super::session::Session;
use super::{App, Refused, blocking, body};
use crate::sync::{Answer, Answered, answer};
use crate::writer::{self, Batch};

/// Pieces of an answer that are ready before the phone takes them.
const PIECES: usize = 2;

pub(super) async fn sync(State(app): State<App>, session: Session, request: HttpRequest) -> Result<Response, Refused> {
    // The memory is given back when the request has been answered.
    let (body, _memory) = body::sync(&app, request).await?;
    let request = Request::read(&body)?;
    drop(body);
    let mut timing = Some(app.meters.sync("asked"));
    let (share, strain) = app.load.work().await?;
    let received = app.clock.now();
    let session = Arc::new(session);
    let receipts = commands(&app, &session, &request, received, strain).await?;
    app.meters.commands(&receipts);
    let ends = received.plus(i64::from(request.wait.unwrap_or(0)) * 1000);
    let asked = Arc::new(Asked { session, request, receipts });
    let mut share = Some(share);
    loop {
        let now = app.clock.now();
        let held = match asked.answer(&app, now).await? {
            Answered::Lines(answer) => return send(&app, &asked, answer, share, strain),
            Answered::Nothing { held } => held,
        };
        if asked.request.wait.is_none() || now >= ends {
            return Ok(nothing_new(now));
        }
        if strain >= Strain::NoWaits {
            return Err(app.load.busy(Shed::Wait));
        }
        let _waits = app.load.wait()?;
        let due = held.until().filter(|until| *until < ends);
        let waiter = asked.session.tenant.waiters.join(held);
        // What was committed between the answer and joining is seen by asking once more.
        if let Answered::Lines(answer) = asked.answer(&app, now).await? {
            return send(&app, &asked, answer, share, strain);
        }
        drop((share.take(), timing.take()));
        let pause = Duration::from_millis((due.unwrap_or(ends).0 - now.0).max(0).unsigned_abs());
        let mut stopped = app.stopped.clone();
        let over = tokio::select! {
            () = waiter.news() => false,
            () = tokio::time::sleep(pause) => due.is_none(),
            _ = stopped.wait_for(|stopped| *stopped) => true,
        };
        if over {
            return Ok(nothing_new(app.clock.now()));
        }
        timing = Some(app.meters.sync("woken"));
        share = Some(app.load.turn().await?);
    }
}

/// A request with the receipts of its commands, to be answered now or when there is news.
struct Asked {
    session: Arc<Session>,
    request: Request,
    receipts: Vec<Receipt>,
}

impl Asked {
    async fn answer(self: &Arc<Self>, app: &App, now: Timestamp) -> Result<Answered, Refused> {
        let (own, fresh) = (self.clone(), app.fresh);
        let answered = blocking(move || {
            let Session { tenant, account, .. } = own.session.as_ref();
            if !own.session.is_live()? {
                return Ok(None);
            }
            answer(&tenant.store, &tenant.cache, account, &own.request, &own.receipts, (now, fresh)).map(Some)
        });
        answered.await?.ok_or(Refused(ProblemKind::SignedOut, ""))
    }
}

/// Does the request's commands, or says of each to send it again later.
async fn commands(
    app: &App,
    session: &Arc<Session>,
    request: &Request,
    received: Timestamp,
    strain: Strain,
) -> Result<Vec<Receipt>, Refused> {
    if request.commands.is_empty() {
        return Ok(Vec::new());
    }
    let batch = Batch {
        account: session.account,
        commands: request.commands.clone(),
        earlier: request.earlier.clone(),
        epoch: request.counted().map(|cursor| cursor.epoch),
        received,
    };
    if strain >= Strain::NoCommands {
        app.load.shed(Shed::Commands);
        return Ok(writer::retry(&batch));
    }
    // The body may have been long under way.
    let own = session.clone();
    if !blocking(move || own.is_live()).await? {
        return Err(Refused(ProblemKind::SignedOut, ""));
    }
    session.tenant.commands(batch).await.ok_or(Refused(ProblemKind::Busy, ""))
}

fn nothing_new(now: Timestamp) -> Response {
    (StatusCode::NO_CONTENT, [(NOW_HEADER, now.0.to_string())]).into_response()
}

/// Sends an answer piece by piece; a slow phone holds two pieces and nothing of the store.
fn send(
    app: &App,
    asked: &Asked,
    mut answer: Answer,
    share: Option<Share>,
    strain: Strain,
) -> Result<Response, Refused> {
    if strain >= Strain::NoSnapshots && answer.has_snapshots() {
        app.load.shed(Shed::Snapshots);
        if !answer.shed() {
            return Err(Refused(ProblemKind::Busy, ""));
        }
    }
    let (pieces, mut ready) = mpsc::channel::<Bytes>(PIECES);
    // The task ends with the answer, or when nobody takes it.
    drop(tokio::spawn(pour(app.clone(), asked.session.clone(), answer, share, pieces)));
    let body = Body::from_stream(futures_util::stream::poll_fn(move |context| {
        ready.poll_recv(context).map(|piece| piece.map(Ok::<_, std::convert::Infallible>))
    }));
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CONTENT_ENCODING, "zstd")];
    Ok((headers, body).into_response())
}

/// None: the answer was cut. The phone asks again, and hears why.
async fn pour(
    app: App,
    session: Arc<Session>,
    mut answer: Answer,
    mut share: Option<Share>,
    pieces: mpsc::Sender<Bytes>,
) -> Option<()> {
    let mut compressor = Compressor::new().ok()?;
    loop {
        // Only the first piece is work for which others may have to stand in line.
        let turn = match share.take() {
            Some(share) => share,
            None => app.load.turn().await.ok()?,
        };
        let (now, own) = (app.clock.now(), session.clone());
        let read = blocking(move || {
            let live = own.is_live()?;
            live.then(|| answer.next_piece(now).map(|piece| (answer, piece))).transpose()
        });
        let (rest, piece) = read.await.ok()??;
        drop(turn);
        answer = rest;
        let Some(plain) = piece else {
            return pieces.send(compressor.last(&[]).ok()?.into()).await.ok();
        };
        let taken = pieces.send(compressor.piece(&plain).ok()?.into());
        tokio::time::timeout(app.patience.stalled, taken).await.ok()?.ok()?;
    }
}
