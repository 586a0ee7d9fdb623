//! A load over time, as an SVG.

use super::{
    panel::{Panel, close, open},
    scale::{Scale, seconds},
};
use crate::load::{tally::Load, timeline::Slice};

/// The picture as an SVG: the latencies of accepted requests, above the rates of accepted and other requests.
pub fn svg(load: &Load) -> String {
    let all = &load.all;
    let mut svg = open(
        &format!("{} requests at {} a second", all.sent, load.rate),
        &format!(
            "{} accepted in {} s, {} errors; p50 {} ms, p99 {} ms, slowest {} ms",
            all.accepted,
            seconds(load.sending_ms),
            all.failed(),
            all.p50_ms,
            all.p99_ms,
            all.max_ms
        ),
    );
    let end_ms = load.slices.last().map_or(0, |slice| slice.until_ms);
    // The value of a slice is constant from its start to its end.
    let times: Vec<u64> = load.slices.iter().flat_map(|slice| [slice.at_ms, slice.until_ms]).collect();
    let of = |value: fn(&Slice) -> u64| -> Vec<u64> {
        load.slices.iter().flat_map(|slice| [value(slice); 2]).collect()
    };
    let zero = vec![0; times.len()];
    let (p50, p99) = (of(|slice| slice.p50_ms), of(|slice| slice.p99_ms));
    let highest = p99.iter().copied().max().unwrap_or_default();
    let panel = Panel { above: 100, high: 190, scale: Scale::for_values_to(highest, 5), end_ms };
    let (slow, fast) = (("p99", "#d97706"), ("p50", "#3b82f6"));
    panel.frame(&mut svg, "ms from when a request was due until it was accepted", [slow, fast]);
    panel.area(&mut svg, slow.1, &times, &zero, &p99);
    panel.area(&mut svg, fast.1, &times, &zero, &p50);

    let accepted = of(|slice| a_second(slice, slice.accepted));
    let answered = of(|slice| a_second(slice, slice.accepted) + a_second(slice, slice.errors));
    let highest = answered.iter().copied().max().unwrap_or_default();
    let panel = Panel { above: 350, high: 110, scale: Scale::for_values_to(highest, 4), end_ms };
    let (good, bad) = (("accepted", "#10a37f"), ("errors", "#dc2626"));
    panel.frame(&mut svg, "a second", [bad, good]);
    if all.failed() > 0 {
        panel.area(&mut svg, bad.1, &times, &accepted, &answered);
    }
    panel.area(&mut svg, good.1, &times, &zero, &accepted);
    close(&mut svg);
    svg
}

fn a_second(slice: &Slice, count: u64) -> u64 {
    (count * 1000).checked_div(slice.until_ms - slice.at_ms).unwrap_or_default()
}
