//! Returns without a receipt at the door: as far as it is set, further with an approval, and recorded where they have
//! happened.

use crate::harness::{Socket, Stand, id};
use crate::people::{MAX_PIN, approved, done, last_event, refused, staffed, till_of};
use onhand_engine::catalogue::Role;
use onhand_gateway::Limits;
use serde_json::{Value, json};

fn back(amount: i64) -> Value {
    json!({"op": "return", "id": id(), "location": "S1", "till": 1, "currency": "EUR",
        "lines": [{"sku": "TEA", "qty": 1, "amount": amount}], "disposition": "resell",
        "tenders": [{"type": "cash", "amount": amount}]})
}

/// Ann takes goods back; Max may everything.
async fn shop(limits: Value) -> (Stand, Socket) {
    let stand = staffed(Limits::default()).await;
    let cashier = json!({"role": "cashier", "capabilities": ["sell", "return"], "limits": {"refund_max": 9000}});
    assert_eq!(stand.post("define_role", &cashier).await.status, 200);
    let set = stand.post("set_return_limits", &json!({"limits": limits})).await;
    assert_eq!((set.status, &set.json()["ok"]), (200, &json!("return_limits_set")), "{}", set.text());
    let till = till_of(&stand, "ann", "4711").await;
    (stand, till)
}

#[tokio::test]
async fn a_limit_holds_until_somebody_who_may_lifts_it() {
    let limits = json!({"amount_max": 1000, "per_day": {"amount_max": 3000, "returns_max": 4}, "can_be_lifted": true});
    let (stand, mut till) = shop(limits.clone()).await;
    let locations = stand.get_as(Role::Admin, "/v1/locations").await.json();
    assert_eq!(locations["locations"][0]["return_limits"], limits, "{locations}");
    let reply = till.ask(back(1_001)).await;
    refused(&reply, 3102);
    assert_eq!((&reply["error"]["max"], &reply["error"]["field"]), (&json!(1_000), &json!("lines")));
    refused(&till.ask(approved(back(1_001), "bob", "4711")).await, 4013);
    done(&till.ask(approved(back(1_001), "max", MAX_PIN)).await, "returned");
    let last = last_event(&stand).await;
    assert_eq!((&last["by"]["user"], &last["by"]["approver"]), (&json!("ann"), &json!("max")), "{last}");
    assert_eq!(last["lifted"], json!([3102]));
    done(&till.ask(back(1_000)).await, "returned");
    refused(&till.ask(back(1_000)).await, 3103);
    done(&till.ask(back(999)).await, "returned");

    // One that has happened is recorded, as something to look at; a repeat gets the same answer.
    let mut late = back(9_001);
    late["completed"] = json!(true);
    late["tenders"] = json!([{"type": "cash", "amount": 9_000}, {"type": "voucher", "amount": 1}]);
    let told = till.ask(late.clone()).await;
    done(&told, "returned");
    let numbers = |told: &Value| -> Vec<u64> {
        told["exceptions"].as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&told), [3102, 3103, 4043], "{told}");
    assert_eq!(till.ask(late.clone()).await["exceptions"], told["exceptions"]);
    let last = last_event(&stand).await;
    assert_eq!((&last["completed"], numbers(&last["goods"])), (&json!(true), vec![3102, 3103, 4043]), "{last}");
    refused(&till.ask(back(1)).await, 3103);

    // A location's own setting goes before that of all; none of its own, and that counts again.
    let own = stand.post("set_return_limits", &json!({"location": "S1", "limits": {"amount_max": 500}})).await;
    assert_eq!(own.status, 200, "{}", own.text());
    refused(&till.ask(approved(back(501), "max", MAX_PIN)).await, 3102);
    done(&till.ask(back(500)).await, "returned");
    assert_eq!(stand.post("set_return_limits", &json!({"location": "S1"})).await.status, 200);
    refused(&till.ask(back(500)).await, 3103);
}

#[tokio::test]
async fn a_customer_is_named_and_gets_so_much() {
    let per_customer = json!({"days": 30, "returns_max": 3, "amount_max": 1000});
    let (_stand, mut till) = shop(json!({"per_customer": per_customer, "can_be_lifted": true})).await;
    let of = |customer: &str, amount: i64| {
        let mut back = back(amount);
        back["customer"] = json!(customer);
        back
    };
    let reply = till.ask(back(1)).await;
    refused(&reply, 3105);
    assert_eq!(reply["error"]["field"], "customer");
    done(&till.ask(of("ann", 600)).await, "returned");
    let reply = till.ask(of("ann", 401)).await;
    refused(&reply, 3106);
    assert_eq!(reply["error"]["due"], 400, "what is left: {reply}");
    done(&till.ask(of("ann", 400)).await, "returned");
    done(&till.ask(of("bob", 1_000)).await, "returned");
    // Nothing is left, and somebody lifts it.
    refused(&till.ask(of("ann", 1)).await, 3106);
    done(&till.ask(approved(of("ann", 1), "max", MAX_PIN)).await, "returned");
    // How often, with money left.
    for _ in 0..3 {
        done(&till.ask(of("cat", 1)).await, "returned");
    }
    refused(&till.ask(of("cat", 1)).await, 3107);
    let mut late = of("ann", 5);
    late["completed"] = json!(true);
    done(&till.ask(late).await, "returned");
    done(&till.ask(approved(back(1), "max", MAX_PIN)).await, "returned");
}

#[tokio::test]
async fn what_cannot_be_set_is_refused() {
    let stand = staffed(Limits::default()).await;
    for (limits, number, field) in [
        (json!({"amount_max": -1}), 3003, "limits.amount_max"),
        (json!({"per_day": {"amount_max": -1}}), 3003, "limits.per_day.amount_max"),
        (json!({"per_customer": {"days": 0}}), 1001, "limits.per_customer.days"),
        (json!({"per_customer": {"days": 367}}), 1001, "limits.per_customer.days"),
    ] {
        let reply = stand.post("set_return_limits", &json!({"limits": limits})).await.json();
        assert_eq!((&reply["number"], &reply["field"]), (&json!(number), &json!(field)), "{reply}");
    }
    let nowhere = json!({"location": "NOPE", "limits": {}});
    assert_eq!(stand.post("set_return_limits", &nowhere).await.number(), 1004);
}
