//! The sources that school data come from: a table `[sources.NAME]` each, secrets by the environment alone.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use kapprum_domain::id::TenantId;
use zeroize::Zeroizing;

/// A server of the standard SS 12000, and how to be let in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceConfig {
    /// Its name here.
    pub name: String,
    /// Whose data it has.
    pub tenant: TenantId,
    /// Where its resources lie: `https://sis.example.se/ss12000/v2.0`.
    pub url: String,
    /// How to be let in.
    pub entry: Entry,
    /// Minutes between two runs of the serving process; none: only by hand.
    pub every_minutes: Option<u32>,
    /// Days after which everything is asked for again, whatever the source says to have changed.
    pub whole_days: u32,
    /// Rows asked for on a page; none: as many as the source likes.
    pub rows: Option<u32>,
    /// Per cent of a resource that may end in one run without being asked for.
    pub ending_share: u8,
    /// Asks the source to tell of news, at this server's public address.
    pub subscribe: bool,
}

/// How a source lets us in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Where OAuth2's client credentials are turned into tokens.
    pub token_url: Option<String>,
    /// The client's name there.
    pub client: String,
    /// What is asked for there, if anything need be.
    pub scope: Option<String>,
    /// `KAPPRUM_SOURCE_NAME_SECRET`: the client's secret; without `token_url`, a token that stays.
    pub secret: Option<Secret>,
    /// Our certificate chain towards the source, PEM (mutual TLS).
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub certificate_key: Option<PathBuf>,
    /// The one root that the source's own certificate comes from, PEM; none: the public roots.
    pub root: Option<PathBuf>,
}

/// Something that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret of this text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the source alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl SourceConfig {
    /// A source that lets everybody in, with what holds where nothing else is said.
    pub fn new(name: &str, tenant: TenantId, url: &str) -> Self {
        Self {
            name: name.to_owned(),
            tenant,
            url: url.trim_end_matches('/').to_owned(),
            entry: Entry::default(),
            every_minutes: None,
            whole_days: 7,
            rows: Some(500),
            ending_share: 10,
            subscribe: false,
        }
    }

    /// Reads a table `[sources.NAME]`; `wrong` hears everything that is. None: it is of no use so.
    pub(super) fn read(
        name: &str,
        table: &toml::Table,
        environment: impl Fn(&str) -> Option<OsString>,
        wrong: &mut dyn FnMut(String),
    ) -> Option<Self> {
        let mut sound = true;
        let mut wrong = |why: String| {
            sound = false;
            wrong(why);
        };
        let plain = !name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        if !plain {
            wrong(": a source's name has letters, digits and _ only".to_owned());
        }
        let mut needed = |key: &str| {
            let text = table.get(key).and_then(toml::Value::as_str);
            if text.is_none() {
                wrong(format!("{key}: it is missing or no text"));
            }
            text
        };
        let (tenant, url) = (needed("tenant"), needed("url"));
        let read = tenant.and_then(|text| text.parse().ok());
        if tenant.is_some() && read.is_none() {
            wrong("tenant: the id of a tenant is expected".to_owned());
        }
        if let Some(Err(why)) = url.map(safe) {
            wrong(format!("url: {why}"));
        }
        let mut source = Self::new(name, read.unwrap_or(TenantId(uuid::Uuid::nil())), url.unwrap_or_default());
        for (key, value) in table {
            if let Err(why) = source.set(key, value) {
                wrong(format!("{key}: {why}"));
            }
        }
        let secret = environment(&secret_name(name));
        source.entry.secret = secret.and_then(|text| text.into_string().ok()).map(Secret::new);
        source.check(&mut wrong);
        sound.then_some(source)
    }

    fn set(&mut self, key: &str, value: &toml::Value) -> Result<(), &'static str> {
        let text = || value.as_str().filter(|text| !text.is_empty()).ok_or("a text is expected");
        let number = || {
            let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
            number.ok_or("a number is expected")
        };
        match key {
            "tenant" | "url" => {}
            "token_url" => {
                safe(text()?)?;
                self.entry.token_url = Some(text()?.to_owned());
            }
            "client" => text()?.clone_into(&mut self.entry.client),
            "scope" => self.entry.scope = Some(text()?.to_owned()),
            "secret" => return Err("it is given by the environment only"),
            "certificate" => self.entry.certificate = Some(text()?.into()),
            "certificate_key" => self.entry.certificate_key = Some(text()?.into()),
            "root" => self.entry.root = Some(text()?.into()),
            "every_minutes" => self.every_minutes = Some(number()?).filter(|minutes| *minutes > 0),
            "whole_days" => self.whole_days = number()?,
            "rows" => self.rows = Some(number()?).filter(|rows| *rows > 0),
            "ending_share" => {
                let share = u8::try_from(number()?).ok().filter(|share| *share <= 100);
                self.ending_share = share.ok_or("a number from 0 to 100 is expected")?;
            }
            "subscribe" => self.subscribe = value.as_bool().ok_or("true or false is expected")?,
            _ => return Err("there is no such key"),
        }
        Ok(())
    }

    fn check(&self, wrong: &mut dyn FnMut(String)) {
        let entry = &self.entry;
        if entry.certificate.is_some() != entry.certificate_key.is_some() {
            wrong("certificate: it and certificate_key come together".to_owned());
        }
        if entry.token_url.is_some() && entry.client.is_empty() {
            wrong("client: it is missing beside token_url".to_owned());
        }
        if entry.token_url.is_some() && entry.secret.is_none() && entry.certificate.is_none() {
            wrong(format!("{}: it is missing in the environment", secret_name(&self.name)));
        }
    }
}

/// Under which name a source's secret stands in the environment.
fn secret_name(source: &str) -> String {
    format!("KAPPRUM_SOURCE_{}_SECRET", source.to_uppercase())
}

/// People's data and secrets go by TLS, or not out of this machine.
///
/// # Errors
/// What is wrong with the address.
pub fn safe(url: &str) -> Result<(), &'static str> {
    let wrong = "an address is expected, such as https://sis.example.se/v2.0";
    let url = url::Url::parse(url).map_err(|_| wrong)?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("no name, password or query: what is secret comes by the environment");
    }
    let near = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" if url.host_str().is_some() => Ok(()),
        "http" if near => Ok(()),
        "http" => Err("it must begin with https://"),
        _ => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "tenant = \"7a000000-0000-4000-8000-000000000001\"\n";

    fn read(table: &str, secret: Option<&str>) -> Result<SourceConfig, String> {
        let mut wrong = Vec::new();
        let environment = |name: &str| {
            assert_eq!(name, "KAPPRUM_SOURCE_SIS_SECRET");
            secret.map(OsString::from)
        };
        let table = format!("{TENANT}{table}").parse().unwrap();
        let source = SourceConfig::read("sis", &table, environment, &mut |why| wrong.push(why));
        assert_eq!(source.is_none(), !wrong.is_empty());
        source.ok_or_else(|| wrong.join("; "))
    }

    #[test]
    fn a_source_is_read_with_its_secret_from_the_environment() {
        let table = "url = \"https://sis.example.se/v2.0/\"\ntoken_url = \"https://sis.example.se/token\"\n\
                     client = \"kapprum\"\nevery_minutes = 60\nrows = 0\nending_share = 20";
        let source = read(table, Some("hush")).unwrap();
        assert_eq!((source.url.as_str(), source.every_minutes), ("https://sis.example.se/v2.0", Some(60)));
        assert_eq!((source.rows, source.ending_share, source.whole_days), (None, 20, 7));
        assert_eq!(source.entry.secret.as_ref().map(Secret::expose), Some("hush"));
        assert!(!format!("{source:?}").contains("hush"));
    }

    #[test]
    fn what_is_wrong_with_a_source_is_told_with_its_key() {
        let url = "url = \"https://s.se\"\n";
        for (table, secret, why) in [
            ("", None, "url: it is missing"),
            ("url = \"http://s.se\"", None, "url: it must begin with https://"),
            ("url = \"s.se\"", None, "url: an address"),
            (&format!("{url}secret = \"x\""), None, "secret: it is given by the environment"),
            (&format!("{url}colour = 1"), None, "colour: there is no such key"),
            (&format!("{url}ending_share = 101"), None, "ending_share: a number from 0"),
            (&format!("{url}every_minutes = -1"), None, "every_minutes: a number"),
            (&format!("{url}certificate = \"a\""), None, "certificate: it and"),
            (&format!("{url}token_url = \"https://s.se/t\""), Some("x"), "client: it is missing"),
            (&format!("{url}client = \"k\"\ntoken_url = \"https://s.se/t\""), None, "KAPPRUM_SOURCE_SIS_SECRET"),
        ] {
            let told = read(table, secret).unwrap_err();
            assert!(told.contains(why), "{table}: {told}");
        }
        assert!(read("url = \"http://127.0.0.1:80/v2.0\"", None).is_ok());
    }
}
