//! Live stock: snapshot, then the newest levels, versions only going up.

use crate::harness::{Stand, id};
use onhand_engine::catalogue::Role;
use serde_json::{Value, json};
use std::collections::HashMap;

fn sale(location: &str, sku: &str) -> Value {
    json!({"op": "sell", "id": id(), "location": location, "currency": "EUR", "lines": [{"sku": sku, "qty": 1}]})
}

#[tokio::test]
async fn versions_only_go_up_while_others_sell() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 1_000).await;
    stand.receive("S2", "TEA", 1_000).await;
    let mut till = stand.socket(Role::Till).await;
    let mut watchers = Vec::new();
    for round in 0..300 {
        till.send(&sale(if round % 2 == 0 { "S1" } else { "S2" }, "TEA")).await;
        if round % 100 == 50 {
            for what in [json!({}), json!({"skus": ["TEA"]}), json!({"locations": ["S1", "S2"]})] {
                let mut request = what.clone();
                request["op"] = json!("subscribe");
                request["id"] = json!(id());
                let mut watcher = stand.socket(Role::Analyst).await;
                watcher.send(&request).await;
                watchers.push(watcher);
            }
        }
    }
    for _ in 0..300 {
        assert_eq!(till.next().await["ok"], "recorded");
    }
    for mut watcher in watchers {
        let mut seen: HashMap<String, u64> = HashMap::new();
        while seen.values().filter(|version| **version > 0).count() < 2
            || seen.values().any(|version| (1..151).contains(version))
        {
            for level in watcher.next().await["levels"].as_array().unwrap() {
                let version = level["version"].as_u64().unwrap();
                let before = seen.insert(level["location"].to_string(), version);
                assert!(before.is_none_or(|before| version > before), "{level} after {before:?}");
                if version == 0 {
                    continue;
                }
                assert_eq!(level["on_hand"], (1_001 - version).to_string());
            }
        }
    }
}

#[tokio::test]
async fn a_subscription_says_what_it_has_and_gets_what_is_newer() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    stand.receive("S1", "MUG", 5).await;
    let mut watcher = stand.socket(Role::Analyst).await;
    let snapshot = watcher.ask(json!({"op": "subscribe", "id": id(), "locations": ["S1"]})).await;
    assert_eq!(snapshot["levels"].as_array().unwrap().len(), 2);
    stand.receive("S1", "MUG", 1).await;
    let mut back = stand.socket(Role::Analyst).await;
    let since = json!({"S1": {"TEA": 1, "MUG": 1}});
    let snapshot = back.ask(json!({"op": "subscribe", "id": id(), "locations": ["S1"], "since": since})).await;
    assert_eq!(snapshot["levels"].as_array().unwrap().len(), 1);
    assert_eq!(snapshot["levels"][0]["sku"], "MUG");
    assert_eq!(snapshot["levels"][0]["version"], 2);
}

#[tokio::test]
async fn an_untouched_item_is_shown_when_it_is_asked_for() {
    let stand = Stand::start().await;
    let mut watcher = stand.shopper().await;
    let snapshot = watcher.ask(json!({"op": "subscribe", "id": id(), "skus": ["TEA"], "locations": ["S1"]})).await;
    assert_eq!(snapshot["levels"][0]["version"], 0);
    assert_eq!(snapshot["levels"][0]["band"], "out");
    stand.receive("S1", "TEA", 5).await;
    let levels = watcher.push().await;
    assert_eq!((&levels[0]["available"], &levels[0]["version"]), (&json!("5"), &json!(1)));
}

#[tokio::test]
async fn low_only_shows_what_gets_low_and_what_leaves_it() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 4).await;
    stand.receive("S1", "MUG", 50).await;
    for sku in ["TEA", "MUG"] {
        let policy = json!({"location": "S1", "sku": sku, "low_at": "3"});
        assert_eq!(stand.post("set_policy", &policy).await.status, 200);
    }
    let mut watcher = stand.socket(Role::Analyst).await;
    let snapshot = watcher.ask(json!({"op": "subscribe", "id": id(), "low_only": true})).await;
    assert_eq!(snapshot["levels"], json!([]));
    let mut till = stand.socket(Role::Till).await;
    till.ask(sale("S1", "MUG")).await;
    till.ask(sale("S1", "TEA")).await;
    let levels = watcher.push().await;
    assert_eq!((levels.len(), &levels[0]["sku"], &levels[0]["low"]), (1, &json!("TEA"), &json!(true)));
    stand.receive("S1", "TEA", 10).await;
    let levels = watcher.push().await;
    assert_eq!((&levels[0]["sku"], &levels[0]["low"]), (&json!("TEA"), &json!(false)));
    till.ask(sale("S1", "TEA")).await;
    till.ask(sale("S1", "MUG")).await;
    let again = watcher.ask(json!({"op": "ping", "id": id()})).await;
    assert_eq!(again["ok"], "pong", "nothing more was pushed before");
}

#[tokio::test]
async fn an_ended_subscription_pushes_nothing() {
    let stand = Stand::start().await;
    let mut watcher = stand.socket(Role::Analyst).await;
    let subscription = id();
    let request = json!({"op": "subscribe", "id": subscription, "skus": ["TEA"]});
    assert_eq!(watcher.ask(request.clone()).await["ok"], "subscribed");
    assert_eq!(watcher.ask(request).await["error"]["number"], 1008, "one name, one subscription");
    stand.receive("S1", "TEA", 1).await;
    assert_eq!(watcher.push().await.len(), 1);
    let ended = watcher.ask(json!({"op": "unsubscribe", "id": id(), "subscription": subscription})).await;
    assert_eq!(ended["ok"], "unsubscribed");
    stand.receive("S1", "TEA", 1).await;
    assert_eq!(watcher.ask(json!({"op": "ping", "id": id()})).await["ok"], "pong");
}

#[tokio::test]
async fn each_channel_sees_its_own_available() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 10).await;
    let policy = json!({"location": "S1", "sku": "TEA", "safety_stock": {"web": "4"}});
    assert_eq!(stand.post("set_policy", &policy).await.status, 200);
    for (channel, available) in [("till", "10"), ("web", "6"), ("marketplace", "10")] {
        let mut watcher = stand.socket(Role::Analyst).await;
        let request = json!({"op": "subscribe", "id": id(), "skus": ["TEA"], "locations": ["S1"], "channel": channel});
        assert_eq!(watcher.ask(request).await["levels"][0]["available"], available);
        let path = format!("/v1/stock/S1/TEA?channel={channel}");
        assert_eq!(stand.get_as(Role::Analyst, &path).await.json()["available"], available);
    }
}

#[tokio::test]
async fn every_read_path_shows_the_same_version_and_pages_end() {
    let stand = Stand::start().await;
    for (at, sku) in ["TEA", "MUG", "CHEESE"].into_iter().enumerate() {
        stand.receive("S1", sku, u32::try_from(at).unwrap() + 1).await;
    }
    let one = stand.get_as(Role::Till, "/v1/stock/S1/MUG").await;
    assert_eq!(one.header("etag").as_deref(), Some("\"1\""));
    let key = ("Authorization", format!("Bearer {}", stand.key(Role::Till)));
    let same = stand.http("GET", "/v1/stock/S1/MUG", &[key, ("If-None-Match", "\"1\"".to_owned())], b"").await;
    assert_eq!((same.status, same.body.len()), (304, 0));
    let (mut levels, mut after) = (Vec::new(), String::new());
    loop {
        let page = stand.get_as(Role::Till, &format!("/v1/stock?location=S1&limit=2{after}")).await.json();
        levels.extend(page["levels"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(levels.len(), 3);
    assert!(levels.contains(&one.json()));
    let mut socket = stand.socket(Role::Till).await;
    let got = socket.ask(json!({"op": "get", "id": id(), "location": "S1", "sku": "MUG"})).await;
    assert_eq!(got["level"], one.json());
    let events = stand.get_as(Role::Analyst, "/v1/events?limit=5").await.json();
    assert_eq!(events["events"].as_array().unwrap().len(), 5);
    let next = events["next"].as_str().unwrap();
    let more = stand.get_as(Role::Analyst, &format!("/v1/events?after={next}&limit=1")).await.json();
    assert_eq!(more["events"][0]["seq"].as_str().unwrap().parse::<u64>().unwrap(), next.parse::<u64>().unwrap() + 1);
}

#[tokio::test]
async fn a_large_snapshot_comes_in_parts_and_misses_nothing() {
    let stand = Stand::start().await;
    let code = |at: usize| format!("ITEM-{at:04}");
    let name = "n".repeat(100);
    let items: Vec<Value> =
        (0..1_000).map(|at| json!({"sku": code(at), "name": name, "tax_class": "food", "price": 100})).collect();
    let body = json!({"items": items});
    assert!(body.to_string().len() > 64 * 1024, "larger than a message may be");
    assert_eq!(stand.post("define_items", &body).await.status, 200);
    for half in [0..500, 500..1_000] {
        let lines: Vec<Value> = half.map(|at| json!({"sku": code(at), "qty": 10})).collect();
        assert_eq!(stand.post("receive", &json!({"location": "S1", "lines": lines})).await.status, 200);
    }
    let (mut watcher, mut till) = (stand.socket(Role::Analyst).await, stand.socket(Role::Till).await);
    watcher.send(&json!({"op": "subscribe", "id": id(), "locations": ["S1"]})).await;
    for at in (0..1_000).step_by(50) {
        till.send(&sale("S1", &code(at))).await;
    }
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut first = true;
    while seen.len() < 1_000 || (0..1_000).step_by(50).any(|at| seen[&code(at)] < 2) {
        let message = watcher.next().await;
        assert_eq!(message["ok"] == "subscribed", first);
        first = false;
        for level in message["levels"].as_array().unwrap() {
            let version = level["version"].as_u64().unwrap();
            let before = seen.insert(level["sku"].as_str().unwrap().to_owned(), version);
            assert!(before.is_none_or(|before| version > before), "{level} after {before:?}");
        }
    }
}

#[tokio::test]
async fn who_comes_back_to_a_low_list_is_told_what_left_it() {
    let stand = Stand::start().await;
    for sku in ["TEA", "MUG"] {
        stand.receive("S1", sku, 2).await;
        let policy = json!({"location": "S1", "sku": sku, "low_at": "3"});
        assert_eq!(stand.post("set_policy", &policy).await.status, 200);
    }
    // Both are low at version 2. Tea leaves the list while the client is away, the mug afterwards.
    stand.receive("S1", "TEA", 10).await;
    let mut watcher = stand.socket(Role::Analyst).await;
    let since = json!({"S1": {"TEA": 2, "MUG": 2}});
    let snapshot = watcher.ask(json!({"op": "subscribe", "id": id(), "low_only": true, "since": since})).await;
    let levels = snapshot["levels"].as_array().unwrap();
    assert_eq!((levels.len(), &levels[0]["sku"], &levels[0]["low"]), (1, &json!("TEA"), &json!(false)));
    stand.receive("S1", "MUG", 10).await;
    let levels = watcher.push().await;
    assert_eq!((&levels[0]["sku"], &levels[0]["low"]), (&json!("MUG"), &json!(false)));
}

#[tokio::test]
async fn a_low_list_of_many_items_does_not_hold_up_the_thread() {
    let stand = Stand::start().await;
    let all: Vec<Value> =
        (0..30_000).map(|no| json!({"sku": format!("I{no}"), "name": "x", "tax_class": "food"})).collect();
    assert_eq!(stand.post("define_items", &json!({"items": all})).await.status, 200);
    for from in (0..30_000).step_by(500) {
        let lines: Vec<Value> = (from..from + 500).map(|no| json!({"sku": format!("I{no}"), "qty": 9})).collect();
        assert_eq!(stand.post("receive", &json!({"location": "S1", "lines": lines})).await.status, 200);
    }
    let mut watcher = stand.socket(Role::Analyst).await;
    let snapshot = watcher.ask(json!({"op": "subscribe", "id": id(), "low_only": true, "locations": ["S1"]})).await;
    assert_eq!(snapshot["levels"], json!([]));
    // The look through all of them goes on in turns: each says what it found, here nothing.
    assert_eq!(watcher.push().await.len(), 0);
}
