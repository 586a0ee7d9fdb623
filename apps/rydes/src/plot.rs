//! A campaign over time, as a picture for the terminal and as an SVG.

use std::fmt::Write;

use crate::{Campaign, Sample};

/// Values over time.
struct Series {
    title: &'static str,
    values: Vec<u64>,
}

const COLUMNS: u64 = 60;
const ROWS: u64 = 8;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

fn series(campaign: &Campaign) -> [Series; 2] {
    let samples = &campaign.samples;
    let rate = |pair: &[Sample]| match pair {
        [before, after] => {
            let (count, ms) = (after.decided().saturating_sub(before.decided()), after.at_ms - before.at_ms);
            (count * 1000).checked_div(ms).unwrap_or_default()
        }
        _ => 0,
    };
    [
        Series {
            title: "messages in the queues",
            values: columns(samples, &samples.iter().map(Sample::backlog).collect::<Vec<_>>()),
        },
        Series {
            title: "decided a second",
            values: columns(
                samples,
                &std::iter::once(0).chain(samples.windows(2).map(rate)).collect::<Vec<_>>(),
            ),
        },
    ]
}

/// One value for each column of the picture: the highest that falls into it, or the one before it.
fn columns(samples: &[Sample], values: &[u64]) -> Vec<u64> {
    let end = samples.last().map_or(0, |sample| sample.at_ms).max(1);
    let column = |sample: &Sample| (sample.at_ms * COLUMNS / end).min(COLUMNS - 1);
    let mut last = 0;
    (0..COLUMNS)
        .map(|n| {
            let here = samples.iter().zip(values).filter(|(sample, _)| column(sample) == n).map(|(_, v)| *v);
            last = here.max().unwrap_or(last);
            last
        })
        .collect()
}

/// The picture for a terminal.
#[must_use]
pub fn terminal(campaign: &Campaign) -> String {
    let mut picture = String::new();
    let seconds = campaign.samples.last().map_or(0, |sample| sample.at_ms) / 1000;
    for Series { title, values } in series(campaign) {
        let top = values.iter().copied().max().unwrap_or_default().max(1);
        let _ = writeln!(picture, "\n{:>9} {title}", "");
        for row in (0..ROWS).rev() {
            let label = match row {
                _ if row == ROWS - 1 => top.to_string(),
                0 => "0".to_owned(),
                _ => String::new(),
            };
            let cell = |value: &u64| {
                let eighths = (value * ROWS * 8).div_ceil(top).saturating_sub(row * 8).min(8);
                BLOCKS.get(usize::try_from(eighths).unwrap_or_default()).copied().unwrap_or(' ')
            };
            let line: String = values.iter().map(cell).collect();
            let _ = writeln!(picture, "{label:>8} │{line}");
        }
        let width = usize::try_from(COLUMNS).unwrap_or_default();
        let _ = writeln!(picture, "{:>8} └{}", "", "─".repeat(width));
        let _ = writeln!(picture, "{:>8}  0 s{:>end$}", "", format!("{seconds} s"), end = width - 3);
    }
    picture
}

/// The picture as an SVG: two panels over the same time, legible on light and on dark ground.
#[must_use]
pub fn svg(campaign: &Campaign) -> String {
    const LEFT: u64 = 70;
    const WIDTH: u64 = 600;
    const HEIGHT: u64 = 150;
    let seconds = campaign.samples.last().map_or(0, |sample| sample.at_ms) / 1000;
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 700 470\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#808080\">\n",
    );
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"24\" font-size=\"16\">A campaign of {} prebookings</text>",
        campaign.bookings
    );
    for (n, (Series { title, values }, colour)) in
        (0..).zip(series(campaign).into_iter().zip(["#3b82f6", "#d97706"]))
    {
        let top = values.iter().copied().max().unwrap_or_default().max(1);
        let (above, ground) = (60 + n * 210, 60 + n * 210 + HEIGHT);
        let mut points = format!("{LEFT},{ground}");
        for (x, value) in (0..).zip(&values) {
            let _ = write!(points, " {},{}", LEFT + x * WIDTH / (COLUMNS - 1), ground - value * HEIGHT / top);
        }
        let _ = write!(
            svg,
            "<text x=\"{LEFT}\" y=\"{}\" fill=\"{colour}\">{title}</text>\n\
             <polygon points=\"{points} {},{ground}\" fill=\"{colour}\" fill-opacity=\"0.25\" stroke=\"{colour}\"/>\n\
             <path d=\"M{LEFT} {above}V{ground}H{}\" fill=\"none\" stroke=\"#808080\"/>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{top}</text>\n\
             <text x=\"{}\" y=\"{ground}\" text-anchor=\"end\">0</text>\n\
             <text x=\"{LEFT}\" y=\"{}\">0 s</text>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{seconds} s</text>\n",
            above - 8,
            LEFT + WIDTH,
            LEFT + WIDTH,
            LEFT - 8,
            above + 10,
            LEFT - 8,
            ground + 18,
            LEFT + WIDTH,
            ground + 18,
        );
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn campaign(samples: Vec<Sample>) -> Campaign {
        Campaign {
            bookings: 100,
            accepted: 100,
            refused: BTreeMap::new(),
            confirmed: 100,
            rejected: 0,
            undecided: 0,
            accept_rate_per_second: 0,
            accept_p50_ms: 0,
            accept_p99_ms: 0,
            deepest_backlog: 0,
            drain_ms: 0,
            decided_per_second: 0,
            samples,
        }
    }

    fn rising_and_falling() -> Campaign {
        let sample = |n: u64| Sample {
            at_ms: n * 250,
            accepted: 100,
            processing: 100 - n.abs_diff(50) * 2,
            ..Sample::default()
        };
        campaign((0..=100).map(sample).collect())
    }

    #[test]
    fn the_highest_column_is_full_and_the_ends_are_empty() {
        let picture = terminal(&rising_and_falling());
        let rows: Vec<_> = picture.lines().filter_map(|line| line.split_once('│')).collect();
        assert_eq!(rows.len(), 16, "{picture}");
        assert_eq!(rows[0].0.trim(), "100");
        assert!(
            rows[0].1.contains('█') && rows[0].1.starts_with(' ') && rows[0].1.ends_with(' '),
            "{picture}"
        );
        assert!(picture.contains("25 s"));
    }

    #[test]
    fn everything_in_the_svg_is_within_its_view() {
        for campaign in [rising_and_falling(), campaign(vec![]), campaign(vec![Sample::default()])] {
            let svg = svg(&campaign);
            let points =
                svg.split("points=\"").skip(1).flat_map(|rest| rest.split('"').next().unwrap().split(' '));
            for point in points {
                let (x, y) = point.split_once(',').unwrap();
                let (x, y): (u32, u32) = (x.parse().unwrap(), y.parse().unwrap());
                assert!(x <= 700 && y <= 470, "{point}");
            }
            assert_eq!(svg.matches("<polygon").count(), 2);
        }
    }
}
