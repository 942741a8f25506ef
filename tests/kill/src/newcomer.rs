//! Karin signs in, again and again: a sign-in that was cut is in the way of no later one.

use std::sync::atomic::{AtomicBool, Ordering};

use kapprum_town::story;
use serde_json::Value;

use crate::device::{Device, Owner};
use crate::dice::Dice;
use crate::process::{Ended, Target};
use crate::world::World;

/// See the module.
pub(crate) struct Newcomer {
    pub(crate) target: Target,
}

/// Her phone's name and folder.
const NAME: &str = "karin";

impl Newcomer {
    /// Her phone, on which nobody has signed in yet.
    pub(crate) fn new(world: &World) -> Self {
        Self { target: Target::new(NAME, world.folder.join("karin.log")) }
    }

    /// Signs in with one invitation after the other until it is over. Each is good for once, however that ends.
    pub(crate) fn keep_signing_in(&self, world: &World, over: &AtomicBool, mut dice: Dice) -> Result<(), String> {
        while !over.load(Ordering::Relaxed) {
            dice.pause(50, 400);
            let mut process = Device::signing_in(world, NAME, Self::owner())?;
            let voice = self.target.start(&mut process)?;
            while voice.hear().map_err(|why| format!("{NAME} signs in: {why}"))?.is_some() {}
            match self.target.end()? {
                Ended::Killed => {}
                Ended::Itself(status) if status.success() => {}
                // The server was killed meanwhile.
                Ended::Itself(_) if self.target.last_words().contains("offline") => {}
                Ended::Itself(_) => return Err(format!("{NAME} could not sign in: {}", self.target.last_words())),
            }
        }
        Ok(())
    }

    /// Signs in once more, undisturbed: the device, with this one account on it.
    pub(crate) fn signed_in(&self, world: &World) -> Result<Device, String> {
        let device = Device::sign_in(world, NAME, NAME, Self::owner(), Dice::new(0, 0))?;
        let list =
            std::fs::read(world.folder.join(NAME).join("data/accounts.json")).map_err(|error| error.to_string())?;
        let list: Value = serde_json::from_slice(&list).map_err(|error| error.to_string())?;
        let count = |name: &str| list.pointer(&format!("/accounts/{name}")).and_then(Value::as_array).map(Vec::len);
        match (count("signed_in"), count("lost")) {
            (Some(1), Some(0)) => Ok(device),
            _ => Err(format!("after cut sign-ins {NAME} has these accounts: {list}")),
        }
    }

    fn owner() -> Owner {
        Owner::Guardian(story::karin())
    }
}
