//! Amounts that a request names of a line.

use super::enter::{Refused, on_line};
use crate::message::ErrorBody;
use onhand_engine::money::{Minor, divide_half_up};
use onhand_engine::qty::Qty;
use onhand_engine::tax::{PriceBasis, RatePpm, Taxed};

/// What one unit costs where the line costs an amount.
pub(super) fn per_unit(amount: Minor, qty: Qty) -> Minor {
    let scaled = i128::from(amount.0).saturating_mul(i128::from(Qty::SCALE));
    Minor(divide_half_up(scaled, i128::from(qty.milli())))
}

/// What a line cost whose tax was charged already.
pub(super) fn as_it_was(
    basis: PriceBasis,
    amount: Minor,
    tax: Minor,
    rate_ppm: u32,
    at: usize,
) -> Result<Taxed, Refused> {
    let net = match basis {
        PriceBasis::TaxInclusive => amount.minus(tax),
        PriceBasis::TaxExclusive => amount,
    };
    if tax < Minor::ZERO || net < Minor::ZERO || tax > Minor::MAX {
        let text = "the tax is below zero, or more than the amount that contains it";
        return Err(on_line(ErrorBody::new(3003, text), "tax.amount", Some(at)));
    }
    Ok(Taxed { net, tax, rate: RatePpm(rate_ppm) })
}
