//! Whether a price that was named is the shop's own after all: then nobody asked another one.

use super::{Basket, BasketLine, PriceSource, QuoteLine};
use crate::money::Minor;
use crate::pricing::Setting;
use crate::qty::{Qty, Unit};
use crate::rules::Rules;
use crate::scan::quantity_for;

/// Whether an amount is what a quantity costs at a price per unit. What a label says counts, where the
/// quantity was worked out from it to the thousandth.
#[must_use]
pub fn is_at_price(amount: Minor, unit_price: Minor, qty: Qty, unit: Unit) -> bool {
    amount == unit_price.times(qty) || (unit != Unit::Each && quantity_for(amount, unit_price) == Some(qty))
}

impl Rules {
    /// Clears the mark of lines that cost what the shop asks, promotions and all: a seller with the same
    /// evaluator names the outcome. They do so for a whole basket, or a line might count for a promotion
    /// whose share it has already had.
    pub(super) fn find_own_prices(&self, lines: &mut [QuoteLine], basket: &Basket<'_>, setting: &Setting<'_>) {
        if !lines.iter().any(QuoteLine::differs) {
            return;
        }
        let open: Vec<bool> = lines.iter().map(QuoteLine::may_be_own).collect();
        let unnamed: Vec<BasketLine> = basket
            .lines
            .iter()
            .zip(&open)
            .map(|(line, open)| if *open { line.unnamed() } else { line.clone() })
            .collect();
        let twin = Basket { lines: &unnamed, ..*basket };
        let Ok((own, _)) = self.discounted(&twin, setting) else { return };
        let costs_the_same = |(line, own): (&QuoteLine, &QuoteLine)| line.left() == own.left();
        if !lines.iter().zip(&own).all(costs_the_same) {
            return;
        }
        for (line, _) in lines.iter_mut().zip(open).filter(|(_, open)| *open) {
            if let PriceSource::Named { differs, .. } = &mut line.source {
                *differs = false;
            }
        }
    }
}

impl BasketLine {
    /// As it would be if nobody had named its price.
    fn unnamed(&self) -> Self {
        Self { named: None, ..self.clone() }
    }
}

impl QuoteLine {
    /// Whether somebody asked another price than the shop's.
    const fn differs(&self) -> bool {
        matches!(self.source, PriceSource::Named { differs: true, .. })
    }
    /// Whether the shop has a price for it. One with a reason is another price, also for a seller who worked
    /// the rest out.
    const fn may_be_own(&self) -> bool {
        !matches!(self.source, PriceSource::Named { list_price: None, .. } | PriceSource::Named { reason: Some(_), .. })
    }
}
