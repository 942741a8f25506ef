//! An operator connects the municipality's school system, at the terminal and by the clock.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use kapprum_fakes::ss12000::{CLIENT, Manners, Source};
use serde_json::{Value, json};

const UNIT: &str = "7a000000-0000-4000-8000-000000000011";
const EBBA: &str = "7a000000-0000-4000-8000-000000000012";
const ANNA: &str = "7a000000-0000-4000-8000-000000000013";
const PLACEMENT: &str = "7a000000-0000-4000-8000-000000000014";

fn rows() -> Vec<(&'static str, Vec<Value>)> {
    let unit = json!({"id": UNIT, "displayName": "Solrosen", "organisationType": "Skolenhet", "schoolTypes": ["FS"]});
    let ebba = json!({
        "id": EBBA, "givenName": "Ebba", "familyName": "Lind", "civicNo": {"value": "199908072391"},
        "responsibles": [{"person": {"id": ANNA}, "relationType": "Vårdnadshavare"}], "enrolments": [],
    });
    let anna = json!({"id": ANNA, "givenName": "Anna", "familyName": "Lind", "civicNo": {"value": "196801642395"}});
    let placement = json!({
        "id": PLACEMENT, "placedAt": {"id": UNIT}, "child": {"id": EBBA}, "owners": [{"id": ANNA}],
        "schoolType": "FS", "startDate": "2020-08-01",
    });
    let nothing = ["groups", "duties", "activities"].map(|resource| (resource, Vec::new()));
    let told = [("organisations", vec![unit]), ("persons", vec![ebba, anna]), ("placements", vec![placement])];
    told.into_iter().chain(nothing).collect()
}

/// The binary in a folder, with a configuration that knows the source.
struct Machine {
    folder: tempfile::TempDir,
    tenant: String,
}

impl Machine {
    fn with(source: &Source, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kapprum.toml"), "").unwrap();
        let mut machine = Self { folder, tenant: String::new() };
        let added = machine.run(&["tenant", "add", "Vänersborg"]);
        String::from_utf8(added.stdout).unwrap().trim().clone_into(&mut machine.tenant);
        let config = format!(
            "[sources.sis]\ntenant = \"{}\"\nurl = \"{}\"\ntoken_url = \"{}\"\nclient = \"{}\"\n{more}\n",
            machine.tenant,
            source.url(),
            source.token_url(),
            CLIENT.0
        );
        std::fs::write(machine.path().join("kapprum.toml"), config).unwrap();
        machine
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kapprum-server"));
        command
            .args(["--config", "kapprum.toml"])
            .args(arguments)
            .env("KAPPRUM_DATA", self.path().join("data"))
            .env("KAPPRUM_KEYS", self.path().join("keys"))
            .env("KAPPRUM_LISTEN", "127.0.0.1:0")
            .env("KAPPRUM_SOURCE_SIS_SECRET", CLIENT.1)
            .current_dir(self.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a verb about the tenant prints.
    fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(&[arguments, &["--tenant", &self.tenant]].concat());
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A process that ends with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_imports_from_an_address_and_looks_what_came() {
    let source = Source::start(rows(), Manners { token_lasts: Some(4), ..Manners::default() }).await;
    let machine = Machine::with(&source, "");
    let run = machine.told(&["import", "ss12000", &source.url()]);
    assert!(run.contains("Fetched") && run.contains("persons"), "{run}");
    assert!(!run.contains('!'), "{run}");
    let again = machine.told(&["import", "ss12000", &source.url(), "--json"]);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["outcome"], "unchanged");

    let anna = machine.told(&["people", "show", ANNA]);
    for part in ["Anna Lind", "identity number: known", &format!("guardian of {EBBA} (persons)"), "persons 7a"] {
        assert!(anna.contains(part), "{part}: {anna}");
    }
    let ebba = machine.told(&["people", "show", EBBA]);
    let placed = format!("at unit {UNIT}, placement {PLACEMENT} (placements) from 2020-08-01");
    for part in [&placed, &format!("guardian {ANNA} (persons)"), &format!("placements {PLACEMENT}: here since")] {
        assert!(ebba.contains(part), "{part}: {ebba}");
    }
    for told in [anna, ebba] {
        assert!(!told.contains("19990807") && !told.contains("19680164"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_serves_imports_by_the_clock() {
    let source = Source::start(rows(), Manners { token_lasts: Some(9), ..Manners::default() }).await;
    let machine = Machine::with(&source, "every_minutes = 60");
    let mut serve = machine.command(&["serve"]);
    serve
        .envs([("KAPPRUM_METRICS", "127.0.0.1:0"), ("KAPPRUM_LOG", "json")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let serve = serve.spawn().unwrap();
    let mut serving = Serving(serve);
    let log = BufReader::new(serving.0.stderr.take().unwrap());
    let told = |line: &String| line.contains("sis") || line.contains("panicked");
    let line = log.lines().map_while(Result::ok).find(told).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&told["message"], &told["source"], &told["level"]),
        (&json!("imported"), &json!("sis"), &json!("INFO"))
    );
    assert!(told["new"].as_u64() > Some(0) && !line.contains("Anna"), "{line}");
    assert!(machine.told(&["people", "find", "Anna"]).contains(ANNA));

    // And whoever watches the server reads when, and what it came to.
    let said = BufReader::new(serving.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = said.filter_map(|line| line.strip_prefix("metrics: http://").map(str::to_owned)).next().unwrap();
    let mut peer = TcpStream::connect(address.strip_suffix("/metrics").unwrap()).unwrap();
    peer.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
    let mut read = String::new();
    peer.read_to_string(&mut read).unwrap();
    let outcome = |outcome: &str| format!("outcome{{tenant=\"{}\",outcome=\"{outcome}\"}}", machine.tenant);
    assert!(read.contains(&format!("{} 1\n", outcome("imported"))), "{read}");
    assert!(read.contains(&format!("{} 0\n", outcome("failed"))), "{read}");
    let when = format!("kapprum_import_success_timestamp_seconds{{tenant=\"{}\"}} 1", machine.tenant);
    assert!(read.contains(&when), "{read}");
}
