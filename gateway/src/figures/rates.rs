//! How fast items sell: units a minute over the last minutes, each minute weighing less than the one
//! after it.

use hashbrown::HashMap;
use onhand_actors::figures::Spot;
use onhand_engine::qty::Qty;
use std::cmp::{Ordering, Reverse};

/// Items followed; of more, those that sell fastest.
const FOLLOWED_MAX: usize = 10_000;
/// Items followed for a moment before the slowest are let go.
const FOLLOWED_SLACK: usize = FOLLOWED_MAX / 4;
/// After so many seconds a sale weighs 1/e.
const WEIGHS_S: f64 = 180.0;
/// One sale a moment ago does not make a rate: an item is taken to have been followed for so long.
const FOLLOWED_MIN_S: f64 = 30.0;
/// Units a minute below which an item is let go.
const STANDS_STILL: f64 = 0.01;
/// How often those that stand still are let go, in seconds.
const TIDY_S: u64 = 60;

/// The rates of what was sold lately.
#[derive(Default)]
pub(super) struct Rates {
    items: HashMap<Spot, Item>,
    now_s: u64,
    tidied_s: u64,
}

#[derive(Clone, Copy)]
struct Item {
    /// Units sold, weighed, as of the last sale.
    weighed: f64,
    sold_s: u64,
    since_s: u64,
}

impl Item {
    fn weighed_at(&self, now_s: u64) -> f64 {
        self.weighed * (-seconds(now_s.saturating_sub(self.sold_s)) / WEIGHS_S).exp()
    }

    fn per_minute(&self, now_s: u64) -> f64 {
        // All the weight there can be for one followed so long: a young item is no slower for it.
        let followed = seconds(now_s.saturating_sub(self.since_s)).max(FOLLOWED_MIN_S);
        let weight = WEIGHS_S * (1.0 - (-followed / WEIGHS_S).exp());
        self.weighed_at(now_s) / weight * 60.0
    }
}

impl Rates {
    /// What was sold in the seconds up to this one.
    pub(super) fn sold<'a>(&mut self, now_s: u64, length_s: u64, sold: impl Iterator<Item = (&'a Spot, &'a Qty)>) {
        self.now_s = now_s;
        let mut unknown: Vec<(Reverse<Qty>, Spot)> = Vec::new();
        for (spot, qty) in sold {
            let Some(item) = self.items.get_mut(spot) else {
                unknown.push((Reverse(*qty), *spot));
                continue;
            };
            item.weighed = item.weighed_at(now_s) + units(*qty);
            item.sold_s = now_s;
        }
        let since_s = now_s.saturating_sub(length_s);
        for (Reverse(qty), spot) in first(unknown, |a, b| a.cmp(b)) {
            self.items.insert(spot, Item { weighed: units(qty), sold_s: now_s, since_s });
        }
        if now_s.saturating_sub(self.tidied_s) >= TIDY_S {
            self.tidied_s = now_s;
            self.items.retain(|_, item| item.per_minute(now_s) >= STANDS_STILL);
        }
        if self.items.len() > FOLLOWED_MAX + FOLLOWED_SLACK {
            self.let_go();
        }
    }

    /// Units a minute; nothing for an item that is not followed.
    pub(super) fn per_minute(&self, spot: &Spot) -> Option<f64> {
        self.items.get(spot).map(|item| item.per_minute(self.now_s))
    }

    /// Every followed item with its rate.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Spot, f64)> {
        self.items.iter().map(|(spot, item)| (spot, item.per_minute(self.now_s)))
    }

    fn let_go(&mut self) {
        let rates = self.each().map(|(spot, rate)| (rate, *spot)).collect();
        let kept = first(rates, |a, b| descending(a.0, b.0).then(a.1.cmp(&b.1)));
        self.items = kept.into_iter().filter_map(|(_, spot)| Some((spot, *self.items.get(&spot)?))).collect();
    }
}

/// The first [`FOLLOWED_MAX`] of an order, in no order.
fn first<T>(mut all: Vec<T>, order: impl FnMut(&T, &T) -> Ordering) -> Vec<T> {
    if all.len() > FOLLOWED_MAX {
        all.select_nth_unstable_by(FOLLOWED_MAX, order);
        all.truncate(FOLLOWED_MAX);
    }
    all
}

/// The larger first.
pub(super) fn descending(a: f64, b: f64) -> Ordering {
    b.total_cmp(&a)
}

/// Units as a plain number, for rates only.
pub(super) fn units(qty: Qty) -> f64 {
    #[expect(clippy::as_conversions, reason = "a rate needs no more digits than it has")]
    let milli = qty.milli() as f64;
    milli / 1_000.0
}

/// A rate as it is shown: to the thousandth of a unit.
pub(super) fn shown(rate: f64) -> Qty {
    #[expect(clippy::as_conversions, reason = "what does not fit stays at the end of the range")]
    Qty::from_milli((rate * 1_000.0).round() as i64)
}

fn seconds(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use onhand_engine::ids::{LocationId, SkuId};

    fn spot(sku: u32) -> Spot {
        (LocationId(1), SkuId(sku))
    }

    fn sell(rates: &mut Rates, now_s: u64, sku: u32, units: i64) {
        rates.sold(now_s, 1, std::iter::once((&spot(sku), &Qty::units(units))));
    }

    #[test]
    fn a_steady_rate_is_found_early_and_kept() {
        let mut rates = Rates::default();
        for second in 1_000..2_000 {
            sell(&mut rates, second, 7, 2);
            let rate = rates.per_minute(&spot(7)).unwrap();
            if second >= 1_060 {
                assert!((110.0..=125.0).contains(&rate), "{rate} after {} s", second - 1_000);
            }
        }
    }

    #[test]
    fn it_fades_when_nothing_is_sold() {
        let mut rates = Rates::default();
        (0..600).for_each(|second| sell(&mut rates, 1_000 + second, 7, 1));
        let before = rates.per_minute(&spot(7)).unwrap();
        rates.sold(1_600 + 180, 180, std::iter::empty());
        let after = rates.per_minute(&spot(7)).unwrap();
        assert!((before / after - 1.0_f64.exp()).abs() < 0.1, "{before} {after}");
        rates.sold(1_600 + 3_600, 3_600, std::iter::empty());
        assert_eq!(rates.per_minute(&spot(7)), None, "it was let go");
    }

    #[test]
    fn one_sale_is_no_rush() {
        let mut rates = Rates::default();
        sell(&mut rates, 1_000, 7, 1);
        let rate = rates.per_minute(&spot(7)).unwrap();
        assert!((1.5..=2.5).contains(&rate), "{rate}");
    }

    #[test]
    fn of_too_many_the_fastest_are_followed() {
        let mut rates = Rates::default();
        let sold: Vec<(Spot, Qty)> = (1..=20_000).map(|sku| (spot(sku), Qty::units(i64::from(sku)))).collect();
        rates.sold(1_000, 1, sold.iter().map(|(spot, qty)| (spot, qty)));
        assert_eq!(rates.each().count(), FOLLOWED_MAX);
        assert!(rates.per_minute(&spot(10_000)).is_none());
        assert!(rates.per_minute(&spot(10_001)).is_some());
    }

    #[test]
    fn of_too_many_that_sell_alike_some_are_followed() {
        let mut rates = Rates::default();
        for second in 0..5 {
            let one = Qty::units(1);
            let sold: Vec<(Spot, Qty)> = (0..9_000).map(|sku| (spot(second * 9_000 + sku), one)).collect();
            rates.sold(1_000 + u64::from(second), 1, sold.iter().map(|(spot, qty)| (spot, qty)));
            let followed = rates.each().count();
            assert!((9_000..=FOLLOWED_MAX + FOLLOWED_SLACK).contains(&followed), "{followed}");
        }
    }
}
