//! What people do on their devices: ask, take back, dismiss.

use std::sync::atomic::Ordering;

use kapprum_client::error::Error;
use kapprum_client::store::Saving;
use kapprum_domain::absence::Days;
use kapprum_domain::actor::Role;
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::id::{CommandId, RecordId};
use kapprum_domain::time::{Day, Span};
use kapprum_town::story;
use uuid::Uuid;

use crate::cases::{Case, Shown};
use crate::device::Saved;
use crate::history::{History, Outcome};
use crate::properties::{self, all};
use crate::variant::Variant;

impl History {
    /// Somebody asks for something.
    pub fn person(&mut self, index: usize) -> Outcome {
        if self.devices[index].suspended {
            return Ok(());
        }
        for (id, command) in std::mem::take(&mut self.devices[index].promised) {
            self.save(index, id, &command)?;
        }
        let Some(command) = self.wish(index) else { return Ok(()) };
        let id = self.command_id(index)?;
        if self.variant == Variant::SavedBeforeCommit {
            let at = self.now().0;
            self.devices[index].saved.insert(id, Saved { at, let_go: false });
            self.devices[index].promised.push((id, command));
            return Ok(());
        }
        self.save(index, id, &command)
    }

    fn wish(&mut self, index: usize) -> Option<Command> {
        let today = self.now().day();
        let role = self.devices[index].account.role;
        let child = if self.chance(3) { story::ebba() } else { story::love() };
        let (from, group) = (today.plus(self.below(4) as i32), Some(story::department()));
        let at = AtPlacement { child: story::love(), placement: story::loves_placement(), group: None };
        let days = Days { from, until: Some(from.plus(self.below(3) as i32)), part: None };
        Some(match (role, self.below(8)) {
            (Role::Board, 0..=3) => Command::CheckIn(AtPlacement { group, ..at }),
            (Role::Board, _) => Command::CheckOut(AtPlacement { group, ..at }),
            (Role::Tablet | Role::Staff, 0 | 1) => Command::CheckIn(at),
            (Role::Tablet | Role::Staff, 2 | 3) => Command::CheckOut(at),
            (Role::Tablet | Role::Staff, 4) => Command::UndoCheck { at, event: self.some(index, "attendance_event")? },
            (_, 5) => Command::WithdrawAbsence { child: story::love(), absence: self.some(index, "absence")? },
            (_, 6) => Command::ChangeAbsence { child, absence: self.some(index, "absence")?, days },
            (Role::Guardian, 0 | 1) => Command::ChangeDay {
                child: story::love(),
                placement: story::loves_placement(),
                // On one of these days a rule fails: see `History::new`.
                day: today.plus(self.below(6) as i32),
                times: Some(vec![self.span()]),
                comment: format!("mormor hämtar {}", self.below(100)),
            },
            (Role::Guardian, 2) => Command::SetWeek {
                child: story::love(),
                placement: story::loves_placement(),
                from: today.plus(30 + self.below(3) as i32),
                days: [vec![self.span()], vec![], vec![self.span()], vec![], vec![], vec![], vec![]],
            },
            (Role::Guardian, 3) => Command::SetContact {
                person: self.devices[index].account.holder.as_person(),
                phone: format!("070-174 06 {:02}", self.below(100)),
                mail: String::new(),
            },
            _ => Command::ReportAbsence { child, days },
        })
    }

    fn span(&mut self) -> Span {
        // Now and then outside the opening hours: refused at once.
        let ends = ["15:00", "16:30", "17:00", "19:00"][self.below(4)];
        Span::new("07:30".parse().unwrap(), ends.parse().unwrap()).unwrap()
    }

    fn save(&mut self, index: usize, id: CommandId, command: &Command) -> Outcome {
        let now = self.now().0;
        let compared = self.chance(2) && properties::replayed_now(&self.devices[index])?;
        let device = &mut self.devices[index];
        let time = device.now()?;
        let tapped = (device.account.role == Role::Tablet).then(story::maja);
        let result = device.store.save(&[Saving { id, command, tapped, time }]);
        if self.variant == Variant::SavedWithoutSync {
            device.disk.lie();
        }
        let key = (device.account, id);
        let released = device.disk.released.load(Ordering::Relaxed);
        let told = match &result {
            Ok(()) => {
                device.saved.insert(id, Saved { at: now, let_go: false });
                if released {
                    self.fates.befall(key, Case::FromReserve);
                }
                "saved"
            }
            Err(Error::Refused(_)) => {
                self.fates.count(Case::Untroubled, Shown::RefusedAtOnce);
                "refused at once"
            }
            Err(Error::Full) => {
                self.fates.count(Case::DiskFull, Shown::NoRoom);
                "full"
            }
            Err(error) => return Err(format!("(d) saving failed: {error}")),
        };
        self.say(|history| format!("{} {id} {command:?}: {told}", history.devices[index].name));
        if result.is_ok() && compared {
            properties::overlay_is_replay(&self.devices[index], time.now)?;
        }
        properties::saved_is_there(&self.devices[index], now)
    }

    fn some(&mut self, index: usize, kind: &str) -> Option<RecordId> {
        let sql = format!(
            "SELECT id FROM overlay WHERE kind = '{kind}' AND body IS NOT NULL
             UNION SELECT id FROM record WHERE kind = '{kind}' ORDER BY id"
        );
        let ids: Vec<[u8; 16]> = all(&self.devices[index].file, &sql, |row| row.get(0));
        if ids.is_empty() {
            return None;
        }
        let at = self.below(ids.len());
        Some(RecordId(Uuid::from_bytes(ids[at])))
    }

    /// Somebody takes back what is not answered.
    pub fn undone(&mut self, index: usize) -> Outcome {
        if self.devices[index].suspended {
            return Ok(());
        }
        let waiting = "SELECT id FROM outbox WHERE state IN ('waiting', 'parked') ORDER BY n DESC LIMIT 1";
        let waiting: Vec<[u8; 16]> = all(&self.devices[index].file, waiting, |row| row.get(0));
        let Some(id) = waiting.first().map(|id| CommandId(Uuid::from_bytes(*id))) else { return Ok(()) };
        let device = &mut self.devices[index];
        let key = (device.account, id);
        if self.variant == Variant::UndoWithoutSettling {
            device.saved.remove(&id);
            device.file.execute("DELETE FROM outbox WHERE id = ?1", [id.0.as_bytes()]).unwrap();
            self.fates.taken_back(key);
            return Ok(());
        }
        match device.store.undo(id, device.now()?.now) {
            Ok(_) => device.let_go([id]),
            Err(Error::Full) => return Ok(()),
            Err(error) => return Err(format!("undo failed: {error}")),
        }
        let sent = self.fates.get(&key).is_some_and(|fate| fate.sent);
        self.fates.befall(key, if sent { Case::UndoneSent } else { Case::UndoneUnsent });
        self.say(|history| format!("{} takes back {id}", history.devices[index].name));
        Ok(())
    }

    /// Somebody has seen an outcome.
    pub fn dismissed(&mut self, index: usize) -> Outcome {
        if self.devices[index].suspended {
            return Ok(());
        }
        let ids: Vec<CommandId> = self.devices[index].saved.keys().copied().collect();
        for id in ids {
            match self.devices[index].store.dismiss(id) {
                Ok(_) | Err(Error::Full) => {}
                Err(error) => return Err(format!("dismissing failed: {error}")),
            }
        }
        Ok(())
    }

    /// A row of a newer app, of an id that came before with other content, or that nobody can read.
    pub fn odd_command(&mut self, index: usize) -> Outcome {
        if self.devices[index].suspended || self.devices[index].account.role != Role::Guardian {
            return Ok(());
        }
        let account = self.devices[index].account;
        let here: Vec<[u8; 16]> = all(&self.devices[index].file, "SELECT id FROM outbox", |row| row.get(0));
        let used = self.fates.done(account).find(|id| !here.contains(id.0.as_bytes()));
        let love = story::love();
        let id = used.map_or_else(|| self.command_id(index), Ok)?;
        let body = match (used, self.below(3)) {
            (Some(_), _) => format!(r#""body":{{"withdraw_absence":{{"child":"{love}","absence":"{love}"}}}}"#),
            (None, 0) => r#""body":{"from_the_future":{}},"priority":7"#.to_owned(),
            (None, _) => r#""body":{"from_the_future":{}}"#.to_owned(),
        };
        let bytes = format!(r#"{{"id":"{id}",{body}}}"#);
        let now = self.now().0;
        let device = &mut self.devices[index];
        let sql = "INSERT INTO outbox (id, bytes, created, uncertain, state) VALUES (?1, ?2, ?3, 0, 'waiting')";
        if device.file.execute(sql, rusqlite::params![id.0.as_bytes(), bytes, now]).is_err() {
            return Ok(());
        }
        match used {
            Some(_) => self.fates.reused((account, id)),
            None => self.fates.befall((account, id), Case::NewerCommand),
        }
        self.say(|history| format!("{}: odd command {id}", history.devices[index].name));
        Ok(())
    }

    /// An id as the phone makes it: by its estimate of the server's time.
    fn command_id(&mut self, index: usize) -> Result<CommandId, String> {
        self.commands += 1;
        let now = self.devices[index].now()?.now.0;
        let bytes = (u128::from(self.commands) << 4 | u128::from(self.random() % 16)).to_be_bytes();
        let random: [u8; 10] = bytes[6..].try_into().unwrap();
        Ok(CommandId(uuid::Builder::from_unix_timestamp_millis(now.unsigned_abs(), &random).into_uuid()))
    }
}

/// A day of the story.
pub fn first_day() -> Day {
    Day::new(2026, 11, 24).unwrap()
}
