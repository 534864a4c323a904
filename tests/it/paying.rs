//! What tests of card payments share: a shop with tea, a till that is told of its payments, a driver in a process of
//! its own, and what they ask.

use crate::harness::{Data, Server};
use crate::wire::{Socket, block_on, id, ok, stocked_shop};
use serde_json::{Value, json};
use std::process::Child;

/// A driver in a process of its own. Killed as by `kill -9` when it goes out of scope.
pub struct Driver(pub Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Shop {
    pub data: Data,
    /// The keys of a till and of a driver.
    pub till: String,
    pub driver: String,
}

impl Shop {
    pub fn new() -> Self {
        let data = Data::new();
        let (till, driver, admin) = (data.key("till"), data.key("driver"), data.key("admin"));
        let server = data.serve();
        block_on(async {
            stocked_shop(&mut Socket::open(&server.address, &admin).await, "S1", &[("TEA", 1_000)]).await;
        });
        assert!(server.terminate().success());
        Self { data, till, driver }
    }

    pub fn serve(&self) -> Server {
        self.data.serve_with(&["--payments", "127.0.0.1:0"])
    }

    /// A till that is told how its payments stand.
    pub async fn till(&self, server: &Server) -> Socket {
        let mut till = Socket::open(&server.address, &self.till).await;
        let watch = json!({"op": "watch_payments", "id": id(), "locations": ["S1"], "till": 1});
        ok(&till.call(&watch).await, "watching_payments");
        till
    }
}

/// Where a server takes drivers.
pub fn for_drivers(server: &Server) -> String {
    format!("http://{}", server.payments.as_ref().unwrap())
}

/// Asks for a card payment of a sale.
pub fn start(provider: &str, payment: &str, sale: &str, amount: i64, timeout_s: u64) -> Value {
    json!({
        "op": "start_payment", "id": payment, "location": "S1", "till": 1, "sale": sale, "provider": provider,
        "currency": "EUR", "amount": amount, "timeout_s": timeout_s,
    })
}

/// Sells a tea, paid by a card payment.
pub fn sale(sale: &str, amount: i64, payment: &str) -> Value {
    json!({
        "op": "sell", "id": sale, "location": "S1", "till": 1, "currency": "EUR",
        "lines": [{"sku": "TEA", "qty": "1", "amount": amount}],
        "tenders": [{"type": "card", "amount": amount, "payment": payment}],
    })
}

/// Whether a payment stands so.
pub fn is(state: &str) -> impl FnMut(&Value) -> bool {
    move |payment| payment["state"] == *state
}
