//! Plots as inline SVG: lines over time, and percentiles on a log axis.

use super::html::{figure, number};
use super::measure::Second;
use super::report::Report;
use std::fmt::Write as _;

/// The size of a plot, and the margins for its labels.
const WIDTH: f64 = 992.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 40.0;

/// How values become places along an axis.
#[derive(Clone, Copy)]
enum Scale {
    Linear { max: f64 },
    Log { min: f64, max: f64 },
}

impl Scale {
    /// From 0, up to a round number.
    fn linear(max: f64) -> Self {
        let step = step(max);
        Self::Linear { max: (max / step).ceil().max(1.0) * step }
    }

    /// Over whole decades.
    fn log(min: f64, max: f64) -> Self {
        let (low, high) = (min.max(1e-3).log10().floor(), max.max(1e-3).log10().ceil());
        Self::Log { min: 10_f64.powf(low), max: 10_f64.powf(high.max(low + 1.0)) }
    }

    /// From 0 to 1.
    fn place(self, value: f64) -> f64 {
        let place = match self {
            Self::Linear { max } => value / max,
            Self::Log { min, max } => (value.max(min) / min).log10() / (max / min).log10(),
        };
        place.clamp(0.0, 1.0)
    }

    fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear { max } => {
                let step = step(max);
                let mut ticks = vec![0.0];
                while ticks.last().is_some_and(|last| last + step <= max * 1.001) {
                    ticks.push(ticks.len() as f64 * step);
                }
                ticks
            }
            Self::Log { min, max } => {
                let decades = (max / min).log10() + 1e-6;
                (0..).map(f64::from).take_while(|n| *n <= decades).map(|n| min * 10_f64.powf(n)).collect()
            }
        }
    }
}

/// A round step that gives about five ticks.
fn step(max: f64) -> f64 {
    let rough = max.max(1e-3) / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|step| *step >= rough).unwrap_or(rough)
}

struct Line<'a> {
    class: &'a str,
    name: &'a str,
    /// Where there is no value, the line is broken.
    points: Vec<(f64, Option<f64>)>,
}

struct Plot<'a> {
    about: &'a str,
    x: Scale,
    y: Scale,
    x_ticks: Vec<(f64, String)>,
    x_title: &'a str,
    y_title: &'a str,
    lines: Vec<Line<'a>>,
    /// A gate, drawn across.
    limit: Option<f64>,
}

impl Plot<'_> {
    fn point(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let along = LEFT + self.x.place(x) * (WIDTH - LEFT - RIGHT);
        let up = HEIGHT - BOTTOM - self.y.place(y) * (HEIGHT - TOP - BOTTOM);
        (along, up)
    }

    fn draw(&self) -> String {
        let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">", self.about);
        self.axes(&mut svg);
        if let Some(limit) = self.limit {
            let (_, y) = self.point((0.0, limit));
            let end = WIDTH - RIGHT;
            let _ = write!(svg, "<line class=\"limit\" x1=\"{LEFT}\" x2=\"{end}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
        }
        for (at, line) in self.lines.iter().enumerate() {
            self.line(&mut svg, line, at == 0 && matches!(self.y, Scale::Linear { .. }));
        }
        self.legend(&mut svg);
        svg.push_str("</svg>");
        svg
    }

    fn axes(&self, svg: &mut String) {
        let (bottom, end) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for tick in self.y.ticks() {
            let (_, y) = self.point((0.0, tick));
            let label = if tick < 1.0 { format!("{tick}") } else { figure(tick) };
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{end}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 8.0,
                y + 4.0
            );
        }
        for (tick, label) in &self.x_ticks {
            let (x, _) = self.point((*tick, 0.0));
            let anchor = if x > WIDTH - 2.0 * RIGHT { "end" } else { "middle" };
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{label}</text>",
                bottom + 18.0
            );
        }
        let _ = write!(
            svg,
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{end}\" y1=\"{bottom}\" y2=\"{bottom}\"/>\
             <text x=\"{end}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><text x=\"0\" y=\"14\">{}</text>",
            HEIGHT - 6.0,
            self.x_title,
            self.y_title
        );
    }

    fn line(&self, svg: &mut String, line: &Line<'_>, filled: bool) {
        let mut path = String::new();
        let mut begun = false;
        for (along, value) in &line.points {
            let (x, y) = self.point((*along, value.unwrap_or(0.0)));
            let _ = match (value, begun) {
                (None, _) => Ok(()),
                // A line of one point is a dot.
                (Some(_), false) => write!(path, "M{x:.1} {y:.1}h0"),
                (Some(_), true) => write!(path, "L{x:.1} {y:.1}"),
            };
            begun = value.is_some();
        }
        if let (true, Some((first, _)), Some((last, _))) = (filled, line.points.first(), line.points.last()) {
            let ((first, bottom), (last, _)) = (self.point((*first, 0.0)), self.point((*last, 0.0)));
            let _ = write!(svg, "<path class=\"fill\" d=\"{path}L{last:.1} {bottom:.1}L{first:.1} {bottom:.1}Z\"/>");
        }
        let _ = write!(svg, "<path class=\"{}\" d=\"{path}\"/>", line.class);
    }

    fn legend(&self, svg: &mut String) {
        let mut x = WIDTH - RIGHT;
        for line in self.lines.iter().rev().filter(|line| !line.name.is_empty()) {
            let _ = write!(svg, "<text x=\"{x:.1}\" y=\"14\" text-anchor=\"end\">{}</text>", line.name);
            x -= line.name.len() as f64 * 7.0 + 12.0;
            let start = x - 18.0;
            let _ = write!(svg, "<path class=\"key {}\" d=\"M{start:.1} 10L{x:.1} 10\"/>", line.class);
            x = start - 20.0;
        }
    }
}

fn over_time<'a>(report: &Report, about: &'a str, y: Scale, y_title: &'a str, lines: Vec<Line<'a>>) -> Plot<'a> {
    let max = report.duration_s;
    let ticks = Scale::linear(max).ticks().into_iter().filter(|tick| *tick <= max);
    Plot {
        about,
        x: Scale::Linear { max },
        y,
        x_ticks: ticks.map(|tick| (tick, tick.to_string())).collect(),
        x_title: "seconds",
        y_title,
        lines,
        limit: None,
    }
}

/// The last of the series holds what came after the end.
fn during(report: &Report) -> impl Iterator<Item = &Second> {
    report.series.iter().filter(|second| second.t <= report.duration_s + 1e-9)
}

/// Accepted and refused over time.
pub(super) fn throughput(report: &Report) -> String {
    let accepted = during(report).map(|second| (second.t, Some(second.accepted))).collect();
    let refused = during(report).map(|second| (second.t, Some(second.refused))).collect();
    let max = during(report).map(|second| second.accepted.max(second.refused)).fold(1.0, f64::max);
    let mut lines = vec![Line { class: "a", name: "accepted", points: accepted }];
    if report.refused > 0 {
        lines.push(Line { class: "b", name: "refused", points: refused });
    }
    over_time(report, "Accepted sales and refusals a second, over time", Scale::linear(max), "per second", lines).draw()
}

/// Percentiles over time, where anything was sold.
pub(super) fn latency(report: &Report) -> String {
    let sold = || during(report).filter(|second| second.accepted > 0.0);
    let line = |of: fn(&Second) -> f64| {
        during(report).map(|second| (second.t, (second.accepted > 0.0).then(|| of(second)))).collect()
    };
    if sold().next().is_none() {
        return "<p>Nothing was accepted.</p>".to_owned();
    }
    let min = sold().map(|second| second.p50).fold(f64::MAX, f64::min);
    let max = sold().map(|second| second.p999).fold(0.0, f64::max);
    let lines = vec![
        Line { class: "a", name: "half", points: line(|second| second.p50) },
        Line { class: "b", name: "99 of 100", points: line(|second| second.p99) },
        Line { class: "c", name: "999 of 1,000", points: line(|second| second.p999) },
    ];
    let gate = report.gates.iter().find(|gate| gate.gate.starts_with("p99="));
    let limit = gate.map(|gate| gate.limit);
    let y = Scale::log(min, limit.map_or(max, |limit| limit.max(max)));
    let about = "Latency by percentile, over time";
    Plot { limit, ..over_time(report, about, y, "milliseconds", lines) }.draw()
}

/// Latency against how rare it is, as HdrHistogram draws it.
pub(super) fn percentiles(report: &Report) -> String {
    let points: Vec<(f64, f64)> =
        report.percentiles.iter().map(|point| (1.0 / (1.0 - point.quantile), point.ms)).collect();
    let (Some((_, min)), Some((rarest, max))) = (points.first().copied(), points.last().copied()) else {
        return "<p>Nothing was accepted.</p>".to_owned();
    };
    let x = Scale::Log { min: 1.0, max: rarest.max(10.0) };
    let name = |one_in: f64| if one_in < 2.0 { "all".to_owned() } else { format!("1 in {}", number(one_in)) };
    Plot {
        about: "Latency by percentile, log axes",
        x,
        y: Scale::log(min, max),
        x_ticks: x.ticks().into_iter().map(|tick| (tick, percent(tick).unwrap_or_else(|| name(tick)))).collect(),
        x_title: "percentile",
        y_title: "milliseconds",
        lines: vec![Line { class: "a", name: "", points: points.into_iter().map(|(x, y)| (x, Some(y))).collect() }],
        limit: None,
    }
    .draw()
}

/// 1 in 100 is the percentile 99 %.
fn percent(one_in: f64) -> Option<String> {
    let nines = one_in.log10().round();
    let text = match nines as i32 {
        0 => "0 %".to_owned(),
        1 => "90 %".to_owned(),
        2 => "99 %".to_owned(),
        more @ 3..=9 => format!("99.{} %", "9".repeat(usize::try_from(more - 2).unwrap_or(0))),
        _ => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_on_round_numbers() {
        assert_eq!(Scale::linear(1_130.0).ticks(), [0.0, 250.0, 500.0, 750.0, 1_000.0, 1_250.0]);
        assert_eq!(Scale::log(0.3, 42.0).ticks().len(), 4, "0.1 to 100");
        assert_eq!(percent(1_000.0).as_deref(), Some("99.9 %"));
    }
}
