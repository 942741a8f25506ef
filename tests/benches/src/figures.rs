//! What was measured, beside its goal.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Key, goal (at most, or at least if negative), unit.
const GOALS: &[(&str, f64, &str)] = &[
    ("cold_plain_ratio", 1.8, "× raw inserts"),
    ("cold_cipher_ratio", 1.5, "× raw inserts"),
    ("wire_ratio", 0.22, "of the raw rows"),
    ("client_memory_growth_mib", 32.0, "MiB"),
    ("server_cpu_s", 0.2, "s"),
    ("tap_to_saved_p99_ms", 10.0, "ms"),
    ("tap_to_saved_first_sync_p99_ms", 20.0, "ms"),
    ("tap_to_saved_stalled_p99_ms", 20.0, "ms"),
    ("first_screen_round_trips", 2.0, "round trips"),
    ("first_screen_s", 2.5, "s"),
    ("delta_p50_ms", 5.0, "ms"),
    ("delta_p99_ms", 20.0, "ms"),
    ("delta_bytes", 700.0, "bytes"),
    ("idle_bytes", 300.0, "bytes"),
    ("idle_round_trips", 1.0, "round trips"),
    ("commands_per_s", -3000.0, "per second"),
    ("receipt_p99_ms", 50.0, "ms"),
    ("purge_2500_ms", 150.0, "ms"),
    ("revoke_to_purged_ms", 1000.0, "ms"),
    ("replay_500_ms", 30.0, "ms"),
    ("open_ms", 20.0, "ms"),
    ("board_p99_ms", 2.0, "ms"),
];

/// Figures by key.
#[derive(Default)]
pub(crate) struct Figures {
    values: BTreeMap<&'static str, f64>,
    /// What stands behind a figure.
    notes: BTreeMap<&'static str, String>,
}

impl Figures {
    pub(crate) fn put(&mut self, key: &'static str, value: f64, note: impl Into<String>) {
        self.values.insert(key, value);
        self.notes.insert(key, note.into());
    }

    /// The table; a goal that was missed is marked.
    pub(crate) fn print(&self) {
        println!("{:<34}{:>12}  {:>10}", "key", "measured", "goal");
        let goals = GOALS.iter().filter(|(key, ..)| self.values.contains_key(key));
        for (key, goal, unit) in goals.clone() {
            let value = self.values[key];
            let met = if *goal < 0.0 { value >= -goal } else { value <= *goal };
            let sign = if *goal < 0.0 { "≥" } else { "≤" };
            let mark = if met { " " } else { "✗" };
            println!("{key:<34}{value:>12.3}  {sign}{:>8} {mark} {unit}  {}", goal.abs(), self.notes[key]);
        }
        for (key, value) in self.values.iter().filter(|(key, _)| !GOALS.iter().any(|(known, ..)| known == *key)) {
            println!("{key:<34}{value:>12.3}  {:>12} {}", "", self.notes[key]);
        }
    }

    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, serde_json::to_vec_pretty(&self.values).unwrap()).unwrap();
    }
}

/// The value below which so many of a hundred lie, in milliseconds.
pub(crate) fn percentile(times: &mut [Duration], hundredth: usize) -> f64 {
    times.sort();
    let at = (times.len() * hundredth / 100).min(times.len() - 1);
    times[at].as_secs_f64() * 1000.0
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
