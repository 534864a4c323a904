//! What tests of card payments share whose provider is simulated: a shop, a driver, and the provider's books.

use crate::harness::{PATIENCE, Server, onhand};
use crate::paying::{self, Driver, for_drivers};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::ops::Deref;
use std::process::Stdio;
use std::time::Duration;

/// A shop, and the books of the simulated provider.
pub struct Shop(paying::Shop);

impl Deref for Shop {
    type Target = paying::Shop;

    fn deref(&self) -> &paying::Shop {
        &self.0
    }
}

impl Shop {
    pub fn new() -> Self {
        Self(paying::Shop::new())
    }

    pub fn drive(&self, server: &Server, more: &[&str]) -> Driver {
        let (url, bank) = (for_drivers(server), self.data.beside("bank.jsonl"));
        let mut words = vec!["simulator", "--server", &url, "--key", &self.driver, "--bank", &bank];
        words.extend(more);
        Driver(onhand(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// What the provider has in its books about a payment, in order.
    pub fn entries(&self, payment: &str) -> Vec<String> {
        let word = |entry: &Value| entry["entry"].as_str().unwrap().to_owned();
        self.books(payment).iter().map(word).collect()
    }

    /// What the provider has given back of a payment.
    pub fn given_back(&self, payment: &str) -> i64 {
        let books = self.books(payment);
        let refunds = books.iter().filter(|entry| entry["entry"] == "refunded");
        refunds.map(|entry| entry["amount"].as_i64().unwrap()).sum()
    }

    fn books(&self, payment: &str) -> Vec<Value> {
        let books = std::fs::read_to_string(self.data.beside("bank.jsonl")).unwrap_or_default();
        let entry = |line: &str| serde_json::from_str::<Value>(line).ok();
        books.lines().filter_map(entry).filter(|entry| entry["payment"] == payment).collect()
    }

    /// The provider has given back, and whoever drove it died before anybody was told.
    pub fn give_back_untold(&self, payment: &str, refund: &Value, amount: i64) {
        let entry = json!({"entry": "refunded", "payment": payment, "refund": refund, "amount": amount});
        let mut books = OpenOptions::new().append(true).open(self.data.beside("bank.jsonl")).unwrap();
        writeln!(books, "{entry}").unwrap();
    }

    /// Waits until the provider has an entry.
    pub async fn wait_for(&self, payment: &str, wanted: &str) {
        let found = async {
            while !self.entries(payment).iter().any(|entry| entry == wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the provider heard nothing in time");
    }
}
