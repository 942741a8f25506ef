//! The network: requests that are lost, come twice, late or together; answers that are cut at a line or a byte.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kapprum_client::error::Error;
use kapprum_client::sync::apply;
use kapprum_client::sync::machine::{Action, Exchange, Failure, Wishes};
use kapprum_domain::access;
use kapprum_domain::actor::Account;
use kapprum_domain::id::CommandId;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Timestamp;
use kapprum_domain::world::World;
use kapprum_protocol::cursor::{Cursor, Seq};
use kapprum_protocol::frame::Frame;
use kapprum_protocol::lines::{Compressor, Lines};
use kapprum_protocol::receipt::{Outcome as Received, Receipt};
use kapprum_protocol::request::Request;
use kapprum_server::sync::{Answer, Answered, answer};
use kapprum_server::writer::{self, Batch};
use rand_chacha::rand_core::Rng;

use crate::cases::Case;
use crate::history::{History, Outcome};
use crate::properties;
use crate::variant::Variant;

/// How long data may be shown without contact, in seconds: ordinary and protected.
const FRESH: (u32, u32) = (30 * 24 * 3600, 12 * 3600);
/// The exchange of a request whose sender has gone.
pub const NOBODY: Exchange = Exchange::MAX;

/// A request on its way.
#[derive(Clone)]
pub struct Packet {
    pub device: usize,
    pub exchange: Exchange,
    text: Vec<u8>,
    ids: Vec<CommandId>,
}

/// What an account holds while nothing is committed and no day begins or ends a right.
pub struct Holding {
    head: Seq,
    until: Option<Timestamp>,
    scopes: Vec<Scope>,
}

impl Holding {
    fn holds_at(&self, head: Seq, now: Timestamp) -> bool {
        self.head == head && self.until.is_none_or(|until| now < until)
    }
}

/// An answer on its way.
pub struct Flight {
    pub device: usize,
    pub exchange: Exchange,
    ids: Vec<CommandId>,
    pub answer: Option<Answer>,
    /// What the account held when sections 1 to 5 were read, until they are sent.
    held_then: Option<BTreeSet<u32>>,
    lines: VecDeque<String>,
    /// Compressed on the wire.
    wire: Option<(Compressor, Lines)>,
    /// Nothing comes after these lines; the line at which it was cut.
    cut: Option<Option<String>>,
    in_snap: bool,
    /// Held until there is news: the request as it came.
    held: Option<Packet>,
}

impl History {
    /// The device's machine is asked what to do.
    pub fn poll(&mut self, index: usize, wishes: Wishes) -> Outcome {
        let device = &mut self.devices[index];
        if device.suspended {
            return Ok(());
        }
        let store = &device.store;
        if self.variant == Variant::MovesOnlyWhenAsked && !wishes.ask {
            return Ok(());
        }
        let ask = wishes.ask || self.variant == Variant::AsksWithoutNeed;
        let wishes = Wishes { ask, ..wishes };
        let action = device.machine.poll(device.elapsed(), wishes, || store.read(|reader| reader.plan()).ok());
        let Action::Send(exchange, request) = action else { return Ok(()) };
        device.requests += 1;
        let account = device.account;
        let ids: Vec<CommandId> = request.commands.iter().filter_map(|bytes| id_of(bytes.get())).collect();
        ids.iter().for_each(|id| self.fates.sent((account, *id)));
        if self.variant == Variant::BodyDroppedWhenSent {
            let drop = "UPDATE outbox SET bytes = NULL WHERE state = 'waiting'";
            self.devices[index].file.execute(drop, []).unwrap();
        }
        self.say(|history| {
            let name = &history.devices[index].name;
            let from = request.cursor.as_deref().and_then(Cursor::read).map(|cursor| cursor.seq);
            format!("{name} sends {exchange}: from {from:?}, wants {:?}, {} commands", request.want, ids.len())
        });
        self.requests.push(Packet { device: index, exchange, text: request.write(), ids });
        Ok(())
    }

    /// Some requests reach the server at once, or are lost.
    pub fn deliver_requests(&mut self) -> Outcome {
        if self.requests.is_empty() {
            return Ok(());
        }
        let at = self.below(self.requests.len());
        let packet = self.requests.remove(at);
        let account = self.devices[packet.device].account;
        if self.faults && self.chance(8) {
            self.befall_all(account, &packet.ids, Case::RequestLost);
            return self.fail(packet.device, packet.exchange, Failure::Lost);
        }
        if self.faults && self.chance(12) {
            // Given up, and still on its way: it may arrive before or after the next one.
            let (device, exchange) = (packet.device, packet.exchange);
            self.requests.push(packet);
            return self.fail(device, exchange, Failure::Lost);
        }
        if self.faults && self.chance(10) {
            self.requests.push(Packet { exchange: NOBODY, ..packet.clone() });
        }
        let mut together = vec![packet];
        while self.chance(4) && !self.requests.is_empty() {
            together.push(self.requests.remove(0));
        }
        self.serve(together)
    }

    /// The server takes requests: their commands in one transaction, then each its answer.
    fn serve(&mut self, packets: Vec<Packet>) -> Outcome {
        let mut batches = Vec::new();
        let mut requests = Vec::new();
        for packet in &packets {
            let request = Request::read(&packet.text).map_err(|error| format!("(i) the device sent {error}"))?;
            self.arrives(packet);
            let (old, commands) = self.readable(packet, &request);
            let account = self.devices[packet.device].account;
            old.iter().for_each(|receipt| self.fates.befall((account, receipt.id), Case::OlderServer));
            let earlier = if self.variant == Variant::JudgedAnew { Vec::new() } else { request.earlier.clone() };
            let epoch = request.counted().map(|cursor| cursor.epoch);
            batches.push(Batch { account, commands, earlier, epoch, received: self.now() });
            requests.push((request, old));
        }
        let mut written = vec![Vec::new(); packets.len()];
        if batches.iter().any(|batch| !batch.commands.is_empty()) {
            let brings = requests.iter().any(|(request, _)| !request.earlier.is_empty());
            let known = if brings { self.server.done().receipts.clone() } else { BTreeMap::new() };
            let done = writer::write(self.server.store.as_ref(), &self.server.keys, &batches);
            let dead = self.server.watched.died.lock().unwrap().is_some();
            if dead || self.faults && self.chance(30) {
                self.committed(&done.touched);
                for packet in &packets {
                    let case = if dead { Case::ServerDiedBefore } else { Case::ServerDiedAfter };
                    self.befall_all(self.devices[packet.device].account, &packet.ids, case);
                }
                self.server_dies(|_| {});
                return packets.iter().try_for_each(|packet| self.fail(packet.device, packet.exchange, Failure::Lost));
            }
            self.committed(&done.touched);
            for ((request, _), (batch, receipts)) in requests.iter().zip(batches.iter().zip(&done.receipts)) {
                self.brought_back(batch.account, &request.earlier, receipts, &known)?;
            }
            written = done.receipts;
        }
        for ((packet, (request, old)), receipts) in packets.into_iter().zip(requests).zip(written) {
            self.answered(packet, &request, [old, receipts].concat())?;
        }
        Ok(())
    }

    fn answered(&mut self, packet: Packet, request: &Request, receipts: Vec<Receipt>) -> Outcome {
        let account = self.devices[packet.device].account;
        for receipt in &receipts {
            if receipt.outcome == Received::Retry {
                self.fates.befall((account, receipt.id), Case::Retried);
            }
            self.fates.received(account, receipt)?;
            self.say(|_| format!("receipt {} {:?} at {}", receipt.id, receipt.outcome, receipt.seq));
        }
        let mut request = request.clone();
        if self.faults && self.chance(20) {
            // Numbers of scopes that are others', or nobody's.
            let own = properties::numbers(&self.devices[packet.device]);
            request.want.extend((0..70).filter(|number| !own.contains(number)));
            self.sometimes("wanted what is others'");
        }
        let given = answer(&self.server.store, &self.server.cache, &account, &request, &receipts, (self.now(), FRESH));
        let mut flight = Flight {
            device: packet.device,
            exchange: packet.exchange,
            ids: packet.ids.clone(),
            answer: None,
            held_then: Some(self.held(account)),
            lines: VecDeque::new(),
            wire: None,
            cut: None,
            in_snap: false,
            held: None,
        };
        match given {
            Err(_) => {
                self.revived();
                return self.fail(packet.device, packet.exchange, Failure::Busy(1000));
            }
            Ok(Answered::Nothing { .. }) => flight.held = request.wait.map(|_| packet),
            Ok(Answered::Lines(answer)) => {
                if self.faults && self.chance(4) {
                    flight.wire = Some((Compressor::new().unwrap(), Lines::new().unwrap()));
                }
                flight.answer = Some(answer);
            }
        }
        if flight.exchange != NOBODY {
            self.answers.push(flight);
        } else if let Some(mut answer) = flight.answer {
            // Nobody hears it, and still it tells nothing that is others'.
            while let Ok(Some(piece)) = answer.next_piece(self.now()) {
                tells_only(&self.held(account), account, &piece)?;
            }
        }
        Ok(())
    }

    fn arrives(&mut self, packet: &Packet) {
        let account = self.devices[packet.device].account;
        if packet.exchange == NOBODY {
            self.befall_all(account, &packet.ids, Case::Repeated);
            return;
        }
        let device = &mut self.devices[packet.device];
        let late = packet.exchange < device.arrived;
        device.arrived = device.arrived.max(packet.exchange);
        if late {
            self.befall_all(account, &packet.ids, Case::Late);
        }
    }

    /// An older release answers `upgrade` to what it does not know; the rest is for the writer.
    fn readable(&self, packet: &Packet, request: &Request) -> (Vec<Receipt>, Vec<Box<serde_json::value::RawValue>>) {
        let account = self.devices[packet.device].account;
        // What was done is known to every release.
        let known =
            |bytes: &str| id_of(bytes).is_some_and(|id| self.server.done().receipts.contains_key(&(account, id)));
        let unknown = |bytes: &str| self.server.old && bytes.contains(r#""body":{"set_week""#) && !known(bytes);
        let (old, new): (Vec<_>, Vec<_>) = request.commands.iter().cloned().partition(|bytes| unknown(bytes.get()));
        let upgrade = |bytes: &str| {
            let (outcome, mac) = (Received::Upgrade, String::new());
            Some(Receipt { id: id_of(bytes)?, outcome, seq: 0, received: self.now(), mac })
        };
        let old: Vec<Receipt> = old.iter().filter_map(|bytes| upgrade(bytes.get())).collect();
        (old, new)
    }

    /// Some of an answer arrives.
    pub fn deliver_lines(&mut self) -> Outcome {
        if self.answers.is_empty() {
            return Ok(());
        }
        let at = self.below(self.answers.len());
        let index = self.answers[at].device;
        if self.devices[index].suspended {
            return Ok(());
        }
        if self.faults && self.chance(10) {
            self.cut(at)?;
        }
        for _ in 0..=self.below(16) {
            if !self.line(at)? {
                break;
            }
        }
        Ok(())
    }

    /// The answer is cut before its next line.
    fn cut(&mut self, at: usize) -> Outcome {
        if self.answers[at].answer.is_some() && self.answers[at].cut.is_none() {
            if self.answers[at].lines.is_empty() {
                self.fetch(at)?;
            }
            let flight = &mut self.answers[at];
            if flight.cut.is_none() {
                let kept = (self.random.next_u64() % (flight.lines.len() as u64 + 1)) as usize;
                let first = flight.lines.get(kept).cloned();
                flight.lines.truncate(kept);
                flight.cut = Some(first);
            }
        }
        Ok(())
    }

    /// The next piece of an answer; over the wire it may be cut at any byte.
    fn fetch(&mut self, at: usize) -> Result<bool, String> {
        let now = self.now();
        let Some(Ok(Some(piece))) = self.answers[at].answer.as_mut().map(|answer| answer.next_piece(now)) else {
            return Ok(false);
        };
        let account = self.devices[self.answers[at].device].account;
        let held = self.answers[at].held_then.take().unwrap_or_else(|| self.held(account));
        tells_only(&held, account, &piece)?;
        if self.chance(4) {
            properties::nothing_held_on(&self.server)?;
        }
        let mut lines: Vec<String> = String::from_utf8(piece).unwrap().lines().map(str::to_owned).collect();
        if self.faults && self.chance(40) {
            self.alter(at, &mut lines);
        }
        if self.faults && self.chance(2) {
            self.alter_again(at, &mut lines);
        }
        let flight = &mut self.answers[at];
        let Some((compressor, decoder)) = flight.wire.as_mut() else {
            flight.lines.extend(lines);
            return Ok(true);
        };
        let mut bytes = compressor.piece((lines.join("\n") + "\n").as_bytes()).unwrap();
        let cut = self.random.next_u64().is_multiple_of(8);
        if cut {
            bytes.truncate((self.random.next_u64() % bytes.len() as u64) as usize);
        }
        let mut whole = Vec::new();
        let fed = decoder.feed(&bytes, |line| {
            whole.push(line.to_owned());
            Ok::<(), kapprum_protocol::Malformed>(())
        });
        fed.map_err(|error| format!("(i) a cut stream is {error}"))?;
        if cut {
            flight.cut = Some(lines.get(whole.len()).cloned());
        }
        flight.lines.extend(whole);
        if cut {
            self.sometimes("cut at a byte");
        }
        Ok(true)
    }

    /// Brings one line; whether there is more of the answer.
    pub fn line(&mut self, at: usize) -> Result<bool, String> {
        let (index, exchange) = (self.answers[at].device, self.answers[at].exchange);
        if self.answers[at].answer.is_none() {
            let flight = self.answers.remove(at);
            return self.nothing_new(flight).map(|()| false);
        }
        if self.answers[at].lines.is_empty() {
            if let Some(first) = self.answers[at].cut.clone() {
                let flight = self.answers.remove(at);
                let account = self.devices[index].account;
                let case = section(first.as_deref(), flight.in_snap);
                self.befall_all(account, &flight.ids, case);
                return self.fail(index, exchange, Failure::Lost).map(|()| false);
            }
            if !self.fetch(at)? {
                self.answers.remove(at);
                let now = self.devices[index].elapsed();
                for step in self.devices[index].machine.ended(exchange, now, false) {
                    self.step_done(index, &step)?;
                }
                return Ok(false);
            }
            return Ok(true);
        }
        let flight = &mut self.answers[at];
        let Some(line) = flight.lines.pop_front() else { return Ok(true) };
        flight.in_snap |= line.starts_with(r#"{"snap""#);
        let ids = flight.ids.clone();
        self.take(index, exchange, &ids, &line)
    }

    fn nothing_new(&mut self, flight: Flight) -> Outcome {
        if let Some(packet) = flight.held {
            // The wait is over: there is news, or it has been long enough.
            let request = Request { wait: None, ..Request::read(&packet.text).unwrap() };
            return self.serve(vec![Packet { text: request.write(), ..packet }]);
        }
        let device = &mut self.devices[flight.device];
        let current = Some(flight.exchange) == device.machine.current();
        let now = device.elapsed();
        let _ = device.machine.ended(flight.exchange, now, true);
        device.quiet += u32::from(current);
        if !current || device.suspended {
            return Ok(());
        }
        let (locked, told) = (properties::locked(device), Some(self.now()));
        let waiting = self.waiting(flight.device);
        let device = &self.devices[flight.device];
        match apply::nothing_new(&device.store, told, device.clocks.as_ref()) {
            Ok(()) => {}
            Err(Error::Full) => return Ok(()),
            Err(error) => return Err(format!("an answer without news failed: {error}")),
        }
        self.settled_now(flight.device, &waiting, Case::ExpiredUnsent, Case::ExpiredSent);
        if locked { self.replayed(flight.device) } else { Ok(()) }
    }

    /// The numbers of the scopes that an account holds now.
    fn held(&mut self, account: Account) -> BTreeSet<u32> {
        let now = self.now();
        let (server, holdings) = (&self.server, &mut self.holdings);
        server.read(|snapshot| {
            let head = snapshot.meta()?.head;
            if holdings.get(&account).is_none_or(|known| !known.holds_at(head, now)) {
                let rights = access::scopes(&account, now, &World::new(snapshot)).unwrap();
                let scopes = rights.iter().map(|(scope, _)| scope).collect();
                holdings.insert(account, Holding { head, until: rights.until, scopes });
            }
            Ok(snapshot.heads(&holdings[&account].scopes)?.into_iter().map(|head| head.number).collect())
        })
    }
}

/// (i) A piece names nothing that its account does not hold.
fn tells_only(held: &BTreeSet<u32>, account: Account, piece: &[u8]) -> Outcome {
    for line in std::str::from_utf8(piece).unwrap().lines() {
        let told = match Frame::read(line).map_err(|error| format!("(i) the server said {error}"))? {
            Frame::Row(row) => vec![row.scope],
            Frame::Gone(gone) => vec![gone.0],
            Frame::Sum(sum) => vec![sum.0],
            Frame::Snap(snap) => vec![snap.scope],
            Frame::Rights(rights) => rights.scopes.iter().map(|entry| entry.0).collect(),
            Frame::Receipt(_) | Frame::Applied(_) | Frame::End(_) => Vec::new(),
        };
        if let Some(other) = told.iter().find(|number| !held.contains(number)) {
            return Err(format!("(i) {:?} is told of scope {other}, which it does not hold", account.role));
        }
    }
    Ok(())
}

fn id_of(bytes: &str) -> Option<CommandId> {
    let value: serde_json::Value = serde_json::from_str(bytes).ok()?;
    value.get("id")?.as_str()?.parse().ok()
}

fn section(line: Option<&str>, in_snap: bool) -> Case {
    match line.map(|line| line.split(':').next().unwrap_or_default()) {
        Some("{\"rights\"") => Case::CutBeforeRights,
        Some("{\"receipt\"") => Case::CutBeforeReceipts,
        Some("{\"sum\"") => Case::CutBeforeSums,
        Some("{\"applied\"") => Case::CutBeforeApplied,
        Some("{\"snap\"") => Case::CutBeforeSnap,
        Some("{\"end\"") | None => Case::CutBeforeEnd,
        Some(_) if in_snap => Case::CutBeforeSnap,
        Some(_) => Case::CutBeforeRows,
    }
}
