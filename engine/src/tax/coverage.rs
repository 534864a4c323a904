//! Which tax classes of the catalogue a location has no rate for, and when: to be asked before it opens.

use super::{Occasion, TaxRules};
use crate::catalogue::{Item, Location};
use crate::command::Channel;
use crate::ids::{Label, LocationId, SkuId};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A class without a rate for a while: its items cannot be sold there by that channel then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where.
    pub location: LocationId,
    /// By which channel.
    pub channel: Channel,
    /// The class.
    pub class: Label,
    /// The first moment without a rate.
    pub from: Timestamp,
    /// The first with one again, or where nobody asked further.
    pub until: Timestamp,
    /// How many items have it.
    pub items: usize,
    /// The first of them.
    pub first: SkuId,
}

/// Every class of the catalogue that a location has no rate for at some time from a moment on until just
/// before another: by location, channel, class and time. Empty: every item can be taxed everywhere all the time.
#[must_use]
pub fn gaps(items: &[Arc<Item>], locations: &[Arc<Location>], from: Timestamp, until: Timestamp) -> Vec<Gap> {
    let mut classes: BTreeMap<&Label, (usize, SkuId)> = BTreeMap::new();
    for item in items {
        let known = classes.entry(&item.tax_class).or_insert((0, item.sku));
        known.0 = known.0.saturating_add(1);
    }
    let mut gaps = Vec::new();
    for location in locations {
        let changes = location.tax.changes(from, until);
        for channel in Channel::ALL {
            for (class, (count, first)) in &classes {
                let mut open: Option<Gap> = None;
                for now in &changes {
                    let occasion = Occasion { channel, now: *now, is_exempt: false };
                    if location.tax.parts_on(class, &occasion).is_ok() {
                        gaps.extend(open.take().map(|gap| Gap { until: *now, ..gap }));
                    } else if open.is_none() {
                        let (class, from, items, first) = ((*class).clone(), *now, *count, *first);
                        open = Some(Gap { location: location.id, channel, class, from, until, items, first });
                    }
                }
                gaps.extend(open);
            }
        }
    }
    gaps
}

impl TaxRules {
    /// The moments from one on until just before another at which rates may change, in order; the first is
    /// `from` itself.
    fn changes(&self, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
        let ends = self.dated.iter().flat_map(|rate| [rate.period.from, rate.period.until]).flatten();
        let mut changes: Vec<Timestamp> = ends.filter(|moment| from < *moment && *moment < until).collect();
        changes.push(from);
        changes.sort_unstable();
        changes.dedup();
        changes
    }
}
