//! What a school day is: records, rights, rules and views.
//!
//! Pure: no I/O, no clock, no async, no SQL. The phone predicts with these functions and the server makes the same
//! ones true.

pub mod absence;
pub mod access;
pub mod actor;
pub mod attendance;
pub mod board;
pub mod care_schedule;
pub mod command;
pub mod consequences;
pub mod contact;
pub mod frame;
pub mod grant;
pub mod home;
pub mod id;
pub mod membership;
pub mod organisation;
pub mod outbox;
pub mod record;
pub mod refusal;
pub mod register;
pub mod report;
pub mod saying;
pub mod scope;
pub mod screen;
pub mod time;
pub mod world;

#[cfg(test)]
mod scopes_table;
#[cfg(test)]
mod small_world;
