//! Texts with placeholders, as services declare them: what an effect is called, and which key it has.
//!
//! | placeholder | stands for |
//! |---|---|
//! | `{fare}` | the value of `fare` |
//! | `{total.points}` | the value of `points` in the item `total` |
//! | `{fare:.2}` | the value as a number with two decimals |
//! | `{fare:floor}` | the whole number below the value |
//! | `{status:SENT=e-mailed\|FAILED=refused}` | the text of the value's own case |
//! | `{points:0=Foal\|500=Pony}` | the text of the highest case that the number reaches |

use rust_decimal::Decimal;
use serde::Deserialize;

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Words(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder { name: String, form: Form },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    AsItIs,
    TwoDecimals,
    Floor,
    Cases(Vec<(String, String)>),
}

impl TryFrom<String> for Words {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (placeholder, after) =
                after.split_once('}').ok_or_else(|| format!("a brace is not closed in '{text}'"))?;
            parts.push(Part::Text(before.to_owned()));
            let (name, form) = placeholder.split_once(':').unwrap_or((placeholder, ""));
            parts.push(Part::Placeholder { name: name.to_owned(), form: Form::parse(form)? });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }
}

impl Form {
    fn parse(form: &str) -> Result<Self, String> {
        match form {
            "" => Ok(Self::AsItIs),
            ".2" => Ok(Self::TwoDecimals),
            "floor" => Ok(Self::Floor),
            cases => {
                let case = |case: &str| {
                    let (value, text) = case.split_once('=')?;
                    Some((value.to_owned(), text.to_owned()))
                };
                let cases = cases.split('|').map(case).collect::<Option<Vec<_>>>();
                cases
                    .map(Self::Cases)
                    .ok_or_else(|| format!("'{form}' is not .2, floor, or cases such as a=b|c=d"))
            }
        }
    }

    fn apply(&self, value: String) -> Option<String> {
        let number = || value.parse::<Decimal>().ok();
        match self {
            Self::AsItIs => Some(value),
            Self::TwoDecimals => Some(number().map_or(value, |number| format!("{number:.2}"))),
            Self::Floor => number().map(|number| number.floor().to_string()),
            Self::Cases(cases) => {
                let own = cases.iter().find(|(case, _)| *case == value);
                let reached = || {
                    let number = number()?;
                    let bound = |case: &&(String, String)| case.0.parse::<Decimal>().ok();
                    cases
                        .iter()
                        .filter(|case| bound(case).is_some_and(|bound| bound <= number))
                        .max_by_key(bound)
                };
                own.or_else(reached).map(|(_, text)| text.clone())
            }
        }
    }
}

impl Words {
    /// The text with values in place of placeholders; none if there is no value for one of them, or no case for its value.
    pub(crate) fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let part = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Placeholder { name, form } => form.apply(value(name)?),
        };
        self.0.iter().map(part).collect()
    }

    /// The value of the only placeholder, if its name is one of these, in a text that these words were filled into.
    pub(crate) fn read(&self, text: &str, names: &[&str]) -> Option<String> {
        match self.0.as_slice() {
            [Part::Text(before), Part::Placeholder { name, form: Form::AsItIs }, Part::Text(after)]
                if names.contains(&name.as_str()) =>
            {
                text.strip_prefix(before.as_str())?.strip_suffix(after.as_str()).map(str::to_owned)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(words: &str, value: &'static str) -> Option<String> {
        Words::try_from(words.to_owned()).unwrap().fill(|name| (name == "v").then(|| value.to_owned()))
    }

    #[test]
    fn placeholders_are_filled_in_each_form() {
        for (words, value, expected) in [
            ("ride featured", "", Some("ride featured")),
            ("RIDE#{v}", "7", Some("RIDE#7")),
            ("fare of {v:.2} opened", "256.5", Some("fare of 256.50 opened")),
            ("{v:floor}", "256.99", Some("256")),
            ("{v:SENT=e-mailed|NO_ADDRESS=not e-mailed}", "SENT", Some("e-mailed")),
            ("{v:SENT=e-mailed|NO_ADDRESS=not e-mailed}", "SENDING", None),
            ("{v:0=Foal|500=Pony|2000=Unicorn}", "1999", Some("Pony")),
            ("{v:0=Foal|500=Pony|2000=Unicorn}", "2000", Some("Unicorn")),
            ("{other}", "1", None),
        ] {
            assert_eq!(filled(words, value).as_deref(), expected, "{words}");
        }
    }

    #[test]
    fn a_value_is_read_back_from_a_text() {
        let words = Words::try_from("RIDE#{ride}".to_owned()).unwrap();
        assert_eq!(words.read("RIDE#7", &["ride"]).as_deref(), Some("7"));
        assert_eq!(words.read("BALANCE", &["ride"]), None);
        assert_eq!(words.read("RIDE#7", &["customer"]), None);
    }

    #[test]
    fn words_that_cannot_be_understood_are_refused() {
        for words in ["{ride", "{ride:upper}"] {
            assert!(Words::try_from(words.to_owned()).is_err(), "{words}");
        }
    }
}
