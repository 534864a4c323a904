//! The bytes of what limits returns without a receipt, and of what counts towards it.

use super::{Bytes, Feed};
use crate::ids::LocationId;
use crate::returns::unreceipted::{Limits, OfDay};

/// Feeds what was given without a receipt on the latest day; nothing where nothing was.
pub(super) fn feed_of_day(location: LocationId, of_day: Option<&OfDay>, feed: Feed<'_>) {
    let Some(OfDay { day, returns, amount }) = of_day else { return };
    let mut bytes = Bytes::of(b'N', location);
    bytes.small(day.number());
    bytes.small(*returns);
    bytes.minor(*amount);
    feed(&bytes.0);
}

/// Feeds what is set for a location.
pub(super) fn feed_limits(at: LocationId, limits: &Limits, feed: Feed<'_>) {
    let Limits { amount_max, per_day, per_customer, can_be_lifted } = limits;
    let mut bytes = Bytes::of(b'N', at);
    bytes.flag(*can_be_lifted);
    bytes.small(per_customer.map_or(0, |one| u32::from(one.days)));
    let of_customer = per_customer.map(|one| one.most).unwrap_or_default();
    for amount in [*amount_max, per_day.amount, of_customer.amount] {
        bytes.flag(amount.is_some());
        bytes.minor(amount.unwrap_or_default());
    }
    for returns in [per_day.returns, of_customer.returns] {
        bytes.flag(returns.is_some());
        bytes.small(returns.unwrap_or_default());
    }
    feed(&bytes.0);
}
