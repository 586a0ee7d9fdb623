//! The part of a value that is new: a recording has each thing once, however often a page asks for it.

use serde_json::{Map, Value};

/// The fields by which entries of lists are known.
const KEYS: [&str; 3] = ["correlation_id", "dead_letter_queue", "id"];
/// Entries of a list that are kept, as a page shows them.
const MOST: usize = 50;

/// The part of `now` that is not in `before`, or none: fields that changed, entries that are new or changed, points that are later.
pub fn news(before: &Value, now: &Value) -> Option<Value> {
    match (before, now) {
        _ if before == now => None,
        (Value::Object(before), Value::Object(now)) => {
            let changed = |(name, now): (&String, &Value)| {
                let new = before.get(name).map_or_else(|| Some(now.clone()), |before| news(before, now));
                Some((name.clone(), new?))
            };
            let changed: Map<String, Value> = now.iter().filter_map(changed).collect();
            (!changed.is_empty()).then_some(Value::Object(changed))
        }
        (Value::Array(known), Value::Array(entries)) if entries.iter().all(|entry| key(entry).is_some()) => {
            some(entries.iter().filter(|entry| !known.contains(entry)))
        }
        (Value::Array(known), Value::Array(points)) if points.iter().all(Value::is_array) => {
            let last = known.last().map_or(f64::MIN, time);
            some(points.iter().filter(|point| time(point) > last))
        }
        _ => Some(now.clone()),
    }
}

/// Puts what is new into what is known. Entries that are new stand first.
pub fn merge(known: &mut Value, news: Value) {
    match (known, news) {
        (Value::Object(known), Value::Object(news)) => {
            for (name, news) in news {
                merge(known.entry(name).or_insert(Value::Null), news);
            }
        }
        (Value::Array(known), Value::Array(news)) if news.iter().all(|entry| key(entry).is_some()) => {
            for entry in news.into_iter().rev() {
                match known.iter_mut().find(|known| key(known) == key(&entry)) {
                    Some(known) => *known = entry,
                    None => known.insert(0, entry),
                }
            }
            known.truncate(MOST);
        }
        (Value::Array(known), Value::Array(points)) if points.iter().all(Value::is_array) => {
            known.extend(points);
        }
        (known, news) => *known = news,
    }
}

fn key(entry: &Value) -> Option<&str> {
    KEYS.iter().find_map(|key| entry.get(key)?.as_str())
}

/// The time of a point, which stands first.
fn time(point: &Value) -> f64 {
    point[0].as_f64().unwrap_or_default()
}

fn some<'a>(entries: impl Iterator<Item = &'a Value>) -> Option<Value> {
    let entries: Vec<Value> = entries.cloned().collect();
    (!entries.is_empty()).then_some(Value::Array(entries))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The news, after a check that they lead from one value to the other.
    fn told(before: &Value, now: &Value) -> Option<Value> {
        let news = news(before, now);
        let mut known = before.clone();
        if let Some(news) = news.clone() {
            merge(&mut known, news);
        }
        assert_eq!(known, *now);
        news
    }

    #[test]
    fn the_same_is_no_news_and_the_first_value_is_news_as_a_whole() {
        let value = json!([{"id": "a", "n": 1}]);
        assert_eq!(told(&value, &value), None);
        assert_eq!(told(&Value::Null, &value), Some(value));
    }

    #[test]
    fn only_the_entries_that_are_new_or_changed_are_told() {
        let before = json!([{"id": "b", "n": 1}, {"id": "a", "n": 1}]);
        let now = json!([{"id": "d"}, {"id": "c"}, {"id": "b", "n": 2}, {"id": "a", "n": 1}]);
        assert_eq!(told(&before, &now), Some(json!([{"id": "d"}, {"id": "c"}, {"id": "b", "n": 2}])));
    }

    #[test]
    fn only_the_points_that_are_later_are_told() {
        let before = json!({"series": {"q": [[0.5, 1]]}, "accepted": []});
        let now = json!({"series": {"q": [[0.5, 1], [1.5, 3]], "r": [[1.5, 0]]}, "accepted": [[1.5, 2]]});
        let news = json!({"series": {"q": [[1.5, 3]], "r": [[1.5, 0]]}, "accepted": [[1.5, 2]]});
        assert_eq!(told(&before, &now), Some(news));
    }

    #[test]
    fn only_the_queues_whose_depth_changed_are_told() {
        let before = json!({"queues": {"a": {"visible": 1}, "b": {"visible": 2}}});
        let now = json!({"queues": {"a": {"visible": 1}, "b": {"visible": 0}}});
        assert_eq!(told(&before, &now), Some(json!({"queues": {"b": {"visible": 0}}})));
    }

    #[test]
    fn a_list_without_keys_is_told_as_a_whole() {
        let (before, now) =
            (json!({"path": [{"state": "A"}]}), json!({"path": [{"state": "A"}, {"state": "B"}]}));
        assert_eq!(told(&before, &now), Some(now.clone()));
    }

    #[test]
    fn a_long_list_keeps_its_latest_entries() {
        let entry = |id: usize| json!({"id": id.to_string()});
        let mut known = Value::Array((0..MOST).map(entry).collect());
        merge(&mut known, json!([{"id": "new"}]));
        assert_eq!(known.as_array().unwrap().len(), MOST);
        assert_eq!(known[0], json!({"id": "new"}));
    }
}
