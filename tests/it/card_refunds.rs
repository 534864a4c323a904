//! What card payments paid goes back to them with returns, exchanges and cancelled sales, each refund once, at whichever
//! shop, and with server and driver killed at each step.

use crate::harness::Server;
use crate::killing::{answer, killed};
use crate::paying::{is, start};
use crate::simulated::Shop;
use crate::wire::{Socket, block_on, get, id, ok, refused, stocked_shop};
use serde_json::{Value, json};
use std::time::Duration;

const PRICE: i64 = 1_000;

/// A sale of so many teas, paid by one payment.
struct Sold {
    seq: Value,
    payment: String,
    amount: i64,
}

/// Sells, and waits until the amount is taken, which a driver has to do.
async fn sold(till: &mut Socket, units: i64) -> Sold {
    let (sale, payment, amount) = (id(), id(), units * PRICE);
    ok(&till.call(&start("simulator", &payment, &sale, amount, 600)).await, "payment_started");
    till.payment(&payment, is("approved")).await;
    let recorded = till
        .call(&json!({
            "op": "sell", "id": sale, "location": "S1", "till": 1, "currency": "EUR",
            "lines": [{"sku": "TEA", "qty": units.to_string(), "amount": amount}],
            "tenders": [{"type": "card", "amount": amount, "payment": payment}],
        }))
        .await;
    ok(&recorded, "recorded");
    till.payment(&payment, is("captured")).await;
    Sold { seq: recorded["seq"].clone(), payment, amount }
}

fn give_back(sale: &Sold, location: &str, units: i64) -> Value {
    json!({
        "op": "return_sale", "id": id(), "location": location, "till": 1, "currency": "EUR", "sale": sale.seq,
        "lines": [{"line": 0, "qty": units.to_string()}], "disposition": "resell",
    })
}

/// The payment, once its driver has nothing left to do.
async fn at_rest(till: &mut Socket, payment: &str) -> Value {
    loop {
        let read = json!({"op": "payment", "id": id(), "location": "S1", "payment": payment});
        let known = till.call(&read).await["payment"].clone();
        if known["task"].is_null() {
            return known;
        }
        let newer = |seen: &Value| seen["version"].as_u64() > known["version"].as_u64();
        till.payment(payment, newer).await;
    }
}

/// A part where it was sold, a part elsewhere, an exchange, and what is left: each names its refund, which is done
/// once, and what goes back beside never makes it more than was captured.
#[test]
fn a_return_gives_back_to_the_card_by_itself() {
    let shop = Shop::new();
    let admin = shop.data.key("admin");
    let server = shop.serve();
    let driver = shop.drive(&server, &[]);
    let (cancelled, sale) = block_on(async {
        stocked_shop(&mut Socket::open(&server.address, &admin).await, "S2", &[("TEA", 10)]).await;
        let mut till = shop.till(&server).await;
        let sale = sold(&mut till, 5).await;
        for (location, units) in [("S1", 1), ("S2", 2)] {
            let request = give_back(&sale, location, units);
            let first = till.call_text(&request).await;
            let reply: Value = serde_json::from_str(&first).unwrap();
            ok(&reply, "returned");
            assert_eq!(reply["refunds"], json!([{"payment": sale.payment, "amount": units * PRICE}]));
            assert_eq!(till.call_text(&request).await, first, "a repeat finds it");
        }
        let beside = json!({
            "op": "refund_payment", "id": id(), "location": "S1", "payment": sale.payment, "currency": "EUR",
            "amount": 1_200,
        });
        ok(&till.call(&beside).await, "payment_noted");
        let more = json!({
            "op": "refund_payment", "id": id(), "location": "S1", "payment": sale.payment, "currency": "EUR",
            "amount": 801,
        });
        // The grant of the return at the other shop may still be on its way to being kept: it counts.
        refused(&till.call(&more).await, 3096);
        let exchange = json!({
            "op": "exchange", "id": id(), "location": "S2", "till": 1, "currency": "EUR", "sale": sale.seq,
            "returned": [{"line": 0, "qty": "1"}], "disposition": "resell",
            "lines": [{"sku": "TEA", "qty": "1", "amount": 400}],
        });
        let exchanged = till.call(&exchange).await;
        ok(&exchanged, "exchanged");
        assert_eq!((&exchanged["total"], &exchanged["returned"]), (&json!(-600), &json!(1_000)));
        assert_eq!(exchanged["refunds"], json!([{"payment": sale.payment, "amount": 600}]));
        let rest = till.call(&give_back(&sale, "S2", 1)).await;
        ok(&rest, "returned");
        assert_eq!(rest["refunds"], json!([{"payment": sale.payment, "amount": 200}]), "what is left");

        let cancelled = sold(&mut till, 1).await;
        let void = json!({
            "op": "void_sale", "id": id(), "location": "S1", "till": 1, "sale": cancelled.seq, "reason": "mistyped",
        });
        let voided = till.call(&void).await;
        assert_eq!(voided["refunds"], json!([{"payment": cancelled.payment, "amount": PRICE}]), "{voided}");
        for one in [&sale, &cancelled] {
            assert_eq!(at_rest(&mut till, &one.payment).await["refunded"], one.amount);
        }
        (cancelled, sale)
    });
    drop(driver);
    assert!(server.terminate().success());
    shop.data.verify();
    assert_eq!(shop.given_back(&sale.payment), sale.amount);
    assert_eq!(shop.given_back(&cancelled.payment), cancelled.amount);
}

/// The server dies when the return is answered, the driver when the provider has given back and nobody was told.
#[test]
fn killed_at_each_step_the_refund_of_a_return_is_done_once() {
    let shop = Shop::new();
    let admin = shop.data.key("admin");
    for (location, driver_dies) in [("S1", false), ("S1", true), ("S2", false), ("S2", true)] {
        let server = shop.serve();
        let driver = shop.drive(&server, &[]);
        let sale = block_on(async {
            if location == "S2" && !driver_dies {
                stocked_shop(&mut Socket::open(&server.address, &admin).await, "S2", &[("TEA", 10)]).await;
            }
            sold(&mut shop.till(&server).await, 3).await
        });
        drop(driver);
        let request = give_back(&sale, location, 2);
        let first = block_on(async {
            let mut till = shop.till(&server).await;
            let first = till.call_text(&request).await;
            ok(&serde_json::from_str(&first).unwrap(), "returned");
            first
        });
        server.kill();
        if driver_dies {
            shop.give_back_untold(&sale.payment, &request["id"], 2 * PRICE);
        }
        let server = shop.serve();
        let driver = shop.drive(&server, &[]);
        block_on(async {
            let mut till = shop.till(&server).await;
            assert_eq!(till.call_text(&request).await, first);
            // At another shop it may begin only now, when the grant is looked into.
            let done = |payment: &Value| payment["refunded"] == 2 * PRICE && payment["task"].is_null();
            if !done(&at_rest(&mut till, &sale.payment).await) {
                till.payment(&sale.payment, done).await;
            }
        });
        drop(driver);
        assert!(server.terminate().success());
        assert_eq!(shop.entries(&sale.payment), ["approved", "captured", "refunded"], "{location} {driver_dies}");
        assert_eq!(shop.given_back(&sale.payment), 2 * PRICE);
    }
    shop.data.verify();
}

/// Kills amid the returns of one sale at both shops, and amid their refunds: the provider has given back what the
/// returns that stand come to.
#[test]
fn kills_amid_returns_leave_the_providers_books_equal_to_ours() {
    const UNITS: usize = 40;
    let shop = Shop::new();
    let admin = shop.data.key("admin");
    let mut server = shop.serve();
    block_on(async {
        stocked_shop(&mut Socket::open(&server.address, &admin).await, "S2", &[("TEA", 1)]).await;
    });
    for round in 0..4_u64 {
        let driver = shop.drive(&server, &[]);
        let after = Duration::from_micros(900 * round);
        let killed = killed(&shop.data, server, &shop.till, after, async |server: &Server| {
            let sale = sold(&mut shop.till(server).await, UNITS as i64).await;
            let asked = (0..UNITS).map(|n| give_back(&sale, ["S1", "S2"][n % 2], 1)).collect();
            (sale, asked)
        });
        drop(driver);
        block_on(killed.ask_again(&shop.till, round as usize, |text| text.contains(r#""ok":"returned""#)));
        server = killed.server;
        server.kill();
        server = shop.serve();
        let driver = shop.drive(&server, &[]);
        let sale = killed.ready;
        block_on(async {
            let mut till = shop.till(&server).await;
            let mut all = give_back(&sale, "S2", 1);
            all.as_object_mut().unwrap().remove("lines");
            let rest: Value = serde_json::from_str(&answer(&mut till, &all).await).unwrap();
            if rest["ok"] != "returned" {
                refused(&rest, 1010);
            }
            let done = |payment: &Value| payment["refunded"] == sale.amount && payment["task"].is_null();
            if !done(&at_rest(&mut till, &sale.payment).await) {
                till.payment(&sale.payment, done).await;
            }
        });
        drop(driver);
        assert_eq!(shop.given_back(&sale.payment), sale.amount, "round {round}");
    }
    assert!(server.terminate().success());
    shop.data.verify();
}

/// A provider that says no to a refund: the customer is owed it, which is seen where payments are, until it is given.
#[test]
fn what_the_provider_declines_to_give_back_is_owed_until_it_is_given() {
    // The simulated provider gives no amount back that ends so.
    const DECLINED: i64 = 1_057;
    let shop = Shop::new();
    let admin = shop.data.key("admin");
    let server = shop.serve();
    let driver = shop.drive(&server, &[]);
    block_on(async {
        let mut till = shop.till(&server).await;
        let (sale, payment, amount) = (id(), id(), 2 * DECLINED);
        ok(&till.call(&start("simulator", &payment, &sale, amount, 600)).await, "payment_started");
        till.payment(&payment, is("approved")).await;
        let sell = json!({
            "op": "sell", "id": sale, "location": "S1", "till": 1, "currency": "EUR",
            "lines": [{"sku": "TEA", "qty": "2", "amount": amount}],
            "tenders": [{"type": "card", "amount": amount, "payment": payment}],
        });
        let sold = Sold { seq: till.call(&sell).await["seq"].clone(), payment: payment.clone(), amount };
        till.payment(&payment, is("captured")).await;
        let back = give_back(&sold, "S1", 1);
        ok(&till.call(&back).await, "returned");
        let owes = |refund: &Value| {
            let owed = json!([{"refund": refund, "amount": DECLINED}]);
            move |payment: &Value| payment["owed"] == owed && payment["task"].is_null()
        };
        let owed = till.payment(&payment, owes(&back["id"])).await;
        assert_eq!((&owed["reason"], &owed["refunded"]), (&json!("not permitted"), &json!(DECLINED)));
        let metrics = async || get(&server.address, &admin, "/metrics").await.body;
        let owed = |count: u32| format!("onhand_payment_refunds_owed{{provider=\"simulator\"}} {count}\n");
        assert!(metrics().await.contains(&owed(1)));
        let listed = get(&server.address, &shop.till, "/v1/payments?location=S1").await.json();
        assert_eq!(listed["payments"][0]["payment"], *payment, "it is not ended");

        // By card once more: the provider says the same to that.
        let refund = |amount: i64, instead_of: &Value| {
            json!({
                "op": "refund_payment", "id": id(), "location": "S1", "payment": payment, "currency": "EUR",
                "amount": amount, "instead_of": instead_of,
            })
        };
        refused(&till.call(&refund(DECLINED - 1, &back["id"])).await, 3096);
        let again = refund(DECLINED, &back["id"]);
        ok(&till.call(&again).await, "payment_noted");
        till.payment(&payment, owes(&again["id"])).await;
        refused(&till.call(&refund(DECLINED, &back["id"])).await, 3115);
        let otherwise = |refund: &Value| {
            json!({
                "op": "refund_otherwise", "id": id(), "location": "S1", "payment": payment, "refund": refund,
                "how": "cash",
            })
        };
        refused(&till.call(&otherwise(&back["id"])).await, 3115);
        ok(&till.call(&otherwise(&again["id"])).await, "payment_noted");
        refused(&till.call(&otherwise(&again["id"])).await, 3115);
        let known = at_rest(&mut till, &payment).await;
        assert_eq!((&known["refunded"], &known["owed"]), (&json!(DECLINED), &Value::Null), "what was given counts");
        assert!(metrics().await.contains(&owed(0)));
    });
    drop(driver);
    assert!(server.terminate().success());
    shop.data.verify();
}
