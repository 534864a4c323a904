//! Scanned codes through the door: WebSocket and HTTP say the same, and wrong ones have their numbers.

use crate::harness::{Socket, Stand, id};
use onhand_actors::clock::Clock;
use onhand_engine::catalogue::Role;
use onhand_engine::time::Timestamp;
use onhand_gateway::Limits;
use serde_json::{Value, json};

/// 3 February 2026, noon.
const NOON: Timestamp = Timestamp(1_770_120_000_000);

/// A shop with layouts of its own, and items with bar codes.
async fn stand() -> Stand {
    let stand = Stand::at(Limits::default(), Clock::manual(NOON)).await;
    let items = json!({"items": [
        {"sku": "HAM", "name": "Ham", "tax_class": "food", "price": 1999, "unit": "kg", "gtins": ["2812340000002", "2112345000008"]},
        {"sku": "PIE", "name": "Pie", "tax_class": "food", "gtins": ["2012345000001", "09506000134352"]},
        {"sku": "OIL", "name": "Oil, loose", "tax_class": "food", "unit": "l", "gtins": ["2012346000000"]},
        {"sku": "CAN", "name": "Can", "tax_class": "food", "price": 99, "gtins": ["042100005264"]},
    ]});
    let answer = stand.post("define_items", &items).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let labels = json!({"location": "S1", "layouts": ["20IIIIIVPPPPC", "21IIIIIPPPPPC", "28IIIIVWWWWWC"]});
    let set = stand.post("set_labels", &labels).await;
    assert_eq!((set.status, &set.json()["ok"]), (200, &json!("labels_set")), "{}", set.text());
    stand
}

fn escaped(code: &str) -> String {
    code.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The same over both; what the WebSocket said, without its head.
async fn scan(stand: &Stand, socket: &mut Socket, location: &str, code: &str) -> Value {
    let asked = json!({"op": "scan", "id": id(), "location": location, "code": code});
    let mut reply = socket.ask(asked).await;
    let http = stand.get_as(Role::Till, &format!("/v1/scan?location={location}&code={}", escaped(code))).await;
    if reply.get("error").is_some() {
        let error = reply["error"].clone();
        assert_eq!((http.number(), &http.json()["detail"]), (error["number"].as_u64().unwrap(), &error["message"]));
        return error;
    }
    assert_eq!(reply["ok"], "scanned", "{code:?}: {reply}");
    reply.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "ok");
    assert_eq!(http.json(), reply, "{code:?}");
    reply
}

#[tokio::test]
async fn every_kind_of_symbol_names_its_item() {
    let stand = stand().await;
    let mut socket = stand.socket(Role::Till).await;
    let ham = json!({"sku": "HAM", "name": "Ham", "unit": "kg"});
    let pie = json!({"sku": "PIE", "name": "Pie", "unit": "each"});
    let with = |item: &Value, more: Value| {
        let mut item = item.clone();
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item
    };
    for (code, expected) in [
        ("4006381333931", json!({"sku": "MUG", "name": "Mug", "gtin": "04006381333931", "unit": "each", "qty": "1"})),
        ("04252614", json!({"sku": "CAN", "name": "Can", "gtin": "00042100005264", "unit": "each", "qty": "1"})),
        // 14.685 kg, by weight.
        ("2812346146858", with(&ham, json!({"gtin": "02812340000002", "qty": "14.685"}))),
        // 4.99 at 19.99 a kilogram.
        (
            "2112345004990",
            with(&ham, json!({"gtin": "02112345000008", "qty": "0.25", "amount": 499, "currency": "EUR"})),
        ),
        // A pie has its price on it.
        ("2012345928756", with(&pie, json!({"gtin": "02012345000001", "qty": "1", "amount": 2875, "currency": "EUR"}))),
        (
            "]d20109506000134352172602281512031039221299\u{1d}10L1\u{1d}21S-9",
            with(
                &pie,
                json!({"gtin": "09506000134352", "qty": "1", "amount": 1299, "currency": "EUR", "lot": "L1",
                "serial": "S-9", "expiry": "2026-02-28", "best_before": "2012-03-10"}),
            ),
        ),
        (
            "https://shop.example/01/09506000134352/10/L%2F1/21/9?17=260200&11=260101&30=3",
            with(
                &pie,
                json!({"gtin": "09506000134352", "qty": "3", "lot": "L/1", "serial": "9",
                "expiry": "2026-02-28", "produced": "2026-01-01"}),
            ),
        ),
    ] {
        assert_eq!(scan(&stand, &mut socket, "S1", code).await, expected, "{code:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_sold_so_has_its_number() {
    let stand = stand().await;
    let mut socket = stand.socket(Role::Till).await;
    for (location, code, number) in [
        ("S1", "nonsense", 1021),
        ("S1", "", 1021),
        ("S1", "4006381333932", 1014),
        ("S1", "4006381333924", 1003),
        ("NOPE", "4006381333931", 1004),
        // The verifier digit of the price.
        ("S1", "2012345828759", 1021),
        // Yesterday was its last day; the day after is not yet.
        ("S1", "]d2010950600013435217260202", 1022),
        // Another currency; a price of thousandths.
        ("S1", "]d2010950600013435239328401299", 3001),
        ("S1", "]d20109506000134352392312345", 3003),
        // A weight of what is sold by the piece, a count of what is weighed, nothing of it, a price per litre
        // that nobody knows.
        ("S1", "]d201095060001343523103001250", 1005),
        ("S1", "]d20102812340000002305", 1005),
        ("S1", "]d201028123400000023103000000", 1005),
        ("S1", "2012346928755", 3005),
        // The other shop prints no labels.
        ("S2", "2812346146858", 1003),
    ] {
        let error = scan(&stand, &mut socket, location, code).await;
        assert_eq!(error["number"], number, "{code:?}: {error}");
        let field = if number == 1004 { "location" } else { "code" };
        assert_eq!(error["field"], field, "{code:?}: {error}");
    }
    let today = scan(&stand, &mut socket, "S1", "]d2010950600013435217260203").await;
    assert_eq!((&today["sku"], &today["expiry"]), (&json!("PIE"), &json!("2026-02-03")));
    let loose = scan(&stand, &mut socket, "S1", "]d20102812340000002").await;
    assert!(loose.get("qty").is_none(), "it must be weighed: {loose}");
}

#[tokio::test]
async fn layouts_are_told_replaced_and_refused() {
    let stand = stand().await;
    let labels = async |stand: &Stand| {
        let list = stand.get_as(Role::Till, "/v1/locations").await.json();
        list["locations"].as_array().unwrap().iter().map(|one| one["labels"].clone()).collect::<Vec<_>>()
    };
    let set = async |layouts: Value| stand.post("set_labels", &json!({"location": "S1", "layouts": layouts})).await;
    let before = json!(["20IIIIIVPPPPC", "21IIIIIPPPPPC", "28IIIIVWWWWWC"]);
    assert_eq!(labels(&stand).await, [before.clone(), Value::Null, Value::Null]);
    for (layouts, field) in [
        (json!(["20IIIIIVPPPPC", "28IIIIVWWWWC"]), "layouts[1]"),
        (json!(["20IIIIIVPPPPC", "2012IIIPPPPPC"]), "layouts[1]"),
        (json!(["40IIIIIVPPPPC"]), "layouts[0]"),
        (json!(vec!["20IIIIIVPPPPC"; 21]), "layouts"),
    ] {
        let answer = set(layouts).await;
        assert_eq!((answer.number(), &answer.json()["field"]), (1023, &json!(field)), "{}", answer.text());
    }
    assert_eq!(stand.post("set_labels", &json!({"location": "NOPE", "layouts": []})).await.number(), 1004);
    assert_eq!(labels(&stand).await[0], before);
    assert_eq!(set(json!(["29IIIIIWWWWWC"])).await.status, 200);
    assert_eq!(labels(&stand).await[0], json!(["29IIIIIWWWWWC"]));
    assert_eq!(set(json!([])).await.status, 200);
    assert_eq!(labels(&stand).await[0], Value::Null);
    let events = stand.get_as(Role::Admin, "/v1/events?limit=1000").await.json();
    let last = events["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["event"], &last["location"]), (&json!("labels_set"), &json!("S1")));
}
