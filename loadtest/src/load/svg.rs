//! Drawing: scales, axes, lines, bands and legends as inline SVG.

use super::html::figure;
use std::fmt::Write as _;

/// The size of a plot, and the margins for its labels.
const WIDTH: f64 = 992.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 32.0;
/// The strip above the lines where the phases have their names.
const STRIP: f64 = 22.0;
const BOTTOM: f64 = 40.0;
/// A letter is about so wide.
const LETTER: f64 = 7.0;

/// How values become places along an axis.
#[derive(Clone, Copy)]
pub(super) enum Scale {
    Linear { max: f64 },
    Log { min: f64, max: f64 },
}

impl Scale {
    /// From 0, up to a round number.
    pub(super) fn linear(max: f64) -> Self {
        let step = step(max);
        Self::Linear { max: (max / step).ceil().max(1.0) * step }
    }

    /// Over whole decades.
    pub(super) fn log(min: f64, max: f64) -> Self {
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

    pub(super) fn ticks(self) -> Vec<f64> {
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

/// One line; its class says how it looks.
pub(super) struct Line<'a> {
    pub(super) class: &'a str,
    pub(super) name: &'a str,
    /// Where there is no value, the line is broken.
    pub(super) points: Vec<(f64, Option<f64>)>,
}

/// A stretch along the horizontal axis, with its name.
pub(super) struct Band {
    pub(super) name: String,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// One plot.
pub(super) struct Plot<'a> {
    pub(super) about: &'a str,
    pub(super) x: Scale,
    pub(super) y: Scale,
    pub(super) x_ticks: Vec<(f64, String)>,
    pub(super) x_title: &'a str,
    pub(super) y_title: &'a str,
    pub(super) bands: Vec<Band>,
    pub(super) lines: Vec<Line<'a>>,
    /// Whether the area below the first line is filled.
    pub(super) filled: bool,
    /// A gate, drawn across.
    pub(super) limit: Option<f64>,
}

impl Plot<'_> {
    fn point(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let along = LEFT + self.x.place(x) * (WIDTH - LEFT - RIGHT);
        let up = HEIGHT - BOTTOM - self.y.place(y) * (HEIGHT - self.top() - BOTTOM);
        (along, up)
    }

    /// Where the lines may begin.
    fn top(&self) -> f64 {
        if self.bands.is_empty() { TOP } else { TOP + STRIP }
    }

    pub(super) fn draw(&self) -> String {
        let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">", self.about);
        self.shade(&mut svg);
        self.axes(&mut svg);
        if let Some(limit) = self.limit {
            let (_, y) = self.point((0.0, limit));
            let end = WIDTH - RIGHT;
            let (line, label) = (format!("{y:.1}"), y - 5.0);
            let _ = write!(
                svg,
                "<line class=\"limit\" x1=\"{LEFT}\" x2=\"{end}\" y1=\"{line}\" y2=\"{line}\"/>\
                 <text class=\"gate\" x=\"{:.1}\" y=\"{label:.1}\" text-anchor=\"end\">gate {}</text>",
                end - 4.0,
                figure(limit)
            );
        }
        for (at, line) in self.lines.iter().enumerate() {
            self.line(&mut svg, line, at == 0 && self.filled);
        }
        self.name_bands(&mut svg);
        self.legend(&mut svg);
        svg.push_str("</svg>");
        svg
    }

    /// Every other phase is shaded.
    fn shade(&self, svg: &mut String) {
        for band in self.bands.iter().skip(1).step_by(2) {
            let ((from, top), (to, _)) = ((self.point((band.from, 0.0)).0, TOP), self.point((band.to, 0.0)));
            let (wide, high) = (to - from, HEIGHT - TOP - BOTTOM);
            let _ =
                write!(svg, "<rect class=\"band\" x=\"{from:.1}\" y=\"{top}\" width=\"{wide:.1}\" height=\"{high}\"/>");
        }
    }

    /// Named above the lines, so that no line runs through the name.
    fn name_bands(&self, svg: &mut String) {
        for band in &self.bands {
            let (from, to) = (self.point((band.from, 0.0)).0, self.point((band.to, 0.0)).0);
            if to - from > band.name.len() as f64 * LETTER {
                let (x, y) = ((from + to) / 2.0, TOP + 15.0);
                let _ = write!(
                    svg,
                    "<text class=\"phase\" x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
                    band.name
                );
            }
        }
    }

    fn axes(&self, svg: &mut String) {
        let (top, bottom, end) = (self.top(), HEIGHT - BOTTOM, WIDTH - RIGHT);
        for tick in self.y.ticks() {
            let (_, y) = self.point((0.0, tick));
            let label = if tick < 1.0 { format!("{}", (tick * 1e6).round() / 1e6) } else { figure(tick) };
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
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{bottom}\"/>\
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
            x -= line.name.len() as f64 * LETTER + 12.0;
            let start = x - 22.0;
            let _ = write!(svg, "<path class=\"key {}\" d=\"M{start:.1} 10L{x:.1} 10\"/>", line.class);
            x = start - 20.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_on_round_numbers() {
        assert_eq!(Scale::linear(1_130.0).ticks(), [0.0, 250.0, 500.0, 750.0, 1_000.0, 1_250.0]);
        assert_eq!(Scale::log(0.3, 42.0).ticks().len(), 4, "0.1 to 100");
    }

    #[test]
    fn a_short_phase_is_shaded_and_not_named() {
        let band = |name: &str, from, to| Band { name: name.to_owned(), from, to };
        let plot = Plot {
            about: "x",
            x: Scale::Linear { max: 100.0 },
            y: Scale::linear(10.0),
            x_ticks: Vec::new(),
            x_title: "",
            y_title: "",
            bands: vec![band("calm", 0.0, 50.0), band("a very long name", 50.0, 51.0), band("again", 51.0, 100.0)],
            lines: vec![Line { class: "a", name: "y", points: vec![(0.0, Some(1.0)), (1.0, None), (2.0, Some(2.0))] }],
            filled: false,
            limit: None,
        };
        let svg = plot.draw();
        assert_eq!(svg.matches("class=\"band\"").count(), 1);
        assert!(svg.contains(">calm<") && svg.contains(">again<") && !svg.contains("very long"), "{svg}");
        assert_eq!(svg.matches('M').count(), 3, "broken once, and the key: {svg}");
    }
}
