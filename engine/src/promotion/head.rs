//! What is asked of a promotion for every basket that it may fit, in one piece of memory. Among very many
//! promotions it takes longer to fetch the whole of one than to work out what it takes off.

use super::{Benefit, Off, Promotion};
use crate::money::{Currency, Minor};
use crate::pricing::{Setting, Terms};
use crate::tax::RatePpm;
use crate::time::Period;

/// The numbers of a promotion.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) gain: Gain,
    currency: Option<Currency>,
    pub(super) priority: u16,
    pub(super) exclusive: bool,
    /// Its terms ask for more than a time.
    pub(super) has_terms: bool,
    period: Period,
}

/// A benefit without its scopes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gain {
    /// As in [`Benefit::Each`].
    Each(Off),
    /// As in [`Benefit::Price`].
    Price(Minor),
    /// As in [`Benefit::BuyGet`].
    BuyGet { buy: u32, get: u32, off: RatePpm },
    /// As in [`Benefit::Set`], of one part.
    Multi { units: u32, price: Minor },
    /// As in [`Benefit::Set`], of several parts.
    Set { price: Minor },
    /// As in [`Benefit::Spend`].
    Spend { at_least: Minor, off: Off },
}

impl Head {
    pub(super) fn of(promotion: &Promotion) -> Self {
        Self {
            gain: Gain::of(&promotion.benefit),
            currency: promotion.currency,
            priority: promotion.priority,
            exclusive: promotion.exclusive,
            has_terms: promotion.terms != Terms { period: promotion.terms.period, ..Terms::default() },
            period: promotion.terms.period,
        }
    }

    /// Whether it holds in a setting as far as it can tell.
    pub(super) fn holds(&self, setting: &Setting<'_>) -> bool {
        self.period.has(setting.now) && self.currency.is_none_or(|currency| currency == setting.location.currency)
    }
}

impl Gain {
    fn of(benefit: &Benefit) -> Self {
        match benefit {
            Benefit::Each { off, .. } => Self::Each(*off),
            Benefit::Price { price, .. } => Self::Price(*price),
            Benefit::BuyGet { buy, get, off, .. } => Self::BuyGet { buy: *buy, get: *get, off: *off },
            Benefit::Set { parts, price } => match parts.as_slice() {
                [part] => Self::Multi { units: part.units, price: *price },
                _ => Self::Set { price: *price },
            },
            Benefit::Spend { at_least, off, .. } => Self::Spend { at_least: *at_least, off: *off },
        }
    }
}
