//! The body of a request, within its limits of size, time and memory, before and after unpacking.

use std::io::Read;

use axum::body::{Bytes, HttpBody};
use axum::extract::Request as HttpRequest;
use axum::http::header;
use http_body_util::BodyExt;
use kapprum_protocol::limits::{ACTIVATION_BYTES, REQUEST_BYTES, REQUEST_PLAIN_BYTES, REQUEST_WINDOW_LOG};
use kapprum_protocol::problem::ProblemKind;

use super::load::Share;
use super::{App, Refused};

/// The body of an activation: it comes from anybody, so it is small, and not packed.
pub(crate) async fn activation(app: &App, request: HttpRequest) -> Result<Vec<u8>, Refused> {
    match encoding(&request)? {
        Encoding::Plain => Ok(collect(app, request, ACTIVATION_BYTES).await?.0),
        Encoding::Zstd => Err(Refused(ProblemKind::Malformed, "content-encoding")),
    }
}

/// The body of a sync request, with the memory that it takes up.
pub(crate) async fn sync(app: &App, request: HttpRequest) -> Result<(Vec<u8>, Share), Refused> {
    let encoding = encoding(&request)?;
    let (bytes, mut share) = collect(app, request, REQUEST_BYTES).await?;
    match encoding {
        Encoding::Plain => Ok((bytes, share)),
        Encoding::Zstd => {
            share.merge(app.load.memory(REQUEST_PLAIN_BYTES)?);
            Ok((unpack(&bytes)?, share))
        }
    }
}

enum Encoding {
    Plain,
    Zstd,
}

fn encoding(request: &HttpRequest) -> Result<Encoding, Refused> {
    match request.headers().get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None => Ok(Encoding::Plain),
        Some(b"zstd") => Ok(Encoding::Zstd),
        Some(_) => Err(Refused(ProblemKind::Malformed, "content-encoding")),
    }
}

async fn collect(app: &App, request: HttpRequest, limit: usize) -> Result<(Vec<u8>, Share), Refused> {
    let mut body = request.into_body();
    let fits = |more: usize| if more > limit { Err(Refused(ProblemKind::TooLarge, "")) } else { Ok(()) };
    fits(usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX))?;
    let collecting = async {
        let mut bytes = Vec::new();
        let mut share = app.load.memory(0)?;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Refused(ProblemKind::Malformed, "body"))?;
            let data: Bytes = frame.into_data().unwrap_or_default();
            fits(bytes.len() + data.len())?;
            share.merge(app.load.memory(data.len())?);
            bytes.extend_from_slice(&data);
        }
        Ok((bytes, share))
    };
    let in_time = tokio::time::timeout(app.patience.body, collecting).await;
    in_time.unwrap_or(Err(Refused(ProblemKind::TooSlow, "")))
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let malformed = |_| Refused(ProblemKind::Malformed, "body");
    let mut plain = Vec::new();
    let limit = u64::try_from(REQUEST_PLAIN_BYTES).unwrap_or(u64::MAX);
    let mut decoder = zstd::stream::read::Decoder::new(bytes).map_err(malformed)?;
    decoder.window_log_max(REQUEST_WINDOW_LOG).map_err(malformed)?;
    decoder.take(limit + 1).read_to_end(&mut plain).map_err(malformed)?;
    if plain.len() > REQUEST_PLAIN_BYTES { Err(Refused(ProblemKind::TooLarge, "")) } else { Ok(plain) }
}
