//! All promotions, and the way from a basket to those that may fit it: by item, by category, by coupon.
//! However many there are, a basket meets those that name something in it.

use super::Promotion;
use super::choose::{Candidate, Hit, Line};
use crate::ids::{Label, SkuId};
use crate::pricing::Setting;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

/// All promotions.
#[derive(Clone, Debug, Default)]
pub struct Promotions {
    by_code: BTreeMap<Label, Arc<Promotion>>,
    /// Made when it is first asked for: a chain that defines its promotions one by one, or reads them back
    /// from the log, makes it once.
    index: OnceLock<Index>,
}

/// One part of one promotion, by its place in the index.
#[derive(Clone, Copy, Debug)]
struct Spot {
    promotion: usize,
    part: usize,
}

#[derive(Clone, Debug, Default)]
struct Index {
    /// In the order of their codes.
    list: Vec<Arc<Promotion>>,
    by_sku: HashMap<SkuId, Vec<Spot>>,
    by_category: HashMap<Arc<str>, Vec<Spot>>,
    /// Those that mean every item.
    everything: Vec<Spot>,
    by_coupon: HashMap<Label, Vec<usize>>,
}

impl Promotions {
    /// Every promotion, by code.
    pub fn list(&self) -> impl ExactSizeIterator<Item = &Arc<Promotion>> {
        self.by_code.values()
    }

    /// Promotions by code, from one on.
    pub fn after(&self, from: Bound<&Label>) -> impl Iterator<Item = &Arc<Promotion>> {
        self.by_code.range::<Label, _>((from, Bound::Unbounded)).map(|(_, promotion)| promotion)
    }

    /// The promotion of a code.
    #[must_use]
    pub fn promotion(&self, code: &Label) -> Option<&Arc<Promotion>> {
        self.by_code.get(code)
    }

    /// Takes a promotion up; one of the same code goes.
    pub fn put(&mut self, promotion: Arc<Promotion>) {
        self.by_code.insert(promotion.code.clone(), promotion);
        self.index = OnceLock::new();
    }

    /// Takes a promotion away.
    pub fn remove(&mut self, code: &Label) {
        self.by_code.remove(code);
        self.index = OnceLock::new();
    }

    /// Whether a coupon is worth something in a setting.
    #[must_use]
    pub fn takes(&self, coupon: &Label, setting: &Setting<'_>) -> bool {
        let index = self.index();
        let asking = index.by_coupon.get(coupon).into_iter().flatten();
        asking.filter_map(|at| index.list.get(*at)).any(|promotion| holds(promotion, setting))
    }

    /// Those that hold in a setting and name something in the basket, with the lines that they mean, by
    /// code.
    pub(super) fn candidates(
        &self,
        lines: &[Line<'_>],
        coupons: &[Label],
        setting: &Setting<'_>,
    ) -> Vec<Candidate<'_>> {
        let index = self.index();
        let mut found: Vec<(Spot, usize)> = Vec::with_capacity(64);
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.is_open) {
            let named = index.by_sku.get(&line.item.sku).into_iter().flatten();
            let of_category = index.by_category.get(&line.item.category).into_iter().flatten();
            found.extend(named.chain(of_category).chain(&index.everything).map(|spot| (*spot, at)));
        }
        let shown = coupons.iter().filter_map(|coupon| index.by_coupon.get(coupon)).flatten();
        for promotion in shown {
            let scopes = index.list.get(*promotion).map_or(0, |one| one.benefit.scopes().len());
            let spots = (0..scopes).map(|part| Spot { promotion: *promotion, part });
            let open = || lines.iter().enumerate().filter(|(_, line)| line.is_open).map(|(at, _)| at);
            found.extend(spots.flat_map(|spot| open().map(move |at| (spot, at))));
        }
        found.sort_unstable_by_key(|(spot, line)| (spot.promotion, spot.part, *line));
        found.dedup_by_key(|(spot, line)| (spot.promotion, spot.part, *line));
        let of_one = found.chunk_by(|(one, _), (next, _)| one.promotion == next.promotion);
        of_one.filter_map(|hits| index.candidate(hits, lines, setting)).collect()
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index { list: self.by_code.values().cloned().collect(), ..Index::default() };
            for (promotion, one) in self.by_code.values().enumerate() {
                index.add(promotion, one);
            }
            index
        })
    }
}

impl Index {
    fn add(&mut self, promotion: usize, one: &Promotion) {
        // Codes that each customer has one of must not meet every basket.
        if let Some(coupon) = &one.coupon {
            return self.by_coupon.entry(coupon.clone()).or_default().push(promotion);
        }
        for (part, scope) in one.benefit.scopes().into_iter().enumerate() {
            let spot = Spot { promotion, part };
            if scope.is_everything() {
                self.everything.push(spot);
            }
            for sku in &scope.skus {
                self.by_sku.entry(*sku).or_default().push(spot);
            }
            for category in &scope.categories {
                self.by_category.entry(Arc::clone(category)).or_default().push(spot);
            }
        }
    }

    fn candidate<'a>(
        &'a self,
        found: &[(Spot, usize)],
        lines: &[Line<'_>],
        setting: &Setting<'_>,
    ) -> Option<Candidate<'a>> {
        let promotion = self.list.get(found.first()?.0.promotion)?;
        if !holds(promotion, setting) {
            return None;
        }
        let means = |(spot, line): &(Spot, usize)| {
            let (scope, named) = (promotion.benefit.scope(spot.part)?, lines.get(*line)?);
            scope.has(named.item).then_some(Hit { part: spot.part, line: *line })
        };
        let hits: Vec<Hit> = found.iter().filter_map(means).collect();
        (!hits.is_empty()).then_some(Candidate { promotion, hits })
    }
}

fn holds(promotion: &Promotion, setting: &Setting<'_>) -> bool {
    promotion.terms.hold(setting) && promotion.currency.is_none_or(|currency| currency == setting.location.currency)
}
