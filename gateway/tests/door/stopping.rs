//! Stopping, and not being able to start.

use crate::harness::{Stand, id};
use onhand_engine::catalogue::Role;
use onhand_gateway::{Options, Server};
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
