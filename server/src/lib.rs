//! The sync server: thin, one writer per tenant, the rules of the domain made true.

pub mod audit;
pub mod backup;
pub mod clock;
pub mod config;
pub mod held;
pub mod http;
pub mod identity;
pub mod import;
pub mod keys;
pub mod log;
pub mod open;
pub mod pairing;
pub mod readiness;
pub mod sign_in;
pub mod store;
pub mod sync;
pub mod tenant;
pub mod waiters;
pub mod writer;
