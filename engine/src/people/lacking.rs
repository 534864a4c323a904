//! A sale that has happened is recorded whoever made it. What they had no right to is an exception of its record,
//! for others to look at.

use super::{By, Capabilities, Capability, OverLimit, People, prices_need, stands_before_a_person};
use crate::catalogue::Key;
use crate::command::{Action, Sell, Standing};
use crate::event::{Event, Sale};
use crate::goods::{Amounts, Exception};
use crate::ids::LocationId;
use crate::money::Minor;
use crate::quote::{LinePricing, Why};

/// The number of an exception: a price of the seller's own, without the right to name one.
pub const PRICE_NOT_ALLOWED: u16 = 4040;
/// The number of an exception: something taken off by hand, without the right to do so.
pub const DISCOUNT_NOT_ALLOWED: u16 = 4041;

impl People {
    /// What a sale that has happened took without a right: of its prices and discounts. Nothing where people are
    /// not required, or for any other action: a request is refused instead.
    #[must_use]
    pub fn lacking(&self, location: LocationId, by: By, key: Option<&Key>, action: &Action) -> Capabilities {
        let Action::Sell(sell @ Sell { standing: Standing::Fact, pricing: Some(_), .. }) = action else {
            return Capabilities::NONE;
        };
        let is_checked =
            self.are_required_at(location.real()) && key.is_some_and(|key| stands_before_a_person(key.role));
        if !is_checked {
            return Capabilities::NONE;
        }
        let may =
            |no: Option<super::UserNo>| no.and_then(|no| self.user(no)).map_or(Capabilities::NONE, |u| self.may(u));
        // An approval that is not good was refused before.
        prices_need(sell).without(may(by.user)).without(may(by.approver))
    }
}

impl Event {
    /// Notes in a return that has happened that it went further than whoever made it may.
    ///
    /// # Errors
    /// The same, for what has not happened.
    pub fn note_over(&mut self, over: OverLimit) -> Result<(), OverLimit> {
        match (self, over) {
            (Event::GoodsReturned(back), OverLimit::Refund { amount, max }) if back.has_happened() => {
                let first = back.lines.first().map(|line| line.sku);
                let amounts = Some(Amounts { said: amount, own: max });
                let exception = first.map(|sku| Exception { line: 0, sku, number: over.number(), amounts });
                back.goods.get_or_insert_default().exceptions.extend(exception);
                Ok(())
            }
            _ => Err(over),
        }
    }

    /// Notes in a sale what was done in it without a right.
    pub fn note_lacking(&mut self, lacking: Capabilities) {
        if let Event::SaleRecorded(sale) = self
            && lacking != Capabilities::NONE
        {
            let exceptions = without_rights(sale, lacking);
            if !exceptions.is_empty() {
                sale.goods.get_or_insert_default().exceptions.extend(exceptions);
            }
        }
    }
}

fn without_rights(sale: &Sale, lacking: Capabilities) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    let priced = sale.pricing.iter().flat_map(|pricing| &pricing.lines);
    for ((no, line), pricing) in (0_u16..).zip(&sale.lines).zip(priced) {
        let mut note = |number, amounts| exceptions.push(Exception { line: no, sku: line.sku, number, amounts });
        if let Some(own) = pricing.overridden.as_ref().filter(|_| lacking.has(Capability::OverridePrice)) {
            note(PRICE_NOT_ALLOWED, own.list_price.map(|own| Amounts { said: line.unit_price, own }));
        }
        let off = by_hand(pricing);
        if off > Minor::ZERO && lacking.has(Capability::Discount) {
            note(DISCOUNT_NOT_ALLOWED, Some(Amounts { said: off, own: Minor::ZERO }));
        }
    }
    exceptions
}

/// What a person took off a line.
fn by_hand(line: &LinePricing) -> Minor {
    let own = line.discounts.iter().filter(|discount| matches!(discount.why, Why::Person(_)));
    own.map(|discount| discount.amount).sum()
}
