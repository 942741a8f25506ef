//! A stream of one view's snapshots, as a shell pulls it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kapprum_client::feed::Feed as CoreFeed;
use kapprum_domain::screen::Screen;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::error::KapprumError;
use crate::kapprum::Shared;

/// Whole snapshots of one view, each different from the one before. End it when its screen leaves.
#[derive(uniffi::Object)]
pub struct Feed {
    shared: Arc<Shared>,
    feed: Arc<Mutex<CoreFeed>>,
    ended: CancellationToken,
    counted: AtomicBool,
}

impl Feed {
    pub(crate) fn new(shared: Arc<Shared>, feed: CoreFeed) -> Self {
        shared.open_feeds.fetch_add(1, Ordering::Relaxed);
        Self {
            shared,
            feed: Arc::new(Mutex::new(feed)),
            ended: CancellationToken::new(),
            counted: AtomicBool::new(true),
        }
    }
}

#[uniffi::export]
impl Feed {
    /// Waits for the next snapshot: the first comes at once. None: the feed was ended. Giving up waiting loses nothing.
    pub async fn next(&self) -> Result<Option<Screen>, KapprumError> {
        let (feed, ended) = (self.feed.clone(), self.ended.clone());
        let next = async move { feed.lock().await.next().await };
        self.shared.abortable(async move { ended.run_until_cancelled_owned(next).await.transpose() }).await
    }

    /// Ends it; whoever waits gets none. Ending it again does nothing.
    pub fn end(&self) {
        self.ended.cancel();
        // Two threads may end it at once.
        if self.counted.swap(false, Ordering::Relaxed) {
            self.shared.open_feeds.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.end();
    }
}
