//! Records: the smallest thing that syncs, and what changes them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::id::RecordId;
use crate::scope::Scope;

/// A record as stores and protocol know it: `body` is JSON that only the domain reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it lies, and so who may see it.
    pub scope: Scope,
    /// What it is, for example `absence`: lower case and `_`, at most 32 characters.
    pub kind: String,
    /// Unique within scope and kind.
    pub id: RecordId,
    /// The record's own key for ranges: mostly a [`crate::time::Day::number`], else 0.
    pub at: i64,
    /// JSON of the record's type.
    pub body: String,
}

/// A plain type that is the body of a record.
///
/// Scope, id and `at` follow from the body itself, so that a record can't be put in a wrong place.
pub trait Body: Serialize + DeserializeOwned {
    /// The record's kind.
    const KIND: &'static str;
    /// The scope in which this body lies.
    fn scope(&self) -> Scope;
    /// Its id within scope and kind.
    fn id(&self) -> RecordId;
    /// Its key for ranges.
    fn at(&self) -> i64 {
        0
    }

    /// The record with this body.
    fn record(&self) -> Record {
        Record {
            scope: self.scope(),
            kind: Self::KIND.to_owned(),
            id: self.id(),
            at: self.at(),
            body: serde_json::to_string(self).unwrap_or_default(),
        }
    }
}

/// What a command or an import does to the store.
///
/// A command sets: over a record that already says so it puts the same once more, and removes also what is not there. The
/// store writes nothing then, but knows which command said it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Write this record, whether it was there or not.
    Put(Record),
    /// The record is no more.
    Remove(Scope, String, RecordId),
}

impl Change {
    /// Writes this body.
    pub fn put(body: &impl Body) -> Self {
        Self::Put(body.record())
    }

    /// Removes this body's record.
    pub fn remove<T: Body>(body: &T) -> Self {
        Self::remove_at::<T>(body.scope(), body.id())
    }

    /// Removes the record of this kind there, if there is one.
    pub fn remove_at<T: Body>(scope: Scope, id: RecordId) -> Self {
        Self::Remove(scope, T::KIND.to_owned(), id)
    }

    /// The scope in which it happens.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Put(record) => record.scope,
            Self::Remove(scope, ..) => *scope,
        }
    }

    /// Kind and id of the record it touches.
    pub fn key(&self) -> (Scope, &str, RecordId) {
        match self {
            Self::Put(record) => (record.scope, &record.kind, record.id),
            Self::Remove(scope, kind, id) => (*scope, kind, *id),
        }
    }
}
