//! The files, names and tests in the table of patterns, and in the invariants of the architecture, exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use cargo_metadata::MetadataCommand;

use crate::links::{Page, local};
use crate::repository::{assert_none, files, relative, root};
use crate::sources::modules;

const PAGE: &str = "docs/patterns.md";
const PAGES: &str = "docs/patterns/";
const ARCHITECTURE: &str = "ARCHITECTURE.md";

struct Row {
    pattern: String,
    place: String,
    tests: Vec<String>,
}

#[test]
fn every_test_in_the_table_of_patterns_exists() {
    let rows = rows();
    let named = rows.iter().flat_map(|row| row.tests.iter().map(move |test| (row, test)));
    let missing = named.filter(|(_, test)| !TESTS.contains(*test));
    let faults = missing.map(|(row, test)| format!("{PAGE}: {}: there is no test {test}", row.pattern));
    assert_none(&faults.collect::<Vec<_>>());
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let named = Page::read(&root().join(ARCHITECTURE)).code.into_iter().filter(|code| code.contains("::"));
    // All tests of a module stand as `module::*`.
    let missing = named.filter(|name| !TESTS.contains(name.trim_end_matches("::*")));
    assert_none(&missing.map(|name| format!("{ARCHITECTURE}: there is no test {name}")).collect::<Vec<_>>());
}

#[test]
fn every_test_that_a_page_of_a_pattern_names_exists() {
    let pages: Vec<_> =
        files(&[".md"]).into_iter().filter(|path| relative(path).starts_with(PAGES)).collect();
    assert!(pages.len() > 10, "{PAGES} has only {} pages", pages.len());
    let mut faults = Vec::new();
    for path in pages {
        let text = fs::read_to_string(&path).unwrap();
        let tests: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next()).collect();
        if tests.is_empty() {
            faults.push(format!("{}: no test", relative(&path)));
        }
        let missing = tests.into_iter().filter(|test| !TESTS.contains(*test));
        faults.extend(missing.map(|test| format!("{}: there is no test {test}", relative(&path))));
    }
    assert_none(&faults);
}

#[test]
fn every_row_of_the_table_of_patterns_names_a_test() {
    let untested =
        rows().into_iter().filter(|row| row.tests.is_empty()).map(|row| format!("{}: no test", row.pattern));
    assert_none(&untested.collect::<Vec<_>>());
}

/// Checks that a file contains a name, as `FilterPolicy`. The test of links checks that the file exists.
#[test]
fn every_name_in_the_table_of_patterns_stands_in_the_file_beside_it() {
    let mut faults = Vec::new();
    for row in rows() {
        for part in row.place.split([';', ',']) {
            let (names, files) = (names(part), linked_files(part));
            let missing = names
                .iter()
                .filter(|name| !files.is_empty() && !files.iter().any(|text| text.contains(*name)));
            faults.extend(missing.map(|name| format!("{PAGE}: {}: {name} is not in {part}", row.pattern)));
        }
    }
    assert_none(&faults);
}

fn rows() -> Vec<Row> {
    let page = Page::read(&root().join(PAGE));
    let lines = page.text.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [pattern, place, tests] = cells[..] else { panic!("{PAGE}: a row has three cells: {line}") };
        let tests = names(tests).into_iter().filter(|name| name.contains("::")).collect();
        Row { pattern: pattern.to_owned(), place: place.to_owned(), tests }
    });
    let rows: Vec<Row> = rows.collect();
    assert!(rows.len() > 20, "{PAGE} has only {} rows", rows.len());
    rows
}

/// Names in backticks that aren't a link's text.
fn names(cell: &str) -> Vec<String> {
    let parts = cell.split('`').enumerate().filter(|(index, _)| index % 2 == 1).map(|(_, name)| name);
    parts.filter(|name| !cell.contains(&format!("[`{name}`]"))).map(str::to_owned).collect()
}

fn linked_files(cell: &str) -> Vec<String> {
    let targets = cell.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let paths = targets.filter_map(local).map(|(file, _)| root().join("docs").join(file));
    paths.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap()).collect()
}

static TESTS: LazyLock<BTreeSet<String>> = LazyLock::new(tests);

/// All tests of the workspace as the table names them: by module and function, or by a module that has tests.
fn tests() -> BTreeSet<String> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let targets = metadata.packages.into_iter().flat_map(|package| package.targets);
    targets.flat_map(|target| tests_of(target.src_path.as_std_path())).collect()
}

fn tests_of(file: &Path) -> Vec<String> {
    let all = modules(file);
    let with_tests = all.into_iter().filter(|(_, module)| !module.tests.is_empty());
    let names = with_tests.flat_map(|(path, module)| {
        let tests = module.tests.into_iter().map({
            let path = path.clone();
            move |test| path.iter().cloned().chain([test]).collect::<Vec<_>>()
        });
        tests.chain([path]).collect::<Vec<_>>()
    });
    // A module is named from as far up as it takes to know it.
    names.flat_map(|name| (0..name.len()).map(|skip| name[skip..].join("::")).collect::<Vec<_>>()).collect()
}
