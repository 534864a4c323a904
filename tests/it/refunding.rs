//! Refunds to gift cards over sockets: what a card paid goes back to it once, wherever the goods come back, also
//! when the server is killed.

use crate::harness::{Data, Server};
use crate::killing::{answer, killed};
use crate::wire::{Socket, block_on, get, id, ok, refused, sell, stocked_shop};
use serde_json::{Value, json};
use std::time::Duration;

const UNITS: usize = 60;
const ROUNDS: usize = 6;
/// Half of each sale is paid by a card that has no more on it.
const CARD: i64 = 3_000;

struct Sold {
    seq: Value,
    account: String,
}

async fn shops(socket: &mut Socket) {
    stocked_shop(socket, "S1", &[("TEA", 10_000)]).await;
    stocked_shop(socket, "S2", &[("TEA", 10_000)]).await;
}

async fn issue(socket: &mut Socket, kind: &str, amount: i64) -> Value {
    let asked = json!({"op": "issue_account", "id": id(), "type": kind, "currency": "EUR", "amount": amount});
    let issued = socket.call(&asked).await;
    ok(&issued, "account_issued");
    issued
}

async fn sold(socket: &mut Socket) -> Sold {
    let card = issue(socket, "gift_card", CARD).await;
    let mut sale = sell("S1", "TEA", UNITS as u32);
    sale["lines"][0]["amount"] = json!(2 * CARD);
    sale["tenders"] =
        json!([{"type": "gift_card", "amount": CARD, "code": card["code"]}, {"type": "cash", "amount": CARD}]);
    let sale = socket.call(&sale).await;
    ok(&sale, "recorded");
    Sold { seq: sale["seq"].clone(), account: card["account"].as_str().unwrap().to_owned() }
}

fn give_back(sale: &Sold, shop: usize, lines: Value) -> Value {
    let location = if shop.is_multiple_of(2) { "S1" } else { "S2" };
    json!({"op": "return_sale", "id": id(), "location": location, "till": 1, "currency": "EUR", "sale": sale.seq,
        "lines": lines, "disposition": "resell"})
}

async fn statement(socket: &mut Socket, account: &str) -> Value {
    let read = socket.call(&json!({"op": "account", "id": id(), "account": account})).await;
    ok(&read, "account");
    read
}

/// The answer that stays.
async fn answered(socket: &mut Socket, request: &Value) -> Value {
    serde_json::from_str(&answer(socket, request).await).unwrap()
}

/// What came back of a sale, as the feed of events tells: money and units.
async fn came_back(server: &Server, key: &str, sale: &Sold) -> (i64, i64) {
    let (mut money, mut units, mut after) = (0, 0, "0".to_owned());
    loop {
        let page = get(&server.address, key, &format!("/v1/events?after={after}&limit=1000")).await.json();
        let events = page["events"].as_array().unwrap();
        for event in events.iter().filter(|event| event["event"] == "returned" && event["sale"] == sale.seq) {
            for line in event["lines"].as_array().unwrap() {
                money += line["net"].as_i64().unwrap() + line["tax"].as_i64().unwrap();
                units += line["qty"].as_str().unwrap().parse::<i64>().unwrap();
            }
        }
        if events.is_empty() {
            return (money, units);
        }
        after = page["next"].as_str().unwrap().to_owned();
    }
}

/// T57 with kills in between: each unit comes back once, the card gets back what it paid and no more, and
/// whoever was told that it came back is told so again.
#[test]
fn t57_a_card_gets_back_what_it_paid_also_when_the_server_is_killed_in_the_middle() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let mut server = data.serve();
    block_on(async { shops(&mut Socket::open(&server.address, &admin).await).await });
    for round in 0..ROUNDS {
        let after = Duration::from_micros(700 * round as u64);
        let killed = killed(&data, server, &till, after, async |server: &Server| {
            let sale = sold(&mut Socket::open(&server.address, &admin).await).await;
            let asked = (0..UNITS).map(|n| give_back(&sale, n, json!([{"line": 0, "qty": "1"}]))).collect();
            (sale, asked)
        });
        block_on(async {
            let (server, sale) = (&killed.server, &killed.ready);
            let mut socket = Socket::open(&server.address, &till).await;
            // What those were granted who never come back must not be lost.
            let known = killed.ask_again(&till, round, |text| text.contains(r#""ok":"returned""#)).await;
            assert!(
                known >= if round.is_multiple_of(2) { UNITS } else { UNITS / 2 },
                "round {round}: {known} came back"
            );
            let rest = answered(&mut socket, &give_back(sale, round, json!([]))).await;
            if rest["ok"] != "returned" {
                refused(&rest, 1010);
            }
            let read = loop {
                let read = statement(&mut socket, &sale.account).await;
                if read["refunded"] == CARD {
                    break read;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            };
            assert_eq!((&read["balance"], &read["redeemed"]), (&json!(CARD), &json!(CARD)), "round {round}");
            assert_eq!(came_back(server, &admin, sale).await, (2 * CARD, UNITS as i64), "round {round}");
            refused(&answered(&mut socket, &give_back(sale, 0, json!([]))).await, 1010);
        });
        server = killed.server;
    }
    assert!(server.terminate().success());
    data.verify();
}

/// To the card and the cash that paid, to store credit that was there and that is opened for it, and to nobody
/// else; an exchange and a cancelled sale likewise.
#[test]
fn money_goes_back_to_the_accounts_that_paid_and_to_store_credit() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut desk = Socket::open(&server.address, &admin).await;
        shops(&mut desk).await;
        let mut cashier = Socket::open(&server.address, &till).await;
        let sale = sold(&mut desk).await;
        let refund = |shop: usize, qty: &str, tenders: Value| {
            let mut request = give_back(&sale, shop, json!([{"line": 0, "qty": qty}]));
            request["tenders"] = tenders;
            request
        };
        // Ten of sixty are 10.00: to the card, as it was paid.
        ok(&cashier.call(&give_back(&sale, 1, json!([{"line": 0, "qty": "10"}]))).await, "returned");
        assert_eq!(statement(&mut desk, &sale.account).await["balance"], 1_000);
        let other = issue(&mut desk, "gift_card", 0).await;
        let to_other = json!([{"type": "gift_card", "amount": 1_000, "account": other["account"]}]);
        let reply = cashier.call(&refund(0, "10", to_other)).await;
        refused(&reply, 3076);
        assert_eq!(reply["error"]["field"], "tenders");
        let too_much = json!([{"type": "gift_card", "amount": 2_001}, {"type": "cash", "amount": 999}]);
        refused(&cashier.call(&refund(0, "30", too_much)).await, 3007);
        let credit = issue(&mut desk, "store_credit", 0).await;
        let account = credit["account"].as_str().unwrap();
        let to_credit = json!([{"type": "store_credit", "amount": 1_000, "account": account}]);
        ok(&cashier.call(&refund(1, "10", to_credit)).await, "returned");
        assert_eq!(statement(&mut desk, account).await["refunded"], 1_000);
        let mut new = refund(0, "10", json!([{"type": "store_credit", "amount": 1_000}]));
        new["tenders"][0]["account"] = new["id"].clone();
        let opened = cashier.call(&new).await;
        ok(&opened, "returned");
        assert_eq!(cashier.call(&new).await, opened, "a repeat opens no other");
        let read = statement(&mut desk, new["id"].as_str().unwrap()).await;
        assert_eq!((&read["type"], &read["balance"]), (&json!("store_credit"), &json!(1_000)));

        // Goods for goods, at the shop that did not sell them: what is more goes back, to the card first.
        let mut exchange = refund(1, "10", json!([]));
        for (field, value) in [
            ("op", json!("exchange")),
            ("returned", exchange["lines"].clone()),
            ("lines", json!([{"sku": "TEA", "qty": 1, "amount": 400}])),
        ] {
            exchange[field] = value;
        }
        exchange.as_object_mut().unwrap().remove("tenders");
        let exchanged = cashier.call(&exchange).await;
        ok(&exchanged, "exchanged");
        assert_eq!((&exchanged["total"], &exchanged["returned"]), (&json!(-600), &json!(1_000)), "{exchanged}");
        assert_eq!(statement(&mut desk, &sale.account).await["balance"], 1_600);
        let mut dearer = exchange.clone();
        dearer["id"] = json!(id());
        dearer["lines"][0]["amount"] = json!(1_200);
        let reply = cashier.call(&dearer).await;
        refused(&reply, 3002);
        assert_eq!(reply["error"]["due"], 200, "{reply}");
        dearer["tenders"] = json!([{"type": "store_credit", "amount": 200, "account": account}]);
        ok(&cashier.call(&dearer).await, "exchanged");
        assert_eq!(statement(&mut desk, account).await["balance"], 800);

        let other = sold(&mut desk).await;
        let void = json!({"op": "void_sale", "id": id(), "location": "S1", "sale": other.seq, "reason": "mistyped"});
        ok(&cashier.call(&void).await, "returned");
        assert_eq!(statement(&mut desk, &other.account).await["balance"], CARD);
        refused(&cashier.call(&give_back(&other, 0, json!([]))).await, 1010);
    });
    assert!(server.terminate().success());
    data.verify();
}
