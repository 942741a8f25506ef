//! The server's own certificate: how it is served, and whether it is good.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kapprum_domain::time::{DAY, Day, Timestamp};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::ServerError;
use crate::config::Config;

/// Days before its end on which a certificate should have been renewed.
const RENEWED: i64 = 14;

/// Takes TLS connections; none: the server does no TLS itself.
pub(super) fn acceptor(config: &Config) -> Result<Option<TlsAcceptor>, ServerError> {
    let (Some(chain), Some(key)) = (&config.certificate, &config.certificate_key) else { return Ok(None) };
    let mut tls = served(read(chain)?, chain, key)?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(tls))))
}

/// Whether phones will take the certificate; who signed it is not asked. If it is to be renewed: its last day.
///
/// # Errors
/// What is wrong, in one line each.
pub(crate) fn look(config: &Config, now: Timestamp) -> Result<Option<Day>, Vec<String>> {
    let (Some(path), Some(key)) = (&config.certificate, &config.certificate_key) else { return Ok(None) };
    let chain = read(path).map_err(|error| vec![error.to_string()])?;
    let mut wrong = Vec::new();
    wrong.extend(served(chain.clone(), path, key).err().map(|error| error.to_string()));
    let Some((own, rest)) = chain.split_first() else { return Err(wrong) };
    let Ok(own) = ParsedCertificate::try_from(own) else {
        return Err(vec![ServerError::Certificate(path.clone()).to_string()]);
    };
    let told = |why: &str| format!("{}: {why}", path.display());
    let ends = match validity(&own, rest, now) {
        Validity::NotYet(from) => {
            wrong.push(told(&format!("it is good from {from} only")));
            None
        }
        Validity::Ended(on) => {
            wrong.push(told(&format!("it ended on {on}")));
            None
        }
        Validity::Good => match validity(&own, rest, now.plus(RENEWED * DAY)) {
            Validity::Ended(on) => Some(on),
            Validity::Good | Validity::NotYet(_) => None,
        },
    };
    if let Some(host) = url::Url::parse(&config.public_url).ok().as_ref().and_then(url::Url::host_str) {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        if !name.is_ok_and(|name| verify_server_name(&own, &name).is_ok()) {
            wrong.push(told(&format!("it is not for {host}, the host of public_url")));
        }
    }
    if wrong.is_empty() { Ok(ends) } else { Err(wrong) }
}

fn read(chain: &Path) -> Result<Vec<CertificateDer<'static>>, ServerError> {
    let all = CertificateDer::pem_file_iter(chain).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    all.ok().filter(|all| !all.is_empty()).ok_or_else(|| ServerError::Certificate(chain.to_owned()))
}

fn served(certificates: Vec<CertificateDer<'static>>, chain: &Path, key: &Path) -> Result<ServerConfig, ServerError> {
    // Installed once per process; a second time is no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let private = PrivateKeyDer::from_pem_file(key).map_err(|_| ServerError::Certificate(key.to_owned()))?;
    let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, private);
    tls.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => ServerError::OfAnother(key.to_owned(), chain.to_owned()),
        _ => ServerError::Certificate(key.to_owned()),
    })
}

enum Validity {
    Good,
    NotYet(Day),
    Ended(Day),
}

/// Looked for by verifying it against no roots at all: its days are looked at before who signed it.
fn validity(own: &ParsedCertificate<'_>, rest: &[CertificateDer<'_>], at: Timestamp) -> Validity {
    let seconds = Duration::from_millis(at.0.unsigned_abs());
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
    let (roots, at) = (RootCertStore::empty(), UnixTime::since_unix_epoch(seconds));
    let day = |time: UnixTime| Timestamp(i64::try_from(time.as_secs()).unwrap_or(0).saturating_mul(1000)).day();
    match verify_server_cert_signed_by_trust_anchor(own, &roots, rest, at, algorithms) {
        Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Validity::Ended(day(not_after))
        }
        Err(rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. })) => {
            Validity::NotYet(day(not_before))
        }
        _ => Validity::Good,
    }
}
