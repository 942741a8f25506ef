//! The accept loop with its cap on connections, what is looked for now and then, and a graceful stop.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::metrics::{self, Watched};
use super::{App, connection, open_files, tls};
use crate::clock::Clock;
use crate::config::{Config, Patience};
use crate::import::live::hook::Called;
use crate::tenant::Tenant;

/// How often it is looked for what other processes wrote.
const LOOK: Duration = Duration::from_millis(250);

/// Most connections at once that ask for metrics.
const WATCHERS: usize = 8;

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its metrics can be asked for.
    pub metrics: Option<SocketAddr>,
    /// The sources that called.
    pub called: Arc<Called>,
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
    /// A key and a certificate that do not belong together.
    #[error("{0}: not the key of {1}")]
    OfAnother(PathBuf, PathBuf),
}

impl Server {
    /// Listens and serves until stopped.
    pub async fn start(config: &Config, tenants: Vec<Arc<Tenant>>, clock: Arc<dyn Clock>) -> Result<Self, ServerError> {
        let tls = tls::acceptor(config)?;
        let (listener, address) = listen(config.listen).await?;
        let watching = match config.metrics {
            None => None,
            Some(address) => Some(listen(address).await?),
        };
        let metrics = watching.as_ref().map(|(_, address)| *address);
        let connections = open_files::connections(config.connections, tenants.len());
        let places = Arc::new(Semaphore::new(connections));
        let (stop, stopped) = watch::channel(false);
        let app = App::new(config, tenants, clock, stopped.clone());
        let called = app.called.clone();
        let with = Accepting { router: app.clone().router(), tls, patience: config.patience, places: places.clone() };
        let config = Arc::new(config.clone());
        let task = tokio::spawn(async move {
            let looking = tokio::spawn(look(app.clone(), config.clone()));
            let watched = watching.map(|(listener, _)| {
                let patience = config.patience;
                let router = metrics::router(Watched { app, config, connections: (connections, places) });
                let places = Arc::new(Semaphore::new(WATCHERS));
                accept(listener, Accepting { router, tls: None, patience, places }, stopped.clone())
            });
            tokio::join!(accept(listener, with, stopped), async {
                if let Some(watched) = watched {
                    watched.await;
                }
            });
            looking.abort();
        });
        Ok(Self { address, metrics, called, stop, task })
    }

    /// Takes no new connections, lets open requests finish for a while, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.task.await.is_err() {
            tracing::error!("the server's task failed");
        }
    }
}

/// What every connection is served with.
struct Accepting {
    router: Router,
    tls: Option<TlsAcceptor>,
    patience: Patience,
    places: Arc<Semaphore>,
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let problem = |error: std::io::Error| ServerError::Listen(address, error.kind());
    let listener = TcpListener::bind(address).await.map_err(problem)?;
    let address = listener.local_addr().map_err(problem)?;
    Ok((listener, address))
}

async fn accept(listener: TcpListener, with: Accepting, mut stopped: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let mut open = JoinSet::new();
    loop {
        let place = tokio::select! {
            place = with.places.clone().acquire_owned() => place,
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
        // Those that have ended are let go.
        while open.try_join_next().is_some() {}
        let (router, tls, watcher) = (with.router.clone(), with.tls.clone(), graceful.watcher());
        open.spawn(async move {
            connection::serve(stream, tls, router, with.patience, watcher).await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(with.patience.stop, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut at the stop");
    }
    open.shutdown().await;
}

/// Looks now and then for what other processes did (an import, a revocation, a tenant that was added beside the
/// server) and for what is due with time.
async fn look(app: App, config: Arc<Config>) {
    let mut told = BTreeSet::new();
    loop {
        let (own, config) = (app.clone(), config.clone());
        let looked = tokio::task::spawn_blocking(move || {
            own.tenants.add_new(&config, &mut told);
            for tenant in own.tenants.all() {
                if let Err(error) = tenant.look(own.clock.now()) {
                    tracing::warn!(tenant = %tenant.id, %error, "a tenant's files could not be looked at");
                }
            }
            told
        });
        told = looked.await.unwrap_or_default();
        tokio::time::sleep(LOOK).await;
    }
}
