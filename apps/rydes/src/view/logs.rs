//! Log lines.

use client::logs::LogLine;

use super::table::table;

/// A row for each line.
pub fn show(lines: &[LogLine], stage: &str) {
    let Some(first) = lines.first() else {
        println!(
            "No function has logged this id, or not yet: logs take some seconds. To look further back, set --minutes."
        );
        return;
    };
    let ours = format!("wild-rydes-{stage}-");
    let mut table = table(&["time", "service", "function", "what"]);
    for line in lines {
        let function = line.function.strip_prefix(&ours).unwrap_or(&line.function);
        let time = line.timestamp.strftime("%H:%M:%S%.3f").to_string();
        table.add_row([time.as_str(), &line.service, function, &what(line)]);
    }
    println!("On {}, UTC:\n{table}", first.timestamp.strftime("%Y-%m-%d"));
}

/// A line's message and outcome.
fn what(line: &LogLine) -> String {
    let number = |field: &str| line.fields.get(field).and_then(serde_json::Value::as_u64);
    let texts = ["outcome", "entry", "responder", "why", "error_type", "detail", "error", "failure"];
    let mut said: Vec<String> =
        texts.iter().filter_map(|field| line.text(field)).map(str::to_owned).collect();
    said.extend(number("status").map(|status| status.to_string()));
    said.extend(number("receive_count").filter(|tries| *tries > 1).map(|tries| format!("try {tries}")));
    let message = &line.message;
    if said.is_empty() { message.clone() } else { format!("{message}: {}", said.join(", ")) }
}
