//! `kill -9` under load: nothing acknowledged is lost, nothing is doubled. What was acknowledged is
//! kept outside the victim, in this process.

use crate::harness::{Data, Server};
use crate::wire::{Socket, block_on, get, id, ok, sell, stocked_shop};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::Notify;

const SOCKETS: usize = 6;
const IN_FLIGHT: usize = 32;
const SKUS: u32 = 20;
const OPENING: u32 = 900_000;

fn rounds() -> usize {
    std::env::var("ONHAND_KILL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(50)
}

/// What one client sent in one round, and the answers it got before the server died.
#[derive(Default)]
struct Journal {
    sent: Vec<Value>,
    acknowledged: Vec<(usize, String)>,
}

#[test]
fn kill_9_under_load_loses_nothing_and_doubles_nothing() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let names: Vec<String> = (0..SKUS).map(|n| format!("SKU-{n}")).collect();
    let mut server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        let items: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), OPENING)).collect();
        stocked_shop(&mut setup, "S1", &items).await;
    });
    let (mut sold, mut acknowledged, mut unanswered) = (0, 0, 0);
    for round in 0..rounds() {
        let journals = block_on(sell_until_killed(server, &till, round));
        data.verify();
        server = data.serve();
        for journal in &journals {
            block_on(check_again(&server, &till, journal));
            sold += journal.sent.len();
            acknowledged += journal.acknowledged.len();
            unanswered += journal.sent.len() - journal.acknowledged.len();
        }
        let left = block_on(on_hand(&server, &admin, &names));
        assert_eq!(left, u64::from(OPENING) * u64::from(SKUS) - sold as u64, "round {round}: units left");
    }
    assert!(acknowledged > 0 && unanswered > 0, "the kills did not fall into the load");
    eprintln!("{} kills: {sold} sales, {acknowledged} acknowledged before a kill, {unanswered} in flight", rounds());
}

async fn sell_until_killed(server: Server, key: &str, round: usize) -> Vec<Journal> {
    let mut clients = join_all((0..SOCKETS).map(|_| Socket::open(&server.address, key))).await;
    let begun = Notify::new();
    let load = join_all(clients.iter_mut().enumerate().map(|(n, socket)| sell_on(socket, n as u32, &begun)));
    // Something is acknowledged before the kill, and each client has sales in flight until then.
    let kill = async {
        begun.notified().await;
        tokio::time::sleep(Duration::from_millis(37 * (round as u64 % 9))).await;
        server.kill();
    };
    let mut journals = tokio::join!(load, kill).0;
    // What nobody asked for before it.
    journals.iter_mut().for_each(|journal| journal.sent.push(sell("S1", "SKU-0", 1)));
    journals
}

/// Keeps sales in flight until the socket dies.
async fn sell_on(socket: &mut Socket, client: u32, begun: &Notify) -> Journal {
    let mut journal = Journal::default();
    let mut by_id = std::collections::HashMap::new();
    loop {
        while journal.sent.len() - journal.acknowledged.len() < IN_FLIGHT {
            let sku = (client + journal.sent.len() as u32) % SKUS;
            let mut sale = sell("S1", &format!("SKU-{sku}"), 1);
            sale["till"] = json!(client + 1);
            by_id.insert(sale["id"].as_str().unwrap().to_owned(), journal.sent.len());
            if !socket.try_send(&sale).await {
                // It may have left this process: it counts as sent.
                journal.sent.push(sale);
                return journal;
            }
            journal.sent.push(sale);
        }
        let Some(text) = socket.next_text().await else { return journal };
        let reply: Value = serde_json::from_str(&text).unwrap();
        ok(&reply, "recorded");
        let which = by_id[reply["id"].as_str().unwrap()];
        journal.acknowledged.push((which, text));
        begun.notify_one();
    }
}

/// Sends everything again: what was acknowledged gets the same bytes; the rest is recorded now, or
/// turns out to have been.
async fn check_again(server: &Server, key: &str, journal: &Journal) {
    let mut socket = Socket::open(&server.address, key).await;
    let mut answers = std::collections::HashMap::new();
    for chunk in journal.sent.chunks(256) {
        for sale in chunk {
            socket.send(sale).await;
        }
        for _ in chunk {
            let text = socket.next_text().await.expect("the server closed the socket");
            let reply: Value = serde_json::from_str(&text).unwrap();
            ok(&reply, "recorded");
            answers.insert(reply["id"].as_str().unwrap().to_owned(), text);
        }
    }
    for (which, text) in &journal.acknowledged {
        let id = journal.sent[*which]["id"].as_str().unwrap();
        assert_eq!(&answers[id], text, "an acknowledged sale was lost or changed");
    }
}

async fn on_hand(server: &Server, key: &str, names: &[String]) -> u64 {
    let mut sum = 0;
    for name in names {
        let level = get(&server.address, key, &format!("/v1/stock/S1/{name}")).await.json();
        sum += level["on_hand"].as_str().unwrap().parse::<u64>().unwrap();
    }
    sum
}

/// T30 across a restart: holds whose time ran out while the server was down go free when it is back,
/// those with time left stay.
#[test]
fn t30_holds_expire_across_a_restart() {
    let data = Data::new();
    let (admin, web) = (data.key("admin"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 500)]).await;
        let mut website = Socket::open(&server.address, &web).await;
        for (n, ttl_s) in (0..400).map(|n| (n, if n % 2 == 0 { 1 } else { 3_600 })) {
            let hold = json!({"op": "reserve", "id": id(), "location": "S1", "owner": format!("cart-{n}"),
                "ttl_s": ttl_s, "lines": [{"sku": "TEA", "qty": "1"}]});
            ok(&website.call(&hold).await, "reserved");
        }
    });
    server.kill();
    let server = data.serve();
    block_on(async {
        let mut watcher = Socket::open(&server.address, &web).await;
        let subscribed = watcher.call(&json!({"op": "subscribe", "id": id(), "skus": ["TEA"]})).await;
        ok(&subscribed, "subscribed");
        let freed = |level: &Value| level["available"] == "300";
        if !subscribed["levels"].as_array().unwrap().iter().any(freed) {
            watcher.level(freed).await;
        }
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        assert_eq!(level["reserved"], "200");
    });
    assert!(server.terminate().success());
    data.verify();
}
