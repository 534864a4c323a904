//! What a run found, for machines and for the page.

use super::audit::Audit;
use super::compare::Compared;
use super::conditions::Conditions;
use super::desk::Desk;
use super::gate::Gate;
use super::ledger::{KINDS, Kind};
use super::measure::{Bin, Latency, Measure, Second, latency};
use super::plan::Step;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How late changes reached the watchers, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Staleness {
    /// Half were younger.
    pub p50: u64,
    /// 99 of 100.
    pub p99: u64,
    /// The oldest.
    pub max: u64,
}

/// A point of the percentile plot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// From 0 to 1.
    pub quantile: f64,
    /// So many milliseconds or less.
    pub ms: f64,
}

/// A gate and whether it held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateResult {
    /// As it was asked for, such as `p99=20ms`.
    pub gate: String,
    /// The limit: milliseconds for times.
    pub limit: f64,
    /// What was measured, in the same unit.
    pub measured: f64,
    /// Whether that is good enough.
    pub ok: bool,
}

/// One phase of a run: what was answered in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Phase {
    /// Its name; of a profile, the multiplier.
    pub name: String,
    /// Seconds since the start.
    pub start_s: f64,
    /// Seconds since the start.
    pub end_s: f64,
    /// Requests planned, per second.
    pub planned_per_s: f64,
    /// Requests accepted, per second.
    pub accepted_per_s: f64,
    /// Requests refused, per second.
    pub refused_per_s: f64,
    /// Errors in it.
    pub errors: u64,
    /// Planned requests given up in it.
    pub unsent: u64,
    /// Of what was accepted, from the planned time.
    pub latency_ms: Latency,
    /// Of refusals, from sending.
    pub refusal_answer_ms: Latency,
    /// Of levels that came in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staleness_ms: Option<Staleness>,
}

/// One kind of request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfKind {
    /// `sale`, `reserve`, `purchase` or `release`.
    pub kind: &'static str,
    /// Accepted.
    pub accepted: u64,
    /// Refused.
    pub refused: u64,
    /// Of what was accepted, from the planned time.
    pub latency_ms: Latency,
}

/// Everything found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The scenario's name.
    pub scenario: &'static str,
    /// What that is.
    pub about: &'static str,
    /// Planned requests per second, or `max`.
    pub rate: String,
    /// Multipliers of the rate by time, where there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Connections: askers, and those who watch.
    pub connections: usize,
    /// Unanswered requests allowed per connection.
    pub in_flight: usize,
    /// Sales in one message.
    pub per_message: usize,
    /// Planned requests that could not be sent for so long were given up.
    pub patience_s: f64,
    /// How long was asked, in seconds.
    pub duration_s: f64,
    /// Requests accepted: sales, and in `holiday` also reservations and releases.
    pub accepted: u64,
    /// Accepted requests per second: the throughput.
    pub accepted_per_s: f64,
    /// Requests refused.
    pub refused: u64,
    /// Refused requests per second.
    pub refused_per_s: f64,
    /// Refusals by number.
    pub refusals: BTreeMap<u16, u64>,
    /// Lost connections, missing or unexpected answers.
    pub errors: u64,
    /// Errors by kind.
    pub errors_by_kind: BTreeMap<String, u64>,
    /// Planned requests that were never sent, because the server was too far behind.
    pub unsent: u64,
    /// Of what was accepted, from the planned time to the answer.
    pub latency_ms: Latency,
    /// Of refusals, from the planned time.
    pub refusal_latency_ms: Latency,
    /// Of what was accepted, from sending to the answer.
    pub answer_ms: Latency,
    /// Of refusals, from sending.
    pub refusal_answer_ms: Latency,
    /// By kind of request, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_kind: Vec<OfKind>,
    /// Of levels that watchers got: from the decision of the oldest change in it to its arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staleness_ms: Option<Staleness>,
    /// Levels that watchers got, per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub levels_per_s: Option<f64>,
    /// What was answered in each phase, where there are phases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<Phase>,
    /// The auditor's verdict.
    pub audit: Audit,
    /// The gates.
    pub gates: Vec<GateResult>,
    /// The figures beside those of an earlier run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Compared>,
    /// What the codes of the run's locations and items begin with.
    pub prefix: String,
    /// Where and how.
    pub conditions: Conditions,
    /// The run in quarters of a second.
    pub series: Vec<Second>,
    /// Latency of what was accepted by percentile.
    pub percentiles: Vec<Quantile>,
}

impl Report {
    pub(super) fn of(desk: &Desk, prefix: &str, seconds: f64) -> Self {
        let measure = desk.measure.borrow();
        let audit = desk.auditor.replace(super::audit::Auditor::empty()).close();
        let total = measure.total();
        let options = &desk.options;
        let watched = options.scenario.is_watched();
        Self {
            scenario: options.scenario.name(),
            about: options.scenario.about(),
            rate: options.rate.to_string(),
            profile: options.profile.as_ref().map(ToString::to_string),
            connections: options.connections,
            in_flight: options.in_flight,
            per_message: options.per_message,
            patience_s: options.patience.as_secs_f64(),
            duration_s: seconds,
            accepted: measure.accepted_count(),
            accepted_per_s: during(&measure.seconds, 0.0, seconds, |second| second.accepted),
            refused: measure.refused_count(),
            refused_per_s: during(&measure.seconds, 0.0, seconds, |second| second.refused),
            refusals: measure.refusals.clone(),
            errors: measure.error_count(),
            errors_by_kind: measure.errors.clone(),
            unsent: total.unsent,
            latency_ms: latency(&total.accepted_us),
            refusal_latency_ms: latency(&total.refused_us),
            answer_ms: latency(&total.accepted_sent_us),
            refusal_answer_ms: latency(&total.refused_sent_us),
            by_kind: by_kind(&measure),
            staleness_ms: watched.then(|| staleness(&total.staleness_ms)),
            levels_per_s: watched.then(|| measure.levels as f64 / seconds.max(1e-3)),
            phases: phases(desk, &measure, seconds),
            audit,
            gates: Vec::new(),
            compared: Vec::new(),
            prefix: prefix.to_owned(),
            conditions: desk.conditions.after(desk),
            series: measure.seconds.clone(),
            percentiles: percentiles(&total.accepted_us),
        }
    }

    /// Judges the gates; they are part of the report from then on.
    pub fn judge(&mut self, gates: &[Gate]) {
        self.gates = gates.iter().map(|gate| gate.judge(self)).collect();
    }

    /// Whether every gate held and the auditor found nothing.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.audit.ok && self.gates.iter().all(|gate| gate.ok)
    }
}

/// The mean of a figure between two times. What was answered after the end counts in the latencies, not
/// in the throughput.
fn during(series: &[Second], from_s: f64, to_s: f64, of: impl Fn(&Second) -> f64) -> f64 {
    let mut before = 0.0_f64;
    let mut sum = 0.0;
    for second in series {
        let inside = second.t.min(to_s) - before.max(from_s);
        sum += of(second) * inside.max(0.0);
        before = second.t;
    }
    sum / (to_s - from_s).max(1e-3)
}

fn staleness(ms: &Histogram<u64>) -> Staleness {
    Staleness { p50: ms.value_at_quantile(0.5), p99: ms.value_at_quantile(0.99), max: ms.max() }
}

fn phases(desk: &Desk, measure: &Measure, seconds: f64) -> Vec<Phase> {
    let phase = |(step, bin): (&Step, &Bin)| {
        let (start_s, end_s) = (step.start_us as f64 / 1e6, (step.end_us as f64 / 1e6).min(seconds));
        let per_s = |count: u64| count as f64 / (end_s - start_s).max(1e-3);
        Phase {
            name: step.name.clone(),
            start_s,
            end_s,
            planned_per_s: step.requests() / (end_s - start_s).max(1e-3),
            accepted_per_s: per_s(bin.accepted_us.len()),
            refused_per_s: per_s(bin.refused_us.len()),
            errors: bin.errors,
            unsent: bin.unsent,
            latency_ms: latency(&bin.accepted_us),
            refusal_answer_ms: latency(&bin.refused_sent_us),
            staleness_ms: (!bin.staleness_ms.is_empty()).then(|| staleness(&bin.staleness_ms)),
        }
    };
    let named = desk.plan.steps().iter().zip(measure.phases()).filter(|(step, _)| !step.name.is_empty());
    named.map(phase).collect()
}

fn by_kind(measure: &Measure) -> Vec<OfKind> {
    let kinds = measure.kinds.iter().flat_map(|kinds| KINDS.into_iter().zip(kinds));
    let of = |(kind, one): (Kind, &super::measure::OfKind)| OfKind {
        kind: kind.name(),
        accepted: one.accepted_us.len(),
        refused: one.refused,
        latency_ms: latency(&one.accepted_us),
    };
    kinds.map(of).collect()
}

/// Points for a plot on a log axis: ever finer towards 1.
fn percentiles(us: &Histogram<u64>) -> Vec<Quantile> {
    if us.is_empty() {
        return Vec::new();
    }
    let point = |value: hdrhistogram::iterators::IterationValue<u64>| Quantile {
        quantile: value.quantile_iterated_to(),
        ms: value.value_iterated_to().min(us.max()) as f64 / 1000.0,
    };
    us.iter_quantiles(5).map(point).filter(|point| point.quantile < 1.0).collect()
}
