//! Tax on tax: each tax is on the price with those before it.

use super::RatePpm;
use crate::money::divide_half_up;

/// One, in parts per million.
const ONE: i128 = 1_000_000;

/// What taxes of which each is on the price with those before it come to as rates on the price alone, each rounded
/// half up to parts per million: 5 %, and 9.5 % on top of both, are 5 % and 9.975 %. From there on they are taxes as
/// any other: added up, and rounded once.
#[must_use]
pub fn on_price_alone(parts: &[RatePpm]) -> Vec<RatePpm> {
    let mut so_far = ONE;
    let alone = |part: &RatePpm| {
        let own = divide_half_up(so_far.saturating_mul(i128::from(part.0)), ONE);
        so_far = so_far.saturating_add(i128::from(own));
        RatePpm(u32::try_from(own).unwrap_or(u32::MAX))
    };
    parts.iter().map(alone).collect()
}
