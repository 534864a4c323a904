//! A small file replayed against a server that keeps answers by id.

use crate::fake::Fake;
use indicatif::ProgressBar;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_loadtest::replay::transactions::Reason;
use onhand_loadtest::replay::{Options, Speed, Summary, replay};
use onhand_protocol::message::Body;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

const HEADER: &str = "store_id,basket_id,product_id,quantity,sales_value,transaction_timestamp\n";

/// A file of so many baskets of two lines in three stores, a second apart, the last first. The first
/// line costs a cent more each time; the second line's item is GONE in every tenth.
fn file(folder: &tempfile::TempDir, baskets: usize) -> PathBuf {
    let mut text = HEADER.to_owned();
    for n in (0..baskets).rev() {
        let (store, time) = (n % 3, format!("2017-01-01 {:02}:{:02}:{:02}", n / 3_600, n / 60 % 60, n % 60));
        let second = if n % 10 == 0 { "GONE" } else { "B" };
        let value = format!("{}.{:02}", n / 100, n % 100);
        writeln!(text, "{store},{n},A,1,{value},{time}\n{store},{n},{second},2,0.05,{time}").unwrap();
    }
    writeln!(text, "1,x,A,0,1.00,2017-01-01 00:00:00").unwrap();
    let path = folder.path().join("transactions.csv");
    std::fs::write(&path, text).unwrap();
    path
}

async fn run(options: &Options) -> Summary {
    let bar = ProgressBar::hidden();
    tokio::time::timeout(Duration::from_secs(60), replay(options, &bar)).await.unwrap().unwrap()
}

fn options(server: &Fake, file: PathBuf) -> Options {
    let usd = Currency::parse("USD").unwrap();
    Options { connections: 2, ..Options::new(file, server.url.clone(), "ohk_test".to_owned(), usd) }
}

#[tokio::test]
async fn every_line_that_can_be_a_sale_is_recorded_once_and_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Fake::start(&["A", "B"]).await;
    let options = Options { stock: Some(Qty::units(5)), ..options(&server, file(&folder, 300)) };
    let first = run(&options).await;
    assert_eq!((first.lines, first.lines_sold, first.sales_recorded, first.sales_repeated), (601, 570, 300, 0));
    assert_eq!(first.skipped, [(Reason::ZeroQuantity, 1), (Reason::UnknownSku, 30)].into());
    assert_eq!((first.total.revenue, first.total.units), (Minor(300 * 299 / 2 + 270 * 5), Qty::units(300 + 540)));
    assert_eq!((first.locations["0"].sales, first.locations.len(), first.receipts), (100, 3, 3));

    let commands = server.state.lock().unwrap().log.len();
    let again = run(&options).await;
    assert_eq!((again.sales_recorded, again.sales_repeated, again.lines_sold), (0, 300, 570));
    assert_eq!((again.total, again.locations), (first.total, first.locations));
    assert_eq!(server.state.lock().unwrap().log.len(), commands);
}

#[tokio::test]
async fn what_was_sold_but_is_not_in_the_catalogue_is_added_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let server = Fake::start(&["A", "B"]).await;
    server.state.lock().unwrap().may_define_items = true;
    let summary = run(&options(&server, file(&folder, 300))).await;
    assert_eq!((summary.items_added, summary.lines_sold), (vec!["GONE".to_owned()], 600));
    assert_eq!(summary.skipped, [(Reason::ZeroQuantity, 1)].into());
}

#[tokio::test]
async fn a_store_receives_before_it_sells_and_sells_in_the_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let server = Fake::start(&["A", "B", "GONE"]).await;
    run(&Options { stock: Some(Qty::units(5)), ..options(&server, file(&folder, 90)) }).await;
    let state = server.state.lock().unwrap();
    for store in ["0", "1", "2"] {
        let of_store: Vec<&Body> = state.log.iter().filter(|body| location(body) == Some(store)).collect();
        assert!(matches!(of_store[0], Body::Receive(goods) if goods.lines.len() == 3));
        let values: Vec<Minor> = of_store.iter().filter_map(|body| first_value(body)).collect();
        assert_eq!(values.len(), 30);
        assert!(values.is_sorted());
    }
}

fn location(body: &Body) -> Option<&str> {
    match body {
        Body::Sell(sale) => Some(sale.location.as_str()),
        Body::Receive(goods) => Some(goods.location.as_str()),
        _ => None,
    }
}

fn first_value(body: &Body) -> Option<Minor> {
    let Body::Sell(sale) = body else { return None };
    sale.lines.iter().find(|line| line.sku.as_ref().unwrap().as_str() == "A").map(|line| line.amount.unwrap().0)
}

#[tokio::test]
async fn lost_connections_cost_nothing_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Fake::start(&["A", "B", "GONE"]).await;
    server.state.lock().unwrap().drop_every = Some(97);
    let summary = run(&options(&server, file(&folder, 300))).await;
    assert_eq!((summary.sales_recorded, summary.sales_repeated, summary.lines_sold), (300, 0, 600));
    let state = server.state.lock().unwrap();
    assert_eq!(state.log.iter().filter(|body| matches!(body, Body::Sell(_))).count(), 300);
}

#[tokio::test]
async fn so_many_times_real_time_takes_no_less() {
    let folder = tempfile::tempdir().unwrap();
    let server = Fake::start(&["A", "B", "GONE"]).await;
    let options = Options { speed: Speed::Times(100.try_into().unwrap()), ..options(&server, file(&folder, 100)) };
    let summary = run(&options).await;
    assert!(summary.seconds >= 0.98, "{} s for 99 s at 100 times", summary.seconds);
}

#[tokio::test]
async fn a_wrong_address_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Fake { url: "http://127.0.0.1:1".to_owned(), state: Default::default() };
    let error = replay(&options(&server, file(&folder, 1)), &ProgressBar::hidden()).await.unwrap_err();
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}
