//! A basket over the wire: put aside at one till, listed, taken over at another; lines taken out of it.

use crate::harness::{Socket, Stand, id};
use onhand_engine::catalogue::Role;
use serde_json::{Value, json};

fn at(till: u16, op: &str, more: &Value) -> Value {
    let mut request = json!({"op": op, "id": id(), "location": "S1", "till": till});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn suspend(till: u16, basket: Value) -> Value {
    at(till, "suspend", &json!({"owner": format!("till-{till}"), "currency": "EUR", "basket": basket}))
}

fn recall(till: u16, basket: &Value) -> Value {
    at(till, "recall", &json!({"owner": format!("till-{till}"), "ttl_s": 600, "basket": basket}))
}

async fn done(till: &mut Socket, request: &Value, ok: &str) -> Value {
    let reply = till.ask(request.clone()).await;
    assert_eq!(reply["ok"], ok, "{reply:#}");
    reply
}

async fn refused(till: &mut Socket, request: Value, number: u16, field: Option<&str>) {
    let reply = till.ask(request).await;
    assert_eq!((&reply["error"]["number"], &reply["error"]["field"]), (&json!(number), &json!(field)), "{reply:#}");
}

#[tokio::test]
async fn a_basket_goes_from_one_till_to_another_as_it_was_said() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 2).await;
    let (mut one, mut two) = (stand.socket(Role::Till).await, stand.socket(Role::Till).await);
    let hold = json!({"op": "reserve", "id": id(), "location": "S1", "owner": "till-3", "ttl_s": 60,
        "lines": [{"sku": "TEA", "qty": "1"}]});
    done(&mut one, &hold, "reserved").await;
    let basket = json!({
        "lines": [
            {"sku": "TEA", "qty": "1"},
            {"sku": "TEA", "qty": "2", "unit_price": 400, "price_reason": "damaged box",
             "discount": {"amount": 100, "reason": "goodwill"}},
            {"sku": "TEA", "qty": "1", "amount": 450, "tax": {"amount": 41, "rate_ppm": 100_000}},
        ],
        "group": "club", "coupons": ["TEA10"], "tax_exempt": "E-7",
        "customer": "Ann", "note": "back at five, green coat", "person": "Cleo",
    });
    let suspended = done(&mut one, &suspend(3, basket.clone()), "suspended").await;
    assert_eq!((&suspended["basket"], &suspended["short"]), (&suspended["id"], &json!([{"sku": "TEA", "qty": "2"}])));
    let level = stand.get_as(Role::Till, "/v1/stock/S1/TEA").await.json();
    assert_eq!((&level["reserved"], &level["available"]), (&json!("2"), &json!("0")));

    let list = json!({"op": "baskets", "id": id(), "location": "S1"});
    let told = done(&mut two, &list, "baskets").await;
    let listed = &told["baskets"][0];
    assert_eq!(
        listed,
        &json!({"basket": suspended["basket"], "till": 3, "suspended": suspended["time"],
            "deadline": suspended["deadline"], "lines": 3, "held": [{"sku": "TEA", "qty": "2"}],
            "customer": "Ann", "note": "back at five, green coat", "person": "Cleo"})
    );
    assert_eq!(stand.get_as(Role::Till, "/v1/baskets?location=S1").await.json()["baskets"], told["baskets"]);

    // Two tills want it in one breath: one gets it, whole.
    let (first, second) = (recall(4, &suspended["basket"]), recall(5, &suspended["basket"]));
    let got = done(&mut two, &first, "recalled").await;
    assert_eq!((&got["basket"], &got["till"], &got["reservation"]), (&basket, &json!(3), &got["id"]));
    assert_eq!(got["held"], json!([{"sku": "TEA", "qty": "2"}]));
    refused(&mut one, second, 2020, Some("basket")).await;
    assert_eq!(two.ask(first).await, got, "whoever got it gets it again");
    assert_eq!(done(&mut one, &list, "baskets").await["baskets"], json!([]));
    assert_eq!(
        stand.get_as(Role::Till, "/v1/stock/S1/TEA").await.json()["available"],
        "0",
        "its stock was held all the time"
    );
    // What was recalled sells as it stands.
    let sale = at(
        4,
        "sell",
        &json!({"currency": "EUR", "owner": "till-4",
        "lines": [{"sku": "TEA", "qty": "2", "amount": 700}]}),
    );
    done(&mut two, &sale, "recorded").await;

    let events = stand.get_as(Role::Analyst, "/v1/events?limit=1000").await.json();
    let of = |kind: &str| events["events"].as_array().unwrap().iter().find(|e| e["event"] == kind).unwrap().clone();
    let (suspended, recalled) = (of("suspended"), of("recalled"));
    assert_eq!((&suspended["till"], &suspended["person"]), (&json!(3), &json!("Cleo")));
    assert_eq!((&recalled["till"], &recalled["basket"]), (&json!(4), &suspended["basket"]));
    assert!(recalled["by"]["device"].is_string(), "{recalled:#}");
}

#[tokio::test]
async fn lines_that_are_taken_out_stand_in_the_z_with_the_baskets_that_wait() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let mut till = stand.socket(Role::Till).await;
    let open = json!({"currency": "EUR", "business_day": "2026-01-31", "float": 0});
    done(&mut till, &at(3, "open_session", &open), "session_opened").await;
    let hold = json!({"op": "reserve", "id": id(), "location": "S1", "owner": "till-3", "ttl_s": 60,
        "lines": [{"sku": "TEA", "qty": "1"}]});
    let held = done(&mut till, &hold, "reserved").await;
    let line = json!({"currency": "EUR", "sku": "TEA", "qty": "1", "amount": 450, "reason": "too dear",
        "person": "Cleo", "reservation": held["reservation"]});
    done(&mut till, &at(3, "void_line", &line), "line_voided").await;
    assert_eq!(stand.get_as(Role::Till, "/v1/stock/S1/TEA").await.json()["reserved"], "0");
    let waiting = done(&mut till, &suspend(3, json!({"lines": [{"sku": "TEA", "qty": "1"}]})), "suspended").await;
    done(&mut till, &suspend(4, json!({"lines": [{"sku": "TEA", "qty": "1"}]})), "suspended").await;
    let z = done(&mut till, &at(3, "close_session", &json!({"currency": "EUR"})), "session_closed").await;
    let report = &z["report"];
    assert_eq!(report["voided"], json!({"count": 1, "amount": 450}));
    let still = json!([{"basket": waiting["basket"], "suspended": waiting["time"], "lines": 1}]);
    assert_eq!(report["suspended"], still, "its own till's, and no other's");
    assert_eq!(stand.get_as(Role::Till, "/v1/z/S1/3/1").await.json()["report"], *report);
    let events = stand.get_as(Role::Analyst, "/v1/events?limit=1000").await.json();
    let voided = events["events"].as_array().unwrap().iter().find(|event| event["event"] == "line_voided").unwrap();
    assert_eq!(
        (&voided["amount"], &voided["reason"], &voided["person"]),
        (&json!(450), &json!("too dear"), &json!("Cleo"))
    );
    assert_eq!(voided["lines"][0]["sku"], "TEA");
    done(&mut till, &recall(9, &waiting["basket"]), "recalled").await;
}

#[tokio::test]
async fn who_may_and_what_cannot_be() {
    let stand = Stand::start().await;
    let mut till = stand.socket(Role::Till).await;
    let one = json!({"sku": "TEA", "qty": "1"});
    let basket = |line: Value| suspend(3, json!({"lines": [line]}));
    let with = |mut request: Value, field: &str, value: Value| {
        request[field] = value;
        request
    };
    let long = "x".repeat(201);
    for (request, number, field) in [
        (suspend(3, json!({"lines": []})), 1010, None),
        (suspend(3, json!({"lines": [one], "what": 1})), 1001, Some("basket.what")),
        (suspend(3, json!({"lines": [one], "note": long})), 1013, Some("basket.note")),
        (suspend(3, json!({"lines": [one], "coupons": vec!["A"; 21]})), 1001, Some("basket.coupons")),
        (suspend(0, json!({"lines": [one]})), 1001, Some("till")),
        (basket(json!({"sku": "NONE", "qty": "1"})), 1003, Some("basket.lines[0].sku")),
        (basket(json!({"qty": "1"})), 1001, Some("basket.lines[0].sku")),
        (basket(json!({"sku": "TEA", "qty": "0"})), 1005, Some("basket.lines[0].qty")),
        (basket(json!({"sku": "TEA", "qty": "0.5"})), 1005, Some("basket.lines[0].qty")),
        (basket(json!({"sku": "TEA", "qty": "1", "amount": -1})), 3003, Some("basket.lines[0].amount")),
        (with(basket(one.clone()), "currency", json!("USD")), 3001, Some("currency")),
        (with(basket(one.clone()), "location", json!("S9")), 1004, Some("location")),
        (with(basket(one.clone()), "ttl_s", json!(0)), 1012, None),
        (with(with(basket(one.clone()), "ttl_s", json!(9)), "ttl_ms", json!(9)), 1012, Some("ttl_s")),
        (with(basket(one.clone()), "channel", json!("web")), 4004, Some("channel")),
        (recall(3, &json!(id())), 2020, Some("basket")),
        (recall(3, &json!("x")), 1009, Some("basket")),
        (with(recall(3, &json!(id())), "ttl_ms", json!(1)), 1012, Some("ttl_s")),
        (
            at(3, "void_line", &json!({"currency": "EUR", "sku": "TEA", "qty": "0", "amount": 1, "reason": "x"})),
            1005,
            Some("qty"),
        ),
        (at(3, "void_line", &json!({"currency": "EUR", "qty": "1", "amount": 1, "reason": "x"})), 1001, Some("sku")),
        (
            at(3, "void_line", &json!({"currency": "EUR", "sku": "TEA", "qty": "1", "amount": -1, "reason": "x"})),
            3003,
            Some("amount"),
        ),
        (json!({"op": "baskets", "id": id(), "location": "S9"}), 1004, Some("location")),
    ] {
        refused(&mut till, request, number, field).await;
    }
    // A card number in a note goes nowhere.
    refused(&mut till, suspend(3, json!({"lines": [one], "note": "4111 1111 1111 1111"})), 1020, Some("basket.note"))
        .await;
    for (path, role, number) in [
        ("/v1/baskets", Role::Till, 1001),
        ("/v1/baskets?location=S9", Role::Till, 1004),
        ("/v1/baskets?location=S1", Role::Web, 4004),
    ] {
        assert_eq!(stand.get_as(role, path).await.number(), number, "{path}");
    }
    assert_eq!(stand.get_as(Role::Till, "/v1/baskets?location=S1").await.json(), json!({"baskets": []}));
    let body = json!({"location": "S1", "till": 3, "owner": "till-3", "currency": "EUR", "basket": {"lines": [one]}});
    assert_eq!(stand.post_as(Role::Web, "suspend", &id(), &body).await.number(), 4004);
    assert_eq!(stand.post_as(Role::Till, "suspend", &id(), &body).await.status, 200);
}
