//! A disk that is full, a log that stops, answers that get lost.

use crate::rig::{Rig, SHOP, WAREHOUSE, receive, reserve, sell};
use onhand_actors::port::Outcome;
use onhand_engine::refusal::Refusal;
use onhand_persistence::memory::Fault;

#[test]
fn a_full_disk_refuses_writes_and_resumes_by_itself() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 3));
    rig.disk.inject(Fault::Full);
    let kept = rig.send(rig.envelope(SHOP, sell(&[1])));
    rig.given.wait("a full disk", |_| rig.handle.observe().disk_full.then_some(()));
    for location in [SHOP, WAREHOUSE] {
        assert_eq!(rig.ask(location, receive(2, 1)), Outcome::Refused(Refusal::DiskFull));
    }
    assert_eq!(rig.atp(SHOP, 1), 3, "reads go on and show what is durable");
    assert!(rig.given.look(|given| !given.outcomes.contains_key(&kept)), "not answered before it is durable");
    rig.disk.free();
    assert!(matches!(rig.given.outcome(kept), Outcome::Done { .. }), "the batch was kept");
    assert_eq!(rig.atp(SHOP, 1), 2);
    rig.done(SHOP, sell(&[1]));
    assert!(!rig.handle.observe().disk_full);
    rig.handle.stop();
}

#[test]
fn reservations_that_end_while_the_disk_is_full_end_when_there_is_space() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 3));
    rig.done(SHOP, reserve(1, 3, 5_000));
    rig.disk.inject(Fault::Full);
    let kept = rig.send(rig.envelope(SHOP, receive(2, 1)));
    rig.given.wait("a full disk", |_| rig.handle.observe().disk_full.then_some(()));
    rig.advance(6_000);
    assert_eq!(rig.ask(SHOP, receive(2, 1)), Outcome::Refused(Refusal::DiskFull));
    rig.disk.free();
    rig.given.outcome(kept);
    rig.given.wait("the end of the reservation", |_| (rig.atp(SHOP, 1) == 3).then_some(()));
    rig.handle.stop();
}

#[test]
fn a_full_disk_does_not_hold_up_the_end() {
    let rig = Rig::new();
    rig.disk.inject(Fault::Full);
    let kept = rig.send(rig.envelope(SHOP, receive(1, 1)));
    rig.given.wait("a full disk", |_| rig.handle.observe().disk_full.then_some(()));
    rig.handle.stop();
    assert_eq!(rig.given.outcome(kept), Outcome::Refused(Refusal::DiskFull));
}

#[test]
fn a_failed_sync_stops_everything_and_says_so() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 3));
    rig.disk.inject(Fault::FailedSync { kept: 0 });
    assert_eq!(rig.ask(SHOP, sell(&[1])), Outcome::Refused(Refusal::LogStopped));
    assert_eq!(rig.ask(WAREHOUSE, receive(1, 1)), Outcome::Refused(Refusal::LogStopped));
    rig.given.wait("word of it", |given| given.stopped.then_some(()));
    assert!(rig.handle.observe().stopped);
    assert_eq!(rig.atp(SHOP, 1), 3, "what was published stays readable");
    rig.handle.stop();
}

#[test]
fn a_repeat_of_what_the_log_lost_is_told_so() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 3));
    rig.disk.inject(Fault::FailedSync { kept: 0 });
    let first = rig.envelope(SHOP, sell(&[1]));
    let again = rig.again(&first);
    let tickets = [first.ticket, again.ticket];
    rig.handle.submit(&mut vec![first, again]);
    for ticket in tickets {
        assert_eq!(rig.given.outcome(ticket), Outcome::Refused(Refusal::LogStopped));
    }
    rig.handle.stop();
}

#[test]
fn a_doubtful_append_is_asked_again_and_happens_once() {
    for written in [true, false] {
        let rig = Rig::new();
        rig.done(SHOP, receive(1, 3));
        rig.disk.inject(Fault::Unknown { written });
        rig.done(SHOP, sell(&[1]));
        let disk = rig.disk.clone();
        rig.handle.stop();
        let rig = Rig::open(disk, crate::rig::options());
        assert_eq!(rig.atp(SHOP, 1), 2);
        rig.handle.stop();
    }
}
