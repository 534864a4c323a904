//! Traders trade, and come back after the connection was lost.

use crate::fake::Fake;
use onhand_loadtest::sample::{self, PLACES};
use onhand_loadtest::traders::{self, Options};
use onhand_protocol::message::Body;
use std::time::Duration;

async fn market() -> Fake {
    let items = sample::items().unwrap();
    let codes: Vec<&str> = items.iter().map(|item| item.sku.as_str()).collect();
    let server = Fake::start(&codes).await;
    server.state.lock().unwrap().locations = PLACES.iter().map(|place| place.code.to_owned()).collect();
    server
}

fn lively() -> Options {
    let brief = Duration::from_millis(5);
    Options { between_customers: brief, between_clicks: brief, between_looks: brief, ..Options::default() }
}

/// Stops the traders once the server has seen what is wanted.
async fn trade_until(server: &Fake, wanted: impl Fn(&[Body]) -> bool) {
    let news = server.state.lock().unwrap().news.clone();
    let seen = async {
        while !wanted(&server.state.lock().unwrap().log) {
            news.notified().await;
        }
    };
    let trade = traders::run(&server.url, "ohk_test", lively(), seen);
    tokio::time::timeout(Duration::from_secs(30), trade).await.unwrap().unwrap();
}

fn count(log: &[Body], op: &str) -> usize {
    log.iter().filter(|body| body.op() == op).count()
}

#[tokio::test]
async fn they_sell_reserve_release_and_bring_back() {
    let server = market().await;
    let ops = ["sell", "reserve", "release", "return"];
    trade_until(&server, |log| ops.iter().all(|op| count(log, op) >= 3)).await;
    let state = server.state.lock().unwrap();
    let lines = state.log.iter().filter_map(|body| match body {
        Body::Sell(sale) => Some(sale.lines.len()),
        _ => None,
    });
    assert!(lines.into_iter().all(|lines| (1..=5).contains(&lines)));
}

#[tokio::test]
async fn they_come_back_after_a_lost_connection() {
    let server = market().await;
    server.state.lock().unwrap().drop_every = Some(40);
    trade_until(&server, |log| count(log, "sell") >= 100).await;
}
