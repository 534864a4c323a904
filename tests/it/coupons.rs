//! Coupons that may be used so often, over sockets: as often as that however many till at once, in two
//! shops, also when the server is killed.

use crate::accounts::{answer, sales_of, sell_once, shops};
use crate::harness::{Data, Server};
use crate::wire::{Socket, block_on, id, ok, refused, sell};
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
        let sale = |(n, socket)| async move { Socket::call(socket, &with_coupon("FIRST-TEN", n)).await };
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
            async move { Socket::call(socket, &sale).await }
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
    let mut unanswered = 0;
    for round in 0..ROUNDS {
        let code = format!("ROUND-{round}");
        let (sales, told) = block_on(sell_until_killed(server, &admin, &till, &code, round));
        data.verify();
        server = data.serve();
        unanswered += told.iter().filter(|text| text.is_none()).count();
        block_on(async {
            let mut tills = join_all((0..SALES).map(|_| Socket::open(&server.address, &till))).await;
            // In every other round half of the tills never come back: what their sales held must go free.
            let comes_back = |n: usize| round.is_multiple_of(2) || n < SALES / 2;
            let again = |(n, socket)| {
                let (sale, told) = (&sales[n], &told[n]);
                async move {
                    if !comes_back(n) {
                        return told.as_ref().is_some_and(|text| stands(text));
                    }
                    let text = answer(socket, sale).await;
                    if let Some(told) = told.as_ref().filter(|told| stands(told)) {
                        assert_eq!(&text, told, "an acknowledged sale was lost or changed");
                    }
                    stands(&text)
                }
            };
            let known = join_all(tills.iter_mut().enumerate().map(again)).await.into_iter().filter(|s| *s).count();
            // Whoever else wants to: the uses that are left, and no more.
            let mut socket = Socket::open(&server.address, &till).await;
            while stands(&answer(&mut socket, &with_coupon(&code, 0)).await) {}
            assert!(known <= USES, "round {round}: {known} sales were told that they stand");
            let read = uses(&mut socket, &code, None).await;
            assert_eq!((&read["redeemed"], &read["short"]), (&json!(USES), &json!(0)), "round {round}");
            assert_eq!(sales_of(&server, &admin, read["account"].as_str().unwrap()).await, USES, "round {round}");
        });
    }
    assert!(unanswered > 0, "the kills did not fall into the sales");
    assert!(server.terminate().success());
    data.verify();
}

async fn sell_until_killed(
    server: Server,
    admin: &str,
    key: &str,
    code: &str,
    round: usize,
) -> (Vec<Value>, Vec<Option<String>>) {
    let mut tills = join_all((0..SALES).map(|_| Socket::open(&server.address, key))).await;
    define(&mut Socket::open(&server.address, admin).await, code, json!({"in_all": USES})).await;
    let sales: Vec<Value> = (0..SALES).map(|n| with_coupon(code, n)).collect();
    let load = join_all(tills.iter_mut().zip(&sales).map(|(socket, sale)| sell_once(socket, sale)));
    let kill = async {
        tokio::time::sleep(Duration::from_micros(1_000 * round as u64)).await;
        server.kill();
    };
    let (told, ()) = tokio::join!(load, kill);
    (sales, told)
}
