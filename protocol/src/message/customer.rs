//! What is known of a customer.

use super::account::AccountStatement;
use super::read::EventMessage;
use crate::value::Position;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /v1/customers/{owner}/sales`: what somebody bought, newest first, wherever it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerSales {
    /// Sales that named them as their `owner`, as in the feed of events.
    pub sales: Vec<EventMessage>,
    /// The accounts that are theirs, and those by whose id these sales were paid, as they stand now. A gift card is among
    /// them where it was said whose it is.
    pub accounts: Vec<AccountStatement>,
    /// Give this as `after` for older ones; none: the whole log was looked at. A page may have few sales, or none, and
    /// be followed by others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Position>,
}
