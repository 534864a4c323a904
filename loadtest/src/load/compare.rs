//! Two runs side by side.

use super::measure::{Latency, Second};
use super::report::{Quantile, Report, Staleness};
use serde::{Deserialize, Serialize};

/// An earlier run, as its JSON tells it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Earlier {
    /// The scenario's name.
    pub scenario: String,
    accepted_per_s: f64,
    refused_per_s: f64,
    latency_ms: Latency,
    #[serde(default)]
    refusal_answer_ms: Option<Latency>,
    #[serde(default)]
    staleness_ms: Option<Staleness>,
    #[serde(default)]
    pub(super) duration_s: f64,
    #[serde(default)]
    pub(super) series: Vec<Second>,
    #[serde(default)]
    pub(super) percentiles: Vec<Quantile>,
}

impl Earlier {
    /// What was measured until the end of the plan.
    pub(super) fn during(&self) -> impl Iterator<Item = &Second> {
        self.series.iter().filter(|second| second.t <= self.duration_s + 1e-9)
    }
}

/// One figure of two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// What it is.
    pub figure: &'static str,
    /// Then.
    pub earlier: f64,
    /// Now.
    pub now: f64,
    /// Now divided by then; none where then there was nothing.
    pub ratio: Option<f64>,
}

/// The figures of both, where both have them.
#[must_use]
pub fn compare(earlier: &Earlier, now: &Report) -> Vec<Compared> {
    let (then, latency) = (&earlier.latency_ms, &now.latency_ms);
    let mut all = vec![
        compared("accepted a second", earlier.accepted_per_s, now.accepted_per_s),
        compared("refused a second", earlier.refused_per_s, now.refused_per_s),
        compared("half accepted within, ms", then.p50, latency.p50),
        compared("90 of 100 within, ms", then.p90, latency.p90),
        compared("99 of 100 within, ms", then.p99, latency.p99),
        compared("999 of 1,000 within, ms", then.p999, latency.p999),
        compared("slowest, ms", then.max, latency.max),
    ];
    if let Some(then) = earlier.refusal_answer_ms.filter(|then| then.max > 0.0 && now.refused > 0) {
        all.push(compared("99 of 100 refusals within, from sending, ms", then.p99, now.refusal_answer_ms.p99));
    }
    if let (Some(then), Some(now)) = (earlier.staleness_ms, now.staleness_ms) {
        all.push(compared("99 of 100 changes seen within, ms", then.p99 as f64, now.p99 as f64));
    }
    all
}

fn compared(figure: &'static str, earlier: f64, now: f64) -> Compared {
    Compared { figure, earlier, now, ratio: (earlier > 0.0).then(|| now / earlier) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_run_is_read_from_its_json() {
        let json = r#"{"scenario":"spread","connections":4,"accepted_per_s":100.0,"refused_per_s":0,
            "latency_ms":{"p50":1.0,"p90":2.0,"p99":3.0,"p999":4.0,"max":5.0},"audit":{"ok":true}}"#;
        let earlier: Earlier = serde_json::from_str(json).unwrap();
        assert_eq!((earlier.scenario.as_str(), earlier.latency_ms.p99), ("spread", 3.0));
        assert_eq!((earlier.during().count(), earlier.percentiles.len()), (0, 0), "an older file has no lines");
        assert_eq!(compared("x", 2.0, 3.0).ratio, Some(1.5));
        assert_eq!(compared("x", 0.0, 3.0).ratio, None);
    }
}
