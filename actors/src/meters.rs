//! Metrics: every name, unit and help text in one place.

pub(crate) mod payments;

use crate::figures::Figures;
use crate::histogram;
use hashbrown::HashMap;
use metrics::{Counter, Gauge, Histogram, Unit};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Handles on every metric of the actors.
pub(crate) struct Meters {
    done: Counter,
    repeated: Counter,
    refused: Counter,
    refusals: Mutex<HashMap<u16, Refused>>,
    repeated_untold: AtomicU64,
    pub(crate) inbox_depth: Vec<Gauge>,
    pub(crate) log_queue: Gauge,
    pub(crate) batch_records: Histogram,
    pub(crate) append_seconds: Timed,
    pub(crate) reservations: Gauge,
    pub(crate) expiry_late_seconds: Histogram,
    pub(crate) sku_actors: Gauge,
    pub(crate) disk_full: Gauge,
    pub(crate) log_stopped: Gauge,
    pub(crate) panics: Counter,
}

/// One number of refusals: what was exported, and what nobody has collected yet.
struct Refused {
    exported: Counter,
    untold: u64,
}

/// Times, exported and for whoever collects.
pub(crate) struct Timed {
    exported: Histogram,
    untold: histogram::Histogram,
}

/// What one drain counted, so that a command costs no more than an addition.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) done: u64,
    pub(crate) repeated: u64,
    refusals: Vec<(u16, u64)>,
}

impl Meters {
    /// Registers everything with the recorder of this process.
    pub(crate) fn new(shards: usize) -> Self {
        describe();
        let commands = |outcome: &'static str| metrics::counter!("onhand_commands_total", "outcome" => outcome);
        Self {
            done: commands("done"),
            repeated: commands("repeated"),
            refused: commands("refused"),
            refusals: Mutex::default(),
            repeated_untold: AtomicU64::new(0),
            inbox_depth: (0..shards)
                .map(|shard| metrics::gauge!("onhand_inbox_commands", "shard" => shard.to_string()))
                .collect(),
            log_queue: metrics::gauge!("onhand_log_queue_batches"),
            batch_records: metrics::histogram!("onhand_log_batch_records"),
            append_seconds: Timed {
                exported: metrics::histogram!("onhand_log_append_seconds"),
                untold: histogram::Histogram::default(),
            },
            reservations: metrics::gauge!("onhand_reservations_live"),
            expiry_late_seconds: metrics::histogram!("onhand_reservation_expiry_late_seconds"),
            sku_actors: metrics::gauge!("onhand_sku_actors"),
            disk_full: metrics::gauge!("onhand_disk_full"),
            log_stopped: metrics::gauge!("onhand_log_stopped"),
            panics: metrics::counter!("onhand_panics_total"),
        }
    }

    /// Adds up what a drain counted, and empties it.
    pub(crate) fn add(&self, tally: &mut Tally) {
        self.done.increment(std::mem::take(&mut tally.done));
        let repeated = std::mem::take(&mut tally.repeated);
        if repeated > 0 {
            self.repeated.increment(repeated);
            self.repeated_untold.fetch_add(repeated, Ordering::Relaxed);
        }
        if tally.refusals.is_empty() {
            return;
        }
        let mut known = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, times) in tally.refusals.drain(..) {
            self.refused.increment(times);
            let exported = || metrics::counter!("onhand_refusals_total", "number" => number.to_string());
            let refused = known.entry(number).or_insert_with(|| Refused { exported: exported(), untold: 0 });
            refused.exported.increment(times);
            refused.untold += times;
        }
    }

    /// Adds to the figures what was counted since the last time.
    pub(crate) fn tell(&self, figures: &mut Figures) {
        figures.repeated += self.repeated_untold.swap(0, Ordering::Relaxed);
        self.append_seconds.untold.read_into(&mut figures.appends);
        let mut known = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = known.iter_mut().map(|(number, refused)| (*number, std::mem::take(&mut refused.untold)));
        let refused: BTreeMap<u16, u64> = untold.filter(|(_, times)| *times > 0).collect();
        drop(known);
        for (number, times) in refused {
            *figures.refused.entry(number).or_default() += times;
        }
    }
}

impl Timed {
    /// One more.
    pub(crate) fn record(&self, seconds: f64) {
        self.exported.record(seconds);
        let micros = Duration::try_from_secs_f64(seconds).unwrap_or_default().as_micros();
        self.untold.record(u64::try_from(micros).unwrap_or(u64::MAX));
    }
}

impl Tally {
    /// Counts a refusal.
    pub(crate) fn refused(&mut self, number: u16) {
        match self.refusals.iter_mut().find(|(known, _)| *known == number) {
            Some((_, times)) => *times += 1,
            None => self.refusals.push((number, 1)),
        }
    }
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("onhand_commands_total", Unit::Count, "Commands answered, by what came of them.");
    describe_counter!("onhand_refusals_total", Unit::Count, "Commands refused, by the number of the refusal.");
    describe_gauge!("onhand_inbox_commands", Unit::Count, "Commands taken and not yet decided, per shard.");
    describe_gauge!("onhand_log_queue_batches", Unit::Count, "Batches of the shards waiting for the log.");
    describe_histogram!("onhand_log_batch_records", Unit::Count, "Records written with one sync.");
    describe_histogram!("onhand_log_append_seconds", Unit::Seconds, "Time of one append with its sync.");
    describe_gauge!("onhand_reservations_live", Unit::Count, "Live reservations.");
    describe_histogram!(
        "onhand_reservation_expiry_late_seconds",
        Unit::Seconds,
        "How long after its deadline a reservation was ended."
    );
    describe_gauge!("onhand_sku_actors", Unit::Count, "SKU actors in memory.");
    describe_gauge!("onhand_disk_full", Unit::Count, "1 while writes are refused because the disk is full.");
    describe_gauge!("onhand_log_stopped", Unit::Count, "1 after the log has stopped.");
    payments::describe();
    describe_counter!("onhand_panics_total", Unit::Count, "Panics that were contained.");
}
