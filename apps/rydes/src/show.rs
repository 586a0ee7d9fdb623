//! What a person sees.

mod cost;
mod load;

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use rydes::{
    Audit, Campaign, DeadLetter, DeadLetterQueue, Delivery, FareStep, FareTrace, Finding, LogLine, ManyRfqs,
    Moved, PrebookingTrace, Quoted, Rfq, RfqTrace, RideTrace, Status, Step, StepError, StepOutcome, plot,
};
use serde::Serialize;

pub use self::{
    cost::cost,
    load::{load, load_goes_on},
};

/// An answer as JSON, or as a person reads it.
pub fn answer<T: Serialize>(json: bool, answer: &T, to_a_person: impl FnOnce(&T)) {
    if json {
        match serde_json::to_string_pretty(answer) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("rydes: {error}"),
        }
    } else {
        to_a_person(answer);
    }
}

pub fn status(status: &Status) {
    let mut table =
        table(&["service", "stack", "queue", "waiting", "held back", "in flight", "dead letters"]);
    for service in &status.services {
        let dead: u64 = service.dead_letter_queues.iter().map(|queue| queue.waiting + queue.in_flight).sum();
        let mut first =
            vec![Cell::new(&service.service), Cell::new(service.stack.to_lowercase().replace('_', " "))];
        let mut dead = vec![number(dead)];
        if service.queues.is_empty() {
            first.extend([Cell::new("–"), number("–"), number("–"), number("–")]);
            first.append(&mut dead);
            table.add_row(first);
            continue;
        }
        for queue in &service.queues {
            let mut row = if first.is_empty() {
                vec![Cell::new(""), Cell::new("")]
            } else {
                std::mem::take(&mut first)
            };
            let counts = [queue.waiting, queue.held_back, queue.in_flight];
            row.push(Cell::new(&queue.name));
            row.extend(counts.map(number));
            row.append(&mut dead);
            table.add_row(row);
        }
    }
    println!("Stage {}\n{table}", status.stage);
    for service in &status.services {
        if let Some(api) = &service.api {
            println!("The API of {}: {api}", service.service);
        }
    }
}

pub fn trace(trace: &RideTrace) {
    let RideTrace { ride, from, to, distance, fare, accepted, .. } = trace;
    println!("Ride {ride}\n{from} → {to}, {distance} km, fare {fare}, accepted {accepted:.3}");
    steps(trace.services.iter().chain(&trace.fare_collection));
    if !trace.is_complete() {
        println!("Not all is done yet. Look at the queues with: rydes status");
    }
}

/// How a campaign went, in figures and over time.
pub fn campaign(campaign: &Campaign) {
    let mut table = table(&["prebookings", ""]);
    let drained =
        if campaign.is_drained() { span(campaign.drain_ms.cast_signed()) } else { "not yet".to_owned() };
    for (what, how_many) in [
        ("accepted", campaign.accepted.to_string()),
        ("accepted a second", campaign.accept_rate_per_second.to_string()),
        ("time to the answer, median", span(campaign.accept_p50_ms.cast_signed())),
        ("time to the answer, 99 of 100", span(campaign.accept_p99_ms.cast_signed())),
        ("deepest backlog, messages", campaign.deepest_backlog.to_string()),
        ("  of the submission queue", campaign.deepest_by_queue.submission.to_string()),
        ("  of the processing queue", campaign.deepest_by_queue.processing.to_string()),
        ("  of the data lake's queue", campaign.deepest_by_queue.notification.to_string()),
        ("queues empty after the last one", drained),
        ("decided a second", campaign.decided_per_second.to_string()),
        ("confirmed", campaign.confirmed.to_string()),
        ("rejected", campaign.rejected.to_string()),
        ("undecided", campaign.undecided.to_string()),
    ] {
        table.add_row([Cell::new(what), number(how_many)]);
    }
    for (kind, count) in &campaign.refused {
        table.add_row([Cell::new(format!("refused: {kind}")), number(count)]);
    }
    println!("{table}\n{}", plot::terminal(campaign, terminal_width()).trim_end());
    if campaign.undecided > 0 {
        println!("\nNot all is decided yet. Look at the queues with: rydes status");
    }
}

/// Where the output is read later, there is room.
fn terminal_width() -> usize {
    console::Term::stdout().size_checked().map_or(plot::WIDEST, |(_, columns)| columns.into())
}

/// What became of a prebooking.
pub fn prebooking(trace: &PrebookingTrace) {
    let PrebookingTrace { repetition, prebooking, status, from, to, when, .. } = trace;
    if let Some(repetition) = repetition {
        println!("{repetition} repeats an earlier request, and means the prebooking of that one:");
    }
    println!("Prebooking {prebooking}: {}", status.as_deref().unwrap_or("not stored yet").to_lowercase());
    if let (Some(from), Some(to), Some(when)) = (from, to, when) {
        println!("{from} → {to}, {when}");
    }
    steps(trace.steps.iter());
    if !trace.is_complete() {
        println!("Not all is done yet. Look at the queues with: rydes status");
    }
}

/// Who is asked, unless some quotes are shown already, and then the quotes that have come since.
pub fn rfq_goes_on(rfq: &Rfq, shown: Option<usize>) {
    let Rfq { rfq_id, from, to, herds, quotes, reply_by, .. } = rfq;
    if shown.is_none() {
        let herds = herds.join(", ");
        println!("RFQ {rfq_id}: {from} → {to}\nasked: {herds}, who may answer until {reply_by:.0}");
    }
    let width = herds.iter().map(String::len).max().unwrap_or_default();
    for Quoted { responder, quote, pickup, received_at } in quotes.iter().skip(shown.unwrap_or_default()) {
        let after = received_at.map(|at| span(rfq.after_ms(at))).unwrap_or_default();
        println!("  {after:>7}  {responder:width$}  {quote:>8}, there in {pickup} min");
    }
}

/// How a request for quotes ended.
pub fn rfq_ends(rfq: &Rfq) {
    let Some(closed_at) = rfq.closed_at else {
        println!("It should be closed by now, and isn't. Look at the queues with: rydes status");
        return;
    };
    let silent: Vec<&str> = rfq.silent().collect();
    let by = if silent.is_empty() {
        "all have answered".to_owned()
    } else {
        format!("the time is up, and {} did not answer", silent.join(", "))
    };
    println!("  {:>7}  closed: {by}", span(rfq.after_ms(closed_at)));
    match &rfq.best {
        Some(Quoted { responder, quote, pickup, .. }) => {
            println!("best: {responder}, {quote}, there in {pickup} min");
        }
        None => println!("There is no quote."),
    }
}

/// What became of a request for quotes.
pub fn rfq(trace: &RfqTrace) {
    let Rfq { rfq_id, from, to, status, .. } = &trace.rfq;
    println!("RFQ {rfq_id}: {}\n{from} → {to}", status.to_lowercase());
    steps(trace.steps.iter());
    if !trace.rfq.is_closed() {
        println!("Quotes are still waited for.");
    }
}

/// How many requests for quotes went.
pub fn many_rfqs(many: &ManyRfqs) {
    let mut table = table(&["requests for quotes", ""]);
    for (what, how_many) in [
        ("accepted", many.accepted.to_string()),
        ("closed by the last answer", many.closed_by_the_last_answer.to_string()),
        ("closed by the deadline", many.closed_by_the_deadline.to_string()),
        ("still open", many.open.to_string()),
        ("quotes in time", many.quotes.to_string()),
        ("quotes too late", many.late.to_string()),
        ("time to the answer, median", span(many.accept_p50_ms.cast_signed())),
        ("time to the answer, 99 of 100", span(many.accept_p99_ms.cast_signed())),
        ("time until closed, median", span(many.closed_p50_ms.cast_signed())),
        ("time until closed, 99 of 100", span(many.closed_p99_ms.cast_signed())),
    ] {
        table.add_row([Cell::new(what), number(how_many)]);
    }
    for (kind, count) in &many.refused {
        table.add_row([Cell::new(format!("refused: {kind}")), number(count)]);
    }
    println!("{table}");
}

/// What was looked at, and what isn't as it should be.
pub fn audit(audit: &Audit) {
    let mut looked_at = table(&["looked at", ""]);
    for (what, count) in &audit.looked_at {
        looked_at.add_row([Cell::new(what), number(count)]);
    }
    for (why, count) in &audit.dead_letters {
        looked_at.add_row([Cell::new(format!("  {why}")), number(count)]);
    }
    println!("{looked_at}");
    if audit.is_green() {
        println!("All is as it should be.");
        return;
    }
    let mut findings = table(&["finding", "service", "about"]);
    for Finding { about, service, what } in &audit.findings {
        findings.add_row([what, *service, about]);
    }
    let shown = audit.findings.len() as u64;
    println!("{findings}");
    if audit.found > shown {
        println!("and {} more", audit.found - shown);
    }
}

/// How many dead letters there are, and why.
pub fn dead_letter_queues(queues: &[DeadLetterQueue]) {
    let mut table = table(&["service", "dead-letter queue of", "messages", "why"]);
    for DeadLetterQueue { service, queue, letters, reasons, .. } in queues {
        let reasons: Vec<String> =
            reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        table.add_row([Cell::new(service), Cell::new(queue), number(letters), Cell::new(reasons.join("\n"))]);
    }
    println!("{table}");
}

/// The dead letters of a queue.
pub fn dead_letters(letters: &[DeadLetter], body: bool) {
    if letters.is_empty() {
        println!("There are no dead letters in it, or somebody is looking at them.");
        return;
    }
    let mut table = table(&["message", "since", "tries", "why"]);
    for letter in letters {
        let DeadLetter { id, error_type, detail, receive_count, no_room, since, .. } = letter;
        let why = match (error_type, detail) {
            (Some(error_type), Some(detail)) => format!("{error_type}: {detail}"),
            (Some(error_type), None) => error_type.clone(),
            (None, _) if *no_room => {
                "no room for a reason: its function's log has it, with this id".to_owned()
            }
            (None, _) => "no reason given: its function crashed, or ran out of time".to_owned(),
        };
        let since = since.map(|since| format!("{since:.0}")).unwrap_or_default();
        let tries = receive_count.map_or_else(|| "–".to_owned(), |count| count.to_string());
        table.add_row([id, &since, &tries, &why]);
    }
    println!("{table}");
    for DeadLetter { id, body: message, .. } in letters.iter().filter(|_| body) {
        println!("\n{id}\n{message}");
    }
}

/// What was logged, a line each.
pub fn logs(lines: &[LogLine], stage: &str) {
    let Some(first) = lines.first() else {
        println!(
            "Nobody has logged anything of it, or not yet: logs take some seconds. For longer ago say --minutes."
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

/// A line's message, and what it says of how that ended.
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

/// What became of dead letters.
pub fn moved(Moved { moved, left }: &Moved, how: &str) {
    println!("{moved} {how}, {left} left");
}

/// What each part did, as a table.
fn steps<'a>(steps: impl Iterator<Item = &'a Step>) {
    let mut table = table(&["service", "topic → queue", "effect", "after"]);
    for step in steps {
        let delivery = match &step.delivery {
            Delivery::Queue => "queued".to_owned(),
            Delivery::FilteredOut(why) => format!("filtered out:\n{}", why.replace(", ", "\n")),
            Delivery::NotSubscribed => "not subscribed".to_owned(),
            Delivery::Started => "started".to_owned(),
        };
        let latency = step.latency_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"));
        table.add_row([
            Cell::new(&step.service),
            Cell::new(delivery),
            Cell::new(effect(step)),
            number(latency),
        ]);
    }
    println!("{table}");
}

fn effect(step: &Step) -> &str {
    match (&step.effect, &step.delivery) {
        (Some(effect), _) => effect,
        (None, Delivery::Queue | Delivery::Started) => "nothing yet",
        (None, _) => "–",
    }
}

/// The path through the saga: forward, back, and how it ended.
pub fn fare(trace: &FareTrace) {
    let FareTrace { fare, amount, status, execution, duration_ms, steps } = trace;
    let amount = amount.as_ref().map(|amount| format!(" of {amount}")).unwrap_or_default();
    let status = status.as_deref().unwrap_or("NOT REGISTERED").to_lowercase().replace('_', " ");
    println!("Fare {fare}{amount}: {status}");
    println!("The execution {}, {}\n", execution.to_lowercase().replace('_', " "), span(*duration_ms));
    let width = steps.iter().map(|step| step.state.len()).max().unwrap_or_default();
    for (n, step) in steps.iter().enumerate() {
        let FareStep { state, compensation, outcome, attempts, errors, duration_ms } = step;
        let mark = match (outcome, compensation) {
            (StepOutcome::Done, false) => "●",
            (StepOutcome::Done, true) => "↩",
            (StepOutcome::Failed, _) => "✗",
            (StepOutcome::Running, _) => "…",
        };
        let tries = if *attempts > 1 { format!("{attempts} tries") } else { String::new() };
        let taken = if *attempts > 0 { span(*duration_ms) } else { String::new() };
        let line = format!("  {mark} {state:width$}  {taken:>8}  {tries}");
        println!("{}", line.trim_end());
        let rail = if n + 1 < steps.len() { "│" } else { " " };
        for StepError { error, cause } in errors {
            println!("  {rail}   {error}{}{cause}", if cause.is_empty() { "" } else { ": " });
        }
    }
    if !trace.is_over() {
        println!("\nIt is not over yet.");
    }
}

/// Milliseconds as people say them.
fn span(milliseconds: i64) -> String {
    match milliseconds {
        ..1000 => format!("{milliseconds} ms"),
        1000..60_000 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1000),
    }
}

/// What is still waited for.
pub fn waiting(trace: &RideTrace) -> String {
    waiting_for(trace.services.iter().chain(&trace.fare_collection))
}

/// Which of these are still waited for.
pub fn waiting_for<'a>(steps: impl IntoIterator<Item = &'a Step>) -> String {
    let missing = steps.into_iter().filter(|step| step.is_awaited());
    format!("waiting for {}", missing.map(|step| step.service.as_str()).collect::<Vec<_>>().join(", "))
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header);
    table
}

fn number(value: impl ToString) -> Cell {
    Cell::new(value).set_alignment(CellAlignment::Right)
}
