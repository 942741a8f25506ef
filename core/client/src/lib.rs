//! The phone's core: accounts, their encrypted stores, sync and feeds.

pub mod clock;
pub mod error;
pub mod key_store;
pub mod store;
pub mod sync;
