//! Rows on their way from the wire to the store: one buffer for many, so that a row costs no allocation.

use kapprum_domain::id::RecordId;
use kapprum_protocol::cursor::Seq;
use kapprum_protocol::frame::{Gone, Row, ScopeNumber};

/// Rows and removals in the order in which they came.
#[derive(Debug, Default, Clone)]
pub struct Rows {
    text: String,
    rows: Vec<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    scope: ScopeNumber,
    id: RecordId,
    at: i64,
    seq: Seq,
    kind: usize,
    body: usize,
    end: usize,
}

/// A row or the removal of one.
#[derive(Debug, Clone, Copy)]
pub enum RowOrGone<'a> {
    /// A row.
    Row(Row<'a>),
    /// A removal: scope, kind, id, seq.
    Gone(ScopeNumber, &'a str, RecordId, Seq),
}

impl Rows {
    /// Keeps a row.
    pub fn push(&mut self, row: &Row<'_>) {
        let kind = self.text.len();
        self.text.push_str(row.kind);
        let body = self.text.len();
        self.text.push_str(row.body);
        let end = self.text.len();
        self.rows.push(Place { scope: row.scope, id: row.id, at: row.at, seq: row.seq, kind, body, end });
    }

    /// Keeps a removal.
    pub fn push_gone(&mut self, gone: &Gone<'_>) {
        let kind = self.text.len();
        self.text.push_str(gone.1);
        let body = self.text.len();
        self.rows.push(Place { scope: gone.0, id: gone.2, at: 0, seq: gone.3, kind, body, end: body });
    }

    /// Bytes of text kept.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows in order, without removals.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.iter().filter_map(|row| match row {
            RowOrGone::Row(row) => Some(row),
            RowOrGone::Gone(..) => None,
        })
    }

    /// All in order. A removal has no body: an empty text is no JSON.
    pub fn iter(&self) -> impl Iterator<Item = RowOrGone<'_>> {
        self.rows.iter().map(|place| {
            let kind = self.text.get(place.kind..place.body).unwrap_or_default();
            let body = self.text.get(place.body..place.end).unwrap_or_default();
            if body.is_empty() {
                RowOrGone::Gone(place.scope, kind, place.id, place.seq)
            } else {
                RowOrGone::Row(Row { scope: place.scope, kind, id: place.id, at: place.at, seq: place.seq, body })
            }
        })
    }
}
