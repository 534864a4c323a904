//! The forms of price books, promotions, dated tax rates, and of what a sale keeps of its prices.

use super::DecodeError;
use super::catalogue::label;
use super::codes::Coded;
use onhand_engine::command::Channel;
use onhand_engine::date::Weekday;
use onhand_engine::ids::{LocationId, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::pricing::{self, Hours, LocalPeriod, PriceRow};
use onhand_engine::qty::Qty;
use onhand_engine::rules::RulesVersion;
use onhand_engine::tax::{self, PriceBasis, RatePpm};
use onhand_engine::time::{Period, Timestamp};
use onhand_engine::zone::Wall;
use onhand_engine::{promotion, quote};
use rkyv::{Archive, Deserialize, Serialize};
use std::sync::Arc;

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Terms {
    channels: Vec<u8>,
    locations: Vec<u32>,
    groups: Vec<String>,
    from: Option<u64>,
    until: Option<u64>,
    /// Where it begins and is over by the clock on a wall.
    local: [Option<u64>; 2],
    hours: Vec<Span>,
}

/// A span of the week: the places of its days, Monday's is 0, and minutes since midnight.
#[derive(Archive, Serialize, Deserialize)]
struct Span {
    days: Vec<u8>,
    from: u16,
    until: u16,
}

fn span_out(span: &Hours) -> Span {
    let days = (0_u8..).zip(Weekday::ALL).filter(|(_, day)| span.days().any(|known| known == *day));
    Span { days: days.map(|(place, _)| place).collect(), from: span.from(), until: span.until() }
}

fn span_in(span: &Span) -> Result<Hours, DecodeError> {
    let day = |place: &u8| Weekday::ALL.get(usize::from(*place)).copied();
    let days: Option<Vec<Weekday>> = span.days.iter().map(day).collect();
    let days = days.ok_or_else(|| DecodeError("no day of the week".into()))?;
    Hours::new(&days, span.from, span.until).map_err(|flaw| DecodeError(format!("hours: {flaw}")))
}

/// A price book without its rows.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct BookHead {
    code: String,
    currency: String,
    basis: u8,
    terms: Terms,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Row {
    sku: u32,
    min_qty: i64,
    price: i64,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Book {
    pub(super) head: BookHead,
    pub(super) rows: Vec<Row>,
}

#[derive(Archive, Serialize, Deserialize)]
struct Scope {
    skus: Vec<u32>,
    categories: Vec<String>,
    except: Vec<u32>,
}

/// New members go to the end; none is ever changed or removed.
#[derive(Archive, Serialize, Deserialize)]
pub(super) enum Off {
    Percent(u32),
    Amount(i64),
}

/// New members go to the end; none is ever changed or removed.
#[derive(Archive, Serialize, Deserialize)]
enum Benefit {
    Each { scope: Scope, off: Off },
    Price { scope: Scope, price: i64 },
    BuyGet { scope: Scope, buy: u32, get: u32, off: u32 },
    Set { parts: Vec<(Scope, u32)>, price: i64 },
    Spend { scope: Scope, at_least: i64, off: Off },
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Promotion {
    code: String,
    name: String,
    benefit: Benefit,
    currency: Option<String>,
    terms: Terms,
    coupon: Option<String>,
    priority: u16,
    exclusive: bool,
    /// In all, by each customer.
    uses: Option<[Option<u32>; 2]>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct DatedRate {
    class: String,
    channel: Option<u8>,
    from: Option<u64>,
    until: Option<u64>,
    parts: Vec<u32>,
}

/// New members go to the end; none is ever changed or removed.
#[derive(Archive, Serialize, Deserialize)]
enum Why {
    Promotion(String),
    Person(String),
}

#[derive(Archive, Serialize, Deserialize)]
struct LinePricing {
    discounts: Vec<(Why, i64)>,
    /// The shop's own price, and why another was asked.
    overridden: Option<(Option<i64>, Option<String>)>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Pricing {
    version: u64,
    hash: u64,
    exempt: Option<String>,
    lines: Vec<LinePricing>,
}

fn currency(text: &str) -> Result<Currency, DecodeError> {
    Currency::parse(text).ok_or_else(|| DecodeError("no currency".into()))
}

fn skus_out(skus: &[SkuId]) -> Vec<u32> {
    skus.iter().map(|sku| sku.0).collect()
}

fn skus_in(skus: Vec<u32>) -> Vec<SkuId> {
    skus.into_iter().map(SkuId).collect()
}

const fn period(from: Option<u64>, until: Option<u64>) -> Period {
    const fn at(ms: Option<u64>) -> Option<Timestamp> {
        match ms {
            Some(ms) => Some(Timestamp(ms)),
            None => None,
        }
    }
    Period { from: at(from), until: at(until) }
}

fn ends(period: &Period) -> (Option<u64>, Option<u64>) {
    (period.from.map(|from| from.0), period.until.map(|until| until.0))
}

impl From<&pricing::Terms> for Terms {
    fn from(terms: &pricing::Terms) -> Self {
        let (from, until) = ends(&terms.period);
        Self {
            channels: terms.channels.iter().map(|channel| channel.code()).collect(),
            locations: terms.locations.iter().map(|location| location.0).collect(),
            groups: terms.groups.iter().map(ToString::to_string).collect(),
            from,
            until,
            local: [terms.local.from, terms.local.until].map(|end| end.map(|wall| wall.0)),
            hours: terms.hours.as_deref().into_iter().flatten().map(span_out).collect(),
        }
    }
}

impl TryFrom<Terms> for pricing::Terms {
    type Error = DecodeError;

    fn try_from(terms: Terms) -> Result<Self, DecodeError> {
        let [from, until] = terms.local.map(|end| end.map(Wall));
        let hours = terms.hours.iter().map(span_in).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            channels: terms.channels.into_iter().map(Channel::from_code).collect::<Result<_, _>>()?,
            locations: terms.locations.into_iter().map(LocationId).collect(),
            groups: terms.groups.iter().map(|group| label(group)).collect::<Result<_, _>>()?,
            period: period(terms.from, terms.until),
            local: LocalPeriod { from, until },
            hours: (!hours.is_empty()).then(|| hours.into()),
        })
    }
}

impl From<&pricing::PriceBook> for BookHead {
    fn from(book: &pricing::PriceBook) -> Self {
        Self {
            code: book.code.to_string(),
            currency: book.currency.to_string(),
            basis: book.basis.code(),
            terms: (&book.terms).into(),
        }
    }
}

impl BookHead {
    /// The book with some of its rows, as they were written: in order.
    pub(super) fn with(self, rows: Vec<Row>) -> Result<pricing::PriceBook, DecodeError> {
        let rows = rows.into_iter().map(Row::read).collect();
        let basis = PriceBasis::from_code(self.basis)?;
        pricing::PriceBook::new(label(&self.code)?, currency(&self.currency)?, basis, self.terms.try_into()?, rows)
            .map_err(|flaw| DecodeError(format!("a price {flaw}")))
    }
}

impl Row {
    pub(super) fn of(row: &PriceRow) -> Self {
        Self { sku: row.sku.0, min_qty: row.min_qty.milli(), price: row.price.0 }
    }

    pub(super) fn read(self) -> PriceRow {
        PriceRow { sku: SkuId(self.sku), min_qty: Qty::from_milli(self.min_qty), price: Minor(self.price) }
    }
}

impl From<&pricing::PriceBook> for Book {
    fn from(book: &pricing::PriceBook) -> Self {
        Self { head: book.into(), rows: book.rows().iter().map(Row::of).collect() }
    }
}

impl TryFrom<Book> for pricing::PriceBook {
    type Error = DecodeError;

    fn try_from(book: Book) -> Result<Self, DecodeError> {
        book.head.with(book.rows)
    }
}

impl From<&promotion::Scope> for Scope {
    fn from(scope: &promotion::Scope) -> Self {
        Self {
            skus: skus_out(&scope.skus),
            categories: scope.categories.iter().map(ToString::to_string).collect(),
            except: skus_out(&scope.except),
        }
    }
}

impl From<Scope> for promotion::Scope {
    fn from(scope: Scope) -> Self {
        Self {
            skus: skus_in(scope.skus),
            categories: scope.categories.into_iter().map(Into::into).collect(),
            except: skus_in(scope.except),
        }
    }
}

impl From<promotion::Off> for Off {
    fn from(off: promotion::Off) -> Self {
        match off {
            promotion::Off::Percent(part) => Self::Percent(part.0),
            promotion::Off::Amount(amount) => Self::Amount(amount.0),
        }
    }
}

impl From<Off> for promotion::Off {
    fn from(off: Off) -> Self {
        match off {
            Off::Percent(part) => Self::Percent(RatePpm(part)),
            Off::Amount(amount) => Self::Amount(Minor(amount)),
        }
    }
}

impl From<&promotion::Benefit> for Benefit {
    fn from(benefit: &promotion::Benefit) -> Self {
        match benefit {
            promotion::Benefit::Each { scope, off } => Self::Each { scope: scope.into(), off: (*off).into() },
            promotion::Benefit::Price { scope, price } => Self::Price { scope: scope.into(), price: price.0 },
            promotion::Benefit::BuyGet { scope, buy, get, off } => {
                Self::BuyGet { scope: scope.into(), buy: *buy, get: *get, off: off.0 }
            }
            promotion::Benefit::Set { parts, price } => {
                let parts = parts.iter().map(|part| ((&part.scope).into(), part.units)).collect();
                Self::Set { parts, price: price.0 }
            }
            promotion::Benefit::Spend { scope, at_least, off } => {
                Self::Spend { scope: scope.into(), at_least: at_least.0, off: (*off).into() }
            }
        }
    }
}

impl From<Benefit> for promotion::Benefit {
    fn from(benefit: Benefit) -> Self {
        match benefit {
            Benefit::Each { scope, off } => Self::Each { scope: scope.into(), off: off.into() },
            Benefit::Price { scope, price } => Self::Price { scope: scope.into(), price: Minor(price) },
            Benefit::BuyGet { scope, buy, get, off } => {
                Self::BuyGet { scope: scope.into(), buy, get, off: RatePpm(off) }
            }
            Benefit::Set { parts, price } => {
                let part = |(scope, units): (Scope, u32)| promotion::Part { scope: scope.into(), units };
                Self::Set { parts: parts.into_iter().map(part).collect(), price: Minor(price) }
            }
            Benefit::Spend { scope, at_least, off } => {
                Self::Spend { scope: scope.into(), at_least: Minor(at_least), off: off.into() }
            }
        }
    }
}

impl From<&promotion::Promotion> for Promotion {
    fn from(one: &promotion::Promotion) -> Self {
        Self {
            code: one.code.to_string(),
            name: one.name.to_string(),
            benefit: (&one.benefit).into(),
            currency: one.currency.as_ref().map(ToString::to_string),
            terms: (&one.terms).into(),
            coupon: one.coupon.as_ref().map(ToString::to_string),
            priority: one.priority,
            exclusive: one.exclusive,
            uses: one.uses.map(|uses| [uses.in_all, uses.per_customer]),
        }
    }
}

impl TryFrom<Promotion> for Arc<promotion::Promotion> {
    type Error = DecodeError;

    fn try_from(one: Promotion) -> Result<Self, DecodeError> {
        Ok(Self::new(promotion::Promotion {
            code: label(&one.code)?,
            name: one.name.into(),
            benefit: one.benefit.into(),
            currency: one.currency.as_deref().map(currency).transpose()?,
            terms: one.terms.try_into()?,
            coupon: one.coupon.as_deref().map(label).transpose()?,
            priority: one.priority,
            exclusive: one.exclusive,
            uses: one.uses.map(|[in_all, per_customer]| promotion::Uses { in_all, per_customer }),
        }))
    }
}

impl From<&tax::DatedRate> for DatedRate {
    fn from(rate: &tax::DatedRate) -> Self {
        let (from, until) = ends(&rate.period);
        Self {
            class: rate.class.to_string(),
            channel: rate.channel.map(Coded::code),
            from,
            until,
            parts: rate.parts.iter().map(|part| part.0).collect(),
        }
    }
}

impl TryFrom<DatedRate> for tax::DatedRate {
    type Error = DecodeError;

    fn try_from(rate: DatedRate) -> Result<Self, DecodeError> {
        Ok(Self {
            class: label(&rate.class)?,
            channel: rate.channel.map(Channel::from_code).transpose()?,
            period: period(rate.from, rate.until),
            parts: rate.parts.into_iter().map(RatePpm).collect(),
        })
    }
}

impl From<&quote::LinePricing> for LinePricing {
    fn from(line: &quote::LinePricing) -> Self {
        let discount = |discount: &quote::Discount| {
            let why = match &discount.why {
                quote::Why::Promotion(code) => Why::Promotion(code.to_string()),
                quote::Why::Person(reason) => Why::Person(reason.to_string()),
            };
            (why, discount.amount.0)
        };
        let overridden =
            |one: &quote::Override| (one.list_price.map(|price| price.0), one.reason.as_ref().map(ToString::to_string));
        Self {
            discounts: line.discounts.iter().map(discount).collect(),
            overridden: line.overridden.as_ref().map(overridden),
        }
    }
}

impl TryFrom<LinePricing> for quote::LinePricing {
    type Error = DecodeError;

    fn try_from(line: LinePricing) -> Result<Self, DecodeError> {
        let discount = |(why, amount): (Why, i64)| {
            let why = match why {
                Why::Promotion(code) => quote::Why::Promotion(label(&code)?),
                Why::Person(reason) => quote::Why::Person(label(&reason)?),
            };
            Ok(quote::Discount { why, amount: Minor(amount) })
        };
        let overridden = |(list_price, reason): (Option<i64>, Option<String>)| {
            let reason = reason.as_deref().map(label).transpose()?;
            Ok::<_, DecodeError>(quote::Override { list_price: list_price.map(Minor), reason })
        };
        Ok(Self {
            discounts: line.discounts.into_iter().map(discount).collect::<Result<_, DecodeError>>()?,
            overridden: line.overridden.map(overridden).transpose()?,
        })
    }
}

impl From<&quote::Pricing> for Pricing {
    fn from(pricing: &quote::Pricing) -> Self {
        Self {
            version: pricing.version.0,
            hash: pricing.hash,
            exempt: pricing.exempt.as_ref().map(ToString::to_string),
            lines: pricing.lines.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<Pricing> for Arc<quote::Pricing> {
    type Error = DecodeError;

    fn try_from(pricing: Pricing) -> Result<Self, DecodeError> {
        Ok(Self::new(quote::Pricing {
            version: RulesVersion(pricing.version),
            hash: pricing.hash,
            exempt: pricing.exempt.as_deref().map(label).transpose()?,
            lines: pricing.lines.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        }))
    }
}
