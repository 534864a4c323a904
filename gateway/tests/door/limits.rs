//! How far a role goes: looked at where a command is decided, lifted by an approval.

use crate::harness::{Socket, Stand, id};
use crate::people::{MAX_PIN, approved, done, refused, staffed, till_of};
use onhand_gateway::Limits;
use serde_json::{Value, json};

fn sale(qty: u32, discount: Value) -> Value {
    let mut line = json!({"sku": "TEA", "qty": qty});
    if !discount.is_null() {
        line["discount"] = discount;
    }
    json!({"op": "sell", "id": id(), "location": "S1", "till": 1, "currency": "EUR", "lines": [line],
        "tenders": []})
}

fn back(sale: &Value, qty: u32, tenders: Value) -> Value {
    json!({"op": "return_sale", "id": id(), "location": "S1", "till": 1, "currency": "EUR", "sale": sale["seq"],
        "lines": [{"line": 0, "qty": qty.to_string()}], "disposition": "resell", "tenders": tenders})
}

/// Ann takes off a tenth and gives back 10.00 by herself; Bob gives back only what was paid, as it was paid.
async fn shop() -> (Stand, Socket) {
    let stand = staffed(Limits::default()).await;
    let limits = json!({"discount_ppm_max": 100_000, "refund_max": 1_000});
    let cashier = json!({"role": "cashier", "capabilities": ["sell", "discount", "return"], "limits": limits});
    assert_eq!(stand.post("define_role", &cashier).await.status, 200);
    let till = till_of(&stand, "ann", "4711").await;
    (stand, till)
}

#[tokio::test]
async fn t59_a_discount_by_hand_goes_as_far_as_the_role_does_and_further_with_an_approval() {
    let (stand, mut till) = shop().await;
    let off = |amount: i64| json!({"amount": amount, "reason": "dented"});
    // Two teas are 9.00.
    done(&till.ask(sale(2, off(90))).await, "recorded");
    for more in [off(91), json!({"percent_ppm": 102_000, "reason": "dented"}), off(900)] {
        let reply = till.ask(sale(2, more.clone())).await;
        refused(&reply, 4042);
        assert_eq!(
            (&reply["error"]["max"], &reply["error"]["field"]),
            (&json!(100_000), &json!("approval")),
            "{reply}"
        );
        // Bob may as much as Ann; Max, who is an owner too, may all.
        refused(&till.ask(approved(sale(2, more.clone()), "bob", "4711")).await, 4013);
        done(&till.ask(approved(sale(2, more), "max", MAX_PIN)).await, "recorded");
    }
    // What has happened is recorded.
    let mut happened = sale(2, off(500));
    happened["completed"] = json!(true);
    done(&till.ask(happened).await, "recorded");
    // A limit that is taken away a moment ago is not there.
    let free = json!({"role": "cashier", "capabilities": ["sell", "discount"]});
    assert_eq!(stand.post("define_role", &free).await.status, 200);
    done(&till.ask(sale(2, off(900))).await, "recorded");
}

#[tokio::test]
async fn t59_a_refund_goes_as_far_as_the_role_does_and_by_other_means_with_a_right() {
    let (stand, mut till) = shop().await;
    let mut paid = sale(10, Value::Null);
    paid["tenders"] = json!([{"type": "cash", "amount": 4_500}]);
    let sold = till.ask(paid).await;
    done(&sold, "recorded");
    let reply = till.ask(back(&sold, 3, json!([]))).await;
    refused(&reply, 4043);
    assert_eq!(reply["error"]["max"], 1_000, "{reply}");
    done(&till.ask(back(&sold, 2, json!([]))).await, "returned");
    done(&till.ask(approved(back(&sold, 3, json!([])), "max", MAX_PIN)).await, "returned");
    // A return of no known sale goes no further.
    let unseen = |amount: i64| {
        json!({"op": "return", "id": id(), "location": "S1", "till": 1, "currency": "EUR",
            "lines": [{"sku": "TEA", "qty": 1, "amount": amount}], "disposition": "resell"})
    };
    refused(&till.ask(unseen(1_001)).await, 4043);
    done(&till.ask(unseen(1_000)).await, "returned");

    // Store credit for what was paid in cash needs a right of its own, or somebody who has it.
    let credit = || back(&sold, 1, json!([{"type": "store_credit", "amount": 450}]));
    let reply = till.ask(credit()).await;
    refused(&reply, 4011);
    assert_eq!(reply["error"]["capability"], "refund_otherwise", "{reply}");
    done(&till.ask(approved(credit(), "max", MAX_PIN)).await, "returned");
    let as_paid = back(&sold, 1, json!([{"type": "cash", "amount": 450}]));
    done(&till.ask(as_paid).await, "returned");
    // What goes out in an exchange is a refund, too.
    let exchange = json!({"op": "exchange", "id": id(), "location": "S1", "till": 1, "currency": "EUR",
        "sale": sold["seq"], "returned": [{"line": 0, "qty": "3"}], "disposition": "resell",
        "lines": [{"sku": "TEA", "qty": 1, "amount": 300}], "tenders": [{"type": "cash", "amount": -1_050}]});
    refused(&till.ask(exchange.clone()).await, 4011);
    refused(&till.ask(approved(exchange.clone(), "bob", "4711")).await, 4013);
    let owner = json!({"role": "cashier", "capabilities": ["sell", "discount", "return", "override_price"],
        "limits": {"refund_max": 1_000}});
    assert_eq!(stand.post("define_role", &owner).await.status, 200);
    refused(&till.ask(exchange.clone()).await, 4043);
    done(&till.ask(approved(exchange, "max", MAX_PIN)).await, "exchanged");

    let people = stand.get_as(onhand_engine::catalogue::Role::Admin, "/v1/people").await.json();
    let roles = people["roles"].as_array().unwrap();
    let cashier = roles.iter().find(|role| role["role"] == "cashier").unwrap();
    assert_eq!(cashier["limits"], json!({"refund_max": 1_000}));
}
