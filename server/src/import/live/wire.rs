//! The wire to a source: one request, one answer that is read piece by piece within its limits.

use std::cell::Cell;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use kapprum_domain::time::Timestamp;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Client, Response};
use tokio::runtime::Runtime;

use super::trouble::Trouble;
use crate::config::Entry;

/// How much a source may ask of us. Tests are less patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For a piece of an answer.
    pub silence: Duration,
    /// For a whole answer: some sources give everything in one.
    pub answer: Duration,
    /// For a whole run; what is left is fetched by the next.
    pub run: Duration,
    /// The longest wait that a source may ask for.
    pub wait: Duration,
    /// Tries of one request after which its trouble is taken for an answer.
    pub tries: u32,
    /// Bytes of an answer.
    pub bytes: u64,
    /// Bytes of a row: a group has all its members in one.
    pub row: u64,
    /// Pages in a row that bring nothing new, after which they are taken for endless.
    pub stale: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let [connect, silence, answer, run, wait] = [10, 60, 1_800, 6 * 3_600, 900].map(Duration::from_secs);
        Self { connect, silence, answer, run, wait, tries: 6, bytes: 4 << 30, row: 16 << 20, stale: 20 }
    }
}

/// Builds the way to a source: trusts the public roots or the one given, shows our certificate if there is one.
///
/// # Errors
/// If a certificate or key can't be used.
pub(super) fn client(entry: &Entry, limits: &Limits) -> Result<Client, Trouble> {
    // Installed once per process; a second time is no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let file = |path: &Path| std::fs::read(path).map_err(|_| Trouble::File(path.to_owned()));
    let roots = match &entry.root {
        Some(path) => reqwest::Certificate::from_pem_bundle(&file(path)?).map_err(|_| Trouble::File(path.clone()))?,
        None => webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .filter_map(|der| reqwest::Certificate::from_der(der).ok())
            .collect(),
    };
    // A redirect would carry our token to whomever it names.
    let mut builder = Client::builder()
        .tls_certs_only(roots)
        .connect_timeout(limits.connect)
        .read_timeout(limits.silence)
        .timeout(limits.answer)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    if let (Some(chain), Some(key)) = (&entry.certificate, &entry.certificate_key) {
        let both = zeroize::Zeroizing::new([file(key)?, b"\n".to_vec(), file(chain)?].concat());
        builder = builder.identity(reqwest::Identity::from_pem(&both).map_err(|_| Trouble::File(chain.clone()))?);
    }
    builder.build().map_err(|_| Trouble::Unreachable)
}

/// An answer whose body is still to be read.
pub(super) struct Answer<'a> {
    runtime: &'a Runtime,
    response: Response,
    piece: Bytes,
    left: u64,
    row: u64,
    /// Bytes since the last row.
    since_row: Rc<Cell<u64>>,
    /// What went wrong while it was read.
    failed: Option<Trouble>,
}

impl<'a> Answer<'a> {
    pub(super) fn new(runtime: &'a Runtime, response: Response, limits: &Limits) -> Self {
        let (left, row) = (limits.bytes, limits.row);
        Self { runtime, response, piece: Bytes::new(), left, row, since_row: Rc::default(), failed: None }
    }

    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// When the source sent it, by its own clock.
    pub(super) fn sent(&self) -> Option<Timestamp> {
        moment(header(self.response.headers(), &DATE)?)
    }

    /// For how long the source asks us to stay away.
    pub(super) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = header(self.response.headers(), &RETRY_AFTER)?;
        let until = || moment(text).map(|until| u64::try_from(until.0 - now.0).unwrap_or(0));
        text.parse().ok().map(Duration::from_secs).or_else(|| until().map(Duration::from_millis))
    }

    /// The start of its text, of as many bytes at most.
    pub(super) fn text(&mut self, most: u64) -> String {
        let mut bytes = Vec::new();
        // Half of it is as good.
        let _ = self.take(most).read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What counts the bytes since the last row; whoever reads rows sets it back.
    pub(super) fn since_row(&self) -> Rc<Cell<u64>> {
        self.since_row.clone()
    }

    /// What went wrong while it was read, if anything did.
    pub(super) fn failed(&mut self) -> Option<Trouble> {
        self.failed.take()
    }

    fn fail(&mut self, trouble: Trouble) -> std::io::Error {
        self.failed = Some(trouble);
        ErrorKind::Other.into()
    }
}

impl Read for Answer<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.piece.is_empty() {
            match self.runtime.block_on(self.response.chunk()) {
                Ok(Some(piece)) => self.piece = piece,
                Ok(None) => return Ok(0),
                Err(_) => return Err(self.fail(Trouble::Cut)),
            }
        }
        let count = into.len().min(self.piece.len());
        let bytes = u64::try_from(count).unwrap_or(u64::MAX);
        self.since_row.set(self.since_row.get().saturating_add(bytes));
        self.left = self.left.saturating_sub(bytes);
        if self.left == 0 || self.since_row.get() > self.row {
            return Err(self.fail(Trouble::TooLarge));
        }
        let taken = self.piece.split_to(count);
        into.iter_mut().zip(taken).for_each(|(place, byte)| *place = byte);
        Ok(count)
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// A moment as HTTP writes it.
fn moment(text: &str) -> Option<Timestamp> {
    let moment = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp(moment.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_http_writes_them() {
        assert_eq!(moment("Tue, 24 Nov 2026 06:00:00 GMT"), Some(Timestamp(1_795_500_000_000)));
        assert_eq!(moment("soon"), None);
    }
}
