//! The picture as an SVG.

use std::fmt::Write;

use super::{
    end, rates,
    scale::{Scale, round_step, seconds},
};
use crate::{Campaign, Sample};

pub(super) const WIDTH: u64 = 760;
pub(super) const HEIGHT: u64 = 520;
const LEFT: u64 = 70;
const ACROSS: u64 = 660;
const GREY: &str = "#808080";

/// A panel: where it is, and what its height stands for.
struct Panel {
    above: u64,
    high: u64,
    scale: Scale,
}

/// The picture as an SVG: two panels over the same time, legible on light and on dark ground.
#[must_use]
pub fn svg(campaign: &Campaign) -> String {
    let samples = &campaign.samples;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"{GREY}\">\n\
         <title>A campaign of {} prebookings</title>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"18\">A campaign of {} prebookings</text>\n\
         <text x=\"{LEFT}\" y=\"48\">{} accepted at {} a second, {} decided; {}</text>\n",
        campaign.bookings,
        campaign.bookings,
        campaign.accepted,
        campaign.accept_rate_per_second,
        campaign.confirmed + campaign.rejected,
        if campaign.is_drained() {
            format!("the queues were empty {} s after the last", seconds(campaign.drain_ms))
        } else {
            "the queues were not empty when the time was up".to_owned()
        },
    );
    let highest = samples.iter().map(Sample::backlog).max().unwrap_or_default();
    let panel = Panel { above: 100, high: 190, scale: Scale::for_values_to(highest, 5) };
    panel.frame(&mut svg, "messages in the queues", samples);
    let mut ground = vec![0; samples.len()];
    let mut right = LEFT + ACROSS;
    for (name, colour, of) in QUEUES {
        let top: Vec<u64> = samples.iter().zip(&ground).map(|(sample, below)| of(sample) + below).collect();
        panel.area(&mut svg, colour, samples, &ground, &top);
        ground = top;
        right = legend(&mut svg, right, panel.above - 12, name, colour);
    }
    let decided = rates(samples);
    let highest = decided.iter().copied().max().unwrap_or_default();
    let panel = Panel { above: 350, high: 110, scale: Scale::for_values_to(highest, 4) };
    panel.frame(&mut svg, "decided a second", samples);
    panel.area(&mut svg, "#8b5cf6", samples, &vec![0; samples.len()], &decided);
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">seconds since the first request</text>\n</svg>\n",
        LEFT + ACROSS / 2,
        HEIGHT - 16
    );
    svg
}

type Depth = fn(&Sample) -> u64;

/// The queues from the ground up, those that matter to a decision first; the legend names them from right to left.
const QUEUES: [(&str, &str, Depth); 3] = [
    ("processing", "#3b82f6", |sample| sample.processing),
    ("submission", "#d97706", |sample| sample.submission),
    ("data lake", "#10a37f", |sample| sample.notification),
];

/// Writes a name of the legend to the left of another, and gives where the next may end.
fn legend(svg: &mut String, right: u64, y: u64, name: &str, colour: &str) -> u64 {
    // Letters of this size are 7 wide.
    let left = right - name.len() as u64 * 7 - 4;
    let _ = writeln!(
        svg,
        "<rect x=\"{}\" y=\"{}\" width=\"10\" height=\"10\" rx=\"2\" fill=\"{colour}\"/>\
         <text x=\"{left}\" y=\"{y}\">{name}</text>",
        left - 16,
        y - 10
    );
    left - 30
}

impl Panel {
    fn y(&self, value: u64) -> u64 {
        self.above + self.high - self.scale.place(value, self.high)
    }

    /// Title, axes, marks and the lines at them.
    fn frame(&self, svg: &mut String, title: &str, samples: &[Sample]) {
        let (ground, right) = (self.above + self.high, LEFT + ACROSS);
        let _ =
            writeln!(svg, "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{title}</text>", self.above - 12);
        for mark in self.scale.marks() {
            let y = self.y(mark);
            let _ = writeln!(
                svg,
                "<path d=\"M{LEFT} {y}H{right}\" stroke=\"{GREY}\" stroke-opacity=\"{}\"/>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{mark}</text>",
                if mark == 0 { "1" } else { "0.25" },
                LEFT - 8,
                y + 4
            );
        }
        let end = end(samples).max(1);
        let step = round_step(end, 10);
        for mark in (0..=end / step).map(|n| n * step) {
            let x = x(mark, end);
            let _ = writeln!(
                svg,
                "<path d=\"M{x} {ground}v5\" stroke=\"{GREY}\"/>\
                 <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                ground + 20,
                seconds(mark)
            );
        }
    }

    /// What is between two lines, the upper one drawn.
    fn area(&self, svg: &mut String, colour: &str, samples: &[Sample], ground: &[u64], top: &[u64]) {
        let (upper, lower) = (self.line(samples, top), self.line(samples, ground));
        let back = lower.iter().rev();
        let around: Vec<_> = upper.iter().chain(back).map(|(x, y)| format!("{x},{y}")).collect();
        let along: Vec<_> = upper.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let _ = writeln!(
            svg,
            "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"0.35\"/>\
             <polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" stroke-linejoin=\"round\"/>",
            around.join(" "),
            along.join(" ")
        );
    }

    /// A point for each place that has a sample: of several the highest.
    fn line(&self, samples: &[Sample], values: &[u64]) -> Vec<(u64, u64)> {
        let end = end(samples).max(1);
        let mut points: Vec<(u64, u64)> = Vec::new();
        for (sample, value) in samples.iter().zip(values) {
            let (x, y) = (x(sample.at_ms, end), self.y(*value));
            match points.last_mut() {
                Some((same, highest)) if *same == x => *highest = y.min(*highest),
                _ => points.push((x, y)),
            }
        }
        points
    }
}

fn x(at_ms: u64, end: u64) -> u64 {
    LEFT + Scale { step: 1, top: end }.place(at_ms, ACROSS)
}
