use super::{
    campaign::svg,
    load::svg as load_svg,
    panel,
    samples::rates,
    scale::{Scale, round_step, seconds},
    terminal::{WIDEST, picture},
};
use crate::load::{
    campaign::{Campaign, Sample},
    tally::{Figures, Load},
    timeline::Slice,
};

fn campaign(samples: Vec<Sample>) -> Campaign {
    Campaign { bookings: 100, accepted: 100, confirmed: 100, samples, ..Campaign::default() }
}

fn rising_and_falling() -> Campaign {
    let sample = |n: u64| Sample {
        at_ms: n * 250,
        accepted: 2 * n.min(50),
        processing: 100 - n.abs_diff(50) * 2,
        ..Sample::default()
    };
    campaign((0..=100).map(sample).collect())
}

fn odd_ones() -> [Campaign; 4] {
    let long =
        |n: u64| Sample { at_ms: n * 263, submission: n % 777, notification: n * 13, ..Sample::default() };
    let none = Campaign::default();
    [rising_and_falling(), campaign(vec![Sample::default()]), campaign((0..5000).map(long).collect()), none]
}

fn slice(n: u64, p50_ms: u64) -> Slice {
    let (at_ms, until_ms) = (n * 1000, (n + 1) * 1000);
    Slice { at_ms, until_ms, sent: 20, accepted: 20, errors: 0, p50_ms, p99_ms: p50_ms * 3 }
}

fn load(slices: Vec<Slice>) -> Load {
    let all =
        Figures { sent: 1200, accepted: 1200, p50_ms: 12, p99_ms: 40, max_ms: 55, ..Figures::default() };
    Load { rate: 20, sending_ms: 60_000, all, slices, ..Load::default() }
}

fn odd_loads() -> [Load; 4] {
    let mut failing = load((0..240).map(|n| slice(n, n % 17 * 100)).collect());
    failing.all.errors = [("status 503".to_owned(), 7)].into();
    failing.slices[3].errors = 7;
    let short = Slice { until_ms: 1, ..slice(0, 4) };
    [load((0..60).map(|n| slice(n, 12)).collect()), failing, load(vec![short]), Load::default()]
}

#[test]
fn axes_end_at_round_numbers_that_everything_fits_under() {
    let of = |highest| {
        let Scale { step, top } = Scale::for_values_to(highest, 4);
        (step, top)
    };
    assert_eq!([0, 1, 4, 5, 100].map(of), [(1, 1), (1, 1), (1, 4), (2, 6), (50, 100)]);
    assert_eq!([265, 2427, 4497].map(of), [(100, 300), (1000, 3000), (2000, 6000)]);
    assert_eq!(round_step(32_000, 10), 5000);
    let scale = Scale::for_values_to(265, 4);
    assert_eq!([0, 150, 300, 999].map(|value| scale.place(value, 80)), [0, 40, 80, 80]);
    assert_eq!(scale.marks().collect::<Vec<_>>(), [0, 100, 200, 300]);
    assert_eq!([0, 500, 1000, 32_040, 1960].map(seconds), ["0", "0.5", "1", "32", "2"]);
}

#[test]
fn a_rate_is_that_of_the_last_second_and_never_less_than_none() {
    let sample = |at_ms, processing| Sample { at_ms, accepted: 100, processing, ..Sample::default() };
    // All are waiting, ten a quarter of a second leave, one batch comes back.
    let samples = [(0, 100), (250, 90), (500, 80), (750, 85), (1000, 60), (1250, 50), (5250, 50)];
    assert_eq!(rates(&samples.map(|(at, n)| sample(at, n))), [0, 40, 40, 26, 40, 40, 0]);
    assert_eq!(rates(&[sample(7, 1), sample(7, 0)]), [0, 0], "no time has passed");
}

#[test]
fn the_highest_column_is_full_and_the_ends_are_empty() {
    let picture = picture(&rising_and_falling(), WIDEST);
    let rows: Vec<_> = picture.lines().filter_map(|line| line.split_once(['│', '┤'])).collect();
    assert_eq!(rows.len(), 16, "{picture}");
    assert_eq!([0, 4, 7].map(|row: usize| rows[row].0.trim()), ["100", "50", "0"], "{picture}");
    assert!(rows[0].1.starts_with(' ') && rows[0].1.contains('█'), "{picture}");
    assert_eq!(rows[7].1.chars().count(), 61, "all but the last column: {picture}");
    assert!(picture.contains("12.5") && picture.contains("25 s"));
}

#[test]
fn a_picture_is_no_wider_than_the_terminal() {
    for (asked, given) in [(0, 40), (50, 50), (72, 72), (500, 72)] {
        for campaign in odd_ones() {
            let picture = picture(&campaign, asked);
            let widest = picture.lines().map(|line| line.chars().count()).max();
            assert_eq!(widest, Some(given), "{picture}");
        }
    }
}

/// All values of an attribute.
fn attribute<'a>(svg: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    svg.split(&*start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn everything_in_the_svg_is_within_its_view() {
    for svg in odd_ones().iter().map(svg).chain(odd_loads().iter().map(load_svg)) {
        let within =
            |text: &str, limit: u64| assert!(text.parse::<u64>().unwrap() <= limit, "{text} in {svg}");
        for point in attribute(&svg, "points").into_iter().flat_map(|points| points.split_whitespace()) {
            let (x, y) = point.split_once(',').unwrap();
            within(x, panel::WIDTH);
            within(y, panel::HEIGHT);
        }
        for x in attribute(&svg, "x") {
            within(x, panel::WIDTH);
        }
        for y in attribute(&svg, "y") {
            within(y, panel::HEIGHT);
        }
        for path in attribute(&svg, "d") {
            let numbers = path.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
            for number in numbers {
                within(number, panel::WIDTH);
            }
        }
        assert!(
            [svg.matches("<polygon").count(), svg.matches("<polyline").count()]
                .iter()
                .all(|n| [3, 4].contains(n))
        );
    }
}

#[test]
fn the_svg_is_well_formed() {
    for svg in odd_ones().iter().map(svg).chain(odd_loads().iter().map(load_svg)) {
        let mut open: Vec<&str> = Vec::new();
        for tag in svg.split('<').skip(1) {
            let (tag, text) = tag.split_once('>').unwrap();
            assert!(!text.contains(['>', '&']) && tag.matches('"').count() % 2 == 0, "{tag}>{text}");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "{svg}");
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
        assert!(open.is_empty() && svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{open:?}");
    }
}

#[test]
fn a_load_is_drawn_in_steps_over_its_whole_time() {
    let svg = load_svg(&load(vec![slice(0, 50), slice(1, 100)]));
    let lines: Vec<_> =
        svg.split("<polyline points=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    // Up to 300 ms, 190 high: 150, 300; then 50, 100; then 20 a second of 20, 110 high.
    assert_eq!(lines, ["70,195 400,100 730,100", "70,259 400,227 730,227", "70,350 400,350 730,350"]);
    assert!(
        svg.contains("1200 requests at 20 a second") && svg.contains("in 60 s, 0 errors; p50 12 ms"),
        "{svg}"
    );
    assert!(!svg.contains("<polygon points=\"\""), "{svg}");
}
