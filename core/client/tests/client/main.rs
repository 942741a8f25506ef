//! The phone's core as its surroundings meet it: clocks, keys, disks and servers that fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod accounts;
mod store;
mod sync;
mod world;
