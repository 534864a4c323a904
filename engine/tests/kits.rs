//! A kit is its parts: whatever is asked of kits does to stock what the same parts alone would, and what comes
//! back of kits in whatever order is never more than was sold or paid, and adds up.
#![allow(clippy::unwrap_used)]

mod build;

use build::{line, number, run, sale_line, sell};
use onhand_engine::command::{Action, Channel, SaleLine, Sell, SkuQty, Standing};
use onhand_engine::goods::{Goods, Kit, Part, SoldGoods, Terms, Under};
use onhand_engine::ids::{LocationId, OrderId, Owner, ReservationId, Seq, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::{GivenBack, KnownSale, Payout, Portion, SaleRef, TakeBack, What};
use onhand_engine::tax::{RatePpm, Taxed};
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::PlaceState;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Items 0 to 3 are plain, 4 and 5 are kits.
const ITEMS: u32 = 6;

fn parts_of(sku: SkuId) -> &'static [(u32, i64)] {
    match sku.0 {
        4 => &[(0, 2), (1, 1)],
        5 => &[(1, 1), (2, 3), (0, 1)],
        _ => &[],
    }
}

fn kit_terms(parts: &[(u32, i64)]) -> Arc<Terms> {
    let part = |(sku, units): &(u32, i64)| Part { sku: SkuId(*sku), qty: Qty::units(*units), worth: Minor(100) };
    Arc::new(Terms { parts: parts.iter().map(part).collect(), edition: 1, ..Terms::default() })
}

/// What the lines of a command say of their goods.
fn goods(lines: &[(SkuId, i64)]) -> Option<Box<Goods>> {
    let kits = (0..).zip(lines).filter(|(_, (sku, _))| !parts_of(*sku).is_empty());
    let under = kits.map(|(no, (sku, _))| Under { line: no, sku: *sku, terms: kit_terms(parts_of(*sku)) }).collect();
    Goods { under, ..Goods::default() }.boxed()
}

/// The same lines without kits: a second way of saying it, by hand.
fn spelled_out(lines: &[(SkuId, i64)]) -> Vec<(SkuId, i64)> {
    let mut plain = Vec::new();
    for (sku, units) in lines {
        match parts_of(*sku) {
            [] => plain.push((*sku, *units)),
            parts => plain.extend(parts.iter().map(|(part, each)| (SkuId(*part), each * units))),
        }
    }
    plain
}

#[derive(Clone, Debug)]
enum Step {
    Receive(Vec<(SkuId, i64)>),
    Sell { lines: Vec<(SkuId, i64)>, fact: bool, order: Option<u8>, hold: Option<u8> },
    Reserve { lines: Vec<(SkuId, i64)>, who: u8 },
    Release(u8),
    Allocate { lines: Vec<(SkuId, i64)>, order: u8 },
    Deallocate(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let lines = || prop::collection::vec((0..ITEMS, 1_i64..4).prop_map(|(sku, units)| (SkuId(sku), units)), 1..5);
    let step = prop_oneof![
        2 => lines().prop_map(Step::Receive),
        4 => (lines(), prop::bool::weighted(0.2), prop::option::weighted(0.3, 0_u8..3), prop::option::weighted(0.2, 0_u8..30))
            .prop_map(|(lines, fact, order, hold)| Step::Sell { lines, fact, order, hold }),
        2 => (lines(), 0_u8..3).prop_map(|(lines, who)| Step::Reserve { lines, who }),
        1 => (0_u8..30).prop_map(Step::Release),
        1 => (lines(), 0_u8..3).prop_map(|(lines, order)| Step::Allocate { lines, order }),
        1 => (0_u8..3).prop_map(Step::Deallocate),
    ];
    prop::collection::vec(step, 1..30)
}

fn order(no: u8) -> OrderId {
    OrderId::new(&format!("W-{no}")).unwrap()
}

/// The command that a step is, with kits or without.
fn action(step: &Step, with_kits: bool) -> Action {
    let lines_of = |lines: &[(SkuId, i64)]| if with_kits { lines.to_vec() } else { spelled_out(lines) };
    let asked = |lines: &[(SkuId, i64)]| lines_of(lines).iter().map(|(sku, units)| line(*sku, *units)).collect();
    let said = |lines: &[(SkuId, i64)]| if with_kits { goods(lines) } else { None };
    match step {
        Step::Receive(lines) => Action::Receive { lines: asked(lines), goods: said(lines) },
        Step::Sell { lines, fact, order: no, hold } => Action::Sell(Sell {
            standing: if *fact { Standing::Fact } else { Standing::Request },
            order: no.map(order),
            reservation: hold.map(|no| ReservationId(u128::from(no))),
            goods: said(lines),
            ..sell(&lines_of(lines))
        }),
        Step::Reserve { lines, who } => Action::Reserve {
            owner: Owner::new(&format!("cart {who}")).unwrap(),
            ttl: Millis(60_000),
            lines: asked(lines),
            goods: said(lines),
        },
        Step::Release(no) => Action::Release { reservation: ReservationId(u128::from(*no)) },
        Step::Allocate { lines, order: no } => Action::Allocate {
            order: order(*no),
            lines: asked(lines),
            reservation: None,
            owner: None,
            goods: said(lines),
        },
        Step::Deallocate(no) => Action::Deallocate { order: order(*no) },
    }
}

fn is_known(place: &PlaceState, step: &Step) -> bool {
    match step {
        Step::Allocate { order: no, .. } => place.store.orders.contains_key(&order(*no)),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// T6: with kits or with their parts, the same is refused, for the same item, and every row is the same.
    #[test]
    fn t6_kits_do_to_stock_what_their_parts_do(steps in steps()) {
        let (mut kits, mut plain) = (PlaceState::default(), PlaceState::default());
        for (id, step) in (0_u128..).zip(&steps) {
            // An order that is allocated again compares what was asked, which may be said in two ways.
            if is_known(&kits, step) {
                continue;
            }
            let (with, without) = (
                run(&mut kits, id, Channel::Till, action(step, true)),
                run(&mut plain, id, Channel::Till, action(step, false)),
            );
            prop_assert_eq!(number(&with), number(&without), "{:?}", step);
            if let (Err(with), Err(without)) = (&with, &without) {
                prop_assert_eq!(with, without, "{:?}", step);
            }
            prop_assert_eq!(&kits.rows, &plain.rows, "{:?}", step);
            prop_assert_eq!(kits.check(), Vec::<String>::new());
        }
    }

    /// Kits and parts of them come back in whatever order: no part more often than it was sold, no more money
    /// than was paid, and with the rest it is exactly what was paid, and all of the parts.
    #[test]
    fn whatever_comes_back_of_kits_adds_up(sale in sold_kits(), tries in prop::collection::vec(tries(), 0..12)) {
        let mut given = GivenBack::default();
        let mut back: BTreeMap<SkuId, Qty> = BTreeMap::new();
        let mut money = Taxed::default();
        for portion in tries {
            let _ = take(&mut given, &sale, vec![portion], &mut back, &mut money);
        }
        match take(&mut given, &sale, vec![], &mut back, &mut money) {
            Ok(()) => {}
            Err(refusal) => prop_assert_eq!(refusal, Refusal::EmptyBasket),
        }
        let line = &sale.lines[0];
        prop_assert_eq!((money.net, money.tax), (line.taxed.net, line.taxed.tax));
        for part in sale.goods.as_ref().unwrap().kits[0].parts.iter() {
            prop_assert_eq!(back.get(&part.sku).copied(), Some(part.in_kits(line.qty)));
        }
        prop_assert_eq!(take(&mut given, &sale, vec![], &mut back, &mut money), Err(Refusal::EmptyBasket));
    }
}

/// One line of kits with up to four parts.
fn sold_kits() -> impl Strategy<Value = KnownSale> {
    let part = (1_i64..4_000, 0_i64..2_000);
    (prop::collection::vec(part, 1..5), 1_i64..6, 0_i64..50_000, 0_i64..9_000).prop_map(|(parts, kits, net, tax)| {
        let part = |(no, (milli, worth)): (u32, (i64, i64))| Part {
            sku: SkuId(no),
            qty: Qty::from_milli(milli),
            worth: Minor(worth),
        };
        let parts = (0..).zip(parts).map(part).collect();
        let taxed = Taxed { net: Minor(net), tax: Minor(tax), rate: RatePpm(0) };
        let line = SaleLine { qty: Qty::units(kits), taxed, ..sale_line(SkuId(9), 1) };
        let goods = SoldGoods { kits: vec![Kit { line: 0, parts }], ..SoldGoods::default() };
        let of = SaleRef { location: LocationId(1), seq: Seq(1) };
        let (tenders, takes, time, late) = (vec![], vec![], Timestamp(0), None);
        KnownSale {
            of,
            till: None,
            lines: vec![line],
            tenders,
            payments: vec![],
            takes,
            goods: Some(Box::new(goods)),
            time,
            late,
            coupons: None,
        }
    })
}

fn tries() -> impl Strategy<Value = Portion> {
    let what = prop_oneof![
        1 => (0_i64..3).prop_map(|kits| What::Goods(Qty::units(kits))),
        3 => (0_u32..5, -5_i64..6_000).prop_map(|(sku, milli)| What::Part { sku: SkuId(sku), qty: Qty::from_milli(milli) }),
    ];
    what.prop_map(|what| Portion { line: 0, what })
}

/// Gives back, and adds up what moved: kits are counted by their parts.
fn take(
    given: &mut GivenBack,
    sale: &KnownSale,
    portions: Vec<Portion>,
    back: &mut BTreeMap<SkuId, Qty>,
    money: &mut Taxed,
) -> Result<(), Refusal> {
    let asked = TakeBack { sale: sale.clone(), portions, void: None, serials: vec![], granted: None };
    let grant = given.grant(&asked, &Payout::default())?;
    given.take(&grant);
    for (portion, line) in grant.portions.iter().zip(&grant.lines) {
        assert!(line.taxed.net >= Minor::ZERO && line.taxed.tax >= Minor::ZERO, "{line:?}");
        money.net = money.net.plus(line.taxed.net);
        money.tax = money.tax.plus(line.taxed.tax);
        let mut moved = |SkuQty { sku, qty }: SkuQty| {
            let sum = back.entry(sku).or_default();
            *sum = sum.plus(qty);
        };
        match portion.what {
            What::Part { .. } => moved(SkuQty { sku: line.sku, qty: line.qty }),
            _ => sale.goods.as_ref().unwrap().kits[0]
                .parts
                .iter()
                .for_each(|part| moved(SkuQty { sku: part.sku, qty: part.in_kits(line.qty) })),
        }
    }
    let paid = sale.lines[0].taxed;
    assert!(money.net.plus(money.tax) <= paid.gross(), "{money:?} of {paid:?}");
    for part in sale.goods.as_ref().unwrap().kits[0].parts.iter() {
        let sold = part.in_kits(sale.lines[0].qty);
        assert!(back.get(&part.sku).copied().unwrap_or_default() <= sold, "more of {part:?} than was sold");
    }
    Ok(())
}
