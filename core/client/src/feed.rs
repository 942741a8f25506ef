//! Feeds: streams of whole snapshots of one view, each different from the one before.

use std::sync::{Arc, Weak};
use std::time::Duration;

use kapprum_domain::screen::{Ask, Screen};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use crate::error::{Error, Result};
use crate::kapprum::Inner;
use crate::profile::ProfileId;

/// A stream of one view's snapshots. Wakes at a commit, at the view's own time, and at a change of language. Ends when
/// the core is dropped, which it does not keep.
pub struct Feed {
    inner: Weak<Inner>,
    handle: Handle,
    profile: ProfileId,
    ask: Ask,
    pulse: watch::Receiver<u64>,
    last: Option<Screen>,
}

/// A view changes at least so often, or is looked at again.
const HOUR: Duration = Duration::from_secs(3600);

impl Feed {
    pub(crate) fn new(inner: &Arc<Inner>, profile: ProfileId, ask: Ask) -> Self {
        let (handle, pulse) = (inner.handle.clone(), inner.pulse.subscribe());
        Self { inner: Arc::downgrade(inner), handle, profile, ask, pulse, last: None }
    }

    /// Waits for the next snapshot: the first comes at once. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Screen> {
        loop {
            // Before reading: a commit during the read wakes us again.
            self.pulse.mark_unchanged();
            let inner = self.inner.upgrade().filter(|inner| !inner.is_closed()).ok_or(Error::Closed)?;
            let (profile, ask) = (self.profile, self.ask);
            let reading = self.handle.spawn_blocking(move || inner.view(profile, &ask));
            let view = match reading.await.map_err(|_| Error::Closed)? {
                // Suspended: what was shown stays until the files are open again.
                Err(Error::Closed) if self.last.is_some() => None,
                // About to be let go, and told in the next view.
                Err(Error::Unreadable) => None,
                view => Some(view?),
            };
            let mut pause = HOUR;
            if let Some((view, now)) = view {
                if self.last.as_ref() != Some(&view.screen) {
                    self.last = Some(view.screen.clone());
                    return Ok(view.screen);
                }
                pause = pause.min(Duration::from_millis(view.until.0.saturating_sub(now.0).max(1).unsigned_abs()));
            }
            // Sleeps on the core's own runtime, which may end at any moment: then the alarm does.
            let alarm = AbortOnDropHandle::new(self.handle.spawn(async move { tokio::time::sleep(pause).await }));
            tokio::select! {
                changed = self.pulse.changed() => changed.map_err(|_| Error::Closed)?,
                _ = alarm => {}
            }
        }
    }
}
