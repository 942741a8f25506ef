//! The one request: push, pull and wait (`protocol.md` §3).

use kapprum_domain::id::CommandId;
use kapprum_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cursor::Cursor;
use crate::limits::{COMMANDS, WAIT_SECONDS, WANTED};
use crate::{Malformed, VERSION};

/// The body of `POST /v1/sync`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Version of the protocol.
    pub v: u32,
    /// How far the phone has come; none: from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Scopes of the last rights that are not whole on the phone, by number, wanted first first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub want: Vec<u32>,
    /// Commands in order of insertion, each as first written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Box<RawValue>>,
    /// What an earlier epoch of the server said of these commands, to be judged as then (`protocol.md` §2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
    /// Hold the answer so many seconds until there is news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<u16>,
}

/// When a command was received in an earlier epoch of the server, and by which code the server knows that it said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The command.
    pub id: CommandId,
    /// When it was received.
    pub received: Timestamp,
    /// The receipt's code.
    pub mac: String,
}

/// Why a request is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not this build's protocol.
    #[error("another version of the protocol")]
    Version,
    /// Not a request, or beyond a limit.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl Request {
    /// Reads and checks a request. The version is looked at first, so that other versions' fields do no harm.
    pub fn read(text: &[u8]) -> Result<Self, Unfit> {
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let version: Version = serde_json::from_slice(text).map_err(|_| Malformed("request"))?;
        if version.v != VERSION {
            return Err(Unfit::Version);
        }
        let request: Self = serde_json::from_slice(text).map_err(|_| Malformed("request"))?;
        if request.commands.len() > COMMANDS {
            return Err(Malformed("request: too many commands").into());
        }
        if request.earlier.len() > request.commands.len() {
            return Err(Malformed("request: too many earlier receipts").into());
        }
        if request.want.len() > WANTED {
            return Err(Malformed("request: too many wanted scopes").into());
        }
        if request.wait.is_some_and(|seconds| seconds > WAIT_SECONDS) {
            return Err(Malformed("request: too long a wait").into());
        }
        Ok(request)
    }

    /// How far the phone has come, if its cursor can be read.
    pub fn counted(&self) -> Option<Cursor> {
        self.cursor.as_deref().and_then(Cursor::read)
    }

    /// Writes the request.
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::{Envelope, hash};

    #[test]
    fn a_commands_bytes_travel_as_first_written() {
        let first = r#"{"id":"01932c07-209d-7b5f-8a3e-000000000001","body":{ "report_absence" : {"x":1}} }"#;
        let request = Request {
            v: VERSION,
            commands: vec![RawValue::from_string(first.to_owned()).unwrap()],
            ..Request::default()
        };
        let read = Request::read(&request.write()).unwrap();
        assert_eq!(hash(read.commands[0].get()), hash(first));
        assert!(Envelope::read(read.commands[0].get()).unwrap().made().is_some());
    }

    #[test]
    fn what_is_unfit_has_a_name() {
        let cases: [(&str, Unfit); 7] = [
            (r#"{"v":2,"new":[]}"#, Unfit::Version),
            (r#"{"v":1,"new":[]}"#, Malformed("request").into()),
            (r#"{"v":1,"wait":26}"#, Malformed("request: too long a wait").into()),
            (r#"{"v":1,"want":[-1]}"#, Malformed("request").into()),
            (
                r#"{"v":1,"earlier":[{"id":"01932c07-209d-7b5f-8a3e-000000000001","received":1,"mac":""}]}"#,
                Malformed("request: too many earlier receipts").into(),
            ),
            ("[", Malformed("request").into()),
            ("", Malformed("request").into()),
        ];
        for (text, unfit) in cases {
            assert_eq!(Request::read(text.as_bytes()).unwrap_err(), unfit, "{text}");
        }
        let deep = format!(r#"{{"v":1,"commands":[{}{}]}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(Request::read(deep.as_bytes()).is_ok_and(|request| Envelope::read(request.commands[0].get()).is_err()));
    }
}
