//! `kapprum-server`: serve, and the operator's few verbs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

mod operator;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::id::{DeviceId, GroupId, PersonId, TenantId};
use kapprum_server::audit::Event;
use kapprum_server::clock::{Clock, SystemClock};
use kapprum_server::config::{Config, SourceConfig, safe};
use kapprum_server::http::Server;
use kapprum_server::import::guard::{Guarded, guarded};
use kapprum_server::import::live::schedule::Schedule;
use kapprum_server::import::live::{self, Limits, Outcome, Surroundings, SystemWait, Told};
use kapprum_server::import::{self, Folder};
use kapprum_server::open::{self, lock, new_tenant};
use kapprum_server::{backup, pairing};
use operator::{check, check_config, known, operator, paired, trace, verify};

/// The sync server of Kapprum.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Configuration file (TOML). Every key can also be given as KAPPRUM_NAME.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serves until it is told to stop.
    Serve,
    /// Tenants: the municipalities.
    #[command(subcommand)]
    Tenant(TenantVerb),
    /// Imports school data.
    #[command(subcommand)]
    Import(ImportVerb),
    /// Makes a single-use link to sign in with, good for 14 days.
    Invite {
        /// The tenant's id.
        #[arg(long)]
        tenant: TenantId,
        /// A person's id.
        #[arg(long, requires = "role", conflicts_with_all = ["tablet", "board"])]
        person: Option<PersonId>,
        /// In which part: guardian, student or staff.
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        /// The group of a department tablet.
        #[arg(long, conflicts_with = "board")]
        tablet: Option<GroupId>,
        /// The group of a hall board.
        #[arg(long)]
        board: Option<GroupId>,
    },
    /// Ends a device's session at once.
    Revoke {
        /// The device's id.
        device: DeviceId,
        /// The tenant's id.
        #[arg(long)]
        tenant: TenantId,
    },
    /// People, for the operator.
    #[command(subcommand)]
    People(PeopleVerb),
    /// Checks the stores' integrity.
    Check,
    /// Copies tenants into a folder, also while they are served.
    Backup {
        /// Where backups lie: each gets a folder of its own there.
        to: PathBuf,
        /// The tenant's id; none: all tenants.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
    /// Brings a tenant back from a backup; phones then bring back what it lacks.
    Restore {
        /// The folder of one backup.
        from: PathBuf,
        /// Serve it without the newest school data: it does not know who became protected since.
        #[arg(long)]
        without_import: bool,
    },
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigVerb),
    /// The audit log.
    #[command(subcommand)]
    Audit(AuditVerb),
}

#[derive(Subcommand)]
enum TenantVerb {
    /// Adds a tenant and prints its id.
    Add {
        /// The municipality's name.
        name: String,
        /// Where to ring when nothing else is said.
        #[arg(long, default_value = "")]
        phone: String,
    },
}

#[derive(Subcommand)]
enum ImportVerb {
    /// From a server of the standard SS 12000, or a folder of its JSON answers.
    Ss12000 {
        /// The server's address, or the folder. What a server asks for stands in the configuration: `[sources.NAME]`.
        from: String,
        /// The tenant's id.
        #[arg(long)]
        tenant: TenantId,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
        /// Write it also if much would end by it.
        #[arg(long)]
        accept_ending: bool,
    },
}

#[derive(Subcommand)]
enum ConfigVerb {
    /// Tells of everything in it whether the server could work with it; starts nothing.
    Check,
}

#[derive(Subcommand)]
enum AuditVerb {
    /// Looks whether every line is as it was written, and none is missing.
    Verify {
        /// The tenant's id; none: all tenants.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
}

#[derive(Subcommand)]
enum PeopleVerb {
    /// Finds people by a part of their name.
    Find {
        /// The text.
        text: String,
        /// The tenant's id.
        #[arg(long)]
        tenant: TenantId,
    },
    /// Shows what the import made of a person, from which resource, since when.
    Show {
        /// The person's id.
        person: PersonId,
        /// The tenant's id.
        #[arg(long)]
        tenant: TenantId,
    },
}

fn role(text: &str) -> Result<Role, String> {
    match text {
        "guardian" => Ok(Role::Guardian),
        "student" => Ok(Role::Student),
        "staff" => Ok(Role::Staff),
        _ => Err("guardian, student or staff".to_owned()),
    }
}

/// Without a verb there is help instead of a line.
const NO_VERB: ErrorKind = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;

fn main() -> ExitCode {
    let problem = |why: &str, code: u8| {
        eprintln!("kapprum-server: {why}");
        ExitCode::from(code)
    };
    match Arguments::try_parse() {
        Ok(arguments) => match run(arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => problem(&why.to_string(), 1),
        },
        Err(error) if error.use_stderr() && error.kind() != NO_VERB => problem(&in_one_line(&error), 2),
        Err(help) => help.exit(),
    }
}

/// What is wrong with the arguments, without the usage that follows it.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.trim_start_matches("error: ").lines().take_while(|line| !line.is_empty());
    let words: Vec<&str> = first.flat_map(str::split_whitespace).collect();
    format!("{} (--help tells more)", words.join(" "))
}

type Done = Result<(), Box<dyn std::error::Error>>;

fn run(arguments: Arguments) -> Done {
    let (config, wrong) = Config::read(arguments.config.as_deref(), |name| std::env::var_os(name));
    if let Verb::Config(ConfigVerb::Check) = arguments.verb {
        return check_config(&config, &wrong);
    }
    if let Some(first) = wrong.into_iter().next() {
        return Err(first.into());
    }
    let clock = SystemClock;
    match arguments.verb {
        Verb::Serve => serve(&config),
        Verb::Tenant(TenantVerb::Add { name, phone }) => {
            let id = new_tenant(&config, &name, &phone, clock.now())?;
            trace(&config, id, Event::TenantAdded)?;
            println!("{id}");
            Ok(())
        }
        Verb::Import(ImportVerb::Ss12000 { from, tenant, json, accept_ending }) => {
            import_from(&config, &from, tenant, json, accept_ending)
        }
        Verb::Invite { tenant, person, role, tablet, board } => {
            let (store, sign_in) = open::tenant(&config, tenant)?;
            let (account, right) = match (person, role, tablet, board) {
                (Some(person), Some(role), None, None) => {
                    let account = Account { tenant, holder: person.into(), role };
                    known(&store, &account, clock.now())?;
                    (account, None)
                }
                (None, None, Some(group), None) => paired(&store, tenant, group, Role::Tablet)?,
                (None, None, None, Some(group)) => paired(&store, tenant, group, Role::Board)?,
                _ => return Err("give --person with --role, or --tablet, or --board".into()),
            };
            let token = sign_in.invite(&account, right.as_ref(), clock.now())?;
            trace(&config, tenant, Event::Invited { account })?;
            // Behind the number sign: it reaches no server's log.
            println!("{}/#invite={token}", config.public_url);
            Ok(())
        }
        Verb::Revoke { device, tenant } => {
            let (store, sign_in) = open::tenant(&config, tenant)?;
            let Some(account) = sign_in.revoke(device, clock.now())? else {
                return Err("no such device".into());
            };
            if matches!(account.role, Role::Tablet | Role::Board) {
                pairing::end(&store, &account, clock.now())?;
            }
            trace(&config, tenant, Event::Revoked { device })?;
            println!("revoked");
            Ok(())
        }
        Verb::People(PeopleVerb::Find { text, tenant }) => {
            let (store, _) = open::tenant(&config, tenant)?;
            let people = import::find(&store, &text)?;
            // Before anything is shown.
            trace(&config, tenant, Event::LookedUp { found: people.len() })?;
            for (person, name, what) in people {
                println!("{person}  {what:<16} {name}");
            }
            Ok(())
        }
        Verb::People(PeopleVerb::Show { person, tenant }) => {
            let shown = import::show(&config, tenant, person)?;
            // Before anything is shown.
            trace(&config, tenant, Event::Shown { person })?;
            print!("{shown}");
            Ok(())
        }
        // Answered above, since it wants all that is wrong.
        Verb::Config(ConfigVerb::Check) => Ok(()),
        Verb::Check => check(&config),
        Verb::Backup { to, tenant } => back_up(&config, &to, tenant),
        Verb::Restore { from, without_import } => restore(&config, &from, without_import),
        Verb::Audit(AuditVerb::Verify { tenant }) => verify(&config, tenant),
    }
}

fn serve(config: &Config) -> Done {
    kapprum_server::log::begin(config.log);
    let _lock = lock(config)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let server = Server::start(config, open::all(config)?, Arc::new(SystemClock)).await?;
        println!("kapprum-server listens on {}", server.address);
        if let Some(address) = server.metrics {
            println!("metrics: http://{address}/metrics");
        }
        let schedule = Schedule::start(config, surroundings("server".to_owned()), server.called.clone());
        stopped().await;
        server.stop().await;
        tokio::task::spawn_blocking(|| schedule.map(Schedule::stop)).await?;
        Ok(())
    })
}

/// Returns when the process is asked to stop.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => std::future::pending().await,
    }
}

/// The machine's own.
fn surroundings(by: String) -> Surroundings {
    Surroundings { by, clock: Arc::new(SystemClock), wait: Arc::new(SystemWait), limits: Limits::default() }
}

fn import_from(config: &Config, from: &str, tenant: TenantId, json: bool, accept_ending: bool) -> Done {
    if !from.contains("://") {
        return import_folder(config, Path::new(from), tenant, json, accept_ending);
    }
    safe(from).map_err(|why| format!("{from}: {why}"))?;
    let (plain, now) = (SourceConfig::new("source", tenant, from), surroundings(operator()));
    let configured = config.sources.iter().find(|source| source.tenant == tenant && source.url == plain.url);
    let run = live::run(config, configured.unwrap_or(&plain), &now, accept_ending, &mut |told| match told {
        Told::Fetching(progress) => eprintln!("  {progress}"),
        Told::Writing(what, count) => eprintln!("  {count} records {what}"),
    })?;
    if json {
        println!("{}", serde_json::to_string_pretty(&run)?);
    } else {
        print!("{run}");
    }
    match run.outcome {
        Outcome::Asks { .. } => Err("too much would end; nothing was ended, all else was taken".into()),
        Outcome::Nothing => Err("nothing came from the source".into()),
        Outcome::Imported(_) | Outcome::Unchanged => Ok(()),
    }
}

/// Backs up one tenant or all; one that can't be does not keep the others from it.
fn back_up(config: &Config, to: &Path, tenant: Option<TenantId>) -> Done {
    let all = open::tenants(config)?.into_iter().map(|(id, _)| id);
    let (mut failed, mut telling) = (0, Progress::default());
    for id in tenant.map_or_else(|| all.collect(), |tenant| vec![tenant]) {
        let now = SystemClock.now();
        let made = backup::back_up(config, id, to, now, &mut |what, bytes| telling.tell(what, bytes));
        match made.map_err(|error| error.to_string()) {
            Ok(folder) => {
                println!("{}", folder.display());
                if let Err(why) = trace(config, id, Event::BackedUp) {
                    eprintln!("{id}: {why}");
                    failed += 1;
                }
            }
            Err(why) => {
                eprintln!("{id}: {why}");
                failed += 1;
            }
        }
    }
    if failed > 0 { Err(format!("{failed} not backed up").into()) } else { Ok(()) }
}

fn restore(config: &Config, from: &Path, without_import: bool) -> Done {
    // On a new machine there is no data folder yet.
    open::keys(config).map_err(|why| format!("{why}; the key folder comes first"))?;
    open::make_data_folder(config)?;
    let _lock = lock(config)?;
    let mut telling = Progress::default();
    let by = operator();
    let restored = backup::restore(config, from, &by, SystemClock.now(), &mut |what, done| telling.tell(what, done))?;
    print!("{restored}");
    if without_import && !restored.imported {
        open::import_done(&open::folder(config, restored.tenant)?)?;
        println!("! As you said, it is served without that: who became protected since is NOT.");
    }
    Ok(())
}

/// Tells how far something is, about once a second.
#[derive(Default)]
struct Progress {
    told: i64,
}

impl Progress {
    fn tell(&mut self, what: &str, done: u64) {
        let now = SystemClock.now().0;
        if now - self.told >= 1000 {
            self.told = now;
            eprintln!("  {what}: {done}");
        }
    }
}

fn import_folder(config: &Config, folder: &Path, tenant: TenantId, json: bool, accept_ending: bool) -> Done {
    let source = Folder::open(folder).map_err(|why| format!("{}: {}", folder.display(), why.kind()))?;
    let _alone = live::alone(&open::folder(config, tenant)?)?;
    let (store, sign_in) = open::tenant(config, tenant)?;
    let keys = open::keys(config)?;
    let share = Some(SourceConfig::new("", tenant, "").ending_share).filter(|_| !accept_ending);
    let progress = &mut |what: &str, count| eprintln!("  {count} records {what}");
    let report = match guarded(&source, &store, &sign_in, &keys, SystemClock.now(), share, progress)? {
        Guarded::Done(report) => {
            if report.knows_people() {
                open::import_done(&open::folder(config, tenant)?)?;
            }
            report
        }
        Guarded::Asks { ending, taken } => {
            let told: Vec<String> = ending.iter().map(|(resource, ending)| format!("{resource}: {ending}")).collect();
            if !taken.is_unchanged() {
                trace(config, tenant, Event::imported(&taken))?;
            }
            let told = told.join(", ");
            return Err(format!("{told}; nothing was ended, all else was taken; --accept-ending ends it").into());
        }
    };
    trace(config, tenant, Event::imported(&report))?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    Ok(())
}
