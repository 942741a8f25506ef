//! What a source decides to answer.

use axum::http::request::Parts;
use axum::http::{Method, header};
use serde_json::{Value, json};

use super::answer::Decided;
use super::{CLIENT, Inside};

/// Filters of lists that change nothing here: all rows lie within every wide one.
const WIDE: [&str; 4] = ["startDate.onOrAfter", "startDate.onOrBefore", "endDate.onOrAfter", "endDate.onOrBefore"];

impl Inside {
    pub(super) fn decide(&mut self, parts: &Parts, body: &[u8]) -> Decided {
        let path = parts.uri.path();
        let query = pairs(parts.uri.query().unwrap_or_default());
        let end = path.rsplit('/').next().unwrap_or_default();
        let mishaps = self.mishaps.iter_mut().find(|(of, _)| **of == end).map(|(_, mishaps)| mishaps);
        if let Some(mishap) = mishaps.and_then(std::collections::VecDeque::pop_front) {
            return Decided::Mishap(mishap);
        }
        match &mut self.fails_after {
            Some((of, 0)) if *of == end => return Decided::Refusal(500, String::new()),
            Some((of, pages)) if *of == end => *pages -= 1,
            _ => {}
        }
        if path == "/token" {
            return self.token(parts, body);
        }
        if !self.lets_in(parts) {
            return Decided::Refusal(401, "UNAUTHORISED".to_owned());
        }
        let Some(name) = path.strip_prefix("/v2.0/") else { return Decided::Refusal(404, String::new()) };
        match (&parts.method, name) {
            (method, name) if name.starts_with("subscriptions") => self.subscription(method, name, body),
            (&Method::GET, "deletedEntities") => self.deleted_entities(&query),
            (&Method::GET, name) => self.list(name, &query),
            _ => Decided::Refusal(405, String::new()),
        }
    }

    fn token(&mut self, parts: &Parts, body: &[u8]) -> Decided {
        let form = pairs(&String::from_utf8_lossy(body));
        let told = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let by_header = parts.headers.get(header::AUTHORIZATION).is_some_and(|given| given == BASIC);
        let by_body = told("client_id") == Some(CLIENT.0) && told("client_secret") == Some(CLIENT.1);
        let known = if self.manners.secret_in_body { by_body } else { by_header || by_body };
        if told("grant_type") != Some("client_credentials") || !known {
            return Decided::Refusal(401, "invalid_client".to_owned());
        }
        self.tokens = (self.tokens.0 + 1, 0);
        // Some promise more than they keep.
        Decided::Json(json!({ "access_token": self.name_of_token(), "token_type": "Bearer", "expires_in": 3_600 }))
    }

    fn lets_in(&mut self, parts: &Parts) -> bool {
        let Some(lasts) = self.manners.token_lasts else { return true };
        let expected = format!("Bearer {}", self.name_of_token());
        let given = parts.headers.get(header::AUTHORIZATION);
        let given = given.is_some_and(|given| given.as_bytes() == expected.as_bytes());
        self.tokens.1 += usize::from(given);
        given && self.tokens.1 <= lasts
    }

    fn name_of_token(&self) -> String {
        format!("token-{}", self.tokens.0)
    }

    fn list(&self, name: &str, query: &[(String, String)]) -> Decided {
        let manners = &self.manners;
        let spelt = manners.spelt.iter().find(|(_, spelt)| **spelt == name).map(|(resource, _)| *resource);
        let misspelt = spelt.is_none() && manners.spelt.contains_key(name);
        let resource = spelt.or_else(|| self.rows.keys().copied().find(|known| *known == name));
        let Some(resource) = resource.filter(|_| !misspelt) else {
            return Decided::Refusal(404, "NOT_FOUND".to_owned());
        };
        if let Some(status) = manners.without.get(resource) {
            return Decided::Refusal(*status, String::new());
        }
        let explained = |text: String| Decided::Refusal(400, if manners.explains { text } else { "bad".to_owned() });
        let given = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let token = given("pageToken");
        for (name, _) in query {
            let known = match name.as_str() {
                "limit" => !manners.no_limit,
                "pageToken" => !manners.no_pages,
                "meta.modified.after" => manners.tells_modified && token.is_none(),
                wide => WIDE.contains(&wide) && token.is_none(),
            };
            if !known {
                return explained(format!("parameter {name} is not supported"));
            }
        }
        let demanded = manners.demands.get(resource).filter(|demanded| token.is_none() && given(demanded).is_none());
        if let Some(demanded) = demanded {
            return explained(format!("parameter {demanded} is required"));
        }
        // A page's token holds where it begins and the filters that were asked with.
        let (start, since) = match token.map(|token| token.split_once('~')) {
            None => (0, given("meta.modified.after").unwrap_or_default()),
            Some(Some((start, since))) => match start.parse::<usize>() {
                Ok(start) => (start, since),
                Err(_) => return explained("pageToken is not known".to_owned()),
            },
            Some(None) => return explained("pageToken is not known".to_owned()),
        };
        let modified = |row: &&Value| {
            let modified = row.pointer("/meta/modified").and_then(Value::as_str);
            since.is_empty() || modified.is_none_or(|modified| modified > since)
        };
        let rows: Vec<&Value> = self.rows.get(resource).into_iter().flatten().filter(modified).collect();
        if manners.no_pages {
            return Decided::Json(json!({ "data": rows }));
        }
        let page = given("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX).min(manners.page);
        let overlap = manners.overlap.min(start);
        let data: Vec<_> = rows.iter().skip(start - overlap).take(page + overlap).collect();
        let next = match start + page {
            next if next < rows.len() => Some(next),
            _ if manners.circle => Some(0),
            next if manners.endless => Some(next),
            _ => None,
        };
        Decided::Json(json!({ "data": data, "pageToken": next.map(|next| format!("{next}~{since}")) }))
    }

    fn subscription(&mut self, method: &Method, name: &str, body: &[u8]) -> Decided {
        let Some(subscriptions) = &mut self.subscriptions else { return Decided::Refusal(501, String::new()) };
        match *method {
            Method::GET => Decided::Json(json!({ "data": subscriptions, "pageToken": null })),
            Method::DELETE => {
                let id = name.trim_start_matches("subscriptions/");
                subscriptions.retain(|one| one.get("id").is_none_or(|known| known != id));
                Decided::Json(Value::Null)
            }
            _ => {
                let mut wish: serde_json::Map<String, Value> = serde_json::from_slice(body).expect("a wish");
                wish.insert("id".to_owned(), json!(format!("subscription-{}", subscriptions.len() + 1)));
                wish.insert("expires".to_owned(), json!("2027-02-22T06:00:00Z"));
                subscriptions.push(Value::Object(wish.clone()));
                Decided::Json(Value::Object(wish))
            }
        }
    }

    fn deleted_entities(&self, query: &[(String, String)]) -> Decided {
        if !self.manners.tells_deleted {
            return Decided::Refusal(501, String::new());
        }
        let after = query.iter().find(|(name, _)| name == "after").map(|(_, after)| after.as_str()).unwrap_or_default();
        let of = |resource: &str| query.iter().all(|(name, value)| name != "entities" || value == resource);
        let mut data = serde_json::Map::new();
        for (_, resource, id) in self.deleted.iter().filter(|(when, name, _)| when.as_str() > after && of(name)) {
            // As the standard's own text spells it.
            let name = if *resource == "activities" { "activitites" } else { resource };
            if let Some(list) = data.entry(name).or_insert_with(|| json!([])).as_array_mut() {
                list.push(id.clone());
            }
        }
        Decided::Json(json!({ "data": data, "pageToken": null }))
    }
}

/// [`CLIENT`] as a header says it.
const BASIC: &str = "Basic a2FwcHJ1bTpodXNoLWh1c2g=";

fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (plain(name), plain(value))
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

/// A part of a query without its escapes.
fn plain(text: &str) -> String {
    let mut plain = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => {
                let escaped: String = bytes.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&escaped, 16).expect("an escape")
            }
            other => other,
        });
    }
    String::from_utf8(plain).expect("a query in UTF-8")
}
