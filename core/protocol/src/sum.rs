//! The sum over a scope's live rows, by which phone and server compare what they hold.

use kapprum_domain::id::RecordId;
use sha2::{Digest, Sha256};

use crate::cursor::Seq;

/// Count and sum of a scope's live rows; the order of rows does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many rows.
    pub count: u64,
    /// Σ hash(kind, id, seq) mod 2⁶⁴.
    pub sum: u64,
}

impl Sum {
    /// Counts one row.
    pub fn add(&mut self, kind: &str, id: RecordId, seq: Seq) {
        self.count += 1;
        let hash = Sha256::new().chain_update(kind).chain_update(id.0.as_bytes()).chain_update(seq.to_be_bytes());
        let short = hash.finalize().first_chunk().copied().unwrap_or_default();
        self.sum = self.sum.wrapping_add(u64::from_be_bytes(short));
    }
}
