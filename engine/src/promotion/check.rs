//! What a promotion must be like to be taken up.

use super::{Benefit, Off, Promotion};
use crate::money::Minor;
use crate::tax::RatePpm;

/// All of the price, in parts per million.
const ALL: RatePpm = RatePpm(1_000_000);
/// The most units a set, or what is bought and got together, may have.
const UNITS_MAX: u32 = 1_000;
/// The most parts a set may have.
const PARTS_MAX: usize = 20;

/// What is wrong with a promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct PromotionFlaw {
    /// The field, as it is called on the wire.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

const fn flaw(field: &'static str, why: &'static str) -> Result<(), PromotionFlaw> {
    Err(PromotionFlaw { field, why })
}

impl Promotion {
    /// Whether it can be taken up: nothing in it can make a line negative or mean nothing.
    ///
    /// # Errors
    /// [`PromotionFlaw`] names the field.
    pub fn check(&self) -> Result<(), PromotionFlaw> {
        if !self.terms.are_in_order() {
            return flaw("until", "is not after `from` by the same clock");
        }
        self.check_uses()?;
        self.benefit.check()?;
        match (self.benefit.has_amounts(), self.currency) {
            (true, None) => flaw("currency", "is missing: the promotion has amounts"),
            (false, Some(_)) => flaw("currency", "is given, but the promotion has no amounts"),
            _ => Ok(()),
        }
    }
}

impl Benefit {
    fn check(&self) -> Result<(), PromotionFlaw> {
        match self {
            Benefit::Each { off, .. } => off.check(),
            Benefit::Price { price, .. } => check_price(*price),
            Benefit::BuyGet { buy, get, off, .. } => {
                check_units(*buy, "buy")?;
                check_units(*get, "get")?;
                Off::Percent(*off).check()
            }
            Benefit::Set { parts, price } => {
                if parts.is_empty() || parts.len() > PARTS_MAX {
                    return flaw("parts", "has 1 to 20 parts");
                }
                parts.iter().try_for_each(|part| check_units(part.units, "units"))?;
                check_price(*price)
            }
            Benefit::Spend { at_least, off, .. } => {
                check_amount(*at_least, "at_least")?;
                off.check()?;
                match off {
                    Off::Amount(amount) if amount > at_least => {
                        flaw("amount", "is more than what must be spent: the basket would be below zero")
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    const fn has_amounts(&self) -> bool {
        match self {
            Benefit::Each { off, .. } => matches!(off, Off::Amount(_)),
            Benefit::BuyGet { .. } => false,
            Benefit::Price { .. } | Benefit::Set { .. } | Benefit::Spend { .. } => true,
        }
    }
}

impl Off {
    fn check(self) -> Result<(), PromotionFlaw> {
        match self {
            Off::Percent(RatePpm(0)) => flaw("percent_ppm", "is zero: nothing would be taken off"),
            Off::Percent(part) if part > ALL => flaw("percent_ppm", "is more than 1,000,000, which is everything"),
            Off::Percent(_) => Ok(()),
            Off::Amount(amount) => check_amount(amount, "amount"),
        }
    }
}

fn check_price(price: Minor) -> Result<(), PromotionFlaw> {
    if (Minor::ZERO..=Minor::MAX).contains(&price) {
        return Ok(());
    }
    flaw("price", "is below zero or beyond 10,000,000,000,000 minor units")
}

fn check_amount(amount: Minor, field: &'static str) -> Result<(), PromotionFlaw> {
    if amount > Minor::ZERO && amount <= Minor::MAX {
        return Ok(());
    }
    flaw(field, "is not above zero, or beyond 10,000,000,000,000 minor units")
}

const fn check_units(units: u32, field: &'static str) -> Result<(), PromotionFlaw> {
    if units == 0 || units > UNITS_MAX {
        return flaw(field, "is not 1 to 1,000");
    }
    Ok(())
}
