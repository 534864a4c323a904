//! The plots of the report: throughput, latency and staleness over time, and percentiles on a log axis.

use super::compare::Earlier;
use super::html::number;
use super::measure::Second;
use super::report::{Quantile, Report};
use super::svg::{Band, Line, Plot, Scale};

/// What happened over time; the phases shaded.
fn over_time<'a>(report: &Report, about: &'a str, y: Scale, y_title: &'a str, lines: Vec<Line<'a>>) -> Plot<'a> {
    let max = report.duration_s;
    let ticks = Scale::linear(max).ticks().into_iter().filter(|tick| *tick <= max);
    let band = |phase: &super::report::Phase| Band { name: phase.name.clone(), from: phase.start_s, to: phase.end_s };
    Plot {
        about,
        x: Scale::Linear { max },
        y,
        x_ticks: ticks.map(|tick| (tick, tick.to_string())).collect(),
        x_title: "seconds",
        y_title,
        bands: report.phases.iter().map(band).collect(),
        lines,
        filled: false,
        limit: None,
    }
}

/// The last of the series holds what came after the end.
fn during(report: &Report) -> impl Iterator<Item = &Second> {
    report.series.iter().filter(|second| second.t <= report.duration_s + 1e-9)
}

fn points<'a>(
    series: impl Iterator<Item = &'a Second>,
    of: impl Fn(&Second) -> Option<f64>,
) -> Vec<(f64, Option<f64>)> {
    series.map(|second| (second.t, of(second))).collect()
}

/// Accepted, refused and given up over time.
pub(super) fn throughput(report: &Report, earlier: Option<&Earlier>) -> String {
    let line = |class, name, of: fn(&Second) -> f64| Line {
        class,
        name,
        points: points(during(report), |second| Some(of(second))),
    };
    let mut lines = vec![line("a", "accepted", |second| second.accepted)];
    if report.refused > 0 {
        lines.push(line("b", "refused", |second| second.refused));
    }
    if report.unsent > 0 {
        lines.push(line("c", "given up", |second| second.unsent));
    }
    if report.rate != "max" {
        lines.push(line("plan", "planned", |second| second.planned));
    }
    if let Some(earlier) = earlier.filter(|earlier| !earlier.series.is_empty()) {
        let points = points(earlier.during(), |second| Some(second.accepted));
        lines.push(Line { class: "a then", name: "accepted earlier", points });
    }
    let highest = |line: &Line<'_>| line.points.iter().filter_map(|(_, value)| *value).fold(1.0, f64::max);
    let max = lines.iter().map(highest).fold(1.0, f64::max);
    let about = "Requests accepted and refused a second, over time";
    Plot { filled: true, ..over_time(report, about, Scale::linear(max), "per second", lines) }.draw()
}

/// Percentiles over time, where anything was accepted.
pub(super) fn latency(report: &Report, earlier: Option<&Earlier>) -> String {
    let sold = |second: &Second| second.accepted > 0.0;
    if !during(report).any(sold) {
        return "<p>Nothing was accepted.</p>".to_owned();
    }
    let line = |class, name, of: fn(&Second) -> f64| Line {
        class,
        name,
        points: points(during(report), |second| sold(second).then(|| of(second))),
    };
    let mut lines = vec![
        line("a", "half", |second| second.p50),
        line("b", "99 of 100", |second| second.p99),
        line("c", "999 of 1,000", |second| second.p999),
    ];
    if let Some(earlier) = earlier.filter(|earlier| !earlier.series.is_empty()) {
        let points = points(earlier.during(), |second| sold(second).then_some(second.p99));
        lines.push(Line { class: "b then", name: "99 of 100 earlier", points });
    }
    let limit = gate(report, "p99=");
    let about = "Latency by percentile, over time";
    Plot { limit, ..over_time(report, about, log_of(&lines, limit), "milliseconds", lines) }.draw()
}

/// How long refusals took over time; none where hardly any were.
pub(super) fn refusals(report: &Report) -> Option<String> {
    let refused = |second: &Second| (second.refused > 0.0).then_some(second.refused_p99);
    if during(report).filter_map(refused).count() < 2 {
        return None;
    }
    let lines = vec![Line { class: "b", name: "99 of 100", points: points(during(report), refused) }];
    let limit = gate(report, "refusal=");
    let y = log_of(&lines, limit);
    Some(Plot { limit, ..over_time(report, "Time to a refusal, over time", y, "milliseconds", lines) }.draw())
}

/// How late watchers saw changes over time; none where nobody watched.
pub(super) fn staleness(report: &Report) -> Option<String> {
    report.staleness_ms?;
    let line = |class, name, of: fn(&Second) -> Option<u64>| Line {
        class,
        name,
        points: points(during(report), |second| of(second).map(|ms| ms as f64)),
    };
    let lines = vec![line("a", "half", |second| second.stale_p50), line("b", "99 of 100", |second| second.stale_p99)];
    let highest = |line: &Line<'_>| line.points.iter().filter_map(|(_, value)| *value).fold(1.0, f64::max);
    let limit = gate(report, "staleness=");
    let max = lines.iter().map(highest).fold(limit.unwrap_or(1.0), f64::max);
    let about = "How late watchers saw changes, over time";
    Some(Plot { limit, ..over_time(report, about, Scale::linear(max), "milliseconds", lines) }.draw())
}

fn gate(report: &Report, name: &str) -> Option<f64> {
    report.gates.iter().find(|gate| gate.gate.starts_with(name)).map(|gate| gate.limit)
}

/// Decades that hold all lines, and the limit.
fn log_of(lines: &[Line<'_>], limit: Option<f64>) -> Scale {
    let values = || lines.iter().flat_map(|line| &line.points).filter_map(|(_, value)| *value).chain(limit);
    Scale::log(values().fold(f64::MAX, f64::min), values().fold(0.0, f64::max))
}

/// Latency against how rare it is, as HdrHistogram draws it.
pub(super) fn percentiles(report: &Report, earlier: Option<&Earlier>) -> String {
    let line = |class, name, points: &[Quantile]| Line {
        class,
        name,
        points: points.iter().map(|point| (1.0 / (1.0 - point.quantile), Some(point.ms))).collect(),
    };
    let mut lines = vec![line("a", "", &report.percentiles)];
    if let Some(earlier) = earlier.filter(|earlier| !earlier.percentiles.is_empty()) {
        lines[0].name = "this run";
        lines.push(line("a then", "earlier", &earlier.percentiles));
    }
    let Some((rarest, _)) = lines[0].points.last().copied() else {
        return "<p>Nothing was accepted.</p>".to_owned();
    };
    let x = Scale::Log { min: 1.0, max: rarest.max(10.0) };
    let name = |one_in: f64| if one_in < 2.0 { "all".to_owned() } else { format!("1 in {}", number(one_in)) };
    Plot {
        about: "Latency by percentile, log axes",
        x,
        y: log_of(&lines, None),
        x_ticks: x.ticks().into_iter().map(|tick| (tick, percent(tick).unwrap_or_else(|| name(tick)))).collect(),
        x_title: "percentile",
        y_title: "milliseconds",
        bands: Vec::new(),
        lines,
        filled: false,
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
    fn one_in_a_thousand_has_a_name() {
        assert_eq!(percent(1_000.0).as_deref(), Some("99.9 %"));
        assert_eq!(percent(1e12), None);
    }
}
