//! Fetching: each resource's list, page by page, into our copy. Everything where it must be, else only what changed
//! since and what was deleted. Each page and the token of the next one come in together, so that a run that was cut goes
//! on where it stopped.

use std::collections::{BTreeMap, HashSet};
use std::io::BufReader;
use std::time::Duration;

use kapprum_domain::time::{DAY, HOUR, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::api::Api;
use super::asking::Asking;
use super::fields;
use super::mirror::{Listing, Mirror, Taken};
use super::trouble::Trouble;
use crate::config::SourceConfig;
use crate::import::Resource;
use crate::import::source::page;
use crate::store::Result;

/// What was fetched of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fetched {
    /// Everything was asked for, not only what changed.
    pub whole: bool,
    /// An earlier run's pages were gone on with.
    pub resumed: bool,
    /// Pages.
    pub pages: usize,
    /// Rows on them.
    pub rows: usize,
    /// Rows that were new or other than before.
    pub changed: usize,
    /// Rows that are in the source no more.
    pub gone: usize,
    /// Why not everything came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is fetched.
    pub resource: Resource,
    /// Pages so far.
    pub pages: usize,
    /// Rows so far.
    pub rows: usize,
    /// Rows that there were last time, if this comes to more than the rows so far.
    pub of: Option<usize>,
    /// The time left by the pace so far.
    pub left: Option<Duration>,
}

/// How far back it is asked for news once more: clocks and long transactions of a source differ by less.
const OVERLAP: i64 = HOUR;

/// One run's fetching.
pub(super) struct Fetch<'a> {
    pub(super) api: &'a mut Api,
    pub(super) mirror: &'a Mirror,
    pub(super) source: &'a SourceConfig,
    pub(super) progress: &'a mut dyn FnMut(Progress),
}

/// One list on its way.
struct List {
    resource: Resource,
    path: &'static str,
    listing: Listing,
    first: Asking,
    later: Option<Asking>,
    tokens: HashSet<String>,
    stale: u32,
    begun: Timestamp,
    fetched: Fetched,
}

impl Fetch<'_> {
    /// Fetches what there is.
    pub(super) fn all(&mut self) -> Result<BTreeMap<Resource, Fetched>> {
        let mut fetched = BTreeMap::new();
        let mut everywhere: Option<Trouble> = None;
        let mut tells_deleted = true;
        for resource in Resource::ALL {
            let one = match &everywhere {
                Some(trouble) => self.not_asked(resource, trouble)?,
                None => self.one(resource, &mut tells_deleted, &mut everywhere)?,
            };
            fetched.insert(resource, one);
        }
        Ok(fetched)
    }

    /// What met a source that can't be asked at all.
    fn not_asked(&self, resource: Resource, trouble: &Trouble) -> Result<Fetched> {
        let name = resource.to_string();
        let listing = Listing { trouble: Some(trouble.to_string()), ..self.mirror.listing(&name)? };
        self.mirror.note(&name, &listing)?;
        Ok(Fetched { trouble: listing.trouble, ..Fetched::default() })
    }

    fn one(
        &mut self,
        resource: Resource,
        tells_deleted: &mut bool,
        everywhere: &mut Option<Trouble>,
    ) -> Result<Fetched> {
        let known = self.mirror.listing(&resource.to_string())?;
        let now = self.api.now();
        // The source's clock may be ahead of ours.
        let resumed = known.token.is_some() && (known.began.0 - now.0).abs() < DAY;
        let overdue = now >= known.whole.plus(i64::from(self.source.whole_days) * DAY) || now < known.whole;
        let since = known.until.filter(|_| !overdue && *tells_deleted);
        let mut gone = 0;
        let since = match since.filter(|_| !resumed) {
            // Who does not tell what was deleted has to tell everything.
            Some(since) => match self.deleted(resource, since)? {
                Ok(found) => {
                    gone = found;
                    Some(since)
                }
                Err(trouble) if trouble.is_everywhere() => {
                    let fetched = self.not_asked(resource, &trouble);
                    *everywhere = Some(trouble);
                    return fetched;
                }
                Err(_) => {
                    *tells_deleted = false;
                    None
                }
            },
            None => None,
        };
        let mut list = List::new(resource, known, resumed, since, now, self.source.rows);
        list.fetched.gone = gone;
        let ended = self.pages(&mut list)?;
        if let Err(trouble) = ended {
            // Who does not have it, and never had, is not in trouble.
            let missing = matches!(trouble.status(), Some(404 | 405 | 501)) && self.mirror.count(resource)? == 0;
            list.listing.trouble = Some(trouble.to_string()).filter(|_| !missing);
            if !(trouble.passes() || trouble.is_everywhere()) {
                list.listing.token = None;
            }
            list.fetched.trouble = Some(if missing { "it does not have it".to_owned() } else { trouble.to_string() });
            everywhere.clone_from(&Some(trouble).filter(Trouble::is_everywhere));
        } else {
            if list.fetched.whole {
                list.fetched.gone += self.mirror.sweep(resource, list.listing.run)?;
                list.listing.whole = now;
            }
            list.listing.until = Some(list.listing.began.plus(-OVERLAP));
            (list.listing.token, list.listing.trouble) = (None, None);
        }
        self.mirror.note(&resource.to_string(), &list.listing)?;
        Ok(list.fetched)
    }

    /// Every page that is left.
    fn pages(&mut self, list: &mut List) -> Result<std::result::Result<(), Trouble>> {
        let before = self.mirror.count(list.resource)?;
        loop {
            let token = list.listing.token.clone();
            let taken = match self.page(list)? {
                Ok(taken) => taken,
                Err(trouble) if list.asks_otherwise(&trouble) => continue,
                Err(trouble) => return Ok(Err(trouble)),
            };
            list.fetched.pages += 1;
            list.fetched.rows += taken.rows;
            list.fetched.changed += taken.changed;
            self.tell(list, before);
            let Some(next) = &list.listing.token else { return Ok(Ok(())) };
            list.stale = if taken.fresh > 0 { 0 } else { list.stale + 1 };
            if token.as_ref() == Some(next) || !list.tokens.insert(next.clone()) || list.stale >= self.stale() {
                return Ok(Err(Trouble::Endless));
            }
        }
    }

    fn stale(&self) -> u32 {
        self.api.around.limits.stale
    }

    /// One page: it comes in whole, with the token of the next one, or not at all.
    fn page(&mut self, list: &mut List) -> Result<std::result::Result<Taken, Trouble>> {
        let token = list.listing.token.clone();
        let asking = if token.is_some() { list.later() } else { &list.first };
        let parameters = asking.parameters(token.as_deref());
        let url = self.api.address(list.path, &parameters);
        let (mirror, resource, now) = (self.mirror, list.resource, self.api.now());
        let name = resource.to_string();
        let answered = self.api.ask(&url, &mut |answer| {
            let (sent, since_row) = (answer.sent(), answer.since_row());
            let mut listing = list.listing.clone();
            if token.is_none() {
                listing.began = sent.unwrap_or(now);
            }
            let (mut taken, mut failed) = (Taken::default(), mirror.begin().err());
            let read = page(BufReader::new(answer), &mut |mut row| {
                since_row.set(0);
                fields::keep(resource, &mut row);
                if failed.is_none() {
                    failed = mirror.take(resource, listing.run, &row, now, &mut taken).err();
                }
            });
            let kept = match (&read, failed) {
                (_, Some(error)) => Err(error),
                (Err(_), None) => Ok(()),
                (Ok(next), None) => {
                    listing.token.clone_from(next);
                    mirror.note(&name, &listing).and_then(|()| mirror.keep())
                }
            };
            mirror.undo().map_err(|_| String::new())?;
            // What is wrong with the page is tried again; what is wrong with our file is not.
            match (kept, read) {
                (Err(error), _) => Ok(Err(error)),
                (Ok(()), Err(why)) => Err(why),
                (Ok(()), Ok(_)) => Ok(Ok((taken, listing))),
            }
        });
        match answered {
            Ok(Ok((taken, listing))) => {
                list.listing = listing;
                Ok(Ok(taken))
            }
            Ok(Err(error)) => Err(error),
            Err(trouble) => Ok(Err(trouble)),
        }
    }

    /// Lets go what the source says to have deleted since; how many rows.
    fn deleted(&mut self, resource: Resource, since: Timestamp) -> Result<std::result::Result<usize, Trouble>> {
        let mut asked = vec![("after", rfc3339(since)), ("entities", resource.to_string())];
        let (mut gone, mut tokens) = (0, HashSet::new());
        loop {
            let url = self.api.address("deletedEntities", &asked);
            let page: Value = match self.api.ask(&url, &mut |answer| {
                serde_json::from_reader(BufReader::new(answer)).map_err(|_| "is no JSON".to_owned())
            }) {
                Ok(page) => page,
                Err(trouble) => return Ok(Err(trouble)),
            };
            let Some(data) = page.get("data") else { return Ok(Err(Trouble::Page("is no list".to_owned()))) };
            for id in deleted_ids(data, resource) {
                gone += usize::from(self.mirror.remove(resource, id)?);
            }
            match page.get("pageToken").and_then(Value::as_str).filter(|token| !token.is_empty()) {
                None => return Ok(Ok(gone)),
                Some(token) if !tokens.insert(token.to_owned()) => return Ok(Err(Trouble::Endless)),
                Some(token) => asked = vec![("pageToken", token.to_owned())],
            }
        }
    }

    fn tell(&mut self, list: &List, before: usize) {
        let (pages, rows) = (list.fetched.pages, list.fetched.rows);
        let of = Some(before).filter(|before| list.fetched.whole && *before > rows);
        let spent = u64::try_from(self.api.now().0 - list.begun.0).unwrap_or(0);
        let left = of.zip(u64::try_from(rows).ok().filter(|rows| *rows > 0)).map(|(of, rows)| {
            let rest = u64::try_from(of).unwrap_or(0).saturating_sub(rows);
            Duration::from_millis(spent.saturating_mul(rest) / rows)
        });
        (self.progress)(Progress { resource: list.resource, pages, rows, of, left });
    }
}

impl List {
    fn new(
        resource: Resource,
        known: Listing,
        resumed: bool,
        since: Option<Timestamp>,
        now: Timestamp,
        rows: Option<u32>,
    ) -> Self {
        let listing = match resumed {
            true => known,
            false => Listing { run: known.run + 1, began: now, since, token: None, ..known },
        };
        let first = Asking { limit: rows, since: listing.since.map(rfc3339), filters: Vec::new() };
        let fetched = Fetched { whole: listing.since.is_none(), resumed, ..Fetched::default() };
        let path = resource.names().first().copied().unwrap_or_default();
        Self { resource, path, listing, first, later: None, tokens: HashSet::new(), stale: 0, begun: now, fetched }
    }

    fn later(&mut self) -> &Asking {
        self.later.get_or_insert_with(|| self.first.after_the_first())
    }

    /// Whether there is another way to ask for what was refused; it is taken.
    fn asks_otherwise(&mut self, trouble: &Trouble) -> bool {
        let Trouble::Status { status, text, .. } = trouble else { return false };
        let first = self.listing.token.is_none();
        match status {
            // The standard's own text misspells one.
            404 if first => match self.resource.names().iter().skip_while(|name| **name != self.path).nth(1) {
                Some(other) => {
                    self.path = other;
                    true
                }
                None => false,
            },
            400 | 422 if first && self.first.otherwise(&text.0, true) => true,
            400 | 422 if first && self.listing.since.is_some() => {
                // It can't say what changed: then everything.
                (self.listing.since, self.fetched.whole) = (None, true);
                self.first.since = None;
                true
            }
            400 | 422 if !first && self.later().clone().otherwise(&text.0, false) => {
                self.later.get_or_insert_default().otherwise(&text.0, false)
            }
            // It knows the token no more: from the start, once.
            400 | 404 | 410 | 422 if !first && self.fetched.resumed => {
                self.fetched.resumed = false;
                (self.listing.run, self.listing.token) = (self.listing.run + 1, None);
                self.tokens.clear();
                true
            }
            _ => false,
        }
    }
}

/// The ids of a resource in an answer, whatever way its name is spelt.
fn deleted_ids(data: &Value, resource: Resource) -> impl Iterator<Item = &Value> {
    let lists = data.as_array().map_or(std::slice::from_ref(data), Vec::as_slice).iter();
    let named = move |name: &str| resource.names().iter().any(|known| known.eq_ignore_ascii_case(name));
    let fields = lists.filter_map(Value::as_object).flatten().filter(move |(name, _)| named(name));
    let ids = fields.filter_map(|(_, ids)| ids.as_array()).flatten();
    ids.map(|id| id.get("id").unwrap_or(id))
}

/// A moment as the standard writes it.
pub(super) fn rfc3339(moment: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(moment.0).map(|moment| moment.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn deleted_ids_are_found_under_every_spelling() {
        let ids = |data: &Value, resource| deleted_ids(data, resource).cloned().collect::<Vec<_>>();
        let data = json!({"activitites": ["1"], "activities": [{"id": "2"}], "persons": ["3"], "groups": null});
        let mut found = ids(&data, Resource::Activities);
        found.sort_by_key(ToString::to_string);
        assert_eq!(found, ["1", "2"]);
        assert_eq!(ids(&json!([data]), Resource::Persons), ["3"]);
        assert!(ids(&data, Resource::Groups).is_empty());
    }

    #[test]
    fn moments_are_written_as_the_standard_says() {
        assert_eq!(rfc3339(Timestamp(1_795_500_000_000)), "2026-11-24T06:00:00Z");
    }
}
