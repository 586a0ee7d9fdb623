//! The repository's files.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// The repository's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// A path relative to the repository's folder.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// All files whose names end in one of these, without build output and installed tools.
pub fn files(endings: &[&str]) -> Vec<PathBuf> {
    let found = WalkDir::new(root()).sort_by_file_name().into_iter().filter_entry(is_source);
    let files =
        found.map(Result::unwrap).filter(|entry| entry.file_type().is_file()).map(DirEntry::into_path);
    files.filter(|path| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending))).collect()
}

fn is_source(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let generated = name == "target" || name == "__pycache__" || name == "node_modules";
    let kept_hidden = [".ci", ".devcontainer", ".github"].contains(&name.as_ref());
    entry.depth() == 0 || kept_hidden || !(generated || name.starts_with('.') && entry.file_type().is_dir())
}

/// Fails with every fault at once.
#[track_caller]
pub fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n  {}\n", faults.len(), faults.join("\n  "));
}
