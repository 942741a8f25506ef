//! The phone's core: accounts, their encrypted stores, sync and feeds.
//!
//! [`kapprum::Kapprum`] is the one handle; [`feed::Feed`] the one way to see.

pub mod clock;
pub mod error;
pub mod feed;
pub mod kapprum;
pub mod key_store;
pub mod profile;
pub mod store;
pub mod sync;
