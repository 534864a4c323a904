//! What one shard brought in one second.

use super::{Figures, HoldFigures, Margins, Spot, TOLD_MAX, add_margins, add_totals};
use onhand_engine::ids::LocationId;
use onhand_engine::qty::Qty;
use onhand_engine::store::Totals;
use onhand_engine::time::Timestamp;
use std::collections::BTreeMap;

/// Runs after which a part is handed over before its second is out.
const RUNS_MAX: usize = 16_384;

/// One item at one location: how much of it, and how often. Neighbours of one item are one run, so that
/// a rush on it costs an addition each; sorting out the others is for whoever collects.
#[derive(Clone, Copy, Debug)]
struct Run {
    spot: Spot,
    times: u32,
    qty: Qty,
}

/// Runs in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Runs(Vec<Run>);

/// What one shard decided in one second of engine time.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// The second, counted from 1970.
    pub(crate) second: u64,
    pub(crate) sold: Runs,
    pub(crate) short: Runs,
    pub(crate) totals: Vec<(LocationId, [Totals; 3])>,
    pub(crate) holds: HoldFigures,
    pub(crate) oversold: Vec<(Timestamp, Spot)>,
    /// Exceptions of sales, by number.
    pub(crate) exceptions: BTreeMap<u16, u64>,
    /// Revenue with a known cost.
    pub(crate) margins: Margins,
}

impl Runs {
    #[inline]
    pub(crate) fn add(&mut self, spot: Spot, qty: Qty) {
        if let Some(last) = self.0.last_mut()
            && last.spot == spot
            && last.times < u32::MAX
        {
            last.times += 1;
            last.qty = last.qty.plus(qty);
            return;
        }
        self.0.push(Run { spot, times: 1, qty });
    }
}

impl Part {
    pub(crate) fn is_empty(&self) -> bool {
        self.sold.0.is_empty()
            && self.short.0.is_empty()
            && self.totals.is_empty()
            && self.oversold.is_empty()
            && self.exceptions.is_empty()
            && self.margins.is_empty()
            && self.holds.began == 0
            && self.holds.ended() == 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.sold.0.len() + self.short.0.len() >= RUNS_MAX
    }

    pub(crate) fn oversold(&mut self, time: Timestamp, spot: Spot) {
        if self.oversold.len() < TOLD_MAX {
            self.oversold.push((time, spot));
        }
    }

    /// Adds it to what happened.
    pub(crate) fn add_to(&self, figures: &mut Figures) {
        for (location, totals) in &self.totals {
            add_totals(figures.totals.entry(*location).or_default(), totals);
        }
        for run in &self.sold.0 {
            let sold = figures.sold.entry(run.spot).or_default();
            *sold = sold.plus(run.qty);
        }
        for run in &self.short.0 {
            figures.short.entry(run.spot).or_default().add(u64::from(run.times), run.qty);
        }
        let room = TOLD_MAX.saturating_sub(figures.oversold.len());
        figures.oversold.extend(self.oversold.iter().take(room));
        figures.holds.absorb(&self.holds);
        add_margins(&mut figures.margins, &self.margins);
        for (number, times) in &self.exceptions {
            *figures.exceptions.entry(*number).or_default() += times;
        }
    }

    /// One part for many that nobody took: what they say of locations and reservations stays exact,
    /// what they say of items is let go.
    pub(crate) fn condensed(parts: impl Iterator<Item = Part>) -> Self {
        let mut totals: BTreeMap<LocationId, [Totals; 3]> = BTreeMap::new();
        let mut one = Self::default();
        for part in parts {
            one.second = one.second.max(part.second);
            part.totals.iter().for_each(|(location, more)| add_totals(totals.entry(*location).or_default(), more));
            one.holds.absorb(&part.holds);
            add_margins(&mut one.margins, &part.margins);
            part.exceptions.iter().for_each(|(number, times)| *one.exceptions.entry(*number).or_default() += times);
        }
        one.totals = totals.into_iter().collect();
        one
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Margin;
    use onhand_engine::ids::SkuId;
    use onhand_engine::money::Minor;

    #[test]
    fn a_rush_on_one_item_is_one_run() {
        let mut runs = Runs::default();
        let spot = |sku| (LocationId(1), SkuId(sku));
        for sku in [1, 1, 1, 2, 1] {
            runs.add(spot(sku), Qty::units(2));
        }
        let short: Vec<_> = runs.0.iter().map(|run| (run.spot.1.0, run.times, run.qty)).collect();
        assert_eq!(short, [(1, 3, Qty::units(6)), (2, 1, Qty::units(2)), (1, 1, Qty::units(2))]);
    }

    #[test]
    fn condensing_keeps_locations_and_lets_items_go() {
        let part = |second, sales| {
            let mut part = Part { second, ..Part::default() };
            part.totals.push((LocationId(1), [Totals { sales, ..Totals::default() }; 3]));
            part.holds.began = sales;
            part.sold.add((LocationId(1), SkuId(1)), Qty::units(1));
            let margin = Margin { costed_net: Minor(50), cost: Minor(i64::try_from(sales).unwrap()) };
            part.margins.insert(LocationId(1), [margin; 3]);
            part
        };
        let one = Part::condensed([part(7, 2), part(8, 3)].into_iter());
        let mut figures = Figures::default();
        one.add_to(&mut figures);
        assert_eq!(one.second, 8);
        assert_eq!(figures.totals[&LocationId(1)].map(|totals| totals.sales), [5; 3]);
        assert_eq!((figures.holds.began, figures.sold.len()), (5, 0));
        assert_eq!(figures.margins[&LocationId(1)], [Margin { costed_net: Minor(100), cost: Minor(5) }; 3]);
    }
}
