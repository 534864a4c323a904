//! Stopping, and not being able to start.

use crate::harness::{Stand, id, within};
use onhand_engine::catalogue::Role;
use onhand_gateway::{Options, Server};
use onhand_persistence::memory::Fault;
use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_what_was_taken_and_says_goodbye() {
    let mut stand = Stand::start().await;
    stand.receive("S1", "TEA", 100).await;
    let mut till = stand.socket(Role::Till).await;
    let mut idle = stand.socket(Role::Analyst).await;
    assert_eq!(idle.ask(json!({"op": "ping", "id": id()})).await["ok"], "pong");
    for _ in 0..50 {
        let sale = json!({"op": "sell", "id": id(), "location": "S1", "currency": "EUR",
            "lines": [{"sku": "TEA", "qty": 1}]});
        till.send(&sale).await;
    }
    assert_eq!(till.next().await["ok"], "recorded");
    tokio::task::block_in_place(|| stand.stop());
    let mut answered = 1;
    while let Some(reply) = till.text().await {
        assert!(reply.contains("\"recorded\""), "{reply}");
        answered += 1;
    }
    let left = stand.handle.levels(onhand_engine::ids::LocationId(1), None, 10)[0].level.on_hand;
    assert_eq!(left, onhand_engine::qty::Qty::units(100 - answered), "what was taken was answered");
    assert_eq!(idle.closed().await.map(|frame| frame.code), Some(CloseCode::Away));
}

#[tokio::test]
async fn an_address_in_use_is_5009() {
    let stand = Stand::start().await;
    let options = Options::new(stand.address.parse().unwrap(), stand.handle.clone());
    let error = Server::start(options).map(|_| ()).unwrap_err();
    assert_eq!(error.number(), Some(5009));
    assert!(error.to_string().contains(&stand.address), "{error}");
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_goes_on_reading() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let mut till = stand.socket(Role::Till).await;
    let sale =
        || json!({"op": "sell", "id": id(), "location": "S1", "currency": "EUR", "lines": [{"sku": "TEA", "qty": 1}]});
    stand.disk.inject(Fault::Full);
    // The first waits for space: it may still become durable. Those after it are refused.
    let waiting = sale();
    till.send(&waiting).await;
    within(async {
        while !stand.handle.observe().disk_full {
            tokio::task::yield_now().await
        }
    })
    .await;
    assert_eq!(till.ask(sale()).await["error"]["number"], 5002);
    let response = stand.post_as(Role::Till, "receive", &id(), &json!({"location": "S1", "lines": []})).await;
    assert!([1010, 5002].contains(&response.number()), "{}", response.text());
    assert_eq!(stand.level("S1", "TEA").await["on_hand"], "5");
    assert_eq!(stand.http("GET", "/readyz", &[], b"").await.status, 200);
    stand.disk.free();
    assert_eq!(till.next().await["ok"], "recorded");
    assert_eq!(till.ask(sale()).await["ok"], "recorded");
}

#[tokio::test]
async fn a_log_that_has_stopped_is_told_and_not_ready() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    stand.disk.inject(Fault::FailedSync { kept: 0 });
    let body = json!({"location": "S1", "currency": "EUR", "lines": [{"sku": "TEA", "qty": 1}]});
    let response = stand.post("sell", &body).await;
    assert_eq!((response.status, response.number()), (503, 5003));
    let ready = stand.http("GET", "/readyz", &[], b"").await;
    assert_eq!((ready.status, ready.number()), (503, 5003));
    assert_eq!(stand.http("GET", "/healthz", &[], b"").await.status, 200);
    assert_eq!(stand.level("S1", "TEA").await["on_hand"], "5");
}
