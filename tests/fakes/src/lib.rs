//! Peers of our own making that can do everything that real ones do wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a fake that is wrong must fail loudly")]

pub mod ss12000;
