//! The link itself: its times are worked out right, and its faults are those that sockets know.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use kapprum_fakes::link::{Fault, Lane, Link, Passing, Shape, Window};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Only so that a test that hangs ends: nothing is measured by it.
const GUARD: Duration = Duration::from_secs(20);

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn bytes_go_one_after_the_other_at_the_rate_and_then_take_half_a_round_trip() {
    let narrow = Shape { round_trip: ms(400), rate: Some(1_000_000), ..Shape::default() };
    let mut lane = Lane::default();
    // 12 500 bytes are a tenth of a second at 1 Mbit/s.
    assert_eq!(lane.arrival(ms(1000), 12_500, &narrow), ms(1300));
    assert_eq!(lane.arrival(ms(1000), 12_500, &narrow), ms(1400), "behind the first");
    assert_eq!(lane.arrival(ms(1150), 1_250, &narrow), ms(1410), "still behind");
    assert_eq!(lane.arrival(ms(5000), 125, &narrow), ms(5201), "an idle lane saves nothing up");
    let wide = Shape { rate: None, ..narrow };
    assert_eq!(lane.arrival(ms(6000), usize::MAX / 16, &wide), ms(6200));
    assert_eq!(Lane::default().arrival(ms(7), 9, &Shape::default()), ms(7));
}

#[test]
fn a_new_connection_says_ten_packets_and_then_twice_as_much_each_round_trip() {
    let far = Shape { round_trip: ms(400), ..Shape::default() };
    let (mut lane, mut window) = (Lane::default(), Window::default());
    let arrivals: Vec<Duration> = (0..71).map(|_| window.arrival(ms(0), 1448, &mut lane, &far)).collect();
    for (from, until, arrival) in [(0, 10, 200), (10, 30, 600), (30, 70, 1000), (70, 71, 1400)] {
        assert!(arrivals[from..until].iter().all(|one| *one == ms(arrival)), "{from} {arrivals:?}");
    }
    // Slow enough, the words that come back are always in time.
    let near = Shape { round_trip: ms(20), rate: Some(1_158_400), ..Shape::default() };
    let (mut lane, mut window) = (Lane::default(), Window::default());
    let arrivals: Vec<Duration> = (0..50).map(|_| window.arrival(ms(0), 1448, &mut lane, &near)).collect();
    assert_eq!(arrivals, (1..=50).map(|packet| ms(10 + 10 * packet)).collect::<Vec<_>>());
}

#[test]
fn a_flapping_link_is_up_and_down_in_turn() {
    let flapping = Fault::Flapping { up: ms(300), down: ms(200) };
    for (since, passing, left) in [
        (0, Passing::Free, 300),
        (299, Passing::Free, 1),
        (300, Passing::Down, 200),
        (499, Passing::Down, 1),
        (500, Passing::Free, 300),
        (5_450, Passing::Down, 50),
    ] {
        assert_eq!(flapping.after(ms(since)), (passing, Some(ms(left))), "{since}");
    }
    assert_eq!(Fault::Stalled.after(ms(9)), (Passing::Stalled, None));
    let never = Fault::Flapping { up: ms(0), down: ms(10) };
    assert_eq!(never.after(ms(10)), (Passing::Down, Some(ms(10))));
}

/// A server that says everything back, and ends when its peer does.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut one, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = one.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    address
}

async fn connected(link: &Link) -> TcpStream {
    TcpStream::connect(link.address).await.unwrap()
}

/// Says something and hears it back.
async fn hears_itself(stream: &mut TcpStream, said: &[u8]) -> std::io::Result<()> {
    let (mut from, mut to) = stream.split();
    let mut heard = vec![0; said.len()];
    let said_and_heard = async { tokio::try_join!(to.write_all(said), from.read_exact(&mut heard)) };
    tokio::time::timeout(GUARD, said_and_heard).await.unwrap()?;
    assert!(heard == said, "something else came back");
    Ok(())
}

fn large() -> Vec<u8> {
    (0..600_000_u32).map(|number| (number * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn everything_passes_in_order_both_ways_whatever_the_shape_and_the_end_passes_too() {
    let link = Link::to(echo().await).await;
    let shapes = [(0, None), (40, None), (40, Some(40_000_000))];
    for (round_trip, rate) in shapes {
        link.set(Shape { round_trip: ms(round_trip), rate, ..Shape::default() });
        let mut stream = connected(&link).await;
        hears_itself(&mut stream, &large()).await.unwrap();
        // Made wider while something is under way: what was said first still comes first.
        hears_itself(&mut stream, b"the end").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        tokio::time::timeout(GUARD, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
        assert_eq!(rest, b"");
    }
    let each = shapes.len() as u64 * (600_000 + 7);
    assert_eq!((link.bytes(), link.connections()), ((each, each), 3));
}

#[tokio::test]
async fn nothing_comes_before_its_time_and_a_handshake_costs_its_round_trip() {
    let link = Link::to(echo().await).await;
    link.set(Shape { round_trip: ms(60), rate: Some(800_000), ..Shape::default() });
    let before = tokio::time::Instant::from_std(std_now());
    let mut stream = connected(&link).await;
    hears_itself(&mut stream, &[7; 1000]).await.unwrap();
    // Handshake and exchange, and 1 000 bytes at 100 a millisecond there and back: at the least, however slow we are.
    assert!(before.elapsed() >= ms(60 + 60 + 10 + 10), "{:?}", before.elapsed());
    let before = tokio::time::Instant::from_std(std_now());
    hears_itself(&mut stream, &[7; 1000]).await.unwrap();
    assert!(before.elapsed() >= ms(60 + 10 + 10), "{:?}", before.elapsed());
}

#[expect(clippy::disallowed_methods, reason = "the least that a real link takes, by a real clock")]
fn std_now() -> std::time::Instant {
    std::time::Instant::now()
}

#[tokio::test]
async fn a_stall_keeps_everything_and_later_all_goes_on() {
    let link = Link::to(echo().await).await;
    let mut stream = connected(&link).await;
    hears_itself(&mut stream, b"before").await.unwrap();
    link.fault(Fault::Stalled);
    let (there, _) = link.bytes();
    stream.write_all(b"meanwhile").await.unwrap();
    let mut heard = [0; 9];
    let nothing = tokio::time::timeout(ms(200), stream.read_exact(&mut heard)).await;
    assert!(nothing.is_err() && link.bytes().0 == there);
    link.fault(Fault::None);
    let read = tokio::time::timeout(GUARD, stream.read_exact(&mut heard)).await.unwrap();
    assert_eq!((read.unwrap(), &heard), (9, b"meanwhile"));
}

#[tokio::test]
async fn a_reset_ends_what_is_there_and_down_what_comes_too() {
    let link = Link::to(echo().await).await;
    let mut stream = connected(&link).await;
    hears_itself(&mut stream, b"before").await.unwrap();
    link.reset();
    assert_eq!(ended(&mut stream).await, ErrorKind::ConnectionReset);
    let mut stream = connected(&link).await;
    hears_itself(&mut stream, b"again").await.unwrap();
    link.fault(Fault::Down);
    assert_eq!(ended(&mut stream).await, ErrorKind::ConnectionReset);
    assert_eq!(ended(&mut connected(&link).await).await, ErrorKind::ConnectionReset);
    link.fault(Fault::None);
    hears_itself(&mut connected(&link).await, b"as before").await.unwrap();
}

async fn ended(stream: &mut TcpStream) -> ErrorKind {
    let read = tokio::time::timeout(GUARD, stream.read(&mut [0; 9])).await.unwrap();
    read.unwrap_err().kind()
}

#[tokio::test]
async fn a_flapping_link_resets_again_and_again_and_lets_something_pass_between() {
    let link = Link::to(echo().await).await;
    link.fault(Fault::Flapping { up: ms(80), down: ms(40) });
    let (mut passed, mut broken) = (0, 0);
    let flapping = async {
        while passed < 3 || broken < 3 {
            let mut stream = connected(&link).await;
            while hears_itself(&mut stream, b"up").await.is_ok() {
                passed += 1;
                tokio::task::yield_now().await;
            }
            broken += 1;
        }
    };
    tokio::time::timeout(GUARD, flapping).await.unwrap();
}

#[tokio::test]
async fn what_is_abandoned_is_silent_for_ever_and_what_comes_is_not() {
    let link = Link::to(echo().await).await;
    let mut old = connected(&link).await;
    hears_itself(&mut old, b"before").await.unwrap();
    link.abandon();
    old.write_all(b"is anybody there").await.unwrap();
    hears_itself(&mut connected(&link).await, b"here").await.unwrap();
    let nothing = tokio::time::timeout(ms(200), old.read(&mut [0; 9])).await;
    assert!(nothing.is_err(), "{nothing:?}");
}
