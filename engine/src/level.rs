//! What is published of a SKU at a location: one snapshot, one version.

use crate::command::Channel;
use crate::ids::Version;
use crate::qty::Qty;

/// The counts of one SKU at one location at one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Goes up with every event that touches it, by one for each of its changes.
    pub version: Version,
    /// Units physically here by our books.
    pub on_hand: Qty,
    /// Held for baskets.
    pub reserved: Qty,
    /// Bound to orders.
    pub allocated: Qty,
    /// On hand but not for sale.
    pub unavailable: Qty,
    /// Ordered or in transit to here.
    pub incoming: Qty,
    /// At or below this much it counts as low.
    pub low_at: Qty,
    /// Available to promise per [`Channel::index`].
    pub atp: [Qty; 3],
}

impl Level {
    /// Available to promise to a channel.
    #[must_use]
    pub fn atp(&self, channel: Channel) -> Qty {
        self.atp.get(channel.index()).copied().unwrap_or_default()
    }

    /// Whether a channel should be told that it is running low.
    #[must_use]
    pub fn is_low(&self, channel: Channel) -> bool {
        self.atp(channel) <= self.low_at
    }
}
