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
    /// Reads the file, if one is given, and the environment.
    pub fn read(file: Option<&Path>, environment: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        if let Some(path) = file {
            let problem = |why: String| ConfigError::File(path.to_owned(), why);
            let text = std::fs::read_to_string(path).map_err(|error| problem(error.kind().to_string()))?;
            let table: toml::Table = text.parse().map_err(|error: toml::de::Error| problem(error.message().into()))?;
            for (key, value) in table {
                if let ("sources", toml::Value::Table(sources)) = (key.as_str(), &value) {
                    config.sources = read_sources(sources, &environment).map_err(problem)?;
                    continue;
                }
                let text = match value {
                    toml::Value::String(text) => text,
                    toml::Value::Integer(number) => number.to_string(),
                    toml::Value::Boolean(whether) => whether.to_string(),
                    _ => String::new(),
                };
                config.set(&key, text.as_ref()).map_err(|why| problem(format!("{key}: {why}")))?;
            }
        }
        for key in KEYS {
            let name = format!("KAPPRUM_{}", key.to_uppercase());
            if let Some(text) = environment(&name) {
                config.set(key, &text).map_err(|why| ConfigError::Value(name, why))?;
            }
        }
        config.check()
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
    fn check(self) -> Result<Self, ConfigError> {
        let wrong = |key: &str, why| Err(ConfigError::Value(key.to_owned(), why));
        match (&self.certificate, &self.certificate_key) {
            (Some(_), None) => return wrong("certificate_key", "it is missing beside `certificate`"),
            (None, Some(_)) => return wrong("certificate", "it is missing beside `certificate_key`"),
            (None, None) if !self.listen.ip().is_loopback() && !self.behind_proxy => {
                return Err(ConfigError::Plain(self.listen));
            }
            _ => {}
        }
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if absolute(&self.keys).starts_with(absolute(&self.data)) {
            return wrong("keys", "they must not lie in the data folder");
        }
        Ok(self)
    }
}

fn read_sources(
    sources: &toml::Table,
    environment: &impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<SourceConfig>, String> {
    let mut read: Vec<SourceConfig> = Vec::new();
    for (name, table) in sources {
        let table = table.as_table().ok_or_else(|| format!("sources.{name}: a table is expected"))?;
        let source = SourceConfig::read(name, table, environment).map_err(|why| format!("sources.{name}.{why}"))?;
        // Two would end each other's people in turns.
        if let Some(other) = read.iter().find(|other| other.tenant == source.tenant) {
            return Err(format!("sources.{name}.tenant: {} is its source already", other.name));
        }
        read.push(source);
    }
    Ok(read)
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
        Config::read(path.as_deref(), told).map_err(|error| error.to_string())
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
        let cases: [(Option<&str>, Told<'_>, &str); 12] = [
            (Some("colour = 1"), &[], "colour: there is no such key"),
            (Some("connections = \"many\""), &[], "connections: a number"),
            (Some("data = []"), &[], "data: a path"),
            (Some("data = "), &[], "kapprum.toml: "),
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
        let missing = Config::read(Some(Path::new("/nowhere.toml")), |_| None).unwrap_err();
        assert!(missing.to_string().starts_with("/nowhere.toml: "), "{missing}");
    }
}
