//! The progress of an audit, and its findings.

use comfy_table::Cell;

use super::table::{number, table};
use crate::audit::findings::{Audit, Dispute, Finding};

/// The progress in one line.
pub fn progress(audit: &Audit) -> String {
    let looked_at = audit.looked_at.iter().map(|(what, count)| format!("{count} {what}"));
    let findings = if audit.found > 0 { format!(", {} findings", audit.found) } else { String::new() };
    format!("{}{findings}", looked_at.collect::<Vec<_>>().join(", "))
}

/// Prints the numbers of audited items, and the findings.
pub fn show(audit: &Audit) {
    let mut looked_at = table(&["looked at", ""]);
    for (what, count) in &audit.looked_at {
        looked_at.add_row([Cell::new(what), number(count)]);
    }
    for (why, count) in &audit.dead_letters {
        looked_at.add_row([Cell::new(format!("  {why}")), number(count)]);
    }
    println!("{looked_at}");
    if !audit.disputes.is_empty() {
        let mut disputes = table(&["disputed fare", "dispute", "reason"]);
        for Dispute { fare, id, reason } in &audit.disputes {
            disputes.add_row([fare, id, reason]);
        }
        println!("{disputes}");
    }
    if audit.is_green() {
        println!("All is as it should be.");
        return;
    }
    let mut findings = table(&["finding", "service", "about"]);
    for Finding { about, service, what } in &audit.findings {
        findings.add_row([what, service, about]);
    }
    let shown = audit.findings.len() as u64;
    println!("{findings}");
    if audit.found > shown {
        println!("and {} more", audit.found - shown);
    }
}
