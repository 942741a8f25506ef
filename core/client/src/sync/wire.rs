//! The wire: requests out, answers in. The product's is HTTP; tests bring faulty ones.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kapprum_domain::time::Timestamp;
use kapprum_protocol::NOW_HEADER;
use kapprum_protocol::lines::Lines;
use kapprum_protocol::problem::{Problem, ProblemKind};
use kapprum_protocol::session::{Activate, Activated};

use super::machine::Failure;
use crate::error::{Error, Result};
use crate::key_store::Secret;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A future of the wire.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The way to one server.
pub trait Wire: Send + Sync {
    /// Sends a request under a session; the answer arrives in pieces.
    fn sync<'a>(&'a self, bearer: &'a Secret, request: Vec<u8>) -> Pending<'a, std::result::Result<Answer, Failure>>;

    /// Turns an invitation into a session.
    fn activate<'a>(&'a self, token: &'a str) -> Pending<'a, Result<Activated>>;

    /// Ends a session.
    fn sign_out<'a>(&'a self, bearer: &'a Secret) -> Pending<'a, std::result::Result<(), Failure>>;
}

/// An answer that has begun.
pub enum Answer {
    /// 204: nothing new; the server's time, if it told.
    Nothing(Option<Timestamp>),
    /// Lines.
    Pieces(Box<dyn Pieces>, Lines),
}

/// The rest of an answer's body.
pub trait Pieces: Send {
    /// The next piece; none: complete.
    fn next(&mut self) -> Pending<'_, std::result::Result<Option<Bytes>, Failure>>;
}

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may come while something is awaited, until the other end is asked whether it is there; and how long
/// it may take to say so. Else a connection that died without a word, as behind a router that was restarted, would be
/// used again and again.
const PING: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(20));
/// How long an answer may be silent: longer than a wait for news.
const SILENCE: Duration = Duration::from_secs(40);
/// Most bytes of a session or a problem.
const SHORT: usize = 16 * 1024;

/// HTTP/2 to one server: by TLS, or in plain text on loopback and behind a proxy.
pub struct Http {
    client: reqwest::Client,
    base: String,
}

impl Http {
    /// The way to a server such as `https://kapprum.example.se`; trusts the public roots, or only the given one (PEM).
    pub fn new(server: &str, root: Option<&[u8]>) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(root)?)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .http2_keep_alive_interval(PING.0)
            .http2_keep_alive_timeout(PING.1)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if server.starts_with("http://") {
            builder = builder.http2_prior_knowledge();
        }
        let client = builder.build().map_err(|_| Error::Offline)?;
        Ok(Self { client, base: server.trim_end_matches('/').to_owned() })
    }

    async fn post(&self, path: &str, bearer: Option<&Secret>, body: Vec<u8>) -> Result<reqwest::Response> {
        let mut request = self.client.post(format!("{}{path}", self.base)).body(body);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer.as_str());
        }
        request.send().await.map_err(|_| Error::Offline)
    }
}

/// TLS by the project's own choice of everything: nothing is asked of the platform.
fn tls(root: Option<&[u8]>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    match root {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let added = certificate.map(|certificate| roots.add(certificate));
                added.map_err(|_| Error::Offline)?.map_err(|_| Error::Offline)?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let versions = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions();
    let mut config = versions.map_err(|_| Error::Offline)?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

impl Wire for Http {
    fn sync<'a>(&'a self, bearer: &'a Secret, request: Vec<u8>) -> Pending<'a, std::result::Result<Answer, Failure>> {
        Box::pin(async move {
            let response = self.post("/v1/sync", Some(bearer), request).await.map_err(|_| Failure::Lost)?;
            match response.status().as_u16() {
                204 => Ok(Answer::Nothing(header(&response, NOW_HEADER).map(Timestamp))),
                200 => Ok(Answer::Pieces(Box::new(Body(response)), Lines::new().map_err(|_| Failure::Lost)?)),
                _ => Err(why(response).await),
            }
        })
    }

    fn activate<'a>(&'a self, token: &'a str) -> Pending<'a, Result<Activated>> {
        Box::pin(async move {
            let body = serde_json::to_vec(&Activate { token: token.to_owned() }).unwrap_or_default();
            let response = self.post("/v1/activate", None, body).await?;
            let status = response.status().as_u16();
            let text = short(response).await.ok_or(Error::Offline)?;
            if status == 200 {
                return serde_json::from_slice(&text).map_err(|_| kapprum_protocol::Malformed("session").into());
            }
            match serde_json::from_slice::<Problem>(&text).map(|problem| problem.error) {
                Ok(ProblemKind::Expired) => Err(Error::Expired),
                Ok(ProblemKind::Upgrade) => Err(Error::Outdated),
                _ => Err(Error::Offline),
            }
        })
    }

    fn sign_out<'a>(&'a self, bearer: &'a Secret) -> Pending<'a, std::result::Result<(), Failure>> {
        Box::pin(async move {
            let response = self.post("/v1/sign-out", Some(bearer), Vec::new()).await.map_err(|_| Failure::Lost)?;
            if response.status().is_success() { Ok(()) } else { Err(why(response).await) }
        })
    }
}

struct Body(reqwest::Response);

impl Pieces for Body {
    fn next(&mut self) -> Pending<'_, std::result::Result<Option<Bytes>, Failure>> {
        Box::pin(async move { self.0.chunk().await.map_err(|_| Failure::Lost) })
    }
}

/// Why a request was not served.
async fn why(response: reqwest::Response) -> Failure {
    let (status, seconds) = (response.status().as_u16(), header(&response, "retry-after"));
    failure(status, seconds, &short(response).await.unwrap_or_default())
}

/// Only this protocol's own words end a session: a 401 of whoever stands between says nothing about it.
fn failure(status: u16, seconds: Option<i64>, body: &[u8]) -> Failure {
    match (serde_json::from_slice::<Problem>(body).map(|problem| problem.error), status) {
        (Ok(ProblemKind::SignedOut), 401) => Failure::SignedOut,
        (Ok(ProblemKind::Upgrade), 426) => Failure::Outdated,
        (_, 429 | 503) => Failure::Busy(seconds.unwrap_or(1).clamp(0, 3600) * 1000),
        _ => Failure::Lost,
    }
}

fn header(response: &reqwest::Response, name: &str) -> Option<i64> {
    response.headers().get(name)?.to_str().ok()?.parse().ok()
}

/// The body of an answer that is short by its nature; none if it is cut, or is not short.
async fn short(mut response: reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.ok()? {
        body.extend_from_slice(&piece);
        if body.len() > SHORT {
            return None;
        }
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_protocols_own_words_end_a_session() {
        for (status, seconds, body, expected) in [
            (401, None, r#"{"error":"signed_out"}"#, Failure::SignedOut),
            (401, None, "<html>Sign in to this network</html>", Failure::Lost),
            (401, None, "", Failure::Lost),
            (403, None, r#"{"error":"signed_out"}"#, Failure::Lost),
            (426, None, r#"{"error":"upgrade"}"#, Failure::Outdated),
            (426, None, "Upgrade Required", Failure::Lost),
            (503, Some(7), r#"{"error":"busy"}"#, Failure::Busy(7_000)),
            (429, Some(1 << 40), "", Failure::Busy(3_600_000)),
            (503, None, "", Failure::Busy(1_000)),
            (500, None, "", Failure::Lost),
        ] {
            assert_eq!(failure(status, seconds, body.as_bytes()), expected, "{status} {body}");
        }
    }
}
