//! The same load for both sides, a log that keeps nothing, and a port that counts.

use onhand_actors::handle::{Handle, Options};
use onhand_actors::port::{Envelope, LevelChange, Outcome, Port, PortId, Ticket};
use onhand_engine::catalogue::{Item, Location, LocationKind};
use onhand_engine::command::{Action, Channel, Command, Said, SaleLine, Sell, SkuQty, Standing};
use onhand_engine::event::Event;
use onhand_engine::ids::{CommandId, Label, LocationCode, LocationId, Seq, SkuCode, SkuId, Version};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::By;
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::stock::StockRow;
use onhand_engine::tax::{TaxRules, Taxed};
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;
use onhand_persistence::log::{
    AppendError, Batch, BatchId, Error, Fence, Guarantees, Log, Partition, Reader, Recovered,
};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

pub(crate) const PORT: PortId = PortId(0);
const SHOP: LocationId = LocationId(1);
/// Commands per message and messages on their way: what gateway workers hand over under load.
const BATCH: usize = 256;
const IN_FLIGHT: usize = 64;

#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) skus: u32,
    pub(crate) lines: usize,
    pub(crate) commands: usize,
}

/// Counts outcomes and refuses to believe in a refusal.
#[derive(Default)]
pub(crate) struct Count {
    answered: AtomicUsize,
    wanted: AtomicUsize,
    lock: Mutex<()>,
    more: Condvar,
}

impl Count {
    /// Waits until at most so many of those sent are unanswered.
    pub(crate) fn wait_for(&self, sent: usize, open: usize) {
        let wanted = sent.saturating_sub(open);
        if self.answered.load(Ordering::SeqCst) >= wanted {
            return;
        }
        self.wanted.store(wanted, Ordering::SeqCst);
        let mut guard = self.lock.lock().unwrap();
        while self.answered.load(Ordering::SeqCst) < wanted {
            guard = self.more.wait(guard).unwrap();
        }
    }
}

impl Port for Count {
    fn outcomes(&self, outcomes: Vec<(Ticket, Outcome)>) {
        assert!(outcomes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Done { .. })), "{outcomes:?}");
        let answered = self.answered.fetch_add(outcomes.len(), Ordering::SeqCst) + outcomes.len();
        if answered >= self.wanted.load(Ordering::SeqCst) {
            drop(self.lock.lock().unwrap());
            self.more.notify_all();
        }
    }

    fn levels(&self, changes: Arc<[LevelChange]>) {
        std::hint::black_box(changes);
    }

    fn chain_changed(&self) {}
}

/// Keeps nothing.
pub(crate) struct NoLog {
    last: Seq,
}

impl Log for NoLog {
    fn acquire(&mut self, partition: Partition) -> Result<Fence, Error> {
        Ok(Fence { partition, epoch: 1 })
    }

    fn append(&mut self, _: &mut Fence, _: BatchId, records: u32, parts: &[&[u8]]) -> Result<Seq, AppendError> {
        std::hint::black_box(parts);
        let first = Seq(self.last.0 + 1);
        self.last.0 += u64::from(records);
        Ok(first)
    }

    fn has_space(&self) -> bool {
        true
    }

    fn last_seq(&self) -> Seq {
        self.last
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::new(NoReader)
    }

    fn maintain(&mut self) -> Result<(), AppendError> {
        Ok(())
    }

    fn guarantees(&self) -> Guarantees {
        Guarantees { survives_process_crash: false, survives_power_cut: false, replicas: 0 }
    }
}

struct NoReader;

impl Reader for NoReader {
    fn read(&self, _: Seq, _: usize) -> Result<Vec<Batch>, Error> {
        Ok(Vec::new())
    }
}

/// One shop with so many items, plenty of each.
pub(crate) fn recovered(skus: u32) -> Recovered {
    let mut recovered = Recovered::default();
    let item = |no: u32| Item {
        sku: SkuId(no),
        code: SkuCode::new(&no.to_string()).unwrap(),
        name: "item".into(),
        gtins: Vec::new(),
        unit: Unit::Each,
        tax_class: Label::new("standard").unwrap(),
        price: Some(Minor(100)),
        category: "".into(),
        terms: None,
        unit_cost: None,
    };
    let shop = Location {
        id: SHOP,
        code: LocationCode::new("S1").unwrap(),
        name: "Shop".into(),
        kind: LocationKind::Shop,
        currency: Currency::EUR,
        tax: TaxRules::default(),
        zone: None,
    };
    let items = Event::ItemsDefined { items: (0..skus).map(item).collect(), added: skus };
    recovered.world.chain.apply(&items, Timestamp(1));
    recovered.world.chain.apply(&Event::LocationDefined { location: shop }, Timestamp(1));
    let full = || StockRow::from_parts(Qty::units(1_000_000), Qty::ZERO, Version(1), None);
    let rows = (0..skus).map(|no| (SkuId(no), full())).collect();
    recovered.world.places.insert(SHOP, PlaceState { rows, ..PlaceState::default() });
    recovered
}

pub(crate) fn start(recovered: Recovered) -> Handle {
    let options = Options { shards: 1, ..Options::default() };
    Handle::start(options, Box::new(NoLog { last: Seq(0) }), recovered).unwrap()
}

/// Commands answered per second, with a bounded number on their way, and how many they were. Commands
/// are made before.
pub(crate) fn drive(load: Load, count: &Count, send: impl Fn(Vec<Envelope>)) -> (f64, f64) {
    let mut random = Random(7);
    let batches: Vec<Vec<Envelope>> =
        (0..load.commands / BATCH).map(|_| (0..BATCH).map(|_| sale(load, &mut random)).collect()).collect();
    let mut sent = 0;
    let started = Instant::now();
    for batch in batches {
        sent += batch.len();
        send(batch);
        count.wait_for(sent, IN_FLIGHT * BATCH);
    }
    count.wait_for(sent, 0);
    (sent as f64 / started.elapsed().as_secs_f64(), sent as f64)
}

fn sale(load: Load, random: &mut Random) -> Envelope {
    let line = |sku: u64| SaleLine {
        sku: SkuId(sku as u32),
        qty: Qty::units(1),
        unit_price: Minor(100),
        taxed: Taxed { net: Minor(100), ..Taxed::default() },
        unit_cost: None,
    };
    let action = Action::Sell(Sell {
        standing: Standing::Request,
        till: None,
        currency: Currency::EUR,
        lines: (0..load.lines).map(|_| line(random.next() % u64::from(load.skus))).collect(),
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
    });
    let id = CommandId(u128::from(random.next()) << 64 | u128::from(random.next()));
    Envelope {
        port: PORT,
        ticket: Ticket(1),
        by: By::default(),
        command: Command { id, location: SHOP, channel: Channel::Web, action },
    }
}

pub(crate) fn receive(skus: Range<u32>, id: u128) -> Envelope {
    let lines = skus.map(|sku| SkuQty { sku: SkuId(sku), qty: Qty::units(1) }).collect();
    let command = Command {
        id: CommandId(id),
        location: SHOP,
        channel: Channel::Web,
        action: Action::Receive { lines, goods: None },
    };
    Envelope { port: PORT, ticket: Ticket(1), by: By::default(), command }
}

/// Processor time that the calling thread has used.
pub(crate) fn thread_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// What the process has in memory.
pub(crate) fn rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
