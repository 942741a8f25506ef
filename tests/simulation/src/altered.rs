//! Answers that are altered on their way, so that sums are wrong, once or twice.

use kapprum_protocol::frame::{Frame, Snap};

use crate::history::History;
use crate::properties;

impl History {
    /// A scope that is fetched again because its sum was wrong comes with a wrong sum once more; its rows are right.
    pub fn alter_again(&mut self, at: usize, lines: &mut [String]) {
        let Some(Ok(Frame::Snap(snap))) = lines.first().map(|line| Frame::read(line)) else { return };
        if self.devices[self.answers[at].device].altered.contains(&snap.scope) {
            let mut line = Vec::new();
            Frame::Snap(Snap { sum: snap.sum ^ 1, ..snap }).write(&mut line);
            lines[0] = String::from_utf8(line).unwrap().trim_end().to_owned();
        }
    }

    /// A line is altered on its way: a sum, a row that is missing, a row under another scope.
    pub fn alter(&mut self, at: usize, lines: &mut Vec<String>) {
        let index = self.answers[at].device;
        let is_row = |line: &String| line.starts_with('[');
        let is_sum = |line: &String| line.starts_with(r#"{"sum":"#);
        let snap = lines.first().is_some_and(|line| line.starts_with(r#"{"snap""#));
        let what = self.below(3);
        let others = properties::numbers(&self.devices[index]);
        let other = (1..).find(|number| !others.contains(number)).unwrap_or_default();
        let Some(place) = lines.iter().position(|line| if what == 0 && !snap { is_sum(line) } else { is_row(line) })
        else {
            return;
        };
        let Some(number) = scope_of(&lines[place]) else { return };
        if (what > 0 || snap) && self.devices[index].altered.contains(&number) {
            // A scope whose sum is wrong a second time is taken as it is: its rows had better be right.
            return;
        }
        match what {
            0 if !snap => lines[place] = format!(r#"{{"sum":[{number},1,2]}}"#),
            1 if !snap => lines[place] = lines[place].replacen(&format!("[{number},"), &format!("[{other},"), 1),
            _ => drop(lines.remove(place)),
        }
        self.devices[index].altered.insert(number);
        self.sometimes("altered on its way");
    }
}

fn scope_of(line: &str) -> Option<u32> {
    match Frame::read(line).ok()? {
        Frame::Row(row) => Some(row.scope),
        Frame::Sum(sum) => Some(sum.0),
        _ => None,
    }
}
