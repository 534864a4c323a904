//! What a basket costs: the one evaluator of price, promotion and tax.
//!
//! Responsible for: list price, promotions, what a person takes off, tax, totals, in this order; where each
//! number comes from; a hash that any two parties can compare. The same basket, rules and time always
//! come to the same quote.
//!
//! Not responsible for: stock, payment, and whether a person may name a price.

mod by_hand;
mod explain;
mod kept;
mod own;

pub use by_hand::ByHand;
pub use explain::explain;
pub use kept::{Discount, Discounts, LinePricing, Override, Pricing, Why};
pub use own::is_at_price;

use crate::catalogue::{Item, Location};
use crate::command::Channel;
use crate::hash::Hash;
use crate::ids::Label;
use crate::money::Minor;
use crate::pricing::{Hours, PriceBook, Setting, price};
use crate::promotion::{Applied, Line};
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::rules::{Rules, RulesVersion};
use crate::tax::{Occasion, Taxed};
use crate::time::Timestamp;
use hashbrown::HashMap;
use std::sync::Arc;

/// Lines not yet paid, and whom they are for.
#[derive(Clone, Copy, Debug)]
pub struct Basket<'a> {
    /// Where it is sold.
    pub location: &'a Location,
    /// Where the demand comes from.
    pub channel: Channel,
    /// The customer's group, where one is known.
    pub group: Option<&'a Label>,
    /// Codes that the customer shows.
    pub coupons: &'a [Label],
    /// Why the customer pays no tax, where they do not: the certificate's name.
    pub exempt: Option<&'a Label>,
    /// What a person takes off all of it.
    pub discount: Option<&'a ByHand>,
    /// The lines.
    pub lines: &'a [BasketLine],
}

/// One line of a basket. Its quantity has been checked.
#[derive(Clone, Debug)]
pub struct BasketLine {
    /// The item.
    pub item: Arc<Item>,
    /// How much of it, above zero.
    pub qty: Qty,
    /// The price that a person or another system named; none: by the rules.
    pub named: Option<NamedPrice>,
    /// The tax as it was charged; none: by the rules. Only with a named price.
    pub taxed: Option<Taxed>,
    /// What a person takes off the line.
    pub discount: Option<ByHand>,
}

/// A price that was not asked of the rules. No promotion touches its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPrice {
    /// Of one unit.
    pub unit_price: Minor,
    /// Of the line.
    pub amount: Minor,
    /// Why it is not the shop's own price, where that was said.
    pub reason: Option<Label>,
}

/// Where the price of a line comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceSource {
    /// The catalogue.
    Catalogue,
    /// A price book.
    Book {
        /// Which.
        code: Label,
        /// From how much of the item on.
        min_qty: Qty,
        /// Its weekly hours, where it has any.
        hours: Option<Arc<[Hours]>>,
    },
    /// The seller named it.
    Named {
        /// The shop's own price of a unit, where there is one.
        list_price: Option<Minor>,
        /// Why, where that was said.
        reason: Option<Label>,
        /// Whether the shop asks another price.
        differs: bool,
    },
}

/// One line, priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteLine {
    /// The item.
    pub item: Arc<Item>,
    /// How much of it.
    pub qty: Qty,
    /// The price of one unit before discounts.
    pub unit_price: Minor,
    /// Where it comes from.
    pub source: PriceSource,
    /// What the line costs before discounts, in the location's price basis.
    pub amount: Minor,
    /// What was taken off, in order; each above zero.
    pub discounts: Discounts,
    /// What the line costs.
    pub taxed: Taxed,
}

/// A basket, priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Of the rules it was made by.
    pub version: RulesVersion,
    /// Why no tax is due, where none is.
    pub exempt: Option<Label>,
    /// The lines, in the order of the basket.
    pub lines: Vec<QuoteLine>,
    /// What each promotion took off, in the order in which they were applied.
    pub promotions: Vec<PromotionTotal>,
    /// What a person took off all of it; the lines have their shares.
    pub discount: Option<Discount>,
}

/// What one promotion took off a basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotionTotal {
    /// Its code.
    pub code: Label,
    /// What the receipt calls it.
    pub name: Arc<str>,
    /// How much, over all lines.
    pub off: Minor,
    /// Its weekly hours, where it has any.
    pub hours: Option<Arc<[Hours]>>,
}

/// Why a basket has no price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoQuote {
    /// The line that is wrong, from 0.
    pub line: Option<usize>,
    /// The field that is wrong, as it is called on the wire.
    pub field: Option<&'static str>,
    /// The numbered reason.
    pub why: Refusal,
}

impl NoQuote {
    const fn of_line(line: usize, field: &'static str, why: Refusal) -> Self {
        Self { line: Some(line), field: Some(field), why }
    }
}

/// A price before discounts.
struct Listed {
    unit_price: Minor,
    amount: Minor,
    source: PriceSource,
}

impl Rules {
    /// Prices a basket at a time.
    ///
    /// # Errors
    /// [`NoQuote`]: an item without a price, a coupon that is worth nothing here, a discount that the line
    /// does not have, a class without a tax rate.
    pub fn quote(&self, basket: &Basket<'_>, now: Timestamp) -> Result<Quote, NoQuote> {
        let setting = Setting { location: basket.location, channel: basket.channel, group: basket.group, now };
        for (at, coupon) in basket.coupons.iter().enumerate() {
            if !self.promotions.takes(coupon, &setting) {
                let why = Refusal::UnknownCoupon { at, coupon: coupon.clone() };
                return Err(NoQuote { line: None, field: Some("coupons"), why });
            }
        }
        let (mut lines, promotions) = self.discounted(basket, &setting)?;
        self.find_own_prices(&mut lines, basket, &setting);
        let discount = by_hand::take_off(&mut lines, basket)?;
        tax(&mut lines, basket, now)?;
        Ok(Quote { version: self.version, exempt: basket.exempt.cloned(), lines, promotions, discount })
    }

    /// The lines with what promotions take off them, and the sum of it.
    fn discounted(
        &self,
        basket: &Basket<'_>,
        setting: &Setting<'_>,
    ) -> Result<(Vec<QuoteLine>, Vec<PromotionTotal>), NoQuote> {
        let listed = self.listed(basket, setting)?;
        let open: Vec<Line<'_>> = basket.lines.iter().zip(&listed).map(|(line, listed)| line.seen(listed)).collect();
        let applied = self.promotions.apply(&open, basket.coupons, setting);
        let mut lines: Vec<QuoteLine> =
            basket.lines.iter().zip(listed).map(|(line, listed)| QuoteLine::of(line, listed)).collect();
        let promotions = note(&mut lines, &applied);
        Ok((lines, promotions))
    }

    fn listed(&self, basket: &Basket<'_>, setting: &Setting<'_>) -> Result<Vec<Listed>, NoQuote> {
        let books = self.books.holding(setting);
        let mut sums: HashMap<_, Qty> = HashMap::new();
        // Only books ask how much of an item there is in all.
        for line in basket.lines.iter().filter(|_| !books.is_empty()) {
            let sum = sums.entry(line.item.sku).or_default();
            *sum = sum.plus(line.qty);
        }
        let of_line = |(at, line): (usize, &BasketLine)| {
            let in_basket = sums.get(&line.item.sku).copied().unwrap_or(line.qty);
            list(line, in_basket, &books).map_err(|why| NoQuote::of_line(at, "unit_price", why))
        };
        basket.lines.iter().enumerate().map(of_line).collect()
    }
}

fn list(line: &BasketLine, in_basket: Qty, books: &[&PriceBook]) -> Result<Listed, Refusal> {
    let booked = price(books, line.item.sku, in_basket);
    let own = booked.map(|(_, row)| row.price).or(line.item.price);
    if let Some(named) = &line.named {
        let is_own = |own| is_at_price(named.amount, own, line.qty, line.item.unit);
        let differs = own.is_some_and(|own| !is_own(own));
        let source = PriceSource::Named { list_price: own, reason: named.reason.clone(), differs };
        return Ok(Listed { unit_price: named.unit_price, amount: named.amount, source });
    }
    let unit_price = own.ok_or(Refusal::NoPrice { sku: line.item.sku })?;
    let amount = unit_price.times(line.qty);
    if amount > Minor::MAX {
        return Err(Refusal::BadAmount);
    }
    let source = match booked {
        Some((book, row)) => {
            PriceSource::Book { code: book.code.clone(), min_qty: row.min_qty, hours: book.terms.hours.clone() }
        }
        None => PriceSource::Catalogue,
    };
    Ok(Listed { unit_price, amount, source })
}

/// Writes what promotions took off to the lines, and sums it up.
fn note(lines: &mut [QuoteLine], applied: &[Applied<'_>]) -> Vec<PromotionTotal> {
    let mut totals = Vec::with_capacity(applied.len());
    for Applied { promotion, shares } in applied {
        let code = &promotion.code;
        for (at, off) in shares {
            if let Some(line) = lines.get_mut(*at) {
                line.discounts.push(Discount { why: Why::Promotion(code.clone()), amount: *off });
            }
        }
        let off = shares.iter().map(|(_, off)| *off).sum();
        let (name, hours) = (Arc::clone(&promotion.name), promotion.terms.hours.clone());
        totals.push(PromotionTotal { code: code.clone(), name, off, hours });
    }
    totals
}

fn tax(lines: &mut [QuoteLine], basket: &Basket<'_>, now: Timestamp) -> Result<(), NoQuote> {
    let by_rules = || basket.lines.iter().enumerate().filter(|(_, asked)| asked.taxed.is_none());
    let occasion = Occasion { channel: basket.channel, now, is_exempt: basket.exempt.is_some() };
    let classes: Vec<(&Label, Minor)> =
        by_rules().filter_map(|(at, asked)| Some((&asked.item.tax_class, lines.get(at)?.left()))).collect();
    let assessed = basket.location.tax.assess_on(&classes, &occasion);
    let assessed = assessed.map_err(|why| NoQuote { line: None, field: None, why })?;
    for (line, asked) in lines.iter_mut().zip(basket.lines) {
        line.taxed = asked.taxed.unwrap_or_default();
    }
    for ((at, _), taxed) in by_rules().zip(assessed) {
        if let Some(line) = lines.get_mut(at) {
            line.taxed = taxed;
        }
    }
    Ok(())
}

impl BasketLine {
    /// The line as promotions see it.
    fn seen<'a>(&'a self, listed: &Listed) -> Line<'a> {
        Line { item: &self.item, qty: self.qty, amount: listed.amount, is_open: self.named.is_none() }
    }
}

impl QuoteLine {
    fn of(line: &BasketLine, listed: Listed) -> Self {
        let Listed { unit_price, amount, source } = listed;
        let item = Arc::clone(&line.item);
        Self { item, qty: line.qty, unit_price, source, amount, discounts: Discounts::new(), taxed: Taxed::default() }
    }

    /// What it costs after discounts, in the location's price basis.
    #[must_use]
    pub fn left(&self) -> Minor {
        self.amount.minus(self.off())
    }

    /// What was taken off.
    #[must_use]
    pub fn off(&self) -> Minor {
        self.discounts.iter().map(|discount| discount.amount).sum()
    }
}

impl Quote {
    /// Without tax.
    #[must_use]
    pub fn net(&self) -> Minor {
        self.lines.iter().map(|line| line.taxed.net).sum()
    }

    /// The tax.
    #[must_use]
    pub fn tax(&self) -> Minor {
        self.lines.iter().map(|line| line.taxed.tax).sum()
    }

    /// What the customer pays.
    #[must_use]
    pub fn gross(&self) -> Minor {
        self.net().plus(self.tax())
    }

    /// A hash of what it says: items by code, quantities, prices, discounts, taxes. Two parties whose quotes
    /// have the same one agree to the minor unit. The version is not in it.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut hash = Hash::default();
        hash.count(self.lines.len());
        for line in &self.lines {
            hash.text(line.item.code.as_str());
            hash.qty(line.qty);
            hash.minor(line.unit_price);
            hash.minor(line.amount);
            hash.count(line.discounts.len());
            for discount in &line.discounts {
                let (kind, name) = match &discount.why {
                    Why::Promotion(code) => (1, code),
                    Why::Person(reason) => (2, reason),
                };
                hash.number(kind);
                hash.text(name.as_str());
                hash.minor(discount.amount);
            }
            hash.minor(line.taxed.net);
            hash.minor(line.taxed.tax);
            hash.number(u64::from(line.taxed.rate.0));
        }
        hash.maybe(self.exempt.as_ref().map(Label::as_str));
        hash.0
    }

    /// What a sale keeps of it beside its lines; nothing for a sale that has only prices and taxes.
    #[must_use]
    pub fn pricing(self) -> Option<Arc<Pricing>> {
        if self.exempt.is_none() && self.lines.iter().all(LinePricing::is_needless) {
            return None;
        }
        let (version, hash) = (self.version, self.hash());
        let lines = self.lines.into_iter().map(LinePricing::of).collect();
        Some(Arc::new(Pricing { version, hash, exempt: self.exempt, lines }))
    }
}
