//! What travels: a request as the server reads it, an answer as the phone does.

use kapprum_client::store::Plan;
use kapprum_client::sync::machine::{Action, Machine, Sizes, Wishes};
use kapprum_domain::command::Command;
use kapprum_protocol::cursor::Cursor;
use kapprum_protocol::envelope::{Envelope, hash};
use kapprum_protocol::frame::Frame;
use kapprum_protocol::lines::Lines;
use kapprum_protocol::request::Request;

/// A sync request's body: what can be read is written as what is read the same, commands byte by byte.
pub fn request(bytes: &[u8]) {
    let Ok(read) = Request::read(bytes) else { return };
    let Ok(again) = Request::read(&read.write()) else { panic!("what was written can't be read") };
    let beside = |one: &Request| (one.cursor.clone(), one.want.clone(), one.earlier.clone(), one.wait);
    assert_eq!(beside(&read), beside(&again));
    assert_eq!(read.commands.len(), again.commands.len());
    for (one, other) in read.commands.iter().zip(&again.commands) {
        assert_eq!(hash(one.get()), hash(other.get()));
        let Ok(envelope) = Envelope::read(one.get()) else { continue };
        envelope.made();
        let Some(Ok(command)) = envelope.body.map(|body| serde_json::from_str::<Command>(body.get())) else { continue };
        command.scopes();
        let text = serde_json::to_string(&command).unwrap_or_default();
        assert!(serde_json::from_str::<Command>(&text).is_ok_and(|again| again == command), "{text}");
    }
    if let Some(cursor) = read.cursor.as_deref().and_then(Cursor::read) {
        assert_eq!(Cursor::read(&cursor.to_string()), Some(cursor));
    }
}

/// A line of an answer: what can be read is written as what is read and written the same.
pub fn frame(bytes: &[u8]) {
    let Some(read) = std::str::from_utf8(bytes).ok().and_then(|line| Frame::read(line).ok()) else { return };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    read.write(&mut first);
    let line = String::from_utf8_lossy(&first);
    let Ok(again) = Frame::read(line.trim_end_matches('\n')) else { panic!("what was written can't be read: {line}") };
    again.write(&mut second);
    assert_eq!(first, second);
}

/// The lines of an answer, to the phone's machine.
pub fn answer(bytes: &[u8]) {
    let (mut machine, exchange) = asking();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { break };
        if machine.line(exchange, line).is_err() {
            break;
        }
    }
    over(machine, exchange);
}

/// The compressed bytes of an answer, as they come from the network.
pub fn stream(bytes: &[u8]) {
    let (mut machine, exchange) = asking();
    let Ok(mut lines) = Lines::new() else { return };
    // Cut where a network may cut.
    let size = 1 + bytes.first().map_or(0, |byte| usize::from(*byte) * 8);
    for piece in bytes.chunks(size) {
        if lines.feed(piece, |line| machine.line(exchange, line).map(|_| ())).is_err() {
            break;
        }
    }
    over(machine, exchange);
}

/// A machine whose request is under way.
fn asking() -> (Machine, u64) {
    let mut machine = Machine::new(1, Sizes::default());
    let plan = Plan { want: vec![1, 2, 3], ..Plan::default() };
    match machine.poll(0, Wishes { foreground: true, ask: true }, || Some(plan)) {
        Action::Send(exchange, _) => (machine, exchange),
        other => panic!("{other:?}"),
    }
}

fn over(mut machine: Machine, exchange: u64) {
    machine.ended(exchange, 1, false);
    assert!(machine.current().is_none(), "the answer is over, and the machine still waits for it");
}
