//! A device under load: what it is given to do, one thing after the other, through all its deaths.

use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kapprum_domain::absence::Days;
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::id::{ChildId, CommandId, PersonId, RecordId};
use kapprum_domain::outbox::Mark;
use kapprum_domain::screen::Ask;
use kapprum_domain::time::{Day, Span, TimeOfDay};
use kapprum_town::story;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::journal::{Given, Journal};
use crate::process::{Target, Voice};
use crate::world::{Placed, World, checked};

/// Whose device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Guardian(PersonId),
    /// Blåklinten's tablet, on which Maja taps.
    Tablet,
    /// The board in Blåklinten's hall.
    Board,
}

/// See the module.
pub(crate) struct Device {
    pub(crate) target: Arc<Target>,
    pub(crate) journal: Journal,
    owner: Owner,
    home: PathBuf,
    binary: PathBuf,
    today: Day,
    dice: Dice,
    voice: Option<Voice>,
    made: u64,
    /// The direction of the next check of each child.
    out: [bool; 3],
}

/// The children of Anna and Bo.
const CHILDREN: [fn() -> Placed; 2] =
    [|| (story::ebba(), story::ebbas_placement()), || (story::love(), story::loves_placement())];

impl Device {
    /// Signs in a new device of this owner.
    pub(crate) fn sign_in(
        world: &World,
        name: &'static str,
        folder: &str,
        owner: Owner,
        dice: Dice,
    ) -> Result<Self, String> {
        let target = Arc::new(Target::new(name, world.folder.join(format!("{folder}.log"))));
        let mut device = Self {
            target,
            journal: Journal::default(),
            owner,
            home: world.folder.join(folder),
            binary: world.device(),
            today: world.today,
            dice,
            voice: None,
            made: 0,
            out: [false; 3],
        };
        let done = Self::signing_in(world, folder, owner)?.output();
        let done = done.map_err(|error| format!("kapprum-device: {error}"))?;
        let signed_in: Value = serde_json::from_slice(&done.stdout)
            .map_err(|_| format!("{name} could not sign in: {}", String::from_utf8_lossy(&done.stderr)))?;
        let holder = signed_in.pointer("/account/holder").and_then(Value::as_str).unwrap_or_default();
        let role = match owner {
            Owner::Guardian(_) => "Guardian",
            Owner::Tablet => "Tablet",
            Owner::Board => "Board",
        };
        device.journal.account = format!("{holder}/{role}");
        device.journal.loses_rights = owner == Owner::Guardian(story::bo());
        Ok(device)
    }

    /// A process that signs in with a new invitation.
    pub(crate) fn signing_in(world: &World, folder: &str, owner: Owner) -> Result<Process, String> {
        let link = match owner {
            Owner::Guardian(person) => world.invite(&["--person", &person.to_string(), "--role", "guardian"])?,
            Owner::Tablet => world.invite(&["--tablet", &story::department().to_string()])?,
            Owner::Board => world.invite(&["--board", &story::department().to_string()])?,
        };
        let mut process = phone(&world.device(), &world.folder.join(folder));
        process.args(["sign-in", "--server", &world.url(), "--invite", &link]);
        Ok(process)
    }

    /// Does one thing after the other until it is over, and begins again after each death. It is alive afterwards.
    pub(crate) fn work(&mut self, over: &AtomicBool) -> Result<(), String> {
        while !over.load(Ordering::Relaxed) {
            self.dice.pause(0, if self.owner == Owner::Board { 40 } else { 20 });
            match self.dice.below(100) {
                0..15 => {
                    let answer = self.ask(&json!("sync"))?;
                    self.not_signed_out(answer.as_ref())?;
                }
                15..22 if matches!(self.owner, Owner::Guardian(_)) => self.take_back()?,
                _ => {
                    if let Some(command) = self.invent() {
                        self.send(command)?;
                    }
                }
            }
        }
        self.awake()
    }

    fn send(&mut self, command: Command) -> Result<(), String> {
        let tapped = (self.owner == Owner::Tablet).then(story::maja);
        let answer = self.ask(&json!({ "send": { "command": command, "tapped": tapped } }))?;
        let saved = match &answer {
            None => None,
            Some(answer) => match answer.pointer("/saved/0").and_then(Value::as_str).and_then(|id| id.parse().ok()) {
                Some(id) => Some(id),
                // Bo while he is not Ebba's guardian, or in the moment in which he ceases to be.
                None if self.journal.loses_rights && is_for_want_of_right(answer) => {
                    self.journal.not_taken += 1;
                    return Ok(());
                }
                None => return Err(format!("{} did not take {}: {answer}", self.target.name, json!(command))),
            },
        };
        self.journal.given.push(Given { command, saved });
        Ok(())
    }

    /// Takes back something that may have been done already; what was done and has no reverse stays.
    fn take_back(&mut self) -> Result<(), String> {
        let reversible = |command: &Command| matches!(command, Command::ChangeDay { .. } | Command::SetContact { .. });
        let recent = self.journal.given.iter().rev().take(4).filter(|given| reversible(&given.command));
        let recent: Vec<CommandId> = recent.filter_map(|given| given.saved).collect();
        if let Some(id) = self.dice.pick(&recent) {
            self.journal.taken_back.insert(id);
            let answer = self.ask(&json!({ "undo": id }))?;
            if let Some(wrong) = answer.filter(|answer| answer.get("undone").is_none()) {
                return Err(format!("{} could not take back {id}: {wrong}", self.target.name));
            }
        }
        Ok(())
    }

    /// Something to do, unlike all before.
    fn invent(&mut self) -> Option<Command> {
        self.made += 1;
        let kind = self.dice.below(100);
        let family = CHILDREN.map(|child| child());
        let (child, placement) = self.dice.pick(&family)?;
        match (self.owner, kind) {
            (Owner::Guardian(_), 0..40) | (Owner::Tablet, 0..15) => {
                // A few minutes of a day: reports of a part stay apart, and no two are of the same.
                let minute = (self.made / 100 % 300) as u16;
                let (start, end) = (clock(360 + 2 * minute)?, clock(361 + 2 * minute)?);
                let day = self.today.plus(30 + (self.made % 100) as i32);
                let days = Days { from: day, until: Some(day), part: Span::new(start, end) };
                Some(Command::ReportAbsence { child, days })
            }
            (Owner::Guardian(_), 40..55) => {
                let reports = self.journal.given.iter().filter_map(|given| match given.command {
                    Command::ReportAbsence { child, days } => Some((child, reported(given.saved?, child, days))),
                    _ => None,
                });
                let reports: Vec<(ChildId, RecordId)> = reports.collect();
                let (child, absence) = self.dice.pick(&reports)?;
                Some(Command::WithdrawAbsence { child, absence })
            }
            (Owner::Guardian(_), 55..85) | (Owner::Tablet, 15..30) => {
                // Few days, so that one comes over the other.
                let ahead = self.dice.below(8) as i32;
                let monday = self.today.plus(14 + 7 * (ahead / 5) - self.today.weekday() as i32);
                let day = monday.plus(ahead % 5);
                let times = Some(vec![Span::new(clock(450)?, clock(900 + self.dice.below(120) as u16)?)?]);
                let comment = format!("{} {}", self.target.name, self.made);
                Some(Command::ChangeDay { child, placement, day, times, comment })
            }
            (Owner::Guardian(person), _) => {
                let phone = format!("070-{:07}", self.made);
                Some(Command::SetContact {
                    person,
                    phone,
                    mail: format!("{}.{}@example.se", self.target.name, self.made),
                })
            }
            (Owner::Tablet | Owner::Board, _) => {
                let (by_tablet, by_board) = checked();
                let on_board = self.owner == Owner::Board;
                let at = self.dice.below(3) as usize;
                let (child, placement) = *if on_board { by_board.get(at) } else { by_tablet.get(at) }?;
                let at_placement = AtPlacement { child, placement, group: on_board.then(story::department) };
                let out = self.out.get_mut(at)?;
                *out = !*out;
                Some(if *out { Command::CheckIn(at_placement) } else { Command::CheckOut(at_placement) })
            }
        }
    }

    /// Runs until everything is exchanged; whether it is.
    pub(crate) fn settled(&mut self) -> Result<bool, String> {
        let answer = self.ask_whole(&json!("sync"))?;
        self.not_signed_out(Some(&answer))?;
        let synced = answer.get("synced") == Some(&json!(true));
        Ok(synced && self.outbox()?.iter().all(|(_, mark)| *mark != Mark::Waiting))
    }

    /// What the outbox shows, oldest first.
    pub(crate) fn outbox(&mut self) -> Result<Vec<(CommandId, Mark)>, String> {
        let shown = self.sees(&Ask::Outbox)?;
        let lines = shown.pointer("/outbox/lines").and_then(Value::as_array);
        let lines = lines.ok_or_else(|| format!("{} shows no outbox: {shown}", self.target.name))?;
        let line = |line: &Value| {
            let id = line.get("id")?.as_str()?.parse().ok()?;
            Some((id, serde_json::from_value(line.get("mark")?.clone()).ok()?))
        };
        lines.iter().rev().map(line).collect::<Option<_>>().ok_or_else(|| format!("not an outbox: {shown}"))
    }

    /// What is wrong with its file, if anything.
    pub(crate) fn damage(&mut self) -> Result<Option<String>, String> {
        let found = self.ask_whole(&json!("check"))?;
        Ok((found != json!({ "damage": [], "wrong_sums": 0 })).then(|| format!("{}: {found}", self.target.name)))
    }

    /// A view, as it is drawn.
    pub(crate) fn sees(&mut self, ask: &Ask) -> Result<Value, String> {
        self.ask_whole(&json!({ "view": ask }))
    }

    /// All that its owner looks at.
    pub(crate) fn asks(&self) -> Vec<Ask> {
        let day = |ahead: i32| self.today.plus(14 + ahead - self.today.weekday() as i32);
        let days = [None, Some(day(0)), Some(day(1)), Some(day(7)), Some(self.today.plus(31))];
        match self.owner {
            Owner::Guardian(_) => {
                let each = CHILDREN.iter().flat_map(|child| days.map(|day| Ask::ChildDay { child: child().0, day }));
                [Ask::Home, Ask::ReportAbsence].into_iter().chain(each).collect()
            }
            Owner::Tablet => days.map(|day| Ask::GroupBoard { group: story::department(), day }).to_vec(),
            Owner::Board => vec![Ask::HallBoard { group: story::department() }],
        }
    }

    /// Another device of the same owner, just signed in.
    pub(crate) fn twin(&self, world: &World, number: u64) -> Result<Self, String> {
        let folder = format!("{}-afresh-{number}", self.target.name);
        let mut twin = Self::sign_in(world, self.target.name, &folder, self.owner, Dice::new(0, 0))?;
        twin.awake()?;
        Ok(twin)
    }

    /// Goes to sleep as a device does that is put away.
    pub(crate) fn sleep(mut self) {
        // It ends with its input.
        self.voice = None;
        let _ = self.target.end();
    }

    /// Starts it unless it runs.
    fn awake(&mut self) -> Result<(), String> {
        while self.voice.is_none() {
            let voice = self.target.start(phone(&self.binary, &self.home).arg("live"))?;
            match self.heard(voice.hear())? {
                Some(_) => {
                    self.target.ready();
                    self.voice = Some(voice);
                }
                None => self.target.was_killed()?,
            }
        }
        Ok(())
    }

    /// The answer to a line; none: it was killed before it gave any.
    fn ask(&mut self, line: &Value) -> Result<Option<Value>, String> {
        self.awake()?;
        let Some(voice) = self.voice.as_mut() else { return Ok(None) };
        let answer = voice.ask(&line.to_string());
        match self.heard(answer)? {
            Some(answer) => {
                let read = serde_json::from_str(&answer);
                read.map(Some).map_err(|_| format!("{} said: {answer}", self.target.name))
            }
            None => {
                self.voice = None;
                self.target.was_killed()?;
                Ok(None)
            }
        }
    }

    /// As [`Self::ask`], while nobody is killed.
    fn ask_whole(&mut self, line: &Value) -> Result<Value, String> {
        loop {
            // Killed at the very end of the kills: the next life answers.
            if let Some(answer) = self.ask(line)? {
                return Ok(answer);
            }
        }
    }

    fn heard(&self, heard: Result<Option<String>, String>) -> Result<Option<String>, String> {
        heard.map_err(|why| format!("{}: {why}", self.target.name))
    }

    /// Nobody ended a session here.
    fn not_signed_out(&self, answer: Option<&Value>) -> Result<(), String> {
        match answer.and_then(|answer| answer.get("error")).and_then(Value::as_str) {
            None | Some("offline") => Ok(()),
            Some(error) => Err(format!("{} can't sync: {error}", self.target.name)),
        }
    }
}

fn phone(binary: &Path, home: &Path) -> Process {
    let mut process = Process::new(binary);
    process.args(["--language", "en", "--home"]).arg(home);
    process
}

fn is_for_want_of_right(answer: &Value) -> bool {
    let says = |path: &str, text: &str| answer.pointer(path).and_then(Value::as_str) == Some(text);
    says("/error", "not_held") || says("/refusal/why", "no_right")
}

/// The record that a report makes (`protocol.md` §1).
pub(crate) fn reported(id: CommandId, child: ChildId, days: Days) -> RecordId {
    RecordId::event(id, "absence", &[&child, &days.from])
}

fn clock(minutes: u16) -> Option<TimeOfDay> {
    TimeOfDay::new(minutes / 60, minutes % 60)
}
