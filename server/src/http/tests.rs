//! The routes without a network: who gets in, what is left out under load, where an answer is cut.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use kapprum_domain::actor::{Account, Role};
use kapprum_domain::grant::{Grant, Right};
use kapprum_domain::id::{GroupId, PersonId, TenantId, UnitId};
use kapprum_domain::organisation::{GroupKind, Municipality};
use kapprum_domain::record::Change;
use kapprum_domain::time::{Day, HOUR, Timestamp};
use kapprum_protocol::Malformed;
use kapprum_protocol::frame::Frame;
use kapprum_protocol::lines::Lines;
use kapprum_protocol::problem::{Problem, ProblemKind};
use kapprum_protocol::receipt::Outcome;
use tokio::sync::watch;
use tower::ServiceExt;
use uuid::Uuid;

use super::load::Load;
use super::{App, OPEN, routes};
use crate::clock::Clock;
use crate::config::Config;
use crate::import::live::hook;
use crate::{open, writer};

struct Morning;

impl Clock for Morning {
    fn now(&self) -> Timestamp {
        Day::new(2026, 11, 24).unwrap().start().plus(7 * HOUR)
    }
}

/// A municipality where Maja works with many groups, so that she holds many scopes.
struct World {
    _folder: tempfile::TempDir,
    _stop: watch::Sender<bool>,
    app: App,
    bearer: String,
}

impl World {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, keys) = (folder.path().join("data"), folder.path().join("keys"));
        let config = Config { data, keys, ..Config::default() };
        let id = |number: u128| Uuid::from_u128(0x7a00_0000_0000_4000_8000_0000_0000_0000 + number);
        let (tenant, maja, unit) = (TenantId(id(1)), PersonId(id(2)), UnitId(id(3)));
        let now = Morning.now();
        open::add_tenant(&config, &Municipality { tenant, ..Municipality::default() }, now).unwrap();
        let grants = (10..20).map(|group| {
            let right = Right::Assigned { group: GroupId(id(group)), unit, kind: GroupKind::Department };
            Change::put(&Grant { holder: maja.into(), right, from: None, until: None })
        });
        let (store, sign_in) = open::tenant(&config, tenant).unwrap();
        writer::import(&store, &grants.collect::<Vec<_>>(), now).unwrap();
        let account = Account { tenant, holder: maja.into(), role: Role::Staff };
        let token = sign_in.invite(&account, None, now).unwrap();
        let bearer = sign_in.activate(&token, now).unwrap().unwrap().bearer;
        let (stop, stopped) = watch::channel(false);
        let app = App::new(&config, open::all(&config).unwrap(), Arc::new(Morning), stopped);
        Self { _folder: folder, _stop: stop, app, bearer }
    }

    async fn ask(&self, method: Method, path: &str, bearer: &str, body: &str) -> axum::response::Response {
        let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, bearer);
        self.app.clone().router().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
    }

    async fn sync(&self, body: &str) -> axum::response::Response {
        self.ask(Method::POST, "/v1/sync", &format!("Bearer {}", self.bearer), body).await
    }

    /// Cursor and numbers of all scopes, as a new phone gets them.
    async fn everything(&self) -> (String, String) {
        let (mut cursor, mut numbers) = (String::new(), Vec::new());
        read(&bytes(self.sync(r#"{"v":1}"#).await).await, |frame| match frame {
            Frame::Rights(rights) => numbers = rights.scopes.iter().map(|entry| entry.0.to_string()).collect(),
            Frame::Applied(applied) => cursor = applied.cursor,
            _ => {}
        });
        (cursor, numbers.join(","))
    }
}

async fn bytes(response: axum::response::Response) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

fn read(bytes: &[u8], mut visit: impl FnMut(Frame<'_>)) {
    let lines = Lines::new().unwrap().feed(bytes, |line| {
        visit(Frame::read(line)?);
        Ok::<(), Malformed>(())
    });
    lines.unwrap();
}

/// What came: a problem, or what the lines hold.
async fn outcome(response: axum::response::Response) -> String {
    let status = response.status();
    let waits = response.headers().contains_key(header::RETRY_AFTER);
    let body = bytes(response).await;
    if status != StatusCode::OK {
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!((problem.error.status(), waits), (status.as_u16(), problem.error == ProblemKind::Busy));
        return format!("{:?}", problem.error);
    }
    let mut came = Vec::new();
    read(&body, |frame| {
        let name = match frame {
            Frame::Rights(_) => "rights",
            Frame::Receipt(receipt) if receipt.outcome == Outcome::Retry => "retry",
            Frame::Receipt(_) => "receipt",
            Frame::Snap(_) => "snap",
            _ => return,
        };
        if came.last() != Some(&name) {
            came.push(name);
        }
    });
    came.join(" ")
}

#[tokio::test]
async fn every_route_but_the_open_ones_asks_for_a_session() {
    let world = World::begin();
    for (path, _) in routes() {
        let mut answers = 0;
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            // The last names a tenant that is not here: it may be on its way back.
            for bearer in ["", "Bearer x", "Basic x", "Bearer 00000000000000000000000000000001.x"] {
                let away = bearer.ends_with("1.x");
                let response = world.ask(method.clone(), path, bearer, "{}").await;
                if response.status() == StatusCode::METHOD_NOT_ALLOWED {
                    continue;
                }
                answers += 1;
                let expected = if away { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::UNAUTHORIZED };
                let asked = response.status() == expected;
                assert_eq!(asked, !OPEN.contains(&path), "{method} {path} {bearer}");
                if asked {
                    let problem: Problem = serde_json::from_slice(&bytes(response).await).unwrap();
                    let expected = if away { ProblemKind::Busy } else { ProblemKind::SignedOut };
                    assert_eq!(problem.error, expected);
                }
            }
        }
        assert!(answers > 0, "{path} is reached by none of these methods");
    }
}

#[tokio::test]
async fn a_hook_is_for_the_source_that_was_told_of_it() {
    let world = World::begin();
    let tenant = world.app.tenants.all()[0].id;
    let other = TenantId(Uuid::from_u128(7));
    let code = |tenant| hook::code(world.app.keys.as_ref().unwrap(), tenant);
    for (who, code, known) in [(tenant, code(other), false), (other, code(other), false), (tenant, code(tenant), true)]
    {
        let path = format!("/v1/hooks/{who}/{code}");
        let response = world.ask(Method::POST, &path, "", r#"{"modifiedEntites":["Person"]}"#).await;
        let (status, called) = (response.status(), world.app.called.has(tenant));
        assert_eq!(
            (status == StatusCode::OK, status == StatusCode::NOT_FOUND, called),
            (known, !known, known),
            "{path}"
        );
    }
}

#[tokio::test]
async fn under_load_waits_are_left_out_first_then_snapshots_then_commands_and_rights_never() {
    let world = World::begin();
    let (cursor, numbers) = world.everything().await;
    let id = uuid::Builder::from_unix_timestamp_millis(Morning.now().0.unsigned_abs(), &[7; 10]).into_uuid();
    let command = format!(r#""commands":[{{"id":"{id}"}}]"#);
    let wait = format!(r#"{{"v":1,"cursor":"{cursor}","wait":25}}"#);
    let want = format!(r#"{{"v":1,"cursor":"{cursor}","want":[{numbers}]}}"#);
    let both = format!(r#"{{"v":1,"cursor":"{cursor}","want":[{numbers}],{command}}}"#);
    let anew = format!(r#"{{"v":1,{command}}}"#);
    let cases = [
        (300, &wait, "Busy"),
        (300, &want, "snap"),
        (400, &want, "Busy"),
        (400, &both, "receipt"),
        (400, &anew, "rights receipt"),
    ];
    for (at_work, body, expected) in cases {
        let held = world.app.load.work.clone().acquire_many_owned(at_work).await.unwrap();
        assert_eq!(outcome(world.sync(body).await).await, expected, "{at_work} at work: {body}");
        drop(held);
    }
    let held = world.app.load.work.clone().acquire_many_owned(512).await.unwrap();
    let memory = world.app.load.memory.available_permits();
    let others_end = async {
        // Its body has come, so it stands in line.
        while world.app.load.memory.available_permits() == memory {
            tokio::task::yield_now().await;
        }
        drop(held);
    };
    let (response, ()) = tokio::join!(world.sync(&anew), others_end);
    assert_eq!(outcome(response).await, "rights retry", "who stood in line gets its rights");
}

#[tokio::test]
async fn where_too_many_wait_or_send_one_more_is_told_to_come_back() {
    let mut world = World::begin();
    let (cursor, _) = world.everything().await;
    let wait = format!(r#"{{"v":1,"cursor":"{cursor}","wait":25}}"#);
    world.app.load = Arc::new(Load::new(0));
    assert_eq!(outcome(world.sync(&wait).await).await, "Busy");
    let held = world.app.load.memory(256 * 1024 * 1024 - wait.len() + 1).ok();
    assert_eq!(outcome(world.sync(wait.trim_end_matches('}')).await).await, "Malformed");
    assert_eq!(outcome(world.sync(&wait).await).await, "Busy");
    drop(held);
}

#[tokio::test]
async fn an_answer_is_cut_where_its_session_ends() {
    let world = World::begin();
    let (cursor, numbers) = world.everything().await;
    let wanted = numbers.split(',').count();
    let response = world.sync(&format!(r#"{{"v":1,"cursor":"{cursor}","want":[{numbers}]}}"#)).await;
    let mut body = response.into_body();
    let mut came = body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec();
    let tenant = world.app.tenants.all().pop().unwrap();
    tenant.sign_in.end(&world.bearer, Morning.now()).unwrap();
    came.extend_from_slice(&body.collect().await.unwrap().to_bytes());
    let (mut snaps, mut ended) = (0, false);
    read(&came, |frame| match frame {
        Frame::Snap(_) => snaps += 1,
        Frame::End(_) => ended = true,
        _ => {}
    });
    assert!(wanted > 30 && snaps < 8 && !ended, "{snaps} of {wanted} scopes came");
}
