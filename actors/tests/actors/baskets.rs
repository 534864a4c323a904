//! Suspended baskets: of many who recall one at once, one gets it; it is in the list until then, also over a
//! restart; it ends in time.

use crate::rig::{Rig, SHOP, line, options, receive, reserve, sell};
use onhand_actors::port::{Envelope, Outcome, Ticket};
use onhand_engine::answer::Answer;
use onhand_engine::basket::{Ask, Basket, NamedLine, Told};
use onhand_engine::command::Action;
use onhand_engine::ids::{Owner, ReservationId, SkuId, TillNo};
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Millis;
use std::sync::Arc;

fn suspend(skus: &[u32], ttl_ms: u64) -> Action {
    let line = |sku: &u32| NamedLine {
        sku: SkuId(*sku),
        qty: Qty::units(1),
        unit_price: None,
        amount: None,
        tax: None,
        price_reason: None,
        discount: None,
    };
    let basket = Arc::new(Basket {
        lines: skus.iter().map(line).collect(),
        group: None,
        coupons: vec![],
        tax_exempt: None,
        customer: None,
        note: None,
        person: None,
    });
    let ask = Ask::Suspend { owner: Owner::new("till 1").unwrap(), ttl: Millis(ttl_ms), basket, goods: None };
    Action::Basket { till: TillNo(1), ask }
}

fn recall(till: u16, basket: ReservationId) -> Action {
    let ask = Ask::Recall { basket, owner: Owner::new(&format!("till {till}")).unwrap(), ttl: Millis(60_000) };
    Action::Basket { till: TillNo(till), ask }
}

fn suspended(rig: &Rig, skus: &[u32], ttl_ms: u64) -> ReservationId {
    let envelope = rig.envelope(SHOP, suspend(skus, ttl_ms));
    let id = ReservationId(envelope.command.id.0);
    let ticket = rig.send(envelope);
    assert!(matches!(rig.given.outcome(ticket), Outcome::Done { .. }));
    id
}

fn listed(rig: &Rig) -> Vec<ReservationId> {
    rig.handle.suspended(SHOP).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn of_many_tills_one_gets_the_basket() {
    let rig = Rig::new();
    rig.done(SHOP, Action::Receive { lines: vec![line(1, 1), line(2, 5)], goods: None });
    let basket = suspended(&rig, &[1, 2], 60_000);
    assert_eq!(listed(&rig), [basket]);
    assert_eq!((rig.atp(SHOP, 1), rig.atp(SHOP, 2)), (0, 4), "the website sees at once that it is gone");
    let tickets: Vec<Ticket> = std::thread::scope(|scope| {
        let run = |thread: u16| {
            let mut batch: Vec<Envelope> =
                (1..=20).map(|n| rig.envelope(SHOP, recall(thread * 20 + n, basket))).collect();
            let tickets: Vec<Ticket> = batch.iter().map(|envelope| envelope.ticket).collect();
            rig.handle.submit(&mut batch);
            tickets
        };
        let running: Vec<_> = (0..8).map(|thread| scope.spawn(move || run(thread))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let outcomes: Vec<Outcome> = tickets.into_iter().map(|ticket| rig.given.outcome(ticket)).collect();
    let got =
        |outcome: &&Outcome| matches!(outcome, Outcome::Done { answer: Answer::Basket(Told::Recalled { .. }), .. });
    assert_eq!(outcomes.iter().filter(got).count(), 1);
    let gone = Outcome::Refused(Refusal::NoSuchBasket { basket });
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == gone).count(), 159);
    assert_eq!(listed(&rig), []);
    assert_eq!((rig.atp(SHOP, 1), rig.atp(SHOP, 2)), (0, 4), "its stock was held all the time");
    assert_eq!(rig.handle.observe().reservations, 1);
    rig.handle.stop();
}

#[test]
fn a_recall_waits_behind_its_basket() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 1));
    let busy = rig.occupy(SHOP);
    let suspend = rig.envelope(SHOP, suspend(&[1], 60_000));
    let basket = ReservationId(suspend.command.id.0);
    let recall = rig.envelope(SHOP, recall(2, basket));
    let ticket = recall.ticket;
    rig.handle.submit(&mut vec![suspend, recall]);
    busy.release();
    assert!(matches!(rig.given.outcome(ticket), Outcome::Done { .. }));
    rig.handle.stop();
}

#[test]
fn it_is_there_after_a_restart_and_ends_in_time() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 3));
    let short = suspended(&rig, &[1], 5_000);
    let long = suspended(&rig, &[1], 60_000);
    rig.done(SHOP, reserve(1, 1, 60_000));
    let rig = rig.restart(options());
    let mut both = vec![short, long];
    both.sort_unstable();
    assert_eq!(listed(&rig), both);
    rig.advance(5_010);
    rig.given.wait("the end of the short one", |_| (rig.atp(SHOP, 1) == 1).then_some(()));
    assert_eq!(listed(&rig), [long]);
    let envelope = rig.envelope(SHOP, recall(7, long));
    let again = rig.again(&envelope);
    let (first, second) = (envelope.ticket, again.ticket);
    rig.send(envelope);
    let got = rig.given.outcome(first);
    assert!(matches!(&got, Outcome::Done { .. }), "{got:?}");
    let rig_again = rig.send(again);
    assert_eq!(rig_again, second);
    assert_eq!(rig.given.outcome(second), got, "whoever got it gets it again, and nobody else");
    assert_eq!(listed(&rig), []);
    rig.done(SHOP, sell(&[1]));
    rig.handle.stop();
}
