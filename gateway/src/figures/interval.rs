//! A second or a minute before it is written: what adds up, and what holds at its end.

use onhand_actors::figures::{Figures, Spot};
use onhand_actors::handle::Observed;
use onhand_actors::histogram::Distribution;
use onhand_engine::time::Timestamp;
use onhand_protocol::message::{Sockets, What};

/// Notable things of one interval.
pub(super) const NOTABLE_MAX: usize = 20;

/// What happened. Adds up.
#[derive(Default)]
pub(super) struct Interval {
    pub(super) seconds: u64,
    pub(super) figures: Figures,
    /// In microseconds.
    pub(super) latency: Distribution,
    pub(super) records: u64,
    pub(super) levels_sent: u64,
    pub(super) bytes_sent: u64,
    /// By shard, in nanoseconds; nothing where the system does not tell.
    pub(super) busy_ns: Vec<Option<u64>>,
    pub(super) notable: Vec<Noted>,
}

/// Something notable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Noted {
    pub(super) time: Timestamp,
    pub(super) what: What,
    pub(super) spot: Option<Spot>,
}

/// What holds at its end.
pub(super) struct Gauges {
    pub(super) observed: Observed,
    pub(super) sockets: Sockets,
    pub(super) watched: u64,
}

impl Interval {
    /// Adds what happened later.
    pub(super) fn absorb(&mut self, later: &Self) {
        self.seconds += later.seconds;
        self.figures.absorb(&later.figures);
        self.latency.absorb(&later.latency);
        self.records += later.records;
        self.levels_sent += later.levels_sent;
        self.bytes_sent += later.bytes_sent;
        if self.busy_ns.len() < later.busy_ns.len() {
            self.busy_ns.resize(later.busy_ns.len(), Some(0));
        }
        for (busy, more) in self.busy_ns.iter_mut().zip(&later.busy_ns) {
            *busy = busy.zip(*more).map(|(busy, more)| busy + more);
        }
        let room = NOTABLE_MAX.saturating_sub(self.notable.len());
        self.notable.extend(later.notable.iter().take(room));
    }

    /// Takes up what is notable of its figures, in the order of time.
    pub(super) fn note(&mut self, mut noted: Vec<Noted>) {
        let stockouts = &self.figures.stockouts;
        let sold_out = stockouts.first_began.iter().filter(|began| began.had_some);
        noted.extend(sold_out.map(|one| Noted { time: one.time, what: What::SoldOut, spot: Some(one.spot) }));
        let back = stockouts.first_ended.iter();
        noted.extend(back.map(|one| Noted { time: one.time, what: What::BackInStock, spot: Some(one.spot) }));
        let oversold = self.figures.oversold.iter();
        noted.extend(oversold.map(|(time, spot)| Noted { time: *time, what: What::Oversold, spot: Some(*spot) }));
        noted.sort_by_key(|one| one.time);
        noted.truncate(NOTABLE_MAX);
        self.notable = noted;
    }
}
