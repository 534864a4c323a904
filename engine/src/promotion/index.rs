//! All promotions, and the way from a basket to those that may fit it: by item, by category, by coupon.
//! However many there are, a basket meets those that name something in it.

use super::choose::Line;
use super::head::Head;
use super::{Promotion, Scope};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    promotion: u32,
    part: u8,
}

/// A line that one part of a promotion means, in one number: hundreds of them are put into order for a
/// basket. From its high end: the promotion's place in the index, the part, the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit(u64);

const LINE: u64 = 0xff_ffff;
const PART: u64 = 0xff;
/// No basket has as many lines.
const LINES: usize = 0xff_ffff;

/// A promotion with what is asked of it for every basket.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) head: Head,
    pub(super) promotion: Arc<Promotion>,
}

/// A promotion that may fit, with the lines it means: by part, then by line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a, 'h> {
    pub(super) entry: &'a Entry,
    pub(super) hits: &'h [Hit],
}

#[derive(Clone, Debug, Default)]
struct Index {
    /// The highest priority first, then in the order of their codes.
    list: Vec<Entry>,
    by_sku: HashMap<SkuId, Vec<Spot>>,
    by_category: HashMap<Arc<str>, Vec<Spot>>,
    /// Those that mean every item.
    everything: Vec<Spot>,
    /// Which of `by_category` and `everything` do not mean an item, in order.
    excepted: HashMap<SkuId, Vec<Spot>>,
    by_coupon: HashMap<Label, Vec<u32>>,
}

impl Hit {
    fn new(spot: Spot, line: usize) -> Self {
        let line = u64::try_from(line).unwrap_or(u64::MAX);
        Self(u64::from(spot.promotion) << 32 | u64::from(spot.part) << 24 | line & LINE)
    }

    fn promotion(self) -> usize {
        usize::try_from(self.0 >> 32).unwrap_or(usize::MAX)
    }

    /// The part, from 0.
    pub(super) fn part(self) -> usize {
        usize::try_from(self.0 >> 24 & PART).unwrap_or(usize::MAX)
    }

    /// The line, from 0.
    pub(super) fn line(self) -> usize {
        usize::try_from(self.0 & LINE).unwrap_or(usize::MAX)
    }
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
        self.shown(coupon).any(|entry| entry.holds(setting))
    }

    /// The promotions of a coupon that hold in a setting.
    pub fn of_coupon<'a>(
        &'a self,
        coupon: &'a Label,
        setting: &'a Setting<'_>,
    ) -> impl Iterator<Item = &'a Arc<Promotion>> {
        self.shown(coupon).filter(|entry| entry.holds(setting)).map(|entry| &entry.promotion)
    }

    fn shown(&self, coupon: &Label) -> impl Iterator<Item = &Entry> {
        let index = self.index();
        let asking = index.by_coupon.get(coupon).into_iter().flatten();
        asking.filter_map(|at| index.entry(*at))
    }

    /// What the promotions that are not asked for by a coupon, and those of the coupons shown, mean of a
    /// basket: by priority, the highest first, then by code, then by part and line.
    pub(super) fn hits(&self, lines: &[Line<'_>], coupons: &[Label]) -> Vec<Hit> {
        let index = self.index();
        let mut hits: Vec<Hit> = Vec::with_capacity(lines.len().saturating_mul(index.list.len().min(64)));
        let open = || lines.iter().take(LINES).enumerate().filter(|(_, line)| line.is_open);
        for (at, line) in open() {
            let sku = &line.item.sku;
            let hit = |spot: &Spot| Hit::new(*spot, at);
            hits.extend(index.by_sku.get(sku).into_iter().flatten().map(hit));
            let of_category = index.by_category.get(&line.item.category).into_iter().flatten();
            let general = of_category.chain(&index.everything);
            match index.excepted.get(sku) {
                None => hits.extend(general.map(hit)),
                Some(not) => hits.extend(general.filter(|spot| not.binary_search(spot).is_err()).map(hit)),
            }
        }
        let shown = coupons.iter().filter_map(|coupon| index.by_coupon.get(coupon)).flatten();
        for promotion in shown {
            let Some(entry) = index.entry(*promotion) else { continue };
            for (part, scope) in (0_u8..).zip(entry.promotion.benefit.scopes()) {
                let spot = Spot { promotion: *promotion, part };
                hits.extend(open().filter(|(_, line)| scope.has(line.item)).map(|(at, _)| Hit::new(spot, at)));
            }
        }
        hits.sort_unstable();
        hits.dedup();
        hits
    }

    /// Those of the hits' promotions that hold in a setting.
    pub(super) fn candidates<'h>(&self, hits: &'h [Hit], setting: &Setting<'_>) -> Vec<Candidate<'_, 'h>> {
        let index = self.index();
        let candidate = |hits: &'h [Hit]| {
            let entry = index.list.get(hits.first()?.promotion())?;
            entry.holds(setting).then_some(Candidate { entry, hits })
        };
        let mut candidates = Vec::with_capacity(hits.len());
        candidates.extend(hits.chunk_by(|one, next| one.promotion() == next.promotion()).filter_map(candidate));
        candidates
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self.by_code.values()))
    }
}

impl Index {
    fn of<'a>(promotions: impl Iterator<Item = &'a Arc<Promotion>>) -> Self {
        let entry = |promotion: &Arc<Promotion>| Entry { head: Head::of(promotion), promotion: Arc::clone(promotion) };
        let mut list: Vec<Entry> = promotions.map(entry).collect();
        list.sort_by_key(|entry| std::cmp::Reverse(entry.head.priority));
        let mut index = Self::default();
        for (promotion, entry) in (0_u32..).zip(&list) {
            index.add(promotion, &entry.promotion);
        }
        index.list = list;
        index
    }

    fn entry(&self, at: u32) -> Option<&Entry> {
        self.list.get(usize::try_from(at).ok()?)
    }

    fn add(&mut self, promotion: u32, one: &Promotion) {
        // Codes that each customer has one of must not meet every basket.
        if let Some(coupon) = &one.coupon {
            return self.by_coupon.entry(coupon.clone()).or_default().push(promotion);
        }
        for (part, scope) in (0_u8..).zip(one.benefit.scopes()) {
            self.add_scope(Spot { promotion, part }, scope);
        }
    }

    fn add_scope(&mut self, spot: Spot, scope: &Scope) {
        for sku in scope.skus.iter().filter(|sku| scope.except.binary_search(sku).is_err()) {
            self.by_sku.entry(*sku).or_default().push(spot);
        }
        for category in &scope.categories {
            self.by_category.entry(Arc::clone(category)).or_default().push(spot);
        }
        if scope.is_everything() {
            self.everything.push(spot);
        }
        if scope.is_everything() || !scope.categories.is_empty() {
            for sku in &scope.except {
                self.excepted.entry(*sku).or_default().push(spot);
            }
        }
    }
}

impl Entry {
    fn holds(&self, setting: &Setting<'_>) -> bool {
        self.head.holds(setting) && (!self.head.has_terms || self.promotion.terms.hold(setting))
    }
}
