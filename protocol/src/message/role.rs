//! What a key or token lets its holder do.

use super::word::Channel;
use onhand_engine::catalogue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Sells, refunds, counts and receives.
    Till,
    /// Reads stock, reserves and orders for shoppers.
    Web,
    /// Reads totals, events and metrics.
    Analyst,
    /// Reads health, metrics and queues.
    Operations,
    /// Speaks to a payment provider, at the payments' own address.
    Driver,
    /// A browser with a short-lived token: reads public levels, reserves.
    Shopper,
}

impl From<catalogue::Role> for Role {
    fn from(role: catalogue::Role) -> Self {
        match role {
            catalogue::Role::Admin => Role::Admin,
            catalogue::Role::Till => Role::Till,
            catalogue::Role::Web => Role::Web,
            catalogue::Role::Analyst => Role::Analyst,
            catalogue::Role::Operations => Role::Operations,
            catalogue::Role::Driver => Role::Driver,
        }
    }
}

impl Role {
    /// The role of a key; none for a shopper, who has a token.
    #[must_use]
    pub const fn of_key(self) -> Option<catalogue::Role> {
        match self {
            Role::Admin => Some(catalogue::Role::Admin),
            Role::Till => Some(catalogue::Role::Till),
            Role::Web => Some(catalogue::Role::Web),
            Role::Analyst => Some(catalogue::Role::Analyst),
            Role::Operations => Some(catalogue::Role::Operations),
            Role::Driver => Some(catalogue::Role::Driver),
            Role::Shopper => None,
        }
    }

    /// The channel meant when a request does not name one.
    #[must_use]
    pub const fn channel(self) -> Channel {
        match self {
            Role::Web | Role::Shopper => Channel::Web,
            Role::Admin | Role::Till | Role::Analyst | Role::Operations | Role::Driver => Channel::Till,
        }
    }
}
