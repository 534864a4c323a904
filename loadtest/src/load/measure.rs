//! What is measured while it runs: latencies from the planned time and from sending, by phase and by
//! kind of request, and a line for each quarter of a second.

use super::ledger::Kind;
use super::plan::Plan;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Latencies above this count as this, in microseconds.
const LATENCY_US_MAX: u64 = 120_000_000;

/// Latencies in milliseconds by percentile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half are faster.
    pub p50: f64,
    /// 90 of 100.
    pub p90: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

/// A quarter of a second of a run, as figures per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// Seconds since the start, when it ended.
    pub t: f64,
    /// Requests planned; 0 where as many are asked as allowed.
    #[serde(default)]
    pub planned: f64,
    /// Requests accepted in it.
    pub accepted: f64,
    /// Requests refused.
    pub refused: f64,
    /// Planned requests given up, because they could not be sent in time.
    #[serde(default)]
    pub unsent: f64,
    /// Errors: their number.
    pub errors: u64,
    /// Latency of what was accepted, from the planned time, in milliseconds.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// Of refusals, from sending: 99 of 100.
    #[serde(default)]
    pub refused_p99: f64,
    /// How late watchers saw changes that reached them in it, in milliseconds: half, and 99 of 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_p50: Option<u64>,
    /// 99 of 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_p99: Option<u64>,
}

/// How it stands at the moment, for whoever watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Since the start.
    pub elapsed: Duration,
    /// The number of the phase.
    pub phase: usize,
    /// The last whole interval.
    pub last: Second,
    /// Accepted so far.
    pub accepted: u64,
    /// Refused so far.
    pub refused: u64,
    /// The most frequent refusal: its number and how often.
    pub refusal: Option<(u16, u64)>,
    /// Errors so far.
    pub errors: u64,
    /// Due, and waiting to be sent.
    pub waiting: u64,
    /// Given up so far.
    pub unsent: u64,
    /// The auditor's findings so far.
    pub findings: u64,
    /// Levels delivered to watchers so far.
    pub levels: u64,
    /// How old the change was that a level brought last, in milliseconds: the oldest of the interval.
    pub staleness_ms: Option<u64>,
}

/// What was answered in one phase.
#[derive(Debug)]
pub(super) struct Bin {
    /// From the planned time, in microseconds.
    pub(super) accepted_us: Histogram<u64>,
    pub(super) refused_us: Histogram<u64>,
    /// From sending.
    pub(super) accepted_sent_us: Histogram<u64>,
    pub(super) refused_sent_us: Histogram<u64>,
    pub(super) errors: u64,
    pub(super) unsent: u64,
    pub(super) staleness_ms: Histogram<u64>,
}

impl Bin {
    pub(super) fn new() -> Self {
        Self {
            accepted_us: histogram(LATENCY_US_MAX),
            refused_us: histogram(LATENCY_US_MAX),
            accepted_sent_us: histogram(LATENCY_US_MAX),
            refused_sent_us: histogram(LATENCY_US_MAX),
            errors: 0,
            unsent: 0,
            staleness_ms: histogram(LATENCY_US_MAX / 1000),
        }
    }

    fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.accepted_us, &other.accepted_us),
            (&mut self.refused_us, &other.refused_us),
            (&mut self.accepted_sent_us, &other.accepted_sent_us),
            (&mut self.refused_sent_us, &other.refused_sent_us),
            (&mut self.staleness_ms, &other.staleness_ms),
        ];
        for (sum, one) in pairs {
            // The bounds are the same, so this cannot fail.
            let _ = sum.add(one);
        }
        self.errors += other.errors;
        self.unsent += other.unsent;
    }
}

/// What was answered to one kind of request.
#[derive(Debug)]
pub(super) struct OfKind {
    pub(super) accepted_us: Histogram<u64>,
    pub(super) refused: u64,
}

/// Everything measured.
#[derive(Debug)]
pub(super) struct Measure {
    /// One for each phase, and the last for what is answered after the end.
    bins: Vec<Bin>,
    /// The phase of the moment.
    phase: usize,
    /// Only where several kinds are asked for.
    pub(super) kinds: Option<[OfKind; 4]>,
    pub(super) errors: BTreeMap<String, u64>,
    pub(super) refusals: BTreeMap<u16, u64>,
    pub(super) seconds: Vec<Second>,
    interval_us: Histogram<u64>,
    interval_refused_us: Histogram<u64>,
    interval: Second,
    began: Duration,
    accepted: u64,
    refused: u64,
    pub(super) levels: u64,
    /// The oldest change that a level brought in this interval.
    stale_ms: Option<u64>,
}

/// An answer's way: from the planned time and from sending, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    pub(super) planned_us: u64,
    pub(super) sent_us: u64,
}

impl Measure {
    pub(super) fn new(phases: usize, kinds: bool) -> Self {
        let of_kind = || OfKind { accepted_us: histogram(LATENCY_US_MAX), refused: 0 };
        Self {
            bins: (0..=phases).map(|_| Bin::new()).collect(),
            phase: 0,
            kinds: kinds.then(|| [of_kind(), of_kind(), of_kind(), of_kind()]),
            errors: BTreeMap::new(),
            refusals: BTreeMap::new(),
            seconds: Vec::new(),
            interval_us: histogram(LATENCY_US_MAX),
            interval_refused_us: histogram(LATENCY_US_MAX),
            interval: Second::default(),
            began: Duration::ZERO,
            accepted: 0,
            refused: 0,
            levels: 0,
            stale_ms: None,
        }
    }

    /// A phase begins.
    pub(super) fn enter(&mut self, phase: usize) {
        self.phase = phase.min(self.bins.len() - 1);
    }

    /// The plan is over.
    pub(super) fn leave(&mut self) {
        self.phase = self.bins.len() - 1;
    }

    /// What was answered in each phase.
    pub(super) fn phases(&self) -> &[Bin] {
        &self.bins[..self.bins.len() - 1]
    }

    /// All of it, and what came after the end.
    pub(super) fn total(&self) -> Bin {
        let mut total = Bin::new();
        self.bins.iter().for_each(|bin| total.add(bin));
        total
    }

    pub(super) fn accepted(&mut self, kind: Kind, took: Took) {
        self.accepted += 1;
        self.interval.accepted += 1.0;
        self.interval_us.saturating_record(took.planned_us);
        let bin = &mut self.bins[self.phase];
        bin.accepted_us.saturating_record(took.planned_us);
        bin.accepted_sent_us.saturating_record(took.sent_us);
        if let Some(kinds) = &mut self.kinds {
            kinds[kind as usize].accepted_us.saturating_record(took.planned_us);
        }
    }

    pub(super) fn refused(&mut self, kind: Kind, number: u16, took: Took) {
        self.refused += 1;
        self.interval.refused += 1.0;
        *self.refusals.entry(number).or_default() += 1;
        self.interval_refused_us.saturating_record(took.sent_us);
        let bin = &mut self.bins[self.phase];
        bin.refused_us.saturating_record(took.planned_us);
        bin.refused_sent_us.saturating_record(took.sent_us);
        if let Some(kinds) = &mut self.kinds {
            kinds[kind as usize].refused += 1;
        }
    }

    pub(super) fn error(&mut self, what: &str, count: u64) {
        self.interval.errors += count;
        self.bins[self.phase].errors += count;
        *self.errors.entry(what.to_owned()).or_default() += count;
    }

    /// Planned requests are given up.
    pub(super) fn unsent(&mut self, count: u64) {
        self.interval.unsent += count as f64;
        self.bins[self.phase].unsent += count;
    }

    /// Levels came, the oldest of which says of itself that it is so old.
    pub(super) fn levels(&mut self, count: u64, age_ms: u64) {
        self.levels += count;
        self.stale_ms = self.stale_ms.max(Some(age_ms));
    }

    /// The age of the oldest level of the interval.
    pub(super) fn take_stale_ms(&mut self) -> Option<u64> {
        self.stale_ms.take()
    }

    /// How late levels were, by when they came: into their phases and intervals.
    pub(super) fn stale(&mut self, all: &[(i64, u64)], plan: &Plan) {
        for (arrived_ms, late_ms) in all {
            let us = u64::try_from(*arrived_ms).unwrap_or(0) * 1_000;
            let phase = if us < plan.end_us() { plan.phase_at(us) } else { self.bins.len() - 1 };
            self.bins[phase].staleness_ms.saturating_record(*late_ms);
        }
        let mut rest = all;
        for second in &mut self.seconds {
            let here = rest.partition_point(|(arrived_ms, _)| *arrived_ms as f64 <= second.t * 1e3);
            let (some, more) = rest.split_at(here);
            rest = more;
            let mut late: Vec<u64> = some.iter().map(|(_, late_ms)| *late_ms).collect();
            late.sort_unstable();
            second.stale_p50 = late.get(late.len() / 2).copied();
            second.stale_p99 = late.get(late.len() * 99 / 100).copied();
        }
    }

    /// Ends the interval; gives it, as figures per second.
    pub(super) fn end_interval(&mut self, now: Duration, planned: f64) -> Second {
        let took_s = now.saturating_sub(self.began).as_secs_f64().max(1e-3);
        let Latency { p50, p99, p999, .. } = latency(&self.interval_us);
        let Second { accepted, refused, unsent, errors, .. } = self.interval;
        let ended = Second {
            t: now.as_secs_f64(),
            planned,
            accepted: accepted / took_s,
            refused: refused / took_s,
            unsent: unsent / took_s,
            errors,
            p50,
            p99,
            p999,
            refused_p99: latency(&self.interval_refused_us).p99,
            stale_p50: None,
            stale_p99: None,
        };
        self.interval_us.reset();
        self.interval_refused_us.reset();
        self.interval = Second::default();
        self.began = now;
        self.seconds.push(ended);
        ended
    }

    pub(super) fn accepted_count(&self) -> u64 {
        self.accepted
    }

    pub(super) fn refused_count(&self) -> u64 {
        self.refused
    }

    pub(super) fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    pub(super) fn unsent_count(&self) -> u64 {
        self.bins.iter().map(|bin| bin.unsent).sum()
    }

    /// The most frequent refusal.
    pub(super) fn refusal(&self) -> Option<(u16, u64)> {
        self.refusals.iter().map(|(number, count)| (*number, *count)).max_by_key(|(_, count)| *count)
    }
}

#[expect(clippy::expect_used, reason = "three digits and a maximum above 2 are what the constructor asks for")]
fn histogram(max: u64) -> Histogram<u64> {
    Histogram::new_with_bounds(1, max, 3).expect("fixed bounds")
}

/// Of a histogram in microseconds.
pub(super) fn latency(us: &Histogram<u64>) -> Latency {
    let at = |quantile: f64| if us.is_empty() { 0.0 } else { us.value_at_quantile(quantile) as f64 / 1000.0 };
    let max = if us.is_empty() { 0.0 } else { us.max() as f64 / 1000.0 };
    // A bucket's upper end may lie above the largest value in it.
    let at = |quantile| at(quantile).min(max);
    Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max }
}
