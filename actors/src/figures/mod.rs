//! What happened, summed up for those who watch: counted where it is decided, released when it is
//! durable.
//!
//! A shard gathers what one second of engine time brought in a [`part::Part`] and gives it to the log
//! thread behind the records it tells of, so that nothing is counted that a crash could undo. Whoever
//! collects takes the parts of a second once it is over; a part that comes later is in the next. Summed
//! up they are what the log says, exactly.

pub(crate) mod desk;
mod margins;
pub(crate) mod part;
pub(crate) mod stockouts;

pub use margins::{Margin, Margins};
pub(crate) use margins::{add_margins, count_margins};

use crate::histogram::Distribution;
use hashbrown::HashMap;
use onhand_engine::ids::{LocationId, SkuId};
use onhand_engine::qty::Qty;
use onhand_engine::store::Totals;
use onhand_engine::time::Timestamp;
use std::collections::BTreeMap;

/// An item at a location.
pub type Spot = (LocationId, SkuId);

/// Stockouts and oversold items told one by one; of more there is only the count.
pub const TOLD_MAX: usize = 50;

/// What happened in a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// What was sold and came back, per location and [`Channel::index`], as [`Handle::totals`] has it.
    ///
    /// [`Channel::index`]: onhand_engine::command::Channel::index
    /// [`Handle::totals`]: crate::handle::Handle::totals
    pub totals: BTreeMap<LocationId, [Totals; 3]>,
    /// Units sold.
    pub sold: HashMap<Spot, Qty>,
    /// Demand refused because too few were left.
    pub short: HashMap<Spot, Short>,
    /// Facts that took more than there was: when, where and what. The first [`TOLD_MAX`].
    pub oversold: Vec<(Timestamp, Spot)>,
    /// Reservations.
    pub holds: HoldFigures,
    /// Items with nothing left to promise.
    pub stockouts: StockoutFigures,
    /// Commands that came again.
    pub repeated: u64,
    /// Commands refused, by number.
    pub refused: BTreeMap<u16, u64>,
    /// Exceptions of sales that were recorded all the same, by number.
    pub exceptions: BTreeMap<u16, u64>,
    /// Revenue with a known cost.
    pub margins: Margins,
    /// How long appends took, in microseconds.
    pub appends: Distribution,
}

/// Demand that could not be met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Short {
    /// Refusals.
    pub count: u64,
    /// How much was missing, all together.
    pub by: Qty,
}

/// Reservations that began and ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldFigures {
    /// Began.
    pub began: u64,
    /// Completed by a sale or an order.
    pub sold: u64,
    /// Let go, or gave way to another of the same owner.
    pub released: u64,
    /// Came to their deadline.
    pub expired: u64,
    /// How many ended at which age in whole seconds.
    pub ages_s: BTreeMap<u64, u64>,
}

/// Items at locations with nothing left to promise to any channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockoutFigures {
    /// How many there are now.
    pub open: u64,
    /// How many began.
    pub began: u64,
    /// How many ended.
    pub ended: u64,
    /// The first that began.
    pub first_began: Vec<Began>,
    /// The first that ended.
    pub first_ended: Vec<Ended>,
}

/// Nothing is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    /// When.
    pub time: Timestamp,
    /// Of what, and where.
    pub spot: Spot,
    /// Whether there was something before: not so when the item is new to the location.
    pub had_some: bool,
}

/// There is something again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub time: Timestamp,
    /// Of what, and where.
    pub spot: Spot,
    /// For how long there was nothing, in milliseconds; since the start where it began before.
    pub after_ms: u64,
}

impl Figures {
    /// Adds what happened later.
    pub fn absorb(&mut self, later: &Self) {
        for (location, totals) in &later.totals {
            add_totals(self.totals.entry(*location).or_default(), totals);
        }
        for (spot, qty) in &later.sold {
            let sold = self.sold.entry(*spot).or_default();
            *sold = sold.plus(*qty);
        }
        for (spot, short) in &later.short {
            self.short.entry(*spot).or_default().add(short.count, short.by);
        }
        for (number, times) in &later.refused {
            *self.refused.entry(*number).or_default() += times;
        }
        add_margins(&mut self.margins, &later.margins);
        for (number, times) in &later.exceptions {
            *self.exceptions.entry(*number).or_default() += times;
        }
        let room = TOLD_MAX.saturating_sub(self.oversold.len());
        self.oversold.extend(later.oversold.iter().take(room));
        self.holds.absorb(&later.holds);
        self.stockouts.absorb(&later.stockouts);
        self.repeated += later.repeated;
        self.appends.absorb(&later.appends);
    }
}

impl Short {
    pub(crate) fn add(&mut self, count: u64, by: Qty) {
        self.count += count;
        self.by = self.by.plus(by);
    }
}

impl HoldFigures {
    /// How many ended.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.sold + self.released + self.expired
    }

    /// So many hundredths of those that ended were at most so old, in seconds; nothing when none ended.
    #[must_use]
    pub fn age_s_at(&self, hundredths: u64) -> Option<u64> {
        let wanted = (self.ended() * hundredths).div_ceil(100).max(1);
        let mut seen = 0;
        let reached = |(_, times): &(&u64, &u64)| {
            seen += **times;
            seen >= wanted
        };
        self.ages_s.iter().find(reached).map(|(age_s, _)| *age_s)
    }

    pub(crate) fn absorb(&mut self, later: &Self) {
        self.began += later.began;
        self.sold += later.sold;
        self.released += later.released;
        self.expired += later.expired;
        for (age_s, times) in &later.ages_s {
            *self.ages_s.entry(*age_s).or_default() += times;
        }
    }
}

impl StockoutFigures {
    fn absorb(&mut self, later: &Self) {
        self.open = later.open;
        self.began += later.began;
        self.ended += later.ended;
        let room = TOLD_MAX.saturating_sub(self.first_began.len());
        self.first_began.extend(later.first_began.iter().take(room));
        let room = TOLD_MAX.saturating_sub(self.first_ended.len());
        self.first_ended.extend(later.first_ended.iter().take(room));
    }
}

pub(crate) fn add_totals(to: &mut [Totals; 3], more: &[Totals; 3]) {
    for (to, more) in to.iter_mut().zip(more) {
        *to = Totals {
            sales: to.sales + more.sales,
            lines: to.lines + more.lines,
            units: to.units.plus(more.units),
            net: to.net.plus(more.net),
            tax: to.tax.plus(more.tax),
            returns: to.returns + more.returns,
            returned_units: to.returned_units.plus(more.returned_units),
            returned_net: to.returned_net.plus(more.returned_net),
            returned_tax: to.returned_tax.plus(more.returned_tax),
            oversold: to.oversold.plus(more.oversold),
        };
    }
}

/// What was added to totals since they were others. Totals only grow, but for amounts of lines below
/// zero.
pub(crate) fn totals_since(now: &[Totals; 3], before: &[Totals; 3]) -> [Totals; 3] {
    let mut since = *now;
    for (since, before) in since.iter_mut().zip(before) {
        *since = Totals {
            sales: since.sales.saturating_sub(before.sales),
            lines: since.lines.saturating_sub(before.lines),
            units: since.units.minus(before.units),
            net: since.net.minus(before.net),
            tax: since.tax.minus(before.tax),
            returns: since.returns.saturating_sub(before.returns),
            returned_units: since.returned_units.minus(before.returned_units),
            returned_net: since.returned_net.minus(before.returned_net),
            returned_tax: since.returned_tax.minus(before.returned_tax),
            oversold: since.oversold.minus(before.oversold),
        };
    }
    since
}
