//! A price that a till names: the shop's own needs nothing, any other a right.

use crate::harness::{Socket, Stand, id};
use crate::people::{MAX_PIN, approved, done, last_event, refused, staffed, till_of};
use onhand_engine::catalogue::Role;
use onhand_gateway::Limits;
use serde_json::{Value, json};

fn sale(lines: Value) -> Value {
    json!({"op": "sell", "id": id(), "location": "S1", "till": 1, "currency": "EUR", "lines": lines})
}

async fn lacks_the_right(till: &mut Socket, lines: Value) {
    let reply = till.ask(sale(lines)).await;
    refused(&reply, 4011);
    assert_eq!(reply["error"]["capability"], "override_price");
}

/// T59: a cashier without the right, with and without a reason, by the unit and by the line.
#[tokio::test]
async fn t59_another_price_needs_its_right_and_a_reason_is_not_what_it_hangs_on() {
    let stand = staffed(Limits::default()).await;
    let mut till = till_of(&stand, "max", MAX_PIN).await;
    let goods = json!({"op": "receive", "id": id(), "location": "S1", "lines": [{"sku": "CHEESE", "qty": 10}]});
    done(&till.ask(goods).await, "received");
    done(&till.ask(json!({"op": "sign_in", "id": id(), "user": "ann", "pin": "4711"})).await, "signed_in");
    lacks_the_right(&mut till, json!([{"sku": "TEA", "qty": 1, "unit_price": 1}])).await;
    lacks_the_right(&mut till, json!([{"sku": "TEA", "qty": 2, "amount": 899}])).await;
    lacks_the_right(&mut till, json!([{"sku": "TEA", "qty": 2, "unit_price": 450, "amount": 1}])).await;
    lacks_the_right(&mut till, json!([{"sku": "TEA", "qty": 1, "unit_price": 9, "price_reason": "dented"}])).await;
    let taxed = json!([{"sku": "TEA", "qty": 1, "amount": 11, "tax": {"amount": 1, "rate_ppm": 100_000}}]);
    lacks_the_right(&mut till, taxed).await;
    lacks_the_right(&mut till, json!([{"sku": "CHEESE", "qty": "0.212", "amount": 400}])).await;

    // The shop's own price is no other: by the unit, by the line, and as a label has it.
    let own = json!([{"sku": "TEA", "qty": 2, "amount": 900}, {"sku": "TEA", "qty": 1, "unit_price": 450},
        {"sku": "CHEESE", "qty": "0.212", "amount": 423}]);
    done(&till.ask(sale(own)).await, "recorded");
    assert_eq!(last_event(&stand).await["lines"][0]["list_price"], Value::Null);

    let cheap = sale(json!([{"sku": "TEA", "qty": 1, "unit_price": 100}]));
    done(&till.ask(approved(cheap, "max", MAX_PIN)).await, "recorded");
    let event = last_event(&stand).await;
    let line = &event["lines"][0];
    assert_eq!(
        (&line["unit_price"], &line["list_price"], &line["price_reason"]),
        (&json!(100), &json!(450), &Value::Null)
    );
    assert_eq!((&event["by"]["user"], &event["by"]["approver"]), (&json!("ann"), &json!("max")));

    // What has happened is recorded, and says so.
    let mut happened = sale(json!([{"sku": "TEA", "qty": 1, "amount": 5}]));
    happened["completed"] = json!(true);
    let told = till.ask(happened.clone()).await;
    done(&told, "recorded");
    let event = last_event(&stand).await;
    assert_eq!((&event["lines"][0]["list_price"], &event["by"]["user"]), (&json!(450), &json!("ann")));
    let expected =
        json!([{"line": 0, "sku": "TEA", "number": 4040, "name": "price_not_allowed", "said": 5, "own": 450}]);
    assert_eq!((&told["exceptions"], &event["goods"]["exceptions"]), (&expected, &expected), "{told}");
    assert_eq!(till.ask(happened).await, told, "a repeat is told the same");
}

/// What a sale that has happened took without a right is recorded, told to the till, found by the office and counted.
#[tokio::test]
async fn t59_a_fact_without_the_right_is_an_exception_and_one_with_it_is_not() {
    let stand = staffed(Limits::default()).await;
    let mut till = till_of(&stand, "ann", "4711").await;
    let fact = |lines: Value| {
        let mut sale = sale(lines);
        sale["completed"] = json!(true);
        sale
    };
    let off = |amount: i64| json!({"sku": "TEA", "qty": 2, "discount": {"amount": amount, "reason": "dented"}});
    let told = till.ask(fact(json!([off(100), {"sku": "MUG", "qty": 1}]))).await;
    done(&told, "recorded");
    let expected =
        json!([{"line": 0, "sku": "TEA", "number": 4041, "name": "discount_not_allowed", "said": 100, "own": 0}]);
    assert_eq!(told["exceptions"], expected, "{told}");
    // Approved by somebody who may, or in the shop's own prices, there is nothing to look at.
    for fine in
        [approved(fact(json!([off(90)])), "max", MAX_PIN), fact(json!([{"sku": "TEA", "qty": 1, "amount": 450}]))]
    {
        let told = till.ask(fine).await;
        done(&told, "recorded");
        assert_eq!(told["exceptions"], Value::Null, "{told}");
    }
    let page = stand.get_as(Role::Analyst, "/v1/events?only=exceptions&limit=1000").await.json();
    let events = page["events"].as_array().unwrap();
    assert_eq!(events.len(), 1, "{page:#}");
    assert_eq!((&events[0]["goods"]["exceptions"], &events[0]["by"]["user"]), (&expected, &json!("ann")));
}

/// Where prices exclude tax the customer pays what the till says: less than it is here is an exception.
#[tokio::test]
async fn a_tax_that_the_till_says_too_low_is_an_exception_with_both_amounts() {
    let stand = Stand::start().await;
    let rates = json!([{"class": "food", "rate_ppm": 70_000}, {"class": "standard", "rate_ppm": 210_000}]);
    for (code, basis) in [("S1", "inclusive"), ("S2", "exclusive")] {
        let tax = json!({"basis": basis, "rounding": "line", "rates": rates});
        let place = json!({"code": code, "name": code, "kind": "shop", "currency": "EUR", "tax": tax});
        assert_eq!(stand.post("define_location", &place).await.status, 200);
        stand.receive(code, "MUG", 100).await;
    }
    let mut till = stand.socket(Role::Till).await;
    let taxed = |location: &str, tax: i64, completed: bool| {
        let line = json!({"sku": "MUG", "qty": 1, "amount": 1_000, "tax": {"amount": tax, "rate_ppm": 100_000}});
        let mut sale = sale(json!([{"sku": "MUG", "qty": 1}, line]));
        sale["location"] = json!(location);
        sale["completed"] = json!(completed);
        sale
    };
    for completed in [false, true] {
        let told = till.ask(taxed("S2", 60, completed)).await;
        done(&told, "recorded");
        let expected = json!([{"line": 1, "sku": "MUG", "number": 3060, "name": "tax_too_low", "said": 60, "own": 70}]);
        assert_eq!(told["exceptions"], expected, "{told}");
        assert_eq!(last_event(&stand).await["goods"]["exceptions"], expected);
        for (location, tax) in [("S2", 70), ("S2", 71), ("S1", 1)] {
            let told = till.ask(taxed(location, tax, completed)).await;
            done(&told, "recorded");
            assert_eq!(told["exceptions"], Value::Null, "{told}");
        }
    }
    // An exchange tells the same of what goes out.
    let sold = till.ask(taxed("S2", 70, false)).await;
    let line = json!({"sku": "MUG", "qty": 1, "amount": 1_000, "tax": {"amount": 60, "rate_ppm": 100_000}});
    let exchange = json!({"op": "exchange", "id": id(), "location": "S2", "till": 1, "currency": "EUR",
        "sale": sold["seq"], "returned": [{"line": 1, "qty": "1"}], "disposition": "resell", "lines": [line],
        "tenders": [{"type": "cash", "amount": -10}]});
    let told = till.ask(exchange.clone()).await;
    done(&told, "exchanged");
    let expected = json!([{"line": 0, "sku": "MUG", "number": 3060, "name": "tax_too_low", "said": 60, "own": 70}]);
    assert_eq!((&told["exceptions"], &told["returned"]), (&expected, &json!(1_070)), "{told}");
    assert_eq!(till.ask(exchange).await, told, "a repeat is told the same");
}

/// A till that works prices out itself names what they come to, promotions and all.
#[tokio::test]
async fn t59_what_the_evaluator_says_needs_nothing_and_a_cent_less_does() {
    let stand = staffed(Limits::default()).await;
    let three = json!({"promotions": [{"code": "TEA3", "name": "Three teas for 10.00", "currency": "EUR",
        "benefit": {"set": {"parts": [{"items": {"skus": ["TEA"]}, "units": 3}], "price": 1000}}}]});
    let response = stand.post("define_promotions", &three).await;
    assert_eq!(response.status, 200, "{}", response.text());
    let mut till = till_of(&stand, "ann", "4711").await;
    let tea = |qty: u32| json!({"sku": "TEA", "qty": qty});
    let priced = |qty: u32, amount: i64| json!({"sku": "TEA", "qty": qty, "unit_price": 450, "amount": amount});
    let mut quote = sale(json!([tea(2), tea(1)]));
    quote["op"] = json!("quote");
    quote.as_object_mut().unwrap().remove("till");
    let quote = till.ask(quote).await;
    assert_eq!(quote["total"], 1000, "{quote}");
    let left = |at: usize| quote["lines"][at]["total"].as_i64().unwrap();
    done(&till.ask(sale(json!([priced(2, left(0)), priced(1, left(1))]))).await, "recorded");
    let event = last_event(&stand).await;
    assert_eq!(event["lines"][0]["list_price"], Value::Null, "{event}");
    lacks_the_right(&mut till, json!([priced(2, left(0)), priced(1, left(1) - 1)])).await;
    // A share of the promotion for goods that are not all there.
    lacks_the_right(&mut till, json!([priced(2, left(0))])).await;
    // The share named, and the promotion once more for the same goods.
    lacks_the_right(&mut till, json!([priced(2, left(0)), tea(3)])).await;
    done(&till.ask(sale(json!([priced(2, 900), tea(3)]))).await, "recorded");

    let mut desk = stand.socket(Role::Admin).await;
    done(&desk.ask(json!({"op": "sign_in", "id": id(), "user": "max", "pin": MAX_PIN})).await, "signed_in");
    done(&desk.ask(sale(json!([priced(1, 1)]))).await, "recorded");
}
