//! Quotes of random baskets under random rules: they add up, nothing falls below zero, and the same
//! question has the same answer.
#![allow(clippy::unwrap_used, missing_docs)]

mod random;

use onhand_engine::catalogue::Item;
use onhand_engine::ids::{Label, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::pricing::{BookFlaw, PriceBook, PriceRow, Terms};
use onhand_engine::promotion::{Benefit, Off, Part, Promotion, Scope};
use onhand_engine::qty::Qty;
use onhand_engine::quote::{Basket, BasketLine, ByHand, LinePricing, NamedPrice, Quote, QuoteLine, Why, is_at_price};
use onhand_engine::refusal::Refusal;
use onhand_engine::rules::Rules;
use onhand_engine::tax::{PriceBasis, RatePpm, TaxRounding};
use onhand_engine::time::Period;
use proptest::prelude::*;
use random::{NOW, basket, baskets, item, label, location, places, promotions, rules, setting};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the promotions of a quote took off, summed over its lines.
fn by_promotion(quote: &Quote) -> BTreeMap<Label, Minor> {
    let mut sums: BTreeMap<Label, Minor> = BTreeMap::new();
    for discount in quote.lines.iter().flat_map(|line| &line.discounts) {
        if let Why::Promotion(code) = &discount.why {
            let sum = sums.entry(code.clone()).or_default();
            *sum = sum.plus(discount.amount);
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn quotes_add_up_and_nothing_falls_below_zero(
        place in places(), promotions in promotions(9), lines in baskets(), shown in any::<bool>()
    ) {
        prop_assert!(promotions.iter().all(|promotion| promotion.check().is_ok()));
        let rules = rules(&promotions);
        let coupons = if shown && promotions.iter().any(|one| one.coupon.is_some() && one.terms.hold(&setting(&place))) { vec![label("SHOWN")] } else { vec![] };
        let quote = rules.quote(&basket(&place, &lines, &coupons), NOW).unwrap();
        prop_assert_eq!(quote.net().plus(quote.tax()), quote.gross());
        for line in &quote.lines {
            prop_assert!(line.left() >= Minor::ZERO && line.taxed.net >= Minor::ZERO && line.taxed.tax >= Minor::ZERO);
            prop_assert!(line.discounts.iter().all(|discount| discount.amount > Minor::ZERO));
            let charged = match place.tax.basis {
                PriceBasis::TaxInclusive => line.taxed.gross(),
                PriceBasis::TaxExclusive => line.taxed.net,
            };
            prop_assert_eq!(charged, line.left());
        }
        let totals: BTreeMap<Label, Minor> = quote.promotions.iter().map(|one| (one.code.clone(), one.off)).collect();
        prop_assert_eq!(totals.len(), quote.promotions.len(), "a promotion is applied once");
        prop_assert_eq!(by_promotion(&quote), totals);
        for (line, asked) in quote.lines.iter().zip(&lines) {
            prop_assert!(asked.named.is_none() || line.discounts.is_empty(), "a named price stays");
            let is_exclusive = |why: &Why| match why {
                Why::Promotion(code) => rules.promotions.promotion(code).unwrap().exclusive,
                Why::Person(_) => false,
            };
            let alone = line.discounts.iter().any(|discount| is_exclusive(&discount.why));
            prop_assert!(!alone || line.discounts.len() == 1, "an exclusive one stands alone");
        }
        let again = rules.quote(&basket(&place, &lines, &coupons), NOW).unwrap();
        prop_assert_eq!(quote.hash(), again.hash());
        prop_assert_eq!(quote, again);
    }

    #[test]
    fn a_promotion_never_makes_a_basket_dearer(
        place in places(), promotions in promotions(9), lines in baskets()
    ) {
        let without = Rules::default().quote(&basket(&place, &lines, &[]), NOW).unwrap();
        let with = rules(&promotions).quote(&basket(&place, &lines, &[]), NOW).unwrap();
        prop_assert!(with.net() <= without.net().plus(Minor(i64::try_from(lines.len()).unwrap())), "but for rounding");
        let list = |quote: &Quote| quote.lines.iter().map(|line| line.left()).sum::<Minor>();
        prop_assert!(list(&with) <= list(&without));
    }

    /// Whoever works a basket out with the same rules may name what it comes to.
    #[test]
    fn what_a_quote_says_is_no_other_price(
        place in places(), promotions in promotions(9), lines in baskets(), at in any::<prop::sample::Index>()
    ) {
        let rules = rules(&promotions);
        let quote = rules.quote(&basket(&place, &lines, &[]), NOW).unwrap();
        let named = |(line, asked): (&QuoteLine, &BasketLine)| {
            let own = NamedPrice { unit_price: line.unit_price, amount: line.left(), reason: None };
            BasketLine { named: asked.named.clone().or(Some(own)), ..asked.clone() }
        };
        let mut told: Vec<BasketLine> = quote.lines.iter().zip(&lines).map(named).collect();
        let overridden = |told: &[BasketLine]| -> Vec<bool> {
            let pricing = rules.quote(&basket(&place, told, &[]), NOW).unwrap().pricing();
            pricing.map_or(vec![false; told.len()], |kept| kept.lines.iter().map(|line| line.overridden.is_some()).collect())
        };
        let by_hand: Vec<bool> = lines.iter().map(|line| line.named.is_some()).collect();
        prop_assert_eq!(overridden(&told), by_hand, "only what was named before");
        let at = at.index(told.len());
        let line = &mut told[at];
        let named = line.named.as_mut().unwrap();
        named.amount = named.amount.plus(Minor(1));
        let is_list = is_at_price(named.amount, line.item.price.unwrap(), line.qty, line.item.unit);
        prop_assert!(is_list || overridden(&told)[at], "one minor unit more is another price");
    }

    #[test]
    fn a_book_is_the_slow_way_round(
        rows in prop::collection::btree_map((0..20_u32, 0..5_i64), 0..1_000_i64, 0..60), sku in 0..22_u32, units in 0..7_i64
    ) {
        let row = |((sku, min), price): (&(u32, i64), &i64)| {
            PriceRow { sku: SkuId(*sku), min_qty: Qty::units(*min), price: Minor(*price) }
        };
        let all: Vec<PriceRow> = rows.iter().rev().map(row).collect();
        let slow = all.iter().filter(|row| row.sku == SkuId(sku) && row.min_qty <= Qty::units(units)).max_by_key(|row| row.min_qty);
        let book = PriceBook::new(label("B"), Currency::EUR, PriceBasis::TaxInclusive, Terms::default(), all.clone()).unwrap();
        prop_assert_eq!(book.price(SkuId(sku), Qty::units(units)), slow.copied());
    }
}

#[test]
fn a_book_names_the_row_that_cannot_be() {
    let row = |sku, min, price| PriceRow { sku: SkuId(sku), min_qty: Qty::units(min), price: Minor(price) };
    let flaw = |rows: &[PriceRow]| {
        let terms = Terms::default();
        PriceBook::new(label("B"), Currency::EUR, PriceBasis::TaxInclusive, terms, rows.to_vec()).unwrap_err()
    };
    assert_eq!(flaw(&[row(1, 0, 5), row(2, 0, -1)]), BookFlaw::Price(1));
    assert_eq!(flaw(&[row(1, -1, 5)]), BookFlaw::Quantity(0));
    assert_eq!(flaw(&[row(2, 0, 5), row(1, 0, 5), row(2, 3, 5), row(2, 0, 6)]), BookFlaw::Twice(3));
}

fn taken_off(amount: i64, reason: &str) -> ByHand {
    ByHand { off: Off::Amount(Minor(amount)), reason: label(reason) }
}

#[test]
fn hashes_differ_where_quotes_do() {
    let place = location(PriceBasis::TaxInclusive, TaxRounding::Line);
    let line = |price: i64, units: i64| BasketLine {
        item: item(1, price),
        qty: Qty::units(units),
        named: None,
        taxed: None,
        discount: None,
    };
    let rules = Rules::default();
    let hash = |lines: &[BasketLine]| rules.quote(&basket(&place, lines, &[]), NOW).unwrap().hash();
    let mut reduced = line(100, 2);
    reduced.discount = Some(taken_off(1, "dented"));
    let mut other = line(100, 2);
    other.discount = Some(taken_off(1, "loyal"));
    let all = [
        hash(&[line(100, 2)]),
        hash(&[line(200, 1)]),
        hash(&[line(100, 1), line(100, 1)]),
        hash(&[reduced]),
        hash(&[other]),
        hash(&[line(101, 2)]),
    ];
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
}

#[test]
fn what_is_wrong_is_named() {
    let place = location(PriceBasis::TaxInclusive, TaxRounding::Line);
    let line = BasketLine { item: item(1, 100), qty: Qty::units(1), named: None, taxed: None, discount: None };
    let rules = Rules::default();
    let no_price = BasketLine { item: Arc::new(Item { price: None, ..(*line.item).clone() }), ..line.clone() };
    let none = rules.quote(&basket(&place, &[line.clone(), no_price], &[]), NOW).unwrap_err();
    assert_eq!((none.line, none.field, none.why.number()), (Some(1), Some("unit_price"), 3005));
    let dear = BasketLine { discount: Some(taken_off(101, "x")), ..line.clone() };
    let none = rules.quote(&basket(&place, &[line.clone(), dear], &[]), NOW).unwrap_err();
    assert_eq!((none.line, none.field), (Some(1), Some("discount.amount")));
    assert_eq!(none.why, Refusal::BadDiscount { left: 100 });
    let coupons = [label("NOPE")];
    let none = rules.quote(&basket(&place, std::slice::from_ref(&line), &coupons), NOW).unwrap_err();
    assert_eq!((none.field, none.why.number()), (Some("coupons"), 3050));
    let large = BasketLine { qty: Qty::MAX, item: item(1, Minor::MAX.0), ..line };
    let none = rules.quote(&basket(&place, &[large], &[]), NOW).unwrap_err();
    assert_eq!(none.why, Refusal::BadAmount);
}

#[test]
fn very_many_units_are_counted_by_the_line() {
    let place = location(PriceBasis::TaxInclusive, TaxRounding::Line);
    let units = 900_000_000;
    let line = BasketLine { item: item(1, 400), qty: Qty::units(units), named: None, taxed: None, discount: None };
    let promotion = |code: &str, benefit: Benefit| Promotion {
        code: label(code),
        name: code.into(),
        currency: matches!(benefit, Benefit::Set { .. }).then_some(Currency::EUR),
        benefit,
        terms: Terms { period: Period::default(), ..Terms::default() },
        coupon: None,
        uses: None,
        priority: 0,
        exclusive: false,
    };
    let part = Part { scope: Scope::default(), units: 3 };
    let sets = promotion("SET", Benefit::Set { parts: vec![part], price: Minor(1_000) });
    let quote = rules(&[sets]).quote(&basket(&place, std::slice::from_ref(&line), &[]), NOW).unwrap();
    assert_eq!(quote.promotions[0].off, Minor(200 * units / 3));
    let free = Benefit::BuyGet { scope: Scope::default(), buy: 2, get: 1, off: RatePpm(1_000_000) };
    let quote = rules(&[promotion("B2G1", free)]).quote(&basket(&place, &[line], &[]), NOW).unwrap();
    assert_eq!(quote.promotions[0].off, Minor(400 * units / 3));
}

/// The record of a sale keeps of its prices what its lines do not say: nothing of one that has the shop's.
#[test]
fn what_a_sale_keeps_of_its_prices() {
    let place = location(PriceBasis::TaxInclusive, TaxRounding::Line);
    let plain = || BasketLine { item: item(1, 100), qty: Qty::units(2), named: None, taxed: None, discount: None };
    let named = |unit_price: i64, amount: i64, reason: Option<&str>| {
        let price = NamedPrice { unit_price: Minor(unit_price), amount: Minor(amount), reason: reason.map(label) };
        BasketLine { named: Some(price), ..plain() }
    };
    let reduced = || BasketLine { discount: Some(taken_off(1, "dented")), ..plain() };
    for (lines, kept) in [
        (vec![plain()], None),
        (vec![plain(), plain()], None),
        (vec![named(100, 200, None)], None),
        (vec![named(90, 180, None)], Some(vec![(0, true)])),
        (vec![named(100, 200, Some("as agreed"))], Some(vec![(0, true)])),
        (vec![plain(), reduced()], Some(vec![(0, false), (1, false)])),
    ] {
        let pricing = Rules::default().quote(&basket(&place, &lines, &[]), NOW).unwrap().pricing();
        let of = |line: &LinePricing| (line.discounts.len(), line.overridden.is_some());
        let found: Option<Vec<_>> = pricing.map(|kept| kept.lines.iter().map(of).collect());
        assert_eq!(found, kept, "{lines:?}");
    }
    let (lines, why) = ([plain()], label("diplomat"));
    let exempt = Basket { exempt: Some(&why), ..basket(&place, &lines, &[]) };
    let kept = Rules::default().quote(&exempt, NOW).unwrap().pricing();
    assert_eq!(kept.map(|kept| kept.exempt.clone()), Some(Some(why)));
}
