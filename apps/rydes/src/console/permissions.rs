//! Compares the permissions that `docs/console.md` lists with the calls in the code.

use std::{collections::BTreeSet, fs, path::Path};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The files with the calls that the console makes.
const FILES: [&str; 9] = [
    "crates/client/src/dead_letters.rs",
    "crates/client/src/dead_letters",
    "crates/client/src/deployment.rs",
    "crates/client/src/logs.rs",
    "crates/client/src/queues.rs",
    "crates/client/src/topology",
    "crates/client/src/topology.rs",
    "crates/client/src/trace/fare.rs",
    "apps/rydes/src/console",
];

fn texts(path: &Path) -> Vec<String> {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().flat_map(|entry| texts(&entry.unwrap().path())).collect();
    }
    let is_code = path.extension().is_some_and(|extension| extension == "rs");
    is_code.then(|| fs::read_to_string(path).unwrap()).into_iter().collect()
}

/// The actions for the calls: each call names itself in its error.
fn called() -> BTreeSet<String> {
    let texts = FILES.iter().flat_map(|file| texts(&Path::new(ROOT).join(file)));
    let mut called = BTreeSet::new();
    for text in texts {
        let calls = text.split("Error::aws(\"").skip(1).filter_map(|rest| rest.split('"').next());
        called.extend(calls.filter(|call| call.contains(':')).map(|call| match call {
            "apigateway:GetResources" => "apigateway:GET".to_owned(),
            call => call.trim_end_matches("Batch").to_owned(),
        }));
    }
    called
}

#[test]
fn the_docs_list_the_permissions_for_every_call_and_no_others() {
    let docs = fs::read_to_string(Path::new(ROOT).join("docs/console.md")).unwrap();
    let firsts = docs.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let is_action = |text: &&str| text.split_once(':').is_some_and(|(service, _)| !service.contains(' '));
    let actions = firsts.flat_map(|cell| cell.split('`')).filter(is_action).map(str::to_owned);
    let mut listed: BTreeSet<String> = actions.collect();
    assert!(listed.remove("execute-api:Invoke"), "the APIs are called without the SDK");
    assert_eq!(listed, called());
}
