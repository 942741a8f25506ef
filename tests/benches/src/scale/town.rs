//! A town on disk: written as a source, imported by a process of its own, served.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kapprum_server::import::Folder;
use kapprum_server::import::guard::{Guarded, guarded};
use kapprum_server::open;
use kapprum_server::store::Store as _;
use kapprum_town::{Districts, Town, story};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::figures::Figures;
use crate::world::{self, Process, World, memory, now, today};

/// What an import tells.
#[derive(Serialize, Deserialize)]
pub(super) struct Imported {
    pub(super) seconds: f64,
    pub(super) peak_mib: f64,
    /// The store's last seq: it stands still where nothing was written.
    pub(super) head: u64,
}

/// Where a town's source lies.
pub(super) fn source(folder: &TempDir) -> PathBuf {
    folder.path().join("source")
}

/// Writes, imports twice and serves.
pub(super) fn make(pupils: usize, figures: &mut Figures) -> World {
    let folder = tempfile::tempdir().unwrap();
    eprintln!("{pupils} pupils: written …");
    let (source, mut last) = (source(&folder), Instant::now());
    let progress = &mut |counts: &std::collections::BTreeMap<&str, usize>| {
        if last.elapsed() > Duration::from_secs(5) {
            eprintln!("  {} persons", counts["persons"]);
            last = Instant::now();
        }
    };
    kapprum_town::write(&source, Districts::new(pupils, 1, today()), progress).unwrap();
    let config = world::config(folder.path());
    open::add_tenant(&config, &world::municipality(&Town::small(today())), now()).unwrap();
    eprintln!("{pupils} pupils: imported …");
    let first = imports(folder.path(), &source, false).wait();
    eprintln!("{pupils} pupils: imported again …");
    let again = imports(folder.path(), &source, false).wait();
    assert_eq!(first.head, again.head, "the second import wrote");
    let note = format!("{} records in {:.1} s", first.head, first.seconds);
    figures.put_of("import_pupils_per_s", pupils, pupils as f64 / first.seconds, note);
    figures.put_of("import_peak_mib", pupils, first.peak_mib.max(again.peak_mib), "the higher of both runs");
    figures.put_of("reimport_share", pupils, again.seconds / first.seconds, format!("{:.1} s", again.seconds));
    let started = Instant::now();
    let server = Process::start(folder.path());
    answers(&server);
    let took = started.elapsed();
    figures.put_of("serve_start_ms", pupils, took.as_secs_f64() * 1000.0, "until the first answer");
    let processor = settle(&server);
    let note = format!("its peak, after {processor:.1} s of processor time for the day's beginning");
    figures.put_of("serve_mib", pupils, server.memory("VmHWM") / 1024.0, note);
    World { folder, config, town: Town::small(today()), server }
}

/// Waits until a server answers.
fn answers(server: &Process) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: kapprum\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Waits until a server has nothing to do; the processor time that it had needed.
pub(super) fn settle(server: &Process) -> f64 {
    loop {
        let before = server.processor();
        #[expect(clippy::disallowed_methods, reason = "measures what a process does by itself")]
        std::thread::sleep(Duration::from_secs(2));
        if server.processor() - before < 0.05 {
            return before;
        }
    }
}

/// An import under way.
pub(super) struct Importing(std::process::Child);

/// Begins an import into a folder's tenant.
pub(super) fn imports(folder: &Path, source: &Path, accept_ending: bool) -> Importing {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("import").args([folder, source]).args(accept_ending.then_some("--accept-ending"));
    Importing(command.stdout(Stdio::piped()).spawn().unwrap())
}

impl Importing {
    pub(super) fn is_over(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    pub(super) fn wait(self) -> Imported {
        let output = self.0.wait_with_output().unwrap();
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// Imports as the operator's verb does, and tells.
pub(crate) fn import(folder: &Path, source: &Path, accept_ending: bool) {
    let config = world::config(folder);
    let (store, sign_in) = open::tenant(&config, story::tenant()).unwrap();
    let keys = open::keys(&config).unwrap();
    let (started, mut last) = (Instant::now(), Instant::now());
    let progress = &mut |what: &str, count| {
        if last.elapsed() > Duration::from_secs(10) {
            eprintln!("  {count} records {what}");
            last = Instant::now();
        }
    };
    let share = (!accept_ending).then_some(10);
    let source = Folder::open(source).unwrap();
    let Guarded::Done(_) = guarded(&source, &store, &sign_in, &keys, now(), share, progress).unwrap() else {
        panic!("the import asks");
    };
    let seconds = started.elapsed().as_secs_f64();
    let mut head = 0;
    store
        .read(&mut |snapshot| {
            head = snapshot.meta()?.head;
            Ok(())
        })
        .unwrap();
    let peak_mib = memory("self", "VmHWM") / 1024.0;
    println!("{}", serde_json::to_string(&Imported { seconds, peak_mib, head }).unwrap());
}
