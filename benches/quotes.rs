//! What pricing a basket takes: by the catalogue alone, and beside 10,000 live promotions.
//!
//! Every quote is timed by itself. A tenth of the table's quotes goes before, untimed: the first builds
//! the way to the promotions.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement prints")]

#[path = "shared/chance.rs"]
mod chance;
#[path = "quotes/prices.rs"]
mod prices;
#[path = "shared/sample.rs"]
mod sample;

use hdrhistogram::Histogram;
use onhand_engine::command::Channel;
use onhand_engine::quote::Basket;
use onhand_engine::rules::Rules;
use onhand_engine::time::Timestamp;
use prices::Naming;
use std::hint::black_box;
use std::time::Instant;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const QUOTES: usize = 20_000;

fn main() {
    println!("{:<58} {:>5} {:>9} {:>9} {:>9}", "promotions", "lines", "p50 us", "p99 us", "max us");
    let rows = [
        ("none", Rules::default()),
        ("10,000 that name 10 of 20,000 items", prices::rules(Naming::Items(10))),
        ("10,000 that name 50 of 20,000 items", prices::rules(Naming::Items(50))),
        ("10,000 that name one of 500 categories, but for 10 items", prices::rules(Naming::CategoryBut(10))),
    ];
    for (name, rules) in rows {
        for lines in [1, 20] {
            let took = measure(&rules, lines);
            let at = |quantile| took.value_at_quantile(quantile) as f64 / 1_000.0;
            println!("{name:<58} {lines:>5} {:>9.1} {:>9.1} {:>9.1}", at(0.5), at(0.99), at(1.0));
        }
    }
}

/// Nanoseconds of each quote.
fn measure(rules: &Rules, lines: usize) -> Histogram<u64> {
    let (location, baskets) = (sample::location(), prices::baskets(lines));
    let mut took = Histogram::new(3).unwrap();
    for (no, lines) in baskets.iter().cycle().take(QUOTES + QUOTES / 10).enumerate() {
        let channel = Channel::Till;
        let basket =
            Basket { location: &location, channel, group: None, coupons: &[], exempt: None, discount: None, lines };
        let began = Instant::now();
        black_box(rules.quote(black_box(&basket), NOW).unwrap());
        let nanoseconds = began.elapsed().as_nanos();
        if no >= QUOTES / 10 {
            took.record(u64::try_from(nanoseconds).unwrap()).unwrap();
        }
    }
    took
}
