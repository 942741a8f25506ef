//! Devices of staff that hold few, many and very many scopes: a first sync, and what a change of rights costs on the wire.

use std::time::Duration;

use kapprum_domain::access;
use kapprum_domain::actor::Role;
use kapprum_domain::id::PersonId;
use kapprum_domain::membership::Membership;
use kapprum_domain::organisation::{Group, GroupKind};
use kapprum_domain::record::{Body, Change};
use kapprum_domain::register::{Assignment, Employed};
use kapprum_domain::world::World as Everything;
use kapprum_server::store::Store as _;
use uuid::Uuid;

use crate::figures::{Figures, median};
use crate::live::PROFILE;
use crate::network::Relay;
use crate::store;
use crate::taps::device;
use crate::world::{World, now};

/// Scopes held.
const HELD: [(usize, &str); 3] = [(15, "staff_cold_15_s"), (150, "staff_cold_150_s"), (3_600, "staff_cold_3600_s")];
const ROUNDS: usize = 5;

pub(super) async fn measure(world: &World, figures: &mut Figures) {
    let groups = groups(world);
    for (held, key) in HELD {
        let (person, scopes) = employ(world, &groups, held);
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let token = world.invite(person, Role::Staff);
            let (store, took) = store::fetch(&world.server.url, &token, &world.place("staff"), false, || ()).await;
            store.suspend();
            times.push(took.as_secs_f64());
        }
        figures.put(key, median(times), format!("{scopes} scopes, into the encrypted file"));
        if held == HELD[2].0 {
            rights_change(world, person, scopes, figures).await;
        }
    }
}

/// Groups with their members, the small ones first.
pub(super) fn groups(world: &World) -> Vec<(Group, usize)> {
    let (mut groups, mut members) = (Vec::new(), std::collections::HashMap::new());
    world
        .store()
        .read(&mut |snapshot| {
            snapshot.kind(Group::KIND, &mut |body| groups.push(serde_json::from_str::<Group>(body).unwrap()))?;
            snapshot.kind(Membership::KIND, &mut |body| {
                *members.entry(serde_json::from_str::<Membership>(body).unwrap().group).or_insert(0) += 1;
            })
        })
        .unwrap();
    let members = |group: &Group| members.get(&group.group).copied().unwrap_or(0);
    let mut groups: Vec<(Group, usize)> = groups.into_iter().map(|group| (group.clone(), members(&group))).collect();
    groups.sort_by_key(|(group, members)| (*members, group.group));
    groups
}

/// Employs somebody new so that about so many scopes are held; how many they are.
pub(super) fn employ(world: &World, groups: &[(Group, usize)], held: usize) -> (PersonId, usize) {
    let person = PersonId(Uuid::now_v7());
    // Care staff hold about six scopes of each child; who holds few has a class.
    let (care, each) = if held > 100 { (true, 6) } else { (false, 2) };
    let (mut sum, mut assignments) = (0, Vec::new());
    for (group, members) in groups.iter().rev().filter(|(group, _)| group.kind.is_care() == care) {
        if sum + each * members + 4 > held {
            continue;
        }
        sum += each * members + 4;
        let kind = if care { group.kind } else { GroupKind::Class };
        assignments.push(Assignment { group: group.group, unit: group.unit, kind, from: None, until: None });
        if sum + 8 > held {
            break;
        }
    }
    world.import(&[Change::put(&Employed { person, duties: Vec::new(), assignments })]);
    let account = world.account(person, Role::Staff);
    let mut scopes = 0;
    world
        .store()
        .read(&mut |snapshot| {
            scopes = access::scopes(&account, now(), &Everything::new(snapshot)).unwrap().len();
            Ok(())
        })
        .unwrap();
    (person, scopes)
}

/// One group more, or one less: what the device that waits is told.
async fn rights_change(world: &World, person: PersonId, scopes: usize, figures: &mut Figures) {
    let relay = Relay::to(&world.server.url).await;
    let device = device(&world.place("rights"));
    device.sign_in(&relay.url, &world.invite(person, Role::Staff)).await.unwrap();
    device.kapprum.foreground(PROFILE, true);
    let mut employed = None;
    world
        .store()
        .read(&mut |snapshot| {
            let at = kapprum_domain::scope::Scope::Register(person);
            employed = Everything::new(snapshot).all::<Employed>(at).unwrap().pop();
            Ok(())
        })
        .unwrap();
    let whole = employed.unwrap();
    let mut bytes = Vec::new();
    for turn in 0..6 {
        quiet(&relay).await;
        let before = relay.bytes();
        let mut changed = whole.clone();
        if turn % 2 == 0 {
            // Over: a group whose children are not held any more. Back again, its scopes come with it and are not counted.
            for one in &mut changed.assignments[..1] {
                one.until = Some(now().day().plus(-1));
            }
        }
        tokio::task::block_in_place(|| world.import(&[Change::put(&changed)]));
        quiet(&relay).await;
        if turn % 2 == 0 {
            bytes.push((relay.bytes() - before) as f64);
        }
    }
    let note = format!("{scopes} scopes, one group ends: the answer and the next request");
    figures.put("rights_change_bytes", median(bytes), note);
}

/// Waits until nothing passes any more.
async fn quiet(relay: &Relay) {
    loop {
        let before = relay.bytes();
        tokio::time::sleep(Duration::from_millis(1_000)).await;
        if relay.bytes() == before {
            return;
        }
    }
}
