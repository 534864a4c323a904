//! Many at once: one winner, whole baskets, fair turns, exact refusals, growth before sale.

use crate::rig::{Rig, SHOP, WAREHOUSE, line, next_ticket, options, receive, reservation_of, reserve, sell};
use onhand_actors::handle::Options;
use onhand_actors::port::{Envelope, Outcome, Ticket};
use onhand_engine::command::Action;
use onhand_engine::ids::{LocationId, OrderId, Seq, SkuId};
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::world::World;

fn count(rig: &Rig, tickets: &[Ticket], wanted: impl Fn(&Outcome) -> bool) -> usize {
    tickets.iter().filter(|ticket| wanted(&rig.given.outcome(**ticket))).count()
}

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { .. })
}

fn is_short(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Refusal::ShortStock { .. }))
}

/// Submits from many threads at once and returns every ticket.
fn storm(rig: &Rig, threads: usize, each: usize, action: impl Fn(usize) -> Action + Sync) -> Vec<Ticket> {
    std::thread::scope(|scope| {
        let run = |thread: usize| {
            let mut batch: Vec<Envelope> = (0..each).map(|n| rig.envelope(SHOP, action(thread + n))).collect();
            let tickets: Vec<Ticket> = batch.iter().map(|envelope| envelope.ticket).collect();
            rig.handle.submit(&mut batch);
            assert!(batch.is_empty());
            tickets
        };
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn the_last_item_has_one_winner() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 1));
    let tickets = storm(&rig, 10, 100, |_| sell(&[1]));
    assert_eq!(count(&rig, &tickets, is_done), 1);
    assert_eq!(count(&rig, &tickets, is_short), 999);
    assert_eq!(rig.atp(SHOP, 1), 0);
    rig.handle.stop();
}

#[test]
fn baskets_in_opposite_orders_neither_deadlock_nor_split() {
    let rig = Rig::new();
    rig.done(SHOP, Action::Receive { lines: vec![line(1, 100), line(2, 100), line(3, 1_000)], goods: None });
    let baskets: [&[u32]; 3] = [&[1, 2, 3], &[3, 2, 1], &[2, 1]];
    let tickets = storm(&rig, 10, 30, |n| sell(baskets[n % 3]));
    assert_eq!(count(&rig, &tickets, is_done), 100);
    assert_eq!((rig.atp(SHOP, 1), rig.atp(SHOP, 2)), (0, 0));
    rig.handle.stop();
}

#[test]
fn a_basket_is_all_or_nothing() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 5));
    let outcome = rig.ask(SHOP, sell(&[1, 2]));
    assert_eq!(
        outcome,
        Outcome::Refused(Refusal::ShortStock { sku: SkuId(2), short_by: Qty::units(1), available: Qty::ZERO })
    );
    assert_eq!(rig.atp(SHOP, 1), 5);
    // An item named twice is one demand.
    assert!(is_short(&rig.ask(SHOP, sell(&[1, 1, 1, 1, 1, 1]))));
    assert!(is_done(&rig.ask(SHOP, sell(&[1, 1, 1, 1, 1]))));
    rig.handle.stop();
}

#[test]
fn a_full_inbox_refuses_exactly_what_it_cannot_take() {
    let rig = Rig::with(Options { inbox_max: 100, ..options() });
    rig.done(SHOP, receive(1, 1_000));
    let busy = rig.occupy(SHOP);
    let tickets = storm(&rig, 10, 15, |_| sell(&[1]));
    // The shard has not had a turn: the refusals are there already, and nobody else is answered.
    let refused = rig.given.look(|given| {
        let busy =
            |ticket: &&Ticket| given.outcomes.get(ticket) == Some(&Outcome::Refused(Refusal::Busy { retry_ms: 20 }));
        tickets.iter().filter(busy).count()
    });
    assert_eq!(refused, 50);
    assert_eq!(rig.handle.observe().inbox_depth, [0, 100]);
    busy.release();
    assert_eq!(count(&rig, &tickets, is_done), 100);
    assert!(is_done(&rig.ask(SHOP, sell(&[1]))), "there is room again");
    assert_eq!(rig.handle.observe().inbox_depth, [0, 0]);
    rig.handle.stop();
}

#[test]
fn a_hot_sku_does_not_starve_a_cold_one() {
    let rig = Rig::new();
    rig.done(SHOP, Action::Receive { lines: vec![line(1, 100_000), line(2, 1)], goods: None });
    let busy = rig.occupy(SHOP);
    let mut batch: Vec<Envelope> = (0..20_000).map(|_| rig.envelope(SHOP, sell(&[1]))).collect();
    let hot: Vec<Ticket> = batch.iter().map(|envelope| envelope.ticket).collect();
    let cold = rig.envelope(SHOP, sell(&[2]));
    let cold_ticket = cold.ticket;
    batch.push(cold);
    let before = rig.given.look(|given| given.order.len());
    rig.handle.submit(&mut batch);
    busy.release();
    assert_eq!(count(&rig, &hot, is_done), 20_000);
    let place = rig.given.look(|given| given.order[before..].iter().position(|ticket| *ticket == cold_ticket));
    assert!(place.unwrap() <= 32, "the cold one came after {place:?} hot ones");
    // Within one SKU the order is kept.
    let order = rig.given.look(|given| given.order[before..].to_vec());
    let hot_order: Vec<Ticket> = order.into_iter().filter(|ticket| *ticket != cold_ticket).collect();
    assert_eq!(hot_order, hot);
    rig.handle.stop();
}

#[test]
fn what_names_a_reservation_waits_behind_the_command_that_makes_it() {
    let rig = Rig::new();
    rig.done(SHOP, Action::Receive { lines: vec![line(1, 1_000), line(2, 5)], goods: None });
    let busy = rig.occupy(SHOP);
    let mut batch: Vec<Envelope> = (0..200).map(|_| rig.envelope(SHOP, sell(&[1]))).collect();
    let hold = rig.envelope(SHOP, reserve(1, 1, 60_000));
    let release = rig.envelope(SHOP, Action::Release { reservation: reservation_of(&hold) });
    let ticket = release.ticket;
    batch.extend([hold, release]);
    rig.handle.submit(&mut batch);
    busy.release();
    assert!(is_done(&rig.given.outcome(ticket)));
    assert_eq!(rig.atp(SHOP, 1), 800);
    rig.handle.stop();
}

#[test]
fn the_log_never_holds_a_sale_before_its_goods() {
    let rig = Rig::new();
    let start = rig.handle.observe().last_seq;
    let tickets = storm(&rig, 8, 200, |n| if n % 2 == 0 { receive(1, 1) } else { sell(&[1]) });
    let done = count(&rig, &tickets, is_done);
    let mut world = World::default();
    let mut after = Seq(0);
    let mut seen = 0;
    loop {
        let events = rig.handle.events(after, 100).unwrap();
        let Some((last, _)) = events.last() else { break };
        after = *last;
        for (seq, record) in &events {
            world.apply(record);
            if *seq > start {
                seen += 1;
                let row = &world.places[&SHOP].rows[&SkuId(1)];
                assert!(row.on_hand() >= Qty::ZERO, "below zero at {seq:?}");
            }
        }
    }
    assert_eq!(seen, done);
    assert_eq!(world.places[&SHOP].rows[&SkuId(1)].level(), rig.handle.level(SHOP, SkuId(1)));
    rig.handle.stop();
}

#[test]
fn levels_go_up_in_version_and_are_published_before_the_answer() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 10_000));
    let tickets = storm(&rig, 4, 500, |_| sell(&[1]));
    assert_eq!(count(&rig, &tickets, is_done), 2_000);
    assert_eq!(rig.atp(SHOP, 1), 8_000);
    rig.given.wait("the last level", |given| {
        given.levels.iter().any(|change| change.level.version.0 == 2_001).then_some(())
    });
    let versions: Vec<u64> = rig.given.look(|given| given.levels.iter().map(|change| change.level.version.0).collect());
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    rig.handle.stop();
}

#[test]
fn what_was_taken_is_answered_before_the_end_and_nothing_is_taken_after() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 100_000));
    let busy = rig.occupy(SHOP);
    let tickets = storm(&rig, 4, 1_000, |_| sell(&[1]));
    std::thread::scope(|scope| {
        scope.spawn(|| rig.handle.stop());
        busy.release();
    });
    let answered = rig.given.look(|given| tickets.iter().filter(|ticket| given.outcomes.contains_key(ticket)).count());
    assert_eq!(answered, 4_000);
    let late = Envelope { ticket: next_ticket(), ..rig.envelope(LocationId::CHAIN, sell(&[1])) };
    let ticket = rig.send(late);
    assert_eq!(rig.given.outcome(ticket), Outcome::Refused(Refusal::ShuttingDown));
}

#[test]
fn a_sale_of_an_order_waits_for_the_orders_allocation() {
    let rig = Rig::new();
    rig.done(SHOP, Action::Receive { lines: vec![line(1, 5), line(2, 5)], goods: None });
    let order = OrderId::new("web-7").unwrap();
    let lines = vec![line(1, 1)];
    let allocate = Action::Allocate { order: order.clone(), lines, reservation: None, owner: None, goods: None };
    let Action::Sell(mut sale) = sell(&[2]) else { return };
    sale.order = Some(order);
    // The allocation stands behind a rush on its item; the sale is of another item.
    let mut batch: Vec<_> = (0..100).map(|_| rig.envelope(SHOP, receive(1, 1))).collect();
    batch.push(rig.envelope(SHOP, allocate));
    batch.push(rig.envelope(SHOP, Action::Sell(sale)));
    let tickets: Vec<_> = batch[100..].iter().map(|envelope| envelope.ticket).collect();
    rig.handle.submit(&mut batch);
    for ticket in tickets {
        let outcome = rig.given.outcome(ticket);
        assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    }
    rig.handle.stop();
}

#[test]
fn an_order_split_over_two_locations_takes_from_each_its_own() {
    let rig = Rig::with(Options { shards: 1, ..options() });
    for location in [SHOP, WAREHOUSE] {
        rig.done(location, receive(1, 5));
    }
    let order = OrderId::new("web-8").unwrap();
    let lines = vec![line(1, 1)];
    let allocate = Action::Allocate { order: order.clone(), lines, reservation: None, owner: None, goods: None };
    let Action::Sell(mut sale) = sell(&[1]) else { return };
    sale.order = Some(order);
    // The allocation in the shop still stands behind a rush when the warehouse sells its part.
    let mut batch: Vec<_> = (0..100).map(|_| rig.envelope(SHOP, receive(1, 1))).collect();
    batch.push(rig.envelope(SHOP, allocate));
    batch.push(rig.envelope(WAREHOUSE, Action::Sell(sale)));
    let tickets: Vec<_> = batch.iter().map(|envelope| envelope.ticket).collect();
    rig.handle.submit(&mut batch);
    assert_eq!(count(&rig, &tickets, is_done), tickets.len());
    assert_eq!((rig.atp(SHOP, 1), rig.atp(WAREHOUSE, 1)), (104, 4));
    let rig = rig.restart(options());
    assert_eq!((rig.atp(SHOP, 1), rig.atp(WAREHOUSE, 1)), (104, 4), "and the log agrees");
    rig.handle.stop();
}

#[test]
fn a_fact_that_names_another_locations_reservation_takes_from_its_own() {
    let rig = Rig::with(Options { shards: 1, ..options() });
    for location in [SHOP, WAREHOUSE] {
        rig.done(location, receive(1, 5));
    }
    let held = rig.envelope(SHOP, reserve(1, 1, 60_000));
    let Action::Sell(mut sale) = sell(&[1]) else { return };
    sale.standing = onhand_engine::command::Standing::Fact;
    sale.reservation = Some(reservation_of(&held));
    let mut batch: Vec<_> = (0..100).map(|_| rig.envelope(SHOP, receive(1, 1))).collect();
    batch.push(held);
    batch.push(rig.envelope(WAREHOUSE, Action::Sell(sale)));
    let tickets: Vec<_> = batch.iter().map(|envelope| envelope.ticket).collect();
    rig.handle.submit(&mut batch);
    assert_eq!(count(&rig, &tickets, is_done), tickets.len());
    assert_eq!((rig.atp(SHOP, 1), rig.atp(WAREHOUSE, 1)), (104, 4));
    rig.handle.stop();
}
