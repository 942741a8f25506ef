//! Whether what was told, what is shown and what was done agree: nothing lost, nothing doubled, nothing that nobody sent.

use std::collections::{BTreeMap, BTreeSet};

use kapprum_domain::attendance::{AtPlacement, AttendanceEvent, Direction};
use kapprum_domain::command::Command;
use kapprum_domain::id::{CommandId, RecordId};
use kapprum_domain::outbox::Mark;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use serde_json::{Value, json};

use crate::device::reported;
use crate::evidence::{Answered, Evidence, Written};
use crate::journal::Journal;

/// A device's journal with what its outbox shows, oldest first.
pub(crate) struct Told<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) outbox: &'a [(CommandId, Mark)],
}

/// What is wrong, a line each.
pub(crate) fn wrong(told: &[Told<'_>], evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    let mut receipts: BTreeMap<CommandId, &Answered> = BTreeMap::new();
    for receipt in &evidence.receipts {
        let account = |told: &Told<'_>| told.journal.account == receipt.account;
        if receipts.insert(receipt.id, receipt).is_some() {
            found.push(format!("{} has two receipts", receipt.id));
        }
        if !told.iter().any(|told| account(told) && told.outbox.iter().any(|(id, _)| *id == receipt.id)) {
            found.push(format!("{} was answered, and no device has it", receipt.id));
        }
    }
    told.iter().for_each(|told| outcomes(told, &receipts, &mut found));
    Effects::new(told, evidence, receipts).look(&mut found);
    found
}

/// Every command has one outcome, the same on both sides.
fn outcomes(told: &Told<'_>, receipts: &BTreeMap<CommandId, &Answered>, found: &mut Vec<String>) {
    let Told { journal, outbox } = told;
    let shown: BTreeMap<CommandId, Mark> = outbox.iter().copied().collect();
    if shown.len() < outbox.len() {
        found.push(format!("{}: a command is shown twice", journal.account));
    }
    let saved: BTreeSet<CommandId> = journal.given.iter().filter_map(|given| given.saved).collect();
    found.extend(
        saved.iter().filter(|id| !shown.contains_key(id)).map(|id| format!("{id} was told to be saved and is LOST")),
    );
    let unknown = shown.keys().filter(|id| !saved.contains(id)).count();
    if unknown > journal.in_doubt() {
        let most = journal.in_doubt();
        found.push(format!("{}: {unknown} commands of which nobody was told; at most {most} can be", journal.account));
    }
    let settled = |receipt: &Answered| journal.restored && receipt.outcome == Mark::Withdrawn;
    let yielded = |receipt: &&Answered| receipt.superseded || settled(receipt);
    for (id, mark) in &shown {
        match receipts.get(id) {
            _ if *mark == Mark::Waiting => found.push(format!("{id} has no outcome")),
            None => found.push(format!("{id} is shown as {mark:?}, and the server has no receipt")),
            // What was refused before a backup was restored stays refused; this time its id was only settled.
            Some(receipt) if settled(receipt) && *mark == Mark::Refused => {}
            Some(receipt) if receipt.outcome != *mark => {
                found.push(format!("{id} is shown as {mark:?}, and the receipt says {:?}", receipt.outcome));
            }
            Some(_) => {}
        }
        let taken_back = journal.taken_back.contains(id);
        let for_a_reason = match mark {
            Mark::Withdrawn => taken_back || journal.loses_rights,
            // After a restored backup an older command yields to a newer one of the same record.
            Mark::Refused => journal.loses_rights || receipts.get(id).is_some_and(yielded),
            Mark::Done | Mark::Waiting => true,
        };
        if !for_a_reason {
            found.push(format!("{id} is shown as {mark:?} for no reason"));
        }
    }
}

/// What was done has its effect in the records exactly once, and nothing else has any.
struct Effects<'a> {
    evidence: &'a Evidence,
    receipts: BTreeMap<CommandId, &'a Answered>,
    known: BTreeMap<CommandId, &'a Command>,
    /// By account: what may have been saved without its being told.
    in_doubt: BTreeMap<&'a str, Vec<&'a Command>>,
}

type Key = (String, &'static str, RecordId);

impl<'a> Effects<'a> {
    fn new(told: &[Told<'a>], evidence: &'a Evidence, receipts: BTreeMap<CommandId, &'a Answered>) -> Self {
        let (mut known, mut in_doubt) = (BTreeMap::new(), BTreeMap::<&str, Vec<&Command>>::new());
        for Told { journal, .. } in told {
            for given in &journal.given {
                match given.saved {
                    Some(id) => drop(known.insert(id, &given.command)),
                    None => in_doubt.entry(&journal.account).or_default().push(&given.command),
                }
            }
        }
        Self { evidence, receipts, known, in_doubt }
    }

    fn look(mut self, found: &mut Vec<String>) {
        let evidence = self.evidence;
        let mut live: BTreeMap<(&str, &str, RecordId), &Written> = BTreeMap::new();
        for record in &evidence.records {
            found.extend(self.unaccounted(record));
            if record.body.is_some() {
                live.insert((&record.scope, &record.kind, record.id), record);
            }
        }
        let mut last: BTreeMap<Key, (u64, CommandId)> = BTreeMap::new();
        let withdrawn: BTreeSet<RecordId> = self.done().filter_map(|(_, command, _)| withdraws(command)).collect();
        let perhaps: BTreeSet<RecordId> =
            self.in_doubt.values().flatten().filter_map(|command| withdraws(command)).collect();
        for (id, command, receipt) in self.done() {
            let there = |(scope, kind, id): Key| live.contains_key(&(scope.as_str(), kind, id));
            match command {
                Command::ReportAbsence { child, days } => {
                    let absence = reported(id, *child, *days);
                    let is_there = there((Scope::Absence(*child).to_string(), "absence", absence));
                    match withdrawn.contains(&absence) {
                        true if is_there => found.push(format!("{id} was withdrawn and is there")),
                        false if !is_there && !perhaps.contains(&absence) => {
                            found.push(format!("{id} is done and has no effect: an absence"));
                        }
                        _ => {}
                    }
                }
                Command::CheckIn(at) => found.extend(self.unchecked(id, receipt, *at, Direction::In)),
                Command::CheckOut(at) => found.extend(self.unchecked(id, receipt, *at, Direction::Out)),
                _ => {
                    if let Some(key) = state(command) {
                        let latest = last.entry(key).or_insert((receipt.seq, id));
                        *latest = (*latest).max((receipt.seq, id));
                    }
                }
            }
        }
        for ((scope, kind, record), (seq, id)) in last {
            let command = live.get(&(scope.as_str(), kind, record)).and_then(|record| record.command);
            let later =
                command.and_then(|command| self.receipts.get(&command)).is_some_and(|receipt| receipt.seq > seq);
            if command != Some(id) && !later {
                found.push(format!("{id} was the last to set {kind} in {scope}, and {command:?} stands there"));
            }
        }
    }

    fn done(&self) -> impl Iterator<Item = (CommandId, &'a Command, &'a Answered)> {
        self.known.iter().filter_map(|(id, command)| {
            let receipt = self.receipts.get(id).filter(|receipt| receipt.outcome == Mark::Done)?;
            Some((*id, *command, *receipt))
        })
    }

    /// Why a record should not be there as it is: nobody sent it, or something else was sent.
    fn unaccounted(&mut self, record: &Written) -> Option<String> {
        let Written { scope, kind, id, .. } = record;
        let told = |why: String| Some(format!("{kind} {id} in {scope}: {why}"));
        let (command, receipt) = match record.command {
            None if matches!(kind.as_str(), "absence" | "day_change" | "attendance_event") => {
                return told("nobody sent it".to_owned());
            }
            None => return None,
            Some(command) => (command, self.receipts.get(&command)),
        };
        let Some(receipt) = receipt.filter(|receipt| receipt.outcome == Mark::Done) else {
            return told(format!("written by {command}, which was not done"));
        };
        if record.seq > receipt.seq {
            return told(format!("written by {command} once more, after its receipt"));
        }
        let body = record.body.as_ref()?;
        if !matches!(kind.as_str(), "absence" | "day_change" | "attendance_event" | "contact") {
            // What follows from others.
            return None;
        }
        let makes = |one: &Command| makes(command, one, record, body);
        let accounted = match self.known.get(&command) {
            Some(known) => makes(known),
            // Not told: one of those in doubt, each of which was done once at most.
            None => {
                let in_doubt = self.in_doubt.get_mut(receipt.account.as_str())?;
                let at = in_doubt.iter().position(|one| makes(one));
                at.map(|at| in_doubt.remove(at)).is_some()
            }
        };
        if accounted { None } else { told(format!("{command} did not ask for this")) }
    }

    /// Why a check that is done should have made an event, if it made none: the child was not where it said.
    fn unchecked(&self, id: CommandId, receipt: &Answered, at: AtPlacement, direction: Direction) -> Option<String> {
        let asked = Timestamp(i64::try_from(id.0.as_u128() >> 80).unwrap_or(i64::MAX)).min(receipt.received);
        let scope = Scope::Placement(at.placement).to_string();
        let there =
            |record: &&Written| record.kind == "attendance_event" && record.scope == scope && record.body.is_some();
        let mut before = Vec::new();
        for record in self.evidence.records.iter().filter(there) {
            let event: AttendanceEvent = serde_json::from_value(record.body.clone()?).ok()?;
            if record.command == Some(id) {
                return None;
            }
            if event.time.day() == asked.day() && event.time <= asked && record.seq <= receipt.seq {
                before.push((event.time, event.event, event.direction));
            }
        }
        let stood = before.into_iter().max_by_key(|(time, event, _)| (*time, *event)).map(|(.., direction)| direction);
        (stood != Some(direction)).then(|| format!("{id} is done and has no effect: a check"))
    }
}

/// The absence that a command withdraws.
fn withdraws(command: &Command) -> Option<RecordId> {
    match command {
        Command::WithdrawAbsence { absence, .. } => Some(*absence),
        _ => None,
    }
}

/// The record that a command sets, over whatever stood there.
fn state(command: &Command) -> Option<Key> {
    match command {
        Command::ChangeDay { placement, day, .. } => {
            let id = RecordId::state("day_change", &[placement, day]);
            Some((Scope::Placement(*placement).to_string(), "day_change", id))
        }
        Command::SetContact { person, .. } => {
            Some((Scope::Contact(*person).to_string(), "contact", RecordId(person.0)))
        }
        _ => None,
    }
}

/// Whether this is what a command of this id makes.
fn makes(id: CommandId, command: &Command, record: &Written, body: &Value) -> bool {
    let says = |name: &str, value: Value| body.get(name) == Some(&value);
    match command {
        Command::ReportAbsence { child, days } => {
            record.id == reported(id, *child, *days)
                && record.scope == Scope::Absence(*child).to_string()
                && says("from", json!(days.from))
                && says("until", json!(days.until))
                && says("part", json!(days.part))
        }
        Command::ChangeDay { times, comment, .. } => {
            state(command)
                .is_some_and(|(scope, kind, id)| (&scope, kind, id) == (&record.scope, record.kind.as_str(), record.id))
                && says("times", json!(times))
                && says("comment", json!(comment))
        }
        Command::SetContact { person, phone, mail } => {
            record.id == RecordId(person.0) && says("phone", json!(phone)) && says("mail", json!(mail))
        }
        Command::CheckIn(at) | Command::CheckOut(at) => {
            let direction = if matches!(command, Command::CheckIn(_)) { Direction::In } else { Direction::Out };
            let Ok(event) = serde_json::from_value::<AttendanceEvent>(body.clone()) else { return false };
            record.id == RecordId::event(id, "attendance_event", &[&at.child, &event.time.day()])
                && event.placement == at.placement
                && event.direction == direction
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use kapprum_domain::absence::Days;
    use kapprum_domain::time::Day;
    use kapprum_town::story;
    use uuid::Uuid;

    use super::*;
    use crate::journal::Given;

    /// A journal, its outbox and the server's files, as they are when all went well.
    struct Case {
        journal: Journal,
        outbox: Vec<(CommandId, Mark)>,
        evidence: Evidence,
    }

    const MORNING: u128 = 1_795_000_000_000;

    fn id(number: u128) -> CommandId {
        CommandId(Uuid::from_u128(((MORNING + number) << 80) | (0x7000_8000 << 48) | number))
    }

    fn day() -> Day {
        "2027-01-11".parse().unwrap()
    }

    fn change(number: u128) -> Command {
        let (child, placement) = (story::love(), story::loves_placement());
        Command::ChangeDay { child, placement, day: day(), times: Some(Vec::new()), comment: format!("anna {number}") }
    }

    fn report() -> Command {
        Command::ReportAbsence { child: story::love(), days: Days { from: day(), until: Some(day()), part: None } }
    }

    fn check(out: bool) -> Command {
        let at = AtPlacement { child: story::love(), placement: story::loves_placement(), group: None };
        if out { Command::CheckOut(at) } else { Command::CheckIn(at) }
    }

    impl Case {
        /// A report; two changes of one day; a child comes, is told to have come once more, and goes; a contact; a change
        /// that was taken back; one that was done when the device died before it told so.
        fn honest() -> Self {
            let contact =
                Command::SetContact { person: story::anna(), phone: "070-0000001".into(), mail: String::new() };
            let given = [report(), change(1), change(2), check(false), check(false), check(true), contact, change(3)];
            let journal = Journal { account: "anna/Guardian".to_owned(), ..Journal::default() };
            let mut case = Self { journal, outbox: Vec::new(), evidence: Evidence::default() };
            for (number, command) in (1..).zip(given) {
                case.journal.given.push(Given { command, saved: Some(id(number)) });
                case.answer(id(number), if number == 8 { Mark::Withdrawn } else { Mark::Done });
            }
            case.journal.taken_back.insert(id(8));
            case.journal.given.push(Given { command: check(false), saved: None });
            case.answer(id(9), Mark::Done);
            case.write(
                "absence",
                reported(id(1), story::love(), Days { from: day(), until: Some(day()), part: None }),
                1,
            );
            for (number, kind) in [(3, "day_change"), (7, "contact")] {
                let command = case.journal.given[number as usize - 1].command.clone();
                case.write(kind, state(&command).unwrap().2, number);
            }
            for number in [4, 6, 9] {
                let day = Timestamp((MORNING + number) as i64).day();
                case.write(
                    "attendance_event",
                    RecordId::event(id(number), "attendance_event", &[&story::love(), &day]),
                    number,
                );
            }
            case
        }

        fn answer(&mut self, id: CommandId, outcome: Mark) {
            let (account, seq) = (self.journal.account.clone(), self.outbox.len() as u64 + 1);
            self.outbox.push((id, outcome));
            let (superseded, received) = (false, Timestamp(i64::MAX));
            self.evidence.receipts.push(Answered { account, id, outcome, superseded, seq, received });
        }

        fn write(&mut self, kind: &str, record: RecordId, number: u128) {
            let given = &self.journal.given[number as usize - 1];
            let (scope, body) = match &given.command {
                Command::ReportAbsence { child, days } => {
                    (Scope::Absence(*child), json!({ "from": days.from, "until": days.until, "part": null }))
                }
                Command::ChangeDay { placement, comment, .. } => {
                    (Scope::Placement(*placement), json!({ "times": [], "comment": comment }))
                }
                Command::SetContact { person, phone, mail } => {
                    (Scope::Contact(*person), json!({ "phone": phone, "mail": mail }))
                }
                Command::CheckIn(at) | Command::CheckOut(at) => {
                    let direction =
                        if matches!(given.command, Command::CheckIn(_)) { Direction::In } else { Direction::Out };
                    let (placement, time) = (at.placement, Timestamp((MORNING + number) as i64));
                    (
                        Scope::Placement(placement),
                        json!(AttendanceEvent { event: record, placement, direction, time, by: None }),
                    )
                }
                _ => unreachable!(),
            };
            let (scope, kind, command) = (scope.to_string(), kind.to_owned(), Some(id(number)));
            self.evidence.records.push(Written {
                scope,
                kind,
                id: record,
                command,
                seq: number as u64,
                body: Some(body),
            });
        }

        fn record(&mut self, kind: &str) -> &mut Written {
            self.evidence.records.iter_mut().find(|record| record.kind == kind).unwrap()
        }

        fn wrong(&self) -> Vec<String> {
            wrong(&[Told { journal: &self.journal, outbox: &self.outbox }], &self.evidence)
        }
    }

    #[test]
    fn what_went_well_is_not_blamed() {
        assert_eq!(Case::honest().wrong(), [""; 0]);
    }

    #[test]
    fn whatever_is_lost_doubled_or_made_up_is_told() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, &str); 17] = [
            ("lost on the device", |case| case.outbox.retain(|(one, _)| *one != id(1)), "is LOST"),
            ("lost on the server", |case| drop(case.evidence.receipts.remove(0)), "the server has no receipt"),
            ("never answered", |case| case.outbox[0].1 = Mark::Waiting, "has no outcome"),
            ("another outcome", |case| case.evidence.receipts[0].outcome = Mark::Refused, "the receipt says Refused"),
            (
                "refused for no reason",
                |case| {
                    case.outbox[0].1 = Mark::Refused;
                    case.evidence.receipts[0].outcome = Mark::Refused;
                },
                "for no reason",
            ),
            ("withdrawn though nobody took it back", |case| case.journal.taken_back.clear(), "for no reason"),
            ("withdrawn and done", |case| case.record("day_change").command = Some(id(8)), "which was not done"),
            ("shown twice", |case| case.outbox.push((id(1), Mark::Done)), "shown twice"),
            (
                "received twice",
                |case| {
                    let receipt = case.evidence.receipts[0].clone();
                    case.evidence.receipts.push(receipt);
                },
                "two receipts",
            ),
            ("of whom nobody knows", |case| case.answer(id(20), Mark::Done), "at most 1 can be"),
            ("no effect", |case| case.record("absence").body = None, "has no effect: an absence"),
            ("a check without effect", |case| case.record("attendance_event").body = None, "has no effect: a check"),
            (
                "an event doubled",
                |case| {
                    let mut again = case.record("absence").clone();
                    again.id = RecordId(Uuid::from_u128(7));
                    case.evidence.records.push(again);
                },
                "did not ask for this",
            ),
            (
                "an event in doubt, doubled",
                |case| {
                    let again = case.evidence.records.last().unwrap().clone();
                    case.evidence.records.push(again);
                },
                "did not ask for this",
            ),
            ("an event of nobody", |case| case.record("attendance_event").command = None, "nobody sent it"),
            (
                "done once more over what came later",
                |case| {
                    let day_change = case.record("day_change");
                    (day_change.command, day_change.seq) = (Some(id(2)), 12);
                },
                "once more, after its receipt",
            ),
            (
                "an older one stands",
                |case| {
                    let day_change = case.record("day_change");
                    (day_change.command, day_change.seq) = (Some(id(2)), 2);
                    day_change.body = Some(json!({ "times": [], "comment": "anna 1" }));
                },
                "was the last to set",
            ),
        ];
        for (name, change, told) in cases {
            let mut case = Case::honest();
            change(&mut case);
            let wrong = case.wrong();
            assert!(wrong.iter().any(|line| line.contains(told)), "{name}: {wrong:?}");
        }
    }
}
