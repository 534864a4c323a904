//! What HTTP reads answer: pages of levels, items, locations; totals, reservations, events, keys.

use super::account::AccountLine;
use super::body::AskedLine;
use super::define::{ItemInput, ReturnLimits, TaxInput};
use super::drawer::Report;
use super::goods::GoodsMessage;
use super::level::LevelMessage;
use super::payment::{DiscrepancyMessage, PaymentLine};
use super::people::{ByMessage, RoleLimits};
use super::pricing::DiscountMessage;
use super::replied::SkuQuantity;
use super::role::Role;
use super::word::{Capability, Channel, Disposition, LocationKind, TenderType};
use crate::value::{
    Amount, Currency, Day, Id, Label, LocationCode, OrderName, Owner, Position, Quantity, Sku, Time, UserCode,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! answer {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

answer!(
    /// `GET /v1/stock`: levels in the order of the catalogue.
    LevelPage {
        /// The levels.
        levels: Vec<LevelMessage>,
        /// Give this as `after` for the next page; none: this was the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    }
);
answer!(
    /// `GET /v1/items`: items in the order of their definition.
    ItemPage {
        /// The items.
        items: Vec<ItemInput>,
        /// Give this as `after` for the next page; none: this was the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    }
);
answer!(
    /// `GET /v1/locations`.
    LocationList {
        /// The locations.
        locations: Vec<LocationMessage>,
    }
);
answer!(
    /// A location, as `define_location` takes it.
    LocationMessage {
        /// Its code.
        code: LocationCode,
        /// What people call it.
        name: String,
        /// What it is for.
        kind: LocationKind,
        /// The currency of its prices and drawers.
        currency: Currency,
        /// How it taxes.
        tax: TaxInput,
        /// Its time zone; not given: UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone: Option<String>,
        /// How the labels that it prints are laid out, as `set_labels` takes them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<String>,
        /// What limits returns without a receipt there, as `set_return_limits` takes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        return_limits: Option<Box<ReturnLimits>>,
    }
);
answer!(
    /// `GET /v1/totals`: what was sold.
    TotalsList {
        /// Per location and channel; those without sales and returns are left out.
        totals: Vec<TotalsMessage>,
    }
);
answer!(
    /// What one channel sold at one location.
    TotalsMessage {
        /// Where.
        location: LocationCode,
        /// Where the demand came from.
        channel: Channel,
        /// The currency of every amount here.
        currency: Currency,
        /// Sales recorded.
        sales: u64,
        /// Lines in them.
        lines: u64,
        /// Units sold.
        units: Quantity,
        /// Revenue without tax.
        net: Amount,
        /// Tax on it.
        tax: Amount,
        /// Returns recorded.
        returns: u64,
        /// Units that came back.
        returned_units: Quantity,
        /// Money given back, without tax.
        returned_net: Amount,
        /// Tax given back.
        returned_tax: Amount,
        /// Units of completed sales that stock did not cover.
        oversold: Quantity,
    }
);
answer!(
    /// `GET /v1/reservations/{location}/{id}`: a live reservation.
    ReservationMessage {
        /// Its name.
        reservation: Id,
        /// Where.
        location: LocationCode,
        /// Who it is for.
        owner: Owner,
        /// Where the demand came from.
        channel: Channel,
        /// When it ends by itself.
        deadline: Time,
        /// What it holds.
        lines: Vec<AskedLine>,
    }
);
answer!(
    /// `GET /v1/events`: what happened, in order.
    EventPage {
        /// The events.
        events: Vec<EventMessage>,
        /// Give this as `after` to go on, now or later.
        next: Position,
    }
);
answer!(
    /// One thing that happened. Fields that do not belong to its kind are left out.
    EventMessage {
        /// Its place in the log.
        seq: Position,
        /// When it was decided.
        time: Time,
        /// The id of the command that asked for it.
        command: Id,
        /// Where; none for the catalogue, the locations and the keys.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<LocationCode>,
        /// What: `recorded`, `reserved`, `extended`, `released`, `expired`, `allocated`,
        /// `deallocated`, `received`, `returned`, `voided`, `exchanged`, `return_granted`, `return_grant_kept`,
        /// `return_grant_undone`, `adjusted`,
        /// `counted`, `policy_set`, `items_defined`, `location_defined`, `labels_set`, `return_limits_set`, `key_created`, `key_revoked`,
        /// `session_opened`, `paid_in`, `paid_out`, `dropped`, `no_sale`, `session_closed`, `drawer_rules_set`,
        /// `account_issued`, `account_loaded`, `account_redeemed`, `account_disabled`, `account_assigned`, `account_held`,
        /// `account_let_go`, `account_opened`, `account_refunded`, `settled`, `price_book_defined`, `price_book_ended`,
        /// `promotions_defined`,
        /// `promotion_ended`, `role_defined`, `user_defined`, `pin_set`, `user_disabled`, `people_required`, `payment_started`,
        /// `payment_sent`, `payment_unknown`, `payment_approved`, `payment_declined`, `payment_given_up`,
        /// `payment_captured`, `payment_voided`, `payment_refund_asked`, `payment_refunded`, `payment_failed` or
        /// `payments_settled`.
        event: String,
        /// Who asked for it, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<ByMessage>,
        /// Where the demand came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// Whether it had already happened when it was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        completed: Option<bool>,
        /// The till and its receipt number, such as `S1-3-42`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<String>,
        /// Items and quantities, with amounts for sales and returns.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<EventLine>,
        /// How it was paid.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tenders: Vec<EventTender>,
        /// Units that stock did not cover.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        oversold: Vec<SkuQuantity>,
        /// What becomes of goods that came back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<Disposition>,
        /// The name of the layaway.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layaway: Option<OrderName>,
        /// The name of the suspended basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<Id>,
        /// The reservation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation: Option<Id>,
        /// Who it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
        /// When it ends by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Time>,
        /// The order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<OrderName>,
        /// The place of the sale that something is given back of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sale: Option<Position>,
        /// What came back in an exchange.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        returned: Vec<EventLine>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Label>,
        /// Which count was adjusted: `on_hand`, `unavailable` or `incoming`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bucket: Option<String>,
        /// How much was counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted: Option<Quantity>,
        /// Items defined or changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<u64>,
        /// The id of the key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// The till whose drawer it happened to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
        /// The till session; of a sale, the closed one that it belongs to, where it came late.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<u32>,
        /// The trading date of a session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        business_day: Option<Day>,
        /// The float, or cash that moved without a sale.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// Who moved it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Owner>,
        /// The Z of a session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        z: Option<Box<Report>>,
        /// What happened to an account; for a sale, what accounts pay of it; for `settled`, what they do not.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accounts: Vec<AccountLine>,
        /// What happened to a card payment; for a sale, what card payments pay of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        payments: Vec<PaymentLine>,
        /// What does not match in a settlement of payments.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settlement: Vec<DiscrepancyMessage>,
        /// The code of the price book or the promotion.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rules: Option<Label>,
        /// The quote that a sale was priced by, where discounts or another price than the shop's are in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote: Option<QuoteName>,
        /// Why the customer paid no tax.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax_exempt: Option<Label>,
        /// What there is to say of the goods: parts of kits, serial numbers, lots, exceptions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        goods: Option<Box<GoodsMessage>>,
        /// Who the customer of a return without a receipt is, in the shop's own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Label>,
        /// The numbers of limits that were lifted for a return without a receipt.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lifted: Vec<u16>,
        /// The role that was defined.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Label>,
        /// What whoever has it may do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capabilities: Option<Vec<Capability>>,
        /// How far they may go without an approval, where the role says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limits: Option<RoleLimits>,
        /// The user whom it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserCode>,
        /// Their roles.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        roles: Option<Vec<Label>>,
        /// Whether they may do nothing any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disabled: Option<bool>,
        /// Whether people are required: at the location, or everywhere where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        required: Option<bool>,
    }
);
answer!(
    /// A line of an event. Adjustments and counts have the change in `qty`.
    EventLine {
        /// The item.
        sku: Sku,
        /// How much of it.
        qty: Quantity,
        /// The shelf price per unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit_price: Option<Amount>,
        /// What the line cost without tax.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        net: Option<Amount>,
        /// The tax on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax: Option<Amount>,
        /// The whole rate in parts per million.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate_ppm: Option<u32>,
        /// What was taken off, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discounts: Vec<DiscountMessage>,
        /// The shop's own price of one unit, where a person asked another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list_price: Option<Amount>,
        /// Why they did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price_reason: Option<Label>,
    }
);
answer!(
    /// Names a quote.
    QuoteName {
        /// The version of the selling rules that it was made by.
        version: u64,
        /// Its hash, 16 hexadecimal digits.
        hash: String,
    }
);
answer!(
    /// A means of payment and its amount.
    EventTender {
        /// The means.
        #[serde(rename = "type")]
        kind: TenderType,
        /// How much.
        amount: Amount,
    }
);
answer!(
    /// A key, without its secret.
    KeyMessage {
        /// The public half, 16 hexadecimal digits.
        id: String,
        /// What it may do.
        role: Role,
        /// Who holds it.
        holder: Label,
        /// When it was made.
        created: Time,
        /// When it was revoked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revoked: Option<Time>,
        /// The key itself: only in the answer that makes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    }
);
answer!(
    /// `GET /v1/keys`.
    KeyList {
        /// The keys.
        keys: Vec<KeyMessage>,
    }
);
answer!(
    /// `POST /v1/token`: what a shopper's browser may do for a while.
    TokenMessage {
        /// For `hello`, or as a bearer.
        token: String,
        /// Until when.
        expires: Time,
    }
);
