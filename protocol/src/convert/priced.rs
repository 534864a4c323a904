//! Sales and quotes by the selling rules: a basket goes to the engine's evaluator, and its prices come back.

use super::amounts::as_it_was;
use super::enter::{Place, Refused, Sold, on_line};
use super::{Names, goods, refusal};
use crate::coupon;
use crate::limits;
use crate::message::{
    Channel, DiscountByHand, DiscountMessage, ErrorBody, PriceFrom, PromotionTotal, Quote, Quoted, QuotedLine, SaleLine,
};
use crate::value::{Amount, Currency, Label, Quantity, Text, Time};
use onhand_engine::account::{AccountKind, Take};
use onhand_engine::catalogue::Item;
use onhand_engine::command::{self, Said};
use onhand_engine::ids;
use onhand_engine::money::Minor;
use onhand_engine::pricing::Setting;
use onhand_engine::promotion::{Off, Promotion};
use onhand_engine::quote::{
    self, Basket, BasketLine, ByHand, NamedPrice, NoQuote, PriceSource, Pricing, QuoteLine, Why, explain,
};
use onhand_engine::refusal::Refusal;
use onhand_engine::tax::RatePpm;
use onhand_engine::time::Timestamp;
use std::sync::Arc;

/// For whom a basket is, as the asker says it.
pub(super) struct For<'a> {
    pub(super) channel: Channel,
    pub(super) group: Option<&'a Label>,
    pub(super) coupons: &'a [Label],
    pub(super) exempt: Option<&'a Label>,
    pub(super) discount: Option<&'a DiscountByHand>,
    /// Who the customer is, where a coupon may be used so often by each.
    pub(super) customer: Option<&'a Label>,
    /// It has already happened: what is no longer so is passed over.
    pub(super) completed: bool,
    /// When it happened, as the seller says.
    pub(super) sold_at: Option<Timestamp>,
}

impl For<'_> {
    /// For whoever comes, now, by the shop's own prices.
    pub(super) const fn anybody(channel: Channel) -> Self {
        Self {
            channel,
            group: None,
            coupons: &[],
            exempt: None,
            discount: None,
            customer: None,
            completed: false,
            sold_at: None,
        }
    }
}

/// Whether a sale says something that only the evaluator understands.
pub(super) fn needs_rules(sold: &Sold<'_>) -> bool {
    sold.whose.exempt.is_some()
        || sold.whose.discount.is_some()
        || !sold.whose.coupons.is_empty()
        || sold.lines.iter().any(|line| line.discount.is_some() || line.price_reason.is_some())
}

/// What the asker said beside the amounts of the lines.
pub(super) fn said(sold: &Sold<'_>, mut said: Said) -> Said {
    for line in sold.lines {
        if let Some(reason) = &line.price_reason {
            said = said.and_text("price_reason").and_text(reason.as_str());
        }
        if let Some(discount) = &line.discount {
            said = said_by_hand(said, "discount", discount);
        }
    }
    if let Some(discount) = sold.whose.discount {
        said = said_by_hand(said, "basket", discount);
    }
    let named = [("group", sold.whose.group), ("tax_exempt", sold.whose.exempt), ("customer", sold.whose.customer)];
    if let Some(at) = sold.whose.sold_at {
        said = said.and_text("sold_at").and(i64::try_from(at.0).ok().map(Minor));
    }
    for (name, text) in named.into_iter().filter_map(|(name, text)| Some((name, text?))) {
        said = said.and_text(name).and_text(text.as_str());
    }
    sold.whose.coupons.iter().fold(said, |said, coupon| said.and_text("coupon").and_text(coupon.as_str()))
}

fn said_by_hand(said: Said, of: &str, discount: &DiscountByHand) -> Said {
    let part = discount.percent_ppm.map(|ppm| Minor(i64::from(ppm)));
    let amounts = said.and_text(of).and(discount.amount.map(|amount| amount.0)).and(part);
    amounts.and_text(discount.reason.as_str())
}

/// What a person takes off, where it stands in a request.
pub(super) fn by_hand(discount: &DiscountByHand, line: Option<usize>) -> Result<ByHand, Refused> {
    let off = match (discount.amount, discount.percent_ppm) {
        (Some(amount), None) => Off::Amount(amount.0),
        (None, Some(ppm)) => Off::Percent(RatePpm(ppm)),
        _ => {
            let text = "what a person takes off is either an `amount` or a part, `percent_ppm`";
            return Err(on_line(ErrorBody::new(1001, text), "discount", line));
        }
    };
    Ok(ByHand { off, reason: discount.reason.0.clone() })
}

/// The same, on its way out.
pub(super) fn by_hand_out(discount: &ByHand) -> DiscountByHand {
    let (amount, percent_ppm) = match discount.off {
        Off::Amount(amount) => (Some(Amount(amount)), None),
        Off::Percent(part) => (None, Some(part.0)),
    };
    DiscountByHand { amount, percent_ppm, reason: Text(discount.reason.clone()) }
}

/// The lines of a sale as the engine keeps them, and what there is to say about their prices.
pub(super) fn sale_lines(quote: quote::Quote, names: &impl Names) -> (Vec<command::SaleLine>, Option<Arc<Pricing>>) {
    let line = |line: &QuoteLine| command::SaleLine {
        sku: line.item.sku,
        qty: line.qty,
        unit_price: line.unit_price,
        taxed: line.taxed,
        unit_cost: goods::unit_cost(&line.item, names),
    };
    (quote.lines.iter().map(line).collect(), quote.pricing())
}

impl<N: Names> Place<'_, N> {
    /// The moment as of which a basket is looked at: now, or when it happened. A till's clock may be wrong: nothing
    /// happens later than now, nor so long ago that nobody would still send it.
    pub(super) fn moment(&self, sold_at: Option<Timestamp>) -> Timestamp {
        let now = self.names.now();
        let earliest = Timestamp(now.0.saturating_sub(limits::LATE_MAX_MS));
        sold_at.map_or(now, |at| at.clamp(earliest, now))
    }

    /// Prices a basket.
    pub(super) fn quote(&self, lines: &[SaleLine], whose: &For<'_>) -> Result<(quote::Quote, Timestamp), Refused> {
        self.check_count(lines.len())?;
        let basket = lines.iter().enumerate().map(|(at, line)| self.basket_line(line, self.sold_item(line, at)?, at));
        self.quote_basket(&basket.collect::<Result<Vec<_>, _>>()?, whose)
    }

    /// The same with lines whose items were looked up.
    pub(super) fn quote_basket(
        &self,
        lines: &[BasketLine],
        whose: &For<'_>,
    ) -> Result<(quote::Quote, Timestamp), Refused> {
        if whose.coupons.len() > limits::COUPONS_MAX {
            let text = format!("a basket may show {} coupons", limits::COUPONS_MAX);
            return Err(Box::new(ErrorBody::new(1001, text).at("coupons")));
        }
        let (rules, now) = (self.names.rules(), self.moment(whose.sold_at));
        let (location, channel) = (&*self.location, whose.channel.into());
        let group = whose.group.map(|group| &group.0);
        let mut coupons: Vec<ids::Label> = whose.coupons.iter().map(|coupon| coupon.0.clone()).collect();
        if whose.completed {
            let setting = Setting { location, channel, group, now };
            coupons.retain(|coupon| rules.promotions.takes(coupon, &setting));
        }
        let exempt = whose.exempt.map(|reason| &reason.0);
        let discount = whose.discount.map(|discount| by_hand(discount, None)).transpose()?;
        let discount = discount.as_ref();
        let basket = Basket { location, channel, group, coupons: &coupons, exempt, discount, lines };
        rules.quote(&basket, now).map(|quote| (quote, now)).map_err(|none| self.no_quote(&none))
    }

    /// The uses of coupons that a sale takes: of those that saved something, or may have where the seller
    /// named prices.
    pub(super) fn uses(&self, quote: &quote::Quote, whose: &For<'_>) -> Result<Box<[Take]>, Refused> {
        if whose.coupons.is_empty() {
            return Ok(Box::default());
        }
        let (rules, now) = (self.names.rules(), self.moment(whose.sold_at));
        let group = whose.group.map(|group| &group.0);
        let setting = Setting { location: &self.location, channel: whose.channel.into(), group, now };
        let is_named = quote.lines.iter().any(|line| matches!(line.source, PriceSource::Named { .. }));
        let saved = |promotion: &Promotion| quote.promotions.iter().any(|total| total.code == promotion.code);
        let shown = whose.coupons.iter().flat_map(|coupon| rules.promotions.of_coupon(&coupon.0, &setting));
        let mut used: Vec<_> = shown.filter(|promotion| is_named || saved(promotion)).collect();
        used.sort_unstable_by_key(|promotion| &promotion.code);
        used.dedup_by_key(|promotion| &promotion.code);
        let mut takes = Vec::new();
        for promotion in used {
            let Some(uses) = promotion.uses else { continue };
            let mut take = |kind, customer: Option<&Label>, limit: u32| {
                let account = coupon::account(&promotion.code, customer.map(Label::as_str));
                takes.push(Take::of_uses(account, kind, Minor(1), Minor(limit.into())));
            };
            uses.in_all.into_iter().for_each(|limit| take(AccountKind::Coupon, None, limit));
            match (uses.per_customer, whose.customer) {
                (Some(limit), Some(customer)) => take(AccountKind::CustomerCoupon, Some(customer), limit),
                (Some(_), None) if !whose.completed => {
                    let text = "the coupon may be used so often by each customer: say who it is";
                    return Err(Box::new(ErrorBody::new(3113, text).at("customer")));
                }
                _ => {}
            }
        }
        Ok(takes.into())
    }

    fn basket_line(&self, line: &SaleLine, item: Arc<Item>, at: usize) -> Result<BasketLine, Refused> {
        let qty = self.above_zero(&item, line.qty, at)?;
        let mut named = self.named_price(line, qty, at)?;
        if line.price_reason.is_some() && named.is_none() {
            let text = "a reason for another price comes with the price: `unit_price` or `amount`";
            return Err(on_line(ErrorBody::new(1001, text), "price_reason", Some(at)));
        }
        if line.tax.is_some() {
            if line.discount.is_some() {
                let text = "a line that says its tax costs its amount: there is nothing to take off afterwards";
                return Err(on_line(ErrorBody::new(1001, text), "discount", Some(at)));
            }
            // Without a price of its own it is the catalogue's that was taxed so.
            named = Some(named.map_or_else(|| self.list_price(&item, qty, at), Ok)?);
        }
        let taxed = match (line.tax, named) {
            (Some(tax), Some((_, amount))) => {
                Some(as_it_was(self.location.tax.basis, amount, tax.amount.0, tax.rate_ppm, at)?)
            }
            _ => None,
        };
        let reason = line.price_reason.clone().map(|reason| reason.0);
        let named = named.map(|(unit_price, amount)| NamedPrice { unit_price, amount, reason });
        let discount = line.discount.as_ref().map(|discount| by_hand(discount, Some(at))).transpose()?;
        Ok(BasketLine { item, qty, named, taxed, discount })
    }

    fn no_quote(&self, none: &NoQuote) -> Refused {
        let error = refusal(&none.why, self.names);
        match (&none.why, none.field) {
            (Refusal::UnknownCoupon { .. }, _) | (_, None) => Box::new(error),
            (_, Some(field)) => on_line(error, field, none.line),
        }
    }
}

pub(super) fn quoted<N: Names>(body: &Quote, channel: Channel, place: &Place<'_, N>) -> Result<Quoted, Refused> {
    place.check_currency(body.currency.0);
    let whose = For {
        group: body.group.as_ref(),
        coupons: &body.coupons,
        exempt: body.tax_exempt.as_ref(),
        discount: body.discount.as_ref(),
        ..For::anybody(body.channel.unwrap_or(channel))
    };
    let (quote, now) = place.quote(&body.lines, &whose)?;
    let mut lines: Vec<QuotedLine> = quote.lines.iter().map(quoted_line).collect();
    if body.explain {
        let sentences = explain(&quote, &place.location);
        lines.iter_mut().zip(sentences).for_each(|(line, sentence)| line.why = Some(sentence));
    }
    let total = |one: &quote::PromotionTotal| PromotionTotal {
        promotion: Text(one.code.clone()),
        name: one.name.to_string(),
        amount: Amount(one.off),
    };
    Ok(Quoted {
        version: quote.version.0,
        time: Time(now),
        hash: format!("{:016x}", quote.hash()),
        currency: Currency(place.location.currency),
        net: Amount(quote.net()),
        tax: Amount(quote.tax()),
        total: Amount(quote.gross()),
        lines,
        promotions: quote.promotions.iter().map(total).collect(),
        discount: quote.discount.as_ref().map(discount),
    })
}

fn quoted_line(line: &QuoteLine) -> QuotedLine {
    let (price_from, book, list_price) = match &line.source {
        PriceSource::Catalogue => (PriceFrom::Catalogue, None, None),
        PriceSource::Book { code, .. } => (PriceFrom::Book, Some(Text(code.clone())), None),
        PriceSource::Named { list_price, .. } => (PriceFrom::Seller, None, list_price.map(Amount)),
    };
    QuotedLine {
        sku: Text(line.item.code.clone()),
        qty: Quantity(line.qty),
        unit_price: Amount(line.unit_price),
        price_from,
        book,
        list_price,
        amount: Amount(line.amount),
        discounts: discounts(&line.discounts),
        net: Amount(line.taxed.net),
        tax: Amount(line.taxed.tax),
        rate_ppm: line.taxed.rate.0,
        total: Amount(line.taxed.gross()),
        why: None,
    }
}

/// What was taken off a line.
pub(super) fn discounts(discounts: &[quote::Discount]) -> Vec<DiscountMessage> {
    discounts.iter().map(discount).collect()
}

fn discount(discount: &quote::Discount) -> DiscountMessage {
    let (promotion, reason) = match &discount.why {
        Why::Promotion(code) => (Some(Text(code.clone())), None),
        Why::Person(reason) => (None, Some(Text(reason.clone()))),
    };
    DiscountMessage { promotion, reason, amount: Amount(discount.amount) }
}
