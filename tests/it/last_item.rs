//! The last one is sold once, and it is sold.

use crate::harness::Data;
use crate::wire::{Socket, block_on, body_of, get, http, id, ok, post, refused, sell, stocked_shop};
use futures_util::future::join_all;
use serde_json::{Value, json};

const BUYERS: usize = 1_000;
const SOCKETS: usize = 100;

fn rounds() -> usize {
    std::env::var("ONHAND_RACE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(100)
}

/// T1 and T61: a thousand buyers at once, half as tills and half as the website, most over a
/// hundred WebSockets and some over HTTP: one winner, 999 refusals that say 2001, nothing left over.
#[test]
fn t1_t61_a_thousand_buyers_one_winner_each_round_and_no_undersell() {
    let data = Data::new();
    let (admin, till, web) = (data.key("admin"), data.key("till"), data.key("web"));
    let server = data.serve();
    let rounds = rounds();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        let names: Vec<String> = (0..rounds).map(|round| format!("LAST-{round:03}")).collect();
        let items: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        stocked_shop(&mut setup, "S1", &items).await;
        let keys = [&till, &web];
        let mut sockets = join_all((0..SOCKETS).map(|n| Socket::open(&server.address, keys[n % 2]))).await;
        for name in &names {
            let answers = race(&server.address, &mut sockets, &keys, name).await;
            let won = answers.iter().filter(|answer| answer["ok"] == "recorded").count();
            let refused = answers.iter().filter(|answer| number_of(answer) == 2001).count();
            assert_eq!((won, refused), (1, BUYERS - 1), "{name}");
            let level = get(&server.address, &admin, &format!("/v1/stock/S1/{name}")).await.json();
            assert_eq!((&level["on_hand"], &level["available"]), (&json!("0"), &json!("0")), "{name}: undersell");
        }
    });
    assert!(server.terminate().success());
    data.verify();
}

async fn race(address: &str, sockets: &mut [Socket], keys: &[&String; 2], sku: &str) -> Vec<Value> {
    const OVER_HTTP: usize = 50;
    let each = (BUYERS - OVER_HTTP) / sockets.len();
    let left_over = (BUYERS - OVER_HTTP) % sockets.len();
    let over_sockets = join_all(sockets.iter_mut().enumerate().map(|(n, socket)| async move {
        let count = each + usize::from(n < left_over);
        for _ in 0..count {
            socket.send(&sell("S1", sku, 1)).await;
        }
        let mut answers = Vec::with_capacity(count);
        while answers.len() < count {
            answers.push(socket.next().await);
        }
        answers
    }));
    let over_http = join_all((0..OVER_HTTP).map(|n| async move {
        let request = sell("S1", sku, 1);
        post(address, keys[n % 2], "sell", &id(), &body_of(&request)).await.json()
    }));
    let (over_sockets, over_http) = tokio::join!(over_sockets, over_http);
    over_sockets.into_iter().flatten().chain(over_http).collect()
}

/// The refusal's number, in a WebSocket answer or an HTTP problem.
fn number_of(answer: &Value) -> u64 {
    answer["error"]["number"].as_u64().or(answer["number"].as_u64()).unwrap_or(0)
}

/// T1 with baskets larger than one: what is granted never exceeds what there was, and what is left
/// would not have covered anybody who was refused.
#[test]
fn t1_baskets_larger_than_one() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 100)]).await;
        let mut sockets = join_all((0..20).map(|_| Socket::open(&server.address, &till))).await;
        let sold: Vec<u32> = join_all(sockets.iter_mut().map(|socket| async move {
            let mut sold = 0;
            for qty in [7, 3, 5] {
                let answer = socket.call(&sell("S1", "TEA", qty)).await;
                if answer["ok"] == "recorded" {
                    sold += qty;
                } else {
                    refused(&answer, 2001);
                }
            }
            sold
        }))
        .await;
        let sold: u32 = sold.iter().sum();
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        let left: u32 = level["on_hand"].as_str().unwrap().parse().unwrap();
        assert_eq!(sold + left, 100);
        assert!(left < 3, "{left} left while baskets of 3 were refused");
    });
}

/// T8: two channels share a location: when one has taken all, the other reads 0 and cannot reserve.
#[test]
fn t8_two_channels_share_one_shelf() {
    let data = Data::new();
    let (admin, till, web) = (data.key("admin"), data.key("till"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 3)]).await;
        let mut cashier = Socket::open(&server.address, &till).await;
        let mut website = Socket::open(&server.address, &web).await;
        ok(&cashier.call(&sell("S1", "TEA", 3)).await, "recorded");
        let level = website.call(&json!({"op": "get", "id": id(), "location": "S1", "sku": "TEA"})).await;
        assert_eq!(level["level"]["available"], "0", "{level:#}");
        for channel in ["web", "marketplace"] {
            let reserve = json!({"op": "reserve", "id": id(), "location": "S1", "channel": channel, "owner": "cart-1",
                "ttl_s": 60, "lines": [{"sku": "TEA", "qty": "1"}]});
            refused(&website.call(&reserve).await, 2001);
        }
    });
}

/// T7: baskets reserve the same items in opposite orders from 64 clients: everybody is answered.
#[test]
fn t7_opposite_orders_do_not_deadlock() {
    let data = Data::new();
    let (admin, web) = (data.key("admin"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("A", 500), ("B", 500), ("C", 500)]).await;
        let mut sockets = join_all((0..64).map(|_| Socket::open(&server.address, &web))).await;
        let granted: Vec<u32> = join_all(sockets.iter_mut().enumerate().map(|(n, socket)| async move {
            let mut order = ["A", "B", "C"];
            if n % 2 == 1 {
                order.reverse();
            }
            let mut granted = 0;
            for round in 0..20 {
                let lines: Vec<Value> = order.iter().map(|sku| json!({"sku": sku, "qty": "1"})).collect();
                let reserve = json!({"op": "reserve", "id": id(), "location": "S1", "owner": format!("c{n}-{round}"),
                    "ttl_s": 600, "lines": lines});
                let answer = socket.call(&reserve).await;
                if answer["ok"] == "reserved" { granted += 1 } else { refused(&answer, 2001) }
            }
            granted
        }))
        .await;
        assert_eq!(granted.iter().sum::<u32>(), 500, "all or nothing, and nothing left over");
        for sku in ["A", "B", "C"] {
            let level = get(&server.address, &admin, &format!("/v1/stock/S1/{sku}")).await.json();
            assert_eq!((&level["reserved"], &level["available"]), (&json!("500"), &json!("0")));
        }
    });
}

/// The pages answer while the server is up, so that a shopper sees what the tills see.
#[test]
fn the_public_pages_are_there() {
    let data = Data::new();
    let server = data.serve();
    block_on(async {
        for path in ["/", "/shop", "/widget/live-stock.js", "/healthz", "/readyz", "/v1/openapi.json", "/errors/2001"] {
            let answer = http(&server.address, "GET", path, &[], None).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(!answer.body.is_empty(), "{path}");
        }
    });
}
