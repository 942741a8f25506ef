//! Asking a source: let in by a token, patient with what passes, never longer than the run may take.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use kapprum_domain::time::Timestamp;
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::runtime::Runtime;
use url::Url;
use zeroize::Zeroizing;

use super::trouble::{Quiet, Trouble};
use super::wire::{Answer, Limits, client};
use crate::clock::Clock;
use crate::config::{Entry, Secret, SourceConfig};

/// Lets time pass.
pub trait Wait: Send + Sync {
    /// Does nothing for a while; whether to go on then.
    fn wait(&self, pause: Duration) -> bool;

    /// Whether to go on without having waited.
    fn goes_on(&self) -> bool {
        true
    }
}

/// What a run brings along that tests do otherwise.
#[derive(Clone)]
pub struct Surroundings {
    /// Who answers for the run, in the audit log.
    pub by: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How it passes.
    pub wait: Arc<dyn Wait>,
    /// What a source may cost.
    pub limits: Limits,
}

/// The way to one source. Lives on a thread of its own: what it does blocks.
pub(super) struct Api {
    runtime: Runtime,
    client: Client,
    base: Url,
    entry: Entry,
    token: Option<Token>,
    /// The token's server takes the client's secret in the body only.
    in_body: bool,
    pub(super) around: Surroundings,
    until: Timestamp,
}

struct Token {
    text: Zeroizing<String>,
    until: Option<Timestamp>,
}

/// Waits that a source itself asks for, within one request.
const TOLD_WAITS: u32 = 30;
/// How long before its end a token counts as ended.
const EARLY: i64 = 30_000;

impl Api {
    pub(super) fn new(source: &SourceConfig, around: Surroundings) -> Result<Self, Trouble> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| Trouble::Unreachable)?;
        let client = client(&source.entry, &around.limits)?;
        let base = Url::parse(&source.url).ok().filter(|url| !url.cannot_be_a_base()).ok_or(Trouble::Address)?;
        let until = around.clock.now().plus(milliseconds(around.limits.run));
        let entry = source.entry.clone();
        Ok(Self { runtime, client, base, entry, token: None, in_body: false, around, until })
    }

    /// The address of a resource, with what is asked of it.
    pub(super) fn address(&self, resource: &str, asked: &[(&str, String)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(resource.split('/'));
        }
        if !asked.is_empty() {
            url.query_pairs_mut().extend_pairs(asked);
        }
        url
    }

    pub(super) fn now(&self) -> Timestamp {
        self.around.clock.now()
    }

    /// Asks until there is an answer that can be read or a trouble that stays. What was read of an answer that broke
    /// off must leave nothing behind: it is read again from its start.
    pub(super) fn ask<T>(
        &mut self,
        url: &Url,
        read: &mut dyn FnMut(&mut Answer<'_>) -> Result<T, String>,
    ) -> Result<T, Trouble> {
        self.ask_by(&Method::GET, url, None, read)
    }

    /// As [`Self::ask`], by another method.
    pub(super) fn ask_by<T>(
        &mut self,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
        read: &mut dyn FnMut(&mut Answer<'_>) -> Result<T, String>,
    ) -> Result<T, Trouble> {
        let (mut tries, mut told, mut renewed) = (0, 0, false);
        loop {
            if self.now() >= self.until {
                return Err(Trouble::Late);
            }
            if !self.around.wait.goes_on() {
                return Err(Trouble::Stopped);
            }
            let trouble = match self.once(method, url, body, read) {
                Ok(found) => return Ok(found),
                Err(trouble) => trouble,
            };
            if trouble.status() == Some(401) && self.entry.token_url.is_some() && !renewed {
                // Tokens end in mid-run, sometimes earlier than they said.
                (self.token, renewed) = (None, true);
                continue;
            }
            let pause = match &trouble {
                Trouble::Status { after: Some(after), .. } => {
                    told += 1;
                    Some(*after).filter(|after| *after <= self.around.limits.wait && told <= TOLD_WAITS)
                }
                passing if passing.passes() => {
                    tries += 1;
                    Some(Duration::from_secs(1 << tries.min(6))).filter(|_| tries < self.around.limits.tries)
                }
                _ => None,
            };
            let Some(pause) = pause else { return Err(trouble) };
            if self.now().plus(milliseconds(pause)) >= self.until {
                return Err(Trouble::Late);
            }
            tracing::debug!(%trouble, seconds = pause.as_secs(), "a source is asked again");
            if !self.around.wait.wait(pause) {
                return Err(Trouble::Stopped);
            }
        }
    }

    fn once<T>(
        &mut self,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
        read: &mut dyn FnMut(&mut Answer<'_>) -> Result<T, String>,
    ) -> Result<T, Trouble> {
        let mut request = self.client.request(method.clone(), url.clone()).header("accept", "application/json");
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        if self.entry.token_url.is_some() {
            self.renew()?;
            request = request.bearer_auth(self.token.as_ref().map_or("", |token| token.text.as_str()));
        } else if let Some(secret) = &self.entry.secret {
            request = request.bearer_auth(secret.expose());
        }
        let response = self.runtime.block_on(async { request.send().await }).map_err(|error| unsent(&error))?;
        let mut answer = Answer::new(&self.runtime, response, &self.around.limits);
        if !(200..300).contains(&answer.status()) {
            let (status, after) = (answer.status(), answer.retry_after(self.around.clock.now()));
            let after = after.filter(|_| matches!(status, 429 | 503));
            return Err(Trouble::Status { status, after, text: Quiet(answer.text(4_096)) });
        }
        read(&mut answer).map_err(|why| answer.failed().unwrap_or(Trouble::Page(why)))
    }

    /// Sees to a token that lasts for a request.
    fn renew(&mut self) -> Result<(), Trouble> {
        let now = self.now();
        if self.token.as_ref().is_some_and(|token| token.until.is_none_or(|until| now < until)) {
            return Ok(());
        }
        self.token = match self.token_by(self.in_body, now) {
            // The standard asks servers to take the secret as a header; some take it in the body only.
            Err(Trouble::NoToken(400 | 401)) if !self.in_body => {
                let token = self.token_by(true, now)?;
                self.in_body = true;
                Some(token)
            }
            answered => Some(answered?),
        };
        Ok(())
    }

    fn token_by(&self, in_body: bool, now: Timestamp) -> Result<Token, Trouble> {
        let url = self.entry.token_url.as_deref().and_then(|url| Url::parse(url).ok()).ok_or(Trouble::Address)?;
        let secret = self.entry.secret.as_ref().map_or("", Secret::expose);
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.extend_pairs(self.entry.scope.iter().map(|scope| ("scope", scope)));
        let mut request = self.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        if in_body || secret.is_empty() {
            // Without a secret our certificate tells who we are.
            form.append_pair("client_id", &self.entry.client);
            form.extend_pairs(Some(secret).filter(|secret| !secret.is_empty()).map(|secret| ("client_secret", secret)));
        } else {
            request = request.basic_auth(&self.entry.client, Some(secret));
        }
        let request = request.header("accept", "application/json").body(form.finish());
        let response = self.runtime.block_on(async { request.send().await }).map_err(|error| unsent(&error))?;
        let mut answer = Answer::new(&self.runtime, response, &self.around.limits);
        if answer.status() != 200 {
            return Err(Trouble::NoToken(answer.status()));
        }
        let mut text = Zeroizing::new(String::new());
        (&mut answer).take(65_536).read_to_string(&mut text).map_err(|_| Trouble::Cut)?;
        let told: Value = serde_json::from_str(&text).map_err(|_| Trouble::NoToken(200))?;
        let token = told.get("access_token").and_then(Value::as_str).ok_or(Trouble::NoToken(200))?;
        let seconds = told.get("expires_in").and_then(|lasts| lasts.as_i64().or_else(|| lasts.as_str()?.parse().ok()));
        // One that lasts shorter than we are early is still good for a request.
        let lasts = seconds.map(|seconds| (seconds.saturating_mul(1_000) - EARLY).max(1_000));
        Ok(Token { text: Zeroizing::new(token.to_owned()), until: lasts.map(|lasts| now.plus(lasts)) })
    }
}

fn unsent(error: &reqwest::Error) -> Trouble {
    if error.is_connect() { Trouble::Unreachable } else { Trouble::Cut }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
