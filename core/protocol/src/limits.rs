//! Limits on everything that comes in. What is larger is refused before it is parsed.

/// Most commands in one request.
pub const COMMANDS: usize = 20;
/// Largest command, in bytes as first written.
pub const COMMAND_BYTES: usize = 64 * 1024;
/// Most wanted scopes in one request.
pub const WANTED: usize = 20_000;
/// Largest request body before decompression.
pub const REQUEST_BYTES: usize = 2 * 1024 * 1024;
/// Largest request body after decompression.
pub const REQUEST_PLAIN_BYTES: usize = 4 * 1024 * 1024;
/// Largest zstd window of a request, as a power of two: no larger than what it may hold.
pub const REQUEST_WINDOW_LOG: u32 = 22;
/// Largest body of an activation; it comes before any session, and plain.
pub const ACTIVATION_BYTES: usize = 4 * 1024;
/// Most rows since a cursor, in bytes; a phone that missed more fetches everything scope by scope.
pub const SECTION_BYTES: usize = 8 * 1024 * 1024;
/// Longest line of an answer.
pub const LINE_BYTES: usize = 4 * 1024 * 1024;
/// Largest zstd window of an answer, as a power of two.
pub const WINDOW_LOG: u32 = 23;
/// Longest wait for news, in seconds.
pub const WAIT_SECONDS: u16 = 25;
/// Longest name of a record's kind.
pub const KIND_BYTES: usize = 32;
/// How long a receipt keeps its body, in milliseconds: 30 days.
pub const RECEIPT_BODY: i64 = 30 * 24 * 3_600_000;
/// How long outcome and hash are kept, and tombstones, in milliseconds: 400 days.
pub const RECEIPT: i64 = 400 * 24 * 3_600_000;
/// How far ahead of the server's clock a new command's id may be, in milliseconds: one day.
pub const AHEAD: i64 = 24 * 3_600_000;
