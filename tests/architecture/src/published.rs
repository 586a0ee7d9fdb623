//! The crates that other projects use say nothing of this one, and show each public item in an example that compiles.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Expr, Ident, ImplItem, Item, ItemMacro, Lit, Meta, TraitItem, Type, UseTree, Visibility,
};

use crate::repository::{assert_none, files, relative, root};
use crate::sources::{attributes, child_file, is_for_tests};

const CRATES: [&str; 2] = ["crates/message-envelope", "crates/lambda-messaging"];

/// Words of this project's business, and folders of this repository.
const OURS: &str = "wild rydes ryde ride rides unicorn unicorns herd herds fare fares prebooking rfq";
const FOLDERS: &[&str] = &["docs/", "infra/", "functions/", "statemachines/", "tools/", "tests/"];

#[test]
fn a_published_crate_has_no_word_of_this_project() {
    let text = files(&[".rs", ".toml", ".md", "LICENSE"]);
    let text = text.iter().filter(|file| CRATES.iter().any(|folder| file.starts_with(root().join(folder))));
    let faults = text.flat_map(|file| {
        let text = fs::read_to_string(file).unwrap();
        let lines = text.lines().enumerate().map(|(n, line)| (n + 1, ours(line))).collect::<Vec<_>>();
        let place = relative(file);
        lines.into_iter().filter_map(move |(line, found)| Some(format!("{place}:{line} has {}", found?)))
    });
    assert_none(&faults.collect::<Vec<_>>());
}

/// The first word of ours in a line.
fn ours(line: &str) -> Option<String> {
    let line = line.split(' ').filter(|word| !word.contains("https://")).collect::<Vec<_>>().join(" ");
    let words = line.split(|c: char| !c.is_ascii_alphabetic()).flat_map(words);
    let word = words.map(str::to_lowercase).find(|word| OURS.split(' ').any(|ours| ours == word));
    word.or_else(|| FOLDERS.iter().find(|folder| line.contains(**folder)).map(|folder| (*folder).to_owned()))
}

/// `WildRydes` is two words.
fn words(name: &str) -> Vec<&str> {
    let starts = name.char_indices().filter(|(n, c)| *n == 0 || c.is_ascii_uppercase()).map(|(n, _)| n);
    let starts: Vec<usize> = starts.collect();
    let ends = starts.iter().skip(1).copied().chain([name.len()]);
    starts.iter().zip(ends).filter_map(|(start, end)| name.get(*start..end)).collect()
}

#[test]
fn words_of_ours_are_found_wherever_they_stand() {
    for line in ["a unicorn", "RideCompleted", "`wild-rydes`", "see docs/operating.md", "fn ride()"] {
        assert!(ours(line).is_some(), "{line}");
    }
    for line in ["it overrides a provided stride", "[docs](https://docs.rs/x)", "a welfare", "docs"] {
        assert_eq!(ours(line), None, "{line}");
    }
}

/// A public item is shown if its name stands in an example of its own documentation, of its type's, or of a module's around it. Fields
/// and variants are data of the type that has them.
#[test]
fn each_public_item_of_a_published_crate_is_shown_in_an_example() {
    let faults = CRATES.iter().flat_map(|folder| not_shown(&root().join(folder).join("src/lib.rs")));
    assert_none(&faults.collect::<Vec<_>>());
}

fn not_shown(lib: &Path) -> Vec<String> {
    let mut pages = Pages::default();
    pages.file(lib, lib.parent().unwrap(), true, &Shown::default());
    let is_public = |item: &Public| item.is_reachable || pages.exported.contains(&item.root);
    let missing = pages.items.iter().filter(|item| is_public(item) && !item.shown);
    missing
        .map(|item| format!("{}: {} is in no example", relative(lib.parent().unwrap()), item.name))
        .collect()
}

/// The names in the examples of a page and of those around it.
#[derive(Clone, Default)]
struct Shown(BTreeSet<String>);

impl Shown {
    fn with(&self, attributes: &[Attribute]) -> Self {
        Self(self.0.iter().cloned().chain(names_in_examples(&documentation(attributes))).collect())
    }
}

struct Public {
    name: String,
    /// The item of a module that it belongs to: itself, or its type.
    root: String,
    /// True if every module around it is public.
    is_reachable: bool,
    shown: bool,
}

#[derive(Default)]
struct Pages {
    items: Vec<Public>,
    /// The names that `pub use` takes out of private modules.
    exported: BTreeSet<String>,
    /// The methods that the examples of a type show.
    types: Vec<(String, Shown)>,
}

impl Pages {
    fn file(&mut self, file: &Path, folder: &Path, is_reachable: bool, around: &Shown) {
        let parsed = syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap();
        let around = around.with(&parsed.attrs);
        for item in parsed.items.iter().filter(|item| !is_for_tests(attributes(item))) {
            self.definition(item, is_reachable, &around);
        }
        for item in &parsed.items {
            match item {
                Item::Impl(block) if block.trait_.is_none() => self.methods(block, is_reachable, &around),
                Item::Use(item) if is_public(&item.vis) => self.export(&item.tree),
                Item::Mod(module) if !is_for_tests(&module.attrs) && module.content.is_none() => {
                    let child = child_file(module, file, folder);
                    let is_reachable = is_reachable && is_public(&module.vis);
                    self.file(&child, &folder.join(module.ident.to_string()), is_reachable, &around);
                }
                _ => {}
            }
        }
    }

    fn definition(&mut self, item: &Item, is_reachable: bool, around: &Shown) {
        let (ident, vis) = match item {
            Item::Struct(item) => (&item.ident, &item.vis),
            Item::Enum(item) => (&item.ident, &item.vis),
            Item::Trait(item) => (&item.ident, &item.vis),
            Item::Fn(item) => (&item.sig.ident, &item.vis),
            Item::Const(item) => (&item.ident, &item.vis),
            Item::Type(item) => (&item.ident, &item.vis),
            Item::Macro(item) => return self.of_macro(item, around),
            _ => return,
        };
        if !is_public(vis) {
            return;
        }
        let shown = around.with(attributes(item));
        self.add(ident, &ident.to_string(), is_reachable, &shown);
        if let Item::Trait(item) = item {
            for member in &item.items {
                let (name, attributes) = match member {
                    TraitItem::Fn(member) => (&member.sig.ident, &member.attrs),
                    TraitItem::Const(member) => (&member.ident, &member.attrs),
                    TraitItem::Type(member) => (&member.ident, &member.attrs),
                    _ => continue,
                };
                self.add(name, &ident.to_string(), is_reachable, &shown.with(attributes));
            }
        }
        self.types.push((ident.to_string(), shown));
    }

    /// An exported macro, or a type that one of them defines.
    fn of_macro(&mut self, item: &ItemMacro, around: &Shown) {
        if let Some(name) = &item.ident {
            if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
                self.add(name, &name.to_string(), true, &around.with(&item.attrs));
            }
            return;
        }
        let defined =
            |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, input.parse::<Ident>()?));
        if let Ok((attributes, name)) = defined.parse2(item.mac.tokens.clone()) {
            self.add(&name, &name.to_string(), false, &around.with(&attributes));
        }
    }

    fn methods(&mut self, block: &syn::ItemImpl, is_reachable: bool, around: &Shown) {
        let Type::Path(of) = &*block.self_ty else { return };
        let of = of.path.segments.last().unwrap().ident.to_string();
        let types = self.types.iter().filter(|(name, _)| *name == of);
        let of_type: BTreeSet<String> = types.flat_map(|(_, shown)| shown.0.clone()).collect();
        let around = Shown(around.0.union(&of_type).cloned().collect()).with(&block.attrs);
        for item in &block.items {
            if let ImplItem::Fn(method) = item
                && is_public(&method.vis)
                && !is_for_tests(&block.attrs)
            {
                self.add(&method.sig.ident, &of, is_reachable, &around.with(&method.attrs));
            }
        }
    }

    fn add(&mut self, name: &Ident, root: &str, is_reachable: bool, shown: &Shown) {
        let name = name.to_string();
        let path = if name == root { name.clone() } else { format!("{root}::{name}") };
        let shown = shown.0.contains(&name);
        self.items.push(Public { name: path, root: root.to_owned(), is_reachable, shown });
    }

    fn export(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.export(&path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.export(tree)),
            UseTree::Name(name) => self.exported.extend([name.ident.to_string()]),
            UseTree::Rename(rename) => self.exported.extend([rename.ident.to_string()]),
            UseTree::Glob(_) => {}
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The text of doc comments.
fn documentation(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(text) => match &text.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// The names in the visible lines of examples that rustdoc compiles.
fn names_in_examples(text: &str) -> BTreeSet<String> {
    let (mut names, mut block) = (BTreeSet::new(), None);
    for line in text.lines().map(str::trim) {
        if let Some(info) = line.strip_prefix("```") {
            let compiles = info.is_empty() || info.split(',').all(|word| ["rust", "no_run"].contains(&word));
            block = if block.is_some() { None } else { Some(compiles) };
        } else if block == Some(true) && line != "#" && !line.starts_with("# ") {
            let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.extend(words.map(str::to_owned));
        }
    }
    names
}

#[test]
fn only_examples_that_compile_and_can_be_seen_count() {
    let text =
        "a\n```\nlet b = c();\n# d\n```\ne\n```text\nf\n```\n```no_run\ng!(1);\n```\n```ignore\nh\n```";
    let names = names_in_examples(text);
    assert_eq!(names.iter().filter(|name| !name.is_empty()).collect::<Vec<_>>(), ["1", "b", "c", "g", "let"]);
}
