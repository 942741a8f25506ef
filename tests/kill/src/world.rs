//! The town and its server: the product's own binary, with imports beside it as an operator would run them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kapprum_domain::id::{ChildId, PlacementId};
use kapprum_domain::time::Day;
use kapprum_server::clock::{Clock, SystemClock};
use kapprum_town::{Town, story};
use uuid::Uuid;

use crate::dice::Dice;
use crate::process::{Ended, Target, Voice};

/// See the module.
pub(crate) struct World {
    /// Where everything lies.
    pub(crate) folder: PathBuf,
    /// Where the product's binaries lie.
    binaries: PathBuf,
    pub(crate) server: Target,
    pub(crate) import: Target,
    /// The day on which the towns are as they are.
    pub(crate) today: Day,
    tenant: String,
    port: u16,
    /// Which of the two towns was told last.
    told: AtomicUsize,
    /// How many imports came to their end.
    pub(crate) imported: AtomicUsize,
}

/// A child with its placement.
pub(crate) type Placed = (ChildId, PlacementId);

/// The children whom the tablet checks in and out, and those whom the board does: each by one device, so that what is
/// to come of it is certain.
pub(crate) fn checked() -> ([Placed; 3], [Placed; 3]) {
    let more = |number: u128| {
        let id = |kind: u128| Uuid::from_u128(0x7a30_0000_0000_4000_8000_0000_0000_0000 + kind + number);
        (ChildId(id(0)), PlacementId(id(0x100)))
    };
    let (ebba, love) = ((story::ebba(), story::ebbas_placement()), (story::love(), story::loves_placement()));
    ([ebba, more(1), more(2)], [love, more(3), more(4)])
}

/// The town as it is, and as it is when Bo is no longer Ebba's guardian and others changed their names.
const TOWNS: [&str; 2] = ["town", "town-changed"];
/// Pupils besides those of the stories.
const PUPILS: usize = 120;

impl World {
    /// Writes the towns and imports the first.
    pub(crate) fn new(folder: &Path, binaries: &Path) -> Result<Self, String> {
        let mut town = Town::sample(PUPILS, 1, SystemClock.now().day());
        let (by_tablet, by_board) = checked();
        for (child, placement) in by_tablet.into_iter().chain(by_board).filter(|(child, _)| *child != story::ebba()) {
            if child != story::love() {
                town.add_child(child, "Tyra", "Lind", 4, &[story::karin()]);
                town.place(child, placement, story::department());
            }
        }
        let mut changed = town.clone();
        changed.end_guardian(story::bo(), story::ebba());
        let stories = Town::small(town.today).people;
        for (_, person) in changed.people.iter_mut().filter(|(id, _)| !stories.contains_key(id)) {
            person.family = format!("{}-Ek", person.family);
        }
        for (town, name) in [&town, &changed].into_iter().zip(TOWNS) {
            town.write(&folder.join(name)).map_err(|error| error.to_string())?;
        }
        let log = |name: &str| folder.join(format!("{name}.log"));
        let mut world = Self {
            folder: folder.to_owned(),
            binaries: binaries.to_owned(),
            server: Target::new("server", log("server")),
            import: Target::new("import", log("import")),
            today: town.today,
            tenant: String::new(),
            port: free_port()?,
            told: AtomicUsize::new(0),
            imported: AtomicUsize::new(0),
        };
        world.tenant = world.operate(&["tenant", "add", "Vänersborg", "--phone", "0521-72 10 00"])?.trim().to_owned();
        world.import_to_the_end()?;
        Ok(world)
    }

    /// The server's address for phones.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The tenant's folder on the server.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data").join(&self.tenant)
    }

    /// The phone's binary.
    pub(crate) fn device(&self) -> PathBuf {
        self.binaries.join("kapprum-device")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.binaries.join("kapprum-server"));
        command.env("KAPPRUM_DATA", self.folder.join("data")).env("KAPPRUM_KEYS", self.folder.join("keys"));
        command.env("KAPPRUM_LISTEN", format!("127.0.0.1:{}", self.port)).env("KAPPRUM_PUBLIC_URL", self.url());
        command
    }

    /// Runs one of the operator's verbs to its end; what it says.
    pub(crate) fn operate(&self, arguments: &[&str]) -> Result<String, String> {
        let done = self.command().args(arguments).output().map_err(|error| format!("kapprum-server: {error}"))?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        match done.status.success() {
            true => Ok(text(&done.stdout)),
            false => {
                Err(format!("kapprum-server {}: {}{}", arguments.join(" "), text(&done.stdout), text(&done.stderr)))
            }
        }
    }

    /// A link to sign in with.
    pub(crate) fn invite(&self, whom: &[&str]) -> Result<String, String> {
        let link = self.operate(&[&["invite", "--tenant", &self.tenant], whom].concat())?;
        Ok(link.trim().to_owned())
    }

    /// Backs the tenant up while it is served; where that lies.
    pub(crate) fn back_up(&self) -> Result<String, String> {
        let to = self.folder.join("backups").display().to_string();
        Ok(self.operate(&["backup", &to, "--tenant", &self.tenant])?.trim().to_owned())
    }

    /// Kills the server, brings a backup back with the newest school data, and serves again.
    pub(crate) fn restore(&self, backup: &str) -> Result<Voice, String> {
        self.server.strike();
        self.server.was_killed()?;
        self.operate(&["restore", backup])?;
        self.import_to_the_end()?;
        match self.serve()? {
            (voice, true) => Ok(voice),
            _ => Err("the restored server did not start; see server.log".to_owned()),
        }
    }

    /// Starts the server; whether it came to its work before it was killed.
    pub(crate) fn serve(&self) -> Result<(Voice, bool), String> {
        let voice = self.server.start(self.command().arg("serve"))?;
        let at_work = voice.hear().map_err(|why| format!("the server: {why}"))?.is_some();
        if at_work {
            self.server.ready();
        }
        Ok((voice, at_work))
    }

    /// Serves until it is over, starting again whenever it was killed; the running server's voice.
    pub(crate) fn keep_serving(&self, mut voice: Voice, over: &AtomicBool, mut dice: Dice) -> Result<Voice, String> {
        loop {
            // It says nothing more: silence is life.
            match voice.hear_within(Duration::from_millis(20)) {
                Err(()) if over.load(Ordering::Relaxed) && !self.server.is_struck() => return Ok(voice),
                Err(()) | Ok(Some(_)) => {}
                Ok(None) => {
                    self.server.was_killed()?;
                    if dice.below(3) == 0 {
                        // Meanwhile things pile up on the devices.
                        dice.pause(0, 250);
                    }
                    voice = self.serve()?.0;
                }
            }
        }
    }

    /// Imports one town or the other now and then, until it is over.
    pub(crate) fn keep_importing(&self, over: &AtomicBool, mut dice: Dice) -> Result<(), String> {
        while !over.load(Ordering::Relaxed) {
            dice.pause(20, 200);
            let town = dice.below(2) as usize;
            self.told.store(town, Ordering::Relaxed);
            let voice = self.import.start(&mut self.importing(town))?;
            self.import.ready();
            while voice.hear().map_err(|why| format!("an import: {why}"))?.is_some() {}
            match self.import.end()? {
                Ended::Itself(status) if status.success() => {
                    self.imported.fetch_add(1, Ordering::Relaxed);
                }
                Ended::Itself(status) => return Err(format!("an import failed: {status}; see import.log")),
                Ended::Killed => {}
            }
        }
        Ok(())
    }

    /// Imports whole what was told last.
    pub(crate) fn import_to_the_end(&self) -> Result<(), String> {
        let town = self.told.load(Ordering::Relaxed);
        let done = self.importing(town).output().map_err(|error| format!("kapprum-server: {error}"))?;
        match done.status.success() {
            true => Ok(()),
            false => Err(format!("the import failed: {}", String::from_utf8_lossy(&done.stderr))),
        }
    }

    fn importing(&self, town: usize) -> Command {
        let from = self.folder.join(TOWNS.get(town).copied().unwrap_or_default());
        let mut command = self.command();
        command.args(["import", "ss12000"]).arg(from).args(["--tenant", &self.tenant, "--accept-ending"]);
        command
    }
}

/// A port that no connection is given by chance: a phone that calls a dead server would reach itself.
fn free_port() -> Result<u16, String> {
    let from = 20_000 + (std::process::id() % 10_000) as u16;
    let free = (from..32_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.ok_or_else(|| "no port is free".to_owned())
}
