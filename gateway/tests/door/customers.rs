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
