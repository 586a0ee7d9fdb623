//! The documented reasons of dead letters: those for which the handbook tells operators what to do.

use std::{collections::BTreeSet, sync::LazyLock};

/// The names in the handbook's table of `errorType`s.
pub static DOCUMENTED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let handbook = std::fs::read_to_string(crate::root().join("docs/operating.md")).unwrap();
    let table = handbook.split("| `errorType` |").nth(1).expect("docs/operating.md has a table of reasons");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let names = rows.flat_map(|row| row.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2));
    names.map(str::to_owned).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handbook_names_the_reasons() {
        assert!(DOCUMENTED.contains("MalformedEvent") && DOCUMENTED.contains("UnexpectedEventType"));
    }
}
