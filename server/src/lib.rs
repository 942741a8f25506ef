//! The sync server: thin, one writer per tenant, the rules of the domain made true.

pub mod keys;
pub mod store;
pub mod sync;
pub mod writer;
