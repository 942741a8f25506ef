//! Faults with real files, on either side: full and read-only disks, clocks that were set, a folder that was copied,
//! files that are damaged. Each has a defined outcome, and nothing that a person was told is saved is lost in silence.
//!
//! The tests print what they tried with its outcome; `--nocapture` shows it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests that print what they tried"
)]

mod clocks;
mod copied;
mod damaged_phone;
mod damaged_server;
mod disk;
mod full_phone;
mod full_server;
mod read_only;
