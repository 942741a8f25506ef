//! The import over whole towns and the real store: what it makes, what it leaves, and what broken input does to it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

mod broken;
mod ends;
mod numbers;
mod protection;
mod refused;
mod sample;
mod whole;
mod world;
