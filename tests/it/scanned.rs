//! A label is read, sold as it was read, and read the same after a crash.

use crate::harness;
use crate::wire::{Socket, block_on, define_location, get, id, ok};
use serde_json::{Value, json};

/// 1.250 kg of ham, in the layout of the shop.
const LABEL: &str = "2812345012505";

async fn scan(socket: &mut Socket) -> Value {
    let reply = socket.call(&json!({"op": "scan", "id": id(), "location": "S1", "code": LABEL})).await;
    ok(&reply, "scanned");
    json!({"sku": reply["sku"], "qty": reply["qty"]})
}

#[test]
fn a_label_is_sold_as_it_was_read_and_layouts_outlive_a_crash() {
    let data = harness::Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    let line = block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        define_location(&mut setup, "S1").await;
        let ham = json!({"sku": "HAM", "name": "Ham", "tax_class": "standard", "price": 1_999, "unit": "kg",
            "gtins": ["2812345000007"]});
        ok(&setup.call(&json!({"op": "define_items", "id": id(), "items": [ham]})).await, "items_defined");
        let receive = json!({"op": "receive", "id": id(), "location": "S1", "lines": [{"sku": "HAM", "qty": "10"}]});
        ok(&setup.call(&receive).await, "received");
        let set = json!({"op": "set_labels", "id": id(), "location": "S1", "layouts": ["28IIIIIWWWWWC"]});
        ok(&setup.call(&set).await, "labels_set");
        let mut socket = Socket::open(&server.address, &till).await;
        let line = scan(&mut socket).await;
        assert_eq!(line, json!({"sku": "HAM", "qty": "1.25"}));
        let sale = json!({"op": "sell", "id": id(), "location": "S1", "currency": "EUR", "lines": [line]});
        let sold = socket.call(&sale).await;
        ok(&sold, "recorded");
        assert_eq!(sold["total"], 2_499, "1.25 kg at 19.99");
        line
    });
    server.kill();
    let server = data.serve();
    block_on(async {
        let mut socket = Socket::open(&server.address, &till).await;
        assert_eq!(scan(&mut socket).await, line);
        let level = get(&server.address, &admin, "/v1/stock/S1/HAM").await.json();
        assert_eq!(level["on_hand"], "8.75");
    });
    assert!(server.terminate().success());
    data.verify();
}
