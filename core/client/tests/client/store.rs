//! The store of one account: what is saved stays, what must go goes, and only a sure clock lets anything pass.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::world::{MORNING, Said, Server, Told, anna, in_files, phone, rights, scopes, snap, token};
use kapprum_client::clock::{Estimate, estimate};
use kapprum_client::error::Error;
use kapprum_client::store::{Ballast, Durability, Key, Options, Protection, RowState, Saving, Store, Unsent};
use kapprum_client::sync::apply::{Loading, Step, apply, housekeep, nothing_new};
use kapprum_client::sync::driver::{Driver, Ended, Orders, Status};
use kapprum_client::sync::machine::Failure;
use kapprum_client::sync::rows::Rows;
use kapprum_domain::command::Command;
use kapprum_domain::id::{ChildId, CommandId, PlacementId};
use kapprum_domain::refusal::Refusal;
use kapprum_domain::screen::Ask;
use kapprum_domain::time::{DAY, HOUR, MINUTE, Timestamp};
use kapprum_protocol::frame::{Entry, Frame, Freshness, Row, Snap};
use kapprum_protocol::receipt::{Outcome, Receipt};
use rusqlite::Connection;
use tokio::sync::watch;
use uuid::Uuid;

/// A disk that is full from the next opening on, with or without a reserve.
#[derive(Default)]
struct Disk {
    full: AtomicBool,
    reserve: AtomicBool,
    /// Nothing can be written at all.
    refuses: AtomicBool,
    pages: AtomicI64,
    key_destroyed: Arc<AtomicBool>,
}

impl Ballast for Disk {
    fn release(&self, connection: &Connection) -> bool {
        let pages = self.pages.load(Ordering::Relaxed) + 50;
        self.reserve.swap(false, Ordering::Relaxed) && connection.pragma_update(None, "max_page_count", pages).is_ok()
    }

    fn restore(&self) {}

    fn opened(&self, connection: &mut Connection) {
        if self.full.load(Ordering::Relaxed) {
            let used: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
            self.pages.store(used, Ordering::Relaxed);
            connection.pragma_update(None, "max_page_count", used).unwrap();
        }
        connection.pragma_update(None, "query_only", self.refuses.load(Ordering::Relaxed)).unwrap();
    }
}

struct World {
    folder: tempfile::TempDir,
    disk: Arc<Disk>,
    clock: Arc<Told>,
    store: Arc<Store>,
    commands: u128,
}

impl World {
    /// A store with everything fetched, of which protected scopes may be shown for ten minutes, others for an hour.
    fn fetched() -> Self {
        let (folder, disk) = (tempfile::tempdir().unwrap(), Arc::new(Disk::default()));
        let store = Arc::new(Store::open(options(&folder.path().join("store.db"), &disk)).unwrap());
        let world = Self { folder, disk, clock: Told::new(), store, commands: 0 };
        let mut lines = Vec::new();
        rights(&scopes(anna()), true).write(&mut lines);
        crate::world::applied().write(&mut lines);
        snap(1, anna(), &mut lines);
        snap(2, anna(), &mut lines);
        crate::world::end(Timestamp(MORNING), (3600, 600)).write(&mut lines);
        world.take(&lines).unwrap();
        world
    }

    /// Takes the lines of an answer as the driver does.
    fn take(&self, lines: &[u8]) -> Result<(), Error> {
        use kapprum_client::sync::machine::{Action, Machine, Sizes, Wishes};
        let mut machine = Machine::new(1, Sizes::default());
        let wishes = Wishes { ask: true, ..Wishes::default() };
        let action = machine.poll(0, wishes, || self.store.read(|reader| reader.plan()).ok());
        let Action::Send(exchange, _) = action else { panic!("{action:?}") };
        let mut loading = Loading::default();
        for line in std::str::from_utf8(lines).unwrap().lines() {
            for step in machine.line(exchange, line).unwrap() {
                apply(&self.store, &mut loading, &step, self.clock.as_ref())?;
            }
        }
        Ok(())
    }

    fn now(&self) -> Estimate {
        estimate(self.clock.as_ref(), self.store.read(|reader| reader.offset()).unwrap())
    }

    fn save(&mut self, commands: &[Command]) -> Result<Vec<CommandId>, Error> {
        let time = self.now();
        let mut savings = Vec::new();
        for command in commands {
            self.commands += 1;
            let id = CommandId(Uuid::from_u128(self.commands));
            savings.push(Saving { id, command, tapped: None, time });
        }
        self.store.save(&savings)?;
        Ok(savings.iter().map(|saving| saving.id).collect())
    }

    fn states(&self) -> Vec<RowState> {
        self.store.read(|reader| reader.outbox()).unwrap().into_iter().map(|row| row.state).collect()
    }

    fn keep_house(&self, start: bool) -> Result<(), Error> {
        housekeep(&self.store, &Loading::default(), self.clock.as_ref(), start).map(drop)
    }

    fn reopen(&self) {
        self.store.suspend();
        self.store.resume().unwrap();
    }

    /// How much is shown: ordinary, protected.
    fn shown(&self) -> (bool, bool) {
        let holds = |scope: &str| {
            let scope = scope.parse().unwrap();
            self.store.read(|reader| Ok(reader.rights()?.holds(scope))).unwrap()
        };
        let holder = anna().holder;
        (holds(&format!("contact/{holder}")), holds(&format!("person/{holder}")))
    }
}

fn options(path: &Path, disk: &Arc<Disk>) -> Options {
    let destroyed = disk.key_destroyed.clone();
    Options {
        path: path.to_owned(),
        protection: Protection::Unkeyed,
        account: anna(),
        ballast: disk.clone(),
        pulse: watch::Sender::new(0),
        last_resort: Arc::new(move || destroyed.store(true, Ordering::Relaxed)),
    }
}

fn too_long() -> Command {
    Command::SetContact { person: anna().holder.as_person(), phone: String::new(), mail: "x".repeat(101) }
}

/// Ends with its day; nothing is predicted as long as its placement is not here.
fn today() -> Command {
    let (child, placement) = (ChildId(Uuid::from_u128(3)), PlacementId(Uuid::from_u128(4)));
    Command::ChangeDay { child, placement, day: Timestamp(MORNING).day(), times: None, comment: "mormor".to_owned() }
}

#[test]
fn commands_given_together_are_saved_together_or_not_at_all() {
    let mut world = World::fetched();
    let refused = world.save(&[phone(anna(), 1), too_long()]);
    assert!(matches!(refused, Err(Error::Refused(Refusal::TooLong { .. }))));
    assert_eq!(world.states(), []);
    world.save(&[phone(anna(), 1), phone(anna(), 2)]).unwrap();
    assert_eq!(world.states(), [RowState::Waiting, RowState::Waiting]);
}

#[test]
fn what_a_form_had_is_there_again_until_it_is_sent_or_the_right_to_it_ends() {
    let world = World::fetched();
    let draft = |ask: &Ask| world.store.read(|reader| reader.draft(ask, world.now().now)).unwrap();
    let (own, typed) = (Ask::Home, |number| phone(anna(), number));
    world.store.keep_draft(&own, Some(&typed(1))).unwrap();
    world.store.keep_draft(&own, Some(&typed(2))).unwrap();
    world.reopen();
    assert_eq!(draft(&own), Some(typed(2)));
    assert_eq!(draft(&Ask::Outbox), None, "another form is another");
    world.store.keep_draft(&Ask::Outbox, Some(&typed(3))).unwrap();
    world.store.keep_draft(&Ask::Outbox, None).unwrap();
    assert_eq!(draft(&Ask::Outbox), None);
    let (child, placement, day) = (ChildId(Uuid::from_u128(1)), PlacementId(Uuid::from_u128(2)), world.now().now.day());
    let change = |comment: &str| Command::ChangeDay { child, placement, day, times: None, comment: comment.to_owned() };
    assert!(matches!(world.store.keep_draft(&own, Some(&change(&"x".repeat(70_000)))), Err(Error::TooLarge)));
    assert_eq!(draft(&own), Some(typed(2)), "what was kept stays");
    // A placement that this account does not hold.
    let of_others = Ask::ChangeDay { child, placement, day };
    world.store.keep_draft(&of_others, Some(&change("hemligt"))).unwrap();
    assert_eq!(draft(&of_others), None);
    assert!(in_files(world.folder.path(), "hemligt"));
    world.store.write(Durability::Fetched, |one| one.expire(day.end())).unwrap();
    assert!(world.store.empty_log().unwrap());
    assert!(!in_files(world.folder.path(), "hemligt"), "the day is over");
    assert!(in_files(world.folder.path(), "070-174 06 02"));
    let mut lines = Vec::new();
    rights(&[], false).write(&mut lines);
    world.take(&lines).unwrap();
    world.keep_house(false).unwrap();
    assert!(world.store.empty_log().unwrap());
    assert!(!in_files(world.folder.path(), "070-174 06 02"), "with the right goes what was typed by it");
}

#[test]
fn unsent_is_what_the_server_has_not_answered() {
    let mut world = World::fetched();
    let ids = world.save(&[phone(anna(), 1), phone(anna(), 2), phone(anna(), 3)]).unwrap();
    let count = |world: &World| world.store.read(|reader| reader.unsent()).unwrap().count;
    assert_eq!(count(&world), 3);
    world.store.undo(ids[0], world.now().now).unwrap();
    assert_eq!(count(&world), 3, "taken back, and the server may have done it");
    let receipt =
        Receipt { id: ids[1], outcome: Outcome::Ok, seq: 99, received: Timestamp(MORNING), mac: String::new() };
    let receipts = [receipt];
    world.store.write(Durability::Fetched, |one| one.take_receipts(&receipts, Timestamp(MORNING))).unwrap();
    assert_eq!((count(&world), world.states()[1].clone()), (2, RowState::Waiting), "answered, without effect yet");
    // What the side file holds is what is told when the store can't be read.
    world.store.note_unsent().unwrap();
    let beside = Unsent::beside(&world.folder.path().join("store.db"));
    assert_eq!(beside, Unsent { count: 2, oldest: Some(Timestamp(MORNING)) });
}

#[test]
fn what_was_saved_passes_only_by_a_clock_that_is_sure() {
    let mut world = World::fetched();
    let mut lines = Vec::new();
    let placement = (3, 0, today().scopes()[0].to_string());
    rights(&[scopes(anna()), vec![placement]].concat(), true).write(&mut lines);
    world.take(&lines).unwrap();
    world.save(&[today()]).unwrap();
    // Restarted without network, with a clock that is days ahead.
    world.clock.restart(HOUR, MINUTE, 5 * DAY);
    assert!(world.now().uncertain);
    world.keep_house(true).unwrap();
    assert_eq!(world.states(), [RowState::Waiting]);
    // Contact, with news or without, tells what time it is.
    nothing_new(&world.store, Some(Timestamp(MORNING + 2 * HOUR)), world.clock.as_ref()).unwrap();
    assert_eq!((world.states(), world.now().now), (vec![RowState::Waiting], Timestamp(MORNING + 2 * HOUR)));
    world.clock.pass(DAY);
    assert!(!world.now().uncertain);
    world.keep_house(false).unwrap();
    assert_eq!(world.states(), [RowState::Settling]);
}

#[test]
fn neither_clocks_nor_restarts_lengthen_how_long_data_is_shown() {
    let shown = |change: &dyn Fn(&Told)| {
        let world = World::fetched();
        change(&world.clock);
        world.keep_house(false).unwrap();
        world.shown()
    };
    assert_eq!(shown(&|clock| clock.pass(9 * MINUTE)), (true, true));
    assert_eq!(shown(&|clock| clock.pass(10 * MINUTE)), (true, false));
    assert_eq!(shown(&|clock| clock.pass(60 * MINUTE)), (false, false));
    assert_eq!(shown(&|clock| clock.restart(MINUTE, 1, 0)), (true, false), "protected until there is contact");
    assert_eq!(shown(&|clock| clock.restart(61 * MINUTE, 1, 0)), (false, false), "it was off for an hour");
    assert_eq!(shown(&|clock| clock.restart(MINUTE, 61 * MINUTE, -DAY)), (false, false), "by the new boot alone");
    assert_eq!(shown(&|clock| clock.restart(61 * MINUTE, 1, -DAY)), (true, false), "no clock is left to tell");

    let world = World::fetched();
    for _ in 0..3 {
        // Each restart costs what it took.
        world.clock.restart(20 * MINUTE, 1, 0);
        assert!(world.shown().0);
        world.keep_house(true).unwrap();
    }
    assert_eq!(world.shown(), (false, false));
    assert!(in_files(world.folder.path(), "Lind"));
    world.keep_house(false).unwrap();
    assert!(world.store.empty_log().unwrap());
    assert!(!in_files(world.folder.path(), "Lind"), "locked, then purged");
    nothing_new(&world.store, Some(Timestamp(MORNING + HOUR)), world.clock.as_ref()).unwrap();
    assert_eq!(world.shown(), (true, true), "held again; to be fetched");
    assert_eq!(world.store.read(|reader| reader.plan()).unwrap().want.len(), 2);
}

#[test]
fn what_is_erased_leaves_the_log_as_soon_as_no_reader_holds_it_up() {
    let world = World::fetched();
    // A scope whose name is not known yet, of which a part has loaded.
    let mut lines = Vec::new();
    let known = scopes(anna());
    rights(&[known[0].clone(), known[1].clone(), (3, 0, String::new())], false).write(&mut lines);
    world.take(&lines).unwrap();
    let loads = |body: &str| {
        let mut rows = Rows::default();
        let id = kapprum_domain::id::RecordId(Uuid::from_u128(5));
        rows.push(&Row { scope: 3, kind: "child", id, at: 0, seq: 1, body });
        let mut loading = Loading::default();
        apply(&world.store, &mut loading, &Step::Begin, world.clock.as_ref()).unwrap();
        apply(&world.store, &mut loading, &Step::Load(rows), world.clock.as_ref()).unwrap();
    };
    loads(r#"{"call_name":"Love"}"#);
    assert!(in_files(world.folder.path(), "Love"));
    let mut lines = Vec::new();
    rights(&known, false).write(&mut lines);
    world
        .store
        .read(|reader| {
            reader.plan()?;
            world.take(&lines).unwrap();
            assert!(!world.store.empty_log().unwrap(), "a reader still looks at what was");
            Ok(())
        })
        .unwrap();
    assert!(in_files(world.folder.path(), "Love"));
    assert!(world.store.empty_log().unwrap());
    assert!(!in_files(world.folder.path(), "Love"));
    // A crash between the erasing and the emptying is made up for.
    loads(r#"{"call_name":"Ebba"}"#);
    let mut machine_died = Vec::new();
    rights(&known, false).write(&mut machine_died);
    world.take(&machine_died).unwrap();
    let copy = tempfile::tempdir().unwrap();
    for file in ["store.db", "store.db-wal"] {
        std::fs::copy(world.folder.path().join(file), copy.path().join(file)).unwrap();
    }
    let store = Store::open(options(&copy.path().join("store.db"), &Arc::default())).unwrap();
    assert!(in_files(copy.path(), "Ebba"));
    assert!(store.empty_log().unwrap());
    assert!(!in_files(copy.path(), "Ebba"));
}

/// An answer with much in it.
fn large() -> Vec<u8> {
    let mut lines = Vec::new();
    let name = scopes(anna())[0].2.clone();
    crate::world::applied().write(&mut lines);
    Frame::Snap(Snap { scope: 1, name, generation: 1, seq: 11, count: 40, sum: 0 }).write(&mut lines);
    let body = format!(r#"{{"text":"{}"}}"#, "x".repeat(3000));
    for number in 0..40 {
        let id = kapprum_domain::id::RecordId(Uuid::from_u128(number));
        Frame::Row(Row { scope: 1, kind: "child", id, at: 0, seq: 11, body: &body }).write(&mut lines);
    }
    crate::world::end(Timestamp(MORNING), (3600, 600)).write(&mut lines);
    lines
}

#[test]
fn the_reserve_is_for_what_people_save_and_for_what_must_go() {
    let mut world = World::fetched();
    world.disk.full.store(true, Ordering::Relaxed);
    world.disk.reserve.store(true, Ordering::Relaxed);
    world.reopen();
    assert!(matches!(world.take(&large()), Err(Error::Full)));
    assert!(world.disk.reserve.load(Ordering::Relaxed), "a download takes none of it");
    let saved = (0..20).map(|last| world.save(&[phone(anna(), last)]));
    assert!(saved.collect::<Result<Vec<_>, _>>().is_ok(), "saving does");
    assert!(!world.disk.reserve.load(Ordering::Relaxed));
}

#[test]
fn when_the_disk_refuses_to_erase_the_key_is_destroyed() {
    for case in ["rights", "signed out", "run out", "saving"] {
        let mut world = World::fetched();
        world.disk.refuses.store(true, Ordering::Relaxed);
        world.reopen();
        let result = match case {
            "rights" => {
                let mut lines = Vec::new();
                rights(&[], false).write(&mut lines);
                world.take(&lines)
            }
            "signed out" => {
                apply(&world.store, &mut Loading::default(), &Step::SignedOut, world.clock.as_ref()).map(drop)
            }
            "run out" => {
                world.clock.pass(HOUR);
                world.keep_house(false)
            }
            _ => world.save(&[phone(anna(), 1)]).map(drop),
        };
        let destroyed = world.disk.key_destroyed.load(Ordering::Relaxed);
        let read = world.store.read(|reader| reader.plan());
        if case == "saving" {
            assert!(!destroyed && read.is_ok() && matches!(result, Err(Error::Store(_))), "nothing had to go");
            continue;
        }
        assert!(matches!(result, Err(Error::Unreadable)) && destroyed && world.store.is_lost(), "{case}: {result:?}");
        assert!(matches!(read, Err(Error::Unreadable)), "{case}");
    }
}

#[test]
fn rights_follow_the_file_also_past_a_transaction_that_was_undone() {
    let world = World::fetched();
    let held =
        || world.store.read(|reader| Ok(reader.rights()?.iter().map(|(scope, _)| scope).collect::<Vec<_>>())).unwrap();
    let entry = |number: u32| {
        let (_, class, _) = scopes(anna()).into_iter().find(|scope| scope.0 == number).unwrap();
        Entry(number, 1, Freshness::from(class), None)
    };
    assert_eq!(held().len(), 2);
    // Given: a transaction lost a scope, read its rights, and was undone.
    let undone: Result<(), Error> = world.store.write(Durability::Fetched, |transaction| {
        transaction.set_rights(false, &[entry(1)])?;
        assert_eq!(transaction.rights()?.len(), 1);
        Err(Error::Closed)
    });
    assert!(matches!(undone, Err(Error::Closed)));
    // Then: the next change is seen, though its number is the same.
    world.store.write(Durability::Fetched, |transaction| transaction.set_rights(false, &[entry(2)])).unwrap();
    let name = scopes(anna()).into_iter().find(|scope| scope.0 == 2).unwrap().2;
    assert_eq!(held(), [name.parse().unwrap()]);
}

#[tokio::test]
async fn the_driver_tells_its_own_failures_from_the_networks_and_ends_with_its_store() {
    for (refuses, failure) in [(false, Failure::Full), (true, Failure::Broken)] {
        let world = World::fetched();
        let server = Server::new();
        world.disk.full.store(true, Ordering::Relaxed);
        world.disk.refuses.store(refuses, Ordering::Relaxed);
        world.reopen();
        let (status, mut told) = watch::channel(Status::default());
        let driver = Driver {
            store: world.store.clone(),
            wire: server.clone(),
            clock: world.clock.clone(),
            bearer: Some(token(anna()).into()),
            status,
            seed: 1,
        };
        let (orders, receiver) = watch::channel(Orders { asked: 1, ..Orders::default() });
        server.say(Said::Lines(large()));
        let running = tokio::spawn(driver.run(receiver));
        let now = *told.wait_for(|status| status.answered == 1).await.unwrap();
        assert_eq!((now.synced, now.failure), (false, Some(failure)));
        if refuses {
            let mut lines = Vec::new();
            rights(&[], false).write(&mut lines);
            server.say(Said::Lines(lines));
        }
        orders.send_replace(Orders { asked: 2, ..Orders::default() });
        if refuses {
            assert_eq!(running.await.unwrap(), Ended::Lost);
        } else {
            let now = *told.wait_for(|status| status.answered == 2 && status.synced).await.unwrap();
            assert_eq!(now.failure, None);
            drop(orders);
            assert_eq!(running.await.unwrap(), Ended::Ordered);
        }
    }
}

#[test]
fn one_flipped_byte_is_damage() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Arc::new(Disk::default()));
    let path = folder.path().join("store.db");
    let keyed = || Options { protection: Protection::Key(Key::new([7; 32])), ..options(&path, &disk) };
    let store = Store::open(keyed()).unwrap();
    assert_eq!(store.damage().unwrap(), [""; 0]);
    store.suspend();
    let mut bytes = std::fs::read(&path).unwrap();
    // Of the last page, which nobody reads at the start.
    let at = bytes.len() - 100;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    store.resume().unwrap();
    let found = store.damage().unwrap();
    assert!(matches!(&found[..], [page] if page.contains("HMAC")), "{found:?}");
}
