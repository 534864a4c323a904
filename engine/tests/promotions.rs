//! Promotions are chosen as the slow way round chooses them, whatever they are.
#![allow(clippy::unwrap_used, missing_docs)]

mod random;
mod slow;

use onhand_engine::ids::Label;
use onhand_engine::money::Minor;
use onhand_engine::promotion::{Line, Promotion};
use onhand_engine::quote::BasketLine;
use onhand_engine::tax::{PriceBasis, TaxRounding};
use proptest::prelude::*;
use random::{baskets, label, location, promotions, rules, setting};

fn seen(line: &BasketLine) -> Line<'_> {
    let price = line.item.price.unwrap();
    Line { item: &line.item, qty: line.qty, amount: price.times(line.qty), is_open: line.named.is_none() }
}

fn check(all: &[Promotion], lines: &[BasketLine], coupons: &[Label]) -> Result<(), TestCaseError> {
    let place = location(PriceBasis::TaxInclusive, TaxRounding::Line);
    let lines: Vec<Line<'_>> = lines.iter().map(seen).collect();
    let rules = rules(all);
    let applied = rules.promotions.apply(&lines, coupons, &setting(&place));
    let applied: Vec<(Label, Vec<(usize, Minor)>)> =
        applied.into_iter().map(|one| (one.promotion.code.clone(), one.shares)).collect();
    prop_assert_eq!(applied, slow::apply(all, &lines, coupons, &setting(&place)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_fast_way_is_the_slow_way(all in promotions(40), lines in baskets(), shown in any::<bool>()) {
        let coupons = if shown { vec![label("SHOWN"), label("UNKNOWN"), label("SHOWN")] } else { vec![] };
        check(&all, &lines, &coupons)?;
    }
}
