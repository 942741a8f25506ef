//! Configuration by file and environment: one table of keys, each read by its field's type.

mod source;

pub use source::{Entry, Secret, SourceConfig, safe};

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::audit::Copy;

/// How a server is set up. Every key can be given as `KAPPRUM_NAME` in the environment, which wins over the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The folder of all tenants' data.
    pub data: PathBuf,
    /// The folder of the keys; not in the data folder.
    pub keys: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where metrics can be asked for, besides; none: nowhere.
    pub metrics: Option<SocketAddr>,
    /// How lines of the log are written.
    pub log: LogForm,
    /// The address that phones use, for links in invitations.
    pub public_url: String,
    /// TLS is done in front of the server.
    pub behind_proxy: bool,
    /// The server's own certificate chain, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub certificate_key: Option<PathBuf>,
    /// Days that ordinary data may be shown without contact.
    pub fresh_days: u32,
    /// Hours that protected data may.
    pub fresh_protected_hours: u32,
    /// Most connections at once.
    pub connections: usize,
    /// Most requests that wait for news at once.
    pub waits: usize,
    /// Where the audit log's lines go besides the tenant's own file.
    pub audit_copy: Option<Copy>,
    /// Where school data come from: tables `[sources.NAME]` of the file.
    pub sources: Vec<SourceConfig>,
    /// How long peers are waited for; no key.
    pub patience: Patience,
}

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogForm {
    /// For people.
    #[default]
    Text,
    /// For machines: an object a line.
    Json,
}

impl FromStr for LogForm {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

/// How long the server waits for its peers. Tests are less patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the connection to the end of its first request's headers, TLS included.
    pub headers: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For the next request of a connection.
    pub idle: Duration,
    /// For a peer to take a piece of its answer.
    pub stalled: Duration,
    /// For open requests when the server stops.
    pub stop: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let [headers, body, idle, stalled, stop] = [15, 15, 60, 60, 5].map(Duration::from_secs);
        Self { headers, body, idle, stalled, stop }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("kapprum-data"),
            keys: PathBuf::from("kapprum-keys"),
            listen: SocketAddr::from(([127, 0, 0, 1], 7171)),
            metrics: None,
            log: LogForm::Text,
            public_url: "http://127.0.0.1:7171".to_owned(),
            behind_proxy: false,
            certificate: None,
            certificate_key: None,
            fresh_days: 30,
            fresh_protected_hours: 12,
            connections: 18_000,
            waits: 20_000,
            audit_copy: None,
            sources: Vec::new(),
            patience: Patience::default(),
        }
    }
}

/// What is wrong with a configuration, in one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{0}: {1}")]
    File(PathBuf, String),
    /// A value is not what it must be.
    #[error("{0}: {1}")]
    Value(String, &'static str),
    /// Plain text to the world.
    #[error("listen = {0}: give `certificate` and `certificate_key`, or set `behind_proxy` if TLS is done in front")]
    Plain(SocketAddr),
    /// Metrics, in plain text, to the world.
    #[error("metrics = {0}: give an address of this machine alone, or set `behind_proxy` if TLS is done in front")]
    PlainMetrics(SocketAddr),
}

const KEYS: [&str; 14] = [
    "data",
    "keys",
    "listen",
    "metrics",
    "log",
    "public_url",
    "behind_proxy",
    "certificate",
    "certificate_key",
    "fresh_days",
    "fresh_protected_hours",
    "connections",
    "waits",
    "audit_copy",
];

impl Config {
    /// As [`Self::read`], with everything that is wrong; what is wrong is as if it were not there.
    pub fn read(file: Option<&Path>, environment: impl Fn(&str) -> Option<OsString>) -> (Self, Vec<ConfigError>) {
        let (mut config, mut wrong) = (Self::default(), Vec::new());
        if let Some(path) = file {
            let problem = |why: String| ConfigError::File(path.to_owned(), why);
            let table = std::fs::read_to_string(path).map_err(|error| error.kind().to_string());
            let table = table.and_then(|text| text.parse().map_err(|error: toml::de::Error| in_line(&text, &error)));
            let table: toml::Table = table.unwrap_or_else(|why| {
                wrong.push(problem(why));
                toml::Table::new()
            });
            for (key, value) in table {
                if let ("sources", toml::Value::Table(sources)) = (key.as_str(), &value) {
                    config.sources = read_sources(sources, &environment, &mut |why| wrong.push(problem(why)));
                    continue;
                }
                let text = match value {
                    toml::Value::String(text) => text,
                    toml::Value::Integer(number) => number.to_string(),
                    toml::Value::Boolean(whether) => whether.to_string(),
                    _ => String::new(),
                };
                let set = config.set(&key, text.as_ref());
                wrong.extend(set.err().map(|why| problem(format!("{key}: {why}"))));
            }
        }
        for key in KEYS {
            let name = format!("KAPPRUM_{}", key.to_uppercase());
            if let Some(text) = environment(&name) {
                let set = config.set(key, &text);
                wrong.extend(set.err().map(|why| ConfigError::Value(name, why)));
            }
        }
        config.check(&mut wrong);
        (config, wrong)
    }

    fn set(&mut self, key: &str, text: &OsStr) -> Result<(), &'static str> {
        match key {
            "data" => self.data = path(text)?,
            "keys" => self.keys = path(text)?,
            "listen" => self.listen = value(text, "an address and a port are expected, such as 127.0.0.1:7171")?,
            "metrics" => {
                self.metrics = Some(value(text, "an address and a port are expected, such as 127.0.0.1:9171")?);
            }
            "log" => self.log = value(text, "text or json is expected")?,
            "public_url" => {
                let url: String = value(text, "an address is expected, such as https://kapprum.example.se")?;
                if !url.starts_with("https://") && !url.starts_with("http://") {
                    return Err("it must begin with https://");
                }
                self.public_url = url.trim_end_matches('/').to_owned();
            }
            "behind_proxy" => self.behind_proxy = value(text, "true or false is expected")?,
            "certificate" => self.certificate = Some(path(text)?),
            "certificate_key" => self.certificate_key = Some(path(text)?),
            "audit_copy" => self.audit_copy = Some(value(text, "`syslog` or an absolute path is expected")?),
            "fresh_days" => self.fresh_days = value(text, "a number of days is expected")?,
            "fresh_protected_hours" => self.fresh_protected_hours = value(text, "a number of hours is expected")?,
            "connections" => self.connections = count(text)?,
            "waits" => self.waits = count(text)?,
            _ => return Err("there is no such key"),
        }
        Ok(())
    }

    /// Plain text only on loopback or behind a proxy.
    fn check(&self, wrong: &mut Vec<ConfigError>) {
        let value = |key: &str, why| ConfigError::Value(key.to_owned(), why);
        let open = |address: SocketAddr| !address.ip().is_loopback() && !self.behind_proxy;
        match (&self.certificate, &self.certificate_key) {
            (Some(_), None) => wrong.push(value("certificate_key", "it is missing beside `certificate`")),
            (None, Some(_)) => wrong.push(value("certificate", "it is missing beside `certificate_key`")),
            (None, None) if open(self.listen) => wrong.push(ConfigError::Plain(self.listen)),
            _ => {}
        }
        match self.metrics {
            Some(metrics) if open(metrics) => wrong.push(ConfigError::PlainMetrics(metrics)),
            Some(metrics) if metrics == self.listen && metrics.port() != 0 => {
                wrong.push(value("metrics", "an address of its own is expected, not that of `listen`"));
            }
            _ => {}
        }
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if absolute(&self.keys).starts_with(absolute(&self.data)) {
            wrong.push(value("keys", "they must not lie in the data folder"));
        }
    }
}

fn read_sources(
    sources: &toml::Table,
    environment: &impl Fn(&str) -> Option<OsString>,
    wrong: &mut dyn FnMut(String),
) -> Vec<SourceConfig> {
    let mut read: Vec<SourceConfig> = Vec::new();
    for (name, table) in sources {
        let Some(table) = table.as_table() else {
            wrong(format!("sources.{name}: a table is expected"));
            continue;
        };
        let mut told = |why| wrong(format!("sources.{name}.{why}"));
        let Some(source) = SourceConfig::read(name, table, environment, &mut told) else { continue };
        // Two would end each other's people in turns.
        match read.iter().find(|other| other.tenant == source.tenant) {
            Some(other) => told(format!("tenant: {} is its source already", other.name)),
            None => read.push(source),
        }
    }
    read
}

/// What is wrong with a text that is no TOML, and where.
fn in_line(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {}: {}", before.matches('\n').count() + 1, error.message())
}

fn path(text: &OsStr) -> Result<PathBuf, &'static str> {
    if text.is_empty() { Err("a path is expected") } else { Ok(text.into()) }
}

fn value<T: FromStr>(text: &OsStr, expected: &'static str) -> Result<T, &'static str> {
    text.to_str().and_then(|text| text.parse().ok()).ok_or(expected)
}

fn count(text: &OsStr) -> Result<usize, &'static str> {
    value(text, "a number from 1 is expected").and_then(|count| match count {
        0 => Err("a number from 1 is expected"),
        more => Ok(more),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    type Told<'a> = &'a [(&'a str, &'a [u8])];

    fn read(file: Option<&str>, environment: Told<'_>) -> Result<Config, String> {
        let (config, wrong) = read_all(file, environment);
        wrong.into_iter().next().map_or(Ok(config), Err)
    }

    fn read_all(file: Option<&str>, environment: Told<'_>) -> (Config, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = file.map(|text| {
            let path = folder.path().join("kapprum.toml");
            std::fs::write(&path, text).unwrap();
            path
        });
        let told = |name: &str| {
            let found = environment.iter().find(|(told, _)| *told == name);
            found.map(|(_, value)| OsString::from_vec(value.to_vec()))
        };
        let (config, wrong) = Config::read(path.as_deref(), told);
        (config, wrong.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn everything_that_is_wrong_is_told_and_what_is_right_is_read() {
        let file = "colour = 1\nwaits = \"many\"\nconnections = 7\n[sources.sis]\nurl = \"http://s.se\"\nrows = true\n\
                    [sources.other]\ntenant = \"7a000000-0000-4000-8000-000000000001\"\nurl = \"https://s.se\"\n";
        let (config, wrong) = read_all(Some(file), &[("KAPPRUM_LISTEN", b"here"), ("KAPPRUM_CERTIFICATE", b"a")]);
        let expected = [
            "colour: there is no such key",
            "sources.sis.tenant: it is missing",
            "sources.sis.url: it must begin with https://",
            "sources.sis.rows: a number",
            "waits: a number",
            "KAPPRUM_LISTEN: an address",
            "certificate_key: it is missing",
        ];
        assert_eq!(wrong.len(), expected.len(), "{wrong:?}");
        for why in expected {
            assert!(wrong.iter().any(|told| told.contains(why)), "{why}: {wrong:?}");
        }
        assert_eq!((config.connections, config.sources.len()), (7, 1));
    }

    #[test]
    fn each_key_is_read_by_its_type_and_the_environment_wins() {
        let ordinary = Config::default();
        let cases: [(Option<&str>, Told<'_>, Config); 7] = [
            (None, &[], ordinary.clone()),
            (None, &[("KAPPRUM_DATA", b"2026")], Config { data: "2026".into(), ..ordinary.clone() }),
            (None, &[("KAPPRUM_OPENSSL", b"vendored"), ("OTHER", b"\xff")], ordinary.clone()),
            (
                None,
                &[("KAPPRUM_DATA", b"\xff")],
                Config { data: OsString::from_vec(vec![0xff]).into(), ..ordinary.clone() },
            ),
            (
                Some("connections = 7\nfresh_days = 3\nbehind_proxy = true\nlisten = \"0.0.0.0:1\""),
                &[("KAPPRUM_FRESH_DAYS", b"4")],
                Config {
                    connections: 7,
                    fresh_days: 4,
                    behind_proxy: true,
                    listen: ([0, 0, 0, 0], 1).into(),
                    ..ordinary.clone()
                },
            ),
            (
                Some("certificate = \"a\"\ncertificate_key = \"b\"\nlisten = \"[::]:1\""),
                &[],
                Config {
                    certificate: Some("a".into()),
                    certificate_key: Some("b".into()),
                    listen: "[::]:1".parse().unwrap(),
                    ..ordinary.clone()
                },
            ),
            (
                None,
                &[("KAPPRUM_PUBLIC_URL", b"https://k.se/")],
                Config { public_url: "https://k.se".into(), ..ordinary },
            ),
        ];
        for (file, environment, config) in cases {
            assert_eq!(read(file, environment), Ok(config), "{file:?} {environment:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key() {
        let cases: [(Option<&str>, Told<'_>, &str); 16] = [
            (Some("colour = 1"), &[], "colour: there is no such key"),
            (Some("connections = \"many\""), &[], "connections: a number"),
            (Some("data = []"), &[], "data: a path"),
            (Some("waits = 1\ndata = "), &[], "kapprum.toml: line 2: "),
            (Some("log = \"loud\""), &[], "log: text or json"),
            (None, &[("KAPPRUM_METRICS", b"9171")], "KAPPRUM_METRICS: an address"),
            (None, &[("KAPPRUM_METRICS", b"0.0.0.0:9171")], "metrics = 0.0.0.0:9171: give"),
            (None, &[("KAPPRUM_METRICS", b"127.0.0.1:7171")], "metrics: an address of its own"),
            (None, &[("KAPPRUM_CONNECTIONS", b"0")], "KAPPRUM_CONNECTIONS: a number"),
            (None, &[("KAPPRUM_WAITS", b"-1")], "KAPPRUM_WAITS: a number"),
            (None, &[("KAPPRUM_LISTEN", b"7171")], "KAPPRUM_LISTEN: an address"),
            (None, &[("KAPPRUM_LISTEN", b"\xff")], "KAPPRUM_LISTEN: an address"),
            (None, &[("KAPPRUM_PUBLIC_URL", b"k.se")], "KAPPRUM_PUBLIC_URL: it must begin"),
            (None, &[("KAPPRUM_CERTIFICATE", b"a")], "certificate_key: it is missing"),
            (None, &[("KAPPRUM_DATA", b"./d"), ("KAPPRUM_KEYS", b"d/keys")], "keys: they must not"),
            (None, &[("KAPPRUM_LISTEN", b"0.0.0.0:1")], "listen = 0.0.0.0:1: give"),
        ];
        for (file, environment, why) in cases {
            let told = read(file, environment).unwrap_err();
            assert!(told.contains(why) && !told.contains('\n'), "{told}");
        }
        // Behind a proxy both are.
        let told: Told<'_> = &[("KAPPRUM_METRICS", b"10.0.0.1:9171"), ("KAPPRUM_BEHIND_PROXY", b"true")];
        assert_eq!(read(None, told).unwrap().metrics, Some(([10, 0, 0, 1], 9171).into()));
        let (_, missing) = Config::read(Some(Path::new("/nowhere.toml")), |_| None);
        assert!(missing[0].to_string().starts_with("/nowhere.toml: "), "{missing:?}");
    }
}
