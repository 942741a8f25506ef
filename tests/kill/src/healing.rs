//! When nobody is killed any more: everybody comes to agree, and everything is looked at.

use kapprum_domain::outbox::Mark;
use kapprum_server::clock::{Clock, SystemClock};
use serde_json::Value;

use crate::check::{Told, wrong};
use crate::device::Device;
use crate::dice::Dice;
use crate::evidence::{self, Evidence};
use crate::newcomer::Newcomer;
use crate::world::World;

/// What is done to the server's store before the last look.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Spoil {
    /// A receipt is lost.
    Lost,
    /// An event is there twice.
    Doubled,
}

/// In milliseconds: so long they may take to exchange everything, and then to show the same.
const PATIENCE: i64 = 60_000;

/// Waits until everything is exchanged, and looks. All outcomes, or what is wrong.
pub(crate) fn heal(
    world: &World,
    devices: &mut [Device],
    newcomer: &Newcomer,
    round: u64,
    spoil: Option<Spoil>,
) -> Result<Vec<Mark>, Vec<String>> {
    let one = |why: String| vec![why];
    world.import_to_the_end().map_err(one)?;
    let mut outboxes = Vec::with_capacity(devices.len());
    for device in devices.iter_mut() {
        within(|| device.settled()).map_err(one)?.ok_or_else(|| {
            vec![format!("{} has not exchanged everything after {} s", device.target.name, PATIENCE / 1000)]
        })?;
    }
    for device in devices.iter_mut() {
        outboxes.push(device.outbox().map_err(one)?);
    }
    let store = world.data().join("store.db");
    if let Some(spoil) = spoil {
        evidence::spoil(&store, spoil).map_err(one)?;
    }
    let evidence = Evidence::read(&store).map_err(one)?;
    let told = devices.iter().zip(&outboxes).map(|(device, outbox)| Told { journal: &device.journal, outbox });
    let mut found = wrong(&told.collect::<Vec<_>>(), &evidence);
    found.extend(evidence::damage(&world.data()).map_err(one)?);
    for verb in [&["check"][..], &["audit", "verify"]] {
        found.extend(world.operate(verb).err());
    }
    for device in devices.iter_mut() {
        found.extend(device.damage().map_err(one)?);
        found.extend(disagreement(world, device, round).map_err(one)?);
    }
    let mut signed_in = newcomer.signed_in(world).map_err(one)?;
    found.extend(signed_in.damage().map_err(one)?);
    found.extend(disagreement(world, &mut signed_in, round).map_err(one)?);
    signed_in.sleep();
    if found.is_empty() { Ok(outboxes.into_iter().flatten().map(|(_, mark)| mark).collect()) } else { Err(found) }
}

/// What a device shows otherwise than one of the same owner that has just signed in.
fn disagreement(world: &World, device: &mut Device, round: u64) -> Result<Option<String>, String> {
    let mut twin = device.twin(world, round)?;
    for ask in device.asks() {
        let mut both = (Value::Null, Value::Null);
        let agreed = within(|| {
            both = (device.sees(&ask)?, twin.sees(&ask)?);
            Ok(both.0 == both.1)
        });
        if agreed?.is_none() {
            let (shown, afresh) = excerpts(&both.0.to_string(), &both.1.to_string());
            let name = device.target.name;
            return Ok(Some(format!("{name} shows in {ask:?} … {shown} … and afresh it is … {afresh} …")));
        }
    }
    twin.sleep();
    Ok(None)
}

/// Both from a little before where they begin to differ.
fn excerpts(one: &str, other: &str) -> (String, String) {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let excerpt = |text: &str| text.chars().skip(same.saturating_sub(80)).take(240).collect();
    (excerpt(one), excerpt(other))
}

/// Tries until it is so; none: it was not within the time.
fn within(mut so: impl FnMut() -> Result<bool, String>) -> Result<Option<()>, String> {
    let (begun, mut dice) = (SystemClock.now().0, Dice::new(0, 0));
    loop {
        if so()? {
            return Ok(Some(()));
        }
        if SystemClock.now().0 - begun > PATIENCE {
            return Ok(None);
        }
        dice.pause(20, 50);
    }
}
