//! Price books and promotions: codes to numbers on their way in, and back.

use super::Names;
use super::define::{check_name, wrong};
use super::enter::{Refused, unknown_location};
use crate::limits;
use crate::message::{
    BenefitInput, BuyGet, DefinePriceBook, DefinePromotions, Each, ErrorBody, FixedPrice, HoursInput, Items,
    PriceBookMessage, PromotionInput, Set, SetPart, Spend, Terms, UsesInput,
};
use crate::value::{Amount, Currency, LocationCode, Sku, Text};
use crate::when::{TimeOfDay, When};
use onhand_engine::command::Action;
use onhand_engine::date::Weekday;
use onhand_engine::ids::{LocationId, SkuId};
use onhand_engine::pricing::hours::{Hours, SPANS_MAX};
use onhand_engine::pricing::{self, BookFlaw, LocalPeriod, PriceBook, PriceRow};
use onhand_engine::promotion::{Benefit, Off, Part, Promotion, PromotionFlaw, Scope, Uses};
use onhand_engine::tax::RatePpm;
use onhand_engine::time::Period;
use std::collections::HashSet;
use std::sync::Arc;

/// A free unit: all of its price, in parts per million.
const FREE: u32 = 1_000_000;

pub(super) fn price_book(body: DefinePriceBook, names: &impl Names) -> Result<Action, Refused> {
    let DefinePriceBook { book: code, currency, basis, terms, prices } = body;
    let terms = terms_in(terms, "terms", names)?;
    if !terms.are_in_order() {
        return Err(wrong(3054, "terms.until", "terms.until is not after `from` by the same clock"));
    }
    let mut rows = Vec::with_capacity(prices.len());
    for (at, input) in prices.into_iter().enumerate() {
        let sku = item(&input.sku, names, || format!("prices[{at}].sku"))?;
        rows.push(PriceRow { sku, min_qty: input.min_qty.0, price: input.price.0 });
    }
    let book = PriceBook::new(code.0, currency.0, basis.into(), terms, rows).map_err(|flaw| {
        let (at, field) = match flaw {
            BookFlaw::Price(at) => (at, "price"),
            BookFlaw::Quantity(at) => (at, "min_qty"),
            BookFlaw::Twice(at) => (at, "sku"),
        };
        let field = format!("prices[{at}].{field}");
        wrong(3054, field.clone(), &format!("{field} {flaw}"))
    })?;
    Ok(Action::DefinePriceBook { book: Arc::new(book) })
}

pub(super) fn promotions(body: DefinePromotions, names: &impl Names) -> Result<Action, Refused> {
    if body.promotions.is_empty() {
        return Err(wrong(1001, "promotions", "there are no promotions in it"));
    }
    let mut codes = HashSet::with_capacity(body.promotions.len());
    let mut promotions = Vec::with_capacity(body.promotions.len());
    for (at, input) in body.promotions.into_iter().enumerate() {
        let place = format!("promotions[{at}]");
        let promotion = promotion(input, &place, names)?;
        if !codes.insert(promotion.code.clone()) {
            let field = format!("{place}.code");
            return Err(wrong(3052, field.clone(), &format!("{field} stands in the list twice: {}", promotion.code)));
        }
        promotions.push(Arc::new(promotion));
    }
    Ok(Action::DefinePromotions { promotions })
}

fn promotion(input: PromotionInput, place: &str, names: &impl Names) -> Result<Promotion, Refused> {
    check_name(&input.name, &format!("{place}.name"))?;
    let kind = input.benefit.name();
    let promotion = Promotion {
        code: input.code.0,
        name: input.name.into(),
        benefit: benefit(input.benefit, &format!("{place}.benefit.{kind}"), names)?,
        currency: input.currency.map(|currency| currency.0),
        terms: terms_in(input.terms, &format!("{place}.terms"), names)?,
        coupon: input.coupon.map(|coupon| coupon.0),
        uses: input.uses.map(|UsesInput { in_all, per_customer }| Uses { in_all, per_customer }),
        priority: input.priority,
        exclusive: input.exclusive,
    };
    promotion.check().map_err(|flaw| {
        let field = match flaw.field {
            "until" => format!("{place}.terms.until"),
            "currency" | "uses" => format!("{place}.{}", flaw.field),
            field => format!("{place}.benefit.{kind}.{field}"),
        };
        wrong(3052, field.clone(), &format!("{field} {}", PromotionFlaw::to_string(&flaw)))
    })?;
    Ok(promotion)
}

fn benefit(input: BenefitInput, place: &str, names: &impl Names) -> Result<Benefit, Refused> {
    let scope = |items: Items| scope_in(items, &format!("{place}.items"), names);
    Ok(match input {
        BenefitInput::Each(Each { items, percent_ppm, amount }) => {
            Benefit::Each { off: off(percent_ppm, amount, place)?, scope: scope(items)? }
        }
        BenefitInput::Price(FixedPrice { items, price }) => Benefit::Price { scope: scope(items)?, price: price.0 },
        BenefitInput::BuyGet(BuyGet { items, buy, get, percent_ppm }) => {
            Benefit::BuyGet { scope: scope(items)?, buy, get, off: RatePpm(percent_ppm.unwrap_or(FREE)) }
        }
        BenefitInput::Set(Set { parts, price }) => {
            let part = |(at, part): (usize, SetPart)| {
                let scope = scope_in(part.items, &format!("{place}.parts[{at}].items"), names)?;
                Ok(Part { scope, units: part.units })
            };
            let parts = parts.into_iter().enumerate().map(part).collect::<Result<_, Refused>>()?;
            Benefit::Set { parts, price: price.0 }
        }
        BenefitInput::Spend(Spend { items, at_least, percent_ppm, amount }) => {
            let off = off(percent_ppm, amount, place)?;
            Benefit::Spend { scope: scope(items)?, at_least: at_least.0, off }
        }
    })
}

fn off(percent_ppm: Option<u32>, amount: Option<Amount>, place: &str) -> Result<Off, Refused> {
    match (percent_ppm, amount) {
        (Some(ppm), None) => Ok(Off::Percent(RatePpm(ppm))),
        (None, Some(amount)) => Ok(Off::Amount(amount.0)),
        _ => Err(wrong(3052, place, &format!("{place} has either `percent_ppm` or `amount`"))),
    }
}

fn scope_in(items: Items, place: &str, names: &impl Names) -> Result<Scope, Refused> {
    let skus = |codes: Vec<Sku>, field: &str| {
        let numbered = codes.iter().enumerate().map(|(at, sku)| item(sku, names, || format!("{place}.{field}[{at}]")));
        let mut skus = numbered.collect::<Result<Vec<SkuId>, Refused>>()?;
        skus.sort_unstable();
        skus.dedup();
        Ok::<_, Refused>(skus)
    };
    for (at, category) in items.categories.iter().enumerate() {
        check_name(category, &format!("{place}.categories[{at}]"))?;
    }
    let mut categories: Vec<Arc<str>> = items.categories.into_iter().map(Arc::from).collect();
    categories.sort_unstable();
    categories.dedup();
    Ok(Scope { skus: skus(items.skus, "skus")?, categories, except: skus(items.except, "except")? })
}

fn item(sku: &Sku, names: &impl Names, field: impl FnOnce() -> String) -> Result<SkuId, Refused> {
    let found = names.item(&sku.0).map(|item| item.sku);
    found.ok_or_else(|| {
        let error = ErrorBody::new(1003, format!("there is no item {sku} in the catalogue"));
        Box::new(ErrorBody { sku: Some(sku.clone()), ..error }.at(field()))
    })
}

fn terms_in(terms: Terms, place: &str, names: &impl Names) -> Result<pricing::Terms, Refused> {
    if terms.locations.len() > limits::PAGE_MAX || terms.groups.len() > limits::PAGE_MAX {
        return Err(wrong(1001, place, "terms may name 1,000 locations and 1,000 groups"));
    }
    if terms.hours.len() > SPANS_MAX {
        let field = format!("{place}.hours");
        return Err(wrong(3120, field.clone(), &format!("{field} has more than {SPANS_MAX} spans")));
    }
    let span = |(at, input): (usize, HoursInput)| {
        let days: Vec<Weekday> = input.days.into_iter().map(Into::into).collect();
        let days = if days.is_empty() { &Weekday::ALL[..] } else { &days };
        Hours::new(days, input.from.0, input.until.0).map_err(|flaw| {
            let field = format!("{place}.hours[{at}].{}", flaw.field);
            wrong(3120, field.clone(), &format!("{field} {flaw}"))
        })
    };
    let hours: Vec<Hours> = terms.hours.into_iter().enumerate().map(span).collect::<Result<_, Refused>>()?;
    let number = |(at, code): (usize, &LocationCode)| {
        let found = names.location(&code.0).map(|location| location.id);
        found.ok_or_else(|| Box::new(unknown_location(code).at(format!("{place}.locations[{at}]"))))
    };
    Ok(pricing::Terms {
        channels: terms.channels.into_iter().map(Into::into).collect(),
        locations: terms.locations.iter().enumerate().map(number).collect::<Result<_, Refused>>()?,
        groups: terms.groups.into_iter().map(|group| group.0).collect(),
        period: Period { from: terms.from.and_then(When::moment), until: terms.until.and_then(When::moment) },
        local: LocalPeriod { from: terms.from.and_then(When::wall), until: terms.until.and_then(When::wall) },
        hours: (!hours.is_empty()).then(|| hours.into()),
    })
}

/// A price book without its prices.
#[must_use]
pub fn price_book_message(book: &PriceBook, names: &impl Names) -> PriceBookMessage {
    PriceBookMessage {
        book: Text(book.code.clone()),
        currency: Currency(book.currency),
        basis: book.basis.into(),
        terms: terms_out(&book.terms, names),
        prices: u64::try_from(book.rows().len()).unwrap_or(u64::MAX),
    }
}

/// A promotion, as `define_promotions` takes it.
#[must_use]
pub fn promotion_message(one: &Promotion, names: &impl Names) -> PromotionInput {
    PromotionInput {
        code: Text(one.code.clone()),
        name: one.name.to_string(),
        benefit: benefit_out(&one.benefit, names),
        currency: one.currency.map(Currency),
        terms: terms_out(&one.terms, names),
        coupon: one.coupon.clone().map(Text),
        uses: one.uses.map(|Uses { in_all, per_customer }| UsesInput { in_all, per_customer }),
        priority: one.priority,
        exclusive: one.exclusive,
    }
}

fn benefit_out(benefit: &Benefit, names: &impl Names) -> BenefitInput {
    let items = |scope: &Scope| scope_out(scope, names);
    let parts_of = |off: &Off| match off {
        Off::Percent(part) => (Some(part.0), None),
        Off::Amount(amount) => (None, Some(Amount(*amount))),
    };
    match benefit {
        Benefit::Each { scope, off } => {
            let (percent_ppm, amount) = parts_of(off);
            BenefitInput::Each(Each { items: items(scope), percent_ppm, amount })
        }
        Benefit::Price { scope, price } => {
            BenefitInput::Price(FixedPrice { items: items(scope), price: Amount(*price) })
        }
        Benefit::BuyGet { scope, buy, get, off } => {
            let percent_ppm = (off.0 != FREE).then_some(off.0);
            BenefitInput::BuyGet(BuyGet { items: items(scope), buy: *buy, get: *get, percent_ppm })
        }
        Benefit::Set { parts, price } => {
            let parts = parts.iter().map(|part| SetPart { items: items(&part.scope), units: part.units }).collect();
            BenefitInput::Set(Set { parts, price: Amount(*price) })
        }
        Benefit::Spend { scope, at_least, off } => {
            let (percent_ppm, amount) = parts_of(off);
            BenefitInput::Spend(Spend { items: items(scope), at_least: Amount(*at_least), percent_ppm, amount })
        }
    }
}

fn scope_out(scope: &Scope, names: &impl Names) -> Items {
    let codes = |skus: &[SkuId]| {
        let named = skus.iter().filter_map(|sku| names.item_numbered(*sku));
        named.map(|item| Text(item.code.clone())).collect()
    };
    Items {
        skus: codes(&scope.skus),
        categories: scope.categories.iter().map(ToString::to_string).collect(),
        except: codes(&scope.except),
    }
}

fn terms_out(terms: &pricing::Terms, names: &impl Names) -> Terms {
    let code = |id: &LocationId| names.location_numbered(*id).map(|location| Text(location.code.clone()));
    Terms {
        channels: terms.channels.iter().map(|channel| (*channel).into()).collect(),
        locations: terms.locations.iter().filter_map(code).collect(),
        groups: terms.groups.iter().cloned().map(Text).collect(),
        from: terms.period.from.map(When::Moment).or(terms.local.from.map(When::Wall)),
        until: terms.period.until.map(When::Moment).or(terms.local.until.map(When::Wall)),
        hours: terms.hours.as_deref().into_iter().flatten().map(hours_out).collect(),
    }
}

fn hours_out(span: &Hours) -> HoursInput {
    let days: Vec<_> = span.days().map(Into::into).collect();
    let days = if days.len() == Weekday::ALL.len() { Vec::new() } else { days };
    HoursInput { days, from: TimeOfDay(span.from()), until: TimeOfDay(span.until()) }
}
