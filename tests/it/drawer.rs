//! T49: `kill -9` in the middle of a close. The session is open or closed, never half: either there is a Z with a
//! journal that sums to zero, or the till goes on where it was and the close, sent again, gives the Z.

use crate::harness::{Data, Server};
use crate::wire::{Socket, block_on, get, id, ok, stocked_shop};
use serde_json::{Value, json};
use std::time::Duration;

const TILLS: u16 = 8;
const FLOAT: i64 = 10_000;

fn rounds() -> u64 {
    std::env::var("ONHAND_KILL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(12)
}

fn of_till(op: &str, till: u16, more: &Value) -> Value {
    let mut request = json!({"op": op, "id": id(), "location": "S1", "till": till, "currency": "EUR"});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn sale(till: u16) -> Value {
    let paid = json!([{"type": "cash", "amount": 500}, {"type": "cash", "amount": -50}]);
    of_till("sell", till, &json!({"lines": [{"sku": "TEA", "qty": "1"}], "tenders": paid}))
}

/// Opens every till, sells, then sends every close at once.
async fn day(server: &Server, key: &str) -> Vec<Value> {
    let mut socket = Socket::open(&server.address, key).await;
    for till in 1..=TILLS {
        let open = json!({"business_day": "2026-01-31", "float": FLOAT});
        ok(&socket.call(&of_till("open_session", till, &open)).await, "session_opened");
        for _ in 0..till {
            ok(&socket.call(&sale(till)).await, "recorded");
        }
    }
    let counts = json!({"counts": [{"type": "cash", "amount": FLOAT, "reason": "lazy"}]});
    (1..=TILLS).map(|till| of_till("close_session", till, &counts)).collect()
}

fn sums_to_zero(z: &Value) -> bool {
    let lines = z["journal"].as_array().unwrap();
    let sum = |side: &str| -> i64 { lines.iter().map(|line| line[side].as_i64().unwrap()).sum() };
    !lines.is_empty() && sum("debit") == sum("credit")
}

#[test]
fn t49_a_close_is_whole_or_has_not_happened() {
    let data = Data::new();
    let (admin, key) = (data.key("admin"), data.key("till"));
    let mut server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 100_000)]).await;
    });
    let (mut closed, mut open) = (0, 0);
    for round in 1..=rounds() {
        let closes = block_on(async {
            let closes = day(&server, &key).await;
            let mut socket = Socket::open(&server.address, &key).await;
            // The last is not asked for before the kill, and the first has happened.
            for close in &closes[..closes.len() - 1] {
                socket.try_send(close).await;
            }
            ok(&socket.next().await, "session_closed");
            tokio::time::sleep(Duration::from_micros((round - 1) % 6 * 150)).await;
            closes
        });
        server.kill();
        data.verify();
        server = data.serve();
        block_on(async {
            let mut socket = Socket::open(&server.address, &key).await;
            for (till, close) in (1..=TILLS).zip(&closes) {
                let x = json!({"op": "x_report", "id": id(), "location": "S1", "till": till});
                let x = socket.call(&x).await;
                let path = format!("/v1/z/S1/{till}/{round}");
                let z = get(&server.address, &key, &path).await;
                // One or the other, and what is open is as it was before the close.
                if x["error"]["number"] == 3010 {
                    closed += 1;
                    assert!(sums_to_zero(&z.json()), "{}", z.body);
                } else {
                    open += 1;
                    assert_eq!((z.status, z.number()), (404, 1015));
                    assert_eq!((&x["report"]["session"], &x["report"]["sales"]), (&json!(round), &json!(till)));
                }
                let told = socket.call(close).await;
                ok(&told, "session_closed");
                let z = get(&server.address, &key, &path).await.json();
                assert_eq!(z["report"], told["report"]);
                assert!(sums_to_zero(&z), "{z:#}");
                let cash = &told["report"]["tenders"][0];
                assert_eq!(cash["expected"], FLOAT + 450 * i64::from(till));
                assert_eq!(cash["variance"], -450 * i64::from(till));
                let sold = i64::from(till) * 450 * i64::try_from(round).unwrap();
                assert_eq!(told["report"]["grand_total"]["sold"], sold, "each day is in it once");
            }
        });
    }
    assert!(server.terminate().success());
    data.verify();
    eprintln!("{} kills: {closed} closes were there, {open} sessions were open", rounds());
    assert!(closed > 0 && open > 0, "the kills did not fall into the closes");
}
