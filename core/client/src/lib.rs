//! The phone's core: accounts, their encrypted stores, sync and feeds.

pub mod clock;
pub mod error;
pub mod store;
pub mod sync;
