//! People at the door: signing in, switching, approving, wrong PINs, and what is recorded of them.

use crate::harness::{Response, Socket, Stand, id, within};
use futures_util::{SinkExt, StreamExt};
use onhand_actors::clock::Clock;
use onhand_engine::catalogue::Role;
use onhand_engine::qty::Qty;
use onhand_engine::time::{Millis, Timestamp};
use onhand_gateway::Limits;
use onhand_protocol::compact::{self, Sale, Told};
use onhand_protocol::value::Id;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// A PIN that stands nowhere by chance.
pub const MAX_PIN: &str = "739154826013";

fn sale() -> Value {
    json!({"op": "sell", "id": id(), "location": "S1", "currency": "EUR", "lines": [{"sku": "TEA", "qty": 1}]})
}

fn adjust() -> Value {
    json!({"op": "adjust", "id": id(), "location": "S1", "sku": "TEA", "delta": 1, "reason": "found"})
}

fn sign_in(user: &str, pin: &str) -> Value {
    json!({"op": "sign_in", "id": id(), "user": user, "pin": pin})
}

pub fn approved(mut request: Value, user: &str, pin: &str) -> Value {
    request["approval"] = json!({"user": user, "pin": pin});
    request
}

#[track_caller]
pub fn refused(reply: &Value, number: u64) {
    assert_eq!(reply["error"]["number"], number, "{reply}");
}

#[track_caller]
pub fn done(reply: &Value, ok: &str) {
    assert_eq!(reply["ok"], ok, "{reply}");
}

/// Ann and Bob sell, with the same PIN; Max may everything. People are required in S1.
pub async fn staffed(limits: Limits) -> Stand {
    staff(Stand::with(limits).await).await
}

async fn staff(stand: Stand) -> Stand {
    stand.receive("S1", "TEA", 1_000).await;
    let all = json!([
        "sell",
        "return",
        "void",
        "override_price",
        "discount",
        "drawer",
        "close_session",
        "orders",
        "receive",
        "adjust_stock",
        "count",
        "manage_catalogue",
        "manage_keys",
        "manage_people",
        "approve",
        "refund_otherwise",
        "lift_return_limits"
    ]);
    for (op, body) in [
        ("define_role", json!({"role": "cashier", "capabilities": ["sell"]})),
        ("define_role", json!({"role": "owner", "capabilities": all})),
        ("define_user", json!({"user": "ann", "name": "Ann", "roles": ["cashier"]})),
        ("define_user", json!({"user": "bob", "name": "Bob", "roles": ["cashier"]})),
        ("define_user", json!({"user": "max", "name": "Max", "roles": ["cashier", "owner"]})),
        ("set_pin", json!({"user": "ann", "pin": "4711"})),
        ("set_pin", json!({"user": "bob", "pin": "4711"})),
        ("set_pin", json!({"user": "max", "pin": MAX_PIN})),
        ("require_people", json!({"location": "S1", "required": true})),
    ] {
        let response = stand.post(op, &body).await;
        assert_eq!(response.status, 200, "{op}: {}", response.text());
    }
    stand
}

/// The number with which a compact sale is refused; 0 for a success.
async fn sell_compact(till: &mut Socket) -> u16 {
    let (id, mut message) = (Id::mint(), Vec::new());
    assert!(compact::write_sale(&mut message, &Sale::at(id, "S1", *b"EUR"), &[("TEA", Qty::units(1))]));
    till.stream.send(Message::binary(message)).await.unwrap();
    loop {
        if let Message::Binary(bytes) = within(till.stream.next()).await.unwrap().unwrap() {
            return match compact::answers(&bytes).unwrap().as_slice() {
                [Told::Recorded { .. }] => 0,
                [Told::Refused { number, .. }] => *number,
                other => panic!("{other:?}"),
            };
        }
    }
}

/// The last event of the feed.
pub async fn last_event(stand: &Stand) -> Value {
    let mut after = "0".to_owned();
    let mut last = Value::Null;
    loop {
        let page = stand.get_as(Role::Admin, &format!("/v1/events?after={after}&limit=1000")).await.json();
        let events = page["events"].as_array().unwrap().clone();
        let Some(event) = events.last() else { return last };
        last = event.clone();
        after = page["next"].as_str().unwrap().to_owned();
    }
}

/// A command over HTTP of whoever holds the token.
async fn post_by(stand: &Stand, role: Role, token: &str, request: &Value) -> Response {
    let mut body = request.clone();
    let fields = body.as_object_mut().unwrap();
    let op = fields.remove("op").unwrap();
    let command = fields.remove("id").unwrap();
    let headers = [
        ("Authorization", format!("Bearer {}", stand.key(role))),
        ("Idempotency-Key", command.as_str().unwrap().to_owned()),
        ("Onhand-User", token.to_owned()),
    ];
    let path = format!("/v1/{}", op.as_str().unwrap());
    stand.http("POST", &path, &headers, body.to_string().as_bytes()).await
}

async fn token_of(stand: &Stand, role: Role, user: &str, pin: &str) -> Response {
    let headers = [("Authorization", format!("Bearer {}", stand.key(role)))];
    let body = json!({"user": user, "pin": pin}).to_string();
    stand.http("POST", "/v1/sign_in", &headers, body.as_bytes()).await
}

pub async fn till_of(stand: &Stand, user: &str, pin: &str) -> Socket {
    let mut till = stand.socket(Role::Till).await;
    done(&till.ask(sign_in(user, pin)).await, "signed_in");
    till
}

#[tokio::test]
async fn t59_a_right_taken_away_between_sign_in_and_command_is_not_there() {
    let stand = staffed(Limits::default()).await;
    let mut till = stand.socket(Role::Till).await;
    refused(&till.ask(sale()).await, 4010);
    let signed_in = till.ask(sign_in("ann", "4711")).await;
    assert_eq!((&signed_in["ok"], &signed_in["name"]), (&json!("signed_in"), &json!("Ann")));
    assert_eq!(signed_in["capabilities"], json!(["sell"]));
    done(&till.ask(sale()).await, "recorded");
    let token = token_of(&stand, Role::Till, "ann", "4711").await.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(post_by(&stand, Role::Till, &token, &sale()).await.status, 200);

    let role = |capabilities: Value| json!({"role": "cashier", "capabilities": capabilities});
    assert_eq!(stand.post("define_role", &role(json!(["count"]))).await.status, 200);
    let reply = till.ask(sale()).await;
    refused(&reply, 4011);
    assert_eq!(reply["error"]["capability"], "sell");
    assert_eq!(post_by(&stand, Role::Till, &token, &sale()).await.number(), 4011);
    assert_eq!(stand.post("define_role", &role(json!(["sell"]))).await.status, 200);
    done(&till.ask(sale()).await, "recorded");

    assert_eq!(stand.post("disable_user", &json!({"user": "ann"})).await.status, 200);
    let reply = till.ask(sale()).await;
    refused(&reply, 4012);
    assert_eq!(reply["error"]["user"], "ann");
    assert_eq!(post_by(&stand, Role::Till, &token, &sale()).await.number(), 4012);
    refused(&till.ask(sign_in("ann", "4711")).await, 4012);
    refused(&till.ask(sale()).await, 4010);
}

#[tokio::test]
async fn t59_the_compact_encoding_goes_by_the_same_rights() {
    let stand = staffed(Limits::default()).await;
    let mut till = stand.compact(Role::Till).await;
    assert_eq!(sell_compact(&mut till).await, 4010);
    done(&till.ask(sign_in("ann", "4711")).await, "signed_in");
    assert_eq!(sell_compact(&mut till).await, 0);
    assert_eq!(last_event(&stand).await["by"]["user"], "ann");
    assert_eq!(stand.post("disable_user", &json!({"user": "ann"})).await.status, 200);
    assert_eq!(sell_compact(&mut till).await, 4012);
}

#[tokio::test]
async fn t59_switching_cashier_inherits_nothing() {
    let stand = staffed(Limits::default()).await;
    let mut till = till_of(&stand, "max", MAX_PIN).await;
    done(&till.ask(adjust()).await, "adjusted");
    // A wrong PIN of the next one: the one before is gone all the same.
    refused(&till.ask(sign_in("ann", "0000")).await, 4018);
    refused(&till.ask(adjust()).await, 4010);
    done(&till.ask(sign_in("max", MAX_PIN)).await, "signed_in");
    done(&till.ask(sign_in("ann", "4711")).await, "signed_in");
    refused(&till.ask(adjust()).await, 4011);
    done(&till.ask(sale()).await, "recorded");
    assert_eq!(last_event(&stand).await["by"]["user"], "ann");
    done(&till.ask(json!({"op": "sign_out", "id": id()})).await, "signed_out");
    refused(&till.ask(sale()).await, 4010);
}

/// Sent in one breath, so that the second is heard while the PIN of the first is looked at.
#[tokio::test]
async fn t59_what_is_sent_while_the_next_one_signs_in_is_nobody_s() {
    let stand = staffed(Limits::default()).await;
    let mut till = till_of(&stand, "max", MAX_PIN).await;
    let (coming, hasty) = (sign_in("ann", "4711"), adjust());
    till.send(&json!([coming, hasty])).await;
    let first = till.next().await;
    assert_eq!(first["id"], hasty["id"]);
    refused(&first, 4010);
    done(&till.next().await, "signed_in");
    refused(&till.ask(adjust()).await, 4011);

    // Whoever is called off while their PIN is looked at does not come.
    let (coming, off) = (sign_in("max", MAX_PIN), json!({"op": "sign_out", "id": id()}));
    till.send(&json!([coming, off])).await;
    done(&till.next().await, "signed_out");
    let late = till.next().await;
    assert_eq!(late["id"], coming["id"]);
    refused(&late, 4021);
    refused(&till.ask(sale()).await, 4010);
    let (first, second) = (sign_in("max", MAX_PIN), sign_in("ann", "4711"));
    till.send(&json!([first, second])).await;
    let replies = [till.next().await, till.next().await];
    refused(&replies[0], 5006);
    refused(&replies[1], 4021);
    refused(&till.ask(sale()).await, 4010);
}

#[tokio::test]
async fn t60_two_people_with_the_same_pin_are_told_apart() {
    let stand = staffed(Limits::default()).await;
    let owner = json!({"user": "bob", "name": "Bob", "roles": ["owner"]});
    assert_eq!(stand.post("define_user", &owner).await.status, 200);
    let mut till = till_of(&stand, "ann", "4711").await;
    done(&till.ask(approved(adjust(), "bob", "4711")).await, "adjusted");
    let event = last_event(&stand).await;
    assert_eq!((&event["by"]["user"], &event["by"]["approver"]), (&json!("ann"), &json!("bob")));
    refused(&till.ask(approved(adjust(), "ann", "4711")).await, 4014);
    done(&till.ask(sign_in("bob", "4711")).await, "signed_in");
    done(&till.ask(adjust()).await, "adjusted");
    let event = last_event(&stand).await;
    assert_eq!((&event["by"]["user"], &event["by"]["approver"]), (&json!("bob"), &Value::Null));
}

#[tokio::test]
async fn t60_an_approval_is_identity_and_pin_and_is_recorded() {
    let stand = staffed(Limits::default()).await;
    let mut till = till_of(&stand, "ann", "4711").await;
    let reply = till.ask(adjust()).await;
    refused(&reply, 4011);
    assert_eq!(reply["error"]["capability"], "adjust_stock");
    let before = last_event(&stand).await["seq"].clone();
    let wrong = till.ask(approved(adjust(), "max", "4711")).await;
    refused(&wrong, 4018);
    assert_eq!(wrong["error"]["field"], "approval");
    refused(&till.ask(approved(adjust(), "bob", "4711")).await, 4013);
    refused(&till.ask(approved(adjust(), "nobody", "4711")).await, 4018);
    let without_name = json!({"op": "adjust", "id": id(), "location": "S1", "sku": "TEA", "delta": 1, "reason": "x",
        "approval": {"pin": MAX_PIN}});
    let reply = till.ask(without_name).await;
    refused(&reply, 1001);
    assert_eq!(reply["error"]["field"], "approval.user");
    assert_eq!(last_event(&stand).await["seq"], before, "nothing was changed");

    let good = approved(adjust(), "max", MAX_PIN);
    let first = till.ask_text(&good).await;
    done(&serde_json::from_str(&first).unwrap(), "adjusted");
    let event = last_event(&stand).await;
    assert_eq!(event["by"]["approver"], "max");
    assert_eq!(event["by"]["user"], "ann");
    assert_eq!(event["by"]["holder"], "till");
    assert_eq!(event["by"]["device"].as_str().unwrap().len(), 16);
    assert_eq!(till.ask_text(&good).await, first, "a repeat gets the first answer");

    // The approver's own rights are those of the moment, too.
    assert_eq!(stand.post("disable_user", &json!({"user": "max"})).await.status, 200);
    refused(&till.ask(approved(adjust(), "max", MAX_PIN)).await, 4012);
    refused(&till.ask(approved(json!({"op": "ping", "id": id()}), "max", MAX_PIN)).await, 1001);
    done(&till.ask(json!({"op": "sign_out", "id": id()})).await, "signed_out");
    refused(&till.ask(approved(adjust(), "max", MAX_PIN)).await, 4010);
}

#[tokio::test]
async fn t60_wrong_pins_lock_and_the_honest_wait_is_bounded() {
    let limits = Limits {
        pin_lock: Duration::from_millis(1_500),
        pin_lock_max: Duration::from_millis(2_000),
        ..Limits::default()
    };
    let stand = staffed(limits).await;
    let mut till = stand.socket(Role::Till).await;
    for _ in 0..5 {
        refused(&till.ask(sign_in("ann", "0000")).await, 4018);
    }
    let locked = till.ask(sign_in("ann", "0000")).await;
    refused(&locked, 4019);
    let retry_ms = locked["error"]["retry_ms"].as_u64().unwrap();
    assert!((1..=2_000).contains(&retry_ms), "{retry_ms}");
    // Another socket of the device is no way round, nor is HTTP, nor an approval.
    let mut other = stand.socket(Role::Till).await;
    refused(&other.ask(sign_in("ann", "4711")).await, 4019);
    let over_http = token_of(&stand, Role::Till, "ann", "4711").await;
    assert_eq!((over_http.status, over_http.number()), (429, 4019));
    assert!(over_http.header("retry-after").is_some());
    done(&other.ask(sign_in("bob", "4711")).await, "signed_in");
    refused(&other.ask(approved(adjust(), "ann", "4711")).await, 4019);
    // Ann herself works on at another device, at once.
    let mut desk = stand.socket(Role::Admin).await;
    done(&desk.ask(sign_in("ann", "4711")).await, "signed_in");
    // And here after the time that she was told, however often somebody tried meanwhile.
    for _ in 0..20 {
        refused(&till.ask(sign_in("ann", "0000")).await, 4019);
    }
    let last = till.ask(sign_in("ann", "0000")).await["error"]["retry_ms"].as_u64().unwrap();
    assert!(last <= retry_ms, "trying on makes it no longer");
    tokio::time::sleep(Duration::from_millis(last)).await;
    done(&till.ask(sign_in("ann", "4711")).await, "signed_in");
    done(&till.ask(sale()).await, "recorded");
}

#[tokio::test]
async fn t60_many_guesses_at_once_are_no_more_than_one_after_the_other() {
    let stand = staffed(Limits::default()).await;
    let guesses = (0..40).map(|n| {
        let (stand, pin) = (&stand, format!("{n:04}"));
        async move { token_of(stand, Role::Till, "ann", &pin).await.number() }
    });
    let numbers = futures_util::future::join_all(guesses).await;
    let looked_at = numbers.iter().filter(|number| **number == 4018).count();
    assert_eq!(looked_at, 5, "{numbers:?}");
    assert!(numbers.iter().all(|number| matches!(number, 4018 | 4019)), "{numbers:?}");
}

#[tokio::test]
async fn over_http_a_token_stands_for_the_person_at_that_device_for_a_while() {
    let clock = Clock::manual(Timestamp(1_700_000_000_000));
    let stand = staff(Stand::at(Limits::default(), clock.clone()).await).await;
    let response = token_of(&stand, Role::Till, "ann", "4711").await;
    let token = response.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("ohu_"), "{token}");
    assert_eq!(post_by(&stand, Role::Till, &token, &sale()).await.status, 200);
    assert_eq!(last_event(&stand).await["by"]["user"], "ann");
    assert_eq!(post_by(&stand, Role::Till, &token, &adjust()).await.number(), 4011);
    assert_eq!(post_by(&stand, Role::Till, &token, &approved(adjust(), "max", MAX_PIN)).await.status, 200);
    assert_eq!(last_event(&stand).await["by"]["approver"], "max");
    assert_eq!(post_by(&stand, Role::Admin, &token, &sale()).await.number(), 4021, "another device's");
    let forged = format!("{}{}", &token[..token.len() - 1], if token.ends_with('0') { '1' } else { '0' });
    for wrong in [forged.as_str(), "", "ohu_", "oht_0_0_0", "ann"] {
        assert_eq!(post_by(&stand, Role::Till, wrong, &sale()).await.number(), 4021, "{wrong}");
    }
    assert_eq!(
        stand
            .post_as(
                Role::Till,
                "sell",
                &id(),
                &json!({"location": "S1", "currency": "EUR",
        "lines": [{"sku": "TEA", "qty": 1}]})
            )
            .await
            .number(),
        4010
    );
    assert_eq!(token_of(&stand, Role::Web, "ann", "4711").await.number(), 4004);
    assert_eq!(token_of(&stand, Role::Till, "ann", "0000").await.number(), 4018);

    clock.advance(Millis(14 * 60_000));
    assert_eq!(post_by(&stand, Role::Till, &token, &sale()).await.status, 200);
    clock.advance(Millis(60_000));
    assert_eq!(post_by(&stand, Role::Till, &token, &sale()).await.number(), 4021);
}

#[tokio::test]
async fn a_new_pin_signs_out_whoever_came_in_with_the_old_one() {
    let stand = staffed(Limits::default()).await;
    let mut till = till_of(&stand, "ann", "4711").await;
    let token = token_of(&stand, Role::Till, "ann", "4711").await.json()["token"].as_str().unwrap().to_owned();
    let set = json!({"user": "ann", "pin": "0815"});
    let command = id();
    let first = stand.post_as(Role::Admin, "set_pin", &command, &set).await;
    assert_eq!(first.status, 200);
    refused(&till.ask(sale()).await, 4010);
    assert_eq!(post_by(&stand, Role::Till, &token, &sale()).await.number(), 4021);
    refused(&till.ask(sign_in("ann", "4711")).await, 4018);
    done(&till.ask(sign_in("ann", "0815")).await, "signed_in");
    // A repeat is the same command, and does nothing twice; the same id for another PIN is refused.
    assert_eq!(stand.post_as(Role::Admin, "set_pin", &command, &set).await.text(), first.text());
    done(&till.ask(sale()).await, "recorded");
    let other = json!({"user": "ann", "pin": "0816"});
    assert_eq!(stand.post_as(Role::Admin, "set_pin", &command, &other).await.number(), 1008);
    // The same over a WebSocket.
    let mut desk = stand.socket(Role::Admin).await;
    done(&desk.ask(json!({"op": "set_pin", "id": id(), "user": "ann", "pin": "0816"})).await, "pin_set");
    refused(&till.ask(sale()).await, 4010);
}

#[tokio::test]
async fn required_everywhere_the_desk_needs_people_too_and_nobody_locks_themselves_out() {
    let stand = staffed(Limits::default()).await;
    let everywhere = json!({"required": true});
    assert_eq!(stand.post("define_user", &json!({"user": "max", "name": "Max", "roles": []})).await.status, 200);
    assert_eq!(stand.post("require_people", &everywhere).await.number(), 4017);
    assert_eq!(stand.post("define_user", &json!({"user": "max", "name": "Max", "roles": ["owner"]})).await.status, 200);
    assert_eq!(stand.post("require_people", &everywhere).await.status, 200);
    let key = json!({"role": "till", "holder": "till 9"});
    let bearer = ("Authorization", format!("Bearer {}", stand.key(Role::Admin)));
    let body = key.to_string();
    assert_eq!(stand.http("POST", "/v1/keys", std::slice::from_ref(&bearer), body.as_bytes()).await.number(), 4010);
    let token = token_of(&stand, Role::Admin, "max", MAX_PIN).await.json()["token"].as_str().unwrap().to_owned();
    let headers = [bearer, ("Onhand-User", token.clone())];
    assert_eq!(stand.http("POST", "/v1/keys", &headers, body.as_bytes()).await.status, 200);
    let event = last_event(&stand).await;
    assert_eq!((&event["event"], &event["by"]["user"]), (&json!("key_created"), &json!("max")));
    let disable = json!({"op": "disable_user", "id": id(), "user": "max"});
    assert_eq!(post_by(&stand, Role::Admin, &token, &disable).await.number(), 4017);
    let mut till = till_of(&stand, "max", MAX_PIN).await;
    refused(&till.ask(disable).await, 4004);
}

#[tokio::test]
async fn bad_input_about_people_names_its_field_and_changes_nothing() {
    let stand = staffed(Limits::default()).await;
    let before = last_event(&stand).await["seq"].clone();
    for (op, body, number, field) in [
        ("define_role", json!({"role": "x", "capabilities": ["fly"]}), 1001, "capabilities[0]"),
        ("define_role", json!({"role": " x", "capabilities": []}), 1013, "role"),
        ("define_user", json!({"user": "zoe", "name": "Zoe", "roles": ["boss"]}), 4016, "roles"),
        ("define_user", json!({"user": "", "name": "Zoe", "roles": []}), 1013, "user"),
        ("define_user", json!({"user": "zoe", "name": "", "roles": []}), 1013, "name"),
        ("define_user", json!({"user": "zoe", "name": "Zoe", "roles": vec!["cashier"; 17]}), 1001, "roles"),
        ("set_pin", json!({"user": "zoe", "pin": "1234"}), 4015, "user"),
        ("set_pin", json!({"user": "ann", "pin": "123"}), 4020, "pin"),
        ("set_pin", json!({"user": "ann", "pin": "1234567890123"}), 4020, "pin"),
        ("set_pin", json!({"user": "ann", "pin": "12a4"}), 4020, "pin"),
        ("set_pin", json!({"user": "ann", "pin": "１２３４"}), 4020, "pin"),
        ("set_pin", json!({"user": "ann", "pin": null}), 4020, "pin"),
        ("set_pin", json!({"user": "ann", "pin": ["1234"]}), 1001, "pin"),
        ("disable_user", json!({"user": "zoe"}), 4015, "user"),
        ("require_people", json!({"location": "S9", "required": true}), 1004, "location"),
        ("require_people", json!({"location": "S1"}), 1001, "required"),
        ("adjust", json!({"location": "S2", "sku": "TEA", "delta": 1, "reason": "x", "approval": 1}), 1001, "approval"),
        ("adjust", json!({"location": "S2", "sku": "TEA", "delta": 1, "reason": "x", "id": id()}), 1001, "id"),
    ] {
        let response = stand.post(op, &body).await;
        assert_eq!(
            (response.number(), response.json()["field"].as_str().unwrap_or("")),
            (number, field),
            "{op} {body}"
        );
    }
    assert_eq!(last_event(&stand).await["seq"], before);
    let mut shopper = stand.shopper().await;
    refused(&shopper.ask(sign_in("ann", "4711")).await, 4004);
    let people = stand.get_as(Role::Admin, "/v1/people").await;
    assert_eq!(
        people.json()["users"][0],
        json!({"user": "ann", "name": "Ann", "roles": ["cashier"], "has_pin": true,
        "disabled": false})
    );
    assert_eq!(people.json()["required_at"], json!(["S1"]));
    assert!(!people.text().contains("argon2"), "{}", people.text());
    assert_eq!(stand.get_as(Role::Till, "/v1/people").await.number(), 4004);
}

/// Wherever a PIN is said, right, wrong or as it must not be: it is in no answer, no event and not on disk.
#[tokio::test]
async fn t60_a_pin_stands_nowhere() {
    let stand = staffed(Limits::default()).await;
    let mut till = stand.socket(Role::Till).await;
    let mut said = Vec::new();
    for request in [
        sign_in("max", MAX_PIN),
        approved(adjust(), "max", MAX_PIN),
        sign_in("ann", MAX_PIN),
        sign_in(&format!("ann{}", "x".repeat(40)), MAX_PIN),
        json!({"op": "sign_in", "id": id(), "user": "max", "pin": MAX_PIN.parse::<u64>().unwrap()}),
        json!({"op": "sign_in", "id": id(), "user": "max", "pin": -MAX_PIN.parse::<i64>().unwrap()}),
        json!({"op": "sign_in", "id": id(), "user": "max", "pin": format!("{MAX_PIN}x")}),
        json!({"op": "sign_in", "id": id(), "user": "max", "pin": [MAX_PIN]}),
        json!({"op": "sign_in", "id": id(), "user": "max", "pin": {"digits": MAX_PIN}}),
        json!({"op": "sign_in", "id": id(), "user": "max", "pin": MAX_PIN, "also": 1}),
        json!({"op": "sign_in", "id": "no id", "user": "max", "pin": MAX_PIN}),
        json!({"id": id(), "user": "max", "pin": MAX_PIN, "op": "sign_inn"}),
    ] {
        till.send(&request).await;
        said.push(till.text().await.unwrap());
    }
    said.push(stand.get_as(Role::Admin, "/v1/events?limit=1000").await.text());
    said.push(stand.get_as(Role::Admin, "/v1/people").await.text());
    for text in &said {
        assert!(!text.contains(MAX_PIN), "{text}");
    }
    let image = stand.disk.image();
    assert!(image.windows(9).any(|bytes| bytes == b"$argon2id"), "the hash is there");
    assert!(!image.windows(MAX_PIN.len()).any(|bytes| bytes == MAX_PIN.as_bytes()), "the PIN is not");
}
