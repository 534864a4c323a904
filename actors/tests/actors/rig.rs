//! A small chain on a log in memory, and a port that collects what it is given.

use onhand_actors::clock::Clock;
use onhand_actors::handle::{Handle, Options, Surroundings};
use onhand_actors::port::{Envelope, LevelChange, Outcome, Port, PortId, Ticket};
use onhand_engine::catalogue::{Item, Location, LocationKind};
use onhand_engine::command::{Action, Channel, Command, Said, SaleLine, Sell, SkuQty, Standing};
use onhand_engine::ids::{CommandId, Label, LocationCode, LocationId, Owner, ReservationId, SkuCode, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::By;
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::tax::{TaxRules, Taxed};
use onhand_engine::time::{Millis, Timestamp};
use onhand_persistence::log::Log;
use onhand_persistence::memory::{Disk, MemoryLog};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

pub(crate) const SHOP: LocationId = LocationId(1);
pub(crate) const WAREHOUSE: LocationId = LocationId(2);
const PATIENCE: Duration = Duration::from_secs(30);
const LOOKS: u32 = 3_000;

/// What a port was given.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) outcomes: HashMap<Ticket, Outcome>,
    pub(crate) order: Vec<Ticket>,
    pub(crate) calls: usize,
    pub(crate) levels: Vec<LevelChange>,
    pub(crate) chain_changes: usize,
    pub(crate) stopped: bool,
}

#[derive(Default)]
pub(crate) struct Collector {
    given: Mutex<Given>,
    more: Condvar,
}

impl Collector {
    /// Waits until what was given satisfies a condition.
    pub(crate) fn wait<T>(&self, what: &str, until: impl Fn(&Given) -> Option<T>) -> T {
        let mut given = self.given.lock().unwrap();
        // What is looked at may also change without a word to this port: look again now and then.
        for _ in 0..LOOKS {
            if let Some(found) = until(&given) {
                return found;
            }
            given = self.more.wait_timeout(given, PATIENCE / LOOKS).unwrap().0;
        }
        panic!("gave up waiting for {what}");
    }

    pub(crate) fn outcome(&self, ticket: Ticket) -> Outcome {
        self.wait("an outcome", |given| given.outcomes.get(&ticket).cloned())
    }

    pub(crate) fn look<T>(&self, at: impl Fn(&Given) -> T) -> T {
        at(&self.given.lock().unwrap())
    }

    fn take(&self, change: impl FnOnce(&mut Given)) {
        change(&mut self.given.lock().unwrap());
        self.more.notify_all();
    }
}

impl Port for Collector {
    fn outcomes(&self, outcomes: Vec<(Ticket, Outcome)>) {
        self.take(|given| {
            given.calls += 1;
            for (ticket, outcome) in outcomes {
                given.order.push(ticket);
                assert!(given.outcomes.insert(ticket, outcome).is_none(), "{ticket:?} was answered twice");
            }
        });
    }

    fn levels(&self, changes: Arc<[LevelChange]>) {
        self.take(|given| given.levels.extend(changes.iter().copied()));
    }

    fn chain_changed(&self) {
        self.take(|given| given.chain_changes += 1);
    }

    fn stopped(&self) {
        self.take(|given| given.stopped = true);
    }
}

/// Actors, a port, and the disk under them.
pub(crate) struct Rig {
    pub(crate) handle: Handle,
    pub(crate) port: PortId,
    pub(crate) given: Arc<Collector>,
    pub(crate) disk: Disk,
    pub(crate) clock: Clock,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

pub(crate) fn next_ticket() -> Ticket {
    Ticket(NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn next_id() -> CommandId {
    CommandId(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 64 | 0x0a11_ce00)
}

pub(crate) fn options() -> Options {
    Options { shards: 2, ..Options::default() }
}

impl Rig {
    /// A chain of one shop and one warehouse with a thousand items.
    pub(crate) fn new() -> Self {
        Self::with(options())
    }

    pub(crate) fn with(options: Options) -> Self {
        let rig = Self::open(Disk::default(), options);
        let items = (0..1_000).map(item).collect();
        rig.done(LocationId::CHAIN, Action::DefineItems { items });
        rig.done(LocationId::CHAIN, Action::DefineLocation { location: location("S1", LocationKind::Shop) });
        rig.done(LocationId::CHAIN, Action::DefineLocation { location: location("W1", LocationKind::Warehouse) });
        rig
    }

    /// Starts on what a disk has.
    pub(crate) fn open(disk: Disk, options: Options) -> Self {
        Self::open_at(disk, options, Clock::manual(Timestamp(1_700_000_000_000)))
    }

    pub(crate) fn open_at(disk: Disk, options: Options, clock: Clock) -> Self {
        Self::open_in(disk, options, Surroundings { clock, sabotage: None })
    }

    pub(crate) fn open_in(disk: Disk, options: Options, surroundings: Surroundings) -> Self {
        let clock = surroundings.clock.clone();
        let (log, recovered) = MemoryLog::open(disk.clone()).unwrap();
        let log: Box<dyn Log> = Box::new(log);
        let handle = Handle::start_with(options, log, recovered, surroundings).unwrap();
        let given = Arc::new(Collector::default());
        let port = handle.register(given.clone());
        Self { handle, port, given, disk, clock }
    }

    /// Stops and starts again on the same disk.
    pub(crate) fn restart(self, options: Options) -> Self {
        self.handle.stop();
        Self::open_at(self.disk.clone(), options, self.clock.clone())
    }

    pub(crate) fn envelope(&self, location: LocationId, action: Action) -> Envelope {
        let command = Command { id: next_id(), location, channel: Channel::Web, action };
        Envelope { port: self.port, ticket: next_ticket(), by: By::default(), command }
    }

    /// The same command once more, as a repeat.
    pub(crate) fn again(&self, envelope: &Envelope) -> Envelope {
        Envelope { port: self.port, ticket: next_ticket(), by: envelope.by, command: envelope.command.clone() }
    }

    pub(crate) fn send(&self, envelope: Envelope) -> Ticket {
        let ticket = envelope.ticket;
        self.handle.submit(&mut vec![envelope]);
        ticket
    }

    pub(crate) fn ask(&self, location: LocationId, action: Action) -> Outcome {
        let ticket = self.send(self.envelope(location, action));
        self.given.outcome(ticket)
    }

    /// Asks and expects success.
    pub(crate) fn done(&self, location: LocationId, action: Action) -> Outcome {
        let outcome = self.ask(location, action);
        assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
        outcome
    }

    pub(crate) fn advance(&self, ms: u64) {
        self.clock.advance(Millis(ms));
        self.handle.tick();
    }

    pub(crate) fn atp(&self, location: LocationId, sku: u32) -> i64 {
        self.handle.level(location, SkuId(sku)).atp(Channel::Web).milli() / Qty::SCALE
    }
}

pub(crate) fn item(no: u32) -> Item {
    Item {
        sku: SkuId(0),
        code: SkuCode::new(&format!("SKU-{no}")).unwrap(),
        name: format!("Item {no}").into(),
        gtins: Vec::new(),
        unit: Unit::Each,
        tax_class: Label::new("standard").unwrap(),
        price: Some(Minor(100)),
        category: "".into(),
        terms: None,
        unit_cost: None,
    }
}

pub(crate) fn location(code: &str, kind: LocationKind) -> Location {
    Location {
        id: LocationId(0),
        code: LocationCode::new(code).unwrap(),
        name: code.into(),
        kind,
        currency: Currency::EUR,
        tax: TaxRules::default(),
        zone: None,
    }
}

pub(crate) fn line(sku: u32, units: i64) -> SkuQty {
    SkuQty { sku: SkuId(sku), qty: Qty::units(units) }
}

pub(crate) fn receive(sku: u32, units: i64) -> Action {
    Action::Receive { lines: vec![line(sku, units)], goods: None }
}

pub(crate) fn sell(skus: &[u32]) -> Action {
    let sale_line = |sku: &u32| SaleLine {
        sku: SkuId(*sku),
        qty: Qty::units(1),
        unit_price: Minor(100),
        taxed: Taxed { net: Minor(100), ..Taxed::default() },
        unit_cost: None,
    };
    Action::Sell(Sell {
        standing: Standing::Request,
        till: None,
        currency: Currency::EUR,
        lines: skus.iter().map(sale_line).collect(),
        said: Said::default(),
        tenders: Vec::new(),
        reservation: None,
        owner: None,
        order: None,
        session: None,
        takes: Box::default(),
        payments: Box::default(),
        pricing: None,
        goods: None,
    })
}

pub(crate) fn reserve(sku: u32, units: i64, ttl_ms: u64) -> Action {
    let owner = Owner::new("cart").unwrap();
    Action::Reserve { owner, ttl: Millis(ttl_ms), lines: vec![line(sku, units)], goods: None }
}

pub(crate) fn reservation_of(envelope: &Envelope) -> ReservationId {
    ReservationId(envelope.command.id.0)
}

/// Holds the thread of a location's shard until it is released.
pub(crate) struct Busy(std::sync::mpsc::SyncSender<()>);

impl Busy {
    pub(crate) fn release(self) {
        self.0.send(()).unwrap();
    }
}

impl Rig {
    /// Keeps the shard of a location from having a turn.
    pub(crate) fn occupy(&self, location: LocationId) -> Busy {
        let (started, has_started) = std::sync::mpsc::sync_channel(1);
        let (release, released) = std::sync::mpsc::sync_channel(1);
        self.handle.spawn_on(location.0 as usize, move || async move {
            started.send(()).unwrap();
            released.recv().unwrap();
        });
        has_started.recv().unwrap();
        Busy(release)
    }
}
