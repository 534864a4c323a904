//! The HTTP routes under `/v1`: one table for the gateway, which serves exactly these, and for the
//! OpenAPI document.

/// Who may use a route. The finer table of roles is the gateway's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Anyone,
    /// A key, or a shopper's token.
    KeyOrToken,
    /// A key.
    Key,
    /// A key of the role admin.
    Admin,
}

/// What goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Nothing but the path and the query.
    Nothing,
    /// The body of a command of this op, with an `Idempotency-Key`.
    Command(&'static str),
    /// JSON of this schema.
    Json(&'static str),
}

/// What comes out on success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The success of this word, as on the WebSocket.
    Success(&'static str),
    /// JSON of this schema.
    Json(&'static str),
    /// Objects of this schema, one after the other: a line each (NDJSON), or server-sent events.
    Stream(&'static str),
    /// JSON that describes itself.
    AnyJson,
    /// A table with a heading, `text/csv`.
    Csv,
    /// The connection becomes a WebSocket.
    Upgrade,
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its name.
    pub name: &'static str,
    /// Whether it is a number.
    pub is_number: bool,
    /// What it means.
    pub meaning: &'static str,
}

/// One route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Who may use it.
    pub access: Access,
    /// What goes in.
    pub input: Input,
    /// What comes out.
    pub output: Output,
    /// Parameters of the query.
    pub query: &'static [Query],
}

const AFTER: Query =
    Query { name: "after", is_number: false, meaning: "Go on after this, from `next` of the page before." };
const LIMIT: Query = Query { name: "limit", is_number: true, meaning: "At most so many, up to 1000; default 100." };
const CHANNEL: Query =
    Query { name: "channel", is_number: false, meaning: "The channel whose `available` is meant; default by role." };
const LOCATION: Query = Query { name: "location", is_number: false, meaning: "The code of a location." };
const CODE: Query = Query { name: "code", is_number: false, meaning: "What the scanner gave, whole." };
const PAYMENTS: &[Query] = &[LOCATION, AFTER, LIMIT];
const PAGE: &[Query] = &[AFTER, LIMIT];
const RANGE: &[Query] = &[
    Query { name: "from", is_number: false, meaning: "The first moment, in RFC 3339; default: now." },
    Query { name: "until", is_number: false, meaning: "The moment after the last; default: only the first." },
];
const EVENTS: &[Query] = &[
    AFTER,
    LIMIT,
    Query {
        name: "only",
        is_number: false,
        meaning: "`exceptions`: what a person has to look at. A page may have none and a `next` all the same.",
    },
];
const fn named(name: &'static str, meaning: &'static str) -> Query {
    Query { name, is_number: false, meaning }
}
const REPORT: &[Query] = &[
    named("group_by", "What there is a row for, up to four with commas between them; none: one row in all."),
    named("from", "The first business day, such as `2026-01-31`; default: today."),
    named("until", "The last business day; default: `from`, or today."),
    Query {
        name: "utc_offset_min",
        is_number: true,
        meaning: "Minutes by which one clock for all is ahead of UTC; default: each location's own.",
    },
    LOCATION,
    Query { name: "till", is_number: true, meaning: "Of this till only." },
    named("cashier", "Asked for by this user only."),
    named("channel", "Of this channel only."),
    named("sku", "Of this item only; of sales."),
    named("category", "Of this category only; of sales."),
    Query { name: "rate_ppm", is_number: true, meaning: "Of this rate of tax only; of sales." },
    named("sort", "The largest first: `gross`, `net`, `margin`, `sold_qty` or `discounts`; of tenders `net`."),
    named("format", "`json`, the default, or `csv`: all rows as a table."),
    AFTER,
    LIMIT,
];
const METRICS: &[Query] = &[
    Query { name: "every", is_number: false, meaning: "How long one object is: `1s`, the default, or `1m`." },
    Query {
        name: "history_s",
        is_number: true,
        meaning: "How much of the past, in seconds; at most 7200 of seconds and 86400 of minutes.",
    },
    Query { name: "fields", is_number: false, meaning: "Only these fields, with commas between them." },
];

const fn command(path: &'static str, op: &'static str, ok: &'static str, summary: &'static str) -> Route {
    let (input, output) = (Input::Command(op), Output::Success(ok));
    Route { method: "POST", path, summary, access: Access::Key, input, output, query: &[] }
}

const fn admin(route: Route) -> Route {
    Route { access: Access::Admin, ..route }
}

const fn read(path: &'static str, answer: &'static str, summary: &'static str, query: &'static [Query]) -> Route {
    let output = Output::Json(answer);
    Route { method: "GET", path, summary, access: Access::Key, input: Input::Nothing, output, query }
}

/// Whether an op is a command: decided by the actors, recorded, and worth an approval.
#[must_use]
pub fn is_command(op: &str) -> bool {
    ROUTES.iter().any(|route| matches!(route.input, Input::Command(command) if command == op))
}

/// Every route under `/v1`.
pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/ws",
        summary: "Become a WebSocket: all requests, and live stock.",
        access: Access::Anyone,
        input: Input::Nothing,
        output: Output::Upgrade,
        query: &[],
    },
    command("/v1/sell", "sell", "recorded", "Sell a basket, all or nothing; or record one that was sold."),
    Route {
        access: Access::KeyOrToken,
        ..command("/v1/reserve", "reserve", "reserved", "Hold units for a while, all or nothing.")
    },
    Route { access: Access::KeyOrToken, ..command("/v1/extend", "extend", "extended", "Hold them longer.") },
    Route { access: Access::KeyOrToken, ..command("/v1/release", "release", "released", "Let them go.") },
    command("/v1/allocate", "allocate", "allocated", "Bind units to a confirmed order, all or nothing."),
    command("/v1/deallocate", "deallocate", "deallocated", "Cancel what is still allocated to an order."),
    command("/v1/receive", "receive", "received", "Goods came in."),
    command("/v1/return", "return", "returned", "Goods came back, money went out."),
    command("/v1/return_sale", "return_sale", "returned", "A known sale came back, whole or in part."),
    command("/v1/void_sale", "void_sale", "returned", "A whole sale is cancelled at the till that rang it up."),
    command("/v1/exchange", "exchange", "exchanged", "Goods of a known sale came back and others went out."),
    command("/v1/adjust", "adjust", "adjusted", "Correct a count, with a reason."),
    command("/v1/count", "count", "counted", "A person counted."),
    command("/v1/set_policy", "set_policy", "policy_set", "Set safety stock and low mark of an item at a location."),
    command("/v1/issue_account", "issue_account", "account_issued", "Open a gift card, store credit or points."),
    command("/v1/load_account", "load_account", "account_booked", "Add to an account."),
    command("/v1/redeem", "redeem", "account_booked", "Pay out from an account without a sale."),
    command("/v1/disable_account", "disable_account", "account_booked", "Let nothing more be taken from an account."),
    command("/v1/assign_account", "assign_account", "account_booked", "Say whose an account is."),
    command("/v1/account", "account", "account", "What is on an account."),
    Route {
        access: Access::Admin,
        ..command("/v1/define_location", "define_location", "location_defined", "Define or change a location.")
    },
    Route {
        access: Access::Admin,
        ..command(
            "/v1/define_items",
            "define_items",
            "items_defined",
            "Define or change items; up to 64 MiB, all or nothing.",
        )
    },
    command("/v1/suspend", "suspend", "suspended", "Put a basket aside, with what there is of its goods."),
    command("/v1/recall", "recall", "recalled", "Take a suspended basket over, with the stock held for it."),
    command("/v1/void_line", "void_line", "line_voided", "A line was taken out of a basket before it was paid."),
    command("/v1/open_layaway", "open_layaway", "layaway_opened", "Set goods aside for a customer."),
    command("/v1/deposit", "deposit", "deposited", "Take a deposit for a layaway."),
    command("/v1/cancel_layaway", "cancel_layaway", "layaway_cancelled", "Give a layaway up; its deposits go back."),
    read("/v1/layaways", "LayawayList", "The open layaways of a location, page by page.", &[LOCATION, AFTER]),
    read("/v1/baskets", "BasketList", "The baskets suspended at a location, the oldest first.", &[LOCATION]),
    command("/v1/open_session", "open_session", "session_opened", "Begin a till session with a float."),
    command("/v1/paid_in", "paid_in", "paid_in", "Cash comes into a drawer without a sale."),
    command("/v1/paid_out", "paid_out", "paid_out", "Cash goes out of a drawer without a refund."),
    command("/v1/drop", "drop", "dropped", "Cash goes from a drawer to the safe."),
    command("/v1/no_sale", "no_sale", "no_sale", "A drawer was opened without a sale."),
    command("/v1/x_report", "x_report", "x_report", "The totals of a till's open session. Changes nothing."),
    command("/v1/close_session", "close_session", "session_closed", "Close a till session with what was counted."),
    Route {
        access: Access::Admin,
        ..command(
            "/v1/set_drawer_rules",
            "set_drawer_rules",
            "drawer_rules_set",
            "Set cash rounding and codes of accounts of a location.",
        )
    },
    read("/v1/z/{location}/{till}/{session}", "Z", "A closed till session: its Z and its journal.", &[]),
    Route {
        output: Output::Csv,
        ..read("/v1/z/{location}/{till}/{session}/journal", "", "The journal of a Z as a table.", &[])
    },
    Route {
        access: Access::Admin,
        ..command(
            "/v1/set_labels",
            "set_labels",
            "labels_set",
            "Set how the labels that a location prints are laid out.",
        )
    },
    Route {
        access: Access::Admin,
        ..command(
            "/v1/set_return_limits",
            "set_return_limits",
            "return_limits_set",
            "Set what limits returns without a receipt.",
        )
    },
    Route {
        access: Access::Admin,
        ..command(
            "/v1/define_price_book",
            "define_price_book",
            "price_book_defined",
            "Define or change a price book, whole; up to 64 MiB.",
        )
    },
    Route {
        access: Access::Admin,
        ..command("/v1/end_price_book", "end_price_book", "price_book_ended", "Do without a price book.")
    },
    Route {
        access: Access::Admin,
        ..command(
            "/v1/define_promotions",
            "define_promotions",
            "promotions_defined",
            "Define or change promotions; up to 64 MiB, all or nothing.",
        )
    },
    Route {
        access: Access::Admin,
        ..command("/v1/end_promotion", "end_promotion", "promotion_ended", "Do without a promotion.")
    },
    Route {
        method: "POST",
        access: Access::KeyOrToken,
        input: Input::Json("Quote"),
        ..read("/v1/quote", "Quoted", "What a basket would cost now, and why. Changes nothing.", &[])
    },
    read("/v1/price_books", "PriceBookList", "Every price book, without its prices.", &[]),
    read("/v1/promotions", "PromotionPage", "Every promotion by code, page by page.", PAGE),
    read("/v1/tax_gaps", "TaxGaps", "Tax classes of the catalogue without a rate, where and when.", RANGE),
    command(
        "/v1/start_payment",
        "start_payment",
        "payment_started",
        "Begin a card payment, by a driver of its provider.",
    ),
    command(
        "/v1/give_up_payment",
        "give_up_payment",
        "payment_noted",
        "Give a payment up; what is approved is voided.",
    ),
    command("/v1/refund_payment", "refund_payment", "payment_noted", "Give back of what a payment has taken."),
    command(
        "/v1/refund_otherwise",
        "refund_otherwise",
        "payment_noted",
        "A refund that the provider declined was given otherwise.",
    ),
    command("/v1/payment", "payment", "payment", "How a payment stands."),
    admin(command(
        "/v1/settle_payments",
        "settle_payments",
        "payments_settled",
        "Match what a provider settled; up to 64 MiB.",
    )),
    command("/v1/take_payment", "take_payment", "payment_noted", "Address for payments: a driver takes one."),
    command("/v1/report_payment", "report_payment", "payment_noted", "Address for payments: what came of one."),
    read("/v1/payments", "PaymentPage", "Payments of a location that are not ended, page by page.", PAYMENTS),
    admin(command("/v1/define_role", "define_role", "role_defined", "Define or change a role.")),
    admin(command("/v1/define_user", "define_user", "user_defined", "Define or change a user.")),
    admin(command("/v1/set_pin", "set_pin", "pin_set", "Give a user a PIN.")),
    admin(command("/v1/disable_user", "disable_user", "user_disabled", "Let a user do nothing any more.")),
    admin(command("/v1/require_people", "require_people", "people_required", "Say whether people must sign in.")),
    Route {
        method: "POST",
        input: Input::Json("SignIn"),
        ..read("/v1/sign_in", "SignedIn", "Sign a person in: a token to send as Onhand-User.", &[])
    },
    admin(read("/v1/people", "PeopleList", "Users and roles, and where people are required.", &[])),
    Route {
        access: Access::KeyOrToken,
        ..read("/v1/stock/{location}/{sku}", "LevelMessage", "The level of one item at one location.", &[CHANNEL])
    },
    Route {
        access: Access::KeyOrToken,
        ..read("/v1/stock", "LevelPage", "The levels of a location, page by page.", &[LOCATION, AFTER, LIMIT, CHANNEL])
    },
    Route { access: Access::KeyOrToken, ..read("/v1/items", "ItemPage", "The catalogue, page by page.", PAGE) },
    Route { access: Access::KeyOrToken, ..read("/v1/items/{sku}", "ItemInput", "One item.", &[]) },
    Route {
        access: Access::KeyOrToken,
        ..read("/v1/scan", "ItemScanned", "The item that was scanned, and what its symbol says.", &[LOCATION, CODE])
    },
    Route { access: Access::KeyOrToken, ..read("/v1/locations", "LocationList", "Every location.", &[]) },
    read("/v1/totals", "TotalsList", "What was sold, per location and channel.", &[LOCATION]),
    read("/v1/customers/{owner}/sales", "CustomerSales", "What somebody bought, newest first, wherever it was.", PAGE),
    read("/v1/reports/sales", "ReportPage", "What was sold and came back, with tax, discounts and margin.", REPORT),
    read("/v1/reports/tenders", "ReportPage", "What was paid, by which means.", REPORT),
    read("/v1/reservations/{location}/{id}", "ReservationMessage", "A live reservation.", &[]),
    read("/v1/events", "EventPage", "What happened, in order; goes on from any place.", EVENTS),
    Route {
        output: Output::Stream("MetricsMessage"),
        ..read("/v1/metrics/stream", "", "Every second or minute what happened in it, as it goes on.", METRICS)
    },
    read("/v1/metrics/history", "MetricsHistory", "The seconds or minutes of the last while, oldest first.", METRICS),
    Route { output: Output::AnyJson, ..read("/v1/status", "", "Queues, log and memory, for operations.", &[]) },
    Route { access: Access::Anyone, output: Output::AnyJson, ..read("/v1/openapi.json", "", "This document.", &[]) },
    Route {
        method: "POST",
        input: Input::Nothing,
        access: Access::Anyone,
        ..read("/v1/token", "TokenMessage", "A short-lived token for a browser whose Origin is on the list.", &[])
    },
    Route { access: Access::Admin, ..read("/v1/keys", "KeyList", "Every key, without its secret.", &[]) },
    Route {
        method: "POST",
        access: Access::Admin,
        input: Input::Json("CreateKey"),
        ..read("/v1/keys", "KeyMessage", "Make a key. It is shown once.", &[])
    },
    Route {
        method: "POST",
        access: Access::Admin,
        ..read("/v1/keys/{id}/rotate", "KeyMessage", "Make a second key for the same holder and role.", &[])
    },
    Route {
        method: "DELETE",
        access: Access::Admin,
        ..read("/v1/keys/{id}", "KeyMessage", "Revoke a key: its connections are closed.", &[])
    },
];
