//! Plots as inline SVG: one row for each thing that was measured, values from left to right.
#![allow(dead_code, reason = "each measurement needs some of it")]

use std::fmt::Write as _;

const WIDTH: f64 = 992.0;
const LEFT: f64 = 200.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 44.0;
const ROW: f64 = 34.0;

/// What is drawn at a value of a row.
pub(crate) enum Mark {
    /// A bar from the left edge.
    Bar(f64),
    /// From the lowest to the highest, with ends.
    Spread(f64, f64),
    /// A line from one to the other.
    Line(f64, f64),
    /// One of many.
    Dot(f64),
    /// The one that counts.
    Main(f64),
    /// What was to be reached.
    Goal(f64),
}

pub(crate) struct Row {
    pub(crate) label: String,
    /// The colour: `a`, `b`, `c` or `d`.
    pub(crate) class: &'static str,
    pub(crate) marks: Vec<Mark>,
    /// In words, at the right.
    pub(crate) value: String,
}

#[derive(Clone, Copy)]
pub(crate) enum Axis {
    /// From zero.
    Linear,
    Log,
}

pub(crate) struct Plot<'a> {
    /// For those who cannot see it.
    pub(crate) about: &'a str,
    pub(crate) axis: Axis,
    pub(crate) unit: &'a str,
    pub(crate) rows: Vec<Row>,
    /// A value worth a line across all rows.
    pub(crate) line: Option<f64>,
}

impl Mark {
    fn values(&self) -> [f64; 2] {
        match *self {
            Mark::Spread(low, high) | Mark::Line(low, high) => [low, high],
            Mark::Bar(value) | Mark::Dot(value) | Mark::Main(value) | Mark::Goal(value) => [value, value],
        }
    }
}

/// How values become places.
struct Scale {
    axis: Axis,
    min: f64,
    max: f64,
}

impl Scale {
    fn new(plot: &Plot<'_>) -> Self {
        let values = || plot.rows.iter().flat_map(|row| &row.marks).flat_map(Mark::values).chain(plot.line);
        let max = values().fold(f64::MIN, f64::max).max(1e-6);
        match plot.axis {
            Axis::Linear => {
                let step = step(max);
                Self { axis: plot.axis, min: 0.0, max: (max / step).ceil() * step }
            }
            Axis::Log => {
                let min = values().filter(|value| *value > 0.0).fold(f64::MAX, f64::min).min(max);
                let (min, max) = (round_down(min * 0.97), round_up(max * 1.03));
                Self { axis: plot.axis, min, max }
            }
        }
    }

    fn x(&self, value: f64) -> f64 {
        let share = match self.axis {
            Axis::Linear => value / self.max,
            Axis::Log => (value.max(self.min) / self.min).ln() / (self.max / self.min).ln(),
        };
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn ticks(&self) -> Vec<f64> {
        match self.axis {
            Axis::Linear => {
                let step = step(self.max);
                (0..=6).map(|n| f64::from(n) * step).filter(|tick| *tick <= self.max * 1.001).collect()
            }
            Axis::Log => {
                let mut ticks = vec![self.min];
                while let Some(last) = ticks.last().copied().filter(|last| *last < self.max * 0.999) {
                    ticks.push(round_up(last * 1.01));
                }
                ticks
            }
        }
    }
}

/// A round step that gives about five ticks.
fn step(max: f64) -> f64 {
    let rough = max / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= rough * 0.999).unwrap_or(rough)
}

/// The next of 1, 2, 5 times a power of ten, at or above.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|round| *round >= value).unwrap_or(value)
}

fn round_down(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|step| step * power).find(|round| *round <= value).unwrap_or(power)
}

impl Plot<'_> {
    pub(crate) fn draw(&self) -> String {
        let scale = Scale::new(self);
        let height = TOP + self.rows.len() as f64 * ROW + BOTTOM;
        let bottom = height - BOTTOM;
        let mut svg =
            format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">", escape(self.about));
        let ticks = scale.ticks();
        // Labels need room; where ticks are close every other one has none.
        let every = if ticks.len() > 10 { 2 } else { 1 };
        for (at, tick) in ticks.iter().enumerate() {
            let x = scale.x(*tick);
            let _ = write!(svg, "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>");
            if at % every == 0 {
                let y = bottom + 18.0;
                let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", figure(*tick));
            }
        }
        let _ = write!(svg, "<text x=\"{LEFT}\" y=\"{:.1}\">{}</text>", height - 6.0, escape(self.unit));
        if let Some(value) = self.line {
            let x = scale.x(value);
            let _ = write!(svg, "<line class=\"axis even\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>");
        }
        for (at, row) in self.rows.iter().enumerate() {
            row.draw(&mut svg, &scale, TOP + (at as f64 + 0.5) * ROW);
        }
        svg.push_str("</svg>");
        svg
    }
}

impl Row {
    fn draw(&self, svg: &mut String, scale: &Scale, y: f64) {
        let class = self.class;
        let base = y + 4.5;
        let _ = write!(svg, "<text class=\"name\" x=\"0\" y=\"{base:.1}\">{}</text>", escape(&self.label));
        let end = WIDTH - 1.0;
        let _ = write!(
            svg,
            "<text class=\"value\" x=\"{end}\" y=\"{base:.1}\" text-anchor=\"end\">{}</text>",
            escape(&self.value)
        );
        for mark in &self.marks {
            let [from, to] = mark.values().map(|value| scale.x(value));
            let _ = match mark {
                Mark::Bar(_) => {
                    let (top, width) = (y - 9.0, (to - LEFT).max(1.0));
                    write!(
                        svg,
                        "<rect class=\"bar {class}\" x=\"{LEFT}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"18\" rx=\"2\"/>"
                    )
                }
                Mark::Spread(..) => {
                    let (top, low) = (y - 5.0, y + 5.0);
                    write!(
                        svg,
                        "<path class=\"spread\" d=\"M{from:.1} {top:.1}V{low:.1}M{from:.1} {y:.1}H{to:.1}M{to:.1} {top:.1}V{low:.1}\"/>"
                    )
                }
                Mark::Line(..) => write!(svg, "<path class=\"{class}\" d=\"M{from:.1} {y:.1}H{to:.1}\"/>"),
                Mark::Dot(_) => write!(svg, "<circle class=\"dot {class}\" cx=\"{from:.1}\" cy=\"{y:.1}\" r=\"4\"/>"),
                Mark::Main(_) => write!(svg, "<circle class=\"main {class}\" cx=\"{from:.1}\" cy=\"{y:.1}\" r=\"6\"/>"),
                Mark::Goal(_) => {
                    let (top, low) = (y - 13.0, y + 13.0);
                    write!(svg, "<path class=\"limit\" d=\"M{from:.1} {top:.1}V{low:.1}\"/>")
                }
            };
        }
    }
}

/// A figure with as many digits as are worth reading.
pub(crate) fn figure(value: f64) -> String {
    match value {
        value if value >= 100.0 => number(value),
        value if value == value.trunc() => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 0.1 => format!("{value:.2}").trim_end_matches('0').to_owned(),
        value => format!("{value:.3}"),
    }
}

/// A whole number with commas.
pub(crate) fn number(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
