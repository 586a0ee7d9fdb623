//! `rydes trace`

use std::{process::ExitCode, time::Duration};

use clap::{Args, value_parser};
use client::{
    Deployment, Error, logs,
    otlp::{self, Collector},
    spans,
    trace::{
        prebooking::{self, PrebookingTrace},
        rfq::{self, RfqTrace},
        ride::{self, RideTrace},
    },
};

use super::logs::MINUTES;
use crate::{
    exit::success_if,
    global::Global,
    view::{self, progress, steps::waiting_for},
};

/// Wait until a ride, a prebooking or a request for quotes is done, and show what each service did with it
#[derive(Debug, Args)]
pub struct Trace {
    /// The id of the ride, the prebooking or the request for quotes
    id: String,
    /// Seconds to wait
    #[arg(long, default_value_t = 60)]
    timeout: u64,
    /// Also send what the logs tell, as OpenTelemetry spans (OTLP over HTTP), to the collector at this address:
    /// one without a path gets /v1/traces, and any other is used unchanged
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
    /// Number of minutes of logs to read for the spans
    #[arg(long, default_value_t = 180, requires = "otlp", value_parser = value_parser!(u64).range(MINUTES))]
    minutes: u64,
}

/// The trace of the ride, the prebooking or the request for quotes with this id.
enum Traced {
    Ride(RideTrace),
    Rfq(RfqTrace),
    Prebooking(PrebookingTrace),
}

impl Trace {
    /// Fails if the time is up before every service has done its part.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        // A wrong address is found before the wait.
        let collector = self.otlp.as_deref().map(Collector::at).transpose()?;
        let deployment = global.deployment().await?;
        let bar = progress::spinner(global.json);
        let patience = Duration::from_secs(self.timeout);
        let traced = Traced::find(&deployment, &self.id, patience, |text| bar.set_message(text)).await?;
        bar.finish_and_clear();
        let is_complete = match traced {
            Traced::Ride(trace) => {
                view::answer(global.json, &trace, view::ride::show);
                trace.is_complete()
            }
            Traced::Rfq(trace) => {
                view::answer(global.json, &trace, view::rfq::show);
                trace.rfq.is_closed()
            }
            Traced::Prebooking(trace) => {
                view::answer(global.json, &trace, view::prebooking::show);
                trace.is_complete()
            }
        };
        if let Some(collector) = &collector {
            self.send(&deployment, collector).await?;
        }
        Ok(success_if(is_complete))
    }

    /// Sends the spans of what the functions have logged by now.
    async fn send(&self, deployment: &Deployment, collector: &Collector) -> Result<(), Error> {
        let lines = logs::find(deployment, &self.id, Duration::from_mins(self.minutes)).await?;
        let spans = spans::from_lines(&lines);
        otlp::send(collector, &deployment.stage, &spans).await?;
        // The trace itself goes to standard output, which other programs read.
        eprintln!("{} spans sent to {collector}", spans.len());
        Ok(())
    }
}

impl Traced {
    /// Only the id is known: what is no ride may be a request for quotes, or else a prebooking.
    async fn find(
        deployment: &Deployment,
        id: &str,
        patience: Duration,
        message: impl Fn(String),
    ) -> Result<Self, Error> {
        let progress = |trace: &RideTrace| message(waiting_for(trace.steps()));
        let id = match ride::trace(deployment, id, patience, progress).await {
            Err(Error::NoSuchRide(id)) => id,
            trace => return trace.map(Self::Ride),
        };
        let progress = |trace: &RfqTrace| message(waiting_for(&trace.steps));
        if let Some(trace) = rfq::trace(deployment, &id, patience, progress).await? {
            return Ok(Self::Rfq(trace));
        }
        let progress = |trace: &PrebookingTrace| message(waiting_for(&trace.steps));
        let trace = prebooking::trace(deployment, &id, patience, progress).await?;
        trace.map(Self::Prebooking).ok_or(Error::NoSuchRide(id))
    }
}
