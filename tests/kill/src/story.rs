//! The story of a run: load and kills, healing and a look at everything, and so on until all kills are done.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};

use kapprum_domain::outbox::Mark;
use kapprum_domain::time::Timestamp;
use kapprum_server::clock::{Clock, SystemClock};
use kapprum_town::story;

use crate::device::{Device, Owner};
use crate::dice::Dice;
use crate::healing::{Spoil, heal};
use crate::newcomer::Newcomer;
use crate::process::{Moment, Target, Voice};
use crate::world::World;

/// After so many kills everything heals and is looked at.
const ROUND: usize = 50;

/// How a run went.
#[derive(Default)]
pub(crate) struct Summary {
    kills: Kills,
    imported: usize,
    restored: usize,
    saved: usize,
    in_doubt: usize,
    not_taken: usize,
    outcomes: [usize; 3],
    time: String,
}

/// Kills by what they met: in mid-start, at work.
#[derive(Default, Clone, Copy)]
struct Kills {
    server: [usize; 2],
    devices: [usize; 2],
    imports: [usize; 2],
    sign_ins: [usize; 2],
    /// How many of these came two at once.
    pairs: usize,
}

impl Kills {
    fn all(self) -> usize {
        [self.server, self.devices, self.imports, self.sign_ins].iter().flatten().sum()
    }
}

/// Tells it; what went wrong, a line each.
pub(crate) fn tell(
    folder: &Path,
    binaries: &Path,
    seed: u64,
    times: usize,
    spoil: Option<Spoil>,
) -> Result<Summary, Vec<String>> {
    let begun = SystemClock.now();
    let one = |why: String| vec![why];
    let world = World::new(folder, binaries).map_err(one)?;
    let (mut serving, at_work) = world.serve().map_err(one)?;
    if !at_work {
        return Err(one("the server did not start; see server.log".to_owned()));
    }
    let mut devices = sign_in(&world, seed).map_err(one)?;
    println!("  a town is imported, {} devices are signed in · {}", devices.len(), after(begun));
    let newcomer = Newcomer::new(&world);
    let mut summary = Summary::default();
    let mut killer = Killer { dice: Dice::new(seed, 0), until: 0, kills: Kills::default() };
    let (mut backup, mut restored) = (world.back_up().map_err(one)?, 0);
    for round in 1.. {
        killer.until = times.min(killer.kills.all() + ROUND);
        serving = trouble(&world, &mut devices, &newcomer, serving, seed.wrapping_add(round << 32), &mut killer)?;
        let last = killer.kills.all() >= times;
        if round % 2 == 0 {
            // Every other time once more from the same one, before everything has come back.
            for _ in 0..1 + u64::from(round % 4 == 2) {
                drop(serving);
                serving = world.restore(&backup).map_err(one)?;
                restored += 1;
            }
            devices.iter_mut().for_each(|device| device.journal.restored = true);
        }
        let marks = heal(&world, &mut devices, &newcomer, round, spoil.filter(|_| last))?;
        let of = |mark: Mark| marks.iter().filter(|one| **one == mark).count();
        let count = |of: fn(&Device) -> usize| devices.iter().map(of).sum::<usize>();
        summary = Summary {
            kills: killer.kills,
            imported: world.imported.load(Ordering::Relaxed),
            restored,
            saved: count(|device| device.journal.saved()),
            in_doubt: count(|device| device.journal.in_doubt()),
            not_taken: count(|device| device.journal.not_taken),
            outcomes: [Mark::Done, Mark::Withdrawn, Mark::Refused].map(of),
            time: after(begun),
        };
        let Summary { saved, time, .. } = &summary;
        println!(
            "  {} of {times} kills, {saved} commands saved: each is there once, all agree · {time}",
            killer.kills.all()
        );
        if last {
            break;
        }
        if round % 2 == 1 {
            backup = world.back_up().map_err(one)?;
        }
    }
    devices.into_iter().for_each(Device::sleep);
    Ok(summary)
}

/// The devices of the story.
fn sign_in(world: &World, seed: u64) -> Result<Vec<Device>, String> {
    let owners = [
        ("anna", Owner::Guardian(story::anna())),
        ("bo", Owner::Guardian(story::bo())),
        ("tablet", Owner::Tablet),
        ("board", Owner::Board),
    ];
    let device = |(stream, (name, owner))| Device::sign_in(world, name, name, owner, Dice::new(seed, stream));
    (1..).zip(owners).map(device).collect()
}

/// Load, and kills until there are enough.
fn trouble(
    world: &World,
    devices: &mut [Device],
    newcomer: &Newcomer,
    serving: Voice,
    seed: u64,
    killer: &mut Killer,
) -> Result<Voice, Vec<String>> {
    let over = AtomicBool::new(false);
    let targets: Vec<Arc<Target>> = devices.iter().map(|device| device.target.clone()).collect();
    let (serving, done) = thread::scope(|scope| {
        let over = &over;
        let server = scope.spawn(move || ending(over, world.keep_serving(serving, over, Dice::new(seed, 11))));
        let imports = scope.spawn(move || ending(over, world.keep_importing(over, Dice::new(seed, 12))));
        let sign_ins = scope.spawn(move || ending(over, newcomer.keep_signing_in(world, over, Dice::new(seed, 13))));
        let work: Vec<_> =
            devices.iter_mut().map(|device| scope.spawn(move || ending(over, device.work(over)))).collect();
        killer.kill(
            &Victims { server: &world.server, import: &world.import, sign_in: &newcomer.target, devices: &targets },
            over,
        );
        over.store(true, Ordering::Relaxed);
        let done: Vec<String> =
            work.into_iter().chain([imports, sign_ins]).filter_map(|thread| joined(thread).err()).collect();
        (joined(server), done)
    });
    match serving {
        Ok(serving) if done.is_empty() => Ok(serving),
        Ok(_) => Err(done),
        Err(why) => Err([vec![why], done].concat()),
    }
}

/// What is wrong for one ends it for all.
fn ending<T>(over: &AtomicBool, done: Result<T, String>) -> Result<T, String> {
    over.fetch_or(done.is_err(), Ordering::Relaxed);
    done
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T, String>>) -> Result<T, String> {
    thread.join().unwrap_or_else(|_| Err("a thread of this program failed".to_owned()))
}

/// Who may be killed.
struct Victims<'a> {
    server: &'a Target,
    import: &'a Target,
    sign_in: &'a Target,
    devices: &'a [Arc<Target>],
}

/// Who kills.
struct Killer {
    dice: Dice,
    kills: Kills,
    /// So many in all.
    until: usize,
}

impl Killer {
    fn kill(&mut self, victims: &Victims<'_>, over: &AtomicBool) {
        while self.kills.all() < self.until && !over.load(Ordering::Relaxed) {
            // In the thick of it, and now and then after a while of good work.
            match self.dice.below(100) {
                0..50 => self.dice.pause(5, 60),
                50..85 => self.dice.pause(60, 200),
                _ => self.dice.pause(200, 500),
            }
            let victim = self.victim(victims);
            if !self.strike(victims, victim) || self.kills.all() == self.until {
                continue;
            }
            match self.dice.below(8) {
                0 => {
                    let other = self.victim(victims);
                    self.kills.pairs += usize::from(self.strike(victims, other));
                }
                // Once more, while it starts.
                1..4 => {
                    self.dice.pause(2, 30);
                    self.strike(victims, victim);
                }
                _ => {}
            }
        }
    }

    fn victim<'a>(&mut self, victims: &Victims<'a>) -> &'a Target {
        match self.dice.below(100) {
            0..24 => victims.import,
            24..34 => victims.sign_in,
            34..54 => victims.server,
            _ => {
                let at = self.dice.below(victims.devices.len() as u64) as usize;
                victims.devices.get(at).map_or(victims.server, |device| device)
            }
        }
    }

    /// Kills it; whether there was anything to kill.
    fn strike(&mut self, victims: &Victims<'_>, victim: &Target) -> bool {
        let Some(moment) = victim.strike() else { return false };
        let Kills { server, devices, imports, sign_ins, .. } = &mut self.kills;
        let is = |one: &Target| std::ptr::eq(victim, one);
        let [starting, at_work] = match () {
            () if is(victims.import) => imports,
            () if is(victims.sign_in) => sign_ins,
            () if is(victims.server) => server,
            () => devices,
        };
        *(if moment == Moment::Starting { starting } else { at_work }) += 1;
        true
    }
}

/// The time since then, as a person reads it.
fn after(begun: Timestamp) -> String {
    let tenths = (SystemClock.now().0 - begun.0) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kills { server, devices, imports, sign_ins, pairs } = self.kills;
        let count = |kills: [usize; 2]| kills.iter().sum::<usize>();
        let [done, withdrawn, refused] = self.outcomes;
        let both = |[starting, at_work]: [usize; 2]| format!("{} ({starting} in mid-start)", starting + at_work);
        writeln!(
            out,
            "Killed: the server {}, devices {}, imports {}, sign-ins {}; {pairs} times two at once.",
            both(server),
            both(devices),
            count(imports),
            count(sign_ins)
        )?;
        writeln!(out, "Imports that came to their end meanwhile: {}.", self.imported)?;
        writeln!(out, "The server was restored from a backup {} times.", self.restored)?;
        writeln!(
            out,
            "Commands: {} told to be saved, {} cut off before anything was told, {} not taken for want of a right.",
            self.saved, self.in_doubt, self.not_taken
        )?;
        writeln!(out, "Outcomes: {done} done, {withdrawn} withdrawn, {refused} refused.")?;
        write!(out, "Nothing lost, nothing doubled, all files sound, all devices agree · {}", self.time)
    }
}
