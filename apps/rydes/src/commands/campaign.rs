//! `rydes campaign`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use client::Error;

use crate::{
    exit::success_if,
    global::Global,
    load::campaign::{self, CampaignPlan, Sample},
    view::{self, file, plot, progress},
};

/// Prebook many rides at once, and watch the queues fill and drain
#[derive(Debug, Args)]
pub struct Campaign {
    #[command(flatten)]
    plan: CampaignPlan,
    /// Write the picture to this file, as an SVG
    #[arg(long)]
    svg: Option<PathBuf>,
}

impl Campaign {
    /// Fails if anything was refused, or wasn't decided in time.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let Self { plan, svg } = self;
        let deployment = global.deployment().await?;
        svg.as_deref().map_or(Ok(()), file::can_be_written)?;
        let template = "{bar:40} {pos}/{len} accepted, {msg} {elapsed}";
        let bar = progress::bar(global.json, plan.bookings.into(), template);
        let progress = |sample: &Sample| {
            bar.set_position(sample.accepted);
            bar.set_message(view::campaign::progress(sample, &plan));
        };
        let campaign = campaign::run(&deployment, &plan, progress).await?;
        bar.finish_and_clear();
        view::answer(global.json, &campaign, view::campaign::show);
        if let Some(svg) = &svg {
            file::write(svg, &plot::campaign::svg(&campaign))?;
        }
        Ok(success_if(campaign.is_complete()))
    }
}
