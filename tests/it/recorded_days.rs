//! A real catalogue and real days of shop transactions through the real program. Where the sample
//! data is not beside the project, these say so and pass over.

use crate::harness::{Data, Server, onhand, sample_data, text};
use crate::wire::{block_on, get};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// What the file says was sold at one location, worked out from its text alone.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expected {
    cents: i64,
    milli_units: i64,
    baskets: std::collections::BTreeSet<String>,
    on_hand: BTreeMap<String, i64>,
}

fn recompute(file: &Path) -> (BTreeMap<String, Expected>, usize, usize) {
    let mut csv = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_string(&mut csv).unwrap();
    let (mut by_store, mut lines, mut empty) = (BTreeMap::<String, Expected>::new(), 0, 0);
    for line in csv.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let quantity = scaled(fields[4], 3);
        if quantity == 0 {
            empty += 1;
            continue;
        }
        lines += 1;
        let store = by_store.entry(fields[1].to_owned()).or_default();
        store.cents += scaled(fields[5], 2);
        store.milli_units += quantity;
        store.baskets.insert(fields[2].to_owned());
        *store.on_hand.entry(fields[3].to_owned()).or_default() -= quantity;
    }
    (by_store, lines, empty)
}

fn scaled(decimal: &str, places: usize) -> i64 {
    let (whole, part) = decimal.split_once('.').unwrap_or((decimal, ""));
    let part = format!("{part:0<places$}");
    assert!(part[places..].bytes().all(|b| b == b'0'), "{decimal} is finer than {places} decimals");
    whole.parse::<i64>().unwrap() * 10_i64.pow(places as u32) + part[..places].parse::<i64>().unwrap()
}

fn run_json(words: &[&str], key: &str) -> Value {
    let out = onhand(words).env("ONHAND_KEY", key).output().unwrap();
    assert!(out.status.success(), "{words:?}\n{}\n{}", text(&out.stdout), text(&out.stderr));
    serde_json::from_str(&text(&out.stdout)).unwrap()
}

#[test]
fn a_year_of_transactions_is_recorded_once_and_to_the_cent() {
    let Some(products) = sample_data("complete-journey/products.csv.gz") else { return };
    let Some(transactions) = sample_data("complete-journey/transactions.csv.gz") else { return };
    let (expected, lines, empty) = recompute(&transactions);
    assert_eq!((lines + empty, expected.len()), (75_000, 293));
    let data = Data::new();
    let admin = data.key("admin");
    let server = data.serve();
    let products = products.to_string_lossy().into_owned();
    let transactions = transactions.to_string_lossy().into_owned();
    let imported = run_json(&["import", &products, "--server", &server.url(), "--json"], &admin);
    assert_eq!((&imported["items"], &imported["added"]), (&json!(92_331), &json!(92_331)), "{imported:#}");
    let replay = ["replay", &transactions, "--server", &server.url(), "--json"];
    let first = run_json(&replay, &admin);
    assert_eq!((&first["lines"], &first["lines_sold"]), (&json!(75_000), &json!(lines)));
    assert_eq!(first["skipped"], json!({"zero_quantity": empty}));
    compare(&server, &admin, &expected);
    let again = run_json(&replay, &admin);
    assert_eq!((&again["sales_recorded"], &again["sales_repeated"]), (&json!(0), &first["sales_recorded"]));
    compare(&server, &admin, &expected);
    assert!(server.terminate().success());
    data.verify();
}

/// Stock and revenue of every location against the recomputation.
fn compare(server: &Server, key: &str, expected: &BTreeMap<String, Expected>) {
    block_on(async {
        for (store, want) in expected {
            let totals = get(&server.address, key, &format!("/v1/totals?location={store}")).await.json();
            let (mut cents, mut units, mut sales) = (0, 0, 0);
            for channel in totals["totals"].as_array().unwrap_or_else(|| panic!("{totals:#}")) {
                cents += channel["net"].as_i64().unwrap() + channel["tax"].as_i64().unwrap();
                units += scaled(channel["units"].as_str().unwrap(), 3);
                sales += channel["sales"].as_u64().unwrap();
            }
            assert_eq!((cents, units), (want.cents, want.milli_units), "store {store}");
            assert_eq!(sales as usize, want.baskets.len(), "store {store}");
            assert_eq!(&stock_of(&server.address, key, store).await, &want.on_hand, "store {store}");
        }
    });
}

async fn stock_of(address: &str, key: &str, store: &str) -> BTreeMap<String, i64> {
    let mut stock = BTreeMap::new();
    let mut path = format!("/v1/stock?location={store}&limit=1000");
    loop {
        let page = get(address, key, &path).await.json();
        for level in page["levels"].as_array().unwrap() {
            let on_hand = level["on_hand"].as_str().unwrap();
            let milli = on_hand.strip_prefix('-').map_or_else(|| scaled(on_hand, 3), |rest| -scaled(rest, 3));
            if level["version"] != 0 {
                stock.insert(level["sku"].as_str().unwrap().to_owned(), milli);
            }
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/stock?location={store}&limit=1000&after={next}"),
            None => return stock,
        }
    }
}
