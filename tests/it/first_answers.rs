//! The same id gets the first answer, byte for byte, also where the same could not be asked for anew: prices,
//! coupons, rates and accounts have changed since.

use crate::harness::Data;
use crate::wire::{Socket, block_on, body_of, id, ok, post, refused, sell, stocked_shop};
use serde_json::{Value, json};

/// Whose points pay is looked up when a sale comes in; whose they are by the time of a repeat does not matter.
#[test]
fn points_found_by_their_customer_are_taken_once_whosever_they_are_later() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let mut server = data.serve();
    let sales = ["customer", "owner"].map(by_points);
    let (mut firsts, mut accounts) = (Vec::new(), Vec::new());
    // One account is theirs; a second one is, too; none is.
    for number in [None, Some(3062), Some(3061)] {
        block_on(async {
            let mut setup = Socket::open(&server.address, &admin).await;
            let mut cashier = Socket::open(&server.address, &till).await;
            match number {
                None => {
                    stocked_shop(&mut setup, "S1", &[("TEA", 10)]).await;
                    accounts.push(account(&mut setup).await);
                    for sale in &sales {
                        firsts.push(cashier.call_text(sale).await);
                        ok(&serde_json::from_str(firsts.last().unwrap()).unwrap(), "recorded");
                    }
                }
                Some(3062) => accounts.push(account(&mut setup).await),
                Some(_) => {
                    for account in &accounts {
                        let given = json!({"op": "assign_account", "id": id(), "account": account, "customer": "bob"});
                        ok(&setup.call(&given).await, "account_booked");
                    }
                }
            }
            if let Some(number) = number {
                refused(&cashier.call(&by_points("customer")).await, number);
            }
            for (sale, first) in sales.iter().zip(&firsts) {
                assert_eq!(&cashier.call_text(sale).await, first, "{number:?}");
            }
        });
        server.kill();
        server = data.serve();
        block_on(async {
            let mut cashier = Socket::open(&server.address, &till).await;
            for (sale, first) in sales.iter().zip(&firsts) {
                assert_eq!(&cashier.call_text(sale).await, first, "{number:?}, after a kill");
                let mut other = sale.clone();
                other["tenders"][0]["points"] = json!(449);
                refused(&cashier.call(&other).await, 1008);
            }
        });
    }
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        for (account, balance) in accounts.iter().zip([100, 1_000]) {
            let mut read = json!({"held": 1});
            while read["held"] != 0 {
                read = setup.call(&json!({"op": "account", "id": id(), "account": account})).await;
            }
            assert_eq!(read["balance"], balance, "taken once by each sale: {read:#}");
        }
    });
    assert!(server.terminate().success());
    data.verify();
}

/// Points are given to whoever's account it was the first time, wherever that is: no other account gets them when the
/// same comes again.
#[test]
fn points_given_by_their_customers_name_are_given_once() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let mut server = data.serve();
    let load = json!({"op": "load_account", "id": id(), "customer": "ann", "points": 7});
    // Of two accounts the ids say where they are: next to one another, so not on the same shard.
    let issued = |last: char| {
        let id = format!("{}{last}", &id()[..35]);
        json!({"op": "issue_account", "id": id, "type": "loyalty", "points": 0, "customer": "ann"})
    };
    let accounts = ['0', '1'].map(issued);
    let mut first = String::new();
    for round in 0..4 {
        block_on(async {
            let mut setup = Socket::open(&server.address, &admin).await;
            let assign = |at: usize, customer: &str| json!({"op": "assign_account", "account": accounts[at]["id"], "customer": customer});
            match round {
                0 => {
                    ok(&setup.call(&accounts[0]).await, "account_issued");
                    first = setup.call_text(&load).await;
                    ok(&serde_json::from_str(&first).unwrap(), "account_booked");
                }
                1 => ok(&setup.call(&accounts[1]).await, "account_issued"),
                2 => change(&mut setup, assign(0, "bob")).await,
                _ => change(&mut setup, assign(1, "bob")).await,
            }
        });
        for is_killed in [false, true] {
            if is_killed {
                server.kill();
                server = data.serve();
            }
            block_on(async {
                let mut cashier = Socket::open(&server.address, &till).await;
                assert_eq!(cashier.call_text(&load).await, first, "{round} {is_killed}");
                let key = load["id"].as_str().unwrap();
                let again = post(&server.address, &till, "load_account", key, &body_of(&load)).await;
                assert_eq!(again.json(), serde_json::from_str::<Value>(&first).unwrap());
                let other = with(load.clone(), &json!({"points": 8}));
                refused(&cashier.call(&other).await, 1008);
                for account in &accounts[..2.min(round + 1)] {
                    let read = cashier.call(&json!({"op": "account", "id": id(), "account": account["id"]})).await;
                    assert_eq!(read["balance"], if account == &accounts[0] { 7 } else { 0 }, "{read:#}");
                }
                match round {
                    1 => refused(&cashier.call(&with(load.clone(), &json!({"id": id()}))).await, 3062),
                    3 => refused(&cashier.call(&with(load.clone(), &json!({"id": id()}))).await, 3061),
                    _ => {}
                }
            });
        }
    }
    assert!(server.terminate().success());
    data.verify();
}

/// A sale with points that names only its customer.
fn by_points(field: &str) -> Value {
    let mut sale = sell("S1", "TEA", 1);
    sale[field] = json!("ann");
    sale["tenders"] = json!([{"type": "other", "amount": 450, "points": 450}]);
    sale
}

async fn account(socket: &mut Socket) -> Value {
    let issue = json!({"op": "issue_account", "id": id(), "type": "loyalty", "points": 1_000, "customer": "ann"});
    let issued = socket.call(&issue).await;
    ok(&issued, "account_issued");
    issued["account"].clone()
}

/// Each is done, then something that it rests on changes: the same once more gets the first answer, on a socket and
/// over HTTP, and anew it is refused.
#[test]
fn what_cannot_be_any_more_gets_its_first_answer() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    let tea = |fields: Value| {
        let mut item = json!({"sku": "TEA", "name": "Tea", "tax_class": "standard", "price": 450});
        item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"op": "define_items", "items": [item]})
    };
    let shop = |currency: &str, class: &str| {
        json!({"op": "define_location", "code": "S1", "name": "S1", "kind": "shop", "currency": currency,
            "tax": {"basis": "inclusive", "rounding": "line", "rates": [{"class": class, "rate_ppm": 200_000}]}})
    };
    let promotion =
        json!({"code": "P", "name": "Ten percent", "coupon": "TEN", "benefit": {"each": {"percent_ppm": 100_000}}});
    let coupon = json!({"coupons": ["TEN"], "tenders": [{"type": "cash", "amount": 405}]});
    let by_hand = json!({"discount": {"amount": 400, "reason": "dented"}, "tenders": [{"type": "cash", "amount": 50}]});
    let weighed = json!({"lines": [{"sku": "TEA", "qty": "0.5"}], "tenders": [{"type": "cash", "amount": 225}]});
    let back = json!({"tenders": [{"type": "cash", "amount": 450}], "disposition": "resell"});
    let set_aside = json!({"till": 1, "layaway": "L-1", "customer": "ann", "ttl_s": 1_000,
        "tenders": [{"type": "cash", "amount": 100}]});
    let (euros, no_price) = (shop("EUR", "standard"), tea(json!({"price": null})));
    let kit = json!({"op": "define_items", "items": [
        {"sku": "LEAF", "name": "Leaf", "tax_class": "standard", "price": 1},
        {"sku": "TEA", "name": "Tea", "tax_class": "standard", "price": 450, "terms": {"parts": [{"sku": "LEAF", "qty": 1}]}}]});
    let counted = json!({"op": "count", "id": id(), "location": "S1", "sku": "TEA", "counted": 20});
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 100)]).await;
        let open = json!({"op": "open_session", "location": "S1", "till": 1, "currency": "EUR", "float": 0});
        change(&mut setup, open).await;
        let mut clerk = Socket::open(&server.address, &till).await;
        for (name, before, asked, after, number) in [
            (
                "a coupon ends",
                json!({"op": "define_promotions", "promotions": [promotion]}),
                with(sell("S1", "TEA", 1), &coupon),
                json!({"op": "end_promotion", "promotion": "P"}),
                3050,
            ),
            (
                "it costs less than is taken off",
                euros.clone(),
                with(sell("S1", "TEA", 1), &by_hand),
                tea(json!({"price": 300})),
                3051,
            ),
            ("no price", tea(json!({})), sell("S1", "TEA", 1), no_price.clone(), 3005),
            (
                "no price for a layaway",
                tea(json!({})),
                with(as_op(sell("S1", "TEA", 1), "open_layaway"), &set_aside),
                no_price.clone(),
                3005,
            ),
            (
                "no price for what comes back",
                tea(json!({})),
                with(as_op(sell("S1", "TEA", 1), "return"), &back),
                no_price,
                3005,
            ),
            ("by the piece", tea(json!({"unit": "kg"})), with(sell("S1", "TEA", 1), &weighed), tea(json!({})), 1005),
            ("no rate", tea(json!({})), sell("S1", "TEA", 1), shop("EUR", "other"), 3004),
            ("another currency", euros.clone(), sell("S1", "TEA", 1), shop("CHF", "standard"), 3001),
            ("a kit", euros, counted, kit, 2031),
        ] {
            change(&mut setup, before).await;
            let first = setup.call_text(&asked).await;
            assert!(first.contains("\"ok\""), "{name}: {first}");
            change(&mut setup, after).await;
            assert_eq!(setup.call_text(&asked).await, first, "{name}");
            let (op, key) = (asked["op"].as_str().unwrap(), asked["id"].as_str().unwrap_or_default());
            let over_http = post(&server.address, &admin, op, key, &body_of(&asked)).await;
            assert_eq!(over_http.json(), serde_json::from_str::<Value>(&first).unwrap(), "{name}");
            let mut anew = asked.clone();
            anew["id"] = json!(id());
            if anew["layaway"] == "L-1" {
                anew["layaway"] = json!("L-2");
            }
            let refusal = clerk.call(&anew).await;
            refused(&refusal, number);
            assert!(refusal["error"]["field"].is_string() || number == 3004, "{refusal:#}");
            assert_eq!(post(&server.address, &admin, op, &id(), &body_of(&anew)).await.number(), number, "{name}");
        }
    });
    assert!(server.terminate().success());
    data.verify();
}

fn with(mut asked: Value, fields: &Value) -> Value {
    asked.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    asked
}

fn as_op(mut asked: Value, op: &str) -> Value {
    asked["op"] = json!(op);
    asked
}

async fn change(socket: &mut Socket, mut asked: Value) {
    asked["id"] = json!(id());
    let reply = socket.call(&asked).await;
    assert!(reply["ok"].is_string(), "{reply:#}");
}
