//! TLS from end to end: the server's own certificate, and phones that trust whom they should.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use kapprum_client::error::Error;
use kapprum_client::kapprum::{Kapprum, Surroundings};
use kapprum_client::key_store::MemoryKeyStore;
use kapprum_client::sync::wire::Http;
use kapprum_domain::actor::Role;
use kapprum_domain::screen::{Ask, Screen};
use kapprum_stories::{OWN, Story};
use kapprum_town::story;
use kapprum_words::Language;

/// Anna's phone, trusting one root or the public ones.
fn phone(story: &Story, name: &str, root: Option<Vec<u8>>) -> Kapprum {
    Kapprum::open(Surroundings {
        home: story.folder.path().join(name),
        keys: Arc::new(MemoryKeyStore::default()),
        clock: story.clock.clone(),
        wires: Box::new(move |server| Ok(Arc::new(Http::new(server, root.as_deref())?))),
        language: Language::English,
    })
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_speaks_to_the_server_it_can_trust_and_to_no_other() {
    let mut story = Story::begin().await;
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let strange = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (story.folder.path().join("own.pem"), story.folder.path().join("own.key"));
    std::fs::write(&certificate, own.cert.pem()).unwrap();
    std::fs::write(&key, own.signing_key.serialize_pem()).unwrap();
    story.running.stop().await;
    (story.running.config.certificate, story.running.config.certificate_key) = (Some(certificate), Some(key));
    story.running.serve().await;
    let server = format!("https://localhost:{}", story.running.config.listen.port());

    let root = |certified: &rcgen::CertifiedKey<rcgen::KeyPair>| Some(certified.cert.pem().into_bytes());
    for (name, root) in [("the public roots", None), ("someone else's root", root(&strange))] {
        let token = story.running.invite(story::anna(), Role::Guardian);
        let refused = phone(&story, name, root).sign_in(&server, &token, None).await;
        assert!(matches!(refused, Err(Error::Offline)), "{name}: {refused:?}");
    }
    let anna = phone(&story, "its own root", root(&own));
    let token = story.running.invite(story::anna(), Role::Guardian);
    anna.sign_in(&server, &token, None).await.unwrap();
    anna.sync(OWN).await.unwrap();
    let home = anna.feed(OWN, Ask::Home).next().await.unwrap();
    assert!(matches!(home, Screen::Home(home) if home.children.len() == 2));
    // By another name the same certificate proves nothing.
    let by_number = format!("https://127.0.0.1:{}", story.running.config.listen.port());
    let token = story.running.invite(story::bo(), Role::Guardian);
    let refused = phone(&story, "another name", root(&own)).sign_in(&by_number, &token, None).await;
    assert!(matches!(refused, Err(Error::Offline)), "{refused:?}");
}
