//! `rydes load`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use client::{Error, journal::Journal};

use crate::{
    exit::{INTERRUPTED, success_if},
    global::Global,
    load::{self, options::LoadOptions, tally::Progress},
    view::{self, file, plot, progress},
};

/// Send requests of every kind at a rate, and see how fast they are accepted
#[derive(Debug, Args)]
pub struct Load {
    #[command(flatten)]
    options: LoadOptions,
    /// Append a line to this file for every accepted request, for rydes audit --journal
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Write a picture of the latencies over time to this file, as an SVG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

impl Load {
    /// Fails if any request was not accepted. Ctrl-C ends the load early, and the results so far are shown all the same.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let Self { options, journal, plot } = self;
        // Invalid options are reported before a deployment is looked up.
        let plan = options.plan()?;
        let deployment = global.deployment().await?;
        plot.as_deref().map_or(Ok(()), file::can_be_written)?;
        let journal = journal.as_deref().map(Journal::open).transpose()?;
        let bar = progress::bar(global.json, plan.requests, "{bar:30} {pos}/{len} {msg} {elapsed}");
        let progress = |progress: &Progress| {
            bar.set_position(progress.sent);
            bar.set_message(view::load::progress(progress));
        };
        let load = load::run(&deployment, &plan, journal, ctrl_c(), progress).await?;
        bar.finish_and_clear();
        view::answer(global.json, &load, |load| println!("{}", view::load::table(load)));
        if let Some(plot) = &plot {
            file::write(plot, &plot::load::svg(&load))?;
        }
        let succeeds = load.is_without_errors();
        Ok(if succeeds && load.stopped { ExitCode::from(INTERRUPTED) } else { success_if(succeeds) })
    }
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
