//! What the evaluator works on: 10,000 live promotions of every kind, and baskets of 20 lines.

use crate::chance::Chance;
use crate::made;
use onhand_engine::catalogue::Item;
use onhand_engine::ids::{Label, SkuCode, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::pricing::Terms;
use onhand_engine::promotion::{Benefit, Off, Part, Promotion, Scope};
use onhand_engine::qty::Qty;
use onhand_engine::quote::BasketLine;
use onhand_engine::rules::Rules;
use onhand_engine::tax::RatePpm;
use std::sync::Arc;

const PROMOTIONS: u32 = 10_000;
const ITEMS: u32 = 20_000;
/// Items that one promotion names at most.
const NAMED_MAX: u32 = 20;
/// Different baskets that are taken in turn.
const BASKETS: usize = 1_000;

/// 10,000 promotions; each names a few items, some a category, and twenty every item.
pub(crate) fn rules() -> Rules {
    let mut chance = Chance::new(11);
    let mut rules = Rules::default();
    rules.put_promotions((0..PROMOTIONS).map(|no| Arc::new(promotion(no, &mut chance))));
    rules
}

fn promotion(no: u32, chance: &mut Chance) -> Promotion {
    let mut skus: Vec<SkuId> = (0..=chance.below(NAMED_MAX)).map(|_| SkuId(chance.below(ITEMS))).collect();
    skus.sort_unstable();
    skus.dedup();
    let scope = match no % 500 {
        3 => Scope::default(),
        107 | 207 | 307 | 407 => Scope { categories: vec![category(chance.below(ITEMS))], ..Scope::default() },
        _ => Scope { skus, ..Scope::default() },
    };
    let (benefit, has_amounts) = match no % 5 {
        0 => (Benefit::Each { scope, off: Off::Percent(RatePpm(50_000)) }, false),
        1 => (Benefit::Price { scope, price: Minor(900) }, true),
        2 => (Benefit::BuyGet { scope, buy: 2, get: 1, off: RatePpm(1_000_000) }, false),
        3 => (Benefit::Spend { scope, at_least: Minor(5_000), off: Off::Amount(Minor(100)) }, true),
        _ => (Benefit::Set { parts: vec![Part { scope, units: 3 }], price: Minor(2_500) }, true),
    };
    Promotion {
        code: Label::new(&format!("P{no}")).unwrap(),
        name: "A promotion".into(),
        benefit,
        currency: has_amounts.then_some(Currency::EUR),
        terms: Terms::default(),
        coupon: None,
        priority: u16::try_from(no % 3).unwrap(),
        exclusive: no.is_multiple_of(4),
    }
}

fn category(sku: u32) -> Arc<str> {
    format!("C{}", sku % 500).into()
}

/// Baskets of different items, one to four of each.
pub(crate) fn baskets(lines: usize) -> Vec<Vec<BasketLine>> {
    let mut chance = Chance::new(12);
    let mut line = || {
        let sku = chance.below(ITEMS);
        let item = Item {
            sku: SkuId(sku),
            code: SkuCode::new(&format!("I{sku}")).unwrap(),
            price: Some(Minor(1_000 + i64::from(sku % 100))),
            category: category(sku),
            ..made::item()
        };
        let qty = Qty::units(1 + i64::from(chance.below(4)));
        BasketLine { item: Arc::new(item), qty, named: None, taxed: None, discount: None }
    };
    (0..BASKETS).map(|_| (0..lines).map(|_| line()).collect()).collect()
}
