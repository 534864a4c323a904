//! Recovery: 1,000,000 SKUs in a snapshot and 5,000,000 one-line sales in the log, on 2 threads.
//!
//! Prints how long it takes until the state is there, and until the shards take commands; the medians
//! of several fresh processes.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs, reason = "a measurement")]

use onhand_actors::handle::{Handle, Options as Shards};
use onhand_engine::command::{Channel, SaleLine, SkuQty, Standing, Tender, TenderKind};
use onhand_engine::event::{Event, Record, Sale};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, ReceiptNo, SkuId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::people::By;
use onhand_engine::qty::Qty;
use onhand_engine::tax::{RatePpm, Taxed};
use onhand_engine::time::Timestamp;
use onhand_persistence::format::encode;
use onhand_persistence::log::{BatchId, Fence, Log, Partition};
use onhand_persistence::{FjallLog, Options};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const LOCATIONS: u32 = 100;
const SKUS: u32 = 1_000_000;
const EVENTS: u32 = 5_000_000;
const BATCH: u32 = 1_000;
const OPENS: usize = 5;

/// Names the directory to a process that opens it once: one that has opened it before has its memory.
const OPEN: &str = "ONHAND_BENCH_OPEN";

fn main() {
    if let Some(dir) = std::env::var_os(OPEN) {
        return open(dir.as_ref());
    }
    let dir = std::env::var_os("ONHAND_BENCH_DIR")
        .map_or_else(|| std::env::temp_dir().join("onhand-bench-recovery"), Into::into);
    if !dir.join("ready").exists() {
        let _ = std::fs::remove_dir_all(&dir);
        prepare(&dir);
        std::fs::write(dir.join("ready"), "").unwrap();
    }
    println!("{SKUS} SKUs in a snapshot, {EVENTS} sales in the log, 2 threads");
    let (mut opens, mut starts) = (Vec::new(), Vec::new());
    for _ in 0..OPENS {
        let child = Command::new(std::env::current_exe().unwrap()).env(OPEN, &dir).output().unwrap();
        let said = String::from_utf8(child.stdout).unwrap();
        print!("{said}");
        let mut times = said.split(' ').filter_map(|word| word.parse::<f64>().ok());
        opens.push(times.next().unwrap());
        starts.push(times.next().unwrap());
    }
    let median = median(&mut opens);
    println!("median {median:.3} s, at most 1.5 s: {}", if median <= 1.5 { "met" } else { "MISSED" });
    println!("until the shards take commands {:.3} s", self::median(&mut starts));
    if std::env::var_os("ONHAND_BENCH_DIR").is_none() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

fn open(dir: &Path) {
    let start = Instant::now();
    let (log, recovered) = FjallLog::open(options(dir)).unwrap();
    let opened = start.elapsed().as_secs_f64();
    let rows: usize = recovered.world.places.values().map(|place| place.rows.len()).sum();
    let remembered: usize = recovered.remembered.iter().map(Vec::len).sum();
    let last = recovered.last_seq.0;
    let handle = Handle::start(Shards { shards: 2, ..Shards::default() }, Box::new(log), recovered).unwrap();
    let started = start.elapsed().as_secs_f64();
    println!("  open {opened:.3} s, shards {started:.3} s: record {last}, {rows} SKUs, {remembered} answers");
    handle.stop();
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn options(dir: &Path) -> Options {
    Options { snapshot_every: u64::MAX, threads: 2, ..Options::new(dir) }
}

fn prepare(dir: &Path) {
    let start = Instant::now();
    let per_location = SKUS / LOCATIONS;
    let receipts = LOCATIONS * per_location.div_ceil(500);
    let snapshot_after = Options { snapshot_every: u64::from(receipts), ..options(dir) };
    let (mut log, _) = FjallLog::open(snapshot_after).unwrap();
    let mut fence = log.acquire(Partition(0)).unwrap();
    let mut goods = Vec::new();
    for location in 1..=LOCATIONS {
        for from in (0..per_location).step_by(500) {
            let lines = (from..from + 500).map(|sku| SkuQty { sku: SkuId(sku), qty: Qty::units(1_000) }).collect();
            goods.push(record(goods.len() as u32, location, Event::GoodsReceived { lines }));
        }
    }
    append(&mut log, &mut fence, 0, &goods);
    log.maintain().unwrap();
    log.finish_snapshot().unwrap();
    for batch in 0..EVENTS / BATCH {
        let sales: Vec<Record> = (0..BATCH).map(|i| sale(batch * BATCH + i, per_location)).collect();
        append(&mut log, &mut fence, u64::from(batch) + 1, &sales);
    }
    println!("prepared in {:.1} s", start.elapsed().as_secs_f64());
}

fn append(log: &mut FjallLog, fence: &mut Fence, id: u64, records: &[Record]) {
    let mut bytes = Vec::new();
    records.iter().for_each(|record| encode(record, &mut bytes));
    log.append(fence, BatchId(id), u32::try_from(records.len()).unwrap(), &[&bytes]).unwrap();
}

fn record(n: u32, location: u32, event: Event) -> Record {
    let random = u128::from(n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let hash = (random >> 32) as u32;
    Record {
        time: Timestamp(1_700_000_000_000 + u64::from(n)),
        command: CommandId(random),
        fingerprint: Fingerprint { op: hash, lines: !hash, money: hash << 1, rest: hash >> 1 },
        location: LocationId(location),
        by: By::default(),
        event,
    }
}

/// One line, at random places: no two neighbours in the log are neighbours in memory.
fn sale(n: u32, per_location: u32) -> Record {
    let random = (u64::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let sku = (random % u64::from(per_location)) as u32;
    let location = 1 + (random / u64::from(per_location) % u64::from(LOCATIONS)) as u32;
    let taxed = Taxed { net: Minor(1_000), tax: Minor(210), rate: RatePpm(210_000) };
    let sale = Sale {
        standing: Standing::Request,
        channel: Channel::Till,
        receipt: Some((TillNo(1 + (n % 4) as u16), ReceiptNo(u64::from(n)))),
        lines: vec![SaleLine { sku: SkuId(sku), qty: Qty::units(1), unit_price: Minor(1_210), taxed, unit_cost: None }],
        tenders: vec![Tender { kind: TenderKind::Card, amount: Minor(1_210) }],
        oversold: vec![],
        freed: vec![],
        order: None,
        late: None,
        redemption: None,
        pricing: None,
        goods: None,
        payments: None,
        owner: None,
    };
    record(n + 1_000_000, location, Event::SaleRecorded(sale))
}
