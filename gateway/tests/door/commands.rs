//! Commands over both doors.

use crate::harness::{Stand, id};
use onhand_engine::catalogue::Role;
use serde_json::json;

#[tokio::test]
async fn a_sale_over_websocket_is_seen_by_a_second_socket() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let mut watcher = stand.socket(Role::Analyst).await;
    let snapshot = watcher.ask(json!({"op": "subscribe", "id": id(), "skus": ["TEA"], "locations": ["S1"]})).await;
    assert_eq!(snapshot["ok"], "subscribed", "{snapshot}");
    assert_eq!(snapshot["levels"][0]["on_hand"], "5");
    assert_eq!(snapshot["levels"][0]["version"], 1);

    let mut till = stand.socket(Role::Till).await;
    let sale = json!({"op": "sell", "id": id(), "location": "S1", "till": 3, "currency": "EUR",
        "lines": [{"sku": "TEA", "qty": 2}]});
    let reply = till.ask(sale).await;
    assert_eq!(reply["ok"], "recorded", "{reply}");
    assert_eq!(reply["receipt"], "S1-3-1");
    assert_eq!(reply["total"], 900);

    let levels = watcher.push().await;
    assert_eq!(levels.len(), 1);
    assert_eq!(levels[0]["on_hand"], "3");
    assert_eq!(levels[0]["version"], 2);
    assert_eq!(stand.level("S1", "TEA").await["on_hand"], "3");
}

#[tokio::test]
async fn a_repeat_gets_the_same_bytes_over_either_door() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let (command, body) = (
        id(),
        json!({"location": "S1", "till": 3, "currency": "EUR",
        "lines": [{"sku": "TEA", "qty": 2}], "tenders": [{"type": "cash", "amount": 900}]}),
    );
    let first = stand.post_as(Role::Till, "sell", &command, &body).await;
    assert_eq!(first.status, 200, "{}", first.text());
    for _ in 0..10 {
        assert_eq!(stand.post_as(Role::Till, "sell", &command, &body).await.body, first.body);
    }
    let mut request = body.clone();
    request["op"] = json!("sell");
    request["id"] = json!(command);
    let mut socket = stand.socket(Role::Till).await;
    for _ in 0..10 {
        assert_eq!(socket.ask_text(&request).await.into_bytes(), first.body);
    }
    assert_eq!(stand.level("S1", "TEA").await["on_hand"], "3");

    request["lines"][0]["qty"] = json!(1);
    let reply = socket.ask(request).await;
    assert_eq!(reply["error"]["number"], 1008, "{reply}");
    assert!(reply["error"]["field"].is_string());
}

#[tokio::test]
async fn an_array_of_requests_is_answered_one_by_one() {
    let stand = Stand::start().await;
    stand.receive("S1", "MUG", 1).await;
    let mut till = stand.socket(Role::Till).await;
    let sale = || {
        json!({"op": "sell", "id": id(), "location": "S1", "currency": "EUR",
        "lines": [{"gtin": "4006381333931", "qty": 1}]})
    };
    till.send(&json!([sale(), {"op": "ping", "id": id()}, sale(), {"op": "no"}])).await;
    let mut replies = Vec::new();
    for _ in 0..4 {
        replies.push(till.next().await);
    }
    assert_eq!(replies.iter().filter(|reply| reply["ok"] == "recorded").count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply["ok"] == "pong").count(), 1);
    let short = replies.iter().find(|reply| reply["error"]["number"] == 2001).unwrap();
    assert_eq!(short["error"]["sku"], "MUG");
    assert_eq!(short["error"]["short_by"], "1");
    assert_eq!(replies.iter().filter(|reply| reply["id"].is_null()).count(), 1);
}

#[tokio::test]
async fn a_refusal_over_http_is_a_problem_with_its_number() {
    let stand = Stand::start().await;
    let body = json!({"location": "S1", "currency": "EUR", "lines": [{"sku": "TEA", "qty": 2}]});
    let response = stand.post("sell", &body).await;
    assert_eq!((response.status, response.number()), (409, 2001));
    assert_eq!(response.json()["available"], "0");
}

#[tokio::test]
async fn the_last_item_has_one_winner_over_both_doors() {
    let stand = Stand::start().await;
    stand.receive("S1", "MUG", 1).await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(stand.socket(Role::Till).await);
    }
    let body = json!({"location": "S1", "currency": "EUR", "lines": [{"sku": "MUG", "qty": 1}]});
    let ids: Vec<String> = (0..20).map(|_| id()).collect();
    let over_http = futures_util::future::join_all(ids.iter().map(|id| stand.post_as(Role::Till, "sell", id, &body)));
    let over_sockets = futures_util::future::join_all(sockets.iter_mut().map(async |socket| {
        let mut request = body.clone();
        request["op"] = json!("sell");
        request["id"] = json!(id());
        socket.ask(request).await
    }));
    let (over_http, over_sockets) = tokio::join!(over_http, over_sockets);
    let won = over_http.iter().filter(|response| response.status == 200).count()
        + over_sockets.iter().filter(|reply| reply["ok"] == "recorded").count();
    let lost = over_http.iter().filter(|response| response.status == 409 && response.number() == 2001).count()
        + over_sockets.iter().filter(|reply| reply["error"]["number"] == 2001).count();
    assert_eq!((won, lost), (1, 39));
}
