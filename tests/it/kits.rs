//! Kits share components: what their lines demand is summed before it is checked, all or nothing.

use crate::harness::{Data, onhand, text};
use crate::wire::{Socket, block_on, body_of, get, id, ok, post, refused, sell, stocked_shop};
use futures_util::future::join_all;
use serde_json::{Value, json};

const CLIENTS: usize = 50;
/// Gift boxes that the tea is enough for.
const BOXES: usize = 40;

/// A gift box of two teas and a mug, and a breakfast of a tea and a loaf.
async fn kits(setup: &mut Socket, tea: usize) {
    let tea = u32::try_from(tea).unwrap();
    stocked_shop(setup, "S1", &[("TEA", tea), ("MUG", 1_000), ("LOAF", 1_000)]).await;
    let kit = |sku: &str, parts: Value| json!({"sku": sku, "name": sku, "tax_class": "standard", "price": 450, "terms": {"parts": parts}});
    let items = [
        kit("GIFT", json!([{"sku": "TEA", "qty": "2"}, {"sku": "MUG", "qty": "1"}])),
        kit("BREAKFAST", json!([{"sku": "TEA", "qty": "1"}, {"sku": "LOAF", "qty": "1"}])),
    ];
    ok(&setup.call(&json!({"op": "define_items", "id": id(), "items": items})).await, "items_defined");
}

fn number_of(answer: &Value) -> u64 {
    answer["error"]["number"].as_u64().or(answer["number"].as_u64()).unwrap_or(0)
}

async fn level(address: &str, key: &str, sku: &str) -> Value {
    get(address, key, &format!("/v1/stock/S1/{sku}")).await.json()
}

/// T6: 50 clients at once, over WebSockets and HTTP, each asks for two gift boxes more than there can be all
/// in all: exactly as many are sold as the tea is enough for, also by the books after a kill.
#[test]
fn t6_fifty_clients_race_for_kits_that_share_a_component() {
    let data = Data::new();
    let (admin, till, web) = (data.key("admin"), data.key("till"), data.key("web"));
    let server = data.serve();
    let before = block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        kits(&mut setup, 2 * BOXES).await;
        let keys = [&till, &web];
        let mut sockets = join_all((0..CLIENTS).map(|n| Socket::open(&server.address, keys[n % 2]))).await;
        let over_sockets = join_all(sockets.iter_mut().map(|socket| async move {
            socket.send(&sell("S1", "GIFT", 1)).await;
            socket.next().await
        }));
        let over_http = join_all((0..CLIENTS).map(|n| {
            let key = keys[n % 2];
            let address = &server.address;
            async move { post(address, key, "sell", &id(), &body_of(&sell("S1", "GIFT", 1))).await.json() }
        }));
        let (over_sockets, over_http) = tokio::join!(over_sockets, over_http);
        let answers: Vec<Value> = over_sockets.into_iter().chain(over_http).collect();
        let won = answers.iter().filter(|answer| answer["ok"] == "recorded").count();
        let short = answers.iter().filter(|answer| number_of(answer) == 2001).count();
        assert_eq!((won, short), (BOXES, 2 * CLIENTS - BOXES));
        for (sku, on_hand) in [("TEA", "0"), ("MUG", "960"), ("GIFT", "0"), ("BREAKFAST", "0")] {
            assert_eq!(level(&server.address, &admin, sku).await["on_hand"], on_hand, "{sku}");
        }
        level(&server.address, &admin, "GIFT").await
    });
    server.kill();
    data.verify();
    let server = data.serve();
    block_on(async {
        assert_eq!(level(&server.address, &admin, "GIFT").await["version"], before["version"], "recovered");
        refused(&Socket::open(&server.address, &till).await.call(&sell("S1", "BREAKFAST", 1)).await, 2001);
    });
}

/// T6: lines of one basket that fit alone and not together: refused as a whole, whatever their order and whoever
/// asks: a sale, a reservation, an order. What one holds of a kit the other kit cannot have.
#[test]
fn t6_lines_on_one_component_are_summed_for_sales_reservations_and_orders() {
    let data = Data::new();
    let (admin, web) = (data.key("admin"), data.key("web"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        kits(&mut setup, 5).await;
        let mut shop = Socket::open(&server.address, &web).await;
        let lines = |quantities: &[(&str, u32)]| {
            let line = |(sku, qty): &(&str, u32)| json!({"sku": sku, "qty": qty.to_string()});
            quantities.iter().map(line).collect::<Vec<Value>>()
        };
        let too_many = [("GIFT", 1), ("BREAKFAST", 2), ("GIFT", 1)];
        let fits = [("GIFT", 1), ("BREAKFAST", 1), ("GIFT", 1)];
        let sale = |quantities: &[(&str, u32)]| json!({"op": "sell", "id": id(), "location": "S1", "currency": "EUR", "lines": lines(quantities)});
        let reserve = |quantities: &[(&str, u32)]| json!({"op": "reserve", "id": id(), "location": "S1", "owner": "cart", "ttl_s": 60, "lines": lines(quantities)});
        let allocate = |quantities: &[(&str, u32)]| json!({"op": "allocate", "id": id(), "location": "S1", "order": "W-1", "lines": lines(quantities)});
        for request in [sale(&too_many), reserve(&too_many), allocate(&too_many)] {
            let answer = shop.call(&request).await;
            refused(&answer, 2001);
            assert_eq!((&answer["error"]["sku"], &answer["error"]["short_by"]), (&json!("TEA"), &json!("1")));
        }
        let reserved = shop.call(&reserve(&fits)).await;
        ok(&reserved, "reserved");
        refused(&shop.call(&sale(&[("BREAKFAST", 1)])).await, 2001);
        assert_eq!(level(&server.address, &admin, "BREAKFAST").await["available"], "0");
        ok(
            &shop.call(&json!({"op": "release", "id": id(), "location": "S1", "reservation": reserved["id"]})).await,
            "released",
        );
        ok(&shop.call(&allocate(&fits)).await, "allocated");
        ok(&shop.call(&allocate(&fits)).await, "allocated");
        let mut paid = sale(&fits);
        paid["order"] = json!("W-1");
        let recorded = shop.call(&paid).await;
        ok(&recorded, "recorded");
        assert_eq!(shop.call(&paid).await, recorded, "a repeat gets the first answer");
        // The definition changes: the same sale is still the same, and so is what was sold.
        let gift = json!({"sku": "GIFT", "name": "GIFT", "tax_class": "standard", "price": 450,
            "terms": {"parts": [{"sku": "LOAF", "qty": "1"}]}});
        ok(&setup.call(&json!({"op": "define_items", "id": id(), "items": [gift]})).await, "items_defined");
        assert_eq!(shop.call(&paid).await, recorded, "the kit is made of something else by now");
        let back = json!({"op": "return_sale", "id": id(), "location": "S1", "currency": "EUR", "sale": recorded["seq"],
            "lines": [{"line": 0, "part": "MUG", "qty": "1"}, {"line": 2, "qty": "1"}], "disposition": "resell"});
        ok(&setup.call(&back).await, "returned");
        for (sku, on_hand) in [("TEA", "2"), ("MUG", "1000"), ("LOAF", "999")] {
            assert_eq!(level(&server.address, &admin, sku).await["on_hand"], on_hand, "{sku}");
        }
    });
}

/// Who watches a kit sees its level go down with every sale of a part, and its version go up only.
#[test]
fn watchers_of_a_kit_see_what_its_parts_allow() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        kits(&mut setup, 20).await;
        let mut watcher = Socket::open(&server.address, &till).await;
        let watched =
            watcher.call(&json!({"op": "subscribe", "id": id(), "skus": ["GIFT"], "locations": ["S1"]})).await;
        let mut version = watched["levels"][0]["version"].as_u64().unwrap();
        assert_eq!(watched["levels"][0]["available"], "10");
        let mut seller = Socket::open(&server.address, &till).await;
        for left in (0..20).rev() {
            ok(&seller.call(&sell("S1", "TEA", 1)).await, "recorded");
            let expected = (left / 2).to_string();
            let level = watcher.level(|level| level["available"] == expected.as_str()).await;
            let newer = level["version"].as_u64().unwrap();
            assert!(newer > version, "{newer} after {version}");
            version = newer;
        }
        let page = get(&server.address, &admin, "/v1/stock?location=S1").await.json();
        let skus: Vec<&str> =
            page["levels"].as_array().unwrap().iter().filter_map(|level| level["sku"].as_str()).collect();
        assert_eq!(skus, ["TEA", "MUG", "LOAF", "GIFT", "BREAKFAST"]);
    });
}

fn import(server: &str, admin: &str, file: &str, rows: &str) -> Value {
    let head = "sku,name,tax_class,price,unit_cost,parts\n";
    std::fs::write(file, format!("{head}{rows}")).unwrap();
    let out = onhand(&["import", file, "--server", server, "--key", admin, "--json"]).output().unwrap();
    serde_json::from_str(&text(&out.stdout)).unwrap_or_else(|_| panic!("{}", text(&out.stderr)))
}

fn gift_sold() -> Value {
    json!({"op": "sell", "id": id(), "location": "S1", "till": 1, "currency": "EUR",
        "lines": [{"sku": "GIFT", "qty": "1"}], "tenders": [{"type": "cash", "amount": 1_800}]})
}

fn day(reply: &Value) -> String {
    reply["time"].as_str().unwrap()[..10].to_owned()
}

/// A product file makes kits, with their parts in any order, in the file or on the server, all or nothing; and a kit
/// that is sold has cost what its parts cost then.
#[test]
fn a_product_file_makes_kits_whose_margin_is_that_of_their_parts() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    let (url, file) = (server.url(), data.beside("items.csv"));
    block_on(async {
        stocked_shop(&mut Socket::open(&server.address, &admin).await, "S1", &[("TEA", 100)]).await;
    });
    let missing = "SET,Set,standard,18.00,,2 TEA | 1 CUP\nNEW,New,standard,1.00,,\nTWO,Two,standard,1.00,,1.5 TEA\n";
    let refused = import(&url, &admin, &file, missing);
    let found: Vec<_> =
        refused["findings"].as_array().unwrap().iter().map(|one| (&one["line"], &one["field"])).collect();
    assert_eq!(found, [(&json!(2), &json!("parts")), (&json!(4), &json!("parts"))], "{refused:#}");
    assert_eq!(refused["outcome"], "refused");
    block_on(async {
        assert_eq!(get(&server.address, &admin, "/v1/items/NEW").await.number(), 1003, "nothing was imported");
    });

    let rows =
        "GIFT,Gift box,standard,18.00,,2 TEA | 1 MUG\nTEA,Tea,standard,4.50,1.00,\nMUG,Mug,standard,9.00,3.00,\n";
    let imported = import(&url, &admin, &file, rows);
    assert_eq!(
        (&imported["outcome"], &imported["added"], &imported["changed"]),
        (&json!("imported"), &json!(2), &json!(1))
    );
    let nested = import(&url, &admin, &file, "BIG,Big box,standard,30.00,,1 GIFT\n");
    assert_eq!((&nested["outcome"], &nested["findings"][0]["line"]), (&json!("refused"), &json!(2)), "{nested:#}");
    let from = block_on(async {
        let gift = get(&server.address, &admin, "/v1/items/GIFT").await.json();
        let part = |sku: &str, qty: &str, worth: u32| json!({"sku": sku, "qty": qty, "worth": worth});
        assert_eq!(gift["terms"]["parts"], json!([part("TEA", "2", 900), part("MUG", "1", 900)]));
        let mut shop = Socket::open(&server.address, &admin).await;
        let mugs = json!([{"sku": "MUG", "qty": "10"}]);
        ok(&shop.call(&json!({"op": "receive", "id": id(), "location": "S1", "lines": mugs})).await, "received");
        let mut seller = Socket::open(&server.address, &till).await;
        let sold = seller.call(&gift_sold()).await;
        ok(&sold, "recorded");
        day(&sold)
    });
    let dearer = import(&url, &admin, &file, "MUG,Mug,standard,9.00,4.00,\n");
    assert_eq!(dearer["outcome"], "imported");
    block_on(async {
        let mut seller = Socket::open(&server.address, &till).await;
        let sold = seller.call(&gift_sold()).await;
        ok(&sold, "recorded");
        let mut cheaper = gift_sold();
        cheaper["lines"][0]["discount"] = json!({"amount": 600, "reason": "dented"});
        cheaper["tenders"][0]["amount"] = json!(1_200);
        let sold = seller.call(&cheaper).await;
        ok(&sold, "recorded");
        let path = format!("/v1/reports/sales?from={from}&until={}&group_by=item&utc_offset_min=0", day(&sold));
        let report = get(&server.address, &admin, &path).await.json();
        let row = &report["sales"][0];
        // 18.00 twice and 12.00, a fifth of tax on them, for 2 x 1.00 + 3.00 and then twice 2 x 1.00 + 4.00.
        assert_eq!((&row["net"], &row["costed_net"]), (&json!(4_000), &json!(4_000)), "{report:#}");
        assert_eq!((&row["cost"], &row["margin"]), (&json!(1_700), &json!(2_300)), "{report:#}");
    });
    assert!(server.terminate().success());
    data.verify();
}
