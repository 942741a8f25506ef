//! A municipality connects its school system, and the system is as such systems are.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod damaged;
mod guard;
mod later;
mod mishaps;
mod world;
