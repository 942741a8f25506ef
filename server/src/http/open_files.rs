//! How many connections the process's limit on open files leaves room for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::store::sqlite::READERS;

/// Files for everything that is no connection and no tenant's.
const RESERVE: usize = 256;
/// Files of a tenant: each reader, the writer and the sign-in data have a file and a log; and two shared memories.
const OF_A_TENANT: usize = 2 * (READERS + 2) + 2;

/// Raises the limit as far as is needed and allowed; the connections that there is room for.
pub(super) fn connections(wanted: usize, tenants: usize) -> usize {
    let reserve = RESERVE + tenants * OF_A_TENANT;
    let needed = u64::try_from(wanted + reserve).unwrap_or(u64::MAX);
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let raised = Rlimit { current: Some(limit.maximum.map_or(needed, |most| most.min(needed))), ..limit };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            limit = raised;
        }
    }
    let room = room(limit.current, reserve, wanted);
    if room < wanted {
        let limit = limit.current.unwrap_or_default();
        tracing::warn!(wanted, room, limit, "fewer connections: raise the limit on open files (ulimit -n)");
    }
    room
}

/// A limit that is too small for anything leaves at least a few.
fn room(limit: Option<u64>, reserve: usize, wanted: usize) -> usize {
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    limit.saturating_sub(reserve).max(16).min(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_rest() {
        let cases = [(None, 18_000), (Some(100_000), 18_000), (Some(1024), 724), (Some(300), 16), (Some(0), 16)];
        for (limit, connections) in cases {
            assert_eq!(room(limit, 300, 18_000), connections, "{limit:?}");
        }
        assert_eq!(room(Some(0), 300, 1), 1);
    }
}
