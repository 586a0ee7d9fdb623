//! A campaign as an SVG.

use super::{
    panel::{Panel, close, open},
    samples::{end, rates},
    scale::{Scale, seconds},
};
use crate::load::campaign::{Campaign, Sample};

/// The picture as an SVG: two panels over the same time.
pub fn svg(campaign: &Campaign) -> String {
    let samples = &campaign.samples;
    let mut svg = open(
        &format!("A campaign of {} prebookings", campaign.bookings),
        &format!(
            "{} accepted at {} a second, {} decided; {}",
            campaign.accepted,
            campaign.accept_rate_per_second,
            campaign.confirmed + campaign.rejected,
            if campaign.is_drained() {
                format!("the queues were empty {} s after the last", seconds(campaign.drain_ms))
            } else {
                "the queues were not empty when the time was up".to_owned()
            },
        ),
    );
    let times: Vec<u64> = samples.iter().map(|sample| sample.at_ms).collect();
    let end_ms = end(samples);
    let highest = samples.iter().map(Sample::backlog).max().unwrap_or_default();
    let panel = Panel { above: 100, high: 190, scale: Scale::for_values_to(highest, 5), end_ms };
    panel.frame(&mut svg, "messages in the queues", QUEUES.map(|(name, colour, _)| (name, colour)));
    let mut ground = vec![0; samples.len()];
    for (_, colour, of) in QUEUES {
        let top: Vec<u64> = samples.iter().zip(&ground).map(|(sample, below)| of(sample) + below).collect();
        panel.area(&mut svg, colour, &times, &ground, &top);
        ground = top;
    }
    let decided = rates(samples);
    let highest = decided.iter().copied().max().unwrap_or_default();
    let panel = Panel { above: 350, high: 110, scale: Scale::for_values_to(highest, 4), end_ms };
    panel.frame(&mut svg, "decided a second", []);
    panel.area(&mut svg, "#8b5cf6", &times, &vec![0; samples.len()], &decided);
    close(&mut svg);
    svg
}

type Depth = fn(&Sample) -> u64;

/// The queues from the ground up, those that matter to a decision first.
const QUEUES: [(&str, &str, Depth); 3] = [
    ("processing", "#3b82f6", |sample| sample.processing),
    ("submission", "#d97706", |sample| sample.submission),
    ("data lake", "#10a37f", |sample| sample.notification),
];
