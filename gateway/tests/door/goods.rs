//! Kits, restricted goods and pieces through the door, over WebSocket and HTTP.

use crate::harness::{Socket, Stand, id};
use onhand_engine::catalogue::Role;
use onhand_engine::date::Date;
use onhand_engine::time::Timestamp;
use onhand_protocol::value::Time;
use serde_json::{Value, json};

async fn define(stand: &Stand, items: Value) -> Value {
    stand.post("define_items", &json!({"items": items})).await.json()
}

fn item(sku: &str, terms: Value) -> Value {
    json!({"sku": sku, "name": sku, "tax_class": "food", "price": 100, "terms": terms})
}

fn sale(lines: Value, more: Value) -> Value {
    let mut sale = json!({"op": "sell", "id": id(), "location": "S1", "currency": "EUR", "lines": lines});
    sale.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sale
}

/// The number it is refused with, over both; 0 for a success, which is asked for once.
async fn number(stand: &Stand, socket: &mut Socket, request: &Value) -> u64 {
    let reply = socket.ask(request.clone()).await;
    let number = reply["error"]["number"].as_u64().unwrap_or(0);
    if number > 0 {
        let mut body = request.clone();
        body.as_object_mut().unwrap().retain(|field, _| field != "op" && field != "id");
        let http = stand.post_as(Role::Till, request["op"].as_str().unwrap(), &id(), &body).await;
        assert_eq!(http.number(), number, "{}", http.text());
    }
    number
}

#[tokio::test]
async fn terms_are_told_kept_and_replaced() {
    let stand = Stand::start().await;
    let terms = json!({"parts": [{"sku": "TEA", "qty": "2", "worth": 500}, {"sku": "MUG", "qty": "1", "worth": 300}],
        "min_age": 18, "only": "store", "blocked": "recalled", "max_per_order": "3"});
    assert_eq!(define(&stand, json!([item("GIFT", terms.clone())])).await["ok"], "items_defined");
    let told = || async { stand.get_as(Role::Till, "/v1/items/GIFT").await.json() };
    assert_eq!(told().await["terms"], terms);
    // As an import defines it: with nothing said of terms, they stay.
    define(&stand, json!([{"sku": "GIFT", "name": "Gift box", "tax_class": "food", "price": 150}])).await;
    assert_eq!((&told().await["terms"], &told().await["name"]), (&terms, &json!("Gift box")));
    let fewer = json!({"parts": [{"sku": "TEA", "qty": "1", "worth": 7}]});
    define(&stand, json!([item("GIFT", fewer.clone())])).await;
    assert_eq!(told().await["terms"], fewer);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_names_its_field() {
    let stand = Stand::start().await;
    define(&stand, json!([item("GIFT", json!({"parts": [{"sku": "TEA", "qty": "1"}]}))])).await;
    for (terms, number, field) in [
        (json!({"parts": [{"sku": "GIFT", "qty": "1"}]}), 2030, "items"),
        (json!({"parts": [{"sku": "NONE", "qty": "1"}]}), 1003, "items[0].terms.parts[0].sku"),
        (json!({"parts": [{"sku": "TEA", "qty": "1.5"}]}), 1005, "items[0].terms.parts[0].qty"),
        (json!({"parts": [{"sku": "TEA", "qty": "1", "worth": -1}]}), 3003, "items[0].terms.parts[0].worth"),
        (json!({"max_per_order": "0"}), 1005, "items[0].terms.max_per_order"),
        (json!({"colour": "red"}), 1001, "items[0].terms.colour"),
    ] {
        let refused = stand.post("define_items", &json!({"items": [item("BOX", terms.clone())]})).await.json();
        assert_eq!((&refused["number"], &refused["field"]), (&json!(number), &json!(field)), "{terms}");
    }
    for (op, more) in [
        ("count", json!({"counted": "1"})),
        ("adjust", json!({"bucket": "on_hand", "delta": "1", "reason": "found"})),
        ("set_policy", json!({"low_at": "1"})),
    ] {
        let mut body = json!({"location": "S1", "sku": "GIFT"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = stand.post(op, &body).await;
        assert_eq!((refused.number(), &refused.json()["field"]), (2031, &json!("sku")), "{op}");
    }
}

#[tokio::test]
async fn restricted_goods_are_refused_where_they_are_decided_and_facts_are_listed() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 50).await;
    stand.receive("S1", "MUG", 50).await;
    let mut till = stand.socket(Role::Till).await;
    let one = |sku: &str, qty: u32| json!([{"sku": sku, "qty": qty.to_string()}]);
    define(
        &stand,
        json!([item("TEA", json!({"min_age": 18, "max_per_order": "6"})), item("MUG", json!({"only": "online"}))]),
    )
    .await;
    let aged = json!({"age_checked": {"by": "ann"}});
    let young = json!({"age_checked": {"by": "ann", "birth_date": "9000-01-01"}});
    for (request, expected) in [
        (sale(one("TEA", 1), json!({})), 2035),
        (sale(one("TEA", 1), young), 2035),
        (sale(one("TEA", 7), aged.clone()), 2034),
        (sale(one("MUG", 1), json!({})), 2033),
        (sale(one("TEA", 6), aged), 0),
        (sale(one("TEA", 7), json!({"completed": true, "till": 1})), 0),
    ] {
        assert_eq!(number(&stand, &mut till, &request).await, expected, "{request}");
    }
    let mut web = stand.socket(Role::Web).await;
    assert_eq!(web.ask(sale(one("MUG", 1), json!({}))).await["ok"], "recorded");
    define(&stand, json!([item("TEA", json!({"blocked": "recalled"}))])).await;
    assert_eq!(number(&stand, &mut till, &sale(one("TEA", 1), json!({}))).await, 2032);
    let feed = stand.get_as(Role::Analyst, "/v1/events?only=exceptions").await.json();
    let events = feed["events"].as_array().unwrap();
    assert_eq!(events.len(), 1, "{feed}");
    let exception = |number: u16, name: &str| json!({"line": 0, "sku": "TEA", "number": number, "name": name});
    assert_eq!(events[0]["goods"]["exceptions"], json!([exception(2034, "too_many_per_order")]));
    let path = format!("/v1/events?only=exceptions&after={}", feed["next"].as_str().unwrap());
    assert_eq!(stand.get_as(Role::Analyst, &path).await.json()["events"], json!([]));
    assert_eq!(stand.get_as(Role::Analyst, "/v1/events?only=surprises").await.number(), 1001);
}

/// What was sold offline is looked at as of when it was: a lot that was good then, and a buyer's age.
#[tokio::test]
async fn what_has_happened_is_looked_at_as_of_then() {
    let stand = Stand::start().await;
    stand.receive("S1", "MUG", 50).await;
    let mut till = stand.socket(Role::Till).await;
    let now = till.ask(json!({"op": "ping", "id": id()})).await["time"].as_str().unwrap().to_owned();
    let now = Date::parse(&now[..10]).unwrap().begins().0;
    let days_ago = |days: u64| Time(Timestamp(now - days * 86_400_000)).to_string();
    let lines = json!([{"sku": "MUG", "qty": "1", "lot": "L1", "expiry": &days_ago(3)[..10]}]);
    for (said, expired) in [
        (json!({}), true),
        (json!({"sold_at": days_ago(2)}), true),
        (json!({"sold_at": days_ago(3)}), false),
        (json!({"sold_at": days_ago(4)}), false),
        // What a clock says of a time to come is not believed.
        (json!({"sold_at": "2999-01-01T00:00:00.000Z"}), true),
    ] {
        let mut request = sale(lines.clone(), said);
        request["completed"] = json!(true);
        let told = till.ask(request.clone()).await;
        assert_eq!(told["ok"], "recorded", "{told}");
        assert_eq!(told["exceptions"][0]["number"] == 1022, expired, "{request}: {told}");
        assert_eq!(till.ask(request.clone()).await, told, "a repeat is told the same");
        request["sold_at"] = json!(days_ago(5));
        assert_eq!(till.ask(request).await["error"]["number"], 1008);
    }
    // Nor is it of a time so long ago that nobody would still send it.
    let old = json!([{"sku": "MUG", "qty": "1", "lot": "L1", "expiry": &days_ago(40)[..10]}]);
    let told = till.ask(sale(old, json!({"completed": true, "sold_at": days_ago(50)}))).await;
    assert_eq!(told["exceptions"][0]["number"], 1022, "{told}");
    let asked = till.ask(sale(lines, json!({"sold_at": days_ago(4)}))).await;
    assert_eq!((&asked["error"]["number"], &asked["error"]["field"]), (&json!(1001), &json!("sold_at")));
}

#[tokio::test]
async fn a_piece_is_sold_once_and_comes_back_once() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let mut till = stand.socket(Role::Till).await;
    define(&stand, json!([item("TEA", json!({"serials": true}))])).await;
    let of = |serials: &[&str]| json!([{"sku": "TEA", "qty": serials.len().max(1).to_string(), "serials": serials}]);
    assert_eq!(number(&stand, &mut till, &sale(of(&[]), json!({}))).await, 2036);
    let recorded = till.ask(sale(of(&["A1", "A2"]), json!({"till": 1}))).await;
    assert_eq!(recorded["ok"], "recorded", "{recorded}");
    assert_eq!(number(&stand, &mut till, &sale(of(&["A2"]), json!({}))).await, 2037);
    let back = |serials: Value, qty: &str| {
        json!({"op": "return_sale", "id": id(), "location": "S1", "till": 1, "currency": "EUR", "disposition": "resell",
            "sale": recorded["seq"], "lines": [{"line": 0, "qty": qty, "serials": serials}]})
    };
    assert_eq!(number(&stand, &mut till, &back(json!([]), "1")).await, 2036);
    assert_eq!(number(&stand, &mut till, &back(json!(["B9"]), "1")).await, 2038);
    assert_eq!(till.ask(back(json!(["A2"]), "1")).await["ok"], "returned");
    assert_eq!(number(&stand, &mut till, &back(json!(["A2"]), "1")).await, 2038);
    assert_eq!(till.ask(sale(of(&["A2"]), json!({}))).await["ok"], "recorded", "it is here again");
    let old = json!([{"sku": "MUG", "qty": "1", "lot": "L1", "expiry": "1970-01-01"}]);
    assert_eq!(number(&stand, &mut till, &sale(old.clone(), json!({}))).await, 1022);
    let feed = stand.get_as(Role::Analyst, "/v1/events?limit=1000").await.json();
    let pieces = |event: &&Value| {
        event["event"] == "recorded" && event["goods"]["pieces"].as_array().is_some_and(|all| all.len() == 2)
    };
    let sold = feed["events"].as_array().unwrap().iter().find(pieces).unwrap();
    assert_eq!(sold["goods"]["pieces"][1], json!({"line": 0, "sku": "TEA", "serial": "A2"}));
}
