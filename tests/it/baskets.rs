//! `kill -9` while tills recall suspended baskets: each basket is suspended or with one till, its goods held either
//! way, its piece sold to nobody else, and whoever was told that it is theirs is told so again.

use crate::harness::{Data, Server};
use crate::wire::{Socket, block_on, get, id, ok, stocked_shop};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

const BASKETS: usize = 40;
const TILLS: u16 = 3;
const OPENING: u32 = 1_000;

fn rounds() -> u64 {
    std::env::var("ONHAND_KILL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(6)
}

/// Of an owner who holds nothing else: what a till recalled stays its own.
fn suspend() -> Value {
    let id = id();
    let tea = json!({"sku": "TEA", "qty": "1", "serials": [piece(&id)], "lot": "L42"});
    json!({"op": "suspend", "id": id, "location": "S1", "till": 1, "owner": "desk", "currency": "EUR",
        "basket": {"lines": [tea, {"sku": "MUG", "qty": "2"}], "note": "green coat"}})
}

/// The serial number of a basket's tea. Without digits: some of them would look like a card's number.
fn piece(basket: &str) -> String {
    let lettered = |digit: u32| char::from_u32(u32::from('k') + digit).unwrap();
    basket[..20].chars().map(|one| one.to_digit(10).map_or(one, lettered)).collect()
}

/// Another till has found a basket's piece, and sells it.
fn sell_piece(basket: &str) -> Value {
    let tea = json!({"sku": "TEA", "qty": "1", "serials": [piece(basket)]});
    json!({"op": "sell", "id": id(), "location": "S1", "till": 9, "currency": "EUR", "lines": [tea]})
}

fn recall(till: u16, basket: &str) -> Value {
    json!({"op": "recall", "id": id(), "location": "S1", "till": till, "basket": basket, "owner": format!("{till} {basket}"),
        "ttl_s": 3_600})
}

async fn waiting(server: &Server, key: &str) -> Vec<String> {
    let list = get(&server.address, key, "/v1/baskets?location=S1").await.json();
    let names = list["baskets"].as_array().unwrap().iter().map(|one| one["basket"].as_str().unwrap().to_owned());
    names.collect()
}

async fn reserved(server: &Server, key: &str, sku: &str) -> String {
    let level = get(&server.address, key, &format!("/v1/stock/S1/{sku}")).await.json();
    level["reserved"].as_str().unwrap().to_owned()
}

#[test]
fn a_basket_is_suspended_or_with_one_till() {
    let data = Data::new();
    let (admin, key) = (data.key("admin"), data.key("till"));
    let mut server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", OPENING), ("MUG", OPENING)]).await;
    });
    let (mut before, mut after) = (0, 0);
    for round in 1..=rounds() {
        // Every till asks for every basket, the server dies amid it.
        let (asked, told) = block_on(async {
            let mut socket = Socket::open(&server.address, &key).await;
            let mut asked = Vec::new();
            for _ in 0..BASKETS {
                let suspended = socket.call(&suspend()).await;
                ok(&suspended, "suspended");
                let basket = suspended["basket"].as_str().unwrap();
                asked.extend((1..=TILLS).map(|till| recall(till, basket)));
            }
            // The last basket is not asked for before the kill, and the first is with a till.
            for recall in &asked[..asked.len() - usize::from(TILLS)] {
                socket.try_send(recall).await;
            }
            let first = socket.next_text().await.unwrap();
            let name = |text: &str| serde_json::from_str::<Value>(text).unwrap()["id"].as_str().unwrap().to_owned();
            let mut told = HashMap::from([(name(&first), first)]);
            let soon = tokio::time::sleep(Duration::from_micros((round - 1) % 6 * 300));
            tokio::pin!(soon);
            loop {
                tokio::select! {
                    biased;
                    () = &mut soon => break,
                    text = socket.next_text() => {
                        let Some(text) = text else { break };
                        told.insert(name(&text), text);
                    }
                }
            }
            (asked, told)
        });
        server.kill();
        data.verify();
        server = data.serve();
        block_on(async {
            let left = waiting(&server, &key).await;
            after += left.len();
            before += BASKETS - left.len();
            let held = usize::try_from(round).unwrap() * BASKETS;
            assert_eq!(reserved(&server, &key, "TEA").await, held.to_string(), "a kill let go of what was held");
            let mut socket = Socket::open(&server.address, &key).await;
            let pieces = asked.iter().map(|recall| sell_piece(recall["basket"].as_str().unwrap()));
            for sale in pieces.step_by(usize::from(TILLS)) {
                assert_eq!(socket.call(&sale).await["error"]["number"], 1054, "a kill let go of a piece");
            }
            let mut taken: HashMap<String, u32> = HashMap::new();
            for recall in &asked {
                let text = socket.call_text(recall).await;
                let reply: Value = serde_json::from_str(&text).unwrap();
                if reply["ok"] == "recalled" {
                    assert_eq!(reply["basket"]["note"], "green coat");
                    let (basket, tea) = (recall["basket"].as_str().unwrap(), &reply["basket"]["lines"][0]);
                    assert_eq!((&tea["serials"], &tea["lot"]), (&json!([piece(basket)]), &json!("L42")));
                    *taken.entry(recall["basket"].as_str().unwrap().to_owned()).or_default() += 1;
                } else {
                    assert_eq!(reply["error"]["number"], 2020, "{text}");
                }
                if let Some(first) = told.get(reply["id"].as_str().unwrap()).filter(|first| first.contains("recalled"))
                {
                    assert_eq!(*first, text, "a till that had it was told something else");
                }
            }
            assert!(taken.len() == BASKETS && taken.values().all(|tills| *tills == 1), "{taken:?}");
            assert_eq!(waiting(&server, &key).await, Vec::<String>::new());
            assert_eq!(reserved(&server, &key, "MUG").await, (2 * held).to_string());
        });
    }
    assert!(server.terminate().success());
    data.verify();
    eprintln!("{} kills: {before} baskets were with a till, {after} were suspended", rounds());
    assert!(before > 0 && after > 0, "the kills did not fall into the recalls");
}
