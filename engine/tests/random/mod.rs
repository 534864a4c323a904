//! Random promotions, baskets and places, for tests of what baskets cost.
#![allow(dead_code, reason = "each test uses its part")]

use onhand_engine::catalogue::{Item, Location, LocationKind};
use onhand_engine::command::Channel;
use onhand_engine::ids::{Label, LocationCode, LocationId, SkuCode, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::pricing::{Setting, Terms};
use onhand_engine::promotion::{Benefit, Off, Part, Promotion, Scope};
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::quote::{Basket, BasketLine, NamedPrice};
use onhand_engine::rules::Rules;
use onhand_engine::tax::{PriceBasis, RatePpm, TaxRate, TaxRounding, TaxRules};
use onhand_engine::time::{Period, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;

pub(crate) const ITEMS: u32 = 8;
pub(crate) const NOW: Timestamp = Timestamp(1_000);

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

pub(crate) fn item(sku: u32, price: i64) -> Arc<Item> {
    Arc::new(Item {
        sku: SkuId(sku),
        code: SkuCode::new(&format!("I{sku}")).unwrap(),
        name: format!("Item {sku}").into(),
        gtins: vec![],
        unit: if sku == 0 { Unit::Kilogram } else { Unit::Each },
        tax_class: label(if sku.is_multiple_of(3) { "reduced" } else { "standard" }),
        price: Some(Minor(price)),
        category: if sku.is_multiple_of(2) { "even".into() } else { "odd".into() },
        terms: None,
        unit_cost: None,
    })
}

pub(crate) fn location(basis: PriceBasis, rounding: TaxRounding) -> Location {
    let rate =
        |class, parts: &[u32]| TaxRate { class: label(class), parts: parts.iter().map(|p| RatePpm(*p)).collect() };
    Location {
        id: LocationId(1),
        code: LocationCode::new("S1").unwrap(),
        name: "S1".into(),
        kind: LocationKind::Shop,
        currency: Currency::EUR,
        tax: TaxRules {
            basis,
            rounding,
            rates: vec![rate("standard", &[210_000]), rate("reduced", &[90_000, 12_500])],
            dated: vec![],
        },
        zone: None,
    }
}

pub(crate) fn scopes() -> impl Strategy<Value = Scope> {
    let skus = prop::collection::btree_set(0..ITEMS, 0..4);
    let except = prop::collection::btree_set(0..ITEMS, 0..2);
    (skus, any::<bool>(), except).prop_map(|(skus, by_category, except)| Scope {
        skus: skus.into_iter().map(SkuId).collect(),
        categories: if by_category { vec!["even".into()] } else { vec![] },
        except: except.into_iter().map(SkuId).collect(),
    })
}

pub(crate) fn offs() -> impl Strategy<Value = Off> {
    prop_oneof![
        (1..=1_000_000_u32).prop_map(|ppm| Off::Percent(RatePpm(ppm))),
        (1..2_000_i64).prop_map(|amount| Off::Amount(Minor(amount))),
    ]
}

pub(crate) fn benefits() -> impl Strategy<Value = Benefit> {
    let parts = prop::collection::vec((scopes(), 1..4_u32), 1..4);
    prop_oneof![
        (scopes(), offs()).prop_map(|(scope, off)| Benefit::Each { scope, off }),
        (scopes(), 0..900_i64).prop_map(|(scope, price)| Benefit::Price { scope, price: Minor(price) }),
        (scopes(), 1..4_u32, 1..3_u32, 1..=1_000_000_u32).prop_map(|(scope, buy, get, off)| Benefit::BuyGet {
            scope,
            buy,
            get,
            off: RatePpm(off)
        }),
        (parts, 0..2_000_i64).prop_map(|(parts, price)| Benefit::Set {
            parts: parts.into_iter().map(|(scope, units)| Part { scope, units }).collect(),
            price: Minor(price),
        }),
        (scopes(), 2_000..9_000_i64, offs()).prop_map(|(scope, at_least, off)| Benefit::Spend {
            scope,
            at_least: Minor(at_least),
            off
        }),
    ]
}

fn terms() -> impl Strategy<Value = Terms> {
    let channels = prop_oneof![4 => Just(vec![]), 1 => Just(vec![Channel::Till]), 1 => Just(vec![Channel::Web])];
    let (from, until) = (prop::option::weighted(0.2, 0..1_100_u64), prop::option::weighted(0.2, 1_000..3_000_u64));
    (channels, from, until).prop_map(|(channels, from, until)| Terms {
        channels,
        period: Period { from: from.map(Timestamp), until: until.map(|until| Timestamp(until + 200)) },
        ..Terms::default()
    })
}

/// Fewer than so many promotions, some of them for a coupon.
pub(crate) fn promotions(most: usize) -> impl Strategy<Value = Vec<Promotion>> {
    let one = (benefits(), 0..3_u16, any::<bool>(), any::<bool>(), terms());
    prop::collection::vec(one, 0..most).prop_map(|all| {
        type One = (Benefit, u16, bool, bool, Terms);
        let promotion = |(no, (benefit, priority, exclusive, coupon, terms)): (usize, One)| Promotion {
            code: label(&format!("P{no}")),
            name: format!("Promotion {no}").into(),
            currency: match &benefit {
                Benefit::BuyGet { .. } | Benefit::Each { off: Off::Percent(_), .. } => None,
                _ => Some(Currency::EUR),
            },
            benefit,
            terms,
            coupon: coupon.then(|| label("SHOWN")),
            uses: None,
            priority,
            exclusive,
        };
        all.into_iter().enumerate().map(promotion).collect()
    })
}

pub(crate) fn baskets() -> impl Strategy<Value = Vec<BasketLine>> {
    // Some so dear that products do not fit 64 bits.
    let prices = prop_oneof![19 => 1..2_000_i64, 1 => 1..500_000_000_000_i64];
    let one = (0..ITEMS, prices, 1..12_i64, prop::option::weighted(0.1, 0..2_000_i64));
    let line = |(sku, price, units, named): (u32, i64, i64, Option<i64>)| {
        let qty = if sku == 0 { Qty::from_milli(units * 137) } else { Qty::units(units) };
        let named = named.map(|price| NamedPrice {
            unit_price: Minor(price),
            amount: Minor(price).times(qty),
            reason: Some(label("dented")),
        });
        BasketLine { item: item(sku, price), qty, named, taxed: None, discount: None }
    };
    prop::collection::vec(one.prop_map(line), 1..9)
}

pub(crate) fn places() -> impl Strategy<Value = Location> {
    let basis = prop_oneof![Just(PriceBasis::TaxInclusive), Just(PriceBasis::TaxExclusive)];
    let rounding = prop_oneof![Just(TaxRounding::Line), Just(TaxRounding::Document)];
    (basis, rounding).prop_map(|(basis, rounding)| location(basis, rounding))
}

pub(crate) fn rules(promotions: &[Promotion]) -> Rules {
    let mut rules = Rules::default();
    rules.put_promotions(promotions.iter().cloned().map(Arc::new));
    rules
}

pub(crate) fn basket<'a>(location: &'a Location, lines: &'a [BasketLine], coupons: &'a [Label]) -> Basket<'a> {
    Basket { location, channel: Channel::Till, group: None, coupons, exempt: None, discount: None, lines }
}

pub(crate) fn setting(location: &Location) -> Setting<'_> {
    Setting { location, channel: Channel::Till, group: None, now: NOW }
}
