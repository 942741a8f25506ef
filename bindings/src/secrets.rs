//! The key store of each platform: Keystore on Android, Keychain on iOS, plain files elsewhere.

use std::path::Path;
use std::sync::Arc;

use kapprum_client::error::Result;
use kapprum_client::key_store::KeyStore;

/// The platform's store. On Android its context must have been given before: `io.crates.keyring.Keyring` does so.
#[cfg(any(target_os = "android", target_os = "ios"))]
pub(crate) fn key_store(_home: &Path) -> Result<Arc<dyn KeyStore>> {
    Ok(Arc::new(keyring::Keyring::new(keyring::platform()?)))
}

/// For computers: plainly marked files beside the data. Never on a phone.
#[cfg(not(any(target_os = "android", target_os = "ios")))]
pub(crate) fn key_store(home: &Path) -> Result<Arc<dyn KeyStore>> {
    Ok(Arc::new(kapprum_client::key_store::PlainFileKeyStore::new(&home.join("keys"))?))
}

#[cfg(any(target_os = "android", target_os = "ios", test))]
mod keyring {
    use std::collections::HashMap;
    use std::sync::Arc;

    use kapprum_client::error::{Error, Result};
    use kapprum_client::key_store::{KeyStore, Secret};
    use keyring_core::api::CredentialStore;
    use keyring_core::{Entry, Error as Failure};

    /// The service under which secrets lie; a new number if their format ever changes.
    const SERVICE: &str = "se.kapprum.v1";

    /// The platform's key store by the names that the core uses.
    pub(super) struct Keyring {
        store: Arc<CredentialStore>,
    }

    impl Keyring {
        pub(super) fn new(store: Arc<CredentialStore>) -> Self {
            Self { store }
        }

        fn entry(&self, name: &str) -> Result<Entry> {
            // Background work in the morning reads the key before anybody has unlocked the phone that day; it never
            // leaves this device.
            let policy = HashMap::from([("access-policy", "after-first-unlock-this-device-only")]);
            let policy = cfg!(target_os = "ios").then_some(policy);
            self.store.build(SERVICE, name, policy.as_ref()).map_err(failed)
        }
    }

    impl KeyStore for Keyring {
        fn get(&self, name: &str) -> Result<Option<Secret>> {
            match self.entry(name)?.get_password() {
                Ok(secret) => Ok(Some(Secret::new(secret))),
                Err(Failure::NoEntry) => Ok(None),
                Err(error) => Err(failed(error)),
            }
        }

        fn set(&self, name: &str, secret: &Secret) -> Result<()> {
            self.entry(name)?.set_password(secret).map_err(failed)
        }

        fn delete(&self, name: &str) -> Result<()> {
            match self.entry(name)?.delete_credential() {
                Ok(()) | Err(Failure::NoEntry) => Ok(()),
                Err(error) => Err(failed(error)),
            }
        }
    }

    /// Names the kind of failure; what the platform says of it may hold anything.
    fn failed(error: Failure) -> Error {
        let kind = match error {
            Failure::NoStorageAccess(_) => "locked",
            Failure::PlatformFailure(_) => "the platform failed",
            Failure::BadEncoding(_) | Failure::BadDataFormat(..) | Failure::BadStoreFormat(_) => "damaged",
            Failure::NoDefaultStore | Failure::NotSupportedByStore(_) => "not there",
            _ => "refused",
        };
        Error::Key(kind.to_owned())
    }

    #[cfg(target_os = "android")]
    pub(super) fn platform() -> Result<Arc<CredentialStore>> {
        Ok(android_native_keyring_store::Store::new().map_err(failed)?)
    }

    #[cfg(target_os = "ios")]
    pub(super) fn platform() -> Result<Arc<CredentialStore>> {
        Ok(apple_native_keyring_store::protected::Store::new().map_err(failed)?)
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use keyring_core::mock;

        fn keyring() -> (Arc<mock::Store>, Keyring) {
            let store = mock::Store::new().unwrap();
            (store.clone(), Keyring::new(store))
        }

        fn text(secret: Result<Option<Secret>>) -> Option<String> {
            secret.unwrap().map(|secret| secret.to_string())
        }

        #[test]
        fn a_secret_is_kept_under_its_name_until_it_is_destroyed() {
            let (_, keyring) = keyring();
            assert_eq!(text(keyring.get("session-1")), None);
            keyring.set("session-1", &Secret::new("old".to_owned())).unwrap();
            keyring.set("session-1", &Secret::new("new".to_owned())).unwrap();
            assert_eq!(
                (text(keyring.get("session-1")), text(keyring.get("session-2"))),
                (Some("new".to_owned()), None)
            );
            keyring.delete("session-1").unwrap();
            keyring.delete("session-1").unwrap();
            assert_eq!(text(keyring.get("session-1")), None);
        }

        #[test]
        fn a_locked_store_is_an_error_and_not_an_absent_key() {
            let (_, keyring) = keyring();
            keyring.set("database-1", &Secret::new("key".to_owned())).unwrap();
            let locked = || Failure::NoStorageAccess("anna's phone".into());
            let fail = || {
                let entry = keyring.entry("database-1").unwrap();
                entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(locked());
            };
            fail();
            assert!(matches!(keyring.get("database-1"), Err(Error::Key(kind)) if kind == "locked"));
            fail();
            assert!(keyring.set("database-1", &Secret::new("other".to_owned())).is_err());
            fail();
            assert!(keyring.delete("database-1").is_err());
            assert_eq!(text(keyring.get("database-1")).as_deref(), Some("key"));
        }
    }
}
