//! What a person takes off: a part or an amount of a line or of the whole basket, after all promotions.

use super::{Basket, Discount, NoQuote, QuoteLine, Why};
use crate::ids::Label;
use crate::money::{Minor, split};
use crate::promotion::Off;
use crate::refusal::Refusal;
use crate::tax::RatePpm;

/// What a person takes off, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// A part of what is left, or an amount of it.
    pub off: Off,
    /// Why.
    pub reason: Label,
}

impl ByHand {
    /// Its amount, or its part in parts per million.
    pub(crate) fn numbers(&self) -> [Option<Minor>; 2] {
        match self.off {
            Off::Amount(amount) => [Some(amount), None],
            Off::Percent(part) => [None, Some(Minor(part.0.into()))],
        }
    }

    /// How much it takes off what is left of a price; with the field that is wrong where it cannot.
    fn of(&self, left: Minor) -> Result<Minor, (&'static str, Refusal)> {
        match self.off {
            Off::Percent(RatePpm(1..=1_000_000)) => Ok(self.off.of(left)),
            Off::Percent(_) => Err(("discount.percent_ppm", Refusal::BadPercentOff)),
            Off::Amount(amount) if amount > Minor::ZERO && amount <= left => Ok(amount),
            Off::Amount(_) => Err(("discount.amount", Refusal::BadDiscount { left: left.0 })),
        }
    }

    fn discount(&self, amount: Minor) -> Option<Discount> {
        let why = Why::Person(self.reason.clone());
        // A part of very little may come to nothing.
        (amount > Minor::ZERO).then_some(Discount { why, amount })
    }
}

/// Takes off the lines what a person takes off each of them, then what is taken off the basket: shared
/// among its lines by what is left of them, to the largest remainder. Lines whose tax was charged already
/// stay as they are. Tells what was taken off the basket.
pub(super) fn take_off(lines: &mut [QuoteLine], basket: &Basket<'_>) -> Result<Option<Discount>, NoQuote> {
    for (at, (line, asked)) in lines.iter_mut().zip(basket.lines).enumerate() {
        let Some(by_hand) = &asked.discount else { continue };
        let off = by_hand.of(line.left()).map_err(|(field, why)| NoQuote::of_line(at, field, why))?;
        line.discounts.extend(by_hand.discount(off));
    }
    let Some(by_hand) = basket.discount else { return Ok(None) };
    let mut open: Vec<&mut QuoteLine> =
        lines.iter_mut().zip(basket.lines).filter(|(_, asked)| asked.taxed.is_none()).map(|(line, _)| line).collect();
    let left = open.iter().map(|line| line.left()).sum();
    let of_basket = |(field, why)| NoQuote { line: None, field: Some(field), why };
    let off = by_hand.of(left).map_err(of_basket)?;
    let weights: Vec<u64> = open.iter().map(|line| line.left().0.unsigned_abs()).collect();
    for (line, share) in open.iter_mut().zip(split(off, &weights)) {
        line.discounts.extend(by_hand.discount(share));
    }
    Ok(by_hand.discount(off))
}
