//! Property tests over broken input.

use proptest::prelude::*;

use super::world::*;

/// One thing that goes wrong somewhere in a source.
#[derive(Debug, Clone)]
enum Fault {
    Null,
    Replaced(Value),
    Dropped,
    Truncated,
}

fn fault() -> impl Strategy<Value = Fault> {
    let odd = prop_oneof![
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[{"id": []}]])),
        Just(json!("")),
        Just(json!("2026-02-31")),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    prop_oneof![Just(Fault::Null), odd.prop_map(Fault::Replaced), Just(Fault::Dropped), Just(Fault::Truncated)]
}

/// Breaks the value that a walk by these steps comes to.
fn break_at(value: &mut Value, steps: &[usize], fault: &Fault) {
    let (step, rest) = steps.split_first().unwrap_or((&0, &[]));
    let size = value.as_object().map(serde_json::Map::len).or(value.as_array().map(Vec::len)).unwrap_or_default();
    if size > 0 && !steps.is_empty() {
        let at = step % size;
        let key = value.as_object().and_then(|fields| fields.keys().nth(at).cloned());
        let last = rest.is_empty() && matches!(fault, Fault::Dropped);
        match (value, key) {
            (Value::Object(fields), Some(key)) if last => drop(fields.remove(&key)),
            (Value::Object(fields), Some(key)) => break_at(&mut fields[&key], rest, fault),
            (Value::Array(items), _) if last => drop(items.remove(at)),
            (Value::Array(items), _) => break_at(&mut items[at], rest, fault),
            _ => {}
        }
        return;
    }
    match (fault, value) {
        (Fault::Null | Fault::Dropped, value) => *value = Value::Null,
        (Fault::Replaced(other), value) => *value = other.clone(),
        (Fault::Truncated, Value::String(text)) => *text = text.chars().take(text.chars().count() / 2).collect(),
        (Fault::Truncated, value) => *value = Value::Null,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// However rows are broken, the import ends well, rows that were left alone come in, and a second time is quiet.
    #[test]
    fn broken_rows_never_stop_sound_ones(
        faults in prop::collection::vec((0usize..6, any::<usize>(), prop::collection::vec(any::<usize>(), 0..4), fault()), 1..12),
    ) {
        let mut rows = Rows::of(&Town::small(today()));
        for (resource, row, steps, fault) in &faults {
            let name = Resource::ALL[*resource].names()[0];
            let of = rows.0.get_mut(name).unwrap();
            // Love, Anna and what they hang on stay whole.
            let whole = [
                story::love().to_string(), story::anna().to_string(), story::loves_placement().to_string(),
                story::department().to_string(), story::preschool().to_string(),
            ];
            let at = row % of.len().max(1);
            if let Some(row) = of.get_mut(at).filter(|row| !whole.iter().any(|id| row["id"] == id.as_str())) {
                break_at(row, steps, fault);
            }
        }
        let mut tenant = Tenant::new();
        tenant.import(&rows);
        let scopes = tenant.scopes(story::anna(), Role::Guardian);
        prop_assert!(scopes.contains(&Scope::Placement(story::loves_placement())));
        let (again, written) = tenant.import(&rows);
        prop_assert!(again.is_unchanged() && written == 0, "{again}");
    }
}
