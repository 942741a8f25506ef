//! A phone of which only the wire is left: thousands of them fit into a process.

use std::time::Duration;

use kapprum_client::key_store::Secret;
use kapprum_client::sync::machine::Failure;
use kapprum_client::sync::wire::{Answer, Http, Wire};
use kapprum_domain::command::Command;
use kapprum_domain::id::CommandId;
use kapprum_protocol::envelope::Envelope;
use kapprum_protocol::frame::{Frame, ScopeNumber};
use kapprum_protocol::receipt::Outcome;
use kapprum_protocol::request::Request;
use kapprum_protocol::{Malformed, VERSION};
use uuid::Uuid;

use crate::world::now;

pub(super) struct Phone {
    wire: Http,
    bearer: Secret,
    cursor: Option<String>,
}

/// What an answer had.
#[derive(Default)]
pub(super) struct Told {
    pub(super) rows: usize,
    pub(super) done: usize,
    pub(super) scopes: Vec<ScopeNumber>,
    /// The connection was lost; the next exchange has another.
    pub(super) lost: bool,
}

impl Phone {
    pub(super) fn new(server: &str, bearer: String) -> Self {
        Self { wire: Http::new(server, None).unwrap(), bearer: Secret::new(bearer), cursor: None }
    }

    /// A whole first sync; the rows that came.
    pub(super) async fn whole(mut self) -> usize {
        let want = self.exchange(Request::default()).await.scopes;
        self.exchange(Request { want, ..Request::default() }).await.rows
    }

    /// Sends a command; whether it was done.
    pub(super) async fn send(&mut self, command: &Command) -> bool {
        let body = serde_json::value::to_raw_value(command).unwrap();
        let id = CommandId(Uuid::now_v7());
        let command = Envelope { id, created: Some(now()), uncertain: false, tapped: None, body: Some(&body) }.write();
        self.exchange(Request { commands: vec![command], ..Request::default() }).await.done == 1
    }

    /// One request and its answer.
    pub(super) async fn exchange(&mut self, request: Request) -> Told {
        let request = Request { v: VERSION, cursor: self.cursor.clone(), ..request };
        let mut told = Told::default();
        let (mut pieces, mut lines) = match self.wire.sync(&self.bearer, request.write()).await {
            Ok(Answer::Pieces(pieces, lines)) => (pieces, lines),
            Ok(Answer::Nothing(_)) => return told,
            Err(Failure::Busy(pause)) => {
                tokio::time::sleep(Duration::from_millis(pause.unsigned_abs())).await;
                return told;
            }
            Err(Failure::Lost) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                return Told { lost: true, ..told };
            }
            Err(failure) => panic!("{failure:?}"),
        };
        while let Some(piece) = pieces.next().await.unwrap() {
            lines
                .feed(&piece, |line| {
                    match Frame::read(line)? {
                        Frame::Rights(rights) => {
                            told.scopes.extend(rights.scopes.iter().map(|entry| entry.0));
                            self.cursor = Some(rights.cursor);
                        }
                        Frame::Row(_) => told.rows += 1,
                        Frame::Receipt(receipt) => told.done += usize::from(receipt.outcome == Outcome::Ok),
                        Frame::Applied(applied) => self.cursor = Some(applied.cursor),
                        _ => {}
                    }
                    Ok::<(), Malformed>(())
                })
                .unwrap();
        }
        told
    }
}
