//! `rydes`: the command-line client of Wild Rydes.

mod commands;
mod environment;
mod show;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use rydes::{
    AddContact, CampaignPlan, CompleteRide, CostOptions, Deployment, EmailOutcome, Error, Journals, Letters,
    LoadOptions, ManyRfqsPlan, Prebook, RequestQuotes, ResolveFare, SettleEmail,
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
    #[command(flatten)]
    Other(Other),
    /// Send requests of every kind at a rate, and see how soon they are accepted
    Load {
        #[command(flatten)]
        options: LoadOptions,
        /// Note every request that is accepted in this file, a line each, for rydes audit --journal; what is in it stays
        #[arg(long, value_name = "FILE")]
        journal: Option<PathBuf>,
        /// Write a picture of the latencies over time to this file, as an SVG
        #[arg(long, value_name = "FILE")]
        plot: Option<PathBuf>,
    },
    /// Calculate from what was counted in a run what a million rides cost on AWS
    Cost(CostOptions),
}

/// Commands that are about a deployment, and can't begin without one.
#[derive(Debug, Subcommand)]
enum Other {
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
    /// Ask the herds for a ride right now, as the Customer App does, and see their quotes come in
    RequestQuotes {
        #[command(flatten)]
        request: RequestQuotes,
        #[command(flatten)]
        plan: ManyRfqsPlan,
    },
    /// Wait for a ride, a prebooking or a request for quotes to reach whom it concerns and show what each did with it
    Trace {
        /// The id of the ride, the prebooking or the request for quotes
        id: String,
        /// How many seconds to wait
        #[arg(long, default_value_t = 60)]
        timeout: u64,
    },
    /// Wait for a ride's fare to be collected, or given up, and show the way there
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Fare {
        /// The ride's id
        #[arg(required = true)]
        id: Option<String>,
        /// How many seconds to wait
        #[arg(long, default_value_t = 60)]
        timeout: u64,
        #[command(subcommand)]
        command: Option<Fare>,
    },
    /// Show what all functions have logged of a ride, a prebooking or a request for quotes, in the order of time
    Logs {
        /// A correlation id, or the id of whatever it is about
        id: String,
        /// How many minutes back to look
        #[arg(long, default_value_t = 180)]
        minutes: u64,
    },
    /// Look at everything that was accepted and at every service's data, and find what isn't as it should be
    Audit {
        /// How many seconds to wait until nothing is under way
        #[arg(long, default_value_t = 60)]
        settle: u64,
        #[command(flatten)]
        journals: Journals,
    },
    /// Look at what could not be handled, put it back, or throw it away
    #[command(subcommand)]
    Dlq(Dlq),
    /// Show every stack, and how deep its queues are
    Status,
    /// Say what came of an e-mail that was perhaps sent
    SettleEmail(SettleEmail),
    /// Put a customer's e-mail address on file
    AddContact(AddContact),
}

#[derive(Debug, Subcommand)]
enum Fare {
    /// Bring a fare to an end that the saga has left to people, and tell the customer
    Resolve(ResolveFare),
}

#[derive(Debug, Subcommand)]
enum Dlq {
    /// Show every dead-letter queue, and why there is what in it
    List,
    /// Show the messages in a dead-letter queue, each with its reason
    Show {
        /// The queue, as `rydes dlq list` names it, or its service
        queue: String,
        /// Show the messages themselves, too: they may be personal
        #[arg(long)]
        body: bool,
    },
    /// Put dead letters back into the queue that they come from, once what was wrong with them is mended
    Redrive {
        /// The queue, as `rydes dlq list` names it, or its service
        queue: String,
        /// Only these messages, as `rydes dlq show` names them
        ids: Vec<String>,
    },
    /// Delete dead letters
    Discard {
        /// The queue, as `rydes dlq list` names it, or its service
        queue: String,
        /// These messages, as `rydes dlq show` names them
        #[arg(conflicts_with = "all")]
        ids: Vec<String>,
        /// All of them
        #[arg(long)]
        all: bool,
    },
}

fn main() -> ExitCode {
    environment::without_empty_variables();
    start(Cli::parse())
}

#[tokio::main]
async fn start(cli: Cli) -> ExitCode {
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
    match cli.command {
        Command::Cost(options) => commands::cost(&options, cli.json),
        Command::Load { options, journal, plot } => {
            // What is wrong with the options is said before a deployment is looked for.
            let plan = options.plan()?;
            commands::load(&Deployment::find(&cli.stage).await?, &plan, journal, plot, cli.json).await
        }
        Command::Other(command) => {
            on_deployment(&Deployment::find(&cli.stage).await?, command, cli.json).await
        }
    }
}

async fn on_deployment(deployment: &Deployment, command: Other, json: bool) -> Result<ExitCode, Error> {
    match command {
        Other::CompleteRide(ride) => {
            let id = rydes::complete_ride(deployment, &ride).await?;
            show::answer(json, &json!({ "id": id }), |_| println!("{id}"));
        }
        Other::Prebook(booking) => {
            let id = rydes::prebook(deployment, &booking).await?;
            show::answer(json, &json!({ "id": id }), |_| println!("{id}"));
        }
        Other::Campaign { plan, svg } => {
            return commands::campaign(deployment, &plan, svg, json).await;
        }
        Other::RequestQuotes { request, plan } => {
            return commands::request_quotes(deployment, &request, &plan, json).await;
        }
        Other::Trace { id, timeout } => return commands::trace(deployment, &id, timeout, json).await,
        Other::Fare { command: Some(Fare::Resolve(decision)), .. } => {
            return commands::resolve_fare(deployment, &decision, json).await;
        }
        Other::Fare { id, timeout, .. } => {
            return commands::fare(deployment, &id.unwrap_or_default(), timeout, json).await;
        }
        Other::Logs { id, minutes } => {
            return commands::logs(deployment, &id, Duration::from_mins(minutes), json).await;
        }
        Other::Audit { settle, journals } => {
            return commands::audit(deployment, settle, &journals, json).await;
        }
        Other::Dlq(dlq) => dead_letters(deployment, dlq, json).await?,
        Other::Status => show::answer(json, &rydes::status(deployment).await?, show::status),
        Other::SettleEmail(settle) => {
            rydes::settle_email(deployment, &settle).await?;
            show::answer(json, &json!({ "event": settle.event }), |_| match settle.outcome {
                EmailOutcome::Sent => println!("it counts as sent; its dead letter can be discarded"),
                EmailOutcome::Unsent => println!("it can be sent; redrive its dead letter"),
            });
        }
        Other::AddContact(contact) => {
            rydes::add_contact(deployment, &contact).await?;
            let done = json!({ "customer": contact.customer });
            show::answer(json, &done, |_| {
                println!("receipts for {} go to {}", contact.customer, contact.email);
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn dead_letters(deployment: &Deployment, dlq: Dlq, json: bool) -> Result<(), Error> {
    match dlq {
        Dlq::List => {
            show::answer(json, &rydes::dead_letter_queues(deployment).await?, |q| {
                show::dead_letter_queues(q);
            });
        }
        Dlq::Show { queue, body } => {
            let letters = rydes::dead_letters(deployment, &queue).await?;
            show::answer(json, &letters, |letters| show::dead_letters(letters, body));
        }
        Dlq::Redrive { queue, ids } => {
            let which = if ids.is_empty() { Letters::All } else { Letters::These(ids) };
            let moved = rydes::redrive(deployment, &queue, &which).await?;
            show::answer(json, &moved, |moved| show::moved(moved, "put back"));
        }
        Dlq::Discard { queue, ids, all } => {
            if ids.is_empty() && !all {
                return Err(Error::Usage("name the messages to delete, or say --all".to_owned()));
            }
            let which = if all { Letters::All } else { Letters::These(ids) };
            let moved = rydes::discard(deployment, &queue, &which).await?;
            show::answer(json, &moved, |moved| show::moved(moved, "deleted"));
        }
    }
    Ok(())
}
