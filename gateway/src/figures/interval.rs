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
        self.notable.extend(later.notable.iter());
        keep_the_notable(&mut self.notable);
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
        keep_the_notable(&mut noted);
        self.notable = noted;
    }
}

/// What happened to the log first, then the first that happened to items; all in the order of time.
fn keep_the_notable(noted: &mut Vec<Noted>) {
    noted.sort_by_key(|one| (one.spot.is_some(), one.time));
    noted.truncate(NOTABLE_MAX);
    noted.sort_by_key(|one| one.time);
}

#[cfg(test)]
mod tests {
    use super::*;
    use onhand_engine::ids::{LocationId, SkuId};

    #[test]
    fn many_items_do_not_hide_a_full_disk() {
        let sold_out = |second: u64| {
            let note = |n: u64| Noted {
                time: Timestamp(second * 1_000 + n),
                what: What::SoldOut,
                spot: Some((LocationId(1), SkuId(1))),
            };
            (0..30).map(note).collect::<Vec<_>>()
        };
        let mut first = Interval::default();
        first.note(sold_out(1));
        let mut second = Interval::default();
        let full = Noted { time: Timestamp(3_000), what: What::DiskFull, spot: None };
        second.note([sold_out(2), vec![full]].concat());
        assert_eq!((second.notable.len(), second.notable.last()), (NOTABLE_MAX, Some(&full)));
        first.absorb(&second);
        assert_eq!((first.notable.len(), first.notable.last()), (NOTABLE_MAX, Some(&full)));
        assert!(first.notable.is_sorted_by_key(|one| one.time));
    }
}
