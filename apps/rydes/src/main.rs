//! `rydes`: the command-line client of Wild Rydes.

mod show;

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use rydes::{
    AddContact, CampaignPlan, CompleteRide, Deployment, Error, FareTrace, Prebook, PrebookingTrace,
    RideTrace, Sample,
};
use serde_json::json;

/// The command-line client of Wild Rydes: of its apps, and of whoever operates it.
///
/// Works the same on AWS and on the local emulator (`. .local/stack.env`): region, credentials and endpoint come from
/// where every AWS tool finds them.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    /// Which deployment
    #[arg(long, global = true, env = "STAGE", default_value = "local")]
    stage: String,
    /// Print JSON, for other programs to read
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Submit a completed ride, as the Unicorn Management App does
    CompleteRide(CompleteRide),
    /// Book a ride ahead, as the Customer App does
    Prebook(Prebook),
    /// Prebook many rides at once, and see the queues fill and drain
    Campaign {
        #[command(flatten)]
        plan: CampaignPlan,
        /// Write the picture to this file, as an SVG
        #[arg(long)]
        svg: Option<PathBuf>,
    },
    /// Wait for a ride, or a prebooking, to reach whom it concerns and show what each did with it
    Trace {
        /// The ride's or the prebooking's id
        id: String,
        /// How many seconds to wait
        #[arg(long, default_value_t = 60)]
        timeout: u64,
    },
    /// Wait for a ride's fare to be collected, or given up, and show the way there
    Fare {
        /// The ride's id
        id: String,
        /// How many seconds to wait
        #[arg(long, default_value_t = 60)]
        timeout: u64,
    },
    /// Show every stack, and how deep its queues are
    Status,
    /// Put a customer's e-mail address on file
    AddContact(AddContact),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    match run(cli).await {
        Ok(code) => code,
        Err(error) if json => {
            let problem = match &error {
                Error::Refused { problem, .. } => problem.clone(),
                _ => serde_json::Value::Null,
            };
            eprintln!("{}", json!({"error": error.to_string(), "problem": problem}));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("rydes: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Error> {
    let deployment = Deployment::find(&cli.stage).await?;
    match cli.command {
        Command::CompleteRide(ride) => {
            let id = rydes::complete_ride(&deployment, &ride).await?;
            show::answer(cli.json, &json!({ "id": id }), |_| println!("{id}"));
        }
        Command::Prebook(booking) => {
            let id = rydes::prebook(&deployment, &booking).await?;
            show::answer(cli.json, &json!({ "id": id }), |_| println!("{id}"));
        }
        Command::Campaign { plan, svg } => return campaign(&deployment, &plan, svg, cli.json).await,
        Command::Trace { id, timeout } => return trace(&deployment, &id, timeout, cli.json).await,
        Command::Fare { id, timeout } => return fare(&deployment, &id, timeout, cli.json).await,
        Command::Status => show::answer(cli.json, &rydes::status(&deployment).await?, show::status),
        Command::AddContact(contact) => {
            rydes::add_contact(&deployment, &contact).await?;
            let done = json!({ "customer": contact.customer });
            show::answer(cli.json, &done, |_| {
                println!("receipts for {} go to {}", contact.customer, contact.email);
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails if the time is up before every service has done its part, so that scripts can rely on it.
async fn trace(deployment: &Deployment, id: &str, timeout: u64, json: bool) -> Result<ExitCode, Error> {
    let bar = spinner(json);
    let progress = |trace: &RideTrace| bar.set_message(show::waiting(trace));
    let patience = Duration::from_secs(timeout);
    let trace = match rydes::trace_ride(deployment, id, patience, progress).await {
        // Not a ride, but perhaps a prebooking.
        Err(Error::NoSuchRide(id)) => {
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
async fn fare(deployment: &Deployment, id: &str, timeout: u64, json: bool) -> Result<ExitCode, Error> {
    let bar = spinner(json);
    let progress = |fare: &FareTrace| bar.set_message(format!("in {}", fare.current()));
    let fare = rydes::trace_fare(deployment, id, Duration::from_secs(timeout), progress).await;
    bar.finish_and_clear();
    let fare = fare?;
    show::answer(json, &fare, show::fare);
    Ok(if fare.is_over() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fails if anything was refused, or wasn't decided in time.
async fn campaign(
    deployment: &Deployment,
    plan: &CampaignPlan,
    svg: Option<PathBuf>,
    json: bool,
) -> Result<ExitCode, Error> {
    let unwritable =
        |file: &Path, error| Error::Usage(format!("{} can't be written: {error}", file.display()));
    if let Some(file) = &svg {
        // Better now than after all is sent. What the file holds stays until there is something new.
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(file);
        opened.map_err(|error| unwritable(file, error))?;
    }
    let bar = if json || !std::io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(plan.bookings.into())
    };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} accepted, {msg} {elapsed}");
    bar.set_style(style.unwrap_or(ProgressStyle::default_bar()));
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
        std::fs::write(file, rydes::plot::svg(&campaign)).map_err(|error| unwritable(file, error))?;
    }
    Ok(if campaign.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
