//! Peers of our own making that can do everything that real ones do wrong, and a link to them that is as bad as real links.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a fake that is wrong must fail loudly"
)]

pub mod link;
pub mod ss12000;
