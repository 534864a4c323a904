//! Coupons that may be used so often, over sockets: as often as that however many till at once, in two
//! shops, also when the server is killed.

use crate::accounts::{sales_of, shops};
use crate::harness::{Data, Server};
use crate::killing::{answer, killed};
use crate::wire::{Socket, block_on, get, id, ok, refused, sell};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const SALES: usize = 100;
const ROUNDS: usize = 6;
/// Uses of each coupon.
const USES: usize = 10;

/// Defines a promotion whose coupon may be used so often.
async fn define(socket: &mut Socket, code: &str, uses: Value) {
    let promotion = json!({"code": code, "name": "Ten percent", "coupon": code, "uses": uses,
        "benefit": {"each": {"percent_ppm": 100_000}}});
    let define = json!({"op": "define_promotions", "id": id(), "promotions": [promotion]});
    ok(&socket.call(&define).await, "promotions_defined");
}

/// A sale that uses a coupon, at one of the shops.
fn with_coupon(code: &str, shop: usize) -> Value {
    let mut sale = sell(if shop.is_multiple_of(2) { "S1" } else { "S2" }, "TEA", 1);
    sale["coupons"] = json!([code]);
    sale["tenders"] = json!([{"type": "cash", "amount": 405}]);
    sale
}

/// How the uses of a coupon stand; of one customer's where one is named.
async fn uses(socket: &mut Socket, code: &str, customer: Option<&str>) -> Value {
    let mut asked = json!({"op": "account", "id": id(), "promotion": code});
    if let Some(customer) = customer {
        asked["customer"] = json!(customer);
    }
    let read = socket.call(&asked).await;
    ok(&read, "account");
    read
}

fn stands(text: &str) -> bool {
    let reply: Value = serde_json::from_str(text).unwrap();
    if reply["ok"] == "recorded" {
        return true;
    }
    refused(&reply, 3111);
    false
}

#[test]
fn a_coupon_for_ten_is_used_by_ten_of_a_hundred_sales_at_once() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        shops(&mut setup).await;
        define(&mut setup, "FIRST-TEN", json!({"in_all": USES})).await;
        let mut tills = join_all((0..SALES).map(|_| Socket::open(&server.address, &till))).await;
        let sale = |(n, socket)| async move { value(&answer(socket, &with_coupon("FIRST-TEN", n)).await) };
        let replies = join_all(tills.iter_mut().enumerate().map(sale)).await;
        assert_eq!(replies.iter().filter(|reply| reply["ok"] == "recorded").count(), USES);
        replies.iter().filter(|reply| reply["ok"] != "recorded").for_each(|reply| refused(reply, 3111));
        let read = uses(&mut setup, "FIRST-TEN", None).await;
        let told = (&read["type"], &read["issued"], &read["redeemed"], &read["held"], &read["balance"]);
        assert_eq!(told, (&json!("coupon"), &json!(USES), &json!(USES), &json!(0), &json!(0)));
        assert_eq!(sales_of(&server, &admin, read["account"].as_str().unwrap()).await, USES);

        // What has happened has happened: it is recorded as one too many.
        let mut late = with_coupon("FIRST-TEN", 1);
        late["completed"] = json!(true);
        ok(&setup.call(&late).await, "recorded");
        let mut read = uses(&mut setup, "FIRST-TEN", None).await;
        while read["held"] != 0 || read["short"] == 0 {
            read = uses(&mut setup, "FIRST-TEN", None).await;
        }
        assert_eq!((&read["redeemed"], &read["short"]), (&json!(USES), &json!(1)));

        // What was had may be given back, to the next.
        let back =
            json!({"op": "load_account", "id": id(), "promotion": "FIRST-TEN", "uses": 1, "refund_of": late["id"]});
        ok(&setup.call(&back).await, "account_booked");
        ok(&setup.call(&back).await, "account_booked");
        ok(&setup.call(&with_coupon("FIRST-TEN", 0)).await, "recorded");
        refused(&setup.call(&with_coupon("FIRST-TEN", 0)).await, 3111);

        // A higher limit lets more of them in.
        define(&mut setup, "FIRST-TEN", json!({"in_all": USES + 1})).await;
        ok(&setup.call(&with_coupon("FIRST-TEN", 0)).await, "recorded");
        refused(&setup.call(&with_coupon("FIRST-TEN", 0)).await, 3111);
    });
    assert!(server.terminate().success());
    data.verify();
}

#[test]
fn each_customer_uses_a_coupon_as_often_as_each_may() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        shops(&mut setup).await;
        define(&mut setup, "TWICE", json!({"per_customer": 2, "in_all": 5})).await;
        let nobody = setup.call(&with_coupon("TWICE", 0)).await;
        refused(&nobody, 3113);
        assert_eq!(nobody["error"]["field"], "customer");
        let mut tills = join_all((0..40).map(|_| Socket::open(&server.address, &till))).await;
        let sale = |(n, socket)| {
            let mut sale = with_coupon("TWICE", n);
            sale["customer"] = json!(if n < 20 { "ann" } else { "bob" });
            async move { value(&answer(socket, &sale).await) }
        };
        let replies = join_all(tills.iter_mut().enumerate().map(sale)).await;
        for customer in [&replies[..20], &replies[20..]] {
            assert_eq!(customer.iter().filter(|reply| reply["ok"] == "recorded").count(), 2);
            let others = customer.iter().filter(|reply| reply["ok"] != "recorded");
            others.for_each(|reply| refused(reply, 3112));
        }
        assert_eq!(uses(&mut setup, "TWICE", None).await["redeemed"], 4);
        assert_eq!(uses(&mut setup, "TWICE", Some("ann")).await["redeemed"], 2);
        // What the customer may not have does not stay held of what all may have.
        let mut fifth = with_coupon("TWICE", 0);
        fifth["customer"] = json!("eve");
        ok(&setup.call(&fifth).await, "recorded");
        fifth["id"] = json!(id());
        refused(&setup.call(&fifth).await, 3111);
    });
    assert!(server.terminate().success());
    data.verify();
}

#[test]
fn a_coupon_is_used_as_often_as_it_may_be_also_when_the_server_is_killed_in_the_middle() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let mut server = data.serve();
    block_on(async { shops(&mut Socket::open(&server.address, &admin).await).await });
    for round in 0..ROUNDS {
        let code = format!("ROUND-{round}");
        let after = Duration::from_micros(1_000 * round as u64);
        let killed = killed(&data, server, &till, after, async |server: &Server| {
            define(&mut Socket::open(&server.address, &admin).await, &code, json!({"in_all": USES})).await;
            ((), (0..SALES).map(|n| with_coupon(&code, n)).collect())
        });
        block_on(async {
            let server = &killed.server;
            let known = killed.ask_again(&till, round, stands).await;
            // Whoever else wants to: the uses that are left, and no more.
            let mut socket = Socket::open(&server.address, &till).await;
            while stands(&answer(&mut socket, &with_coupon(&code, 0)).await) {}
            assert!(known <= USES, "round {round}: {known} sales were told that they stand");
            let read = uses(&mut socket, &code, None).await;
            assert_eq!((&read["redeemed"], &read["short"]), (&json!(USES), &json!(0)), "round {round}");
            assert_eq!(sales_of(server, &admin, read["account"].as_str().unwrap()).await, USES, "round {round}");
        });
        server = killed.server;
    }
    assert!(server.terminate().success());
    data.verify();
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A return or a cancelled sale, of a sale of one tea, or of one of its lines.
fn back(op: &str, sale: &Value, lines: Value) -> Value {
    let mut asked = json!({"op": op, "id": id(), "location": "S1", "till": 1, "sale": sale["seq"]});
    let more = match op {
        "void_sale" => json!({"reason": "mistyped"}),
        _ => json!({"currency": "EUR", "lines": lines, "disposition": "resell"}),
    };
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    asked
}

/// Reads until so many uses came back, which follows the returns that brought them; then as many count as used.
async fn come_back(socket: &mut Socket, code: &str, customer: Option<&str>, refunded: usize) -> i64 {
    for _ in 0..20_000 {
        let read = uses(socket, code, customer).await;
        if read["refunded"] == refunded && read["held"] == 0 {
            return read["redeemed"].as_i64().unwrap() - refunded as i64;
        }
    }
    panic!("{refunded} uses of {code} do not come back: {}", uses(socket, code, customer).await)
}

/// How many returns of some sales stand, as the feed of events tells.
async fn returns_of(server: &Server, key: &str, sales: &[Value]) -> usize {
    let (mut found, mut after) = (0, "0".to_owned());
    loop {
        let page = get(&server.address, key, &format!("/v1/events?after={after}&limit=1000")).await.json();
        let events = page["events"].as_array().unwrap();
        found += events.iter().filter(|event| event["event"] == "returned" && sales.contains(&event["sale"])).count();
        if events.is_empty() {
            return found;
        }
        page["next"].as_str().unwrap().clone_into(&mut after);
    }
}

#[test]
fn a_return_or_a_cancelled_sale_gives_the_use_back_with_the_last_of_what_it_was_used_for() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        shops(&mut setup).await;
        define(&mut setup, "ONCE", json!({"in_all": 1, "per_customer": 1})).await;
        let mut socket = Socket::open(&server.address, &till).await;
        // The tea is cheaper with the coupon; a price that the seller named is not.
        let two = |customer: &str| {
            let mut sale = with_coupon("ONCE", 0);
            let mug = json!({"sku": "TEA", "qty": "1", "amount": 300, "price_reason": "dented"});
            sale["lines"].as_array_mut().unwrap().push(mug);
            sale["lines"][0]["qty"] = json!("2");
            sale["tenders"] = json!([{"type": "cash", "amount": 1_110}]);
            sale["customer"] = json!(customer);
            sale["till"] = json!(1);
            sale
        };
        let sale = socket.call(&two("ann")).await;
        ok(&sale, "recorded");
        refused(&socket.call(&two("bob")).await, 3111);
        let line = |line: u64| json!([{"line": line, "qty": "1"}]);
        // Half of the tea, and what the coupon had no part in, bring nothing back.
        for part in [line(0), line(1)] {
            let answer = answer(&mut socket, &back("return_sale", &sale, part)).await;
            ok(&serde_json::from_str(&answer).unwrap(), "returned");
        }
        refused(&socket.call(&two("bob")).await, 3111);
        let last = back("return_sale", &sale, line(0));
        let first = answer(&mut socket, &last).await;
        assert_eq!(answer(&mut socket, &last).await, first, "a repeat is told the same");
        assert_eq!(come_back(&mut socket, "ONCE", None, 1).await, 0);
        assert_eq!(come_back(&mut socket, "ONCE", Some("ann"), 1).await, 0);

        // A cancelled sale, too; and a sale of somebody else is not told that it is used up.
        let again = socket.call(&two("ann")).await;
        ok(&again, "recorded");
        let void = answer(&mut socket, &back("void_sale", &again, Value::Null)).await;
        ok(&serde_json::from_str(&void).unwrap(), "returned");
        assert_eq!(come_back(&mut socket, "ONCE", None, 2).await, 0);
        assert_eq!(come_back(&mut socket, "ONCE", Some("ann"), 2).await, 0);
        ok(&socket.call(&two("bob")).await, "recorded");
        refused(&socket.call(&two("eve")).await, 3111);
    });
    assert!(server.terminate().success());
    data.verify();
}

#[test]
fn a_use_comes_back_once_also_when_the_server_is_killed_in_the_middle() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let mut server = data.serve();
    block_on(async { shops(&mut Socket::open(&server.address, &admin).await).await });
    for round in 0..ROUNDS {
        let code = format!("BACK-{round}");
        let after = Duration::from_micros(700 * round as u64);
        let killed = killed(&data, server, &till, after, async |server: &Server| {
            let mut setup = Socket::open(&server.address, &admin).await;
            define(&mut setup, &code, json!({"in_all": USES})).await;
            let mut socket = Socket::open(&server.address, &till).await;
            let mut returns = Vec::new();
            for _ in 0..USES {
                let sale = socket.call(&with_coupon(&code, 0)).await;
                ok(&sale, "recorded");
                returns.push(back("return_sale", &sale, json!([])));
            }
            ((), returns)
        });
        block_on(async {
            let (server, returns) = (&killed.server, &killed.asked);
            let mut socket = Socket::open(&server.address, &till).await;
            // Half of those that got no answer never come again.
            let mut stand = 0;
            for (n, (again, told)) in returns.iter().zip(&killed.told).enumerate() {
                if told.is_none() && n.is_multiple_of(2) {
                    continue;
                }
                let text = answer(&mut socket, again).await;
                if let Some(told) = told {
                    assert_eq!(&text, told, "an acknowledged return was lost or changed");
                }
                stand += 1;
            }
            // Each return that stands brings one use back, and none that does not: so many more sales get one.
            let sales: Vec<Value> = returns.iter().map(|back| back["sale"].clone()).collect();
            let standing = returns_of(server, &admin, &sales).await;
            assert!((stand..=USES).contains(&standing), "round {round}: {standing} of {stand}");
            assert_eq!(come_back(&mut socket, &code, None, standing).await, (USES - standing) as i64, "round {round}");
            let mut more = 0;
            while stands(&answer(&mut socket, &with_coupon(&code, 0)).await) {
                more += 1;
            }
            assert_eq!(more, standing, "round {round}");
            assert_eq!(come_back(&mut socket, &code, None, standing).await, USES as i64, "round {round}");
            assert_eq!(uses(&mut socket, &code, None).await["short"], 0, "round {round}");
        });
        server = killed.server;
    }
    assert!(server.terminate().success());
    data.verify();
}
