//! Training over sockets, where the server is killed: what it says for a provider that there is not comes all the
//! same.

use crate::harness::Server;
use crate::paying::{Shop, is, sale, start};
use crate::wire::{Socket, block_on, id, ok};
use serde_json::{Value, json};

/// What the amount makes of a payment: it is approved, or declined.
const APPROVED: i64 = 1_000;
const DECLINED: i64 = 1_051;

/// A till whose connection trains, and is told how payments of training stand.
async fn trainee(shop: &Shop, server: &Server) -> Socket {
    let mut till = Socket::open(&server.address, &shop.till).await;
    let hello = json!({"op": "hello", "id": id(), "key": shop.till, "training": true});
    assert_eq!(till.call(&hello).await["training"], true);
    let watch = json!({"op": "watch_payments", "id": id(), "locations": ["S1"]});
    ok(&till.call(&watch).await, "watching_payments");
    till
}

async fn state(till: &mut Socket, payment: &str) -> Value {
    let read = json!({"op": "payment", "id": id(), "location": "S1", "payment": payment});
    till.call(&read).await["payment"].clone()
}

/// Waits until nothing more is to be done for a payment; it may have been told before, or be told.
async fn ended(till: &mut Socket, payment: &str) -> Value {
    loop {
        let now = state(till, payment).await;
        if now["task"].is_null() && now["state"] != "asked" && now["state"] != "sent" {
            return now;
        }
        till.payment(payment, |told| told["training"] == true && told["task"].is_null()).await;
    }
}

/// Killed right after each step was acknowledged: the next server does what is left.
#[test]
fn payments_of_training_end_also_when_the_server_is_killed_in_between() {
    let shop = Shop::new();
    let mut server = shop.serve();
    let ids = [(); 4].map(|()| (id(), id()));
    let [captured, declined, voided, refunded] = &ids;
    let give_up = json!({"op": "give_up_payment", "id": id(), "location": "S1", "payment": voided.1});
    let refund = json!({"op": "refund_payment", "id": id(), "location": "S1", "payment": refunded.1, "currency": "EUR",
        "amount": 400});
    let started = |of: &(String, String), amount| start("simulator", &of.1, &of.0, amount, 600);
    let steps = [
        vec![
            started(captured, APPROVED),
            started(declined, DECLINED),
            started(voided, APPROVED),
            started(refunded, APPROVED),
        ],
        vec![sale(&captured.0, APPROVED, &captured.1), give_up, sale(&refunded.0, APPROVED, &refunded.1)],
        vec![refund],
    ];
    let ends = [
        [("approved", 0), ("declined", 0), ("approved", 0), ("approved", 0)],
        [("captured", 0), ("declined", 0), ("voided", 0), ("captured", 0)],
        [("captured", 0), ("declined", 0), ("voided", 0), ("captured", 400)],
    ];
    for (asked, ends) in steps.iter().zip(ends) {
        block_on(async {
            let mut till = trainee(&shop, &server).await;
            for one in asked {
                let reply = till.call(one).await;
                assert!(reply["ok"].is_string(), "{reply:#}");
            }
        });
        server.kill();
        server = shop.serve();
        block_on(async {
            let mut till = trainee(&shop, &server).await;
            for ((_, payment), (state, refunded)) in ids.iter().zip(ends) {
                let now = ended(&mut till, payment).await;
                assert_eq!((&now["state"], &now["refunded"]), (&json!(state), &json!(refunded)), "{now:#}");
            }
        });
    }
    // A payment that is pushed says that it is of training; at a real till nobody is told of it.
    block_on(async {
        let (mut trainee, mut till) = (trainee(&shop, &server).await, shop.till(&server).await);
        let (trained, real) = (id(), id());
        ok(&trainee.call(&start("simulator", &trained, &id(), APPROVED, 600)).await, "payment_started");
        assert_eq!(trainee.payment(&trained, is("approved")).await["training"], true);
        ok(&till.call(&start("simulator", &real, &id(), APPROVED, 600)).await, "payment_started");
        let told = till.any_payment(|_| true).await;
        assert_eq!((&told["payment"], &told["training"]), (&json!(real), &Value::Null));
    });
    assert!(server.terminate().success());
    shop.data.verify();
}
