//! A till's day over the wire: the session, its Z, and the journal that a bookkeeping takes.

use crate::harness::{Socket, Stand, id};
use onhand_engine::catalogue::Role;
use serde_json::{Value, json};

fn of_till(op: &str, more: Value) -> Value {
    let mut request = json!({"op": op, "id": id(), "location": "S1", "till": 3, "currency": "EUR"});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

async fn done(till: &mut Socket, request: Value, ok: &str) -> Value {
    let reply = till.ask(request).await;
    assert_eq!(reply["ok"], ok, "{reply:#}");
    reply
}

async fn open(till: &mut Socket, day: &str) -> u64 {
    let reply =
        done(till, of_till("open_session", json!({"business_day": day, "float": 10_000})), "session_opened").await;
    reply["session"].as_u64().unwrap()
}

fn tea(qty: u32, tenders: Value) -> Value {
    of_till("sell", json!({"lines": [{"sku": "TEA", "qty": qty}], "tenders": tenders}))
}

#[tokio::test]
async fn a_day_at_the_till_ends_with_a_z_and_its_journal() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 100).await;
    let rules = json!({"location": "S1", "cash_rounding": {"due": {"step": 5}},
        "accounts": [{"account": "over_short", "code": "=6969, \"Kasse\""}]});
    assert_eq!(stand.post("set_drawer_rules", &rules).await.status, 200);
    let mut till = stand.socket(Role::Till).await;
    assert_eq!(open(&mut till, "2026-01-31").await, 1);
    let again = till.ask(of_till("open_session", json!({"business_day": "2026-01-31", "float": 0}))).await;
    assert_eq!((&again["error"]["number"], &again["error"]["session"]), (&json!(3011), &json!(1)), "{again}");

    done(&mut till, tea(2, json!([{"type": "cash", "amount": 1_000}, {"type": "cash", "amount": -100}])), "recorded")
        .await;
    // 3 at 4.51 are 13.53: 13.55 in coins.
    let odd = of_till(
        "sell",
        json!({"lines": [{"sku": "TEA", "qty": 3, "unit_price": 451}],
        "tenders": [{"type": "cash", "amount": 1_355}]}),
    );
    done(&mut till, odd, "recorded").await;
    let moved = |amount| json!({"amount": amount, "reason": "coins", "person": "Ann"});
    done(&mut till, of_till("paid_in", moved(500)), "paid_in").await;
    done(&mut till, of_till("paid_out", moved(250)), "paid_out").await;
    done(&mut till, of_till("drop", moved(2_000)), "dropped").await;
    let no_sale = json!({"op": "no_sale", "id": id(), "location": "S1", "till": 3, "reason": "coins"});
    done(&mut till, no_sale, "no_sale").await;
    let x = json!({"op": "x_report", "id": id(), "location": "S1", "till": 3});
    let first = done(&mut till, x.clone(), "x_report").await;
    assert_eq!((&first["seq"], &first["report"]["tenders"][0]["expected"]), (&json!("0"), &json!(10_505)), "{first:#}");
    let mut second = done(&mut till, x, "x_report").await;
    for volatile in ["/time", "/report/read"] {
        *second.pointer_mut(volatile).unwrap() = first.pointer(volatile).unwrap().clone();
    }
    assert_eq!(second, first, "an X changes nothing");

    let counts = json!({"pending": 1, "counts": [
        {"type": "cash", "pieces": [{"value": 5_000, "count": 1}, {"value": 500, "count": 11}], "reason": "miscounted"}]});
    let close = of_till("close_session", counts);
    let closed = till.ask_text(&close).await;
    let z: Value = serde_json::from_str(&closed).unwrap();
    let cash = &z["report"]["tenders"][0];
    assert_eq!(
        (&cash["counted"], &cash["variance"], &cash["reason"]),
        (&json!(10_500), &json!(-5), &json!("miscounted"))
    );
    assert_eq!((&z["report"]["session"], &z["report"]["pending"]), (&json!(1), &json!(1)));
    assert_eq!(till.ask_text(&close).await, closed, "a repeat is told the same Z");

    let found = stand.get_as(Role::Till, "/v1/z/S1/3/1").await.json();
    assert_eq!(found["report"], z["report"]);
    assert_eq!((&found["seq"], &found["time"]), (&z["seq"], &z["time"]));
    let sum = |side: &str| -> i64 {
        found["journal"].as_array().unwrap().iter().map(|line| line[side].as_i64().unwrap()).sum()
    };
    assert_eq!(sum("debit"), sum("credit"));
    let table = stand.get_as(Role::Analyst, "/v1/z/S1/3/1/journal").await;
    assert_eq!(table.header("content-type").as_deref(), Some("text/csv; charset=utf-8"));
    assert_eq!(table.header("content-disposition").as_deref(), Some("attachment; filename=\"z-S1-3-1.csv\""));
    let head = "location,till,z,business_day,closed,line,account,code,posting,tender,channel,rate_ppm,late_session,\
                debit,credit,currency,unknown_lines";
    let time = z["time"].as_str().unwrap();
    let lines = [
        "drawer,1000,float,,,,,10000,0",
        "safe,1010,float,,,,,0,10000",
        "revenue,4000,sales,,till,100000,,0,2048",
        "tax_payable,2200,tax,,till,100000,,0,205",
        "cash_rounding,6900,rounding,,,,,0,2",
        "drawer,1000,taken,cash,,,,2255,0",
        "cost_of_goods,5000,cost_unknown,,,,,0,0",
        "drawer,1000,paid_in,,,,,500,0",
        "paid_in,4900,paid_in,,,,,0,500",
        "paid_out,6800,paid_out,,,,,250,0",
        "drawer,1000,paid_out,,,,,0,250",
        "safe,1010,drop,,,,,2000,0",
        "drawer,1000,drop,,,,,0,2000",
        "drawer,1000,variance,cash,,,,0,5",
        "over_short,\"=6969, \"\"Kasse\"\"\",variance,cash,,,,5,0",
        "safe,1010,emptied,,,,,10500,0",
        "drawer,1000,emptied,,,,,0,10500",
    ];
    let numbered = |(no, line): (usize, &&str)| {
        // Two lines of tea, and nobody knows what tea had cost.
        let unknown_lines = if line.contains("cost_unknown") { 2 } else { 0 };
        format!("S1,3,1,2026-01-31,{time},{},{line},EUR,{unknown_lines}\n", no + 1)
    };
    let expected: String = lines.iter().enumerate().map(numbered).collect();
    assert_eq!(table.text(), format!("{head}\n{expected}"));
    assert_eq!(stand.get_as(Role::Admin, "/v1/z/S1/3/1/journal").await.body, table.body, "the same bytes again");
}

#[tokio::test]
async fn t18_a_late_sale_stands_in_the_next_z() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 100).await;
    let mut till = stand.socket(Role::Till).await;
    open(&mut till, "2026-01-31").await;
    done(
        &mut till,
        of_till("close_session", json!({"counts": [{"type": "cash", "amount": 10_450}], "pending": 1})),
        "session_closed",
    )
    .await;
    open(&mut till, "2026-02-01").await;
    let mut late = tea(1, json!([{"type": "cash", "amount": 450}]));
    late["session"] = json!(1);
    let refused = till.ask(late.clone()).await;
    assert_eq!(refused["error"]["number"], 3010, "a request cannot be for a closed session: {refused}");
    late["completed"] = json!(true);
    done(&mut till, late.clone(), "recorded").await;
    late["session"] = json!(9);
    late["id"] = json!(id());
    let unknown = till.ask(late).await;
    assert_eq!(
        (&unknown["error"]["number"], &unknown["error"]["field"]),
        (&json!(3012), &json!("session")),
        "{unknown}"
    );
    let z = done(&mut till, of_till("close_session", json!({})), "session_closed").await;
    let late = &z["report"]["late"][0];
    assert_eq!(
        (&late["session"], &late["business_day"], &late["sold"]),
        (&json!(1), &json!("2026-01-31"), &json!(450))
    );
    assert_eq!((&z["report"]["sales"], &z["report"]["grand_total"]["sold"]), (&json!(0), &json!(450)));
    let journal = stand.get_as(Role::Till, "/v1/z/S1/3/2/journal").await.text();
    assert!(journal.contains(",over_short,6910,taken,cash,,,1,450,0,EUR,0\n"), "{journal}");
    let events = stand.get_as(Role::Analyst, "/v1/events?limit=1000").await.json();
    let kinds = |kind: &str| -> Vec<Value> {
        events["events"].as_array().unwrap().iter().filter(|event| event["event"] == kind).cloned().collect()
    };
    assert_eq!(kinds("recorded")[0]["session"], 1);
    assert_eq!(kinds("session_opened").len(), 2);
    assert_eq!(kinds("session_closed")[1]["z"], z["report"]);
}

#[tokio::test]
async fn who_may_and_what_cannot_be() {
    let stand = Stand::start().await;
    let mut till = stand.socket(Role::Till).await;
    let close = |counts: Value| of_till("close_session", json!({"counts": counts}));
    open(&mut till, "2026-01-31").await;
    for (request, number, field) in [
        (of_till("open_session", json!({"business_day": "2026-02-30", "float": 0})), 1001, "business_day"),
        (of_till("open_session", json!({"business_day": "2026-02-03", "float": -1})), 3003, "float"),
        (of_till("paid_in", json!({"amount": 0, "reason": "x", "person": "Ann"})), 3003, "amount"),
        (of_till("paid_in", json!({"amount": 1, "reason": "x"})), 1001, "person"),
        (of_till("drop", json!({"amount": 1, "person": "Ann"})), 1001, "reason"),
        (close(json!([{"type": "cash"}])), 1001, "counts[0].amount"),
        (close(json!([{"type": "cash_rounding", "amount": 1}])), 1001, "counts[0].type"),
        (close(json!([{"type": "cash", "amount": 1, "pieces": []}])), 1001, "counts[0].amount"),
        (close(json!([{"type": "cash", "pieces": [{"value": 0, "count": 1}]}])), 3003, "counts[0].pieces[0].value"),
        (close(json!([{"type": "card", "amount": 10_000_000_000_001_i64}])), 3003, "counts[0].amount"),
        (of_till("close_session", json!({"currency": "USD"})), 3001, "currency"),
        (of_till("close_session", json!({"till": 0})), 1001, "till"),
    ] {
        let reply = till.ask(request).await;
        assert_eq!((&reply["error"]["number"], &reply["error"]["field"]), (&json!(number), &json!(field)), "{reply:#}");
    }
    let rules = json!({"location": "S1", "cash_rounding": {"due": {"step": 0}}});
    assert_eq!(stand.post("set_drawer_rules", &rules).await.number(), 1001);
    let code = |account: &str, code: &str| json!({"account": account, "code": code});
    let twice = json!({"location": "S1", "accounts": [code("safe", "1"), code("safe", "2")]});
    assert_eq!(stand.post("set_drawer_rules", &twice).await.number(), 1001);
    assert_eq!(stand.post_as(Role::Till, "set_drawer_rules", &id(), &json!({"location": "S1"})).await.number(), 4004);
    for (path, role, number) in [
        ("/v1/z/S1/3/1", Role::Till, 1015),
        ("/v1/z/S1/4/1", Role::Till, 1015),
        ("/v1/z/S9/3/1", Role::Till, 1004),
        ("/v1/z/S1/x/1", Role::Till, 1001),
        ("/v1/z/S1/3/x", Role::Till, 1001),
        ("/v1/z/S1/3/1/journal", Role::Web, 4004),
    ] {
        assert_eq!(stand.get_as(role, path).await.number(), number, "{path}");
    }
    // Nothing of it has closed the session, or moved anything.
    let z = done(&mut till, close(json!([])), "session_closed").await;
    assert_eq!(
        z["report"]["tenders"],
        json!([{"type": "cash", "taken": 0, "change": 0, "refunded": 0, "expected": 10_000}])
    );
}
