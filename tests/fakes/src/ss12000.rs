//! A server of the standard SS 12000 that does what its [`Manners`] say, and once each what is in `mishaps`.
//!
//! Written from the contract, not from what our importer does: filters and limits that it was not told to have are
//! refused, tokens are checked, a page's token is taken alone or with `limit`.

mod answer;
mod query;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use serde_json::Value;
use tokio::task::JoinHandle;

/// How a source behaves always. Its default is what the standard asks for.
#[derive(Debug, Clone)]
pub struct Manners {
    /// Rows on a page at most.
    pub page: usize,
    /// Resources that it does not have, with the status that says so.
    pub without: BTreeMap<&'static str, u16>,
    /// Refuses `limit`.
    pub no_limit: bool,
    /// Gives everything in one answer.
    pub no_pages: bool,
    /// Filters without which it refuses a list, by resource.
    pub demands: BTreeMap<&'static str, &'static str>,
    /// Says in a refusal what it wanted.
    pub explains: bool,
    /// Knows `meta.modified.after`: else it is refused.
    pub tells_modified: bool,
    /// Has `/deletedEntities`.
    pub tells_deleted: bool,
    /// Each page has so many rows of the one before once more.
    pub overlap: usize,
    /// The last page's token asks for the first.
    pub circle: bool,
    /// Pages that have no end, each with a token of its own.
    pub endless: bool,
    /// Requests that a token is good for; none: no token is needed.
    pub token_lasts: Option<usize>,
    /// Takes the client's secret in the body only.
    pub secret_in_body: bool,
    /// A name for a list in place of the standard's.
    pub spelt: BTreeMap<&'static str, &'static str>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            page: 5,
            without: BTreeMap::new(),
            no_limit: false,
            no_pages: false,
            demands: BTreeMap::new(),
            explains: true,
            tells_modified: true,
            tells_deleted: true,
            overlap: 0,
            circle: false,
            endless: false,
            token_lasts: None,
            secret_in_body: false,
            spelt: BTreeMap::new(),
        }
    }
}

/// What goes wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// This status, and a wish to be left alone for so many seconds.
    Status(u16, Option<u64>),
    /// An answer that never begins.
    Hang,
    /// An answer that begins and never goes on.
    Stall,
    /// An answer that ends in the middle.
    Cut,
    /// Something that is no JSON.
    Garbage,
    /// JSON that is no page.
    Error200,
    /// One row without an end.
    Flood,
    /// The connection is closed.
    Closed,
}

/// A source that listens.
pub struct Source {
    /// Where.
    pub address: SocketAddr,
    state: Arc<Mutex<Inside>>,
    task: JoinHandle<()>,
}

/// What a source has and does.
pub struct Inside {
    /// Its rows by resource.
    pub rows: BTreeMap<&'static str, Vec<Value>>,
    /// What it deleted: when, resource, id.
    pub deleted: Vec<(String, &'static str, Value)>,
    /// How it behaves.
    pub manners: Manners,
    /// What goes wrong next, by the path's end; each once.
    pub mishaps: BTreeMap<&'static str, VecDeque<Mishap>>,
    /// A list that answers 500 after so many pages.
    pub fails_after: Option<(&'static str, usize)>,
    /// Who is told of news; none: it offers no subscriptions.
    pub subscriptions: Option<Vec<Value>>,
    /// What it was asked: method, path and query.
    pub asked: Vec<String>,
    /// What its `Date` says; none: no such header.
    pub date: Option<String>,
    /// Tokens given so far, and requests made with the last one.
    tokens: (usize, usize),
}

/// The client that a source with tokens knows, and its secret.
pub const CLIENT: (&str, &str) = ("kapprum", "hush-hush");

impl Source {
    /// A source with these rows, on a port of its own.
    pub async fn start(rows: impl IntoIterator<Item = (&'static str, Vec<Value>)>, manners: Manners) -> Self {
        let inside = Inside {
            rows: rows.into_iter().collect(),
            deleted: Vec::new(),
            manners,
            mishaps: BTreeMap::new(),
            fails_after: None,
            subscriptions: None,
            asked: Vec::new(),
            date: Some("Tue, 24 Nov 2026 06:00:00 GMT".to_owned()),
            tokens: (0, 0),
        };
        let state = Arc::new(Mutex::new(inside));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(any).with_state(state.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, state, task }
    }

    /// Where its resources lie.
    pub fn url(&self) -> String {
        format!("http://{}/v2.0", self.address)
    }

    /// Where its tokens are given.
    pub fn token_url(&self) -> String {
        format!("http://{}/token", self.address)
    }

    /// What it has and does, to be changed.
    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something goes wrong, so often, the next times that a path's end is asked for.
    pub fn mishap(&self, of: &'static str, mishap: Mishap, times: usize) {
        self.inside().mishaps.entry(of).or_default().extend(std::iter::repeat_n(mishap, times));
    }

    /// What it was asked since the last time of asking.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.inside().asked)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn any(State(state): State<Arc<Mutex<Inside>>>, request: Request) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let (decided, date) = {
        let mut inside = state.lock().unwrap_or_else(PoisonError::into_inner);
        inside.asked.push(format!("{} {}", parts.method, parts.uri));
        let decided = inside.decide(&parts, &body);
        (decided, inside.date.clone())
    };
    answer::give(decided, date).await
}
