//! What a sale keeps of how its price came about, beside each line's list price, net and tax.

use super::{PriceSource, QuoteLine};
use crate::ids::Label;
use crate::money::Minor;
use crate::rules::RulesVersion;
use smallvec::SmallVec;

/// Who took something off a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A promotion, by its code.
    Promotion(Label),
    /// A person, for a reason.
    Person(Label),
}

/// What was taken off a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discount {
    /// Who did.
    pub why: Why,
    /// How much of the line, above zero, in the location's price basis.
    pub amount: Minor,
}

/// What was taken off one line, in order. Nearly always once: that lies in the line itself.
pub type Discounts = SmallVec<[Discount; 1]>;

/// A person asked another price than the shop's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The shop's price of a unit, where it has one.
    pub list_price: Option<Minor>,
    /// Why, where they said so.
    pub reason: Option<Label>,
}

/// How the price of one line came about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinePricing {
    /// What was taken off, in order.
    pub discounts: Discounts,
    /// The price was named by a person, and is not the shop's.
    pub overridden: Option<Override>,
}

/// How the prices of a sale came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pricing {
    /// Of the rules they were made by.
    pub version: RulesVersion,
    /// [`super::Quote::hash`] of the quote.
    pub hash: u64,
    /// Why the customer paid no tax, where they did not.
    pub exempt: Option<Label>,
    /// One for each line of the sale.
    pub lines: Vec<LinePricing>,
}

impl LinePricing {
    pub(super) fn of(line: QuoteLine) -> Self {
        let is_overridden = line.source.is_override();
        let overridden = match line.source {
            PriceSource::Named { list_price, reason, .. } if is_overridden => Some(Override { list_price, reason }),
            _ => None,
        };
        Self { discounts: line.discounts, overridden }
    }

    /// Whether there is nothing to keep of a line.
    pub(super) fn is_needless(line: &QuoteLine) -> bool {
        line.discounts.is_empty() && !line.source.is_override()
    }
}

impl PriceSource {
    /// Whether a person asked another price than the shop's, or said why.
    const fn is_override(&self) -> bool {
        matches!(self, Self::Named { differs: true, .. } | Self::Named { reason: Some(_), .. })
    }
}
