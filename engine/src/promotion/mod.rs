//! Promotions: what a shop takes off a basket by itself.
//!
//! Responsible for: which promotions fit a basket, in which order they are applied, what each takes off
//! and from which lines. Higher priority goes first. Among promotions of one priority the one that saves
//! the customer most goes first, then the one whose code comes first. An exclusive promotion shares a line
//! with no other; whether the exclusive ones of a priority are taken at all or give way to those that
//! combine is decided by what saves the customer more. A unit of a line is in one set only (3 for 10.00, buy two
//! get one). Each promotion works on what those before it have left of a line, so no line falls below
//! zero, and what it takes off is shared among its lines by largest remainder.
//!
//! Not responsible for: list prices, tax, and what a person takes off by hand.

mod apply;
mod check;
mod choose;
mod head;
mod index;
mod sets;
mod uses;

pub use check::PromotionFlaw;
pub use choose::{Applied, Line};
pub use index::Promotions;
pub use uses::Uses;

use crate::catalogue::Item;
use crate::ids::{Label, SkuId};
use crate::money::{Currency, Minor};
use crate::pricing::Terms;
use crate::tax::RatePpm;
use std::sync::Arc;

/// A promotion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// Its name in the books.
    pub code: Label,
    /// What the receipt calls it.
    pub name: Arc<str>,
    /// What it does.
    pub benefit: Benefit,
    /// The currency of the amounts in it: it holds only at locations that trade in it. None: it has no
    /// amounts.
    pub currency: Option<Currency>,
    /// For whom, where and when it holds.
    pub terms: Terms,
    /// The code that the customer must show; none: nothing to show.
    pub coupon: Option<Label>,
    /// How often the coupon may be used; none: as often as it is shown.
    pub uses: Option<Uses>,
    /// Higher goes first.
    pub priority: u16,
    /// It shares a line with no other promotion.
    pub exclusive: bool,
}

/// Which items: those named and those of the categories named, or every item when neither are; never
/// those excepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// These items, sorted.
    pub skus: Vec<SkuId>,
    /// Items of these categories.
    pub categories: Vec<Arc<str>>,
    /// But not these, sorted.
    pub except: Vec<SkuId>,
}

/// What is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// A part of the price in parts per million: 10 % is 100,000.
    Percent(RatePpm),
    /// An amount in minor units.
    Amount(Minor),
}

/// Units of some items that belong to a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which items.
    pub scope: Scope,
    /// How many units of them, together.
    pub units: u32,
}

/// What a promotion does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Benefit {
    /// A percentage off each line, or an amount off each unit.
    Each {
        /// Of which items.
        scope: Scope,
        /// What is taken off.
        off: Off,
    },
    /// Each unit for this price, where it is dearer.
    Price {
        /// Of which items.
        scope: Scope,
        /// Minor units for a unit.
        price: Minor,
    },
    /// Of every `buy + get` units, the dearest together, the `get` cheapest are cheaper.
    BuyGet {
        /// Of which items.
        scope: Scope,
        /// Units at their price.
        buy: u32,
        /// Units that are cheaper.
        get: u32,
        /// By how much: 1,000,000 makes them free.
        off: RatePpm,
    },
    /// Sets for a price: one part is a multi-buy (3 for 10.00) or, of several items, a mix and match;
    /// several parts are a meal deal. As many sets are made as save the customer something. A unit counts
    /// for the first part that names it.
    Set {
        /// What makes up one set.
        parts: Vec<Part>,
        /// Minor units for the set.
        price: Minor,
    },
    /// Once, when the items come to an amount.
    Spend {
        /// Of which items.
        scope: Scope,
        /// Minor units they must come to, after the promotions before this one.
        at_least: Minor,
        /// What is taken off all of them together.
        off: Off,
    },
}

impl Scope {
    /// Whether an item is meant.
    #[must_use]
    pub fn has(&self, item: &Item) -> bool {
        let named = self.is_everything()
            || self.skus.binary_search(&item.sku).is_ok()
            || self.categories.contains(&item.category);
        named && self.except.binary_search(&item.sku).is_err()
    }

    /// Whether every item is meant, but those excepted.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.skus.is_empty() && self.categories.is_empty()
    }
}

impl Benefit {
    /// Its scopes; each part of a set has its own.
    #[must_use]
    pub fn scopes(&self) -> Vec<&Scope> {
        match self {
            Benefit::Each { scope, .. }
            | Benefit::Price { scope, .. }
            | Benefit::BuyGet { scope, .. }
            | Benefit::Spend { scope, .. } => vec![scope],
            Benefit::Set { parts, .. } => parts.iter().map(|part| &part.scope).collect(),
        }
    }

    /// Tells its kind and every number in it, in a fixed order, so that no two that differ tell the same.
    pub(crate) fn each_number(&self, mut tell: impl FnMut(u64)) {
        match self {
            Benefit::Each { off, .. } => {
                tell(1);
                off.each_number(&mut tell);
            }
            Benefit::Price { price, .. } => {
                tell(2);
                tell(price.0.cast_unsigned());
            }
            Benefit::BuyGet { buy, get, off, .. } => {
                tell(3);
                [*buy, *get, off.0].into_iter().for_each(|number| tell(u64::from(number)));
            }
            Benefit::Set { parts, price } => {
                tell(4);
                tell(price.0.cast_unsigned());
                parts.iter().for_each(|part| tell(u64::from(part.units)));
            }
            Benefit::Spend { at_least, off, .. } => {
                tell(5);
                tell(at_least.0.cast_unsigned());
                off.each_number(&mut tell);
            }
        }
    }
}

impl Off {
    fn each_number(self, tell: &mut impl FnMut(u64)) {
        match self {
            Off::Percent(part) => {
                tell(1);
                tell(u64::from(part.0));
            }
            Off::Amount(amount) => {
                tell(2);
                tell(amount.0.cast_unsigned());
            }
        }
    }
}
