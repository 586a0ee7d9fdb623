//! All links have a target, and the index leads to every page.

use std::fs;
use std::path::{Path, PathBuf};

use crate::links::{Page, local};
use crate::repository::{assert_none, files, relative, root};

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let mut faults = Vec::new();
    for path in files(&[".md"]) {
        for link in Page::read(&path).links {
            faults.extend(fault(&path, &link).map(|why| format!("{}: {link}: {why}", relative(&path))));
        }
    }
    assert_none(&faults);
}

fn fault(page: &Path, link: &str) -> Option<&'static str> {
    let (file, anchor) = local(link)?;
    let target = if file.is_empty() { page.to_path_buf() } else { page.parent()?.join(file) };
    if !target.exists() {
        return Some("there is no such file");
    }
    let known = |anchor: &str| Page::read(&target).anchors.iter().any(|known| known == anchor);
    let is_page = target.extension().is_some_and(|extension| extension == "md");
    (is_page && !anchor.is_none_or(known)).then_some("the page has no such heading")
}

#[test]
fn every_page_of_the_docs_is_linked_from_their_index() {
    let index = root().join("docs/README.md");
    let linked: Vec<PathBuf> = linked_from(&index);
    let pages =
        files(&[".md"]).into_iter().filter(|path| relative(path).starts_with("docs/") && *path != index);
    let missing = pages.filter(|page| !linked.contains(&page.canonicalize().unwrap()));
    assert_none(
        &missing.map(|page| format!("docs/README.md has no link to {}", relative(&page))).collect::<Vec<_>>(),
    );
}

fn linked_from(page: &Path) -> Vec<PathBuf> {
    let links = Page::read(page).links;
    let files =
        links.iter().filter_map(|link| local(link)).map(|(file, _)| page.parent().unwrap().join(file));
    files.filter_map(|path| path.canonicalize().ok()).collect()
}

/// Comments, templates and messages name pages, too.
#[test]
fn every_page_that_a_source_names_exists() {
    let mut faults = Vec::new();
    for path in files(&[".rs", ".py", ".yaml", ".yml", ".toml", ".asl.json", "Makefile", ".ci/run"]) {
        for name in pages_named_in(&fs::read_to_string(&path).unwrap()) {
            if !root().join(&name).is_file() {
                faults.push(format!("{} names {name}, which does not exist", relative(&path)));
            }
        }
    }
    assert_none(&faults);
}

fn pages_named_in(source: &str) -> Vec<String> {
    let name = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
    let names = source.match_indices("docs/").filter_map(|(at, _)| {
        let rest = &source[at..];
        let end = rest.find(|c| !name(c))?;
        rest[end..].starts_with(".md").then(|| format!("{}.md", &rest[..end]))
    });
    names.collect()
}

#[test]
fn every_make_target_that_a_page_names_is_listed_by_make_help() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let is_listed = |target: &str| {
        let mut targets = makefile.lines().filter_map(|line| line.split_once(':'));
        // One line of the help stands for the checks of all labs.
        let is_check = |target: &str| {
            let number = target.strip_prefix("lab-").and_then(|rest| rest.strip_suffix("-check"));
            number.is_some_and(|number| number.parse::<u8>().is_ok_and(|number| (1..=6).contains(&number)))
        };
        let target = if is_check(target) { "lab-N-check" } else { target };
        targets.any(|(name, rest)| name == target && rest.contains("## "))
    };
    assert_none(&unknown("make", is_listed));
}

#[test]
fn every_rydes_command_that_a_page_names_has_a_file_of_its_name() {
    let commands = root().join("apps/rydes/src/commands");
    assert_none(&unknown("rydes", |command| commands.join(command.replace('-', "_") + ".rs").is_file()));
}

/// The unknown commands of a program in the code of all pages: first words behind its name that are none of its commands.
fn unknown(program: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for path in files(&[".md"]) {
        let code = Page::read(&path).code;
        let missing = code.iter().flat_map(|code| calls(program, code)).filter(|command| !exists(command));
        faults.extend(missing.map(|command| format!("{}: there is no {program} {command}", relative(&path))));
    }
    faults
}

/// Of `make test-e2e ONLY=…` on a line by itself, behind a prompt, or behind another command: `test-e2e`.
fn calls<'a>(program: &str, code: &'a str) -> Vec<&'a str> {
    let commands = code.lines().flat_map(|line| line.trim_start_matches("$ ").split("&& "));
    let words = commands.map(|command| command.split_whitespace().skip_while(|word| word.contains('=')));
    let first = words.filter_map(|mut words| (words.next()? == program).then(|| words.next()).flatten());
    first
        .filter(|word| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !word.starts_with('-'))
        .collect()
}

#[test]
fn the_readme_is_read_in_a_few_minutes() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 130, "README.md has {lines} lines, and 130 are allowed: move details to docs/");
}
