//! Who is signed in, as what, in which language.

use kapprum_client::profile::{ProfileId, SignedIn};
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::id::{DeviceId, HolderId, TenantId};
use kapprum_words::Language;
use uuid::Uuid;

/// A language that all texts exist in.
#[uniffi::remote(Enum)]
pub enum Language {
    /// Swedish.
    Swedish,
    /// English.
    English,
    /// Arabic, the plain standard one, with Latin digits.
    Arabic,
}

/// The part in which a holder signed in; someone with several chooses one (rule 7).
#[uniffi::remote(Enum)]
pub enum Role {
    /// Guardian of children.
    Guardian,
    /// Student, also of age.
    Student,
    /// Staff of units and groups.
    Staff,
    /// A paired tablet of a department (ruling e).
    Tablet,
    /// A paired board in the hall (ruling u).
    Board,
}

/// One session family with one encrypted file on the device.
#[uniffi::remote(Record)]
pub struct Account {
    /// The municipality.
    pub tenant: TenantId,
    /// The person or paired device.
    pub holder: HolderId,
    /// As what.
    pub role: Role,
}

/// One signed-in account.
#[uniffi::remote(Record)]
pub struct SignedIn {
    /// Names its folder and its keys.
    pub id: Uuid,
    /// The account.
    pub account: Account,
    /// With which others it belongs together.
    pub profile: ProfileId,
    /// Its server.
    pub server: String,
    /// This device, as that server knows it.
    pub device: DeviceId,
}
