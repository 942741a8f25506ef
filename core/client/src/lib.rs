//! The phone's core: accounts, their encrypted stores, sync and feeds.
//!
//! [`kapprum::Kapprum`] is the one handle; [`feed::Feed`] the one way to see.

pub mod clock;
pub mod error;
pub mod feed;
pub mod kapprum;
pub mod key_store;
mod lifecycle;
pub mod profile;
mod seat;
mod sending;
pub mod store;
pub mod sync;
mod view;
