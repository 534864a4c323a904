//! What a customer bought, wherever it was.

use crate::harness::{Stand, id};
use onhand_engine::catalogue::Role;
use serde_json::{Value, json};

async fn sell(stand: &Stand, role: Role, more: Value) -> Value {
    let mut sale = json!({"currency": "EUR", "lines": [{"sku": "TEA", "qty": 1}]});
    sale.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = stand.post_as(role, "sell", &id(), &sale).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

async fn bought(stand: &Stand, owner: &str, query: &str) -> Value {
    let page = stand.get_as(Role::Till, &format!("/v1/customers/{owner}/sales{query}")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    page.json()
}

#[tokio::test]
async fn a_customers_sales_are_found_in_every_shop_with_their_accounts() {
    let stand = Stand::start().await;
    for code in ["S1", "S2", "WEB"] {
        stand.receive(code, "TEA", 100).await;
    }
    let credit = json!({"type": "store_credit", "currency": "EUR", "amount": 1_000});
    let account = stand.post("issue_account", &credit).await.json()["account"].clone();
    let paid = json!([{"type": "store_credit", "amount": 450, "account": account}]);
    let mut seqs = vec![
        sell(&stand, Role::Till, json!({"location": "S1", "till": 3, "owner": "ann"})).await["seq"].clone(),
        sell(&stand, Role::Web, json!({"location": "WEB", "owner": "ann"})).await["seq"].clone(),
        sell(&stand, Role::Till, json!({"location": "S2", "till": 1, "owner": "ann", "tenders": paid})).await["seq"]
            .clone(),
    ];
    sell(&stand, Role::Till, json!({"location": "S1", "owner": "bob"})).await;
    sell(&stand, Role::Till, json!({"location": "S1"})).await;
    seqs.reverse();

    let all = bought(&stand, "ann", "").await;
    let told = |page: &Value, name: &str| -> Vec<Value> {
        page["sales"].as_array().unwrap().iter().map(|sale| sale[name].clone()).collect()
    };
    assert_eq!((told(&all, "seq"), &all["next"]), (seqs.clone(), &Value::Null), "{all:#}");
    assert_eq!(told(&all, "location"), ["S2", "WEB", "S1"]);
    assert_eq!(told(&all, "owner"), ["ann", "ann", "ann"]);
    let [balance] = all["accounts"].as_array().unwrap().as_slice() else { panic!("{all:#}") };
    let asked = stand.post("account", &json!({"account": account})).await.json();
    for field in ["account", "type", "currency", "balance", "redeemed"] {
        assert_eq!(balance[field], asked[field], "{field}");
    }
    assert_eq!(balance["balance"], 550);
    // Page by page, each time on from where the last one ended.
    let first = bought(&stand, "ann", "?limit=2").await;
    assert_eq!(told(&first, "seq"), seqs[..2]);
    let next = first["next"].as_str().unwrap();
    let second = bought(&stand, "ann", &format!("?limit=2&after={next}")).await;
    assert_eq!(
        (told(&second, "seq"), &second["next"], &second["accounts"]),
        (seqs[2..].to_vec(), &Value::Null, &json!([]))
    );
    assert_eq!(told(&bought(&stand, "bob", "").await, "location"), ["S1"]);
    assert_eq!(bought(&stand, "nobody", "").await["sales"], json!([]));

    assert_eq!(stand.get_as(Role::Till, "/v1/customers/ann/sales?after=x").await.number(), 1017);
    assert_eq!(stand.get_as(Role::Till, "/v1/customers/ann/sales?limit=0").await.number(), 1001);
    assert_eq!(stand.get_as(Role::Till, &format!("/v1/customers/{}/sales", "x".repeat(65))).await.number(), 1013);
    for role in [Role::Analyst, Role::Operations] {
        assert_eq!(stand.get_as(role, "/v1/customers/ann/sales").await.number(), 4004);
    }
}

#[tokio::test]
async fn all_accounts_of_a_customer_are_told_at_every_till_and_points_are_found_by_name() {
    let stand = Stand::start().await;
    for code in ["S1", "S2"] {
        stand.receive(code, "TEA", 100).await;
    }
    let issue = async |more: Value| {
        let reply = stand.post("issue_account", &more).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["account"].clone()
    };
    let card = issue(json!({"type": "gift_card", "currency": "EUR", "amount": 500, "customer": "ann"})).await;
    let credit = issue(json!({"type": "store_credit", "currency": "EUR", "amount": 700})).await;
    let points = issue(json!({"type": "loyalty", "points": 1_000, "customer": "ann"})).await;
    let assign = |account: &Value, to: &str| json!({"account": account, "customer": to});
    assert_eq!(stand.post("assign_account", &assign(&credit, "ann")).await.json()["balance"], 700);

    let balances = |page: &Value| {
        let of = |one: &Value| (one["account"].to_string(), one["balance"].as_i64().unwrap());
        page["accounts"].as_array().unwrap().iter().map(of).collect::<std::collections::BTreeMap<_, _>>()
    };
    let all = |points_left: i64| {
        [(card.to_string(), 500), (credit.to_string(), 700), (points.to_string(), points_left)].into()
    };
    let page = bought(&stand, "ann", "").await;
    assert_eq!((balances(&page), &page["sales"]), (all(1_000), &json!([])), "none of them was used in a sale");
    assert!(page["accounts"].as_array().unwrap().iter().all(|one| one["customer"] == "ann"), "{page:#}");

    // Taken and earned by the customer's name, in two shops.
    let tender = json!([{"type": "other", "amount": 450, "points": 450}]);
    let sold = json!({"location": "S1", "till": 3, "customer": "ann", "tenders": tender});
    sell(&stand, Role::Till, sold).await;
    sell(&stand, Role::Till, json!({"location": "S2", "till": 1, "owner": "ann", "tenders": tender})).await;
    assert_eq!(stand.post("load_account", &json!({"customer": "ann", "points": 7})).await.json()["balance"], 107);
    assert_eq!(stand.post("account", &json!({"customer": "ann"})).await.json()["account"], points);
    assert_eq!(balances(&bought(&stand, "ann", "").await), all(107));

    // None, and more than one: nothing is guessed, and what has happened is recorded all the same.
    let sale = |customer: &str, completed: bool| {
        json!({"location": "S1", "till": 3, "currency": "EUR", "customer": customer, "completed": completed,
            "lines": [{"sku": "TEA", "qty": 1}], "tenders": tender})
    };
    let refused = stand.post_as(Role::Till, "sell", &id(), &sale("bob", false)).await;
    assert_eq!((refused.number(), &refused.json()["field"]), (3061, &json!("customer")));
    let second = issue(json!({"type": "loyalty", "points": 0, "customer": "ann"})).await;
    let refused = stand.post_as(Role::Till, "sell", &id(), &sale("ann", false)).await;
    assert_eq!(refused.number(), 3062);
    let done = stand.post_as(Role::Till, "sell", &id(), &sale("ann", true)).await;
    assert_eq!(done.json()["ok"], "recorded", "{}", done.text());
    assert_eq!(stand.post("load_account", &json!({"customer": "ann", "points": 7})).await.number(), 3062);

    // Given to somebody else, it is theirs alone.
    stand.post("assign_account", &assign(&second, "bob")).await;
    assert_eq!(stand.post("account", &json!({"customer": "bob"})).await.json()["account"], second);
    assert_eq!(balances(&bought(&stand, "ann", "").await), all(107));
    let coupon = json!({"promotion": "NOBODY", "customer": "ann"});
    assert_eq!(stand.post("account", &coupon).await.number(), 3030, "beside a promotion it is the customer's uses");
    let web = stand.post_as(Role::Web, "assign_account", &id(), &assign(&second, "eve")).await;
    assert_eq!(web.number(), 4004);
}
