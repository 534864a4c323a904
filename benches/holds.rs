//! How late reservations end with 1,000,000 of them live, on the disk log, also over a restart.
//!
//! Lateness is the time of the record that ended a reservation minus its deadline, or minus the
//! moment the server was up where it ended meanwhile; the way from the decision to the subscribers
//! is printed beside it. Other commands run on the same shards all the while.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement prints")]

use hdrhistogram::Histogram;
use onhand_actors::handle::{Handle, Options};
use onhand_actors::port::{Envelope, LevelChange, Outcome, Port, PortId, Ticket};
use onhand_engine::catalogue::{Item, Location, LocationKind};
use onhand_engine::command::{Action, Channel, Command, SkuQty};
use onhand_engine::event::Event;
use onhand_engine::ids::{CommandId, Label, LocationCode, LocationId, Owner, ReservationId, Seq, SkuCode, SkuId};
use onhand_engine::money::Currency;
use onhand_engine::people::By;
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::tax::TaxRules;
use onhand_engine::time::Millis;
use onhand_persistence::disk::{FjallLog, Options as Disk};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const LIVE: usize = 1_000_000;
/// Reservations that end while it is watched, twice, and the time over which they do.
const ENDING: u64 = 20_000;
const WINDOW_MS: u64 = 10_000;
const GATE_MS: u64 = 100;
const LONG_MS: u64 = 7 * 24 * 3_600_000;
const SKUS: u32 = 1_000;
const BATCH: u64 = 500;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let (handle, watch) = open(folder.path());
    define(&handle, &watch);
    let began = Instant::now();
    for first in (0..LIVE as u64).step_by(BATCH as usize) {
        watch.send(&handle, (first..first + BATCH).map(|_| reserve(LONG_MS)).collect(), 16_000);
    }
    watch.wait(0);
    println!("{} reservations live after {:.0} s", handle.observe().reservations, began.elapsed().as_secs_f64());

    let from = handle.observe().last_seq;
    reserve_ending(&handle, &watch);
    watch.slowest_ms.store(0, Ordering::SeqCst);
    until_ended(&handle, &watch);
    let mut passed = report("running", &handle, from, 0, &watch);

    // Half of these end while the server is down.
    let from = handle.observe().last_seq;
    reserve_ending(&handle, &watch);
    handle.stop();
    drop(handle);
    std::thread::sleep(Duration::from_millis(WINDOW_MS / 2));
    let began = Instant::now();
    let (handle, watch) = open(folder.path());
    let up_ms = handle.now().0;
    println!("restarted in {:.1} s", began.elapsed().as_secs_f64());
    until_ended(&handle, &watch);
    passed &= report("over a restart", &handle, from, up_ms, &watch);
    handle.stop();
    assert!(passed, "a reservation ended more than {GATE_MS} ms late");
}

/// Sells beside it until no more than the long reservations are left.
fn until_ended(handle: &Handle, watch: &Watch) {
    while handle.observe().reservations > LIVE {
        watch.send(handle, (0..50).map(|n| receive(n % SKUS)).collect(), 500);
        std::thread::sleep(Duration::from_millis(5));
    }
    watch.wait(0);
}

fn report(what: &str, handle: &Handle, from: Seq, up_ms: u64, watch: &Watch) -> bool {
    let mut deadlines: HashMap<ReservationId, u64> = HashMap::new();
    let mut late = Histogram::<u64>::new(3).unwrap();
    let mut after = from;
    loop {
        let events = handle.events(after, 10_000).unwrap();
        let Some((last, _)) = events.last() else { break };
        after = *last;
        for (_, record) in events {
            match record.event {
                Event::Reserved { reservation, deadline, .. } => {
                    deadlines.insert(reservation, deadline.0);
                }
                Event::Expired(freed) => {
                    let due = deadlines[&freed.reservation];
                    assert!(record.time.0 >= due, "ended too early");
                    // What ended while the actors started is not late.
                    late.record(record.time.0.saturating_sub(due.max(up_ms))).unwrap();
                }
                _ => {}
            }
        }
    }
    assert_eq!(late.len(), ENDING);
    println!(
        "{what:<16} {} ended: late p50 {} ms, p99 {} ms, max {} ms; then at most {} ms to the subscribers",
        late.len(),
        late.value_at_quantile(0.5),
        late.value_at_quantile(0.99),
        late.max(),
        watch.slowest_ms.load(Ordering::SeqCst)
    );
    late.max() <= GATE_MS
}

fn reserve_ending(handle: &Handle, watch: &Watch) {
    for first in (0..ENDING).step_by(BATCH as usize) {
        let ttl = |n: u64| 2_000 + n * WINDOW_MS / ENDING;
        watch.send(handle, (first..first + BATCH).map(|n| reserve(ttl(n))).collect(), 16_000);
    }
    watch.wait(0);
}

fn open(folder: &Path) -> (Handle, Arc<Watch>) {
    let (log, recovered) = FjallLog::open(Disk::new(folder)).unwrap();
    let handle = Handle::start(Options { shards: 2, ..Options::default() }, Box::new(log), recovered).unwrap();
    let watch = Arc::new(Watch::default());
    assert_eq!(handle.register(watch.clone()), PortId(0));
    (handle, watch)
}

fn define(handle: &Handle, watch: &Watch) {
    let item = |no: u32| Item {
        sku: SkuId(no),
        code: SkuCode::new(&no.to_string()).unwrap(),
        name: "item".into(),
        gtins: Vec::new(),
        unit: Unit::Each,
        tax_class: Label::new("standard").unwrap(),
        price: None,
        category: "".into(),
        terms: None,
        unit_cost: None,
    };
    let location = |code: &str| Location {
        id: LocationId(0),
        code: LocationCode::new(code).unwrap(),
        name: code.into(),
        kind: LocationKind::Warehouse,
        currency: Currency::EUR,
        tax: TaxRules::default(),
        zone: None,
    };
    let chain = LocationId::CHAIN;
    watch.send(handle, vec![envelope(chain, Action::DefineItems { items: (0..SKUS).map(item).collect() })], 0);
    for code in ["W1", "W2"] {
        watch.send(handle, vec![envelope(chain, Action::DefineLocation { location: location(code) })], 0);
    }
    for sku in 0..SKUS {
        watch.send(handle, [1, 2].map(|at| receive_at(LocationId(at), sku, 1_000_000)).into(), 0);
    }
}

static NEXT: AtomicU64 = AtomicU64::new(1);

fn envelope(location: LocationId, action: Action) -> Envelope {
    let no = NEXT.fetch_add(1, Ordering::Relaxed);
    let id = CommandId(u128::from(no.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(no));
    let command = Command { id, location, channel: Channel::Web, action };
    Envelope { port: PortId(0), ticket: Ticket(no), by: By::default(), command }
}

fn reserve(ttl_ms: u64) -> Envelope {
    let no = NEXT.load(Ordering::Relaxed);
    let lines = vec![SkuQty { sku: SkuId(no as u32 % SKUS), qty: Qty::units(1) }];
    let owner = Owner::new(&format!("cart {no}")).unwrap();
    envelope(LocationId(1 + no as u32 / 7 % 2), Action::Reserve { owner, ttl: Millis(ttl_ms), lines, goods: None })
}

fn receive(sku: u32) -> Envelope {
    receive_at(LocationId(1 + sku % 2), sku, 1)
}

fn receive_at(location: LocationId, sku: u32, units: i64) -> Envelope {
    envelope(location, Action::Receive { lines: vec![SkuQty { sku: SkuId(sku), qty: Qty::units(units) }], goods: None })
}

/// Counts answers and times the way of levels to the subscribers.
#[derive(Default)]
struct Watch {
    sent: AtomicU64,
    answered: AtomicU64,
    slowest_ms: AtomicU64,
    failed: AtomicBool,
}

impl Watch {
    fn send(&self, handle: &Handle, mut batch: Vec<Envelope>, open: u64) {
        self.sent.fetch_add(batch.len() as u64, Ordering::SeqCst);
        handle.submit(&mut batch);
        self.wait(open);
    }

    fn wait(&self, open: u64) {
        while self.answered.load(Ordering::SeqCst) + open < self.sent.load(Ordering::SeqCst) {
            assert!(!self.failed.load(Ordering::SeqCst), "a command was refused");
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

impl Port for Watch {
    fn outcomes(&self, outcomes: Vec<(Ticket, Outcome)>) {
        if let Some(refused) = outcomes.iter().find(|(_, outcome)| matches!(outcome, Outcome::Refused(_))) {
            println!("{refused:?}");
            self.failed.store(true, Ordering::SeqCst);
        }
        self.answered.fetch_add(outcomes.len() as u64, Ordering::SeqCst);
    }

    fn levels(&self, changes: Arc<[LevelChange]>) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
        let slowest = changes.iter().map(|change| now.saturating_sub(change.time.0)).max().unwrap_or(0);
        self.slowest_ms.fetch_max(slowest, Ordering::SeqCst);
    }

    fn chain_changed(&self) {}
}
