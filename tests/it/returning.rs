//! Known sales come back: never more than was sold, whoever asks where.

use crate::harness::Data;
use crate::wire::{Socket, block_on, body_of, get, id, ok, post, refused, sell, stocked_shop};
use futures_util::future::join_all;
use serde_json::{Value, json};

fn give_back(location: &str, sale: &Value, lines: Value) -> Value {
    json!({"op": "return_sale", "id": id(), "location": location, "till": 1, "currency": "EUR", "sale": sale["seq"],
        "lines": lines, "disposition": "resell"})
}

/// T57: two tills in two shops and the website's back office take back the last unit at once: one
/// wins, and the sum of what came back is what was sold, also after a restart.
#[test]
fn t57_no_more_comes_back_than_was_sold_at_whichever_till() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    let (sale, wins) = block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 10)]).await;
        stocked_shop(&mut setup, "S2", &[("TEA", 10)]).await;
        let mut seller = Socket::open(&server.address, &till).await;
        let sale = seller.call(&sell("S1", "TEA", 3)).await;
        ok(&sale, "recorded");
        let mut tries = Vec::new();
        for at in 0..30 {
            tries.push((["S1", "S2"][at % 2], Socket::open(&server.address, &till).await));
        }
        let one = json!([{"line": 0, "qty": "1"}]);
        let asked = tries.into_iter().map(|(location, mut socket)| {
            let request = give_back(location, &sale, one.clone());
            async move {
                let first = socket.call(&request).await;
                assert_eq!(socket.call(&request).await["error"]["number"], first["error"]["number"], "asked again");
                first
            }
        });
        let answers: Vec<Value> = join_all(asked).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer["error"].is_null());
        won.iter().for_each(|answer| {
            ok(answer, "returned");
        });
        lost.iter().for_each(|answer| {
            refused(answer, 2006);
        });
        (sale, won.len())
    });
    assert_eq!(wins, 3, "three were sold");
    server.kill();
    let server = data.serve();
    block_on(async {
        let mut again = Socket::open(&server.address, &till).await;
        refused(&again.call(&give_back("S2", &sale, json!([{"line": 0, "qty": "1"}]))).await, 2006);
        refused(&again.call(&give_back("S1", &sale, json!([]))).await, 1010);
        let mut units = 0;
        for location in ["S1", "S2"] {
            let level = get(&server.address, &admin, &format!("/v1/stock/{location}/TEA")).await.json();
            units += level["on_hand"].as_str().unwrap().parse::<i64>().unwrap();
        }
        assert_eq!(units, 20, "all that was sold is on a shelf again");
    });
}

/// T58: a part by weight, then the rest at another shop and over HTTP: price and tax add up exactly.
#[test]
fn t58_parts_add_up_exactly_wherever_they_come_back() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 10)]).await;
        stocked_shop(&mut setup, "S2", &[("TEA", 10)]).await;
        let ham = json!({"op": "define_items", "id": id(),
            "items": [{"sku": "HAM", "name": "Ham", "unit": "kg", "tax_class": "standard", "price": 1299}]});
        ok(&setup.call(&ham).await, "items_defined");
        let goods = json!({"op": "receive", "id": id(), "location": "S1", "lines": [{"sku": "HAM", "qty": "5"}]});
        ok(&setup.call(&goods).await, "received");
        let mut cashier = Socket::open(&server.address, &till).await;
        let sale = json!({"op": "sell", "id": id(), "location": "S1", "till": 1, "currency": "EUR",
            "lines": [{"sku": "HAM", "qty": "1.2"}], "tenders": [{"type": "card", "amount": 1559}]});
        let sale = cashier.call(&sale).await;
        ok(&sale, "recorded");
        let part = cashier.call(&give_back("S2", &sale, json!([{"line": 0, "qty": "0.5"}]))).await;
        ok(&part, "returned");
        assert_eq!((part["total"].as_i64(), part["receipt"].as_str()), (Some(650), Some("S2-1-1")));
        refused(&cashier.call(&give_back("S1", &sale, json!([{"line": 0, "qty": "0.8"}]))).await, 2006);
        refused(&cashier.call(&give_back("S1", &sale, json!([{"line": 9, "qty": "1"}]))).await, 1018);
        refused(&cashier.call(&give_back("S1", &json!({"seq": "999999"}), json!([]))).await, 2009);
        refused(&cashier.call(&give_back("S1", &json!({"seq": "0"}), json!([]))).await, 2009);
        refused(&cashier.call(&give_back("S1", &json!({"seq": "1"}), json!([]))).await, 2009);
        refused(&cashier.call(&give_back("S1", &sale, json!([{"line": 0}]))).await, 1001);
        let abroad = json!({"op": "define_location", "id": id(), "code": "US", "name": "Abroad", "kind": "shop",
            "currency": "USD", "tax": {"basis": "exclusive", "rounding": "line", "rates": []}});
        ok(&setup.call(&abroad).await, "location_defined");
        let mut in_dollars = give_back("US", &sale, json!([]));
        in_dollars["currency"] = json!("USD");
        refused(&cashier.call(&in_dollars).await, 3001);
        let all = body_of(&give_back("S1", &sale, json!([])));
        let rest = post(&server.address, &till, "return_sale", &id(), &all).await.json();
        ok(&rest, "returned");
        assert_eq!(rest["total"], 909, "the rest of 15.59");
    });
}

/// A sale is cancelled at its till; an exchange is one step and one receipt.
#[test]
fn a_void_and_an_exchange_are_one_step_each() {
    let data = Data::new();
    let (admin, till, web) = (data.key("admin"), data.key("till"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 10), ("CUP", 1)]).await;
        stocked_shop(&mut setup, "S2", &[("TEA", 10)]).await;
        let mut cashier = Socket::open(&server.address, &till).await;
        let mut basket = sell("S1", "TEA", 2);
        basket["till"] = json!(7);
        let sale = cashier.call(&basket).await;
        let void = |till: u16| {
            json!({"op": "void_sale", "id": id(), "location": "S1", "till": till,
            "sale": sale["seq"], "reason": "mistyped"})
        };
        refused(&Socket::open(&server.address, &web).await.call(&void(7)).await, 4004);
        refused(&cashier.call(&void(8)).await, 2008);
        ok(&cashier.call(&void(7)).await, "returned");
        refused(&cashier.call(&void(7)).await, 2007);
        let sale = cashier.call(&basket_again(&basket)).await;
        let exchange = |location: &str, qty: &str, paid: i64| {
            json!({"op": "exchange", "id": id(),
            "location": location, "till": 7, "currency": "EUR", "sale": sale["seq"],
            "returned": [{"line": 0, "qty": "1"}], "disposition": "resell",
            "lines": [{"sku": "CUP", "qty": qty, "unit_price": 500}],
            "tenders": [{"type": "cash", "amount": paid}]})
        };
        refused(&cashier.call(&exchange("S2", "1", 50)).await, 2001);
        refused(&cashier.call(&exchange("S1", "1", 500)).await, 3002);
        refused(&cashier.call(&exchange("S1", "2", 550)).await, 2001);
        let done = cashier.call(&exchange("S1", "1", 50)).await;
        ok(&done, "exchanged");
        assert_eq!((done["total"].as_i64(), done["returned"].as_i64()), (Some(50), Some(450)), "{done:#}");
        for (sku, on_hand) in [("TEA", "9"), ("CUP", "0")] {
            let level = get(&server.address, &admin, &format!("/v1/stock/S1/{sku}")).await.json();
            assert_eq!(level["on_hand"], on_hand, "{sku}");
        }
        let events = get(&server.address, &admin, "/v1/events?after=0").await.json().to_string();
        assert!(events.contains("\"voided\"") && events.contains("\"exchanged\""), "{events}");
    });
}

fn basket_again(basket: &Value) -> Value {
    let mut again = basket.clone();
    again["id"] = json!(id());
    again
}
