//! `rydes request-quotes`

use std::process::ExitCode;

use clap::Args;
use client::{
    Deployment, Error,
    rfq::{self, Rfq, RfqRequest},
};

use crate::{
    exit::success_if,
    global::Global,
    load::many_rfqs::{self, ManyRfqsPlan},
    view::{self, progress},
};

/// Ask the herds for a ride right now, as the Customer App does, and show their quotes as they come in
#[derive(Debug, Args)]
pub struct RequestQuotes {
    /// Place where the ride starts
    #[arg(long, default_value = "Mitte")]
    from: String,
    /// Place where it ends
    #[arg(long, default_value = "Moabit")]
    to: String,
    /// The customer who wants to ride
    #[arg(long, default_value = "cmr")]
    customer: String,
    /// The herds to ask, separated by commas [default: every herd]
    #[arg(long, value_delimiter = ',')]
    herds: Option<Vec<String>>,
    /// Seconds to wait for quotes [default: set by the deployment]
    #[arg(long, allow_hyphen_values = true)]
    reply_within: Option<String>,
    /// Makes sending the same request again harmless; made up if not given
    #[arg(long)]
    idempotency_key: Option<String>,
    #[command(flatten)]
    plan: ManyRfqsPlan,
}

impl RequestQuotes {
    /// Fails if the request isn't closed long after its time, or if any of many isn't.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let Self { from, to, customer, herds, reply_within, idempotency_key, plan } = self;
        let deployment = global.deployment().await?;
        let request = RfqRequest { from, to, customer, herds, reply_within };
        if plan.times == 1 {
            return one(&deployment, &request, idempotency_key, global.json).await;
        }
        if idempotency_key.is_some() {
            return Err(Error::Usage("many requests can't have one --idempotency-key".to_owned()));
        }
        many(&deployment, &request, &plan, global.json).await
    }
}

async fn one(
    deployment: &Deployment,
    request: &RfqRequest,
    key: Option<String>,
    json: bool,
) -> Result<ExitCode, Error> {
    let bar = progress::spinner(json);
    let mut shown = None;
    let progress = |rfq: &Rfq| {
        if !json {
            bar.suspend(|| view::rfq::show_news(rfq, shown));
        }
        shown = Some(rfq.quotes.len());
        bar.set_message(format!("waiting for {}", rfq.silent().collect::<Vec<_>>().join(", ")));
    };
    let rfq = rfq::request(deployment, request, key, progress).await?;
    bar.finish_and_clear();
    view::answer(json, &rfq, view::rfq::show_end);
    Ok(success_if(rfq.is_closed()))
}

async fn many(
    deployment: &Deployment,
    request: &RfqRequest,
    plan: &ManyRfqsPlan,
    json: bool,
) -> Result<ExitCode, Error> {
    let bar = progress::bar(json, plan.times.into(), "{bar:40} {pos}/{len} accepted {elapsed}");
    let many = many_rfqs::run(deployment, request, plan, |accepted| bar.set_position(accepted)).await?;
    bar.finish_and_clear();
    view::answer(json, &many, view::many_rfqs::show);
    Ok(success_if(many.is_complete()))
}
