//! What an import did, for people and machines. Never a name or a number of anybody.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// What an import did.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Report {
    /// By kind of record.
    pub records: BTreeMap<&'static str, Counts>,
    /// Rows and fields that could not be taken as they were.
    pub problems: Vec<Problem>,
    /// Resources that the source does not have: what they brought before stays as it was.
    pub missing: Vec<&'static str>,
    /// People with a security mark: alias, and no way to find them, until a principal decides (ruling i).
    pub protected: Vec<String>,
}

/// What became of the records of a kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Not there before.
    pub new: u64,
    /// Other than before.
    pub changed: u64,
    /// As before.
    pub unchanged: u64,
    /// Ended, for the source has it no more.
    pub ended: u64,
}

/// Something that could not be taken as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The resource.
    pub resource: String,
    /// The row's id, if it has one.
    pub id: String,
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub problem: &'static str,
    /// The whole row was left out.
    pub refused: bool,
}

impl Report {
    /// Notes a row that is left out.
    pub(crate) fn refuse(&mut self, resource: &str, id: &str, field: &str, problem: &'static str) {
        self.note(resource, id, field, problem, true);
    }

    /// Notes a field that is left out.
    pub(crate) fn skip(&mut self, resource: &str, id: &str, field: &str, problem: &'static str) {
        self.note(resource, id, field, problem, false);
    }

    fn note(&mut self, resource: &str, id: &str, field: &str, problem: &'static str, refused: bool) {
        let (resource, id, field) = (resource.to_owned(), id.to_owned(), field.to_owned());
        self.problems.push(Problem { resource, id, field, problem, refused });
    }

    /// Whether nothing was written.
    pub fn is_unchanged(&self) -> bool {
        self.records.values().all(|counts| counts.new + counts.changed + counts.ended == 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<12} {:>8} {:>8} {:>10} {:>8}", "", "new", "changed", "unchanged", "ended")?;
        for (kind, Counts { new, changed, unchanged, ended }) in &self.records {
            writeln!(f, "{kind:<12} {new:>8} {changed:>8} {unchanged:>10} {ended:>8}")?;
        }
        for resource in &self.missing {
            writeln!(f, "the source has no `{resource}`: what is stored of it stays")?;
        }
        if !self.protected.is_empty() {
            writeln!(
                f,
                "{} people have a security mark: shown by alias only, until a principal decides",
                self.protected.len()
            )?;
        }
        for Problem { resource, id, field, problem, refused } in &self.problems {
            let what = if *refused { "row left out" } else { "field left out" };
            writeln!(f, "{resource} {id}: {field}: {problem} ({what})")?;
        }
        Ok(())
    }
}
