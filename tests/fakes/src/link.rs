//! A link between two ends of a connection, as links are: it takes its time, is narrow, stalls, breaks, comes and goes.
//!
//! A proxy for TCP. What a test sets holds at once, for connections that are there and for new ones. When bytes leave
//! is worked out by [`Window`] and [`Lane`], which are told the time; only moving them needs a clock. Connections behave
//! as those over such a distance do: a handshake costs its round trip, so nothing that a new connection says counts as
//! said before; and who speaks begins with a small window.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// Half of it each way.
    pub round_trip: Duration,
    /// What each way carries, in bits per second, all connections together; none: as much as comes.
    pub rate: Option<u64>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Nothing passes, no connection ends; later all goes on.
    Stalled,
    /// Every connection is reset, a new one at once.
    Down,
    /// In turn as if nothing were wrong and [`Fault::Down`], beginning with the first.
    Flapping {
        /// How long it is up.
        up: Duration,
        /// How long it is down.
        down: Duration,
    },
}

/// What a link does at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// Bytes pass.
    Free,
    /// They wait.
    Stalled,
    /// Connections are reset.
    Down,
}

impl Fault {
    /// What it makes a link do so long after it began, and for how much longer; none: until something else is set.
    pub fn after(self, since: Duration) -> (Passing, Option<Duration>) {
        match self {
            Self::None => (Passing::Free, None),
            Self::Stalled => (Passing::Stalled, None),
            Self::Down => (Passing::Down, None),
            Self::Flapping { up, down } => {
                let turn = (up + down).max(Duration::from_millis(1));
                let into = Duration::from_nanos((since.as_nanos() % turn.as_nanos()) as u64);
                match up.checked_sub(into) {
                    Some(left) if !left.is_zero() => (Passing::Free, Some(left)),
                    _ => (Passing::Down, Some(turn - into)),
                }
            }
        }
    }
}

/// One way of a link: bytes go one after the other at its rate, and then take half a round trip.
#[derive(Debug, Default)]
pub struct Lane {
    free: Duration,
}

impl Lane {
    /// When so many bytes that are given to it `now` come out. Times count from any one moment.
    pub fn arrival(&mut self, now: Duration, bytes: usize, shape: &Shape) -> Duration {
        let bits = bytes as u64 * 8;
        let takes = shape.rate.map_or(0, |rate| (bits * 1_000_000_000).div_ceil(rate.max(1)));
        self.free = self.free.max(now) + Duration::from_nanos(takes);
        self.free + shape.round_trip / 2
    }
}

/// What one end of a connection dares to have under way: little at first, and twice as much each round trip, as TCP's
/// slow start does. Nothing is ever lost here, so it only grows.
#[derive(Debug)]
pub struct Window {
    open: usize,
    under_way: usize,
    /// When the other end's word comes back that so many bytes arrived.
    told: VecDeque<(Duration, usize)>,
}

impl Default for Window {
    fn default() -> Self {
        Self { open: FIRST_WINDOW * PACKET, under_way: 0, told: VecDeque::new() }
    }
}

impl Window {
    /// When so many bytes that are to be said `now` come out of a lane.
    pub fn arrival(&mut self, now: Duration, bytes: usize, lane: &mut Lane, shape: &Shape) -> Duration {
        let mut said = now;
        while let Some((told, arrived)) = self.told.front().copied() {
            if told > said && self.under_way + bytes <= self.open {
                break;
            }
            said = said.max(told);
            self.told.pop_front();
            self.under_way -= arrived;
            self.open += arrived;
        }
        let arrival = lane.arrival(said, bytes, shape);
        self.under_way += bytes;
        self.told.push_back((arrival + shape.round_trip / 2, bytes));
        arrival
    }
}

/// A link to one server; ends when it is dropped.
pub struct Link {
    /// Where it takes connections.
    pub address: SocketAddr,
    road: Arc<Road>,
    accepting: tokio::task::JoinHandle<()>,
}

/// What all connections of a link share.
struct Road {
    began: Instant,
    shape: watch::Sender<(Shape, Instant)>,
    /// Raised at each reset.
    resets: watch::Sender<u64>,
    /// Connections from before the last [`Link::abandon`] carry nothing any more.
    abandoned: watch::Sender<u64>,
    connections: AtomicU64,
    /// To the server and from it.
    lanes: [Mutex<Lane>; 2],
    bytes: [AtomicU64; 2],
}

/// Most bytes of one packet.
const PACKET: usize = 1448;
/// Packets that a new connection may have under way (RFC 6928).
const FIRST_WINDOW: usize = 10;
/// Packets under way in one connection, each way; more wait with who sends them.
const UNDER_WAY: usize = 256;

impl Link {
    /// A link with nothing wrong to a server on this machine.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let road = Arc::new(Road {
            began: now(),
            shape: watch::Sender::new((Shape::default(), now())),
            resets: watch::Sender::default(),
            abandoned: watch::Sender::default(),
            connections: AtomicU64::new(0),
            lanes: Default::default(),
            bytes: Default::default(),
        });
        let own = road.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(connect(near, server, own.clone()));
                // Those that have ended.
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, road, accepting }
    }

    /// As an address for phones.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it is so.
    pub fn set(&self, shape: Shape) {
        self.road.shape.send_replace((shape, now()));
    }

    /// From now on this is wrong with it, or nothing.
    pub fn fault(&self, fault: Fault) {
        self.road.shape.send_modify(|(shape, since)| (shape.fault, *since) = (fault, now()));
    }

    /// Resets every connection that is there.
    pub fn reset(&self) {
        self.road.resets.send_modify(|count| *count += 1);
    }

    /// Forgets every connection that is there, as a router does that was switched off and on: nobody is told, nothing
    /// passes any more. New ones are as the link is.
    pub fn abandon(&self) {
        self.road.abandoned.send_replace(self.road.connections.load(Ordering::Relaxed));
    }

    /// Connections so far.
    pub fn connections(&self) -> u64 {
        self.road.connections.load(Ordering::Relaxed)
    }

    /// Bytes that came out so far: at the server, and at whoever connects to it.
    pub fn bytes(&self) -> (u64, u64) {
        let [there, back] = &self.road.bytes;
        (there.load(Ordering::Relaxed), back.load(Ordering::Relaxed))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Road {
    /// Returns when the link does this.
    async fn until(&self, wanted: impl Fn(Passing) -> bool) {
        let mut shape = self.shape.subscribe();
        loop {
            let (now_set, since) = *shape.borrow_and_update();
            let (passing, left) = now_set.fault.after(now() - since);
            if wanted(passing) {
                return;
            }
            tokio::select! {
                _ = shape.changed() => {}
                () = tokio::time::sleep(left.unwrap_or(Duration::MAX)) => {}
            }
        }
    }

    /// Returns when a connection that was made as the so many-th can pass something.
    async fn passes(&self, number: u64) {
        self.until(|passing| passing != Passing::Stalled).await;
        if *self.abandoned.borrow() >= number {
            std::future::pending::<()>().await;
        }
    }

    fn arrival(&self, way: usize, window: &mut Window, said: Instant, bytes: usize) -> Instant {
        let shape = self.shape.borrow().0;
        let mut lane = self.lanes[way].lock().unwrap_or_else(PoisonError::into_inner);
        self.began + window.arrival(said - self.began, bytes, &mut lane, &shape)
    }

    /// Carries one way of a connection until whoever speaks has said everything, or breaks.
    async fn carry(
        &self,
        way: usize,
        (number, opened): (u64, Instant),
        mut from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
    ) -> std::io::Result<()> {
        let (queue, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
        let taking = async move {
            let (mut packet, mut window) = (vec![0; PACKET], Window::default());
            loop {
                self.passes(number).await;
                let length = from.read(&mut packet).await?;
                if length == 0 {
                    return Ok(());
                }
                let arrival = self.arrival(way, &mut window, now().max(opened), length);
                if queue.send((arrival, packet[..length].to_vec())).await.is_err() {
                    return Ok(());
                }
            }
        };
        let giving = async {
            while let Some((arrival, packet)) = arriving.recv().await {
                tokio::time::sleep_until(arrival).await;
                self.passes(number).await;
                to.write_all(&packet).await?;
                self.bytes[way].fetch_add(packet.len() as u64, Ordering::Relaxed);
            }
            to.shutdown().await
        };
        tokio::try_join!(taking, giving).map(drop)
    }
}

async fn connect(mut near: TcpStream, server: SocketAddr, road: Arc<Road>) {
    let number = road.connections.fetch_add(1, Ordering::Relaxed) + 1;
    let mut resets = road.resets.subscribe();
    let broken = async {
        tokio::select! {
            _ = resets.changed() => {}
            () = road.until(|passing| passing == Passing::Down) => {}
        }
    };
    tokio::pin!(broken);
    let opened = now() + road.shape.borrow().0.round_trip;
    let connected = tokio::select! {
        biased;
        () = &mut broken => None,
        far = TcpStream::connect(server) => far.ok(),
    };
    let Some(mut far) = connected else { return break_off([near]) };
    // As both ends do: else small packets wait for each other's acknowledgements.
    if near.set_nodelay(true).and(far.set_nodelay(true)).is_err() {
        return;
    }
    let whole = {
        let ((from_near, to_near), (from_far, to_far)) = (near.split(), far.split());
        let there = road.carry(0, (number, opened), from_near, to_far);
        let back = road.carry(1, (number, opened), from_far, to_near);
        tokio::select! {
            biased;
            () = &mut broken => false,
            carried = async { tokio::try_join!(there, back) } => carried.is_ok(),
        }
    };
    if !whole {
        break_off([near, far]);
    }
}

/// Closes by a reset.
fn break_off(ends: impl IntoIterator<Item = TcpStream>) {
    for end in ends {
        // An end that is gone already needs none.
        let _ = end.set_zero_linger();
    }
}

#[expect(clippy::disallowed_methods, reason = "bytes on their way have no other clock")]
fn now() -> Instant {
    Instant::now()
}
