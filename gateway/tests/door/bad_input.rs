//! Bad input: each its numbered error, nothing changes, others are not disturbed.

use crate::harness::{Socket, Stand, id, within};
use futures_util::SinkExt;
use onhand_engine::catalogue::Role;
use onhand_gateway::Limits;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, coding};

/// A good sale, changed by `change`.
fn sale(change: fn(&mut Value)) -> Value {
    let mut request = json!({"op": "sell", "id": id(), "location": "S1", "currency": "EUR",
        "lines": [{"sku": "TEA", "qty": 1}]});
    change(&mut request);
    request
}

/// What is wrong, and the number it gets.
fn table() -> Vec<(Value, u64)> {
    let line = |change: fn(&mut Value)| sale(change);
    vec![
        (line(|r| r["lines"][0]["sku"] = json!("NOPE")), 1003),
        (line(|r| r["location"] = json!("NOPE")), 1004),
        (line(|r| r["lines"][0]["qty"] = json!(0)), 1005),
        (line(|r| r["lines"][0]["qty"] = json!("-1")), 1005),
        (line(|r| r["lines"][0]["qty"] = json!("1.5")), 1005),
        (line(|r| r["lines"][0]["qty"] = json!("99999999999")), 1005),
        (line(|r| r["lines"][0]["qty"] = json!("1e3")), 1005),
        (line(|r| r["lines"] = json!([])), 1010),
        (line(|r| r["lines"] = json!(vec![json!({"sku": "TEA", "qty": 1}); 501])), 1011),
        (line(|r| r["currency"] = json!("USD")), 3001),
        (line(|r| r["tenders"] = json!([{"type": "cash", "amount": 1}])), 3002),
        (line(|r| r["surprise"] = json!(1)), 1001),
        (line(|r| r["lines"][0]["surprise"] = json!(1)), 1001),
        (line(|r| r["op"] = json!("steal")), 1002),
        (line(|r| r["id"] = json!("not a uuid")), 1009),
        (line(|r| r["lines"][0] = json!({"gtin": "4006381333932", "qty": 1})), 1014),
        (line(|r| r["lines"][0]["qty"] = json!(1_000)), 2001),
        (line(|r| r["reservation"] = json!("00000000-0000-4000-8000-000000000001")), 2002),
        (json!({"op": "deallocate", "id": id(), "location": "S1", "order": "NOPE"}), 2003),
        (
            json!({"op": "reserve", "id": id(), "location": "S1", "owner": "x", "ttl_s": 0,
            "lines": [{"sku": "TEA", "qty": 1}]}),
            1012,
        ),
        (json!({"op": "get", "id": id(), "location": "S1", "sku": "NOPE"}), 1003),
        (json!({"op": "subscribe", "id": id(), "skus": ["NOPE"]}), 1003),
        (json!({"op": "unsubscribe", "id": id(), "subscription": id()}), 1015),
        (json!(17), 1001),
        (json!({}), 1001),
    ]
}

async fn all_is_as_before(stand: &Stand, neighbour: &mut Socket) {
    let level = neighbour.ask(json!({"op": "get", "id": id(), "location": "S1", "sku": "TEA"})).await;
    assert_eq!(level["level"]["on_hand"], "5");
    assert_eq!(level["level"]["version"], 1);
    assert_eq!(stand.http("GET", "/healthz", &[], b"").await.status, 200);
}

#[tokio::test]
async fn every_mistake_has_its_number_over_websocket() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let mut neighbour = stand.socket(Role::Till).await;
    let mut socket = stand.socket(Role::Till).await;
    for (request, number) in table() {
        socket.send(&request).await;
        let reply = socket.next().await;
        assert_eq!(reply["error"]["number"], number, "{request}: {reply}");
        assert_eq!(reply["error"]["help"], format!("/errors/{number}"));
        assert!(reply["error"]["message"].as_str().is_some_and(|text| text.len() > 10), "{reply}");
    }
    for text in ["", "{", "nonsense", "[1,", "\"\u{0}\"", "{\"op\":\"sell\",\"op\":\"sell\"}"] {
        socket.stream.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.next().await["error"]["number"], 1001, "{text}");
    }
    socket.stream.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(socket.next().await["error"]["number"], 1001);
    assert_eq!(socket.ask(json!({"op": "ping", "id": id()})).await["ok"], "pong", "the socket is still good");
    all_is_as_before(&stand, &mut neighbour).await;
}

#[tokio::test]
async fn every_mistake_has_its_number_over_http() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let mut neighbour = stand.socket(Role::Till).await;
    for (mut request, number) in table() {
        let Some(op) = request["op"].as_str().map(str::to_owned) else { continue };
        if ["get", "subscribe", "unsubscribe"].contains(&op.as_str()) {
            continue;
        }
        let command = request["id"].as_str().unwrap().to_owned();
        request.as_object_mut().unwrap().retain(|key, _| key != "op" && key != "id");
        let response = stand.post_as(Role::Admin, &op, &command, &request).await;
        assert_eq!(response.number(), number, "{op} {request}: {}", response.text());
    }
    let key = ("Authorization", format!("Bearer {}", stand.key(Role::Admin)));
    let no_id = stand.http("POST", "/v1/sell", std::slice::from_ref(&key), b"{}").await;
    assert_eq!((no_id.status, no_id.number()), (400, 1009));
    let with_id = [key, ("Idempotency-Key", id())];
    assert_eq!(stand.http("POST", "/v1/sell", &with_id, &[0xff, 0xfe]).await.number(), 1007);
    assert_eq!(stand.http("POST", "/v1/sell", &with_id, &vec![b' '; 65 * 1024]).await.number(), 1006);
    assert_eq!(stand.http("PUT", "/v1/sell", &with_id, b"{}").await.status, 405);
    for (path, number) in [
        ("/v1/stock?location=NOPE", 1004),
        ("/v1/stock", 1001),
        ("/v1/stock?location=S1&limit=0", 1001),
        ("/v1/stock?location=S1&surprise=1", 1001),
        ("/v1/stock?location=S1&after=NOPE", 1017),
        ("/v1/stock/S1/NOPE", 1003),
        ("/v1/stock/S1/%20", 1013),
        ("/v1/items?after=NOPE", 1017),
        ("/v1/items/NOPE", 1003),
        ("/v1/events?after=x", 1017),
        ("/v1/reservations/S1/x", 1009),
        ("/v1/reservations/S1/00000000-0000-4000-8000-000000000001", 2002),
    ] {
        assert_eq!(stand.get_as(Role::Admin, path).await.number(), number, "{path}");
    }
    all_is_as_before(&stand, &mut neighbour).await;
}

#[tokio::test]
async fn frames_that_break_the_stream_are_told_and_closed() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let mut neighbour = stand.socket(Role::Till).await;

    let mut large = stand.socket(Role::Till).await;
    large.stream.send(Message::text(" ".repeat(64 * 1024 + 1))).await.unwrap();
    assert_eq!(large.next().await["error"]["number"], 1006);
    assert_eq!(large.closed().await.map(|frame| frame.code), Some(CloseCode::Size));

    let mut garbled = stand.socket(Role::Till).await;
    let frame = Frame::message(vec![0xff, 0xfe, 0x80], OpCode::Data(Data::Text), true);
    garbled.stream.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(garbled.next().await["error"]["number"], 1007);
    assert_eq!(garbled.closed().await.map(|frame| frame.code), Some(CloseCode::Invalid));

    let mut broken = stand.socket(Role::Till).await;
    let frame = Frame::message(vec![1], OpCode::Data(coding::Data::Continue), true);
    broken.stream.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(broken.next().await["error"]["number"], 1001);
    assert_eq!(broken.closed().await.map(|frame| frame.code), Some(CloseCode::Protocol));
    all_is_as_before(&stand, &mut neighbour).await;
}

#[tokio::test]
async fn one_who_goes_on_making_mistakes_is_closed() {
    let stand = Stand::with(Limits { strikes_max: 10, ..Limits::default() }).await;
    let mut socket = stand.socket(Role::Till).await;
    for _ in 0..20 {
        let _ = socket.stream.send(Message::text("nonsense")).await;
    }
    let mut told = 0;
    while socket.text().await.is_some() {
        told += 1;
    }
    assert_eq!(told, 10);
}

#[tokio::test]
async fn limits_of_flight_rate_and_subscriptions_have_their_numbers() {
    let limits = Limits { in_flight_max: 2, rate_per_s: 8, subscriptions_max: 2, ..Limits::default() };
    let stand = Stand::with(limits).await;
    let mut socket = stand.socket(Role::Till).await;
    socket.send(&json!([sale(|_| {}), sale(|_| {}), sale(|_| {})])).await;
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.push(socket.next().await["error"]["number"].as_u64().unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [2001, 2001, 5006]);
    let watched = socket.ask(json!({"op": "subscribe", "id": id(), "skus": ["TEA", "MUG", "CHEESE"]})).await;
    assert_eq!(watched["error"]["number"], 5007);
    let mut limited = Value::Null;
    for _ in 0..20 {
        limited = socket.ask(json!({"op": "ping", "id": id()})).await;
        if limited["error"]["number"] == 5012 {
            break;
        }
    }
    assert_eq!(limited["error"]["number"], 5012);
    assert!(limited["error"]["retry_ms"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn too_many_connections_are_told_and_the_others_stay() {
    let stand = Stand::with(Limits { connections_max: 3, ..Limits::default() }).await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        // The harness' own connections end a moment after their response.
        let socket = loop {
            let key = [("Authorization", format!("Bearer {}", stand.key(Role::Till)))];
            if let Ok(socket) = stand.connect(&key).await {
                break socket;
            }
        };
        sockets.push(socket);
    }
    let refused = stand.http("GET", "/healthz", &[], b"").await;
    assert_eq!((refused.status, refused.number()), (503, 5011));
    assert_eq!(refused.header("retry-after").as_deref(), Some("1"));
    assert_eq!(sockets[0].ask(json!({"op": "ping", "id": id()})).await["ok"], "pong");
    drop(sockets);
    within(async { while stand.http("GET", "/healthz", &[], b"").await.status != 200 {} }).await;
}

#[tokio::test]
async fn slow_and_silent_clients_are_let_go() {
    let limits = Limits {
        handshake: Duration::from_millis(200),
        body: Duration::from_millis(200),
        idle: Duration::from_millis(200),
        ..Limits::default()
    };
    let stand = Stand::with(limits).await;
    let mut slow = TcpStream::connect(&stand.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    let mut rest = Vec::new();
    let _ = within(slow.read_to_end(&mut rest)).await;

    let head = format!(
        "POST /v1/sell HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {}\r\nContent-Length: 99\r\n\r\n{{",
        stand.key(Role::Till),
        id()
    );
    assert_eq!(stand.raw(head.as_bytes()).await.number(), 1001);

    // It answers no pings: nothing reads its stream.
    let silent = TcpStream::connect(&stand.address).await.unwrap();
    let head = format!(
        "GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {}\r\n\r\n",
        stand.key(Role::Till)
    );
    let mut silent = silent;
    silent.write_all(head.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    within(silent.read_to_end(&mut all)).await.unwrap();
    assert!(all.ends_with(&[0x89, 0]), "the last it got was a ping: {all:?}");
}

#[tokio::test]
async fn subscriptions_to_nothing_are_counted_too() {
    let stand = Stand::with(Limits { subscriptions_max: 3, ..Limits::default() }).await;
    let mut socket = stand.socket(Role::Analyst).await;
    for _ in 0..3 {
        assert_eq!(socket.ask(json!({"op": "subscribe", "id": id(), "skus": []})).await["ok"], "subscribed");
    }
    let reply = socket.ask(json!({"op": "subscribe", "id": id(), "skus": []})).await;
    assert_eq!(reply["error"]["number"], 5007, "{reply}");
}

#[tokio::test]
async fn another_hello_does_not_buy_another_hundred_requests() {
    let stand = Stand::with(Limits { shopper_rate_per_s: 1, ..Limits::default() }).await;
    let token = stand.token().await;
    let mut socket = stand.shopper().await;
    let mut limited = false;
    for _ in 0..20 {
        let hello = socket.ask(json!({"op": "hello", "id": id(), "token": token})).await;
        limited |= hello["error"]["number"] == 5012;
        let ping = socket.ask(json!({"op": "ping", "id": id()})).await;
        limited |= ping["error"]["number"] == 5012;
    }
    assert!(limited);
}

#[tokio::test]
async fn an_address_that_is_not_text_has_its_number() {
    let stand = Stand::start().await;
    assert_eq!(stand.get_as(Role::Admin, "/v1/stock/%ff/TEA").await.number(), 1007);
    assert_eq!(stand.get_as(Role::Admin, "/v1/items/%c3%28").await.number(), 1007);
    assert_eq!(stand.post_as(Role::Admin, "%ff", &id(), &json!({})).await.number(), 1007);
}

#[tokio::test]
async fn events_after_the_end_of_all_numbers_are_none() {
    let stand = Stand::start().await;
    let page = stand.get_as(Role::Admin, &format!("/v1/events?after={}", u64::MAX)).await;
    assert_eq!((page.status, &page.json()["events"]), (200, &json!([])), "{}", page.text());
}
