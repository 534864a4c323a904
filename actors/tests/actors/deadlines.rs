//! T30, its logic on a simulated clock: a reservation ends by itself, in time, also over a restart.

use crate::rig::{Rig, SHOP, options, receive, reservation_of, reserve};
use onhand_actors::port::{Envelope, Outcome};
use onhand_engine::command::Action;
use onhand_engine::event::Event;
use onhand_engine::ids::{ReservationId, Seq};
use onhand_engine::time::Millis;

fn hold(rig: &Rig, units: i64, ttl_ms: u64) -> ReservationId {
    let envelope = rig.envelope(SHOP, reserve(1, units, ttl_ms));
    let id = reservation_of(&envelope);
    let ticket = rig.send(envelope);
    assert!(matches!(rig.given.outcome(ticket), Outcome::Done { .. }));
    id
}

/// How late each reservation ended, by the log, in milliseconds.
fn lateness(rig: &Rig, deadlines: &[(ReservationId, u64)]) -> Vec<u64> {
    let events = rig.handle.events(Seq(0), usize::MAX).unwrap();
    let ended = |id: ReservationId| {
        let is_it = |event: &Event| matches!(event, Event::Expired(freed) if freed.reservation == id);
        let mut times = events.iter().filter(|(_, record)| is_it(&record.event)).map(|(_, record)| record.time.0);
        let time = times.next().unwrap();
        assert_eq!(times.next(), None, "it ended twice");
        time
    };
    deadlines.iter().map(|(id, deadline)| ended(*id) - deadline).collect()
}

#[test]
fn a_reservation_ends_in_time_and_not_before() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 10));
    let start = rig.handle.now().0;
    let id = hold(&rig, 4, 5_000);
    assert_eq!(rig.atp(SHOP, 1), 6);
    assert_eq!(rig.handle.reservation(SHOP, id).unwrap().deadline.0, start + 5_000);
    rig.advance(4_999);
    rig.done(SHOP, receive(2, 1));
    assert_eq!(rig.atp(SHOP, 1), 6, "one millisecond too early");
    rig.advance(11);
    rig.given.wait("the end", |_| (rig.atp(SHOP, 1) == 10).then_some(()));
    assert!(lateness(&rig, &[(id, start + 5_000)])[0] <= 100);
    assert_eq!(rig.handle.reservation(SHOP, id), None);
    rig.handle.stop();
}

#[test]
fn more_time_moves_the_end_and_a_release_cancels_it() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 10));
    let start = rig.handle.now().0;
    let (longer, gone) = (hold(&rig, 4, 5_000), hold(&rig, 3, 5_000));
    rig.advance(4_000);
    rig.done(SHOP, Action::Extend { reservation: longer, ttl: Millis(5_000) });
    rig.done(SHOP, Action::Release { reservation: gone });
    rig.advance(2_000);
    rig.done(SHOP, receive(2, 1));
    assert_eq!(rig.atp(SHOP, 1), 6);
    assert_eq!(rig.handle.reservation(SHOP, longer).unwrap().deadline.0, start + 9_000);
    rig.advance(3_000);
    rig.given.wait("the end", |_| (rig.atp(SHOP, 1) == 10).then_some(()));
    assert!(lateness(&rig, &[(longer, start + 9_000)])[0] <= 100);
    rig.handle.stop();
}

#[test]
fn thousands_end_at_once_and_others_get_their_turn() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 10_000));
    let start = rig.handle.now().0;
    let mut batch: Vec<Envelope> = (0..10_000).map(|_| rig.envelope(SHOP, reserve(1, 1, 5_000))).collect();
    // One owner's second basket would take the place of the first: each has its own.
    for (n, envelope) in batch.iter_mut().enumerate() {
        if let Action::Reserve { owner, .. } = &mut envelope.command.action {
            *owner = onhand_engine::ids::Owner::new(&format!("cart {n}")).unwrap();
        }
    }
    let deadlines: Vec<_> = batch.iter().map(|envelope| (reservation_of(envelope), start + 5_000)).collect();
    let last = batch.last().unwrap().ticket;
    rig.handle.submit(&mut batch);
    rig.given.outcome(last);
    rig.given.wait("all of them", |_| (rig.atp(SHOP, 1) == 0).then_some(()));
    rig.advance(5_010);
    rig.done(SHOP, receive(2, 1));
    rig.given.wait("the end of all", |_| (rig.atp(SHOP, 1) == 10_000).then_some(()));
    assert!(lateness(&rig, &deadlines).iter().all(|late| *late <= 100));
    assert_eq!(rig.handle.observe().reservations, 0);
    rig.handle.stop();
}

#[test]
fn what_ended_while_the_server_was_down_ends_at_once() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 10));
    let (short, long) = (hold(&rig, 4, 5_000), hold(&rig, 3, 60_000));
    let clock = rig.clock.clone();
    rig.handle.stop();
    clock.advance(Millis(30_000));
    let back = clock.now().0;
    let rig = Rig::open_at(rig.disk.clone(), options(), clock);
    rig.given.wait("the end of the short one", |_| (rig.atp(SHOP, 1) == 7).then_some(()));
    assert!(lateness(&rig, &[(short, back)])[0] <= 100);
    assert!(rig.handle.reservation(SHOP, long).is_some());
    rig.advance(30_010);
    rig.given.wait("the end of the long one", |_| (rig.atp(SHOP, 1) == 10).then_some(()));
    rig.handle.stop();
}

#[test]
fn nobody_can_keep_a_reservation_from_ending_by_using_the_id_of_its_end() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 3));
    let held = rig.envelope(SHOP, reserve(1, 3, 5_000));
    let mut forged = rig.envelope(SHOP, receive(2, 1));
    forged.command.id.0 = held.command.id.0 ^ u128::from_be_bytes(*b"reservation over");
    for envelope in [held, forged] {
        let ticket = rig.send(envelope);
        assert!(matches!(rig.given.outcome(ticket), Outcome::Done { .. }));
    }
    rig.advance(6_000);
    rig.given.wait("the end of the reservation", |_| (rig.atp(SHOP, 1) == 3).then_some(()));
    rig.handle.stop();
}
