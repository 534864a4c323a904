//! `onhand stripe`: the driver that takes card payments to Stripe.

use crate::cli::Stripe;
use crate::fail::Failure;
use crate::remote;
use crate::running::{Signals, say};
use onhand_connectors::payments::{self, StripeError};
use onhand_protocol::value::Text;
use std::sync::Arc;
use std::time::Duration;

pub(crate) async fn run(options: Stripe) -> Result<(), Failure> {
    let file = options.secret_file.display();
    let secret = std::fs::read_to_string(&options.secret_file)
        .map_err(|error| Failure::could_not(format!("{file} cannot be read: {error}")))?;
    let stripe = payments::Stripe::new(&options.api, &secret).map_err(|why| match why {
        StripeError::NoSecret => Failure::could_not(format!("{file}: {why}")),
        other => Failure::could_not(other.to_string()),
    })?;
    let driver = payments::Options {
        locations: options.location.into_iter().map(Text).collect(),
        answer_within: Duration::from_millis(options.answer_ms),
        ..payments::Options::new(&options.server.server, &options.server.key, Text(options.provider))
    };
    let signals = Signals::watch()?;
    let checked = tokio::time::timeout(driver.answer_within, stripe.check()).await;
    checked.unwrap_or(Ok(())).map_err(|why| Failure::Refused(why.to_string()))?;
    say(&format!("taking payments for {}", driver.provider))?;
    payments::run(driver, Arc::new(stripe), signals.wait()).await.map_err(remote::failure)
}
