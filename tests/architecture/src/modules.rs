//! The modules of a crate don't depend on each other in circles.
//!
//! For its siblings, a module and its child modules count as one. A module may name items of its parent, because both are one thing in
//! two files. Tests may name anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::MetadataCommand;

use crate::repository::{assert_none, relative, root};
use crate::sources::{Module, ModulePath, modules};

#[test]
fn no_two_modules_need_each_other() {
    let faults = circles().into_iter().map(|c| format!("{}: {} → {}: {}", c.package, c.from, c.to, c.place));
    assert_none(&faults.collect::<Vec<_>>());
}

/// An arrow between two modules beside each other that is part of a circle.
struct Circle {
    package: String,
    from: String,
    to: String,
    /// The line in which the first names the second.
    place: String,
}

/// The circles in all libraries and programs.
fn circles() -> Vec<Circle> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let mut circles = Vec::new();
    for package in metadata.packages {
        for target in package.targets.iter().filter(|target| target.is_lib() || target.is_bin()) {
            for ((from, to), place) in in_circles(arrows(&modules(target.src_path.as_std_path()))) {
                let (package, from, to) = (package.name.to_string(), from.join("::"), to.join("::"));
                circles.push(Circle { package, from, to, place });
            }
        }
    }
    circles
}

type Crate = BTreeMap<ModulePath, Module>;

/// From one module to another beside it, and where the first names the second.
type Arrows = BTreeMap<(ModulePath, ModulePath), String>;

fn arrows(of: &Crate) -> Arrows {
    let mut arrows = Arrows::new();
    for (path, module) in of.iter().filter(|(_, module)| !module.is_test) {
        for (named, line) in &module.paths {
            let Some(target) = resolve(of, path, named, 0) else { continue };
            let common = path.iter().zip(&target).take_while(|(a, b)| a == b).count();
            if path.len() > common && target.len() > common {
                let ends = (path[..=common].to_vec(), target[..=common].to_vec());
                let place =
                    format!("{}:{line} names {}", relative(Path::new(&module.file)), named.join("::"));
                arrows.entry(ends).or_insert(place);
            }
        }
    }
    arrows
}

/// Removes modules without arrows to them or from them, until only circles, and modules between two circles, are left.
fn in_circles(mut arrows: Arrows) -> Arrows {
    loop {
        let from: BTreeSet<_> = arrows.keys().map(|(from, _)| from.clone()).collect();
        let to: BTreeSet<_> = arrows.keys().map(|(_, to)| to.clone()).collect();
        let before = arrows.len();
        arrows.retain(|(start, end), _| from.contains(end) && to.contains(start));
        if arrows.len() == before {
            return arrows;
        }
    }
}

/// The module that defines a named item, if it is in this crate.
fn resolve(of: &Crate, at: &ModulePath, named: &[String], depth: usize) -> Option<ModulePath> {
    let (mut module, mut rest) = (at.clone(), named);
    match named.first()?.as_str() {
        "crate" => (module, rest) = (Vec::new(), &named[1..]),
        "self" => rest = &named[1..],
        "super" => {
            while let Some((_, behind)) = rest.split_first().filter(|(first, _)| *first == "super") {
                module.pop()?;
                rest = behind;
            }
        }
        first if !of.contains_key(&child(at, first)) => return None,
        _ => {}
    }
    while let Some((next, behind)) =
        rest.split_first().filter(|(next, _)| of.contains_key(&child(&module, next)))
    {
        module = child(&module, next);
        rest = behind;
    }
    // A re-exported item belongs to the module that defines it.
    let elsewhere = rest.first().filter(|_| depth < 8).and_then(|name| reexport(of, &module, name, depth));
    Some(elsewhere.unwrap_or(module))
}

fn reexport(of: &Crate, module: &ModulePath, name: &String, depth: usize) -> Option<ModulePath> {
    let found = of.get(module)?;
    if found.items.contains(name) {
        return None;
    }
    let named = found.imports.iter().find(|(import, _)| import == name);
    let target = named.and_then(|(_, path)| resolve(of, module, path, depth + 1));
    let mut globs = found.imports.iter().filter(|(import, _)| import == "*");
    let from_glob = |path: &Vec<String>| {
        let source = resolve(of, module, path, depth + 1).filter(|source| source != module)?;
        if of[&source].items.contains(name) { Some(source) } else { reexport(of, &source, name, depth + 1) }
    };
    target.or_else(|| globs.find_map(|(_, path)| from_glob(path)))
}

fn child(module: &ModulePath, name: &str) -> ModulePath {
    module.iter().cloned().chain([name.to_owned()]).collect()
}
