//! Shard throughput against a bare tokio task doing the same work, and bytes per idle SKU actor.
//!
//! Both sides decide, fold in, encode, remember the answer, and hand replies and levels to a thread
//! that releases them; neither writes a log. The bare side has one task, one map of rows, no
//! mailboxes and no actix. Rounds are interleaved; the gate is the ratio of the medians.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement prints")]

#[path = "actors/bare.rs"]
mod bare;
#[path = "actors/rig.rs"]
mod rig;

use rig::{Count, Load, PORT};
use std::sync::Arc;
use std::time::Instant;

const ROUNDS: usize = 11;
const GATE_RATIO: f64 = 0.9;
const GATE_BYTES: u64 = 400;

fn main() {
    if std::env::args().any(|argument| argument == "idle-child") {
        return idle_child();
    }
    let mut passed = true;
    println!("{:<24}{:<12}{:>12}{:>12}{:>8}   spread of {ROUNDS} rounds", "commands/s", "by", "shard", "bare", "ratio");
    for (name, load) in [
        ("hot SKU", Load { skus: 1, lines: 1, commands: 300_000 }),
        ("100,000 SKUs uniform", Load { skus: 100_000, lines: 1, commands: 300_000 }),
        ("baskets of 5", Load { skus: 100_000, lines: 5, commands: 150_000 }),
    ] {
        passed &= !wanted(name) || compare(name, load);
    }
    passed &= !wanted("idle") || idle();
    assert!(passed, "a gate was missed");
}

/// Whether the command line names it, or nothing.
fn wanted(name: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|part| name.contains(&part))
}

/// Interleaved rounds. The clock on the wall counts the whole path; the processor's time counts what
/// the deciding thread used, which other programs on the machine disturb less.
fn compare(name: &str, load: Load) -> bool {
    let mut rounds: Vec<(Rate, Rate)> = (0..=ROUNDS).map(|_| (shard_round(load), bare_round(load))).collect();
    // The first warms up.
    rounds.remove(0);
    let mut best = 0.0_f64;
    for (kind, of) in [("wall", (|rate| rate.wall) as fn(&Rate) -> f64), ("processor", |rate| rate.processor)] {
        let ratio = Spread::of(rounds.iter().map(|(shard, bare)| of(shard) / of(bare)).collect());
        let (shard, bare) = rounds.iter().map(|(shard, bare)| (of(shard), of(bare))).unzip();
        println!(
            "{name:<24}{kind:<12}{:>12.0}{:>12.0}{:>8.2}   {:.2}..{:.2}",
            Spread::of(shard).median,
            Spread::of(bare).median,
            ratio.median,
            ratio.least,
            ratio.most
        );
        best = best.max(ratio.median);
    }
    best >= GATE_RATIO
}

fn shard_round(load: Load) -> Rate {
    let count = Arc::new(Count::default());
    let handle = rig::start(rig::recovered(load.skus));
    assert_eq!(handle.register(count.clone()), PORT);
    let before = on_shard(&handle);
    let (wall, sent) = rig::drive(load, &count, |mut batch| handle.submit(&mut batch));
    let used = on_shard(&handle) - before;
    handle.stop();
    Rate { wall, processor: sent / used }
}

/// What the shard's thread has used.
fn on_shard(handle: &onhand_actors::handle::Handle) -> f64 {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    handle.spawn_on(0, move || async move { sender.send(rig::thread_seconds()).unwrap() });
    receiver.recv().unwrap()
}

fn bare_round(load: Load) -> Rate {
    let count = Arc::new(Count::default());
    let bare = bare::Bare::start(rig::recovered(load.skus), count.clone());
    let (wall, sent) = rig::drive(load, &count, |batch| bare.submit(batch));
    Rate { wall, processor: sent / bare.stop() }
}

/// Commands per second.
struct Rate {
    wall: f64,
    processor: f64,
}

/// Runs in a process of its own, so that nothing else is in the figure.
fn idle() -> bool {
    let me = std::env::current_exe().unwrap();
    let output = std::process::Command::new(me).arg("idle-child").output().unwrap();
    let bytes: u64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    println!("bytes per idle SKU actor at 1,000,000 (RSS growth, maps and published view included): {bytes}");
    bytes <= GATE_BYTES
}

fn idle_child() {
    const SKUS: u32 = 1_000_000;
    let count = Arc::new(Count::default());
    let mut world = rig::recovered(SKUS);
    world.world.places.clear();
    let handle = rig::start(world);
    assert_eq!(handle.register(count.clone()), PORT);
    let before = rig::rss_bytes();
    let started = Instant::now();
    let mut sent = 0;
    for first in (0..SKUS).step_by(500) {
        sent += 1;
        handle.submit(&mut vec![rig::receive(first..first + 500, u128::from(first) + 1)]);
        count.wait_for(sent, 4);
    }
    count.wait_for(sent, 0);
    assert_eq!(handle.observe().sku_actors, SKUS as usize);
    let grown = rig::rss_bytes() - before;
    eprintln_rate(started, SKUS);
    println!("{}", grown / u64::from(SKUS));
    handle.stop();
}

#[allow(clippy::print_stderr, reason = "standard output is the figure")]
fn eprintln_rate(started: Instant, skus: u32) {
    eprintln!("activated {:.0} SKU actors/s", f64::from(skus) / started.elapsed().as_secs_f64());
}

struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(mut rates: Vec<f64>) -> Self {
        rates.sort_by(f64::total_cmp);
        Self { least: rates[0], median: rates[rates.len() / 2], most: rates[rates.len() - 1] }
    }
}
