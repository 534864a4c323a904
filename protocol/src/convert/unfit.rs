//! A command that cannot be as things are now: where it was done before, it gets its first answer all the same.

use super::enter::{Place, Refused};
use super::goods::Gathered;
use super::{Entered, Names};
use crate::message::{ErrorBody, SaleLine};
use onhand_engine::catalogue::{Item, Location};
use onhand_engine::command::{self, Action};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::tax::Taxed;
use std::sync::Arc;

impl<N: Names> Place<'_, N> {
    /// Takes note of what is against the command as things are now: prices, coupons, accounts and more may have
    /// changed since it was done. Whoever asks goes on with what tells two tries apart, and leaves it to those who
    /// remember what was done.
    pub(super) fn unless_known(&self, why: Refused) {
        // The first of several is told.
        let _ = self.against.set(why);
    }

    /// What was asked of it, and what is against that.
    pub(super) fn asks(self, action: Action) -> (Arc<Location>, Action, Option<Refused>) {
        let against = self.against.into_inner();
        (self.location, if_known(action, against.as_deref()), against)
    }

    /// Lines that cannot be priced as things are now, as far as they tell two tries apart.
    pub(super) fn unpriced(
        &self,
        lines: &[SaleLine],
        why: Refused,
    ) -> Result<(Vec<command::SaleLine>, Gathered), Refused> {
        let items: Result<Vec<_>, Refused> =
            lines.iter().enumerate().map(|(at, line)| self.sold_item(line, at)).collect();
        let Ok(items) = items else { return Err(why) };
        let goods = self.goods_of(lines, items.iter().map(|item| &**item))?;
        self.unless_known(why);
        Ok((items.iter().zip(lines).map(|(item, line)| bare(item, line.qty.0)).collect(), goods))
    }
}

impl Entered {
    /// The same, where this is against it as things are now.
    pub(super) fn unless_known(mut self, against: Option<Refused>) -> Self {
        self.command.action = if_known(self.command.action, against.as_deref());
        self.asked.against = against;
        self
    }
}

fn if_known(action: Action, against: Option<&ErrorBody>) -> Action {
    match against {
        Some(why) => Action::IfKnown { asked: Box::new(action), number: why.number },
        None => action,
    }
}

/// A line of which only the item and how much of it matters.
pub(super) fn bare(item: &Item, qty: Qty) -> command::SaleLine {
    let (sku, unit_price, taxed, unit_cost) = (item.sku, Minor::ZERO, Taxed::default(), None);
    command::SaleLine { sku, qty, unit_price, taxed, unit_cost }
}
