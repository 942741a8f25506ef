//! A phone without a screen: the core behind a command line, JSON in and out.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

mod live;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use kapprum_client::clock::{Boot, Clock};
use kapprum_client::error::Error;
use kapprum_client::kapprum::Sent;
use kapprum_client::profile::ProfileId;
use kapprum_domain::command::Command;
use kapprum_domain::id::{ChildId, CommandId, GroupId, PersonId, PlacementId};
use kapprum_domain::saying;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_domain::time::{Day, TimeOfDay, Timestamp};
use kapprum_town::harness::{Cable, Device, OwnClock};
use kapprum_words::{Language, Words};
use serde_json::json;
use uuid::Uuid;

/// A phone without a screen: the same core behind a command line.
#[derive(Parser)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    /// The device's folder.
    #[arg(long)]
    home: PathBuf,
    /// Without network.
    #[arg(long)]
    offline: bool,
    /// As after a restart at another time, such as 2026-11-24T07:12; without network, since a server has its own time.
    #[arg(long, value_parser = moment)]
    now: Option<Timestamp>,
    /// sv or en.
    #[arg(long, default_value = "sv")]
    language: String,
    /// Which accounts, where several people use the device; to sign in: beside those of the same person.
    #[arg(long)]
    profile: Option<u32>,
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = r#"Views:     frame · home · child-day --child ID [--day DAY] · change-day --child ID --placement ID --day DAY · group-board --group ID [--day DAY] · hall-board --group ID · report-absence · outbox
Commands:  {"report_absence":{"child":"ID","days":{"from":"2026-11-25","until":"2026-11-25"}}}
           {"change_absence":{"child":"ID","absence":"ID","days":{"from":"2026-11-25"}}}
           {"withdraw_absence":{"child":"ID","absence":"ID"}}
           {"set_week":{"child":"ID","placement":"ID","from":"2026-11-30","days":[[{"start":"07:30","end":"16:00"}],[],[],[],[],[],[]]}}
           {"change_day":{"child":"ID","placement":"ID","day":"2026-11-24","times":[{"start":"07:30","end":"15:00"}],"comment":"…"}}
           {"check_in":{"child":"ID","placement":"ID"}}   (a hall board adds "group":"ID")
           {"check_out":{"child":"ID","placement":"ID"}}
           {"undo_check":{"at":{"child":"ID","placement":"ID"},"event":"ID"}}
           {"set_contact":{"person":"ID","phone":"070-174 06 35","mail":""}}"#;

#[derive(Subcommand)]
enum Verb {
    /// Signs in with an invitation.
    SignIn {
        /// The server, such as http://127.0.0.1:7171.
        #[arg(long)]
        server: String,
        /// The invitation's token, or its link.
        #[arg(long)]
        invite: String,
    },
    /// The signed-in accounts.
    Accounts,
    /// Exchanges everything with the server now.
    Sync,
    /// Sends a command (JSON, see below).
    Send {
        /// The command.
        command: String,
        /// On a shared device: who taps.
        #[arg(long)]
        tapped: Option<PersonId>,
    },
    /// Shows a view.
    View(Which),
    /// Shows a view each time it changes.
    Watch(Which),
    /// Stays on and obeys lines of JSON, each answered by one: {"send":{"command":…}} · {"undo":"ID"} · {"view":"home"} · "sync" · "check"
    Live,
    /// What was sent and what waits.
    Outbox,
    /// Takes back a command; what is done already, by its reverse.
    Undo {
        /// The command's id.
        id: CommandId,
    },
    /// Forgets the outcome of a command, or without its id what the device was told to have lost.
    Dismiss {
        /// The command's id.
        id: Option<CommandId>,
    },
    /// Signs out and destroys the data.
    SignOut {
        /// Also what is not sent.
        #[arg(long)]
        drop_unsent: bool,
    },
}

#[derive(clap::Args)]
struct Which {
    /// The view's name.
    name: String,
    /// A child's id.
    #[arg(long)]
    child: Option<ChildId>,
    /// A placement's id.
    #[arg(long)]
    placement: Option<PlacementId>,
    /// A group's id.
    #[arg(long)]
    group: Option<GroupId>,
    /// A day.
    #[arg(long)]
    day: Option<Day>,
}

impl Which {
    fn ask(&self) -> Result<Ask, Problem> {
        let child = || self.child.ok_or_else(|| Problem::usage("this view needs --child"));
        let group = || self.group.ok_or_else(|| Problem::usage("this view needs --group"));
        Ok(match self.name.as_str() {
            "frame" => Ask::Frame,
            "home" => Ask::Home,
            "child-day" => Ask::ChildDay { child: child()?, day: self.day },
            "change-day" => Ask::ChangeDay {
                child: child()?,
                placement: self.placement.ok_or_else(|| Problem::usage("this view needs --placement"))?,
                day: self.day.ok_or_else(|| Problem::usage("this view needs --day"))?,
            },
            "group-board" => Ask::GroupBoard { group: group()?, day: self.day },
            "hall-board" => Ask::HallBoard { group: group()? },
            "report-absence" => Ask::ReportAbsence,
            "outbox" => Ask::Outbox,
            _ => return Err(Problem::usage("no such view; see --help")),
        })
    }
}

/// An error as JSON on stderr.
struct Problem(serde_json::Value);

impl Problem {
    fn usage(text: &str) -> Self {
        Self(json!({ "error": "usage", "text": text }))
    }

    fn of(error: &Error, words: &Words, now: Timestamp) -> Self {
        let name = match error {
            Error::Refused(refusal) => {
                let text = saying::refusal(words, refusal, now);
                return Self(json!({ "error": "refused", "refusal": refusal, "text": text }));
            }
            Error::TooLarge => "too_large",
            Error::NotHeld => "not_held",
            Error::Full => "disk_full",
            Error::Unreadable | Error::NoCipher => "unreadable",
            Error::Newer | Error::Outdated => "outdated",
            Error::Closed => "closed",
            Error::InUse => "in_use",
            Error::Key(_) => "key_store",
            Error::Unsent(_) => "unsent",
            Error::SignedOut => "signed_out",
            Error::Expired => "invitation_expired",
            Error::Offline => "offline",
            Error::Malformed(_) | Error::Store(_) | Error::Broken(_) | Error::File(_) => "failed",
        };
        Self(json!({ "error": name, "text": error.to_string() }))
    }
}

/// A clock that stands where it was told to.
struct Standing {
    now: Timestamp,
    boot: u64,
}

impl Standing {
    fn at(now: Timestamp) -> Self {
        // A boot of its own in each run: nothing that was measured in another is believed.
        Self { now, boot: RandomState::new().build_hasher().finish() }
    }
}

impl Clock for Standing {
    fn wall(&self) -> Timestamp {
        self.now
    }

    fn boot(&self) -> Boot {
        Boot { id: self.boot, elapsed: 0 }
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = || "a moment looks like 2026-11-24T07:12".to_owned();
    let (day, time) = text.split_once('T').ok_or_else(wrong)?;
    let (day, time) = (day.parse::<Day>().map_err(|_| wrong())?, time.parse::<TimeOfDay>().map_err(|_| wrong())?);
    Ok(day.at(time))
}

fn main() -> ExitCode {
    let done = Arguments::try_parse().map_err(Exit::from).and_then(|arguments| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| Problem::of(&error.into(), &Words::new(Language::default()), Timestamp(0)))?;
        Ok(runtime.block_on(run(&arguments))?)
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Exit::Help(text)) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(Exit::Failed(Problem(problem))) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Why a run ends without doing anything.
enum Exit {
    Help(String),
    Failed(Problem),
}

impl From<clap::Error> for Exit {
    fn from(error: clap::Error) -> Self {
        let text = error.render().to_string();
        if !error.use_stderr() {
            return Self::Help(text);
        }
        let first = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        Self::Failed(Problem::usage(first.strip_prefix("error: ").unwrap_or("what is to be done? See --help")))
    }
}

impl From<Problem> for Exit {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

async fn run(arguments: &Arguments) -> Result<(), Problem> {
    let words = Words::new(Language::of(&arguments.language));
    let clock: Arc<dyn Clock> = match arguments.now {
        Some(now) => Arc::new(Standing::at(now)),
        None => Arc::new(OwnClock),
    };
    let now = clock.wall();
    let problem = |error: Error| Problem::of(&error, &words, now);
    if !arguments.home.exists() && !matches!(arguments.verb, Verb::SignIn { .. }) {
        return Err(Problem::usage("no such folder: sign in first"));
    }
    let cable = Cable::default();
    let offline = arguments.offline || arguments.now.is_some();
    cable.pull(offline);
    let device = Device::open_on(cable, &arguments.home, clock, words.language()).map_err(problem)?;
    let kapprum = &device.kapprum;
    if let Verb::SignIn { server, invite } = &arguments.verb {
        let token = invite.rsplit_once("#invite=").map_or(invite.as_str(), |(_, token)| token);
        let signed_in = kapprum.sign_in(server, token, arguments.profile.map(ProfileId)).await.map_err(problem)?;
        kapprum.sync(signed_in.profile).await.map_err(problem)?;
        println!("{}", json!(signed_in));
        kapprum.suspend().await;
        return Ok(());
    }
    let mut profiles: Vec<ProfileId> = kapprum.accounts().iter().map(|one| one.profile).collect();
    profiles.extend(kapprum.lost().iter().map(|loss| loss.profile));
    let profile = match (arguments.profile.map(ProfileId), profiles.iter().min()) {
        (Some(profile), _) if profiles.contains(&profile) => profile,
        (Some(_), _) => return Err(Problem::usage("no account has this profile")),
        (None, Some(first)) => *first,
        (None, None) if matches!(arguments.verb, Verb::Accounts) => ProfileId(0),
        (None, None) => return Err(problem(Error::SignedOut)),
    };
    match &arguments.verb {
        Verb::SignIn { .. } => {}
        Verb::Accounts => println!("{}", json!(kapprum.accounts())),
        Verb::Sync => {
            kapprum.sync(profile).await.map_err(problem)?;
            println!("{}", json!({ "synced": true }));
        }
        Verb::Send { command, tapped } => {
            let command: Command = serde_json::from_str(command).map_err(|error| Problem::usage(&error.to_string()))?;
            let sent = kapprum.send(profile, vec![command], *tapped).await.map_err(problem)?;
            if !offline {
                // Saved in any case; sent now if that can be.
                let _ = tokio::time::timeout(PATIENCE, kapprum.sync(profile)).await;
            }
            println!("{}", saved(&sent));
        }
        Verb::View(which) => show(kapprum.feed(profile, which.ask()?).next().await.map_err(problem)?),
        Verb::Watch(which) => {
            kapprum.foreground(profile, true);
            let mut feed = kapprum.feed(profile, which.ask()?);
            loop {
                show(feed.next().await.map_err(problem)?);
            }
        }
        Verb::Live => live::live(kapprum, profile, &words, now).await?,
        Verb::Outbox => show(kapprum.feed(profile, Ask::Outbox).next().await.map_err(problem)?),
        Verb::Undo { id } => {
            let undone = kapprum.undo(profile, *id, None).await.map_err(problem)?;
            println!("{}", json!({ "undone": undone }));
        }
        Verb::Dismiss { id } => {
            let dismissed = match id {
                Some(id) => kapprum.dismiss(profile, *id).await,
                None => kapprum.dismiss_lost(profile).await.map(|()| true),
            };
            println!("{}", json!({ "dismissed": dismissed.map_err(problem)? }));
        }
        Verb::SignOut { drop_unsent } => {
            for account in kapprum.accounts().into_iter().filter(|one| one.profile == profile) {
                kapprum.sign_out(account.id, *drop_unsent).await.map_err(problem)?;
            }
            println!("{}", json!({ "signed_out": true }));
        }
    }
    kapprum.suspend().await;
    Ok(())
}

/// So long a server is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was saved of a sending.
fn saved(sent: &Sent) -> serde_json::Value {
    let saved = sent.parts.iter().filter_map(|(_, saved)| saved.as_ref().ok());
    let ids: Vec<Uuid> = saved.flatten().map(|id| id.0).collect();
    json!({ "saved": ids, "split": sent.is_split() })
}

fn show(screen: Screen) {
    println!("{}", json!(screen));
}
