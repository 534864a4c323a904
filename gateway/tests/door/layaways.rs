//! A layaway over the wire: set aside, paid in parts, fetched or given up; what the Z and its journal say of it.

use crate::harness::{Socket, Stand, id};
use onhand_actors::clock::Clock;
use onhand_engine::catalogue::Role;
use onhand_engine::time::{Millis, Timestamp};
use onhand_gateway::limits::Limits;
use serde_json::{Value, json};

fn at(op: &str, more: &Value) -> Value {
    let mut request = json!({"op": op, "id": id(), "location": "S1", "till": 3, "currency": "EUR"});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn of(op: &str, layaway: &str, more: &Value) -> Value {
    let mut request = at(op, more);
    request["layaway"] = json!(layaway);
    request
}

fn set_aside(layaway: &str, qty: u32, more: &Value) -> Value {
    let mut request =
        of("open_layaway", layaway, &json!({"customer": "Ann", "ttl_s": 60, "lines": [{"sku": "TEA", "qty": qty}]}));
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn paid(kind: &str, amount: i64) -> Value {
    json!({"tenders": [{"type": kind, "amount": amount}]})
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

async fn open_session(till: &mut Socket) {
    let open = at("open_session", &json!({"business_day": "2026-01-31", "float": 10_000}));
    done(till, &open, "session_opened").await;
}

#[tokio::test]
async fn goods_are_paid_in_parts_and_fetched_or_given_up() {
    let clock = Clock::manual(Timestamp(1_769_850_000_000));
    let stand = Stand::at(Limits::default(), clock.clone()).await;
    stand.receive("S1", "TEA", 10).await;
    let mut till = stand.socket(Role::Till).await;
    open_session(&mut till).await;
    let opened = set_aside("L-1", 4, &json!({"fee": 500, "tenders": [{"type": "cash", "amount": 300}]}));
    let told = done(&mut till, &opened, "layaway_opened").await;
    assert_eq!((&told["deposits"], &told["left"]), (&json!(300), &json!(1_500)));
    assert_eq!(till.ask(opened).await, told, "a repeat is told the same");
    let level = stand.get_as(Role::Till, "/v1/stock/S1/TEA").await.json();
    assert_eq!((&level["allocated"], &level["available"]), (&json!("4"), &json!("6")));
    let told = done(&mut till, &of("deposit", "L-1", &paid("card", 1_000)), "deposited").await;
    assert_eq!((&told["deposits"], &told["left"]), (&json!(1_300), &json!(500)));
    let other = set_aside("L-2", 1, &json!({"fee": 100, "tenders": [{"type": "cash", "amount": 250}]}));
    done(&mut till, &other, "layaway_opened").await;

    let list = json!({"op": "layaways", "id": id(), "location": "S1"});
    let told = done(&mut till, &list, "layaways").await;
    let first = &told["layaways"][0];
    assert_eq!(
        (&first["layaway"], &first["total"], &first["deposits"], &first["left"], &first["fee"], &first["late"]),
        (&json!("L-1"), &json!(1_800), &json!(1_300), &json!(500), &json!(500), &json!(false))
    );
    assert_eq!(first["paid_with"], json!([{"type": "cash", "amount": 300}, {"type": "card", "amount": 1_000}]));
    assert_eq!((&first["lines"][0]["sku"], &first["lines"][0]["qty"]), (&json!("TEA"), &json!("4")));
    let page = stand.get_as(Role::Till, "/v1/layaways?location=S1").await.json();
    assert_eq!(page["layaways"], told["layaways"]);
    let rest = stand.get_as(Role::Till, "/v1/layaways?location=S1&after=L-1").await.json();
    assert_eq!(rest["layaways"], json!([told["layaways"][1]]));
    clock.advance(Millis(61_000));
    let late = stand.get_as(Role::Till, "/v1/layaways?location=S1").await.json();
    assert_eq!(late["layaways"][0]["late"], true, "it is past its day, and there");

    // Whoever fetches it pays with all that is deposited.
    let lines = json!([{"sku": "TEA", "qty": "4", "amount": 1_800}]);
    let fetch = |tenders: Value| at("sell", &json!({"lines": lines, "order": "L-1", "tenders": tenders}));
    let cash = json!([{"type": "cash", "amount": 1_800}]);
    refused(&mut till, fetch(cash), 3056, Some("tenders")).await;
    let both = json!([{"type": "deposit", "amount": 1_300}, {"type": "cash", "amount": 500}]);
    let sale = done(&mut till, &fetch(both), "recorded").await;
    assert_eq!(sale["receipt"], "S1-3-1", "slips of deposits took no number");
    let told = done(&mut till, &of("cancel_layaway", "L-2", &json!({"reason": "moved"})), "layaway_cancelled").await;
    assert_eq!((&told["tenders"], &told["kept"]), (&json!([{"type": "cash", "amount": 150}]), &json!(100)));
    let stays = set_aside("L-3", 1, &json!({"tenders": [{"type": "voucher", "amount": 50}]}));
    done(&mut till, &stays, "layaway_opened").await;
    assert_eq!(stand.get_as(Role::Till, "/v1/stock/S1/TEA").await.json()["allocated"], "1");

    // The Z has all of it, its journal is balanced, and the shop owes what is deposited.
    let z = done(
        &mut till,
        &at("close_session", &json!({"counts": [{"type": "cash", "amount": 10_900}]})),
        "session_closed",
    )
    .await;
    let report = &z["report"];
    assert_eq!(
        report["deposits"],
        json!({
            "taken": [{"type": "cash", "count": 2, "amount": 550}, {"type": "card", "count": 1, "amount": 1_000},
                {"type": "voucher", "count": 1, "amount": 50}],
            "given_back": [{"type": "cash", "count": 1, "amount": 150}], "kept": 100, "used": 1_300,
        })
    );
    let tender = |kind: &str| report["tenders"].as_array().unwrap().iter().find(|one| one["type"] == kind).unwrap();
    assert_eq!((&tender("cash")["expected"], &tender("cash")["variance"]), (&json!(10_900), &json!(0)));
    assert_eq!(tender("card")["expected"], 1_000);
    let found = stand.get_as(Role::Till, "/v1/z/S1/3/1").await.json();
    assert_eq!(found["report"], *report);
    let sum = |side: &str, account: Option<&str>| -> i64 {
        let lines = found["journal"].as_array().unwrap().iter();
        let own = lines.filter(|line| account.is_none_or(|account| line["account"] == account));
        own.map(|line| line[side].as_i64().unwrap()).sum()
    };
    assert_eq!(sum("debit", None), sum("credit", None));
    assert_eq!(sum("credit", Some("deposits")) - sum("debit", Some("deposits")), 50, "{found:#}");
    assert_eq!(sum("credit", Some("deposit_fees")), 100);
    let events = stand.get_as(Role::Analyst, "/v1/events?limit=1000").await.json();
    let kinds: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["layaway"].is_string())
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    let opened = "layaway_opened";
    assert_eq!(kinds, [opened, "deposited", opened, "layaway_cancelled", opened]);
}

#[tokio::test]
async fn who_may_and_what_cannot_be() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 2).await;
    let mut till = stand.socket(Role::Till).await;
    let plain = json!({});
    refused(&mut till, set_aside("L-1", 1, &paid("cash", 1)), 3010, None).await;
    open_session(&mut till).await;
    done(&mut till, &set_aside("L-1", 1, &plain), "layaway_opened").await;
    let moved = json!({"reason": "moved"});
    for (request, number, field) in [
        (set_aside("L-1", 1, &plain), 2023, Some("layaway")),
        (set_aside("L-2", 2, &plain), 2001, None),
        (set_aside("L-2", 1, &json!({"ttl_s": 0})), 1012, None),
        (set_aside("L-2", 1, &json!({"fee": -1})), 3003, Some("fee")),
        (set_aside("L-2", 1, &json!({"lines": []})), 1010, None),
        (set_aside("L-2", 1, &json!({"lines": [{"sku": "NONE", "qty": 1}]})), 1003, Some("lines[0].sku")),
        (set_aside("L-2", 1, &json!({"currency": "USD"})), 3001, Some("currency")),
        (set_aside("L-2", 1, &paid("cash", 451)), 3057, Some("tenders")),
        (of("deposit", "L-1", &paid("cash", 0)), 3003, Some("tenders[0].amount")),
        (of("deposit", "L-1", &paid("deposit", 5)), 1001, Some("tenders[0].type")),
        (of("deposit", "L-1", &paid("cash_rounding", 5)), 1001, Some("tenders[0].type")),
        (of("deposit", "L-1", &json!({"tenders": []})), 1001, Some("tenders")),
        (of("deposit", "L-1", &paid("cash", 451)), 3057, Some("tenders")),
        (of("deposit", "L-9", &paid("cash", 1)), 2024, Some("layaway")),
        (of("cancel_layaway", "L-9", &moved), 2024, Some("layaway")),
        (
            of("cancel_layaway", "L-1", &json!({"reason": "moved", "tenders": [{"type": "cash", "amount": 1}]})),
            3002,
            Some("tenders"),
        ),
        (
            at("sell", &json!({"lines": [{"sku": "TEA", "qty": 1}], "tenders": [{"type": "deposit", "amount": 450}]})),
            3056,
            Some("tenders"),
        ),
        (json!({"op": "deallocate", "id": id(), "location": "S1", "order": "L-1"}), 2022, Some("order")),
        (json!({"op": "layaways", "id": id(), "location": "S9"}), 1004, Some("location")),
    ] {
        refused(&mut till, request, number, field).await;
    }
    for (path, role, number) in [
        ("/v1/layaways", Role::Till, 1001),
        ("/v1/layaways?location=S9", Role::Till, 1004),
        ("/v1/layaways?location=S1", Role::Web, 4004),
    ] {
        assert_eq!(stand.get_as(role, path).await.number(), number, "{path}");
    }
    let body = json!({"location": "S1", "till": 3, "currency": "EUR", "layaway": "L-1", "reason": "moved"});
    assert_eq!(stand.post_as(Role::Web, "cancel_layaway", &id(), &body).await.number(), 4004);
    assert_eq!(stand.post_as(Role::Till, "cancel_layaway", &id(), &body).await.status, 200);
    assert_eq!(stand.get_as(Role::Till, "/v1/layaways?location=S1").await.json()["layaways"], json!([]));
}
