//! What can be asked of reports: groups, filters, pages, tables, and what is refused.

use crate::harness::{Stand, id};
use crate::reports::report;
use onhand_engine::catalogue::Role;
use serde_json::{Value, json};

async fn sell_as(stand: &Stand, role: Role, more: Value) -> Value {
    let mut sale = json!({"location": "S1", "currency": "EUR"});
    sale.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = stand.post_as(role, "sell", &id(), &sale).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// Three sales of today, two of them with a till that has no session.
pub(crate) async fn three_sales() -> Stand {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 100).await;
    stand.receive("S1", "MUG", 100).await;
    let items = json!({"items": [{"sku": "TEA", "name": "Tea, green", "tax_class": "food", "price": 450,
        "unit_cost": 200, "category": "Drinks"}]});
    assert_eq!(stand.post("define_items", &items).await.status, 200);
    let card = json!([{"type": "card", "amount": 1_350}]);
    sell_as(&stand, Role::Till, json!({"till": 3, "lines": [{"sku": "TEA", "qty": 3}], "tenders": card})).await;
    sell_as(&stand, Role::Web, json!({"lines": [{"sku": "MUG", "qty": 1}]})).await;
    sell_as(&stand, Role::Till, json!({"till": 4, "lines": [{"sku": "TEA", "qty": 1}, {"sku": "MUG", "qty": 1}]}))
        .await;
    stand
}

#[tokio::test]
async fn rows_come_in_pages_and_as_a_table() {
    let stand = three_sales().await;
    let all = report(&stand, "sales?group_by=item&sort=margin").await;
    let rows = all["sales"].as_array().unwrap();
    assert_eq!((&all["row_count"], rows.len(), &all["next"]), (&json!(2), 2, &Value::Null));
    let tea = &rows[0];
    assert_eq!((&tea["sku"], &tea["name"], &tea["sold_qty"]), (&json!("TEA"), &json!("Tea, green"), &json!("4")));
    assert_eq!((&tea["net"], &tea["cost"], &tea["margin"]), (&json!(1_636), &json!(800), &json!(836)), "{tea:#}");
    let mug = &rows[1];
    assert_eq!((&mug["sku"], &mug["sales"], &mug["costed_net"]), (&json!("MUG"), &json!(2), &json!(0)), "{mug:#}");

    let first = report(&stand, "sales?group_by=item&sort=margin&limit=1").await;
    assert_eq!(first["sales"], json!([tea]));
    // What comes between two pages is in neither.
    sell_as(&stand, Role::Web, json!({"lines": [{"sku": "MUG", "qty": 50}]})).await;
    let next = first["next"].as_str().unwrap();
    let second = report(&stand, &format!("sales?group_by=item&sort=margin&limit=1&after={next}")).await;
    assert_eq!((&second["sales"], &second["as_of"], &second["next"]), (&json!([mug]), &first["as_of"], &Value::Null));

    let table = stand.get_as(Role::Admin, "/v1/reports/sales?group_by=item,till&location=S1&format=csv&limit=1").await;
    assert_eq!(table.header("content-type").as_deref(), Some("text/csv; charset=utf-8"));
    assert!(table.header("content-disposition").unwrap().starts_with("attachment; filename=\"sales-"));
    assert_eq!(
        table.text(),
        "sku,name,till,currency,sales,returns,voids,sold_qty,returned_qty,sold_net,sold_tax,returned_net,returned_tax,\
         net,tax,gross,discounted_lines,discounts,costed_net,cost,margin\n\
         TEA,\"Tea, green\",3,EUR,1,0,0,3,0,1227,123,0,0,1227,123,1350,0,0,1227,600,627\n\
         TEA,\"Tea, green\",4,EUR,1,0,0,1,0,409,41,0,0,409,41,450,0,0,409,200,209\n\
         MUG,Mug,,EUR,2,0,0,51,0,55636,5564,0,0,55636,5564,61200,0,0,0,0,0\n\
         MUG,Mug,4,EUR,1,0,0,1,0,1091,109,0,0,1091,109,1200,0,0,0,0,0\n"
    );
    let money = report(&stand, "tenders?group_by=tender&channel=till").await;
    assert_eq!(money["tenders"][0]["tender"], "card");
    assert_eq!((&money["tenders"][0]["taken"], &money["tenders"][0]["count"]), (&json!(1_350), &json!(1)));
    let drinks = report(&stand, "sales?category=Drinks&channel=till&till=4&rate_ppm=100000&sku=TEA").await;
    assert_eq!((&drinks["sales"][0]["sales"], &drinks["sales"][0]["gross"]), (&json!(1), &json!(450)));
    let nothing = report(&stand, "sales?from=2020-01-01&until=2020-12-31").await;
    assert_eq!((&nothing["sales"], &nothing["row_count"]), (&json!([]), &json!(0)));
    for role in [Role::Till, Role::Web] {
        assert_eq!(stand.get_as(role, "/v1/reports/sales").await.number(), 4004);
        assert_eq!(stand.get_as(role, "/v1/items/TEA").await.json()["unit_cost"], Value::Null, "costs are not theirs");
    }
    assert_eq!(stand.get_as(Role::Analyst, "/v1/items/TEA").await.json()["unit_cost"], 200);
}

#[tokio::test]
async fn who_asked_is_a_group_and_a_filter() {
    let stand = three_sales().await;
    let role = json!({"role": "seller", "capabilities": ["sell"]});
    assert_eq!(stand.post("define_role", &role).await.status, 200);
    let user = json!({"user": "ann", "name": "Ann", "roles": ["seller"]});
    assert_eq!(stand.post("define_user", &user).await.status, 200);
    assert_eq!(stand.post("set_pin", &json!({"user": "ann", "pin": "739154"})).await.status, 200);
    let mut till = stand.socket(Role::Till).await;
    let signed = till.ask(json!({"op": "sign_in", "id": id(), "user": "ann", "pin": "739154"})).await;
    assert_eq!(signed["ok"], "signed_in", "{signed}");
    let sale = json!({"op": "sell", "id": id(), "location": "S1", "till": 3, "currency": "EUR",
        "lines": [{"sku": "MUG", "qty": 2}]});
    assert_eq!(till.ask(sale).await["ok"], "recorded");
    let rows = report(&stand, "sales?group_by=cashier&location=S1").await;
    let of = |row: &Value| (row["cashier"].clone(), row["sales"].clone(), row["gross"].clone());
    let rows: Vec<_> = rows["sales"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(rows, [(Value::Null, json!(3), json!(4_200)), (json!("ann"), json!(1), json!(2_400))]);
    assert_eq!(report(&stand, "sales?cashier=ann").await["sales"][0]["gross"], 2_400);
    assert_eq!(report(&stand, "tenders?cashier=ann&group_by=tender").await["tenders"][0]["net"], 2_400);
}

#[tokio::test]
async fn what_cannot_be_reported_is_refused_with_its_field() {
    let stand = three_sales().await;
    for (path, number, field) in [
        ("sales?group_by=weather", 1050, "group_by"),
        ("sales?group_by=tender", 1050, "group_by"),
        ("sales?group_by=day,day", 1050, "group_by"),
        ("sales?group_by=day,hour,till,item,rate", 1050, "group_by"),
        ("tenders?group_by=item", 1050, "group_by"),
        ("tenders?sku=TEA", 1050, "sku"),
        ("tenders?rate_ppm=0", 1050, "rate_ppm"),
        ("sales?from=2026-02-30", 1051, "from"),
        ("sales?from=2026-02-02&until=2026-02-01", 1051, "until"),
        ("sales?from=2025-01-01&until=2026-01-02", 1051, "from"),
        ("sales?location=S9", 1004, "location"),
        ("sales?sku=NIL", 1003, "sku"),
        ("sales?cashier=nobody", 4015, "cashier"),
        ("sales?till=0", 1001, "till"),
        ("sales?till=-1", 1001, "till"),
        ("sales?channel=street", 1001, "channel"),
        ("sales?limit=1001", 1001, "limit"),
        ("sales?utc_offset_min=841", 1001, "utc_offset_min"),
        ("sales?sort=beauty", 1001, "sort"),
        ("tenders?sort=margin", 1001, "sort"),
        ("sales?format=xml", 1001, "format"),
        ("sales?after=x", 1017, "after"),
        ("sales?after=999999999-1", 1017, "after"),
        ("sales?from=2026-01-01&from=2026-01-01", 1001, "from"),
    ] {
        let refused = stand.get_as(Role::Analyst, &format!("/v1/reports/{path}")).await;
        assert_eq!((refused.number(), &refused.json()["field"]), (number, &json!(field)), "{path}: {}", refused.text());
    }
    assert_eq!(stand.get_as(Role::Analyst, "/v1/reports/sales?weather=fine").await.number(), 1001);
    assert_eq!(stand.get_as(Role::Analyst, "/v1/reports/weather").await.number(), 1015);
}
