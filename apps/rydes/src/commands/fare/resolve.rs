//! `rydes fare resolve`

use std::{process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};
use client::{
    Error,
    fare::{self, Decision, Resolution},
    trace::fare::FareTrace,
};

use crate::{
    exit::success_if,
    global::Global,
    view::{self, progress},
};

/// End a fare that the saga has left to people, and notify the customer
#[derive(Debug, Args)]
pub struct Resolve {
    /// The ride's id
    id: String,
    /// The end that the fare should have
    #[arg(long = "as", value_enum, value_name = "END")]
    end: End,
    /// The reason, which is kept with the fare
    #[arg(long, default_value = "-")]
    note: String,
    /// Seconds to wait
    #[arg(long, default_value_t = 60)]
    timeout: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum End {
    /// It is paid: record that, and notify the customer
    Collected,
    /// It is not to be paid: give back what was taken, and notify the customer
    TakenBack,
}

impl Resolve {
    /// Fails if the time is up before the fare has ended, or if it is left to people again.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let resolution = match self.end {
            End::Collected => Resolution::Collected,
            End::TakenBack => Resolution::TakenBack,
        };
        let deployment = global.deployment().await?;
        let bar = progress::spinner(global.json);
        let progress = |fare: &FareTrace| bar.set_message(format!("in {}", fare.current()));
        let (decision, patience) =
            (Decision { resolution, note: self.note }, Duration::from_secs(self.timeout));
        let fare = fare::resolve(&deployment, &self.id, &decision, patience, progress).await?;
        bar.finish_and_clear();
        view::answer(global.json, &fare, view::fare::show);
        Ok(success_if(fare.is_settled()))
    }
}
