//! Card numbers are stopped at the door, whichever way they come.

use crate::harness::{Stand, id, within};
use futures_util::{SinkExt, StreamExt};
use onhand_engine::card_number;
use onhand_engine::catalogue::Role;
use onhand_engine::qty::Qty;
use onhand_protocol::compact::{Sale, Told, answers, write_sale};
use onhand_protocol::value::Id;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

const CARD: &str = "4111 1111 1111 1111";

#[tokio::test]
async fn one_in_a_batch_does_not_spoil_its_neighbours() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let mut socket = stand.socket(Role::Till).await;
    let (good, bad) = (id(), id());
    let sale = |id: &str, owner: &str| {
        json!({"op": "sell", "id": id, "location": "S1", "currency": "EUR", "owner": owner,
        "lines": [{"sku": "TEA", "qty": 1}]})
    };
    socket.send(&json!([sale(&bad, CARD), sale(&good, "basket 7")])).await;
    let mut replies = [socket.next().await, socket.next().await];
    replies.sort_by_key(|reply| reply["id"] == json!(good));
    assert_eq!((&replies[0]["id"], &replies[0]["error"]["number"]), (&json!(bad), &json!(1020)), "{replies:?}");
    assert_eq!(replies[0]["error"]["field"], "owner");
    assert_eq!((&replies[1]["id"], &replies[1]["ok"]), (&json!(good), &json!("recorded")), "{replies:?}");
    assert!(!replies[0].to_string().contains("1111 1111"));
}

#[tokio::test]
async fn addresses_headers_and_bodies_are_checked() {
    let stand = Stand::start().await;
    let bearer = ("Authorization", format!("Bearer {}", stand.key(Role::Admin)));
    let key = ("Idempotency-Key", id());
    for (method, path, headers, body, field) in [
        ("GET", "/v1/items/4111111111111111", vec![], "", "path"),
        ("GET", "/4111-1111-1111-1111", vec![], "", "path"),
        ("GET", "/v1/items?after=%34111111111111111", vec![], "", "after"),
        ("GET", "/v1/items", vec![("If-None-Match", CARD.to_owned())], "", "if-none-match"),
        ("POST", "/v1/sell", vec![("Idempotency-Key", CARD.to_owned())], "{}", "idempotency-key"),
        ("POST", "/v1/release", vec![key.clone()], r#"{"location":"4111111111111111"}"#, "location"),
        ("POST", "/v1/define_items", vec![key.clone()], r#"{"items":[{"name":"4111111111111111"}]}"#, "items[0].name"),
        ("POST", "/v1/keys", vec![], r#"{"role":"till","holder":"4111111111111111"}"#, "holder"),
    ] {
        let headers: Vec<_> = headers.into_iter().chain([bearer.clone()]).collect();
        let answer = stand.http(method, path, &headers, body.as_bytes()).await;
        assert_eq!((answer.status, answer.number()), (400, 1020), "{method} {path}: {}", answer.text());
        assert_eq!(answer.json()["field"], field, "{method} {path}");
        assert!(card_number::find(answer.text().as_bytes()).is_none(), "{}", answer.text());
    }
}

#[tokio::test]
async fn compact_sales_are_checked_code_by_code() {
    let stand = Stand::start().await;
    let mut socket = stand.compact(Role::Till).await;
    for (location, codes, field) in
        [(CARD, ["TEA", "TEA"], "location"), ("S1", ["TEA", "4111111111111111"], "lines[1].sku")]
    {
        let sale = Sale::at(Id::mint(), location, *b"EUR");
        let mut message = Vec::new();
        assert!(write_sale(&mut message, &sale, &codes.map(|code| (code, Qty::units(1)))));
        socket.stream.send(Message::binary(message)).await.unwrap();
        let told = answers(&within(socket.stream.next()).await.unwrap().unwrap().into_data()).unwrap();
        let [Told::Refused { id, number: 1020, json, .. }] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(*id, sale.id);
        let error: serde_json::Value = serde_json::from_slice(json).unwrap();
        assert_eq!(error["field"], field);
        assert!(card_number::find(json).is_none(), "{error}");
    }
}

#[tokio::test]
async fn what_an_error_quotes_has_none_either() {
    let stand = Stand::start().await;
    let mut socket = stand.socket(Role::Till).await;
    // As a float it is another number in the text than in the message.
    let request = format!(
        r#"{{"op":"sell","id":"{}","location":"S1","currency":"EUR","lines":[{{"sku":"TEA","qty":4.111111111111111e15}}]}}"#,
        id()
    );
    socket.stream.send(Message::text(request)).await.unwrap();
    let reply = socket.next().await;
    assert_eq!(reply["error"]["number"], 1005, "{reply}");
    assert!(
        reply["error"]["message"].as_str().unwrap().starts_with("lines[0].qty: [card number] is a float"),
        "{reply}"
    );
}
