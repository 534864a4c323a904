//! Gift cards over sockets: spent once however many till at once, also when the server is killed.

use crate::harness::{Data, Server};
use crate::killing::{answer, killed};
use crate::wire::{Socket, block_on, get, id, ok, post, refused, sell, stocked_shop};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const SALES: usize = 100;
const ROUNDS: usize = 10;
/// A card of 50.00 pays 10.00 five times.
const CARD: i64 = 5_000;
const PART: i64 = 1_000;
const FITS: usize = 5;

struct Card {
    account: String,
    code: String,
}

pub(crate) async fn shops(socket: &mut Socket) {
    stocked_shop(socket, "S1", &[("TEA", 100_000)]).await;
    stocked_shop(socket, "S2", &[("TEA", 100_000)]).await;
}

async fn issue(socket: &mut Socket) -> Card {
    let asked = json!({"op": "issue_account", "id": id(), "type": "gift_card", "currency": "EUR", "amount": CARD});
    let issued = socket.call(&asked).await;
    ok(&issued, "account_issued");
    let text = |field: &str| issued[field].as_str().unwrap().to_owned();
    Card { account: text("account"), code: text("code") }
}

/// A sale of 10.00 that the card pays, at one of the shops.
fn paid_by(card: &Card, shop: usize) -> Value {
    let mut sale = sell(if shop.is_multiple_of(2) { "S1" } else { "S2" }, "TEA", 1);
    sale["lines"][0]["amount"] = json!(PART);
    sale["tenders"] = json!([{"type": "gift_card", "amount": PART, "code": card.code}]);
    sale
}

async fn statement(socket: &mut Socket, card: &Card) -> Value {
    let read = socket.call(&json!({"op": "account", "id": id(), "account": card.account})).await;
    ok(&read, "account");
    read
}

fn stands(text: &str) -> bool {
    let reply: Value = serde_json::from_str(text).unwrap();
    if reply["ok"] == "recorded" {
        return true;
    }
    refused(&reply, 3033);
    false
}

/// Every sale that took from an account first, as the feed of events tells.
pub(crate) async fn sales_of(server: &Server, key: &str, account: &str) -> usize {
    let (mut found, mut after) = (0, "0".to_owned());
    loop {
        let page = get(&server.address, key, &format!("/v1/events?after={after}&limit=1000")).await.json();
        let events = page["events"].as_array().unwrap();
        let is_paid = |event: &&Value| event["event"] == "recorded" && event["accounts"][0]["account"] == account;
        found += events.iter().filter(is_paid).count();
        if events.is_empty() {
            return found;
        }
        after = page["next"].as_str().unwrap().to_owned();
    }
}

#[test]
fn t33_a_card_of_50_pays_five_of_a_hundred_sales_at_once() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        shops(&mut setup).await;
        let mut tills = join_all((0..SALES).map(|_| Socket::open(&server.address, &till))).await;
        let card = issue(&mut setup).await;
        let sale = |(n, socket)| {
            let sale = paid_by(&card, n);
            async move { serde_json::from_str::<Value>(&answer(socket, &sale).await).unwrap() }
        };
        let replies = join_all(tills.iter_mut().enumerate().map(sale)).await;
        let recorded = replies.iter().filter(|reply| reply["ok"] == "recorded").count();
        assert_eq!(recorded, FITS);
        // All others know that the card is empty.
        replies.iter().filter(|reply| reply["ok"] != "recorded").for_each(|reply| refused(reply, 3033));
        let read = statement(&mut setup, &card).await;
        assert_eq!((&read["balance"], &read["redeemed"], &read["held"]), (&json!(0), &json!(CARD), &json!(0)));
        assert_eq!(sales_of(&server, &admin, &card.account).await, FITS);
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        let other = get(&server.address, &admin, "/v1/stock/S2/TEA").await.json();
        let units = |level: &Value| level["on_hand"].as_str().unwrap().parse::<usize>().unwrap();
        assert_eq!(units(&level) + units(&other), 200_000 - FITS);
    });
    assert!(server.terminate().success());
    data.verify();
}

#[test]
fn t33_a_card_pays_five_sales_also_when_the_server_is_killed_in_the_middle() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let mut server = data.serve();
    block_on(async { shops(&mut Socket::open(&server.address, &admin).await).await });
    let mut found_standing = 0;
    for round in 0..ROUNDS {
        let after = Duration::from_micros(500 * round as u64);
        let killed = killed(&data, server, &till, after, async |server: &Server| {
            let card = issue(&mut Socket::open(&server.address, &admin).await).await;
            let sales = (0..SALES).map(|n| paid_by(&card, n)).collect();
            (card, sales)
        });
        block_on(async {
            let (card, server) = (&killed.ready, &killed.server);
            let known = killed.ask_again(&till, round, stands).await;
            // Whoever else wants to: the rest of the card, and no more.
            let mut socket = Socket::open(&server.address, &till).await;
            while stands(&answer(&mut socket, &paid_by(card, 0)).await) {}
            let standing = sales_of(server, &admin, &card.account).await;
            found_standing += standing;
            assert!(known <= FITS, "round {round}: {known} sales were told that they stand");
            assert_eq!(standing, FITS, "round {round}");
            let read = statement(&mut socket, card).await;
            assert_eq!((&read["balance"], &read["redeemed"], &read["short"]), (&json!(0), &json!(CARD), &json!(0)));
        });
        server = killed.server;
    }
    eprintln!("{ROUNDS} kills: {found_standing} sales stand");
    assert!(server.terminate().success());
    data.verify();
}

#[test]
fn t33_disabled_and_expired_cards_pay_nothing() {
    let data = Data::new();
    let (admin, till, web) = (data.key("admin"), data.key("till"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        shops(&mut setup).await;
        let disabled = issue(&mut setup).await;
        let disable = json!({"op": "disable_account", "id": id(), "account": disabled.account, "reason": "lost"});
        ok(&setup.call(&disable).await, "account_booked");
        let issue = json!({"op": "issue_account", "id": id(), "type": "gift_card", "currency": "EUR", "amount": CARD,
            "expires": "2020-01-01T00:00:00Z"});
        let issued = setup.call(&issue).await;
        let text = |field: &str| issued[field].as_str().unwrap().to_owned();
        let expired = Card { account: text("account"), code: text("code") };
        let mut tills = join_all((0..20).map(|_| Socket::open(&server.address, &till))).await;
        for (card, number) in [(&disabled, 3031), (&expired, 3032)] {
            let sale = |(n, socket)| async move { Socket::call(socket, &paid_by(card, n)).await };
            let replies = join_all(tills.iter_mut().enumerate().map(sale)).await;
            replies.iter().for_each(|reply| refused(reply, number));
            assert_eq!(sales_of(&server, &admin, &card.account).await, 0);
            let read = statement(&mut setup, card).await;
            assert_eq!((&read["balance"], &read["held"]), (&json!(CARD), &json!(0)));
        }
        // A website may pay with a card and read it, not make one.
        let mut website = Socket::open(&server.address, &web).await;
        let more = json!({"op": "issue_account", "id": id(), "type": "loyalty", "points": 1_000_000});
        refused(&website.call(&more).await, 4004);
        ok(&website.call(&json!({"op": "account", "id": id(), "code": expired.code})).await, "account");
    });
}

/// A repeat of what made a card is known, also after a restart, and makes no second one; it has no code.
#[test]
fn a_card_is_made_once_and_its_code_is_told_once() {
    let data = Data::new();
    let admin = data.key("admin");
    let server = data.serve();
    let key = id();
    let body = json!({"type": "gift_card", "currency": "EUR", "amount": CARD});
    let first = block_on(post(&server.address, &admin, "issue_account", &key, &body)).json();
    ok(&first, "account_issued");
    let code = first["code"].as_str().unwrap().to_owned();
    server.kill();
    let server = data.serve();
    block_on(async {
        let mut socket = Socket::open(&server.address, &admin).await;
        let mut again = body.clone();
        again["op"] = json!("issue_account");
        again["id"] = json!(key);
        for _ in 0..3 {
            let reply = socket.call(&again).await;
            let mut wanted = first.clone();
            wanted.as_object_mut().unwrap().remove("code");
            assert_eq!(reply, wanted);
        }
        let other = json!({"op": "issue_account", "id": key, "type": "gift_card", "currency": "EUR", "amount": 1});
        refused(&socket.call(&other).await, 1008);
        let by_code = socket.call(&json!({"op": "account", "id": id(), "code": code.to_lowercase()})).await;
        assert_eq!((&by_code["account"], &by_code["balance"]), (&first["account"], &json!(CARD)));
        let locations = get(&server.address, &admin, "/v1/locations").await.json();
        assert_eq!(locations["locations"], json!([]), "the places of accounts are in no list");
        let totals = get(&server.address, &admin, "/v1/totals").await.json();
        assert_eq!(totals["totals"], json!([]));
    });
    assert!(server.terminate().success());
    // Whoever has the disk has no card.
    let dashed = code.clone();
    let plain = code.replace('-', "");
    let mut folders = vec![data.path()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for code in [&dashed, &plain] {
                let found = bytes.windows(code.len()).any(|part| part == code.as_bytes());
                assert!(!found, "the code of a card is in {}", path.display());
            }
        }
    }
}

/// Guessing codes is slowed down; who knows a code is not.
#[test]
fn codes_cannot_be_tried_out() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        shops(&mut setup).await;
        let card = issue(&mut setup).await;
        let mut guesser = Socket::open(&server.address, &till).await;
        let mut numbers = Vec::new();
        for n in 0..40 {
            let code = format!("0000-0000-0000-0000-{:04}", n);
            let reply = guesser.call(&json!({"op": "account", "id": id(), "code": code})).await;
            numbers.push(reply["error"]["number"].as_u64().unwrap());
        }
        assert_eq!(numbers[..20], [3030; 20]);
        assert!(numbers[20..].iter().filter(|number| **number == 5012).count() >= 10, "{numbers:?}");
        // Another connection of the same key, and HTTP, are no way round it.
        let body = json!({"code": "0000-0000-0000-0000-9999"});
        let mut limited = false;
        for _ in 0..5 {
            limited |= post(&server.address, &till, "account", &id(), &body).await.number() == 5012;
        }
        assert!(limited);
        for n in 0..30 {
            let reply = setup.call(&paid_by(&card, n)).await;
            assert!(reply["ok"] == "recorded" || reply["error"]["number"] == 3033, "{reply:#}");
        }
    });
}

/// Whose an account is outlives the server, said when it was opened or later.
#[test]
fn whose_an_account_is_is_known_after_a_kill() {
    let data = Data::new();
    let admin = data.key("admin");
    let mut server = data.serve();
    let opened = |owner| json!({"op": "issue_account", "id": id(), "type": "loyalty", "points": 5, "customer": owner});
    let mut account = Value::Null;
    for (owner, before) in [("ann", "nobody"), ("bob", "ann"), ("cleo", "bob")] {
        block_on(async {
            let mut socket = Socket::open(&server.address, &admin).await;
            if account.is_null() {
                let issued = socket.call(&opened(owner)).await;
                ok(&issued, "account_issued");
                account = issued["account"].clone();
            } else {
                let assign = json!({"op": "assign_account", "id": id(), "account": account, "customer": owner});
                ok(&socket.call(&assign).await, "account_booked");
            }
        });
        server.kill();
        server = data.serve();
        block_on(async {
            let mut socket = Socket::open(&server.address, &admin).await;
            let read = socket.call(&json!({"op": "account", "id": id(), "customer": owner})).await;
            ok(&read, "account");
            assert_eq!((&read["account"], &read["customer"]), (&account, &json!(owner)));
            refused(&socket.call(&json!({"op": "account", "id": id(), "customer": before})).await, 3061);
        });
    }
    // Nobody's, and that again and again is one change, on the feed with whose it was.
    let nobodys = json!({"op": "assign_account", "id": id(), "account": account});
    let told = block_on(async {
        let told = Socket::open(&server.address, &admin).await.call_text(&nobodys).await;
        ok(&serde_json::from_str(&told).unwrap(), "account_booked");
        told
    });
    server.kill();
    server = data.serve();
    block_on(async {
        let mut socket = Socket::open(&server.address, &admin).await;
        assert_eq!(socket.call_text(&nobodys).await, told);
        let mut somebodys = nobodys.clone();
        somebodys["customer"] = json!("cleo");
        refused(&socket.call(&somebodys).await, 1008);
        let read = socket.call(&json!({"op": "account", "id": id(), "account": account})).await;
        assert_eq!((&read["customer"], &read["balance"]), (&Value::Null, &json!(5)));
        refused(&socket.call(&json!({"op": "account", "id": id(), "customer": "cleo"})).await, 3061);
        let feed = get(&server.address, &admin, "/v1/events?limit=1000").await.json();
        let last = feed["events"].as_array().unwrap().iter().rfind(|one| one["event"] == "account_assigned").unwrap();
        let line = &last["accounts"][0];
        assert_eq!((&line["customer"], &line["customer_before"]), (&Value::Null, &json!("cleo")), "{last:#}");
    });
    assert!(server.terminate().success());
    data.verify();
}
