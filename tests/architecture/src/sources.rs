//! The modules of a crate, as its source files define them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, UseTree};

/// Names from the crate's root on; empty for the root itself.
pub type ModulePath = Vec<String>;

#[derive(Default)]
pub struct Module {
    pub file: PathBuf,
    pub is_test: bool,
    /// Items of its own, child modules not among them.
    pub items: Vec<String>,
    /// Tests of its own.
    pub tests: Vec<String>,
    /// Names that it takes in from elsewhere: the name, and the path behind it. A glob import has the name `*`.
    pub imports: Vec<(String, Vec<String>)>,
    /// Paths that its code names, with their lines.
    pub paths: Vec<(Vec<String>, usize)>,
}

/// All modules of the crate with this root file, tests among them.
pub fn modules(root: &Path) -> BTreeMap<ModulePath, Module> {
    let mut found = BTreeMap::new();
    let folder = root.parent().unwrap().to_path_buf();
    read_file(root, &folder, &Vec::new(), false, &mut found);
    found
}

fn read_file(
    file: &Path,
    folder: &Path,
    path: &ModulePath,
    is_test: bool,
    found: &mut BTreeMap<ModulePath, Module>,
) {
    let source = fs::read_to_string(file).unwrap();
    let parsed = syn::parse_file(&source).unwrap_or_else(|fault| panic!("{}: {fault}", file.display()));
    read_items(&parsed.items, file, folder, path, is_test, found);
}

/// `folder` is where the files of child modules stand.
fn read_items(
    items: &[Item],
    file: &Path,
    folder: &Path,
    path: &ModulePath,
    is_test: bool,
    found: &mut BTreeMap<ModulePath, Module>,
) {
    let mut reader = Reader { module: Module { file: file.to_path_buf(), is_test, ..Module::default() } };
    for item in items {
        match item {
            Item::Mod(module) => read_module(module, file, folder, path, is_test, found),
            item if is_for_tests(attributes(item)) && !is_a_test(attributes(item)) => {}
            item => {
                reader.module.items.extend(name(item));
                if let (Item::Fn(function), true) = (item, is_a_test(attributes(item))) {
                    reader.module.tests.push(function.sig.ident.to_string());
                }
                reader.visit_item(item);
            }
        }
    }
    found.insert(path.clone(), reader.module);
}

fn read_module(
    module: &ItemMod,
    file: &Path,
    folder: &Path,
    parent: &ModulePath,
    is_test: bool,
    found: &mut BTreeMap<ModulePath, Module>,
) {
    let name = module.ident.to_string();
    let path: ModulePath = parent.iter().cloned().chain([name.clone()]).collect();
    let is_test = is_test || is_for_tests(&module.attrs);
    if let Some((_, items)) = &module.content {
        read_items(items, file, &folder.join(name), &path, is_test, found);
        return;
    }
    read_file(&child_file(module, file, folder), &folder.join(name), &path, is_test, found);
}

/// The file of a module that `file` declares; `folder` is where its child modules stand.
pub fn child_file(module: &ItemMod, file: &Path, folder: &Path) -> PathBuf {
    let name = module.ident.to_string();
    let candidates = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
    let child = candidates.into_iter().find(|candidate| candidate.is_file());
    child.unwrap_or_else(|| panic!("{}: the file of module {name} is missing", file.display()))
}

pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|a| a.path().is_ident("cfg") && a.parse_args::<syn::Path>().is_ok_and(|p| p.is_ident("test")))
}

/// `#[test]`, `#[tokio::test]` and their like.
fn is_a_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| a.path().segments.last().is_some_and(|segment| segment.ident == "test"))
}

pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Fn(item) => &item.sig.ident,
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Const(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(ident.to_string())
}

struct Reader {
    module: Module,
}

impl Reader {
    fn import(&mut self, tree: &UseTree, before: &[String], line: usize) {
        let with = |ident: &syn::Ident| before.iter().cloned().chain([ident.to_string()]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident), line),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before, line)),
            UseTree::Name(name) if name.ident == "self" => {
                self.import_as(before.last().cloned(), before.to_vec(), line);
            }
            UseTree::Name(name) => self.import_as(Some(name.ident.to_string()), with(&name.ident), line),
            UseTree::Rename(rename) => {
                self.import_as(Some(rename.rename.to_string()), with(&rename.ident), line);
            }
            UseTree::Glob(_) => self.import_as(Some("*".to_owned()), before.to_vec(), line),
        }
    }

    fn import_as(&mut self, name: Option<String>, path: Vec<String>, line: usize) {
        self.module.imports.extend(name.map(|name| (name, path.clone())));
        self.module.paths.push((path, line));
    }

    /// Paths in what a macro is given, which is no syntax tree.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut colons, mut line) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                other => {
                    self.path(std::mem::take(&mut path), line);
                    colons = 0;
                    match other {
                        TokenTree::Ident(ident) => {
                            (path, line) = (vec![ident.to_string()], ident.span().start().line);
                        }
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        _ => {}
                    }
                }
            }
        }
        self.path(path, line);
    }

    fn path(&mut self, path: Vec<String>, line: usize) {
        if path.len() > 1 {
            self.module.paths.push((path, line));
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&item.tree, &[], item.use_token.span.start().line);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let line = path.segments.first().map_or(0, |first| first.ident.span().start().line);
        self.path(path.segments.iter().map(|segment| segment.ident.to_string()).collect(), line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}
