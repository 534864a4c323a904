//! Kits, for whoever reads levels: which items are kits, which kits an item is in, and how many of a kit there
//! could be.

use crate::port::LevelChange;
use crate::view::View;
use dashmap::DashMap;
use onhand_engine::catalogue::Item;
use onhand_engine::command::Channel;
use onhand_engine::goods::Part;
use onhand_engine::ids::{LocationId, SkuId, Version};
use onhand_engine::level::Level;
use onhand_engine::qty::Qty;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// A version has room for so many changes of the parts before the next edition of the kit.
const EDITION_SHIFT: u32 = 40;

/// The kits of the catalogue. Once a kit, an item stays one.
#[derive(Default)]
pub(crate) struct Kits {
    any: AtomicBool,
    all: RwLock<BTreeSet<SkuId>>,
    /// The kits that an item is in.
    by_part: DashMap<SkuId, Vec<SkuId>>,
}

impl Kits {
    /// Whether there are none at all: what most chains are asked with every look at a level.
    pub(crate) fn are_none(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    pub(crate) fn is_one(&self, sku: SkuId) -> bool {
        !self.are_none() && self.all.read().unwrap_or_else(PoisonError::into_inner).contains(&sku)
    }

    /// The kits that an item is in.
    pub(crate) fn with(&self, part: SkuId) -> Vec<SkuId> {
        if self.are_none() {
            return Vec::new();
        }
        self.by_part.get(&part).map(|kits| kits.clone()).unwrap_or_default()
    }

    /// The kits after an item, in the order of the catalogue.
    pub(crate) fn after(&self, after: Option<SkuId>) -> Vec<SkuId> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.all.read().unwrap_or_else(PoisonError::into_inner).range((from, Bound::Unbounded)).copied().collect()
    }

    /// Takes an item in, in the place of what it was before.
    pub(crate) fn put(&self, item: &Item, before: Option<&Item>) {
        for part in before.into_iter().flat_map(parts) {
            if let Some(mut kits) = self.by_part.get_mut(&part.sku) {
                kits.retain(|kit| *kit != item.sku);
            }
        }
        for part in parts(item) {
            self.by_part.entry(part.sku).or_default().push(item.sku);
        }
        if parts(item).next().is_some() {
            self.all.write().unwrap_or_else(PoisonError::into_inner).insert(item.sku);
            self.any.store(true, Ordering::Release);
        }
    }
}

fn parts(item: &Item) -> impl Iterator<Item = &Part> {
    item.terms.iter().flat_map(|terms| terms.parts.iter())
}

/// How many of a kit there could be at a location: whole kits that the scarcest part is enough for. Nothing
/// where no part was ever touched. Its version is the sum of those of its parts, and goes up only: the kit
/// having other parts lifts it above all that were.
pub(crate) fn level(view: &View, location: LocationId, kit: &Item) -> Option<LevelChange> {
    let terms = kit.terms.as_ref()?;
    let mut found = None;
    let mut versions = 0_u64;
    let mut least: Option<(i64, [i64; 3])> = None;
    for part in terms.parts.iter() {
        let change = view.level(location, part.sku);
        let level = change.map(|change| change.level).unwrap_or_default();
        found = found.max(change.map(|change| change.time));
        versions = versions.saturating_add(level.version.0);
        let kits = |qty: Qty| part.kits_in(qty);
        let (on_hand, atp) = (kits(level.on_hand), Channel::ALL.map(|channel| kits(level.atp(channel))));
        least = Some(match least {
            None => (on_hand, atp),
            Some((least_here, least_atp)) => {
                let mut atp = atp;
                atp.iter_mut().zip(least_atp).for_each(|(one, other)| *one = (*one).min(other));
                (least_here.min(on_hand), atp)
            }
        });
    }
    let (on_hand, atp) = least?;
    let version = Version((u64::from(terms.edition) << EDITION_SHIFT).saturating_add(versions));
    let level = Level { version, on_hand: Qty::units(on_hand), atp: atp.map(Qty::units), ..Level::default() };
    Some(LevelChange { location, sku: kit.sku, time: found?, level })
}

/// A page of levels with the kits among them, in the order of the catalogue. A kit that has a row of its own,
/// from before it was one, stands there once, as a kit.
pub(crate) fn among(own: Vec<LevelChange>, kits: impl Iterator<Item = LevelChange>, max: usize) -> Vec<LevelChange> {
    let is_full = own.len() >= max;
    let last = own.last().map(|change| change.sku).filter(|_| is_full);
    let mut page: Vec<LevelChange> = kits.take_while(|kit| last.is_none_or(|last| kit.sku <= last)).take(max).collect();
    page.extend(own);
    page.sort_by_key(|change| change.sku);
    page.dedup_by_key(|change| change.sku);
    page.truncate(max);
    page
}
