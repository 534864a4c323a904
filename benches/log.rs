//! The log against a plain file: the same batches, sealed the same way, written and synced.
//!
//! Every target seals and writes the same batches and syncs each. Rounds are short and their order
//! changes, so that a disk that slows down slows all of them down; a ratio is the median of the
//! rounds' own. Prints medians, their spread, the ratios, and what was written per byte logged.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs, reason = "a measurement")]

use onhand_engine::command::{Channel, SaleLine, Standing, Tender, TenderKind};
use onhand_engine::event::{Event, Record, Sale};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, ReceiptNo, Seq, SkuId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::people::By;
use onhand_engine::qty::Qty;
use onhand_engine::tax::{RatePpm, Taxed};
use onhand_engine::time::Timestamp;
use onhand_persistence::batch::{ChainHash, seal};
use onhand_persistence::format::encode;
use onhand_persistence::log::{BatchId, Fence, Log, Partition};
use onhand_persistence::{FjallLog, Options};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: usize = 201;
const ROUND_TIME: Duration = Duration::from_millis(20);
/// The preallocated file starts again at its beginning after this many bytes.
const PREALLOCATED: u64 = 64 << 20;

fn main() {
    let dir =
        std::env::var_os("ONHAND_BENCH_DIR").map_or_else(|| std::env::temp_dir().join("onhand-bench-log"), Into::into);
    println!("directory {}, {ROUNDS} interleaved rounds of {ROUND_TIME:?}", dir.display());
    for (in_flight, gate) in [(64, 0.85), (1_000, 0.78)] {
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        compare(&dir, in_flight, gate);
    }
    let _ = std::fs::remove_dir_all(&dir);
    through_snapshots(&dir);
    std::fs::remove_dir_all(&dir).unwrap();
}

/// What is written over several snapshots: the log itself, and beside it snapshots and archive.
fn through_snapshots(dir: &Path) {
    const SNAPSHOTS: u64 = 4;
    const EVERY: u64 = 300_000;
    let batches: Vec<Vec<Vec<u8>>> = (0..16).map(|n| parts(n, 1_000)).collect();
    let mut log = FjallLog::open(Options { snapshot_every: EVERY, ..Options::new(dir) }).unwrap().0;
    let mut fence = log.acquire(Partition(0)).unwrap();
    let before = io_counters()[0];
    let (mut logged, mut beside, mut slowest) = (0, 0, Duration::ZERO);
    for n in 0..SNAPSHOTS * EVERY / 1_000 {
        let parts: Vec<&[u8]> = batches[n as usize % batches.len()].iter().map(Vec::as_slice).collect();
        let start = Instant::now();
        log.append(&mut fence, BatchId(n), 1_000, &parts).unwrap();
        slowest = slowest.max(start.elapsed());
        logged += parts.iter().map(|part| part.len() as u64).sum::<u64>();
        // Snapshot and archive are waited for, so that their bytes can be told apart.
        let housekeeping = io_counters()[0];
        log.maintain().unwrap();
        log.finish_snapshot().unwrap();
        beside += io_counters()[0] - housekeeping;
    }
    let all = io_counters()[0] - before;
    let per_byte = |bytes: u64| bytes as f64 / logged as f64;
    let verdict = if per_byte(all - beside) <= 1.15 { "met" } else { "MISSED" };
    println!("\n{SNAPSHOTS} segments of {EVERY} records, bytes written per byte logged");
    println!(
        "log: {:.3} (at most 1.15: {verdict}); snapshots, answers and archive: {:.3}",
        per_byte(all - beside),
        per_byte(beside)
    );
    println!("slowest append {slowest:?}");
}

/// Takes one batch and has it on disk when it returns.
trait Target {
    fn name(&self) -> &'static str;
    fn append(&mut self, records: u32, parts: &[&[u8]]);
}

struct Ours(FjallLog, Fence, u64);

impl Target for Ours {
    fn name(&self) -> &'static str {
        "log"
    }

    fn append(&mut self, records: u32, parts: &[&[u8]]) {
        self.2 += 1;
        self.0.append(&mut self.1, BatchId(self.2), records, parts).unwrap();
    }
}

struct Plain {
    name: &'static str,
    file: File,
    next: Seq,
    hash: ChainHash,
    buffer: Vec<u8>,
    /// Where it starts again, if it does.
    wraps_at: Option<u64>,
    at: u64,
}

impl Target for Plain {
    fn name(&self) -> &'static str {
        self.name
    }

    fn append(&mut self, records: u32, parts: &[&[u8]]) {
        self.hash = seal(self.next, records, parts, self.hash, &mut self.buffer);
        self.next.0 += u64::from(records);
        let length = self.buffer.len() as u64;
        if self.wraps_at.is_some_and(|end| self.at + length > end) {
            self.at = self.file.seek(SeekFrom::Start(0)).unwrap();
        }
        self.at += length;
        self.file.write_all(&self.buffer).unwrap();
        self.file.sync_data().unwrap();
    }
}

fn plain(dir: &Path, name: &'static str, wraps_at: Option<u64>) -> Plain {
    let mut file = File::create(dir.join(name)).unwrap();
    file.write_all(&vec![0; wraps_at.unwrap_or(0) as usize]).unwrap();
    file.sync_all().unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    Plain { name, file, next: Seq(1), hash: ChainHash::default(), buffer: Vec::new(), wraps_at, at: 0 }
}

fn compare(dir: &Path, in_flight: u32, gate: f64) {
    let batches: Vec<Vec<Vec<u8>>> = (0..16).map(|n| parts(n, in_flight)).collect();
    let record_bytes = batches[0].iter().map(Vec::len).sum::<usize>() / in_flight as usize;
    let options = Options { snapshot_every: u64::MAX, ..Options::new(dir.join("onhand")) };
    let mut log = FjallLog::open(options).unwrap().0;
    let fence = log.acquire(Partition(0)).unwrap();
    let mut targets: Vec<Box<dyn Target>> = vec![
        Box::new(Ours(log, fence, 0)),
        Box::new(plain(dir, "appended file", None)),
        Box::new(plain(dir, "preallocated file", Some(PREALLOCATED))),
    ];
    let mut rates = vec![Vec::new(); targets.len()];
    let mut written = vec![[0_u64; 3]; targets.len()];
    for round in 0..=ROUNDS {
        for turn in 0..targets.len() {
            let i = (turn + round) % targets.len();
            let before = io_counters();
            let (records, bytes) = one_round(&mut *targets[i], &batches, in_flight);
            let after = io_counters();
            // The first round warms up.
            if round > 0 {
                rates[i].push(records);
                written[i][0] += bytes;
                written[i][1] += after[0] - before[0];
                written[i][2] += after[1] - before[1];
            }
        }
    }
    println!("\n{in_flight} records in flight, {record_bytes} bytes each");
    println!(
        "{:<18} {:>12} {:>12} {:>12} {:>16} {:>14}",
        "", "median/s", "lowest", "highest", "handed to kernel", "to the device"
    );
    let to = |other: &[f64]| rates[0].iter().zip(other).map(|(ours, theirs)| ours / theirs).collect::<Vec<f64>>();
    let ratios = [median(&mut to(&rates[1])), median(&mut to(&rates[2]))];
    let medians: Vec<f64> = rates.iter_mut().map(|rates| median(rates)).collect();
    for (i, target) in targets.iter().enumerate() {
        let per_byte = |n: usize| written[i][n] as f64 / written[i][0] as f64;
        let (lowest, highest) = (rates[i][0], rates[i][ROUNDS - 1]);
        // Pages that exist are counted in large pieces when they are written again: says nothing.
        let device = if i == 2 { "-".to_owned() } else { format!("{:.3}", per_byte(2)) };
        println!(
            "{:<18} {:>12.0} {lowest:>12.0} {highest:>12.0} {:>16.3} {device:>14}",
            target.name(),
            medians[i],
            per_byte(1)
        );
    }
    let verdict = if ratios[0] >= gate { "met" } else { "MISSED" };
    println!("log / appended file: {:.2} (at least {gate}: {verdict})", ratios[0]);
    println!("log / preallocated file: {:.2}", ratios[1]);
}

/// Records per second, and bytes of records.
fn one_round(target: &mut dyn Target, batches: &[Vec<Vec<u8>>], in_flight: u32) -> (f64, u64) {
    let start = Instant::now();
    let (mut appends, mut bytes) = (0_u32, 0);
    while start.elapsed() < ROUND_TIME {
        let batch = &batches[appends as usize % batches.len()];
        let parts: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
        target.append(in_flight, &parts);
        bytes += parts.iter().map(|part| part.len() as u64).sum::<u64>();
        appends += 1;
    }
    (f64::from(appends) * f64::from(in_flight) / start.elapsed().as_secs_f64(), bytes)
}

/// What shards hand over: encoded records, a few drains of them.
fn parts(n: u32, in_flight: u32) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new(); 4];
    for i in 0..in_flight {
        encode(&sale(n * in_flight + i), &mut parts[(i % 4) as usize]);
    }
    parts
}

fn sale(n: u32) -> Record {
    let taxed = Taxed { net: Minor(1_000), tax: Minor(210), rate: RatePpm(210_000) };
    let line = SaleLine { sku: SkuId(n), qty: Qty::units(1), unit_price: Minor(1_210), taxed, unit_cost: None };
    let sale = Sale {
        standing: Standing::Request,
        channel: Channel::Till,
        receipt: Some((TillNo(3), ReceiptNo(u64::from(n)))),
        lines: vec![line],
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
    // Ids are random: bytes that cannot be guessed from their neighbours.
    let random = u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let hash = (random >> 32) as u32;
    Record {
        time: Timestamp(1_700_000_000_000 + u64::from(n)),
        command: CommandId(random),
        fingerprint: Fingerprint { op: hash, lines: !hash, money: hash << 1, rest: hash >> 1 },
        location: LocationId(1 + n % 100),
        by: By::default(),
        event: Event::SaleRecorded(sale),
    }
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Bytes handed to the kernel, and bytes sent to the device.
fn io_counters() -> [u64; 2] {
    let text = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    ["wchar: ", "write_bytes: "]
        .map(|name| text.lines().find_map(|line| line.strip_prefix(name)).and_then(|n| n.parse().ok()).unwrap_or(0))
}
