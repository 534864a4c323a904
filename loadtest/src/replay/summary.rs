//! What a replay did, for people and machines.

use super::transactions::{Reason, Skipped};
use hdrhistogram::Histogram;
use onhand_engine::ids::LocationCode;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Answers later than a minute count as a minute.
const LATENCY_MAX_US: u64 = 60_000_000;

/// What stands in the books of one location from this file, recorded now or before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LocationTotal {
    /// Sales.
    pub sales: u64,
    /// Their lines.
    pub lines: u64,
    /// Their units, as a decimal.
    #[serde(serialize_with = "as_text")]
    pub units: Qty,
    /// What they add up to by the server's answers, in minor units.
    #[serde(serialize_with = "as_minor")]
    pub revenue: Minor,
}

/// What a replay did.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The currency of all revenue.
    pub currency: String,
    /// Lines in the file after its header.
    pub lines: u64,
    /// Lines that stand in the books.
    pub lines_sold: u64,
    /// Sales recorded now.
    pub sales_recorded: u64,
    /// Sales that had been recorded before: nothing changed.
    pub sales_repeated: u64,
    /// Lines that cannot be a sale, by reason.
    pub skipped: BTreeMap<Reason, u64>,
    /// Those lines.
    pub skipped_lines: Vec<Skipped>,
    /// Items that were sold but not in the catalogue, and were added to it for that.
    pub items_added: Vec<String>,
    /// Deliveries received before the first sale, now or in an earlier replay.
    pub receipts: u64,
    /// Units that stock did not cover, as a decimal.
    #[serde(serialize_with = "as_text")]
    pub oversold: Qty,
    /// All locations together.
    pub total: LocationTotal,
    /// Each location.
    pub locations: BTreeMap<String, LocationTotal>,
    /// How long the sending took, in seconds.
    pub seconds: f64,
    /// Sales answered per second.
    pub sales_per_second: f64,
    /// Time from sending a sale to its answer, in microseconds: half, 99 of 100, all.
    pub latency_us: [u64; 3],
}

/// Counts while the replay runs.
pub(super) struct Tally {
    pub(super) recorded: u64,
    pub(super) repeated: u64,
    pub(super) receipts: u64,
    pub(super) oversold: Qty,
    pub(super) skipped: Vec<Skipped>,
    pub(super) locations: BTreeMap<String, LocationTotal>,
    latency_us: Option<Histogram<u64>>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            recorded: 0,
            repeated: 0,
            receipts: 0,
            oversold: Qty::ZERO,
            skipped: Vec::new(),
            locations: BTreeMap::new(),
            latency_us: Histogram::new_with_bounds(1, LATENCY_MAX_US, 2).ok(),
        }
    }

    pub(super) fn answered_in(&mut self, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(LATENCY_MAX_US);
        if let Some(latency_us) = &mut self.latency_us {
            latency_us.saturating_record(took_us);
        }
    }

    pub(super) fn location(&mut self, code: &LocationCode) -> &mut LocationTotal {
        self.locations.entry(code.as_str().to_owned()).or_default()
    }

    pub(super) fn merge(&mut self, other: Tally) {
        self.recorded += other.recorded;
        self.repeated += other.repeated;
        self.receipts += other.receipts;
        self.oversold = self.oversold.plus(other.oversold);
        self.skipped.extend(other.skipped);
        self.locations.extend(other.locations); // a location has one connection only
        if let (Some(mine), Some(theirs)) = (&mut self.latency_us, other.latency_us) {
            let _ = mine.add(theirs); // same bounds: cannot fail
        }
    }

    pub(super) fn finish(mut self, lines: u64, currency: Currency, took: Duration) -> Summary {
        self.skipped.sort_by_key(|skipped| skipped.line);
        let mut by_reason = BTreeMap::new();
        for skipped in &self.skipped {
            *by_reason.entry(skipped.reason).or_default() += 1;
        }
        let mut total = LocationTotal::default();
        for location in self.locations.values() {
            total.sales += location.sales;
            total.lines += location.lines;
            total.units = total.units.plus(location.units);
            total.revenue = total.revenue.plus(location.revenue);
        }
        let seconds = took.as_secs_f64();
        let latency_us = self.latency_us.as_ref();
        let latency_us = [0.5, 0.99, 1.0].map(|q| latency_us.map_or(0, |all| all.value_at_quantile(q)));
        Summary {
            currency: currency.to_string(),
            lines,
            lines_sold: total.lines,
            sales_recorded: self.recorded,
            sales_repeated: self.repeated,
            skipped: by_reason,
            items_added: Vec::new(),
            receipts: self.receipts,
            oversold: self.oversold,
            seconds,
            sales_per_second: if seconds > 0.0 { total.sales as f64 / seconds } else { 0.0 },
            latency_us,
            total,
            locations: self.locations,
            skipped_lines: self.skipped,
        }
    }
}

fn as_text<S: serde::Serializer>(qty: &Qty, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(qty)
}

fn as_minor<S: serde::Serializer>(minor: &Minor, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(minor.0)
}
