//! Keys that never lie in a database.

use hmac::{Hmac, KeyInit, Mac};
use kapprum_domain::id::TenantId;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The server's keys. Not `Debug`.
#[derive(Clone)]
pub struct Keys {
    receipts: Zeroizing<[u8; 32]>,
    identities: Zeroizing<[u8; 32]>,
}

impl Keys {
    /// Keys of these bytes: for receipts, for identity numbers.
    pub fn new(receipts: [u8; 32], identities: [u8; 32]) -> Self {
        Self { receipts: Zeroizing::new(receipts), identities: Zeroizing::new(identities) }
    }

    /// The code that ties a receipt to this server, in base64url.
    pub fn receipt_code(&self, parts: &[&[u8]]) -> String {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(code(&self.receipts, parts))
    }

    /// Whether a receipt's code is this server's, told in constant time.
    pub(crate) fn is_receipt_code(&self, parts: &[&[u8]], told: &str) -> bool {
        is_code(&self.receipts, parts, told)
    }

    /// The code that ties a backup to this server, in base64url.
    pub(crate) fn backup_code(&self, text: &[u8]) -> String {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(code(&self.identities, &[b"backup", text]))
    }

    /// Whether a backup's code is this server's, told in constant time.
    pub(crate) fn is_backup_code(&self, text: &[u8], told: &str) -> bool {
        is_code(&self.identities, &[b"backup", text], told)
    }

    /// By which a tenant's source shows that it was told our hook's address, in base64url.
    pub(crate) fn hook_code(&self, tenant: &[u8]) -> String {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(code(&self.receipts, &[b"hook", tenant]))
    }

    /// By which an identity number is found again without being readable.
    pub fn identity_code(&self, number: &[u8]) -> [u8; 32] {
        code(&self.identities, &[b"find", number])
    }

    /// The code of a line in a tenant's audit log, after the line whose code is `before`.
    pub(crate) fn audit_code(&self, tenant: TenantId, before: &[u8], text: &[u8]) -> [u8; 32] {
        code(&self.identities, &[b"audit", tenant.0.as_bytes(), before, text])
    }

    /// Under which a tenant's copy of its source is sealed.
    pub(crate) fn mirror_key(&self) -> [u8; 32] {
        code(&self.identities, &[b"mirror"])
    }

    /// Under which identity numbers are sealed.
    pub(crate) fn identity_key(&self) -> &[u8; 32] {
        &self.identities
    }
}

fn code(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length.
    mac(key, parts).map_or([0; 32], |mac| mac.finalize().into_bytes().into())
}

fn is_code(key: &[u8; 32], parts: &[&[u8]], told: &str) -> bool {
    use base64::Engine;
    let told = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(told).unwrap_or_default();
    mac(key, parts).is_some_and(|mac| mac.verify_slice(&told).is_ok())
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(0).to_be_bytes());
        mac.update(part);
    }
    Some(mac)
}
