//! A peer that stalls in mid-line: saving waits for neither the network nor whoever writes what it brings.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kapprum_client::error::{Error, Result};
use kapprum_client::kapprum::{Kapprum, Surroundings};
use kapprum_client::key_store::{MemoryKeyStore, Secret};
use kapprum_client::sync::machine::Failure;
use kapprum_client::sync::wire::{Answer, Http, Pending, Pieces, Wire};
use kapprum_domain::actor::Role;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_protocol::lines::Compressor;
use kapprum_protocol::session::Activated;
use kapprum_stories::{OWN, Story, absent, tuesday};
use kapprum_town::story;
use kapprum_words::Language;
use tokio::sync::watch;

/// Only so that a test that hangs ends: nothing is measured by it.
const GUARD: Duration = Duration::from_secs(20);

/// What the wire does, and has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flow {
    Free,
    /// An answer stops in the middle of its second line, and the connection stays.
    Stalls,
    Stalled,
}

struct Stalling {
    http: Http,
    flow: watch::Sender<Flow>,
}

impl Wire for Stalling {
    fn sync<'a>(&'a self, bearer: &'a Secret, request: Vec<u8>) -> Pending<'a, std::result::Result<Answer, Failure>> {
        Box::pin(async move {
            match self.http.sync(bearer, request).await? {
                Answer::Pieces(pieces, lines) => {
                    let flow = self.flow.clone();
                    Ok(Answer::Pieces(Box::new(Halting { pieces, flow }), lines))
                }
                nothing => Ok(nothing),
            }
        })
    }

    fn activate<'a>(&'a self, token: &'a str) -> Pending<'a, Result<Activated>> {
        self.http.activate(token)
    }

    fn sign_out<'a>(&'a self, bearer: &'a Secret) -> Pending<'a, std::result::Result<(), Failure>> {
        self.http.sign_out(bearer)
    }
}

struct Halting {
    pieces: Box<dyn Pieces>,
    flow: watch::Sender<Flow>,
}

impl Pieces for Halting {
    fn next(&mut self) -> Pending<'_, std::result::Result<Option<Bytes>, Failure>> {
        Box::pin(async move {
            let now = *self.flow.borrow();
            match now {
                Flow::Free => self.pieces.next().await,
                Flow::Stalls => {
                    let piece = self.pieces.next().await?.unwrap();
                    self.flow.send_replace(Flow::Stalled);
                    Ok(Some(until_mid_line(&piece)))
                }
                Flow::Stalled => std::future::pending().await,
            }
        })
    }
}

/// The first piece of a stream, as far as into its second line.
fn until_mid_line(piece: &[u8]) -> Bytes {
    let mut decoder = zstd::stream::write::Decoder::new(Vec::new()).unwrap();
    decoder.write_all(piece).and_then(|()| decoder.flush()).unwrap();
    let mut plain = decoder.into_inner();
    plain.truncate(plain.iter().position(|byte| *byte == b'\n').unwrap() + 8);
    Compressor::new().unwrap().piece(&plain).unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_waits_for_neither_the_network_nor_the_writer() {
    let story = Story::begin().await;
    let bo = story.person("bo", story::bo(), Role::Guardian).await;
    for case in ["what Bo reports", "the first snapshots"] {
        let flow = watch::Sender::new(Flow::Free);
        let own = flow.clone();
        let anna = Kapprum::open(Surroundings {
            home: story.folder.path().join(case),
            keys: Arc::new(MemoryKeyStore::default()),
            clock: story.clock.clone(),
            wires: Box::new(move |server| Ok(Arc::new(Stalling { http: Http::new(server, None)?, flow: own.clone() }))),
            language: Language::English,
        })
        .unwrap();
        let token = story.running.invite(story::anna(), Role::Guardian);
        if case == "the first snapshots" {
            // The rights have come, and nothing of what they give.
            flow.send_replace(Flow::Stalls);
            anna.sign_in(&story.running.url(), &token, None).await.unwrap();
        } else {
            anna.sign_in(&story.running.url(), &token, None).await.unwrap();
            anna.sync(OWN).await.unwrap();
            anna.foreground(OWN, true);
            flow.send_replace(Flow::Stalls);
            bo.kapprum.send(OWN, vec![absent(story::ebba(), tuesday().plus(1))], None).await.unwrap();
            bo.kapprum.sync(OWN).await.unwrap();
        }
        let stalled = async { flow.subscribe().wait_for(|flow| *flow == Flow::Stalled).await.map(drop) };
        tokio::time::timeout(GUARD, stalled).await.unwrap().unwrap();

        let saving = async {
            for day in 2..12 {
                // The rights have come, and may not be taken yet.
                let report = || anna.send(OWN, vec![absent(story::love(), tuesday().plus(day))], None);
                while report().await.inspect_err(|error| assert!(matches!(error, Error::NotHeld), "{error}")).is_err() {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::time::timeout(GUARD, saving).await.unwrap();
        let outbox = anna.feed(OWN, Ask::Outbox).next().await.unwrap();
        assert!(matches!(outbox, Screen::Outbox(outbox) if outbox.lines.len() == 10), "{case}");
        let frame = anna.feed(OWN, Ask::Frame).next().await.unwrap();
        assert!(matches!(frame, Screen::Frame(frame) if frame.waiting.is_some()), "{case}");
        assert_eq!(*flow.borrow(), Flow::Stalled, "{case} still hangs");

        // The connection breaks in the end; everything arrives.
        flow.send_replace(Flow::Free);
        anna.suspend().await;
        anna.resume().await.unwrap();
        tokio::time::timeout(GUARD, anna.sync(OWN)).await.unwrap().unwrap();
        let status = anna.status(OWN)[0];
        assert!(status.synced, "{case}: {status:?}");
    }
}
