//! The audit log of a tenant: what operators, imports and sign-ins did, in a chain that shows every change to it.
//!
//! A file of JSON lines beside the tenant's data, and no part of them: nothing that a person saves waits for it. Each
//! line ends with a code over the line before and its own text, under a key that does not lie beside it, so that whoever
//! can write the file still can't make a line that fits. What is cut off at the end shows against the copy, which should
//! lie on another machine. Ids only: no names, no numbers, no contents.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kapprum_domain::actor::Account;
use kapprum_domain::id::{DeviceId, PersonId, TenantId};
use kapprum_domain::time::Timestamp;
use prometheus_client::metrics::counter::Counter;
use serde::{Deserialize, Serialize};

use crate::import::Report;
use crate::import::report::Counts;
use crate::keys::Keys;
use crate::open::AUDIT;

/// Something that is traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Event {
    /// The tenant was added.
    TenantAdded,
    /// An invitation was made.
    Invited {
        /// To which account.
        account: Account,
    },
    /// A device's session was ended by the operator.
    Revoked {
        /// The device.
        device: DeviceId,
    },
    /// A backup was made.
    BackedUp,
    /// The records were brought back from a backup.
    Restored {
        /// When that was made.
        made: Timestamp,
    },
    /// People were looked for by a part of their name.
    LookedUp {
        /// So many were shown.
        found: usize,
    },
    /// What is known of a person was shown.
    Shown {
        /// The person.
        person: PersonId,
    },
    /// An import ended.
    Imported {
        /// So many records are new or other than before.
        written: usize,
        /// So many relations, places, posts, groups and units ended.
        ended: usize,
        /// So many rows were refused.
        refused: usize,
    },
    /// Someone signed in.
    SignedIn {
        /// As which account.
        account: Account,
        /// On which device.
        device: DeviceId,
    },
    /// Invitations were refused: used, too old or never made. Told once a minute at most.
    SignInRefused {
        /// So many since it was told last.
        times: u64,
    },
    /// Someone signed out.
    SignedOut {
        /// The account.
        account: Account,
    },
}

impl Event {
    /// What an import did.
    pub fn imported(report: &Report) -> Self {
        let sum = |of: fn(&Counts) -> usize| report.resources.values().map(of).sum();
        let (written, ended) = (sum(|one| one.new + one.changed), sum(|one| one.ended));
        Self::Imported { written, ended, refused: sum(|one| one.refused) }
    }
}

/// Where lines go besides the tenant's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copy {
    /// To a file, best on another machine's disk.
    File(PathBuf),
    /// To the system's log.
    Syslog,
}

/// Why the log can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::ErrorKind),
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// So many lines, each as it was written.
    Sound(u64),
    /// The first line that is not as it was written, or does not follow the one before.
    Broken(u64),
    /// The last line was never written to its end: the process died. It is put right by the next line.
    Torn(u64),
    /// The copy goes on after the log's last line: so many lines were cut off.
    Cut(u64),
}

/// One tenant's log.
#[derive(Clone)]
pub struct Audit {
    tenant: TenantId,
    path: PathBuf,
    copy: Option<Copy>,
    keys: Keys,
    /// Lines that did not get where [`Copy`] says, since the start.
    pub(crate) not_copied: Counter,
}

#[derive(Serialize)]
struct Entry<'a> {
    n: u64,
    at: Timestamp,
    tenant: TenantId,
    by: &'a str,
    #[serde(flatten)]
    event: Event,
}

/// The longest line there is, and room.
const LINE: u64 = 4096;
/// What stands between a line's text and its code.
const CODE: &str = ",\"code\":\"";

impl Audit {
    /// The log in a tenant's folder.
    pub fn new(tenant: TenantId, folder: &Path, copy: Option<Copy>, keys: &Keys) -> Self {
        Self { tenant, path: folder.join(AUDIT), copy, keys: keys.clone(), not_copied: Counter::default() }
    }

    /// Writes a line, for ever. `by` says who: `server`, or `operator` with the system's number for the account.
    pub fn trace(&self, event: Event, by: &str, now: Timestamp) -> Result<(), AuditError> {
        let failed = |error: std::io::Error| AuditError::File(self.path.clone(), error.kind());
        let options = File::options().read(true).append(true).create(true).mode(0o600).clone();
        let mut file = options.open(&self.path).map_err(failed)?;
        // The serving process and the operator's verbs write beside each other.
        file.lock().map_err(failed)?;
        let (before, number) = last(&mut file).map_err(failed)?;
        let entry = Entry { n: number + 1, at: now, tenant: self.tenant, by, event };
        let text = serde_json::to_string(&entry).unwrap_or_default();
        let code = self.code(&before, &text);
        let line = format!("{}{CODE}{code}\"}}\n", text.strip_suffix('}').unwrap_or(&text));
        file.write_all(line.as_bytes()).and_then(|()| file.sync_data()).map_err(failed)?;
        // Others may go on: what takes the copy may be slow.
        drop(file);
        self.send_on(&line);
        Ok(())
    }

    /// Writes a line from the serving process; a log that can't be written is told to whoever watches the server.
    pub fn trace_served(&self, event: Event, now: Timestamp) {
        if let Err(error) = self.trace(event, "server", now) {
            tracing::error!(%error, "the audit log could not be written");
        }
    }

    /// Looks at every line, and at the copy if that is a file.
    pub fn verify(&self) -> Result<Verdict, AuditError> {
        // The copy first: a line that is written meanwhile is then in the log alone, as it may be.
        let copied = match &self.copy {
            Some(Copy::File(copy)) => {
                let own = format!("\"tenant\":\"{}\"", self.tenant);
                lines(copy)?.lines().filter(|line| line.contains(&own)).count() as u64
            }
            Some(Copy::Syslog) | None => 0,
        };
        let log = lines(&self.path)?;
        let (mut before, mut number) = (String::new(), 0);
        let whole = log.strip_suffix('\n');
        for line in log.lines() {
            number += 1;
            let text = text_of(line);
            let fits = text.as_ref().is_some_and(|(text, code)| {
                *code == self.code(&before, text) && text.starts_with(&format!("{{\"n\":{number},"))
            });
            if !fits {
                let torn = whole.is_none() && log.lines().count() as u64 == number;
                return Ok(if torn { Verdict::Torn(number) } else { Verdict::Broken(number) });
            }
            before = text.map(|(_, code)| code).unwrap_or_default();
        }
        Ok(if copied > number { Verdict::Cut(copied - number) } else { Verdict::Sound(number) })
    }

    /// The devices that were revoked since a time: what restored sign-in data may not know.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn revoked_since(&self, time: Timestamp) -> Result<Vec<DeviceId>, AuditError> {
        #[derive(Deserialize)]
        struct Line {
            tenant: TenantId,
            at: Timestamp,
            what: String,
            device: Option<DeviceId>,
        }
        let mut log = lines(&self.path)?;
        if let Some(Copy::File(copy)) = &self.copy {
            // Where the log was lost with everything else, the copy still tells.
            log.push_str(&lines(copy)?);
        }
        let read = log.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        let revoked = read.filter(|line| line.tenant == self.tenant && line.at >= time && line.what == "revoked");
        let devices: BTreeSet<DeviceId> = revoked.filter_map(|line| line.device).collect();
        Ok(devices.into_iter().collect())
    }

    /// Whether the log's first line was written under our keys; so it is if there is none.
    pub(crate) fn fits(&self) -> Result<bool, AuditError> {
        let log = lines(&self.path)?;
        let Some(first) = log.lines().next() else { return Ok(true) };
        Ok(text_of(first).is_some_and(|(text, code)| code == self.code("", &text)))
    }

    fn code(&self, before: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.keys.audit_code(self.tenant, before.as_bytes(), text.as_bytes()))
    }

    fn send_on(&self, line: &str) {
        let sent = match &self.copy {
            None => Ok(()),
            Some(Copy::File(path)) => {
                let opened = File::options().append(true).create(true).mode(0o600).open(path);
                opened.and_then(|mut file| file.write_all(line.as_bytes()))
            }
            Some(Copy::Syslog) => UnixDatagram::unbound().and_then(|socket| {
                // A log that takes nothing for the moment must not hold anybody up.
                socket.set_nonblocking(true)?;
                // Facility `authpriv`, severity `info`.
                socket.send_to(format!("<86>kapprum: {}", line.trim_end()).as_bytes(), "/dev/log").map(drop)
            }),
        };
        if let Err(error) = sent {
            self.not_copied.inc();
            tracing::error!(kind = %error.kind(), "the audit log's copy could not be written");
        }
    }
}

impl FromStr for Copy {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "syslog" => Ok(Self::Syslog),
            path if path.starts_with('/') => Ok(Self::File(PathBuf::from(path))),
            _ => Err("`syslog` or an absolute path is expected"),
        }
    }
}

/// A line's text, whole again, and its code.
fn text_of(line: &str) -> Option<(String, String)> {
    let (text, code) = line.rsplit_once(CODE)?;
    Some((format!("{text}}}"), code.strip_suffix("\"}")?.to_owned()))
}

/// The code and number of the last line. What was written after it and not to its end goes: nobody was told that it is
/// traced.
fn last(file: &mut File) -> std::io::Result<(String, u64)> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(2 * LINE);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let torn = (tail.len() - whole) as u64;
    if torn > 0 {
        file.set_len(length - torn)?;
    }
    let text = String::from_utf8_lossy(tail.get(..whole).unwrap_or_default()).into_owned();
    let Some((text, code)) = text.lines().next_back().and_then(text_of) else { return Ok((String::new(), 0)) };
    let number = text.strip_prefix("{\"n\":").and_then(|rest| rest.split(',').next()?.parse().ok());
    Ok((code, number.unwrap_or(0)))
}

fn lines(path: &Path) -> Result<String, AuditError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(AuditError::File(path.to_owned(), error.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kapprum_domain::actor::Role;
    use uuid::Uuid;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));

    fn audit(folder: &Path, copy: Option<Copy>) -> Audit {
        Audit::new(TENANT, folder, copy, &Keys::new([1; 32], [2; 32]))
    }

    fn some(audit: &Audit) {
        let account = Account { tenant: TENANT, holder: PersonId(Uuid::from_u128(7)).into(), role: Role::Guardian };
        let device = DeviceId(Uuid::from_u128(9));
        for (second, event) in [
            Event::TenantAdded,
            Event::Invited { account },
            Event::SignedIn { account, device },
            Event::LookedUp { found: 3 },
            Event::SignedOut { account },
            Event::Revoked { device },
        ]
        .into_iter()
        .enumerate()
        {
            audit.trace(event, "operator 1000", Timestamp(1_795_500_000_000 + second as i64)).unwrap();
        }
    }

    #[test]
    fn a_log_that_nobody_touched_is_sound_and_every_line_is_json() {
        let folder = tempfile::tempdir().unwrap();
        let audit = audit(folder.path(), None);
        assert_eq!(audit.verify().unwrap(), Verdict::Sound(0));
        some(&audit);
        assert_eq!(audit.verify().unwrap(), Verdict::Sound(6));
        let text = std::fs::read_to_string(folder.path().join("audit.log")).unwrap();
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(value["code"].is_string() && value["what"].is_string() && value["at"].is_i64(), "{line}");
        }
    }

    #[test]
    fn one_flipped_byte_anywhere_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let (audit, path) = (audit(folder.path(), None), folder.path().join("audit.log"));
        some(&audit);
        let sound = std::fs::read(&path).unwrap();
        for at in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert!(!matches!(audit.verify().unwrap(), Verdict::Sound(_)), "byte {at}");
        }
    }

    #[test]
    fn a_line_taken_out_moved_or_made_by_someone_else_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let (own, path) = (audit(folder.path(), None), folder.path().join("audit.log"));
        some(&own);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let without = [&lines[..2], &lines[3..]].concat();
        let moved = [&lines[..2], &[lines[3], lines[2]], &lines[4..]].concat();
        for (changed, first) in [(without, 3), (moved, 3)] {
            std::fs::write(&path, changed.join("\n") + "\n").unwrap();
            assert_eq!(own.verify().unwrap(), Verdict::Broken(first));
        }
        std::fs::write(&path, &text).unwrap();
        let stranger = Audit { keys: Keys::new([1; 32], [3; 32]), ..own.clone() };
        stranger.trace(Event::LookedUp { found: 1 }, "operator 0", Timestamp(0)).unwrap();
        assert_eq!(own.verify().unwrap(), Verdict::Broken(7));
        let of_another_tenant = Audit { tenant: TenantId(Uuid::from_u128(2)), ..own };
        assert_eq!(of_another_tenant.verify().unwrap(), Verdict::Broken(1));
    }

    #[test]
    fn a_line_that_was_cut_by_a_death_is_put_right_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let (audit, path) = (audit(folder.path(), None), folder.path().join("audit.log"));
        some(&audit);
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"{\"n\":7,\"at\":17955").unwrap();
        assert_eq!(audit.verify().unwrap(), Verdict::Torn(7));
        audit.trace(Event::SignInRefused { times: 1 }, "server", Timestamp(0)).unwrap();
        assert_eq!(audit.verify().unwrap(), Verdict::Sound(7));
    }

    #[test]
    fn what_is_cut_off_at_the_end_shows_against_the_copy() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let copy = elsewhere.path().join("audit.copy");
        let audit = audit(folder.path(), Some(Copy::File(copy)));
        let path = folder.path().join("audit.log");
        some(&audit);
        assert_eq!(audit.verify().unwrap(), Verdict::Sound(6));
        let text = std::fs::read_to_string(&path).unwrap();
        let kept: Vec<&str> = text.lines().take(4).collect();
        std::fs::write(&path, kept.join("\n") + "\n").unwrap();
        assert_eq!(audit.verify().unwrap(), Verdict::Cut(2));
    }

    #[test]
    fn many_write_beside_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let audit = audit(folder.path(), None);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    (0..10).for_each(|_| audit.trace_served(Event::SignInRefused { times: 1 }, Timestamp(0)));
                });
            }
        });
        assert_eq!(audit.verify().unwrap(), Verdict::Sound(40));
    }

    #[test]
    fn where_the_copy_goes_is_told_by_a_word_or_a_path() {
        assert_eq!("syslog".parse(), Ok(Copy::Syslog));
        assert_eq!("/var/log/kapprum".parse(), Ok(Copy::File("/var/log/kapprum".into())));
        assert!("audit.log".parse::<Copy>().is_err());
    }
}
