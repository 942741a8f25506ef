//! One connection: TLS, HTTP/1 or HTTP/2, and its end when nothing comes.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::config::Patience;

/// Serves a connection until its end. How it ends is its own matter.
pub(super) async fn serve(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    patience: Patience,
    watcher: Watcher,
) {
    let pulse = Arc::new(Pulse::default());
    let requests = pulse.clone();
    let serving = Box::pin(async move {
        if stream.set_nodelay(true).is_err() {
            return;
        }
        match tls {
            None => http(stream, requests, router, patience, watcher).await,
            Some(tls) => {
                let Ok(stream) = tls.accept(stream).await else { return };
                http(stream, requests, router, patience, watcher).await;
            }
        }
    });
    // One deadline for everything before the first request: hyper's own begins only when it knows the protocol, and it
    // waits for that as long as a peer makes it wait.
    tokio::select! {
        () = serving => {}
        () = pulse.stops(patience) => {}
    }
}

async fn http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    pulse: Arc<Pulse>,
    router: Router,
    patience: Patience,
    watcher: Watcher,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.headers).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(256 * 1024)
        .max_concurrent_streams(32)
        .max_header_list_size(16 * 1024)
        .max_pending_accept_reset_streams(16)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    let service = service_fn(move |request: Request<Incoming>| {
        let under_way = UnderWay::begin(&pulse);
        let answer = router.clone().oneshot(request.map(Body::new));
        async move { Ok::<_, std::convert::Infallible>(answer.await?.map(|body| Answering { body, _under_way: under_way })) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let _ = watcher.watch(connection).await;
}

/// Whether a connection lives: requests come, or are under way.
#[derive(Default)]
struct Pulse {
    begun: AtomicBool,
    under_way: AtomicUsize,
}

impl Pulse {
    /// Returns when no first request came in time, or no next one.
    async fn stops(&self, patience: Patience) {
        let mut pause = patience.headers;
        loop {
            tokio::time::sleep(pause).await;
            if !self.begun.swap(false, Ordering::Relaxed) && self.under_way.load(Ordering::Relaxed) == 0 {
                return;
            }
            pause = patience.idle;
        }
    }
}

/// A request that has come and whose answer has not gone.
struct UnderWay(Arc<Pulse>);

impl UnderWay {
    fn begin(pulse: &Arc<Pulse>) -> Self {
        pulse.begun.store(true, Ordering::Relaxed);
        pulse.under_way.fetch_add(1, Ordering::Relaxed);
        Self(pulse.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that keeps its request under way until its last byte.
struct Answering {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
