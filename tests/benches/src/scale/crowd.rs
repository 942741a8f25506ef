//! Thousands that wait for news, and the morning in which they all have some. Their devices are a process of their own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command as Process, Stdio};
use std::sync::{Arc, Mutex as StdMutex};
use std::time::{Duration, Instant};

use kapprum_domain::actor::{Account, Role};
use kapprum_domain::attendance::AtPlacement;
use kapprum_domain::command::Command;
use kapprum_domain::id::{ChildId, GroupId, PersonId};
use kapprum_domain::organisation::GroupKind;
use kapprum_domain::record::Body;
use kapprum_domain::register::{Employed, Enrolled};
use kapprum_protocol::request::Request;
use kapprum_server::sign_in::SignIn;
use kapprum_server::store::Store as _;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::phone::Phone;
use super::staff::{employ, groups};
use super::town::settle;
use crate::figures::{Figures, percentile};
use crate::world::{self, World, now};

/// Devices held: so many before memory is looked at first, by when caches are full, and then.
const GUARDIANS: [usize; 2] = [2_000, 10_000];
const STAFF: [usize; 2] = [200, 1_000];
/// Scopes of each of the staff.
const SCOPES: usize = 3_600;
/// Who waits in the morning, checks a second, and in every tenth second.
const WAITING: usize = 15_000;
const CHECKS: u64 = 24;
const BURST: u64 = 240;
/// First syncs of the crowd at once.
const AT_ONCE: usize = 32;
/// How long one waits, in seconds.
const WAIT: u16 = 25;

/// Who is in care, with whom.
pub(super) struct Families {
    /// Guardians, each with one of their children.
    pub(super) guardians: BTreeMap<PersonId, ChildId>,
    /// The children of each department with its teacher.
    departments: Vec<(PersonId, Vec<AtPlacement>)>,
}

/// The devices of a crowd, as its process is told of them.
#[derive(Default, Serialize, Deserialize)]
struct Crowd {
    server: String,
    /// Bearers of those who wait, with the child whose news they wait for.
    waiting: Vec<(String, ChildId)>,
    /// Bearers of those who check, with whom.
    checking: Vec<(String, Vec<AtPlacement>)>,
}

/// What the morning was like.
#[derive(Serialize, Deserialize)]
struct Morning {
    receipt_p99_ms: f64,
    wake_p99_ms: f64,
    checks: usize,
    refused: usize,
    wakes: usize,
    /// Waits that ended with their connection.
    lost: usize,
}

/// The families of a town whose children are in a department.
pub(super) fn families(world: &World) -> Families {
    let mut teachers: BTreeMap<GroupId, PersonId> = BTreeMap::new();
    let mut children: BTreeMap<GroupId, Vec<AtPlacement>> = BTreeMap::new();
    let mut guardians = BTreeMap::new();
    let today = now().day();
    world
        .store()
        .read(&mut |snapshot| {
            snapshot.kind(Employed::KIND, &mut |body| {
                let one: Employed = serde_json::from_str(body).unwrap();
                // Who has one department is no one that a measurement employed.
                if let [only] = one.assignments.as_slice()
                    && only.kind == GroupKind::Department
                {
                    teachers.entry(only.group).or_insert(one.person);
                }
            })?;
            snapshot.kind(Enrolled::KIND, &mut |body| {
                let one: Enrolled = serde_json::from_str(body).unwrap();
                let place = one.places.iter().find(|place| place.placement.is_some() && place.holds_on(today));
                let Some((group, placement)) = place.and_then(|place| place.group.zip(place.placement)) else { return };
                if !teachers.contains_key(&group) || one.marked {
                    return;
                }
                children.entry(group).or_default().push(AtPlacement { child: one.child, placement, group: None });
                guardians.extend(one.guardians.iter().map(|guardian| (guardian.guardian, one.child)));
            })
        })
        .unwrap();
    let departments = children.into_iter().map(|(group, children)| (teachers[&group], children)).collect();
    Families { guardians, departments }
}

/// A signed-in device of an account; its bearer.
pub(super) fn device(sign_in: &SignIn, account: &Account) -> String {
    let token = sign_in.invite(account, None, now()).unwrap();
    sign_in.activate(&token, now()).unwrap().unwrap().bearer
}

/// Measures a crowd, with a morning of so many seconds.
pub(super) fn measure(world: &World, seconds: u64, figures: &mut Figures) {
    let sign_in = world.sign_in();
    let families = families(world);
    eprintln!("  {} devices are signed in …", WAITING.min(families.guardians.len()));
    let server = world.server.url.clone();
    let mut crowd = Crowd { server: server.clone(), ..Crowd::default() };
    let mut awaited: HashSet<ChildId> = HashSet::new();
    for (guardian, child) in families.guardians.iter().take(WAITING) {
        awaited.insert(*child);
        crowd.waiting.push((device(&sign_in, &world.account(*guardian, Role::Guardian)), *child));
    }
    for (teacher, children) in &families.departments {
        let children: Vec<_> = children.iter().filter(|at| awaited.contains(&at.child)).copied().collect();
        if !children.is_empty() {
            crowd.checking.push((device(&sign_in, &world.account(*teacher, Role::Staff)), children));
        }
    }
    let guardians = held(world, &crowd, GUARDIANS, Some((&mut *figures, seconds)));
    let groups = groups(world);
    let mut scopes = 0;
    let mut staff = Crowd { server, ..Crowd::default() };
    for _ in 0..STAFF[1] / 2 {
        let (person, held) = employ(world, &groups, SCOPES);
        scopes = held;
        // Two devices each.
        for _ in 0..2 {
            let bearer = device(&sign_in, &world.account(person, Role::Staff));
            staff.waiting.push((bearer, ChildId(uuid::Uuid::nil())));
        }
    }
    settle(&world.server);
    let each = held(world, &staff, STAFF, None);
    let note = format!("{:.1} KiB for staff with {scopes} scopes, two devices each", each / 1024.0);
    // A guardian holds about a dozen.
    figures.put("waiter_scope_bytes", (each - guardians) / (scopes - 12) as f64, note);
}

/// Holds a crowd, then, if it is to be measured, lives through its morning. Bytes of the server for each one more.
fn held(world: &World, crowd: &Crowd, [few, many]: [usize; 2], morning: Option<(&mut Figures, u64)>) -> f64 {
    let file = world.place("crowd");
    std::fs::write(&file, serde_json::to_vec(crowd).unwrap()).unwrap();
    let many = many.min(crowd.waiting.len());
    let mut client = Client::start(&file);
    let mut memory = |count: usize| {
        client.ask(&count.to_string());
        world.server.memory("VmRSS") * 1024.0
    };
    let (before, after) = (memory(few.min(many / 2)), memory(many));
    let each = (after - before) / (many - few.min(many / 2)) as f64;
    if let Some((figures, seconds)) = morning {
        figures.put("waiter_kib", each / 1024.0, format!("each one more, {} to {many} held", few.min(many / 2)));
        client.ask(&crowd.waiting.len().to_string());
        eprintln!("  the morning of {} who wait, {seconds} s …", crowd.waiting.len());
        let Morning { receipt_p99_ms, wake_p99_ms, checks, refused, wakes, lost } =
            serde_json::from_str(&client.ask(&format!("morning {seconds}"))).unwrap();
        let note = format!("{checks} checks of {} departments, {refused} not done", crowd.checking.len());
        figures.put("peak_receipt_p99_ms", receipt_p99_ms, note);
        let note = format!("{} wait, {wakes} times one woke, {lost} connections lost", crowd.waiting.len());
        figures.put("peak_wake_p99_ms", wake_p99_ms, note);
    }
    each
}

/// The crowd's process.
struct Client {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Client {
    fn start(file: &Path) -> Self {
        let mut command = Process::new(std::env::current_exe().unwrap());
        command.arg("crowd").arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (orders, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, orders, answers }
    }

    /// Gives an order and waits for the answer.
    fn ask(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "the crowd's process ended");
        answer
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Lives as a crowd: a number holds so many devices, `morning` with its seconds is the morning.
pub(crate) async fn client(file: &Path) {
    let crowd: Crowd = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    world::raise_open_files();
    let (places, sent) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(StdMutex::new(HashMap::new())));
    let (woken, mut wakes) = mpsc::unbounded_channel();
    let mut held = 0;
    let mut waiting = JoinSet::new();
    for order in std::io::stdin().lines() {
        let order = order.unwrap();
        if let Some(seconds) = order.strip_prefix("morning ") {
            while wakes.try_recv().is_ok() {}
            let (mut receipts, refused) = morning(&crowd, &sent, seconds.parse().unwrap()).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
            let (mut times, mut lost) = (Vec::new(), 0);
            while let Ok(waking) = wakes.try_recv() {
                match waking {
                    Waking::After(time) => times.push(time),
                    Waking::Lost => lost += 1,
                }
            }
            let (checks, wakes) = (receipts.len(), times.len());
            let receipt_p99_ms = percentile(&mut receipts, 99);
            let morning =
                Morning { receipt_p99_ms, wake_p99_ms: percentile(&mut times, 99), checks, refused, wakes, lost };
            println!("{}", serde_json::to_string(&morning).unwrap());
            continue;
        }
        let many: usize = order.parse().unwrap();
        let (ready, mut all) = mpsc::unbounded_channel();
        for (bearer, child) in &crowd.waiting[held..many] {
            let phone = Phone::new(&crowd.server, bearer.clone());
            waiting.spawn(wait(phone, *child, places.clone(), sent.clone(), ready.clone(), woken.clone()));
        }
        for _ in held..many {
            all.recv().await.unwrap();
        }
        held = many;
        // The last requests reach the server, and what their answers took is given back.
        tokio::time::sleep(Duration::from_secs(5)).await;
        println!("held");
    }
}

/// How a wait ended.
enum Waking {
    After(Duration),
    Lost,
}

type Sent = Arc<StdMutex<HashMap<ChildId, Instant>>>;

/// Fetches nothing but the rights and waits for news for ever; tells when it waits, and how long after a check it woke.
async fn wait(
    mut phone: Phone,
    child: ChildId,
    places: Arc<Semaphore>,
    sent: Sent,
    ready: mpsc::UnboundedSender<()>,
    woken: mpsc::UnboundedSender<Waking>,
) {
    let place = places.acquire_owned().await.unwrap();
    phone.exchange(Request::default()).await;
    drop(place);
    ready.send(()).unwrap();
    drop(ready);
    loop {
        let told = phone.exchange(Request { wait: Some(WAIT), ..Request::default() }).await;
        let at = sent.lock().unwrap().get(&child).copied();
        if told.lost {
            let _ = woken.send(Waking::Lost);
        } else if let Some(at) = at.filter(|_| told.rows > 0) {
            let _ = woken.send(Waking::After(at.elapsed()));
        }
    }
}

/// Children come and go; the times of the receipts, and how many checks were not done.
async fn morning(crowd: &Crowd, sent: &Sent, seconds: u64) -> (Vec<Duration>, usize) {
    let mut teachers = Vec::new();
    for (bearer, children) in &crowd.checking {
        let mut phone = Phone::new(&crowd.server, bearer.clone());
        phone.exchange(Request::default()).await;
        teachers.push((Arc::new(Mutex::new(phone)), children));
    }
    let (mut tasks, mut turn) = (JoinSet::new(), 0);
    let begun = tokio::time::Instant::now();
    for second in 0..seconds {
        let checks = if second % 10 == 9 { BURST } else { CHECKS };
        for check in 0..checks {
            let due = begun + Duration::from_secs(second) + Duration::from_secs(1) * check as u32 / checks as u32;
            tokio::time::sleep_until(due).await;
            let (phone, children) = &teachers[turn % teachers.len()];
            let round = turn / teachers.len();
            let (phone, at) = (phone.clone(), children[round % children.len()]);
            let check = if round / children.len() % 2 == 0 { Command::CheckIn(at) } else { Command::CheckOut(at) };
            turn += 1;
            let sent = sent.clone();
            tasks.spawn(async move {
                let started = Instant::now();
                sent.lock().unwrap().insert(at.child, started);
                let done = phone.lock().await.send(&check).await;
                (started.elapsed(), done)
            });
        }
    }
    let all = tasks.join_all().await;
    let refused = all.iter().filter(|(_, done)| !done).count();
    (all.into_iter().map(|(time, _)| time).collect(), refused)
}
