//! Arrows between crates point down.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::repository::{assert_none, relative, root};

/// A kind of crate, the workspace crates that it may use, and the reason why it uses no others.
struct Layer {
    /// A folder, or all folders in one.
    folder: &'static str,
    may_use: &'static [&'static str],
    /// Additional crates that only its tests may use.
    in_tests: &'static [&'static str],
    because: &'static str,
}

const LAYERS: &[Layer] = &[
    Layer {
        folder: "crates/message-envelope",
        may_use: &[],
        in_tests: &[],
        because: "an envelope carries any business's events, over any transport",
    },
    Layer {
        folder: "crates/aws-quotas",
        may_use: &[],
        in_tests: &[],
        because: "quotas are AWS's, and the same for every caller",
    },
    Layer {
        folder: "crates/contracts",
        may_use: &["message-envelope"],
        in_tests: &[],
        because: "the published language needs nothing but the envelope that carries it",
    },
    Layer {
        folder: "crates/lambda-messaging",
        may_use: &["message-envelope"],
        in_tests: &[],
        because: "the patterns know no service, and nothing of rides",
    },
    Layer {
        folder: "crates/function-testkit",
        may_use: &["lambda-messaging"],
        in_tests: &[],
        because: "every service's tests use it, so it must not depend on a service",
    },
    Layer {
        folder: "functions/*",
        may_use: &["contracts", "lambda-messaging"],
        in_tests: &["function-testkit"],
        because: "services know each other by their messages only",
    },
    Layer {
        folder: "crates/client",
        may_use: &["contracts", "message-envelope"],
        in_tests: &[],
        because: "a client knows what services publish, and nothing of how they are built",
    },
    Layer {
        folder: "apps/*",
        may_use: &["aws-quotas", "client", "contracts"],
        in_tests: &[],
        because: "an app sees a deployment through the client",
    },
    Layer {
        folder: "tests",
        // customer-payment: its adapter for Stripe is tried against a fake of Stripe, without a deployment.
        // herd: its price list predicts the quotes.
        may_use: &["client", "contracts", "customer-payment", "herd"],
        in_tests: &[],
        because: "end-to-end tests see a deployment from outside",
    },
    Layer {
        folder: "tests/broken",
        // customer-loyalty: the function that these builds break.
        may_use: &["contracts", "customer-loyalty", "lambda-messaging"],
        in_tests: &[],
        because: "a broken build differs from its original in one thing only",
    },
    Layer {
        folder: "tests/fault-proxy",
        may_use: &["aws-quotas"],
        in_tests: &[],
        because: "it sees calls to AWS, and knows nothing of who makes them",
    },
    Layer {
        folder: "tests/architecture",
        may_use: &[],
        in_tests: &[],
        because: "it reads sources and must not depend on what it judges",
    },
    Layer {
        folder: "bench/floor",
        may_use: &[],
        in_tests: &[],
        because: "the yardstick is a function that does nothing",
    },
    Layer {
        folder: "bench/library/features",
        may_use: &["lambda-messaging"],
        in_tests: &[],
        because: "it shows how large the library's features are, each alone",
    },
    Layer {
        folder: "bench/library/ours",
        may_use: &["lambda-messaging"],
        in_tests: &[],
        because: "it is compared with consumers that have nothing of ours",
    },
    Layer {
        folder: "bench/rest",
        // unicorn-management: it stores the ride with the very same code.
        may_use: &["lambda-messaging", "unicorn-management"],
        in_tests: &[],
        because: "the REST design differs in how it tells other services, and in nothing else",
    },
];

#[test]
fn crates_depend_only_on_crates_below_them() {
    let packages = packages();
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut faults = Vec::new();
    for package in &packages {
        let folder = folder(package);
        let Some(layer) = layer(&folder) else {
            faults.push(format!("{folder} has no layer: add it to LAYERS in {}", file!()));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|d| names.contains(&d.name.as_str())) {
            let used = dependency.name.as_str();
            let in_tests = dependency.kind == DependencyKind::Development && layer.in_tests.contains(&used);
            if !(layer.may_use.contains(&used) || in_tests) {
                faults.push(format!("{} must not depend on {used}: {}", package.name, layer.because));
            }
        }
    }
    assert_none(&faults);
}

/// A layer that allows a crate which no longer exists would be misleading.
#[test]
fn every_arrow_that_is_allowed_is_in_use() {
    let packages = packages();
    let mut faults = Vec::new();
    for layer in LAYERS {
        let members: Vec<_> = packages.iter().filter(|p| matches(layer.folder, &folder(p))).collect();
        if members.is_empty() {
            faults.push(format!("{} is a layer, and no crate is in it", layer.folder));
        }
        for allowed in layer.may_use.iter().chain(layer.in_tests) {
            if !members.iter().any(|p| p.dependencies.iter().any(|d| d.name == *allowed)) {
                faults.push(format!("{} may use {allowed}, and no crate there does", layer.folder));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn the_published_language_needs_no_aws() {
    let packages = packages();
    let pure = packages.iter().filter(|p| ["contracts", "message-envelope"].contains(&p.name.as_str()));
    let aws = |name: &str| ["aws-", "aws_", "lambda_"].iter().any(|prefix| name.starts_with(prefix));
    let used = pure.flat_map(|p| p.dependencies.iter().filter(|d| aws(&d.name)).map(move |d| (p, d)));
    assert_none(&used.map(|(p, d)| format!("{} must not depend on {}", p.name, d.name)).collect::<Vec<_>>());
}

#[test]
fn a_crate_has_the_name_of_its_folder() {
    let parents = ["crates/", "functions/", "apps/"];
    let packages = packages();
    let ours = packages.iter().filter(|p| parents.iter().any(|parent| folder(p).starts_with(parent)));
    let misnamed = ours.filter(|p| folder(p).rsplit('/').next() != Some(p.name.as_str()));
    assert_none(&misnamed.map(|p| format!("{} stands in {}", p.name, folder(p))).collect::<Vec<_>>());
}

#[test]
fn every_service_with_functions_has_a_template_of_its_name() {
    let packages = packages();
    let services = packages.iter().filter(|p| folder(p).starts_with("functions/"));
    let lacking = services.filter(|p| !root().join(format!("infra/{}.yaml", p.name)).is_file());
    assert_none(&lacking.map(|p| format!("{0} has no infra/{0}.yaml", p.name)).collect::<Vec<_>>());
}

fn packages() -> Vec<Package> {
    let manifest = root().join("Cargo.toml");
    let options = ["--offline".to_owned()];
    MetadataCommand::new().manifest_path(manifest).no_deps().other_options(options).exec().unwrap().packages
}

fn folder(package: &Package) -> String {
    relative(package.manifest_path.parent().unwrap().as_std_path())
}

fn layer(folder: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| matches(layer.folder, folder))
}

fn matches(pattern: &str, folder: &str) -> bool {
    let parent = pattern.strip_suffix("/*");
    parent.map_or(pattern == folder, |parent| folder.rsplit_once('/').is_some_and(|(f, _)| f == parent))
}
