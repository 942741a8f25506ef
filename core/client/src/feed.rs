//! Feeds: streams of whole snapshots of one view, each different from the one before.

use std::sync::Arc;
use std::time::Duration;

use kapprum_domain::screen::{Ask, Screen};
use tokio::sync::watch;

use crate::error::{Error, Result};
use crate::kapprum::Inner;
use crate::profile::ProfileId;

/// A stream of one view's snapshots. Wakes at a commit, at the view's own time, and at a change of language.
pub struct Feed {
    inner: Arc<Inner>,
    profile: ProfileId,
    ask: Ask,
    pulse: watch::Receiver<u64>,
    last: Option<Screen>,
}

impl Feed {
    pub(crate) fn new(inner: Arc<Inner>, profile: ProfileId, ask: Ask) -> Self {
        let pulse = inner.pulse.subscribe();
        Self { inner, profile, ask, pulse, last: None }
    }

    /// Waits for the next snapshot: the first comes at once. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Screen> {
        loop {
            // Before reading: a commit during the read wakes us again.
            self.pulse.mark_unchanged();
            let (inner, profile, ask) = (self.inner.clone(), self.profile, self.ask);
            let reading = self.inner.handle.spawn_blocking(move || inner.view(profile, &ask));
            let view = match reading.await.map_err(|_| Error::Closed)? {
                // Suspended: what was shown stays until the files are open again.
                Err(Error::Closed) if self.last.is_some() => None,
                view => Some(view?),
            };
            let mut pause = Duration::from_secs(3600);
            if let Some((view, now)) = view {
                if self.last.as_ref() != Some(&view.screen) {
                    self.last = Some(view.screen.clone());
                    return Ok(view.screen);
                }
                pause = pause.min(Duration::from_millis(view.until.0.saturating_sub(now.0).max(1).unsigned_abs()));
            }
            let pulse = &mut self.pulse;
            let sleep = {
                let _guard = self.inner.handle.enter();
                tokio::time::sleep(pause)
            };
            tokio::select! {
                changed = pulse.changed() => changed.map_err(|_| Error::Closed)?,
                () = sleep => {}
            }
        }
    }
}
