//! Rules of goods by hand: what kits can be made of and what their parts are worth, and which serial numbers are
//! remembered as sold.
#![allow(clippy::unwrap_used)]

mod build;
mod random;

use build::{TEA, owner, run, with_tea};
use onhand_engine::catalogue::Item;
use onhand_engine::command::{Action, Channel, SkuQty};
use onhand_engine::goods::define::with_terms;
use onhand_engine::goods::serials::SERIALS_MAX;
use onhand_engine::goods::{Goods, PARTS_MAX, Part, Serials, Terms, Under};
use onhand_engine::ids::{Code, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Millis;
use random::{item, label};
use std::sync::Arc;

const BEYOND: Minor = Minor(Minor::MAX.0 + 1);

fn catalogue(count: u32) -> Vec<Arc<Item>> {
    (1..=count).map(|no| Arc::new(Item { sku: SkuId(no - 1), ..(*item(no, 100)).clone() })).collect()
}

fn kit(of: &Item, parts: &[(u32, i64, i64)]) -> Item {
    let part = |(sku, units, worth): &(u32, i64, i64)| Part {
        sku: SkuId(*sku),
        qty: Qty::units(*units),
        worth: Minor(*worth),
    };
    let terms = Terms { parts: parts.iter().map(part).collect(), ..Terms::default() };
    Item { terms: Some(Arc::new(terms)), ..of.clone() }
}

/// A kit has at most so many parts, and a part is worth what can be.
#[test]
fn what_a_kit_may_be_made_of_has_bounds() {
    let known = catalogue(25);
    let with = |parts: Vec<(u32, i64, i64)>| with_terms(&known, vec![kit(&known[24], &parts)]).map(drop);
    let many = |count: usize| (0..u32::try_from(count).unwrap()).map(|sku| (sku, 1, 1)).collect();
    assert_eq!(with(many(PARTS_MAX)), Ok(()));
    assert!(matches!(with(many(PARTS_MAX + 1)), Err(Refusal::BadKit { .. })));
    assert_eq!(with(vec![(1, 1, Minor::MAX.0), (2, 1, 0)]), Ok(()));
    for worth in [-1, BEYOND.0] {
        assert_eq!(with(vec![(1, 1, 5), (2, 1, worth)]), Err(Refusal::BadAmount));
    }
}

/// Where nobody says what the parts are worth, they are worth what they cost; where somebody does, that counts.
#[test]
fn parts_are_worth_what_is_said_or_what_they_cost() {
    let known = catalogue(4);
    let worths = |parts: &[(u32, i64, i64)]| -> (Vec<i64>, Item) {
        let item = with_terms(&known, vec![kit(&known[3], parts)]).unwrap().remove(0);
        let worths = item.terms.as_ref().unwrap().parts.iter().map(|part| part.worth.0).collect();
        (worths, item)
    };
    let (found, item) = worths(&[(0, 2, 0), (1, 3, 0)]);
    assert_eq!(found, [200, 300]);
    let terms = item.terms.as_ref().unwrap();
    assert_eq!((item.sku, terms.edition, terms.parts.len(), terms.parts[1].qty), (SkuId(3), 1, 2, Qty::units(3)));
    assert_eq!(worths(&[(0, 2, 0), (1, 3, 7)]).0, [0, 7]);
}

/// The edition goes up when the parts of a kit are others, and with nothing else. What is not said stays.
#[test]
fn the_edition_of_a_kit_counts_how_often_its_parts_were_set() {
    let mut known = catalogue(4);
    let mut put = |terms: Option<Terms>| {
        let item = Item { terms: terms.map(Arc::new), ..(*known[3]).clone() };
        let item = with_terms(&known, vec![item]).unwrap().remove(0);
        known[3] = Arc::new(item.clone());
        item.terms.as_ref().map(|terms| (terms.edition, terms.blocked.is_some()))
    };
    let of = |parts: &[(u32, i64)]| {
        let part = |(sku, units): &(u32, i64)| Part { sku: SkuId(*sku), qty: Qty::units(*units), worth: Minor(1) };
        Some(Terms { parts: parts.iter().map(part).collect(), ..Terms::default() })
    };
    assert_eq!(put(Some(Terms::default())), None, "terms with nothing in them are none");
    assert_eq!(put(of(&[(0, 1), (1, 1)])), Some((1, false)));
    assert_eq!(put(of(&[(0, 1), (1, 1)])), Some((1, false)), "the same parts");
    let blocked = of(&[(0, 1), (1, 1)]).map(|terms| Terms { blocked: Some(label("recalled")), ..terms });
    assert_eq!(put(blocked), Some((1, true)), "other terms");
    assert_eq!(put(None), Some((1, true)), "nothing is said");
    assert_eq!(put(of(&[(0, 2), (1, 1)])), Some((2, false)), "more of one");
    assert_eq!(put(of(&[(0, 2), (2, 1)])), Some((3, false)), "another one");
    assert_eq!(put(of(&[(0, 2)])), Some((4, false)), "one less");
    assert_eq!(put(of(&[(0, 2), (2, 1)])), Some((5, false)), "one more");
}

/// The parts of many kits are within the range of a quantity, whoever moves them.
#[test]
fn so_many_kits_that_their_parts_are_too_many_do_not_move() {
    let part = Part { sku: TEA, qty: Qty::units(2), worth: Minor(1) };
    let terms = Arc::new(Terms { parts: [part].into(), ..Terms::default() });
    let goods = || Goods { under: vec![Under { line: 0, sku: SkuId(3), terms: terms.clone() }], ..Goods::default() };
    let half = Qty::from_milli(Qty::MAX.milli() / 2);
    let more = Qty::from_milli(Qty::MAX.milli() / 2 + 1);
    let receive = |qty| {
        let lines = vec![SkuQty { sku: SkuId(3), qty }];
        run(&mut with_tea(0), 9, Channel::Till, Action::Receive { lines, goods: goods().boxed() }).map(drop)
    };
    let reserve = |qty| {
        let lines = vec![SkuQty { sku: SkuId(3), qty }];
        let action = Action::Reserve { owner: owner("ann"), ttl: Millis(60_000), lines, goods: goods().boxed() };
        run(&mut with_tea(1), 9, Channel::Till, action).map(drop)
    };
    let refused = Err(Refusal::BadQuantity { sku: TEA });
    assert_eq!(receive(half), Ok(()));
    assert_eq!(receive(more), refused);
    assert_eq!(reserve(more), refused);
    assert!(matches!(reserve(half), Err(Refusal::ShortStock { .. })));
}

/// The newest serial numbers are remembered, up to so many; two memories are alike when they hold the same in one order.
#[test]
fn so_many_serial_numbers_are_remembered() {
    let serial = |no: usize| Code::new(&format!("N{no}")).unwrap();
    let mut all = Serials::default();
    (0..SERIALS_MAX).for_each(|no| all.sell(TEA, &serial(no)));
    assert_eq!(all.list().len(), SERIALS_MAX);
    assert!(all.has(TEA, &serial(0)));
    all.sell(TEA, &serial(SERIALS_MAX));
    assert_eq!(all.list().len(), SERIALS_MAX);
    assert!(!all.has(TEA, &serial(0)) && all.has(TEA, &serial(1)) && all.has(TEA, &serial(SERIALS_MAX)));
    assert_eq!(all.check(), Ok(()));
    let of = |numbers: &[usize]| {
        let mut some = Serials::default();
        numbers.iter().for_each(|no| some.sell(TEA, &serial(*no)));
        some
    };
    let mut some = of(&[3, 1, 2, 3, 1, 2]);
    some.take_back(TEA, &serial(3));
    assert_eq!(some, of(&[1, 2]), "the place in the order counts, and not its number");
    assert_ne!(of(&[1, 2]), of(&[2, 1]));
    assert_ne!(of(&[1, 2]), of(&[1]));
}
