//! The steps of a sale one by one, and how they change from run to run: parse, decide, apply, encode, seal, append, reply.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "a measurement")]

#[path = "shared/chance.rs"]
mod chance;
#[path = "micro/made.rs"]
mod made;
#[path = "shared/sample.rs"]
mod sample;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use made::Book;
use onhand_engine::card_number;
use onhand_engine::decide::{Decision, decide};
use onhand_engine::event::Record;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Seq};
use onhand_engine::time::Timestamp;
use onhand_persistence::batch::{ChainHash, seal};
use onhand_persistence::format::encode;
use onhand_persistence::log::{BatchId, Log, Partition};
use onhand_persistence::memory::MemoryLog;
use onhand_persistence::{FjallLog, Options};
use onhand_protocol::convert::{self, Audience, Entered};
use onhand_protocol::message::{Channel, Request, parse_all};
use std::hint::black_box;
use std::time::Duration;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
/// Records of one batch.
const BATCH: usize = 64;

/// From text to a command of the engine.
fn read(bench: &mut Criterion) {
    let book = Book::default();
    let mut group = bench.benchmark_group("read");
    for lines in [1, 5] {
        let text = made::sale_text(lines);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("parse", format!("{lines} lines")), |b| {
            b.iter(|| Request::parse(black_box(&text)).unwrap());
        });
        group.bench_function(BenchmarkId::new("look for card numbers", format!("{lines} lines")), |b| {
            b.iter(|| card_number::find(black_box(text.as_bytes())));
        });
        group.bench_function(BenchmarkId::new("parse and enter", format!("{lines} lines")), |b| {
            b.iter(|| {
                let request = Request::parse(black_box(&text)).unwrap();
                convert::command(request.id.command(), request.body, Channel::Till, &book).unwrap()
            });
        });
    }
    let many = format!("[{}]", vec![made::sale_text(1); 16].join(","));
    group.throughput(Throughput::Elements(16));
    group.bench_function("an array of 16 sales", |b| {
        b.iter(|| parse_all(black_box(&many), |_| Ok(()), |request| drop(black_box(request.unwrap()))));
    });
    group.finish();
}

/// What the rules cost, at a place with 100,000 items.
fn rules(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("rules");
    for lines in [1, 5] {
        let mut place = made::place();
        let commands = made::commands(lines);
        let mut next = 0;
        group.bench_function(BenchmarkId::new("decide", format!("{lines} lines")), |b| {
            b.iter(|| {
                next = (next + 1) % commands.len();
                decide(&place, black_box(&commands[next]), NOW).unwrap()
            });
        });
        let records: Vec<Record> = commands.iter().map(|command| made::record(&place, command)).collect();
        group.bench_function(BenchmarkId::new("apply", format!("{lines} lines")), |b| {
            b.iter(|| {
                next = (next + 1) % records.len();
                place.apply(black_box(&records[next]));
            });
        });
        group.bench_function(BenchmarkId::new("fingerprint", format!("{lines} lines")), |b| {
            b.iter(|| {
                next = (next + 1) % commands.len();
                Fingerprint::of(black_box(&commands[next]))
            });
        });
    }
    group.finish();
}

/// From an event to bytes, and from bytes to a sealed batch.
fn bytes(bench: &mut Criterion) {
    let records = made::records(BATCH);
    let mut group = bench.benchmark_group("bytes");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("encode 64 sales", |b| {
        let mut out = Vec::new();
        b.iter(|| {
            out.clear();
            records.iter().for_each(|record| encode(black_box(record), &mut out));
            out.len()
        });
    });
    let encoded = made::encoded(&records);
    group.bench_function("seal 64 sales", |b| {
        let mut out = Vec::new();
        b.iter(|| seal(Seq(1), BATCH as u32, &[black_box(&encoded)], ChainHash::default(), &mut out));
    });
    group.finish();
}

/// One batch at the end of a log; on disk it is synced.
fn log(bench: &mut Criterion) {
    let encoded = made::encoded(&made::records(BATCH));
    let mut group = bench.benchmark_group("log");
    group.throughput(Throughput::Elements(BATCH as u64)).measurement_time(Duration::from_secs(3)).sample_size(20);
    group.bench_function("append 64 sales in memory", |b| {
        let fresh = || {
            let mut log = MemoryLog::new();
            let fence = log.acquire(Partition(0)).unwrap();
            (log, fence)
        };
        let append = |(log, fence): &mut (MemoryLog, _)| log.append(fence, BatchId(1), BATCH as u32, &[&encoded]);
        b.iter_batched_ref(fresh, append, BatchSize::SmallInput);
    });
    let folder = tempfile::tempdir().unwrap();
    let options = Options { snapshot_every: u64::MAX, ..Options::new(folder.path()) };
    let mut log = FjallLog::open(options).unwrap().0;
    let mut fence = log.acquire(Partition(0)).unwrap();
    let mut id = 0;
    group.bench_function("append 64 sales on disk", |b| {
        b.iter(|| {
            id += 1;
            log.append(&mut fence, BatchId(id), BATCH as u32, &[&encoded]).unwrap()
        });
    });
    group.finish();
}

/// From an outcome to text: the reply of a sale, and the level that everybody who watches shares.
fn write(bench: &mut Criterion) {
    let book = Book::default();
    let place = made::place();
    let Request { body, .. } = Request::parse(&made::sale_text(1)).unwrap();
    let Entered { command, asked } = convert::command(CommandId(7), body, Channel::Till, &book).unwrap();
    let Ok(Decision::Happens(event)) = decide(&place, &command, NOW) else { panic!("there is enough") };
    let answer = event.answer();
    let mut group = bench.benchmark_group("write");
    let mut out = Vec::new();
    group.bench_function("reply", |b| {
        b.iter(|| {
            out.clear();
            convert::reply(&mut out, black_box(&asked), Seq(123_456), NOW, &answer, &book);
        });
    });
    let level = place.rows[&sample::SOLD].level();
    let (location, sku) = (sample::location().code, sample::item().code);
    for (name, audience) in [("staff", Audience::Staff(Channel::Till)), ("public", Audience::Public(Channel::Web))] {
        group.bench_function(BenchmarkId::new("level", name), |b| {
            b.iter(|| {
                out.clear();
                convert::level(&mut out, &location, &sku, NOW, black_box(&level), audience);
            });
        });
    }
    group.finish();
}

fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(50)
}

criterion_group! { name = sale; config = settings(); targets = read, rules, bytes, log, write }
criterion_main!(sale);
