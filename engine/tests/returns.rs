//! Whatever comes back in whatever order: never more than was sold, never more than was paid, and the
//! last part gives back the exact rest.
#![allow(clippy::unwrap_used)]

use onhand_engine::command::{SaleLine, Tender, TenderKind};
use onhand_engine::ids::{LocationId, Seq, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::{GivenBack, KnownSale, Payout, Portion, SaleRef, TakeBack, What};
use onhand_engine::tax::{RatePpm, Taxed};
use onhand_engine::time::Timestamp;
use proptest::prelude::*;

fn sale() -> impl Strategy<Value = KnownSale> {
    let line = (1_i64..5_000, 0_i64..100_000, 0_i64..100_000).prop_map(|(milli, net, tax)| SaleLine {
        sku: SkuId(0),
        qty: Qty::from_milli(milli),
        unit_price: Minor(net),
        taxed: Taxed { net: Minor(net), tax: Minor(tax), rate: RatePpm(0) },
        unit_cost: None,
    });
    (prop::collection::vec(line, 1..5), 0_u8..=100).prop_map(|(lines, cash)| {
        let gross: i64 = lines.iter().map(|line| line.taxed.gross().0).sum();
        let cash = gross * i64::from(cash) / 100;
        let tender = |kind, amount| Tender { kind, amount: Minor(amount) };
        let tenders = vec![tender(TenderKind::Cash, cash), tender(TenderKind::Card, gross - cash)];
        let of = SaleRef { location: LocationId(1), seq: Seq(1) };
        KnownSale {
            of,
            till: None,
            lines,
            tenders,
            takes: vec![],
            payments: vec![],
            coupons: None,
            time: Timestamp(0),
            late: None,
            goods: None,
        }
    })
}

fn portions() -> impl Strategy<Value = Vec<Portion>> {
    let what = prop_oneof![
        3 => (-10_i64..3_000).prop_map(|milli| What::Goods(Qty::from_milli(milli))),
        1 => (-10_i64..50_000).prop_map(|minor| What::Money(Minor(minor))),
    ];
    prop::collection::vec((0_u16..6, what).prop_map(|(line, what)| Portion { line, what }), 1..4)
}

fn take(given: &mut GivenBack, sale: &KnownSale, portions: Vec<Portion>) -> Result<(Qty, Taxed), Refusal> {
    let asked = TakeBack { sale: sale.clone(), portions, void: None, granted: None, serials: vec![] };
    let grant = given.grant(&asked, &Payout::default())?;
    let gross: Minor = grant.lines.iter().map(|line| line.taxed.gross()).sum();
    assert_eq!(grant.tenders.iter().map(|tender| tender.amount).sum::<Minor>(), gross, "the money adds up");
    for line in &grant.lines {
        assert!(line.taxed.net >= Minor::ZERO && line.taxed.tax >= Minor::ZERO, "{line:?}");
    }
    given.take(&grant);
    let total = |of: fn(&SaleLine) -> Minor| grant.lines.iter().map(of).sum();
    let taxed = Taxed { net: total(|line| line.taxed.net), tax: total(|line| line.taxed.tax), rate: RatePpm(0) };
    Ok((grant.lines.iter().map(|line| line.qty).sum(), taxed))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn parts_never_add_up_to_more_and_the_last_gives_the_rest(
        sale in sale(),
        tries in prop::collection::vec(portions(), 0..12),
    ) {
        let mut given = GivenBack::default();
        let mut back = (Qty::ZERO, Taxed::default());
        let mut add = |(qty, taxed): (Qty, Taxed)| {
            back.0 = back.0.plus(qty);
            back.1.net = back.1.net.plus(taxed.net);
            back.1.tax = back.1.tax.plus(taxed.tax);
        };
        for portions in tries {
            let before = given.clone();
            match take(&mut given, &sale, portions) {
                Ok(part) => add(part),
                Err(_) => prop_assert_eq!(&given, &before, "a refusal changes nothing"),
            }
        }
        match take(&mut given, &sale, Vec::new()) {
            Ok(rest) => add(rest),
            Err(why) => prop_assert_eq!(why, Refusal::EmptyBasket),
        }
        prop_assert_eq!(take(&mut given, &sale, Vec::new()), Err(Refusal::EmptyBasket));
        let sum = |of: fn(&SaleLine) -> Minor| sale.lines.iter().map(of).sum::<Minor>();
        prop_assert_eq!(back.0, sale.lines.iter().map(|line| line.qty).sum::<Qty>());
        prop_assert_eq!(back.1.net, sum(|line| line.taxed.net));
        prop_assert_eq!(back.1.tax, sum(|line| line.taxed.tax));
        for (kind, sum) in &given.tenders {
            let paid: Minor = sale.tenders.iter().filter(|t| t.kind == *kind).map(|t| t.amount).sum();
            prop_assert!(*sum <= paid, "{:?} got {:?} of {:?}", kind, sum, paid);
        }
    }
}
