//! Which tax classes of the catalogue a location has no rate for: to be asked before it opens.

use super::Occasion;
use crate::catalogue::{Item, Location};
use crate::command::Channel;
use crate::ids::{Label, LocationId, SkuId};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A class without a rate: its items cannot be sold there by that channel then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where.
    pub location: LocationId,
    /// By which channel.
    pub channel: Channel,
    /// The class.
    pub class: Label,
    /// How many items have it.
    pub items: usize,
    /// The first of them.
    pub first: SkuId,
}

/// Every class of the catalogue that a location has no rate for at a time, by location, channel and
/// class. Empty: every item can be taxed everywhere.
#[must_use]
pub fn gaps(items: &[Arc<Item>], locations: &[Arc<Location>], now: Timestamp) -> Vec<Gap> {
    let mut classes: BTreeMap<&Label, (usize, SkuId)> = BTreeMap::new();
    for item in items {
        let known = classes.entry(&item.tax_class).or_insert((0, item.sku));
        known.0 = known.0.saturating_add(1);
    }
    let mut gaps = Vec::new();
    for location in locations {
        for channel in Channel::ALL {
            let occasion = Occasion { channel, now, is_exempt: false };
            for (class, (count, first)) in &classes {
                if location.tax.parts_on(class, &occasion).is_err() {
                    let (class, items, first) = ((*class).clone(), *count, *first);
                    gaps.push(Gap { location: location.id, channel, class, items, first });
                }
            }
        }
    }
    gaps
}
