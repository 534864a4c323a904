//! Card payments with the real programs: a server, and a driver whose provider is simulated, both of which
//! may be killed at any moment. T31.

use crate::harness::{Server, run, text};
use crate::paying::{self, is, sale};
use crate::simulated::Shop;
use crate::wire::{Socket, block_on, body_of, get, http, id, ok, post, refused, stocked_shop};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// What the last two digits of an amount make the simulated provider do.
const APPROVED: i64 = 1_000;
const DECLINED: i64 = 1_051;
const APPROVED_THEN_SILENT: i64 = 1_068;
const SILENT: i64 = 1_091;

fn start(payment: &str, sale: &str, amount: i64, timeout_s: u64) -> Value {
    paying::start("simulator", payment, sale, amount, timeout_s)
}

/// The terminal times out after approving; then driver and server are killed. Nobody knows what became of
/// the payment, so nothing new begins, until it was asked after by its own name: one approval, one capture.
#[test]
fn t31_a_terminal_times_out_after_approving_and_both_sides_are_killed() {
    let shop = Shop::new();
    let (sale_id, payment) = (id(), id());
    let server = shop.serve();
    let driver = shop.drive(&server, &[]);
    block_on(async {
        let mut till = shop.till(&server).await;
        ok(&till.call(&start(&payment, &sale_id, APPROVED_THEN_SILENT, 2)).await, "payment_started");
        till.payment(&payment, is("sent")).await;
        // The customer's money is held, and nobody here was told.
        shop.wait_for(&payment, "approved").await;
    });
    drop(driver);
    server.kill();

    let server = shop.serve();
    block_on(async {
        let mut till = shop.till(&server).await;
        till.payment(&payment, is("unknown")).await;
        let again = till.call(&start(&id(), &sale_id, APPROVED, 2)).await;
        refused(&again, 3090);
        assert_eq!(again["error"]["payment"], *payment);
        refused(&till.call(&sale(&sale_id, APPROVED_THEN_SILENT, &payment)).await, 3094);
    });
    let driver = shop.drive(&server, &[]);
    block_on(async {
        let mut till = shop.till(&server).await;
        let approved = till.payment(&payment, is("approved")).await;
        assert_eq!(approved["card"]["last4"], "4242");
        let sell = sale(&sale_id, APPROVED_THEN_SILENT, &payment);
        let recorded = till.call_text(&sell).await;
        assert_eq!(till.call_text(&sell).await, recorded);
        ok(&serde_json::from_str(&recorded).unwrap(), "recorded");
        till.payment(&payment, is("captured")).await;
        refused(&till.call(&start(&id(), &sale_id, APPROVED, 2)).await, 3098);
    });
    drop(driver);
    assert!(server.terminate().success());
    shop.data.verify();
    assert_eq!(shop.entries(&payment), ["approved", "captured"]);
}

/// Killed at each step in turn, and driven on: each payment ends once, in the provider's books and in ours.
#[test]
fn t31_killed_at_each_step_every_payment_is_captured_once() {
    let shop = Shop::new();
    let steps = ["started", "approved", "sold"];
    let sales: Vec<(String, String)> = steps.iter().map(|_| (id(), id())).collect();
    for (step, (sale_id, payment)) in steps.iter().zip(&sales) {
        let server = shop.serve();
        let driver = (*step != "started").then(|| shop.drive(&server, &[]));
        block_on(async {
            let mut till = shop.till(&server).await;
            ok(&till.call(&start(payment, sale_id, APPROVED, 600)).await, "payment_started");
            if driver.is_some() {
                till.payment(payment, is("approved")).await;
            }
            if *step == "sold" {
                ok(&till.call(&sale(sale_id, APPROVED, payment)).await, "recorded");
            }
        });
        drop(driver);
        server.kill();
        let server = shop.serve();
        let driver = shop.drive(&server, &[]);
        block_on(async {
            let mut till = shop.till(&server).await;
            if *step == "started" {
                till.payment(payment, is("approved")).await;
            }
            ok(&till.call(&sale(sale_id, APPROVED, payment)).await, "recorded");
            // It may have ended before this watch began.
            let read = json!({"op": "payment", "id": id(), "location": "S1", "payment": payment});
            if till.call(&read).await["payment"]["state"] != "captured" {
                till.payment(payment, is("captured")).await;
            }
        });
        drop(driver);
        assert!(server.terminate().success());
        assert_eq!(shop.entries(payment), ["approved", "captured"], "killed when it was {step}");
    }
    shop.data.verify();
}

/// The customer leaves while the terminal is silent: what was approved is voided when it is found, and
/// what never was approved is declined.
#[test]
fn t31_a_late_approval_of_a_sale_that_was_given_up_is_voided() {
    let shop = Shop::new();
    let (sale_id, held, silent) = (id(), id(), id());
    let server = shop.serve();
    let driver = shop.drive(&server, &["--answer-ms", "300000"]);
    block_on(async {
        let mut till = shop.till(&server).await;
        ok(&till.call(&start(&held, &sale_id, APPROVED_THEN_SILENT, 600)).await, "payment_started");
        shop.wait_for(&held, "approved").await;
        let give_up = json!({"op": "give_up_payment", "id": id(), "location": "S1", "payment": held});
        ok(&till.call(&give_up).await, "payment_noted");
        // It is sent, so it still counts: another card waits for what comes of it.
        refused(&till.call(&start(&silent, &sale_id, SILENT, 1)).await, 3090);
    });
    drop(driver);
    // The terminal's answer never comes, so a driver that knows the provider says that nobody knows.
    block_on(async {
        let drivers = server.payments.clone().unwrap();
        let unknown = json!({"location": "S1", "payment": held, "outcome": "unknown"});
        let noted = post(&drivers, &shop.driver, "report_payment", &id(), &unknown).await;
        assert_eq!(noted.status, 200, "{noted:?}");
    });
    let driver = shop.drive(&server, &["--answer-ms", "300000"]);
    block_on(async {
        let mut till = shop.till(&server).await;
        shop.wait_for(&held, "voided").await;
        let read = json!({"op": "payment", "id": id(), "location": "S1", "payment": held});
        if till.call(&read).await["payment"]["state"] != "voided" {
            till.payment(&held, is("voided")).await;
        }
        ok(&till.call(&start(&silent, &sale_id, SILENT, 1)).await, "payment_started");
        till.payment(&silent, is("declined")).await;
        let declined = id();
        ok(&till.call(&start(&declined, &sale_id, DECLINED, 60)).await, "payment_started");
        let said = till.payment(&declined, is("declined")).await;
        assert_eq!(said["reason"], "insufficient funds");
    });
    drop(driver);
    assert!(server.terminate().success());
    shop.data.verify();
    assert_eq!(shop.entries(&held), ["approved", "voided"]);
    assert!(shop.entries(&silent).is_empty());
}

/// A simple terminal takes the money at once; refunds go back in parts, each once.
#[test]
fn what_was_taken_goes_back_once() {
    let shop = Shop::new();
    let server = shop.serve();
    let driver = shop.drive(&server, &["--immediate"]);
    let (sold, given_up) = (id(), id());
    block_on(async {
        let mut till = shop.till(&server).await;
        let sale_id = id();
        ok(&till.call(&start(&sold, &sale_id, APPROVED, 60)).await, "payment_started");
        till.payment(&sold, is("approved")).await;
        ok(&till.call(&sale(&sale_id, APPROVED, &sold)).await, "recorded");
        let refund = json!({
            "op": "refund_payment", "id": id(), "location": "S1", "payment": sold, "currency": "EUR", "amount": 300,
        });
        ok(&till.call(&refund).await, "payment_noted");
        ok(&till.call(&refund).await, "payment_noted");
        let more = json!({
            "op": "refund_payment", "id": id(), "location": "S1", "payment": sold, "currency": "EUR", "amount": 800,
        });
        refused(&till.call(&more).await, 3096);
        shop.wait_for(&sold, "refunded").await;

        ok(&till.call(&start(&given_up, &id(), APPROVED, 60)).await, "payment_started");
        till.payment(&given_up, is("approved")).await;
        let give_up = json!({"op": "give_up_payment", "id": id(), "location": "S1", "payment": given_up});
        ok(&till.call(&give_up).await, "payment_noted");
        till.payment(&given_up, |payment| payment["state"] == "captured" && payment["task"].is_null()).await;
    });
    drop(driver);
    assert!(server.terminate().success());
    shop.data.verify();
    assert_eq!(shop.entries(&sold), ["approved", "refunded"]);
    assert_eq!(shop.entries(&given_up), ["approved", "refunded"]);
}

/// The two addresses share nothing but the greeting: neither key is good at the other's, and a card's number
/// passes neither.
#[test]
fn the_address_for_payments_is_for_drivers_alone() {
    let shop = Shop::new();
    let server = shop.serve();
    let (general, payments) = (server.address.clone(), server.payments.clone().unwrap());
    block_on(async {
        let read = "/v1/payments?location=S1";
        for (address, key, number) in [(&general, &shop.driver, 3100), (&payments, &shop.till, 3100)] {
            assert_eq!(get(address, key, read).await.number(), number);
            let refusal = Socket::try_open(address, Some(key)).await.err().unwrap();
            assert!(refusal.to_string().contains("403"), "{refusal}");
            let mut socket = Socket::try_open(address, None).await.unwrap();
            refused(&socket.call(&json!({"op": "hello", "id": id(), "key": key})).await, 3100);
        }
        assert_eq!(get(&payments, &shop.driver, read).await.status, 200);
        assert_eq!(get(&general, &shop.till, read).await.status, 200);
        // Nothing of the one is at the other.
        for path in ["/v1/stock?location=S1", "/v1/items", "/v1/keys", "/metrics", "/ops", "/v1/events"] {
            assert_eq!(get(&payments, &shop.driver, path).await.number(), 1015, "{path}");
        }
        let sell = sale(&id(), APPROVED, &id());
        assert_eq!(post(&payments, &shop.driver, "sell", &id(), &body_of(&sell)).await.number(), 4004);
        let take = json!({"location": "S1", "payment": id()});
        assert_eq!(post(&general, &shop.till, "take_payment", &id(), &take).await.number(), 4004);
        assert_eq!(post(&payments, &shop.driver, "take_payment", &id(), &take).await.number(), 3093);
        // A card's number where a token belongs.
        let card = json!({
            "location": "S1", "payment": id(), "outcome": "approved", "transaction": "t",
            "card": {"token": "4111111111111111"},
        });
        assert_eq!(post(&payments, &shop.driver, "report_payment", &id(), &card).await.number(), 1020);
        let healthy = http(&payments, "GET", "/healthz", &[], None).await;
        assert_eq!(healthy.status, 200);
    });
    assert!(server.terminate().success());
}

/// A buyer holds the last item, and may pay for it: the hold, the sale and the payment, where they may.
async fn begin_to_pay(buyer: &mut Socket) -> Option<(String, String, String)> {
    let (hold, sale_id, payment) = (id(), id(), id());
    let reserve = json!({
        "op": "reserve", "id": hold, "location": "WEB", "owner": id(), "ttl_s": 1,
        "lines": [{"sku": "LAST", "qty": "1"}],
    });
    let mut pay = start(&payment, &sale_id, APPROVED, 60);
    pay["location"] = json!("WEB");
    pay.as_object_mut().unwrap().remove("till");
    let held = buyer.call(&reserve).await["ok"] == "reserved";
    if held {
        pay["reservation"] = json!(hold);
    }
    let started = buyer.call(&pay).await;
    if !held {
        refused(&started, 3092);
        return None;
    }
    ok(&started, "payment_started");
    Some((hold, sale_id, payment))
}

/// T2: four units, a hundred and twenty buyers, and payments that take longer than a hold would last. Goods
/// are held before they are paid for, so exactly four payments start, and each that is captured has its goods.
#[test]
fn t2_goods_are_held_before_they_are_paid_for() {
    const BUYERS: usize = 120;
    let shop = Shop::new();
    let (web, admin) = (shop.data.key("web"), shop.data.key("admin"));
    let server = shop.serve();
    let driver = shop.drive(&server, &["--delay-ms", "30000"]);
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "WEB", &[("LAST", 4)]).await;
        let mut buyers = join_all((0..BUYERS).map(|_| Socket::open(&server.address, &web))).await;
        let started: Vec<_> = join_all(buyers.iter_mut().map(begin_to_pay)).await.into_iter().flatten().collect();
        assert_eq!(started.len(), 4);

        let mut site = Socket::open(&server.address, &web).await;
        ok(&site.call(&json!({"op": "watch_payments", "id": id(), "locations": ["WEB"]})).await, "watching_payments");
        for (hold, sale_id, payment) in &started {
            let read = json!({"op": "payment", "id": id(), "location": "WEB", "payment": payment});
            if site.call(&read).await["payment"]["state"] != "approved" {
                site.payment(payment, is("approved")).await;
            }
            let mut sell = sale(sale_id, APPROVED, payment);
            sell["location"] = json!("WEB");
            sell["lines"][0]["sku"] = json!("LAST");
            sell["reservation"] = json!(hold);
            sell.as_object_mut().unwrap().remove("till");
            ok(&site.call(&sell).await, "recorded");
            shop.wait_for(payment, "captured").await;
        }
        let level = get(&server.address, &admin, "/v1/stock/WEB/LAST").await.json();
        assert_eq!((&level["on_hand"], &level["reserved"]), (&json!("0"), &json!("0")));
    });
    drop(driver);
    assert!(server.terminate().success());
    shop.data.verify();
    let books = std::fs::read_to_string(shop.data.beside("bank.jsonl")).unwrap();
    assert_eq!(books.matches("\"approved\"").count(), 4);
    assert_eq!(books.matches("\"captured\"").count(), 4);
}

/// T32: every transaction of a provider's settlement is matched with one payment, or named.
#[test]
fn t32_a_settlement_is_matched_one_to_one_and_each_discrepancy_is_named() {
    let shop = Shop::new();
    let admin = shop.data.key("admin");
    let server = shop.serve();
    let driver = shop.drive(&server, &[]);
    let [right, less, missing, twice, back, voided] = [(); 6].map(|()| id());
    let refund = id();
    block_on(async {
        let mut till = shop.till(&server).await;
        for payment in [&right, &less, &missing, &twice, &back] {
            let sale_id = id();
            ok(&till.call(&start(payment, &sale_id, APPROVED, 60)).await, "payment_started");
            till.payment(payment, is("approved")).await;
            ok(&till.call(&sale(&sale_id, APPROVED, payment)).await, "recorded");
            till.payment(payment, is("captured")).await;
        }
        let give_back = json!({
            "op": "refund_payment", "id": refund, "location": "S1", "payment": back, "currency": "EUR", "amount": 300,
        });
        ok(&till.call(&give_back).await, "payment_noted");
        till.payment(&back, |payment| payment["refunded"] == 300 && payment["task"].is_null()).await;
        ok(&till.call(&start(&voided, &id(), APPROVED, 60)).await, "payment_started");
        till.payment(&voided, is("approved")).await;
        let give_up = json!({"op": "give_up_payment", "id": id(), "location": "S1", "payment": voided});
        ok(&till.call(&give_up).await, "payment_noted");
        till.payment(&voided, is("voided")).await;
    });
    let stranger = id();
    let file = format!(
        "payment,transaction,type,amount,currency,refund\n\
         {right},sim-{right},charge,10.00,EUR,\n\
         {less},sim-{less},charge,9.00,EUR,\n\
         {twice},sim-{twice},charge,10.00,EUR,\n\
         {twice},again-{twice},charge,10.00,EUR,\n\
         {voided},sim-{voided},charge,10.00,EUR,\n\
         {stranger},sim-{stranger},charge,10.00,EUR,\n\
         ,no-reference,charge,1.00,EUR,\n\
         {back},sim-{back},charge,10.00,EUR,\n\
         {back},sim-refund,refund,3.00,EUR,{refund}\n\
         {back},sim-refund,refund,3.00,EUR,{refund}\n\
         {right},sim-other,refund,2.00,EUR,\n"
    );
    let settle = |name: &str, file: &str| {
        let path = shop.data.beside(&format!("{name}.csv"));
        std::fs::write(&path, file).unwrap();
        let server = server.url();
        run(&[
            "settle",
            &path,
            "--server",
            &server,
            "--key",
            &admin,
            "--location",
            "S1",
            "--provider",
            "simulator",
            "--name",
            name,
            "--until",
            "2100-01-01",
            "--currency",
            "EUR",
            "--json",
        ])
    };
    let found = |out: &std::process::Output| -> (u64, Vec<(String, Option<u64>)>) {
        let settled: Value = serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"));
        let one = |one: &Value| (one["mismatch"].as_str().unwrap().to_owned(), one["line"].as_u64());
        let discrepancies = settled["discrepancies"].as_array().unwrap().iter().map(one).collect();
        (settled["matched"].as_u64().unwrap(), discrepancies)
    };
    let named = |words: &[(&str, Option<u64>)]| -> Vec<(String, Option<u64>)> {
        words.iter().map(|(word, line)| ((*word).to_owned(), *line)).collect()
    };
    let monday = settle("monday", &file);
    assert_eq!(monday.status.code(), Some(1));
    let (matched, discrepancies) = found(&monday);
    assert_eq!(matched, 4, "right, twice, back and its refund");
    let wanted = [
        ("amount", Some(1)),
        ("another_transaction", Some(3)),
        ("not_captured", Some(4)),
        ("unknown_payment", Some(5)),
        ("unknown_payment", Some(6)),
        ("twice", Some(9)),
        ("unknown_refund", Some(10)),
        ("missing", None),
    ];
    assert_eq!(discrepancies, named(&wanted));
    // The same file again is the same settlement.
    assert_eq!(found(&settle("monday", &file)), (matched, discrepancies));
    // On the next day the missing one comes, and one of yesterday's again.
    let tuesday = format!(
        "payment;transaction;type;amount\n{missing};sim-{missing};charge;10.00\n{right};sim-{right};charge;10.00\n\
         {less};sim-{less};charge;10.00\n"
    );
    assert_eq!(found(&settle("tuesday", &tuesday)), (2, named(&[("twice", Some(1))])));
    let wednesday = settle("wednesday", "payment,transaction,type,amount\n");
    assert_eq!((wednesday.status.code(), found(&wednesday)), (Some(0), (0, vec![])));
    // A file that cannot be read settles nothing.
    let bad = settle("bad", "payment,transaction,type,amount\n,t,charge,ten\n,4111111111111111,charge,1.00\n");
    assert_eq!(bad.status.code(), Some(1));
    assert!(!text(&bad.stdout).contains("4111"), "{bad:?}");
    drop(driver);
    assert!(server.terminate().success());
    shop.data.verify();
}

/// The figure of a line of `/metrics`, by its name and labels.
async fn figure(server: &Server, key: &str, line: &str) -> Option<f64> {
    let text = get(&server.address, key, "/metrics").await.body;
    let found = text.lines().find_map(|known| known.strip_prefix(line)?.strip_prefix(' '))?;
    Some(found.parse().unwrap())
}

/// How payments stand is in the metrics, also after a restart in the middle of them.
#[test]
fn payments_are_in_the_metrics() {
    let shop = Shop::new();
    let state = |name: &str, state: &str| format!(r#"{name}{{provider="simulator",state="{state}"}}"#);
    let pending = r#"onhand_payment_refunds_pending{provider="simulator"}"#;
    let oldest = "onhand_payments_unknown_oldest_seconds";
    let known = r#"onhand_payment_known_seconds_count{provider="simulator"}"#;
    let server = shop.serve();
    let (sale_id, payment, lost) = (id(), id(), id());
    block_on(async {
        let mut till = shop.till(&server).await;
        ok(&till.call(&start(&payment, &sale_id, APPROVED, 60)).await, "payment_started");
        let of = async |line: &str| figure(&server, &shop.till, line).await;
        assert_eq!(of(&state("onhand_payments_open", "asked")).await, Some(1.0));
        assert_eq!((of(known).await.unwrap_or(0.0), of(oldest).await), (0.0, Some(0.0)));
        let driver = shop.drive(&server, &[]);
        till.payment(&payment, is("approved")).await;
        assert_eq!(of(&state("onhand_payments_open", "asked")).await, Some(0.0));
        assert_eq!(of(&state("onhand_payments_open", "approved")).await, Some(1.0));
        assert_eq!(of(known).await, Some(1.0));
        ok(&till.call(&sale(&sale_id, APPROVED, &payment)).await, "recorded");
        till.payment(&payment, is("captured")).await;
        let declined = id();
        ok(&till.call(&start(&declined, &id(), DECLINED, 60)).await, "payment_started");
        till.payment(&declined, is("declined")).await;
        for (name, count) in [("approved", 1.0), ("captured", 1.0), ("declined", 1.0), ("asked", 2.0)] {
            assert_eq!(of(&state("onhand_payments_total", name)).await, Some(count), "{name}");
            assert_eq!(of(&state("onhand_payments_open", name)).await, Some(0.0), "{name}");
        }
        assert_eq!(of(known).await, Some(2.0));
        // Nobody is there to give back, and of one nobody knows.
        drop(driver);
        ok(&till.call(&start(&lost, &id(), APPROVED, 60)).await, "payment_started");
        let drivers = server.payments.clone().unwrap();
        for (op, more) in [("take_payment", json!({})), ("report_payment", json!({"outcome": "unknown"}))] {
            let mut body = json!({"location": "S1", "payment": lost});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = post(&drivers, &shop.driver, op, &id(), &body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        assert_eq!(of(&state("onhand_payments_open", "unknown")).await, Some(1.0));
        while of(oldest).await == Some(0.0) {}
        let refund = json!({
            "op": "refund_payment", "id": id(), "location": "S1", "payment": payment, "currency": "EUR", "amount": 100,
        });
        ok(&till.call(&refund).await, "payment_noted");
        assert_eq!(of(pending).await, Some(1.0));
        assert_eq!(of(&state("onhand_payments_total", "captured")).await, Some(1.0), "it was captured once");
    });
    server.kill();
    let server = shop.serve();
    block_on(async {
        assert_eq!(figure(&server, &shop.till, pending).await, Some(1.0));
        let mut till = shop.till(&server).await;
        let driver = shop.drive(&server, &[]);
        till.payment(&payment, |payment| payment["task"].is_null()).await;
        assert_eq!(figure(&server, &shop.till, pending).await, Some(0.0));
        // The driver asks after the other one, of which the provider has never heard.
        let read = json!({"op": "payment", "id": id(), "location": "S1", "payment": lost});
        if till.call(&read).await["payment"]["state"] != "declined" {
            till.payment(&lost, is("declined")).await;
        }
        assert_eq!(figure(&server, &shop.till, oldest).await, Some(0.0));
        drop(driver);
    });
}
