//! Being told of news: where a source offers subscriptions, it calls a hook of ours. The hook believes nothing and reads
//! nothing: that somebody called is reason enough to ask the source itself.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kapprum_domain::id::TenantId;
use kapprum_domain::time::{DAY, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use super::api::Api;
use super::mirror::Mirror;
use super::trouble::Trouble;
use crate::keys::Keys;
use crate::store::Result;

/// The tenants whose sources have called.
#[derive(Debug, Default)]
pub struct Called(Mutex<BTreeSet<TenantId>>);

impl Called {
    /// A source called.
    pub fn call(&self, tenant: TenantId) {
        self.calls().insert(tenant);
    }

    /// Whether a tenant's source has called since it was last asked.
    pub(crate) fn has(&self, tenant: TenantId) -> bool {
        self.calls().contains(&tenant)
    }

    /// Its source is asked now: who calls from here on has other news.
    pub(super) fn answer(&self, tenant: TenantId) {
        self.calls().remove(&tenant);
    }

    fn calls(&self) -> MutexGuard<'_, BTreeSet<TenantId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What stands at the end of a hook's address, which a source alone is told.
pub(crate) fn code(keys: &Keys, tenant: TenantId) -> String {
    keys.hook_code(tenant.0.as_bytes())
}

/// The kinds of the standard whose news are ours.
const KINDS: [&str; 6] = ["Organisation", "Group", "Placement", "Duty", "Activity", "Person"];
const SUBSCRIBED_UNTIL: &str = "subscribed_until";
/// How long before its end a subscription is taken out anew, and after how long one that was refused.
const EARLY: i64 = 2 * DAY;

/// Sees to a subscription that lasts. One that was refused is asked for again after days, not at each run.
pub(super) fn subscribe(api: &mut Api, mirror: &Mirror, target: &str) -> Result<std::result::Result<(), Trouble>> {
    let now = api.now();
    if mirror.told(SUBSCRIBED_UNTIL)? > now.plus(EARLY).0 {
        return Ok(Ok(()));
    }
    let made = renew(api, target);
    let until = made.as_ref().map_or(now.plus(2 * EARLY), |until| *until);
    mirror.tell(SUBSCRIBED_UNTIL, until.0)?;
    Ok(made.map(drop))
}

/// Takes out a subscription in place of an earlier one; until when it lasts.
fn renew(api: &mut Api, target: &str) -> std::result::Result<Timestamp, Trouble> {
    let list = api.address("subscriptions", &[]);
    let read = &mut |answer: &mut super::wire::Answer<'_>| {
        serde_json::from_reader::<_, Value>(answer).map_err(|_| "is no JSON".to_owned())
    };
    let known = api.ask(&list, read)?;
    let ours = known.get("data").and_then(Value::as_array).into_iter().flatten();
    let ours = ours.filter(|one| one.get("target").and_then(Value::as_str) == Some(target));
    for id in ours.filter_map(|one| one.get("id")?.as_str()) {
        let one = api.address(&format!("subscriptions/{id}"), &[]);
        // It ends by itself, should this fail.
        let _ = api.ask_by(&Method::DELETE, &one, None, &mut |_| Ok(()));
    }
    let kinds: Vec<Value> = KINDS.iter().map(|kind| json!({ "resource": kind })).collect();
    let wish = json!({ "name": "Kapprum", "target": target, "resourceTypes": kinds });
    let made = api.ask_by(&Method::POST, &list, Some(&wish), read)?;
    let expires = made.get("expires").and_then(Value::as_str).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    // What the standard's best known profile gives.
    Ok(expires.map_or(api.now().plus(90 * DAY), |expires| Timestamp(expires.as_millisecond())))
}
