//! The units that `DynamoDB` bills for a request, as far as the request tells: one for each KB that is put, two in a transaction; one
//! for an update or a delete, as if the item had no more than a KB; one for a strongly consistent read of an item or a query, half of
//! one for any other, as if it read no more than 4 KB. Operations that it doesn't know are counted under that name, so that they are seen.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>

use std::collections::BTreeMap;

use serde_json::Value;

const KB: usize = 1024;
const IN_A_TRANSACTION: f64 = 2.0;

/// Units by table and kind, as in `("rides", "write")`.
pub(crate) type Units = BTreeMap<(String, String), f64>;

/// The units of a request, none if it is no JSON.
pub(crate) fn units(operation: &str, body: &[u8]) -> Units {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    match operation {
        "TransactWriteItems" => {
            let mut units = Units::new();
            let items = request["TransactItems"].as_array().into_iter().flatten();
            for part in items.filter_map(Value::as_object).flat_map(|item| item.values()) {
                *units.entry((table(part), "write".to_owned())).or_default() +=
                    IN_A_TRANSACTION * written(part);
            }
            units
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => one(&request, "write", written(&request)),
        "GetItem" | "Query" => one(&request, "read", read(&request)),
        "BatchGetItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            let of = |(table, keys): (&String, &Value)| {
                let count = keys["Keys"].as_array().map_or(0, Vec::len);
                let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
                ((table.clone(), "read".to_owned()), count * read(keys))
            };
            tables.map(of).collect()
        }
        _ => one(&request, &format!("unknown: {operation}"), 1.0),
    }
}

fn one(request: &Value, kind: &str, units: f64) -> Units {
    Units::from([((table(request), kind.to_owned()), units)])
}

fn read(request: &Value) -> f64 {
    if request["ConsistentRead"] == true { 1.0 } else { 0.5 }
}

fn table(request: &Value) -> String {
    request["TableName"].as_str().unwrap_or_default().to_owned()
}

fn written(request: &Value) -> f64 {
    let bytes = request["Item"].as_object().map_or(0, |item| item.iter().map(attribute_size).sum());
    // An item has at most 400 KB.
    f64::from(u32::try_from(bytes.max(1).div_ceil(KB)).unwrap_or(u32::MAX))
}

fn attribute_size((name, value): (&String, &Value)) -> usize {
    name.len() + value_size(value)
}

/// The size of a typed value, as in `{"S": "text"}`.
fn value_size(typed: &Value) -> usize {
    let Some((kind, value)) = typed.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        // Two digits a byte, and one byte.
        ("N", Value::String(digits)) => digits.bytes().filter(u8::is_ascii_digit).count().div_ceil(2) + 1,
        ("B", Value::String(base64)) => base64.trim_end_matches('=').len() * 3 / 4,
        ("M", Value::Object(map)) => {
            3 + map.iter().map(|attribute| 1 + attribute_size(attribute)).sum::<usize>()
        }
        ("L", Value::Array(list)) => 3 + list.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        ("SS" | "NS" | "BS", Value::Array(set)) => {
            set.iter().map(|value| value_size(&serde_json::json!({ &kind[..1]: value }))).sum()
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn counted(operation: &str, request: &Value) -> Vec<(String, String, f64)> {
        let units = units(operation, request.to_string().as_bytes());
        units.into_iter().map(|((table, kind), n)| (table, kind, n)).collect()
    }

    fn of(table: &str, kind: &str, n: f64) -> (String, String, f64) {
        (table.to_owned(), kind.to_owned(), n)
    }

    /// An item of so many bytes, its name among them.
    fn item(size: usize) -> Value {
        json!({"id": {"S": "x".repeat(size - "id".len())}})
    }

    #[test]
    fn a_put_takes_a_unit_for_each_kb() {
        for (size, written) in [(10, 1.0), (KB, 1.0), (KB + 1, 2.0), (10 * KB, 10.0)] {
            let request = json!({"TableName": "rides", "Item": item(size)});
            assert_eq!(counted("PutItem", &request), [of("rides", "write", written)], "{size}");
        }
    }

    #[test]
    fn an_update_and_a_delete_take_one_unit() {
        for operation in ["UpdateItem", "DeleteItem"] {
            let request = json!({"TableName": "rides", "Key": {"id": {"S": "1"}}});
            assert_eq!(counted(operation, &request), [of("rides", "write", 1.0)]);
        }
    }

    #[test]
    fn each_part_of_a_transaction_takes_twice_as_many_units() {
        let parts = json!([
            {"Put": {"TableName": "rides", "Item": item(KB + 1)}},
            {"ConditionCheck": {"TableName": "points"}},
            {"Update": {"TableName": "points"}},
        ]);
        let units = counted("TransactWriteItems", &json!({ "TransactItems": parts }));
        assert_eq!(units, [of("points", "write", 4.0), of("rides", "write", 4.0)]);
    }

    #[test]
    fn a_consistent_read_takes_a_unit_and_any_other_half_of_one() {
        let consistent = json!({"TableName": "rides", "ConsistentRead": true});
        assert_eq!(counted("GetItem", &consistent), [of("rides", "read", 1.0)]);
        assert_eq!(counted("GetItem", &json!({"TableName": "rides"})), [of("rides", "read", 0.5)]);
    }

    #[test]
    fn a_query_is_a_read_and_a_batch_one_for_each_key() {
        assert_eq!(counted("Query", &json!({"TableName": "rides"})), [of("rides", "read", 0.5)]);
        let asked = json!({"Keys": [{"id": {"S": "1"}}, {"id": {"S": "2"}}, {"id": {"S": "3"}}]});
        let consistent = json!({"Keys": [{"id": {"S": "1"}}], "ConsistentRead": true});
        let request = json!({"RequestItems": {"rides": asked, "points": consistent}});
        assert_eq!(counted("BatchGetItem", &request), [of("points", "read", 1.0), of("rides", "read", 1.5)]);
    }

    #[test]
    fn an_unknown_operation_is_counted_under_its_name() {
        assert_eq!(counted("Scan", &json!({"TableName": "rides"})), [of("rides", "unknown: Scan", 1.0)]);
    }

    #[test]
    fn a_value_has_the_size_that_dynamodb_counts() {
        for (value, size) in [
            (json!({"S": "é"}), 2),
            (json!({"N": "-12.345"}), 4),
            (json!({"B": "AAAA"}), 3),
            (json!({"B": "AA=="}), 1),
            (json!({"BOOL": true}), 1),
            (json!({"NULL": true}), 1),
            (json!({"SS": ["ab", "c"]}), 3),
            (json!({"L": [{"S": "ab"}, {"N": "1"}]}), 3 + 1 + 2 + 1 + 2),
            (json!({"M": {"key": {"S": "ab"}}}), 3 + 1 + 3 + 2),
        ] {
            assert_eq!(value_size(&value), size, "{value}");
        }
    }
}
