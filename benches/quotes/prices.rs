//! What the evaluator works on: 10,000 live promotions of every kind, and baskets of different items.

use crate::chance::Chance;
use crate::sample;
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
const CATEGORIES: u32 = 500;
/// Different baskets that are taken in turn.
const BASKETS: usize = 1_000;

/// What nearly every promotion names.
#[derive(Clone, Copy)]
pub(crate) enum Naming {
    /// So many items on average.
    Items(u32),
    /// One of 500 categories, but for so many items on average.
    CategoryBut(u32),
}

/// 10,000 promotions. Twenty of them mean every item, eighty more a category.
pub(crate) fn rules(naming: Naming) -> Rules {
    let mut chance = Chance::new(11);
    let mut rules = Rules::default();
    rules.put_promotions((0..PROMOTIONS).map(|no| Arc::new(promotion(no, naming, &mut chance))));
    rules
}

fn promotion(no: u32, naming: Naming, chance: &mut Chance) -> Promotion {
    let a_category = |chance: &mut Chance| vec![category(chance.below(ITEMS))];
    let scope = match (no % 500, naming) {
        (3, _) => Scope::default(),
        (107 | 207 | 307 | 407, _) => Scope { categories: a_category(chance), ..Scope::default() },
        (_, Naming::Items(mean)) => Scope { skus: some(mean, chance), ..Scope::default() },
        (_, Naming::CategoryBut(mean)) => {
            Scope { categories: a_category(chance), except: some(mean, chance), ..Scope::default() }
        }
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
        uses: None,
        priority: u16::try_from(no % 3).unwrap(),
        exclusive: no.is_multiple_of(4),
    }
}

/// Items, so many of them on average.
fn some(mean: u32, chance: &mut Chance) -> Vec<SkuId> {
    let count = 1 + chance.below(2 * mean);
    let mut skus: Vec<SkuId> = (0..count).map(|_| SkuId(chance.below(ITEMS))).collect();
    skus.sort_unstable();
    skus.dedup();
    skus
}

fn category(sku: u32) -> Arc<str> {
    format!("C{}", sku % CATEGORIES).into()
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
            unit_cost: None,
            ..sample::item()
        };
        let qty = Qty::units(1 + i64::from(chance.below(4)));
        BasketLine { item: Arc::new(item), qty, named: None, taxed: None, discount: None }
    };
    (0..BASKETS).map(|_| (0..lines).map(|_| line()).collect()).collect()
}
