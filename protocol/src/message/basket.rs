//! Baskets that are not paid yet: suspended at one till, recalled at another; lines taken out of them.

use super::body::{SaleLine, body};
use super::replied::{SkuQuantity, fields, recorded};
use super::word::Channel;
use crate::value::{Amount, Currency, Gtin, Id, Label, LocationCode, Note, Owner, Position, Quantity, Sku, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

body!(
    /// Put a basket aside unpaid, with what there is of its goods. Its name is this request's id. It is never
    /// refused for want of stock: the answer says what is not held for it.
    Suspend {
        /// Where.
        location: LocationCode,
        /// Where the demand comes from; default by the key's role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// The till, 1 to 9999.
        till: u16,
        /// Whose it is: all reservations of this owner become part of it.
        owner: Owner,
        /// How long it stays aside, in seconds; default: twelve hours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_s: Option<u64>,
        /// The same in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_ms: Option<u64>,
        /// The currency of every amount here.
        currency: Currency,
        /// The basket.
        basket: Basket,
    }
);
body!(
    /// A basket as its seller named it: the fields of the sale that it will become.
    Basket {
        /// The lines. What a line does not say, its price say, is made when it is sold.
        lines: Vec<SaleLine>,
        /// The customer's group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Label>,
        /// Codes that the customer shows.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        coupons: Vec<Label>,
        /// Why the customer pays no tax.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax_exempt: Option<Label>,
        /// Who the customer is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Owner>,
        /// What whoever recalls it should know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Note>,
        /// Who put it aside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Owner>,
    }
);
body!(
    /// Take a suspended basket over at any till of its location, with the stock that is held for it. Of two
    /// who ask at once, one gets it. Give `ttl_s` or `ttl_ms`.
    Recall {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
        /// Which.
        basket: Id,
        /// Whose it is from now on.
        owner: Owner,
        /// How long its stock stays held, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_s: Option<u64>,
        /// The same in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_ms: Option<u64>,
    }
);
body!(
    /// A line was taken out of a basket before it was paid: the item by `sku` or by `gtin`.
    VoidLine {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
        /// The currency of the amount.
        currency: Currency,
        /// The item's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// The item's bar code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gtin: Option<Gtin>,
        /// How much of it, above zero.
        qty: Quantity,
        /// What the line cost, in the location's price basis.
        amount: Amount,
        /// Why.
        reason: Label,
        /// Who did it, where no user is signed in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Owner>,
        /// The reservation that held its goods, to be let go with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation: Option<Id>,
    }
);
body!(
    /// The baskets suspended at a location.
    Baskets {
        /// Where.
        location: LocationCode,
    }
);
recorded!(
    /// A basket was put aside.
    Suspended {
        /// Its name: the id of the request that suspended it.
        basket: Id,
        /// When it ends by itself.
        deadline: Time,
        /// What is not held for it: it was not there.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        short: Vec<SkuQuantity>,
    }
);
recorded!(
    /// A suspended basket, taken over.
    Recalled {
        /// What holds its stock now: the id of the request that recalled it. None where nothing is held.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation: Option<Id>,
        /// Until when.
        deadline: Time,
        /// What is held.
        held: Vec<SkuQuantity>,
        /// The till that suspended it.
        till: u16,
        /// When it did.
        suspended: Time,
        /// The basket.
        basket: Basket,
    }
);
fields!(
    /// `GET /v1/baskets`: the baskets suspended at a location, the oldest first.
    BasketList {
        /// The baskets.
        baskets: Vec<SuspendedBasket>,
    }
);
fields!(
    /// A suspended basket, without its lines.
    SuspendedBasket {
        /// Its name, to recall it by.
        basket: Id,
        /// The till that suspended it.
        till: u16,
        /// When it did.
        suspended: Time,
        /// When it ends by itself.
        deadline: Time,
        /// How many lines it has.
        lines: u32,
        /// What is held for it.
        held: Vec<SkuQuantity>,
        /// Who the customer is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Owner>,
        /// What whoever recalls it should know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Note>,
        /// Who put it aside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Owner>,
    }
);
