//! Reads a subscription's filter policy to explain why a message didn't pass. The topic itself makes the decision, and may know operators
//! that this reader doesn't.

use rust_decimal::Decimal;
use serde_json::Value;

/// The verdict of a filter policy on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The message passes.
    Passes,
    /// The message doesn't pass, for this reason.
    FilteredOut(String),
    /// The policy uses an operator that this reader doesn't know.
    Unknown,
}

/// Judges a message by its attributes. All attributes that the policy names must match, each in any one way.
pub(crate) fn judge(policy: &Value, attribute: impl Fn(&str) -> Option<String>) -> Verdict {
    let Some(policy) = policy.as_object() else {
        return Verdict::Unknown;
    };
    let mut reasons = Vec::new();
    for (name, conditions) in policy {
        let Some(conditions) = conditions.as_array() else {
            return Verdict::Unknown;
        };
        let value = attribute(name);
        let verdicts: Vec<Option<bool>> = conditions.iter().map(|c| matches(c, value.as_deref())).collect();
        if verdicts.contains(&Some(true)) {
            continue;
        }
        if verdicts.contains(&None) {
            return Verdict::Unknown;
        }
        let wanted: Vec<String> = conditions.iter().map(describe).collect();
        reasons.push(format!(
            "{name} {} is not {}",
            value.as_deref().unwrap_or("(none)"),
            wanted.join(" or ")
        ));
    }
    if reasons.is_empty() { Verdict::Passes } else { Verdict::FilteredOut(reasons.join(", ")) }
}

fn matches(condition: &Value, value: Option<&str>) -> Option<bool> {
    match condition {
        Value::String(wanted) => Some(value == Some(wanted)),
        Value::Object(operator) => {
            let comparisons = operator.get("numeric")?.as_array()?;
            let value: Decimal = match value.map(str::parse) {
                Some(Ok(value)) => value,
                _ => return Some(false),
            };
            let mut all = true;
            for pair in comparisons.chunks(2) {
                let [operator, bound] = pair else { return None };
                let bound: Decimal = bound.to_string().parse().ok()?;
                all &= match operator.as_str()? {
                    "=" => value == bound,
                    ">" => value > bound,
                    ">=" => value >= bound,
                    "<" => value < bound,
                    "<=" => value <= bound,
                    _ => return None,
                };
            }
            Some(all)
        }
        _ => None,
    }
}

fn describe(condition: &Value) -> String {
    match condition.get("numeric").and_then(Value::as_array) {
        Some(parts) => {
            let part = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
            parts.iter().map(part).collect::<Vec<_>>().join(" ")
        }
        None => condition.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(fare: &str, distance: &str) -> Verdict {
        let policy = json!({"fare": [{"numeric": [">=", 50]}], "distance": [{"numeric": [">=", 20]}]});
        judge(&policy, |name| match name {
            "fare" => Some(fare.to_owned()),
            "distance" => Some(distance.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn both_bounds_must_hold() {
        assert_eq!(verdict("50.00", "20"), Verdict::Passes);
        assert_eq!(verdict("49.99", "20"), Verdict::FilteredOut("fare 49.99 is not >= 50".into()));
        assert_eq!(verdict("50", "19.999"), Verdict::FilteredOut("distance 19.999 is not >= 20".into()));
    }

    #[test]
    fn an_unknown_operator_is_not_guessed_at() {
        assert_eq!(judge(&json!({"a": [{"wildcard": "x*"}]}), |_| Some("xy".into())), Verdict::Unknown);
    }

    #[test]
    fn any_one_condition_is_enough() {
        let policy = json!({"type": ["A", "B"]});
        assert_eq!(judge(&policy, |_| Some("B".into())), Verdict::Passes);
        assert!(matches!(judge(&policy, |_| None), Verdict::FilteredOut(_)));
    }
}
