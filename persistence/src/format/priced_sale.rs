//! The narrow form of a sale from whose lines something was taken off: by promotions, or by people who said why.

use super::DecodeError;
use super::catalogue::label;
use super::sale::{ArchivedCostedSale, CostedSale};
use onhand_engine::event::Sale;
use onhand_engine::ids::Label;
use onhand_engine::money::Minor;
use onhand_engine::quote::{Discount, LinePricing, Pricing, Why};
use onhand_engine::rules::RulesVersion;
use rkyv::{Archive, Serialize};
use std::sync::Arc;

#[derive(Archive, Serialize, Default)]
pub(super) struct PricedSale {
    pub(super) sale: CostedSale,
    version: u64,
    hash: u64,
    /// Who took something off, one behind the other: promotions by their codes, people by their reasons.
    names: String,
    takers: Vec<Taker>,
    discounts: Vec<NarrowDiscount>,
}

#[derive(Archive, Serialize)]
pub(super) struct Taker {
    /// Where the name ends.
    end: u32,
    is_person: bool,
}

#[derive(Archive, Serialize)]
pub(super) struct NarrowDiscount {
    line: u16,
    taker: u16,
    amount: i32,
}

impl PricedSale {
    /// Takes the sale over, if it fits. Its lists keep their room from sale to sale.
    pub(super) fn fill(&mut self, sale: &Sale) -> bool {
        let fits =
            |pricing: &Arc<Pricing>| pricing.lines.len() == sale.lines.len() && self.fill_prices(pricing).is_some();
        sale.pricing.as_ref().is_none_or(fits) && self.sale.fill(sale)
    }

    fn fill_prices(&mut self, pricing: &Pricing) -> Option<()> {
        (self.version, self.hash) = (pricing.version.0, pricing.hash);
        self.names.clear();
        self.takers.clear();
        self.discounts.clear();
        if pricing.exempt.is_some() {
            return None;
        }
        for (at, line) in pricing.lines.iter().enumerate() {
            if line.overridden.is_some() {
                return None;
            }
            for discount in &line.discounts {
                let taker = match self.taker(&discount.why) {
                    Some(taker) => taker,
                    None => self.add_taker(&discount.why)?,
                };
                self.discounts.push(NarrowDiscount {
                    line: at.try_into().ok()?,
                    taker: taker.try_into().ok()?,
                    amount: discount.amount.0.try_into().ok()?,
                });
            }
        }
        Some(())
    }

    /// The place of one that was named before.
    fn taker(&self, why: &Why) -> Option<usize> {
        let (is_person, name) = parts(why);
        let mut start = 0;
        self.takers.iter().position(|taker| {
            let end = usize::try_from(taker.end).unwrap_or(usize::MAX);
            let known = self.names.get(start..end);
            start = end;
            taker.is_person == is_person && known == Some(name)
        })
    }

    fn add_taker(&mut self, why: &Why) -> Option<usize> {
        let (is_person, name) = parts(why);
        self.names.push_str(name);
        self.takers.push(Taker { end: self.names.len().try_into().ok()?, is_person });
        self.takers.len().checked_sub(1)
    }
}

/// Whether it is a person, and the name.
fn parts(why: &Why) -> (bool, &str) {
    match why {
        Why::Promotion(code) => (false, code.as_str()),
        Why::Person(reason) => (true, reason.as_str()),
    }
}

impl ArchivedPricedSale {
    pub(super) fn read_into(&self, sale: &mut Sale) -> Result<(), DecodeError> {
        ArchivedCostedSale::read_into(&self.sale, sale)?;
        sale.pricing = Some(Arc::new(self.pricing(sale.lines.len())?));
        Ok(())
    }

    fn pricing(&self, count: usize) -> Result<Pricing, DecodeError> {
        let takers = self.takers()?;
        let mut lines = vec![LinePricing::default(); count];
        for discount in self.discounts.iter() {
            let line = lines.get_mut(usize::from(discount.line.to_native()));
            let taker = takers.get(usize::from(discount.taker.to_native()));
            let (Some(line), Some(why)) = (line, taker) else {
                return Err(DecodeError("a discount of no line, or by nobody".into()));
            };
            line.discounts.push(Discount { why: why.clone(), amount: Minor(discount.amount.to_native().into()) });
        }
        let version = RulesVersion(self.version.to_native());
        Ok(Pricing { version, hash: self.hash.to_native(), exempt: None, lines })
    }

    fn takers(&self) -> Result<Vec<Why>, DecodeError> {
        let mut start = 0;
        let why = |taker: &ArchivedTaker| {
            let end = usize::try_from(taker.end.to_native()).unwrap_or(usize::MAX);
            let name =
                self.names.as_str().get(start..end).ok_or_else(|| DecodeError("a name that ends nowhere".into()))?;
            start = end;
            let name: Label = label(name)?;
            Ok(if taker.is_person { Why::Person(name) } else { Why::Promotion(name) })
        };
        self.takers.iter().map(why).collect()
    }
}
