//! The core as the shells have it, through UniFFI: one handle, feeds, and the core's own types, described.
//!
//! Nothing is decided here. Types are not made anew: `types` says the shape of the core's own, and a field or variant
//! that the core grows is a compile error until it is said here too. Every `async` function does its work on the core's
//! one runtime, whoever waits for it; shells pull snapshots, the core never calls them but for what only they know
//! ([`device::Device`]).
#![allow(
    unsafe_code,
    missing_docs,
    reason = "what UniFFI writes crosses a C border, and is documented where it comes from"
)]

pub mod device;
pub mod error;
pub mod feed;
pub mod kapprum;
mod secrets;
pub mod types;

uniffi::setup_scaffolding!("kapprum");
