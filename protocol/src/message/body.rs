//! One struct per op; they are also the bodies of `POST /v1/{op}`. An unknown field is an error.

use super::goods::AgeChecked;
use super::metrics::{Every, MetricField};
use super::pricing::DiscountByHand;
use super::word::{Channel, TenderType};
use crate::card_code::CardCode;
use crate::value::{Amount, Currency, Day, Gtin, Id, Label, LocationCode, Mark, OrderName, Owner, Quantity, Sku, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! body {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

pub(super) use body;

body!(
    /// The first message of a connection whose handshake carried no key: one of the two.
    Hello {
        /// An API key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// A shopper's short-lived token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// Everything that this connection asks for is training, from now until it ends.
        #[serde(default, skip_serializing_if = "is_false")]
        training: bool,
    }
);
body!(
    /// A basket, all or nothing.
    Sell {
        /// Where.
        location: LocationCode,
        /// Where the demand comes from; default by the key's role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// The till that rings it up, 1 to 9999; none for the website.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
        /// The currency of every amount here.
        currency: Currency,
        /// The lines.
        lines: Vec<SaleLine>,
        /// How it was paid. When given, they add up to the total.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tenders: Vec<Tender>,
        /// True: it has already happened, so it is always accepted.
        #[serde(default, skip_serializing_if = "is_false")]
        completed: bool,
        /// When it happened, by the till's clock: prices and what may be sold are looked at as of then. Only with
        /// `completed`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sold_at: Option<Time>,
        /// The reservation it completes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation: Option<Id>,
        /// Whose sale it is: all reservations of this owner count as theirs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
        /// The order it fulfils.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<OrderName>,
        /// The till session it was rung up in; default: the one that is open. A completed sale may name
        /// one that is closed by now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<u32>,
        /// The customer's group, for prices and promotions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Label>,
        /// Codes that the customer shows.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        coupons: Vec<Label>,
        /// The customer pays no tax, for this reason: the name of a certificate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax_exempt: Option<Label>,
        /// Who the customer is, in the shop's own words: for coupons that each may use so often.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Label>,
        /// What a person takes off the whole basket, after all else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        discount: Option<DiscountByHand>,
        /// Who looked whether the buyer is old enough.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        age_checked: Option<AgeChecked>,
    }
);
body!(
    /// One line of a sale or return: the item by `sku` or by `gtin`.
    SaleLine {
        /// The item's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// The item's bar code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gtin: Option<Gtin>,
        /// How much, above zero.
        qty: Quantity,
        /// What the line cost, in the location's price basis.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// The price of one unit; default: the catalogue's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit_price: Option<Amount>,
        /// The tax as it was; default: by the location's rules.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax: Option<TaxAsItWas>,
        /// Why a person asked another price than the shop's. Sales only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price_reason: Option<Label>,
        /// What a person takes off the line, after promotions. Sales only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        discount: Option<DiscountByHand>,
        /// The serial numbers of its pieces; of a kit, those of its parts, part after part.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        serials: Vec<Mark>,
        /// Its lot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<Mark>,
        /// The last day on which it may be sold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expiry: Option<Day>,
    }
);
body!(
    /// The tax of a line as it was charged.
    #[derive(Copy)]
    TaxAsItWas {
        /// How much of it.
        amount: Amount,
        /// The rate in parts per million: 21 % is 210000.
        rate_ppm: u32,
    }
);
body!(
    /// A means of payment and its amount.
    #[derive(Copy)]
    Tender {
        /// The means.
        #[serde(rename = "type")]
        kind: TenderType,
        /// How much; change given back is a negative cash tender.
        amount: Amount,
        /// The account it is taken from, or given back to, by its id. A return that names store credit by its own id
        /// opens it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Id>,
        /// The code of the gift card it is taken from, or given back to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<CardCode>,
        /// The card payment it is taken of, which is approved: the amount, or a part of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payment: Option<Id>,
        /// How many points are taken from the account for the amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        points: Option<i64>,
    }
);
body!(
    /// A quantity of an item.
    AskedLine {
        /// The item's code.
        sku: Sku,
        /// How much, above zero.
        qty: Quantity,
    }
);
body!(
    /// Hold units for an owner for a while, all or nothing. The reservation's name is this
    /// request's id. Give `ttl_s` or `ttl_ms`.
    Reserve {
        /// Where.
        location: LocationCode,
        /// Where the demand comes from; default by the key's role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// Who it is for: a cart, a session, a till's basket.
        owner: Owner,
        /// How long, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_s: Option<u64>,
        /// How long, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_ms: Option<u64>,
        /// What.
        lines: Vec<AskedLine>,
    }
);
body!(
    /// Give a reservation more time, from now. Give `ttl_s` or `ttl_ms`.
    Extend {
        /// Where.
        location: LocationCode,
        /// Which.
        reservation: Id,
        /// How long, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_s: Option<u64>,
        /// How long, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_ms: Option<u64>,
    }
);
body!(
    /// Let a reservation go.
    Release {
        /// Where.
        location: LocationCode,
        /// Which.
        reservation: Id,
    }
);
body!(
    /// Bind units to a confirmed order, all or nothing.
    Allocate {
        /// Where.
        location: LocationCode,
        /// Where the demand comes from; default by the key's role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// The order.
        order: OrderName,
        /// What.
        lines: Vec<AskedLine>,
        /// The reservation it confirms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation: Option<Id>,
        /// Whose order it is: all reservations of this owner count as theirs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
    }
);
body!(
    /// Cancel what is still allocated to an order.
    Deallocate {
        /// Where.
        location: LocationCode,
        /// The order.
        order: OrderName,
    }
);
body!(
    /// Goods came in.
    Receive {
        /// Where.
        location: LocationCode,
        /// What.
        lines: Vec<AskedLine>,
    }
);
body!(
    /// A correction with a reason.
    Adjust {
        /// Where.
        location: LocationCode,
        /// Which item.
        sku: Sku,
        /// By how much; may be below zero.
        delta: Quantity,
        /// Why; for `unavailable` it names the bucket, such as `damaged`.
        reason: Label,
        /// Which of its counts.
        #[serde(default, skip_serializing_if = "BucketName::is_on_hand")]
        bucket: BucketName,
    }
);
body!(
    /// A person counted.
    Count {
        /// Where.
        location: LocationCode,
        /// Which item.
        sku: Sku,
        /// How much there was.
        counted: Quantity,
        /// On hand by the books at the moment of counting; default: now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_hand_then: Option<Quantity>,
    }
);
body!(
    /// The level of one item at one location.
    Get {
        /// Where.
        location: LocationCode,
        /// Which item.
        sku: Sku,
    }
);
body!(
    /// Live stock: a snapshot, then the newest level of whatever changes. Watches everything that
    /// matches both lists; a list that is not given matches all.
    #[derive(Default)]
    Subscribe {
        /// Which items.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skus: Option<Vec<Sku>>,
        /// Where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        locations: Option<Vec<LocationCode>>,
        /// Only what is at or below its low mark, and what just left it.
        #[serde(default, skip_serializing_if = "is_false")]
        low_only: bool,
        /// The channel whose `available` is meant; default by the key's role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// The versions the client has, by location and item: the snapshot leaves out what is not
        /// newer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<BTreeMap<LocationCode, BTreeMap<Sku, u64>>>,
    }
);
body!(
    /// End a subscription.
    #[derive(Copy)]
    Unsubscribe {
        /// The id of the `subscribe` or `watch_metrics` request.
        subscription: Id,
    }
);
body!(
    /// The metrics stream: those of the last while, oldest first, then each second or minute. Ends with
    /// `unsubscribe`.
    #[derive(Default)]
    WatchMetrics {
        /// How long one object is; default a second.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Every>,
        /// How much of the past to begin with, in seconds: at most 7,200 of seconds and 86,400 of
        /// minutes; default nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        history_s: Option<u64>,
        /// Only these fields, and `time` and `seconds`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fields: Option<Vec<MetricField>>,
    }
);
body!(
    /// Are you there.
    #[derive(Copy, Default)]
    Ping {}
);
body!(
    /// What a scanner read: which item it is, and what else the symbol says.
    Scan {
        /// Where; its own labels are read by its layouts.
        location: LocationCode,
        /// What the scanner gave, whole: digits, GS1 elements with or without the symbology identifier, or
        /// a GS1 Digital Link.
        code: String,
    }
);

/// Which of an item's counts an adjustment changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BucketName {
    /// Units physically there.
    #[default]
    OnHand,
    /// On hand but not for sale.
    Unavailable,
    /// Ordered or in transit to there.
    Incoming,
}

impl BucketName {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
    fn is_on_hand(&self) -> bool {
        *self == BucketName::OnHand
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
pub(super) fn is_false(flag: &bool) -> bool {
    !flag
}
