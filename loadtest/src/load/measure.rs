//! What is measured while it runs: latencies from the planned time, and a line for each second.

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

/// One second of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Second {
    /// Seconds since the start, when it ended.
    pub t: f64,
    /// Sales accepted in it, per second.
    pub accepted: f64,
    /// Requests refused, per second.
    pub refused: f64,
    /// Errors.
    pub errors: u64,
    /// Latency of accepted sales, in milliseconds.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
}

/// How it stands at the moment, for whoever watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Since the start.
    pub elapsed: Duration,
    /// The last whole interval.
    pub last: Second,
    /// Accepted so far.
    pub accepted: u64,
    /// Refused so far.
    pub refused: u64,
    /// Errors so far.
    pub errors: u64,
    /// Due, and waiting to be sent.
    pub waiting: usize,
    /// The auditor's findings so far.
    pub findings: u64,
    /// Levels delivered to watchers so far.
    pub levels: u64,
}

/// Everything measured.
#[derive(Debug)]
pub(super) struct Measure {
    /// Of accepted sales, in microseconds.
    pub(super) accepted_us: Histogram<u64>,
    pub(super) refused_us: Histogram<u64>,
    /// From the oldest change that a level brought to its arrival, in milliseconds.
    pub(super) staleness_ms: Histogram<u64>,
    pub(super) errors: BTreeMap<String, u64>,
    pub(super) refusals: BTreeMap<u16, u64>,
    pub(super) seconds: Vec<Second>,
    interval_us: Histogram<u64>,
    interval: Second,
    began: Duration,
    pub(super) levels: u64,
}

impl Measure {
    pub(super) fn new() -> Self {
        Self {
            accepted_us: histogram(LATENCY_US_MAX),
            refused_us: histogram(LATENCY_US_MAX),
            staleness_ms: histogram(LATENCY_US_MAX / 1000),
            errors: BTreeMap::new(),
            refusals: BTreeMap::new(),
            seconds: Vec::new(),
            interval_us: histogram(LATENCY_US_MAX),
            interval: Second::default(),
            began: Duration::ZERO,
            levels: 0,
        }
    }

    pub(super) fn accepted(&mut self, latency_us: u64) {
        self.interval.accepted += 1.0;
        self.interval_us.saturating_record(latency_us);
    }

    pub(super) fn refused(&mut self, number: u16, latency_us: u64) {
        self.interval.refused += 1.0;
        *self.refusals.entry(number).or_default() += 1;
        self.refused_us.saturating_record(latency_us);
    }

    pub(super) fn error(&mut self, what: &str, count: u64) {
        self.interval.errors += count;
        *self.errors.entry(what.to_owned()).or_default() += count;
    }

    pub(super) fn stale(&mut self, ms: u64) {
        self.staleness_ms.saturating_record(ms);
    }

    /// Ends the interval; gives it, as figures per second.
    pub(super) fn end_interval(&mut self, now: Duration) -> Second {
        let took_s = now.saturating_sub(self.began).as_secs_f64().max(1e-3);
        let Latency { p50, p99, p999, .. } = latency(&self.interval_us);
        let Second { accepted, refused, errors, .. } = self.interval;
        let ended = Second {
            t: now.as_secs_f64(),
            accepted: accepted / took_s,
            refused: refused / took_s,
            errors,
            p50,
            p99,
            p999,
        };
        // The bounds are the same, so this cannot fail.
        let _ = self.accepted_us.add(&self.interval_us);
        self.interval_us.reset();
        self.interval = Second::default();
        self.began = now;
        self.seconds.push(ended);
        ended
    }

    pub(super) fn accepted_count(&self) -> u64 {
        self.accepted_us.len() + self.interval_us.len()
    }

    pub(super) fn refused_count(&self) -> u64 {
        self.refusals.values().sum()
    }

    pub(super) fn error_count(&self) -> u64 {
        self.errors.values().sum()
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
