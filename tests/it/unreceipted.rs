//! Returns without a receipt, over sockets: one customer gets so much in all shops together, however many tills are
//! asked at once, also when the server is killed.

use crate::accounts::shops;
use crate::harness::Data;
use crate::killing::answer;
use crate::wire::{Socket, block_on, id, ok, refused};
use futures_util::future::join_all;
use serde_json::{Value, json};

const TRIES: usize = 60;
/// Returns that a customer may make.
const MAX: usize = 7;

fn back(customer: &str, shop: usize) -> Value {
    let location = if shop.is_multiple_of(2) { "S1" } else { "S2" };
    json!({"op": "return", "id": id(), "location": location, "till": 1, "currency": "EUR",
        "lines": [{"sku": "TEA", "qty": "1", "amount": 450}], "disposition": "resell", "customer": customer,
        "tenders": [{"type": "cash", "amount": 450}]})
}

/// Store credit that was disabled meanwhile: what is asked for is refused, what has happened is an exception, and the
/// credit that takes something in gets it.
#[test]
fn what_happened_stands_without_an_account_that_is_closed() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        shops(&mut setup).await;
        let mut credits = Vec::new();
        for _ in 0..2 {
            let issue =
                json!({"op": "issue_account", "id": id(), "type": "store_credit", "currency": "EUR", "amount": 0});
            credits.push(setup.call(&issue).await["account"].clone());
        }
        let [closed, open] = [&credits[0], &credits[1]];
        let disable = json!({"op": "disable_account", "id": id(), "account": closed, "reason": "lost"});
        ok(&setup.call(&disable).await, "account_booked");
        let mut cashier = Socket::open(&server.address, &till).await;
        let mut credit = back("ann", 1);
        credit["tenders"] = json!([
            {"type": "store_credit", "amount": 200, "account": closed},
            {"type": "store_credit", "amount": 250, "account": open},
        ]);
        refused(&cashier.call(&credit).await, 3031);
        credit["completed"] = json!(true);
        credit["id"] = json!(id());
        let first = cashier.call(&credit).await;
        ok(&first, "returned");
        let told = &first["exceptions"];
        let wanted =
            json!([{"line": 0, "sku": "TEA", "number": 3031, "name": "account_disabled", "said": 200, "own": 0}]);
        assert_eq!(told, &wanted);
        assert_eq!(cashier.call(&credit).await, first, "a repeat finds it");
        for (account, balance) in [(closed, 0), (open, 250)] {
            let read = json!({"op": "account", "id": id(), "account": account});
            assert_eq!(setup.call(&read).await["balance"], balance);
        }
    });
    assert!(server.terminate().success());
    data.verify();
}

#[test]
fn a_customer_comes_back_so_often_in_all_shops_also_when_the_server_is_killed() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    let asked: Vec<Value> = (0..TRIES).map(|shop| back("ann", shop)).collect();
    let stood = block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        shops(&mut setup).await;
        let limits = json!({"per_customer": {"days": 366, "returns_max": MAX, "amount_max": 450 * MAX}});
        let set = json!({"op": "set_return_limits", "id": id(), "limits": limits});
        ok(&setup.call(&set).await, "return_limits_set");
        let mut tills = join_all((0..TRIES).map(|_| Socket::open(&server.address, &till))).await;
        let asked = tills.iter_mut().zip(&asked).map(|(socket, back)| answer(socket, back));
        let replies: Vec<Value> =
            join_all(asked).await.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let (stood, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply["ok"] == "returned");
        let is_over = |reply: &&Value| [3106, 3107].iter().any(|number| reply["error"]["number"] == *number);
        assert!(lost.iter().all(is_over), "{lost:?}");
        stood.len()
    });
    assert_eq!(stood, MAX, "as often as may be, in both shops together");
    server.kill();
    data.verify();
    let server = data.serve();
    block_on(async {
        let mut again = Socket::open(&server.address, &till).await;
        let reply = answer(&mut again, &back("ann", 1)).await;
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert!(reply["error"]["number"] == 3106 || reply["error"]["number"] == 3107, "{reply}");
        ok(&again.call(&back("bob", 1)).await, "returned");
        refused(
            &again
                .call(&json!({"op": "return", "id": id(), "location": "S1", "currency": "EUR",
            "lines": [{"sku": "TEA", "qty": "1", "amount": 450}], "disposition": "resell"}))
                .await,
            3105,
        );
    });
    assert!(server.terminate().success());
    data.verify();
}
