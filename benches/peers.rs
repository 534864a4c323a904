//! What a shop would use instead: Redis and PostgreSQL beside onhand, durable sales in alternating rounds.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "a measurement prints")]

#[path = "shared/chance.rs"]
mod chance;
#[path = "shared/child.rs"]
mod child;
#[path = "peers/load.rs"]
mod load;
#[path = "peers/onhand.rs"]
mod onhand;
#[path = "peers/pick.rs"]
mod pick;
#[path = "peers/redis.rs"]
mod redis;
#[path = "shared/shop.rs"]
mod shop;
#[path = "shared/websocket.rs"]
mod websocket;

use load::{Leg, Shape, Times};
use pick::{Goods, LOCATIONS, Picks, SKUS, UNITS};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("peers: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let folder = tempfile::Builder::new().prefix("onhand-peers-").tempdir().map_err(|why| why.to_string())?;
    let shop = shop::Shop::start(&folder.path().join("onhand"), LOCATIONS, SKUS, UNITS)?;
    let redis = redis::Redis::start(&folder.path().join("redis"))?;
    let shape = Shape { connections: 64, in_flight: 1, per_message: 1 };
    let times = Times { warm: Duration::from_millis(300), measured: Duration::from_millis(1500) };
    let mut ratios = Vec::new();
    for round in 0..5_u64 {
        let mut ours = || -> Result<Leg, String> {
            let before = shop.units()?;
            let mut wire = onhand::Onhand::new(shape, 1, round);
            let sockets = wire.connect(shop.server.address, &shop.till)?;
            let leg = load::run(sockets, &mut wire, &mut Picks::new(Goods::Hot, round), shape, times)?;
            conserved("onhand", before, shop.units()?, &leg)?;
            Ok(leg)
        };
        let theirs = || -> Result<Leg, String> {
            let before = redis.units()?;
            let mut wire = redis.wire(1)?;
            let sockets = redis::RedisWire::connect(shape, redis.server.address)?;
            let leg = load::run(sockets, &mut wire, &mut Picks::new(Goods::Hot, round), shape, times)?;
            conserved("redis", before, redis.units()?, &leg)?;
            Ok(leg)
        };
        let (ours, theirs) = if round % 2 == 0 {
            let ours = ours()?;
            (ours, theirs()?)
        } else {
            let theirs = theirs()?;
            (ours()?, theirs)
        };
        let p99 = |leg: &Leg| leg.latency.value_at_quantile(0.99) as f64 / 1e6;
        println!(
            "hot SKU, 64 x 1, round {round}: onhand {:.0}/s (p99 {:.2} ms), redis {:.0}/s (p99 {:.2} ms), ratio {:.3}",
            ours.accepted_per_s,
            p99(&ours),
            theirs.accepted_per_s,
            p99(&theirs),
            ours.accepted_per_s / theirs.accepted_per_s
        );
        ratios.push(ours.accepted_per_s / theirs.accepted_per_s);
    }
    ratios.sort_by(f64::total_cmp);
    println!("ratio onhand / redis: median {:.3}, {:.3} to {:.3}", ratios[2], ratios[0], ratios[4]);
    Ok(())
}

/// What was accepted is what is missing.
fn conserved(system: &str, before: i64, after: i64, leg: &Leg) -> Result<(), String> {
    let sold = i64::try_from(leg.accepted_in_all).map_err(|why| why.to_string())?;
    if before - sold == after && leg.refused_in_all == 0 {
        return Ok(());
    }
    Err(format!("{system}: {before} units before, {sold} accepted, {after} left, {} refused", leg.refused_in_all))
}
