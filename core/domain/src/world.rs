//! The two worlds: [`World`] answers everything, for rules; [`Seen`] answers what its actor holds, for views.
//!
//! A view is written against [`Seen`] and so can't leak; only [`crate::access`] makes one.

use std::ops::RangeInclusive;

use crate::access::Rights;
use crate::actor::Actor;
use crate::care_schedule::reach;
use crate::id::{ChildId, RecordId};
use crate::record::Body;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::time::Timestamp;

/// Where records come from: a store's transaction, or record ⊕ overlay on a phone.
pub trait Source {
    /// The body of one record.
    fn get(&self, scope: &Scope, kind: &'static str, id: RecordId) -> Result<Option<String>, Unread>;

    /// Visits the bodies of a kind in a set of scopes whose `at` lies in the range, in any order; one statement for all.
    fn scan(
        &self,
        kind: &'static str,
        scopes: &[Scope],
        range: RangeInclusive<i64>,
        visit: &mut dyn FnMut(&str),
    ) -> Result<(), Unread>;

    /// The ids of records that unanswered commands made or changed; none on a server.
    fn pending(&self, _kind: &'static str, _scopes: &[Scope]) -> Result<Vec<RecordId>, Unread> {
        Ok(Vec::new())
    }

    /// Told of a body that this build can't read. It is kept, skipped and counted.
    fn unreadable(&self, _kind: &'static str) {}
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The scope is not here: not held, or not whole yet.
    #[error("scope is not held")]
    NotHeld(Scope),
    /// The store failed; trying again may help.
    #[error("the store could not be read: {0}")]
    Broken(String),
}

/// Why a command has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecided {
    /// A rule says no.
    Refused(Refusal),
    /// On a phone: send it, predict nothing.
    NotHeld(Scope),
    /// The store failed.
    Broken(String),
}

impl From<Refusal> for Undecided {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Unread> for Undecided {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::NotHeld(scope) => Self::NotHeld(scope),
            Unread::Broken(why) => Self::Broken(why),
        }
    }
}

/// Nothing, where it is still on its way.
pub(crate) fn arrived<T>(found: Result<T, Unread>) -> Result<Option<T>, Unread> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Unread::NotHeld(_)) => Ok(None),
        Err(broken) => Err(broken),
    }
}

/// Everything there is, for `decide` and `consequences`.
#[derive(Clone, Copy)]
pub struct World<'a> {
    source: &'a dyn Source,
}

impl<'a> World<'a> {
    /// The world of a source.
    pub fn new(source: &'a dyn Source) -> Self {
        Self { source }
    }

    /// One record, if it is there and this build can read it.
    pub fn get<T: Body>(&self, scope: Scope, id: RecordId) -> Result<Option<T>, Unread> {
        let body = self.source.get(&scope, T::KIND, id)?;
        Ok(body.and_then(|body| read(self.source, &body)))
    }

    /// All records of a kind in these scopes, ordered by `at` and id.
    pub fn scan<T: Body>(&self, scopes: &[Scope], range: RangeInclusive<i64>) -> Result<Vec<T>, Unread> {
        let mut found: Vec<T> = Vec::new();
        self.source.scan(T::KIND, scopes, range, &mut |body| found.extend(read(self.source, body)))?;
        found.sort_by_cached_key(|body| (body.at(), body.id()));
        Ok(found)
    }

    /// All records of a kind in one scope, whatever their `at`.
    pub fn all<T: Body>(&self, scope: Scope) -> Result<Vec<T>, Unread> {
        self.scan(&[scope], i64::MIN..=i64::MAX)
    }

    /// What an actor with these rights sees of it.
    pub fn seen<'b>(&'b self, actor: &'b Actor, rights: &'b Rights) -> Seen<'b> {
        Seen { world: World { source: self.source }, actor, rights }
    }
}

fn read<T: Body>(source: &dyn Source, body: &str) -> Option<T> {
    let parsed = serde_json::from_str(body);
    if parsed.is_err() {
        source.unreadable(T::KIND);
    }
    parsed.ok()
}

/// What one actor holds, for views and previews.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    world: World<'a>,
    actor: &'a Actor,
    rights: &'a Rights,
}

impl<'a> Seen<'a> {
    /// Who looks.
    pub fn actor(&self) -> &'a Actor {
        self.actor
    }

    /// What the actor holds.
    pub fn rights(&self) -> &'a Rights {
        self.rights
    }

    /// Whether the actor holds this scope.
    pub fn holds(&self, scope: Scope) -> bool {
        self.rights.holds(scope)
    }

    /// See [`World::get`]; a scope that is not held is [`Unread::NotHeld`].
    pub fn get<T: Body>(&self, scope: Scope, id: RecordId) -> Result<Option<T>, Unread> {
        self.check(&[scope])?;
        self.world.get(scope, id)
    }

    /// See [`World::scan`]; a scope that is not held is [`Unread::NotHeld`].
    pub fn scan<T: Body>(&self, scopes: &[Scope], range: RangeInclusive<i64>) -> Result<Vec<T>, Unread> {
        self.check(scopes)?;
        self.world.scan(scopes, range)
    }

    /// See [`World::all`]; a scope that is not held is [`Unread::NotHeld`].
    pub fn all<T: Body>(&self, scope: Scope) -> Result<Vec<T>, Unread> {
        self.scan(&[scope], i64::MIN..=i64::MAX)
    }

    /// The ids of records of a kind that are not received yet: they show as waiting.
    pub fn pending(&self, kind: &'static str, scopes: &[Scope]) -> Result<Vec<RecordId>, Unread> {
        self.check(scopes)?;
        self.world.source.pending(kind, scopes)
    }

    /// Whether this student has come of age (ruling b).
    pub fn of_age(&self, now: Timestamp) -> Result<bool, Unread> {
        crate::access::of_age(self.actor, now, &self.world)
    }

    /// Whether the actor decides about the child's absence, and does not only read of it.
    pub fn decides_absence(&self, child: ChildId, now: Timestamp) -> Result<bool, Unread> {
        reach::absence(self.actor, self.rights, &self.world, child, now.day())
    }

    fn check(&self, scopes: &[Scope]) -> Result<(), Unread> {
        match scopes.iter().find(|scope| !self.rights.holds(**scope)) {
            Some(scope) => Err(Unread::NotHeld(*scope)),
            None => Ok(()),
        }
    }
}
