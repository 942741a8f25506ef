//! A device that stays on: it obeys the lines of its input, each answered by one line of JSON. Ends with its input.

use kapprum_client::kapprum::Kapprum;
use kapprum_client::profile::ProfileId;
use kapprum_domain::command::Command;
use kapprum_domain::id::{CommandId, PersonId};
use kapprum_domain::screen::Ask;
use kapprum_domain::time::Timestamp;
use kapprum_words::Words;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{PATIENCE, Problem, saved};

/// A line.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// Save a command; it is sent when that can be.
    Send {
        command: Command,
        /// On a shared device: who taps.
        #[serde(default)]
        tapped: Option<PersonId>,
    },
    Undo(CommandId),
    View(Ask),
    Sync,
    Check,
}

/// Obeys until the input ends. `now` is the time by which refusals are told.
pub(crate) async fn live(kapprum: &Kapprum, profile: ProfileId, words: &Words, now: Timestamp) -> Result<(), Problem> {
    kapprum.foreground(profile, true);
    println!("{}", json!({ "ready": true }));
    for line in std::io::stdin().lines() {
        let line = line.map_err(|error| Problem::of(&error.into(), words, now))?;
        let answer = obey(kapprum, profile, words, now, &line).await;
        println!("{}", answer.unwrap_or_else(|Problem(problem)| problem));
    }
    Ok(())
}

async fn obey(
    kapprum: &Kapprum,
    profile: ProfileId,
    words: &Words,
    now: Timestamp,
    line: &str,
) -> Result<Value, Problem> {
    let problem = |error| Problem::of(&error, words, now);
    Ok(match serde_json::from_str(line).map_err(|error| Problem::usage(&error.to_string()))? {
        Line::Send { command, tapped } => saved(&kapprum.send(profile, vec![command], tapped).await.map_err(problem)?),
        Line::Undo(id) => json!({ "undone": kapprum.undo(profile, id, None).await.map_err(problem)? }),
        Line::View(ask) => json!(kapprum.feed(profile, ask).next().await.map_err(problem)?),
        Line::Sync => match tokio::time::timeout(PATIENCE, kapprum.sync(profile)).await {
            Ok(synced) => {
                synced.map_err(problem)?;
                json!({ "synced": true })
            }
            Err(_) => json!({ "synced": false }),
        },
        Line::Check => {
            let wrong_sums: u64 = kapprum.status(profile).iter().map(|status| status.wrong_sums).sum();
            json!({ "damage": kapprum.damage(profile).await.map_err(problem)?, "wrong_sums": wrong_sums })
        }
    })
}
