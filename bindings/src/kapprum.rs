//! The one handle that a shell holds.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use kapprum_client::clock::Clock;
use kapprum_client::error::{Error, Result as CoreResult};
use kapprum_client::kapprum::{Kapprum as Core, Surroundings};
use kapprum_client::profile::{ProfileId, SignedIn};
use kapprum_client::sync::wire::Http;
use kapprum_domain::command::Command;
use kapprum_domain::id::{CommandId, PersonId};
use kapprum_domain::screen::Ask;
use kapprum_words::{Language, Words};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use uuid::Uuid;

use crate::device::{Clocks, Device};
use crate::error::KapprumError;
use crate::feed::Feed;
use crate::secrets;

/// The whole core: accounts, one `send`, one `feed`, sync, suspend and resume.
#[derive(uniffi::Object)]
pub struct Kapprum {
    shared: Arc<Shared>,
}

/// What the handle and its feeds share.
pub(crate) struct Shared {
    /// None once it was shut down.
    core: RwLock<Option<Arc<Core>>>,
    handle: Handle,
    words: RwLock<Words>,
    clock: Arc<Clocks>,
    /// Work that uses the core; whoever shuts down waits for it.
    at_work: TaskTracker,
    closing: CancellationToken,
    /// Somebody looks: also at whoever signs in later.
    looking: AtomicBool,
    pub(crate) open_feeds: AtomicU32,
}

/// What became of the commands of one account.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Part {
    /// The account.
    pub account: Uuid,
    /// Its commands in the order given; saved.
    pub commands: Vec<CommandId>,
    /// Why none of them was saved.
    pub reason: Option<String>,
}

/// Why the servers are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Reason {
    /// Somebody wants to see what is new.
    Asked,
    /// The platform lets the app work for a moment: it ends before that is over.
    Background,
}

/// How long shutting down waits for what is being saved.
const ENDING: Duration = Duration::from_secs(5);
/// Platforms give background work half a minute.
const MOMENT: Duration = Duration::from_secs(25);

#[uniffi::export]
impl Kapprum {
    /// Opens the folder with all accounts and begins to sync. One process at a time. Blocks while files and keys are
    /// read: never on the thread that draws.
    #[uniffi::constructor]
    pub fn open(home: String, language: Language, device: Arc<dyn Device>) -> Result<Self, KapprumError> {
        let clock = Arc::new(Clocks::new(device));
        let words = Words::new(language);
        let told = |error: Error| KapprumError::told(&error, &words, clock.wall());
        let home = PathBuf::from(home);
        let keys = secrets::key_store(&home).map_err(told)?;
        let wires = Box::new(|server: &str| Ok(Arc::new(Http::new(server, None)?) as _));
        let surroundings = Surroundings { home, keys, clock: clock.clone(), wires, language };
        let core = Core::open(surroundings).map_err(told)?;
        let handle = core.handle().clone();
        let core = RwLock::new(Some(Arc::new(core)));
        let shared = Shared {
            core,
            handle,
            words: RwLock::new(words),
            clock,
            at_work: TaskTracker::new(),
            closing: CancellationToken::new(),
            looking: AtomicBool::new(false),
            open_feeds: AtomicU32::new(0),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The signed-in accounts.
    pub fn accounts(&self) -> Result<Vec<SignedIn>, KapprumError> {
        Ok(self.shared.core()?.accounts())
    }

    /// Who is to be shown something: each profile with its accounts, also one whose accounts' data was lost.
    pub fn profiles(&self) -> Result<Vec<ProfileId>, KapprumError> {
        Ok(profiles(&*self.shared.core()?))
    }

    /// Signs in with an invitation's link, `https://SERVER/#invite=TOKEN`. `join` puts a guardian account beside another
    /// of the same person.
    pub async fn sign_in(&self, link: String, join: Option<ProfileId>) -> Result<SignedIn, KapprumError> {
        let core = self.shared.core()?;
        let Some((server, token)) = invitation(&link) else {
            return Err(KapprumError::SignedOut { reason: self.shared.words().fault_link() });
        };
        let (server, token) = (server.to_owned(), token.to_owned());
        let shared = self.shared.clone();
        let signing_in = async move {
            let signed_in = core.sign_in(&server, &token, join).await?;
            core.foreground(signed_in.profile, shared.looking.load(Ordering::Relaxed));
            Ok(signed_in)
        };
        self.shared.detached(signing_in).await
    }

    /// Signs an account out and destroys its data. With unsent commands it refuses, unless they are to be dropped.
    pub async fn sign_out(&self, account: Uuid, drop_unsent: bool) -> Result<(), KapprumError> {
        let core = self.shared.core()?;
        self.shared.detached(async move { core.sign_out(account, drop_unsent).await }).await
    }

    /// Sends what a person asks for; on a shared device with who tapped. Saved on this device when it returns, whatever
    /// the network does; goes on whoever waits for it.
    pub async fn send(
        &self,
        profile: ProfileId,
        commands: Vec<Command>,
        tapped: Option<PersonId>,
    ) -> Result<Vec<Part>, KapprumError> {
        let core = self.shared.core()?;
        let sent = self.shared.detached(async move { core.send(profile, commands, tapped).await }).await?;
        let part = |(account, saved): (Uuid, CoreResult<Vec<CommandId>>)| match saved {
            Ok(commands) => Part { account, commands, reason: None },
            Err(error) => Part { account, commands: Vec::new(), reason: Some(self.shared.told(&error).sentence()) },
        };
        Ok(sent.parts.into_iter().map(part).collect())
    }

    /// Takes back a command, also one that is done, where that can be. Whether it is taken back.
    pub async fn undo(
        &self,
        profile: ProfileId,
        id: CommandId,
        tapped: Option<PersonId>,
    ) -> Result<bool, KapprumError> {
        let core = self.shared.core()?;
        self.shared.detached(async move { core.undo(profile, id, tapped).await }).await
    }

    /// Forgets the outcome of a command that its person has seen. Whether there was one.
    pub async fn dismiss(&self, profile: ProfileId, id: CommandId) -> Result<bool, KapprumError> {
        let core = self.shared.core()?;
        self.shared.detached(async move { core.dismiss(profile, id).await }).await
    }

    /// Forgets what a profile was told to have lost.
    pub async fn dismiss_lost(&self, profile: ProfileId) -> Result<(), KapprumError> {
        let core = self.shared.core()?;
        self.shared.detached(async move { core.dismiss_lost(profile).await }).await
    }

    /// What the form of a view had when it was left or the app died.
    pub async fn draft(&self, profile: ProfileId, ask: Ask) -> Result<Option<Command>, KapprumError> {
        let core = self.shared.core()?;
        self.shared.detached(async move { core.draft(profile, ask).await }).await
    }

    /// Keeps what the form of a view has; none: it was sent or thrown away.
    pub async fn keep_draft(&self, profile: ProfileId, ask: Ask, command: Option<Command>) -> Result<(), KapprumError> {
        let core = self.shared.core()?;
        self.shared.detached(async move { core.keep_draft(profile, ask, command).await }).await
    }

    /// A stream of snapshots of one view.
    pub fn feed(&self, profile: ProfileId, ask: Ask) -> Result<Arc<Feed>, KapprumError> {
        let feed = self.shared.core()?.feed(profile, ask);
        Ok(Arc::new(Feed::new(self.shared.clone(), feed)))
    }

    /// How many feeds were asked for and not ended.
    pub fn open_feeds(&self) -> u32 {
        self.shared.open_feeds.load(Ordering::Relaxed)
    }

    /// Asks all servers now, and waits until everything is exchanged or can't be.
    pub async fn sync(&self, reason: Reason) -> Result<(), KapprumError> {
        let core = self.shared.core()?;
        let exchanged = async move {
            let mut result = Ok(());
            for profile in profiles(&core) {
                result = result.and(core.sync(profile).await);
            }
            result
        };
        match reason {
            Reason::Asked => self.shared.abortable(exchanged).await,
            Reason::Background => {
                let bounded =
                    async move { tokio::time::timeout(MOMENT, exchanged).await.unwrap_or(Err(Error::Offline)) };
                self.shared.abortable(bounded).await
            }
        }
    }

    /// Someone is looking, or nobody is any more: news is waited for only in the foreground.
    pub fn foreground(&self, looking: bool) -> Result<(), KapprumError> {
        let core = self.shared.core()?;
        self.shared.looking.store(looking, Ordering::Relaxed);
        for profile in profiles(&core) {
            core.foreground(profile, looking);
        }
        Ok(())
    }

    /// The language of all views and errors from now on; wakes the feeds.
    pub fn speak(&self, language: Language) -> Result<(), KapprumError> {
        *self.shared.words.write().unwrap_or_else(PoisonError::into_inner) = Words::new(language);
        self.shared.core()?.speak(language);
        Ok(())
    }

    /// Finishes what is being written, stops syncing and closes all files: the app may be frozen now.
    pub async fn suspend(&self) -> Result<(), KapprumError> {
        let core = self.shared.core()?;
        let closing = async move {
            core.suspend().await;
            Ok(())
        };
        self.shared.detached(closing).await
    }

    /// Opens the files again and syncs.
    pub async fn resume(&self) -> Result<(), KapprumError> {
        let core = self.shared.core()?;
        self.shared.detached(async move { core.resume().await }).await
    }

    /// Ends everything: feeds, sync, files, threads. Whatever is asked later is told that it is closed. Blocks for a
    /// moment: never on the thread that draws.
    pub fn shut_down(&self) {
        let core = self.shared.core.write().unwrap_or_else(PoisonError::into_inner).take();
        let Some(core) = core else { return };
        self.shared.closing.cancel();
        self.shared.at_work.close();
        // What is being saved is saved; the core's own end must not come on one of its own threads.
        let waited =
            self.shared.handle.block_on(async { tokio::time::timeout(ENDING, self.shared.at_work.wait()).await });
        if waited.is_err() {
            tracing::error!("work goes on while the core is shut down");
        }
        drop(core);
    }
}

impl Shared {
    fn core(&self) -> Result<Arc<Core>, KapprumError> {
        let core = self.core.read().unwrap_or_else(PoisonError::into_inner).clone();
        core.ok_or_else(|| self.told(&Error::Closed))
    }

    fn words(&self) -> Words {
        self.words.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn told(&self, error: &Error) -> KapprumError {
        KapprumError::told(error, &self.words(), self.clock.wall())
    }

    /// Reading: ends when nobody waits for it any more. On the core's runtime, since a shell polls where it draws.
    pub(crate) async fn abortable<T: Send + 'static>(
        &self,
        work: impl Future<Output = CoreResult<T>> + Send + 'static,
    ) -> Result<T, KapprumError> {
        let closing = self.closing.clone();
        let work = async move { closing.run_until_cancelled_owned(work).await.unwrap_or(Err(Error::Closed)) };
        let done = AbortOnDropHandle::new(self.at_work.spawn_on(work, &self.handle)).await;
        done.unwrap_or(Err(Error::Closed)).map_err(|error| self.told(&error))
    }

    /// Writing: goes on whoever waits for it.
    async fn detached<T: Send + 'static>(
        &self,
        work: impl Future<Output = CoreResult<T>> + Send + 'static,
    ) -> Result<T, KapprumError> {
        let done = self.at_work.spawn_on(work, &self.handle).await;
        done.unwrap_or(Err(Error::Closed)).map_err(|error| self.told(&error))
    }
}

fn profiles(core: &Core) -> Vec<ProfileId> {
    let accounts = core.accounts().into_iter().map(|one| one.profile);
    let mut profiles: Vec<ProfileId> = accounts.chain(core.lost().into_iter().map(|loss| loss.profile)).collect();
    profiles.sort();
    profiles.dedup();
    profiles
}

/// The server and the token of an invitation's link, whatever spaces came along with it.
fn invitation(link: &str) -> Option<(&str, &str)> {
    let (server, token) = link.trim().split_once("#invite=")?;
    let server = server.trim_end_matches('/');
    // Without TLS only to this very device: for trying things out.
    let own = |host: &&str| matches!(host.split(':').next(), Some("127.0.0.1" | "localhost"));
    let host = server.strip_prefix("https://").or_else(|| server.strip_prefix("http://").filter(own))?;
    let plain = |text: &str, more: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    (plain(host, b".-:/_") && plain(token, b"-_.")).then_some((server, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_taken_as_people_paste_it_and_nothing_else_is() {
        for link in ["https://kapprum.example.se/#invite=aB_-9", "  https://kapprum.example.se/#invite=aB_-9\n"] {
            assert_eq!(invitation(link), Some(("https://kapprum.example.se", "aB_-9")));
        }
        assert_eq!(invitation("http://127.0.0.1:8080/#invite=x"), Some(("http://127.0.0.1:8080", "x")));
        for wrong in [
            "",
            "hej",
            "https://kapprum.example.se",
            "https:///#invite=x",
            "ftp://a/#invite=x",
            "https://a/#invite=",
            "https://a/#invite=x y",
            "http://kapprum.example.se/#invite=x",
            "https://a b/#invite=x",
            "https://a/#invite=x#invite=y",
        ] {
            assert_eq!(invitation(wrong), None, "{wrong}");
        }
    }
}
