//! Configuration by file and environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// How a server is set up. Every key can be given as `KAPPRUM_NAME` in the environment, which wins over the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder of all tenants' data.
    pub data: PathBuf,
    /// The folder of the keys; not in the data folder.
    pub keys: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
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
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("kapprum-data"),
            keys: PathBuf::from("kapprum-keys"),
            listen: SocketAddr::from(([127, 0, 0, 1], 7171)),
            public_url: "http://127.0.0.1:7171".to_owned(),
            behind_proxy: false,
            certificate: None,
            certificate_key: None,
            fresh_days: 30,
            fresh_protected_hours: 12,
            connections: 18_000,
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
    Value(String, String),
    /// Plain text to the world.
    #[error("listen = {0}: give `certificate` and `certificate_key`, or set `behind_proxy` if TLS is done in front")]
    Plain(SocketAddr),
}

impl Config {
    /// Reads the file, if one is given, and the environment.
    pub fn read(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut table = toml::Table::new();
        if let Some(path) = file {
            let problem = |why: String| ConfigError::File(path.to_owned(), why);
            let text = std::fs::read_to_string(path).map_err(|error| problem(error.kind().to_string()))?;
            table = text.parse().map_err(|error: toml::de::Error| problem(error.message().to_owned()))?;
        }
        for (name, value) in environment {
            if let Some(name) = name.strip_prefix("KAPPRUM_") {
                let value =
                    value.parse().map(toml::Value::Integer).or_else(|_| value.parse().map(toml::Value::Boolean));
                let text = std::env::var(format!("KAPPRUM_{name}")).unwrap_or_default();
                table.insert(name.to_lowercase(), value.unwrap_or(toml::Value::String(text)));
            }
        }
        let config: Self = table.try_into().map_err(|error: toml::de::Error| {
            ConfigError::Value("configuration".to_owned(), error.message().to_owned())
        })?;
        config.check()
    }

    /// Plain text only on loopback or behind a proxy.
    fn check(self) -> Result<Self, ConfigError> {
        let tls = self.certificate.is_some() && self.certificate_key.is_some();
        if !self.listen.ip().is_loopback() && !tls && !self.behind_proxy {
            return Err(ConfigError::Plain(self.listen));
        }
        if self.keys.starts_with(&self.data) {
            return Err(ConfigError::Value("keys".to_owned(), "must not lie in the data folder".to_owned()));
        }
        Ok(self)
    }
}
