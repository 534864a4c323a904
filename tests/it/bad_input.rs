//! Bad input gets a numbered, helpful error, changes nothing and slows nobody.

use crate::harness;
use crate::wire::{Socket, block_on, get, http, id, ok, post, sell, stocked_shop};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

fn with(mut request: Value, field: &str, value: Value) -> Value {
    request[field] = value;
    request
}

fn with_line(mut request: Value, field: &str, value: Value) -> Value {
    request["lines"][0][field] = value;
    request
}

/// Requests a till may send, each with something wrong, and the number it must get.
fn wrong_requests() -> Vec<(&'static str, Value, u64)> {
    let good = || sell("S1", "TEA", 1);
    let untendered = || with(good(), "tenders", json!([]));
    vec![
        ("unknown item", with_line(untendered(), "sku", json!("NOPE")), 1003),
        ("unknown location", with(good(), "location", json!("S9")), 1004),
        ("zero", with_line(untendered(), "qty", json!("0")), 1005),
        ("negative", with_line(untendered(), "qty", json!("-1")), 1005),
        ("absurd", with_line(untendered(), "qty", json!("99999999999999")), 1005),
        ("a float", with_line(untendered(), "qty", json!(1.5)), 1005),
        ("half a piece", with_line(untendered(), "qty", json!("0.5")), 1005),
        ("not a number", with_line(untendered(), "qty", json!("two")), 1005),
        ("wrong currency", with(good(), "currency", json!("USD")), 3001),
        ("tenders do not fit", with(good(), "tenders", json!([{"type": "cash", "amount": 1}])), 3002),
        ("unknown field", with(good(), "colour", json!("red")), 1001),
        ("unknown op", with(good(), "op", json!("steal")), 1002),
        ("id is not a UUID", with(good(), "id", json!("1")), 1009),
        ("empty basket", with(untendered(), "lines", json!([])), 1010),
        ("not for a till", json!({"op": "define_items", "id": id(), "items": []}), 4004),
        (
            "too short a hold",
            json!({"op": "reserve", "id": id(), "location": "S1", "owner": "c", "ttl_s": 0,
            "lines": [{"sku": "TEA", "qty": "1"}]}),
            1012,
        ),
        ("unknown reservation", json!({"op": "release", "id": id(), "location": "S1", "reservation": id()}), 2002),
        ("short stock", with(sell("S1", "TEA", 6), "tenders", json!([])), 2001),
    ]
}

#[test]
fn each_mistake_gets_its_number_and_changes_nothing() {
    let data = harness::Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 5)]).await;
        let before = get(&server.address, &admin, "/v1/stock/S1/TEA").await.body;
        let mut socket = Socket::open(&server.address, &till).await;
        for (what, request, number) in wrong_requests() {
            socket.send(&request).await;
            let reply = socket.next().await;
            assert_eq!(reply["error"]["number"], number, "{what}: {reply:#}");
            let error = &reply["error"];
            assert!(error["message"].as_str().is_some_and(|text| text.len() > 10), "{what}: {reply:#}");
            assert_eq!(error["help"], format!("/errors/{number}"), "{what}");
        }
        assert_eq!(get(&server.address, &admin, "/v1/stock/S1/TEA").await.body, before);
        ok(&socket.call(&sell("S1", "TEA", 1)).await, "recorded");
    });
}

#[test]
fn broken_frames_are_answered_and_others_go_on() {
    let data = harness::Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 100)]).await;
        let mut bystander = Socket::open(&server.address, &till).await;
        let large = format!("{{\"op\":\"ping\",\"id\":\"{}\",\"x\":\"{}\"}}", id(), "y".repeat(100_000));
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let frames = [
            ("not JSON", Message::text("hello"), 1001),
            ("half JSON", Message::text("{\"op\":\"sell\""), 1001),
            ("deep", Message::text(deep), 1001),
            ("too large", Message::text(large), 1006),
            ("binary", Message::binary(vec![0xff, 0xfe, 0x00]), 1001),
            (
                "text that is not UTF-8",
                Message::Frame(Frame::message(vec![b'"', 0xff], OpCode::Data(Data::Text), true)),
                1007,
            ),
        ];
        for (what, frame, number) in frames {
            let mut socket = Socket::open(&server.address, &till).await;
            socket.send_raw(frame).await;
            let reply = socket.next().await;
            assert_eq!(reply["error"]["number"], number, "{what}: {reply:#}");
            ok(&bystander.call(&sell("S1", "TEA", 1)).await, "recorded");
        }
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        assert_eq!(level["on_hand"], "94");
    });
}

#[test]
fn keys_that_are_wrong_revoked_or_for_something_else() {
    let data = harness::Data::new();
    let (admin, web, analyst) = (data.key("admin"), data.key("web"), data.key("analyst"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 5)]).await;
        let wrong = format!("{}0000", &admin[..admin.len() - 4]);
        for (key, status, number) in [("", 401, 4001), ("ohk_nonsense", 401, 4002), (wrong.as_str(), 401, 4002)] {
            let bearer = format!("Bearer {key}");
            let headers = [("authorization", bearer.as_str())];
            let headers = if key.is_empty() { &[][..] } else { &headers[..] };
            let answer = http(&server.address, "GET", "/v1/totals?location=S1", headers, None).await;
            assert_eq!((answer.status, answer.json()["number"].as_u64()), (status, Some(number)), "{key}");
            assert!(
                Socket::try_open(&server.address, (!key.is_empty()).then_some(key)).await.is_err() || key.is_empty()
            );
        }
        let sale = post(&server.address, &analyst, "sell", &id(), &crate::wire::body_of(&sell("S1", "TEA", 1))).await;
        assert_eq!((sale.status, sale.json()["number"].as_u64()), (403, Some(4004)));
        let keys = get(&server.address, &admin, "/v1/keys").await.json();
        let web_id = keys["keys"].as_array().unwrap().iter().find(|key| key["role"] == "web").unwrap()["id"].clone();
        let mut website = Socket::open(&server.address, &web).await;
        ok(&website.call(&json!({"op": "ping", "id": id()})).await, "pong");
        let path = format!("/v1/keys/{}", web_id.as_str().unwrap());
        let gone = http(&server.address, "DELETE", &path, &[("authorization", &format!("Bearer {admin}"))], None).await;
        assert!(gone.status < 300, "{gone:?}");
        // The socket is told why and closed.
        while website.next_text().await.is_some() {}
        let again = get(&server.address, &web, "/v1/stock/S1/TEA").await;
        assert_eq!((again.status, again.json()["number"].as_u64()), (401, Some(4003)));
    });
}

#[test]
fn a_page_of_another_website_gets_no_token() {
    let data = harness::Data::new();
    let server = data.serve_with(&["--origin", "https://shop.example"]);
    block_on(async {
        for (origin, status) in [("https://evil.example", 403), ("https://shop.example", 200)] {
            let answer = http(&server.address, "POST", "/v1/token", &[("origin", origin)], Some("{}")).await;
            assert_eq!(answer.status, status, "{origin}: {}", answer.body);
        }
    });
}
