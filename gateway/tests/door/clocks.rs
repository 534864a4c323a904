//! Each location's own clock, through the door: T12 for days (a repeat after midnight is the same request), business
//! days, dates and reports by the clock on its wall.

use crate::harness::{Stand, id};
use onhand_actors::clock::Clock;
use onhand_engine::catalogue::Role;
use onhand_engine::time::{Millis, Timestamp};
use onhand_gateway::Limits;
use serde_json::{Value, json};

const MINUTE: u64 = 60_000;
/// 2026-03-08T04:30:00Z: in New York the evening before the clock is put forward, in Kathmandu a quarter past ten.
const EVENING: u64 = 1_772_944_200_000;

fn place(code: &str, zone: Option<&str>) -> Value {
    let tax = json!({"basis": "inclusive", "rounding": "line", "rates": [{"class": "food", "rate_ppm": 100_000}]});
    let mut place = json!({"code": code, "name": code, "kind": "shop", "currency": "EUR", "tax": tax});
    if let Some(zone) = zone {
        place["time_zone"] = json!(zone);
    }
    place
}

async fn zones(stand: &Stand) -> Vec<Value> {
    let list = stand.get_as(Role::Till, "/v1/locations").await.json();
    list["locations"].as_array().unwrap().iter().map(|place| place["time_zone"].clone()).collect()
}

async fn start() -> (Stand, Clock) {
    let clock = Clock::manual(Timestamp(EVENING));
    let stand = Stand::at(Limits::default(), clock.clone()).await;
    for (code, zone) in [("S1", "America/New_York"), ("S2", "Asia/Kathmandu")] {
        assert_eq!(stand.post("define_location", &place(code, Some(zone))).await.status, 200);
    }
    (stand, clock)
}

#[tokio::test]
async fn a_zone_is_told_kept_and_refused_by_name() {
    let (stand, _) = start().await;
    let (new_york, kathmandu) = (json!("America/New_York"), json!("Asia/Kathmandu"));
    assert_eq!(zones(&stand).await, [new_york.clone(), kathmandu.clone(), Value::Null]);
    // Whoever does not speak of it leaves it.
    assert_eq!(stand.post("define_location", &place("S1", None)).await.status, 200);
    assert_eq!(zones(&stand).await[0], new_york);
    for none in ["Lisbon", "", "+01:00"] {
        let refused = stand.post("define_location", &place("S1", Some(none))).await;
        assert_eq!((refused.number(), &refused.json()["field"]), (2040, &json!("time_zone")), "{none}");
    }
    let mut socket = stand.socket(Role::Admin).await;
    let mut request = place("S1", Some("Mars/Olympus"));
    request["op"] = json!("define_location");
    request["id"] = json!(id());
    let reply = socket.ask(request).await;
    assert_eq!((&reply["error"]["number"], &reply["error"]["field"]), (&json!(2040), &json!("time_zone")));
    assert_eq!(zones(&stand).await[0], new_york);
    assert_eq!(stand.post("define_location", &place("S1", Some("utc"))).await.status, 200);
    assert_eq!(zones(&stand).await, [json!("UTC"), kathmandu, Value::Null]);
}

#[tokio::test]
async fn a_session_has_the_day_on_the_wall_also_after_midnight() {
    let (stand, clock) = start().await;
    let mut till = stand.socket(Role::Till).await;
    let open = |location: &str| json!({"op": "open_session", "id": id(), "location": location, "till": 1, "currency": "EUR", "float": 0});
    let (first, other) = (open("S1"), open("S2"));
    let opened = till.ask(first.clone()).await;
    assert_eq!(opened["ok"], "session_opened", "{opened}");
    till.ask(other).await;
    stand.receive("S1", "TEA", 9).await;
    stand.receive("S2", "TEA", 9).await;
    let sale = |location: &str| {
        json!({"op": "sell", "id": id(), "location": location, "till": 1, "currency": "EUR",
            "lines": [{"sku": "TEA", "qty": "1"}], "tenders": [{"type": "cash", "amount": 450}]})
    };
    // Half past twelve there, on Sunday.
    clock.advance(Millis(60 * MINUTE));
    assert_eq!(till.ask(first).await, opened, "a repeat after midnight");
    assert_eq!(till.ask(sale("S1")).await["ok"], "recorded");
    assert_eq!(till.ask(sale("S2")).await["ok"], "recorded");
    // On the website there is no session: the day is the one on the wall, before and after.
    let mut web = sale("S1");
    web.as_object_mut().unwrap().remove("till");
    assert_eq!(till.ask(web).await["ok"], "recorded");
    for (location, day) in [("S1", "2026-03-07"), ("S2", "2026-03-08")] {
        let close = json!({"op": "close_session", "id": id(), "location": location, "till": 1, "currency": "EUR", "counts": []});
        assert_eq!(till.ask(close).await["report"]["business_day"], day, "{location}");
    }
    let rows = |report: Value| -> Vec<(String, String, u64, i64)> {
        let row = |row: &Value| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            (text("location"), text("day"), row["hour"].as_u64().unwrap(), row["gross"].as_i64().unwrap())
        };
        report["sales"].as_array().unwrap().iter().map(row).collect()
    };
    let told = |query: &str| {
        let path = format!("/v1/reports/sales?group_by=location,day,hour&{query}");
        let stand = &stand;
        async move { stand.get_as(Role::Analyst, &path).await.json() }
    };
    let row = |location: &str, day: &str, hour, gross| (location.to_owned(), day.to_owned(), hour, gross);
    let own = told("from=2026-03-07&until=2026-03-08").await;
    assert!(own["utc_offset_min"].is_null());
    let expected = [row("S1", "2026-03-07", 0, 450), row("S1", "2026-03-08", 0, 450), row("S2", "2026-03-08", 11, 450)];
    assert_eq!(rows(own), expected);
    // Today is the day there.
    assert_eq!(rows(told("location=S1").await), [row("S1", "2026-03-08", 0, 450)]);
    let utc = told("from=2026-03-07&until=2026-03-08&utc_offset_min=0").await;
    assert_eq!(utc["utc_offset_min"], 0);
    assert!(rows(utc).iter().all(|(_, _, hour, _)| *hour == 5));
}

#[tokio::test]
async fn prices_and_dates_begin_at_midnight_on_the_wall() {
    let (stand, clock) = start().await;
    let book = json!({"book": "SUNDAY", "currency": "EUR", "basis": "inclusive",
        "terms": {"from": "2026-03-08", "until": "2026-03-09"}, "prices": [{"sku": "TEA", "price": 400}]});
    assert_eq!(stand.post("define_price_book", &book).await.status, 200);
    let told = stand.get_as(Role::Admin, "/v1/price_books").await.json();
    assert_eq!(told["books"][0]["terms"], book["terms"]);
    let price = |location: &'static str| {
        let stand = &stand;
        async move {
            let quote = json!({"location": location, "currency": "EUR", "lines": [{"sku": "TEA", "qty": "1"}]});
            stand.post("quote", &quote).await.json()["total"].as_i64().unwrap()
        }
    };
    assert_eq!((price("S1").await, price("S2").await, price("WEB").await), (450, 400, 400));
    clock.advance(Millis(30 * MINUTE - 1));
    assert_eq!(price("S1").await, 450);
    clock.advance(Millis(1));
    assert_eq!(price("S1").await, 400);
    let wrong = json!({"book": "SUNDAY", "currency": "EUR", "basis": "inclusive",
        "terms": {"from": "2026-03-08", "until": "2026-03-09T00:00:00Z"}, "prices": []});
    let refused = stand.post("define_price_book", &wrong).await;
    assert_eq!((refused.number(), &refused.json()["field"]), (3054, &json!("terms.until")));
}

#[tokio::test]
async fn hours_of_the_week_are_by_the_clock_of_each_location() {
    let (stand, clock) = start().await;
    // In New York it is Saturday, 23:30; in Kathmandu Sunday, 10:15.
    let happy = |code: &str, hours: Value| {
        json!({"promotions": [{"code": code, "name": "Happy hour", "benefit": {"each": {"percent_ppm": 500_000}},
            "terms": {"hours": hours}}]})
    };
    let late =
        json!([{"days": ["saturday"], "from": "23:45", "until": "00:15"}, {"days": ["sunday"], "until": "10:20"}]);
    let asked = happy("LATE", late.clone());
    assert_eq!(stand.post("define_promotions", &asked).await.status, 200);
    let told = stand.get_as(Role::Admin, "/v1/promotions").await.json();
    assert_eq!(told["promotions"][0]["terms"]["hours"], late);
    let mut socket = stand.socket(Role::Till).await;
    let mut quote = async |location: &str| {
        let quote = json!({"op": "quote", "id": id(), "location": location, "currency": "EUR", "explain": true,
            "lines": [{"sku": "TEA", "qty": "1"}]});
        socket.ask(quote).await
    };
    let before = [quote("S1").await["total"].clone(), quote("S2").await["total"].clone()];
    assert_eq!(before, [json!(450), json!(225)]);
    clock.advance(Millis(15 * MINUTE));
    let in_words = "Happy hour\" (LATE, saturday 23:45-00:15, sunday 00:00-10:20)";
    let quoted = quote("S1").await;
    assert_eq!(quoted["total"], 225);
    assert!(quoted["lines"][0]["why"].as_str().unwrap().contains(in_words), "{quoted}");
    assert_eq!(quote("S2").await["total"], 450, "half past ten");
    clock.advance(Millis(30 * MINUTE - 1));
    assert_eq!(quote("S1").await["total"], 225, "a quarter past midnight, almost");
    clock.advance(Millis(1));
    // Of the two spans the second begins with Sunday.
    assert_eq!(quote("S1").await["total"], 225);
    for (hours, number, field) in [
        (json!([{"from": "17:00", "until": "17:00"}]), 3120, "promotions[0].terms.hours[0].until"),
        (json!([{}, {"from": "24:00", "until": "03:00"}]), 3120, "promotions[0].terms.hours[1].from"),
        (json!([{"from": "5 pm"}]), 3120, "promotions[0].terms.hours[0].from"),
        (json!([{"days": ["funday"]}]), 1001, "promotions[0].terms.hours[0].days[0]"),
        (json!(vec![json!({}); 15]), 3120, "promotions[0].terms.hours"),
    ] {
        let refused = stand.post("define_promotions", &happy("BAD", hours)).await;
        assert_eq!((refused.number(), &refused.json()["field"]), (number, &json!(field)));
        assert!(refused.json()["row"].is_u64() && refused.json()["column"].is_u64(), "{}", refused.text());
    }
}
