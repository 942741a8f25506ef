//! Import of school data by the Swedish standard SS 12000 (`domain.md` §3.3).
//!
//! [`source`] yields rows, [`mapping`] makes the domain's records of what is sound, [`apply`] writes what differs. One
//! bad row never fails the rest: it is reported by resource, id and field.

pub mod apply;
pub mod mapping;
pub mod report;
pub mod source;

use kapprum_domain::time::Timestamp;

pub use report::Report;
pub use source::Folder;

use crate::keys::Keys;
use crate::sign_in::SignIn;
use crate::store::{Result, Store};

/// Imports everything a source has. The same source twice writes nothing. `progress` hears what is under way.
pub fn run(
    source: &Folder,
    store: &dyn Store,
    sign_in: &SignIn,
    keys: &Keys,
    now: Timestamp,
    progress: &mut dyn FnMut(&str, usize),
) -> Result<Report> {
    let mut report = Report::default();
    let facts = mapping::read(source, now, &mut report);
    apply::apply(facts, store, sign_in, keys, now, &mut report, progress)?;
    Ok(report)
}
