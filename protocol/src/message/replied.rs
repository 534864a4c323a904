//! The fields of each answer.

use super::goods::Exception;
use super::level::LevelMessage;
use super::payment::PaidBack;
use super::role::Role;
use super::word::Unit;
use crate::value::{Amount, Currency, Day, Gtin, Id, Mark, OrderName, Position, Quantity, Sku, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

pub(super) use fields;

/// A command's success: where it stands in the log, and when it was decided.
macro_rules! recorded {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        fields!($(#[$doc])* $name {
            /// Its place in the log; "0" when it had already happened under another id.
            seq: Position,
            /// When it was decided.
            time: Time,
            $($(#[$field])* $field_name: $kind,)*
        });
    };
}

pub(super) use recorded;

fields!(
    /// Who the server takes the connection for.
    HelloReply {
        /// What it may do.
        role: Role,
        /// Name and version of the server.
        server: String,
        /// Engine time.
        time: Time,
        /// Everything that this connection asks for is training.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        training: bool,
    }
);
recorded!(
    /// A success that needs no more words.
    Plain {}
);
recorded!(
    /// A sale.
    Recorded {
        /// Location, till and the till's receipt number, such as `S1-3-42`; none for the website.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<String>,
        /// What the customer pays, with tax.
        total: Amount,
        /// The currency of the total.
        currency: Currency,
        /// Units of a completed sale that stock did not cover: a person must decide.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        oversold: Vec<SkuQuantity>,
        /// What a person has to look at, although the sale is recorded.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exceptions: Vec<Exception>,
    }
);
fields!(
    /// A quantity of an item.
    SkuQuantity {
        /// The item.
        sku: Sku,
        /// How much of it.
        qty: Quantity,
    }
);
recorded!(
    /// A reservation.
    Reserved {
        /// Its name: the id of the request that made it.
        reservation: Id,
        /// When it ends by itself.
        deadline: Time,
    }
);
recorded!(
    /// A reservation that got more time.
    Extended {
        /// When it now ends by itself.
        deadline: Time,
    }
);
recorded!(
    /// Units bound to an order.
    Allocated {
        /// The order.
        order: OrderName,
    }
);
recorded!(
    /// A return.
    Returned {
        /// Location, till and the till's receipt number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<String>,
        /// What the customer gets back, with tax.
        total: Amount,
        /// The currency of the total.
        currency: Currency,
        /// What a person has to look at, although it is recorded.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exceptions: Vec<Exception>,
        /// What goes back of which card payment by itself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refunds: Vec<PaidBack>,
    }
);
recorded!(
    /// An exchange.
    Exchanged {
        /// Location, till and the till's receipt number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<String>,
        /// What the customer pays, with tax; below zero they get it back.
        total: Amount,
        /// The currency of the amounts.
        currency: Currency,
        /// What came back was worth so much.
        returned: Amount,
        /// Units that went out and that stock did not cover.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        oversold: Vec<SkuQuantity>,
        /// What a person has to look at, although it is recorded.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exceptions: Vec<Exception>,
        /// What goes back of which card payment by itself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refunds: Vec<PaidBack>,
    }
);
recorded!(
    /// A count.
    Counted {
        /// Counted minus on hand at the time of counting.
        variance: Quantity,
    }
);
recorded!(
    /// Items, or promotions.
    ItemsDefined {
        /// How many are new.
        added: u32,
        /// How many were there before.
        changed: u32,
    }
);
recorded!(
    /// A price book.
    PriceBookDefined {
        /// How many prices it has.
        prices: u32,
    }
);
fields!(
    /// One level.
    LevelReply {
        /// The level.
        level: LevelMessage,
    }
);
fields!(
    /// The first part of a snapshot. The rest follows as pushes.
    Subscribed {
        /// Levels.
        levels: Vec<LevelMessage>,
    }
);
fields!(
    /// An item, and what its symbol says. `sku`, `qty` and `amount` are those of a line of `sell`.
    ItemScanned {
        /// The item.
        sku: Sku,
        /// What people call it.
        name: String,
        /// Its number; of a label printed in the shop that with zeros for weight or price.
        gtin: Gtin,
        /// How it is counted.
        unit: Unit,
        /// How much it is: the weight or count of the symbol, what its price makes, one piece; none when it
        /// must be weighed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        qty: Option<Quantity>,
        /// What all of it costs, when the symbol says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// The currency of the amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
        /// The lot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<Mark>,
        /// The serial number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        serial: Option<Mark>,
        /// The last day on which it may be sold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expiry: Option<Day>,
        /// The last day of best quality.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        best_before: Option<Day>,
        /// The day it was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        produced: Option<Day>,
    }
);
fields!(
    /// Nothing more to say.
    Pong {
        /// Engine time.
        time: Time,
    }
);
