//! What an import did, for the operator: counts per resource, and what could not be taken, by id and never by name.

use std::collections::BTreeMap;
use std::fmt;

use kapprum_domain::id::PersonId;
use kapprum_domain::time::Day;
use serde::Serialize;
use uuid::Uuid;

use super::Resource;

/// What one import did. Serialises to the JSON form, displays as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The day that counted as today.
    pub day: Day,
    /// Per resource.
    pub resources: BTreeMap<Resource, Counts>,
    /// What was not taken, in the source's order.
    pub problems: Vec<Problem>,
    /// People with a security mark: stored with an alias and without contact details (ruling i).
    pub protected: Vec<PersonId>,
}

/// What became of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows that the source gave.
    pub rows: usize,
    /// Taken for the first time.
    pub new: usize,
    /// Known and now different.
    pub changed: usize,
    /// Known and the same.
    pub unchanged: usize,
    /// Relations, places, posts, groups and units that ended here because they ended in the source.
    pub ended: usize,
    /// Of those, relations of guardians.
    #[serde(skip)]
    pub ended_relations: usize,
    /// Rows, or parts of them, that were refused; [`Report::problems`] has the reasons.
    pub refused: usize,
    /// Why nothing could be seen to end in this resource: it is missing, pages of it broke off, or rows were lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<String>,
}

/// One thing that was not taken as the source had it. Never holds a value from the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The resource.
    pub resource: Resource,
    /// The row, if it has an id that can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The field, with dots between levels.
    pub field: String,
    /// What is wrong with it.
    pub problem: &'static str,
    /// A row or a part of it was refused; else only the field was left out.
    pub refused: bool,
    /// What may have been said there was not ended.
    pub held: bool,
}

impl Counts {
    /// Adds what a chunk did.
    pub fn add(&mut self, other: &Self) {
        self.new += other.new;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.ended += other.ended;
        self.ended_relations += other.ended_relations;
    }
}

impl Report {
    /// Whether everybody came whole: then it is known who is protected and who has which right.
    pub fn knows_people(&self) -> bool {
        self.resources.get(&Resource::Persons).is_some_and(|counts| counts.incomplete.is_empty())
    }

    /// A report in which nothing has happened yet.
    pub fn new(day: Day) -> Self {
        Self { day, resources: BTreeMap::new(), problems: Vec::new(), protected: Vec::new() }
    }

    /// Whether nothing was written.
    pub fn is_unchanged(&self) -> bool {
        self.resources.values().all(|counts| counts.new + counts.changed + counts.ended == 0)
    }

    /// The counts of a resource, to add to.
    pub fn counts(&mut self, resource: Resource) -> &mut Counts {
        self.resources.entry(resource).or_default()
    }

    /// Notes a problem.
    pub fn problem(&mut self, problem: Problem) {
        if problem.refused {
            self.counts(problem.resource).refused += 1;
        }
        self.problems.push(problem);
    }
}

/// How many problems of one resource the text form shows; the JSON form has them all.
const SHOWN: usize = 20;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Import on {}", self.day)?;
        writeln!(
            f,
            "{:<14}{:>8}{:>8}{:>9}{:>11}{:>7}{:>9}",
            "", "rows", "new", "changed", "unchanged", "ended", "refused"
        )?;
        for (resource, counts) in &self.resources {
            let Counts { rows, new, changed, unchanged, ended, refused, .. } = counts;
            writeln!(f, "{resource:<14}{rows:>8}{new:>8}{changed:>9}{unchanged:>11}{ended:>7}{refused:>9}")?;
        }
        for (resource, counts) in &self.resources {
            for why in &counts.incomplete {
                writeln!(f, "! {resource}: {why}; nothing of it was ended")?;
            }
        }
        for resource in Resource::ALL {
            let mut of = self.problems.iter().filter(|problem| problem.resource == resource);
            for problem in of.by_ref().take(SHOWN) {
                writeln!(f, "- {problem}")?;
            }
            let rest = of.count();
            if rest > 0 {
                writeln!(f, "- {resource}: {rest} more of this kind in the JSON report")?;
            }
        }
        if !self.protected.is_empty() {
            writeln!(
                f,
                "{} with a security mark, stored with an alias and without contact details:",
                self.protected.len()
            )?;
            for person in &self.protected {
                writeln!(f, "- persons {person}")?;
            }
        }
        if self.is_unchanged() {
            writeln!(f, "Nothing was new: no record was written.")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.resource)?;
        match self.id {
            Some(id) => write!(f, " {id}")?,
            None => f.write_str(" (no id)")?,
        }
        write!(f, " {}: {}", self.field, self.problem)?;
        if self.refused {
            f.write_str(", refused")?;
        }
        if self.held { f.write_str("; nothing of it was ended") } else { Ok(()) }
    }
}
