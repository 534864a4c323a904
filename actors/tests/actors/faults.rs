//! A disk that is full, a log that stops, answers that get lost.

use crate::rig::{Collector, Rig, SHOP, WAREHOUSE, options, receive, reserve, sell};
use onhand_actors::clock::Clock;
use onhand_actors::handle::{Handle, Surroundings};
use onhand_actors::port::{LevelChange, Outcome, Port, Ticket};
use onhand_engine::ids::Seq;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Millis;
use onhand_persistence::log::{AppendError, BatchId, Error, Fence, Guarantees, Log, Partition, Reader};
use onhand_persistence::memory::{Fault, MemoryLog};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

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
    let kept = rig.envelope(SHOP, receive(1, 1));
    let repeat = rig.again(&kept);
    let tickets = [kept.ticket, repeat.ticket];
    rig.handle.submit(&mut vec![kept, repeat]);
    rig.given.wait("a full disk", |_| rig.handle.observe().disk_full.then_some(()));
    rig.handle.stop();
    assert_eq!(rig.given.outcome(tickets[0]), Outcome::Refused(Refusal::DiskFull));
    assert!(matches!(rig.given.outcome(tickets[1]), Outcome::Refused(_)));
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

/// Holds the log's thread, once, when it delivers to this port.
struct Gate {
    entered: SyncSender<()>,
    release: Mutex<Receiver<()>>,
}

impl Port for Gate {
    fn outcomes(&self, _: Vec<(Ticket, Outcome)>) {
        self.entered.send(()).unwrap();
        self.release.lock().unwrap().recv().unwrap();
    }

    fn levels(&self, _: Arc<[LevelChange]>) {}

    fn chain_changed(&self) {}
}

#[test]
fn what_a_failed_batch_of_several_drains_lost_is_never_said_to_be_done() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 3));
    let ((entered, has_entered), (release, released)) = (sync_channel(1), sync_channel(1));
    let gate = rig.handle.register(Arc::new(Gate { entered, release: Mutex::new(released) }));
    let mut held = rig.envelope(SHOP, receive(2, 1));
    held.port = gate;
    rig.send(held);
    has_entered.recv().unwrap();
    let sales = [rig.envelope(SHOP, sell(&[1])), rig.envelope(SHOP, sell(&[1]))];
    let again = rig.again(&sales[0]);
    let again_ticket = again.ticket;
    let batches = [vec![sales[0].clone(), again], vec![sales[1].clone()]];
    for (mut batch, queued) in batches.into_iter().zip(2..) {
        rig.handle.submit(&mut batch);
        rig.given.wait("a drain of its own", |_| (rig.handle.observe().log_queue == queued).then_some(()));
    }
    rig.disk.inject(Fault::FailedSync { kept: 0 });
    release.send(()).unwrap();
    for ticket in [sales[0].ticket, sales[1].ticket, again_ticket] {
        assert_eq!(rig.given.outcome(ticket), Outcome::Refused(Refusal::LogStopped));
    }
    rig.handle.stop();
}

#[test]
fn refusals_reach_their_askers_while_the_disk_is_full() {
    let rig = Rig::new();
    let first = rig.envelope(SHOP, receive(1, 3));
    rig.send(first.clone());
    rig.given.outcome(first.ticket);
    rig.disk.inject(Fault::Full);
    let kept = rig.send(rig.envelope(SHOP, sell(&[1])));
    rig.given.wait("a full disk", |_| rig.handle.observe().disk_full.then_some(()));
    // More than may be on their way to the log: they must not go there.
    for _ in 0..100 {
        let mut other = rig.again(&first);
        other.command.action = receive(1, 4);
        let ticket = rig.send(other);
        assert!(matches!(rig.given.outcome(ticket), Outcome::Refused(Refusal::IdReused { .. })));
        assert!(matches!(rig.ask(SHOP, sell(&[5_000])), Outcome::Refused(Refusal::UnknownSku { .. })));
    }
    assert_eq!(rig.ask(SHOP, receive(2, 1)), Outcome::Refused(Refusal::DiskFull));
    rig.disk.free();
    assert!(matches!(rig.given.outcome(kept), Outcome::Done { .. }));
    rig.handle.stop();
}

#[test]
fn a_reservation_whose_end_met_a_full_disk_ends_when_there_is_space() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 3));
    rig.done(SHOP, reserve(1, 3, 5_000));
    rig.disk.inject(Fault::Full);
    // Its end comes to stand behind so many others that the disk is full by the time of its turn.
    let busy = rig.occupy(SHOP);
    rig.clock.advance(Millis(6_000));
    let mut rush: Vec<_> = (0..20_000).map(|_| rig.envelope(SHOP, receive(1, 1))).collect();
    let tickets: Vec<_> = rush.iter().map(|envelope| envelope.ticket).collect();
    rig.handle.submit(&mut rush);
    busy.release();
    assert_eq!(rig.given.outcome(tickets[19_999]), Outcome::Refused(Refusal::DiskFull));
    rig.disk.free();
    let outcomes = tickets.iter().map(|ticket| rig.given.outcome(*ticket));
    let received = outcomes.filter(|outcome| matches!(outcome, Outcome::Done { .. })).count();
    let all = 3 + i64::try_from(received).unwrap();
    rig.given.wait("the end of the reservation", |_| (rig.atp(SHOP, 1) == all).then_some(()));
    rig.handle.stop();
}

/// A log whose next append panics, once it was told so.
struct Panicking(MemoryLog, Arc<AtomicBool>);

impl Log for Panicking {
    fn acquire(&mut self, partition: Partition) -> Result<Fence, Error> {
        self.0.acquire(partition)
    }

    fn append(&mut self, fence: &mut Fence, id: BatchId, records: u32, parts: &[&[u8]]) -> Result<Seq, AppendError> {
        assert!(!self.1.load(Ordering::SeqCst), "sabotage");
        self.0.append(fence, id, records, parts)
    }

    fn has_space(&self) -> bool {
        self.0.has_space()
    }

    fn last_seq(&self) -> Seq {
        self.0.last_seq()
    }

    fn reader(&self) -> Arc<dyn Reader> {
        self.0.reader()
    }

    fn maintain(&mut self) -> Result<(), AppendError> {
        self.0.maintain()
    }

    fn guarantees(&self) -> Guarantees {
        self.0.guarantees()
    }
}

#[test]
fn a_panic_of_the_log_leaves_nobody_without_an_answer_and_everything_can_be_stopped() {
    let disk = {
        let rig = Rig::new();
        rig.handle.stop();
        rig.disk.clone()
    };
    let (log, recovered) = MemoryLog::open(disk.clone()).unwrap();
    let panics = Arc::new(AtomicBool::new(false));
    let log = Box::new(Panicking(log, Arc::clone(&panics)));
    let clock = Clock::manual(recovered.last_time);
    let surroundings = Surroundings { clock: clock.clone(), sabotage: None };
    let handle = Handle::start_with(options(), log, recovered, surroundings).unwrap();
    let given = Arc::new(Collector::default());
    let port = handle.register(given.clone());
    let rig = Rig { handle, port, given, disk, clock };
    rig.done(SHOP, receive(1, 3));
    panics.store(true, Ordering::SeqCst);
    assert_eq!(rig.ask(SHOP, sell(&[1])), Outcome::Refused(Refusal::LogStopped));
    rig.handle.stop();
}
