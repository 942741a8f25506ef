//! The binary at a terminal: whatever is wrong is told in one clear line, with an exit code that is not zero.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kapprum_domain::grant::{Grant, Right};
use kapprum_domain::id::{ChildId, GroupId, PersonId, UnitId};
use kapprum_domain::organisation::{Group, GroupKind};
use kapprum_domain::record::Change;
use kapprum_domain::scope::Scope;
use kapprum_domain::time::Day;
use kapprum_domain::world::World;
use kapprum_server::clock::{Clock, SystemClock};
use kapprum_server::config::Config;
use kapprum_server::store::Store;
use kapprum_server::{open, writer};

const NOBODY: &str = "7a000000-0000-4000-8000-000000000001";

/// A machine with a folder for data and keys, where every port that `serve` is told is taken.
struct Machine {
    folder: tempfile::TempDir,
    taken: TcpListener,
}

impl Machine {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), taken: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    /// With one municipality; its id.
    fn with_tenant() -> (Self, String) {
        let machine = Self::new();
        let id = machine.add();
        (machine, id)
    }

    fn add(&self) -> String {
        let added = self.run(&["tenant", "add", "Vänersborg"]);
        assert!(added.status.success(), "{added:?}");
        String::from_utf8(added.stdout).unwrap().trim().to_owned()
    }

    fn config(&self) -> Config {
        Config { data: self.path("data"), keys: self.path("keys"), ..Config::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, tenant: &str, name: &str) -> PathBuf {
        self.path("data").join(tenant).join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kapprum-server"))
            .args(arguments)
            .env("KAPPRUM_DATA", self.path("data"))
            .env("KAPPRUM_KEYS", self.path("keys"))
            .env("KAPPRUM_LISTEN", self.taken.local_addr().unwrap().to_string())
            .env_remove("RUST_BACKTRACE")
            .envs(environment.iter().copied())
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// What a verb says in its one line.
    fn fails(&self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let output = self.run_with(arguments, environment);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{arguments:?} did not fail: {told}");
        assert!(told.starts_with("kapprum-server: ") && told.lines().count() == 1, "{arguments:?}: {told}");
        told
    }

    fn fails_with(&self, arguments: &[&str], why: &str) {
        let told = self.fails(arguments, &[]);
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
}

/// The verbs that need a tenant's files.
fn verbs(tenant: &str) -> [Vec<&str>; 7] {
    [
        vec!["serve"],
        vec!["import", "ss12000", ".", "--tenant", tenant],
        vec!["import", "ss12000", "http://127.0.0.1:9/v2.0", "--tenant", tenant],
        vec!["invite", "--tenant", tenant, "--person", NOBODY, "--role", "guardian"],
        vec!["revoke", NOBODY, "--tenant", tenant],
        vec!["people", "find", "Anna", "--tenant", tenant],
        vec!["people", "show", NOBODY, "--tenant", tenant],
    ]
}

#[test]
fn arguments_that_make_no_sense() {
    let (machine, tenant) = Machine::with_tenant();
    let cases: [(&[&str], &str); 10] = [
        (&["--colour"], "unexpected argument '--colour'"),
        (&["serve", "--colour"], "unexpected argument '--colour'"),
        (&["fly"], "unrecognized subcommand 'fly'"),
        (&["invite"], "--tenant <TENANT>"),
        (&["invite", "--tenant", "x"], "invalid value 'x'"),
        (&["invite", "--tenant", &tenant], "give --person with --role, or --tablet, or --board"),
        (&["invite", "--tenant", &tenant, "--person", NOBODY], "--role <ROLE>"),
        (&["invite", "--tenant", &tenant, "--person", NOBODY, "--role", "king"], "guardian, student or staff"),
        (&["import", "ss12000", "nowhere", "--tenant", &tenant], "nowhere: "),
        (&["import", "ss12000", "http://s.se/v2.0", "--tenant", &tenant], "http://s.se/v2.0: it must begin with https"),
    ];
    for (arguments, why) in cases {
        machine.fails_with(arguments, why);
    }
}

#[test]
fn a_configuration_that_makes_no_sense() {
    let (machine, _) = Machine::with_tenant();
    fs::write(machine.path("wrong.toml"), "colour = 1").unwrap();
    machine.fails_with(&["serve", "--config", "nowhere.toml"], "nowhere.toml: ");
    machine.fails_with(&["serve", "--config", "wrong.toml"], "wrong.toml: colour: there is no such key");
    for (name, value) in [("KAPPRUM_CONNECTIONS", "many"), ("KAPPRUM_LISTEN", "here"), ("KAPPRUM_CERTIFICATE", "a")] {
        let told = machine.fails(&["serve"], &[(name, value)]);
        assert!(told.to_lowercase().contains(&name.trim_start_matches("KAPPRUM_").to_lowercase()), "{told}");
    }
    let sound = machine.run_with(&["check"], &[("KAPPRUM_OPENSSL", "vendored")]);
    assert!(sound.status.success(), "what is another's is left alone: {sound:?}");
}

#[test]
fn a_data_folder_that_is_not_there_is_not_made() {
    let machine = Machine::new();
    for verb in verbs(NOBODY).iter().map(Vec::as_slice).chain([["check"].as_slice()]) {
        machine.fails_with(verb, "no such data folder");
        assert!(!machine.path("data").exists() && !machine.path("keys").exists());
    }
    fs::create_dir(machine.path("data")).unwrap();
    machine.fails_with(&["check"], "no tenant here");
}

#[test]
fn a_port_or_a_data_folder_in_use() {
    let (machine, _) = Machine::with_tenant();
    machine.fails_with(&["serve"], "can't listen on 127.0.0.1:");
    let _serving = open::lock(&machine.config()).unwrap();
    machine.fails_with(&["serve"], "another kapprum-server serves this folder");
}

#[test]
fn who_is_not_there() {
    let (machine, tenant) = Machine::with_tenant();
    for verb in verbs(NOBODY).iter().skip(1) {
        machine.fails_with(verb, "no tenant 7a000000");
    }
    let cases: [(&[&str], &str); 4] = [
        (&["people", "show", NOBODY, "--tenant", &tenant], "no such person"),
        (
            &["invite", "--tenant", &tenant, "--person", NOBODY, "--role", "student"],
            "no such person among the students",
        ),
        (&["invite", "--tenant", &tenant, "--tablet", NOBODY], "no such group"),
        (&["revoke", NOBODY, "--tenant", &tenant], "no such device"),
    ];
    for (arguments, why) in cases {
        machine.fails_with(arguments, why);
    }
}

#[test]
fn who_is_there_is_invited_and_what_a_pairing_gave_ends_with_it() {
    let (machine, tenant) = Machine::with_tenant();
    let id = |number: u128| uuid::Uuid::from_u128(0x7a00_0000_0000_4000_8000_0000_0000_0000 + number);
    let (anna, bo, group, unit) = (PersonId(id(2)), PersonId(id(3)), GroupId(id(4)), UnitId(id(5)));
    let guardian = |holder: PersonId, until| {
        let child = ChildId(id(6));
        let right = Right::Guardian { child, threat: false, protected: false, places: Vec::new() };
        Change::put(&Grant { holder: holder.into(), right, from: None, until })
    };
    let of = Group { group, unit, name: "Blåklinten".to_owned(), kind: GroupKind::Department };
    let changes = [guardian(anna, None), guardian(bo, Day::new(2020, 1, 1)), Change::put(&of)];
    let (store, sign_in) = open::tenant(&machine.config(), tenant.parse().unwrap()).unwrap();
    let now = SystemClock.now();
    writer::import(&store, &changes, now).unwrap();
    let invite = |more: &[&str]| {
        let output = machine.run(&[&["invite", "--tenant", &tenant], more].concat());
        let token = String::from_utf8(output.stdout).unwrap();
        token.trim().strip_prefix("http://127.0.0.1:7171/#invite=").map(str::to_owned)
    };
    let person = |person: PersonId, role: &str| invite(&["--person", &person.to_string(), "--role", role]);
    assert!(person(anna, "guardian").is_some());
    assert_eq!((person(anna, "staff"), person(bo, "guardian")), (None, None));

    let token = invite(&["--tablet", &group.to_string()]).unwrap();
    let right = sign_in.right_of(&token, now).unwrap().unwrap().unwrap();
    writer::import(&store, &[Change::put(&right)], now).unwrap();
    let activated = sign_in.activate(&token, now).unwrap().unwrap();
    for _ in 0..2 {
        let revoked = machine.run(&["revoke", &activated.device.to_string(), "--tenant", &tenant]);
        assert!(revoked.status.success(), "also a second time, should the first have been cut: {revoked:?}");
        assert!(sign_in.session(&activated.bearer).unwrap().is_none());
        let mut rights = 0;
        let grants = store.read(&mut |snapshot| {
            let scope = Scope::Person(activated.account.holder);
            rights = World::new(snapshot).all::<Grant>(scope).unwrap().len();
            Ok(())
        });
        assert!(grants.is_ok() && rights == 0);
    }
}

#[test]
fn a_lost_file_is_told_and_never_made_anew() {
    for name in ["store.db", "sign_in.db"] {
        let (machine, tenant) = Machine::with_tenant();
        let file = machine.file(&tenant, name);
        fs::remove_file(&file).unwrap();
        for verb in verbs(&tenant) {
            machine.fails_with(&verb, "it is lost");
            assert!(!file.exists(), "{verb:?} made an empty {name}");
        }
        fs::write(&file, "").unwrap();
        for verb in verbs(&tenant) {
            machine.fails_with(&verb, "the database is empty");
        }
        fs::write(&file, "no database ".repeat(1000)).unwrap();
        for verb in verbs(&tenant) {
            machine.fails_with(&verb, name);
        }
    }
    for name in ["receipts.key", "identities.key"] {
        let (machine, _) = Machine::with_tenant();
        let file = machine.path("keys").join(name);
        fs::remove_file(&file).unwrap();
        for verb in [["serve"].as_slice(), &["tenant", "add", "Vara"]] {
            machine.fails_with(verb, &format!("{name}: it is lost"));
            assert!(!file.exists(), "{verb:?} made another {name}");
        }
    }
}

#[test]
fn check_tells_of_every_tenant_what_is_wrong() {
    let (machine, _) = Machine::with_tenant();
    machine.add();
    let sound = machine.run(&["check"]);
    assert!(sound.status.success());
    let lines = String::from_utf8(sound.stdout).unwrap();
    assert_eq!(lines.matches("Vänersborg: sound").count(), 2, "{lines}");

    let tenants = open::tenants(&machine.config()).unwrap();
    let break_file = |name: &str| fs::write(tenants[0].1.join(name), "no database ".repeat(1000)).unwrap();
    let letter = "INSERT INTO dead_letter VALUES ('a', x'00', '{}', 1)";
    #[expect(clippy::disallowed_methods, reason = "as a rule's failure leaves it")]
    rusqlite::Connection::open(tenants[1].1.join("store.db")).unwrap().execute(letter, []).unwrap();
    for name in ["sign_in.db", "store.db"] {
        break_file(name);
        let output = machine.run(&["check"]);
        let lines = String::from_utf8(output.stdout).unwrap();
        assert!(!output.status.success());
        assert!(lines.contains(": DAMAGED") && lines.contains(name), "{lines}");
        assert!(lines.contains("Vänersborg: sound") && lines.contains("1 commands on which a rule failed"), "{lines}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "kapprum-server: 1 damaged\n");
    }
}

#[test]
fn folders_and_keys_are_their_owners_alone() {
    let (machine, tenant) = Machine::with_tenant();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (data, keys) = (machine.path("data"), machine.path("keys"));
    for folder in [&data, &keys, &data.join(tenant)] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    assert_eq!(mode(&keys.join("receipts.key")), 0o600);
    assert_eq!(mode(&keys.join("identities.key")), 0o600);
}

#[test]
fn what_the_operator_does_is_traced_and_one_changed_byte_is_found() {
    let (machine, tenant) = Machine::with_tenant();
    assert!(machine.run(&["people", "find", "Anna", "--tenant", &tenant]).status.success());
    assert!(!machine.run(&["invite", "--tenant", &tenant, "--person", NOBODY, "--role", "guardian"]).status.success());
    let verified = machine.run(&["audit", "verify"]);
    assert_eq!(String::from_utf8_lossy(&verified.stdout), format!("{tenant}: sound, 2 lines\n"));
    let log = machine.file(&tenant, "audit.log");
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.contains("tenant_added") && text.contains("looked_up"), "{text}");
    assert!(!text.contains("Anna") && !text.contains(NOBODY), "neither names nor what came to nothing: {text}");
    fs::write(&log, text.replacen("\"found\":0", "\"found\":1", 1)).unwrap();
    let verified = machine.run(&["audit", "verify", "--tenant", &tenant]);
    assert!(!verified.status.success());
    assert!(String::from_utf8_lossy(&verified.stdout).contains("line 2 is NOT as it was written"), "{verified:?}");
}

#[test]
fn a_new_machine_is_restored_from_the_backup_alone_wherever_the_verb_is_run() {
    let (machine, _) = Machine::with_tenant();
    let made = machine.run(&["backup", "backups"]);
    assert!(made.status.success(), "{made:?}");
    let backup = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    // Given that only backup and keys are left, and other files of these names lie where the verb is run.
    fs::remove_dir_all(machine.path("data")).unwrap();
    for name in ["sign_in.db", "audit.log"] {
        fs::copy(machine.path(&backup).join(name), machine.path(name)).unwrap();
    }
    let restored = machine.run(&["restore", &backup]);
    assert!(restored.status.success(), "{restored:?}");
    let told = String::from_utf8(restored.stdout).unwrap();
    assert!(told.contains("The sign-in data were lost and are the backup's"), "{told}");
    assert!(told.contains("as soon as the newest school data is imported"), "{told}");
}
