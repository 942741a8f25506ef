//! The tables of one account's file (`protocol.md` §5).
//!
//! `record` is clustered by (part, kind, id). A snapshot loads under a fresh part number and arrives in key order, so
//! that loading appends; reading finds a scope's rows side by side; erasing a scope is one range.

/// The schema's version, in `user_version`. Synced data is fetched afresh rather than migrated.
pub(super) const VERSION: i32 = 1;

/// Makes the tables.
pub(super) const TABLES: &str = "
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- The rights as the server last gave them. `name` is unknown until the first snapshot of a scope that was added.
CREATE TABLE scope (
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    name TEXT UNIQUE,
    generation INTEGER NOT NULL,
    class INTEGER NOT NULL,
    part INTEGER,                      -- whose rows are shown; none yet: not here
    whole INTEGER NOT NULL DEFAULT 0,  -- the seq at which the part was swapped in
    wanted INTEGER NOT NULL,           -- to be fetched
    doubt INTEGER NOT NULL DEFAULT 0,  -- wrong sums: 1 fetched again, 2 taken as it is
    locked INTEGER NOT NULL DEFAULT 0  -- too long without contact
) STRICT;

-- Numbers the rights as they read at a time: whatever changes them, changes their number.
CREATE TRIGGER scope_came AFTER INSERT ON scope WHEN new.name IS NOT NULL BEGIN
    INSERT INTO meta (name, value) VALUES ('rights', 1) ON CONFLICT DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER scope_changed AFTER UPDATE ON scope
WHEN old.name IS NOT new.name OR old.class <> new.class OR old.locked <> new.locked BEGIN
    INSERT INTO meta (name, value) VALUES ('rights', 1) ON CONFLICT DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER scope_went AFTER DELETE ON scope WHEN old.name IS NOT NULL BEGIN
    INSERT INTO meta (name, value) VALUES ('rights', 1) ON CONFLICT DO UPDATE SET value = value + 1;
END;

-- The server's truth.
CREATE TABLE record (
    part INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (part, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_at ON record (part, kind, at);

-- What unanswered commands make of it. No body: removed.
CREATE TABLE overlay (
    scope INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    body TEXT,
    PRIMARY KEY (scope, kind, id)
) STRICT, WITHOUT ROWID;

-- Parts that are loading or were swapped out; deleted in pieces.
CREATE TABLE garbage (
    part INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE outbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    bytes TEXT,                        -- as first written; none: it settles
    created INTEGER NOT NULL,
    uncertain INTEGER NOT NULL,
    valid_until INTEGER,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'parked', 'settling', 'answered', 'refused')),
    parked INTEGER,                    -- when it was parked
    receipt TEXT,                      -- as it came; takes effect when the scopes are there
    earlier TEXT,                      -- what an earlier epoch of the server answered
    shown INTEGER NOT NULL DEFAULT 0,  -- and whether that had taken effect, so that a person was told
    hidden INTEGER NOT NULL DEFAULT 0, -- its person has seen the outcome; it rests all the same
    rests INTEGER,                     -- server time at which the answer was first here
    doubt TEXT                         -- the refusal that a replay foresees
) STRICT;
CREATE INDEX outbox_state ON outbox (state, n);

-- What a form had when it was left, by what was asked for.
CREATE TABLE draft (
    ask TEXT PRIMARY KEY,
    command TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox_scope (
    n INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (n, name)
) STRICT, WITHOUT ROWID;
";
