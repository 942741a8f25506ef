//! Sync from the phone's side (`protocol.md` §3, §5).
//!
//! [`machine`] is sans-IO: it turns answers, time and wishes into requests and [`apply::Step`]s. [`apply`] makes each
//! step one transaction of the store. [`driver`] runs both over a real network; the simulation runs the same two with
//! a scheduler of its own.

pub mod apply;
pub mod driver;
pub mod machine;
pub mod rows;
pub mod wire;
