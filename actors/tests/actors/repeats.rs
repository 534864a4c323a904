//! Exactly once: the same id and content gets the first answer, also after a restart.

use crate::rig::{Rig, SHOP, line, next_ticket, options, receive, reserve, sell};
use onhand_actors::handle::Options;
use onhand_actors::port::{Envelope, Outcome};
use onhand_engine::command::{Action, Channel};
use onhand_engine::ids::{OrderId, Seq};
use onhand_engine::refusal::Refusal;

#[test]
fn a_repeat_gets_the_first_answer() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 2));
    let first = rig.envelope(SHOP, sell(&[1]));
    let repeats: Vec<Envelope> = (0..5).map(|_| rig.again(&first)).collect();
    // All in one message: the repeats meet the first while it is on its way to the log.
    let tickets: Vec<_> = std::iter::once(&first).chain(&repeats).map(|envelope| envelope.ticket).collect();
    let mut batch = vec![first.clone()];
    batch.extend(repeats);
    rig.handle.submit(&mut batch);
    let outcome = rig.given.outcome(tickets[0]);
    assert!(matches!(outcome, Outcome::Done { .. }));
    for ticket in &tickets {
        assert_eq!(rig.given.outcome(*ticket), outcome);
    }
    // And once it is durable.
    let ticket = rig.send(rig.again(&first));
    assert_eq!(rig.given.outcome(ticket), outcome);
    assert_eq!(rig.atp(SHOP, 1), 1);
    rig.handle.stop();
}

#[test]
fn a_repeat_gets_the_first_answer_after_a_restart() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 9));
    let envelopes: Vec<Envelope> = (0..8).map(|_| rig.envelope(SHOP, sell(&[1]))).collect();
    let outcomes: Vec<Outcome> = envelopes
        .iter()
        .map(|envelope| {
            let ticket = rig.send(envelope.clone());
            rig.given.outcome(ticket)
        })
        .collect();
    let rig = rig.restart(Options { shards: 3, ..options() });
    for (envelope, outcome) in envelopes.iter().zip(&outcomes) {
        let ticket = rig.send(rig.again(envelope));
        assert_eq!(rig.given.outcome(ticket), *outcome);
    }
    assert_eq!(rig.atp(SHOP, 1), 1);
    rig.handle.stop();
}

#[test]
fn other_content_under_the_same_id_is_refused_by_name() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 9));
    let first = rig.envelope(SHOP, sell(&[1]));
    let ticket = rig.send(first.clone());
    assert!(matches!(rig.given.outcome(ticket), Outcome::Done { .. }));
    let mut other = rig.again(&first);
    other.command.action = sell(&[1, 1]);
    let ticket = rig.send(other);
    assert_eq!(rig.given.outcome(ticket), Outcome::Refused(Refusal::IdReused { field: "lines: items or quantities" }));
    let mut other = rig.again(&first);
    other.command.channel = Channel::Till;
    let ticket = rig.send(other);
    assert!(matches!(rig.given.outcome(ticket), Outcome::Refused(Refusal::IdReused { .. })));
    rig.handle.stop();
}

#[test]
fn a_refusal_is_not_remembered() {
    let rig = Rig::new();
    let first = rig.envelope(SHOP, sell(&[1]));
    let ticket = rig.send(first.clone());
    assert!(matches!(rig.given.outcome(ticket), Outcome::Refused(Refusal::ShortStock { .. })));
    rig.done(SHOP, receive(1, 1));
    let ticket = rig.send(rig.again(&first));
    assert!(matches!(rig.given.outcome(ticket), Outcome::Done { .. }));
    rig.handle.stop();
}

#[test]
fn answers_are_forgotten_in_their_order_after_the_stated_time() {
    let rig = Rig::with(Options { remember_ms: 10_000, ..options() });
    rig.done(SHOP, receive(1, 9));
    let (old, young) = (rig.envelope(SHOP, sell(&[1])), rig.envelope(SHOP, sell(&[1])));
    let ticket = rig.send(old.clone());
    rig.given.outcome(ticket);
    rig.advance(6_000);
    let ticket = rig.send(young.clone());
    let young_outcome = rig.given.outcome(ticket);
    rig.advance(5_000);
    // A command in between lets the shard forget what is too old.
    rig.done(SHOP, reserve(1, 1, 60_000));
    let ticket = rig.send(rig.again(&young));
    assert_eq!(rig.given.outcome(ticket), young_outcome);
    let ticket = rig.send(rig.again(&old));
    assert!(matches!(rig.given.outcome(ticket), Outcome::Done { .. }));
    assert_eq!(rig.atp(SHOP, 1), 5, "the old one was sold again, the young one was not");
    rig.handle.stop();
}

#[test]
fn an_order_is_allocated_once_whatever_the_id() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 5));
    let order = OrderId::new("web-1").unwrap();
    let allocate = Action::Allocate { order, lines: vec![line(1, 2)], reservation: None, owner: None, goods: None };
    rig.done(SHOP, allocate.clone());
    let Outcome::Done { seq, .. } = rig.done(SHOP, allocate) else { return };
    assert_eq!(seq, Seq(0), "it had happened already");
    assert_eq!(rig.atp(SHOP, 1), 3);
    let ticket = next_ticket();
    let _ = ticket;
    rig.handle.stop();
}
