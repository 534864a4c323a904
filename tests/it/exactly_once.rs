//! Nothing is counted twice, however often it is sent, and a hold is never in its owner's way.

use crate::harness::Data;
use crate::wire::{Socket, block_on, body_of, get, id, ok, post, refused, sell, stocked_shop};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// T12: the link dies after the sale was sent and before the answer was read; the client sends it
/// ten times more, also after a restart: one sale, one receipt, the same bytes.
#[test]
fn t12_a_resent_sale_gets_the_first_answer_also_after_a_restart() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    let mut sale = sell("S1", "TEA", 2);
    sale["till"] = json!(3);
    let first = block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 10)]).await;
        let mut watcher = Socket::open(&server.address, &admin).await;
        ok(&watcher.call(&json!({"op": "subscribe", "id": id(), "skus": ["TEA"]})).await, "subscribed");
        let mut cut = Socket::open(&server.address, &till).await;
        cut.send(&sale).await;
        watcher.level(|level| level["on_hand"] == "8").await;
        drop(cut);
        let first = Socket::open(&server.address, &till).await.call_text(&sale).await;
        let mut again = Socket::open(&server.address, &till).await;
        for _ in 0..9 {
            assert_eq!(again.call_text(&sale).await, first);
        }
        first
    });
    let reply: Value = serde_json::from_str(&first).unwrap();
    ok(&reply, "recorded");
    assert_eq!(reply["receipt"], "S1-3-1");
    server.kill();
    let server = data.serve();
    block_on(async {
        let mut again = Socket::open(&server.address, &till).await;
        assert_eq!(again.call_text(&sale).await, first);
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        assert_eq!(level["on_hand"], "8");
        let totals = get(&server.address, &admin, "/v1/totals?location=S1").await.json();
        assert!(totals.to_string().contains("\"sales\":1"), "{totals:#}");
        let other = {
            let mut other = sale.clone();
            other["lines"][0]["qty"] = json!("3");
            other["tenders"][0]["amount"] = json!(1350);
            other
        };
        let answer = again.call(&other).await;
        refused(&answer, 1008);
        assert!(answer["error"]["message"].as_str().unwrap().contains("lines"), "{answer:#}");
    });
}

/// A price that changed between two tries does not turn the second into another sale.
#[test]
fn t12_a_resent_sale_gets_the_first_answer_also_after_a_price_change() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 10)]).await;
        let mut cashier = Socket::open(&server.address, &till).await;
        let sale = sell("S1", "TEA", 2);
        let first = cashier.call_text(&sale).await;
        let dearer = json!({"op": "define_items", "id": id(),
            "items": [{"sku": "TEA", "name": "Tea", "tax_class": "standard", "price": 500}]});
        ok(&setup.call(&dearer).await, "items_defined");
        assert_eq!(cashier.call_text(&sale).await, first);
        refused(&cashier.call(&sell("S1", "TEA", 2)).await, 3002);
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        assert_eq!(level["on_hand"], "8");
    });
}

/// T14: the id is minted at the tap: a double tap, on two sockets and over HTTP, is one sale.
#[test]
fn t14_a_double_tap_is_one_sale() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 10)]).await;
        let mut one = Socket::open(&server.address, &till).await;
        let mut two = Socket::open(&server.address, &till).await;
        for tap in 1..=5 {
            let sale = sell("S1", "TEA", 1);
            let key = sale["id"].as_str().unwrap().to_owned();
            let body = body_of(&sale);
            let (a, b, c) = tokio::join!(
                one.call_text(&sale),
                two.call_text(&sale),
                post(&server.address, &till, "sell", &key, &body)
            );
            assert_eq!(a, b);
            assert_eq!(c.json(), serde_json::from_str::<Value>(&a).unwrap());
            let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
            assert_eq!(level["on_hand"], (10 - tap).to_string());
        }
    });
}

/// T3: "order paid" is delivered five times at once, under five ids: one movement.
#[test]
fn t3_order_paid_five_times_is_one_movement() {
    let data = Data::new();
    let (admin, web) = (data.key("admin"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 10)]).await;
        let mut sockets = join_all((0..5).map(|_| Socket::open(&server.address, &web))).await;
        let answers = join_all(sockets.iter_mut().map(|socket| async move {
            let paid = json!({"op": "allocate", "id": id(), "location": "S1", "order": "1001-1",
                "lines": [{"sku": "TEA", "qty": "2"}]});
            socket.call(&paid).await
        }))
        .await;
        for answer in &answers {
            ok(answer, "allocated");
        }
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        assert_eq!((&level["allocated"], &level["available"]), (&json!("2"), &json!("8")));
        let mut picked = sell("S1", "TEA", 2);
        picked["order"] = json!("1001-1");
        ok(&setup.call(&picked).await, "recorded");
        let late = json!({"op": "allocate", "id": id(), "location": "S1", "order": "1001-1",
            "lines": [{"sku": "TEA", "qty": "2"}]});
        refused(&sockets[0].call(&late).await, 2004);
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        assert_eq!((&level["on_hand"], &level["allocated"]), (&json!("8"), &json!("0")));
    });
}

/// T4: reserving and checking are one step: of many that want the rest, exactly those that fit are
/// granted, and an order is never allocated less than it asked.
#[test]
fn t4_no_request_separates_the_check_from_the_hold() {
    let data = Data::new();
    let (admin, web) = (data.key("admin"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 25)]).await;
        let mut sockets = join_all((0..40).map(|_| Socket::open(&server.address, &web))).await;
        let answers = join_all(sockets.iter_mut().enumerate().map(|(n, socket)| async move {
            let paid = json!({"op": "allocate", "id": id(), "location": "S1", "order": format!("O{n}"),
                "lines": [{"sku": "TEA", "qty": "1"}, {"sku": "TEA", "qty": "1"}]});
            socket.call(&paid).await
        }))
        .await;
        let granted = answers.iter().filter(|answer| answer["ok"] == "allocated").count();
        assert_eq!(granted, 12, "twelve orders of two fit in 25");
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        assert_eq!((&level["allocated"], &level["available"]), (&json!("24"), &json!("1")));
    });
}

/// T26: the order's own hold never blocks its payment, whether it names the reservation or its owner.
#[test]
fn t26_a_hold_never_counts_against_its_own_owner() {
    let data = Data::new();
    let (admin, web) = (data.key("admin"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 1), ("MUG", 1)]).await;
        let mut website = Socket::open(&server.address, &web).await;
        for (sku, by) in [("TEA", "reservation"), ("MUG", "owner")] {
            let hold = json!({"op": "reserve", "id": id(), "location": "S1", "owner": format!("cart-{sku}"), "ttl_s": 600,
                "lines": [{"sku": sku, "qty": "1"}]});
            let held = website.call(&hold).await;
            ok(&held, "reserved");
            let stranger = sell("S1", sku, 1);
            refused(&website.call(&stranger).await, 2001);
            let mut mine = sell("S1", sku, 1);
            mine[by] = if by == "owner" { json!(format!("cart-{sku}")) } else { held["reservation"].clone() };
            ok(&website.call(&mine).await, "recorded");
            let level = get(&server.address, &admin, &format!("/v1/stock/S1/{sku}")).await.json();
            assert_eq!((&level["on_hand"], &level["reserved"]), (&json!("0"), &json!("0")));
        }
    });
}

/// T27: list, single item, WebSocket read, subscription and event feed tell the same at the same version.
#[test]
fn t27_every_read_path_gives_the_same_available_at_the_same_version() {
    let data = Data::new();
    let (admin, web) = (data.key("admin"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 5)]).await;
        let mut watcher = Socket::open(&server.address, &web).await;
        ok(
            &watcher.call(&json!({"op": "subscribe", "id": id(), "skus": ["TEA"], "locations": ["S1"]})).await,
            "subscribed",
        );
        let mut website = Socket::open(&server.address, &web).await;
        for step in 1..=5 {
            let hold = json!({"op": "reserve", "id": id(), "location": "S1", "owner": format!("cart-{step}"), "ttl_s": 600,
                "lines": [{"sku": "TEA", "qty": "1"}]});
            ok(&website.call(&hold).await, "reserved");
            let version = step + 1;
            let pushed = watcher.level(|level| level["version"] == version).await;
            let read = website.call(&json!({"op": "get", "id": id(), "location": "S1", "sku": "TEA"})).await;
            let product = get(&server.address, &web, "/v1/stock/S1/TEA").await;
            let list = get(&server.address, &web, "/v1/stock?location=S1").await.json();
            let listed = list["levels"].as_array().unwrap().iter().find(|level| level["sku"] == "TEA").unwrap().clone();
            for level in [&pushed, &read["level"], &product.json(), &listed] {
                assert_eq!(level["version"], version, "{level:#}");
                assert_eq!(level["available"], (5 - step).to_string(), "{level:#}");
            }
        }
    });
}
