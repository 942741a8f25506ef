//! Processes of the product, each of which may be killed at any moment by another thread.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Who does not answer for so long hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What may be killed: one process after another under one name.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    log: PathBuf,
    running: Mutex<Option<Running>>,
}

struct Running {
    child: Child,
    /// It has said that it is at work.
    ready: bool,
    struck: bool,
}

/// What a process was about when it was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Starting,
    AtWork,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By us.
    Killed,
    /// By itself, which most may not.
    Itself(ExitStatus),
}

/// The way to a process: its input, and the lines of its output.
pub(crate) struct Voice {
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Target {
    /// Nothing runs yet; what goes to stderr is kept in the log.
    pub(crate) fn new(name: &'static str, log: PathBuf) -> Self {
        Self { name, log, running: Mutex::default() }
    }

    /// Starts a process under this name.
    pub(crate) fn start(&self, command: &mut Command) -> Result<Voice, String> {
        let wrong = |error: std::io::Error| format!("{} can't be started: {error}", self.name);
        let log = File::options().create(true).append(true).open(&self.log).map_err(wrong)?;
        let mut running = self.running();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().map_err(wrong)?;
        let (sender, lines) = channel();
        let (input, output) = (child.stdin.take(), child.stdout.take());
        *running = Some(Running { child, ready: false, struck: false });
        // Ends with the process.
        std::thread::spawn(move || {
            let Some(output) = output else { return };
            // A last line without its end was cut by the kill: it told nothing.
            let mut output = BufReader::new(output);
            let mut line = String::new();
            while matches!(output.read_line(&mut line), Ok(1..)) && line.ends_with('\n') {
                if sender.send(line.trim_end().to_owned()).is_err() {
                    return;
                }
                line.clear();
            }
        });
        Ok(Voice { input, lines })
    }

    /// It is at work now.
    pub(crate) fn ready(&self) {
        if let Some(running) = self.running().as_mut() {
            running.ready = true;
        }
    }

    /// Kills what runs, without warning; none: nothing did, or it is dying already.
    pub(crate) fn strike(&self) -> Option<Moment> {
        let mut running = self.running();
        let running = running.as_mut().filter(|running| !running.struck)?;
        if !matches!(running.child.try_wait(), Ok(None)) || running.child.kill().is_err() {
            return None;
        }
        running.struck = true;
        Some(if running.ready { Moment::AtWork } else { Moment::Starting })
    }

    /// It was killed, and may be dying yet.
    pub(crate) fn is_struck(&self) -> bool {
        self.running().as_ref().is_some_and(|running| running.struck)
    }

    /// Waits for the end of what runs.
    pub(crate) fn end(&self) -> Result<Ended, String> {
        let Some(mut running) = self.running().take() else { return Err(format!("{} does not run", self.name)) };
        let status = running.child.wait().map_err(|error| error.to_string())?;
        Ok(if running.struck && status.signal() == Some(9) { Ended::Killed } else { Ended::Itself(status) })
    }

    /// The last line that went to stderr.
    pub(crate) fn last_words(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&log).lines().next_back().unwrap_or_default().to_owned()
    }

    /// As [`Self::end`], of what ends by being killed alone.
    pub(crate) fn was_killed(&self) -> Result<(), String> {
        match self.end()? {
            Ended::Killed => Ok(()),
            Ended::Itself(status) => Err(format!("{} ended by itself: {status}: {}", self.name, self.last_words())),
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(mut running) = self.running().take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Voice {
    /// The next line; none: the process is dead.
    pub(crate) fn hear(&self) -> Result<Option<String>, String> {
        self.hear_within(PATIENCE).map_err(|()| format!("no answer within {} s", PATIENCE.as_secs()))
    }

    /// As [`Self::hear`], with an error for silence.
    pub(crate) fn hear_within(&self, patience: Duration) -> Result<Option<String>, ()> {
        match self.lines.recv_timeout(patience) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(()),
        }
    }

    /// Says a line and hears the answer; none: the process is dead, and may have done it or not.
    pub(crate) fn ask(&mut self, line: &str) -> Result<Option<String>, String> {
        let Some(input) = self.input.as_mut() else { return Ok(None) };
        // Into a pipe whose other end is dead: the silence that follows tells it.
        let _ = writeln!(input, "{line}");
        self.hear()
    }
}
