//! How an answer leaves, soundly or not.

use axum::body::Body;
use axum::http::header;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::Mishap;

pub(super) enum Decided {
    Json(Value),
    Refusal(u16, String),
    Mishap(Mishap),
}

type Piece = Result<Bytes, std::io::Error>;

pub(super) async fn give(decided: Decided, date: Option<String>) -> Response {
    let mut builder = Response::builder().header(header::CONTENT_TYPE, "application/json");
    if let Some(date) = date {
        builder = builder.header(header::DATE, date);
    }
    let half = || -> Piece { Ok(Bytes::from_static(br#"{"data":[{"id":"half","givenName":"Ha"#)) };
    let broken = || -> Piece { Err(std::io::ErrorKind::ConnectionReset.into()) };
    let body: Body = match decided {
        Decided::Json(json) => json.to_string().into(),
        Decided::Refusal(status, text) => {
            builder = builder.status(status);
            json!({ "code": "REFUSED", "message": text }).to_string().into()
        }
        Decided::Mishap(Mishap::Status(status, after)) => {
            builder = builder.status(status);
            if let Some(after) = after {
                builder = builder.header(header::RETRY_AFTER, after);
            }
            "<html>no</html>".into()
        }
        Decided::Mishap(Mishap::Hang) => std::future::pending().await,
        Decided::Mishap(Mishap::Stall) => Body::from_stream(stream::iter([half()]).chain(stream::pending())),
        Decided::Mishap(Mishap::Cut) => Body::from_stream(stream::iter([half(), broken()])),
        Decided::Mishap(Mishap::Closed) => Body::from_stream(stream::iter([broken()])),
        Decided::Mishap(Mishap::Garbage) => "<html>Inloggning</html>".into(),
        Decided::Mishap(Mishap::Error200) => r#"{"code":"INTERNAL","message":"try later"}"#.into(),
        Decided::Mishap(Mishap::Flood) => {
            let more = stream::repeat_with(|| -> Piece { Ok(Bytes::from(vec![b'a'; 65_536])) });
            Body::from_stream(stream::iter([half()]).chain(more))
        }
    };
    builder.body(body).expect("an answer")
}
