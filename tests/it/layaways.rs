//! `kill -9` while a till takes deposits and sells what was set aside: every deposit is in the books once, the drawer
//! should hold what was paid, and the shop owes what is deposited.

use crate::harness::{Data, Server};
use crate::wire::{Socket, block_on, get, id, ok, stocked_shop};
use serde_json::{Value, json};
use std::time::Duration;

const LAYAWAYS: u32 = 12;
const FLOAT: i64 = 10_000;

fn rounds() -> u64 {
    std::env::var("ONHAND_KILL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(6)
}

fn at(op: &str, more: &Value) -> Value {
    let mut request = json!({"op": op, "id": id(), "location": "S1", "till": 1, "currency": "EUR"});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn name(round: u64, n: u32) -> String {
    format!("L-{round}-{n}")
}

/// Of every layaway the opening, two deposits, and what becomes of it: a third is fetched, a third given up.
fn day(round: u64) -> Vec<Value> {
    let mut asked = Vec::new();
    let lines = json!([{"sku": "TEA", "qty": "2", "amount": 900}]);
    for n in 0..LAYAWAYS {
        let layaway = name(round, n);
        asked.push(at(
            "open_layaway",
            &json!({"layaway": layaway, "customer": "Ann", "ttl_s": 3_600, "fee": 30,
            "lines": lines, "tenders": [{"type": "cash", "amount": 100}]}),
        ));
        for amount in [50, 70] {
            let tenders = json!([{"type": "cash", "amount": amount}]);
            asked.push(at("deposit", &json!({"layaway": layaway, "tenders": tenders})));
        }
        match n % 3 {
            0 => asked.push(at(
                "sell",
                &json!({"order": layaway, "lines": lines,
                "tenders": [{"type": "deposit", "amount": 220}, {"type": "cash", "amount": 680}]}),
            )),
            1 => asked.push(at("cancel_layaway", &json!({"layaway": layaway, "reason": "moved"}))),
            _ => {}
        }
    }
    asked
}

async fn layaways(server: &Server, key: &str) -> Vec<Value> {
    let list = get(&server.address, key, "/v1/layaways?location=S1").await.json();
    list["layaways"].as_array().unwrap().clone()
}

#[test]
fn every_deposit_is_in_the_books_once() {
    let data = Data::new();
    let (admin, key) = (data.key("admin"), data.key("till"));
    let mut server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 10_000)]).await;
    });
    let (mut before, mut after) = (0, 0);
    for round in 1..=rounds() {
        let asked = day(round);
        block_on(async {
            let mut socket = Socket::open(&server.address, &key).await;
            let open = json!({"business_day": "2026-01-31", "float": FLOAT});
            ok(&socket.call(&at("open_session", &open)).await, "session_opened");
            // The last of the day is not asked for before the kill, and the first of it has happened.
            for request in &asked[..asked.len() * 3 / 4] {
                socket.try_send(request).await;
            }
            ok(&socket.next().await, "layaway_opened");
            tokio::time::sleep(Duration::from_micros((round - 1) % 6 * 400)).await;
        });
        server.kill();
        data.verify();
        server = data.serve();
        block_on(async {
            let mut socket = Socket::open(&server.address, &key).await;
            let x = socket.call(&json!({"op": "x_report", "id": id(), "location": "S1", "till": 1})).await;
            ok(&x, "x_report");
            let taken = x["report"]["deposits"]["taken"][0]["count"].as_u64().unwrap_or(0);
            before += taken;
            after += 3 * u64::from(LAYAWAYS) - taken;
            // All of it once more, under the same ids.
            for request in &asked {
                let reply = socket.call(request).await;
                assert!(reply["ok"].is_string(), "{reply:#}");
            }
            let closed = at("close_session", &json!({}));
            let z = socket.call(&closed).await;
            ok(&z, "session_closed");
            let (third, all) = (i64::from(LAYAWAYS / 3), i64::from(LAYAWAYS));
            let report = &z["report"];
            assert_eq!(
                report["deposits"],
                json!({"taken": [{"type": "cash", "count": 3 * all, "amount": 220 * all}],
                    "given_back": [{"type": "cash", "count": third, "amount": 190 * third}],
                    "kept": 30 * third, "used": 220 * third})
            );
            assert_eq!(report["tenders"][0]["expected"], FLOAT + 220 * all - 190 * third + 680 * third);
            let z = get(&server.address, &key, &format!("/v1/z/S1/1/{round}")).await.json();
            let journal = z["journal"].as_array().unwrap();
            let sum = |side: &str, account: &str| -> i64 {
                let own = journal.iter().filter(|line| account.is_empty() || line["account"] == account);
                own.map(|line| line[side].as_i64().unwrap()).sum()
            };
            assert_eq!(sum("debit", ""), sum("credit", ""));
            assert_eq!(sum("credit", "deposits") - sum("debit", "deposits"), 220 * third, "what is left is deposited");
            let open = layaways(&server, &key).await;
            assert_eq!(open.len() as u64, round * u64::from(LAYAWAYS / 3));
            assert!(open.iter().all(|one| one["deposits"] == 220 && one["left"] == 680), "{open:#?}");
            let level = get(&server.address, &key, "/v1/stock/S1/TEA").await.json();
            assert_eq!(level["allocated"], (2 * open.len()).to_string());
        });
    }
    assert!(server.terminate().success());
    data.verify();
    eprintln!("{} kills: {before} deposits were in the books, {after} came again", rounds());
    assert!(before > 0 && after > 0, "the kills did not fall into the deposits");
}
