//! Replay against a fake server, and the real transactions where they are at hand.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::result_large_err)]

mod fake;
mod replay;
mod traders;

use onhand_engine::money::Currency;
use onhand_loadtest::replay::transactions::{Reason, read};
use std::fs::File;
use std::path::{Path, PathBuf};

fn sample(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = ["../shared/data", "../../shared/data"].into_iter();
    let found = folders.find_map(|folder| Some(root.join(folder).join(name)).filter(|path| path.exists()));
    if found.is_none() {
        eprintln!("passed over: ../shared/data/{name} is not here");
    }
    found
}

#[test]
fn every_line_of_the_real_file_is_in_a_basket_or_has_a_reason() {
    let Some(path) = sample("complete-journey/transactions.csv.gz") else { return };
    let read = read(File::open(path).unwrap(), Currency::parse("USD").unwrap()).unwrap();
    let lines: usize = read.baskets.iter().map(|basket| basket.lines.len()).sum();
    assert_eq!((read.lines, lines, read.skipped.len()), (75_000, 74_584, 416));
    assert!(read.skipped.iter().all(|skipped| skipped.reason == Reason::ZeroQuantity));
    assert!(read.baskets.is_sorted_by_key(|basket| basket.time_s));
    assert!(read.baskets.iter().all(|basket| basket.lines.len() <= 500));
}
