//! JSON objects, read without rounding numbers and without hiding repeated fields.

use std::fmt;

use lambda_http::http::StatusCode;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, value::RawValue as RawJson};

use super::Problem;
use crate::{Faults, RawFields, RawValue};

/// The maximum size of a body. It also bounds the list of faults in a body, which must fit into a message.
const MAX_BYTES: usize = 8 * 1024;

struct Object(Vec<(String, Box<RawJson>)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> de::Visitor<'de> for Fields {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The fields of a JSON object in their order. Numbers keep the digits that the caller wrote.
///
/// ```
/// use lambda_messaging::{RawValue, api::json_object};
///
/// let fields = json_object(r#"{"total": 19.90}"#).unwrap();
/// assert_eq!(fields, [("total".to_owned(), RawValue::Number("19.90".to_owned()))]);
/// assert!(json_object(r#"{"total": 1, "total": 2}"#).is_err(), "a field that is given twice hides nothing");
/// ```
///
/// # Errors
/// 413 if the body is too large; 400 if it is not one JSON object, or has the same field twice.
pub fn json_object(body: &str) -> Result<RawFields, Problem> {
    if body.len() > MAX_BYTES {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body must have at most 8 KiB"));
    }
    let Object(fields) = serde_json::from_str(body).map_err(|error| {
        let what = if error.is_data() { "is not a JSON object" } else { "is not valid JSON" };
        let detail = format!("the body {what} (line {}, column {})", error.line(), error.column());
        Problem::new(StatusCode::BAD_REQUEST, &detail)
    })?;
    let mut faults = Faults::none();
    for (n, (name, _)) in fields.iter().enumerate() {
        let earlier = fields.iter().take(n).filter(|(other, _)| other == name).count();
        if earlier == 1 {
            faults.add(name, "is given more than once");
        }
    }
    if !faults.is_empty() {
        return Err(Problem::malformed("some fields are given more than once", &faults));
    }
    Ok(fields.into_iter().map(|(name, value)| (name, raw(&value))).collect())
}

/// The canonical form of a body: two bodies with the same content are equal, even if their JSON is formatted differently. A body
/// that [`json_object`] refuses is its own text.
///
/// ```
/// use lambda_messaging::api::canonical;
///
/// assert_eq!(canonical(r#"{"a": 1, "b": 2}"#), canonical(r#"{"b":2,"a":1}"#));
/// ```
#[must_use]
pub fn canonical(body: &str) -> Value {
    let object = json_object(body).ok().and_then(|_| serde_json::from_str(body).ok());
    object.unwrap_or_else(|| body.into())
}

fn raw(value: &RawJson) -> RawValue {
    let json = value.get();
    if let Some(b'[') = json.as_bytes().first() {
        let values = serde_json::from_str::<Vec<Box<RawJson>>>(json).unwrap_or_default();
        return RawValue::List(values.iter().map(|value| scalar(value)).collect());
    }
    scalar(value)
}

fn scalar(value: &RawJson) -> RawValue {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map_or(RawValue::Other, RawValue::Text),
        Some(b'-' | b'0'..=b'9') => RawValue::Number(json.to_owned()),
        _ => RawValue::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_stay_as_they_were_written() {
        let fields = json_object(r#"{"total": 256.50, "n": "1", "x": [1, "2", [3]], "big": 1e999}"#).unwrap();
        let values: Vec<_> = fields.into_iter().map(|(_, value)| value).collect();
        assert_eq!(
            values,
            [
                RawValue::Number("256.50".into()),
                RawValue::Text("1".into()),
                RawValue::List(vec![
                    RawValue::Number("1".into()),
                    RawValue::Text("2".into()),
                    RawValue::Other
                ]),
                RawValue::Number("1e999".into())
            ]
        );
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        for body in ["", "null", "[]", "{", "{}{}", r#"{"a":NaN}"#, "{'a':1}", "\u{feff}{}", &deep] {
            assert_eq!(json_object(body).unwrap_err().status(), StatusCode::BAD_REQUEST, "{body:.20}");
        }
    }

    #[test]
    fn depth_is_harmless() {
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(4_000), "]".repeat(4_000));
        assert_eq!(json_object(&deep).unwrap(), [("a".to_owned(), RawValue::List(vec![RawValue::Other]))]);
    }

    #[test]
    fn a_body_that_is_too_large_is_not_parsed() {
        let body = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        assert!(json_object(&body(MAX_BYTES)).is_ok());
        let problem = json_object(&body(MAX_BYTES + 1)).unwrap_err();
        assert_eq!(problem.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn a_field_given_twice_is_refused_even_when_escaped() {
        assert!(json_object(r#"{"total":1,"tot\u0061l":2}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(body in r#"[\[\]{}":,0-9a-z\\ ]{0,80}"#) {
            let _ = json_object(&body);
        }
    }
}
