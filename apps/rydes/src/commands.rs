//! The commands that wait for something, and what a person sees meanwhile.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use rydes::{
    Audit, CampaignPlan, CostOptions, Deployment, Error, FareTrace, Journal, Journals, LoadPlan,
    ManyRfqsPlan, PrebookingTrace, Progress, RequestQuotes, ResolveFare, Rfq, RfqTrace, RideTrace, Sample,
};

use crate::show;

/// Fails if the time is up before every service has done its part, so that scripts can rely on it.
pub async fn trace(deployment: &Deployment, id: &str, timeout: u64, json: bool) -> Result<ExitCode, Error> {
    let bar = spinner(json);
    let progress = |trace: &RideTrace| bar.set_message(show::waiting(trace));
    let patience = Duration::from_secs(timeout);
    let trace = match rydes::trace_ride(deployment, id, patience, progress).await {
        // Not a ride, but perhaps something else.
        Err(Error::NoSuchRide(id)) => {
            let progress = |trace: &RfqTrace| bar.set_message(show::waiting_for(&trace.steps));
            let trace = rydes::trace_rfq(deployment, &id, patience, progress).await;
            if let Some(trace) = trace.inspect_err(|_| bar.finish_and_clear())? {
                bar.finish_and_clear();
                show::answer(json, &trace, show::rfq);
                return Ok(if trace.rfq.is_closed() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
            }
            let progress = |trace: &PrebookingTrace| bar.set_message(show::waiting_for(&trace.steps));
            let trace = rydes::trace_prebooking(deployment, &id, patience, progress).await;
            bar.finish_and_clear();
            let trace = trace?.ok_or(Error::NoSuchRide(id))?;
            show::answer(json, &trace, show::prebooking);
            return Ok(if trace.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        trace => trace,
    };
    bar.finish_and_clear();
    let trace = trace?;
    show::answer(json, &trace, show::trace);
    Ok(if trace.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fails if the time is up before the collection has ended; a fare that was given up is an end like any other.
pub async fn fare(deployment: &Deployment, id: &str, timeout: u64, json: bool) -> Result<ExitCode, Error> {
    let bar = spinner(json);
    let progress = |fare: &FareTrace| bar.set_message(format!("in {}", fare.current()));
    let fare = rydes::trace_fare(deployment, id, Duration::from_secs(timeout), progress).await;
    bar.finish_and_clear();
    let fare = fare?;
    show::answer(json, &fare, show::fare);
    Ok(if fare.is_over() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fails if the time is up before the fare has ended, or if it is left to people again.
pub async fn resolve_fare(
    deployment: &Deployment,
    decision: &ResolveFare,
    json: bool,
) -> Result<ExitCode, Error> {
    let bar = spinner(json);
    let progress = |fare: &FareTrace| bar.set_message(format!("in {}", fare.current()));
    let fare = rydes::resolve_fare(deployment, decision, progress).await;
    bar.finish_and_clear();
    let fare = fare?;
    show::answer(json, &fare, show::fare);
    let has_ended = matches!(fare.status.as_deref(), Some("COLLECTED" | "FAILED")) && fare.is_over();
    Ok(if has_ended { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fails if the request isn't closed long after its time, or if any of many isn't.
pub async fn request_quotes(
    deployment: &Deployment,
    request: &RequestQuotes,
    plan: &ManyRfqsPlan,
    json: bool,
) -> Result<ExitCode, Error> {
    if plan.times > 1 {
        if request.idempotency_key.is_some() {
            return Err(Error::Usage("many requests can't have one --idempotency-key".to_owned()));
        }
        let bar = progress_bar(json, plan.times.into(), "{bar:40} {pos}/{len} accepted {elapsed}");
        let progress = |accepted| bar.set_position(accepted);
        let many = rydes::request_many(deployment, request, plan, progress).await;
        bar.finish_and_clear();
        let many = many?;
        show::answer(json, &many, show::many_rfqs);
        return Ok(if many.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let bar = spinner(json);
    let mut shown = None;
    let progress = |rfq: &Rfq| {
        if !json {
            bar.suspend(|| show::rfq_goes_on(rfq, shown));
        }
        shown = Some(rfq.quotes.len());
        bar.set_message(format!("waiting for {}", rfq.silent().collect::<Vec<_>>().join(", ")));
    };
    let rfq = rydes::request_quotes(deployment, request, progress).await;
    bar.finish_and_clear();
    let rfq = rfq?;
    show::answer(json, &rfq, show::rfq_ends);
    Ok(if rfq.is_closed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fails if anything was refused, or wasn't decided in time.
pub async fn campaign(
    deployment: &Deployment,
    plan: &CampaignPlan,
    svg: Option<PathBuf>,
    json: bool,
) -> Result<ExitCode, Error> {
    svg.as_deref().map_or(Ok(()), can_be_written)?;
    let bar = progress_bar(json, plan.bookings.into(), "{bar:40} {pos}/{len} accepted, {msg} {elapsed}");
    let progress = |sample: &Sample| {
        bar.set_position(sample.accepted);
        let refused =
            if sample.refused > 0 { format!("{} refused, ", sample.refused) } else { String::new() };
        let phase =
            if sample.accepted + sample.refused < u64::from(plan.bookings) { "" } else { "draining: " };
        bar.set_message(format!("{refused}{phase}{} messages in the queues", sample.backlog()));
    };
    let campaign = rydes::campaign(deployment, plan, progress).await;
    bar.finish_and_clear();
    let campaign = campaign?;
    show::answer(json, &campaign, show::campaign);
    if let Some(file) = &svg {
        write(file, &rydes::plot::svg(&campaign))?;
    }
    Ok(if campaign.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fails if anything that was sent was not accepted. Ctrl-C ends it early; what there is by then is shown all the same.
pub async fn load(
    deployment: &Deployment,
    plan: &LoadPlan,
    journal: Option<PathBuf>,
    svg: Option<PathBuf>,
    json: bool,
) -> Result<ExitCode, Error> {
    svg.as_deref().map_or(Ok(()), can_be_written)?;
    let journal = journal.as_deref().map(Journal::open).transpose()?;
    let bar = progress_bar(json, plan.requests, "{bar:30} {pos}/{len} {msg} {elapsed}");
    let progress = |progress: &Progress| {
        bar.set_position(progress.sent);
        bar.set_message(show::load_goes_on(progress));
    };
    let stop = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let load = rydes::load(deployment, plan, journal, stop, progress).await;
    bar.finish_and_clear();
    let load = load?;
    show::answer(json, &load, |load| println!("{}", show::load(load)));
    if let Some(file) = &svg {
        write(file, &rydes::plot::load_svg(&load))?;
    }
    Ok(match (load.is_without_errors(), load.stopped) {
        (false, _) => ExitCode::FAILURE,
        (true, true) => ExitCode::from(INTERRUPTED),
        (true, false) => ExitCode::SUCCESS,
    })
}

/// What a million rides cost.
pub fn cost(options: &CostOptions, json: bool) -> Result<ExitCode, Error> {
    let cost = rydes::cost(options)?;
    show::answer(json, &cost, |cost| println!("{}", show::cost(cost)));
    Ok(ExitCode::SUCCESS)
}

/// What a shell says of what Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Better seen now than after all is sent. What the file holds stays until there is something new.
fn can_be_written(file: &Path) -> Result<(), Error> {
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(file);
    opened.map(drop).map_err(|error| unwritable(file, &error))
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(file, text).map_err(|error| unwritable(file, &error))
}

fn unwritable(file: &Path, error: &std::io::Error) -> Error {
    Error::Usage(format!("{} can't be written: {error}", file.display()))
}

/// Fails if nobody has logged anything of it.
pub async fn logs(deployment: &Deployment, id: &str, back: Duration, json: bool) -> Result<ExitCode, Error> {
    let lines = rydes::logs(deployment, id, back).await?;
    show::answer(json, &lines, |lines| show::logs(lines, &deployment.stage));
    Ok(if lines.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Fails if anything isn't as it should be.
pub async fn audit(
    deployment: &Deployment,
    settle: u64,
    journals: &Journals,
    json: bool,
) -> Result<ExitCode, Error> {
    let bar = spinner(json);
    bar.set_message("waiting until nothing is under way");
    let progress = |audit: &Audit| {
        let looked_at = audit.looked_at.iter().map(|(what, count)| format!("{count} {what}"));
        let findings = if audit.found > 0 { format!(", {} findings", audit.found) } else { String::new() };
        bar.set_message(format!("{}{findings}", looked_at.collect::<Vec<_>>().join(", ")));
    };
    let audit = rydes::audit(deployment, Duration::from_secs(settle), journals, progress).await;
    bar.finish_and_clear();
    let audit = audit?;
    show::answer(json, &audit, show::audit);
    Ok(if audit.is_green() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows how far something is, where somebody is looking.
fn progress_bar(json: bool, count: u64, template: &str) -> ProgressBar {
    let bar = if json || !std::io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(count)
    };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar()));
    bar
}

/// Shows that something is waited for, where somebody is looking.
fn spinner(json: bool) -> ProgressBar {
    let bar = if json || !std::io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        ProgressBar::new_spinner()
    };
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg} {elapsed}").unwrap_or(ProgressStyle::default_spinner()),
    );
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
