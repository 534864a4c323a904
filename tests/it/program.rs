//! The command line: keys before the first start, numbered errors, exit codes, a clean stop.

use super::harness::{Data, Server, onhand, run, run_ok, text};
use super::http;
use onhand_protocol::value::Id;
use serde_json::json;
use std::net::TcpListener;

fn chain(server: &Server, admin: &str) {
    let shop = json!({
        "code": "S1", "name": "Harbour Street", "kind": "shop", "currency": "EUR",
        "tax": {"basis": "inclusive", "rounding": "line", "rates": [{"class": "standard", "rate_ppm": 190_000}]}
    });
    let reply = http::post(&server.address, "/v1/define_location", admin, &uuid(), &shop);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let items = json!({"items": [{"sku": "TEA", "name": "Tea", "tax_class": "standard", "price": 450}]});
    let reply = http::post(&server.address, "/v1/define_items", admin, &uuid(), &items);
    assert_eq!(reply.status, 200, "{}", reply.body);
}

fn uuid() -> String {
    Id::mint().to_string()
}

#[test]
fn help_shows_examples_and_exit_codes() {
    let help = run_ok(&["--help"]);
    for word in ["onhand demo", "Exit codes", "ONHAND_KEY", "verify", "restore"] {
        assert!(help.contains(word), "{word} is not in:\n{help}");
    }
    for task in ["demo", "serve", "import", "replay", "verify", "backup", "restore"] {
        assert!(run_ok(&[task, "--help"]).contains("Usage"));
    }
}

#[test]
fn what_is_not_understood_ends_with_2() {
    for words in
        [&["serve", "--colour"][..], &["sell"], &[], &["serve", "--data", "x"], &["key", "create", "--role", "owner"]]
    {
        let out = run(words);
        assert_eq!(out.status.code(), Some(2), "{words:?}");
        assert!(text(&out.stderr).contains("Usage") || text(&out.stderr).contains("--help"), "{}", text(&out.stderr));
    }
}

#[test]
fn a_key_made_before_the_first_start_is_accepted() {
    let data = Data::new();
    let admin = data.key("admin");
    let till = data.key("till");
    assert_eq!(admin.len(), "ohk__".len() + 16 + 64, "{admin}");
    assert_eq!(admin.lines().count(), 1);
    let server = data.serve();
    chain(&server, &admin);
    assert_eq!(http::get(&server.address, "/v1/stock/S1/TEA", &till).status, 200);
    let items = json!({"items": [{"sku": "TEA", "name": "Tea", "tax_class": "standard"}]});
    let refused = http::post(&server.address, "/v1/define_items", &till, &uuid(), &items);
    assert_eq!((refused.status, refused.number()), (403, 4004));
    let other_end = if admin.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{other_end}", &admin[..admin.len() - 1]);
    let unknown = http::get(&server.address, "/v1/stock/S1/TEA", &wrong);
    assert_eq!((unknown.status, unknown.number()), (401, 4002));
}

#[test]
fn keys_are_managed_without_and_with_a_server() {
    let data = Data::new();
    let admin = data.key("admin");
    let dir = data.arg();
    let till = run_ok(&["key", "create", "--role", "till", "--name", "till 3", "--data", &dir]);
    let listed: serde_json::Value = serde_json::from_str(&run_ok(&["key", "list", "--json", "--data", &dir])).unwrap();
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(&till[21..]), "a secret was listed");

    let server = data.serve();
    let url = server.url();
    let there = |words: &[&str]| run_ok(&[words, &["--server", &url, "--key", &admin]].concat());
    let web = there(&["key", "create", "--role", "web", "--name", "shop.example"]);
    assert_eq!(http::get(&server.address, "/v1/items", &web).status, 200);
    let till_id = &till[4..20];
    let till_after = there(&["key", "rotate", till_id]);
    assert_eq!(http::get(&server.address, "/v1/items", &till).status, 200, "both live while it is rotated");
    there(&["key", "revoke", till_id]);
    let revoked = http::get(&server.address, "/v1/items", &till);
    assert_eq!((revoked.status, revoked.number()), (401, 4003));
    assert_eq!(http::get(&server.address, "/v1/items", &till_after).status, 200);
    let table = there(&["key", "list"]);
    for word in ["shop.example", "till 3", "revoked", till_id] {
        assert!(table.contains(word), "{word} is not in:\n{table}");
    }
    let out = onhand(&["key", "list", "--server", &url]).env("ONHAND_KEY", &admin).output().unwrap();
    assert!(out.status.success(), "ONHAND_KEY stands for --key");
    let out = onhand(&["key", "list", "--server", &url]).env("ONHAND_KEY", &web).output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("4004"), "{}", text(&out.stderr));

    assert!(server.terminate().success());
    assert_eq!(run_ok(&["key", "list", "--data", &dir]), table, "it is the same list");
}

#[test]
fn a_second_process_on_one_data_directory_is_told_5008() {
    let data = Data::new();
    let admin = data.key("admin");
    let server = data.serve();
    let dir = data.arg();
    for words in [
        &["serve", "--data", &dir, "--listen", "127.0.0.1:0"][..],
        &["key", "list", "--data", &dir],
        &["verify", "--data", &dir],
        &["backup", "--data", &dir, "--to", &data.beside("copy")],
    ] {
        let out = run(words);
        assert_eq!(out.status.code(), Some(3), "{words:?}: {}", text(&out.stderr));
        assert!(text(&out.stderr).contains("5008"), "{words:?}: {}", text(&out.stderr));
        assert!(out.stdout.is_empty());
    }
    assert_eq!(http::get(&server.address, "/v1/items", &admin).status, 200, "the first was not disturbed");
}

#[test]
fn a_port_in_use_is_told_5009() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = Data::new();
    let out = run(&["serve", "--data", &data.arg(), "--listen", &address]);
    assert_eq!(out.status.code(), Some(3));
    assert!(text(&out.stderr).contains("5009") && text(&out.stderr).contains(&address), "{}", text(&out.stderr));
    data.verify();
}

#[test]
fn a_damaged_data_directory_is_told_5010_every_time() {
    let data = Data::new();
    data.key("admin");
    flip_bytes(&data.path());
    let dir = data.arg();
    for words in [&["serve", "--data", &dir, "--listen", "127.0.0.1:0"][..], &["key", "list", "--data", &dir]] {
        let out = run(words);
        assert_eq!(out.status.code(), Some(3), "{words:?}: {}", text(&out.stdout));
        assert!(text(&out.stderr).contains("5010"), "{words:?}: {}", text(&out.stderr));
    }
    let out = run(&["verify", "--json", "--data", &dir]);
    assert_eq!(out.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(report["ok"], false);
    assert!(!report["findings"].as_array().unwrap().is_empty());
}

/// Flips one bit in the middle of what the journal holds.
pub fn flip_bytes(data: &std::path::Path) {
    let journal = std::fs::read_dir(data.join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "jnl"))
        .expect("a journal");
    let mut bytes = std::fs::read(&journal).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[used / 2] ^= 1;
    std::fs::write(journal, bytes).unwrap();
}

#[test]
fn it_stops_cleanly_on_sigterm_and_goes_on_where_it_was() {
    let data = Data::new();
    let admin = data.key("admin");
    for (signal, sales) in [("TERM", 1), ("INT", 2)] {
        let mut server = data.serve();
        if sales == 1 {
            chain(&server, &admin);
        }
        let goods = json!({"location": "S1", "lines": [{"sku": "TEA", "qty": "5"}]});
        assert_eq!(http::post(&server.address, "/v1/receive", &admin, &uuid(), &goods).status, 200);
        server.signal(signal);
        let status = server.wait();
        assert!(status.success(), "{signal}: {status}");
        data.verify();
    }
    let server = data.serve();
    let level = http::get(&server.address, "/v1/stock/S1/TEA", &admin).json();
    assert_eq!(level["on_hand"], "10", "{level}");
}

#[test]
fn a_killed_server_keeps_what_it_acknowledged() {
    let data = Data::new();
    let admin = data.key("admin");
    let server = data.serve();
    chain(&server, &admin);
    let goods = json!({"location": "S1", "lines": [{"sku": "TEA", "qty": 3}]});
    let id = uuid();
    let first = http::post(&server.address, "/v1/receive", &admin, &id, &goods);
    server.kill();
    let hash = data.verify()["state_hash"].clone();
    let server = data.serve();
    let again = http::post(&server.address, "/v1/receive", &admin, &id, &goods);
    assert_eq!(first.body, again.body, "a repeat gets the first answer, byte for byte");
    let level = http::get(&server.address, "/v1/stock/S1/TEA", &admin).json();
    assert_eq!(level["on_hand"], "3", "{level}");
    assert!(server.terminate().success());
    assert_eq!(data.verify()["state_hash"], hash);
}

#[test]
fn a_backup_restores_to_the_same_state() {
    let data = Data::new();
    let admin = data.key("admin");
    let server = data.serve();
    chain(&server, &admin);
    assert!(server.terminate().success());
    let hash = data.verify()["state_hash"].clone();
    let copy = data.beside("copy");
    run_ok(&["backup", "--data", &data.arg(), "--to", &copy]);
    let restored = data.beside("restored");
    run_ok(&["restore", "--from", &copy, "--data", &restored]);
    let report: serde_json::Value = serde_json::from_str(&run_ok(&["verify", "--json", "--data", &restored])).unwrap();
    assert_eq!(report["state_hash"], hash);
    let out = run(&["restore", "--from", &copy, "--data", &data.arg()]);
    assert_eq!(out.status.code(), Some(3), "a data directory that has something in it is not overwritten");
}

#[test]
fn the_demo_starts_within_its_time_and_stops() {
    let server = Server::start(&mut onhand(&["demo", "--listen", "127.0.0.1:0"])).unwrap();
    let mut printed = std::iter::from_fn(|| server.next_line());
    assert!(printed.any(|line| line.contains(&format!("{}/shop", server.url()))), "it prints where its pages are");
    let page = crate::wire::block_on(crate::wire::http(&server.address, "GET", "/shop", &[], None));
    assert_eq!(page.status, 200);
    assert!(page.body.contains("live-stock"));
    assert!(server.terminate().success());
}

/// Some of the demo's customers pay by card: the simulated provider approves, the sale takes it, and the day's tenders
/// say so.
#[test]
fn the_demo_s_tills_take_cards() {
    let server = Server::start(&mut onhand(&["demo", "--listen", "127.0.0.1:0"])).unwrap();
    let key = std::iter::from_fn(|| server.next_line()).find(|line| line.trim().starts_with("ohk_")).unwrap();
    let key = key.trim();
    let captured = crate::wire::block_on(async {
        let mut socket = crate::wire::Socket::open(&server.address, key).await;
        let watch = serde_json::json!({"op": "watch_payments", "id": crate::wire::id(), "locations": []});
        crate::wire::ok(&socket.call(&watch).await, "watching_payments");
        socket.any_payment(|one| one["state"] == "captured").await
    });
    assert_eq!((&captured["provider"], &captured["card"]["last4"]), (&"simulator".into(), &"4242".into()));
    let day = &captured["asked"].as_str().unwrap()[..10];
    let path = format!("/v1/reports/tenders?from={day}&until={day}&group_by=tender&utc_offset_min=0");
    let report = http::get(&server.address, &path, key).json();
    let tenders = report["tenders"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    let card = tenders.iter().find(|one| one["tender"] == "card").unwrap();
    assert!(card["net"].as_u64().unwrap() >= captured["amount"].as_u64().unwrap(), "{report:#}");
    assert!(server.terminate().success());
}

#[test]
fn a_demo_goes_on_from_its_data() {
    let data = Data::new();
    let dir = data.arg();
    let start = || Server::start(&mut onhand(&["demo", "--listen", "127.0.0.1:0", "--data", &dir])).unwrap();
    let first = start();
    let key = std::iter::from_fn(|| first.next_line()).find(|line| line.trim().starts_with("ohk_")).unwrap();
    let key = key.trim();
    assert_eq!(http::get(&first.address, "/v1/locations", key).json()["locations"].as_array().unwrap().len(), 5);
    assert!(first.terminate().success());
    let records = data.verify()["records"].as_u64().unwrap();
    let second = start();
    assert_eq!(http::get(&second.address, "/v1/locations", key).number(), 4003, "a demo's key ends with the next demo");
    assert!(second.terminate().success());
    let more = data.verify()["records"].as_u64().unwrap() - records;
    assert!(more < 1_000, "the sample chain was loaded again: {more} records");
}

#[test]
fn a_data_directory_that_is_not_there_is_not_made_by_mistake() {
    let data = Data::new();
    let dir = data.arg();
    for words in [
        &["verify", "--data", &dir][..],
        &["backup", "--data", &dir, "--to", &data.beside("copy")],
        &["key", "list", "--data", &dir],
    ] {
        let out = run(words);
        assert_eq!(out.status.code(), Some(3), "{words:?}");
        assert!(text(&out.stderr).contains(&dir), "{}", text(&out.stderr));
        assert!(!data.path().exists(), "{words:?}");
    }
}
