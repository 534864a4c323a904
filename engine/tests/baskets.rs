//! Suspended baskets under random traffic: nothing is held twice or lost, each has one taker, and the
//! events alone lead to the same state.
#![allow(clippy::unwrap_used)]

mod build;

use build::{LOCATION, line, number, owner, run_at, sell};
use onhand_engine::answer::Answer;
use onhand_engine::basket::{Ask, Basket, NamedLine, SUSPENDED_MAX, Suspended, Told};
use onhand_engine::command::{Action, Channel};
use onhand_engine::date::Date;
use onhand_engine::decide::Decision;
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::goods::{Goods, Piece, Serials, Traced};
use onhand_engine::ids::{CommandId, ReservationId, SkuId, TillNo};
use onhand_engine::people::By;
use onhand_engine::qty::Qty;
use onhand_engine::scan::Mark;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::PlaceState;
use proptest::prelude::*;
use std::collections::BTreeSet;

const SKUS: u32 = 3;

fn basket(lines: &[(u32, i64)]) -> Basket {
    let named = |(sku, units): &(u32, i64)| NamedLine {
        sku: SkuId(*sku),
        qty: Qty::units(*units),
        unit_price: None,
        amount: None,
        tax: None,
        price_reason: None,
        discount: None,
    };
    Basket {
        lines: lines.iter().map(named).collect(),
        group: None,
        coupons: vec![],
        tax_exempt: None,
        customer: None,
        note: None,
        person: None,
    }
}

fn suspend(till: u16, lines: &[(u32, i64)]) -> Action {
    let (owner, basket) = (owner(&format!("till {till}")), basket(lines).into());
    Action::Basket { till: TillNo(till), ask: Ask::Suspend { owner, ttl: Millis(60_000), basket, goods: None } }
}

fn recall(till: u16, basket: ReservationId) -> Action {
    let owner = owner(&format!("till {till}"));
    Action::Basket { till: TillNo(till), ask: Ask::Recall { basket, owner, ttl: Millis(60_000) } }
}

fn reserved(place: &PlaceState) -> Vec<Qty> {
    (0..SKUS).map(|sku| place.rows.get(&SkuId(sku)).map_or(Qty::ZERO, |row| row.level().reserved)).collect()
}

fn hashed(place: &PlaceState) -> Vec<u8> {
    let mut bytes = Vec::new();
    place.digest(LOCATION, &mut |part| bytes.extend_from_slice(part));
    bytes
}

/// Which kind of command, who, and what of.
type Step = (u8, u16, u32, i64, usize);

fn action(place: &PlaceState, (kind, till, sku, units, which): Step) -> Action {
    let live: Vec<ReservationId> = place.store.reservations.keys().copied().collect();
    let any = live.get(which % live.len().max(1)).copied().unwrap_or(ReservationId(999));
    let lines = [(sku, units), ((sku + 1) % SKUS, 1)];
    match kind {
        0 => Action::Receive { lines: vec![line(SkuId(sku), units)], goods: None },
        1 | 2 => suspend(till, &lines),
        3 | 4 => recall(till, any),
        5 => Action::Reserve {
            owner: owner(&format!("till {till}")),
            ttl: Millis(30_000),
            lines: vec![line(SkuId(sku), units)],
            goods: None,
        },
        6 => {
            let mut sale = sell(&[(SkuId(sku), units)]);
            sale.owner = Some(owner(&format!("till {till}")));
            sale.reservation = (which % 3 == 0).then_some(any);
            Action::Sell(sale)
        }
        7 => Action::Release { reservation: any },
        8 => Action::Expire { reservation: any },
        _ => Action::Extend { reservation: any, ttl: Millis(5_000) },
    }
}

proptest! {
    #[test]
    fn a_basket_has_one_taker_and_keeps_what_is_held(
        steps in prop::collection::vec((0_u8..10, 1_u16..4, 0..SKUS, 1_i64..4, 0_usize..8), 1..120),
    ) {
        let (mut place, mut again) = (PlaceState::default(), PlaceState::default());
        let mut taken = BTreeSet::new();
        for (at, step) in (1_u64..).zip(steps) {
            let now = Timestamp(at * 1_500);
            let before = reserved(&place);
            let asked = action(&place, step);
            let decided = run_at(&mut place, u128::from(at), Channel::Till, asked.clone(), now);
            prop_assert_eq!(place.check(), Vec::<String>::new());
            let Ok(Decision::Happens(event)) = decided else { continue };
            if let Action::Basket { ask: Ask::Recall { basket, .. }, .. } = &asked {
                prop_assert!(taken.insert(*basket), "it was recalled twice");
                prop_assert_eq!(reserved(&place), before, "a recall holds what was held, no more and no less");
            }
            if let Event::Basket { happening, .. } = &event
                && let Some((_, held)) = happening.held()
            {
                prop_assert_eq!(held.deadline, now.plus(Millis(60_000)));
            }
            let (fingerprint, by) = (Fingerprint::default(), By::default());
            again.apply(&Record { time: now, command: CommandId(u128::from(at)), fingerprint, location: LOCATION, by, event });
        }
        prop_assert_eq!(hashed(&again), hashed(&place));
    }
}

#[test]
fn so_many_and_no_more() {
    let mut place = PlaceState::default();
    let now = Timestamp(1);
    let mut ask = |id: usize| run_at(&mut place, id as u128, Channel::Till, suspend(1, &[(0, 1)]), now);
    for id in 1..=SUSPENDED_MAX {
        assert_eq!(number(&ask(id)), 0);
    }
    assert_eq!(number(&ask(5_000)), 2021);
    run_at(&mut place, 6_000, Channel::Till, recall(2, ReservationId(1)), now).unwrap();
    let freed = run_at(&mut place, 7_000, Channel::Till, suspend(1, &[(0, 1)]), now).unwrap();
    let Decision::Happens(event) = freed else { panic!("it happens") };
    let Answer::Basket(Told::Suspended { short, .. }) = event.answer() else { panic!("it is suspended") };
    assert_eq!(*short, [line(SkuId(0), 1)], "there is no stock at all, and it was never refused for that");
    // A name that is live is nobody else's, although its answer is long forgotten.
    let taken = run_at(&mut place, 7_000, Channel::Till, recall(2, ReservationId(2)), now);
    assert_eq!(number(&taken), 1008);
}

#[test]
fn another_basket_is_another_hash() {
    let mut hashes = BTreeSet::new();
    for basket in [
        basket(&[(0, 1)]),
        basket(&[(0, 2)]),
        Basket { note: Some(onhand_engine::ids::Note::new("x").unwrap()), ..basket(&[(0, 1)]) },
        Basket { customer: Some(owner("x")), ..basket(&[(0, 1)]) },
        Basket { person: Some(owner("x")), ..basket(&[(0, 1)]) },
    ] {
        hashes.insert(suspended_hash(basket, None));
    }
    for traced in [
        Traced { serials: vec![mark("A1")], ..Traced::default() },
        Traced { serials: vec![mark("A2")], ..Traced::default() },
        Traced { lot: Some(mark("A1")), ..Traced::default() },
        Traced { expiry: Date::new(2026, 1, 31), ..Traced::default() },
    ] {
        let goods = Goods { traced: vec![traced], ..Goods::default() };
        hashes.insert(suspended_hash(basket(&[(0, 1)]), goods.boxed()));
    }
    assert_eq!(hashes.len(), 9);
}

/// What a recalled basket holds is part of the state, piece by piece.
#[test]
fn another_piece_that_is_held_is_another_hash() {
    let hashes: BTreeSet<Vec<u8>> = [None, Some("A1"), Some("A2")]
        .map(|serial| {
            let traced = serial.map(|serial| Traced { serials: vec![mark(serial)], ..Traced::default() });
            let goods = Goods { traced: traced.into_iter().collect(), ..Goods::default() }.boxed();
            let mut place = build::with_tea(1);
            let ask =
                Ask::Suspend { owner: owner("till"), ttl: Millis(1_000), basket: basket(&[(0, 1)]).into(), goods };
            run_at(&mut place, 2, Channel::Till, Action::Basket { till: TillNo(1), ask }, Timestamp(1)).unwrap();
            run_at(&mut place, 3, Channel::Till, recall(2, ReservationId(2)), Timestamp(1)).unwrap();
            hashed(&place)
        })
        .into();
    assert_eq!(hashes.len(), 3);
}

fn mark(text: &str) -> Mark {
    Mark::new(text).unwrap()
}

fn suspended_hash(basket: Basket, goods: Option<Box<Goods>>) -> Vec<u8> {
    let mut place = PlaceState::default();
    let ask = Ask::Suspend { owner: owner("till"), ttl: Millis(1_000), basket: basket.into(), goods };
    run_at(&mut place, 1, Channel::Till, Action::Basket { till: TillNo(1), ask }, Timestamp(1)).unwrap();
    assert_eq!(place.check(), Vec::<String>::new());
    hashed(&place)
}

#[test]
fn a_basket_has_pieces_where_some_are_known_by_their_serial_numbers() {
    let by_lot = || Traced { lot: Some(mark("L42")), ..Traced::default() };
    let by_serial = || Traced { line: 1, serials: vec![mark("A1")], ..Traced::default() };
    for (traced, expected) in
        [(vec![], false), (vec![by_lot()], false), (vec![by_serial()], true), (vec![by_lot(), by_serial()], true)]
    {
        let suspended =
            Suspended { till: TillNo(1), at: Timestamp(1), basket: basket(&[(0, 1), (1, 1)]), traced: traced.into() };
        assert_eq!(suspended.has_pieces(), expected, "{:?}", suspended.traced);
    }
}

/// Whoever holds a piece is a live reservation that has it among its own.
#[test]
fn pieces_that_others_hold_are_found() {
    let traced = vec![Traced { serials: vec![mark("A1")], ..Traced::default() }];
    let goods = Goods { traced, ..Goods::default() }.boxed();
    let ask = Ask::Suspend { owner: owner("till"), ttl: Millis(1_000), basket: basket(&[(0, 1)]).into(), goods };
    let mut place = PlaceState::default();
    run_at(&mut place, 1, Channel::Till, Action::Basket { till: TillNo(1), ask }, Timestamp(1)).unwrap();
    let own = place.store.reservations[&ReservationId(1)].pieces.clone();
    let other = [Piece { serial: mark("B1"), ..own[0].clone() }];
    let found = |spoil: &dyn Fn(&mut Serials)| {
        let mut place = place.clone();
        spoil(&mut place.store.serials);
        place.check().join(" ")
    };
    assert_eq!(found(&|_| {}), "");
    for spoiled in [
        found(&|serials| serials.let_go(ReservationId(1), &own)),
        found(&|serials| serials.hold(ReservationId(2), &own)),
        found(&|serials| serials.hold(ReservationId(1), &other)),
    ] {
        assert!(spoiled.contains("held serial numbers"), "{spoiled}");
    }
    // One that holds it no more lets go of nothing of another's.
    assert_eq!(found(&|serials| serials.let_go(ReservationId(2), &own)), "");
}
