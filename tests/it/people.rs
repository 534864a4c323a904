//! People at a real server: a day with a cashier, a manager and a kill -9, and the audit of it.

use crate::harness::{Data, PATIENCE, Server, onhand, run, run_ok, text};
use crate::wire::{Socket, block_on, id, ok, refused, sell, stocked_shop};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

const ANN: &str = "481516";
const MAX: &str = "739154826013";

fn sign_in(user: &str, pin: &str) -> Value {
    json!({"op": "sign_in", "id": id(), "user": user, "pin": pin})
}

fn adjust() -> Value {
    json!({"op": "adjust", "id": id(), "location": "S1", "sku": "TEA", "delta": -1, "reason": "broken"})
}

fn approved_by(user: &str, pin: &str) -> Value {
    let mut request = adjust();
    request["approval"] = json!({"user": user, "pin": pin});
    request
}

/// A shop with tea, Ann who sells and Max who may everything; people are required everywhere.
async fn staffed_shop(address: &str, admin: &str) {
    let mut desk = Socket::open(address, admin).await;
    stocked_shop(&mut desk, "S1", &[("TEA", 100)]).await;
    let all =
        ["sell", "return", "count", "adjust_stock", "manage_catalogue", "manage_keys", "manage_people", "approve"];
    for (mut request, what) in [
        (json!({"op": "define_role", "role": "cashier", "capabilities": ["sell"]}), "role_defined"),
        (json!({"op": "define_role", "role": "manager", "capabilities": all}), "role_defined"),
        (json!({"op": "define_user", "user": "ann", "name": "Ann", "roles": ["cashier"]}), "user_defined"),
        (json!({"op": "define_user", "user": "max", "name": "Max", "roles": ["manager"]}), "user_defined"),
        (json!({"op": "set_pin", "user": "ann", "pin": ANN}), "pin_set"),
        (json!({"op": "set_pin", "user": "max", "pin": MAX}), "pin_set"),
        (json!({"op": "require_people", "required": true}), "people_required"),
    ] {
        request["id"] = json!(id());
        ok(&desk.call(&request).await, what);
    }
}

fn audit(data: &Data, more: &[&str]) -> Vec<Value> {
    let dir = data.arg();
    let words = [&["audit", "--json", "--data", &dir][..], more].concat();
    run_ok(&words).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn t59_t60_a_day_with_people_outlives_a_kill_and_is_in_the_audit() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    let (sold, corrected) = block_on(async {
        staffed_shop(&server.address, &admin).await;
        let mut socket = Socket::open(&server.address, &till).await;
        refused(&socket.call(&sell("S1", "TEA", 1)).await, 4010);
        ok(&socket.call(&sign_in("ann", ANN)).await, "signed_in");
        let sold = socket.call(&sell("S1", "TEA", 1)).await;
        ok(&sold, "recorded");
        refused(&socket.call(&adjust()).await, 4011);
        let corrected = socket.call(&approved_by("max", MAX)).await;
        ok(&corrected, "adjusted");
        ok(&socket.call(&sign_in("max", MAX)).await, "signed_in");
        ok(&socket.call(&adjust()).await, "adjusted");
        ok(&socket.call(&sign_in("ann", ANN)).await, "signed_in");
        refused(&socket.call(&adjust()).await, 4011);
        (sold["seq"].clone(), corrected["seq"].clone())
    });
    server.kill();
    let server = data.serve();
    block_on(async {
        let mut socket = Socket::open(&server.address, &till).await;
        refused(&socket.call(&sell("S1", "TEA", 1)).await, 4010);
        refused(&socket.call(&sign_in("ann", MAX)).await, 4018);
        ok(&socket.call(&sign_in("ann", ANN)).await, "signed_in");
        ok(&socket.call(&sell("S1", "TEA", 1)).await, "recorded");
        // Taken away by the manager at the desk, between two sales of hers.
        let mut desk = Socket::open(&server.address, &admin).await;
        let disable = json!({"op": "disable_user", "id": id(), "user": "ann"});
        refused(&desk.call(&disable).await, 4010);
        ok(&desk.call(&sign_in("max", MAX)).await, "signed_in");
        ok(&desk.call(&disable).await, "user_disabled");
        refused(&socket.call(&sell("S1", "TEA", 1)).await, 4012);
    });
    assert!(server.terminate().success());
    let hash = data.verify();

    let all = audit(&data, &[]);
    assert_eq!(all.len() as u64, hash["records"].as_u64().unwrap(), "every record is listed");
    let found = |seq: &Value| all.iter().find(|event| event["seq"] == *seq).unwrap();
    let by = &found(&sold)["by"];
    assert_eq!((&by["user"], &by["approver"], &by["holder"]), (&json!("ann"), &Value::Null, &json!("unnamed")));
    assert_eq!(by["device"].as_str().unwrap(), &till[4..20], "the public half of the till's key");
    let by = &found(&corrected)["by"];
    assert_eq!((&by["user"], &by["approver"]), (&json!("ann"), &json!("max")));
    let disabled = all.last().unwrap();
    assert_eq!((&disabled["event"], &disabled["user"]), (&json!("user_disabled"), &json!("ann")));
    assert_eq!((&disabled["by"]["user"], disabled["by"]["device"].as_str()), (&json!("max"), Some(&admin[4..20])));

    let of_max = audit(&data, &["--user", "max"]);
    let events: Vec<&str> = of_max.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["adjusted", "adjusted", "user_disabled"]);
    let since = of_max[1]["time"].as_str().unwrap();
    assert_eq!(audit(&data, &["--user", "max", "--since", since]).len(), 2);
    assert_eq!(audit(&data, &["--since", "2999-01-01"]).len(), 0);
    let table = run_ok(&["audit", "--data", &data.arg(), "--user", "ann"]);
    let line = table.lines().find(|line| line.contains("adjusted")).unwrap();
    for word in ["S1", "ann", "max", &till[4..20], "broken, -1 x TEA"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(table.contains("everything is as it was written"), "{table}");
    assert!(!table.contains("argon2"), "{table}");
    let out = run(&["audit", "--data", &data.arg(), "--user", "zoe"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("4015"), "{}", text(&out.stderr));
    assert_eq!(run(&["audit", "--data", &data.arg(), "--since", "noon"]).status.code(), Some(2));
}

#[test]
fn an_edited_log_fails_its_audit() {
    let data = Data::new();
    let admin = data.key("admin");
    let server = data.serve();
    block_on(staffed_shop(&server.address, &admin));
    assert!(server.terminate().success());
    assert!(run_ok(&["audit", "--data", &data.arg()]).contains("everything is as it was written"));
    crate::program::flip_bytes(&data.path());
    let out = run(&["audit", "--json", "--data", &data.arg()]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("finding: ") && text(&out.stderr).contains("damaged"), "{}", text(&out.stderr));
}

/// Whatever the server writes about itself, at its most talkative: no PIN, right or wrong, is in it.
#[test]
fn t60_no_pin_is_in_the_server_s_own_log() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let log = data.beside("log");
    let begun = Instant::now();
    let mut child = onhand(&["serve", "--data", &data.arg(), "--listen", "127.0.0.1:0"])
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned));
    let address = address.expect("it did not start");
    let wrong = "660214779035";
    block_on(async {
        staffed_shop(&address, &admin).await;
        let mut socket = Socket::open(&address, &till).await;
        for _ in 0..6 {
            socket.call(&sign_in("ann", wrong)).await;
        }
        ok(&socket.call(&sign_in("max", MAX)).await, "signed_in");
        socket.call(&approved_by("ann", wrong)).await;
        socket.call(&json!({"op": "sign_in", "id": id(), "user": "max", "pin": MAX.parse::<u64>().unwrap()})).await;
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(begun.elapsed() < PATIENCE);
    let said = std::fs::read_to_string(log).unwrap();
    assert!(said.contains("too many wrong PINs"), "the log is not as talkative as it should be");
    for pin in [ANN, MAX, wrong] {
        assert!(!said.contains(pin), "a PIN is in the log");
    }
}

/// Setting people up takes no server: an admin's key does, until people are required everywhere; and
/// whoever has the data directory itself is let in for good.
#[test]
fn the_command_line_on_the_data_directory_needs_nobody() {
    let data = Data::new();
    let admin = data.key("admin");
    let server: Server = data.serve();
    block_on(staffed_shop(&server.address, &admin));
    let out = run(&["key", "create", "--role", "till", "--server", &server.url(), "--key", &admin]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stdout));
    assert!(text(&out.stderr).contains("4010"), "{}", text(&out.stderr));
    let words = ["key", "create", "--role", "till", "--server", &server.url(), "--key", &admin, "--user", "max"];
    let made = onhand(&words).env("ONHAND_PIN", MAX).output().unwrap();
    assert!(made.status.success() && text(&made.stdout).starts_with("ohk_"), "{}", text(&made.stderr));
    let wrong = onhand(&words).env("ONHAND_PIN", ANN).output().unwrap();
    assert!(text(&wrong.stderr).contains("4018"), "{}", text(&wrong.stderr));
    let none = run(&[&words[..], &["--pin", "no digits"]].concat());
    assert_eq!(none.status.code(), Some(3));
    assert!(text(&none.stderr).contains("4020") && !text(&none.stderr).contains("no digits"), "{}", text(&none.stderr));

    let file = data.beside("more.csv");
    std::fs::write(&file, "sku,name,tax_class,location,on_hand\nPOT,Tea pot,standard,S1,7\n").unwrap();
    let words = ["import", &file, "--server", &server.url(), "--key", &admin, "--stock", "--json"];
    let out = run(&words);
    assert!(text(&out.stderr).contains("4010"), "{}", text(&out.stderr));
    let out = onhand(&[&words[..], &["--user", "max"]].concat()).env("ONHAND_PIN", MAX).output().unwrap();
    assert!(out.status.success(), "{}{}", text(&out.stdout), text(&out.stderr));
    assert!(server.terminate().success());
    let of_max: Vec<_> = audit(&data, &["--user", "max"]).iter().map(|one| one["event"].clone()).collect();
    assert_eq!(of_max, ["key_created", "items_defined", "counted"]);
    assert!(data.key("till").starts_with("ohk_"));
    let made = audit(&data, &[]).pop().unwrap();
    assert_eq!((&made["event"], &made["by"]), (&json!("key_created"), &Value::Null));
}
