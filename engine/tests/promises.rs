//! The promises about stock, each as a property of random cases, named by its acceptance number.
#![allow(clippy::unwrap_used)]

mod build;

use build::{TEA, number, owner, policy, reserve, run, run_at, sell, with_tea};
use onhand_engine::answer::Answer;
use onhand_engine::command::Said;
use onhand_engine::command::{Action, Bucket, Channel, Disposition, Policy, Sell, Standing, Tender, TenderKind};
use onhand_engine::decide::{Decision, LINES_MAX};
use onhand_engine::event::Event;
use onhand_engine::ids::{Label, OrderId, ReservationId, SkuId, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;
use proptest::prelude::*;

fn order(name: &str) -> OrderId {
    OrderId::new(name).unwrap()
}

fn allocate(name: &str, units: i64, who: Option<&str>) -> Action {
    let lines = vec![build::line(TEA, units)];
    Action::Allocate { order: order(name), lines, reservation: None, owner: who.map(owner), goods: None }
}

fn left(place: &PlaceState) -> i64 {
    place.rows.get(&TEA).map_or(0, |row| row.on_hand().milli() / Qty::SCALE)
}

/// T1 in small: whoever asks, exactly as many get one as there are.
#[test]
fn t1_as_many_buyers_win_as_there_are_units() {
    for units in [0, 1, 4, 999, 1_000, 1_001] {
        let mut place = with_tea(units);
        let buy = |place: &mut PlaceState, id: u128| match id % 3 {
            0 => run(place, id, Channel::Till, Action::Sell(sell(&[(TEA, 1)]))),
            1 => run(place, id, Channel::Web, reserve(&format!("cart-{id}"), &[(TEA, 1)])),
            _ => run(place, id, Channel::Web, allocate(&format!("W-{id}"), 1, None)),
        };
        let outcomes: Vec<u16> = (10..1_010).map(|id| number(&buy(&mut place, id))).collect();
        let winners = i64::try_from(outcomes.iter().filter(|n| **n == 0).count()).unwrap();
        assert_eq!(winners, units.min(1_000));
        assert!(outcomes.iter().all(|n| matches!(n, 0 | 2001)));
    }
}

/// T3: an order delivered five times moves its units once, also after it was fulfilled.
#[test]
fn t3_an_order_paid_five_times_moves_once() {
    let mut place = with_tea(10);
    for id in 10..15 {
        let decision = run_at(&mut place, id, Channel::Web, allocate("W-1", 2, None), Timestamp(1)).unwrap();
        assert_eq!(id == 10, matches!(decision, Decision::Happens(_)));
        assert!(id == 10 || decision == Decision::Already(Answer::Allocated));
    }
    assert_eq!(place.rows[&TEA].allocated_to(&order("W-1")), Qty::units(2));
    let mut sale = sell(&[(TEA, 2)]);
    sale.order = Some(order("W-1"));
    let sold = (20..25).map(|id| number(&run(&mut place, id, Channel::Web, Action::Sell(sale.clone()))));
    assert_eq!(sold.collect::<Vec<_>>(), [0, 2004, 2004, 2004, 2004]);
    assert_eq!((left(&place), place.rows[&TEA].allocated_to(&order("W-1"))), (8, Qty::ZERO));
}

proptest! {
    /// T4: an order is allocated whole, or it is refused and nothing changes.
    #[test]
    fn t4_allocated_is_what_was_ordered_or_nothing(stock in 0_i64..9, asked in prop::collection::vec(1_i64..4, 1..5)) {
        let mut place = with_tea(stock);
        let before = place.clone();
        let total: i64 = asked.iter().sum();
        let lines = asked.iter().map(|units| build::line(TEA, *units)).collect();
        let action = Action::Allocate { order: order("W-1"), lines, reservation: None, owner: None, goods: None, };
        let outcome = run(&mut place, 2, Channel::Web, action);
        prop_assert_eq!(number(&outcome), if total <= stock { 0 } else { 2001 });
        if total <= stock {
            prop_assert_eq!(place.rows[&TEA].allocated_to(&order("W-1")), Qty::units(total));
        } else {
            prop_assert_eq!(place, before);
        }
    }

    /// T6: lines that share an item are summed before the check; all or nothing.
    #[test]
    fn t6_lines_on_one_item_ask_for_their_sum(stock in 0_i64..12, asked in prop::collection::vec((0_u32..2, 1_i64..4), 1..6)) {
        let mut place = with_tea(stock);
        let cups = vec![build::line(SkuId(1), 5)];
        run(&mut place, 2, Channel::Till, Action::Receive { lines: cups, goods: None, }).unwrap();
        let before = place.clone();
        let asked: Vec<_> = asked.into_iter().map(|(sku, units)| (SkuId(sku), units)).collect();
        let sum = |sku| asked.iter().filter(|(s, _)| *s == SkuId(sku)).map(|(_, units)| units).sum::<i64>();
        let fits = sum(0) <= stock && sum(1) <= 5;
        prop_assert_eq!(number(&run(&mut place, 3, Channel::Till, Action::Sell(sell(&asked)))), if fits { 0 } else { 2001 });
        prop_assert!(fits || place == before);
        prop_assert!(!fits || left(&place) == stock - sum(0));
        prop_assert_eq!(number(&run(&mut before.clone(), 3, Channel::Web, reserve("ann", &asked))), if fits { 0 } else { 2001 });
    }

    /// T7 in small: two baskets name the same items in opposite orders; their outcome is the same.
    #[test]
    fn t7_the_order_of_lines_makes_no_difference(stock in 0_i64..4, units in 1_i64..4) {
        let (one, other) = ([(TEA, units), (SkuId(1), 1)], [(SkuId(1), 1), (TEA, units)]);
        let mut places = [with_tea(stock), with_tea(stock)];
        let outcomes = [&one, &other].into_iter().zip(&mut places).map(|(lines, place)| {
            run(place, 3, Channel::Till, Action::Receive { lines: vec![build::line(SkuId(1), 1)], goods: None, }).unwrap();
            number(&run(place, 4, Channel::Web, reserve("ann", lines)))
        });
        let outcomes: Vec<u16> = outcomes.collect();
        prop_assert_eq!(outcomes[0], outcomes[1]);
        prop_assert_eq!(&places[0], &places[1]);
    }

    /// T8: channels share a location. After one took all it may, every channel reads what is left
    /// beyond its own buffer, and cannot have more.
    #[test]
    fn t8_what_one_channel_takes_no_other_can(stock in 1_i64..9, safety in prop::array::uniform3(0_i64..4), taker in 0_usize..3, held: bool) {
        let mut place = with_tea(stock);
        run(&mut place, 2, Channel::Till, policy(TEA, safety)).unwrap();
        let taken = (stock - safety[taker]).max(0);
        if taken > 0 {
            let take = if held { reserve("ann", &[(TEA, taken)]) } else { Action::Sell(sell(&[(TEA, taken)])) };
            prop_assert_eq!(number(&run(&mut place, 3, Channel::ALL[taker], take)), 0);
        }
        for channel in Channel::ALL {
            let open = (stock - taken - safety[channel.index()]).max(0);
            let level = place.rows[&TEA].level();
            prop_assert_eq!(level.atp(channel), Qty::units(open));
            prop_assert_eq!(place.rows[&TEA].atp(channel), Qty::units(open));
            let one_more = run(&mut place.clone(), 4, channel, reserve("bob", &[(TEA, open + 1)]));
            prop_assert_eq!(number(&one_more), 2001);
        }
    }

    /// T26: whatever an owner holds is theirs to sell, to order and to reserve again, and nobody
    /// else's, also when the buffer was raised or a fact took the rest.
    #[test]
    fn t26_a_hold_never_counts_against_its_own_owner(stock in 1_i64..9, held in 1_i64..9, want in 1_i64..9, safety in 0_i64..9, gone in 0_i64..9) {
        let held = 1 + held % stock;
        let (want, gone) = (1 + want % held, gone % (stock - held + 1));
        let mut place = with_tea(stock);
        run(&mut place, 2, Channel::Web, reserve("ann", &[(TEA, held)])).unwrap();
        run(&mut place, 3, Channel::Till, policy(TEA, [0, safety, 0])).unwrap();
        if gone > 0 {
            let fact = Sell { standing: Standing::Fact, ..sell(&[(TEA, gone)]) };
            run(&mut place, 4, Channel::Till, Action::Sell(fact)).unwrap();
        }
        let by_owner = Sell { owner: Some(owner("ann")), ..sell(&[(TEA, want)]) };
        let by_name = Sell { reservation: Some(ReservationId(2)), ..sell(&[(TEA, want)]) };
        for action in [Action::Sell(by_owner), Action::Sell(by_name), reserve("ann", &[(TEA, want)]), allocate("W-1", want, Some("ann"))] {
            let mut after = place.clone();
            prop_assert_eq!(number(&run(&mut after, 5, Channel::Web, action)), 0);
            prop_assert_eq!(after.check(), Vec::<String>::new());
        }
        let open = (stock - gone - held - safety).max(0);
        for action in [Action::Sell(sell(&[(TEA, open + 1)])), reserve("bob", &[(TEA, open + 1)]), allocate("W-2", open + 1, Some("bob"))] {
            prop_assert_eq!(number(&run(&mut place.clone(), 5, Channel::Web, action)), 2001);
        }
    }

    /// T27: every number that is shown comes from one formula at one version.
    #[test]
    fn t27_level_and_row_agree(stock in 0_i64..9, held in 0_i64..9, safety in prop::array::uniform3(0_i64..5)) {
        let mut place = with_tea(stock);
        run(&mut place, 2, Channel::Till, policy(TEA, safety)).unwrap();
        let _ = run(&mut place, 3, Channel::Till, reserve("ann", &[(TEA, held)]));
        let (row, level) = (&place.rows[&TEA], place.rows[&TEA].level());
        prop_assert_eq!(level.version, row.version());
        for channel in Channel::ALL {
            prop_assert_eq!(level.atp(channel), row.atp(channel));
            prop_assert_eq!(row.atp(channel), row.promise(channel).floored());
            prop_assert_eq!(level.is_low(channel), row.atp(channel).is_zero());
        }
    }
}

/// Absurd values from inside are held at the end of the range; nothing panics.
#[test]
fn the_ends_of_the_range_hold() {
    let mut place = with_tea(1);
    for (id, qty) in [(10, Qty::MAX), (11, Qty::MAX.negated()), (12, Qty::from_milli(i64::MAX))] {
        let lines = vec![onhand_engine::command::SkuQty { sku: TEA, qty }];
        let outcome = run(&mut place, id, Channel::Till, Action::Receive { lines, goods: None });
        assert_eq!(number(&outcome), if id == 10 { 0 } else { 1005 });
    }
    let mut lines = sell(&[(TEA, 1)]);
    lines.standing = Standing::Fact;
    for (net, expected) in
        [(Minor::MAX, 0), (Minor(Minor::MAX.0 + 1), 3003), (Minor(-1), 3003), (Minor(i64::MIN), 3003)]
    {
        lines.lines[0].taxed.net = net;
        assert_eq!(number(&run(&mut place.clone(), 20, Channel::Till, Action::Sell(lines.clone()))), expected);
    }
    lines.lines[0].taxed.net = Minor(100);
    let mut dear = lines.clone();
    dear.lines[0].unit_price = Minor(Minor::MAX.0 + 1);
    assert_eq!(number(&run(&mut place.clone(), 20, Channel::Till, Action::Sell(dear))), 3003);
    for (amount, expected) in
        [(Minor::MAX, 0), (Minor(i64::MIN), 3003), (Minor(i64::MAX), 3003), (Minor(-Minor::MAX.0), 0)]
    {
        lines.tenders = vec![Tender { kind: TenderKind::Cash, amount }];
        assert_eq!(number(&run(&mut place.clone(), 21, Channel::Till, Action::Sell(lines.clone()))), expected);
    }
    for (count, expected) in [(0, 1010), (LINES_MAX, 2001), (LINES_MAX + 1, 1011)] {
        let lines = vec![(SkuId(9), 1); count];
        assert_eq!(number(&run(&mut place, 30, Channel::Till, Action::Sell(sell(&lines)))), expected);
        assert_eq!(number(&run(&mut place, 30, Channel::Till, reserve("ann", &lines))), expected);
    }
    let unknown = Action::Release { reservation: ReservationId(u128::MAX) };
    assert_eq!(number(&run(&mut place, 31, Channel::Till, unknown)), 2002);
    let chain_only = Action::RevokeKey { key: onhand_engine::catalogue::KeyId(1) };
    assert_eq!(number(&run(&mut place, 32, Channel::Till, chain_only)), 1004);
}

/// What a person may key in has a largest value, in every command.
#[test]
fn quantities_have_a_largest_value() {
    let beyond = Qty::MAX.plus(Qty::from_milli(1));
    let rules = |safety_web, low_at| Policy { safety_stock: [Qty::ZERO, safety_web, Qty::ZERO], low_at };
    let reason = Label::new("found").unwrap();
    let adjust = |delta| Action::Adjust { sku: TEA, bucket: Bucket::OnHand, delta, reason: reason.clone() };
    let count = |counted| Action::Count { sku: TEA, counted, on_hand_then: None };
    let set = |policy| Action::SetPolicy { sku: TEA, policy };
    let fact = |qty| {
        let mut fact = Sell { standing: Standing::Fact, ..sell(&[(TEA, 1)]) };
        fact.lines[0].qty = qty;
        Action::Sell(fact)
    };
    for (action, expected) in [
        (adjust(Qty::MAX), 0),
        (adjust(beyond), 1005),
        (adjust(Qty::MAX.negated()), 0),
        (adjust(beyond.negated()), 1005),
        (adjust(Qty::ZERO), 1005),
        (count(Qty::MAX), 0),
        (count(beyond), 1005),
        (count(Qty::from_milli(-1)), 1005),
        (set(rules(Qty::MAX, Qty::MAX)), 0),
        (set(rules(beyond, Qty::ZERO)), 1005),
        (set(rules(Qty::ZERO, beyond)), 1005),
        (set(rules(Qty::from_milli(-1), Qty::ZERO)), 1005),
        (set(rules(Qty::ZERO, Qty::from_milli(-1))), 1005),
        (fact(Qty::MAX), 0),
        (fact(beyond), 1005),
        (fact(Qty::ZERO), 1005),
    ] {
        let said = format!("{action:?}");
        assert_eq!(number(&run(&mut with_tea(1), 2, Channel::Till, action)), expected, "{said}");
    }
}

/// A return is money too: absurd or unequal tenders are refused.
#[test]
fn a_return_pays_back_what_is_due() {
    let back = |amount: i64| Action::Return {
        till: None,
        currency: Currency::EUR,
        lines: vec![build::sale_line(TEA, 2)],
        said: Said::default(),
        disposition: Disposition::Resell,
        tenders: vec![Tender { kind: TenderKind::Cash, amount: Minor(amount) }],
        accounts: Box::default(),
        of: None,
        goods: None,
        unreceipted: None,
    };
    for (amount, expected) in [(200, 0), (199, 3002), (i64::MIN, 3003)] {
        assert_eq!(number(&run(&mut with_tea(1), 2, Channel::Till, back(amount))), expected);
    }
}

/// A version for each change, so that a subscriber sees it go up; a row that holds nothing any more
/// is small again.
#[test]
fn versions_go_up_and_rows_become_small_again() {
    let mut place = with_tea(5);
    let reason = Label::new("display").unwrap();
    let aside = |units| {
        let bucket = Bucket::Unavailable(reason.clone());
        Action::Adjust { sku: TEA, bucket, delta: Qty::units(units), reason: reason.clone() }
    };
    let steps = [
        (aside(1), false),
        (aside(-1), true),
        (reserve("ann", &[(TEA, 2)]), false),
        (Action::Release { reservation: ReservationId(4) }, true),
        (allocate("W-1", 2, None), false),
        (Action::Deallocate { order: order("W-1") }, true),
        (policy(TEA, [0, 1, 0]), false),
        (policy(TEA, [0, 0, 0]), true),
        (Action::Sell(sell(&[(TEA, 1)])), true),
    ];
    for (id, (action, is_small)) in (2..).zip(steps) {
        let before = place.rows[&TEA].version().0;
        run(&mut place, id, Channel::Till, action).unwrap();
        let row = &place.rows[&TEA];
        assert_eq!((row.version().0, row.detail().is_none()), (before + 1, is_small), "step {id}");
        assert_eq!(row.level().version, row.version());
    }
}

/// A receipt for each sale and return, none for a refusal.
#[test]
fn receipts_are_gapless() {
    let mut place = with_tea(3);
    let mut numbers = Vec::new();
    for id in 10..20 {
        let mut sale = sell(&[(TEA, 1)]);
        sale.till = Some(TillNo(4));
        if let Ok(Event::SaleRecorded(sale)) = run(&mut place, id, Channel::Till, Action::Sell(sale)) {
            numbers.push(sale.receipt.unwrap().1.0);
        }
    }
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(place.tills[&TillNo(4)].last_receipt.0, 3);
}

/// A reservation may live for a week, its answer is remembered for a day: its name is its own all along.
#[test]
fn a_live_reservation_is_not_made_twice_under_one_name() {
    let mut place = with_tea(5);
    let held = reserve("cart", &[(TEA, 2)]);
    assert_eq!(number(&run(&mut place, 10, Channel::Web, held.clone())), 0);
    assert_eq!(number(&run(&mut place, 10, Channel::Web, held)), 1008);
    assert_eq!(place.rows[&TEA].held_by(ReservationId(10)), Qty::units(2));
}
