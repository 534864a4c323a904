//! Prices, promotions and taxes at the door: a quote and the sale that keeps its word.

use crate::harness::{Socket, Stand, id};
use onhand_actors::clock::Clock;
use onhand_engine::catalogue::Role;
use onhand_engine::time::{Millis, Timestamp};
use onhand_gateway::Limits;
use serde_json::{Value, json};
use std::time::Duration;

async fn define(stand: &Stand, op: &str, body: Value) -> Value {
    let reply = stand.post(op, &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn three_for_ten() -> Value {
    json!({"promotions": [{
        "code": "TEA3", "name": "Three teas for 10.00", "currency": "EUR",
        "benefit": {"set": {"parts": [{"items": {"skus": ["TEA"]}, "units": 3}], "price": 1000}},
    }]})
}

async fn ask(socket: &mut Socket, op: &str, mut body: Value) -> Value {
    body["op"] = json!(op);
    body["id"] = json!(id());
    socket.ask(body).await
}

fn basket(lines: Value) -> Value {
    json!({"location": "S1", "currency": "EUR", "lines": lines})
}

#[tokio::test]
async fn a_quote_says_why_and_the_sale_keeps_it() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 20).await;
    stand.receive("S1", "MUG", 20).await;
    assert_eq!(define(&stand, "define_promotions", three_for_ten()).await["added"], 1);
    let book = json!({
        "book": "STAFF", "currency": "EUR", "basis": "inclusive", "terms": {"groups": ["staff"]},
        "prices": [{"sku": "MUG", "price": 900}],
    });
    assert_eq!(define(&stand, "define_price_book", book).await["prices"], 1);

    let mut till = stand.socket(Role::Till).await;
    let mut lines = basket(json!([{"sku": "TEA", "qty": 3}, {"sku": "MUG", "qty": 1}]));
    lines["group"] = json!("staff");
    let mut asked = lines.clone();
    asked["explain"] = json!(true);
    let quote = ask(&mut till, "quote", asked.clone()).await;
    assert_eq!(quote["ok"], "quoted", "{quote}");
    assert_eq!((&quote["total"], &quote["net"], &quote["tax"]), (&json!(1900), &json!(1727), &json!(173)));
    assert_eq!(quote["lines"][0]["discounts"], json!([{"promotion": "TEA3", "amount": 350}]));
    assert_eq!(quote["promotions"], json!([{"promotion": "TEA3", "name": "Three teas for 10.00", "amount": 350}]));
    assert_eq!((&quote["lines"][1]["price_from"], &quote["lines"][1]["book"]), (&json!("book"), &json!("STAFF")));
    assert_eq!(
        quote["lines"][0]["why"],
        "3 x Green tea at 4.50, the catalogue's price, make 13.50, less 3.50 for \"Three teas for 10.00\" (TEA3), \
         leave 10.00, of which 0.91 are tax at 10 %."
    );
    let over_http = stand.post_as(Role::Till, "quote", &id(), &asked).await.json();
    assert_eq!((&over_http["hash"], &over_http["version"]), (&quote["hash"], &quote["version"]));

    let mut sale = lines.clone();
    sale["till"] = json!(1);
    sale["tenders"] = json!([{"type": "cash", "amount": 1900}]);
    let mut short = sale.clone();
    short["tenders"] = json!([{"type": "cash", "amount": 2250}]);
    let refused = ask(&mut till, "sell", short).await;
    assert_eq!((&refused["error"]["number"], &refused["error"]["due"]), (&json!(3002), &json!(1900)));
    let recorded = ask(&mut till, "sell", sale).await;
    assert_eq!((&recorded["ok"], &recorded["total"]), (&json!("recorded"), &json!(1900)), "{recorded}");

    // T50: what was sold keeps its prices and taxes, whatever the rules say later.
    define(&stand, "end_promotion", json!({"promotion": "TEA3"})).await;
    define(&stand, "end_price_book", json!({"book": "STAFF"})).await;
    let after = recorded["seq"].as_str().unwrap().parse::<u64>().unwrap() - 1;
    let events = stand.get_as(Role::Analyst, &format!("/v1/events?after={after}&limit=1")).await.json();
    let event = &events["events"][0];
    assert_eq!(event["lines"][0]["unit_price"], 450);
    assert_eq!(event["lines"][0]["discounts"], json!([{"promotion": "TEA3", "amount": 350}]));
    assert_eq!((&event["lines"][0]["net"], &event["lines"][0]["tax"]), (&json!(909), &json!(91)));
    assert_eq!(event["lines"][1]["unit_price"], 900);
    assert_eq!(event["quote"], json!({"version": quote["version"], "hash": quote["hash"]}));
    let mut other = basket(json!([{"sku": "TEA", "qty": 2, "unit_price": 300, "price_reason": "dented"}]));
    let sold = ask(&mut till, "sell", other.clone()).await;
    assert_eq!(sold["total"], 600);
    let after = sold["seq"].as_str().unwrap().parse::<u64>().unwrap() - 1;
    let events = stand.get_as(Role::Analyst, &format!("/v1/events?after={after}&limit=1")).await.json();
    let line = &events["events"][0]["lines"][0];
    let kept = (&line["unit_price"], &line["list_price"], &line["price_reason"]);
    assert_eq!(kept, (&json!(300), &json!(450), &json!("dented")));
    other["lines"][0]["unit_price"] = Value::Null;
    let error = ask(&mut till, "sell", other).await["error"].clone();
    assert_eq!((&error["number"], &error["field"]), (&json!(1001), &json!("lines[0].price_reason")));
    let plain = ask(&mut till, "quote", lines).await;
    assert_eq!(plain["total"], 1350 + 1200);
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_when_prices_have_changed() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 20).await;
    define(&stand, "define_promotions", three_for_ten()).await;
    let mut till = stand.socket(Role::Till).await;
    let mut sale = basket(json!([{"sku": "TEA", "qty": 3, "discount": {"amount": 100, "reason": "dented"}}]));
    sale["op"] = json!("sell");
    sale["id"] = json!(id());
    let first = till.ask(sale.clone()).await;
    assert_eq!(first["total"], 900);
    define(&stand, "end_promotion", json!({"promotion": "TEA3"})).await;
    assert_eq!(till.ask(sale.clone()).await, first);
    for (field, value) in [("reason", json!("loyal")), ("amount", json!(99))] {
        let mut other = sale.clone();
        other["lines"][0]["discount"][field] = value;
        assert_eq!(till.ask(other).await["error"]["number"], 1008, "{field}");
    }
    sale["coupons"] = json!([]);
    sale["group"] = json!("staff");
    assert_eq!(till.ask(sale).await["error"]["number"], 1008);
}

/// T42, T44: whatever is taken off the basket, the lines add up to it.
#[tokio::test]
async fn what_is_taken_off_the_basket_is_shared_among_its_lines() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 20).await;
    let mut till = stand.socket(Role::Till).await;
    let mut asked = basket(json!([{"sku": "TEA", "qty": 1}, {"sku": "TEA", "qty": 1}, {"sku": "TEA", "qty": 1}]));
    asked["discount"] = json!({"amount": 100, "reason": "regular"});
    let quote = ask(&mut till, "quote", asked.clone()).await;
    assert_eq!((&quote["total"], &quote["discount"]), (&json!(1250), &json!({"reason": "regular", "amount": 100})));
    let shares: Vec<&Value> = (0..3).map(|at| &quote["lines"][at]["discounts"][0]["amount"]).collect();
    assert_eq!(shares, [34, 33, 33]);
    let sold = ask(&mut till, "sell", asked.clone()).await;
    assert_eq!(sold["total"], 1250);
    let after = sold["seq"].as_str().unwrap().parse::<u64>().unwrap() - 1;
    let events = stand.get_as(Role::Analyst, &format!("/v1/events?after={after}&limit=1")).await.json();
    assert_eq!(events["events"][0]["lines"][1]["discounts"], json!([{"reason": "regular", "amount": 33}]));
    assert_eq!(stand.post_as(Role::Till, "quote", &id(), &asked).await.json()["hash"], quote["hash"]);

    let mut sale = asked.clone();
    (sale["op"], sale["id"]) = (json!("sell"), json!(id()));
    let first = till.ask(sale.clone()).await;
    assert_eq!(till.ask(sale.clone()).await, first);
    for other in [json!({"amount": 99, "reason": "regular"}), json!({"percent_ppm": 100, "reason": "regular"})] {
        sale["discount"] = other;
        assert_eq!(till.ask(sale.clone()).await["error"]["number"], 1008);
    }
    for (discount, number, field) in [
        (json!({"amount": 1351, "reason": "x"}), 3051, "discount.amount"),
        (json!({"percent_ppm": 1_000_001, "reason": "x"}), 3110, "discount.percent_ppm"),
        (json!({"percent_ppm": 0, "reason": "x"}), 3110, "discount.percent_ppm"),
        (json!({"percent_ppm": 1, "amount": 1, "reason": "x"}), 1001, "discount"),
        (json!({"reason": "x"}), 1001, "discount"),
        (json!({"amount": 1}), 1001, "discount.reason"),
    ] {
        asked["discount"] = discount.clone();
        for op in ["quote", "sell"] {
            let error = ask(&mut till, op, asked.clone()).await["error"].clone();
            assert_eq!((&error["number"], &error["field"]), (&json!(number), &json!(field)), "{op} {discount}");
        }
        asked["discount"] = Value::Null;
        asked["lines"][1]["discount"] = discount.clone();
        let error = ask(&mut till, "sell", asked.clone()).await["error"].clone();
        let of_line = json!(format!("lines[1].{field}"));
        assert_eq!((&error["number"], &error["field"]), (&json!(number), &of_line), "{discount}");
        asked["lines"][1]["discount"] = Value::Null;
    }
    let mut shopper = stand.shopper().await;
    asked["discount"] = json!({"amount": 1, "reason": "x"});
    assert_eq!(ask(&mut shopper, "quote", asked).await["error"]["field"], "discount");
}

#[tokio::test]
async fn discounts_and_coupons_that_cannot_be_name_their_field() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 20).await;
    let coupon = json!({"promotions": [{
        "code": "TEN", "name": "Ten percent", "coupon": "SAVE10", "benefit": {"each": {"percent_ppm": 100_000}},
    }]});
    define(&stand, "define_promotions", coupon).await;
    let mut till = stand.socket(Role::Till).await;
    let line =
        |discount: Value| basket(json!([{"sku": "TEA", "qty": 1}, {"sku": "TEA", "qty": 1, "discount": discount}]));
    for amount in [451, 0, -1] {
        for op in ["quote", "sell"] {
            let error = ask(&mut till, op, line(json!({"amount": amount, "reason": "dented"}))).await["error"].clone();
            assert_eq!((&error["number"], &error["field"]), (&json!(3051), &json!("lines[1].discount.amount")));
            assert_eq!((&error["due"], &error["line"]), (&json!(450), &json!(1)));
        }
    }
    let error = ask(&mut till, "sell", line(json!({"amount": 5}))).await["error"].clone();
    assert_eq!((&error["number"], &error["field"]), (&json!(1001), &json!("lines[1].discount.reason")));
    let given = ask(&mut till, "sell", line(json!({"amount": 450, "reason": "dented"}))).await;
    assert_eq!(given["total"], 450);

    let mut shown = basket(json!([{"sku": "TEA", "qty": 1}]));
    shown["coupons"] = json!(["SAVE10"]);
    assert_eq!(ask(&mut till, "sell", shown.clone()).await["total"], 405);
    shown["coupons"] = json!(["SAVE10", "SAVE11"]);
    let error = ask(&mut till, "sell", shown.clone()).await["error"].clone();
    assert_eq!((&error["number"], &error["field"]), (&json!(3050), &json!("coupons[1]")));
    shown["completed"] = json!(true);
    assert_eq!(ask(&mut till, "sell", shown).await["total"], 405, "a fact is not refused for a coupon");

    let mut shopper = stand.shopper().await;
    let mut asked = basket(json!([{"sku": "TEA", "qty": 1}]));
    assert_eq!(ask(&mut shopper, "quote", asked.clone()).await["total"], 450);
    asked["group"] = json!("staff");
    assert_eq!(ask(&mut shopper, "quote", asked).await["error"]["number"], 4004);
    let mut back = basket(json!([{"sku": "TEA", "qty": 1, "amount": 405, "discount": {"amount": 5, "reason": "x"}}]));
    back["disposition"] = json!("resell");
    let error = ask(&mut till, "return", back).await["error"].clone();
    assert_eq!((&error["number"], &error["field"]), (&json!(1001), &json!("lines[0].discount")));
}

#[tokio::test]
async fn a_file_with_one_error_is_refused_whole() {
    let stand = Stand::start().await;
    let one =
        |no: usize| json!({"code": format!("P{no}"), "name": "Ten", "benefit": {"each": {"percent_ppm": 100_000}}});
    let mut all: Vec<Value> = (0..400).map(one).collect();
    let whole = |all: &[Value]| json!({"promotions": all});
    for (path, value, number, field) in [
        ("/benefit/each/percent_ppm", json!(1_000_001), 3052, "promotions[300].benefit.each.percent_ppm"),
        ("/benefit/each/percent_ppm", json!("ten"), 1001, "promotions[300].benefit.each.percent_ppm"),
        ("/benefit/each", json!({"amount": -5}), 3052, "promotions[300].benefit.each.amount"),
        ("/benefit/each", json!({"amount": 5}), 3052, "promotions[300].currency"),
        ("/benefit/each", json!({"items": {"skus": ["TEA", "NONE"]}}), 3052, "promotions[300].benefit.each"),
        (
            "/benefit/each",
            json!({"percent_ppm": 1, "items": {"skus": ["TEA", "NONE"]}}),
            1003,
            "promotions[300].benefit.each.items.skus[1]",
        ),
        ("/code", json!("P7"), 3052, "promotions[300].code"),
        ("/name", json!(""), 1013, "promotions[300].name"),
    ] {
        let kept = all[300].clone();
        *all[300].pointer_mut(path).unwrap() = value;
        let reply = stand.post("define_promotions", &whole(&all)).await.json();
        assert_eq!((&reply["number"], &reply["field"]), (&json!(number), &json!(field)), "{reply}");
        all[300] = kept;
    }
    // A file with a promotion on each line: the error says on which line, and where in it.
    all[298]["benefit"] = json!({"each": {"percent_ppm": 0}});
    let rows: Vec<String> = all.iter().map(Value::to_string).collect();
    let file = format!("{{\"promotions\":[\n{}\n]}}", rows.join(",\n"));
    let column = rows[298].find("{\"percent_ppm\"").unwrap() + "{\"percent_ppm\":".len() + 1;
    let headers = [("Authorization", format!("Bearer {}", stand.key(Role::Admin))), ("Idempotency-Key", id())];
    let reply = stand.http("POST", "/v1/define_promotions", &headers, file.as_bytes()).await.json();
    assert_eq!((&reply["number"], &reply["field"]), (&json!(3052), &json!("promotions[298].benefit.each.percent_ppm")));
    assert_eq!((&reply["row"], &reply["column"]), (&json!(300), &json!(column)), "{reply}");
    let broken = file.replace(&rows[298], &rows[298].replace("\"name\"", "\"nome\""));
    let reply = stand.http("POST", "/v1/define_promotions", &headers, broken.as_bytes()).await.json();
    assert_eq!((&reply["number"], &reply["row"]), (&json!(1001), &json!(300)), "{reply}");
    assert!(reply["field"].as_str().unwrap().starts_with("promotions[298]"), "{reply}");
    all[298] = one(298);

    assert_eq!(stand.get_as(Role::Till, "/v1/promotions").await.json(), json!({"promotions": []}));
    let defined = define(&stand, "define_promotions", whole(&all)).await;
    assert_eq!((&defined["added"], &defined["changed"]), (&json!(400), &json!(0)));
    let page = stand.get_as(Role::Admin, "/v1/promotions?limit=300").await.json();
    let next = page["next"].as_str().unwrap();
    let rest = stand.get_as(Role::Admin, &format!("/v1/promotions?limit=300&after={next}")).await.json();
    assert_eq!(rest["promotions"].as_array().unwrap().len(), 100);

    let prices = json!([{"sku": "TEA", "price": 1}, {"sku": "MUG", "price": 1}, {"sku": "TEA", "price": 2}]);
    let book = json!({"book": "B", "currency": "EUR", "basis": "inclusive", "prices": prices});
    let reply = stand.post("define_price_book", &book).await.json();
    assert_eq!((&reply["number"], &reply["field"]), (&json!(3054), &json!("prices[2].sku")));
    assert_eq!(stand.post("end_promotion", &json!({"promotion": "NONE"})).await.number(), 3053);
    assert_eq!(stand.post("end_price_book", &json!({"book": "B"})).await.number(), 3055);
}

#[tokio::test]
async fn a_changed_price_reaches_who_watches_at_once() {
    let stand = Stand::start().await;
    let mut watcher = stand.shopper().await;
    let subscription = id();
    let begun = watcher.ask(json!({"op": "watch_prices", "id": subscription})).await;
    assert_eq!(begun["ok"], "watching_prices");
    let again = watcher.ask(json!({"op": "watch_prices", "id": subscription})).await;
    assert_eq!(again["error"]["number"], 1008);
    let mut version = begun["version"].as_u64().unwrap();
    let tea = |price: i64| json!({"items": [{"sku": "TEA", "name": "Tea", "tax_class": "food", "price": price}]});
    let book = |price: i64| {
        let prices = json!([{"sku": "TEA", "price": price}]);
        json!({"book": "WEB", "currency": "EUR", "basis": "inclusive", "prices": prices})
    };
    let promotion = json!({"promotions": [{
        "code": "HALF", "name": "Half price", "benefit": {"each": {"percent_ppm": 500_000}},
    }]});
    let changes = [
        ("define_items", tea(400), 400),
        ("define_price_book", book(300), 300),
        ("define_price_book", book(250), 250),
        ("define_promotions", promotion, 125),
        ("end_promotion", json!({"promotion": "HALF"}), 250),
        ("end_price_book", json!({"book": "WEB"}), 400),
    ];
    for (op, body, total) in changes {
        define(&stand, op, body).await;
        // Word of it, and the new price on asking: within a tenth of a second of the change.
        let told = async {
            let push = watcher.next().await;
            (push, ask(&mut watcher, "quote", basket(json!([{"sku": "TEA", "qty": 1}]))).await)
        };
        let told = tokio::time::timeout(Duration::from_millis(100), told).await;
        let (push, quote) = told.unwrap_or_else(|_| panic!("{op}: not told within 100 ms"));
        let newer = push["prices"]["version"].as_u64().unwrap_or_else(|| panic!("{push}"));
        assert!(newer > version, "{push}");
        version = newer;
        assert_eq!((&quote["total"], &quote["version"]), (&json!(total), &json!(version)), "{op}");
    }
    let ended = watcher.ask(json!({"op": "unsubscribe", "id": id(), "subscription": subscription})).await;
    assert_eq!(ended["ok"], "unsubscribed");
    define(&stand, "define_items", tea(410)).await;
    assert_eq!(watcher.ask(json!({"op": "ping", "id": id()})).await["ok"], "pong", "nothing was pushed before");
}

#[tokio::test]
async fn rates_have_dates_and_gaps_are_found() {
    let clock = Clock::manual(Timestamp(1_767_225_600_000));
    let stand = Stand::at(Limits::default(), clock.clone()).await;
    stand.receive("S1", "TEA", 20).await;
    let dated = json!([
        {"class": "food", "rate_ppm": 50_000, "until": "2026-01-01T00:01:00Z"},
        {"class": "books", "rate_ppm": 0, "channel": "web"},
    ]);
    let tax = json!({
        "basis": "inclusive", "rounding": "line", "rates": [{"class": "food", "rate_ppm": 100_000}], "dated": dated,
    });
    let place = json!({"code": "S1", "name": "S1", "kind": "shop", "currency": "EUR", "tax": tax});
    define(&stand, "define_location", place.clone()).await;
    let found = stand.get_as(Role::Admin, "/v1/locations").await.json();
    assert_eq!(found["locations"][0]["tax"]["dated"][0]["until"], "2026-01-01T00:01:00.000Z");
    let mut till = stand.socket(Role::Till).await;
    let one = || basket(json!([{"sku": "TEA", "qty": 1}]));
    let tax_of = |quote: &Value| (quote["tax"].as_i64().unwrap(), quote["lines"][0]["rate_ppm"].as_u64().unwrap());
    assert_eq!(tax_of(&ask(&mut till, "quote", one()).await), (21, 50_000));
    clock.advance(Millis(60_000));
    assert_eq!(tax_of(&ask(&mut till, "quote", one()).await), (41, 100_000));
    let mut exempt = one();
    exempt["tax_exempt"] = json!("CERT-7");
    assert_eq!(ask(&mut till, "sell", exempt).await["total"], 409);

    let book = json!({"items": [{"sku": "NOVEL", "name": "Novel", "tax_class": "books", "price": 900}]});
    define(&stand, "define_items", book).await;
    let gaps = stand.get_as(Role::Analyst, "/v1/tax_gaps").await.json();
    let of_shop: Vec<&Value> = gaps["gaps"].as_array().unwrap().iter().filter(|gap| gap["location"] == "S1").collect();
    let channels: Vec<&Value> = of_shop.iter().map(|gap| &gap["channel"]).collect();
    assert_eq!(channels, [&json!("till"), &json!("marketplace")], "the website has a rate");
    assert_eq!((&of_shop[0]["class"], &of_shop[0]["first"]), (&json!("books"), &json!("NOVEL")));
    assert_eq!(stand.get_as(Role::Web, "/v1/tax_gaps").await.number(), 4004);

    // Before a location opens: which classes have no rate on some day of the time to come.
    let ahead = "/v1/tax_gaps?from=2030-01-01T00:00:00Z&until=2031-01-01T00:00:00Z";
    let gaps = stand.get_as(Role::Analyst, ahead).await.json();
    let all = gaps["gaps"].as_array().unwrap();
    let of_till = all.iter().find(|gap| gap["channel"] == "till" && gap["class"] == "books").unwrap();
    let range = (&of_till["from"], &of_till["until"]);
    assert_eq!(range, (&json!("2030-01-01T00:00:00.000Z"), &json!("2031-01-01T00:00:00.000Z")));
    let reversed = "/v1/tax_gaps?from=2031-01-01T00:00:00Z&until=2030-01-01T00:00:00Z";
    let error = stand.get_as(Role::Analyst, reversed).await.json();
    assert_eq!((&error["number"], &error["field"]), (&json!(1001), &json!("until")));
    assert_eq!(stand.get_as(Role::Analyst, "/v1/tax_gaps?from=soon").await.number(), 1001);
}

/// Tax on tax over the wire: kept as rates on the price alone, and added up.
#[tokio::test]
async fn tax_on_tax_is_worked_out_where_the_rate_is_defined() {
    let stand = Stand::start().await;
    let parts = json!([50_000, 95_000]);
    let dated = json!([{"class": "food", "parts_ppm": parts, "compound": true, "channel": "web"}]);
    let rates = json!([{"class": "food", "parts_ppm": parts, "compound": true}]);
    let tax = json!({"basis": "exclusive", "rounding": "line", "rates": rates, "dated": dated});
    let place = json!({"code": "S1", "name": "S1", "kind": "shop", "currency": "EUR", "tax": tax});
    define(&stand, "define_location", place).await;
    let found = stand.get_as(Role::Admin, "/v1/locations").await.json();
    for rates in ["rates", "dated"] {
        assert_eq!(found["locations"][0]["tax"][rates][0]["parts_ppm"], json!([50_000, 99_750]));
    }
    let mut till = stand.socket(Role::Till).await;
    let quote = ask(&mut till, "quote", basket(json!([{"sku": "TEA", "qty": 1, "unit_price": 10_000}]))).await;
    assert_eq!((&quote["tax"], &quote["total"]), (&json!(1_498), &json!(11_498)), "{quote}");
}
