//! Price books, promotions and quotes: what may be asked about prices, and what is answered.

use super::body::{SaleLine, body};
use super::replied::fields;
use super::word::{Basis, Channel, DayOfWeek};
use crate::value::{Amount, Currency, Label, LocationCode, Quantity, Sku, Time};
use crate::when::{TimeOfDay, When};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

body!(
    /// What must be so for a price book or a promotion to hold. What is not given asks for nothing.
    #[derive(Default)]
    Terms {
        /// One of these channels.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        channels: Vec<Channel>,
        /// One of these locations.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        locations: Vec<LocationCode>,
        /// The customer is in one of these groups.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<Label>,
        /// It begins here: a moment, or a day or time by the clock of each location.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<When>,
        /// It is over here, by the same clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<When>,
        /// In one of these spans of the week, by the clock of each location; at most 14.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hours: Vec<HoursInput>,
    }
);
body!(
    /// A span of the day on some days of the week.
    HoursInput {
        /// The days on which it begins; default: every day.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        days: Vec<DayOfWeek>,
        /// From this time on; default: `00:00`.
        #[serde(default, skip_serializing_if = "is_default")]
        from: TimeOfDay,
        /// Just before this time; not after `from`: of the next day. Default: `24:00`.
        #[serde(default = "end_of_day", skip_serializing_if = "is_end_of_day")]
        until: TimeOfDay,
    }
);

const fn end_of_day() -> TimeOfDay {
    TimeOfDay(24 * 60)
}

fn is_end_of_day(time: &TimeOfDay) -> bool {
    *time == end_of_day()
}
body!(
    /// Define or change a price book, whole.
    DefinePriceBook {
        /// Its code.
        book: Label,
        /// The currency of its prices: it holds only at locations that trade in it.
        currency: Currency,
        /// Whether its prices contain tax: it holds only at locations whose prices do so too.
        basis: Basis,
        /// For whom, where and when it holds.
        #[serde(default, skip_serializing_if = "is_default")]
        terms: Terms,
        /// The prices.
        prices: Vec<PriceInput>,
    }
);
body!(
    /// The price of one item from a quantity on.
    PriceInput {
        /// The item.
        sku: Sku,
        /// From this much of it in the basket on; default: always.
        #[serde(default, skip_serializing_if = "is_default")]
        min_qty: Quantity,
        /// The price of one unit.
        price: Amount,
    }
);
body!(
    /// Do without a price book from now on.
    EndPriceBook {
        /// Its code.
        book: Label,
    }
);
body!(
    /// Define or change promotions, all or nothing.
    DefinePromotions {
        /// The promotions; no two of one code.
        promotions: Vec<PromotionInput>,
    }
);
body!(
    /// One promotion.
    PromotionInput {
        /// Its code in the books.
        code: Label,
        /// What the receipt calls it.
        name: String,
        /// What it does.
        benefit: BenefitInput,
        /// The currency of the amounts in it; not given when it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
        /// For whom, where and when it holds.
        #[serde(default, skip_serializing_if = "is_default")]
        terms: Terms,
        /// The code that the customer must show.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon: Option<Label>,
        /// How often the coupon may be used; default: as often as it is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uses: Option<UsesInput>,
        /// Higher goes first; default 0.
        #[serde(default, skip_serializing_if = "is_default")]
        priority: u16,
        /// It shares a line with no other promotion.
        #[serde(default, skip_serializing_if = "is_default")]
        exclusive: bool,
    }
);
body!(
    /// How often a coupon may be used, with one sale each time. One of the two at least.
    #[derive(Copy)]
    UsesInput {
        /// By everybody together, above zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_all: Option<u32>,
        /// By each customer, above zero: a sale must then name its `customer`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_customer: Option<u32>,
    }
);
body!(
    /// Which items: those named and those of the categories named, or every item when neither are given;
    /// never those excepted.
    #[derive(Default)]
    Items {
        /// These items.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skus: Vec<Sku>,
        /// Items of these categories.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        categories: Vec<String>,
        /// But not these.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        except: Vec<Sku>,
    }
);
body!(
    /// A percentage off each line (`percent_ppm`), or an amount off each unit (`amount`).
    Each {
        /// Of which items; default: all.
        #[serde(default, skip_serializing_if = "is_default")]
        items: Items,
        /// In parts per million: 10 % is 100000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        percent_ppm: Option<u32>,
        /// Minor units.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    }
);
body!(
    /// Each unit for this price, where it is dearer.
    FixedPrice {
        /// Of which items; default: all.
        #[serde(default, skip_serializing_if = "is_default")]
        items: Items,
        /// Minor units for a unit.
        price: Amount,
    }
);
body!(
    /// Of every `buy` + `get` units, the dearest together, the `get` cheapest are cheaper.
    BuyGet {
        /// Of which items; default: all.
        #[serde(default, skip_serializing_if = "is_default")]
        items: Items,
        /// Units at their price.
        buy: u32,
        /// Units that are cheaper.
        get: u32,
        /// By how much, in parts per million; default: 1000000, they are free.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        percent_ppm: Option<u32>,
    }
);
body!(
    /// Sets for a price, as many as save something.
    Set {
        /// What makes up one set.
        parts: Vec<SetPart>,
        /// Minor units for a set.
        price: Amount,
    }
);
body!(
    /// Units that belong to a set.
    SetPart {
        /// Of which items; default: all.
        #[serde(default, skip_serializing_if = "is_default")]
        items: Items,
        /// How many, together.
        units: u32,
    }
);
body!(
    /// Once, when the items come to an amount: a percentage (`percent_ppm`) or an amount (`amount`) off all of
    /// them together.
    Spend {
        /// Of which items; default: all.
        #[serde(default, skip_serializing_if = "is_default")]
        items: Items,
        /// What they must come to, in minor units.
        at_least: Amount,
        /// In parts per million.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        percent_ppm: Option<u32>,
        /// Minor units.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    }
);

/// What a promotion does: one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BenefitInput {
    /// A percentage off each line, or an amount off each unit.
    Each(Each),
    /// Each unit for a price.
    Price(FixedPrice),
    /// Buy some, get some.
    BuyGet(BuyGet),
    /// Sets for a price: 3 for 10.00, mix and match, a meal deal.
    Set(Set),
    /// Spend an amount, save something.
    Spend(Spend),
}

impl BenefitInput {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            BenefitInput::Each(_) => "each",
            BenefitInput::Price(_) => "price",
            BenefitInput::BuyGet(_) => "buy_get",
            BenefitInput::Set(_) => "set",
            BenefitInput::Spend(_) => "spend",
        }
    }
}

body!(
    /// End a promotion.
    EndPromotion {
        /// Its code.
        promotion: Label,
    }
);
body!(
    /// What a person takes off a line or a whole basket: an amount (`amount`) or a part (`percent_ppm`).
    DiscountByHand {
        /// Minor units, above zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// In parts per million of what is left after promotions: 10 % is 100000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        percent_ppm: Option<u32>,
        /// Why.
        reason: Label,
    }
);
body!(
    /// What a basket would cost now. Changes nothing.
    Quote {
        /// Where.
        location: LocationCode,
        /// Where the demand comes from; default by the key's role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// The currency of every amount here.
        currency: Currency,
        /// The lines, as in `sell`.
        lines: Vec<SaleLine>,
        /// The customer's group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Label>,
        /// Codes that the customer shows.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        coupons: Vec<Label>,
        /// The customer pays no tax, for this reason: the name of a certificate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax_exempt: Option<Label>,
        /// What a person takes off the whole basket, after all else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        discount: Option<DiscountByHand>,
        /// With a sentence for each line that says why it costs what it costs.
        #[serde(default, skip_serializing_if = "is_default")]
        explain: bool,
    }
);
body!(
    /// Be told when prices change. Ends with `unsubscribe`.
    #[derive(Copy, Default)]
    WatchPrices {}
);

fields!(
    /// What a basket costs.
    Quoted {
        /// Of the selling rules: goes up with every change of items, locations, price books and promotions.
        version: u64,
        /// When it was made.
        time: Time,
        /// 16 hexadecimal digits: whoever comes to the same hash comes to the same amounts.
        hash: String,
        /// The currency of every amount here.
        currency: Currency,
        /// Without tax.
        net: Amount,
        /// The tax.
        tax: Amount,
        /// What the customer pays.
        total: Amount,
        /// The lines, in the order of the request.
        lines: Vec<QuotedLine>,
        /// What each promotion takes off, in the order in which they are applied.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        promotions: Vec<PromotionTotal>,
        /// What a person takes off the whole basket; the lines have their shares.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        discount: Option<DiscountMessage>,
    }
);
fields!(
    /// One line of a quote.
    QuotedLine {
        /// The item.
        sku: Sku,
        /// How much of it.
        qty: Quantity,
        /// The price of one unit before discounts.
        unit_price: Amount,
        /// Where that comes from: `catalogue`, `book` or `seller`.
        price_from: PriceFrom,
        /// The price book.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        book: Option<Label>,
        /// The shop's own price of one unit, where the seller named another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list_price: Option<Amount>,
        /// What the line costs before discounts.
        amount: Amount,
        /// What is taken off, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discounts: Vec<DiscountMessage>,
        /// What the line costs without tax.
        net: Amount,
        /// The tax on it.
        tax: Amount,
        /// The whole rate in parts per million.
        rate_ppm: u32,
        /// What the customer pays for the line.
        total: Amount,
        /// Why, in a sentence; when `explain` was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    }
);
fields!(
    /// What is taken off a line: by a promotion or by a person.
    DiscountMessage {
        /// The promotion.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promotion: Option<Label>,
        /// A person's reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Label>,
        /// How much.
        amount: Amount,
    }
);
fields!(
    /// What one promotion takes off a basket.
    PromotionTotal {
        /// Its code.
        promotion: Label,
        /// What the receipt calls it.
        name: String,
        /// How much, over all lines.
        amount: Amount,
    }
);
fields!(
    /// How often prices have changed, and when this was said.
    PricesVersion {
        /// Goes up with every change of items, locations, price books and promotions.
        version: u64,
        /// Engine time.
        time: Time,
    }
);
fields!(
    /// A push: prices have changed. Ask for what you show anew.
    Prices {
        /// The newest version.
        prices: PricesVersion,
    }
);
fields!(
    /// `GET /v1/tax_gaps`: tax classes of the catalogue that have no rate, now or in the range asked for.
    TaxGaps {
        /// By location, channel, class and time. Empty: everything can be taxed everywhere.
        gaps: Vec<TaxGap>,
    }
);
fields!(
    /// A tax class without a rate: its items cannot be sold there.
    TaxGap {
        /// Where.
        location: LocationCode,
        /// By which channel.
        channel: Channel,
        /// The class.
        class: Label,
        /// From when on, where a range was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Time>,
        /// Until when: a rate begins here, or the range ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// How many items have it.
        items: u64,
        /// The first of them.
        first: Sku,
    }
);
fields!(
    /// `GET /v1/price_books`: every price book, without its prices, in the order in which they are asked.
    PriceBookList {
        /// The books.
        books: Vec<PriceBookMessage>,
    }
);
fields!(
    /// A price book without its prices.
    PriceBookMessage {
        /// Its code.
        book: Label,
        /// The currency of its prices.
        currency: Currency,
        /// Whether its prices contain tax.
        basis: Basis,
        /// For whom, where and when it holds.
        #[serde(default, skip_serializing_if = "is_default")]
        terms: Terms,
        /// How many prices it has.
        prices: u64,
    }
);
fields!(
    /// `GET /v1/promotions`: every promotion by code, page by page, as `define_promotions` takes them.
    PromotionPage {
        /// The promotions.
        promotions: Vec<PromotionInput>,
        /// Give this as `after` for the next page; none: this was the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    }
);

/// Where a price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceFrom {
    /// The catalogue.
    Catalogue,
    /// A price book.
    Book,
    /// The seller named it.
    Seller,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
