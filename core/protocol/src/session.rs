//! The first session: an invitation becomes a device with a bearer. Proof of possession replaces the bearer later.

use kapprum_domain::actor::Account;
use kapprum_domain::id::DeviceId;
use serde::{Deserialize, Serialize};

/// Body of `POST /v1/activate`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activate {
    /// The invitation's single-use token.
    pub token: String,
}

/// Its answer. Not `Debug`: the bearer is a secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct Activated {
    /// The device as the server knows it.
    pub device: DeviceId,
    /// Whose account it is signed in to.
    pub account: Account,
    /// 256 random bits, base64url: the session, told only here.
    pub bearer: String,
}
