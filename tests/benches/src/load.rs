//! Many people at once: commands with rules as fast as they go, and receipts at a steady pace.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kapprum_client::key_store::Secret;
use kapprum_client::sync::wire::{Answer, Http, Wire};
use kapprum_domain::actor::Role;
use kapprum_domain::command::Command;
use kapprum_domain::id::{ChildId, CommandId, PlacementId};
use kapprum_protocol::envelope::Envelope;
use kapprum_protocol::frame::Frame;
use kapprum_protocol::receipt::Outcome;
use kapprum_protocol::request::Request;
use kapprum_protocol::{Malformed, VERSION};
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::figures::{Figures, percentile};
use crate::world::{World, child, guardian, now, placement, today};

const CONNECTIONS: u128 = 16;
const COMMANDS: usize = 20;
/// Requests of each connection.
const REQUESTS: usize = 60;
/// Receipts a second, and for how long.
const PACE: u32 = 500;
const SECONDS: u32 = 8;

pub(crate) async fn measure(world: &World, figures: &mut Figures) {
    let mut guardians = Vec::new();
    for one in 0..CONNECTIONS {
        let token = world.invite(guardian(1, one), Role::Guardian);
        let signed_in = Guardian::sign_in(&world.server.url, &token, child(1, one), placement(1, one)).await;
        guardians.push(Arc::new(Mutex::new(signed_in)));
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for guardian in &guardians {
        let guardian = guardian.clone();
        tasks.spawn(async move {
            let mut guardian = guardian.lock().await;
            for _ in 0..REQUESTS {
                assert_eq!(guardian.send(COMMANDS).await, COMMANDS);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let commands = CONNECTIONS as f64 * (REQUESTS * COMMANDS) as f64;
    let note = format!("{CONNECTIONS} connections, {COMMANDS} commands a request");
    figures.put("commands_per_s", commands / started.elapsed().as_secs_f64(), note);

    let mut ticks = tokio::time::interval(Duration::from_secs(1) / PACE);
    let mut tasks = JoinSet::new();
    for turn in 0..(PACE * SECONDS) as usize {
        ticks.tick().await;
        let due = Instant::now();
        let guardian = guardians[turn % guardians.len()].clone();
        tasks.spawn(async move {
            assert_eq!(guardian.lock().await.send(1).await, 1);
            due.elapsed()
        });
    }
    let mut times: Vec<Duration> = tasks.join_all().await;
    figures.put("receipt_p99_ms", percentile(&mut times, 99), format!("at {PACE}/s, one command a request"));
}

/// A guardian's phone, of which only the wire is left.
pub(crate) struct Guardian {
    wire: Http,
    bearer: Secret,
    cursor: Option<String>,
    child: ChildId,
    placement: PlacementId,
    sent: usize,
}

impl Guardian {
    /// Signs in; the child's days are what it sends about.
    pub(crate) async fn sign_in(server: &str, token: &str, child: ChildId, placement: PlacementId) -> Self {
        let wire = Http::new(server, None).unwrap();
        let activated = wire.activate(token).await.unwrap();
        let bearer = Secret::new(activated.bearer);
        let mut guardian = Self { wire, bearer, cursor: None, child, placement, sent: 0 };
        guardian.send(0).await;
        guardian
    }

    /// Sends so many commands; how many were done.
    pub(crate) async fn send(&mut self, commands: usize) -> usize {
        let commands = (0..commands).map(|_| self.command()).collect();
        let request = Request { v: VERSION, cursor: self.cursor.take(), commands, ..Request::default() };
        let Answer::Pieces(mut pieces, mut lines) = self.wire.sync(&self.bearer, request.write()).await.unwrap() else {
            panic!("no answer");
        };
        let mut done = 0;
        while let Some(piece) = pieces.next().await.unwrap() {
            lines
                .feed(&piece, |line| {
                    match Frame::read(line)? {
                        Frame::Receipt(receipt) => done += usize::from(receipt.outcome == Outcome::Ok),
                        Frame::Applied(applied) => self.cursor = Some(applied.cursor),
                        _ => {}
                    }
                    Ok::<(), Malformed>(())
                })
                .unwrap();
        }
        done
    }

    /// Another word to the staff each time, about days in turn.
    fn command(&mut self) -> Box<RawValue> {
        self.sent += 1;
        let (child, placement) = (self.child, self.placement);
        let day = today().plus(1 + (self.sent % 60) as i32);
        let comment = format!("Mormor hämtar, gång {}", self.sent);
        let command = Command::ChangeDay { child, placement, day, times: None, comment };
        let body = serde_json::value::to_raw_value(&command).unwrap();
        let id = CommandId(Uuid::now_v7());
        Envelope { id, created: Some(now()), uncertain: false, tapped: None, body: Some(&body) }.write()
    }
}
