//! A panel of an SVG: a frame with axes, and areas in it.

use std::fmt::Write;

use super::scale::{Scale, round_step, seconds};

pub(super) const WIDTH: u64 = 760;
pub(super) const HEIGHT: u64 = 520;
const LEFT: u64 = 70;
const ACROSS: u64 = 660;
const GREY: &str = "#808080";

/// A panel: its position, the scale of its height, and its width.
pub(super) struct Panel {
    pub above: u64,
    pub high: u64,
    pub scale: Scale,
    pub end_ms: u64,
}

/// Starts a picture that is legible on light and on dark ground.
pub(super) fn open(title: &str, below: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"{GREY}\">\n\
         <title>{title}</title>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"18\">{title}</text>\n\
         <text x=\"{LEFT}\" y=\"48\">{below}</text>\n"
    )
}

/// Ends the picture.
pub(super) fn close(svg: &mut String) {
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">seconds since the first request</text>\n</svg>\n",
        LEFT + ACROSS / 2,
        HEIGHT - 16
    );
}

impl Panel {
    fn x(&self, at_ms: u64) -> u64 {
        LEFT + Scale { step: 1, top: self.end_ms.max(1) }.place(at_ms, ACROSS)
    }

    fn y(&self, value: u64) -> u64 {
        self.above + self.high - self.scale.place(value, self.high)
    }

    /// Title, axes, marks and their lines, and the legend from right to left.
    pub fn frame<'a>(
        &self,
        svg: &mut String,
        title: &str,
        names: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) {
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
        let end = self.end_ms.max(1);
        let step = round_step(end, 10);
        for mark in (0..=end / step).map(|n| n * step) {
            let x = self.x(mark);
            let _ = writeln!(
                svg,
                "<path d=\"M{x} {ground}v5\" stroke=\"{GREY}\"/>\
                 <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                ground + 20,
                seconds(mark)
            );
        }
        let mut right = right;
        for (name, colour) in names {
            right = legend(svg, right, self.above - 12, name, colour);
        }
    }

    /// Fills the area between two lines over these times, and draws the upper line.
    pub fn area(&self, svg: &mut String, colour: &str, times: &[u64], ground: &[u64], top: &[u64]) {
        let (upper, lower) = (self.line(times, top), self.line(times, ground));
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

    /// A point for each place with a value: the highest, if there are several.
    fn line(&self, times: &[u64], values: &[u64]) -> Vec<(u64, u64)> {
        let mut points: Vec<(u64, u64)> = Vec::new();
        for (at_ms, value) in times.iter().zip(values) {
            let (x, y) = (self.x(*at_ms), self.y(*value));
            match points.last_mut() {
                Some((same, highest)) if *same == x => *highest = y.min(*highest),
                _ => points.push((x, y)),
            }
        }
        points
    }
}

/// Writes a name of the legend to the left of another; returns the right end of the next.
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
