//! Whether a server would start with its configuration and do all its work: `config check`. Starts nothing, writes
//! nothing that stays, asks nobody outside.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use kapprum_domain::id::TenantId;
use kapprum_domain::time::Timestamp;

use crate::audit::Copy;
use crate::config::{Config, safe};
use crate::{http, import, open};

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The key or thing.
    pub what: String,
    /// What is good about it, or what is wrong.
    pub found: Result<String, String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Ok(told) => write!(f, "{} is in order: {told}", self.what),
            Err(why) => write!(f, "! {}: {why}", self.what),
        }
    }
}

/// Looks at everything that a configuration which can be read names.
pub fn look(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut findings = Findings::default();
    findings.add("data", folder(&config.data));
    keys(config, &mut findings);
    tls(config, now, &mut findings);
    findings.add("listen", address(config, config.listen));
    if let Some(metrics) = config.metrics {
        findings.add("metrics", address(config, metrics));
    }
    findings.add("public_url", safe(&config.public_url).map(|()| config.public_url.clone()).map_err(str::to_owned));
    if let Some(copy) = &config.audit_copy {
        findings.add("audit_copy", audit_copy(copy));
    }
    tenants(config, &mut findings);
    sources(config, &mut findings);
    findings.0
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, what: impl Into<String>, found: Result<String, String>) {
        self.0.push(Finding { what: what.into(), found });
    }
}

/// A folder into which the server writes. Who asks as root while the folder is another's is told of that one.
fn folder(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let about = std::fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("{shown}: no such folder; `tenant add` makes it"),
        kind => format!("{shown}: {kind}"),
    })?;
    if !about.is_dir() {
        return Err(format!("{shown}: no folder"));
    }
    let (own, owner) = (rustix::process::getuid().as_raw(), about.uid());
    if own == 0 && owner != 0 {
        let writes = about.mode() & 0o300 == 0o300;
        let told = format!("{shown}, written by account {owner}");
        return if writes { Ok(told) } else { Err(format!("{shown}: its owner, account {owner}, can't write there")) };
    }
    written(path).map_err(|kind| format!("{shown}: account {own} can't write there ({kind})"))?;
    Ok(format!("{shown}, written by account {own}"))
}

/// Tries whether a file can be made, and takes it away.
fn written(folder: &Path) -> Result<(), ErrorKind> {
    let probe = folder.join(format!(".check-{}", std::process::id()));
    let made = File::create_new(&probe).and_then(|_| std::fs::remove_file(&probe));
    made.map_err(|error| error.kind())
}

fn keys(config: &Config, findings: &mut Findings) {
    let shown = config.keys.display();
    let about = match std::fs::metadata(&config.keys) {
        Ok(about) => about,
        // They come with the first tenant.
        Err(_) if open::tenants(config).is_ok_and(|tenants| tenants.is_empty()) => return,
        Err(error) => return findings.add("keys", Err(format!("{shown}: {}", error.kind()))),
    };
    let before = findings.0.len();
    if is_open(&about) {
        findings.add("keys", Err(format!("{shown}: others can enter; chmod 700")));
    }
    if let Err(error) = open::keys(config) {
        findings.add("keys", Err(error.to_string()));
    }
    for file in std::fs::read_dir(&config.keys).into_iter().flatten().flatten() {
        if file.metadata().is_ok_and(|about| is_open(&about)) {
            findings.add("keys", Err(format!("{}: others can read it; chmod 600", file.path().display())));
        }
    }
    if findings.0.len() == before {
        findings.add("keys", Ok(format!("{shown}, for account {} alone", about.uid())));
    }
}

/// Whether others than its owner can do anything with it.
fn is_open(about: &Metadata) -> bool {
    about.mode() & 0o077 != 0
}

fn tls(config: &Config, now: Timestamp, findings: &mut Findings) {
    let Some(path) = &config.certificate else { return };
    match http::look_at_certificate(config, now) {
        Ok(None) => findings.add("certificate", Ok(path.display().to_string())),
        Ok(Some(last)) => {
            findings.add("certificate", Ok(format!("{}, but renew it before {last}", path.display())));
        }
        Err(wrong) => wrong.into_iter().for_each(|why| findings.add("certificate", Err(why))),
    }
    if let Some(key) = &config.certificate_key
        && std::fs::metadata(key).is_ok_and(|about| about.mode() & 0o007 != 0)
    {
        findings.add("certificate_key", Err(format!("{}: everybody can read it; chmod 600", key.display())));
    }
}

/// Tries to listen. An address that is taken is in order if the server of this very folder runs.
fn address(config: &Config, address: SocketAddr) -> Result<String, String> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(address.to_string()),
        Err(error) if error.kind() == ErrorKind::AddrInUse && open::is_served(config) => {
            Ok(format!("{address}, in use by the server of this folder"))
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(format!("{address} is in use by another program")),
        Err(error) => Err(format!("can't listen on {address}: {}", error.kind())),
    }
}

fn audit_copy(copy: &Copy) -> Result<String, String> {
    match copy {
        Copy::Syslog => {
            let sent = UnixDatagram::unbound().and_then(|socket| socket.connect("/dev/log"));
            sent.map(|()| "syslog".to_owned()).map_err(|error| format!("/dev/log: {}", error.kind()))
        }
        Copy::File(path) => {
            let tried = match File::options().append(true).open(path) {
                Ok(_) => Ok(()),
                Err(error) if error.kind() == ErrorKind::NotFound => written(path.parent().unwrap_or(Path::new("/"))),
                Err(error) => Err(error.kind()),
            };
            tried.map(|()| path.display().to_string()).map_err(|kind| format!("{}: {kind}", path.display()))
        }
    }
}

fn tenants(config: &Config, findings: &mut Findings) {
    let Ok(tenants) = open::tenants(config) else { return };
    if tenants.is_empty() {
        findings.add("tenants", Ok("none yet; `tenant add` makes one".to_owned()));
    }
    for (id, folder) in tenants {
        let what = format!("tenant {id}");
        let opened = open::store(&folder).map(drop).and_then(|()| open::sign_in(id, &folder).map(drop));
        match opened.map_err(|error| error.to_string()).and_then(|()| fits(config, id)) {
            Ok(()) => findings.add(what, Ok("its files open, and the keys are theirs".to_owned())),
            Err(why) => findings.add(what, Err(why)),
        }
    }
}

/// Whether the keys are those under which the tenant's audit log was begun.
fn fits(config: &Config, id: TenantId) -> Result<(), String> {
    let audit = open::audit(config, id).map_err(|error| error.to_string())?;
    match audit.fits() {
        Ok(true) => Ok(()),
        Ok(false) => Err("its audit log was begun under other keys than those in `keys`".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn sources(config: &Config, findings: &mut Findings) {
    for source in &config.sources {
        let what = format!("sources.{}", source.name);
        let found = match open::folder(config, source.tenant) {
            Err(error) => Err(error.to_string()),
            Ok(_) => import::live::can_ask(source).map_err(|trouble| trouble.to_string()),
        };
        findings.add(what, found.map(|()| source.url.clone()));
    }
}
