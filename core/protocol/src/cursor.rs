//! Cursors: how far a phone has come. Opaque to it, checked by the server.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// One life of a tenant's store; drawn at random when it is made or restored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Epoch(pub u128);

/// The server's count of changes of one tenant.
pub type Seq = u64;

/// How far a phone has come in one epoch, and under which rights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The store's life.
    pub epoch: Epoch,
    /// Everything up to here is on the phone, in the scopes it has whole.
    pub seq: Seq,
    /// Hash of the rights that the phone last got.
    pub rights: u64,
}

const BYTES: usize = 16 + 8 + 8;
const CHECK: usize = 8;

impl Cursor {
    /// Reads a cursor; `None` for anything that was not written by [`fmt::Display`], a single flipped bit included.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, check) = bytes.split_at_checked(BYTES)?;
        if check != check_of(body) {
            return None;
        }
        let (epoch, rest) = body.split_first_chunk::<16>()?;
        let (seq, rest) = rest.split_first_chunk::<8>()?;
        let (rights, _) = rest.split_first_chunk::<8>()?;
        Some(Self {
            epoch: Epoch(u128::from_be_bytes(*epoch)),
            seq: u64::from_be_bytes(*seq),
            rights: u64::from_be_bytes(*rights),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(BYTES + CHECK);
        bytes.extend(self.epoch.0.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.rights.to_be_bytes());
        bytes.extend(check_of(&bytes));
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Guards against damage, not against its owner: a phone that forges its cursor harms only itself.
fn check_of(body: &[u8]) -> [u8; CHECK] {
    Sha256::digest(body).first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_with_any_flipped_bit_is_none() {
        let cursor = Cursor { epoch: Epoch(77), seq: 12, rights: u64::MAX };
        let text = cursor.to_string();
        assert_eq!(Cursor::read(&text), Some(cursor));
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut broken = bytes.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Cursor::read(&URL_SAFE_NO_PAD.encode(&broken)), None, "bit {bit}");
        }
        for wrong in ["", "å", text.get(1..).unwrap(), &format!("{text}A")] {
            assert_eq!(Cursor::read(wrong), None);
        }
    }
}
