//! Between client and server: a relay that counts what passes, and can stall.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Passes bytes on and counts them.
#[derive(Clone)]
pub(crate) struct Relay {
    pub(crate) url: String,
    bytes: Arc<AtomicU64>,
    /// After so many bytes of answers, nothing more comes.
    most: Arc<AtomicU64>,
}

impl Relay {
    /// A relay to this server.
    pub(crate) async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let relay = Self { url, bytes: Arc::default(), most: Arc::new(AtomicU64::new(u64::MAX)) };
        let (own, server) = (relay.clone(), server.trim_start_matches("http://").to_owned());
        tokio::spawn(async move {
            while let Ok((phone, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(&server).await else { continue };
                // As both ends do: else small pieces wait for each other's acknowledgements.
                if phone.set_nodelay(true).and(far.set_nodelay(true)).is_err() {
                    continue;
                }
                let (from_phone, to_phone) = phone.into_split();
                let (from_far, to_far) = far.into_split();
                tokio::spawn(own.clone().pass(from_phone, to_far, false));
                tokio::spawn(own.clone().pass(from_far, to_phone, true));
            }
        });
        relay
    }

    async fn pass(
        self,
        mut from: tokio::net::tcp::OwnedReadHalf,
        mut to: tokio::net::tcp::OwnedWriteHalf,
        answers: bool,
    ) {
        let (mut buffer, mut passed) = (vec![0; 64 * 1024], 0);
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            passed += count as u64;
            if answers && passed > self.most.load(Ordering::Relaxed) {
                // In mid-line, and the connection stays open.
                std::future::pending::<()>().await;
            }
            self.bytes.fetch_add(count as u64, Ordering::Relaxed);
            if to.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    }

    /// Bytes of both ways so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// From now on each connection stalls after so many bytes of answers.
    pub(crate) fn stall_after(&self, bytes: u64) {
        self.most.store(bytes, Ordering::Relaxed);
    }
}
