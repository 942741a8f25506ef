//! The accept loop: connection cap, time-outs before anything was said, TLS, and a graceful stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::{App, LOOK};
use crate::clock::Clock;
use crate::config::Config;
use crate::tenant::Tenant;

/// How long a connection may be silent before its first byte, and take for its headers.
const HEADERS: Duration = Duration::from_secs(10);
/// How long open requests may go on when the server stops.
const STOP: Duration = Duration::from_secs(5);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Why a server can't start, in one line.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken or not this machine's.
    #[error("can't listen on {0}: {1}")]
    Listen(SocketAddr, std::io::ErrorKind),
    /// The certificate or its key can't be used.
    #[error("{0}: not a certificate or key that can be used")]
    Certificate(PathBuf),
}

impl Server {
    /// Listens and serves until stopped.
    pub async fn start(config: &Config, tenants: Vec<Arc<Tenant>>, clock: Arc<dyn Clock>) -> Result<Self, ServerError> {
        let tls = acceptor(config)?;
        let problem = |error: std::io::Error| ServerError::Listen(config.listen, error.kind());
        let listener = TcpListener::bind(config.listen).await.map_err(problem)?;
        let address = listener.local_addr().map_err(problem)?;
        let app = App::new(config, tenants, clock);
        let (stop, stopped) = watch::channel(false);
        let connections = config.connections;
        let task = tokio::spawn(async move {
            let looking = tokio::spawn(look(app.clone()));
            accept(listener, app, tls, connections, stopped).await;
            looking.abort();
        });
        Ok(Self { address, stop, task })
    }

    /// Takes no new connections, lets open requests finish for a while, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.task.await.is_err() {
            tracing::error!("the server's task failed");
        }
    }
}

async fn accept(
    listener: TcpListener,
    app: App,
    tls: Option<TlsAcceptor>,
    connections: usize,
    mut stopped: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(connections));
    let router = app.router();
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            _ = stopped.changed() => break,
        };
        let Ok(place) = place else { break };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of files or a connection that was gone at once: others go on.
                    tracing::warn!(kind = %error.kind(), "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = stopped.changed() => break,
        };
        let (router, tls, watcher) = (router.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = place;
            // A connection that never says anything is closed.
            if stream.set_nodelay(true).is_err() || !speaks(&stream).await {
                return;
            }
            let mut builder = Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(64 * 1024);
            builder
                .http2()
                .timer(TokioTimer::new())
                .max_concurrent_streams(32)
                .max_header_list_size(16 * 1024)
                .max_pending_accept_reset_streams(16)
                .keep_alive_interval(Duration::from_secs(30))
                .keep_alive_timeout(Duration::from_secs(20));
            let service = TowerToHyperService::new(router);
            // How a connection ends is its own matter.
            match tls {
                None => {
                    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
                    let _ = watcher.watch(connection).await;
                }
                Some(tls) => {
                    let Ok(Ok(stream)) = tokio::time::timeout(HEADERS, tls.accept(stream)).await else { return };
                    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
                    let _ = watcher.watch(connection).await;
                }
            }
        });
    }
    if tokio::time::timeout(STOP, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut at the stop");
    }
}

async fn speaks(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(tokio::time::timeout(HEADERS, stream.peek(&mut first)).await, Ok(Ok(1)))
}

/// Looks for what other processes wrote: an import or a revocation beside the server.
async fn look(app: App) {
    loop {
        tokio::time::sleep(LOOK).await;
        for tenant in app.tenants.iter() {
            let tenant = tenant.clone();
            if super::blocking(move || tenant.look()).await.is_err() {
                tracing::warn!("a store could not be looked at");
            }
        }
    }
}

fn acceptor(config: &Config) -> Result<Option<TlsAcceptor>, ServerError> {
    let (Some(chain), Some(key)) = (&config.certificate, &config.certificate_key) else { return Ok(None) };
    let wrong = |path: &Path| ServerError::Certificate(path.to_owned());
    // Installed once per process; a second time is no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|_| wrong(chain))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|_| wrong(key))?;
    let mut tls = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map_err(|_| wrong(key))?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(tls))))
}
