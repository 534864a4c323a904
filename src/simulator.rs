//! `onhand simulator`: a payment provider that is none, for demos, training and tests.

use crate::cli::Simulator;
use crate::fail::Failure;
use crate::remote;
use crate::running::{Signals, say};
use onhand_connectors::payments::{self, Bank};
use onhand_protocol::value::Text;
use std::sync::Arc;
use std::time::Duration;

pub(crate) async fn run(options: Simulator) -> Result<(), Failure> {
    let bank = match &options.bank {
        Some(path) => Bank::open(path).map_err(|error| Failure::could_not(error.to_string()))?,
        None => Bank::in_memory(),
    };
    let simulator =
        payments::Simulator { bank, delay: Duration::from_millis(options.delay_ms), immediate: options.immediate };
    let driver = payments::Options {
        locations: options.location.into_iter().map(Text).collect(),
        answer_within: Duration::from_millis(options.answer_ms),
        ..payments::Options::new(&options.server.server, &options.server.key, Text(options.provider))
    };
    let signals = Signals::watch()?;
    say(&format!("taking payments for {}", driver.provider))?;
    payments::run(driver, Arc::new(simulator), signals.wait()).await.map_err(remote::failure)
}
