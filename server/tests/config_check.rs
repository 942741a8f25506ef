//! `config check`: all that is wrong with a configuration, a line each, before anything is started.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kapprum_server::config::Config;
use kapprum_server::open;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

/// A machine with its folders and a configuration file.
struct Machine {
    folder: tempfile::TempDir,
    tenant: String,
}

impl Machine {
    /// With one municipality, and everything in order.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut machine = Self { folder, tenant: String::new() };
        machine.configure("");
        let added = machine.run(&["tenant", "add", "Vänersborg"], &[]);
        String::from_utf8(added.stdout).unwrap().trim().clone_into(&mut machine.tenant);
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, more: &str) {
        let [data, keys] = ["data", "keys"].map(|name| self.path(name).display().to_string());
        let text = format!("data = \"{data}\"\nkeys = \"{keys}\"\nlisten = \"127.0.0.1:0\"\n{more}\n");
        fs::write(self.path("kapprum.toml"), text).unwrap();
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kapprum-server"))
            .arg("--config")
            .arg(self.path("kapprum.toml"))
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// What is in order, and what is wrong.
    fn check(&self, environment: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let output = self.run(&["config", "check"], environment);
        let told = String::from_utf8(output.stdout).unwrap();
        let (wrong, good): (Vec<_>, Vec<_>) = told.lines().map(str::to_owned).partition(|line| line.starts_with("! "));
        assert!(good.iter().all(|line| line.contains(" is in order")), "{told}");
        assert_eq!(output.status.success(), wrong.is_empty(), "{told}");
        let end = String::from_utf8(output.stderr).unwrap();
        let expected = format!("kapprum-server: {} to put right\n", wrong.len());
        assert_eq!(end, if wrong.is_empty() { String::new() } else { expected });
        (good, wrong)
    }

    /// The one thing that is wrong.
    fn tells(&self, why: &str) {
        let (_, wrong) = self.check(&[]);
        assert!(wrong.len() == 1 && wrong[0].contains(why), "{why}: {wrong:?}");
    }

    /// Writes a certificate for a host, good for these years, and a key; which of the two files it is told.
    fn certificate(&self, host: &str, years: (i32, i32)) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
        fs::write(self.path("chain.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(self.path("key.pem"), key.serialize_pem()).unwrap();
        self.chmod("key.pem", 0o600);
    }

    fn with_certificate(&self) {
        let [chain, key] = ["chain.pem", "key.pem"].map(|name| self.path(name).display().to_string());
        self.configure(&format!(
            "public_url = \"https://kapprum.example.se\"\ncertificate = \"{chain}\"\ncertificate_key = \"{key}\""
        ));
    }

    fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }
}

/// All that lies in a folder, by name and time.
fn contents(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => all.extend(contents(&entry.path())),
            false => all.push((entry.path(), entry.metadata().unwrap().len())),
        }
    }
    all.sort();
    all
}

#[test]
fn what_is_in_order_is_told_a_line_each_and_nothing_is_left_behind() {
    let machine = Machine::new();
    let copy = machine.path("copy.log");
    machine.certificate("kapprum.example.se", (2020, 2099));
    machine.with_certificate();
    let before = contents(machine.folder.path());
    let copy = format!("{}", copy.display());
    let (good, wrong) = machine.check(&[("KAPPRUM_METRICS", "127.0.0.1:0"), ("KAPPRUM_AUDIT_COPY", &copy)]);
    assert_eq!(wrong, [""; 0]);
    let things = ["data", "keys", "certificate", "listen", "metrics", "public_url", "audit_copy", "tenant"];
    assert_eq!(good.len(), things.len(), "{good:?}");
    for (thing, line) in things.iter().zip(&good) {
        assert!(line.starts_with(thing), "{thing}: {line}");
    }
    assert_eq!(contents(machine.folder.path()), before);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let machine = Machine::new();
    machine.configure(
        "colour = 1\npublic_url = \"http://kapprum.example.se\"\n[sources.sis]\ntenant = \"x\"\nurl = \"y\"",
    );
    machine.chmod("keys/receipts.key", 0o640);
    let (_, wrong) = machine.check(&[("KAPPRUM_CONNECTIONS", "many"), ("KAPPRUM_AUDIT_COPY", "/nowhere/copy.log")]);
    let expected = [
        "colour: there is no such key",
        "sources.sis.tenant: the id of a tenant is expected",
        "sources.sis.url: an address is expected",
        "KAPPRUM_CONNECTIONS: a number from 1 is expected",
        "receipts.key: others can read it; chmod 600",
        "public_url: it must begin with https://",
        "/nowhere/copy.log: ",
    ];
    assert_eq!(wrong.len(), expected.len(), "{wrong:?}");
    for why in expected {
        assert_eq!(wrong.iter().filter(|line| line.contains(why)).count(), 1, "{why}: {wrong:?}");
    }
}

#[test]
fn folders_and_keys() {
    let machine = Machine::new();
    machine.chmod("keys", 0o755);
    machine.tells("others can enter; chmod 700");
    machine.chmod("keys", 0o700);
    let key = machine.path("keys/identities.key");
    let own = fs::read(&key).unwrap();
    fs::write(&key, [7; 32]).unwrap();
    machine.tells("its audit log was begun under other keys");
    fs::write(&key, "short").unwrap();
    let (_, wrong) = machine.check(&[]);
    assert!(wrong.iter().all(|line| line.contains("identities.key: not a key")) && wrong.len() == 2, "{wrong:?}");
    fs::write(&key, own).unwrap();
    fs::remove_file(machine.path(&format!("data/{}/store.db", machine.tenant))).unwrap();
    machine.tells("store.db: it is lost");
    let (_, wrong) = machine.check(&[("KAPPRUM_DATA", "nowhere")]);
    assert!(wrong.len() == 1 && wrong[0].contains("nowhere: no such folder; `tenant add` makes it"), "{wrong:?}");
    let (_, wrong) = machine.check(&[("KAPPRUM_DATA", "kapprum.toml")]);
    assert!(wrong.iter().any(|line| line.contains("kapprum.toml: no folder")), "{wrong:?}");
}

#[test]
fn an_address_in_use_by_another_program_and_by_the_server_itself() {
    let machine = Machine::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    machine.configure(&format!("metrics = \"{}\"", taken.local_addr().unwrap()));
    machine.tells("is in use by another program");
    let config = Config { data: machine.path("data"), keys: machine.path("keys"), ..Config::default() };
    let _serving = open::lock(&config).unwrap();
    let (good, wrong) = machine.check(&[]);
    assert_eq!(wrong, [""; 0]);
    assert!(good.iter().any(|line| line.contains("in use by the server of this folder")), "{good:?}");
    machine.configure("metrics = \"192.0.2.7:9171\"\nbehind_proxy = true");
    machine.tells("metrics: can't listen on 192.0.2.7:9171: ");
}

#[test]
fn a_certificate_that_phones_would_not_take() {
    let machine = Machine::new();
    machine.with_certificate();
    machine.tells("chain.pem: not a certificate");
    for (host, years, why) in [
        ("kapprum.example.se", (2020, 2021), "it ended on 2021-01-01"),
        ("kapprum.example.se", (2098, 2099), "it is good from 2098-01-01 only"),
        ("other.example.se", (2020, 2099), "it is not for kapprum.example.se"),
    ] {
        machine.certificate(host, years);
        machine.tells(why);
    }
    machine.certificate("kapprum.example.se", (2020, 2099));
    assert_eq!(machine.check(&[]).1, [""; 0]);
    machine.chmod("key.pem", 0o644);
    machine.tells("key.pem: everybody can read it");
    fs::write(machine.path("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    machine.chmod("key.pem", 0o600);
    machine.tells("not the key of");
    fs::write(machine.path("key.pem"), "no key").unwrap();
    machine.tells("key.pem: not a certificate or key");
}

#[test]
fn a_source_without_its_secret_its_files_or_its_tenant() {
    let machine = Machine::new();
    let source = |tenant: &str, more: &str| {
        let token = "token_url = \"https://sis.example.se/token\"\nclient = \"kapprum\"";
        machine.configure(&format!(
            "[sources.sis]\ntenant = \"{tenant}\"\nurl = \"https://sis.example.se/v2.0\"\n{token}\n{more}"
        ));
    };
    source(&machine.tenant, "");
    machine.tells("KAPPRUM_SOURCE_SIS_SECRET: it is missing in the environment");
    let secret = [("KAPPRUM_SOURCE_SIS_SECRET", "hush")];
    let (good, wrong) = machine.check(&secret);
    assert_eq!(wrong, [""; 0]);
    assert!(good.iter().any(|line| line == "sources.sis is in order: https://sis.example.se/v2.0"), "{good:?}");
    source(&machine.tenant, "root = \"nowhere.pem\"");
    let (_, wrong) = machine.check(&secret);
    assert!(wrong.len() == 1 && wrong[0].contains("nowhere.pem: not a certificate"), "{wrong:?}");
    source("7a000000-0000-4000-8000-000000000001", "");
    let (_, wrong) = machine.check(&secret);
    assert!(wrong.len() == 1 && wrong[0].contains("no tenant 7a000000"), "{wrong:?}");
}
