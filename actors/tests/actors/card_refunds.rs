//! Returns of what card payments paid: the refund begins with the return, once, and a crash between any two steps ends
//! in all or nothing.

use crate::accounts::{disk, records, settled};
use crate::returning::back;
use crate::rig::{Rig, SHOP, WAREHOUSE, next_id, options, receive, sell};
use onhand_actors::port::{Envelope, Outcome};
use onhand_engine::command::{Action, Channel, Command, Sell, Tender, TenderKind};
use onhand_engine::ids::{Label, LocationId, PaymentId, Seq};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::card::{Card, Safe};
use onhand_engine::payment::{ATTEMPT, Approval, PaymentAsk, Refund, Report, Start};
use onhand_engine::returns::KnownSale;
use onhand_engine::world::World;

/// Three items sold at the warehouse, paid by one payment that is captured.
fn sold(rig: &Rig) -> (KnownSale, PaymentId) {
    rig.done(WAREHOUSE, receive(1, 3));
    let (sale, id) = (next_id(), next_id());
    let payment = PaymentId(id.0);
    let ask = |rig: &Rig, id, action| {
        let envelope = rig.envelope(WAREHOUSE, action);
        let command = Command { id, channel: Channel::Till, ..envelope.command };
        let outcome = rig.given.outcome(rig.send(Envelope { command, ..envelope }));
        assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    };
    let of_payment = |ask| Action::Payment { payment, ask };
    let start = Start {
        sale,
        till: None,
        provider: Label::new("sim").unwrap(),
        currency: Currency::EUR,
        amount: Minor(300),
        token: None,
        reservation: None,
        attempt: ATTEMPT,
    };
    let approval = Approval { transaction: Safe::new("tx").unwrap(), card: Card::default(), taken: false };
    let report = |report| of_payment(PaymentAsk::Report(Box::new(report)));
    ask(rig, id, of_payment(PaymentAsk::Start(Box::new(start))));
    ask(rig, next_id(), report(Report::Approved(approval)));
    let Action::Sell(sell) = sell(&[1, 1, 1]) else { panic!() };
    let tenders = vec![Tender { kind: TenderKind::Card, amount: Minor(300) }];
    ask(rig, sale, Action::Sell(Sell { tenders, payments: [(payment, Minor(300))].into(), ..sell }));
    ask(rig, next_id(), report(Report::Captured));
    let known = |(seq, record): &(Seq, _)| KnownSale::of(*seq, record);
    (rig.handle.events(Seq(0), 100_000).unwrap().iter().find_map(known).unwrap(), payment)
}

fn refunds(world: &World, payment: PaymentId) -> Vec<Refund> {
    world.places[&WAREHOUSE].store.payments.get(payment).unwrap().refunds.clone()
}

/// The crash comes after each record in turn, whether whoever asks comes again or not; where it was sold, and elsewhere.
#[test]
fn a_crash_between_any_two_steps_begins_one_refund_or_none() {
    for (at, steps) in [(WAREHOUSE, 1), (SHOP, 4)] {
        let rig = Rig::new();
        let (sale, payment) = sold(&rig);
        let before = records(&rig).len();
        let command = rig.envelope(at, back(&sale, &[])).command;
        let envelope = |rig: &Rig| Envelope { command: command.clone(), ..rig.envelope(at, receive(1, 1)) };
        let first = rig.given.outcome(rig.send(envelope(&rig)));
        let Outcome::Done { answer: known, .. } = &first else { panic!("{first:?}") };
        settled(&rig);
        let all = records(&rig);
        rig.handle.stop();
        assert_eq!(all.len() - before, steps, "granted, returned, kept, settled: {:?}", &all[before..]);
        let decided = all.iter().position(|record| record.command == command.id).unwrap() + 1;
        for kept in before..=all.len() {
            for comes_again in [false, true] {
                let rig = Rig::open(disk(&all[..kept]), options());
                if comes_again {
                    let again = rig.given.outcome(rig.send(envelope(&rig)));
                    let Outcome::Done { answer, .. } = &again else { panic!("{again:?}") };
                    assert_eq!(answer, known);
                }
                let world = settled(&rig);
                let one = Refund::new(command.id, Minor(300));
                let wanted = if comes_again || kept >= decided { vec![one] } else { vec![] };
                let text = format!("{at:?}, {kept} of {} records kept, again: {comes_again}", all.len());
                assert_eq!(refunds(&world, payment), wanted, "{text}");
                assert_eq!(world.check(), Vec::<String>::new());
                rig.handle.stop();
            }
        }
    }
}

/// Returns and refunds that nobody asked a return for, at once and at both locations: never more than was captured.
#[test]
fn returns_and_refunds_at_once_give_back_what_was_captured_and_no_more() {
    let rig = Rig::new();
    let (sale, payment) = sold(&rig);
    let refund = || Action::Payment { payment, ask: PaymentAsk::Refund(Minor(40)) };
    let action = |n: usize| -> (LocationId, Action) {
        match n % 3 {
            0 => (SHOP, back(&sale, &[0, 1])),
            1 => (WAREHOUSE, refund()),
            _ => (WAREHOUSE, back(&sale, &[2])),
        }
    };
    let mut all: Vec<Envelope> = (0..30).map(action).map(|(at, action)| rig.envelope(at, action)).collect();
    let tickets: Vec<_> = all.iter().map(|envelope| envelope.ticket).collect();
    rig.handle.submit(&mut all);
    tickets.iter().for_each(|ticket| drop(rig.given.outcome(*ticket)));
    let refunds = refunds(&settled(&rig), payment);
    let sum: Minor = refunds.iter().map(|refund| refund.amount).sum();
    assert!(sum > Minor(200) && sum <= Minor(300), "{refunds:?}");
    rig.handle.stop();
}
