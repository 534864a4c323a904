//! Compact sales through the door.

use crate::harness::{Socket, Stand, id, within};
use futures_util::{SinkExt, StreamExt};
use onhand_engine::catalogue::Role;
use onhand_engine::qty::Qty;
use onhand_protocol::compact::{self, Sale, Told};
use onhand_protocol::value::Id;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

fn sale(id: Id, units: i64) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(compact::write_sale(&mut out, &Sale::at(id, "S1", *b"EUR"), &[("TEA", Qty::units(units))]));
    out
}

async fn say(socket: &mut Socket, message: Vec<u8>) {
    socket.stream.send(Message::binary(message)).await.unwrap();
}

/// Answers in the order in which they came, from as many messages as they came in.
async fn answers(socket: &mut Socket, count: usize) -> Vec<Told> {
    let mut told = Vec::new();
    while told.len() < count {
        match within(socket.stream.next()).await.unwrap().unwrap() {
            Message::Binary(bytes) => told.extend(compact::answers(&bytes).unwrap()),
            other => panic!("not an answer: {other:?}"),
        }
    }
    assert_eq!(told.len(), count);
    told
}

async fn stand() -> (Stand, Socket) {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let socket = stand.compact(Role::Till).await;
    (stand, socket)
}

#[tokio::test]
async fn sales_are_recorded_and_refused() {
    let (stand, mut socket) = stand().await;
    let ids: Vec<Id> = (0..4).map(|_| Id::mint()).collect();
    let all = [sale(ids[0], 2), sale(ids[1], 2), sale(ids[2], 2), sale(ids[3], 1)].concat();
    say(&mut socket, all).await;
    let told = answers(&mut socket, 4).await;
    for (at, told) in told.iter().enumerate() {
        match (at, told) {
            (2, Told::Refused { id, number: 2001, json, .. }) => {
                assert_eq!(*id, ids[2]);
                let error: Value = serde_json::from_slice(json).unwrap();
                assert_eq!((&error["sku"], &error["short_by"]), (&json!("TEA"), &json!("1")));
            }
            (_, Told::Recorded { id, seq, gross, .. }) if at != 2 => {
                assert_eq!((*id, *gross), (ids[at], if at == 3 { 450 } else { 900 }));
                assert!(*seq > 0);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(stand.level("S1", "TEA").await["on_hand"], "0");
}

#[tokio::test]
async fn prices_are_those_of_its_json_twin() {
    let (stand, mut socket) = stand().await;
    let promotion = json!({"promotions": [{
        "code": "PAIR", "name": "Two for 8.00", "currency": "EUR",
        "benefit": {"set": {"parts": [{"items": {"skus": ["TEA"]}, "units": 2}], "price": 800}},
    }]});
    assert_eq!(stand.post("define_promotions", &promotion).await.status, 200);
    let id = Id::mint();
    say(&mut socket, sale(id, 3)).await;
    let told = answers(&mut socket, 1).await;
    assert!(matches!(told[0], Told::Recorded { gross: 1_250, .. }), "{told:?}");
    let lines = json!([{"sku": "TEA", "qty": 3}]);
    let twin = json!({"op": "sell", "id": id.to_string(), "location": "S1", "currency": "EUR", "lines": lines});
    assert_eq!(stand.socket(Role::Till).await.ask(twin).await["total"], 1_250);
}

#[tokio::test]
async fn a_repeat_in_the_other_encoding_gets_the_same_answer() {
    let (stand, mut socket) = stand().await;
    let id = Id::mint();
    let json = |qty: u32| {
        json!({"op": "sell", "id": id.to_string(), "location": "S1", "currency": "EUR",
            "lines": [{"sku": "TEA", "qty": qty}]})
    };
    let first = socket.ask(json(1)).await;
    assert_eq!(first["ok"], "recorded", "{first}");
    say(&mut socket, sale(id, 1)).await;
    let told = answers(&mut socket, 1).await;
    let Told::Recorded { seq, gross, .. } = told[0] else { panic!("{told:?}") };
    assert_eq!((json!(seq.to_string()), json!(gross)), (first["seq"].clone(), first["total"].clone()));
    assert_eq!(socket.ask(json(1)).await, first);
    say(&mut socket, sale(id, 2)).await;
    assert!(matches!(answers(&mut socket, 1).await[..], [Told::Refused { number: 1008, .. }]));
    assert_eq!(stand.level("S1", "TEA").await["on_hand"], "4");
}

#[tokio::test]
async fn nothing_behind_a_mistake_is_done() {
    let (stand, mut socket) = stand().await;
    let good = sale(Id::mint(), 1);
    let at = good.len();
    say(&mut socket, [good, vec![7], sale(Id::mint(), 1)].concat()).await;
    // The mistake is told at once, the sale when it is durable.
    let reply = socket.next().await;
    assert_eq!(reply["error"]["number"], 1001, "{reply}");
    assert!(reply["error"]["message"].as_str().unwrap().contains(&format!("byte {at} ")), "{reply}");
    assert!(reply.get("id").is_none_or(Value::is_null), "{reply}");
    assert!(matches!(answers(&mut socket, 1).await[..], [Told::Recorded { .. }]));
    assert_eq!(stand.level("S1", "TEA").await["on_hand"], "4");
}

#[tokio::test]
async fn rights_are_those_of_json_and_json_connections_have_none_of_it() {
    let (stand, _) = stand().await;
    let mut analyst = stand.compact(Role::Analyst).await;
    say(&mut analyst, sale(Id::mint(), 1)).await;
    assert!(matches!(answers(&mut analyst, 1).await[..], [Told::Refused { number: 4004, .. }]));
    let mut socket = stand.socket(Role::Till).await;
    say(&mut socket, sale(Id::mint(), 1)).await;
    assert_eq!(socket.next().await["error"]["number"], 1001);
    assert_eq!(socket.ask(json!({"op": "ping", "id": id()})).await["ok"], "pong");
    assert_eq!(stand.level("S1", "TEA").await["on_hand"], "5");
}
