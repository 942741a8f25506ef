//! What the operator's verbs do beside the serving process.

use std::error::Error;

use kapprum_domain::actor::{Account, Role};
use kapprum_domain::grant::{Grant, Right};
use kapprum_domain::id::{DeviceId, GroupId, RecordId, TenantId};
use kapprum_domain::organisation::{Group, Municipality};
use kapprum_domain::record::Body;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::World;
use kapprum_server::audit::{Event, Verdict};
use kapprum_server::clock::{Clock, SystemClock};
use kapprum_server::config::{Config, ConfigError};
use kapprum_server::store::Store;
use kapprum_server::{open, pairing, readiness};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Makes sure that a person is known in the role: else the invitation would lead to nothing.
pub(crate) fn known(store: &dyn Store, account: &Account, now: Timestamp) -> Result<()> {
    let lasts = |grant: &Grant| grant.until.is_none_or(|until| now.day() <= until);
    let grants = pairing::grants(store, account)?;
    if grants.iter().any(|grant| grant.right.belongs_to(account.role) && lasts(grant)) {
        return Ok(());
    }
    let among = match account.role {
        Role::Guardian => "guardians",
        Role::Student => "students",
        _ => "staff",
    };
    Err(format!("no such person among the {among}; `people find` finds ids").into())
}

/// A shared device's account and the right that its pairing gives.
pub(crate) fn paired(
    store: &dyn Store,
    tenant: TenantId,
    group: GroupId,
    role: Role,
) -> Result<(Account, Option<Grant>)> {
    let mut found = None;
    store.read(&mut |snapshot| {
        snapshot.kind(Group::KIND, &mut |body| {
            found = serde_json::from_str::<Group>(body).ok().filter(|one| one.group == group).or(found.take());
        })
    })?;
    let of = found.ok_or("no such group")?;
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| "no random numbers")?;
    let device = DeviceId(uuid::Builder::from_random_bytes(bytes).into_uuid());
    let right = match role {
        Role::Tablet => Right::Tablet { group, unit: of.unit, kind: of.kind },
        _ => Right::Board { group },
    };
    let account = Account { tenant, holder: device.into(), role };
    Ok((account, Some(Grant { holder: device.into(), right, from: None, until: None })))
}

/// Checks every tenant's files, also after a damaged one.
pub(crate) fn check(config: &Config) -> Result<()> {
    let tenants = open::tenants(config)?;
    if tenants.is_empty() {
        return Err(format!("{}: no tenant here", config.data.display()).into());
    }
    let mut damaged = 0;
    if let Err(error) = open::keys(config) {
        println!("keys: DAMAGED\n  {error}");
        damaged += 1;
    }
    for (id, folder) in tenants {
        let (mut name, mut found) = (String::new(), Vec::new());
        match open::store(&folder) {
            Ok(store) => {
                name = municipality(&store, id).unwrap_or_default();
                found.extend(store.damage().unwrap_or_else(|error| vec![error.to_string()]));
                if let Ok(letters @ 1..) = store.dead_letters() {
                    println!("{id} {name}: {letters} commands on which a rule failed");
                }
            }
            Err(error) => found.push(error.to_string()),
        }
        match open::sign_in(id, &folder).map(|sign_in| sign_in.is_sound()) {
            Ok(Ok(true)) => {}
            Ok(_) => found.push("the sign-in data are not sound".to_owned()),
            Err(error) => found.push(error.to_string()),
        }
        println!("{id} {name}: {}", if found.is_empty() { "sound" } else { "DAMAGED" });
        for line in &found {
            println!("  {line}");
        }
        damaged += usize::from(!found.is_empty());
    }
    if damaged > 0 { Err(format!("{damaged} damaged").into()) } else { Ok(()) }
}

/// Tells of everything in the configuration whether the server could work with it.
pub(crate) fn check_config(config: &Config, unreadable: &[ConfigError]) -> Result<()> {
    for why in unreadable {
        println!("! {why}");
    }
    let findings = readiness::look(config, SystemClock.now());
    for finding in &findings {
        println!("{finding}");
    }
    let wrong = unreadable.len() + findings.iter().filter(|finding| finding.found.is_err()).count();
    if wrong > 0 { Err(format!("{wrong} to put right").into()) } else { Ok(()) }
}

/// Traces what the operator did.
pub(crate) fn trace(config: &Config, tenant: TenantId, event: Event) -> Result<()> {
    Ok(open::audit(config, tenant)?.trace(event, &operator(), SystemClock.now())?)
}

/// Who calls a verb, as the audit log names them: by the number of the system's account.
pub(crate) fn operator() -> String {
    format!("operator {}", rustix::process::getuid().as_raw())
}

/// Looks at one audit log or at all.
pub(crate) fn verify(config: &Config, tenant: Option<TenantId>) -> Result<()> {
    let all = open::tenants(config)?.into_iter().map(|(id, _)| id);
    let mut wrong = 0;
    for id in tenant.map_or_else(|| all.collect(), |tenant| vec![tenant]) {
        let said = match open::audit(config, id)?.verify()? {
            Verdict::Sound(lines) => {
                println!("{id}: sound, {lines} lines");
                continue;
            }
            Verdict::Torn(line) => format!("line {line} was not written to its end; the next one puts that right"),
            Verdict::Broken(line) => format!("line {line} is NOT as it was written, or does not follow the one before"),
            Verdict::Cut(lines) => format!("{lines} lines of the copy are MISSING at the end"),
        };
        println!("{id}: {said}");
        wrong += 1;
    }
    if wrong > 0 { Err(format!("{wrong} not sound").into()) } else { Ok(()) }
}

fn municipality(store: &dyn Store, id: TenantId) -> Option<String> {
    let mut found = None;
    let read = store.read(&mut |snapshot| {
        found = World::new(snapshot).get::<Municipality>(Scope::Tenant, RecordId(id.0)).ok().flatten();
        Ok(())
    });
    read.ok().and(found).map(|one| one.name)
}
