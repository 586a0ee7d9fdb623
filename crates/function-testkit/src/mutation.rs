//! Mutations of valid examples. The same seed produces the same mutations.

use fastrand::Rng;
use serde_json::Value;

/// The placeholder for JSON that `Value` can't hold: a number beyond any range, a field given twice.
const HERE: &str = "⟦here⟧";

/// The texts that no log line may quote: every example holds some of them, and so does every fragment with text.
pub const MARKS: [&str; 4] = ["jane-doe", "Canary", "8642.13", "h0stile"];

/// JSON that replaces a value.
const FRAGMENTS: [&str; 38] = [
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    "-1e400",
    "18446744073709551616",
    "0.00000000000000000000000000000000000000000000001",
    "[]",
    "{}",
    "[null]",
    r#"{"a":1,"a":2}"#,
    r#"{"N":"1e400"}"#,
    r#"{"S":""}"#,
    r#"{"BOOL":true}"#,
    r#"{"NULL":true}"#,
    r#"{"B":"aDBzdGlsZQ=="}"#,
    r#"{"SS":["h0stile set"]}"#,
    r#"{"M":{"h0stile":{"S":"map"}}}"#,
    r#""""#,
    r#"" ""#,
    r#""\u0000""#,
    r#""\uffff""#,
    r#""\ud800""#,
    "\"h0stile \u{fffe}\"",
    "\"h0stile \u{202e}\"",
    r#""h0stile '; DROP TABLE rides; --""#,
    r#""../../h0stile""#,
    r#""h0stile\r\nX-Injected: 1""#,
    r#""${jndi:ldap://h0stile} {{7*7}} %s%n""#,
    r#""NaN""#,
    r#""-0.01""#,
    r#""1e2""#,
    r#""12""#,
    r#""9999-12-30T23:59:59Z""#,
    r#""-009999-01-02T00:00:00Z""#,
    r#""00000000-0000-0000-0000-000000000000""#,
];

/// Characters that matter to a parser, and some that should not.
const NOISE: [char; 20] = [
    '"', '\\', '{', '}', '[', ']', ':', ',', '.', '-', 'e', '0', '9', 'a', ' ', '\t', '\0', '\u{7f}', 'é',
    '🦄',
];

/// The number of random mutations of each kind: cut off, garbled, mutated twice.
const AT_RANDOM: usize = 40;

/// A mutated example.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// The description of the mutation, for the message of a failed test.
    pub how: String,
    /// The mutated example.
    pub text: String,
}

/// The example itself, and its mutations.
pub fn mutations(example: &str, seed: u64) -> Vec<Mutation> {
    let document: Value = serde_json::from_str(example).expect("an example is JSON");
    let mut rng = Rng::with_seed(seed);
    let mut all = vec![Mutation { how: "left as it is".to_owned(), text: example.to_owned() }];
    all.extend(instead_of_it(example));
    let places = places(&document);
    for place in &places {
        all.extend(at(&document, place));
    }
    for _ in 0..AT_RANDOM {
        all.push(cut_off(example, &mut rng));
        all.push(garbled(example, &mut rng));
        let (one, other) = (rng.choice(&places), rng.choice(&places));
        all.extend(one.zip(other).and_then(|(one, other)| twice(&document, one, other, &mut rng)));
    }
    all
}

/// Words for headers and paths.
pub fn words() -> Vec<String> {
    let words = FRAGMENTS.iter().filter_map(|json| serde_json::from_str::<String>(json).ok());
    words.chain([long(65), long(5000), "ü 北京 h0stile".to_owned()]).collect()
}

fn instead_of_it(example: &str) -> Vec<Mutation> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    [
        ("nothing", String::new()),
        ("a blank", " ".to_owned()),
        ("null", "null".to_owned()),
        ("a number", "1".to_owned()),
        ("a string", r#""h0stile text""#.to_owned()),
        ("an empty object", "{}".to_owned()),
        ("an empty list", "[]".to_owned()),
        ("no JSON", "h0stile: yes".to_owned()),
        ("a list with it", format!("[{example}]")),
        ("it in a string", Value::String(example.to_owned()).to_string()),
        ("it behind a byte order mark", format!("\u{feff}{example}")),
        ("it twice", format!("{example}{example}")),
        ("something behind it", format!("{example} h0stile")),
        ("deep lists", deep("[", "]")),
        ("deep objects", deep(r#"{"a":"#, "}").replace(":}", ":1}")),
        ("something huge", long(250_000)),
        ("many fields", many_fields(example)),
    ]
    .map(|(how, text)| Mutation { how: format!("{how} instead"), text })
    .into()
}

/// The mutations of one value.
fn at(document: &Value, place: &str) -> Vec<Mutation> {
    let mut all = Vec::new();
    let mut add = |how: &str, text: String| all.push(Mutation { how: format!("{place} {how}"), text });
    for json in FRAGMENTS {
        add(&format!("is {json}"), with(document, place, json));
    }
    for (how, text) in [("65", long(65)), ("101", long(101)), ("5,000", long(5000))] {
        add(&format!("is {how} characters"), with(document, place, &Value::String(text).to_string()));
    }
    for (how, depth) in [("100", 100), ("10,000", 10_000)] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        add(&format!("is {how} lists deep"), with(document, place, &deep));
    }
    let (parent, name) = place.rsplit_once('/').unwrap_or_default();
    if let Some(Value::Object(fields)) = document.pointer(parent) {
        let parent_with = |name: &str, value: &Value| {
            let mut changed = document.clone();
            let fields = changed.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
            fields.insert(name.to_owned(), value.clone());
            changed
        };
        let value = &fields[name];
        let mut without = document.clone();
        without.pointer_mut(parent).and_then(Value::as_object_mut).unwrap().remove(name);
        add("is missing", without.to_string());
        add("has an unknown field beside it", parent_with("h0stile field", value).to_string());
        let again = parent_with(HERE, value).to_string().replace(&quoted(HERE), &quoted(name));
        add("is given twice", again);
    }
    all
}

fn twice(document: &Value, one: &str, other: &str, rng: &mut Rng) -> Option<Mutation> {
    let (first, second) = (rng.choice(FRAGMENTS)?, rng.choice(FRAGMENTS)?);
    let mutated: Value = serde_json::from_str(&with(document, one, first)).ok()?;
    mutated.pointer(other)?;
    let how = format!("{one} is {first}, {other} is {second}");
    Some(Mutation { how, text: with(&mutated, other, second) })
}

fn cut_off(example: &str, rng: &mut Rng) -> Mutation {
    let at = example.floor_char_boundary(rng.usize(0..example.len()));
    Mutation { how: format!("cut off at {at}"), text: example.get(..at).unwrap_or_default().to_owned() }
}

fn garbled(example: &str, rng: &mut Rng) -> Mutation {
    let mut characters: Vec<char> = example.chars().collect();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(0..characters.len());
        characters[at] = *rng.choice(&NOISE).unwrap_or(&' ');
    }
    Mutation { how: "garbled".to_owned(), text: characters.into_iter().collect() }
}

fn many_fields(example: &str) -> String {
    let fields: Vec<_> = (0..20_000).map(|n| format!(r#""{n}":1,"#)).collect();
    example.replacen('{', &format!("{{{}", fields.concat()), 1)
}

/// The pointers to all values within.
fn places(value: &Value) -> Vec<String> {
    let within = |name: String, value: &Value| {
        let deeper = places(value).into_iter().map(|place| format!("/{name}{place}")).collect::<Vec<_>>();
        [format!("/{name}")].into_iter().chain(deeper).collect::<Vec<_>>()
    };
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| within(name.clone(), value)).collect()
        }
        Value::Array(values) => {
            values.iter().enumerate().flat_map(|(n, value)| within(n.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

fn with(document: &Value, place: &str, json: &str) -> String {
    let mut changed = document.clone();
    *changed.pointer_mut(place).expect("a place within the document") = HERE.into();
    changed.to_string().replace(&quoted(HERE), json)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn long(characters: usize) -> String {
    let mut text = "h0stile".repeat(characters / 7 + 1);
    text.truncate(characters);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"{"a":{"b":"1"},"c":[2]}"#;

    #[test]
    fn the_same_seed_mutates_alike_and_another_differently() {
        let texts =
            |seed| mutations(EXAMPLE, seed).into_iter().map(|mutation| mutation.text).collect::<Vec<_>>();
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1), texts(2));
    }

    #[test]
    fn every_value_is_removed_given_twice_and_replaced() {
        assert_eq!(places(&serde_json::from_str(EXAMPLE).unwrap()), ["/a", "/a/b", "/c", "/c/0"]);
        let texts: Vec<_> = mutations(EXAMPLE, 1).into_iter().map(|mutation| mutation.text).collect();
        for expected in [
            EXAMPLE,
            r#"{"a":{},"c":[2]}"#,
            r#"{"a":{"b":1e400},"c":[2]}"#,
            r#"{"a":{"b":"1","b":"1"},"c":[2]}"#,
            r#"{"a":{"b":"1"},"c":[null]}"#,
        ] {
            assert!(texts.iter().any(|text| text == expected), "{expected}");
        }
    }
}
