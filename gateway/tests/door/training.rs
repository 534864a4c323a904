//! Training over the wire: a day of it by the same rules, of which nobody else sees anything.

use crate::harness::{Socket, Stand, id};
use onhand_engine::catalogue::Role;
use onhand_engine::ids::LocationId;
use onhand_persistence::memory::{Disk, MemoryLog};
use serde_json::{Value, json};

/// Says hello again, from now on in training.
async fn trainee(stand: &Stand, role: Role) -> Socket {
    let mut socket = stand.socket(role).await;
    let hello = socket.ask(json!({"op": "hello", "id": id(), "key": stand.key(role), "training": true})).await;
    assert_eq!((&hello["ok"], &hello["training"]), (&json!("hello"), &json!(true)), "{hello}");
    socket
}

fn of_till(op: &str, more: Value) -> Value {
    let mut request = json!({"op": op, "id": id(), "location": "S1", "till": 3, "currency": "EUR"});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn sale(qty: u32) -> Value {
    let paid = json!([{"type": "cash", "amount": 450 * qty}]);
    of_till("sell", json!({"lines": [{"sku": "TEA", "qty": qty}], "tenders": paid}))
}

async fn done(socket: &mut Socket, request: Value, ok: &str) -> Value {
    let reply = socket.ask(request).await;
    assert_eq!(reply["ok"], ok, "{reply:#}");
    reply
}

/// The bytes of the state hash, as they would come back from the disk: of what is real, and of what is trained.
fn state(stand: &Stand) -> (Vec<u8>, Vec<u8>) {
    let (_, recovered) = MemoryLog::open(Disk::with_image(stand.disk.image())).unwrap();
    assert_eq!(recovered.world.check(), Vec::<String>::new());
    let (mut real, mut trained) = (Vec::new(), Vec::new());
    for (location, place) in &recovered.world.places {
        let into = if location.is_training() { &mut trained } else { &mut real };
        place.digest(*location, &mut |bytes| into.extend_from_slice(bytes));
    }
    recovered.world.chain.digest(&mut |bytes| real.extend_from_slice(bytes));
    (real, trained)
}

/// What everybody may look at who wants to know what was sold.
async fn seen(stand: &Stand) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in [
        "/v1/totals",
        "/v1/stock?location=S1",
        "/v1/reports/sales?from=2026-01-01&until=2026-12-31&group_by=till,day,item",
        "/v1/reports/tenders?from=2026-01-01&until=2026-12-31&group_by=till,day,tender",
        "/v1/z/S1/3/1",
        "/v1/z/S1/3/2",
    ] {
        let mut answer = stand.get_as(Role::Admin, path).await.json();
        answer.as_object_mut().unwrap().remove("as_of");
        seen.push(answer);
    }
    let events = stand.get_as(Role::Admin, "/v1/events?limit=1000").await.json();
    seen.push(events["events"].clone());
    seen
}

#[tokio::test]
async fn a_day_in_training_leaves_everything_real_as_it_was() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 10).await;
    let mut till = stand.socket(Role::Till).await;
    let open = json!({"business_day": "2026-03-02", "float": 5_000});
    done(&mut till, of_till("open_session", open.clone()), "session_opened").await;
    assert_eq!(done(&mut till, sale(1), "recorded").await["receipt"], "S1-3-1");
    let mut watcher = stand.shopper().await;
    let subscribe = json!({"op": "subscribe", "id": id(), "skus": ["TEA"], "locations": ["S1"]});
    done(&mut watcher, subscribe, "subscribed").await;
    let (real, trained) = state(&stand);
    assert!(trained.is_empty());
    let before = seen(&stand).await;

    let mut training = trainee(&stand, Role::Till).await;
    // Of its own session and receipts, on shelves with what the shop has.
    let x = json!({"op": "x_report", "id": id(), "location": "S1", "till": 3});
    assert_eq!(training.ask(x).await["error"]["number"], 3010, "the session that is open is not its own");
    let opened = done(&mut training, of_till("open_session", open), "session_opened").await;
    assert_eq!((&opened["session"], &opened["training"]), (&json!(1), &json!(true)), "{opened}");
    let first = done(&mut training, sale(4), "recorded").await;
    assert_eq!((&first["receipt"], &first["training"]), (&json!("TRAINING-S1-3-1"), &json!(true)), "{first}");
    let get = json!({"op": "get", "id": id(), "location": "S1", "sku": "TEA"});
    assert_eq!(training.ask(get.clone()).await["level"]["on_hand"], "5");
    assert_eq!(training.ask(sale(6)).await["error"]["number"], 2001, "by the same rules");
    let back = json!({"sale": first["seq"], "lines": [{"line": 0, "qty": 1}], "disposition": "resell"});
    let back = done(&mut training, of_till("return_sale", back), "returned").await;
    assert_eq!((&back["receipt"], &back["total"]), (&json!("TRAINING-S1-3-2"), &json!(450)));
    let second = done(&mut training, sale(1), "recorded").await;
    let void =
        json!({"op": "void_sale", "id": id(), "location": "S1", "till": 3, "sale": second["seq"], "reason": "typo"});
    done(&mut training, void, "returned").await;
    let reserve = json!({"op": "reserve", "id": id(), "location": "S1", "owner": "ann", "ttl_s": 60,
        "lines": [{"sku": "TEA", "qty": 2}]});
    done(&mut training, reserve, "reserved").await;
    let count = json!({"op": "count", "id": id(), "location": "S1", "sku": "MUG", "counted": 3});
    done(&mut training, count, "counted").await;
    let z = done(&mut training, of_till("close_session", json!({})), "session_closed").await;
    assert_eq!((&z["training"], &z["report"]["sales"], &z["report"]["returns"]), (&json!(true), &json!(2), &json!(2)));
    // Over HTTP by a header, also for the Z.
    let header = |key: &str| [("Authorization", format!("Bearer {key}")), ("Onhand-Training", "true".to_owned())];
    let told = stand.http("GET", "/v1/z/S1/3/1", &header(stand.key(Role::Till)), b"").await;
    assert_eq!((told.status, &told.json()["report"]), (200, &z["report"]));
    let [key, trains] = header(stand.key(Role::Till));
    let body =
        json!({"location": "S2", "till": 1, "currency": "EUR", "lines": [{"sku": "MUG", "qty": 1}], "completed": true});
    let sold =
        stand.http("POST", "/v1/sell", &[key, trains, ("Idempotency-Key", id())], body.to_string().as_bytes()).await;
    assert_eq!(sold.json()["receipt"], "TRAINING-S2-1-1", "{}", sold.text());

    let (still, trained) = state(&stand);
    assert!(still == real, "training has changed the real ledger");
    assert!(!trained.is_empty());
    assert_eq!(seen(&stand).await, before);
    assert_eq!(till.ask(get).await["level"]["on_hand"], "9");
    // The next that the shopper and the till see is real again, and without a gap.
    assert_eq!(done(&mut till, sale(2), "recorded").await["receipt"], "S1-3-2");
    let pushed = watcher.push().await;
    assert_eq!((&pushed[0]["sku"], &pushed[0]["location"]), (&json!("TEA"), &json!("S1")));
    let level = &stand.level("S1", "TEA").await;
    assert_eq!((&pushed[0]["version"], &level["on_hand"]), (&level["version"], &json!("7")));
    assert_eq!(done(&mut till, of_till("close_session", json!({})), "session_closed").await["report"]["sales"], 2);
}

#[tokio::test]
async fn training_and_trade_never_mix() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 10).await;
    let mut till = stand.socket(Role::Till).await;
    let real = done(&mut till, sale(1), "recorded").await;
    let mut training = trainee(&stand, Role::Till).await;
    let trained = done(&mut training, sale(1), "recorded").await;
    let back = |location: &str, seq: &Value| {
        json!({"op": "return_sale", "id": id(), "location": location, "till": 3, "currency": "EUR", "sale": seq,
            "lines": [{"line": 0, "qty": 1}], "disposition": "resell"})
    };
    let (before, _) = state(&stand);
    for location in ["S1", "S2"] {
        let refused = training.ask(back(location, &real["seq"])).await;
        assert_eq!(
            (&refused["error"]["number"], &refused["error"]["field"]),
            (&json!(3131), &json!("sale")),
            "{refused}"
        );
        assert_eq!(till.ask(back(location, &trained["seq"])).await["error"]["number"], 3131);
    }
    let exchange = of_till(
        "exchange",
        json!({"sale": real["seq"], "returned": [{"line": 0, "qty": 1}],
        "disposition": "resell", "lines": [{"sku": "TEA", "qty": 1}]}),
    );
    assert_eq!(training.ask(exchange).await["error"]["number"], 3131);
    // In training it comes back anywhere.
    assert_eq!(training.ask(back("S2", &trained["seq"])).await["ok"], "returned");
    // Orders and the chain's own rules are real.
    let allocate =
        json!({"op": "allocate", "id": id(), "location": "S1", "order": "W1", "lines": [{"sku": "TEA", "qty": 1}]});
    assert_eq!(training.ask(allocate).await["error"]["number"], 3130);
    let mut admin = trainee(&stand, Role::Admin).await;
    let item = json!({"op": "define_items", "id": id(), "items": [{"sku": "NEW", "name": "New", "tax_class": "food"}]});
    assert_eq!(admin.ask(item).await["error"]["number"], 3130);
    assert!(state(&stand).0 == before);
    // A connection that trains goes on training.
    let again = training.ask(json!({"op": "hello", "id": id(), "key": stand.key(Role::Till)})).await;
    assert_eq!(again["training"], true);
    for role in [Role::Web, Role::Analyst] {
        let mut socket = stand.socket(role).await;
        let hello = json!({"op": "hello", "id": id(), "key": stand.key(role), "training": true});
        assert_eq!(socket.ask(hello).await["error"]["number"], 4004);
    }
    let headers =
        [("Authorization", format!("Bearer {}", stand.key(Role::Till))), ("Onhand-Training", "yes".to_owned())];
    assert_eq!(stand.http("GET", "/v1/z/S1/3/1", &headers, b"").await.number(), 1001);
    assert!(LocationId(1).training_twin().is_some_and(|twin| twin.real() == LocationId(1)));
}

/// Waits until a payment stands so; it may have been told already.
async fn stands(socket: &mut Socket, payment: &str, state: &str) -> Value {
    let read = || json!({"op": "payment", "id": id(), "location": "S1", "payment": payment});
    loop {
        let reply = socket.ask(read()).await;
        if reply["payment"]["state"] == *state && reply["payment"]["task"].is_null() {
            return reply["payment"].clone();
        }
        socket.next().await;
    }
}

fn start(payment: &str, sale: &str, amount: i64) -> Value {
    json!({"op": "start_payment", "id": payment, "location": "S1", "till": 3, "sale": sale, "provider": "terminals",
        "currency": "EUR", "amount": amount})
}

fn paid_by(sale: &str, qty: u32, tenders: Value) -> Value {
    json!({"op": "sell", "id": sale, "location": "S1", "till": 3, "currency": "EUR",
        "lines": [{"sku": "TEA", "qty": qty}], "tenders": tenders})
}

#[tokio::test]
async fn gift_cards_points_cards_and_layaways_are_trained_in_ledgers_of_their_own() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 20).await;
    let mut till = stand.socket(Role::Till).await;
    let issue = |kind: &str, more: Value| {
        let mut asked = json!({"op": "issue_account", "id": id(), "type": kind});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked
    };
    let (euros, points) = (json!({"currency": "EUR", "amount": 5_000}), json!({"points": 900, "customer": "ann"}));
    let real_card = done(&mut till, issue("gift_card", euros.clone()), "account_issued").await;
    let real_points = done(&mut till, issue("loyalty", points.clone()), "account_issued").await;
    let real_payment = id();
    done(&mut till, start(&real_payment, &id(), 450), "payment_started").await;
    let watch = |id: String| json!({"op": "watch_payments", "id": id, "locations": ["S1"]});
    done(&mut till, watch(id()), "watching_payments").await;
    till.next().await;
    let (real, _) = state(&stand);
    let before = seen(&stand).await;
    let customer = stand.get_as(Role::Till, "/v1/customers/ann/sales").await.json();

    let mut training = trainee(&stand, Role::Till).await;
    done(&mut training, watch(id()), "watching_payments").await;
    let session = json!({"business_day": "2026-03-02", "float": 5_000});
    done(&mut training, of_till("open_session", session), "session_opened").await;
    // A gift card and points of training pay, and a return gives to them.
    let card = done(&mut training, issue("gift_card", euros), "account_issued").await;
    assert_eq!(card["training"], true);
    let own_points = done(&mut training, issue("loyalty", points), "account_issued").await;
    let tenders = |card: &Value, points: &Value| {
        json!([{"type": "gift_card", "amount": 450, "code": card["code"]},
            {"type": "other", "amount": 450, "points": 450, "account": points["account"]}])
    };
    let sold = done(&mut training, paid_by(&id(), 2, tenders(&card, &own_points)), "recorded").await;
    let balance = async |socket: &mut Socket, account: &Value| {
        let read = json!({"op": "account", "id": id(), "account": account["account"]});
        socket.ask(read).await["balance"].clone()
    };
    let back = json!({"sale": sold["seq"], "lines": [{"line": 0, "qty": 2}], "disposition": "resell"});
    done(&mut training, of_till("return_sale", back), "returned").await;
    while balance(&mut training, &card).await != 5_000 || balance(&mut training, &own_points).await != 900 {}
    // What is real is not known there.
    for (account, of) in [(&real_card, &own_points), (&card, &real_points)] {
        let reply = training.ask(paid_by(&id(), 2, tenders(account, of))).await;
        assert_eq!((&reply["error"]["number"], &reply["error"]["field"]), (&json!(3131), &json!("account")), "{reply}");
    }
    // A card is approved by its amount alone, captured with its sale, and refunded.
    let (sale, payment) = (id(), id());
    done(&mut training, start(&payment, &sale, 450), "payment_started").await;
    stands(&mut training, &payment, "approved").await;
    let by_card = |payment: &str| json!([{"type": "card", "amount": 450, "payment": payment}]);
    done(&mut training, paid_by(&sale, 1, by_card(&payment)), "recorded").await;
    stands(&mut training, &payment, "captured").await;
    let refund = json!({"op": "refund_payment", "id": id(), "location": "S1", "payment": payment, "currency": "EUR",
        "amount": 50});
    done(&mut training, refund, "payment_noted").await;
    assert_eq!(stands(&mut training, &payment, "captured").await["refunded"], 50);
    let (declined, given_up) = (id(), id());
    done(&mut training, start(&declined, &id(), 451), "payment_started").await;
    assert_eq!(stands(&mut training, &declined, "declined").await["reason"], "insufficient funds");
    done(&mut training, start(&given_up, &id(), 450), "payment_started").await;
    stands(&mut training, &given_up, "approved").await;
    let give_up = json!({"op": "give_up_payment", "id": id(), "location": "S1", "payment": given_up});
    done(&mut training, give_up, "payment_noted").await;
    stands(&mut training, &given_up, "voided").await;
    let read = |op: &str, field: &str, name: &Value| json!({"op": op, "id": id(), "location": "S1", field: name});
    for asked in [paid_by(&id(), 1, by_card(&real_payment)), read("payment", "payment", &json!(real_payment))] {
        let reply = training.ask(asked).await;
        assert_eq!((&reply["error"]["number"], &reply["error"]["field"]), (&json!(3131), &json!("payment")), "{reply}");
    }
    let by_name = json!([{"type": "other", "amount": 450, "points": 450}]);
    let mut by_name = paid_by(&id(), 1, by_name);
    by_name["customer"] = json!("ann");
    let real_account = json!({"op": "account", "id": id(), "account": real_points["account"]});
    for asked in [by_name.clone(), real_account] {
        assert_eq!(training.ask(asked).await["error"]["number"], 3131);
    }
    // What has happened is recorded all the same, and what nobody paid is left open.
    by_name["id"] = json!(id());
    by_name["completed"] = json!(true);
    done(&mut training, by_name, "recorded").await;
    for (unknown, number) in
        [(paid_by(&id(), 1, by_card(&id())), 3093), (json!({"op": "account", "id": id(), "account": id()}), 3030)]
    {
        assert_eq!(training.ask(unknown).await["error"]["number"], number, "nobody has it");
    }
    // A layaway is paid and fetched there.
    let deposit = json!([{"type": "cash", "amount": 100}]);
    let aside = json!({"layaway": "L-1", "customer": "Ann", "ttl_s": 86_400, "tenders": deposit,
        "lines": [{"sku": "TEA", "qty": 1}]});
    done(&mut training, of_till("open_layaway", aside), "layaway_opened").await;
    let list = || json!({"op": "layaways", "id": id(), "location": "S1"});
    assert_eq!(training.ask(list()).await["layaways"][0]["layaway"], "L-1");
    assert_eq!(till.ask(list()).await["layaways"], json!([]));
    let fetched = json!({"order": "L-1", "lines": [{"sku": "TEA", "qty": 1}],
        "tenders": [{"type": "deposit", "amount": 100}, {"type": "cash", "amount": 350}]});
    done(&mut training, of_till("sell", fetched), "recorded").await;

    let (still, trained) = state(&stand);
    assert!(still == real, "training has changed the real ledger");
    assert!(!trained.is_empty());
    assert_eq!(seen(&stand).await, before);
    assert_eq!(stand.get_as(Role::Till, "/v1/customers/ann/sales").await.json()["sales"], customer["sales"]);
    // Drivers see what is real, over HTTP too.
    let open = stand.get_as(Role::Till, "/v1/payments?location=S1").await.json();
    assert_eq!(
        (open["payments"].as_array().unwrap().len(), &open["payments"][0]["payment"]),
        (1, &json!(real_payment))
    );
    let header =
        [("Authorization", format!("Bearer {}", stand.key(Role::Till))), ("Onhand-Training", "true".to_owned())];
    assert_eq!(stand.http("GET", "/v1/payments?location=S1", &header, b"").await.json()["payments"], json!([]));
    let metrics = stand.http("GET", "/metrics", &[], b"").await.text();
    assert!(metrics.contains(r#"onhand_payments_total{provider="terminals",state="asked"} 1"#), "{metrics}");
    // Nor is what was trained known to a real till.
    for (account, of) in [(&real_card, &own_points), (&card, &real_points)] {
        let reply = till.ask(paid_by(&id(), 2, tenders(account, of))).await;
        assert_eq!(reply["error"]["number"], 3030, "{reply}");
    }
    assert_eq!(till.ask(paid_by(&id(), 1, by_card(&payment))).await["error"]["number"], 3093);
}
