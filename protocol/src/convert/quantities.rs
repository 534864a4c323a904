//! Quantities that a request names.

use super::Names;
use super::enter::{Place, Refused, on_line};
use crate::message::{ErrorBody, SafetyStock};
use crate::value::Quantity;
use onhand_engine::catalogue::Item;
use onhand_engine::command::{self, Policy};
use onhand_engine::qty::Qty;

impl<N: Names> Place<'_, N> {
    pub(super) fn policy(&self, item: &Item, safety: SafetyStock, low_at: Quantity) -> Result<Policy, Refused> {
        let mut policy = Policy { low_at: self.fitting(item, low_at, "low_at", None)?, ..Policy::default() };
        let named = [
            (command::Channel::Till, safety.till, "safety_stock.till"),
            (command::Channel::Web, safety.web, "safety_stock.web"),
            (command::Channel::Marketplace, safety.marketplace, "safety_stock.marketplace"),
        ];
        for (channel, qty, field) in named {
            policy.safety_stock[channel.index()] = self.fitting(item, qty, field, None)?;
        }
        Ok(policy)
    }

    /// A quantity that the item can have: pieces are whole, and nobody has more than the largest.
    pub(super) fn fitting(&self, item: &Item, qty: Quantity, field: &str, line: Option<usize>) -> Result<Qty, Refused> {
        if qty.0 > Qty::MAX || qty.0 < Qty::MAX.negated() {
            return Err(bad_quantity(item, qty, "is beyond 1,000,000,000 units", field, line));
        }
        if !item.unit.allows(qty.0) {
            let why = "is not whole, and it is sold by the piece";
            self.unless_known(bad_quantity(item, qty, why, field, line));
        }
        Ok(qty.0)
    }

    /// `at` is the line that names it, where it is on one.
    pub(super) fn above_zero(&self, item: &Item, qty: Quantity, at: impl Into<Option<usize>>) -> Result<Qty, Refused> {
        let at = at.into();
        if qty.0.is_positive() {
            return self.fitting(item, qty, "qty", at);
        }
        Err(bad_quantity(item, qty, "is not above zero", "qty", at))
    }
}

fn bad_quantity(item: &Item, qty: Quantity, why: &str, field: &str, line: Option<usize>) -> Refused {
    let error = ErrorBody::new(1005, format!("{}: a quantity of {qty} {why}", item.code));
    on_line(ErrorBody { sku: Some((&item.code).into()), ..error }, field, line)
}
